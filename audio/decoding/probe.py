"""How long a file says it is, without decoding it. What it says may be wrong: `audio.decoding.decode` finds out."""

from __future__ import annotations

import subprocess
from pathlib import Path

from audio.decoding.ffmpeg import Log, looking_command
from audio.episode import Seconds
from audio.errors import DecodeError

_PATIENCE = 20.0  # seconds for a header


def stated_length(path: Path) -> Seconds | None:
    """The length the file's header states, or ffmpeg's guess from its size; None where there is none to be had."""
    log = Log()
    try:
        with subprocess.Popen(
            looking_command(path), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            log.follow(process.stderr)
            process.wait(_PATIENCE)
    except (OSError, ValueError, DecodeError, subprocess.SubprocessError):
        return None
    return log.stated
