"""The law: every file a run writes next to a draft is a path of the result, is also written, or is in a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.batch_desk import Desk
from tests.support.command_line import Run
from tests.support.scripted_stages import SAID, ScriptedStages, tone
from transcribe.batch.report import Result
from transcribe.drafts.sync import sync

FORMATS = ("md", "json", "vtt", "srt", "txt", "whisper-json")


def touched(before: dict[str, tuple[bytes, int]], after: dict[str, tuple[bytes, int]]) -> set[str]:
    return {name for name, state in after.items() if before.get(name) != state}


def unnamed(result: Result, names: set[str], folder: Path) -> set[str]:
    told = {path.name for path in (*result.paths, *result.also_written)}
    return {name for name in names - told if not any(str(folder / name) in one for one in result.warnings)}


_RUNS = st.tuples(
    st.sampled_from(["", "edit", "sync", "edit vtt", "remove json", "break json", "move"]),
    st.lists(st.sampled_from(FORMATS), min_size=1, max_size=3, unique=True),
    st.sampled_from([0, 20, 30]),
    st.booleans(),
)


def prepare(desk: Desk, how: str) -> None:
    drafts = desk.folder / "drafts"
    draft, caption, record = (drafts / f"a.{suffix}" for suffix in ("md", "vtt", "json"))
    if how in ("edit", "sync") and draft.is_file():
        draft.write_text(draft.read_text().replace("Grace", "Grace Hopper", 1))
    if how == "sync" and draft.is_file() and record.is_file() and record.read_text().startswith("{\n"):
        sync(draft)
    if how == "edit vtt" and caption.is_file():
        caption.write_text(caption.read_text() + "\nNOTE mine\n")
    if how == "remove json":
        record.unlink(missing_ok=True)
    if how == "break json" and record.is_file():
        record.write_text("broken")


@settings(max_examples=20)
@given(st.lists(_RUNS, min_size=1, max_size=5))
def test_every_file_written_is_named(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[str, list[str], int, bool]]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        desk = Desk(tmp_path_factory.mktemp("desk"))
        patched.setenv("XDG_CACHE_HOME", str(desk.folder / "cache"))
        path = tone(desk.folder / "a.wav", seconds=2.0)
        for how, formats, wrap, force in runs:
            if how == "move":
                (desk.folder / "moved").mkdir(exist_ok=True)
                path = path.replace(desk.folder / ("moved" if path.parent == desk.folder else ".") / "a.wav")
            if (desk.folder / "drafts").is_dir():
                prepare(desk, how)
            before = desk.drafts() if (desk.folder / "drafts").is_dir() else {}
            result = desk.one(path, formats=tuple(formats), wrap=wrap, force=force)
            assert result.error == ""
            names = touched(before, desk.drafts())
            assert unnamed(result, names, desk.folder / "drafts") == set()
            assert {each.name for each in result.also_written} <= names
            changes = result.changes
            assert {each.name for each in (*changes.written, *changes.backups)} == names, "for scripts: exactly these"
            assert {each.name for each in changes.stale} & names == set()
            mine = {
                data
                for name, (data, _) in before.items()
                if b"NOTE mine" in data or (name == "a.md" and b"Hopper" in data)
            }
            assert mine <= {data for data, _ in desk.drafts().values()}, "no file edited by hand is lost"


def test_the_command_names_them_as_text_and_as_events(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    _, out, err = run("run", "a.wav", "-f", "md")
    assert out == "transcripts/a.md\n"
    assert "a.wav: also written: transcripts/a.json" in err.splitlines()
    assert "also written" not in run("run", "a.wav", "-f", "md")[2]
    run("run", "a.wav", "-f", "md,json,vtt")
    _, out, err = run("run", "a.wav", "-f", "json", "--labels", "name", "--host", "Zed", "--progress", "json")
    assert out == "transcripts/a.json\n"
    (ended,) = [event for event in map(json.loads, err.splitlines()) if event["event"] == "ended"]
    assert ended["files"] == ["transcripts/a.json"]
    assert set(ended["also_written"]) == {"transcripts/a.md"}


def test_a_script_reads_what_was_rewritten(run: Run, tmp_path: Path) -> None:
    """Captions that follow their draft are on no line of stdout: what was asked for is there."""
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json")
    run("export", "transcripts/a.md", "-f", "srt,vtt")
    caption = tmp_path / "transcripts" / "a.srt"
    caption.write_text(caption.read_text() + "\nmine\n")
    _, out, _ = run("run", "a.wav", "-f", "md", "--speakers", "Ann,Bob", "--quiet")
    assert out == "transcripts/a.md\n"
    (told,) = json.loads((tmp_path / "transcripts" / ".turnscript" / "report.json").read_text())["episodes"]
    assert set(told["written"]) == {"transcripts/a.md", "transcripts/a.vtt", "transcripts/a.json"}
    assert (told["stale"], told["backups"]) == (["transcripts/a.srt"], [])
    (tmp_path / "transcripts" / "a.md").write_text("mine")
    run("run", "a.wav", "-f", "md", "--force")
    (told,) = json.loads((tmp_path / "transcripts" / ".turnscript" / "report.json").read_text())["episodes"]
    assert told["backups"] == ["transcripts/a.md.bak"]


def test_quiet_prints_what_is_new_of_what_was_asked_for(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json")
    assert run("run", "a.wav", "-f", "md,json,vtt", "--quiet")[1] == "transcripts/a.json\ntranscripts/a.vtt\n"
    assert run("run", "a.wav", "-f", "md,json,vtt", "--quiet")[1] == ""


def test_force_says_what_it_replaces(desk: Desk) -> None:
    """What was written from an edited draft is not called edited, what somebody edited by hand is."""
    path, formats = tone(desk.folder / "a.wav"), ("md", "json", "vtt", "srt", "whisper-json")
    desk.one(path, formats=formats)
    drafts = desk.folder / "drafts"
    (drafts / "a.md").write_text((drafts / "a.md").read_text().replace("Grace", "Grace Hopper"))
    sync(drafts / "a.md")
    (drafts / "a.srt").write_text("mine")
    warnings = desk.one(path, formats=formats, force=True).warnings
    for name, what in {
        "a.md": "the edited file",
        "a.srt": "the edited file",
        "a.vtt": "the one written from the edited draft",
        "a.whisper.json": "the one written from the edited draft",
    }.items():
        told = f"{drafts / name}: replaced; {what} is now {drafts / name}.bak"
        assert told in warnings, (told, warnings)
    (drafts / "a.json").write_text("broken")
    warnings = desk.one(path, formats=formats, force=True).warnings
    assert f"{drafts}/a.json: replaced; the one that could not be read is now {drafts}/a.json.bak" in warnings


def test_commands_of_editors_name_what_they_write(run: Run, tmp_path: Path) -> None:
    """Export also updates the record and other captions; merge saves the draft, and leaves a caption edited by hand."""
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json,vtt,srt")
    drafts = tmp_path / "transcripts"
    (drafts / "a.md").write_text((drafts / "a.md").read_text().replace("Grace", "Grace Hopper"))
    _, out, err = run("export", "transcripts/a.md", "-f", "txt")
    assert out == "transcripts/a.txt\n"
    told = [line for line in err.splitlines() if line.startswith("also written: ")]
    assert told == [f"also written: transcripts/a.{name}" for name in ("json", "vtt", "srt")]
    assert "also written" not in run("export", "transcripts/a.md", "-f", "txt")[2]
    (drafts / "a.srt").write_text("mine")
    run("run", "a.wav", "--fresh", stages=ScriptedStages(said=SAID.replace("Who are you?", "Who were you?")))
    code, out, err = run("merge", "transcripts/a.md", "transcripts/a.new.md")
    assert code == 0
    assert "transcripts/a.md: merged; the draft before is now transcripts/a.md.bak" in err.splitlines()
    assert "Warning: transcripts/a.srt: was edited by hand and is not updated" in err


def test_the_command_lists_only_what_it_wrote_beside_a_draft_it_keeps(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("**Grace**", "**Nora**"))
    run("sync", "transcripts/a.md")
    _, out, err = run("run", "a.wav", "-f", "md,json,vtt")
    assert out == "transcripts/a.vtt\n"
    assert "a.wav: transcripts/a.md: edited, kept as it is" in err.splitlines()
    assert "Nora (" in err
    _, out, err = run("run", "a.wav", "-f", "md,json,vtt")
    assert out == "transcripts/a.md\ntranscripts/a.json\ntranscripts/a.vtt\n"
    assert "kept" not in err
