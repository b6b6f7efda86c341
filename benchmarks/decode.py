"""How fast and in how much memory a long episode is decoded: `python benchmarks/decode.py [HOURS]` (default 3).

Makes an mp3 of 44.1 kHz stereo in a temporary folder by repeating the sample clip, decodes it in a fresh process and
prints the seconds it took, how many times real time that is, and the peak memory of the process and of its ffmpeg.
Needs Linux or macOS, and about 300 MB an hour of room in the temp folder.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "tests" / "clips" / "packaging-notes.mp3"
MEGABYTE = 1e6 / (1 if sys.platform == "darwin" else 1024)  # in the units of ru_maxrss


def main(hours: float) -> None:
    """Measure in a child of our own, so that what made the file does not count."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_episode(Path(folder), hours)
        run = subprocess.run([sys.executable, __file__, "--decode", str(path)], stdout=subprocess.PIPE, check=True)
        figures = json.loads(run.stdout)
        size = path.stat().st_size / 1e6
    speed = figures["duration"] / figures["seconds"]
    sys.stdout.write(
        f"{figures['duration'] / 3600:.2f} hours, {size:.0f} MB of mp3: {figures['seconds']:.1f} s, "
        f"{speed:.0f} x real time, peak {figures['own']:.0f} MB + ffmpeg {figures['ffmpeg']:.0f} MB\n"
    )


def make_episode(folder: Path, hours: float) -> Path:
    """An mp3 of that length: the clip in stereo at 44.1 kHz, repeated without encoding it again."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    once, episode = folder / "once.mp3", folder / "episode.mp3"
    subprocess.run([*ffmpeg, "-i", str(CLIP), "-ar", "44100", "-ac", "2", "-b:a", "128k", str(once)], check=True)
    repeat = ["-stream_loop", "-1", "-i", str(once), "-t", str(hours * 3600), "-c", "copy", str(episode)]
    subprocess.run([*ffmpeg, *repeat], check=True)
    return episode


def measure(path: Path) -> None:
    """Decode `path` here and print the figures as JSON."""
    sys.path.insert(0, str(ROOT))
    from audio.decoding.decode import decode

    began = time.perf_counter()
    with decode(path) as audio:
        seconds = time.perf_counter() - began
        own, ffmpeg = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        figures = {"seconds": seconds, "duration": audio.duration, "own": own / MEGABYTE, "ffmpeg": ffmpeg / MEGABYTE}
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--decode"]:
        measure(Path(sys.argv[2]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
