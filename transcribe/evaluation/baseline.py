"""A committed run to hold the next one against, and whether what got worse is more than noise.

Both runs are scored against the same references, so they are compared stretch by stretch: the stretches are drawn anew
`DRAWS` times, with a fixed seed, and a rate counts as worse when it rose by `LEAST_RISE`, and is higher in all but
`NOISE` of the draws (the paired bootstrap of Bisani and Ney, ICASSP 2004). Fewer than `FEW` stretches hold no chance
that could be drawn from them: those are drawn word by word, or second by second. Measures without stretches have a
fixed margin.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.disk import write_atomically
from transcribe.errors import SettingsError
from transcribe.evaluation.metrics import Blocks

SCHEMA = 1
DRAWS = 2000
NOISE = 0.05
FEW = 5  # stretches; with so many, a draw misses two bad ones once in thirteen times
LEAST_RISE = 0.002  # of a rate: what another processor's arithmetic may cost
SEED = 20100101

MARGINS: Mapping[str, float] = {
    "lost_seconds": 1.0,
    "lost_words": 2,
    "invented_words": 2,
    "speakers": 0,
    "misnamed": 0.02,
    "names": 0.0,
}
"""By how much a measure without stretches may rise. Speed is not compared: it is the machine's."""


RATES = ("wer", "cpwer", "der")
"""The measures that are made of stretches."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One clip in a baseline: a hash of what it was held against and how, its values, the stretches of its rates.

    `behind` are the differences it had, as lines. Raises `ValueError` for what no run can have found.
    """

    reference: str
    values: Mapping[str, float]
    blocks: Mapping[str, Blocks]
    behind: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for measure in RATES:
            if measure in self.values and not self.blocks.get(measure):
                raise ValueError(f"{measure} has no blocks")
        numbers = [*self.values.values(), *(n for rows in self.blocks.values() for row in rows for n in row)]
        for number in numbers:
            if not (math.isfinite(number) and number >= 0):
                raise ValueError(f"{number} is no count and no rate")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The clips of an earlier run, by name."""

    clips: Mapping[str, Kept]

    def save(self, path: Path) -> None:
        """Write it so that a diff can be read, a measure a line. Raises `SettingsError` where the disk refuses."""
        rows = []
        for name, kept in sorted(self.clips.items()):
            blocks = ",\n".join(f"   {json.dumps(key)}: {_row(value)}" for key, value in sorted(kept.blocks.items()))
            values = json.dumps(dict(sorted(kept.values.items())))
            behind = ",\n".join(f"   {json.dumps(line, ensure_ascii=False)}" for line in kept.behind)
            rows.append(
                f' {json.dumps(name, ensure_ascii=False)}: {{\n  "reference": {json.dumps(kept.reference)},\n'
                f'  "values": {values},\n  "blocks": {{\n{blocks}\n  }},\n  "behind": [\n{behind}\n  ]\n }}'
            )
        text = f'{{"schema": {SCHEMA}, "clips": {{\n' + ",\n".join(rows) + "\n}}\n"
        try:
            write_atomically(path, text.encode(errors="backslashreplace"))  # names of clips need not be UTF-8
        except OSError as exc:
            raise SettingsError(f"{path}: cannot be written ({exc.strerror}); name another --baseline") from exc


def read_baseline(path: Path) -> Baseline:
    """What `Baseline.save` wrote. Raises `SettingsError` for a file that is missing or something else."""
    renew = "make it anew with --update-baseline"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        schema, clips = data["schema"], data.get("clips", {})
    except OSError as exc:
        raise SettingsError(f"{path}: cannot be read ({exc.strerror}); make it with --update-baseline") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise SettingsError(f"{path}: not a baseline; {renew}") from exc
    if type(schema) is not int or not isinstance(clips, dict):
        raise SettingsError(f"{path}: not a baseline; {renew}")
    if schema > SCHEMA:
        raise SettingsError(f"{path}: written by a newer turnscript; upgrade it, or run with --update-baseline")
    if not clips:
        raise SettingsError(f"{path}: holds no clips, so nothing can be compared; {renew}")
    return Baseline({name: _kept(row, f"{path}: {name}", renew) for name, row in clips.items()})


def is_worse(now: Blocks, before: Blocks) -> bool:
    """Whether the rate of `now` is above that of `before` by more than chance, stretch by stretch.

    The stretches are the same ones, in the same order; what one side has more of at the end counts as nothing in the
    other.

    >>> steady = ((0.0, 10.0),) * 20
    >>> is_worse(((1.0, 10.0), *steady[1:]), steady), is_worse(((1.0, 10.0),) * 20, steady)
    (False, True)
    >>> is_worse(((1.0, 10.0),), ((0.0, 10.0),)), is_worse(((4.0, 10.0),), ((0.0, 10.0),))
    (False, True)
    """
    import numpy as np

    if rate(now) - rate(before) < LEAST_RISE:
        return False
    if max(len(now), len(before)) < FEW:
        now, before = (tuple(_units(blocks)) for blocks in (now, before))
    size = max(len(now), len(before))
    sides = np.zeros((2, size, 2))
    for side, blocks in zip(sides, (now, before), strict=True):
        side[: len(blocks)] = np.array(blocks, dtype=float).reshape(-1, 2)
    drawn = np.random.default_rng(SEED).multinomial(size, np.full(size, 1 / size), size=DRAWS)
    sums = drawn @ sides  # side, draw, (errors, length)
    rates = sums[..., 0] / np.maximum(sums[..., 1], 1e-9)
    has_length = (sums[..., 1] > 0).all(axis=0)
    return bool(has_length.any() and (rates[0] > rates[1])[has_length].mean() > 1 - NOISE)


def _units(blocks: Blocks) -> Iterator[tuple[float, float]]:
    """The words (the seconds) of stretches one by one: each wrong or right, what is wrong beyond them on the last."""
    for errors, length in blocks:
        count = max(1, math.ceil(length))
        for at in range(count):
            wrong = max(0.0, errors - at) if at == count - 1 else min(1.0, max(0.0, errors - at))
            yield wrong, length / count


def pooled(blocks: Iterable[Blocks]) -> Blocks:
    """The stretches of several clips as one row."""
    return tuple(block for one in blocks for block in one)


def rate(blocks: Blocks) -> float:
    """Errors a unit of length."""
    errors, length = (sum(column) for column in zip(*blocks, strict=True)) if blocks else (0.0, 0.0)
    return errors / length if length else float(errors > 0)


def _row(blocks: Sequence[tuple[float, float]]) -> str:
    return "[" + ", ".join(f"[{errors:g}, {length:g}]" for errors, length in blocks) + "]"


def _kept(row: Any, where: str, renew: str) -> Kept:
    try:
        blocks = {key: tuple((float(e), float(n)) for e, n in value) for key, value in row["blocks"].items()}
        values = {str(key): float(value) for key, value in row["values"].items()}
        return Kept(str(row["reference"]), values, blocks, tuple(map(str, row.get("behind", ()))))
    except KeyError as exc:
        raise SettingsError(f"{where}: not a baseline, {exc} is missing; {renew}") from exc
    except (ValueError, TypeError, AttributeError) as exc:
        raise SettingsError(f"{where}: not a baseline ({exc}); {renew}") from exc
