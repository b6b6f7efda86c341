"""Named voices → the speakers of a transcript: distinct names and labels, placeholders for the unknown, in order. Pure.

A voice whose name is in doubt has a placeholder, and the name that may be its own as a suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count

from transcribe.person_names import Name, NameCertainty, first_name
from transcribe.speakers.addressees import Clue
from transcribe.speakers.host_conduct import Conduct
from transcribe.speakers.name_certainty import LEAST_HINT, unnamed_evidence
from transcribe.speakers.name_choice import suggestion_for
from transcribe.speakers.name_clues import clues_by_name, spoken_names
from transcribe.transcript import Speaker


def labelled(
    voices: Sequence[Conduct], named: Mapping[str, Name], clues: Sequence[Clue], *, guest: str, order: Sequence[str]
) -> tuple[Speaker, ...]:
    """All voices as speakers with distinct labels: the host, those named by the user, the others."""
    taken = [name.text for name in named.values()]
    full, free = dict(named), _guest_names(guest, taken=taken)
    for voice in (voice for voice in voices if voice.voice not in named):
        evidence = unnamed_evidence(voice.voice, clues, taken=taken)
        full[voice.voice] = Name(next(free), evidence, NameCertainty.PLACEHOLDER)
    spoken = {} if order else clues_by_name(clues, spoken_names(clues, taken=taken))
    firsts = [first_name(name.text).casefold() for name in full.values()]
    host = max(voices, key=lambda voice: voice.host_points).voice
    rank = {name: position for position, name in enumerate(order)}

    def place(id: str) -> tuple[int, bool]:
        return (rank.get(full[id].text, len(rank)), not order and id != host)

    speakers = []
    for id in sorted((voice.voice for voice in voices), key=place):
        name, first = full[id].text, first_name(full[id].text)
        label = first if firsts.count(first.casefold()) == 1 else name
        doubtful = full[id].certainty in (NameCertainty.PLACEHOLDER, NameCertainty.GUESS)
        suggestion = suggestion_for(id, spoken, taken=taken, least=LEAST_HINT) if doubtful else ""
        speakers.append(Speaker(id, name, label, full[id].evidence, full[id].certainty, suggestion))
    return tuple(speakers)


def with_wordless(speakers: Sequence[Speaker], voices: Iterable[str], *, guest: str) -> tuple[Speaker, ...]:
    """Add the `voices` without words of their own: they only overlap others, whose words the transcript has.

    Without speakers nobody has words, and none is added.
    """
    if not speakers:
        return ()
    free = _guest_names(guest, taken=[speaker.name for speaker in speakers])
    others = sorted(set(voices) - {speaker.id for speaker in speakers})
    evidence = "speaks only under other speakers; no words attributed"
    added = (
        Speaker(id, name, name, evidence, NameCertainty.PLACEHOLDER) for id, name in zip(others, free, strict=False)
    )
    return (*speakers, *added)


def _guest_names(guest: str, *, taken: Iterable[str]) -> Iterator[str]:
    """The names for unknown people, without those taken in any case: "Guest", "Guest 2", "Guest 3", …"""
    used = {name.casefold() for name in taken}
    names = chain([guest], (f"{guest} {number}" for number in count(2)))
    return (name for name in names if name.casefold() not in used)
