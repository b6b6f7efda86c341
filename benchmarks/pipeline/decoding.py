"""Speed and memory of decoding a long episode: `python -m benchmarks.pipeline.decoding [HOURS]` (3 by default).

Repeats the sample clip to an mp3 of 44.1 kHz stereo in a temporary folder, decodes it in a new process and prints the
seconds, the speed and the peak memory of the process and of its ffmpeg. Needs Linux or macOS, and about 300 MB an hour
in the temporary folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import imageio_ffmpeg

from benchmarks.measure import children_peak_megabytes, in_child, peak_megabytes, timed
from tests.support.paths import CLIPS


class Decoded(NamedTuple):
    """Seconds of audio and of decoding, and the peak memory of the process and of its ffmpeg in megabytes."""

    duration: float
    seconds: float
    own: float
    ffmpeg: float


def main(hours: float = 3.0) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = make_episode(Path(folder), hours)
        decoded = in_child(measure, path)
        size = path.stat().st_size / 1e6
    print(
        f"{decoded.duration / 3600:.2f} hours, {size:.0f} MB of mp3: {decoded.seconds:.1f} s, "
        f"{decoded.duration / decoded.seconds:.0f} × real time, "
        f"peak {decoded.own:.0f} MB + ffmpeg {decoded.ffmpeg:.0f} MB"
    )


def make_episode(folder: Path, hours: float) -> Path:
    """An mp3 of that length: the clip in stereo at 44.1 kHz, repeated without encoding it again."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    clip = CLIPS / "packaging-notes.mp3"
    once, episode = folder / "once.mp3", folder / "episode.mp3"
    subprocess.run([*ffmpeg, "-i", str(clip), "-ar", "44100", "-ac", "2", "-b:a", "128k", str(once)], check=True)
    repeat = ["-stream_loop", "-1", "-i", str(once), "-t", str(hours * 3600), "-c", "copy", str(episode)]
    subprocess.run([*ffmpeg, *repeat], check=True)
    return episode


def measure(path: Path) -> Decoded:
    """Decode a file in this process."""
    from audio.decoding.decode import decode

    audio, elapsed = timed(decode, path)
    with audio:
        return Decoded(audio.duration, elapsed.wall, peak_megabytes(), children_peak_megabytes())


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
