"""A new transcript with the names that somebody gave or typed in the old one. Pure.

A name that the machine found never replaces such a name; one that was given for the new transcript does. A name for
unknown people, of `--host` or `--guest`, replaces none that was given for somebody, and the guests' is no name where
one is found. Where the new transcript was given the same name for unknown people, it is the one to say who is unknown.
The name of an enrolled voice gives way only to one that was given, or for which there is evidence: another enrolled
voice, or what is said in the recording.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import count

from transcribe.alignment.same_people import SpokenWord, main_speakers, same_people
from transcribe.drafts.given_names import (
    BY_SOMEBODY,
    FOR_UNKNOWN_BEFORE,
    GIVEN_BEFORE,
    Say,
    given_names,
    is_named,
    names_for_unknown,
    said_of,
)
from transcribe.person_names import NameCertainty
from transcribe.speakers.name_certainty import open_warnings
from transcribe.transcript import Speaker, Transcript

_NO_NAME = (NameCertainty.PLACEHOLDER, NameCertainty.GUESS)
_EVIDENT = (NameCertainty.VOICEPRINT, NameCertainty.STATED)


@dataclass(frozen=True, slots=True)
class KeptNames:
    """The new transcript with the names that are kept: each of them, and what the new one has instead."""

    transcript: Transcript
    names: tuple[tuple[str, str], ...] = ()


def keep_names(new: Transcript, old: Transcript) -> KeptNames:
    """`new` with the names of `old` that were given or typed, for the voices of whom nobody said as much for `new`.

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
    transcript = replace(
        new,
        speakers=speakers,
        warnings=open_warnings(new.warnings, before=new.speakers, after=speakers),
        made_with=replace(new.made_with, settings={**new.made_with.settings, **_record(kept.values(), old)}),
    )
    pairs = ((kept[each.id].name, each.name) for each in new.speakers if each.id in kept)
    return KeptNames(transcript, tuple((name, other) for name, other in pairs if name != other))


def lost_names(old: Transcript, new: Transcript, *, renamed: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """The names that somebody gave or typed for `old` and that nobody has in `new`, and who says most of their words
    there; "" if nobody does. Without those `renamed`, names or labels."""
    now = {name.casefold() for speaker in new.speakers for name in (speaker.name, speaker.label)}
    says = main_speakers(_spoken(old), _spoken(new))
    lost = [
        speaker
        for speaker in old.speakers
        if said_of(speaker, old)
        and speaker.name.casefold() not in now
        and not {speaker.name, speaker.label} & {*renamed}
    ]
    return tuple((each.name, new.speaker(says[each.id]).name if each.id in says else "") for each in lost)


def _kept(new: Transcript, old: Transcript) -> Mapping[str, Speaker]:
    """By the ids of `new`, the speakers whose names are those of `old`."""
    people = same_people(_spoken(old), _spoken(new))
    kept = {}
    for speaker in old.speakers:
        if (id := people.get(speaker.id)) is None:
            continue
        say, found = _said_before(speaker, old, new), new.speaker(id)
        if _says_as_much(found, new, than=say) or (_is_guest(speaker, say) and found.certainty not in _NO_NAME):
            continue
        others = (other for other in new.speakers if other.name.casefold() == speaker.name.casefold())
        if any(_says_as_much(other, new, than=say) for other in others):
            continue
        is_found, says_so = found.name == speaker.name, speaker.certainty in (*BY_SOMEBODY, NameCertainty.VOICEPRINT)
        kept[id] = found if is_found and not says_so else replace(speaker, id=id)
    return kept


def _said_before(speaker: Speaker, old: Transcript, new: Transcript) -> Say:
    """How much is said about a name of `old` that does not hold for `new` as well."""
    say = said_of(speaker, old)
    again = any(is_named(speaker, name) for name in names_for_unknown(new))
    enrolled = Say.ENROLLED if speaker.certainty is NameCertainty.VOICEPRINT else Say.NOTHING
    return max(enrolled, Say.NOTHING if say is Say.FOR_UNKNOWN and again else say)


def _says_as_much(speaker: Speaker, new: Transcript, *, than: Say) -> bool:
    """Whether as much is said about a name of `new`."""
    return said_of(speaker, new) >= than or (than is Say.ENROLLED and speaker.certainty in _EVIDENT)


def _is_guest(speaker: Speaker, say: Say) -> bool:
    return say is Say.FOR_UNKNOWN and speaker.certainty is NameCertainty.PLACEHOLDER


def _record(kept: Collection[Speaker], old: Transcript) -> Mapping[str, list[str]]:
    """The kept names that were given for `old`, as settings record them: no certainty says so."""
    given = given_names(old)
    names = {
        GIVEN_BEFORE: [speaker.name for speaker in kept if speaker.name in given],
        FOR_UNKNOWN_BEFORE: [name for name in names_for_unknown(old) if any(is_named(each, name) for each in kept)],
    }
    return {key: found for key, found in names.items() if found}


def _spoken(transcript: Transcript) -> list[SpokenWord]:
    return [(word.text, turn.speaker) for turn in transcript.turns for word in turn.words]


def _numbered(speaker: Speaker, names: Collection[str]) -> Speaker:
    name = next(name for n in count(2) if (name := f"{speaker.name} {n}").casefold() not in names)
    return replace(speaker, name=name, label=name)
