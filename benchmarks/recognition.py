"""Recognition side by side, same weights, same threads, one run: speed, word errors, peak memory.

    python benchmarks/recognition.py [FILE...] [--threads N] [--only SYSTEM]...

A FILE's reference stands beside it as NAME.ref.txt (`Speaker: text` lines). Without files: the English dialogues of
../shared/corpus where that folder is, else the project's own clips. Each system runs in a process of its own, one after
the other; decoding the file and loading the weights are not timed, finding speech is. openai-whisper takes the first
file only: it is slower by a factor of ten. Speeds depend on what else the machine does: compare within one run, and on
a busy machine by the processor time ("per core").
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
BEAM = 5

Words = list[str]
System = Callable[[Any], Words]  # audio → words


def ours(engine: str, threads: int) -> System:
    """turnscript's own recognition, both passes."""
    from transcribe.engines import load
    from transcribe.models import find_model
    from transcribe.recognize import recognize
    from transcribe.settings import Settings

    settings = Settings(engine=engine, threads=threads, language="en", beam_size=BEAM)
    recognizer = load(settings, find_model("base"))
    return lambda audio: [word.text for word in recognize(audio, recognizer, settings=settings).words]


def faster_whisper(*, batched: bool, threads: int) -> System:
    """faster-whisper as its users call it, with word times."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    from transcribe.models import find_model

    model = WhisperModel(str(find_model("base").folder), device="cpu", compute_type="int8", cpu_threads=threads)
    options: dict[str, Any] = {"language": "en", "beam_size": BEAM, "word_timestamps": True}
    transcribe = BatchedInferencePipeline(model).transcribe if batched else model.transcribe
    if batched:
        options["batch_size"] = 8
    return lambda audio: [
        word.word.strip() for segment in transcribe(audio.read(), **options)[0] for word in segment.words or ()
    ]


def openai_whisper(threads: int) -> System:
    """openai-whisper's own `transcribe` with word times, on the same weights."""
    import numpy as np
    import torch
    import whisper

    from transcribe.engines.container import read_container
    from transcribe.engines.openai_whisper import dimensions, state_dict
    from transcribe.models import find_model

    torch.set_num_threads(threads)
    arrays = read_container(find_model("base").folder / "model.bin")
    model = whisper.Whisper(whisper.ModelDimensions(**dimensions(arrays)))
    model.load_state_dict({k: torch.from_numpy(np.array(a, np.float32)) for k, a in state_dict(arrays).items()})
    model.set_alignment_heads(whisper._ALIGNMENT_HEADS["base"])

    def run(audio: Any) -> Words:
        result = model.transcribe(audio.read(), language="en", beam_size=BEAM, word_timestamps=True, fp16=False)
        return [word["word"].strip() for segment in result["segments"] for word in segment["words"]]

    return run


SYSTEMS: dict[str, Callable[[int], System]] = {
    "turnscript": lambda threads: ours("ctranslate2", threads),
    "faster-whisper batched": lambda threads: faster_whisper(batched=True, threads=threads),
    "faster-whisper sequential": lambda threads: faster_whisper(batched=False, threads=threads),
    "openai-whisper": openai_whisper,
}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--threads", default=2, show_default=True, help="Processor threads each system has.")
@click.option("--only", multiple=True, type=click.Choice(list(SYSTEMS)), help="Run just this system.")
@click.option("--measure", hidden=True, type=click.Choice(list(SYSTEMS)), help="Run in this process; JSON on stdout.")
def main(files: Sequence[Path], threads: int, only: Sequence[str], measure: str | None) -> None:
    """Recognise FILES with each system and print a table."""
    files = files or default_files()
    if measure is not None:
        click.echo(json.dumps(measured(measure, files, threads)))
        return
    click.echo(f"base, beam {BEAM}, word times, {threads} threads, {len(files)} files\n")
    click.echo(
        "| system | audio s | × real time | × per core | WER % | worst file | peak MB |\n|---|---|---|---|---|---|---|"
    )
    for system in only or SYSTEMS:
        taken = files[:1] if system == "openai-whisper" else files
        command = [sys.executable, __file__, *map(str, taken), "--threads", str(threads), "--measure", system]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
        click.echo(row(system, json.loads(run.stdout.splitlines()[-1])))


def default_files() -> list[Path]:
    """The dialogues of the shared corpus that have an English reference, or the clips of the project."""
    folder = CORPUS if CORPUS.is_dir() else ROOT / "tests" / "clips"
    found = [path for path in sorted(folder.glob("*.mp3")) if path.with_suffix(".ref.txt").is_file()]
    return [path for path in found if "dutch" not in path.name]


def measured(system: str, files: Sequence[Path], threads: int) -> dict[str, Any]:
    """Seconds of audio and of work, errors and words of each file, and the peak memory of this process."""
    from audio.decode import decode

    run = SYSTEMS[system](threads)
    seconds = cpu_seconds = audio_seconds = 0.0
    errors: dict[str, tuple[int, int]] = {}
    for path in files:
        audio = decode(path)
        begun, cpu_begun = time.perf_counter(), time.process_time()
        words = run(audio)
        seconds += time.perf_counter() - begun
        cpu_seconds += time.process_time() - cpu_begun
        audio_seconds += audio.duration
        errors[path.stem] = word_errors(path.with_suffix(".ref.txt"), words)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    return {"audio": audio_seconds, "seconds": seconds, "cpu_seconds": cpu_seconds, "errors": errors, "peak_mb": peak}


def word_errors(reference: Path, words: Words) -> tuple[int, int]:
    """(errors, words of the reference), both sides through openai-whisper's English normaliser."""
    from meeteval.wer import siso_word_error_rate
    from whisper.normalizers import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    said = re.sub(r"(?m)^[^:\n]{1,40}:|\[[^\]]*\]|\([^)]*\)", "", reference.read_text(encoding="utf-8"))
    rate = siso_word_error_rate(normal(said), normal(" ".join(words)))
    return rate.errors, rate.length


def row(system: str, result: dict[str, Any]) -> str:
    """One line of the table; errors are pooled, not averaged."""
    errors, total = (sum(column) for column in zip(*result["errors"].values(), strict=True))
    worst, (wrong, length) = max(result["errors"].items(), key=lambda item: item[1][0] / item[1][1])
    return (
        f"| {system} | {result['audio']:.0f} | {result['audio'] / result['seconds']:.1f} "
        f"| {result['audio'] / result['cpu_seconds']:.1f} | {100 * errors / total:.1f} "
        f"| {worst} {100 * wrong / length:.1f} | {result['peak_mb']:.0f} |"
    )


if __name__ == "__main__":
    main()
