"""What diarization alongside recognition adds to a run: words alone and the whole pipeline, in turn.

    python -m benchmarks.pipeline.side_by_side [--minutes M] [--rounds N] [--threads N]

The recordings of `benchmarks.references` are repeated to a WAV of so many minutes. Each run is a process of its own
with an empty cache; the seconds run from the start of decoding, loading of the models included, to the transcript.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.measure import in_child, timed
from benchmarks.pipeline.memory import write_long
from benchmarks.references import english_recordings


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="Length of the recording.")
@click.option("--rounds", default=3, show_default=True, help="Runs of each.")
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
def main(minutes: float, rounds: int, threads: int) -> None:
    """Print the seconds of every run, and the ratio of the best of both kinds."""
    times: dict[Callable[[Path, int], float], list[float]] = {words_seconds: [], transcript_seconds: []}
    with tempfile.TemporaryDirectory() as folder:
        path = write_long(Path(folder) / "long.wav", english_recordings(), seconds=60 * minutes)
        for _ in range(rounds):
            for part, seconds in times.items():
                seconds.append(in_child(part, path, threads))
                click.echo(f"{part.__name__}: {seconds[-1]:.1f}, {60 * minutes / seconds[-1]:.1f} × real time")
    words, whole = (min(seconds) for seconds in times.values())
    click.echo(f"diarization alongside recognition makes the run {100 * (whole / words - 1):.1f} % longer")


def words_seconds(path: Path, threads: int) -> float:
    """How long the words of a file take."""
    from transcribe.workers.process_setup import configure_process

    configure_process()
    from audio.episode import Episode
    from transcribe.pipeline.checkpoints import Checkpoints
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.settings import Settings

    def recognise() -> None:
        with pipeline.start(Episode.of_file(path)) as run:
            run.words()

    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(Settings(threads=threads, language="en"), checkpoints=Checkpoints(Path(folder)), voices=())
        return timed(recognise)[1].wall


def transcript_seconds(path: Path, threads: int) -> float:
    """How long the whole transcript of a file takes."""
    from transcribe.workers.process_setup import configure_process

    configure_process()
    from audio.episode import Episode
    from transcribe.pipeline.checkpoints import Checkpoints
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(Settings(threads=threads, language="en"), checkpoints=Checkpoints(Path(folder)), voices=())
        return timed(pipeline.transcript, Episode.of_file(path))[1].wall


if __name__ == "__main__":
    main()
