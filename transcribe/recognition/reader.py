"""Reads chunks and other stretches of one recording with one recogniser; `ChunkResult` holds a chunk's words so far.

What this does not do: judge a reading, or decide what is read again.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audio.episode import Seconds
from transcribe.recognition.engines.protocol import Reading, Recognizer
from transcribe.recognition.reading_quality import untranscribed_speech
from transcribe.recognition.vad import Chunk, Region, voiced_between
from transcribe.recognition.word_timing import snap_to_speech
from transcribe.transcript import Doubt, Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from transcribe.recognition.engines.protocol import Samples


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """One chunk's words so far, in absolute times, with the reading they are from."""

    chunk: Chunk
    reading: Reading
    words: tuple[Word, ...]
    passes: int = 1
    doubts: tuple[Doubt, ...] = ()
    spoken: tuple[str, float] = ("", 0.0)  # the likeliest language by the chunk's sound, and its probability

    @property
    def uncovered(self) -> float:
        """Seconds of speech without words."""
        gaps = untranscribed_speech(self.words, self.chunk)
        return sum(voiced_between(self.chunk.regions, gap.start, gap.end) for gap in gaps)


Heard = tuple[Region, Reading]
"""A stretch of the recording, and a reading of it."""


class Reader:
    """One recording and the recogniser with its options: stretches of time in, readings out."""

    def __init__(self, audio: Audio, recognizer: Recognizer, language: str, beam_size: int) -> None:
        self._audio = audio
        self._recognizer = recognizer
        self._language = language
        self._beam_size = beam_size
        self._closed = threading.Event()
        self._heard: list[Heard] | None = None

    def noting(self, heard: list[Heard]) -> Reader:
        """The same reader, which adds what it reads to `heard`, unless it is sampled."""
        noting = copy(self)
        noting._heard = heard
        return noting

    def close(self) -> None:
        """Stop reading: a caller in any thread gets the reading in progress, then `CancelledError`."""
        self._closed.set()

    @property
    def language(self) -> str:
        """The language that is read."""
        return self._language

    @property
    def duration(self) -> float:
        """Seconds of the recording."""
        return self._audio.duration

    def around(self, start: Seconds, end: Seconds, *, by: float = 0.4) -> Region:
        """The stretch from `start` to `end` with some seconds of the recording around it."""
        return Region(max(0.0, start - by), min(self.duration, end + by))

    def read_chunks(self, chunks: Sequence[Chunk]) -> Iterator[ChunkResult]:
        """The first reading of each chunk."""
        stretches = [Region(chunk.start, chunk.end) for chunk in chunks]
        for chunk, reading in zip(chunks, self.read(stretches), strict=True):
            words = snap_to_speech(shift(reading.words, chunk.start), chunk.regions)
            yield ChunkResult(chunk, reading, words, spoken=reading.spoken.likeliest if reading.spoken else ("", 0.0))

    def read(
        self, stretches: Sequence[Region], *, greedy: bool = False, temperature: float = 0.0, prompt: str | None = None
    ) -> Generator[Reading, None, None]:
        """A reading of each stretch of the recording, with times from the start of the stretch."""
        windows: Iterator[Samples] = (self._audio.read(stretch.start, stretch.end) for stretch in stretches)
        beam_size = 1 if greedy else self._beam_size
        readings = self._recognizer.recognize(
            windows, language=self._language, beam_size=beam_size, temperature=temperature, prompt=prompt
        )
        rest = iter(stretches)
        while not self._closed.is_set():
            if (reading := next(readings, None)) is None:
                return
            if self._heard is not None and not temperature:
                self._heard.append((next(rest), reading))
            yield reading
        raise CancelledError


def shift(words: Iterable[Word], seconds: float) -> tuple[Word, ...]:
    """`words`, `seconds` later."""
    return tuple(replace(word, start=word.start + seconds, end=word.end + seconds) for word in words)
