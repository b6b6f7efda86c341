"""What an editor should know of words that were heard otherwise, and written as names that were given. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from audio.episode import full_clock
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

if TYPE_CHECKING:
    from transcribe.recognition.glossary_correction import Correction

_CHANGES_TOLD, _TIMES_TOLD = 5, 3  # of changes, and of the times of each; all are in the values


def names_written(corrections: Sequence[Correction]) -> tuple[TranscriptWarning, ...]:
    """The warning for these corrections by names; none if nothing but capitals was changed.

    >>> from transcribe.recognition.glossary_correction import Correction
    >>> [told] = names_written([Correction(3.0, 3.4, "Nora", "Noor"), Correction(41.0, 41.5, "Nora", "Noor")])
    >>> told.message
    '2 words were written as names that were given: Nora → Noor (0:00:03, 0:00:41); if that is wrong, correct the draft'
    """
    changed = [each for each in corrections if each.heard.casefold() != each.written.casefold()]
    if not changed:
        return ()
    times: dict[tuple[str, str], list[str]] = {}
    for each in sorted(changed, key=lambda each: each.start):
        times.setdefault((each.heard, each.written), []).append(full_clock(each.start))
    told = [f"{heard} → {written} ({_listed(at, _TIMES_TOLD)})" for (heard, written), at in times.items()]
    words = sum(len(each.heard.split()) for each in changed)
    what = f"{words} words were written as names that were" if words > 1 else "1 word was written as a name that was"
    warning = warn(WarningCode.NAMES_WRITTEN, what=what, changes=_listed(told, _CHANGES_TOLD))
    return (replace(warning, values={"corrections": [asdict(each) for each in changed]}),)


def _listed(items: Sequence[str], most: int) -> str:
    """
    >>> _listed(["0:03", "0:41", "1:07"], 3), _listed(["0:03", "0:41", "1:07"], 2)
    ('0:03, 0:41, 1:07', '0:03, 0:41 and 1 more')
    """
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
