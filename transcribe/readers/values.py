"""What every reader returns: who spoke which words when, the `SpeakerTranscript`. Pure values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from operator import itemgetter

from audio.episode import Seconds
from transcribe.scripts import has_end_mark
from transcribe.transcript import SpeakerSpan, Transcript, Word, as_written

PAUSE = 0.5  # seconds; a longer pause ends a sentence

MOST_SECONDS = 1e6
"""A later time is none in a recording: eleven days."""

UNNAMED = ""
"""The speaker of words or spans of which the source does not say who speaks. No label can be empty."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Consecutive words of one speaker. Has times if the source does, and `words` if the source times each word.

    It may have a start only: that is all many texts say (`Rich (1:05): …`).
    """

    speaker: str
    text: str
    start: Seconds | None = None
    end: Seconds | None = None
    words: tuple[Word, ...] = ()
    untimed: int = 0  # of the words, those of which the source does not say when they begin
    apart: bool = False  # a blank is written before it, also in a language without blanks between words

    def __post_init__(self) -> None:
        if self.start is None and self.end is not None:
            raise ValueError(f"{self.text[:20]!r} has an end, but no start")
        end = self.start if self.end is None else self.end
        if self.start is not None and not 0.0 <= self.start <= (end or 0.0) < math.inf:
            raise ValueError(f"{self.start} to {self.end} is not an interval")

    def time_at(self, fraction: float) -> Seconds | None:
        """The approximate time at a fraction (0 ≤ fraction < 1) of its words; None without times."""
        if self.words:
            return self.words[int(fraction * len(self.words))].start
        if self.start is None or self.end is None:
            return self.start
        return round(self.start + fraction * (self.end - self.start), 2)

    def sentences(self) -> tuple[Utterance, ...]:
        """Its sentences, split at pauses and full stops; without word times, the utterance itself."""
        parts: list[Utterance] = []
        first = 0
        for at, (word, after) in enumerate(pairwise(self.words), 1):
            if after.start - word.end > PAUSE or has_end_mark(word.text):
                parts.append(utterance_of(self.speaker, self.words[first:at]))
                first = at
        return (*parts, utterance_of(self.speaker, self.words[first:])) if self.words else (self,)


@dataclass(frozen=True, slots=True)
class SpeakerTranscript:
    """Who spoke which words when. `utterances` or `spans` is None if the source has no such data, empty if no speech.

    Speakers are keys; `names` has the names of speakers whose key is not their name.
    """

    utterances: tuple[Utterance, ...] | None = None
    spans: tuple[SpeakerSpan, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    language: str = ""  # as the source states it
    left_out: str = ""  # text taken for none that is spoken: what stands before the first speaker
    unsaid: str = ""  # text that the source marks as no speech: remarks between captions, a program's footer

    @property
    def has_times(self) -> bool:
        """Whether every utterance has a start and an end."""
        return bool(self.utterances) and all(one.end is not None for one in self.utterances or ())

    @property
    def words_have_speakers(self) -> bool:
        """Whether it says who spoke the words. A transcript without words does: nobody spoke."""
        return self.utterances is not None and _say_who(one.speaker for one in self.utterances)

    @property
    def spans_have_speakers(self) -> bool:
        """Whether it says who speaks when. Spans without any speaker only say that somebody does."""
        return self.spans is not None and _say_who(span.speaker for span in self.spans)

    @property
    def has_speakers(self) -> bool:
        """Whether it says who speaks. If not, nothing about speakers can be measured against it."""
        return self.words_have_speakers or self.spans_have_speakers

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers in order: those with words, or, without words, those with spans. `UNNAMED` is none of them."""
        with_words = dict.fromkeys(one.speaker for one in self.utterances or () if one.speaker != UNNAMED)
        return tuple(with_words or dict.fromkeys(one.speaker for one in self.spans or () if one.speaker != UNNAMED))

    @property
    def word_spans(self) -> tuple[SpeakerSpan, ...]:
        """When words are spoken: a span per word or, without word times, per utterance; without times, at 0."""
        return tuple(
            SpeakerSpan(timed.start or 0.0, timed.end or 0.0, utterance.speaker)
            for utterance in self.utterances or ()
            for timed in utterance.words or ([utterance] if utterance.text else [])
        )

    def name(self, speaker: str) -> str:
        """The name of a speaker."""
        return self.names.get(speaker, speaker)


def _say_who(speakers: Iterable[str]) -> bool:
    found = set(speakers)
    return not found or found != {UNNAMED}


def speaker_transcript_of(transcript: Transcript) -> SpeakerTranscript:
    """The words and speakers of a timed transcript. Without diarization, its turns serve as spans."""
    words = [(turn.speaker, word) for turn in transcript.turns for word in turn.words]
    turns = tuple(SpeakerSpan(turn.start, turn.end, turn.speaker) for turn in transcript.turns)
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    return SpeakerTranscript(utterances_of(words), transcript.spans or turns, names, transcript.language)


def utterances_of(words: Iterable[tuple[str, Word]]) -> tuple[Utterance, ...]:
    """An utterance for each run of words of one speaker."""
    runs = groupby(words, key=itemgetter(0))
    return tuple(utterance_of(speaker, tuple(word for _, word in run)) for speaker, run in runs)


def utterance_of(speaker: str, words: tuple[Word, ...]) -> Utterance:
    return Utterance(speaker, as_written(words), words[0].start, max(w.end for w in words), words)


def with_spans(utterances: Sequence[Utterance]) -> SpeakerTranscript:
    """The utterances in the order of time, and when people speak: the times of their sentences.

    There are no spans if an utterance has no times, or if nobody has a name.
    """
    if all(one.start is not None for one in utterances):
        utterances = sorted(utterances, key=lambda one: one.start or 0.0)
    result = SpeakerTranscript(tuple(utterances))
    if not result.words_have_speakers or any(one.end is None for one in utterances):
        return result
    sentences = [part for one in utterances for part in one.sentences()]
    return replace(result, spans=tuple(SpeakerSpan(s.start or 0.0, s.end or 0.0, s.speaker) for s in sentences))
