"""What a file is by its content, from a few blocks of it: a folder holds thousands that are no recordings."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from audio.media import HEAD_BYTES, magic_suffix
from audio.structure import boxes, ebml
from audio.structure.frames import rough_length
from audio.structure.streams import is_transport_stream
from audio.structure.view import View
from audio.trust import open_regular

_AVI_HEADERS = 1 << 16  # bytes in which the streams of a film are stated


class Content(Enum):
    """The kinds of content of a file in a folder."""

    RECORDING = "recording"
    SILENT_FILM = "silent film"  # pictures without a sound track
    OTHER = "other"


def content_of(path: Path) -> Content:
    """Raises `OSError`, at once for what is no regular file."""
    with open_regular(path) as file:
        view = View(file)
        suffix = magic_suffix(view.at(0, HEAD_BYTES))
        if suffix in (".mp4", ".m4a", ".m4b", ".mov"):
            return Content.SILENT_FILM if boxes.lacks_sound(view) else Content.RECORDING
        if suffix == ".mka":
            return Content.SILENT_FILM if ebml.lacks_sound(view) else Content.RECORDING
        if suffix == ".avi":
            streams = view.at(0, _AVI_HEADERS)
            lacks_sound = b"strh" in streams and b"auds" not in streams
            return Content.SILENT_FILM if lacks_sound else Content.RECORDING
        if suffix or is_transport_stream(view) or rough_length(view) is not None:
            return Content.RECORDING
    return Content.OTHER
