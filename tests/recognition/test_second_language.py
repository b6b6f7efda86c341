"""A second language: with a recogniser that hears a scripted language at every second, by property and by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.decoding.samples import Audio
from transcribe.recognition.engines.protocol import LanguageGuess, Reading
from transcribe.recognition.recognize import Recognition, fillers_removed, read_chunks
from transcribe.recognition.second_language import SHORTEST, course, cut_at_pauses, read_second_languages, suspected
from transcribe.recognition.spoken_language import LanguageStretch
from transcribe.recognition.vad import Chunk, Region
from transcribe.transcript import Word

if TYPE_CHECKING:
    from transcribe.recognition.engines.protocol import Samples

RATE = 16_000
CODES = "en", "nl", "fr"
SLOT = 8  # seconds in one language; a second of pause behind seven of speech
SLOTS_OF_CHUNK = 3


class Polyglot:
    """Each sample says of which slot it is, and in which language: it hears the share of each, and reads a word a
    second, with a greater probability in the language that is spoken."""

    languages = frozenset(CODES)

    def recognize(self, windows: Iterable[Samples], *, language: str, **_: object) -> Iterator[Reading]:
        for window in windows:
            heard = [round(1000 * value) for value in window[RATE // 2 :: RATE].tolist()]
            words = tuple(Word(f"{language}{value // 10}", at, at + 0.9) for at, value in enumerate(heard) if value)
            right = np.mean([CODES[value % 10] == language for value in heard if value] or [0.0])
            yield Reading(words, float(right) * 0.6 - 0.8, 0.0, spoken=self.detect_language(window))

    def detect_language(self, window: Samples) -> LanguageGuess:
        values = np.rint(1000 * window[window > 0][:: RATE // 2]).astype(int) % 10
        return LanguageGuess({code: float(np.mean(values == i)) for i, code in enumerate(CODES)})


def plan_of(spoken: Sequence[str]) -> tuple[Audio, tuple[Chunk, ...]]:
    """A recording of slots in these languages, and its chunks."""
    sounds = [(10 * (i + 1) + CODES.index(code)) / 1000 for i, code in enumerate(spoken)]
    samples = np.concatenate([np.repeat(np.float32([sound, 0.0]), [(SLOT - 1) * RATE, RATE]) for sound in sounds])
    starts = [float(SLOT * i) for i in range(len(spoken))]
    groups = [starts[i : i + SLOTS_OF_CHUNK] for i in range(0, len(starts), SLOTS_OF_CHUNK)]
    return Audio.from_samples(samples), tuple(
        Chunk(group[0], group[-1] + SLOT, tuple(Region(start, start + SLOT - 1) for start in group)) for group in groups
    )


def read(spoken: Sequence[str]) -> Recognition:
    audio, chunks = plan_of(spoken)
    with audio:
        first = read_chunks(audio, Polyglot(), chunks, language="en", beam_size=1)
        return read_second_languages(audio, Polyglot(), chunks, first, beam_size=1)


def said_in(words: Sequence[Word]) -> list[str]:
    """The language that each slot's words were read in."""
    return [code for _, code in sorted({(int(word.text[2:]), word.text[:2]) for word in words})]


runs = st.lists(st.tuples(st.sampled_from(CODES), st.integers(1, 5)), min_size=1, max_size=4)
few = settings(max_examples=10, deadline=None)


@few
@given(runs)
def test_every_slot_is_read_once_and_in_order(spoken: list[tuple[str, int]]) -> None:
    slots = [code for code, count in spoken for _ in range(count)]
    found = read(slots)
    assert sorted({int(word.text[2:]) for word in found.words}) == list(range(1, len(slots) + 1))
    assert [word.start for word in found.words] == sorted(word.start for word in found.words)


@few
@given(runs)
def test_stretches_and_the_rest_share_the_recording(spoken: list[tuple[str, int]]) -> None:
    found = read([code for code, count in spoken for _ in range(count)])
    assert all(before.end <= after.start for before, after in pairwise(sorted(found.stretches, key=lambda s: s.start)))
    assert all(a.end <= b.start for a, b in pairwise(found.evidence))
    assert all(word.text[:2] == found.language_at(word.start) for word in found.words)
    voiced = sum(chunk.voiced for chunk in found.evidence)
    assert voiced == pytest.approx((SLOT - 1) * sum(count for _, count in spoken))


@few
@given(st.integers(0, 5), st.integers(1, 2), st.integers(0, 5), st.sampled_from(CODES[1:]))
def test_less_than_twenty_seconds_never_switch(before: int, count: int, after: int, code: str) -> None:
    assert count * SLOT < SHORTEST
    slots = ["en"] * before + [code] * count + ["en"] * after
    found = read(slots)
    assert found.stretches == ()
    assert set(said_in(found.words)) == {"en"}


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("count", [3, 4, 8])
def test_more_are_read_in_their_language_wherever_chunks_end(before: int, count: int) -> None:
    found = read(["en"] * before + ["nl"] * count + ["en"] * 5)
    assert said_in(found.words) == ["en"] * before + ["nl"] * count + ["en"] * 5
    (stretch,) = found.stretches
    assert stretch.language == "nl"
    assert stretch.start == pytest.approx(SLOT * before, abs=1.0)
    assert stretch.end == pytest.approx(SLOT * (before + count), abs=1.0)


def test_two_other_languages_one_after_the_other() -> None:
    slots = ["en"] * 4 + ["nl"] * 5 + ["fr"] * 4 + ["en"] * 3
    assert said_in(read(slots).words) == slots


def test_nothing_is_asked_where_all_sounds_like_the_recording() -> None:
    audio, chunks = plan_of(["en"] * 9)
    with audio:
        first = read_chunks(audio, Polyglot(), chunks, language="en", beam_size=1)
    assert suspected(first.evidence, "en") == ()
    assert suspected(Recognition((), "en", (), ()).evidence, "en") == ()
    *sure, last = first.evidence
    assert suspected((*sure, replace(last, voiced=4.0, language="nl")), "en") == ()  # a short one is often taken wrong
    assert suspected((*sure, replace(last, voiced=12.0, language="nl")), "en") == (range(1, 3),)


@given(st.lists(st.floats(0.05, 9.0), min_size=1, max_size=9))
def test_the_parts_of_a_chunk_have_all_its_speech_and_all_its_time(lengths: list[float]) -> None:
    regions, at = [], 3.0
    for length in lengths:
        regions.append(Region(round(at, 3), round(at + length, 3)))
        at += length + 0.3
    chunk = Chunk(2.8, round(at, 3), tuple(regions))
    parts = cut_at_pauses(chunk)
    assert tuple(region for part in parts for region in part.regions) == chunk.regions
    assert (parts[0].start, parts[-1].end) == (chunk.start, chunk.end)
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert len(parts) == 1 or all(part.voiced >= 5.9 for part in parts)


def test_a_language_changes_for_evidence_that_lasts() -> None:
    dutch, english, neither = {"nl": 0.9, "en": 0.1}, {"en": 0.9, "nl": 0.1}, {"de": 1.0}
    assert course([english, dutch, english], ["en", "nl"]) == ("en", "en", "en")
    assert course([english, dutch, neither, dutch, english], ["en", "nl"]) == ("en", "nl", "nl", "nl", "en")
    assert course([], ["en"]) == ()


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(CODES, st.floats(0.02, 1.0))), min_size=1, max_size=6))
def test_no_other_course_of_languages_is_likelier(guesses: list[dict[str, float]]) -> None:
    def likelihood(path: Sequence[str]) -> float:
        said = sum(math.log(guess[code] / sum(guess.values())) for guess, code in zip(guesses, path, strict=True))
        return said - 2.0 * sum(before != after for before, after in pairwise(path))

    best = max(likelihood(path) for path in product(CODES, repeat=len(guesses)))
    assert likelihood(course(guesses, CODES)) == pytest.approx(best)


def test_fillers_are_those_of_the_language_of_the_passage() -> None:
    words = tuple(Word(text, i, i + 0.5) for i, text in enumerate("So, um, er is um, er was".split()))
    found = Recognition(words, "en", (), (), stretches=(LanguageStretch(1.8, 9.0, "nl"),))
    assert [word.text for word in fillers_removed(found).words] == "So er is um, er was".split()
