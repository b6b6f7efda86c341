"""How a reader says that it cannot read a file."""

from __future__ import annotations


class ReadingError(Exception):
    """What is wrong, and where: `line 3: …`, `segments[12].start: …`. `read_transcript` adds the file's name."""


class OtherKindError(ReadingError):
    """The file is no text, but something else."""
