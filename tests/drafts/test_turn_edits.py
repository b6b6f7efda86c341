"""Drafts converted to the page's turns and back, and edits merged."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.markdown import render
from output.parse import parse
from tests.support.paths import SHARED
from tests.support.transcripts import transcript
from tests.support.turn_edits import TALK, with_paragraph
from transcribe.drafts.turn_edits import EditError, PageTurn, apply_turns, flowed, page_turns, wrap_of
from transcribe.drafts.turn_merges import merge_turns
from transcribe.style import Style

POSTS = sorted((SHARED / "markdown").rglob("*.md"))


def draft_of(*turns: tuple[str, str], **style: Any) -> Any:
    return parse(render(transcript(*(turns or TALK)), Style(**style)))


# ── Drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", POSTS or [None], ids=lambda path: path.name if path else "none")
def test_unedited_text_comes_back_byte_for_byte(path: Path | None) -> None:
    if path is None:
        pytest.skip("../shared with the published posts is not there")
    source = path.read_bytes().decode(errors="surrogateescape")
    draft = parse(source)
    turns = page_turns(draft)
    assert apply_turns(draft, turns, wrap=70).source() == source
    if not turns:
        return
    middle = len(turns) // 2
    words = turns[middle].paragraphs[0].split(" ")
    words[len(words) // 2] += "!"
    wanted = with_paragraph(turns, middle, " ".join(words), *turns[middle].paragraphs[1:])
    edited = apply_turns(draft, wanted, wrap=wrap_of(draft, 70))
    assert list(page_turns(edited)) == wanted
    changed = [turn for turn in edited.turns if turn.raw not in source]
    assert len(changed) == 1


def test_a_changed_word_changes_one_line() -> None:
    draft = draft_of()
    turns = page_turns(draft)
    edited = apply_turns(draft, with_paragraph(turns, 1, turns[1].paragraphs[0].replace("hills", "dales")), wrap=70)
    assert edited.source() == draft.source().replace("hills", "dales")
    assert len(set(edited.source().split("\n")) - set(draft.source().split("\n"))) == 1


def test_unchanged_lines_stay_lines() -> None:
    source = "**Ada**: one two three four\nfive six seven eight\nnine ten eleven twelve\nthirteen.\n"
    draft = parse(source)
    text = page_turns(draft)[0].paragraphs[0]
    edited = apply_turns(draft, [PageTurn("Ada", (text.replace("six", "and six more"),))], wrap=24)
    assert edited.source() == source.replace("five six seven eight", "five and six more seven\neight")


LINE_BY_LINE = {
    "plain": "Ann: One two.\nBo: Three four.\nAnn: Five six.\nBo: Seven eight.\nAnn: Nine.\n",
    "stamped": "[0:01] Ann: One two.\n[0:02] Bo: Three four.\n[0:05] Ann: Five six.\n[0:09] Bo: Seven.\n",
    "bold": "**Ann**: One two.\n**Bo**: Three four.\n**Ann**: Five six.\n**Bo**: Seven eight.",
    "crlf": "Ann: One two.\r\nBo: Three four.\r\nAnn: Five six.\r\nBo: Seven eight.\r\n",
    "one blank line": "**Ann**: One two.\n\n**Bo**: Three four.\n**A**: Five six.\n\n**B**: Seven.\n\n**A**: So.\n",
}


@pytest.mark.parametrize("form", LINE_BY_LINE)
def test_turns_that_nobody_edited_keep_what_is_between_them(form: str) -> None:
    source = LINE_BY_LINE[form]
    draft = parse(source)
    turns = list(page_turns(draft))
    assert len(turns) >= 4
    for at, turn in enumerate(turns):
        edited = apply_turns(draft, with_paragraph(turns, at, f"{turn.paragraphs[0]} More."), wrap=70)
        end = turn.paragraphs[0]
        assert edited.source() == source.replace(end, f"{end} More.")
    moved = apply_turns(draft, [*turns[:-2], turns[-1], PageTurn(turns[-1].speaker, ("Yes.",)), turns[-2]], wrap=70)
    assert [turn.text for turn in moved.turns][-3:] == [turns[-1].paragraphs[0], "Yes.", turns[-2].paragraphs[0]]
    unchanged = source[: source.index(turns[-2].paragraphs[0])].rpartition(draft.turns[-2].marker)[0]
    assert moved.source().startswith(unchanged)


def test_rewrapped_lines_open_no_list() -> None:
    draft = parse("**Ada**: It was\nlong ago.\n")
    edited = apply_turns(draft, [PageTurn("Ada", ("It was in the year 2015. Then - it grew.",))], wrap=24)
    assert not re.search(r"^(?:\d+\.|-) ", edited.source(), re.M)


def test_the_first_turn_of_a_speaker_has_the_name_as_label() -> None:
    draft = draft_of()
    turns = list(page_turns(draft))
    swapped = apply_turns(draft, [turns[2], turns[1], turns[0], turns[3]], wrap=70)
    assert [turn.label for turn in swapped.turns] == ["Ada", "Bob", "A", "B"]
    bea = PageTurn("Bea", turns[2].paragraphs), PageTurn("Bea", ("Yes.",))
    relabelled = apply_turns(draft, [*turns[:2], bea[0], turns[3], bea[1]], wrap=70)
    assert [turn.label for turn in relabelled.turns] == ["Ada", "Bob", "Bea", "Bob", "Bea"]
    assert [turn.speaker for turn in relabelled.turns] == ["Ada", "Bob", "Bea", "Bob", "Bea"]


def test_the_end_of_the_file_does_not_change() -> None:
    for ending in ("", "\n", "\r\n", "\n\n"):
        draft = parse("**Ada**: One." + "\n\n**Bob**: Two." + ending)
        edited = apply_turns(draft, [*page_turns(draft)[:1], PageTurn("Bob", ("Two more.",))], wrap=70)
        assert edited.source().endswith("Two more." + ending)
    draft = parse("**Ada**: One.\n\n**Bob**: Two.\n\n*It was recorded in the rain.*\n")
    edited = apply_turns(draft, [*page_turns(draft), PageTurn("Ada", ("Three.",))], wrap=70)
    assert edited.source().endswith("**Ada**: Three.\n\n*It was recorded in the rain.*\n")


@pytest.mark.parametrize("name", ["", "*x*", "a: b", "a\nb", "x" * 61, "**"])
def test_an_invalid_name_is_refused(name: str) -> None:
    draft = draft_of()
    with pytest.raises(EditError):
        apply_turns(draft, [*page_turns(draft), PageTurn(name, ("Yes.",))], wrap=70)


@pytest.mark.parametrize(("name", "both"), [("ADA", "'ADA' and 'Ada'"), ("B", "'B' and 'Bob'")])
def test_names_that_are_too_similar_are_both_named(name: str, both: str) -> None:
    turns = page_turns(draft_of())
    with pytest.raises(EditError, match=f"{both} are too similar to tell their turns apart"):
        apply_turns(draft_of(), [*turns, PageTurn(name, ("Yes.",))], wrap=70)


def test_text_that_would_begin_a_turn_is_refused() -> None:
    draft = draft_of()
    turns = page_turns(draft)
    with pytest.raises(EditError, match="would begin a turn"):
        apply_turns(draft, with_paragraph(turns, 3, "We soldered.", "**Eve**: and I."), wrap=70)


def test_flowed_joins_lines_except_where_lines_matter() -> None:
    assert flowed("a\r\nb") == "a b"
    assert flowed("a\u00a0\nb") == "a\u00a0 b"
    for text in ("- a\n- b", "1. a\n2. b", "> a\n> b", "a  \nb", "a\\\nb", "| a |\n|---|", "```\nx = 1\n```"):
        assert flowed(text) == text


WORDS = st.lists(st.sampled_from("rain the machine, 2015. - #x made it longer a".split()), max_size=30)
TURNS = st.lists(st.tuples(st.sampled_from(["Ada", "Bob", "Kim Lee"]), WORDS), min_size=1, max_size=6)


def unescaped(text: str) -> str:
    return re.sub(r"\\([-.#])", r"\1", text)


@given(TURNS, st.sampled_from([0, 30, 70]))
def test_the_draft_has_the_turns_of_the_page(turns: list[tuple[str, list[str]]], wrap: int) -> None:
    wanted = [PageTurn(speaker, (" ".join(["Well,", *words]),)) for speaker, words in turns]
    edited = apply_turns(draft_of(), wrap=wrap, turns=wanted)
    assert [replace(turn, paragraphs=tuple(map(unescaped, turn.paragraphs))) for turn in page_turns(edited)] == wanted


# ── Merging ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conflicting_turns_are_reported_and_mine_stays() -> None:
    base = [PageTurn("Ada", ("one",)), PageTurn("Bob", ("two", "three"))]
    mine = [PageTurn("Ada", ("one",)), PageTurn("Bob", ("two mine", "three"))]
    theirs = [PageTurn("Kim", ("one",)), PageTurn("Bob", ("two theirs", "three"))]
    turns, conflicts = merge_turns(base, mine, theirs)
    assert turns == (PageTurn("Kim", ("one",)), PageTurn("Bob", ("two mine", "three")))
    assert conflicts == ((1, 0, "two theirs"),)


def test_an_edit_that_deletes_everything_conflicts_with_another() -> None:
    theirs = [PageTurn("Ada", ("two",))]
    turns, conflicts = merge_turns([PageTurn("Ada", ("one",))], [], theirs)
    assert list(turns) == theirs
    assert conflicts
