"""ffmpeg's log of one run, reduced to a few facts.

The law: no line that a file can write into is read for a fact. Titles, their keys, languages and file names stand in
the log as the file has them, line breaks included. ffmpeg replaces the escape character in all of them, so a message
that begins in ffmpeg's colours is ffmpeg's own; of those only numbers that ffmpeg counted are facts, and whether a
message is an error. The report on the file has no colours and is not read at all. How long a file is and where it ends
is read from its framing (`audio.structure`).
"""

from __future__ import annotations

import re
from typing import IO

from audio.episode import Seconds
from audio.shortage import MEMORY, says_shortage

_MAX_LINE = 1000  # bytes of a line of the log; the rest of it is dropped
# "[error] " in a colour, then the message in the same one: of 16 or 256 (AV_LOG_FORCE_256COLOR)
_COLOUR = r"(?:\x1b\[[\d;]*m)+"
_LEVEL = re.compile(rf"{_COLOUR}\[(verbose|warning|error|fatal|panic)\] {_COLOUR}([^\x1b]*)")
_COUNTS = re.compile(
    r"  Input stream #0:\d+ \(audio\): (\d{1,18}) packets read \(\d+ bytes\); (\d{1,18}) frames decoded"
)
_READ = re.compile(r"Statistics: (\d{1,18}) bytes read")
_BUFFER = 65_536  # bytes that may be left over at an end that was reached
_ESCAPES = re.compile(_COLOUR)
_MAX_ERROR_LENGTH = 60  # characters of an ffmpeg error in a message
_USUAL_LOSS = 2  # packets that decode to nothing in an intact file: the first and the last of some codecs


class Log:
    """ffmpeg's stderr, read line by line, however long it is."""

    def __init__(self) -> None:
        self.n_errors = 0
        self.first_error = ""  # for people
        self._n_packets = 0
        self._n_frames = 0
        self._n_read = 0
        self._reasons: set[str] = set()
        self._lacks_memory = False

    def follow(self, stream: IO[bytes]) -> None:
        """Read to the end; run it in its own thread."""
        while line := stream.readline(_MAX_LINE):
            self._parse(line.decode("utf-8", "replace").rstrip())
            while line and not line.endswith(b"\n"):
                line = stream.readline(_MAX_LINE)

    def _parse(self, line: str) -> None:
        # a line ends before its colour does, so the next one begins with the end of that
        match = _LEVEL.search(line)
        if match is None:
            return
        if match[1] == "verbose":
            if counts := _COUNTS.match(_ESCAPES.sub("", line[match.start(2) :])):
                self._n_packets += int(counts[1])
                self._n_frames += int(counts[2])
            elif read := _READ.match(match[2]):
                self._n_read += int(read[1])
        elif match[1] != "warning":
            error = "".join(char if char.isprintable() else " " for char in match[2].strip())
            self.n_errors += 1
            self.first_error = self.first_error or _shortened(error)
            self._lacks_memory |= says_shortage(error)
            self._reasons |= {why for beginning, why in _REASONS.items() if re.match(beginning, error)}

    def lost(self, decoded: Seconds) -> Seconds:
        """How much sound the packets held that could not be decoded, if `decoded` seconds could."""
        n_lost = self._n_packets - self._n_frames - _USUAL_LOSS
        return decoded * n_lost / self._n_frames if n_lost > 0 and self._n_frames else 0.0

    def unread(self, size: int) -> int:
        """How many bytes of a file of `size` ffmpeg cannot have read: it may have read others twice."""
        rest = size - self._n_read
        return rest if self._n_read and rest > _BUFFER else 0

    @property
    def has_no_sound(self) -> bool:
        """Whether nothing but the absence of sound is why there are no samples."""
        return not self._lacks_memory and (self._reasons == {_NO_SOUND} or not self.n_errors)

    @property
    def verdict(self) -> str:
        """Why there are no samples, and what to do about it."""
        for why in _REASONS.values():
            if why in self._reasons:
                return why
        if self._lacks_memory:
            return f"ffmpeg cannot read it here ({self.first_error}): {MEMORY}"
        if not self.n_errors:
            return _NO_SOUND
        reason = "no readable frame" if self.first_error.startswith("Decode error rate") else self.first_error
        return f"is not audio ffmpeg can read ({reason or 'no readable frame'}); check or convert the file"


def _shortened(error: str) -> str:
    """An error as a message has room for it: cut after a word, if it has several."""
    if len(error) <= _MAX_ERROR_LENGTH:
        return error
    beginning = error[:_MAX_ERROR_LENGTH]  # with the character that the ellipsis takes: it may be a blank
    words = beginning.rpartition(" ")[0].rstrip(" ,;:")
    return f"{words or beginning[:-1]}…"


_NO_SOUND = "contains no sound; give a recording, or a video with a sound track"
_REASONS = {  # how ffmpeg's messages begin; its first error otherwise
    r"Stream map '[^']*' matches no streams|Output file .{0,20}does not contain any stream": _NO_SOUND,
    r"moov atom not found": "its end is missing, including the index ffmpeg needs; get a complete copy",
    r"[^']{0,20}'[^']{0,40}' not on whitelist|Format not on whitelist": (
        "is a playlist, an image or of another format that is not read here; give its sound as WAV, FLAC or MP3"
    ),
}
