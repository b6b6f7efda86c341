"""Who spoke: error rates, speaker count, speed and memory of the diarizer over recordings with references.

    python benchmarks/speakers.py [FOLDER ...] [--only NAME,...] [--count estimated|given] [--words FOLDER] [--senko]
        [--voices]

A recording counts if NAME.rttm (speaker times) or NAME.ref.txt (`Speaker: text` lines) stands beside it; folders are
../shared/corpus, where present, and tests/clips. Each file runs in a process of its own, so that memory and the time
from start to the first result are its own. For cpWER − WER words are needed: those of NAME.json in the --words folder,
which `transcribe run` wrote. The last lines say how many of these words are given to the wrong person, and how many
within half a second of a change of speaker.
--senko adds senko's own pipeline, on the same files in the same run (it needs senko's own dependencies).
--voices puts every voice of every recording on file in turn, looks for it in all others, and lists the likenesses.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import resource
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.speaker_references import (  # noqa: E402 - the path is set above
    Span,
    annotation_of,
    cpwer_of,
    diarization_row,
    read_reference,
    read_rttm,
    speakers_in_reference,
)
from benchmarks.turn_changes import NEAR, Wrong, by_text, by_time, count_wrong  # noqa: E402
from transcribe.workers.process_setup import begin  # noqa: E402

if TYPE_CHECKING:
    from transcribe.transcript import Turn

FOLDERS = (ROOT.parent / "shared" / "corpus", ROOT / "tests" / "clips")
AUDIO = {".mp3", ".wav", ".flac", ".opus", ".m4a", ".ogg"}
COLLARS = (0.25, 0.0)


@dataclass(frozen=True)
class Run:
    """What one process found and used."""

    spans: list[Span]
    background: list[Span]
    duration: float
    wall: float
    cpu: float
    startup: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[folder for folder in FOLDERS if folder.is_dir()])
    parser.add_argument("--count", choices=("estimated", "given"), default="estimated")
    parser.add_argument("--words", type=Path, help="folder of the drafts with the words")
    parser.add_argument("--senko", action="store_true", help="run senko's own pipeline on the same files as well")
    parser.add_argument("--voices", action="store_true", help="only look for each voice in all other recordings")
    parser.add_argument("--only", default="", help="names of the recordings to take, with commas between them")
    options = parser.parse_args()
    files = [path for folder in options.folders for path in sorted(folder.iterdir()) if path.suffix in AUDIO]
    files = [path for path in files if not options.only or path.stem in options.only.split(",")]
    if options.voices:
        report_voices(files)
        return
    files = [path for path in files if speakers_in_reference(path)]
    for name, system in (("turnscript", run_ours), *((("senko", run_senko),) if options.senko else ())):
        say(f"\n{name}, count {options.count if system is run_ours else 'estimated'}")
        report(files, system, given=options.count == "given", words=options.words)


def report(files: Sequence[Path], system: Any, *, given: bool, words: Path | None) -> None:
    """Run a system over files and print a line each, then the pooled rates."""
    say(f"{'name':22} {'DER':>6} {'DER 0':>6} {'JER':>6} {'cp−w':>6} {'found':>7} {'speed':>7} {'cpu x':>6} {'MB':>5}")
    sums, changes = Sums(), Wrong(0, 0, 0, 0)
    for path in files:
        truth = speakers_in_reference(path)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            run: Run = pool.submit(system, path, truth if given else None).result()
        found = len({speaker for _, _, speaker in run.spans})
        cells = [*_diarization_cells(path, run, sums), _words_cell(path, run, words, sums)]
        changes = changes.plus(_near_changes(path, run, words))
        sums = dataclasses.replace(
            sums,
            files=sums.files + 1,
            right=sums.right + (found == truth),
            audio=sums.audio + run.duration,
            wall=sums.wall + run.wall,
            cpu=sums.cpu + run.cpu,
            startup=max(sums.startup, run.startup),
        )
        speed = f"{run.duration / run.wall:6.0f}x {run.duration / run.cpu:5.0f}x {run.megabytes:5.0f}"
        say(f"{path.stem[:22]:22} {' '.join(cells)} {found:>3}/{truth:<3} {speed}")
    rates = [_percent(sums.errors[key], sums.lengths[key]) for key in ("0.25", "0.0", "jer", "words")]
    speed = f"{sums.audio / sums.wall:6.0f}x {sums.audio / sums.cpu:5.0f}x"
    say(f"{'POOLED':22} {' '.join(rates)} {sums.right:>3}/{sums.files:<3} {speed}  start-up {sums.startup:.2f} s")
    if changes.words:
        say(f"words given to the wrong person: {changes.wrong} of {changes.words}")
        say(f"  within {NEAR} s of a change of speaker: {changes.near_wrong} of {changes.near}")


@dataclass(frozen=True)
class Sums:
    """Totals over files; error seconds and words are added up, rates never averaged (but JER, which is a mean)."""

    files: int = 0
    right: int = 0
    audio: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    startup: float = 0.0
    errors: dict[str, float] = dataclasses.field(
        default_factory=lambda: dict.fromkeys(("0.25", "0.0", "jer", "words"), 0.0)
    )
    lengths: dict[str, float] = dataclasses.field(
        default_factory=lambda: dict.fromkeys(("0.25", "0.0", "jer", "words"), 0.0)
    )


def report_voices(files: Sequence[Path]) -> None:
    """Which voice put on file from one recording is found in which others, and how alike the strangers are."""
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers
    from transcribe.speakers.voiceprints import LEAST_SECONDS, Sample, Voice, recognised

    heard, known = {}, []
    for path in files:
        with decode(path) as audio:
            found = find_speakers(audio)
        heard[path.stem] = found.voices
        for speaker, vector in found.voices.items():
            seconds = sum(span.end - span.start for span in found.spans if span.speaker == speaker)
            if seconds >= LEAST_SECONDS:
                known.append((path.stem, Voice(f"{path.stem} {speaker}", (Sample(path.name, seconds, vector),))))
    found_in, unlike, looked = 0, [], 0
    for stem, voice in known:
        for other in heard.keys() - {stem}:
            looked += 1
            likeness = [
                sum(a * b for a, b in zip(voice.vector, vector, strict=True)) for vector in heard[other].values()
            ]
            hits = recognised(heard[other], [voice])
            found_in += len(hits)
            unlike += sorted(likeness)[: len(likeness) - len(hits)]
            for speaker, (name, evidence) in hits.items():
                say(f"{name:26} is {other} {speaker}: {evidence}")
    say(f"{len(known)} voices, {looked} look-ups, {found_in} found; likeness of the others at most {max(unlike):.2f}")


def run_ours(path: Path, count: int | None) -> Run:
    """The project's diarizer on one file."""
    begin()
    started = time.perf_counter()
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers
    from transcribe.diarization.networks import SpeakerModel, open_network

    for model in SpeakerModel:
        open_network(model)
    startup = time.perf_counter() - started
    with decode(path) as audio:
        wall, cpu = time.perf_counter(), time.process_time()
        people = find_speakers(audio, count=count)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        spans, background = (
            [(span.start, span.end, span.speaker) for span in heard] for heard in (people.spans, people.background)
        )
        return Run(spans, background, audio.duration, wall, cpu, startup, peak_megabytes())


def run_senko(path: Path, count: int | None) -> Run:
    """Senko's pipeline, which always estimates the count, on the same samples."""
    started = time.perf_counter()
    import numpy as np
    from senko import Diarizer

    from audio.decoding.decode import decode

    diarizer = Diarizer(device="cpu", warmup=True, quiet=True)
    startup = time.perf_counter() - started
    with decode(path) as audio, tempfile.NamedTemporaryFile(suffix=".wav") as copy:
        with wave.open(copy.name, "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes((audio.read() * 32_767).astype(np.int16).tobytes())
        wall, cpu = time.perf_counter(), time.process_time()
        result = diarizer.diarize(copy.name, generate_colors=False) or {"merged_segments": []}
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        spans = [(row["start"], row["end"], row["speaker"]) for row in result["merged_segments"]]
        return Run(spans, [], audio.duration, wall, cpu, startup, peak_megabytes())


def _diarization_cells(path: Path, run: Run, sums: Sums) -> list[str]:
    from pyannote.metrics.diarization import JaccardErrorRate

    rttm = path.with_suffix(".rttm")
    if not rttm.exists():
        return ["     -"] * 3
    cells = []
    for collar in COLLARS:
        row = diarization_row(read_rttm(rttm), run.spans, collar)
        errors = row["confusion"] + row["missed detection"] + row["false alarm"]
        sums.errors[str(collar)] += errors
        sums.lengths[str(collar)] += row["total"]
        cells.append(_percent(errors, row["total"]))
    metric: Any = JaccardErrorRate  # untyped
    jaccard = metric()(annotation_of(read_rttm(rttm)), annotation_of(run.spans))
    sums.errors["jer"] += jaccard
    sums.lengths["jer"] += 1
    return [*cells, _percent(jaccard, 1)]


def _words_cell(path: Path, run: Run, folder: Path | None, sums: Sums) -> str:
    text = path.with_suffix(".ref.txt")
    if folder is None or not text.exists() or "dutch" in path.stem:  # the normaliser is English
        return "     -"
    turns = _turns(path, run, folder)
    reference, hypothesis = read_reference(text), [(turn.speaker, turn.text) for turn in turns] or [("none", "")]
    plain, attributed = (cpwer_of(reference, hypothesis, speakers=speakers) for speakers in (False, True))
    sums.errors["words"] += attributed.errors - plain.errors
    sums.lengths["words"] += plain.length
    return _percent(attributed.errors - plain.errors, plain.length)


def _near_changes(path: Path, run: Run, folder: Path | None) -> Wrong:
    """Words of a recording given to the wrong person, by its reference's words or times."""
    from whisper.normalizers import EnglishTextNormalizer

    if folder is None:
        return Wrong(0, 0, 0, 0)
    normalise = EnglishTextNormalizer()
    turns = _turns(path, run, folder)
    given = [(normalise(w.text), w.start, w.end, turn.speaker) for turn in turns for w in turn.words]
    if (rttm := path.with_suffix(".rttm")).exists():
        return count_wrong(by_time(given, read_rttm(rttm)))
    said = [(speaker, normalise(text)) for speaker, text in read_reference(path.with_suffix(".ref.txt"))]
    return count_wrong(by_text(given, said))


def _turns(path: Path, run: Run, folder: Path) -> tuple[Turn, ...]:
    """The words `transcribe run` wrote to the folder, given to whom this run heard."""
    from transcribe.speakers.attribution import attribute
    from transcribe.transcript import SpeakerSpan, Transcript

    kept = folder / f"{path.stem}.json"
    if not kept.is_file():
        sys.exit(f"{kept}: not there; make it with: transcribe run {path} -o {folder}")
    turns = Transcript.from_json(kept.read_text(encoding="utf-8")).turns
    words = sorted((word for turn in turns for word in turn.words), key=lambda word: word.start)
    spans, background = ([SpeakerSpan(*span) for span in heard] for heard in (run.spans, run.background))
    return attribute(words, spans, background=background)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would tell the parent's peak, where that is higher
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
