"""The samples of a recording from a moment on, at once: to be heard while all of it is decoded.

The law: what is read from a moment is what `decode` has there, to the millisecond, or to a tenth of a second where
timestamps jump by less than `decode` takes for a gap. So it is offered only for one plain track of one part whose
container finds a moment exactly and states the length that was decoded: then no silence was put in, and nothing is
missing. The others are `decode`'s.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from audio.decoding.choice import find_ffmpeg
from audio.decoding.ffmpeg import Output, decode_command, samples_command, start
from audio.decoding.log import Log
from audio.decoding.process import Program, ended_after
from audio.decoding.samples import SAMPLE_RATE, scratch_folder
from audio.decoding.timeline import SHORTEST_GAP, counts_from_zero, statements_in
from audio.decoding.tracks import sound_tracks
from audio.episode import Seconds
from audio.media import HEAD_BYTES, audio_suffix
from audio.structure.parts import structure_of
from audio.structure.view import Part
from audio.trust import open_regular

_TIMED = frozenset({".m4a", ".m4b", ".mka", ".mov", ".mp4", ".wma"})
_COUNTED = frozenset({".aiff", ".au", ".caf", ".wav"})  # whose moments are places, if all seconds have as many bytes
_TOLERANCE: Seconds = 0.1  # by which the stated length may be off: padding
_TIMEOUT: Seconds = 20.0  # for ffmpeg to decode the first frames


@dataclass(frozen=True, slots=True)
class SeekableSound:
    """A recording that can be read from any moment on. `begins`: of its first sample, in ffmpeg's time."""

    path: Path
    part: Part
    begins: Seconds

    def read_from(self, moment: Seconds) -> Program:
        """A program that writes the samples from a moment on, mono at 16 kHz as int16; end it with `kill`.

        Raises `OSError`, and `DecodeError` without an ffmpeg.
        """
        from_zero = counts_from_zero(self.path, at=self.part.start)
        command = samples_command(self.path, moment + self.begins, part=self.part, from_zero=from_zero)
        return start(command, stdout=subprocess.PIPE)


def seekable_sound(path: Path, *, duration: Seconds) -> SeekableSound | None:
    """The recording, of which `duration` seconds were decoded; None if it can only be decoded from its start.

    Raises `OSError`, and `DecodeError` without an ffmpeg.
    """
    parts = structure_of(path).parts
    stated = parts[0].seconds
    if len(parts) > 1 or stated is None or abs(stated - duration) > _TOLERANCE or not find_ffmpeg().states_times:
        return None
    with open_regular(path) as file:
        suffix = audio_suffix(file.read(HEAD_BYTES))
    tracks = sound_tracks(path)
    if len(tracks) != 1 or not (suffix in _TIMED or (suffix in _COUNTED and tracks[0].codec.startswith("pcm_"))):
        return None
    return SeekableSound(path, parts[0], 0.0 if counts_from_zero(path, at=parts[0].start) else _begins(path, parts[0]))


def _begins(path: Path, part: Part) -> Seconds:
    """The timestamp of the first sample, if that is before what `decode` takes for a gap."""
    with scratch_folder("times") as folder:
        times = folder / "times"
        program = start(decode_command(path, Output(times=times, ends=1.0), part=part), stdout=subprocess.DEVNULL)
        with program, ended_after(program, _TIMEOUT):
            assert program.stderr
            Log().follow(program.stderr)
        try:
            with times.open("rb") as file:
                first, _ = next(statements_in(file), (0, 0))
        except FileNotFoundError:
            return 0.0
    return first / SAMPLE_RATE if 0 < first < SHORTEST_GAP else 0.0
