"""Confirming doubtful words or names, and undoing that: what was marked as correct is no longer doubtful. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import filterfalse

from audio.episode import Seconds
from transcribe.drafts.settled import with_words
from transcribe.person_names import NameCertainty
from transcribe.transcript import Doubt, Speaker, Transcript, Word


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What confirming took away: doubts, the words with the probabilities they had, and the names suggested for
    speakers, by their ids; and the doubts that edits had taken, which no undone edit brings back now (`settled`)."""

    doubts: tuple[Doubt, ...] = ()
    words: tuple[Word, ...] = ()
    suggestions: tuple[tuple[str, str], ...] = ()
    settled: tuple[Doubt, ...] = ()


def confirmed(transcript: Transcript, start: Seconds, end: Seconds) -> tuple[Transcript, Confirmation]:
    """The transcript without the doubts from `start` to `end`, its words there certain; and what undoes it."""

    def is_confirmed(word: Word) -> bool:
        is_uncertain = word.probability < 1.0 or bool(word.error)
        return is_uncertain and start <= word.middle <= end

    def is_inside(doubt: Doubt) -> bool:
        return doubt.end > start and doubt.start < end

    doubts = tuple(filter(is_inside, transcript.doubts))
    words = tuple(filter(is_confirmed, transcript.words))
    certain = with_words(transcript, lambda word: _certain(word) if is_confirmed(word) else word)
    return replace(certain, doubts=tuple(filterfalse(is_inside, transcript.doubts))), Confirmation(doubts, words)


def confirmed_name(transcript: Transcript, label: str) -> tuple[Transcript, Confirmation]:
    """The transcript without the names suggested for the speakers of this label; and what undoes it."""
    meant = [each for each in transcript.speakers if each.label == label and each.suggestion]
    suggestions = tuple((each.id, each.suggestion) for each in meant)
    return _with_suggestions(transcript, dict.fromkeys((id for id, _ in suggestions), "")), Confirmation(
        (), (), suggestions
    )


def restored(transcript: Transcript, confirmation: Confirmation) -> Transcript:
    """The transcript with what a confirmation took; words and names edited since stay as they are."""
    before = {(word.text, word.start, word.end): word for word in confirmation.words}

    def uncertain(word: Word) -> Word:
        was = before.get((word.text, word.start, word.end), word)
        return replace(word, probability=was.probability, error=was.error)

    known = set(transcript.doubts)
    missing = [doubt for doubt in confirmation.doubts if doubt not in known]
    return replace(
        _with_suggestions(with_words(transcript, uncertain), dict(confirmation.suggestions)),
        doubts=tuple(sorted((*transcript.doubts, *missing), key=lambda doubt: doubt.start)),
    )


def _certain(word: Word) -> Word:
    return replace(word, probability=1.0, error=None if word.error is None else 0.0)


def _with_suggestions(transcript: Transcript, suggestions: Mapping[str, str]) -> Transcript:
    def changed(speaker: Speaker) -> Speaker:
        is_named = speaker.certainty is NameCertainty.EDITED
        return speaker if is_named else replace(speaker, suggestion=suggestions.get(speaker.id, speaker.suggestion))

    return replace(transcript, speakers=tuple(map(changed, transcript.speakers)))
