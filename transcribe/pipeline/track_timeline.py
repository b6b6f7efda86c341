"""What recognition and diarization say about the joined speech of tracks → the same on the episode's timeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from audio.intervals import Interval, joined
from transcribe.diarization.diarize import Diarization
from transcribe.person_names import Name, NameCertainty
from transcribe.speakers.interleaving import interleave
from transcribe.tracks.echoes import OwnWord, without_echoes
from transcribe.tracks.layout import Layout, speaker_of
from transcribe.tracks.recording import title
from transcribe.transcript import Doubt, SpeakerSpan, Turn, Word

if TYPE_CHECKING:
    from audio.episode import Track
    from transcribe.recognition.glossary_correction import Correction
    from transcribe.recognition.other_readings import OtherReading
    from transcribe.recognition.reading_quality import ChunkEvidence
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.spoken_language import LanguageStretch

Timed = TypeVar("Timed", "Correction", "ChunkEvidence", "LanguageStretch")

_SAME_SPAN = 0.5  # seconds between spans of one speaker that are one


@dataclass(frozen=True, slots=True)
class Placed:
    """The turns, the words with what is known about them, and the speakers, in seconds of the episode."""

    turns: tuple[Turn, ...]
    words: Recognition
    diarization: Diarization


def on_timeline(layout: Layout, words: Recognition, diarization: Diarization) -> Placed:
    """Every word with the owner of the stretch it was heard in; a word that two tracks hear is one person's."""
    heard = [
        OwnWord(replace(word, start=place[1], end=max(place[1:])), place[0])
        for word in words.words
        if (place := layout.at(word.start, word.end)) is not None
    ]
    by_speaker: dict[str, list[Word]] = defaultdict(list)
    for own in without_echoes(heard):
        by_speaker[speaker_of(own.stretch.track)].append(own.word)
    turns = interleave(by_speaker)
    placed = replace(
        words,
        words=tuple(word for turn in turns for word in turn.words),
        doubts=tuple(sorted(_doubts(layout, words.doubts), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=_placed(layout, words.evidence),
        corrections=_placed(layout, words.corrections),
        others=tuple(_others(layout, words.others)),
        stretches=_placed(layout, words.stretches),
    )
    return Placed(turns, placed, _diarization_on_timeline(layout, diarization))


def placed_tracks(tracks: Sequence[Track], layout: Layout) -> tuple[Track, ...]:
    """The tracks with their clocks as found."""
    return tuple(
        replace(track, offset=clock.offset, drift_ppm=clock.drift_ppm)
        for track, clock in zip(tracks, layout.clocks, strict=True)
    )


def names_of_tracks(tracks: Sequence[Track], given: Sequence[str]) -> dict[str, Name]:
    """The names of the tracks' speakers that are known: those given for all of them, or those of the files."""
    if given:
        return {
            speaker_of(number): Name(name, f"given for {title(track)}", NameCertainty.GIVEN)
            for number, (track, name) in enumerate(zip(tracks, given, strict=False))
        }
    return {
        speaker_of(number): Name(track.name, f"the name of {title(track)}", NameCertainty.GIVEN)
        for number, track in enumerate(tracks)
        if track.name
    }


def _doubts(layout: Layout, doubts: Sequence[Doubt]) -> Iterator[Doubt]:
    """A doubt for each stretch that one is about; what may have been said there instead is with the longest."""
    for doubt in doubts:
        parts = [(start, end) for _, start, end in layout.spans_on_timeline(doubt.start, doubt.end)]
        longest = max(range(len(parts)), key=lambda i: parts[i][1] - parts[i][0], default=0)
        for i, (start, end) in enumerate(parts):
            yield replace(doubt, start=start, end=end, alternative=doubt.alternative if i == longest else "")


def _others(layout: Layout, others: Sequence[OtherReading]) -> Iterator[OtherReading]:
    """Other readings where the words are that they replace."""
    for other in others:
        if (place := layout.at(other.start, other.end)) is not None:
            yield replace(other, start=round(place[1], 3), end=round(max(place[1:]), 3))


def _placed(layout: Layout, timed: tuple[Timed, ...]) -> tuple[Timed, ...]:
    """Measures or corrections at the times that they are about, in the order of these."""
    placed = []
    for each in timed:
        first, last = layout.at(each.start, each.start), layout.at(each.end, each.end)
        if first is not None and last is not None:
            start, end = sorted((first[1], last[2]))
            placed.append(replace(each, start=round(start, 3), end=round(end, 3)))
    return tuple(sorted(placed, key=lambda each: (each.start, each.end)))


def _diarization_on_timeline(layout: Layout, diarization: Diarization) -> Diarization:
    own: dict[str, list[Interval]] = defaultdict(list)
    for span in diarization.spans:
        for track, start, end in layout.spans_on_timeline(span.start, span.end):
            if speaker_of(track) == span.speaker:
                own[span.speaker].append((start, end))
    spans = [SpeakerSpan(*each, speaker) for speaker, found in own.items() for each in joined(found, gap=_SAME_SPAN)]
    voices = {speaker: vector for speaker, vector in diarization.voices.items() if speaker in own}
    return Diarization(tuple(sorted(spans, key=lambda span: (span.start, span.speaker))), voices)
