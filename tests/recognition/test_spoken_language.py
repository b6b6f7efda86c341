"""The language of a recording: by a vote where it is sure, by reading the likeliest where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pytest

from audio.decoding.samples import Audio
from transcribe.recognition.engines.protocol import LanguageGuess, Reading
from transcribe.recognition.spoken_language import SpokenLanguage, detect_language, vote
from transcribe.recognition.vad import Chunk, ChunkPlan, Region
from transcribe.transcript import Word

if TYPE_CHECKING:
    from transcribe.recognition.engines.protocol import Samples


class Polyglot:
    """Guesses with fixed probabilities, and reads each language with an average log-probability and a text."""

    def __init__(self, guess: Mapping[str, float], readings: Mapping[str, tuple[float, str]]) -> None:
        self.languages = frozenset(guess)
        self._guess, self._readings = guess, readings
        self.read: list[str] = []
        self.heard: list[float] = []  # seconds of each window

    def recognize(self, windows: Iterable[Samples], *, language: str, **_: object) -> Iterator[Reading]:
        for _ in windows:
            self.read.append(language)
            logprob, text = self._readings[language]
            words = tuple(Word(word, i / 10, i / 10) for i, word in enumerate(text.split()))
            yield Reading(words, logprob, 0.0)

    def detect_language(self, window: Samples) -> LanguageGuess:
        self.heard.append(len(window) / 16_000)
        return LanguageGuess(self._guess)


PLAN = ChunkPlan(tuple(Chunk(20.0 * i, 20.0 * i + 19, (Region(20.0 * i, 20.0 * i + 18),)) for i in range(3)))


def found(recognizer: Polyglot) -> SpokenLanguage:
    with Audio.from_samples(np.zeros(16_000 * 60, np.float32)) as audio:
        return detect_language(audio, recognizer, PLAN)


def test_a_vote_adds_up_probabilities() -> None:
    shares = vote([("en", 0.5), ("nl", 0.4), ("de", 0.1), ("nl", 0.6), ("en", 0.4)])
    assert list(shares) == ["nl", "en", "de"]
    assert shares["nl"] == pytest.approx(0.5)
    assert next(iter(vote([("nl", 0.5), ("de", 0.5)]))) == "de"


def test_a_sure_language_is_not_tried() -> None:
    recognizer = Polyglot({"en": 0.9, "nl": 0.1}, {})
    assert found(recognizer) == SpokenLanguage("en")
    assert recognizer.read == []


@pytest.mark.parametrize(
    ("probability", "heard"), [(0.96, [10, 10]), (0.94, [10, 10, 19, 19]), (0.79, [10, 10, 19, 19])]
)
def test_whole_passages_are_heard_where_their_beginnings_are_not_sure(probability: float, heard: list[float]) -> None:
    recognizer = Polyglot({"en": probability, "nl": 1 - probability}, {"en": (-0.2, "yes"), "nl": (-0.9, "ja")})
    assert found(recognizer).code == "en"
    assert recognizer.heard == heard


@pytest.mark.parametrize("probability", [1.0, 0.85])
def test_a_passage_shorter_than_that_is_heard_whole_and_once(probability: float) -> None:
    recognizer = Polyglot({"en": probability, "nl": 1 - probability}, {})
    with Audio.from_samples(np.zeros(16_000 * 6, np.float32)) as audio:
        assert detect_language(audio, recognizer, ChunkPlan((Chunk(1.0, 5.0, (Region(1.0, 4.0),)),))).code == "en"
    assert recognizer.heard == [4]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({"th": (-1.2, "kha kun"), "fr": (-0.9, "je vous aime"), "ja": (-0.3, "no " * 60)}, SpokenLanguage("fr", "th")),
        ({"th": (-0.8, "kha kun"), "fr": (-0.9, "je vous aime"), "ja": (-0.3, "")}, SpokenLanguage("th", "fr")),
        ({"th": (-0.8, "no " * 60), "fr": (-0.9, "yes " * 60), "ja": (-0.3, "")}, SpokenLanguage("th", "fr")),
    ],
)
def test_of_unsure_languages_the_one_that_can_be_read_is_taken(
    readings: Mapping[str, tuple[float, str]], expected: SpokenLanguage
) -> None:
    recognizer = Polyglot({"th": 0.5, "fr": 0.3, "ja": 0.17, "km": 0.03}, readings)
    assert found(recognizer) == expected
    assert sorted(recognizer.read) == ["fr", "ja", "th"], "one that is hardly possible is not tried"


def test_without_speech_there_is_no_language() -> None:
    with Audio.from_samples(np.zeros(16_000, np.float32)) as audio:
        assert detect_language(audio, Polyglot({"en": 0.5, "nl": 0.5}, {}), ChunkPlan(())).code == "und"
