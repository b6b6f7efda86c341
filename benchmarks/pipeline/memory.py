"""Peak memory of a long recording: words alone, or the whole pipeline.

    python -m benchmarks.pipeline.memory [HOURS...] [--threads N] [--beam-size N] [--model NAME] [--part PART]

The recordings of `benchmarks.references` are repeated to a WAV of so many HOURS (a quarter and half an hour by default;
three hours take ten minutes).
"""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import click

from benchmarks.measure import in_child, peak_megabytes, timed
from benchmarks.references import english_recordings


class Usage(NamedTuple):
    """What one run used and produced."""

    speed: float  # × real time
    words: int
    peak: float  # megabytes


@click.command()
@click.argument("hours", nargs=-1, type=float)
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
@click.option("--beam-size", default=5, show_default=True, help="Hypotheses in the beam.")
@click.option("--model", default="base", show_default=True, help="The weights.")
@click.option("--part", default="words", type=click.Choice(("words", "whole")), show_default=True, help="What runs.")
def main(hours: Sequence[float], threads: int, beam_size: int, model: str, part: str) -> None:
    """Transcribe recordings of so many HOURS and print the peak memory of each."""
    options = {"threads": threads, "beam_size": beam_size, "model": model}
    click.echo(f"{part}: {model}, beam {beam_size}, word times, {threads} threads\n")
    click.echo("| hours | × real time | words | peak MB |\n|---|---|---|---|")
    for length in hours or (0.25, 0.5):
        with tempfile.TemporaryDirectory() as folder:
            path = write_long(Path(folder) / "long.wav", english_recordings(), seconds=3600 * length)
            usage = in_child(measure, PARTS[part], path, options)
        click.echo(f"| {length:g} | {usage.speed:.1f} | {usage.words} | {usage.peak:.0f} |")


def write_long(path: Path, files: Sequence[Path], *, seconds: float) -> Path:
    """A 16 kHz mono WAV of the files, one after the other, repeated to the given length."""
    from audio.decoding.decode import decode

    audios = [decode(file) for file in files]
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        left = round(seconds * 16_000)
        for audio in cycle(audios):
            for block in audio.blocks(60.0):
                out.writeframes((block[:left] * 32_767).astype("<i2").tobytes())
                left -= min(left, len(block))
            if not left:
                return path
    return path


def measure(part: Callable[[Path, Any], tuple[float, int]], path: Path, options: dict[str, Any]) -> Usage:
    """Run a part in this process."""
    from transcribe.settings import Settings
    from transcribe.workers.process_setup import configure_process

    configure_process()
    (duration, words), elapsed = timed(part, path, Settings(engine="ctranslate2", language="en", **options))
    return Usage(duration / elapsed.wall, words, peak_megabytes())


def recognise_words(path: Path, settings: Any) -> tuple[float, int]:
    """Decode and recognise a file: its length in seconds, the number of words."""
    from audio.decoding.decode import decode
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model

    recognizer = load(settings, find_model(settings.model))
    with decode(path) as audio:
        return audio.duration, len(recognize_all(audio, recognizer, settings=settings).words)


def transcribe_whole(path: Path, settings: Any) -> tuple[float, int]:
    """Words, speakers alongside, turns: the length of the file in seconds, the number of words."""
    from audio.episode import Episode
    from transcribe.pipeline.checkpoints import Checkpoints
    from transcribe.pipeline.pipeline import Pipeline

    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(settings, checkpoints=Checkpoints(Path(folder)), voices=())
        transcript = pipeline.transcript(Episode.of_file(path))
    return transcript.episode.duration or 0.0, sum(len(turn.words) for turn in transcript.turns)


PARTS: dict[str, Callable[[Path, Any], tuple[float, int]]] = {"words": recognise_words, "whole": transcribe_whole}


if __name__ == "__main__":
    main()
