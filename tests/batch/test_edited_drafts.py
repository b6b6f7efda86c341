"""An edited draft is never overwritten: the new text goes next to it, or nothing is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from output.formats import file_name
from tests.support.batch_desk import Desk
from tests.support.scripted_stages import SAID, ScriptedStages, tone
from transcribe.batch.planned import PlannedAction
from transcribe.batch.planning import planned, select_jobs
from transcribe.batch.report import State
from transcribe.drafts.currency import Inputs, stage_settings
from transcribe.drafts.sync import sync
from transcribe.recognition.models import ModelFiles
from transcribe.transcript import Transcript


def edit(desk: Desk) -> bytes:
    draft = desk.folder / "drafts" / "a.md"
    draft.write_text(draft.read_text().replace("Grace", "Grace Hopper"))
    return draft.read_bytes()


def test_an_edited_draft_is_never_overwritten(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edited, timed = edit(desk), desk.drafts()["a.json"]
    assert desk.one(path).state is State.UNCHANGED
    result = desk.one(path, wrap=20)
    assert [p.name for p in result.paths] == ["a.new.md", "a.new.json"]
    both = " ".join(str(desk.folder / "drafts" / name) for name in ("a.md", "a.new.md"))
    assert result.warnings[-1].endswith(f"to compare: diff -u {both}; to merge: transcribe merge {both}")
    assert desk.drafts()["a.md"][0] == edited
    assert desk.drafts()["a.json"] == timed
    assert json.loads(desk.drafts()["a.new.json"][0])["made_with"]["outputs"].keys() == {"a.new.md"}


class OtherModel(ScriptedStages):
    def model(self) -> ModelFiles:
        return ModelFiles("tiny.en", Path("nowhere"), "7171")


@pytest.mark.parametrize("is_synced", [False, True])
@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ("", "read by tiny.en; the draft was by base"),
        ("openai", "read by tiny.en with ctranslate2; the draft was by base with openai"),
    ],
)
def test_a_new_recognition_by_another_model_says_both(desk: Desk, engine: str, told: str, *, is_synced: bool) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edit(desk)
    if is_synced:
        sync(desk.folder / "drafts" / "a.md")
    same = desk.one(path, wrap=20).warnings
    assert not any("read by" in warning for warning in same)
    if engine:
        record = desk.folder / "drafts" / "a.json"
        timed = Transcript.from_json(record.read_text())
        record.write_text(replace(timed, made_with=replace(timed.made_with, engine=engine)).to_json())
    desk.stages = OtherModel(said=f"{SAID} Again.")
    (advice,) = [warning for warning in desk.one(path, model="tiny.en").warnings if "to merge" in warning]
    assert f" ({told}); to compare: diff -u " in advice


def test_an_edit_of_the_new_draft_next_to_an_edited_one_is_not_overwritten_either(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edit(desk)
    desk.one(path, wrap=20)
    new_draft = desk.folder / "drafts" / "a.new.md"
    new_draft.write_text("my own")
    desk.one(path, wrap=25)
    assert new_draft.read_text() == "my own"
    assert "a.new.new.md" in desk.drafts()


def test_an_equal_draft_is_not_written_next_to_an_edited_one(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edited, timed = edit(desk), desk.drafts()["a.json"]
    result = desk.one(path, ignore_cache=True, formats=("md", "json", "srt"))
    assert sorted(desk.drafts()) == ["a.json", "a.md", "a.srt"]
    assert desk.drafts()["a.md"][0] == edited
    assert desk.drafts()["a.json"] == timed
    assert (
        "a.srt has the text of a.json, which lacks your latest edits; to update both: transcribe sync"
        in (result.warnings[-1])
    )


def test_the_suggested_commands_quote_the_names_of_drafts(desk: Desk) -> None:
    path, draft = tone(desk.folder / "a talk.wav"), desk.folder / "drafts" / "a talk.md"
    desk.one(path)
    draft.write_text(draft.read_text().replace("Grace", "Grace Hopper"))
    assert desk.one(path, formats=("md", "json", "srt")).warnings[-1].endswith(f": transcribe sync '{draft}'")
    (desk.folder / "drafts" / "a talk.json").unlink()
    assert desk.one(path).warnings[-1].endswith(f": transcribe sync '{draft}'")


def test_an_edit_is_safe_whatever_formats_are_requested(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edited, timed = edit(desk), desk.drafts()["a.json"]
    result = desk.one(path, formats=("json", "vtt"), host="Zed", speakers="Zed,Ada")
    assert [p.name for p in result.paths] == ["a.new.md", "a.new.json", "a.new.vtt"]
    assert desk.drafts()["a.md"][0] == edited
    assert desk.drafts()["a.json"] == timed


def test_force_keeps_the_edited_draft_as_a_backup(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    machine = desk.drafts()["a.md"][0]
    edited = edit(desk)
    desk.one(path, force=True)
    assert desk.drafts()["a.md"][0] == machine
    assert desk.drafts()["a.md.bak"][0] == edited


@pytest.mark.parametrize(
    "text", ["typed by hand", "**Zoe**: Ships lay in every harbour of that coast, and none of them had a pool.\n"]
)
def test_a_draft_without_a_record_counts_as_edited(desk: Desk, text: str) -> None:
    (desk.folder / "drafts").mkdir()
    (desk.folder / "drafts" / "a.md").write_text(text)
    result = desk.one(tone(desk.folder / "a.wav"))
    assert [path.name for path in result.paths] == ["a.new.md", "a.new.json"]
    assert desk.drafts()["a.md"][0] == text.encode()
    assert "a.json" not in desk.drafts()


def test_an_unreadable_draft_counts_as_edited(desk: Desk) -> None:
    if not Path("/proc/self/mem").is_file():
        pytest.skip("this system has no /proc")
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    draft = desk.folder / "drafts" / "a.md"
    draft.unlink()
    draft.symlink_to("/proc/self/mem")
    assert (
        planned(select_jobs([str(path)], desk.settings())[0][0], desk.settings(wrap=20)).action is PlannedAction.BESIDE
    )
    assert [each.name for each in desk.one(path, wrap=20).paths] == ["a.new.md", "a.new.json"]
    assert draft.is_symlink()


def weights(desk: Desk, content: str) -> str:
    folder = desk.folder / "model"
    folder.mkdir(exist_ok=True)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_text(content)
    return str(folder)


class OfFolder(ScriptedStages):
    """Stages whose weights are those of a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def model(self) -> ModelFiles:
        sha256 = hashlib.sha256((self.folder / "model.bin").read_bytes()).hexdigest()
        return ModelFiles(str(self.folder), self.folder, sha256)


def test_changed_weights_are_compared_once_with_an_edited_draft(desk: Desk) -> None:
    """What they say is new is written next to it, what is not is noted; the same weights are not run again."""
    path, model = tone(desk.folder / "a.wav"), weights(desk, "first")
    desk.stages = OfFolder(Path(model))
    desk.one(path, model=model)
    edit(desk)
    assert desk.one(path, model=model).state is State.UNCHANGED
    calls = len(desk.stages.calls)
    desk.one(tone(path, seconds=7.0), model=model)  # other audio, the same words: noted, as earlier versions did
    assert len(desk.stages.calls) > calls
    calls = len(desk.stages.calls)
    desk.one(path, model=model)
    assert len(desk.stages.calls) == calls
    weights(desk, "second")
    desk.one(path, model=model)
    assert len(desk.stages.calls) > calls, "other weights"
    calls = len(desk.stages.calls)
    desk.one(path, model=model)
    assert len(desk.stages.calls) == calls, "noted"
    weights(desk, "third")
    desk.stages.said = "Others words than these. I am Grace. Thank you, Grace."
    assert [each.name for each in desk.one(path, model=model).paths] == ["a.new.md", "a.new.json"]


def test_a_note_of_an_earlier_version_holds(desk: Desk) -> None:
    """It has no weights in it: computed here as that version did."""
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    edit(desk)
    desk.one(tone(path, seconds=7.0))
    (note,) = (desk.folder / "drafts" / ".turnscript" / "compared").iterdir()
    before = Transcript.from_json((desk.folder / "drafts" / "a.json").read_text(), source="a.json")
    inputs = Inputs(hashlib.sha256(path.read_bytes()).hexdigest(), desk.settings(), ())
    outputs = sorted(before.made_with.outputs.items())
    data = [outputs, inputs.audio_sha256, before.made_with.turnscript, stage_settings(inputs.record)]
    assert note.read_text() == hashlib.sha256(json.dumps(data, sort_keys=True, default=list).encode()).hexdigest()


@pytest.mark.parametrize("how", ["edited", "synced", "moved", "without a record"])
def test_a_draft_that_is_kept_is_told_with_its_own_names(desk: Desk, how: str) -> None:
    path, drafts = tone(desk.folder / "a.wav"), desk.folder / "drafts"
    desk.one(path)
    draft = drafts / "a.md"
    draft.write_text(draft.read_text().replace("**Grace**", "**Nora**").replace("I am Grace", "I am Nora"))
    if how == "synced":
        sync(draft)
    if how == "moved":
        (desk.folder / "moved").mkdir()
        path = path.rename(desk.folder / "moved" / "a.wav")
    if how == "without a record":
        (drafts / "a.json").unlink()
    before = desk.drafts()
    result = desk.one(path, formats=("md", "json", "vtt"))
    written = [p for p in result.paths if before.get(p.name) != desk.drafts()[p.name]]
    assert result.state is State.WRITTEN
    assert result.kept == (draft, *(p for p in result.paths if p != draft and p not in written))
    assert [p for p in result.paths if p not in result.kept] == written
    assert "Nora (" in " ".join(result.named)
    assert "Grace" not in " ".join(result.named)


def test_a_kept_draft_has_no_warnings_about_names(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.stages.said = "Well so. How are things? All is fine. So it is."
    assert "is a guess" in " ".join(desk.one(path).warnings)
    draft = desk.folder / "drafts" / "a.md"
    draft.write_text(draft.read_text().replace("**Guest**", "**Nora**"))
    assert "a guess" not in " ".join(desk.one(path, formats=("md", "vtt")).warnings)


def test_a_text_that_is_not_the_recordings_is_named(desk: Desk) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    draft = desk.folder / "drafts" / "a.md"
    assert desk.one(path).warnings == ()
    draft.write_text("**Bob**: A wholly different conversation took place here.\n")
    told = f"{draft}: does not fit the recording (0% of the words agree) and is kept"
    for formats in (("md", "json"), ("md", "vtt"), ("md", "vtt")):
        result = desk.one(path, formats=formats)
        assert any(warning.startswith(told) for warning in result.warnings)
        assert result.named == ()


@pytest.mark.parametrize(
    "text", ["", "**Bob**:\n\n**Ann**:\n", "**Bob**: [laughs]\n", "---\ntitle: A talk\n---\n\nIntro.\n"]
)
def test_a_draft_whose_words_are_all_deleted_is_said_to_have_none(desk: Desk, text: str) -> None:
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    draft = desk.folder / "drafts" / "a.md"
    draft.write_text(text)
    step = "move it away and run again, or put its text back"
    for formats in (("md", "json"), ("md", "vtt")):
        told = desk.one(path, formats=formats).warnings
        assert f"{draft}: has no spoken words and is kept; {step}" in told
        assert "agree" not in " ".join(told)
    assert draft.read_text() == text


FOLLOWING = ("srt", "vtt", "docx", "html", "whisper-json")


def test_captions_are_said_to_lack_edits_only_until_a_sync(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only those that an edit changes: a corrected word is not in the speakers' spans. A docx has the time in it,
    and no two here have the same."""
    years = count(2001)
    monkeypatch.setattr("output.documents.datetime", SimpleNamespace(now=lambda zone: datetime(next(years), 1, 1)))
    path = tone(desk.folder / "a.wav")
    desk.one(path)
    draft = desk.folder / "drafts" / "a.md"
    draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    lacks = "lacks your latest edits"
    told = [
        warning for warning in desk.one(path, formats=("md", "json", "rttm", *FOLLOWING)).warnings if lacks in warning
    ]
    assert [warning.split(" ")[0].rpartition("a.")[2] for warning in told] == [
        {"whisper-json": "whisper.json"}.get(name, name) for name in FOLLOWING
    ]
    for name in FOLLOWING:
        (desk.folder / "drafts" / file_name("a", name)).unlink()
    sync(draft)
    result = desk.one(path, formats=("md", "json", "rttm", *FOLLOWING))
    assert not any("sync" in warning for warning in result.warnings)
    assert "Thanks to you" in (desk.folder / "drafts" / "a.srt").read_text()
