"""Which ffmpeg decodes.

The law: the times and warnings of a recording do not depend on which ffmpeg a machine has, if one of those there can
state when the file has each frame be heard (`audio.decoding.timeline`). So the one on the PATH is used if it knows that
option, else the one of a wheel if that does. Whether it does is asked of the program itself, once a process: a version
is a sentence. Where neither does, files are decoded by one that runs, and those whose sound may start late get a note.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from dataclasses import dataclass

from audio.decoding.timeline import STATEMENT
from audio.episode import Seconds
from audio.errors import DecodeError

_TIMEOUT: Seconds = 20.0  # a first start from a slow disk takes a few seconds


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The program in use. `passed_over` is the one on the PATH, if another is used as that one cannot state times."""

    path: str
    states_times: bool
    passed_over: str = ""


def times_options(path: str) -> list[str]:
    """ffmpeg's options that state the times of an output's frames in a file."""
    return ["-stats_enc_pre", path, "-stats_enc_pre_fmt", STATEMENT]


def find_ffmpeg() -> Ffmpeg:
    """The ffmpeg in use. Raises `DecodeError` without any."""
    installed = shutil.which("ffmpeg")
    if installed and states_times(installed):
        return Ffmpeg(installed, states_times=True)
    try:
        import imageio_ffmpeg

        bundled = str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as exc:
        if installed:
            return Ffmpeg(installed, states_times=False)
        raise DecodeError(
            "ffmpeg is not installed, or cannot be started with the memory this process may use (`ulimit -v`); run "
            "`pip install imageio-ffmpeg`, or install ffmpeg, or raise that limit"
        ) from exc
    if states_times(bundled):
        return Ffmpeg(bundled, states_times=True, passed_over=installed or "")
    return Ffmpeg(installed or bundled, states_times=False)


@functools.cache
def states_times(program: str) -> bool:
    """Whether an ffmpeg runs and knows the option: with one it does not know it ends in an error."""
    command = [program, "-nostdin", *times_options("unused"), "-version"]
    nowhere = subprocess.DEVNULL
    try:
        done = subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=False, timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
