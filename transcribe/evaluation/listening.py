"""The command that plays a passage of a recording, to be pasted into a shell.

A player that is installed, or else the ffmpeg that turnscript decodes with, which cuts the passage to a file.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from audio.disk import CacheKind, cache_folder
from audio.episode import Seconds

PLAYERS = ("ffplay", "mpv")
MARGIN = 1.0  # seconds played before and after a passage


def interval_to_hear(start: Seconds, end: Seconds, duration: Seconds) -> tuple[Seconds, Seconds]:
    """A passage with a margin on either side, within the recording.

    >>> interval_to_hear(0.4, 2.0, 2.5), interval_to_hear(7, 9, 2.5)
    ((0.0, 2.5), (1.5, 2.5))
    """
    end = min(max(end, 0.0) + MARGIN, duration)
    return max(0.0, min(start - MARGIN, end - MARGIN)), end


def listening_command(
    audio: Path, start: Seconds, end: Seconds, *, which: Callable[[str], str | None] = shutil.which
) -> tuple[str, ...]:
    """The program and its arguments that play `audio` from `start` to `end`, or cut it to a WAV file."""
    at, length, path = f"{start:.2f}", f"{max(end - start, 0.1):.2f}", _as_file(audio)
    if which("ffplay"):
        return ("ffplay", "-v", "error", "-nodisp", "-autoexit", "-ss", at, "-t", length, "-i", path)
    if which("mpv"):
        return ("mpv", "--no-video", f"--start={at}", f"--length={length}", "--", path)
    program = "ffmpeg" if which("ffmpeg") else _bundled_ffmpeg()
    name = f"{re.sub(r'[^A-Za-z0-9_-]+', '-', audio.stem)[:40].strip('-') or 'clip'}-at-{at}.wav"
    folder = cache_folder(CacheKind.SCORES)
    target = (folder if folder.is_dir() else Path(tempfile.gettempdir())) / name
    return (program, "-v", "error", "-y", "-ss", at, "-t", length, "-i", path, str(target))


def shell_line(command: Sequence[str], *, windows: bool = os.name == "nt") -> str:
    """The command as it is pasted: for a POSIX shell, or for PowerShell and cmd.

    Control characters and bytes that are not UTF-8 do not reach the terminal, nor what the log of a CI service would
    take for a command: they are escaped as bash and zsh read them.

    >>> print(shell_line(["ffplay", "-i", "a b.wav", "it's"], windows=False))
    ffplay -i 'a b.wav' 'it'"'"'s'
    >>> print(shell_line(["ffplay", "C:\\\\My clips\\\\a$b.wav"], windows=True))
    ffplay 'C:\\My clips\\a$b.wav'
    """
    if not windows:
        return " ".join(map(_posix, command))
    first, *rest = map(_windows, command)
    return " ".join([f"& {first}" if first[0] in "'\"" else first, *rest])


def _posix(argument: str) -> str:
    if argument.isprintable() and "##" not in argument:
        return shlex.quote(argument)
    escaped = (chr(byte) if 32 <= byte < 127 and byte not in b"'\\#" else f"\\x{byte:02x}" for byte in _bytes(argument))
    # a hexadecimal digit after an escape would belong to it
    text = re.sub(r"(\\x[0-9a-f]{2})(?=[0-9a-fA-F])", r"\1'$'", "".join(escaped))
    return f"$'{text}'"


def _bytes(argument: str) -> bytes:
    return argument.encode("utf-8", "surrogateescape")


def _windows(argument: str) -> str:
    """Bare, in double quotes, or, where PowerShell would read a variable in them, in single ones."""
    if re.fullmatch(r"[\w.:\\/=+-]+", argument):
        return argument
    if "$" in argument or "`" in argument:
        return "'" + argument.replace("'", "''") + "'"
    return f'"{argument}"'


def _as_file(audio: Path) -> str:
    """The path as no player mistakes it: not for an option, nor for a protocol such as `http:`."""
    path = str(audio)
    return path if audio.is_absolute() or not re.match(r"-|[^/\\]*:", path) else f".{os.sep}{path}"


def _bundled_ffmpeg() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())
