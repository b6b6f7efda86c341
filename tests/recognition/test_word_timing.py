"""Repaired word times: by hand and by property."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transcribe.recognition.vad import Region
from transcribe.recognition.word_timing import extend_to_speech_end, snap_to_speech
from transcribe.transcript import Word


def test_a_stretched_word_is_moved_to_its_speech() -> None:
    regions = (Region(0.5, 1.0), Region(4.0, 6.0))
    first, last = snap_to_speech((Word("So", 0.5, 4.3), Word("there.", 4.3, 4.9)), regions)
    assert (first.start, first.end) == (3.95, 4.3)  # it starts the sentence: after the pause
    assert last == Word("there.", 4.3, 4.9)
    first, last = snap_to_speech((Word("over", 0.5, 0.7), Word("there.", 0.7, 4.9)), regions)
    assert (last.start, last.end) == (0.7, 1.05)  # it ends the sentence: before the pause


@pytest.mark.parametrize(
    ("read", "speech", "settled"),
    [
        # the jingle from .8 to 2.6 s is skipped; the phrase's own speech begins just after the word's end
        ("I'm .8 7.3 hungry. 7.3 7.9", "0.8 2.6 7.36 8", "7.1 7.3"),
        ("Jingle.com .8 2.6 Oh 2.6 3.7 dear, 3.7 7.3 I 7.6 7.7", "1.1 2.6 6.7 7.8", "1.05 6.45 6.65 7.6"),
        ("Are 3.4 10.7 you 10.7 14.3 fine? 14.3 14.6", "1.1 2.6 14.1 15.1", "13.85 14.05 14.3"),
        ("I .8 12.2 do 12.2 16.1 not. 16.1 16.4", "1.1 2.6 12.3 15.3 15.9 18", "15.65 15.85 16.1"),
        ("Now 3.1 5.9 then, 5.9 7.9 sit 8.3 8.6", "1.1 2.6 8 8.2 8.4 9.4", "7.75 7.95 8.3"),
        ("What .8 9.2 is 9.2 9.5 it? 9.5 18.4 I 18.8 19", "1.1 2.6 7 16.8 17.8 18.5 18.7 20", "17.35 17.55 17.75 18.8"),
        # its speech is where it ends
        ("Very 59.5 63.1 good. 63.1 63.9", "61.7 61.95 62.9 63.2 63.6 64", "62.85 63.55"),
        # said before the pause: there is its own speech, and none is left for it after the pause
        ("some 5 5.3 sauce, 5.3 9 and 9 9.2", "4 5.9 8.9 9.6", "5 5.3 9"),
        ("we. 4 4.4 you 6.8 9.2 It's 9.2 9.9", "4 4.6 6.3 7.1 9.2 10", "4 6.8 9.2"),
        ("We 5 5.3 slept. 5.3 9 And 9 9.2", "4 5.9 8.9 9.6", "5 5.3 9"),
    ],
)
def test_a_word_stays_with_its_phrase(read: str, speech: str, settled: str) -> None:
    rows = read.split()
    words = [Word(*row) for row in zip(rows[::3], map(float, rows[1::3]), map(float, rows[2::3]), strict=True)]
    edges = [float(edge) for edge in speech.split()]
    found = snap_to_speech(words, [Region(*region) for region in zip(edges[::2], edges[1::2], strict=True)])
    assert [word.start for word in found] == pytest.approx([float(start) for start in settled.split()], abs=0.01)


@example([(0.2, 3.8), (1.3, 8.0), (11.5, 0.4)], [2.7, 0.1, 3.0, 0.2, 0.1, 0.5, 3.0, 2.5])  # moved, then too long still
@given(
    st.lists(st.tuples(st.floats(0, 29), st.floats(0, 8)), max_size=12),
    st.lists(st.floats(0.1, 3), max_size=12),
)
def test_words_keep_their_order_and_do_not_overlap(raw: list[tuple[float, float]], lengths: list[float]) -> None:
    words = [Word("word", start, start + length) for start, length in sorted(raw)]
    edges = np.cumsum(lengths)
    regions = [Region(round(a, 3), round(b, 3)) for a, b in pairwise(edges)][::2]
    found = snap_to_speech(words, [region for region in regions if region.end > region.start])
    assert [word.text for word in found] == [word.text for word in words]
    assert all(0 <= word.start <= word.end for word in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    for i, (new, old) in enumerate(zip(found, words, strict=True)):
        moved_to_the_next = i + 1 < len(found) and new.end == found[i + 1].start
        assert new.end <= old.end or moved_to_the_next


def test_the_last_word_of_a_sentence_may_fill_a_later_region() -> None:
    regions = (Region(0.5, 1.0), Region(1.5, 2.0), Region(4.0, 6.0))
    _, word = snap_to_speech((Word("the", 0.5, 0.7), Word("link.", 0.7, 1.9)), regions)
    assert (word.start, word.end) == (1.45, 1.9)  # the region from 1.5 to 2.0 ends with it
    _, word = snap_to_speech((Word("the", 0.5, 0.7), Word("link.", 0.7, 4.3)), regions)
    assert (word.start, word.end) == (0.7, 1.05)  # the next region continues after 4.3


def test_a_word_before_a_pause_extends_to_the_end_of_its_speech() -> None:
    regions = (Region(0.5, 2.0), Region(3.0, 9.0))
    first, second, third, last = (Word("a", 0.5, 1.0), Word("b", 1.0, 1.6), Word("c", 3, 4), Word("d", 8, 8.4))
    found = extend_to_speech_end((first, second, third, last), regions)
    assert found == (first, replace(second, end=2.0), third, last)  # .4 s more; none inside a region; .6 s is too much
