"""The language of a recording: by a vote of several passages, and where that is not clear, by reading one in each.

Whisper guesses the language from the sound alone, and on real speech it is sure: .94 and more on the first passage of
each of 36 recordings. The first ten seconds of a passage cost a quarter of a whole one and are as sure of most
recordings (.95 and more of 35 of 48); of the others the whole passages vote, because ten seconds of a meeting were
German at .74. A guess that is less sure is often wrong (French as Thai, .39), and the decoder then writes words
in a language that nobody speaks. What it reads in the right one is more probable, and is not one syllable again and
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcribe.recognition.engines.protocol import Recognizer
from transcribe.recognition.loops import LOOP_COMPRESSION
from transcribe.recognition.vad import ChunkPlan

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from transcribe.recognition.engines.protocol import LanguageGuess, Samples

UNDETERMINED = "und"  # the language of a recording without speech (ISO 639-2)

_VOTERS = 5  # at most so many chunks vote on the language
_GLANCE = 10.0  # seconds of each that may be enough
_SURE_AT_A_GLANCE = 0.95  # of the votes
_SURE = 0.8  # of the votes: below it, the likeliest languages are tried
_TRIED = 4  # languages
_LEAST = 0.05  # of the votes, for a language to be tried


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """The code of a language; `alternative` is another one that it may be, empty if the first is sure."""

    code: str
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class LanguageStretch:
    """A passage of a recording in another language than the rest, in seconds."""

    start: float
    end: float
    language: str


def vote(guesses: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The share of each language in the probabilities, the largest first; of equal ones the first by code.

    >>> vote([("en", 0.9), ("nl", 0.8), ("nl", 0.8)])
    {'nl': 0.64, 'en': 0.36}
    """
    sums: dict[str, float] = {}
    for code, probability in guesses:
        sums[code] = sums.get(code, 0.0) + probability
    total = sum(sums.values())
    return {code: sums[code] / total for code in sorted(sums, key=lambda code: (-sums[code], code))}


def detect_language(audio: Audio, recognizer: Recognizer, plan: ChunkPlan) -> SpokenLanguage:
    """The language of a recording; `UNDETERMINED` if no chunk of it has speech.

    Raises `EngineError` if the engine fails.
    """
    chunks, languages = plan.chunks, recognizer.languages
    if not chunks:
        return SpokenLanguage(UNDETERMINED)
    if len(languages) == 1:
        return SpokenLanguage(next(iter(languages)))
    count = min(_VOTERS, (len(chunks) + 1) // 2)
    voters = [
        max(chunks[i * len(chunks) // count : (i + 1) * len(chunks) // count], key=lambda chunk: chunk.voiced)
        for i in range(count)
    ]
    guesses = [recognizer.detect_language(audio.read(c.start, min(c.end, c.start + _GLANCE))) for c in voters]
    shares = _shares(guesses)
    if next(iter(shares.values())) < _SURE_AT_A_GLANCE:
        guesses = [
            recognizer.detect_language(audio.read(chunk.start, chunk.end)) if chunk.duration > _GLANCE else guess
            for chunk, guess in zip(voters, guesses, strict=True)
        ]
        shares = _shares(guesses)
    code, share = next(iter(shares.items()))
    if share >= _SURE:
        return SpokenLanguage(code)
    fullest = max(voters, key=lambda chunk: chunk.voiced)
    code = _most_readable(audio.read(fullest.start, fullest.end), recognizer, shares)
    return SpokenLanguage(code, next((other for other in shares if other != code), ""))


def _shares(guesses: Iterable[LanguageGuess]) -> dict[str, float]:
    return vote(pair for guess in guesses for pair in guess.probabilities.items())


def _most_readable(window: Samples, recognizer: Recognizer, shares: Mapping[str, float]) -> str:
    """The language among the likeliest in which the reading of a window is the most probable, and is no loop."""
    tried = [code for code, share in shares.items() if share >= _LEAST][:_TRIED] or list(shares)[:1]
    readings = {code: next(iter(recognizer.recognize([window], language=code))) for code in tried}
    readable = [code for code in tried if readings[code].text and readings[code].compression_ratio <= LOOP_COMPRESSION]
    return max(readable or tried[:1], key=lambda code: readings[code].avg_logprob)
