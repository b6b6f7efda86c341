"""Which sound tracks a file has: their number, sampling rates and channels, without decoding them.

ffmpeg is asked to copy nothing of the file's sound into `framecrc`, which is then only its header: a line for each
property of each track, on a pipe of its own. Its codecs and layouts are names ffmpeg has built in; no title, key or
language of the file stands in it, as they do in the log (`audio.decoding.ffmpeg`). What is told is what the container
states, or ffmpeg finds in the first packets; whether there is sound in a track only decoding shows.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from audio.decoding.ffmpeg import start, tracks_command
from audio.decoding.log import Log
from audio.decoding.probe import check_source, printable, stated_length
from audio.decoding.process import ended_after
from audio.episode import Seconds
from audio.errors import AudioError, DecodeError
from audio.structure.view import Part

_TIMEOUT: Seconds = 20.0  # for ffmpeg to read a header
_MAX_HEADER = 1 << 19  # bytes; a track takes 200, and ffmpeg opens 1000
_PROPERTY = re.compile(r"#(sample_rate|channel_layout_name|codec_id) (\d{1,4}): ([\x20-\x7e]{1,400})")
_NAMED = {"mono": 1, "stereo": 2, "downmix": 2, "binaural": 2, "quad": 4, "hexagonal": 6, "octagonal": 8, "cube": 8}
_NAMED |= {"hexadecagonal": 16}


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound track as its file states it. `index` counts the file's sound tracks from 0, as ffmpeg's `0:a:N` does.

    `layout` is ffmpeg's name of the channels and their positions, `codec` that of how samples are stored.

    >>> SoundTrack(0, 48_000, "5.1(side)").channels, SoundTrack(0, 48_000, "12 channels").channels
    (6, 12)
    """

    index: int
    rate: int
    layout: str
    codec: str = field(default="", compare=False)

    @property
    def stores_floats(self) -> bool:
        """Whether a sample may be anything that floats can be: none at all, or a million times full scale."""
        return self.codec.startswith(("pcm_f", "wavpack"))

    @property
    def channels(self) -> int:
        """The number of channels; 0 if the layout's name does not tell."""
        name = self.layout.partition("(")[0].strip()
        if match := re.fullmatch(r"(\d{1,3}) channels", name):
            return int(match[1])
        if re.fullmatch(r"\d{1,2}(\.\d{1,2}){1,2}", name):  # 5.1, 7.1.4
            return sum(map(int, name.split(".")))
        if match := re.fullmatch(r"ambisonic (\d)", name):
            return (int(match[1]) + 1) ** 2
        return _NAMED.get(name, 0)


def sound_tracks(path: Path, *, part: Part | None = None, patience: Seconds = _TIMEOUT) -> tuple[SoundTrack, ...]:
    """The sound tracks of a file, or of a part of it, in its order; none if it has none or is nothing ffmpeg reads.

    An ffmpeg that takes longer than `patience` for a header, or than 20 s, is ended; what it has found by then counts.

    Raises `DecodeError` without an ffmpeg that can be run.
    """
    return read_header(_header(path, tracks_command(path, part=part), patience=patience))


def problem_of_recording(path: Path) -> str:
    """Why nothing can be heard of a file, with its name, as far as that is known without decoding; empty if it may be
    a recording. ffmpeg is asked only about a file whose length is not stated."""
    try:
        check_source(path)
    except AudioError as error:
        return str(error)
    with contextlib.suppress(DecodeError):  # without an ffmpeg nobody knows
        if stated_length(path) is None and not sound_tracks(path):
            return f"{printable(path)}: ffmpeg finds no sound in it; check or convert the file"
    return ""


def has_moving_picture(path: Path) -> bool:
    """Whether a file has moving pictures, as a video does; a cover is none. Raises as `sound_tracks`."""
    return any("#dimensions" in line for line in _header(path, tracks_command(path, kind="V")))


def _header(path: Path, command: list[str], *, patience: Seconds = _TIMEOUT) -> list[str]:
    try:
        program = start(command, stdout=subprocess.PIPE)
    except OSError as exc:
        raise DecodeError(f"ffmpeg cannot be run ({exc.strerror}); reinstall it", about=printable(path)) from exc
    with program, ended_after(program, min(patience, _TIMEOUT)):
        assert program.stdout
        assert program.stderr
        log = threading.Thread(target=Log().follow, args=(program.stderr,), daemon=True)
        log.start()
        try:
            header = program.stdout.read(_MAX_HEADER)
        finally:
            program.kill()  # it may go on to write packets
            log.join()
    return header.decode("ascii", "replace").splitlines()


def read_header(lines: Iterable[str]) -> tuple[SoundTrack, ...]:
    """The tracks of the header of ffmpeg's `framecrc`.

    >>> read_header(["#codec_id 0: aac", "#sample_rate 0: 48000", "#channel_layout_name 0: stereo"])
    (SoundTrack(index=0, rate=48000, layout='stereo', codec='aac'),)
    """
    rates: dict[int, int] = {}
    layouts: dict[int, str] = {}
    codecs: dict[int, str] = {}
    for match in filter(None, map(_PROPERTY.fullmatch, lines)):
        number = int(match[2])
        if match[1] == "channel_layout_name":
            layouts[number] = match[3]
        elif match[1] == "codec_id":
            codecs[number] = match[3]
        elif match[3].isdecimal():
            rates[number] = int(match[3][:9])
    return tuple(
        SoundTrack(number, rate, layouts.get(number, ""), codecs.get(number, ""))
        for number, rate in sorted(rates.items())
    )
