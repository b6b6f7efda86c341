"""What of a file's sound was not read, by what is measured: its framing, the decoded samples, ffmpeg's own counts.

The law: damage is only what loses sound. A tag, a picture, padding, an archive appended to the file, a sentence in the
log are none. What was not read is named by its length, or by its bytes where its length is not known. No text of the
file takes part (`audio.decoding.log`, `audio.structure`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.decoding.log import Log
from audio.decoding.probe import printable
from audio.episode import Seconds, full_clock
from audio.errors import DecodeError, NoSoundError
from audio.structure.content import Content, content_of
from audio.structure.parts import Structure
from audio.structure.view import Part

_TOLERANCE: Seconds = 0.2  # codecs begin and end with a few hundredths that are no sound
_LOSS: Seconds = 0.15  # in the middle of a file; less is lost at a splice of intact recordings
_COARSE = 0.002  # of a length that frames state: some are lost at every splice
_LEAST_SHARE = 0.1  # of a file's sound that is read, if nothing else shows that it is a recording
_TOLERATED_ERRORS = 5  # of ffmpeg, in a file whose framing is not known here


@dataclass(frozen=True, slots=True)
class Reading:
    """A sound track of a part of a file as it was decoded: `seconds` of sound, with ffmpeg's log, and of the silence
    that the file's timestamps state (`audio.decoding.timeline`)."""

    part: Part
    track: int
    seconds: Seconds
    log: Log
    silence: Seconds = 0.0
    has_times: bool = True  # ffmpeg stated when the file has each frame be heard


def failure(readings: Sequence[Reading], *, about: str) -> DecodeError:
    """Why nothing was decoded, and what to do about it."""
    first = readings[0]
    if first.part.outgrows_header and first.part.seconds and first.log.n_errors:
        length = full_clock(first.part.seconds)
        problem = f"its header states a size that is not that of its {length} of sound; save it again as another format"
        return DecodeError(problem, about=about)
    kind = NoSoundError if all(reading.log.has_no_sound for reading in readings) else DecodeError
    return kind(first.log.verdict, about=about)


def check_is_no_chance(path: Path, structure: Structure, readings: Sequence[Reading]) -> None:
    """Raise `DecodeError` for a file of another kind in which ffmpeg finds frames by chance, as in any megabytes.

    It begins as no recording does and has no framing of one, and nearly all of it is lost. Raises `OSError`.
    """
    decoded = sum(reading.seconds for reading in readings)
    lost = sum(reading.log.lost(reading.seconds) for reading in readings)
    if structure.is_known or decoded >= _LEAST_SHARE * (decoded + lost) or content_of(path) is not Content.OTHER:
        return
    found = f"of {full_clock(decoded + lost)} only {decoded:.1f} seconds look like sound, as in any bytes"
    raise DecodeError(f"is no recording: {found}; check or convert the file", about=printable(path))


def damage_warnings(path: Path, structure: Structure, readings: Sequence[Reading]) -> tuple[str, ...]:
    """The warning about what of a file was not read: at most one sentence."""
    problem = _problem(structure, readings)
    return (f"{printable(path)}: {problem}",) if problem else ()


def _problem(structure: Structure, readings: Sequence[Reading]) -> str:
    decoded = sum(reading.seconds for reading in readings)
    if absent := sum(map(_absent, readings)):
        if all(map(_may_have_gaps, readings)):
            length = f"{full_clock(decoded)} of sound and is {full_clock(decoded + absent)} long"
            return (
                f"has {length}; ffmpeg before version 6 leaves gaps out, so that times come early; install a newer one"
            )
        if absent < 1:
            return f"{absent:.1f} seconds could not be read, the rest is {full_clock(decoded)}; get a complete copy"
        part = f"{full_clock(decoded)} of {full_clock(decoded + absent)}"
        return f"only {part} could be read, the file is cut or damaged; get a complete copy"
    lost = sum(map(_lost, readings))
    if lost > _LOSS:
        return f"damaged in places, about {lost:.1f} seconds of sound are lost; listen to it to check"
    unread = structure.unread + sum(map(_unread, readings))
    unread += 0 if structure.is_known else readings[0].log.unread(readings[0].part.end)
    if unread:
        size = f"{unread / 1e6:.1f} MB" if unread >= 100_000 else f"{unread / 1000:.0f} kB"
        return f"{size} of it could not be read as sound, the rest is {full_clock(decoded)}; get a complete copy"
    if any(reading.part.ends_open or reading.part.missing for reading in readings):
        return f"ends after {full_clock(decoded)} without an end mark; if something is missing, get a complete copy"
    if structure.is_known:
        return ""
    errors = readings[0].log.n_errors
    if errors > _TOLERATED_ERRORS:
        first = readings[0].log.first_error
        return f"damaged in places ({errors} errors, first: {first}); listen to it to check"
    return ""


def _unread(reading: Reading) -> int:
    return 0 if reading.seconds else reading.part.end - reading.part.start


def _absent(reading: Reading) -> Seconds:
    """How much shorter the decoded sound is than the framing states."""
    stated = reading.part.seconds_of(reading.track) or 0.0
    tolerance = _TOLERANCE if reading.part.is_exact else max(0.5, _COARSE * stated)
    absent = stated - reading.seconds - reading.silence
    return absent if absent > tolerance else 0.0


def _may_have_gaps(reading: Reading) -> bool:
    """Whether a file is longer than its sound and nothing shows that sound is missing."""
    log, part = reading.log, reading.part
    is_whole = not (log.n_errors or log.lost(reading.seconds) or part.missing or part.foreign or part.ends_open)
    return is_whole and not reading.has_times and part.keeps_time


def _lost(reading: Reading) -> Seconds:
    """How much sound is missing in the middle. In bare frames the chain tells it, as junk is a packet for ffmpeg."""
    part, decoded = reading.part, reading.seconds
    sound = part.end - part.start - part.foreign - part.blank
    a_byte = (part.seconds or decoded) / sound if sound > 0 else 0.0
    foreign = part.foreign * a_byte
    if part.has_frames:
        return foreign + max((part.seconds or decoded) - decoded - _TOLERANCE, 0.0)
    # what an edit list cuts away leaves no gap in the sound, nor do zeros that a disc is filled with
    return foreign + min(reading.log.lost(decoded) + part.blank * a_byte, reading.silence)
