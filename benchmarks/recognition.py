"""Recognition side by side, same weights, same threads, one run: speed, memory, word errors, lost speech.

    python benchmarks/recognition.py [FILE...] [--threads N] [--only SYSTEM]... [--slow-seconds S]

A FILE's references stand beside it: NAME.ref.txt (`Speaker: text` lines) for word errors, NAME.rttm (speaker times) for
speech lost, that is seconds of speech in stretches of more than 3 s without a word. Without files: the English
recordings of ../shared/corpus that have one, where that folder is, else the project's own clips. Each system runs in a
process of its own, one after the other; decoding the file, loading the weights and a first short reading are not timed,
finding speech is. The two of openai-whisper, slower by a factor of ten, read the shortest files alone: the first table
is of those, for all systems, the second of all files. Speeds depend on what else the machine does: compare within one
run, and on a busy machine by the processor time ("per core").
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
from typing import Any, NamedTuple

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
CORPUS = ROOT.parent / "shared" / "corpus"
BEAM = 5
LONGEST_GAP = 3.0  # seconds without a word, from which speech inside counts as lost
WARM_UP = 3.0  # seconds read before the clock starts: libraries compile and load on first use
SLOW = ("openai-whisper beam 5", "openai-whisper greedy")


class Said(NamedTuple):
    """A word and its times in seconds."""

    text: str
    start: float
    end: float


System = Callable[[Any], list[Said]]  # audio → words
Measured = dict[str, dict[str, float]]  # by file


def ours(threads: int) -> System:
    """turnscript's own recognition, both passes, in a process that is begun as the command line begins it."""
    from transcribe.workers.process_setup import begin

    begin()
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings

    settings = Settings(engine="ctranslate2", threads=threads, language="en", beam_size=BEAM)
    recognizer = load(settings, find_model("base"))
    return lambda audio: [
        Said(word.text, word.start, word.end) for word in recognize_all(audio, recognizer, settings=settings).words
    ]


def faster_whisper(threads: int, *, batched: bool) -> System:
    """faster-whisper as its users call it, with word times."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    from transcribe.recognition.models import find_model

    model = WhisperModel(str(find_model("base").folder), device="cpu", compute_type="int8", cpu_threads=threads)
    options: dict[str, Any] = {"language": "en", "beam_size": BEAM, "word_timestamps": True}
    transcribe = BatchedInferencePipeline(model).transcribe if batched else model.transcribe
    if batched:
        options["batch_size"] = 8
    return lambda audio: [
        Said(word.word.strip(), word.start, word.end)
        for segment in transcribe(audio.read(), **options)[0]
        for word in segment.words or ()
    ]


def openai_whisper(threads: int, *, beam_size: int | None) -> System:
    """openai-whisper's own `transcribe` with word times, on the same weights; no beam is greedy."""
    import numpy as np
    import torch
    import whisper

    from transcribe.recognition.engines.ct2_container import read_container
    from transcribe.recognition.engines.openai_whisper import dimensions, state_dict
    from transcribe.recognition.models import find_model

    torch.set_num_threads(threads)
    arrays = read_container(find_model("base").folder / "model.bin")
    model = whisper.Whisper(whisper.ModelDimensions(**dimensions(arrays)))
    model.load_state_dict({k: torch.from_numpy(np.array(a, np.float32)) for k, a in state_dict(arrays).items()})
    model.set_alignment_heads(whisper._ALIGNMENT_HEADS["base"])

    def run(audio: Any) -> list[Said]:
        result = model.transcribe(audio.read(), language="en", beam_size=beam_size, word_timestamps=True, fp16=False)
        return [
            Said(word["word"].strip(), word["start"], word["end"])
            for segment in result["segments"]
            for word in segment["words"]
        ]

    return run


SYSTEMS: dict[str, Callable[[int], System]] = {
    "turnscript": ours,
    "faster-whisper batched": lambda threads: faster_whisper(threads, batched=True),
    "faster-whisper sequential": lambda threads: faster_whisper(threads, batched=False),
    "openai-whisper greedy": lambda threads: openai_whisper(threads, beam_size=None),
    "openai-whisper beam 5": lambda threads: openai_whisper(threads, beam_size=BEAM),
}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--threads", default=2, show_default=True, help="Processor threads each system has.")
@click.option("--only", multiple=True, type=click.Choice(list(SYSTEMS)), help="Run just this system.")
@click.option("--slow-seconds", default=90.0, show_default=True, help="Seconds of sound for openai-whisper.")
@click.option("--measure", hidden=True, type=click.Choice(list(SYSTEMS)), help="In this process; JSON on stdout.")
def main(
    files: Sequence[Path],
    threads: int,
    only: Sequence[str],
    slow_seconds: float,
    measure: str | None,
) -> None:
    """Recognise FILES with each system and print tables."""
    files = files or default_files()
    if measure is not None:
        click.echo(json.dumps(measured(measure, files, threads)))
    else:
        tell_systems(files, only or list(SYSTEMS), threads=threads, slow_seconds=slow_seconds)


def default_files() -> list[Path]:
    """The English recordings of the shared corpus that have a reference, or the clips of the project."""
    folder = CORPUS if CORPUS.is_dir() else ROOT / "tests" / "clips"
    sounds = [path for path in sorted(folder.iterdir()) if path.suffix in {".mp3", ".wav", ".flac", ".opus"}]
    known = [p for p in sounds if p.with_suffix(".ref.txt").is_file() or p.with_suffix(".rttm").is_file()]
    return [path for path in known if "dutch" not in path.name]


def tell_systems(files: Sequence[Path], systems: Sequence[str], *, threads: int, slow_seconds: float) -> None:
    """Run the systems, each in a process of its own, and print both tables."""
    short = shortest(files, slow_seconds)
    found = {
        system: in_process(
            [*map(str, short if system in SLOW else files), "--threads", str(threads), "--measure", system]
        )
        for system in systems
    }
    click.echo(f"base, beam {BEAM} unless greedy, word times, {threads} threads, one run; the same files for all:\n")
    table(found, [path.stem for path in short])
    if len(short) < len(files):
        click.echo("\nAll files:\n")
        table({s: result for s, result in found.items() if s not in SLOW}, [path.stem for path in files])


def shortest(files: Sequence[Path], seconds: float) -> list[Path]:
    """The files with word references, shortest first, as many as fit; then the shortest with speaker times alone."""
    from audio.decoding.decode import decode

    lengths = {path: decode(path).duration for path in files}
    chosen: list[Path] = []
    for path in sorted(files, key=lambda p: (not p.with_suffix(".ref.txt").is_file(), lengths[p])):
        if not chosen or sum(lengths[p] for p in [*chosen, path]) <= seconds:
            chosen.append(path)
    return chosen


def in_process(arguments: Sequence[str]) -> dict[str, Any]:
    """What this script says when run with these arguments."""
    run = subprocess.run(
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return result


def measured(system: str, files: Sequence[Path], threads: int) -> dict[str, Any]:
    """For each file seconds of audio, of work and of the processor, errors and words; the process's peak memory."""
    from audio.decoding.decode import decode
    from audio.decoding.samples import Audio

    run = SYSTEMS[system](threads)
    run(Audio.from_samples(decode(files[0]).read(0.0, WARM_UP)))
    found: Measured = {}
    for path in files:
        audio = decode(path)
        begun, cpu_begun = time.perf_counter(), time.process_time()
        words = run(audio)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
        found[path.stem] = {"audio": audio.duration, "seconds": seconds, "cpu": cpu} | errors_of(path, words)
    return {"files": found, "peak": peak_megabytes()}


def errors_of(path: Path, words: Sequence[Said]) -> dict[str, float]:
    """Word errors and words, and seconds lost, against the references that stand beside `path`."""
    found: dict[str, float] = {}
    if path.with_suffix(".ref.txt").is_file():
        found["errors"], found["words"] = word_errors(path.with_suffix(".ref.txt"), [word.text for word in words])
    if path.with_suffix(".rttm").is_file():
        found["lost"] = lost_seconds(path.with_suffix(".rttm"), words)
    return found


def word_errors(reference: Path, words: Sequence[str]) -> tuple[int, int]:
    """(errors, words of the reference), both sides through openai-whisper's English normaliser."""
    from meeteval.wer import siso_word_error_rate
    from whisper.normalizers import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    said = re.sub(r"(?m)^[^:\n]{1,40}:|\[[^\]]*\]|\([^)]*\)", "", reference.read_text(encoding="utf-8"))
    rate = siso_word_error_rate(normal(said), normal(" ".join(words)))
    return rate.errors, rate.length


def lost_seconds(reference: Path, words: Sequence[Said]) -> float:
    """Seconds in which the reference has somebody speaking, in stretches of more than 3 s without a word."""
    rows = [line.split() for line in reference.read_text(encoding="utf-8").splitlines()]
    spans = sorted((float(r[3]), float(r[3]) + float(r[4])) for r in rows if r and r[0] == "SPEAKER")
    speech: list[tuple[float, float]] = []
    for start, end in spans:
        joined = bool(speech) and start <= speech[-1][1]
        speech[-1:] = [(speech[-1][0], max(speech[-1][1], end))] if joined else [*speech[-1:], (start, end)]
    said = sorted((word.start, word.end) for word in words)
    ends = [0.0, *(end for _, end in said)]
    starts = [*(start for start, _ in said), speech[-1][1] if speech else 0.0]
    gaps = [(a, b) for a, b in zip(ends, starts, strict=True) if b - a > LONGEST_GAP]
    return sum(max(0.0, min(b, end) - max(a, start)) for a, b in gaps for start, end in speech)


def table(found: dict[str, dict[str, Any]], names: Sequence[str]) -> None:
    """A row for each system, over the files of these names; errors are pooled, not averaged."""
    click.echo("| system | audio s | × real time | × per core | WER % | worst file | lost s | peak MB |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for system, result in found.items():
        files = {name: result["files"][name] for name in names}
        audio, seconds, cpu, errors, words, lost = (
            sum(file.get(key, 0.0) for file in files.values())
            for key in ("audio", "seconds", "cpu", "errors", "words", "lost")
        )
        rates = {name: 100 * file["errors"] / file["words"] for name, file in files.items() if "words" in file}
        worst = max(rates, key=lambda name: rates[name]) if rates else ""
        rate, bad = (f"{100 * errors / words:.1f}", f"{worst} {rates[worst]:.1f}") if rates else ("–", "–")
        shown = f"{lost:.1f}" if any("lost" in file for file in files.values()) else "–"
        click.echo(
            f"| {system} | {audio:.0f} | {audio / seconds:.1f} | {audio / cpu:.1f} | {rate} | {bad} | {shown} "
            f"| {result['peak']:.0f} |"
        )


def peak_megabytes() -> float:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)


if __name__ == "__main__":
    main()
