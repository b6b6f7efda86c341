"""WebVTT and SubRip as cues: times, and lines of text with their tags. What the cues say is read in `captions`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audio.episode import Seconds
from transcribe.readers.clocks import CLOCK, clock_seconds
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import MOST_SECONDS

_TIMING = re.compile(rf"\s*({CLOCK})\s*-->\s*({CLOCK})(?:\s.*)?")
_NOT_CUES = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


@dataclass(slots=True)
class Cue:
    """Lines shown from `start` to `end`; `line` is that of its times in the file."""

    start: Seconds
    end: Seconds
    line: int
    lines: list[str]


class _Reader:
    """Reads lines one by one: a cue's times open it, a blank line closes it."""

    def __init__(self, *, is_vtt: bool) -> None:
        self.cues: list[Cue] = []
        self._is_vtt = is_vtt
        self._is_open = False
        self._is_skipped = is_vtt  # the header, or a block of notes or styles
        self._loose: list[tuple[int, str]] = []  # since the last blank line, outside of a cue

    def read(self, number: int, line: str) -> None:
        if not line.strip():
            self.close()
        elif "-->" in line and (not self._is_open or line.lstrip()[:1].isdigit()):
            self._open(number, line)
        elif self._is_open:
            self.cues[-1].lines.append(line)
        elif not self._is_skipped:
            self._is_skipped = self._is_vtt and not self._loose and bool(_NOT_CUES.match(line))
            if not self._is_skipped:
                self._loose.append((number, line))

    def close(self) -> None:
        """At a blank line or the end: text after a blank line goes on with the cue before it."""
        for number, line in self._loose:
            if self.cues and not line.strip().isdigit():
                self.cues[-1].lines.append(line)
            elif not self.cues and not self._is_vtt and not line.strip().isdigit():
                raise ReadingError(f"line {number}: {line.strip()[:60]!r} belongs to no caption; correct that line")
        self._loose, self._is_open, self._is_skipped = [], False, False

    def _open(self, number: int, line: str) -> None:
        match = _TIMING.fullmatch(line)
        start, end = (clock_seconds(match[1]), clock_seconds(match[2])) if match else (None, None)
        if start is None or end is None:
            shown = line.strip()[:60]
            raise ReadingError(f"line {number}: these are not the times of a caption: {shown!r}; correct that line")
        if not start <= end <= MOST_SECONDS:
            raise ReadingError(f"line {number}: {start:g} to {end:g} s is not an interval; correct that line")
        if self._is_open and self.cues[-1].lines[-1:] and self.cues[-1].lines[-1].strip().isdigit():
            self.cues[-1].lines.pop()  # the next cue's number, after no blank line
        self._loose = self._loose[:-1]  # its number or identifier
        self.close()
        self.cues.append(Cue(start, end, number, []))
        self._is_open = True


def cues_of(text: str) -> list[Cue]:
    """The cues of a WebVTT or SubRip text, in the order of time. Raises `ReadingError`, which names the line."""
    reader = _Reader(is_vtt=text.lstrip().startswith("WEBVTT"))
    for number, line in enumerate(text.split("\n"), 1):
        reader.read(number, line)
    reader.close()
    return sorted(reader.cues, key=lambda cue: cue.start)
