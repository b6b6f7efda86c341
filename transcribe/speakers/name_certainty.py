"""How far the names of `transcribe.speakers.naming` can be trusted, now and after an editor changed some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from transcribe.person_names import NameCertainty, are_same
from transcribe.transcript import Speaker
from transcribe.transcript_warnings import TranscriptWarning, WarningCode

if TYPE_CHECKING:
    from transcribe.speakers.addressees import Clue

LEAST_HINT = 1.0  # points of a clue that is worth telling
_UNTRUSTED = {NameCertainty.GUESS, NameCertainty.PLACEHOLDER, NameCertainty.UNKNOWN}
_EVIDENT = {
    NameCertainty.GIVEN,
    NameCertainty.VOICEPRINT,
    NameCertainty.STATED,
}  # a person's name, even one that reads like a placeholder
_ABOUT_A_NAME = {  # pointless once that name is gone
    *(WarningCode.HOST_UNCLEAR, WarningCode.HOST_ASSUMED, WarningCode.NAME_CONTRADICTED, WarningCode.NAME_BY_ORDER),
    *(WarningCode.NAME_NOT_GIVEN, WarningCode.CALLED_OTHERWISE),
}


def is_placeholder(speaker: Speaker, guest: str) -> bool:
    """Whether the speaker's name only stands for an unknown person; `guest` is the setting.

    The text decides only about names that somebody may have typed, and in files that record no certainty.
    """
    if speaker.certainty is NameCertainty.PLACEHOLDER:
        return True
    return speaker.certainty not in _EVIDENT and is_placeholder_name(speaker.name, guest)


def is_placeholder_name(name: str, guest: str) -> bool:
    """Whether a typed name reads like the names for unknown people.

    >>> is_placeholder_name("guest 2", "Guest"), is_placeholder_name("Guest Lind", "Guest")
    (True, False)
    """
    return re.fullmatch(rf"{re.escape(guest.casefold())}(?: \d+)?", name.casefold()) is not None


def is_guess(speaker: Speaker, warnings: Iterable[TranscriptWarning]) -> bool:
    """Whether the speaker's name may be wrong, given the warnings of the same transcript.

    The last name for the last voice is a guess as long as the host is.
    """
    if speaker.certainty is NameCertainty.ELIMINATION:
        return any(warning.code is WarningCode.HOST_UNCLEAR for warning in warnings)
    return speaker.certainty in _UNTRUSTED


def open_warnings(
    warnings: Iterable[TranscriptWarning], *, before: Iterable[Speaker], after: Iterable[Speaker]
) -> tuple[TranscriptWarning, ...]:
    """The warnings that still apply: without those about a name of `before` that nobody has in `after`."""
    names = {speaker.name for speaker in after}
    gone = {speaker.id for speaker in before if speaker.name not in names}
    return tuple(w for w in warnings if w.code not in _ABOUT_A_NAME or gone.isdisjoint(w.speakers))


def unnamed_evidence(voice: str, clues: Iterable[Clue], *, taken: Iterable[str]) -> str:
    """Why a voice has no name: what points to one is too little, or there is nothing that does.

    >>> from transcribe.speakers.addressees import Clue
    >>> unnamed_evidence("S2", [Clue("Nora", "S2", 2.0, "Good morning, Nora", 0.0)], taken=["Rich"])
    'only “Good morning, Nora” at 0:00 may name this voice; if it does, give the name with --speakers'
    >>> unnamed_evidence("S2", [Clue("Rich", "S1", 4.0, "I'm Rich", 0.0)], taken=["Rich"])
    "no clear clue to this voice's name"
    """
    others = list(taken)
    hints = [clue for clue in clues if clue.speaker == voice and clue.weight >= LEAST_HINT]
    hints = [clue for clue in hints if not any(are_same(clue.name, name) for name in others)]
    if not hints:
        return "no clear clue to this voice's name"
    cited = "; ".join(dict.fromkeys(clue.citation for clue in sorted(hints, key=lambda clue: -clue.weight)[:3]))
    return f"only {cited} may name this voice; if it does, give the name with --speakers"


def seen_to(warnings: Iterable[TranscriptWarning]) -> tuple[TranscriptWarning, ...]:
    """The warnings that still apply to a draft that an editor has changed: without those about names, which are theirs
    now."""
    return tuple(warning for warning in warnings if warning.code not in _ABOUT_A_NAME)
