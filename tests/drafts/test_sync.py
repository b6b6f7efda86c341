"""Updating the timed transcript from the draft: files in a folder, edited and read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click.testing
import pytest

from output.errors import OutputError
from output.markdown import render
from output.parse import parse
from tests.support.synced_talk import TALK, contents, edit, talk
from tests.support.transcripts import ADA
from transcribe.cli.main import cli
from transcribe.drafts.sync import sync, transcript_of
from transcribe.drafts.transcript_update import printed_forms, update_transcript
from transcribe.errors import TranscriptError
from transcribe.person_names import NameCertainty
from transcribe.style import Style
from transcribe.transcript import Doubt, Speaker, SpeakerSpan
from transcribe.transcript_warnings import WarningCode, warn


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


def test_sync_reports_reordered_turns(draft: Path) -> None:
    text = draft.read_text(encoding="utf-8")
    how, raining = text.index("**A**: How"), text.index("**B**: It was")
    draft.write_text(f"{text[:how]}{text[raining:].rstrip()}\n\n{text[how:raining].rstrip()}\n", encoding="utf-8")
    assert sync(draft).report == "turns or passages moved"
    assert [turn.speaker for turn in transcript_of(draft).turns] == ["S1", "S2", "S2", "S1"]
    assert sync(draft).report == "nothing changed"


def test_notes_links_and_epilogue_change_no_word(draft: Path) -> None:
    edit(draft, ("for weeks", "for [many, many] weeks"), ("machine", "[machine](https://example.org/a_b)"))
    draft.write_text(draft.read_text(encoding="utf-8") + "\n*Recorded in a cellar in 1964.*\n", encoding="utf-8")
    assert sync(draft).report == "notes in brackets added"
    assert sync(draft).report == "nothing changed"
    spoken = [word for turn in transcript_of(draft).turns for word in turn.words if word.end > word.start]
    assert spoken == list(talk().words)


def test_sync_takes_the_title_of_the_front_matter(draft: Path) -> None:
    edit(draft, ("title: A talk", "title: 'Ada: a talk'"))
    sync(draft)
    assert transcript_of(draft).episode.title == "Ada: a talk"


def test_changing_its_words_resolves_a_doubt() -> None:
    words = talk().turns[3].words
    doubts = (Doubt(words[0].start, words[4].end, "low"), Doubt(words[9].start, words[12].end, "low"))
    source = render(talk()).replace("raining", "pouring")
    assert update_transcript(parse(source), talk(doubts=doubts)).transcript.doubts == doubts[1:]


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
