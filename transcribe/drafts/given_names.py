"""The names of speakers that somebody gave or typed: what a guess never replaces."""

from __future__ import annotations

import contextlib
import shlex

from transcribe.errors import SettingsError
from transcribe.person_names import NameCertainty
from transcribe.settings import Settings
from transcribe.transcript import Speaker, Transcript

GIVEN_BEFORE = "names_given_before"
"""The key in `MadeWith.settings` of the names that were given for an earlier transcript, and that a merge kept."""

_BY_SOMEBODY = (NameCertainty.EDITED, NameCertainty.GIVEN)


def given_names(transcript: Transcript) -> tuple[str, ...]:
    """The names given with `--speakers` for this transcript, in their order, or for one that was merged into it."""
    settings = transcript.made_with.settings
    names: tuple[str, ...] = ()
    with contextlib.suppress(SettingsError):  # of a transcript that somebody wrote by hand
        names = Settings(speakers=str(settings.get("speakers") or "")).speaker_names
    before = settings.get(GIVEN_BEFORE)
    return tuple(dict.fromkeys((*names, *(map(str, before) if isinstance(before, list | tuple) else ()))))


def is_by_somebody(speaker: Speaker, transcript: Transcript) -> bool:
    """Whether the speaker's name in this transcript is one that somebody gave or typed, whatever speaks for it."""
    return speaker.certainty in _BY_SOMEBODY or speaker.name in given_names(transcript)


def no_longer_given(before: Transcript, after: Transcript) -> str:
    """That names which were given for the transcript before are nobody's in this one, for which none are given, and the
    option that keeps them, for the user; empty if there are none."""
    given, now = given_names(before), {speaker.name for speaker in after.speakers}
    gone = [speaker.name for speaker in before.speakers if speaker.name in given and speaker.name not in now]
    if not gone or given_names(after):
        return ""
    names, were, are, them = ("names", "were", "are", "them") if len(gone) > 1 else ("name", "was", "is", "it")
    again = f"to keep {them}, run it again with {shlex.join(['--speakers', ','.join(given)])}"
    return f"the {names} {', '.join(gone)} {were} given before and {are} not now; {again}"
