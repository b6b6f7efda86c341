"""WebVTT and SubRip as cues: times, and lines of text with their tags. What the cues say is read in `captions`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audio.episode import Seconds
from transcribe.readers.clocks import CLOCK, clock_seconds
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import MOST_SECONDS

_TIMING = re.compile(rf"\s*({CLOCK})\s*-->\s*({CLOCK})(?:\s.*)?")
_NOT_CUES = re.compile(r"(NOTE|STYLE|REGION)(?:\s+|$)")
_SETTING = re.compile(r"[\w-]{1,40}\s{0,3}[:=]")  # of a header, such as `Kind: captions`


_MOST_DIGITS = 9  # of a cue's number


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
        self.notes: list[str] = []  # what the file says beside its captions
        self._number = 0  # of the last cue that has one
        self._is_note = is_vtt  # the header says something, too
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
        elif self._is_skipped:
            self._note(line)
        elif self._is_vtt and not self._loose and (match := _NOT_CUES.match(line)):
            self._is_skipped, self._is_note = True, match[1] == "NOTE"
            self._note(line[match.end() :])
        else:
            self._loose.append((number, line))

    def _note(self, line: str) -> None:
        """A line of a remark or of the header; styles and settings are no text."""
        text = line.strip().removeprefix("\ufeff").removeprefix("WEBVTT").lstrip(" \t-–—")
        if self._is_note and text and (self.cues or self.notes or not _SETTING.match(text)):
            self.notes.append(text)

    def _is_number(self, line: str) -> bool:
        """Whether a line has the number of the next cue; another one is text."""
        return line.strip().isdecimal() and int(line.strip()[:_MOST_DIGITS]) in (self._number + 1, 0)

    def close(self) -> None:
        """At a blank line or the end: text after a blank line goes on with the cue before it."""
        for number, line in self._loose:
            if self._is_number(line):
                self._number += 1
            elif self.cues:
                self.cues[-1].lines.append(line)
            elif not self._is_vtt and not line.strip().isdigit():
                raise ReadingError(f"line {number}: {line.strip()[:60]!r} belongs to no caption; correct that line")
        self._loose, self._is_open, self._is_skipped = [], False, False

    def _identified(self, name: str) -> None:
        """The identifier of the next cue: a number, or a name, which is told if it is words."""
        if name.isdecimal():
            self._number = int(name[:_MOST_DIGITS])
        elif " " in name:
            self.notes.append(name)

    def _open(self, number: int, line: str) -> None:
        match = _TIMING.fullmatch(line)
        start, end = (clock_seconds(match[1]), clock_seconds(match[2])) if match else (None, None)
        if start is None or end is None:
            shown = line.strip()[:60]
            raise ReadingError(f"line {number}: these are not the times of a caption: {shown!r}; correct that line")
        if not start <= end <= MOST_SECONDS:
            raise ReadingError(f"line {number}: {start:g} to {end:g} s is not an interval; correct that line")
        if self._is_open and self.cues[-1].lines[-1:] and self._is_number(self.cues[-1].lines[-1]):
            self._number = int(self.cues[-1].lines.pop())  # the next cue's number, after no blank line
        if self._loose and (self._is_vtt or self._loose[-1][1].strip().isdigit()):
            self._identified(self._loose.pop()[1].strip())
        self.close()
        self.cues.append(Cue(start, end, number, []))
        self._is_open = True


def cues_of(text: str) -> tuple[list[Cue], str]:
    """The cues of a WebVTT or SubRip text, in the order of time, and its remarks.

    Raises `ReadingError`, which names the line.
    """
    reader = _Reader(is_vtt=text.lstrip().startswith("WEBVTT"))
    for number, line in enumerate(text.split("\n"), 1):
        reader.read(number, line)
    reader.close()
    return sorted(reader.cues, key=lambda cue: cue.start), " ".join(reader.notes)
