"""Check a file before it is decoded: whether it can be audio at all, and the length its header states.

The stated length may be wrong: `audio.decoding.decode` measures it.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from audio.episode import Seconds
from audio.errors import DecodeError, NoSoundError, NotARecordingError, SourceError
from audio.media import other_kind
from audio.structure.length import length_of

_TEXT_CHECK_BYTES = 4096  # read from the start to distinguish text from audio
_MAX_NAME_LENGTH = 80  # characters of a path in a message


def check_source(path: Path) -> None:
    """Refuse a file that cannot be audio, without decoding: not a regular file, unreadable, empty, or text.

    Raises `SourceError` and `DecodeError`, as `decode` does.
    """
    name = printable(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError("is a folder; name an audio file in it", about=name)
        if not stat.S_ISREG(mode):  # reading a pipe would block
            raise SourceError("is not a regular file; save the audio to a file first", about=name)
        with path.open("rb") as file:
            head = file.read(_TEXT_CHECK_BYTES)
    except PermissionError as exc:
        raise DecodeError("permission denied; make the file readable and run again", about=name) from exc
    except FileNotFoundError as exc:
        raise SourceError("no such file; check the name", about=name) from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the name
        raise SourceError(f"cannot be opened ({getattr(exc, 'strerror', exc)}); check the name", about=name) from exc
    if not head:
        raise NoSoundError("the file is empty; get the file again", about=name)
    if other := other_kind(head):
        raise NotARecordingError(f"is {other}, not a recording; give the recording itself", about=name)
    if not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head):  # the bytes file(1) never accepts as text
        told = "this is text, not audio (a web page or a playlist?); give the audio file itself"
        raise NotARecordingError(told, about=name)


def stated_length(path: Path) -> Seconds | None:
    """The length the file's framing states, or that follows from its size and bit rate; None if neither is known."""
    try:
        return length_of(path)
    except OSError:
        return None


def printable(path: Path | str, *, width: int = _MAX_NAME_LENGTH) -> str:
    """The path, or another name, on one line for a message; one of more than `width` characters is cut to its end."""
    name = str(path) if str(path).isprintable() else ascii(str(path))
    return name if len(name) <= width else f"…{name[1 - width :]}"
