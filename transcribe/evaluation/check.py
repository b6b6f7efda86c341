"""The gate: transcribe and score sample clips, and compare them with limits and an earlier run.

Results are cached under the hashes of their inputs (the pipeline caches its stages, this module the scores), so a check
without changes only reads files and compares numbers. `transcribe.evaluation.check_reports` formats the report; the
exit code is a property of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import compress
from operator import not_
from pathlib import Path

from audio.disk import CacheKind, cache_folder, sha256_of, write_atomically
from audio.episode import Episode, Seconds
from audio.errors import AudioError
from output.errors import OutputError
from transcribe.errors import TranscribeError, TranscriptError
from transcribe.evaluation.baseline import RATES, Baseline, BaselineClip
from transcribe.evaluation.clip_differences import ClipDifference, differences_of, without_time
from transcribe.evaluation.clips import FILE_NAME, Clip, Clips
from transcribe.evaluation.gates import ClipMeasurement, Gate, gates_of, pooled_gates
from transcribe.evaluation.references import REFERENCE_SUFFIXES, with_times
from transcribe.evaluation.score import Score, Scoring, score
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.progress import OnProgress, ignore_progress
from transcribe.pipeline.watch import RunMonitor
from transcribe.readers.read import read_transcript
from transcribe.readers.values import SpeakerTranscript, speaker_transcript_of
from transcribe.settings import Settings, Stage
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)

SCORES_OF = 2
"""The version of the scoring, part of the cache key; raise it when scoring changes."""

OVERALL = "all clips"

PipelineMaker = Callable[[Settings], Pipeline]


@dataclass(frozen=True, slots=True)
class ClipResult:
    """One clip's outcome. `error`: why it could not be run; `baseline_failure`: why the baseline has no use for it."""

    name: str
    gates: tuple[Gate, ...] = ()
    new_differences: tuple[ClipDifference, ...] = ()  # those that the baseline does not have
    other_differences: tuple[ClipDifference, ...] = ()
    error: str = ""
    source: str = ""  # the file an annotation points at
    baseline_failure: str = ""

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each gate that is not met."""
        return (*filter(None, [self.baseline_failure]), *(gate.failure for gate in self.gates if gate.failure))

    @property
    def severity(self) -> tuple[float, ...]:
        """Sorts a report, the largest first: clips not run, then not met, then by rise, then by distance to a limit."""
        rates = [gate for gate in self.gates if gate.measure in RATES]
        used = max((gate.value / gate.limit for gate in rates if gate.limit and gate.value is not None), default=0.0)
        return bool(self.error), bool(self.failures), max((gate.rise for gate in rates), default=0.0), used


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all clips, the worst first; `overall` is None if no clip could be run."""

    clips: tuple[ClipResult, ...]
    overall: ClipResult | None
    notes: tuple[str, ...] = ()
    scoring: Scoring = field(default_factory=Scoring)

    @property
    def exit_code(self) -> int:
        """0: every gate is met; 1: a gate is not met; 2: a clip could not be run, or there was nothing to check."""
        if self.overall is None or any(clip.error for clip in self.clips):
            return 2
        return 1 if any(clip.failures for clip in (*self.clips, self.overall)) else 0

    @property
    def summary(self) -> str:
        """The number of clips by outcome, in words."""
        broken = sum(bool(clip.error) for clip in self.clips)
        failed = sum(bool(clip.failures) for clip in self.clips if not clip.error)
        counts = ((len(self.clips) - broken - failed, "passed"), (failed, "failed"), (broken, "could not be run"))
        parts = [f"{count} clip{'s' * (count != 1)} {outcome}" for count, outcome in counts if count]
        return ", ".join(parts) or "nothing was checked"


def check(
    clips: Clips,
    pipeline_for: PipelineMaker,
    *,
    scoring: Scoring,
    baseline: Baseline | None = None,
    on_start: Callable[[Clip], None] = lambda clip: None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[Report, Baseline]:
    """Transcribe and score every clip. Returns the report, and the measurements as a baseline for a later check.

    A clip that cannot be run, for whatever reason, is reported and does not stop the others. Calls `on_start` before
    each clip.
    """
    pipeline_for = cache(pipeline_for)
    measured: dict[str, ClipMeasurement] = {}
    results: list[ClipResult] = []
    for clip in clips.clips:
        on_start(clip)
        outcome = _measure_or_explain(clip, pipeline_for, scoring=scoring, on_progress=on_progress)
        if isinstance(outcome, ClipResult):
            results.append(outcome)
            continue
        measured[clip.name] = outcome
        before = baseline.clips.get(clip.name) if baseline else None
        gates = gates_of(outcome, clip.limits, before, required=clip.required)
        new, other = _new_and_other(outcome, before)
        failure = _baseline_failure(outcome, before)
        results.append(ClipResult(clip.name, gates, new, other, source=clip.source, baseline_failure=failure))
    overall = None
    if measured:
        overall = ClipResult(OVERALL, pooled_gates(measured, clips.overall, baseline, required=clips.required))
    if baseline is not None and not clips.partial:
        missing = baseline.clips.keys() - {clip.name for clip in clips.clips}
        results += [ClipResult(name, baseline_failure=_MISSING) for name in sorted(missing)]
    results.sort(key=lambda result: result.severity, reverse=True)
    notes = _not_in_baseline(measured, baseline) + _not_comparable(measured, baseline) + _unchecked(measured, clips)
    return Report(tuple(results), overall, notes, scoring), Baseline(measured)


def _measure_or_explain(
    clip: Clip, pipeline_for: PipelineMaker, *, scoring: Scoring, on_progress: OnProgress
) -> ClipMeasurement | ClipResult:
    """The clip's measurements, or the result of a clip that could not be run."""
    try:
        return _measure(clip, pipeline_for(clip.settings), scoring=scoring, on_progress=on_progress)
    except (AudioError, TranscribeError, OutputError) as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001 - a defect, here or in a library, is the error of this clip alone
        _log.debug("%s failed", clip.name, exc_info=True)
        message = f"unexpected {type(error).__name__}: {error}; run it with --verbose and report it"
    return ClipResult(clip.name, error=message, source=clip.source)


def _measure(clip: Clip, pipeline: Pipeline, *, scoring: Scoring, on_progress: OnProgress) -> ClipMeasurement:
    """Transcribe the clip, and score it unless the cache has its score."""
    if not clip.audio.exists():
        raise TranscriptError(f"{clip.audio}: the recording does not exist; correct `audio` in {FILE_NAME}")
    if not clip.references:
        names = " or ".join(clip.audio.stem + suffix for suffix in REFERENCE_SUFFIXES)
        raise TranscriptError(f"{clip.audio}: has no reference; write {names} in its folder")
    inputs = [[_hash(path) for path in clip.references], asdict(scoring), clip.terms, SCORES_OF]
    reference_hash = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    monitor, start = RunMonitor(on_progress), time.perf_counter()
    transcript = pipeline.transcript(Episode.of_file(clip.audio), monitor=monitor)
    elapsed = time.perf_counter() - start
    measurement = _scored(clip, speaker_transcript_of(transcript), scoring, reference_hash)
    was_transcribed = monitor.seconds.keys() >= {Stage.RECOGNIZE, Stage.DIARIZE}  # cached stages take almost no time
    processing = _processing_seconds(transcript, clip.settings, round(elapsed, 3) if was_transcribed else None)
    return replace(measurement, duration=transcript.episode.duration or 0.0, processing_seconds=processing)


def _scored(clip: Clip, hypothesis: SpeakerTranscript, scoring: Scoring, reference_hash: str) -> ClipMeasurement:
    rows = asdict(hypothesis)
    key = json.dumps([{"said": rows.pop("utterances"), **rows}, reference_hash], sort_keys=True)
    path = cache_folder(CacheKind.SCORES) / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    if cached := _load(path):
        return cached
    result = score(_read_references(clip.references), hypothesis, scoring, terms=clip.terms)
    if result.problem:
        raise TranscriptError(f"{clip.references[0]}: {result.problem}, so nothing can be checked against it")
    measurement = _measurement_of(result, reference_hash)
    _save(path, measurement.as_json())
    return measurement


def _processing_seconds(transcript: Transcript, settings: Settings, seconds: Seconds | None) -> Seconds | None:
    """How long it took to transcribe: `seconds`, which it caches, or else the cached value of an earlier run."""
    made = transcript.made_with
    key = f"{made.audio_sha256} {made.model_sha256} {settings.digest(Stage.RECOGNIZE, Stage.REHEAR, Stage.DIARIZE)}"
    path = cache_folder(CacheKind.SCORES) / f"speed-{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    if seconds is not None:
        _save(path, json.dumps(seconds))
        return seconds
    try:
        return float(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _measurement_of(result: Score, reference_hash: str) -> ClipMeasurement:
    values: dict[str, float | None] = {
        "wer": None if result.words is None else result.words.rate,
        "cpwer": None if result.cp is None else result.cp.rate,
        "der": None if result.time is None else result.time.rate,
        "lost_seconds": result.lost_seconds,
        "lost_words": None if result.words is None else result.lost_words,
        "invented_words": None if result.words is None else result.invented_words,
        "speakers": abs(result.speakers_hyp - result.speakers_ref),
        "misnamed": None if result.misnamed is None else result.misnamed[0] / max(result.misnamed[1], 1),
        "names": max((name.missed / name.mentions for name in result.names), default=None),
    }
    measured = {name: round(value, 6) for name, value in values.items() if value is not None}
    return ClipMeasurement(reference_hash, measured, result.segments, differences_of(result))


_MISSING = (
    "baseline: has this clip, but it was not checked; restore the clip, or renew the baseline with --update-baseline"
)


def _baseline_failure(clip: ClipMeasurement, before: BaselineClip | None) -> str:
    """Why a clip cannot be compared with its baseline, which is a failure: a regression would go unnoticed."""
    if before is None or before.reference_hash == clip.reference_hash:
        return ""
    return "baseline: the clip's reference or scoring has changed; renew the baseline with --update-baseline"


def _new_and_other(
    clip: ClipMeasurement, before: BaselineClip | None
) -> tuple[tuple[ClipDifference, ...], tuple[ClipDifference, ...]]:
    """The differences that the baseline does not have, and the others. Their times may differ."""
    differences = clip.worst_differences or ()
    if before is None or before.reference_hash != clip.reference_hash:
        return (), differences
    old = {without_time(one) for one in before.worst_differences or ()}
    new = [without_time(one) not in old for one in differences]
    return tuple(compress(differences, new)), tuple(compress(differences, map(not_, new)))


def _not_in_baseline(measured: Mapping[str, ClipMeasurement], baseline: Baseline | None) -> tuple[str, ...]:
    """A note for each clip that the baseline does not have yet."""
    names = [name for name in measured if name not in baseline.clips] if baseline else []
    return tuple(f"{name}: is not in the baseline; add it with --update-baseline" for name in names)


def _not_comparable(measured: Mapping[str, ClipMeasurement], baseline: Baseline | None) -> tuple[str, ...]:
    """One note, if the baseline has the differences of a clip as sentences only."""
    pairs = [(clip, baseline.clips.get(name)) for name, clip in measured.items()] if baseline else []
    before = [old for clip, old in pairs if old and old.reference_hash == clip.reference_hash]
    if all(old.worst_differences is not None for old in before):
        return ()
    return ("baseline: from an earlier version, so every difference counts as new; renew it with --update-baseline",)


def _unchecked(measured: Mapping[str, ClipMeasurement], clips: Clips) -> tuple[str, ...]:
    """A note for each recording that the file does not name, and each clip with a speed limit but no speed."""
    limited = {one.name for one in clips.clips if (clips.overall.x_realtime, one.limits.x_realtime) != (None, None)}
    names = [name for name, clip in measured.items() if name in limited and clip.processing_seconds is None]
    unnamed = [
        f"{path.name}: is not in {FILE_NAME}, so it is not checked; name it there, or move it" for path in clips.unnamed
    ]
    reason = "not measured, because its transcript was cached; --fresh measures it"
    return (*unnamed, *(f"{name}: x_realtime: {reason}" for name in names))


def _read_references(paths: tuple[Path, ...]) -> SpeakerTranscript:
    reference = read_transcript(paths[0])
    for path in paths[1:]:
        reference = with_times(reference, read_transcript(path))
    return reference


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as exc:
        raise TranscriptError(f"{path}: the reference cannot be read ({exc.strerror}); check its name") from exc


def _load(path: Path) -> ClipMeasurement | None:
    """The cached measurement, or None; a damaged file counts as missing."""
    try:
        cached = ClipMeasurement.from_json(json.loads(path.read_text(encoding="utf-8")))
        return None if cached.worst_differences is None else cached  # an earlier version's is measured again
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _save(path: Path, text: str) -> None:
    try:
        write_atomically(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        _log.warning("scores cannot be cached for later runs: %s", error)
