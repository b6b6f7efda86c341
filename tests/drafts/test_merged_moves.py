"""Words that a new recognition moves, as to the turn of another speaker: no edit leaves them twice in a draft, or loses
them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import counting
from transcribe.drafts.merge_words import merge_words
from transcribe.drafts.turn_edits import PageTurn

WORDS = [f"w{number}" for number in range(24)]


def turns(*texts: str) -> list[PageTurn]:
    """Turns of A and B by turns."""
    return [PageTurn("AB"[number % 2], (text,)) for number, text in enumerate(texts)]


def words_of(text: list[PageTurn] | tuple[PageTurn, ...]) -> list[str]:
    return [word for turn in text for paragraph in turn.paragraphs for word in paragraph.split()]


def test_a_move_from_or_into_an_edited_place_is_not_made_and_is_named() -> None:
    """Else the words would be in both turns, or in none."""
    base = turns("so we left early and then", "we came home late at night")
    new = turns("so we left", "we came home late at night early and then")
    for mine in (
        turns("so we left early and so", "we came home late at night"),
        turns("so we left early and then", "we came home late at noon"),
    ):
        merged = merge_words(base, mine, new)
        assert merged.turns == tuple(mine)
        assert len(merged.differences) == 2
    assert merge_words(base, base, new).turns == tuple(new)
    elsewhere = turns("and we left early and then", "we came home late at night")
    assert words_of(merge_words(base, elsewhere, new).turns) == ["and", *words_of(new)[1:]]


def test_so_is_one_that_is_far() -> None:
    """A single word, too, if there is no other one like it."""
    between = " ".join(f"word{number}" for number in range(60))
    base = turns("so we left early", between, "we came home")
    new = turns("so we left", between, "we came home early")
    for mine in (turns("so we left earlier", between, "we came home"), turns("so we left early", between, "we came")):
        merged = merge_words(base, mine, new)
        assert merged.turns == tuple(mine)
        assert len(merged.differences) == 2


def test_words_that_both_add_stand_once() -> None:
    """The editor and the new recognition both found what was missing, at the end of one turn and at the next one's
    beginning."""
    base = turns("so we left", "we came home late at night")
    mine = turns("so we left early and then", "we came home late at night")
    new = turns("so we left", "early and then we came home late at night")
    assert merge_words(base, mine, new).turns == tuple(mine)


@st.composite
def cut(draw: st.DrawFn, words: list[str]) -> list[PageTurn]:
    """The words in turns that begin anywhere."""
    places = draw(st.lists(st.integers(1, len(words) - 1), max_size=5, unique=True)) if len(words) > 1 else []
    edges = [0, *sorted(places), len(words)]
    return turns(*(" ".join(words[a:b]) for a, b in pairwise(edges)))


@st.composite
def changed(draw: st.DrawFn, words: list[str], *, new: list[str]) -> list[str]:
    """The words with passages moved, and some replaced by, deleted or followed by new ones."""
    words = list(words)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(words) - 1))
        passage = words[start : start + draw(st.integers(1, 6))]
        del words[start : start + len(passage)]
        at = draw(st.integers(0, len(words)))
        words[at:at] = passage
    fresh = iter(new)
    result = []
    for word in words:
        edit = draw(st.sampled_from(["", "", "", "", "replace", "delete", "insert"]))
        result += [] if edit in ("replace", "delete") else [word]
        result += [next(fresh)] if edit in ("replace", "insert") else []
    return result or words[:1]


@given(st.data())
def test_no_word_stands_twice_and_none_that_both_have_is_lost(data: st.DataObject) -> None:
    """Whatever either changed, moved and added, some of it the same."""
    added = [f"n{number}" for number in range(len(WORDS))]
    base = data.draw(cut(WORDS))
    mine = data.draw(cut(data.draw(changed(WORDS, new=[*added[:4], *(f"e{n}" for n in range(20))]))))
    new = data.draw(cut(data.draw(changed(WORDS, new=added))))
    merged = Counter(words_of(merge_words(base, mine, new).turns))
    assert [word for word, count in merged.items() if count > 1] == []
    assert {*words_of(mine)} & {*words_of(new)} <= merged.keys()


def owners_of(text: list[PageTurn] | tuple[PageTurn, ...]) -> dict[str, str]:
    return {word: turn.speaker for turn in text for paragraph in turn.paragraphs for word in paragraph.split()}


@st.composite
def spoken(draw: st.DrawFn, edits: str = "same") -> list[PageTurn]:
    """The words in turns of three people that begin anywhere; some words changed as `edits` says."""
    words = [draw(st.sampled_from([word] * 5 + [f"{word}{edits}"])) if edits != "same" else word for word in WORDS]
    edges = [0, *sorted(draw(st.sets(st.integers(1, len(words) - 1), max_size=6))), len(words)]
    people = draw(st.lists(st.sampled_from("ABC"), min_size=len(edges), max_size=len(edges)))
    return [PageTurn(person, (" ".join(words[a:b]),)) for person, (a, b) in zip(people, pairwise(edges), strict=False)]


@given(spoken(), spoken("e"), spoken("n"))
def test_words_that_the_editor_gave_to_somebody_stay_theirs(
    base: list[PageTurn], mine: list[PageTurn], new: list[PageTurn]
) -> None:
    """And no word is anybody's who has it neither in the draft nor in the new recognition."""
    merged = merge_words(base, mine, new)
    (old, own, other, result) = (owners_of(text) for text in (base, mine, new, merged.turns))
    for word in old.keys() & own.keys() & result.keys():
        named = merged.new_names.get(own[word], own[word]), merged.new_names.get(old[word], old[word])
        assert result[word] in ({named[0]} if named[0] != named[1] else {named[0], other.get(word, named[0])})


def test_a_deleted_label_stays_deleted_where_the_turn_begins_elsewhere_in_the_new_recognition() -> None:
    base = turns("so we left early and then", "we came home late at night")
    mine = turns("so we left early and then we came home late at night")
    for at in (4, 6, 8):
        words = words_of(base)
        merged = merge_words(base, mine, turns(" ".join(words[:at]), " ".join(words[at:])))
        assert merged.turns == tuple(mine)
        assert len(merged.differences) == (at != 6)


def test_the_work_grows_with_the_length_where_each_turn_begins_elsewhere() -> None:
    """Every label was changed by the editor, and every turn begins a word later in the new recognition."""
    work = []
    for count in (100, 800):
        words = [f"w{number}" for number in range(4 * count)]
        base = turns(*(" ".join(words[at : at + 4]) for at in range(0, 4 * count, 4)))
        mine = [PageTurn("C", turn.paragraphs) if n % 3 else turn for n, turn in enumerate(base)]
        new = turns(words[0], *(" ".join(words[at : at + 4]) for at in range(1, 4 * count, 4)))
        with counting() as calls:
            merge_words(base, mine, new)
        work.append(calls["python"] + calls["c"])
    assert work[1] <= 10 * work[0]
