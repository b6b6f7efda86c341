"""The names of speakers that somebody gave or typed: what a guess never replaces."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from transcribe.errors import SettingsError
from transcribe.person_names import NameCertainty
from transcribe.settings import Settings
from transcribe.speakers.name_certainty import is_placeholder
from transcribe.transcript import Speaker, Transcript

GIVEN_BEFORE = "names_given_before"
"""The key in `MadeWith.settings` of the names that were given for an earlier transcript, and that a merge kept."""

FOR_UNKNOWN_BEFORE = "names_for_unknown_before"
"""The same of the names that were given for people whose names are not known, with `--host` and `--guest`."""

BY_SOMEBODY = (NameCertainty.EDITED, NameCertainty.GIVEN)
_FOR_UNKNOWN = ("host", "guest")  # settings


class Say(IntEnum):
    """How much somebody said about a speaker's name; what says more is kept."""

    NOTHING = 0  # the machine found it
    FOR_UNKNOWN = 1  # given for somebody whose name nothing tells
    ENROLLED = 2  # the name of an enrolled voice
    THE_NAME = 3  # given or typed


def given_names(transcript: Transcript) -> tuple[str, ...]:
    """The names given with `--speakers` for this transcript, in their order, or for one that was merged into it."""
    names = (*_speakers_of(transcript.made_with.settings), *_recorded(transcript, GIVEN_BEFORE))
    return tuple(dict.fromkeys(names))


def names_for_unknown(transcript: Transcript) -> tuple[str, ...]:
    """The names given with `--host` and `--guest` for this transcript, but for the usual ones, or for one that was
    merged into it."""
    recorded = ((str(transcript.made_with.settings.get(name) or ""), name) for name in _FOR_UNKNOWN)
    names = (value for value, name in recorded if value and value != getattr(Settings(), name))
    return tuple(dict.fromkeys((*names, *_recorded(transcript, FOR_UNKNOWN_BEFORE))))


def said_of(speaker: Speaker, transcript: Transcript) -> Say:
    """How much somebody said about the speaker's name in this transcript, whatever speaks for it."""
    if speaker.certainty in BY_SOMEBODY or speaker.name in given_names(transcript):
        return Say.THE_NAME
    return Say.FOR_UNKNOWN if any(is_named(speaker, name) for name in names_for_unknown(transcript)) else Say.NOTHING


def is_named(speaker: Speaker, name: str) -> bool:
    """Whether the speaker has this name for unknown people; of several people it has a number.

    >>> is_named(Speaker("S3", "Caller 2", certainty=NameCertainty.PLACEHOLDER), "Caller")
    True
    """
    has_number = speaker.certainty is NameCertainty.PLACEHOLDER and speaker.name.startswith(f"{name} ")
    return speaker.name == name or (has_number and speaker.name[len(name) + 1 :].isdecimal())


def _recorded(transcript: Transcript, key: str) -> tuple[str, ...]:
    before = transcript.made_with.settings.get(key)
    return tuple(map(str, before)) if isinstance(before, list | tuple) else ()


def no_longer_given(
    before: Transcript, now: Mapping[str, Any], *, names: Collection[str] | None = None
) -> tuple[str, ...]:
    """That names which somebody gave or typed for the transcript before are nobody's in a new one, for which none are
    given, and the options that give the same people again, or what else to do: sentences for the user.

    `now` are the new one's settings, as it records them, and `names` those of its speakers: None if they are not known
    yet.
    """
    if _speakers_of(now):
        return ()
    given = given_names(before)
    gone = [speaker for speaker in before.speakers if speaker.name not in (names or ())]
    asked = [speaker.name for speaker in gone if speaker.name in given]
    typed = [speaker.name for speaker in gone if _is_typed(speaker) and speaker.name not in given]
    unknown = [one for one in _unknown_gone(before, gone, names=names) if _is_usual(now, one.option)]
    is_enough = not asked and not typed and all(one.is_enough for one in unknown)
    options = (_for_unknown(unknown) if is_enough else ()) or _for_everybody(before)
    all_given = [*asked, *(one.name for one in unknown if one.name not in asked)]
    told = (_told(all_given, "given", options=options), _told(typed, "typed in the draft", options=options))
    return tuple(filter(None, told))


@dataclass(frozen=True, slots=True)
class _UnknownGone:
    """A name for unknown people that is nobody's now; `is_enough` if the option gives it to them again."""

    option: str
    name: str
    is_enough: bool


def _unknown_gone(
    before: Transcript, gone: Sequence[Speaker], *, names: Collection[str] | None
) -> Iterator[_UnknownGone]:
    """The names that were given with `--host` and `--guest`, also those that a merge kept, of speakers who are gone.

    A person whose name is found now is not missed, unless a merge kept the host's name instead of a found one.
    """
    settings = before.made_with.settings
    for name in names_for_unknown(before):
        speaker = next((each for each in gone if is_named(each, name)), None)
        if speaker is None:
            continue
        usually = "guest" if speaker.certainty is NameCertainty.PLACEHOLDER else "host"
        option = next((each for each in _FOR_UNKNOWN if settings.get(each) == name), usually)
        is_enough = names is None or getattr(Settings(), option) in names
        if is_enough or (option == "host" and name in _recorded(before, FOR_UNKNOWN_BEFORE)):
            yield _UnknownGone(option, name, is_enough)


def _is_usual(settings: Mapping[str, Any], option: str) -> bool:
    usual = str(getattr(Settings(), option))
    return str(settings.get(option) or usual) == usual


def _for_unknown(gone: Sequence[_UnknownGone]) -> tuple[str, ...]:
    """The options that give these names for unknown people; none if they are of more than one host, or guest."""
    values: dict[str, Any] = {one.option: one.name for one in gone}
    with contextlib.suppress(SettingsError):  # of a transcript that somebody wrote by hand
        if Settings(**values) and len(values) == len(gone):
            return tuple(text for option, name in values.items() for text in (f"--{option}", name))
    return ()


def _for_everybody(before: Transcript) -> tuple[str, ...]:
    """The option that gives exactly the people of this transcript; none if there is no such one, as for a name with a
    comma, or beside somebody whose name is not known."""
    asked, guest = _speakers_of(before.made_with.settings), str(before.made_with.settings.get("guest") or "Guest")
    people = [speaker.name for speaker in before.speakers]
    known = [speaker.name for speaker in before.speakers if not is_placeholder(speaker, guest)]
    if asked and {*known} <= {*asked}:
        return ("--speakers", ",".join(asked))
    given = given_names(before)
    names = tuple(name for name in given if name in people) if {*people} <= {*given} else tuple(people)
    option = ",".join(names)
    return ("--speakers", option) if known == people and _speakers_of({"speakers": option}) == names else ()


def _told(gone: Sequence[str], how: str, *, options: Sequence[str]) -> str:
    if not gone:
        return ""
    names, were, are, them = ("names", "were", "are", "them") if len(gone) > 1 else ("name", "was", "is", "it")
    again = f"to keep {them}, run it again with {shlex.join(options)}"
    if not options:
        again = f"--speakers cannot give exactly the same people again: to keep {them}, type {them} in the draft again"
    shown = ", ".join(f'"{name}"' if "," in name else name for name in gone)
    return f"the {names} {shown} {were} {how} before and {are} not now; {again}"


def _is_typed(speaker: Speaker) -> bool:
    return speaker.certainty is NameCertainty.EDITED


def _speakers_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The names given with `--speakers`."""
    with contextlib.suppress(SettingsError):  # of a transcript that somebody wrote by hand
        return Settings(speakers=str(settings.get("speakers") or "")).speaker_names
    return ()
