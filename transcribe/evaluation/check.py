"""The gate: sample clips through the pipeline, scored, and held against limits and an earlier run.

What was found is kept under the hashes of what it was found from (the pipeline keeps its stages, this module the
scores), so a check of what did not change reads files and compares numbers. How a report looks is the business of
`transcribe.evaluation.check_reports`; the exit code is a property of the report.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from audio.disk import cache_folder, sha256_of, write_atomically
from audio.episode import Episode, Seconds
from audio.errors import AudioError
from output.errors import OutputError
from transcribe.errors import TranscribeError, TranscriptError
from transcribe.evaluation.baseline import RATES, Baseline, Kept
from transcribe.evaluation.clips import FILE_NAME, Clip, Clips
from transcribe.evaluation.gates import Found, Gate, gates_of, pooled_gates
from transcribe.evaluation.references import REFERENCE_SUFFIXES, Account, account_of, read_account, with_times
from transcribe.evaluation.score import Score, Scoring, score
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.watch import RunMonitor
from transcribe.progress import OnProgress, ignore_progress
from transcribe.settings import Settings, Stage
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)

SCORES_OF = 2
"""Raised when scoring changes, so that what an older release kept is not taken for a score."""

OVERALL = "all clips"
SHOWN = 10  # differences kept of a clip

PipelineMaker = Callable[[Settings], Pipeline]


@dataclass(frozen=True, slots=True)
class Checked:
    """One clip's outcome. `error`: it could not be run, and why; `unmet`: what is wrong beside its measures."""

    name: str
    gates: tuple[Gate, ...] = ()
    behind: tuple[str, ...] = ()
    error: str = ""
    source: str = ""  # the file to look at
    unmet: str = ""

    @property
    def failures(self) -> tuple[str, ...]:
        """What is not met, a sentence each."""
        return (*filter(None, [self.unmet]), *(gate.failure for gate in self.gates if gate.failure))

    @property
    def badness(self) -> tuple[float, ...]:
        """What comes first in a report has the most of it: not run, not met, what got worse, what is near its limit."""
        rates = [gate for gate in self.gates if gate.measure in RATES]
        near = max((gate.value / gate.limit for gate in rates if gate.limit and gate.value is not None), default=0.0)
        return bool(self.error), bool(self.failures), max((gate.rise for gate in rates), default=0.0), near


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all clips, the worst first; `overall` is None where none could be run."""

    clips: tuple[Checked, ...]
    overall: Checked | None
    notes: tuple[str, ...] = ()
    scoring: Scoring = field(default_factory=Scoring)

    @property
    def exit_code(self) -> int:
        """0: every gate is met; 1: one is not; 2: a clip could not be run, or nothing was checked."""
        if self.overall is None or any(one.error for one in self.clips):
            return 2
        return 1 if any(one.failures for one in (*self.clips, self.overall)) else 0

    @property
    def summary(self) -> str:
        """How many of each, in words."""
        broken = sum(bool(one.error) for one in self.clips)
        failed = sum(bool(one.failures) for one in self.clips if not one.error)
        counts = ((len(self.clips) - broken - failed, "met"), (failed, "not met"), (broken, "could not be run"))
        return ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing was checked"


def check(
    clips: Clips,
    pipeline_for: PipelineMaker,
    *,
    scoring: Scoring,
    baseline: Baseline | None = None,
    started: Callable[[Clip], None] = lambda clip: None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[Report, Baseline]:
    """Transcribe and score every clip. Returns the report, and what was found as a baseline for a later check.

    A clip that cannot be run, for whatever reason, is reported and does not stop the others. `started` is told of each
    clip before it is looked at.
    """
    pipeline_for = cache(pipeline_for)
    found: dict[str, Found] = {}
    checked: list[Checked] = []
    for clip in clips.clips:
        started(clip)
        source = str((clip.references or (clip.audio,))[0])
        one = _attempt(clip, pipeline_for, scoring=scoring, on_progress=on_progress)
        if isinstance(one, str):
            checked.append(Checked(clip.name, error=one, source=source))
            continue
        found[clip.name] = one
        before = baseline.clips.get(clip.name) if baseline else None
        gates = gates_of(one, clip.limits, before, required=clip.required)
        checked.append(Checked(clip.name, gates, _new_first(one, before), source=source, unmet=_changed(one, before)))
    overall = None
    if found:
        overall = Checked(OVERALL, pooled_gates(found, clips.overall, baseline, required=clips.required))
    if baseline is not None and not clips.partial:
        missing = baseline.clips.keys() - {clip.name for clip in clips.clips}
        checked += [Checked(name, unmet=_MISSING) for name in sorted(missing)]
    ordered = tuple(sorted(checked, key=lambda one: one.badness, reverse=True))
    made = Baseline({name: Kept(one.reference, one.values, one.blocks, one.behind) for name, one in found.items()})
    return Report(ordered, overall, _notes(found, baseline) + _unlooked_at(found, clips), scoring), made


def _attempt(clip: Clip, pipeline_for: PipelineMaker, *, scoring: Scoring, on_progress: OnProgress) -> Found | str:
    """What the clip is worth, or why it could not be run."""
    try:
        return _found(clip, pipeline_for(clip.settings), scoring=scoring, on_progress=on_progress)
    except (AudioError, TranscribeError, OutputError) as error:
        return _named(clip, str(error))
    except Exception as error:  # noqa: BLE001 - a defect of ours, or of what we stand on, is this clip's alone
        _log.debug("%s failed", clip.name, exc_info=True)
        return _named(clip, f"unexpected {type(error).__name__}: {error}; run it with --verbose and report it")


def _found(clip: Clip, pipeline: Pipeline, *, scoring: Scoring, on_progress: OnProgress) -> Found:
    """What the clip's transcript is worth: as it was kept, or scored now."""
    if not clip.audio.exists():
        raise TranscriptError(f"{clip.audio}: there is no such recording; correct `audio` in {FILE_NAME}")
    if not clip.references:
        ways = " or ".join(clip.audio.stem + suffix for suffix in REFERENCE_SUFFIXES)
        raise TranscriptError(f"{clip.audio}: no reference beside it; write {ways}")
    against = [[_hash(path) for path in clip.references], asdict(scoring), clip.terms, SCORES_OF]
    reference = hashlib.sha256(json.dumps(against, sort_keys=True).encode()).hexdigest()
    monitor, began = RunMonitor(on_progress), time.perf_counter()
    transcript = pipeline.transcript(Episode.of_file(clip.audio), monitor=monitor)
    elapsed = time.perf_counter() - began
    heard = account_of(transcript)
    said = json.dumps([asdict(heard), reference], sort_keys=True)
    kept = cache_folder() / "scores" / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.json"
    one = _load(kept)
    if one is None:
        scored = score(_reference(clip.references), heard, scoring, terms=clip.terms)
        if scored.lacks:
            raise TranscriptError(f"{clip.references[0]}: {scored.lacks}, so nothing can be checked against it")
        one = _measured(scored, reference)
        _save(kept, asdict(one))
    ran = monitor.seconds.keys() >= {Stage.RECOGNIZE, Stage.DIARIZE}  # what was kept took no time to speak of
    took = _took(transcript, clip.settings, round(elapsed, 3) if ran else None)
    return replace(one, took=took, seconds=transcript.episode.duration or 0.0)


def _took(transcript: Transcript, settings: Settings, seconds: Seconds | None) -> Seconds | None:
    """How long it took to transcribe: `seconds`, which are kept, or what was kept when it was last done."""
    made = transcript.made_with
    done = f"{made.audio_sha256} {made.model_sha256} {settings.digest(Stage.RECOGNIZE, Stage.REHEAR, Stage.DIARIZE)}"
    kept = cache_folder() / "scores" / f"speed-{hashlib.sha256(done.encode()).hexdigest()[:32]}.json"
    if seconds is not None:
        _save(kept, seconds)
        return seconds
    try:
        return float(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _measured(one: Score, reference: str) -> Found:
    values: dict[str, float | None] = {
        "wer": None if one.words is None else one.words.rate,
        "cpwer": None if one.cp is None else one.cp.rate,
        "der": None if one.time is None else one.time.rate,
        "lost_seconds": one.lost_seconds,
        "lost_words": None if one.words is None else one.lost_words,
        "invented_words": None if one.words is None else one.invented_words,
        "speakers": abs(one.speakers_hyp - one.speakers_ref),
        "misnamed": None if one.misnamed is None else one.misnamed[0] / max(one.misnamed[1], 1),
        "names": max((name.missed / name.said for name in one.names), default=None),
    }
    behind = [f"{_clock(d.start)}{d.kind}: {d.shown}" for d in one.differences[:SHOWN]]
    behind += [f"name: {n.name}, {n.missed} of {n.said} mentions wrong" for n in one.names if n.missed]
    if one.misnamed and one.misnamed[0]:
        behind.append(f"speaker names: {one.misnamed[0]} of {one.misnamed[1]} right words stand under another's name")
    if one.speakers_hyp != one.speakers_ref:
        behind.append(f"speakers: {one.speakers_hyp} where {one.speakers_ref} speak")
    return Found(
        reference, {name: round(v, 6) for name, v in values.items() if v is not None}, one.blocks, tuple(behind)
    )


_MISSING = "baseline: this clip is in it, but was not checked; bring it back, or renew it with --update-baseline"


def _changed(one: Found, before: Kept | None) -> str:
    """Why a clip that the baseline has cannot be compared with it: nobody would notice what gets worse."""
    if before is None or before.reference == one.reference:
        return ""
    return "baseline: its reference or its scoring changed since; renew the baseline with --update-baseline"


def _new_first(one: Found, before: Kept | None) -> tuple[str, ...]:
    """The differences, those the baseline does not have first, and marked."""
    if before is None or before.reference != one.reference:
        return one.behind
    old = {_CLOCK.sub("", line) for line in before.behind}
    new = [line for line in one.behind if _CLOCK.sub("", line) not in old]
    return (*(f"new: {line}" for line in new), *(line for line in one.behind if line not in new))


def _notes(found: Mapping[str, Found], baseline: Baseline | None) -> tuple[str, ...]:
    """Which clips a baseline does not know yet."""
    names = [name for name in found if name not in baseline.clips] if baseline else []
    return tuple(f"{name}: is not in the baseline; add it with --update-baseline" for name in names)


def _unlooked_at(found: Mapping[str, Found], clips: Clips) -> tuple[str, ...]:
    """Which recordings the file does not name, and which clips have a limit of speed and none to hold against it."""
    wanted = {one.name for one in clips.clips if (clips.overall.x_realtime, one.limits.x_realtime) != (None, None)}
    names = [name for name, one in found.items() if name in wanted and one.took is None]
    why = "its transcript is kept from before; --fresh measures it"
    return (
        *(
            f"{path.name}: is not in {FILE_NAME}, so it is not checked; name it there, or move it"
            for path in clips.unnamed
        ),
        *(f"{name}: x_realtime: not measured, {why}" for name in names),
    )


def _reference(paths: tuple[Path, ...]) -> Account:
    account = read_account(paths[0])
    for path in paths[1:]:
        account = with_times(account, read_account(path))
    return account


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as exc:
        raise TranscriptError(f"{path}: the reference cannot be read ({exc.strerror}); check its name") from exc


def _named(clip: Clip, message: str) -> str:
    return message if clip.name in message else f"{clip.name}: {message}"


_CLOCK = re.compile(r"^\d+:\d\d ")


def _clock(seconds: Seconds | None) -> str:
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02} "


def _load(path: Path) -> Found | None:
    """What was kept, or None; a damaged file is a miss."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        blocks = {key: tuple((float(e), float(n)) for e, n in rows) for key, rows in data["blocks"].items()}
        return Found(**{**data, "blocks": blocks, "behind": tuple(data["behind"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _save(path: Path, data: Any) -> None:
    try:
        write_atomically(path, json.dumps(data, ensure_ascii=False).encode(errors="backslashreplace"))
    except OSError as error:
        _log.warning("the scores could not be kept for later runs: %s", error)
