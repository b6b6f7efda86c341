"""Gates: what a clip was found to be worth, held against its limits and an earlier run.

Pure: values in, failures in words out. Rates of several clips are pooled from their stretches, never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from audio.episode import Seconds
from transcribe.evaluation.baseline import MARGINS, RATES, Baseline, Kept, is_worse, pooled, rate
from transcribe.evaluation.clips import Limits
from transcribe.evaluation.metrics import Blocks


@dataclass(frozen=True, slots=True)
class Found:
    """What a check keeps of a clip's score: values by measure, stretches of the rates, differences as lines."""

    reference: str  # hash of what it was held against, and how
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


def gates_of(
    one: Found, limits: Limits, before: Kept | None, *, required: frozenset[str] = frozenset()
) -> tuple[Gate, ...]:
    """A gate for every measure that is known, `required` or in the baseline, in the order of `Limits`.

    One that is required or in the baseline and not known fails: what is no longer measured is not met. Not so speed,
    which nobody can tell of a transcript that was kept. A baseline that was held against another reference is none.
    """
    values: dict[str, float] = dict(one.values)
    if one.took and one.seconds:
        values["x_realtime"] = round(one.seconds / one.took, 2)
    comparable = before if before is not None and before.reference == one.reference else None
    needed = required - {"x_realtime"}
    gates = []
    for measure in (field.name for field in fields(Limits)):
        value, was = values.get(measure), comparable.values.get(measure) if comparable else None
        limit = getattr(limits, measure) if value is not None or measure in needed else None
        if value is None and limit is None and was is None:
            continue
        failure = _over(measure, value, limit) or _worse(measure, one, comparable)
        gates.append(Gate(measure, value, limit, was, failure))
    return tuple(gates)


def pooled_gates(
    found: Mapping[str, Found], limits: Limits, baseline: Baseline | None, *, required: frozenset[str] = frozenset()
) -> tuple[Gate, ...]:
    """The clips pooled; compared with those of the baseline that were held against the same references."""
    before = baseline.clips if baseline else {}
    common = [name for name, one in found.items() if name in before and before[name].reference == one.reference]
    gates = gates_of(_together([*found.values()]), limits, None, required=required)
    if common:
        now = _together([_beside(found[name], before[name]) for name in common])
        was = _together([_beside(before[name], found[name]) for name in common])
        compared = Limits(**{field.name: None for field in fields(Limits)})
        then = {gate.measure: gate for gate in gates_of(now, compared, Kept("", was.values, was.blocks))}
        gates = tuple(
            replace(g, before=then[g.measure].before, failure=g.failure or then[g.measure].failure)
            if g.measure in then
            else g
            for g in gates
        )
    return gates


def shown(measure: str, value: float) -> str:
    """A measure's value for people: rates in percent.

    >>> shown("wer", 0.0123), shown("lost_seconds", 3.04), shown("speakers", 1)
    ('1.2 %', '3.0 s', '1')
    """
    if measure in (*RATES, "misnamed", "names"):
        return f"{100 * value:.1f} %"
    return f"{value:.1f} s" if measure == "lost_seconds" else f"{value:g}"


_OF_TIMES = "the reference has no speaker times; add NAME.rttm, or set it to false for this clip"
_OF_WORDS = "the reference has no words; add NAME.ref.md or NAME.ref.txt, or set it to false for this clip"
_UNMEASURED: Mapping[str, str] = {
    "wer": _OF_WORDS,
    "cpwer": _OF_WORDS,
    "der": _OF_TIMES,
    "lost_seconds": _OF_TIMES,
    "lost_words": _OF_WORDS,
    "invented_words": _OF_WORDS,
    "misnamed": "nobody in the transcript has a name of the reference's, or one person speaks; set it to false there",
    "names": "the reference mentions no speaker's name and no term; name `terms`, or set it to false for this clip",
}
"""Why a clip has no value, and what to do about it; the number of speakers always has one, speed needs none."""


def _over(measure: str, value: float | None, limit: float | None) -> str:
    if limit is None:
        return ""
    if value is None:
        return f"{measure}: not measured: {_UNMEASURED[measure]}"
    if measure == "x_realtime":
        return f"{measure}: {value:g} is slower than {limit:g}" if value < limit else ""
    off = " off" if measure == "speakers" else ""
    over = f"{measure}: {shown(measure, value)}{off} is over the limit of {shown(measure, limit)}"
    return over if value > limit else ""


def _worse(measure: str, one: Found, before: Kept | None) -> str:
    if before is None or measure not in before.values:
        return ""
    if measure not in one.values:
        return f"{measure}: not measured any more; the baseline has {shown(measure, before.values[measure])}"
    value, was = one.values[measure], before.values[measure]
    if measure in RATES:
        regressed = is_worse(one.blocks[measure], before.blocks[measure])
    else:
        regressed = value - was > MARGINS[measure]
    said = f"{measure}: {shown(measure, value)} where the baseline has {shown(measure, was)}"
    return f"{said}, which is no noise" if regressed else ""


def _together(parts: Sequence[Found | Kept]) -> Found:
    """Rates pooled from their stretches, the others added up; names are looked at clip by clip.

    Speed is that of the clips of which it was measured.
    """
    blocks = {
        m: pooled(p.blocks[m] for p in parts if m in p.blocks) for m in RATES if any(m in p.blocks for p in parts)
    }
    values = {measure: round(rate(row), 6) for measure, row in blocks.items()}
    for measure in ("lost_seconds", "lost_words", "invented_words", "speakers"):
        known = [part.values[measure] for part in parts if measure in part.values]
        if known:
            values[measure] = round(sum(known), 6)
    timed = [(part.seconds, part.took) for part in parts if isinstance(part, Found) and part.took]
    return Found("", values, blocks, (), sum(s for s, _ in timed), sum(took for _, took in timed) or None)


def _beside(one: Found | Kept, other: Found | Kept) -> Found | Kept:
    """One with the measures both have; of stretches as many as the other, so that the next clip's begin together."""
    blocks = {
        measure: (*row, *[(0.0, 0.0)] * (len(other.blocks[measure]) - len(row)))
        for measure, row in one.blocks.items()
        if measure in other.blocks
    }
    values = {measure: value for measure, value in one.values.items() if measure in other.values}
    return replace(one, values=values, blocks=blocks)
