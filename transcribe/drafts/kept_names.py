"""A new transcript with the names that somebody gave or typed in the old one. Pure.

A name that the machine found never replaces such a name; one that was given for the new transcript does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import count

from transcribe.alignment.same_people import SpokenWord, same_people
from transcribe.drafts.given_names import GIVEN_BEFORE, given_names, is_by_somebody
from transcribe.person_names import NameCertainty
from transcribe.speakers.name_certainty import open_warnings
from transcribe.transcript import Speaker, Transcript


@dataclass(frozen=True, slots=True)
class KeptNames:
    """The new transcript with the names that are kept: each of them, and what the new one has instead."""

    transcript: Transcript
    names: tuple[tuple[str, str], ...] = ()


def keep_names(new: Transcript, old: Transcript) -> KeptNames:
    """`new` with the names of `old` that were given or typed, for the voices that have none of that kind in `new`.

    The voices are the same if most of their words are. A name that `new` gives to another voice is no longer the old
    one's. Names of others that are like a kept one get a number.
    """
    kept = _kept(new, old)
    taken = {text.casefold() for speaker in kept.values() for text in (speaker.name, speaker.label)}
    names = taken | {speaker.name.casefold() for speaker in new.speakers}
    speakers = tuple(
        kept.get(each.id) or (_numbered(each, names) if each.name.casefold() in taken else each)
        for each in new.speakers
    )
    given = {*given_names(old), *given_names(new)}
    before = [speaker.name for speaker in speakers if speaker.name in given]
    settings = {**new.made_with.settings, **({GIVEN_BEFORE: before} if before else {})}
    transcript = replace(
        new,
        speakers=speakers,
        warnings=open_warnings(new.warnings, before=new.speakers, after=speakers),
        made_with=replace(new.made_with, settings=settings),
    )
    pairs = ((kept[each.id].name, each.name) for each in new.speakers if each.id in kept)
    return KeptNames(transcript, tuple((name, other) for name, other in pairs if name != other))


def _kept(new: Transcript, old: Transcript) -> Mapping[str, Speaker]:
    """By the ids of `new`, the speakers whose names are those of `old`."""
    people = same_people(_spoken(old), _spoken(new))
    by_somebody = {speaker.id: speaker for speaker in new.speakers if is_by_somebody(speaker, new)}
    elsewhere = {speaker.name.casefold() for speaker in by_somebody.values()}
    kept = {}
    for speaker in old.speakers:
        id = people.get(speaker.id)
        if id is None or id in by_somebody or not is_by_somebody(speaker, old):
            continue
        if speaker.name.casefold() in elsewhere:
            continue
        is_found, is_typed = new.speaker(id).name == speaker.name, speaker.certainty is NameCertainty.EDITED
        kept[id] = new.speaker(id) if is_found and not is_typed else replace(speaker, id=id)
    return kept


def _spoken(transcript: Transcript) -> list[SpokenWord]:
    return [(word.text, turn.speaker) for turn in transcript.turns for word in turn.words]


def _numbered(speaker: Speaker, names: Collection[str]) -> Speaker:
    name = next(name for n in count(2) if (name := f"{speaker.name} {n}").casefold() not in names)
    return replace(speaker, name=name, label=name)
