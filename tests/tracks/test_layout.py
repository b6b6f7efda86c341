"""The joined speech of an episode's tracks: every moment of it is one of its owner's, and the other way round."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.tracks.layout import LONGEST_PAUSE, Clock, Layout, OwnSpeech


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Stretches of up to four people, who may talk at the same time."""
    stretches = []
    for track in range(draw(st.integers(1, 4))):
        time = 0.0
        for gap, length in draw(st.lists(st.tuples(st.floats(0.01, 40), st.floats(0.2, 30)), max_size=6)):
            start, end = round(time + gap, 3), round(time + gap + length, 3)
            stretches.append(OwnSpeech(track, start, end, round(start + 0.05, 3), round(end - 0.05, 3)))
            time = end
    stretches.sort(key=lambda each: (each.track, each.start))
    return Layout(max((each.end for each in stretches), default=1.0), (Clock(),) * 4, tuple(stretches))


@given(layouts(), st.floats(0, 1), st.floats(0, 1))
def test_a_moment_on_the_tape_is_the_moment_of_its_owner(layout: Layout, part: float, other: float) -> None:
    for stretch, place in zip(layout.stretches, layout.places, strict=True):
        length = stretch.end - stretch.start
        first, last = sorted((part * length, other * length))
        found = layout.at(place + first, place + last)
        assert found is not None
        assert found[0] == stretch
        assert found[1:] == pytest.approx((stretch.start + first, stretch.start + last), abs=2e-3)
        assert layout.spans_on_timeline(place, place + length)[0] == pytest.approx(
            (stretch.track, stretch.start, stretch.end), abs=2e-3
        )


@given(layouts(), st.floats(0, 300), st.floats(0, 10))
def test_any_span_of_the_tape_is_inside_one_stretch(layout: Layout, start: float, length: float) -> None:
    found = layout.at(start, start + length)
    assert (found is None) == (not layout.stretches)
    if found is not None:
        stretch, first, last = found
        assert stretch.start <= first <= last <= stretch.end


@given(layouts())
def test_the_tape_is_the_speech_and_short_pauses(layout: Layout) -> None:
    assert list(layout.places) == sorted(layout.places)
    for (before, place), (after, next_place) in pairwise(zip(layout.stretches, layout.places, strict=True)):
        pause = next_place - place - (before.end - before.start)
        assert -2e-3 <= pause <= LONGEST_PAUSE + 2e-3
        assert before.track == after.track or pause == pytest.approx(LONGEST_PAUSE, abs=2e-3)
    speech = sum(each.end - each.start for each in layout.stretches)
    assert layout.joined_length <= speech + (len(layout.stretches) + 1) * LONGEST_PAUSE


@given(st.floats(-30, 30), st.floats(-100, 100), st.floats(0, 36_000))
def test_a_clock_reads_both_ways(offset: float, drift: float, seconds: float) -> None:
    clock = Clock(offset, drift)
    assert clock.in_track(clock.on_timeline(seconds)) == pytest.approx(seconds, abs=1e-6)


def test_a_word_in_a_pause_is_the_nearer_persons() -> None:
    layout = Layout(20.0, (Clock(), Clock()), (OwnSpeech(0, 1.0, 3.0, 1.2, 2.8), OwnSpeech(1, 10.0, 12.0, 10.2, 11.8)))
    end, start = layout.places[0] + 2.0, layout.places[1]
    assert layout.at(end + 0.1, end + 0.2) == (layout.stretches[0], 3.0, 3.0)
    assert layout.at(start - 0.2, start - 0.1) == (layout.stretches[1], 10.0, 10.0)
