"""How a reader says that it cannot read a file."""

from __future__ import annotations


class LineError(Exception):
    """A line that cannot be read; the message quotes it or gives its number."""
