"""ffmpeg: where it is, how it is called on a file nobody trusts, and what it says of it.

A name never becomes an option or a protocol, and playlists open nothing else. Does not run it: `audio.decoding.decode`
does.
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

_FAULT_LENGTH = 60  # letters of a complaint that are shown
# Complaints that count for nothing: a tag between two joined mp3s, and what ffmpeg says once more of every fault.
_NO_FAULT = re.compile(r"Header missing|Error submitting packet|Decoding error")
# Containers that hold their own sound. Left out are those that name other files or addresses (hls, concat, dash, sdp,
# imf, avisynth, image sequences …), whatever a file's name or first bytes say.
_CONTAINERS = (
    "aa,aac,aax,ac3,ac4,aiff,amr,amrnb,amrwb,ape,asf,ast,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,ircam,loas,"
    "matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,tak,truehd,tta,voc,w64,wav,wtv,"
    "wv,xwma"
)


def command(path: Path) -> list[str]:
    """ffmpeg's command line: one file in, PCM with a WAV header (for the number of channels, one or two) out."""
    source = ["-map", "0:a:0"]
    form = ["-af", "aformat=channel_layouts=mono|stereo", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"]
    sink = ["-map_metadata", "-1", "-bitexact", "-f", "wav", "pipe:1"]
    return [*looking_command(path), *source, *form, *sink]


def looking_command(path: Path) -> list[str]:
    """ffmpeg's command line that opens a file and says what is in it, without decoding."""
    quiet = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"]
    fence = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS]
    return [_ffmpeg(), *quiet, *fence, "-i", f"file:{os.path.abspath(path)}"]  # noqa: PTH100 - Path.absolute keeps ".."


class Log:
    """What ffmpeg says on stderr, read as it comes and boiled down to a few facts, however much it is."""

    def __init__(self) -> None:
        self.stated: Seconds | None = None  # the length the file claims
        self.estimated = False  # the claim is ffmpeg's guess from the bit rate
        self.has_film = False  # a film may be longer than its sound
        self.cut = False  # the last packet is not whole
        self.is_mpeg = False  # the file is bare MPEG audio frames: .mp3, .mp2
        self.faults = 0
        self.first_fault = ""
        self.text = ""  # the last complaints

    def follow(self, stream: IO[bytes]) -> None:
        """Read to the end; to be run in a thread of its own."""
        while line := stream.readline(1000):
            self._take(line.decode("utf-8", "replace").rstrip())

    def _take(self, line: str) -> None:
        if self.stated is None and (match := re.match(r"\[info\]   Duration: (\d+):(\d\d):(\d\d\.\d+)", line)):
            hours, minutes, seconds = match.groups()
            self.stated = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        self.is_mpeg |= line.startswith("[info] Input #0, mp3,")
        self.estimated |= "[warning] Estimating duration" in line
        self.has_film |= bool(re.match(r"\[info\]   Stream #0:.*: Video: (?!.*\(attached pic\))", line))
        # Not so for wav: one written into a pipe claims more than it can have; `audio.decoding.decode` looks itself.
        self.cut |= bool(re.search(r"^\[(?!(in#0/)?wav).*(Packet corrupt|File ended prematurely)", line))
        if re.search(r"\[(error|fatal|panic)\]", line):
            complaint = re.sub(r"\[[^\]]*\] ", "", line)
            complaint = "".join(sign if sign.isprintable() else " " for sign in complaint)
            if not _NO_FAULT.search(complaint):
                self.faults += 1
                self.first_fault = self.first_fault or complaint[:_FAULT_LENGTH]
            self.text = f"{self.text}\n{complaint}"[-4000:]

    @property
    def verdict(self) -> str:
        """Why there are no samples, and what to do."""
        if "matches no streams" in self.text or not self.text:
            return "holds no sound; give a recording, or a film with a sound track"
        if "moov atom not found" in self.text:
            return "its end is missing, and with it the index ffmpeg needs; get the file again"
        if "not on whitelist" in self.text:
            return "is not a recording but a list, a picture or the like; give the audio file itself"
        reason = self.first_fault or "broken throughout"
        return f"is not audio ffmpeg can read ({reason}); check or convert the file"


def _ffmpeg() -> str:
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as exc:
        raise DecodeError("no ffmpeg to decode with; run `pip install imageio-ffmpeg`, or install ffmpeg") from exc
