"""Build ffmpeg's command line for an untrusted file, and start it.

A file name never becomes an option or a protocol, playlists open no other file, and large pictures are not decoded. The
log is for `audio.decoding.log`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.decoding.choice import find_ffmpeg, times_options
from audio.decoding.process import Program
from audio.decoding.samples import SAMPLE_RATE
from audio.episode import Seconds
from audio.structure.parts import structure_of
from audio.structure.view import Part

_MAX_PIXELS = 10_000_000  # of a cover, which ffmpeg decodes to learn its format: 3000 × 3000 is usual for podcasts
# Containers that hold their own sound. Excluded are those that refer to other files or addresses (hls, concat, dash,
# sdp, imf, mlv, vobsub, avisynth, image sequences …), and those of games, whatever a file's name or bytes claim.
_CONTAINERS = (
    "aa,aac,aax,ac3,ac4,act,adx,aea,aiff,amr,amrnb,amrwb,ape,aptx,aptx_hd,asf,ast,au,avi,avr,bonk,caf,codec2,daud,"
    "dsf,dss,dts,dtshd,dv,eac3,epaf,flac,flv,g722,g723_1,g729,gsm,gxf,hcom,iff,ilbc,ircam,ivr,laf,lc3,live_flv,"
    "loas,lxf,matroska,mlp,mmf,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nsv,nut,nuv,ogg,oma,osq,pva,pvf,qcp,qoa,"
    "rka,rm,rso,s337m,sdr2,sds,shn,sln,smjpeg,sox,spdif,swf,tak,truehd,tta,voc,vqf,w64,wav,wavarc,wsaud,wsd,wtv,wv,"
    "wve,xa,xwma"
)
_REPORTED = "repeat+level+info"  # no line is left out, and each begins with its level
_COUNTED = "repeat+level+verbose"  # also what was read and decoded
_NO_TAGS = ["-map_metadata", "-1", "-bitexact"]


@dataclass(frozen=True, slots=True)
class Output:
    """What ffmpeg is to write of a file: the sound track of this number, as samples of 16 bits or as floats.

    The channels are mixed as ffmpeg mixes them to two or one, or all there are. `times` is the file for the statements
    of `audio.decoding.timeline`; `from_zero`: they count from timestamp 0, not from the file's first; `with_pictures`:
    from the first of a picture, if that is earlier than the sound's; `ends`: after so many seconds.
    """

    track: int = 0
    as_ffmpeg_mixes: bool = True
    as_floats: bool = False
    times: Path | None = None
    from_zero: bool = False
    with_pictures: bool = False
    ends: Seconds | None = None

    @property
    def samples(self) -> str:
        """ffmpeg's name of the samples' type."""
        return "pcm_f32le" if self.as_floats else "pcm_s16le"


def decode_command(path: Path, output: Output, *, part: Part | None = None) -> list[str]:
    """ffmpeg's command line: a sound track of a file, or of a part of it, in; PCM at 16 kHz with a WAV header out, on
    its standard output. The log has ffmpeg's counts."""
    shown = ["-copyts"] if output.times else []
    shown += ["-start_at_zero"] if output.times and not output.from_zero else []
    guess = [] if output.as_ffmpeg_mixes else ["-guess_layout_max", "0"]
    mix = ["-af", "aformat=channel_layouts=mono|stereo"] if output.as_ffmpeg_mixes else []
    sound = ["-map", f"0:a:{output.track}", *mix, "-ar", str(SAMPLE_RATE), "-c:a", output.samples]
    times = times_options(str(output.times)) if output.times else []
    times += [] if output.ends is None else ["-t", str(output.ends)]
    seen = (
        []
        if not output.with_pictures
        else ["-map", "0:v?", "-map", f"0:a:{output.track}", "-c:v", "copy", "-t", "0", "-f", "null", "-"]
    )
    opened = input_options(path, *shown, *guess, part=part)
    return [*_program(_COUNTED), *opened, *sound, *times, *_NO_TAGS, "-f", "wav", "pipe:1", *seen]


def samples_command(path: Path, moment: Seconds, *, part: Part, from_zero: bool) -> list[str]:
    """ffmpeg's command line: the sound from a moment on; raw mono samples of 16 bits at 16 kHz out, with silence where
    the file has a gap. The moment counts as the times of `Output` do."""
    sought = ["-ss", f"{moment:.6f}", *(["-seek_timestamp", "1"] if from_zero else [])]
    sound = ["-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(SAMPLE_RATE)]
    opened = input_options(path, *sought, part=part)
    return [*_program("quiet"), *opened, *sound, "-c:a", "pcm_s16le", *_NO_TAGS, "-f", "s16le", "pipe:1"]


def tracks_command(path: Path, *, part: Part | None = None, kind: str = "a") -> list[str]:
    """ffmpeg's command line that writes the properties of every sound track of a file, or of a part of it, and no sound
    (`audio.decoding.tracks`). Of another `kind`, as ffmpeg names them: V are moving pictures, not covers.

    Channels of which the file states no positions are given none.
    """
    nothing = ["-map", f"0:{kind}", "-c", "copy", "-t", "0"]
    opened = input_options(path, "-guess_layout_max", "0", part=part)
    return [*_program(_REPORTED), *opened, *nothing, *_NO_TAGS, "-f", "framecrc", "pipe:1"]


def probe_command(path: Path, *options: str) -> list[str]:
    """ffmpeg's command line that opens a file and reports its contents, without decoding; `options` are the input's."""
    return [*_program(_REPORTED), *input_options(path, *options)]


def _program(level: str) -> list[str]:
    return [find_ffmpeg().path, "-nostdin", "-hide_banner", "-nostats", "-loglevel", level]


def input_options(path: Path, *options: str, part: Part | None = None) -> list[str]:
    """The part of ffmpeg's command line that opens a file that is not trusted, or a part of it."""
    sandbox = ["-protocol_whitelist", "file,pipe,subfile", "-format_whitelist", _CONTAINERS]
    sandbox += ["-max_pixels", str(_MAX_PIXELS)]
    url = f"file:{os.path.abspath(path)}"  # noqa: PTH100 - Path.absolute keeps ".."
    if part and part.is_wav and part.outgrows_header:
        options = (*options, "-ignore_length", "1")
    if part and not part.is_whole:
        url = f"subfile,,start,{part.start},end,{part.end},,:{url}"
    return [*sandbox, *options, "-i", url]


def tagged_part(path: Path) -> Part | None:
    """The first part of a file that begins with something ffmpeg does not pass over; else None. Raises `OSError`."""
    part = structure_of(path).parts[0]
    return part if part.start else None


def writing_command(inputs: Sequence[Path], *options: str) -> list[str]:
    """ffmpeg's command line that reads files and writes what `options` say. Raises `OSError`."""
    opened = [option for path in inputs for option in input_options(path, part=tagged_part(path))]
    return [*_program(_REPORTED), *opened, *options]


def start(command: list[str], *, stdout: int) -> Program:
    """Start ffmpeg with its log in colours on a pipe. Raises `OSError`."""
    plain = ("NO_COLOR", "AV_LOG_FORCE_NOCOLOR")
    environment = {name: value for name, value in os.environ.items() if name not in plain}
    environment["AV_LOG_FORCE_COLOR"] = "1"
    return Program(command, stdout=stdout, environment=environment)
