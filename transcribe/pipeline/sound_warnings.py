"""What decoding found out about a recording's sound (`audio.decoding.notes`), as warnings of its transcript."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from audio.decoding.notes import Finding, SoundNote
from audio.episode import full_clock
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

_NAMED_STRETCHES = 3  # of a channel, in a sentence; all are in the values


def sound_warnings(notes: Sequence[SoundNote], *, duration: float) -> Iterator[TranscriptWarning]:
    """A warning for each finding; of a channel that is turned over in several stretches, one."""
    inverted: dict[tuple[int, Any], list[list[float]]] = {}
    for note in notes:
        details = note.details
        if note.finding is Finding.INVERTED:
            inverted.setdefault((note.track, details["channel"]), []).append(
                [float(str(details["start"])), float(str(details["end"]))]
            )
    for (track, channel), stretches in inverted.items():
        where = "" if _is_all(stretches, duration) else f"from {_stretches(stretches)} "
        values = {"track": track, "channel": channel, "stretches": stretches}
        yield _warn(WarningCode.CHANNEL_INVERTED, values, place=_place(track), where=where)
    for note in notes:
        if note.finding is not Finding.INVERTED:
            yield _of(note)


def _of(note: SoundNote) -> TranscriptWarning:
    details: Mapping[str, Any] = note.details
    values = {"track": note.track, **details}
    place = _place(note.track)
    if note.finding is Finding.CLIPPED:
        return _warn(WarningCode.CLIPPED, values, place=place)
    if note.finding is Finding.NO_NUMBERS:
        return _warn(WarningCode.NO_NUMBERS, values, place=_place(note.track))
    if note.finding is Finding.CLOSED_GAP:
        at, length = full_clock(details["start"]), full_clock(details["seconds"])
        return _warn(WarningCode.TIME_GAP, values, place=place, at=at, length=length)
    if note.finding is Finding.UNKNOWN_TIMES:
        since = f" from {full_clock(details['start'])} on" if details["start"] else ""
        return _warn(WarningCode.TIMES_UNKNOWN, values, place=place, since=since)
    if note.finding is Finding.LEVELLED:
        decibels = details["gain_db"]
        how = f"{decibels:.0f} dB louder" if decibels > 0 else f"{-decibels:.0f} dB quieter"
        what = "very quiet" if decibels > 0 else "louder than full scale"
        return _warn(WarningCode.LEVELLED, values, place=place, what=what, how=how)
    if left_out := [*details["dubbed"], *details.get("beyond", ())]:
        return _warn(WarningCode.TRACKS_LEFT_OUT, values, uses=_uses(details), numbers=_numbers(left_out))
    return _warn(WarningCode.SOUND_TRACKS, values, uses=_uses(details))


def _warn(code: WarningCode, values: Mapping[str, Any], **words: object) -> TranscriptWarning:
    return replace(warn(code, **(dict(values) | words)), values=values)


def _uses(details: Mapping[str, Any]) -> str:
    """What was done with each track."""
    verbs = {"heard": ("is heard", "are heard"), "silent": ("is silent", "are silent")}
    verbs |= {"copies": ("is a copy", "are copies"), "unreadable": ("cannot be read", "cannot be read")}
    why = ", as the same is spoken at the same time (another language?)"
    verbs |= {"dubbed": (f"is left out{why}", f"are left out{why}")}
    verbs |= {"beyond": ("is left out, as no more are taken", "are left out, as no more are taken")}
    parts = [
        f"{_numbers(details[use])} {several if len(details[use]) > 1 else one}"
        for use, (one, several) in verbs.items()
        if details.get(use)
    ]
    return "; ".join(parts)


def _numbers(numbers: Sequence[int]) -> str:
    first, *_, last = [*numbers[:1], *numbers]
    if last - first == len(numbers) - 1 > 2:
        return f"{first} to {last}"
    return " and ".join(filter(None, (", ".join(map(str, numbers[:-1])), str(last))))


def _place(track: int) -> str:
    return f"sound track {track}: " if track else ""


def _is_all(stretches: Sequence[Sequence[float]], duration: float) -> bool:
    return sum(end - start for start, end in stretches) >= duration - 1.0


def _stretches(stretches: Iterable[Sequence[float]]) -> str:
    shown = [f"{full_clock(start)} to {full_clock(end)}" for start, end in stretches]
    more = f" and {len(shown) - _NAMED_STRETCHES} more times" if len(shown) > _NAMED_STRETCHES else ""
    return ", ".join(shown[:_NAMED_STRETCHES]) + more
