"""Which recordings a file consists of, by its own framing, and what in it is none.

The law: every byte of a file is in a part, in a tag, an appended archive or padding, or is counted as unread. The
framing is read here and not in ffmpeg's log: a title, a key or a file's name can write into that, but not into this.
Text in a file is never looked at. What is not known here is one part from the beginning to the end, of unknown length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from audio.structure.blocks import au_from, flac_from, tta_from, wavpack_from
from audio.structure.boxes import boxes_from
from audio.structure.chunks import chunks_from
from audio.structure.ebml import segments_from
from audio.structure.films import asf_from, flv_from
from audio.structure.frames import amr_from, frames_from
from audio.structure.ogg import links_from
from audio.structure.outlines import is_cut
from audio.structure.streams import program_from, transport_from, voice_from
from audio.structure.tails import after_tags, is_blank
from audio.structure.view import Part, View
from audio.trust import open_regular

_MAX_PARTS = 64
_LEADING_ZEROS = 3
_SOUND_CHUNKS = (b"data", b"SSND")  # ffmpeg does not pass over a second one
_LEAST_UNREAD = 32_768  # bytes after the last part; less is what a program left there, or the rest of a tag
_ATTACHED = (
    b"PK\3\4",
    b"PK\5\6",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b\x08",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"%PDF",
    b"<?xp",
    b"<x:x",
)


@dataclass(frozen=True, slots=True)
class Structure:
    """The parts of a file in order, at least one. `unread` bytes follow the last one and are nothing known.

    `is_known`: the file's framing is one that is read here.
    """

    parts: tuple[Part, ...]
    unread: int = 0
    is_known: bool = True

    @property
    def seconds(self) -> float | None:
        """The length of all parts, None if that of one is not stated."""
        lengths = [part.seconds for part in self.parts]
        return None if None in lengths else sum(length for length in lengths if length)


def structure_of(path: Path) -> Structure:
    """Raises `OSError`."""
    with open_regular(path) as file:
        return structure_in(View(file))


def structure_in(view: View) -> Structure:
    """The structure of an open file, in time and reads that grow with its size."""
    parts: list[Part] = []
    at = 0
    while at < view.size and len(parts) < _MAX_PARTS:
        padding_end = _after_padding(view, at) if parts else at
        # some formats begin with zeros of their own
        starts = range(padding_end, max(at, padding_end - _LEADING_ZEROS) - 1, -1)
        found = next(filter(None, (_parts_from(view, start) for start in starts)), ())
        at = padding_end
        if not found:
            break
        parts += found
        at = found[-1].end
    if not parts:
        unknown = Part(0, view.size, keeps_time=True, is_whole=True, ends_open=is_cut(view))
        return Structure((unknown,), is_known=False)
    if len(parts) == 1 and parts[0].start == 0 and view.at(at, 4) not in _SOUND_CHUNKS:
        parts = [replace(parts[0], is_whole=True)]
    return Structure(tuple(parts), unread=_unread(view, _after_padding(view, at)))


_Walker = Callable[[View, int], Part | None]
_HEADED: tuple[_Walker, ...] = (  # before which ffmpeg passes over no tag
    *(chunks_from, boxes_from, segments_from, asf_from, flv_from),
    *(wavpack_from, au_from, voice_from, amr_from),
    *(transport_from, program_from),
)
_WALKERS: tuple[_Walker, ...] = (flac_from, tta_from, *_HEADED, frames_from)


def _parts_from(view: View, at: int) -> tuple[Part, ...]:
    """The recordings of one kind that begin at `at`, or after the tags there."""
    is_tagged = view.at(at, 3) == b"ID3"
    start = after_tags(view, at) if is_tagged else at
    if view.at(start, 5) == b"OggS\0":
        return links_from(view, start)
    for walker in _WALKERS:
        part = walker(view, start if walker in _HEADED else at)
        if part and part.end > at:
            return (part,)
    return ()


def _after_padding(view: View, at: int) -> int:
    """Where tags and zeros after a part end."""
    at = after_tags(view, at)
    if is_blank(view, at):
        return view.size
    block = view.at(at, 1 << 16)
    zeros = len(block) - len(block.lstrip(b"\0"))
    return after_tags(view, at + zeros) if zeros < len(block) else at


def _unread(view: View, at: int) -> int:
    rest = view.size - at
    return 0 if rest < _LEAST_UNREAD or view.at(at, 4).startswith(_ATTACHED) else rest
