"""The memory a long recording takes: decoding and recognition, in a process of their own.

    python benchmarks/memory.py [HOURS...] [--threads N] [--beam-size N] [--model NAME]

The recordings `recognition.py` takes, one after the other, over and over, to a WAV of so many HOURS (a quarter and half
an hour where none are given; three hours take ten minutes).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.recognition import default_files, peak_megabytes  # noqa: E402
from transcribe.workers.process_setup import begin  # noqa: E402


@click.command()
@click.argument("hours", nargs=-1, type=float)
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
@click.option("--beam-size", default=5, show_default=True, help="Readings followed at a time.")
@click.option("--model", default="base", show_default=True, help="The weights.")
@click.option("--part", default="words", type=click.Choice(("words", "whole")), show_default=True, help="What is done.")
@click.option("--measure", hidden=True, type=click.Path(path_type=Path), help="In this process; JSON on stdout.")
def main(hours: Sequence[float], threads: int, beam_size: int, model: str, part: str, measure: Path | None) -> None:
    """Recognise recordings of so many HOURS and print the peak memory of each."""
    options = {"threads": threads, "beam_size": beam_size, "model": model}
    if measure is not None:
        begin()
        click.echo(json.dumps((words_of if part == "words" else whole_of)(measure, options)))
        return
    click.echo(f"{part}: {model}, beam {beam_size}, word times, {threads} threads\n")
    click.echo("| hours | × real time | words | peak MB |\n|---|---|---|---|")
    for length in hours or (0.25, 0.5):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "long.wav"
            write_long(path, default_files(), seconds=3600 * length)
            given = [f"--{name.replace('_', '-')}={value}" for name, value in {**options, "part": part}.items()]
            command = [sys.executable, __file__, *given, "--measure", str(path)]
            run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        result = json.loads(run.stdout.splitlines()[-1])
        click.echo(f"| {length:g} | {result['speed']:.1f} | {result['words']} | {result['peak']:.0f} |")


def write_long(path: Path, files: Sequence[Path], *, seconds: float) -> None:
    """A 16 kHz mono WAV of the files one after the other, over and over."""
    from audio.decoding.decode import decode

    audios = [decode(file) for file in files]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        left = round(seconds * 16_000)
        for audio in cycle(audios):
            for block in audio.blocks(60.0):
                out.writeframes((block[:left] * 32_767).astype("<i2").tobytes())
                left -= min(left, len(block))
            if not left:
                return


def words_of(path: Path, options: dict[str, object]) -> dict[str, float]:
    """Decode and recognise one file in this process."""
    from audio.decoding.decode import decode
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings

    settings = Settings(engine="ctranslate2", language="en", **options)  # type: ignore[arg-type]
    recognizer = load(settings, find_model(settings.model))
    begun = time.perf_counter()
    with decode(path) as audio:
        found = recognize_all(audio, recognizer, settings=settings)
        speed = audio.duration / (time.perf_counter() - begun)
    return {"speed": speed, "words": len(found.words), "peak": peak_megabytes()}


def whole_of(path: Path, options: dict[str, object]) -> dict[str, float]:
    """Transcribe one file in this process: words, speakers beside them, turns."""
    from audio.episode import Episode
    from transcribe.pipeline.checkpoints import Checkpoints
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.settings import Settings

    settings = Settings(engine="ctranslate2", language="en", **options)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        pipeline = Pipeline(settings, checkpoints=Checkpoints(Path(folder)), voices=())
        transcript = pipeline.transcript(Episode.of_file(path))
        took = time.perf_counter() - begun
    words = sum(len(turn.words) for turn in transcript.turns)
    return {"speed": (transcript.episode.duration or 0.0) / took, "words": words, "peak": peak_megabytes()}


if __name__ == "__main__":
    main()
