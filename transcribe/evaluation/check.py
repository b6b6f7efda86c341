"""The gate: transcribe and score sample clips, and compare them with limits and an earlier run.

A check without changes only reads files and compares numbers, since everything measured is cached
(`transcribe.evaluation.measure`). `transcribe.evaluation.check_reports` formats the report; the exit code is a property
of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import compress
from operator import not_

from audio.errors import AudioError
from output.errors import OutputError
from transcribe.errors import SettingsError, TranscribeError, UnreachableError
from transcribe.evaluation.baseline import Baseline, BaselineClip
from transcribe.evaluation.clip import FILE_NAME, Clip, Clips
from transcribe.evaluation.clip_differences import ClipDifference, without_time
from transcribe.evaluation.gates import ClipMeasurement, Gate, gates_of, pooled_gates
from transcribe.evaluation.limits import RATES
from transcribe.evaluation.measure import measure
from transcribe.evaluation.scoring import Scoring
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.progress import OnProgress, ignore_progress
from transcribe.settings import Settings

_log = logging.getLogger(__name__)

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
    scoring: Scoring | None = None  # what the options come to for its language; None if nothing was scored

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
    def scoring_description(self) -> str:
        """How the clips were compared, in words; clips of several languages are compared in several ways."""
        names: dict[str, list[str]] = {}
        for clip in self.clips:
            if clip.scoring is not None:
                names.setdefault(clip.scoring.of_words, []).append(clip.name)
        if len(names) < 2:
            return f"{next(iter(names), self.scoring.of_words)}; {self.scoring.of_speakers}"
        parts = [f"{', '.join(sorted(clips))}: {way}" for way, clips in names.items()]
        return "; ".join([*parts, self.scoring.of_speakers])

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

    A clip that cannot be run, for whatever reason, is reported and does not stop the others; weights that nobody has
    stop them all, since every clip needs them: raises `UnreachableError`. Calls `on_start` before each clip.
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
        results.append(_gated(clip, outcome, baseline.clips.get(clip.name) if baseline else None))
    overall = None
    if measured:
        overall = ClipResult(OVERALL, pooled_gates(measured, clips.overall, baseline, required=clips.required))
    if baseline is not None and not clips.partial:
        missing = baseline.clips.keys() - {clip.name for clip in clips.clips}
        results += [ClipResult(name, baseline_failure=_MISSING) for name in sorted(missing)]
    results += [ClipResult(path.name, error=_UNUSED, source=str(path)) for path in clips.unused]
    results.sort(key=lambda result: result.severity, reverse=True)
    notes = _not_in_baseline(measured, baseline) + _not_comparable(measured, baseline) + _unchecked(measured, clips)
    notes += tuple(
        f"{name}: {one.scoring.warning}" for name, one in measured.items() if one.scoring and one.scoring.warning
    )
    notes += tuple(f"{name}: {one.note}" for name, one in measured.items() if one.note)
    return Report(tuple(results), overall, notes, scoring), Baseline(measured)


def check_clips(clips: Clips, check_settings: Callable[[Settings], None]) -> None:
    """Check the settings of all clips before any is run; each setting of a file is named with its line.

    Raises what `check_settings` raises.
    """
    known: set[Settings] = set()
    for clip in clips.clips:
        if clip.settings not in known:
            try:
                check_settings(clip.settings)
            except SettingsError as error:
                raise SettingsError(clip.placed(error.setting, error), setting=error.setting) from error
            known.add(clip.settings)


def _gated(clip: Clip, outcome: ClipMeasurement, before: BaselineClip | None) -> ClipResult:
    """The measurements against the clip's limits and those of the baseline."""
    gated = clip.if_silent if outcome.is_silent else clip
    gates = gates_of(outcome, gated.limits, before, required=gated.required)
    new, other = _new_and_other(outcome, before)
    failure = _baseline_failure(outcome, before) or _no_gate(gates)
    result = ClipResult(clip.name, gates, new, other, source=clip.source, baseline_failure=failure)
    return replace(result, scoring=outcome.scoring)


def _measure_or_explain(
    clip: Clip, pipeline_for: PipelineMaker, *, scoring: Scoring, on_progress: OnProgress
) -> ClipMeasurement | ClipResult:
    """The clip's measurements, or the result of a clip that could not be run."""
    try:
        return measure(clip, pipeline_for(clip.settings), scoring=scoring, on_progress=on_progress)
    except UnreachableError:
        raise
    except SettingsError as error:
        message = clip.placed(error.setting, error)
    except (AudioError, TranscribeError, OutputError) as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001 - a defect, here or in a library, is the error of this clip alone
        _log.debug("%s failed", clip.name, exc_info=True)
        message = f"unexpected {type(error).__name__}: {error}; run it with --verbose and report it"
    return ClipResult(clip.name, error=message, source=clip.source)


_MISSING = (
    "baseline: has this clip, but it was not checked; restore the clip, or renew the baseline with --update-baseline"
)

_UNUSED = (
    "this reference has no recording of its name beside it, so nothing is checked against it; restore the recording, "
    f"name it in {FILE_NAME}, or remove the reference"
)


def _no_gate(gates: tuple[Gate, ...]) -> str:
    """Why a clip that was only measured has not passed."""
    if any(gate.limit is not None or gate.before is not None for gate in gates):
        return ""
    return "baseline: nothing is checked: every limit is off, and no earlier run is compared; set a limit or --baseline"


def _baseline_failure(clip: ClipMeasurement, before: BaselineClip | None) -> str:
    """Why a clip cannot be compared with its baseline, which is a failure: a regression would go unnoticed."""
    reason = "" if before is None else before.difference_from(clip)
    return reason and f"baseline: {reason}; renew the baseline with --update-baseline"


def _new_and_other(
    clip: ClipMeasurement, before: BaselineClip | None
) -> tuple[tuple[ClipDifference, ...], tuple[ClipDifference, ...]]:
    """The differences that the baseline does not have, and the others. Their times may differ."""
    differences = clip.worst_differences or ()
    if before is None or before.difference_from(clip):
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
    """A note for each recording that the file does not name, each silent clip, each speed limit without a speed."""
    limited = {one.name for one in clips.clips if (clips.overall.x_realtime, one.limits.x_realtime) != (None, None)}
    names = [name for name, clip in measured.items() if name in limited and clip.processing_seconds is None]
    instead = "its limits and settings for all clips apply" if clips.partial else "so it is not checked"
    unnamed = [f"{path.name}: is not in {FILE_NAME}, {instead}; name it there, or move it" for path in clips.unnamed]
    silent = [f"{name}: {_SILENT}" for name, clip in measured.items() if clip.is_silent]
    whose = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
    kept = "its transcript was" if len(names) == 1 else "their transcripts were"
    speed = f"{whose}: the speed was not measured, because {kept} kept from an earlier run; --fresh measures it"
    return (*unnamed, *silent, *([speed] if names else []))


_SILENT = (
    "its reference has no words, which states that nobody speaks: every recognised word counts as invented, and rates "
    "are not measured"
)
