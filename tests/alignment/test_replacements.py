"""What an editor's new words replace where turns were deleted, merged or split beside them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transcripts import turn
from transcribe.alignment.realign import RealignedTurn, realign
from transcribe.transcript import Word

QUESTION = ("We wrote a library in Python", "What does your library do?", "It reads the tags of files")
PAUSE = 3.0  # seconds between turns


def said(*texts: str, pause: float = PAUSE) -> list[tuple[Word, ...]]:
    """Turns of these texts, with a pause before each."""
    turns: list[tuple[Word, ...]] = []
    for text in texts:
        turns.append(turn("S1", text, start=(turns[-1][-1].end if turns else 0.0) + pause).words)
    return turns


def starts(result: RealignedTurn) -> list[float]:
    return [word.start for word in result.words]


def test_a_word_changed_after_a_deleted_turn_takes_its_own_time() -> None:
    """The first words of the recording EnglishPod 276."""
    first = Word("EnglishPod.com.", 1.134, 2.1)
    second = (Word("Telecom", 6.734, 7.1), Word("mobile", 7.1, 7.5), Word("how", 7.6, 7.7), Word("are", 7.7, 7.9))
    (result,) = realign(["Telco Mobile how are"], [[first], second]).turns
    assert result.words == (Word("Telco", 6.734, 7.1), Word("Mobile", 7.1, 7.5), *second[2:])
    assert result.origins == (1, 2, 3, 4)


@pytest.mark.parametrize("edited", ["Our library reads", "Our code reads", "So then our own library reads"])
def test_new_words_do_not_take_the_time_of_a_deleted_question(edited: str) -> None:
    """Also one that the question has by chance."""
    answer = said(*QUESTION)[2]
    _, result = realign([QUESTION[0], f"{edited} the tags of files"], said(*QUESTION)).turns
    new = result.words[: -len(answer) + 1]
    assert new[0].start == answer[0].start
    assert new[-1].end <= answer[0].end
    assert result.words[-5:] == answer[1:]


def test_the_last_words_before_a_deleted_turn_take_their_own_times() -> None:
    first = said(*QUESTION)[0]
    result, _ = realign(["We wrote a library in C", QUESTION[2]], said(*QUESTION)).turns
    assert (result.words[-1].start, result.words[-1].end) == (first[-1].start, first[-1].end)


def test_words_put_beside_a_deleted_turn_stand_in_the_pauses() -> None:
    one, question, answer = said(*QUESTION)
    before, after = realign([f"{QUESTION[0]} indeed", f"Well {QUESTION[2]}"], said(*QUESTION)).turns
    assert one[-1].end <= before.words[-1].start < before.words[-1].end <= question[0].start
    assert question[-1].end <= after.words[0].start < after.words[0].end <= answer[0].start


def test_two_answers_merged_over_a_deleted_question() -> None:
    answer = said(*QUESTION)[2]
    (result,) = realign([f"{QUESTION[0]} Our code reads the tags of files"], said(*QUESTION)).turns
    assert starts(result)[6] == answer[0].start
    assert result.words[7].end <= answer[0].end


def test_a_word_that_was_heard_as_two_people_is_one() -> None:
    old = said("so we used open", "stack", "for the cloud", pause=0.1)
    (result,) = realign(["so we used OpenStack for the cloud"], old).turns
    assert (result.words[3].start, result.words[3].end) == (old[0][-1].start, old[1][0].end)


def test_a_misheard_word_moved_to_the_turn_before_keeps_its_time() -> None:
    old = said("it was raining", "weeks so we soldered")
    before, _ = realign(["it was raining meekly", "so we soldered"], old).turns
    assert starts(before)[-1] == old[1][0].start


def test_a_turn_rewritten_between_two_others_keeps_its_time() -> None:
    """Also if the words beside it were deleted, and if only half of it became a turn."""
    old = said("it was raining again", "what a pity", "so we soldered and soldered")
    _, result, _ = realign(["it was raining", "such bad luck", "we soldered and soldered"], old).turns
    assert starts(result) == [word.start for word in old[1]]
    _, half, _ = realign(["it was", "pouring down", "so we soldered and soldered"], [old[0], old[2]]).turns
    assert starts(half) == [word.start for word in old[0][2:]]


def test_turns_rewritten_side_by_side_take_their_own_times() -> None:
    old = said("it was raining again", "what a pity", "yes of course it is", "so we soldered and soldered")
    new = ["it was raining again", "bad", "without any doubt at all I think", "so we soldered and soldered"]
    _, second, third, _ = realign(new, old).turns
    assert (second.words[0].start, second.words[-1].end) == (old[1][0].start, old[1][-1].end)
    assert (third.words[0].start, third.words[-1].end) == (old[2][0].start, old[2][-1].end)


@dataclass(frozen=True)
class Edit:
    """What happens to a turn of `size` words: deleted, or so many words at its edges replaced by so many others."""

    size: int
    pause: float
    deleted: bool
    head: tuple[int, int]
    tail: tuple[int, int]
    borrows: bool  # the first of several new words is one of the turn deleted before


EDGE = st.tuples(st.integers(0, 2), st.integers(0, 3))
EDITS = st.builds(
    Edit, st.integers(6, 9), st.floats(0.0, 8.0, allow_nan=False), st.booleans(), EDGE, EDGE, st.booleans()
)


@given(st.lists(EDITS, min_size=2, max_size=7).filter(lambda edits: not all(one.deleted for one in edits)))
def test_new_words_stay_in_the_time_of_their_turn_whatever_is_deleted_beside_it(edits: list[Edit]) -> None:
    """The law: unedited words keep their times, new ones lie in their old turn, inserted ones beside it.

    These lie in the pause, or where the turn beside them gave up words for none.
    """
    old: list[tuple[Word, ...]] = []
    for number, one in enumerate(edits):
        start = (old[-1][-1].end if old else 0.0) + one.pause
        old.append(turn("S1", " ".join(f"w{number}x{i}" for i in range(one.size)), start=start).words)
    kept = [number for number, one in enumerate(edits) if not one.deleted]
    texts = [edited(number, edits) for number in kept]
    results = realign([" ".join(row) for row in texts], old).turns
    for number, row, result in zip(kept, texts, results, strict=True):
        (gone, new), (last_gone, last_new) = edits[number].head, edits[number].tail
        words, was = result.words, old[number]
        assert [word.text for word in words] == row
        assert words[new : len(words) - last_new] == was[gone : len(was) - last_gone]
        for word in words[:new]:
            low = was[0].start if gone else end_before(number, edits, old)
            assert low - 1e-6 <= word.start <= word.end <= was[gone].start + 1e-6
        for word in words[len(words) - last_new :]:
            high = was[-1].end if last_gone else start_after(number, edits, old)
            assert was[len(was) - last_gone - 1].end - 1e-6 <= word.start <= word.end <= high + 1e-6
    everything = [word for result in results for word in result.words]
    assert all(a.start <= b.start for a, b in pairwise(everything))


def end_before(number: int, edits: list[Edit], old: list[tuple[Word, ...]]) -> float:
    """Where the turn before ends, without words that it gave up for none."""
    if not number:
        return 0.0
    gone, new = (0, 0) if edits[number - 1].deleted else edits[number - 1].tail
    return old[number - 1][-1 if new else -1 - gone].end


def start_after(number: int, edits: list[Edit], old: list[tuple[Word, ...]]) -> float:
    """Where the next turn begins, without words that it gave up for none."""
    if number + 1 == len(old):
        return float("inf")
    gone, new = (0, 0) if edits[number + 1].deleted else edits[number + 1].head
    return old[number + 1][0 if new else gone].start


def edited(number: int, edits: list[Edit]) -> list[str]:
    """The words of a turn after its edit."""
    one = edits[number]
    (gone, new), (last_gone, last_new) = one.head, one.tail
    head = [f"head{number}x{i}" for i in range(new)]
    if one.borrows and gone and new and number and edits[number - 1].deleted:
        head[-1] = f"w{number - 1}x3"
    middle = [f"w{number}x{i}" for i in range(gone, one.size - last_gone)]
    return [*head, *middle, *(f"tail{number}x{i}" for i in range(last_new))]


LETTERS = st.sampled_from([*"abcdefghijkl", "new", "[note]", "-"])


@given(
    st.lists(st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=5), min_size=1, max_size=6),
    st.lists(st.lists(LETTERS, max_size=6), min_size=1, max_size=6),
)
def test_every_word_is_timed_once_whatever_was_edited(old: list[list[str]], new: list[list[str]]) -> None:
    """Turns in any order, in pieces or as others: no word is lost, and times rise but at moves."""
    timed = said(*(" ".join(row) for row in old))
    results = realign([" ".join(row) for row in new], timed).turns
    for row, result in zip(new, results, strict=True):
        assert " ".join(word.text for word in result.words).split() == row
        for (a, before), (b, after) in pairwise(zip(result.words, result.origins, strict=True)):
            assert a.start <= b.start or before is None or (after is not None and after < before)
