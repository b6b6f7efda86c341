"""Gates: the measurements of a clip compared with its limits and with an earlier run.

Pure: takes values, returns gates with their failures in words. Rates of several clips are pooled from their segments,
never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from audio.episode import Seconds
from transcribe.evaluation.baseline import MARGINS, Baseline, BaselineClip, is_worse, pooled, rate
from transcribe.evaluation.limits import MEASURES, NO_LIMITS, RATES, SHARES, Limits
from transcribe.evaluation.scoring import Scoring


@dataclass(frozen=True, slots=True)
class ClipMeasurement(BaselineClip):
    """The measurements of a clip: those of a baseline, and those of speed."""

    duration: Seconds = 0.0  # of the recording
    processing_seconds: Seconds | None = None  # to transcribe it; None if that was not measured
    scoring: Scoring | None = None  # how its words and speakers were compared
    note: str = ""  # why measures are left out whose data is there

    @property
    def is_silent(self) -> bool:
        """Whether the reference states that nobody speaks: words can be invented, but there are no rates."""
        return "invented_words" in self.values and "wer" not in self.values


@dataclass(frozen=True, slots=True)
class Gate:
    """One measure of one clip: its value, its limit, its value in the baseline, and why it fails, if it does."""

    measure: str
    value: float | None
    limit: float | None = None
    before: float | None = None
    failure: str = ""

    @property
    def rise(self) -> float:
        """The value minus that of the baseline; 0 if either is missing."""
        return 0.0 if self.value is None or self.before is None else self.value - self.before


def gates_of(
    clip: ClipMeasurement, limits: Limits, before: BaselineClip | None, *, required: frozenset[str] = frozenset()
) -> tuple[Gate, ...]:
    """A gate for every measure that was measured, is `required` or is in the baseline, in the order of `Limits`.

    A measure that is required or in the baseline fails if it was not measured. Speed does not: a cached transcript has
    none. A baseline of other references or another scoring is ignored.
    """
    values: dict[str, float] = dict(clip.values)
    if clip.processing_seconds and clip.duration:
        values["x_realtime"] = round(clip.duration / clip.processing_seconds, 2)
    comparable = before if before is not None and not before.difference_from(clip) else None
    needed = required - {"x_realtime"}
    gates = []
    for measure in MEASURES:
        value, old = values.get(measure), comparable.values.get(measure) if comparable else None
        limit = getattr(limits, measure) if value is not None or measure in needed else None
        if value is None and limit is None and old is None:
            continue
        failure = _limit_failure(measure, clip, value, limit) or _regression(measure, clip, comparable)
        gates.append(Gate(measure, value, limit, old, failure))
    return tuple(gates)


def pooled_gates(
    clips: Mapping[str, ClipMeasurement],
    limits: Limits,
    baseline: Baseline | None,
    *,
    required: frozenset[str] = frozenset(),
) -> tuple[Gate, ...]:
    """The gates of all clips pooled; compares the clips whose references and scoring are those of the baseline."""
    before = baseline.clips if baseline else {}
    names = [name for name, clip in clips.items() if name in before and not before[name].difference_from(clip)]
    gates = gates_of(_pooled([*clips.values()]), limits, None, required=required)
    if names:
        new = _pooled([_common(clips[name], before[name]) for name in names])
        old = _pooled([_common(before[name], clips[name]) for name in names])
        compared = {gate.measure: gate for gate in gates_of(new, NO_LIMITS, old)}
        gates = tuple(
            replace(g, before=compared[g.measure].before, failure=g.failure or compared[g.measure].failure)
            if g.measure in compared
            else g
            for g in gates
        )
    return gates


def format_value(measure: str, value: float) -> str:
    """A measure's value for people: rates in percent.

    >>> format_value("wer", 0.0123), format_value("lost_seconds", 3.04), format_value("speakers", 1)
    ('1.2 %', '3.0 s', '1')
    """
    if measure in SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:.1f} s" if measure == "lost_seconds" else f"{value:g}"


_NO_TIMES = "the reference has no speaker times; add NAME.rttm, or"
_NO_WORDS = "the reference has no words; add NAME.ref.md or NAME.ref.txt, or"
_SILENT = "the reference has no words, which states that nobody speaks; limit invented_words instead, and"
_UNMEASURED: Mapping[str, str] = {
    "wer": _NO_WORDS,
    "cpwer": _NO_WORDS,
    "tcpwer": "the reference has no times for its words; give NAME.rttm a row for each line of NAME.ref.txt, or",
    "der": _NO_TIMES,
    "lost_seconds": _NO_TIMES,
    "lost_words": _NO_WORDS,
    "invented_words": _NO_WORDS,
    "speakers": "the reference does not say who speaks; name the speakers in it, or",
    "misnamed": "no speaker of the transcript has a name of the reference, or only one person speaks;",
    "names": "the reference mentions no speaker's name and no term; add `terms`, or",
}
"""Why a clip has no value, up to the words on turning the measure off. Speed needs none."""


def _limit_failure(measure: str, clip: ClipMeasurement, value: float | None, limit: float | None) -> str:
    if limit is None:
        return ""
    if value is None:
        reason = _SILENT if clip.is_silent else _UNMEASURED[measure]
        if measure in ("cpwer", "tcpwer") and clip.note:
            reason = f"{clip.note};"
        elif measure == "cpwer" and "wer" in clip.values:
            reason = _UNMEASURED["speakers"]
        return f"{measure}: not measured: {reason} set {measure} = false where clips.toml limits it"
    if measure == "x_realtime":
        return f"{measure}: {value:g} is slower than {limit:g}" if value < limit else ""
    off = " off" if measure == "speakers" else ""
    over = f"{measure}: {format_value(measure, value)}{off} is over the limit of {format_value(measure, limit)}"
    over += ", because the reference has no words" if measure == "invented_words" and clip.is_silent else ""
    return over if value > limit else ""


def _regression(measure: str, clip: ClipMeasurement, before: BaselineClip | None) -> str:
    if before is None or measure not in before.values:
        return ""
    old = before.values[measure]
    if measure not in clip.values:
        return f"{measure}: no longer measured; the baseline has {format_value(measure, old)}"
    value = clip.values[measure]
    if measure in RATES:
        regressed = is_worse(clip.segments[measure], before.segments[measure])
    else:
        regressed = value - old > MARGINS[measure]
    rise = f"{measure}: {format_value(measure, value)}, up from {format_value(measure, old)} in the baseline"
    return f"{rise}, which is more than noise" if regressed else ""


def _pooled(clips: Sequence[BaselineClip]) -> ClipMeasurement:
    """Rates pooled from their segments, sums of the other measures; names are compared clip by clip only.

    Speed is that of the clips whose speed was measured.
    """
    segments = {m: row for m in RATES if (row := pooled(clip.segments[m] for clip in clips if m in clip.segments))}
    values = {measure: round(rate(row), 6) for measure, row in segments.items()}
    for measure in ("lost_seconds", "lost_words", "invented_words", "speakers"):
        measured = [clip.values[measure] for clip in clips if measure in clip.values]
        if measured:
            values[measure] = round(sum(measured), 6)
    timed = [c for c in clips if isinstance(c, ClipMeasurement) and c.processing_seconds]
    processing = sum(clip.processing_seconds or 0.0 for clip in timed)
    return ClipMeasurement("", values, segments, (), sum(clip.duration for clip in timed), processing or None)


def _common(clip: BaselineClip, other: BaselineClip) -> BaselineClip:
    """`clip` with the measures both have, padded to as many segments as `other`, so that the next clip's align."""
    segments = {
        measure: (*row, *[(0.0, 0.0)] * (len(other.segments[measure]) - len(row)))
        for measure, row in clip.segments.items()
        if measure in other.segments
    }
    values = {measure: value for measure, value in clip.values.items() if measure in other.values}
    return replace(clip, values=values, segments=segments)
