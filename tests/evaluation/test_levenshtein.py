"""Distances and alignments compared with kaldialign's and meeteval's, and how their memory grows."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.evaluation.levenshtein import align, edit_distance
from transcribe.evaluation.metrics import WordErrors
from transcribe.evaluation.score import score
from transcribe.evaluation.scoring import Scoring
from transcribe.evaluation.speaker_pairing import tcp_errors
from transcribe.evaluation.timed_levenshtein import TimedWords, paired_words
from transcribe.readers.values import SpeakerTranscript, Utterance

TEXTS = st.lists(st.integers(0, 4), max_size=60)
TIMES = st.tuples(st.integers(0, 3), st.floats(0, 30), st.floats(0.01, 4))


def pairs_of(reference: list[int], hypothesis: list[int]) -> list[tuple[int, int]]:
    left, right = iter(reference), iter(hypothesis)
    return [(next(left) if one else -1, next(right) if other else -1) for one, other in align(reference, hypothesis)]


@given(TEXTS, TEXTS)
def test_the_alignment_is_kaldialigns(reference: list[int], hypothesis: list[int]) -> None:
    """Position by position, so that segments and differences of older baselines are the same."""
    import kaldialign

    assert pairs_of(reference, hypothesis) == [tuple(pair) for pair in kaldialign.align(reference, hypothesis, -1)]
    assert edit_distance(reference, hypothesis) == kaldialign.edit_distance(reference, hypothesis)["total"]


def test_the_alignment_of_long_texts_is_kaldialigns() -> None:
    import kaldialign

    reference, hypothesis = talk(3000)
    assert pairs_of(reference, hypothesis) == [tuple(pair) for pair in kaldialign.align(reference, hypothesis, -1)]


@given(st.lists(TIMES, min_size=1, max_size=25), st.lists(TIMES, min_size=1, max_size=25), st.booleans())
def test_pairs_within_their_times_are_meetevals(
    reference: list[tuple[int, float, float]], hypothesis: list[tuple[int, float, float]], in_order: bool
) -> None:
    from meeteval.wer.matching.cy_levenshtein import time_constrained_levenshtein_distance_with_alignment

    if in_order:
        reference, hypothesis = (sorted(side, key=lambda row: row[1]) for side in (reference, hypothesis))
    sides = [[(word, start, start + length) for word, start, length in side] for side in (reference, hypothesis)]
    theirs = time_constrained_levenshtein_distance_with_alignment(
        *([row[0] for row in side] for side in sides), *([row[1:] for row in side] for side in sides), prune=False
    )
    ours = paired_words(*(TimedWords(*zip(*side, strict=True)) for side in sides))
    assert (ours.matches, ours.substitutions) == (theirs["correct"], theirs["substitutions"])


TALKS = st.lists(
    st.tuples(
        st.sampled_from("ABCDEFG"),
        st.lists(st.sampled_from(["a", "bb", "ccc", "dd"]), min_size=1, max_size=6),
        st.floats(0.1, 3),
        st.floats(0, 2),
    ),
    min_size=1,
    max_size=12,
)


@given(TALKS, TALKS)
def test_errors_by_speaker_are_meetevals(
    one: list[tuple[str, list[str], float, float]], other: list[tuple[str, list[str], float, float]]
) -> None:
    """By type for the pairing that it takes; where several are equally good, all have the same total."""
    from meeteval.io import SegLST
    from meeteval.wer import cpwer, tcpwer

    def transcript(rows: list[tuple[str, list[str], float, float]]) -> SpeakerTranscript:
        start, utterances = 0.0, []
        for speaker, words, length, pause in rows:
            utterances.append(Utterance(speaker, " ".join(words), start, start + length))
            start += length + pause
        return SpeakerTranscript(tuple(utterances))

    sides = transcript(one), transcript(other)
    theirs = [
        SegLST(
            [
                {"session_id": "x", "speaker": u.speaker, "words": u.text, "start_time": u.start, "end_time": u.end}
                for u in side.utterances or ()
            ]
        )
        for side in sides
    ]
    result = score(*sides, Scoring("none", tcp_collar=1.0))
    for ours, rate in ((result.cp, cpwer(*theirs)["x"]), (result.tcp, tcpwer(*theirs, collar=1.0)["x"])):
        assert ours is not None
        assert (ours.errors, ours.length) == (rate.errors, rate.length)
        if len({row[0] for row in one}) == len({row[0] for row in other}) == 1:
            assert ours == WordErrors(rate.substitutions, rate.deletions, rate.insertions, rate.length)


def talk(words: int) -> tuple[list[int], list[int]]:
    """A text of so many words, and one with a tenth of them wrong."""
    dice = random.Random(words)
    reference = [int(dice.paretovariate(0.7)) % 5000 for _ in range(words)]
    hypothesis = [dice.randrange(5000) if dice.random() < 0.06 else word for word in reference if dice.random() > 0.04]
    return reference, hypothesis


def peak(words: int, *, timed: bool) -> int:
    reference, hypothesis = talk(words)
    tracemalloc.start()
    try:
        if timed:
            rows = [
                [("A", str(word), at / 3, at / 3 + 0.3) for at, word in enumerate(side)]
                for side in (reference, hypothesis)
            ]
            tcp_errors(*rows, collar=5)
        else:
            align(reference, hypothesis)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("timed", [False, True])
def test_memory_grows_with_the_length_not_with_its_square(timed: bool) -> None:
    """Four times the words: 4 times the memory is linear, 8 is n^1.5, as rows are kept, 16 would be the square."""
    assert peak(8000, timed=timed) < 10 * peak(2000, timed=timed)


def test_more_speakers_than_can_be_people_cost_only_their_own_rates() -> None:
    many = SpeakerTranscript(tuple(Utterance(f"S{at}", f"word{at}") for at in range(300)))
    result = score(many, many, Scoring("none"))
    assert (result.words and result.words.rate, result.cp) == (0, None)
