"""A committed run to hold the next one against, and whether what got worse is more than noise.

Both runs are scored against the same references, so they are compared stretch by stretch: the stretches are drawn anew
`DRAWS` times, with a fixed seed, and a rate counts as worse when it rose by `LEAST_RISE`, and is higher in all but
`NOISE` of the draws (the paired bootstrap of Bisani and Ney, ICASSP 2004). Measures without
stretches have a fixed margin.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audio.disk import write_atomically
from transcribe.errors import SettingsError
from transcribe.score import Blocks

SCHEMA = 1
DRAWS = 2000
NOISE = 0.05
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


@dataclass(frozen=True, slots=True)
class Kept:
    """One clip in a baseline: a hash of what it was held against and how, its values, the stretches of its rates."""

    reference: str
    values: Mapping[str, float]
    blocks: Mapping[str, Blocks]


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
            rows.append(
                f' {json.dumps(name, ensure_ascii=False)}: {{\n  "reference": {json.dumps(kept.reference)},\n'
                f'  "values": {values},\n  "blocks": {{\n{blocks}\n  }}\n }}'
            )
        text = f'{{"schema": {SCHEMA}, "clips": {{\n' + ",\n".join(rows) + "\n}}\n"
        try:
            write_atomically(path, text)
        except OSError as exc:
            raise SettingsError(f"{path}: cannot be written ({exc.strerror}); name another --baseline") from exc


def read_baseline(path: Path) -> Baseline:
    """What `Baseline.save` wrote. Raises `SettingsError` for a file that is missing or something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] > SCHEMA:
            raise SettingsError(f"{path}: written by a newer turnscript; upgrade it, or run with --update-baseline")
        return Baseline({name: _kept(row) for name, row in data["clips"].items()})
    except OSError as exc:
        raise SettingsError(f"{path}: cannot be read ({exc.strerror}); make it with --update-baseline") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise SettingsError(f"{path}: not a baseline ({exc!r}); make it anew with --update-baseline") from exc


def is_worse(now: Blocks, before: Blocks) -> bool:
    """Whether the rate of `now` is above that of `before` by more than chance, stretch by stretch.

    The stretches are the same ones, in the same order; what one side has more of at the end counts as nothing in the
    other.

    >>> steady = ((0.0, 10.0),) * 20
    >>> is_worse(((1.0, 10.0), *steady[1:]), steady), is_worse(((1.0, 10.0),) * 20, steady)
    (False, True)
    """
    import numpy as np

    if rate(now) - rate(before) < LEAST_RISE:
        return False
    size = max(len(now), len(before))
    sides = np.zeros((2, size, 2))
    for side, blocks in zip(sides, (now, before), strict=True):
        side[: len(blocks)] = np.array(blocks, dtype=float).reshape(-1, 2)
    drawn = np.random.default_rng(SEED).integers(0, size, size=(DRAWS, size))
    sums = sides[:, drawn].sum(axis=2)  # side, draw, (errors, length)
    rates = sums[..., 0] / np.maximum(sums[..., 1], 1e-9)
    has_length = (sums[..., 1] > 0).all(axis=0)
    return bool(has_length.any() and (rates[0] > rates[1])[has_length].mean() > 1 - NOISE)


def pooled(blocks: Iterable[Blocks]) -> Blocks:
    """The stretches of several clips as one row."""
    return tuple(block for one in blocks for block in one)


def rate(blocks: Blocks) -> float:
    """Errors a unit of length."""
    errors, length = (sum(column) for column in zip(*blocks, strict=True)) if blocks else (0.0, 0.0)
    return errors / length if length else float(errors > 0)


def _row(blocks: Sequence[tuple[float, float]]) -> str:
    return "[" + ", ".join(f"[{errors:g}, {length:g}]" for errors, length in blocks) + "]"


def _kept(row: Mapping[str, Mapping[str, Blocks]]) -> Kept:
    blocks = {key: tuple((float(e), float(n)) for e, n in value) for key, value in row["blocks"].items()}
    return Kept(str(row["reference"]), {str(k): float(v) for k, v in row["values"].items()}, blocks)  # type: ignore[arg-type]
