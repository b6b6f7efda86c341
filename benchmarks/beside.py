"""What finding the speakers adds to a run: words alone, and words with the speakers found beside them, in turn.

    python benchmarks/beside.py [--minutes M] [--rounds N] [--threads N]

The recordings `recognition.py` takes, one after the other, to a WAV of so many minutes. Each run is a process of its
own with nothing kept from before; its seconds are from the start of decoding, models loaded within, to the transcript.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.memory import write_long  # noqa: E402 - the path is set above
from benchmarks.recognition import default_files  # noqa: E402
from transcribe.workers.process_setup import begin  # noqa: E402

PARTS = ("words", "both")


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="Length of the recording.")
@click.option("--rounds", default=3, show_default=True, help="Runs of each.")
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
@click.option("--measure", hidden=True, type=click.Choice(PARTS), help="In this process; JSON on stdout.")
@click.option("--file", "path", hidden=True, type=click.Path(path_type=Path))
def main(minutes: float, rounds: int, threads: int, measure: str | None, path: Path | None) -> None:
    """Print the seconds of both, the best of each, and their ratio."""
    if measure is not None and path is not None:
        begin()
        click.echo(json.dumps(seconds_of(path, measure, threads)))
        return
    taken: dict[str, list[float]] = {part: [] for part in PARTS}
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.wav"
        write_long(long, default_files(), seconds=60 * minutes)
        for _ in range(rounds):
            for part, seconds in taken.items():
                command = [sys.executable, __file__, "--measure", part, "--file", str(long), f"--threads={threads}"]
                run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                seconds.append(json.loads(run.stdout.splitlines()[-1]))
                click.echo(f"{part}: {seconds[-1]:.1f} s, {60 * minutes / seconds[-1]:.1f} × real time")
    words, both = (min(taken[part]) for part in PARTS)
    click.echo(f"finding the speakers beside the words lengthens the whole by {100 * (both / words - 1):.1f} %")


def seconds_of(path: Path, part: str, threads: int) -> float:
    """How long the words of a file take, or the whole transcript."""
    from audio.episode import Episode
    from transcribe.pipeline.checkpoints import Checkpoints
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.pipeline.watch import RunMonitor
    from transcribe.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(Settings(threads=threads, language="en"), checkpoints=Checkpoints(Path(folder)), voices=())
        begun = time.perf_counter()
        if part == "both":
            pipeline.transcript(Episode.of_file(path))
        else:
            with pipeline.recording(Episode.of_file(path), audio_sha256=None, monitor=RunMonitor()) as recording:
                recording.words()
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
