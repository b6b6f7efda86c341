"""Merging a new recognition into an edited draft: keeps every edit, takes every improvement, lists conflicts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import click.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.disk import sha256_of
from output.markdown import render
from output.parse import read_draft
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.machine_originals import original_of
from transcribe.drafts.merge_conflicts import Difference
from transcribe.drafts.merge_recognition import merge_recognition
from transcribe.drafts.merge_words import merge_words
from transcribe.drafts.style import style_recorded
from transcribe.drafts.sync import sync, transcript_of
from transcribe.drafts.turn_edits import PageTurn
from transcribe.errors import TranscriptError
from transcribe.transcript import MadeWith, Speaker, Transcript

FIRST = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here again."),
    ("S2", "Thank you Ada, I am glad to be hear after a long ride through the rain and the wall fog."),
)
BETTER = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here again, at last."),
    ("S2", "Thank you Ada, I am glad to be here after a long ride through the rain and the tall fog."),
)


def talk(*turns: tuple[str, str], draft_sha256: str) -> Transcript:
    made_with = MadeWith("0.1.0", "none", "none", "", audio_sha256="1" * 64, outputs={"talk.md": draft_sha256})
    return replace(transcript(*turns), made_with=made_with)


@pytest.fixture
def drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An edited and synced draft, and the draft a new run wrote next to it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine, new_draft = tmp_path / "talk.md", tmp_path / "talk.new.md"
    for path, turns, mark in ((mine, FIRST, "2"), (new_draft, BETTER, "3")):
        path.write_text(render(transcript(*turns)), encoding="utf-8")
        path.with_suffix(".json").write_text(talk(*turns, draft_sha256=mark * 64).to_json(), encoding="utf-8")
    text = mine.read_text(encoding="utf-8").replace("long ride", "short ride").replace("wall", "autumn")
    mine.write_text(text, encoding="utf-8")
    sync(mine)
    return mine, new_draft


def test_merge_keeps_edits_and_takes_the_rest_from_the_new_recognition(drafts: tuple[Path, Path]) -> None:
    mine, new_draft = drafts
    edited = mine.read_bytes()
    result = merge_recognition(mine, new_draft)
    text = " ".join(mine.read_text(encoding="utf-8").split())
    assert "again, at last." in text
    assert "to be here after a short ride through the rain and the autumn fog." in text
    assert [one.difference for one in result.conflicts] == [Difference("autumn", "tall", 1, 18)]
    assert mine.with_name("talk.md.bak").read_bytes() == edited
    after = transcript_of(mine)
    assert [(doubt.reason, doubt.alternative) for doubt in after.doubts] == [("new recognition: tall", "tall")]
    autumn = next(word for word in after.words if word.text == "autumn")
    assert after.doubts[0].start == autumn.start
    assert after.made_with.outputs == {"talk.md": sha256_of(new_draft)}
    assert [word.text for word in original_of(after, mine).words][-2] == "tall"
    assert sync(mine).report == "nothing changed"


def test_merging_again_changes_nothing(drafts: tuple[Path, Path]) -> None:
    merge_recognition(*drafts)
    text = drafts[0].read_bytes()
    assert merge_recognition(*drafts).conflicts == ()
    assert drafts[0].read_bytes() == text


def test_an_edit_that_a_recognition_agrees_with_is_not_undone_by_the_next_one(drafts: tuple[Path, Path]) -> None:
    """The editor and the new recognition have "here"; the one after that has "hear" again, as the first one."""
    mine, new_draft = drafts
    edited = mine.read_text(encoding="utf-8").replace("to be hear", "to be here")
    mine.write_text(edited, encoding="utf-8")
    merge_recognition(mine, new_draft)
    assert "at last" in mine.read_text(encoding="utf-8")
    new_draft.write_text(render(transcript(*FIRST)), encoding="utf-8")
    new_draft.with_suffix(".json").write_text(talk(*FIRST, draft_sha256="4" * 64).to_json(), encoding="utf-8")
    merge_recognition(mine, new_draft)
    assert mine.read_text(encoding="utf-8").split() == edited.split()


def test_a_draft_whose_edits_are_all_the_new_recognition_is_edited(drafts: tuple[Path, Path]) -> None:
    """Or the next run would write over it."""
    mine, new_draft = drafts
    text = new_draft.read_text(encoding="utf-8")
    mine.write_text(text, encoding="utf-8")
    merge_recognition(mine, new_draft)
    assert mine.read_text(encoding="utf-8").split() == text.split()
    assert transcript_of(mine).made_with.outputs[mine.name] != sha256_of(mine)
    assert "hear" in {word.text for word in original_of(transcript_of(mine), mine).words}


def test_merge_without_changes_leaves_no_backup(drafts: tuple[Path, Path]) -> None:
    merge_recognition(*drafts)
    before = sorted(drafts[0].parent.iterdir())
    merge_recognition(*drafts)
    assert sorted(drafts[0].parent.iterdir()) == before


def test_merge_refuses_another_recording_and_writes_nothing(drafts: tuple[Path, Path]) -> None:
    mine, new_draft = drafts
    other = (("S1", "Ships lay in every harbour of that northern coast, and none of them had a crew to sail with."),)
    new_draft.write_text(render(transcript(*other)), encoding="utf-8")
    new_draft.with_suffix(".json").write_text(talk(*other, draft_sha256="3" * 64).to_json(), encoding="utf-8")
    before = {path: path.read_bytes() for path in mine.parent.glob("*.*")}
    with pytest.raises(TranscriptError, match=r"talk\.md with talk\.new\.md: its timed transcript belongs to another"):
        merge_recognition(mine, new_draft)
    assert {path: path.read_bytes() for path in mine.parent.glob("*.*")} == before


def test_merge_keeps_line_ends_and_ignores_invalid_settings(drafts: tuple[Path, Path]) -> None:
    mine, new_draft = drafts
    mine.write_bytes(b"\xef\xbb\xbf" + mine.read_bytes().replace(b"\n", b"\r\n"))
    timed = new_draft.with_suffix(".json")
    timed.write_text(timed.read_text(encoding="utf-8").replace('"settings": {}', '"settings": {"wrap": "wide"}'))
    merge_recognition(mine, new_draft)
    source = mine.read_bytes()
    assert b"at last." in source.replace(b"\r\n", b" ")
    assert source.startswith(b"\xef\xbb\xbf")
    assert source.count(b"\n") == source.count(b"\r\n")


def with_doubts(spoken: Transcript, *doubtful: str, **settings: object) -> Transcript:
    """The transcript with low confidence in these words, and the settings of its draft recorded."""
    turns = tuple(
        replace(turn, words=tuple(replace(w, probability=0.2 if w.text in doubtful else 0.9) for w in turn.words))
        for turn in spoken.turns
    )
    return replace(spoken, turns=turns, made_with=replace(spoken.made_with, settings=settings))


def write_files(path: Path, spoken: Transcript, *edits: tuple[str, str]) -> None:
    """Write the machine's transcript and draft to `path`, the draft with these edits."""
    text = render(spoken, style_recorded(spoken))
    outputs = {"talk.md": hashlib.sha256(text.encode()).hexdigest()}
    path.with_suffix(".json").write_text(
        replace(spoken, made_with=replace(spoken.made_with, outputs=outputs)).to_json(), encoding="utf-8"
    )
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def merged_draft(path: Path, new_draft: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    result = merge_recognition(path, new_draft)
    text = " ".join(path.read_text(encoding="utf-8").split())
    return text.partition("**Ada**: ")[2], tuple((c.difference.mine, c.difference.new) for c in result.conflicts)


MARKED = "So we asked whether or knot the ships would sail that day and nobody knew it."
RERECOGNISED = "So we asked weather or not the ships would sail that day and nobody knew it."


def test_better_words_replace_words_marked_as_doubtful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words the editor left unchanged are replaced, marks included; resolved doubts and edits stay."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine, new_draft = tmp_path / "talk.md", tmp_path / "talk.new.md"
    marks = {"doubtful_below": 0.5}
    old = with_doubts(talk(("S1", MARKED), draft_sha256="2" * 64), "whether", "knot", "ships", "sail", "knew", **marks)
    new = with_doubts(talk(("S1", RERECOGNISED), draft_sha256="3" * 64), "not", "sail", "day", "nobody", **marks)
    edits = (("nobody", "no one"), ("[ships?]", "ships"), ("[sail?]", "sail"))
    write_files(mine, old, *edits)
    write_files(new_draft, new)
    assert "[whether?] or [knot?] the ships would sail" in mine.read_text(encoding="utf-8").replace("\n", " ")
    assert merged_draft(mine, new_draft) == (
        "So we asked weather or [not?] the ships would sail that [day?] and no one knew it.",
        (),
    )


def test_a_resolved_doubt_is_an_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine, new_draft = tmp_path / "talk.md", tmp_path / "talk.new.md"
    write_files(
        mine,
        with_doubts(talk(("S1", MARKED), draft_sha256="2" * 64), "whether", doubtful_below=0.5),
        ("[whether?]", "whether"),
    )
    write_files(
        new_draft, with_doubts(talk(("S1", RERECOGNISED), draft_sha256="3" * 64), "weather", doubtful_below=0.5)
    )
    text, differences = merged_draft(mine, new_draft)
    assert text == MARKED.replace("knot", "not")
    assert differences == (("whether", "weather"),)


def test_printed_times_and_labels_are_not_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft with a time at each turn and full names: the first word of a turn is replaced like any other."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine, new_draft = tmp_path / "talk.md", tmp_path / "talk.new.md"
    first = (("S1", "Know we asked, and nobody knew."), ("S2", "Their were no ships in the harbour."))
    better = (("S1", "Now we asked, and nobody knew."), ("S2", "There were no ships in the harbour."))
    old = with_doubts(talk(*first, draft_sha256="2" * 64), clock_minutes=0, labels="full-name-then-name")
    new = with_doubts(talk(*better, draft_sha256="3" * 64), clock_minutes=0)
    write_files(mine, old, ("nobody", "no one"), ("harbour", "port"))
    write_files(new_draft, new)
    result = merge_recognition(mine, new_draft)
    text = mine.read_text(encoding="utf-8")
    assert "**Ada Lovelace**: [00:00] Now we asked, and no one knew.\n" in text
    assert "**Bob Moog**: [00:03] There were no ships in the port.\n" in text
    assert result.conflicts == ()


CONVERSATION = (
    ("S1", "Well hello and welcome to the show, it is good to have you here again."),
    ("S2", "Thank you, I am glad to be here after a long ride through the rain."),
    ("S1", "How long was that ride, and how did you keep dry on the way to us?"),
    ("S2", "Two days, and nobody keeps dry in the month of November up there."),
    ("S1", "Then let us begin with the ships, of which there were not so many."),
)
NEW_NAMES = (Speaker("S1", "Anna", "Anna"), Speaker("S2", "Ben", "Ben"))
OLD_NAMES = (Speaker("S1", "Rich", "Rich"), Speaker("S2", "Guest", "Guest"))


@pytest.mark.parametrize(
    ("edits", "labels"),
    [
        ((("Well hello", "hello"),), "Anna Ben A B A"),  # the first word of the first turn deleted
        ((("Thank you, I", "I"), ("Well hello", "hello")), "Anna Ben A B A"),
        (((2, ""),), "Anna Ben B A"),  # a whole turn between two of the other speaker deleted
        (((1, ""),), "Anna A Ben A"),
        (((3, ""), ("Well hello", "hello")), "Anna Ben A A"),
        ((("**R**: How", "**G**: How"),), "Anna Ben B B A"),  # relabelled by the editor
        ((("**R**: How", "**Zoe**: How"), ("Two days", "Days")), "Anna Ben Zoe B A"),
        ((("**Guest**", "**Zoe**"), ("**G**", "**Z**")), "Anna Zoe A Z A"),  # renamed, differently, on both sides
    ],
)
def test_unedited_labels_come_from_the_new_recognition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edits: tuple[tuple[str | int, str], ...], labels: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    mine, new_draft = tmp_path / "talk.md", tmp_path / "talk.new.md"
    old, new = (
        replace(talk(*CONVERSATION, draft_sha256="2" * 64), speakers=people) for people in (OLD_NAMES, NEW_NAMES)
    )
    paragraphs = render(old).split("\n\n")
    first = next(i for i, paragraph in enumerate(paragraphs) if paragraph.startswith("**Rich**"))
    whole = [(paragraphs[first + old] + "\n\n" if isinstance(old, int) else old, new) for old, new in edits]
    write_files(mine, old, *whole)
    write_files(new_draft, new)
    result = merge_recognition(mine, new_draft)
    draft = read_draft(mine)
    assert " ".join(turn.label for turn in draft.turns) == labels
    by_id = {speaker.id: speaker.name for speaker in transcript_of(mine).speakers}
    assert set(by_id.values()) == {turn.speaker for turn in draft.turns}
    assert all(one.difference.mine == "a turn of Zoe" for one in result.conflicts)
    assert sync(mine).report == "nothing changed"


def test_speaker_and_words_are_separate_edits() -> None:
    """The editor deletes or inserts the first word of a turn; the new recognition gives the turn to another speaker."""
    long = (PageTurn("A", ("a b c d e f g",)), PageTurn("B", ("h i j k l m n",)))
    base, new_draft = ((*long, PageTurn(name, ("o p q",))) for name in "AB")
    for words in ("p q", "x p q"):
        mine = (*long, PageTurn("A", (words,)))
        merged = merge_words(base, mine, new_draft)
        assert (merged.turns, merged.differences) == ((*long, PageTurn("B", (words,))), ())


def test_command_lists_conflicts(drafts: tuple[Path, Path]) -> None:
    result = click.testing.CliRunner().invoke(cli, ["merge", *map(str, drafts)], standalone_mode=False)
    assert [Path(line).name for line in result.stdout.splitlines()] == ["talk.md", "talk.json"]
    saved = f"{drafts[0]}: merged; the draft before is now {drafts[0]}.bak\n"
    conflict, counts = result.stderr.removeprefix(saved).splitlines()
    assert conflict == f'{drafts[0]}: line 15, 0:14, Bob: kept "autumn"; the new recognition has "tall"'
    assert "autumn" in drafts[0].read_text(encoding="utf-8").split("\n")[15 - 1]
    assert counts.endswith("1 place where both changed the same words kept as yours")


TEXTS = st.lists(st.sampled_from("a b c d e".split()), min_size=1, max_size=12).map(" ".join)


@given(TEXTS, TEXTS, TEXTS)
def test_no_edit_is_lost(base: str, mine: str, new_draft: str) -> None:
    """The merge has all words that only the editor wrote, in order."""
    edited = " ".join(f"{word}!" if i % 3 == 0 else word for i, word in enumerate(mine.split()))
    turns = merge_words([PageTurn("A", (base,))], [PageTurn("A", (edited,))], [PageTurn("A", (new_draft,))]).turns
    result_words = [word for turn in turns for text in turn.paragraphs for word in text.split() if word.endswith("!")]
    assert result_words == [word for word in edited.split() if word.endswith("!")]
    merged = merge_words([PageTurn("A", (base,))], [PageTurn("A", (base,))], [PageTurn("A", (new_draft,))])
    same, differences = merged.turns, merged.differences
    assert same == (PageTurn("A", (new_draft,)),)
    assert differences == ()


@given(st.data())
def test_the_first_recognition_once_more_leaves_only_the_edits(data: st.DataObject) -> None:
    """Whatever a recognition between agreed with."""
    words = [f"w{number}" for number in range(20)]
    texts = []
    for kind in "en":
        edits = data.draw(st.lists(st.sampled_from(["", "", "", "x", "-", "+"]), min_size=20, max_size=20))
        alike = data.draw(st.lists(st.booleans(), min_size=20, max_size=20))
        text = [
            {"": word, "-": "", "x": f"x{word}{same or kind}", "+": f"{word} y{word}{same or kind}"}[edit]
            for word, edit, same in zip(words, edits, ("both" if one else "" for one in alike), strict=True)
        ]
        texts.append([PageTurn("A", (" ".join(["go", *filter(None, text)]),))])
    base, (mine, new) = [PageTurn("A", (" ".join(["go", *words]),))], texts
    first = merge_words(base, mine, new)
    assert merge_words(first.base, first.turns, base).turns == tuple(mine)


PRINTED = st.lists(st.sampled_from("a b c [a?] [b?], [c?] [12:34]".split()), min_size=1, max_size=12).map(" ".join)


@given(PRINTED, PRINTED)
def test_a_change_on_one_side_is_taken_as_printed(base: str, other: str) -> None:
    machine, changed = [PageTurn("A", (base,))], [PageTurn("A", (other,))]
    assert merge_words(machine, machine, changed).turns == tuple(changed)
    assert merge_words(machine, changed, machine).turns == tuple(changed)
    assert not merge_words(machine, changed, machine).differences


@given(st.lists(st.sampled_from(["nobody", "mine", "new", "both alike", "both otherwise"]), max_size=12))
def test_every_place_is_counted_once_by_who_changed_it(who: list[str]) -> None:
    """Places apart from each other, each changed by a known side: the counts are theirs."""
    words: dict[str, list[str]] = {"base": [], "mine": [], "new": []}
    for n, side in enumerate(who):
        for text in words.values():
            text += [f"a{n}", f"b{n}", f"c{n}"]
        changed = {"mine": ["mine"], "new": ["new"], "nobody": []}.get(side, ["mine", "new"])
        for name in changed:
            words[name][-2] = f"x{n}" if side == "both alike" else f"{name}{n}"
    texts = [[PageTurn("A", (" ".join(["go", *text, "stop"]),))] for text in words.values()]
    merged = merge_words(*texts)
    assert (merged.taken, merged.kept, len(merged.differences)) == tuple(
        who.count(side) + (side == "mine") * who.count("both alike") for side in ("new", "mine", "both otherwise")
    )
    assert ("no other words" in merged.report) == (not {"new", "both otherwise"} & set(who))


def test_the_command_counts_what_it_took_and_what_it_kept(drafts: tuple[Path, Path]) -> None:
    def told() -> str:
        result = click.testing.CliRunner().invoke(cli, ["merge", *map(str, drafts)], standalone_mode=False)
        return result.stderr.splitlines()[-1].removeprefix(f"{drafts[0]}: ")

    assert told() == (
        "2 places taken from the new recognition, 1 edit kept, 1 place where both changed the same words kept as yours"
    )
    assert told() == "the new recognition has no other words, 2 edits kept"


def test_a_new_name_is_counted_too() -> None:
    base = [PageTurn("Guest", ("I was there for a long time.",)), PageTurn("Ada", ("So was I, and all of us.",))]
    named = [PageTurn("Bob", base[0].paragraphs), base[1]]
    assert merge_words(base, base, named).report == "Guest renamed Bob"
