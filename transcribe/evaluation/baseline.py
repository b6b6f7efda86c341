"""A committed run to compare the next one with, and whether a rise of a rate is more than noise.

Both runs are scored against the same references, so they are compared segment by segment: the segments are resampled
`RESAMPLES` times, with a fixed seed, and a rate is worse if it rose by `SMALLEST_RISE` or more and is higher in all but
`NOISE` of the samples (the paired bootstrap of Bisani and Ney, ICASSP 2004). Fewer than `FEWEST_SEGMENTS` segments are
too few to resample: they are resampled word by word, or second by second. Measures without segments have a fixed
margin.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from audio.disk import write_atomically
from audio.trust import read_regular, step_after
from transcribe.config.toml_files import shown
from transcribe.errors import SettingsError
from transcribe.evaluation.clip_differences import ClipDifference, from_json, to_json
from transcribe.evaluation.limits import RATES
from transcribe.evaluation.metrics import BootstrapSegments, rate_of

SCHEMA = 1
RESAMPLES = 2000
NOISE = 0.05
FEWEST_SEGMENTS = 5  # with so many, a sample misses two bad ones once in thirteen times
SMALLEST_RISE = 0.002  # of a rate; the arithmetic of another processor may cost that much
SEED = 20100101

MARGINS: Mapping[str, float] = {
    "lost_seconds": 1.0,
    "lost_words": 2,
    "invented_words": 2,
    "speakers": 0,
    "misnamed": 0.02,
    "names": 0.0,
}
"""By how much a measure without segments may rise. Speed is not compared: it depends on the machine."""

MAY_BE_UNMEASURED = {"tcpwer", "misnamed", "lost_seconds", "speakers"}
"""Measures that a baseline may lack: they depend on the transcript too, or baselines of earlier versions have none."""

LENGTH_MARGIN = 0.01  # of the length of a reference; the rounding of speaker times costs less
LARGEST = 1e9  # of any number: longer than every recording, more than all its words
MOST_BYTES = 2**26  # of a file; a clip has a few thousand
MOST_SAMPLED = 2**22  # segments resampled at a time: 32 MB


@dataclass(frozen=True, slots=True)
class BaselineClip:
    """One clip in a baseline: its values by measure, the segments of its rates, its worst differences.

    `reference_hash` is a hash of the references and the scoring. `worst_differences` is None if the file has them as
    sentences only, as earlier versions wrote them. Raises `ValueError` for values that no run can have.
    """

    reference_hash: str
    values: Mapping[str, float]
    segments: Mapping[str, BootstrapSegments]
    worst_differences: tuple[ClipDifference, ...] | None = ()

    def __post_init__(self) -> None:
        numbers = [*self.values.values(), *(n for rows in self.segments.values() for row in rows for n in row)]
        for number in numbers:
            if not 0 <= number <= LARGEST:
                raise ValueError(f"{number} is not a count or a rate")
        for measure in (*self.values, *self.segments):
            if measure not in (MARGINS.keys() | set(RATES) if measure in self.values else RATES):
                raise ValueError(f"{measure[:40]!r} is not a measure of a baseline")
        for measure in RATES:
            if bool(self.segments.get(measure)) != (measure in self.values):
                raise ValueError(f"{measure} has no {'segments' if measure in self.values else 'value'}")
            if measure != "der" and measure in self.values and not self._has_rate_of_segments(measure):
                raise ValueError(f"{measure} is not the rate of its segments")  # der is, but for the collars

    def _has_rate_of_segments(self, measure: str) -> bool:
        of_segments = rate(self.segments[measure])
        return abs(self.values[measure] - of_segments) <= 0.01 * max(1.0, of_segments)

    @classmethod
    def from_json(cls, row: Any) -> Self:
        """Read one clip of a baseline file. Raises `ValueError` for anything else, and `KeyError` for a missing key."""
        try:
            segments = {key: tuple((_number(e), _number(n)) for e, n in rows) for key, rows in row["blocks"].items()}
            values = {key: _number(value) for key, value in row["values"].items()}
            has_sentences = any(row.get("behind", ()))
            rows = row.get("differences", None if has_sentences else ())
            differences = None if rows is None else tuple(map(from_json, rows))
        except (TypeError, AttributeError, OverflowError) as exc:
            raise ValueError(str(exc)) from exc
        if not isinstance(row["reference"], str):
            raise ValueError("the reference is not text")
        return cls(row["reference"], values, segments, differences)

    def difference_from(self, now: BaselineClip) -> str:
        """Why it cannot be compared with a later run, which is a failure: a regression would go unnoticed."""
        if self.reference_hash != now.reference_hash:
            return "the clip's reference or scoring has changed"
        if missing := now.values.keys() - self.values.keys() - MAY_BE_UNMEASURED:
            return f"it has no {' and no '.join(sorted(missing))}, which the clip has"
        for measure in sorted(self.segments.keys() & now.segments.keys()):
            before, after = (sum(length for _, length in one.segments[measure]) for one in (self, now))
            few = len(self.segments[measure]) <= 2 * len(now.segments[measure]) + 100
            if not few or abs(before - after) > LENGTH_MARGIN * after:
                return f"its segments of {measure} are not those of the reference, {before:g} long and not {after:g}"
        return ""

    def as_json(self) -> str:
        """One clip of a baseline file, a measure per line."""
        segments = ",\n".join(f"   {json.dumps(key)}: {_pairs(rows)}" for key, rows in sorted(self.segments.items()))
        rows = [json.dumps(to_json(one), ensure_ascii=False) for one in self.worst_differences or ()]
        differences = ",\n".join(f"   {row}" for row in rows)
        return (
            f'{{\n  "reference": {json.dumps(self.reference_hash)},\n'
            f'  "values": {json.dumps(dict(sorted(self.values.items())))},\n'
            f'  "blocks": {{\n{segments}\n  }},\n  "differences": [\n{differences}\n  ]\n }}'
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """The clips of an earlier run, by name."""

    clips: Mapping[str, BaselineClip]

    def save(self, path: Path) -> None:
        """Write it with a measure per line, so that its diff is readable. Raises `SettingsError` if that fails."""
        rows = [
            f" {json.dumps(name, ensure_ascii=False)}: {clip.as_json()}" for name, clip in sorted(self.clips.items())
        ]
        text = f'{{"schema": {SCHEMA}, "clips": {{\n' + ",\n".join(rows) + "\n}}\n"
        try:
            write_atomically(path, text.encode(errors="backslashreplace"))  # names of clips need not be UTF-8
        except OSError as exc:
            step = step_after(exc, "name another --baseline")
            raise SettingsError(f"{path}: cannot be written ({exc.strerror}); {step}") from exc


def read_baseline(path: Path) -> Baseline:
    """Read a file of `Baseline.save`. Raises `SettingsError` if it is missing or not a baseline."""
    try:
        data = read_regular(path, max_bytes=MOST_BYTES)
    except OSError as exc:
        step = step_after(exc, "create it with --update-baseline")
        raise SettingsError(f"{path}: cannot be read ({exc.strerror}); {step}") from exc
    return baseline_of(data, source=str(path))


def baseline_of(content: bytes, *, source: str) -> Baseline:
    """The baseline with this content. Raises `SettingsError`, which names `source`, if it is none."""
    renew = "create it again with --update-baseline"
    try:
        data = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_without_repeated_keys)
        schema, clips = data["schema"], data.get("clips", {})
    except _RepeatedKeyError as exc:
        raise SettingsError(f"{source}: not a baseline, {exc} is there twice; {renew}") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise SettingsError(f"{source}: not a baseline; {renew}") from exc
    if type(schema) is not int or schema < 1 or not isinstance(clips, dict):
        raise SettingsError(f"{source}: not a baseline; {renew}")
    if schema > SCHEMA:
        raise SettingsError(f"{source}: written by a newer turnscript; upgrade it, or run with --update-baseline")
    if not clips:
        raise SettingsError(f"{source}: has no clips to compare with; {renew}")
    return Baseline({name: _read_clip(row, f"{source}: {name}", renew) for name, row in clips.items()})


def is_worse(now: BootstrapSegments, before: BootstrapSegments) -> bool:
    """Whether the rate of `now` is above that of `before` by more than chance, segment by segment.

    Both have the same segments in the same order; if one has more of them, the other gets empty ones at the end.

    >>> steady = ((0.0, 10.0),) * 20
    >>> is_worse(((1.0, 10.0), *steady[1:]), steady), is_worse(((1.0, 10.0),) * 20, steady)
    (False, True)
    >>> is_worse(((1.0, 10.0),), ((0.0, 10.0),)), is_worse(((4.0, 10.0),), ((0.0, 10.0),))
    (False, True)
    """
    import numpy as np

    if rate(now) - rate(before) < SMALLEST_RISE:
        return False
    if max(len(now), len(before)) < FEWEST_SEGMENTS:
        now, before = (tuple(_units(segments)) for segments in (now, before))
    size = max(len(now), len(before))
    sides = np.zeros((2, size, 2))
    for side, segments in zip(sides, (now, before), strict=True):
        side[: len(segments)] = np.array(segments, dtype=float).reshape(-1, 2)
    generator, chances, at_a_time = np.random.default_rng(SEED), np.full(size, 1 / size), max(1, MOST_SAMPLED // size)
    parts = [
        generator.multinomial(size, chances, size=min(at_a_time, RESAMPLES - first)) @ sides
        for first in range(0, RESAMPLES, at_a_time)
    ]
    sums = np.concatenate(parts, axis=1)  # side, sample, (errors, length)
    rates = sums[..., 0] / np.maximum(sums[..., 1], 1e-9)
    has_length = (sums[..., 1] > 0).all(axis=0)
    return bool(has_length.any() and (rates[0] > rates[1])[has_length].mean() > 1 - NOISE)


def _units(segments: BootstrapSegments) -> Iterator[tuple[float, float]]:
    """The single words (seconds) of segments, each wrong or right; the last one has the errors beyond its length."""
    for errors, length in segments:
        count = max(1, math.ceil(length))
        for at in range(count):
            wrong = max(0.0, errors - at) if at == count - 1 else min(1.0, max(0.0, errors - at))
            yield wrong, length / count


def pooled(segments: Iterable[BootstrapSegments]) -> BootstrapSegments:
    """The segments of several clips in one sequence."""
    return tuple(segment for clip in segments for segment in clip)


def rate(segments: BootstrapSegments) -> float:
    """The rate of all segments together."""
    errors, length = (sum(column) for column in zip(*segments, strict=True)) if segments else (0.0, 0.0)
    return rate_of(errors, length)


def _pairs(segments: Sequence[tuple[float, float]]) -> str:
    return "[" + ", ".join(f"[{errors:g}, {length:g}]" for errors, length in segments) + "]"


def _read_clip(row: Any, where: str, renew: str) -> BaselineClip:
    try:
        return BaselineClip.from_json(row)
    except KeyError as exc:
        raise SettingsError(f"{where}: not a baseline, {exc} is missing; {renew}") from exc
    except (ValueError, RecursionError) as exc:
        raise SettingsError(f"{where}: not a baseline ({exc}); {renew}") from exc


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{shown(value)} is not a number")
    if not abs(value) <= LARGEST:
        raise ValueError(f"{shown(value)} is not a count or a rate")
    return float(value)


class _RepeatedKeyError(Exception):
    """A key that an object has twice; a merge by hand leaves such rows, of which one would be ignored."""


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        raise _RepeatedKeyError(shown(next(key for key, count in keys.items() if count > 1)))
    return row
