"""Repaired word times: by hand and by property."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
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
    assert all(new.end <= old.end and new.start <= old.end for new, old in zip(found, words, strict=True))


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
