"""Updating the timed transcript from the draft: files in a folder, edited and read back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import click.testing
import pytest

from output.captions import srt, vtt
from output.errors import OutputError
from output.formats import write
from output.markdown import render
from output.parse import parse
from tests.support.transcripts import ADA, transcript
from transcribe.cli.main import cli
from transcribe.drafts.export import export
from transcribe.drafts.sync import sync, transcript_of
from transcribe.drafts.transcript_update import printed_forms, update_transcript
from transcribe.errors import TranscriptError
from transcribe.person_names import NameCertainty
from transcribe.style import Style
from transcribe.transcript import Doubt, MadeWith, Speaker, SpeakerSpan, Transcript
from transcribe.transcript_warnings import WarningCode, warn

TALK = (
    ("S1", "Hello and welcome to the show, Bob. It’s good to have you—really."),
    ("S2", "Thank you Ada, I am glad to be here after such a long ride through the rain."),
    ("S1", "How did the very first machine come about in the cellar?"),
    ("S2", "It was raining for weeks, so we soldered and soldered until it made a sound."),
)


def talk(**changes: object) -> Transcript:
    made_with = MadeWith("0.1.0", "ctranslate2", "base", "0" * 64, outputs={"talk.md": "1" * 64})
    return replace(transcript(*TALK), made_with=made_with, **changes)  # type: ignore[arg-type]


@pytest.fixture
def draft(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A draft with its transcript and captions in an empty folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    for name, suffix in (("md", ".md"), ("json", ".json"), ("vtt", ".vtt"), ("docx", ".docx")):
        content = write(talk(), name)
        (tmp_path / f"talk{suffix}").write_bytes(content.encode() if isinstance(content, str) else content)
    return tmp_path / "talk.md"


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{old!r} is not in the draft"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("labels", ["name-then-initial", "initial", "name", "full-name-then-name"])
@pytest.mark.parametrize("wrap", [0, 40, 70])
def test_updating_from_an_unedited_draft_changes_nothing(labels: str, wrap: int) -> None:
    followed = update_transcript(parse(render(talk(), Style(labels=labels, wrap=wrap))), talk())  # type: ignore[arg-type]
    assert followed.transcript == talk()
    assert followed.report == "nothing changed"


def test_printed_times_are_not_words() -> None:
    source = render(talk(), Style(clock_minutes=0))
    assert source.count("**: [00:") == len(talk().turns)
    assert update_transcript(parse(source), talk()).transcript == talk()
    edited = update_transcript(parse(source.replace("[00:00]", "[00:00] Well,")), talk())
    assert edited.report == "1 word changed in 1 turn"


def test_a_title_from_the_template_does_not_change_the_episode() -> None:
    style = {"front_matter": '{"title": "Talk: {title}"}'}
    talk_from_template = replace(talk(), made_with=replace(talk().made_with, settings=style))
    source = render(talk_from_template, Style(front_matter='{"title": "Talk: {title}"}'))
    assert "title: 'Talk: A talk'\n" in source
    assert update_transcript(parse(source), talk_from_template).transcript == talk_from_template
    retitled = update_transcript(
        parse(source.replace("title: 'Talk: A talk'", "title: Looms")), talk_from_template
    ).transcript
    assert retitled.episode.title == "Looms"


@pytest.mark.parametrize("times", ["text", "comments", "none"])
def test_sync_keeps_the_style_of_a_document(draft: Path, times: str) -> None:
    path = draft.with_suffix(".docx")
    style = Style(docx_times=times)  # type: ignore[arg-type]
    path.write_bytes(bytes(write(talk(), "docx", style=style)))  # type: ignore[arg-type]
    edit(draft, ("**A**:", "**A**: Well,"))
    assert path in sync(draft).paths
    after = Transcript.from_json(draft.with_suffix(".json").read_text(encoding="utf-8"))
    expected, before = (bytes(write(content, "docx", style=style)) for content in (after, talk()))  # type: ignore[arg-type]
    assert parts_of(path.read_bytes()) == parts_of(expected) != parts_of(before)


def parts_of(docx: bytes) -> dict[str, bytes]:
    """The files in a docx, without what states when it was written."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}


def test_sync_of_an_unedited_draft_writes_nothing(draft: Path) -> None:
    before = contents(draft.parent)
    result = sync(draft)
    assert contents(draft.parent) == before
    assert [path.name for path in result.paths] == ["talk.json", "talk.vtt", "talk.docx"]


def test_sync_takes_a_changed_word_and_a_changed_label(draft: Path) -> None:
    """The demonstration of issue 7, and what must not change."""
    edit(draft, ("raining", "pouring"), ("**A**: How", "**B**: How"))
    text = draft.read_bytes()
    result = sync(draft)
    after = transcript_of(draft)
    assert result.report == "1 word changed in 1 turn, 1 turn relabelled"
    assert [turn.speaker for turn in after.turns] == ["S1", "S2", "S2", "S2"]
    old, new = list(talk().words), list(after.words)
    assert [word for word in new if word.text != "pouring"] == [word for word in old if word.text != "raining"]
    assert draft.read_bytes() == text
    assert after.made_with.outputs == {"talk.md": "1" * 64}
    assert "pouring" in (draft.parent / "talk.vtt").read_text(encoding="utf-8")
    assert "<v Bob Moog>How did" in (draft.parent / "talk.vtt").read_text(encoding="utf-8")
    again = contents(draft.parent)
    assert sync(draft).report == "nothing changed"
    assert contents(draft.parent) == again


def test_spans_of_a_relabelled_turn_are_reassigned(draft: Path) -> None:
    edit(draft, ("**A**: How", "**B**: How"))
    sync(draft)
    question = talk().turns[2]
    assert SpeakerSpan(question.start, question.end, "S2") in transcript_of(draft).spans
    speaking = {span.speaker for span in transcript_of(draft).spans if span.start >= question.start}
    assert speaking == {"S2"}


def test_a_renamed_speaker_keeps_the_id(draft: Path) -> None:
    edit(draft, ("**Bob**", "**Robert**"), ("**B**", "**R**"))
    assert sync(draft).report == "Bob Moog renamed Robert"
    assert transcript_of(draft).speaker("S2") == Speaker(
        "S2", "Robert", "Robert", "named by the editor", NameCertainty.EDITED
    )
    assert transcript_of(draft).turns == talk().turns


def test_renaming_a_speaker_drops_the_warning_about_the_name(draft: Path) -> None:
    guess = warn(WarningCode.HOST_ASSUMED, ["S2"], name="Bob Moog", evidence="opens")
    warnings = (guess, warn(WarningCode.AUDIO, message="the end is damaged"))
    draft.with_suffix(".json").write_text(replace(talk(), warnings=warnings).to_json(), encoding="utf-8")
    edit(draft, ("**Bob**", "**Robert**"), ("**B**", "**R**"))
    sync(draft)
    assert transcript_of(draft).warnings == warnings[1:]


def test_a_new_speaker_gets_a_new_id(draft: Path) -> None:
    edit(draft, ("**A**: How", "**Clara**: How"))
    line = draft.read_text(encoding="utf-8").split("**Clara**")[0].count("\n") + 1
    assert sync(draft).report == f"1 turn relabelled, Clara is new (line {line})"
    assert transcript_of(draft).turns[2].speaker == "S3"
    assert transcript_of(draft).speaker("S3").name == "Clara"


def test_merging_two_speakers_leaves_one(draft: Path) -> None:
    edit(draft, ("**Bob**", "**Ada**"), ("**B**", "**A**"))
    sync(draft)
    assert transcript_of(draft).speakers == (ADA,)
    assert {span.speaker for span in transcript_of(draft).spans} == {"S1"}


def test_sync_takes_split_turns(draft: Path) -> None:
    edit(draft, ("after such", "\n\n**A**: Welcome back.\n\n**B**: after such"))
    assert sync(draft).report == "2 words changed in 1 turn, 1 turn added, turns split or merged"
    assert [turn.speaker for turn in transcript_of(draft).turns] == ["S1", "S2", "S1", "S2", "S1", "S2"]


def test_sync_tells_a_turn_that_was_removed_from_turns_that_were_merged(draft: Path) -> None:
    edit(draft, (f"**A**: {TALK[2][1]}\n\n", ""))
    assert sync(draft).report == "11 words changed in 1 turn, 1 turn removed"
    assert sync(draft).report == "nothing changed"
    edit(draft, ("\n\n**B**: It was raining", " It was raining"))
    assert sync(draft).report == "turns split or merged"


@pytest.mark.parametrize(("label", "replaced"), [("A", 2), ("B", 1)])
def test_a_turn_written_for_two_takes_the_time_of_the_speaker_it_names(draft: Path, label: str, replaced: int) -> None:
    first, last = "Thank you Ada, I am", "in the cellar?"
    text = draft.read_text(encoding="utf-8")
    two = text[text.rindex("**", 0, text.rindex("**", 0, text.index(first))) : text.index(last) + len(last)]
    edit(draft, (two, f"**{label}**: Who knows, and who cares?"))
    before, report = talk().turns, sync(draft).report
    words = [word for word in transcript_of(draft).words if word.text in ("Who", "cares?")]
    assert (words[0].start, words[-1].end) == (before[replaced].start, before[replaced].end)
    assert "1 turn removed" in report


def test_an_edit_that_is_undone_is_doubtful_again(draft: Path) -> None:
    """Whatever was edited and synced between; what somebody has confirmed is not."""
    words = list(transcript_of(draft).words)
    doubts = tuple(Doubt(words[i].start, words[i].end, "unclear", 0.5) for i in (2, 20, 25))
    draft.with_suffix(".json").write_text(replace(transcript_of(draft), doubts=doubts).to_json(), encoding="utf-8")
    edit(draft, ("Hello and", "Hallo and"))
    sync(draft)
    confirmed = replace(transcript_of(draft), doubts=(doubts[0], doubts[2]))
    draft.with_suffix(".json").write_text(confirmed.to_json(), encoding="utf-8")
    before, text = transcript_of(draft), draft.read_text(encoding="utf-8")
    for changes in (("welcome", "x y"), ("Hallo", "Hey")), (("ride", "z"),):
        edit(draft, *changes)
        sync(draft)
    assert transcript_of(draft).doubts == ()
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    assert transcript_of(draft).doubts == before.doubts
    assert list(transcript_of(draft).words)[2] == words[2]
    assert sync(draft).report == "nothing changed"


def test_sync_tells_of_a_turn_that_was_added(draft: Path) -> None:
    edit(draft, ("**A**: How did", "**B**: Mm.\n\n**A**: How did"))
    assert sync(draft).report == "1 word changed in 1 turn, 1 turn added"


def test_the_caption_of_a_changed_turn_does_not_begin_in_the_turn_deleted_before_it(draft: Path) -> None:
    edit(draft, (f"**A**: {TALK[2][1]}\n\n", ""), ("It was raining", "The machine rained"))
    sync(draft)
    started = talk().turns[3].start
    assert transcript_of(draft).turns[2].start == started
    assert cue_times(draft.with_suffix(".vtt")).count(started) == 1
    assert not [at for at in cue_times(draft.with_suffix(".vtt")) if talk().turns[2].start <= at < started]


def cue_times(path: Path) -> list[float]:
    """When the captions of a WebVTT file begin."""
    stamps = re.findall(r"^(\d\d):(\d\d):(\d\d\.\d{3}) -->", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [3600 * int(h) + 60 * int(m) + float(s) for h, m, s in stamps]


def test_sync_reports_reordered_turns(draft: Path) -> None:
    text = draft.read_text(encoding="utf-8")
    how, raining = text.index("**A**: How"), text.index("**B**: It was")
    draft.write_text(f"{text[:how]}{text[raining:].rstrip()}\n\n{text[how:raining].rstrip()}\n", encoding="utf-8")
    assert sync(draft).report == "turns or passages moved"
    assert [turn.speaker for turn in transcript_of(draft).turns] == ["S1", "S2", "S2", "S1"]
    assert sync(draft).report == "nothing changed"


def sync_and_read(draft: Path) -> Transcript:
    sync(draft)
    return transcript_of(draft)


def docx_text(content: bytes) -> str:
    import docx

    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)


def test_notes_links_and_epilogue_change_no_word(draft: Path) -> None:
    edit(draft, ("for weeks", "for [many, many] weeks"), ("machine", "[machine](https://example.org/a_b)"))
    draft.write_text(draft.read_text(encoding="utf-8") + "\n*Recorded in a cellar in 1964.*\n", encoding="utf-8")
    assert sync(draft).report == "notes in brackets added"
    assert sync(draft).report == "nothing changed"
    spoken = [word for turn in transcript_of(draft).turns for word in turn.words if word.end > word.start]
    assert spoken == list(talk().words)


def test_sync_tells_of_a_change_around_the_words(draft: Path) -> None:
    draft.write_text(draft.read_text(encoding="utf-8") + "\n## Links\n", encoding="utf-8")
    assert sync(draft).report == "the text around the words changed"
    assert sync(draft).report == "nothing changed"
    assert "Links" in docx_text(draft.with_suffix(".docx").read_bytes())


@pytest.mark.parametrize("name", ["vtt", "srt", "txt", "html", "docx", "whisper-json", "json"])
def test_a_note_is_in_every_export(draft: Path, name: str) -> None:
    edit(draft, ("for weeks, so", "for [not] weeks [laughs], so"))
    written = write(sync_and_read(draft), name)
    text = docx_text(written) if isinstance(written, bytes) else re.sub(r"<[^<>]*>", "", written)
    if name in ("json", "whisper-json"):
        turns = json.loads(text).get("turns") or json.loads(text)["segments"]
        text = " ".join((word.get("text") or word["word"]).strip() for turn in turns for word in turn["words"])
    assert "for [not] weeks [laughs]," in " ".join(text.split())


def test_sync_takes_the_title_of_the_front_matter(draft: Path) -> None:
    edit(draft, ("title: A talk", "title: 'Ada: a talk'"))
    sync(draft)
    assert transcript_of(draft).episode.title == "Ada: a talk"


def test_changing_its_words_resolves_a_doubt() -> None:
    words = talk().turns[3].words
    doubts = (Doubt(words[0].start, words[4].end, "low"), Doubt(words[9].start, words[12].end, "low"))
    source = render(talk()).replace("raining", "pouring")
    assert update_transcript(parse(source), talk(doubts=doubts)).transcript.doubts == doubts[1:]


def test_sync_does_not_write_captions_edited_by_hand(draft: Path) -> None:
    captions = draft.with_suffix(".vtt")
    captions.write_text(captions.read_text(encoding="utf-8") + "\nNOTE mine\n", encoding="utf-8")
    edit(draft, ("raining", "pouring"))
    result = sync(draft)
    assert captions.read_text(encoding="utf-8").endswith("NOTE mine\n")
    warning = f"{captions}: was edited by hand and is not updated; to have it written again, delete it"
    assert result.skipped == {captions: warning}
    assert export(draft, ["vtt", "vtt"], style=Style(), restyled=["vtt"]).messages == (warning,)


@pytest.mark.parametrize("name", ["vtt", "srt"])
def test_captions_of_an_earlier_release_are_not_taken_for_edited_by_hand(draft: Path, name: str) -> None:
    """They ended in cues of one word; a sync had written them, so no record has their hash."""
    engine = {"vtt": "whole machine", "srt": "new engine"}[name]  # SubRip begins with the label
    said = f"We drew the {engine} on paper and then we argued about every single sheet of them."
    made_with = replace(talk().made_with, outputs={"talk.md": "1" * 64})
    long = replace(transcript(("S1", said), ("S2", "It was raining for weeks.")), made_with=made_with)
    captions = draft.with_suffix(f".{name}")
    captions.write_text({"vtt": vtt, "srt": srt}[name](long, shares=False), encoding="utf-8")
    assert captions.read_text(encoding="utf-8") != write(long, name)
    draft.with_suffix(".json").write_text(long.to_json(), encoding="utf-8")
    draft.write_text(render(long).replace("raining", "pouring"), encoding="utf-8")
    assert captions not in sync(draft).skipped
    assert captions.read_text(encoding="utf-8") == write(transcript_of(draft), name)


@pytest.mark.parametrize("folder", ["/", "../", "ftp://a.b/"])
def test_export_does_not_overwrite_addresses_turnscript_never_writes(draft: Path, folder: str) -> None:
    style, path = Style(transcript_url="https://x.example/t/"), draft.with_suffix(".podcast.xml")
    export(draft, ["podcast"], style=style)
    edited = path.read_text(encoding="utf-8").replace("https://x.example/t/", folder)
    path.write_text(edited, encoding="utf-8")
    assert f'url="{folder}talk.vtt"' in edited
    assert export(draft, ["podcast"], style=style, restyled=["podcast"]).messages == (
        f"{path}: was edited by hand and is not updated; to have it written again, delete it",
    )
    assert path.read_text(encoding="utf-8") == edited


def test_export_refuses_an_unknown_format_and_writes_nothing(draft: Path) -> None:
    edit(draft, ("raining", "pouring"))
    before = contents(draft.parent)
    with pytest.raises(OutputError, match="format: pdf cannot be written; choose from md, json"):
        export(draft, ["srt", "pdf"], style=Style())
    assert contents(draft.parent) == before


def test_an_interrupted_sync_is_completed_by_the_next(draft: Path) -> None:
    before = draft.with_suffix(".json").read_bytes()
    edit(draft, ("raining", "pouring"))
    sync(draft)
    draft.with_suffix(".json").write_bytes(before)
    assert sync(draft).skipped == {}
    assert "pouring" in draft.with_suffix(".json").read_text(encoding="utf-8")


def test_sync_refuses_an_unrelated_draft_and_writes_nothing(draft: Path) -> None:
    draft.write_text(
        "**Kim**: " + "An altogether different conversation about ships and harbours. " * 9, encoding="utf-8"
    )
    before = contents(draft.parent)
    with pytest.raises(TranscriptError, match=r"talk\.md: its timed transcript belongs to another text"):
        sync(draft)
    assert contents(draft.parent) == before


def test_sync_refuses_a_draft_without_words_or_transcript(draft: Path) -> None:
    text = draft.read_text(encoding="utf-8")
    for emptied in ("", text.split("**Ada**")[0], "**Ada**:\n\n**Bob**: [laughs]\n"):
        draft.write_text(emptied, encoding="utf-8")
        with pytest.raises(TranscriptError, match=r"talk\.md: has no spoken words; nothing was changed"):
            sync(draft)
    draft.with_suffix(".json").unlink()
    with pytest.raises(TranscriptError, match=r"talk\.json: no such file"):
        sync(draft)


def test_sync_prints_paths_and_a_report(draft: Path) -> None:
    edit(draft, ("raining", "pouring"))
    result = click.testing.CliRunner().invoke(cli, ["sync", str(draft)], standalone_mode=False)
    assert result.return_value == 0
    assert [Path(line).name for line in result.stdout.splitlines()] == ["talk.json", "talk.vtt", "talk.docx"]
    assert result.stderr == f"{draft}: 1 word changed in 1 turn\n"


def test_sync_refuses_a_draft_that_is_not_utf8(draft: Path) -> None:
    draft.write_bytes(draft.read_bytes() + "\n\nÄrger\n".encode("latin-1"))
    before = contents(draft.parent)
    with pytest.raises(OutputError, match=r"talk\.md: is not UTF-8 text"):
        sync(draft)
    assert contents(draft.parent) == before


def test_printed_forms_of_words() -> None:
    assert printed_forms("It’s") == ("It's",)
    assert printed_forms("well—") == ("well -", "well ...")


def test_captions_of_an_edited_draft_are_valid(draft: Path) -> None:
    edit(draft, ("How did the", "Tell us now, all of it,\nhow did the"), ("soldered and soldered", "worked"))
    sync(draft)
    times = re.findall(r"(\d\d):(\d\d):([\d.]+) --> (\d\d):(\d\d):([\d.]+)", draft.with_suffix(".vtt").read_text())
    seconds = [[int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in (t[:3], t[3:])] for t in times]
    assert all(start < end for start, end in seconds)
    assert [start for start, _ in seconds] == sorted(start for start, _ in seconds)
