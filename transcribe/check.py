"""The gate: sample clips through the pipeline, scored, and held against limits and an earlier run.

What was found is kept under the hashes of what it was found from (the pipeline keeps its stages, this module the
scores), so a check of what did not change reads files and compares numbers. How a report looks is the business of
`transcribe.check_reports`; the exit code is a property of the report.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from audio.disk import cache_folder, sha256_of, write_atomically
from audio.episode import Episode, Seconds
from audio.errors import AudioError
from output.errors import OutputError
from transcribe.baseline import MARGINS, Baseline, Kept, is_worse, pooled, rate
from transcribe.clips import Clip, Clips, Limits
from transcribe.errors import TranscribeError, TranscriptError
from transcribe.pipeline import Pipeline, Progress
from transcribe.references import REFERENCE_SUFFIXES, Account, account_of, read_account, with_times
from transcribe.score import Blocks, Score, Scoring, score
from transcribe.settings import Settings

_log = logging.getLogger(__name__)

SCORES_OF = 1
"""Raised when scoring changes, so that what an older release kept is not taken for a score."""

RATES = ("wer", "cpwer", "der")
OVERALL = "all clips"
SHOWN = 10  # differences kept of a clip

PipelineMaker = Callable[[Settings], Pipeline]


@dataclass(frozen=True, slots=True)
class Found:
    """What a check keeps of a clip's score: values by measure, stretches of the rates, differences as lines."""

    reference: str  # hash of what it was held against
    values: Mapping[str, float]
    blocks: Mapping[str, Blocks]
    behind: tuple[str, ...]
    seconds: Seconds = 0.0  # length of the recording
    took: Seconds | None = None  # to transcribe it, where it was not already kept


@dataclass(frozen=True, slots=True)
class Gate:
    """One measure of one clip: its value, what it may be, what it was, and why that is not good enough, if so."""

    measure: str
    value: float | None
    limit: float | None = None
    before: float | None = None
    failure: str = ""

    @property
    def rise(self) -> float:
        """By how much it got worse; 0 where there is nothing to compare."""
        return 0.0 if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True, slots=True)
class Checked:
    """One clip's outcome. `error`: it could not be run, and why."""

    name: str
    gates: tuple[Gate, ...] = ()
    behind: tuple[str, ...] = ()
    error: str = ""
    source: str = ""  # the file to look at

    @property
    def failures(self) -> tuple[str, ...]:
        """What is not met, a sentence each."""
        return tuple(gate.failure for gate in self.gates if gate.failure)

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
    scoring: Scoring = Scoring()

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
    progress: Progress = lambda stage, fraction: None,
) -> tuple[Report, Baseline]:
    """Transcribe and score every clip. Returns the report, and what was found as a baseline for a later check.

    A clip that cannot be run, for whatever reason, is reported and does not stop the others.
    """
    pipelines: dict[Settings, Pipeline] = {}
    found: dict[str, Found] = {}
    checked: list[Checked] = []
    for clip in clips.clips:
        source = str((clip.references or (clip.audio,))[0])
        try:
            pipeline = pipelines.setdefault(clip.settings, pipeline_for(clip.settings))
            found[clip.name] = one = _found(clip, pipeline, scoring=scoring, progress=progress)
        except (AudioError, TranscribeError, OutputError) as error:
            checked.append(Checked(clip.name, error=_named(clip, str(error)), source=source))
        except Exception as error:  # noqa: BLE001 - a defect of ours, or of what we stand on, is this clip's alone
            _log.debug("%s failed", clip.name, exc_info=True)
            message = f"unexpected {type(error).__name__}: {error}; run it with --verbose and report it"
            checked.append(Checked(clip.name, error=_named(clip, message), source=source))
        else:
            before = baseline.clips.get(clip.name) if baseline else None
            checked.append(Checked(clip.name, _gates(one, clip.limits, before), one.behind, source=source))
    overall = _overall(found, clips.overall, baseline) if found else None
    ordered = tuple(sorted(checked, key=lambda one: one.badness, reverse=True))
    made = Baseline({name: Kept(one.reference, one.values, one.blocks) for name, one in found.items()})
    return Report(ordered, overall, _notes(found, baseline), scoring), made


def _found(clip: Clip, pipeline: Pipeline, *, scoring: Scoring, progress: Progress) -> Found:
    """What the clip's transcript is worth: as it was kept, or scored now."""
    if not clip.references:
        ways = " or ".join(clip.audio.stem + suffix for suffix in REFERENCE_SUFFIXES)
        raise TranscriptError(f"{clip.audio}: no reference beside it; write {ways}")
    watch = _Watch(progress)
    transcript = pipeline.transcript(Episode.of_file(clip.audio), progress=watch)
    heard = account_of(transcript)
    reference = hashlib.sha256("".join(map(_hash, clip.references)).encode()).hexdigest()
    said = json.dumps([asdict(heard), reference, asdict(scoring), SCORES_OF], sort_keys=True)
    kept = cache_folder() / "scores" / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.json"
    one = _load(kept)
    if one is None or watch.seconds is not None:
        one = _measured(score(_reference(clip.references), heard, scoring), reference) if one is None else one
        one = replace(one, took=watch.seconds, seconds=transcript.episode.duration or 0.0)
        _save(kept, one)
    if not set(one.values) & {*RATES, "lost_seconds"}:
        raise TranscriptError(f"{clip.references[0]}: holds nothing to check against; write `Speaker: text` lines")
    return one


class _Watch:
    """Passes progress on, and tells how long the stages ran, if they did."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._started, self._ended = progress, time.perf_counter(), 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        self._ended = time.perf_counter()
        self._progress(stage, fraction)

    @property
    def seconds(self) -> Seconds | None:
        return round(self._ended - self._started, 3) if self._ended else None


def _measured(one: Score, reference: str) -> Found:
    values: dict[str, float | None] = {
        "wer": None if one.words is None else one.words.rate,
        "cpwer": None if one.cp is None else one.cp.rate,
        "der": None if one.time is None else one.time.rate,
        "lost_seconds": one.lost_seconds,
        "invented_words": None if one.words is None else one.invented_words,
        "speakers": abs(one.speakers_hyp - one.speakers_ref),
        "misnamed": None if one.misnamed is None else one.misnamed[0] / max(one.misnamed[1], 1),
        "names": max((name.missed / name.said for name in one.names), default=None),
    }
    behind = [f"{_clock(d.start)}{d.kind}: {d.shown}" for d in one.differences[:SHOWN]]
    behind += [f"name: {n.name} is said {n.said} times, {n.missed} of them wrong" for n in one.names if n.missed]
    if one.misnamed and one.misnamed[0]:
        behind.append(f"speaker names: {one.misnamed[0]} of {one.misnamed[1]} right words stand under another's name")
    if one.speakers_hyp != one.speakers_ref:
        behind.append(f"speakers: {one.speakers_hyp} where {one.speakers_ref} speak")
    return Found(
        reference, {name: round(v, 6) for name, v in values.items() if v is not None}, one.blocks, tuple(behind)
    )


def _gates(one: Found, limits: Limits, before: Kept | None) -> tuple[Gate, ...]:
    values: dict[str, float] = dict(one.values)
    if one.took and one.seconds:
        values["x_realtime"] = round(one.seconds / one.took, 2)
    comparable = before if before is not None and before.reference == one.reference else None
    gates = []
    for measure in (field.name for field in fields(Limits)):
        value, limit = values.get(measure), getattr(limits, measure)
        was = comparable.values.get(measure) if comparable else None
        if value is None and (limit is None or measure != "x_realtime"):
            continue
        failure = _over(measure, value, limit) or _worse(measure, one, comparable)
        gates.append(Gate(measure, value, limit, was, failure))
    return tuple(gates)


def _over(measure: str, value: float | None, limit: float | None) -> str:
    if limit is None:
        return ""
    if value is None:
        return f"{measure}: not measured, since the transcript was kept from before; run with --fresh"
    if measure == "x_realtime":
        return f"{measure}: {value:g} is slower than {limit:g}" if value < limit else ""
    return f"{measure}: {shown(measure, value)} is over the limit of {shown(measure, limit)}" if value > limit else ""


def _worse(measure: str, one: Found, before: Kept | None) -> str:
    if before is None or measure not in one.values or measure not in before.values:
        return ""
    value, was = one.values[measure], before.values[measure]
    if measure in RATES:
        regressed = is_worse(one.blocks[measure], before.blocks[measure])
    else:
        regressed = value - was > MARGINS[measure]
    said = f"{measure}: {shown(measure, value)} where the baseline has {shown(measure, was)}"
    return f"{said}, which is no noise" if regressed else ""


def _overall(found: Mapping[str, Found], limits: Limits, baseline: Baseline | None) -> Checked:
    """The clips pooled; compared with those of the baseline that were held against the same references."""
    before = baseline.clips if baseline else {}
    common = [name for name, one in found.items() if name in before and before[name].reference == one.reference]
    gates = _gates(_together([*found.values()]), limits, None)
    if common:
        now = _together([found[name] for name in common])
        was = _together([before[name] for name in common])
        compared = Limits(**{field.name: None for field in fields(Limits)})
        then = {gate.measure: gate for gate in _gates(now, compared, Kept("", was.values, was.blocks))}
        gates = tuple(
            replace(g, before=then[g.measure].before, failure=g.failure or then[g.measure].failure)
            if g.measure in then
            else g
            for g in gates
        )
    return Checked(OVERALL, gates)


def _together(parts: list[Found] | list[Kept]) -> Found:
    """Rates pooled from their stretches, the others added up; names are looked at clip by clip."""
    blocks = {
        m: pooled(p.blocks[m] for p in parts if m in p.blocks) for m in RATES if any(m in p.blocks for p in parts)
    }
    values = {measure: round(rate(row), 6) for measure, row in blocks.items()}
    for measure in ("lost_seconds", "invented_words", "speakers"):
        known = [part.values[measure] for part in parts if measure in part.values]
        if known:
            values[measure] = round(sum(known), 6)
    runs = [part for part in parts if isinstance(part, Found)]
    took = [part.took for part in runs if part.took]
    timed = len(took) == len(parts)
    return Found("", values, blocks, (), sum(part.seconds for part in runs), sum(took) if timed else None)


def _notes(found: Mapping[str, Found], baseline: Baseline | None) -> tuple[str, ...]:
    """What of a baseline could not be compared."""
    if baseline is None:
        return ()
    notes = [f"{name}: is in the baseline, but was not checked" for name in baseline.clips if name not in found]
    for name, one in found.items():
        if name not in baseline.clips:
            notes.append(f"{name}: is not in the baseline; add it with --update-baseline")
        elif baseline.clips[name].reference != one.reference:
            notes.append(f"{name}: its reference changed since the baseline; renew it with --update-baseline")
    return tuple(notes)


def shown(measure: str, value: float) -> str:
    """A measure's value for people: rates in percent.

    >>> shown("wer", 0.0123), shown("lost_seconds", 3.04), shown("speakers", 1)
    ('1.2 %', '3.0 s', '1')
    """
    if measure in (*RATES, "misnamed", "names"):
        return f"{100 * value:.1f} %"
    return f"{value:.1f} s" if measure == "lost_seconds" else f"{value:g}"


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


def _save(path: Path, one: Found) -> None:
    try:
        write_atomically(path, json.dumps(asdict(one), ensure_ascii=False))
    except OSError as error:
        _log.warning("the scores could not be kept for later runs: %s", error)
