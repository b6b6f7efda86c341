"""Find ffmpeg, build its command line for an untrusted file, and read its log.

A file name never becomes an option or a protocol, and playlists open no other file. Does not run ffmpeg:
`audio.decoding.decode` and `audio.decoding.probe` do.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import IO

from audio.decoding.samples import SAMPLE_RATE
from audio.episode import Seconds
from audio.errors import DecodeError

_MAX_ERROR_LENGTH = 60  # characters of an ffmpeg error in a message
# Harmless ffmpeg errors: a tag between two joined mp3s, and what ffmpeg repeats after every real error.
_HARMLESS = re.compile(r"Header missing|Error submitting packet|Decoding error")
# Containers that hold their own sound. Excluded are those that refer to other files or addresses (hls, concat, dash,
# sdp, imf, avisynth, image sequences …), whatever the file's name or first bytes claim.
_CONTAINERS = (
    "aa,aac,aax,ac3,ac4,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,ircam,loas,"
    "matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,tak,truehd,tta,voc,w64,wav,wtv,"
    "wv,xwma"
)


def decode_command(path: Path) -> list[str]:
    """ffmpeg's command line: one file in, PCM with a WAV header (for the number of channels, one or two) out."""
    track = ["-map", "0:a:0"]
    pcm = ["-af", "aformat=channel_layouts=mono|stereo", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"]
    output = ["-map_metadata", "-1", "-bitexact", "-f", "wav", "pipe:1"]
    return [*probe_command(path), *track, *pcm, *output]


def probe_command(path: Path) -> list[str]:
    """ffmpeg's command line that opens a file and reports its contents, without decoding."""
    quiet = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"]
    sandbox = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS]
    return [_ffmpeg(), *quiet, *sandbox, "-i", f"file:{os.path.abspath(path)}"]  # noqa: PTH100 - Path.absolute keeps ".."


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

    def follow(self, stream: IO[bytes]) -> None:
        """Read to the end; run it in its own thread."""
        while line := stream.readline(1000):
            self._parse(line.decode("utf-8", "replace").rstrip())

    def _parse(self, line: str) -> None:
        if self.stated is None and (match := re.match(r"\[info\]   Duration: (\d+):(\d\d):(\d\d\.\d+)", line)):
            hours, minutes, seconds = match.groups()
            self.stated = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        self.is_mpeg |= line.startswith("[info] Input #0, mp3,")
        self.estimated |= "[warning] Estimating duration" in line
        self.has_video |= bool(re.match(r"\[info\]   Stream #0:.*: Video: (?!.*\(attached pic\))", line))
        # Except wav: one written into a pipe states more than it can hold; `audio.decoding.truncation` checks it.
        self.cut |= bool(re.search(r"^\[(?!(in#0/)?wav).*(Packet corrupt|File ended prematurely)", line))
        if re.search(r"\[(error|fatal|panic)\]", line):
            error = re.sub(r"\[[^\]]*\] ", "", line)
            error = "".join(char if char.isprintable() else " " for char in error)
            if not _HARMLESS.search(error):
                self.n_errors += 1
                self.first_error = self.first_error or error[:_MAX_ERROR_LENGTH]
            self.text = f"{self.text}\n{error}"[-4000:]

    @property
    def verdict(self) -> str:
        """Why there are no samples, and what to do about it."""
        if "matches no streams" in self.text or not self.text:
            return "contains no sound; give a recording, or a video with a sound track"
        if "moov atom not found" in self.text:
            return "its end is missing, including the index ffmpeg needs; get a complete copy"
        if "not on whitelist" in self.text:
            return "is a playlist, an image or another file without its own sound; give the audio file itself"
        reason = self.first_error or "no readable frame"
        reason = "no readable frame" if reason.startswith("Decode error rate") else reason
        return f"is not audio ffmpeg can read ({reason}); check or convert the file"


def _ffmpeg() -> str:
    if installed := shutil.which("ffmpeg"):
        return installed
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as exc:
        raise DecodeError("ffmpeg is not installed; run `pip install imageio-ffmpeg`, or install ffmpeg") from exc
