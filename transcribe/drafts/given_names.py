"""The names of speakers that somebody gave or typed: what a guess never replaces."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum
from typing import Any

from transcribe.errors import SettingsError
from transcribe.person_names import NameCertainty
from transcribe.settings import Settings
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
    THE_NAME = 2  # given or typed


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
    given, and the option that keeps them: sentences for the user.

    `now` are the new one's settings, as it records them, and `names` those of its speakers: None if they are not known
    yet.
    """
    if _speakers_of(now):
        return ()
    found, given = names or (), given_names(before)
    gone = [speaker for speaker in before.speakers if speaker.name not in found]
    asked = [speaker.name for speaker in gone if speaker.name in given]
    typed = [speaker.name for speaker in gone if _is_typed(speaker) and speaker.name not in given]
    everybody = [speaker.name for speaker in before.speakers]
    told = [_told(asked, "given", "--speakers", given), _told(typed, "typed in the draft", "--speakers", everybody)]
    for option in _FOR_UNKNOWN:
        name, usual = str(before.made_with.settings.get(option) or ""), str(getattr(Settings(), option))
        is_asked = name not in ("", usual) and str(now.get(option) or usual) == usual
        if is_asked and any(is_named(speaker, name) for speaker in gone) and (names is None or usual in names):
            told.append(_told([name], "given", f"--{option}", [name]))
    return tuple(filter(None, told))


def _told(gone: Sequence[str], how: str, option: str, all_names: Sequence[str]) -> str:
    if not gone:
        return ""
    names, were, are, them = ("names", "were", "are", "them") if len(gone) > 1 else ("name", "was", "is", "it")
    again = f"to keep {them}, run it again with {shlex.join([option, ','.join(all_names)])}"
    return f"the {names} {', '.join(gone)} {were} {how} before and {are} not now; {again}"


def _is_typed(speaker: Speaker) -> bool:
    return speaker.certainty is NameCertainty.EDITED


def _speakers_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The names given with `--speakers`."""
    with contextlib.suppress(SettingsError):  # of a transcript that somebody wrote by hand
        return Settings(speakers=str(settings.get("speakers") or "")).speaker_names
    return ()
