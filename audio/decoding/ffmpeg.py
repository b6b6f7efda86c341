"""Find ffmpeg, build its command line for an untrusted file, start it, and read its log.

A file name never becomes an option or a protocol, playlists open no other file, and large pictures are not decoded.

What a file says about itself stands in ffmpeg's log: titles, their keys, languages. So the log is read by what a file
cannot write. Warnings and errors are those in ffmpeg's colours, as it replaces the escape character in all other text.
The report on the file has no colours; a length it states twice is not believed, and no line continues after a long one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from audio.decoding.process import Program
from audio.decoding.samples import SAMPLE_RATE
from audio.episode import Seconds
from audio.errors import DecodeError
from audio.shortage import MEMORY, says_shortage

_MAX_LINE = 1000  # bytes of a line of the log; the rest of it is dropped
_MAX_PIXELS = 10_000_000  # of a cover, which ffmpeg decodes to learn its format: 3000 × 3000 is usual for podcasts
# "[error] " in a colour, then the message in the same one: of 16 or 256 (AV_LOG_FORCE_256COLOR)
_COLOUR = r"(?:\x1b\[[\d;]*m)+"
_LEVEL = re.compile(rf"{_COLOUR}\[(warning|error|fatal|panic)\] {_COLOUR}([^\x1b]*)")
_CONTEXT = re.compile(rf"^{_COLOUR}\[([^\x1b]*?)\] (?=\x1b)")
_DURATION = re.compile(r"\[info\]   Duration: (\d{2,6}):(\d\d):(\d\d\.\d{1,6}),")
_STREAM = re.compile(r"\[info\]   Stream #0:\d")
_KIND = re.compile(r": (Video|Audio|Subtitle|Data|Attachment|Unknown): ")
_MAX_ERROR_LENGTH = 60  # characters of an ffmpeg error in a message
# Harmless ffmpeg errors: a tag between two joined mp3s, what concerns only tags and pictures, and what ffmpeg repeats
# after every real error.
_HARMLESS = re.compile(r"Header missing|Error submitting packet|Decoding error|Picture size|Incorrect BOM value")
# Containers that hold their own sound. Excluded are those that refer to other files or addresses (hls, concat, dash,
# sdp, imf, avisynth, image sequences …), whatever the file's name or first bytes claim.
_CONTAINERS = (
    "aa,aac,aax,ac3,ac4,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,ircam,loas,"
    "matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,tak,truehd,tta,voc,w64,wav,wtv,"
    "wv,xwma"
)
_CHECKSUMS = ["-map_metadata", "-1", "-bitexact", "-f", "framecrc", "pipe:1"]


def decode_command(path: Path, *, track: int = 0) -> list[str]:
    """ffmpeg's command line: a file's sound track in, PCM with a WAV header (for the number of channels, one or two)
    out. `track` counts the sound tracks from 0."""
    sound = ["-map", f"0:a:{track}"]
    pcm = ["-af", "aformat=channel_layouts=mono|stereo", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"]
    output = ["-map_metadata", "-1", "-bitexact", "-f", "wav", "pipe:1"]
    return [*probe_command(path), *sound, *pcm, *output]


def tracks_command(path: Path) -> list[str]:
    """ffmpeg's command line that writes the properties of every sound track, and no sound (`audio.decoding.tracks`).

    Channels of which the file states no positions are given none.
    """
    return [*probe_command(path, "-guess_layout_max", "0"), "-map", "0:a", "-c", "copy", "-t", "0", *_CHECKSUMS]


def probe_command(path: Path, *options: str) -> list[str]:
    """ffmpeg's command line that opens a file and reports its contents, without decoding; `options` are the input's."""
    return [*_program(), *input_options(path, *options)]


def _program() -> list[str]:
    return [find_ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"]


def input_options(path: Path, *options: str) -> list[str]:
    """The part of ffmpeg's command line that opens a file that is not trusted."""
    sandbox = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS]
    sandbox += ["-max_pixels", str(_MAX_PIXELS)]
    return [*sandbox, *options, "-i", f"file:{os.path.abspath(path)}"]  # noqa: PTH100 - Path.absolute keeps ".."


def writing_command(inputs: Sequence[Path], *options: str) -> list[str]:
    """ffmpeg's command line that reads files and writes what `options` say."""
    return [*_program(), *(option for path in inputs for option in input_options(path)), *options]


def start(command: list[str], *, stdout: int) -> Program:
    """Start ffmpeg with its log in colours on a pipe. Raises `OSError`."""
    plain = ("NO_COLOR", "AV_LOG_FORCE_NOCOLOR")
    environment = {name: value for name, value in os.environ.items() if name not in plain}
    environment["AV_LOG_FORCE_COLOR"] = "1"
    return Program(command, stdout=stdout, environment=environment)


class Log:
    """ffmpeg's stderr, read line by line and reduced to a few facts, however long it is."""

    def __init__(self) -> None:
        self.stated: Seconds | None = None  # the length the file states
        self.estimated = False  # that length is ffmpeg's estimate from the bit rate
        self.has_video = False  # a video may be longer than its sound
        self.cut = False  # the last packet is incomplete
        self.is_mpeg = False  # the file consists of bare MPEG audio frames: .mp3, .mp2
        self.n_errors = 0
        self.first_error = ""
        self.text = ""  # the last errors
        self._n_lengths = 0
        self._is_opened = False  # ffmpeg has begun its report on the file

    def follow(self, stream: IO[bytes]) -> None:
        """Read to the end; run it in its own thread."""
        while line := stream.readline(_MAX_LINE):
            self._parse(line.decode("utf-8", "replace").rstrip())
            while line and not line.endswith(b"\n"):
                line = stream.readline(_MAX_LINE)

    def _parse(self, line: str) -> None:
        # a line ends before its colour does, so the next one begins with the end of that
        if match := _LEVEL.search(line):
            context = _CONTEXT.match(line.removeprefix("\x1b[0m"))
            self._note(match[1], match[2].strip(), context[1] if context else "")
        elif (line := line.removeprefix("\x1b[0m")).startswith("[info] "):
            self._report(line)

    def _note(self, level: str, message: str, context: str) -> None:
        """A warning or an error of the part of ffmpeg that `context` names; the message may repeat the file's text."""
        self.estimated |= message.startswith("Estimating duration")
        # Except wav: one written into a pipe states more than it can hold; `audio.decoding.truncation` checks it.
        is_wav = context.startswith(("wav", "in#0/wav"))
        self.cut |= not is_wav and bool(re.search(r"^(Packet corrupt|.*File ended prematurely)", message))
        if level != "warning":
            error = "".join(char if char.isprintable() else " " for char in message)
            if not _HARMLESS.search(error):
                self.n_errors += 1
                self.first_error = self.first_error or error[:_MAX_ERROR_LENGTH]
            self.text = f"{self.text}\n{error}"[-4000:]

    def _report(self, line: str) -> None:
        """A line of the report on the file, in which the file's own keys and languages stand too."""
        if not self._is_opened and line.startswith("[info] Input #0, "):
            self._is_opened = True
            self.is_mpeg = line.startswith("[info] Input #0, mp3,")
        elif match := _DURATION.match(line):
            self._n_lengths += 1
            hours, minutes, seconds = match.groups()
            length = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
            self.stated = length if self._n_lengths == 1 else None
        elif _STREAM.match(line) and "(attached pic)" not in line:
            self.has_video |= _KIND.findall(line) == ["Video"]

    @property
    def verdict(self) -> str:
        """Why there are no samples, and what to do about it."""
        if "matches no streams" in self.text or not self.text:
            return "contains no sound; give a recording, or a video with a sound track"
        if "moov atom not found" in self.text:
            return "its end is missing, including the index ffmpeg needs; get a complete copy"
        if "not on whitelist" in self.text:
            return "is a playlist, an image or another file without its own sound; give the audio file itself"
        if says_shortage(self.text):
            return f"ffmpeg cannot read it here ({self.first_error}): {MEMORY}"
        reason = self.first_error or "no readable frame"
        reason = "no readable frame" if reason.startswith("Decode error rate") else reason
        return f"is not audio ffmpeg can read ({reason}); check or convert the file"


def find_ffmpeg() -> str:
    """The path of the ffmpeg in use: that of the system, else that of a wheel. Raises `DecodeError` without either."""
    if installed := shutil.which("ffmpeg"):
        return installed
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as exc:
        raise DecodeError(
            "ffmpeg is not installed, or cannot be started with the memory this process may use (`ulimit -v`); run "
            "`pip install imageio-ffmpeg`, or install ffmpeg, or raise that limit"
        ) from exc
