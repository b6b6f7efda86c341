"""Which of several deleted turns the turns written in their place stand for."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transcripts import turn
from transcribe.alignment.realign import realign
from transcribe.alignment.turn_pairing import UNKNOWN, Passage, Voices, pair

OLD = ("it was raining again", "what did you do then", "we took the long way home", "and the next day it snowed")
SPEAKERS = ("S1", "S2", "S1", "S2")
WORDS_OF = [turn(who, text, start=10.0 * i).words for i, (who, text) in enumerate(zip(SPEAKERS, OLD, strict=True))]


@pytest.mark.parametrize(("speaker", "replaced"), [("S2", 1), ("S1", 2)])
def test_a_turn_written_for_two_takes_the_time_of_its_speakers(speaker: str, replaced: int) -> None:
    texts = [OLD[0], "nobody knows anything", OLD[3]]
    result = realign(texts, WORDS_OF, voices=Voices(["S1", speaker, "S2"], SPEAKERS)).turns[1]
    was = WORDS_OF[replaced]
    assert (result.words[0].start, result.words[-1].end) == (was[0].start, was[-1].end)


@pytest.mark.parametrize(
    ("speaker", "text"), [("S3", "nobody knows"), (UNKNOWN, "nobody knows"), ("S1", "x" * len(OLD[1] + OLD[2]))]
)
def test_a_turn_of_nobody_known_or_as_long_as_both_takes_the_time_of_both(speaker: str, text: str) -> None:
    texts = [OLD[0], text, OLD[3]]
    result = realign(texts, WORDS_OF, voices=Voices(["S1", speaker, "S2"], SPEAKERS)).turns[1]
    assert (result.words[0].start, result.words[-1].end) == (WORDS_OF[1][0].start, WORDS_OF[2][-1].end)


def test_of_more_turns_than_were_deleted_each_takes_the_time_of_its_speakers() -> None:
    texts = [OLD[0], "bah", "bad luck", "such terrible luck", OLD[3]]
    _, first, second, third, _ = realign(texts, WORDS_OF, voices=Voices(["S1", "S2", "S1", "S1", "S2"], SPEAKERS)).turns
    assert (first.words[0].start, first.words[-1].end) == (WORDS_OF[1][0].start, WORDS_OF[1][-1].end)
    assert second.words[0].start == WORDS_OF[2][0].start
    assert third.words[-1].end == WORDS_OF[2][-1].end


PASSAGES = st.lists(st.builds(Passage, st.sampled_from(["S1", "S2", "S3", UNKNOWN]), st.integers(1, 30)), min_size=1)


@given(PASSAGES, PASSAGES)
def test_every_new_turn_stands_once_for_old_ones_in_order(new: list[Passage], old: list[Passage]) -> None:
    pairs = pair(new, old)
    assert [i for written, _ in pairs for i in written] == list(range(len(new)))
    replaced = [i for _, replaced in pairs for i in replaced]
    assert replaced == sorted(set(replaced))
    assert all(replaced for _, replaced in pairs)
    assert len(pairs) == min(len(new), len(old))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_of_all_ways_to_pair_turns_the_lengths_differ_least(new: list[int], old: list[int]) -> None:
    """By trying every way; without speakers."""
    few, many = sorted((new, old), key=len)

    def difference(cuts: tuple[int, ...]) -> int:
        edges = (0, *cuts, len(many))
        return sum(abs(one - sum(many[a:b])) for one, (a, b) in zip(few, pairwise(edges), strict=True))

    least = min(difference(cuts) for cuts in combinations(range(1, len(many)), len(few) - 1))
    pairs = pair([Passage(UNKNOWN, length) for length in new], [Passage(UNKNOWN, length) for length in old])
    assert sum(abs(sum(new[i] for i in a) - sum(old[i] for i in b)) for a, b in pairs) == least


@given(st.lists(st.sampled_from(["S1", "S2"]), min_size=2, max_size=6), st.sampled_from(["S1", "S2"]))
def test_a_short_turn_never_takes_the_time_of_another_speaker_where_its_own_was_deleted(
    deleted: list[str], speaker: str
) -> None:
    """Whatever was deleted between two turns that stay."""
    speakers = ["S3", *deleted, "S3"]
    texts = ["the first turn stays", *(f"o{i}a o{i}b o{i}c" for i in range(len(deleted))), "the last turn stays"]
    old = [turn(who, text, start=10.0 * i).words for i, (who, text) in enumerate(zip(speakers, texts, strict=True))]
    voices = Voices(["S3", speaker, "S3"], speakers)
    _, result, _ = realign([texts[0], "new", texts[-1]], old, voices=voices).turns
    whose = {speakers[int(word.start // 10)] for word in result.words}
    assert whose == ({speaker} if speaker in deleted else set(deleted[:1]))


@given(st.integers(500, 5000), st.integers(0, 499), st.integers(1, 2))
def test_a_turn_written_for_thousands_takes_the_time_of_its_speaker_alone(count: int, place: int, n_new: int) -> None:
    """Of one turn or two the ways are few, however many were deleted."""
    old = [Passage("S1", 5)] * place + [Passage("S2", 5)] + [Passage("S1", 5)] * (count - place)
    if n_new == 1:
        assert pair([Passage("S2", 4)], old) == [([0], [place])]
    else:
        assert pair([Passage("S2", 4), Passage("S3", 5 * (count - place))], old)[0] == ([0], [place])
    assert pair(old, [Passage("S2", 4)]) == [(list(range(count + 1)), [0])]


@pytest.mark.parametrize("n_new", range(1, 8))
def test_of_more_turns_than_can_be_tried_all_stand_for_all(n_new: int) -> None:
    """The ways rise with the turns, so where they are too many once, they are for more turns, too."""
    is_each = [len(pair([Passage("S1", 5)] * n_new, [Passage("S1", 5)] * count)) for count in range(10, 2500, 830)]
    assert is_each == sorted(is_each, reverse=True)
    assert set(is_each) <= {1, n_new}
    assert is_each[0] == n_new


def test_very_many_turns_written_anew_are_paired_at_once() -> None:
    new, old = [Passage("S1", 5)] * 100, [Passage("S1", 5)] * 900
    assert pair(new, old) == [(list(range(100)), list(range(900)))]
