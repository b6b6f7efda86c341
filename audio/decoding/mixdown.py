"""The tracks of an episode → one file to listen to: each at its place on the timeline, none louder than full scale.

ffmpeg reads the tracks, moves them, cures the drift of their clocks by resampling, adds them and encodes the sum.
"""

from __future__ import annotations

import errno
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from audio.decoding.ffmpeg import start, tagged_part, writing_command
from audio.decoding.log import Log
from audio.decoding.probe import printable
from audio.decoding.process import ended_after
from audio.decoding.tracks import sound_tracks
from audio.disk import replacing
from audio.episode import Seconds, Track
from audio.errors import DecodeError
from audio.scratch import temporary_folder
from audio.shortage import room_step

MIX_FORMATS = {".m4a": "ipod", ".mp3": "mp3", ".flac": "flac", ".wav": "wav", ".ogg": "ogg", ".opus": "opus"}
"""ffmpeg's formats by the suffix of a mix."""

_RATE = 48_000
_FINE_RATE = 384_000  # in whole Hz of which a drift is cured: an error of 1.3 millionths, 5 ms an hour
_LEAST_DRIFT_PPM = 2.0
_PATIENCE: Seconds = 600.0
_SIGNAL = getattr(signal, "SIGXFSZ", 25)
_TOO_LARGE = (-_SIGNAL, 128 + _SIGNAL)  # the exit codes of a program, and of a script, over a limit on files
_SLOWEST = 200_000  # bytes of the tracks a second


def write_mix(tracks: Sequence[Track], path: Path) -> None:
    """Write the mix of tracks whose offsets are known; its format is that of the suffix. Files without sound are passed
    over.

    Raises `DecodeError` if ffmpeg cannot make it, `OSError` if it cannot be written.
    """
    with temporary_folder(name := f"mix{path.suffix.lower()}") as folder:
        made = folder / name
        sounding = [track for track in tracks if sound_tracks(track.path, part=tagged_part(track.path))]
        command = mix_command(sounding or tracks, made, form=MIX_FORMATS[made.suffix])
        patience = _PATIENCE + sum(track.path.stat().st_size for track in tracks) / _SLOWEST
        log = Log()
        with start(command, stdout=subprocess.DEVNULL) as program, ended_after(program, patience) as ended:
            assert program.stderr
            log.follow(program.stderr)
            code = program.wait()
        if code in _TOO_LARGE:
            step = room_step(OSError(errno.EFBIG, ""), elsewhere="")
            raise DecodeError(f"the mix cannot be made (File too large); {step}, and run again", about=printable(path))
        if code or ended.is_set():
            problem = log.first_error or "ffmpeg ended"
            raise DecodeError(f"the mix cannot be made ({problem}); check the disk", about=printable(path))
        with made.open("rb") as source, replacing(path) as file:
            shutil.copyfileobj(source, file)


def mix_command(tracks: Sequence[Track], path: Path, *, form: str) -> list[str]:
    """ffmpeg's command line for a mix."""
    chains = [f"[{number}:a:{track.stream or 0}]{_chain(track)}[t{number}]" for number, track in enumerate(tracks)]
    labels = "".join(f"[t{number}]" for number in range(len(tracks)))
    total = f"{labels}amix=inputs={len(tracks)}:duration=longest:normalize=0,alimiter=level=0:limit=0.97[mix]"
    output = ["-map", "[mix]", "-map_metadata", "-1", "-vn", "-ac", "1", "-ar", str(_RATE), "-bitexact"]
    if form == "ipod":
        output += ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]
    graph = ["-filter_complex", ";".join([*chains, total])]
    return writing_command([track.path for track in tracks], *graph, *output, "-f", form, "-y", f"file:{path}")


def _chain(track: Track) -> str:
    """The filters that put a track where it belongs on the timeline."""
    filters = [f"aresample={_RATE}", "aformat=channel_layouts=mono"]
    if abs(track.drift_ppm) >= _LEAST_DRIFT_PPM:
        rate = round(_FINE_RATE / (1 + track.drift_ppm / 1e6))
        filters += [f"aresample={_FINE_RATE}", f"asetrate={rate}", f"aresample={_RATE}"]
    offset = round((track.offset or 0.0) * _RATE)
    return ",".join([*filters, f"adelay={offset}S:all=1"] if offset > 0 else filters)
