"""A file's bytes by offset, read in blocks, and what a walk along its framing finds: a `Part`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import BinaryIO

from audio.episode import Seconds

_BLOCK = 1 << 20
_PAGE = 1 << 12  # of what is read where something else was passed over


class View:
    """The bytes of an open file from 0 to `size`; the last block read is kept."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self._start = 0
        self._block = b""

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`; fewer at the file's end, none outside of it."""
        if not 0 <= offset < self.size:  # a stated size can lead anywhere
            return b""
        first = offset - self._start
        if first < 0 or first + count > len(self._block):
            goes_on = 0 <= first <= len(self._block)
            self._file.seek(offset)
            self._start, first = offset, 0
            self._block = self._file.read(max(count, _BLOCK if goes_on else _PAGE))
        return self._block[first : first + count]

    def find(self, pattern: re.Pattern[bytes], start: int, *, overlap: int = 64) -> int:
        """Where `pattern`, of at most `overlap` bytes, begins at or after `start`; -1 if nowhere."""
        length = _PAGE  # what is sought may be near, many times
        while start < self.size:
            block = self.at(start, length)
            if match := pattern.search(block):
                return start + match.start()
            if start + len(block) >= self.size:
                break
            start += len(block) - overlap
            length = min(2 * length, _BLOCK)
        return -1


@dataclass(frozen=True, slots=True)
class Part:
    """A recording in a file by its own framing: the bytes from `start` to `end`, and what is wrong with them."""

    start: int
    end: int
    seconds: Seconds | None = None  # the length its framing states, of the longest sound track
    tracks: tuple[Seconds, ...] = ()  # the length of each sound track, if the framing states them
    missing: int = 0  # bytes that are stated and not there
    foreign: int = 0  # bytes between its frames or pages that belong to none, nor to a tag
    blank: int = 0  # bytes of zeros between its packs: sectors of a disc that hold nothing, or that could not be read
    ends_open: bool = False  # its last frame is incomplete, or its end is not marked
    outgrows_header: bool = False  # its header states less sound than there is
    is_wav: bool = False  # of which ffmpeg can be told to pass over what the header states
    keeps_time: bool = False  # it states when sound is heard, so that it can start late and have gaps
    is_exact: bool = True  # as much sound as stated can be decoded; bare frames depend on others, maybe elsewhere
    has_frames: bool = False  # it consists of frames alone, and `seconds` is their sum
    is_whole: bool = False  # nothing else is in the file but what ffmpeg passes over

    def seconds_of(self, track: int) -> Seconds | None:
        """The length of a sound track, None if it is not stated."""
        return self.tracks[track] if track < len(self.tracks) else self.seconds
