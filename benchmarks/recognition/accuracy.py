"""Compare recognisers on the same weights and threads: speed, memory, word errors, lost speech.

    python -m benchmarks.recognition.accuracy [FILE...] [--threads N] [--only SYSTEM]... [--slow-seconds S]

References lie next to each FILE: NAME.ref.txt (`Speaker: text` lines) for word errors, NAME.rttm (speaker times) for
lost speech: seconds of speech in stretches of more than 3 s without a word. Without FILES: the English recordings of
../shared/corpus that have a reference, or the project's own clips. Each system runs in a process of its own, one after
the other. Voice activity detection is timed; decoding the file, loading the weights and a first short reading are not.
Both modes of openai-whisper are ten times slower and read the shortest files only: the first table compares all systems
on those, the second the fast systems on all files. Speeds depend on the load of the machine: compare within one run,
and on a busy machine by processor time ("per core").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from benchmarks.measure import in_child, peak_megabytes, timed
from benchmarks.references import english_recordings, read_reference, read_rttm, shortest

BEAM = 5
LONGEST_GAP = 3.0  # seconds without a word, from which speech inside counts as lost
WARM_UP = 3.0  # seconds recognised before the clock starts: libraries compile and load on first use
SLOW = ("openai-whisper beam 5", "openai-whisper greedy")


class TimedWord(NamedTuple):
    """A word and its times in seconds."""

    text: str
    start: float
    end: float


System = Callable[[Any], list[TimedWord]]  # audio → words
Measured = dict[str, dict[str, float]]  # by file


def ours(threads: int) -> System:
    """turnscript's recognition, both passes, in a process configured as the command line does it."""
    from transcribe.workers.process_setup import configure_process

    configure_process()
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings

    settings = Settings(engine="ctranslate2", threads=threads, language="en", beam_size=BEAM)
    recognizer = load(settings, find_model("base"))
    return lambda audio: [
        TimedWord(word.text, word.start, word.end) for word in recognize_all(audio, recognizer, settings=settings).words
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
        TimedWord(word.word.strip(), word.start, word.end)
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

    def run(audio: Any) -> list[TimedWord]:
        result = model.transcribe(audio.read(), language="en", beam_size=beam_size, word_timestamps=True, fp16=False)
        return [
            TimedWord(word["word"].strip(), word["start"], word["end"])
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
def main(files: Sequence[Path], threads: int, only: Sequence[str], slow_seconds: float) -> None:
    """Recognise FILES with each system and print tables."""
    files = files or english_recordings()
    short = shortest(files, slow_seconds)
    results = {
        system: in_child(measure, system, short if system in SLOW else files, threads) for system in only or SYSTEMS
    }
    click.echo(f"base, beam {BEAM} unless greedy, word times, {threads} threads, one run; the same files for all:\n")
    print_table(results, [path.stem for path in short])
    if len(short) < len(files):
        click.echo("\nAll files:\n")
        print_table({s: result for s, result in results.items() if s not in SLOW}, [path.stem for path in files])


def measure(system: str, files: Sequence[Path], threads: int) -> dict[str, Any]:
    """For each file the seconds of audio, on the clock and of the processor, and the errors; the peak memory."""
    recognise = SYSTEMS[system](threads)  # first: it configures the process

    from audio.decoding.decode import decode
    from audio.decoding.samples import Audio

    recognise(Audio.from_samples(decode(files[0]).read(0.0, WARM_UP)))
    measured: Measured = {}
    for path in files:
        audio = decode(path)
        words, elapsed = timed(recognise, audio)
        times = {"audio": audio.duration, "seconds": elapsed.wall, "cpu": elapsed.cpu}
        measured[path.stem] = times | errors_of(path, words)
    return {"files": measured, "peak": peak_megabytes()}


def errors_of(path: Path, words: Sequence[TimedWord]) -> dict[str, float]:
    """Word errors, reference words and seconds of lost speech, by the references next to `path`."""
    errors: dict[str, float] = {}
    if (text := path.with_suffix(".ref.txt")).is_file():
        errors["errors"], errors["words"] = word_errors(text, [word.text for word in words])
    if (rttm := path.with_suffix(".rttm")).is_file():
        errors["lost"] = lost_seconds(rttm, words)
    return errors


def word_errors(reference: Path, words: Sequence[str]) -> tuple[int, int]:
    """(errors, reference words), both texts normalised by openai-whisper's English normaliser."""
    from meeteval.wer import siso_word_error_rate
    from whisper.normalizers import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    reference_text = " ".join(text for _, text in read_reference(reference))
    rate = siso_word_error_rate(normal(reference_text), normal(" ".join(words)))
    return rate.errors, rate.length


def lost_seconds(reference: Path, words: Sequence[TimedWord]) -> float:
    """Seconds of speech in the reference, in stretches of more than 3 s without a word."""
    speech: list[tuple[float, float]] = []
    for start, end, _ in sorted(read_rttm(reference)):
        joined = bool(speech) and start <= speech[-1][1]
        speech[-1:] = [(speech[-1][0], max(speech[-1][1], end))] if joined else [*speech[-1:], (start, end)]
    spans = sorted((word.start, word.end) for word in words)
    ends = [0.0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), speech[-1][1] if speech else 0.0]
    gaps = [(a, b) for a, b in zip(ends, starts, strict=True) if b - a > LONGEST_GAP]
    return sum(max(0.0, min(b, end) - max(a, start)) for a, b in gaps for start, end in speech)


def print_table(results: dict[str, dict[str, Any]], names: Sequence[str]) -> None:
    """A row for each system over the named files; errors are pooled, not averaged."""
    click.echo("| system | audio s | × real time | × per core | WER % | worst file | lost s | peak MB |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for system, result in results.items():
        files = {name: result["files"][name] for name in names}
        audio, seconds, cpu, errors, words, lost = (
            sum(file.get(key, 0.0) for file in files.values())
            for key in ("audio", "seconds", "cpu", "errors", "words", "lost")
        )
        rates = {name: 100 * file["errors"] / file["words"] for name, file in files.items() if "words" in file}
        worst = max(rates, key=lambda name: rates[name]) if rates else ""
        rate, worst_file = (f"{100 * errors / words:.1f}", f"{worst} {rates[worst]:.1f}") if rates else ("–", "–")
        lost_speech = f"{lost:.1f}" if any("lost" in file for file in files.values()) else "–"
        click.echo(
            f"| {system} | {audio:.0f} | {audio / seconds:.1f} | {audio / cpu:.1f} | {rate} | {worst_file} "
            f"| {lost_speech} | {result['peak']:.0f} |"
        )


if __name__ == "__main__":
    main()
