"""How sure a name is: what the warnings and the evidence of `transcribe.speakers.naming` begin and end with, and who
reads them.

A transcript keeps both as text, for people; what they mean is asked here, so that nobody else has to know the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from transcribe.transcript import Speaker

WHO_IS, THAT_SPEAKS = "who is {} is a guess", "that {} speaks is a guess"  # begin warnings
NAMED_BY = "{} is named by"  # … of a voice on file that calls itself otherwise
GIVEN = "{} is given to a voice"  # … of one that nothing tells from others
BY_ORDER, LEFT = "by order of appearance", "left"  # the evidence, and how it ends, of whoever is not told from others


def is_placeholder(name: str, guest: str) -> bool:
    """Whether a name only stands for somebody of whom no name is known; `guest` is the setting.

    >>> is_placeholder("guest 2", "Guest"), is_placeholder("Guest Lind", "Guest")
    (True, False)
    """
    return re.fullmatch(rf"{re.escape(guest.casefold())}(?: \d+)?", name.casefold()) is not None


def is_guess(speaker: Speaker, warnings: Iterable[str]) -> bool:
    """Whether the name `name_speakers` gave this speaker may well be another's, by the warnings it gave.

    Who got the name that was left over is as uncertain as who the others are.
    """
    told = [form.format(speaker.name) for form in (WHO_IS, THAT_SPEAKS, NAMED_BY)]
    others_are = any(warning.startswith(WHO_IS.partition("{}")[0]) for warning in warnings)
    return (
        speaker.evidence == BY_ORDER
        or (speaker.evidence.endswith(f" {LEFT}") and others_are)
        or any(warning.startswith(beginning) for warning in warnings for beginning in told)
    )


def still_told(warnings: Iterable[str], *, before: Iterable[Speaker], after: Iterable[Speaker]) -> tuple[str, ...]:
    """The warnings but those about names of `before` that nobody of `after` has, since an editor gave others."""
    gone = {speaker.name for speaker in before} - {speaker.name for speaker in after}
    beginnings = tuple(form.format(name) for name in gone for form in (WHO_IS, THAT_SPEAKS, NAMED_BY, GIVEN))
    return tuple(warning for warning in warnings if not warning.startswith(beginnings))
