"""The history of a check as text, as Markdown and for programs."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from transcribe.evaluation.check_reports import HEADINGS
from transcribe.evaluation.gates import format_value
from transcribe.evaluation.history import History, Point
from transcribe.terminal import for_terminal

_BLOCKS = "▁▂▃▄▅▆▇█"


def text(history: History) -> str:
    """For a terminal: a row for each run, then one for each clip."""
    lines = ["history:", *(f"  {line}" for line in _aligned(_run_rows(history)))]
    lines += ["", *(f"  {line}" for line in _aligned(_clip_rows(history)))] if history.points else []
    return "\n".join([*lines, *(f"  note: {for_terminal(note)}" for note in history.notes)]) + "\n"


def markdown(history: History, *, png: str = "") -> str:
    """For the summary page of a job: the same numbers as tables. `png` is the name of a plot to mention."""
    lines = ["### History", ""]
    for rows in (_run_rows(history), _clip_rows(history)):
        header, *rest = [[_escaped(cell) for cell in row] for row in rows]
        lines += [_row(header), "|" + " --- |" * len(header), *map(_row, rest), ""]
    lines += [f"The plot is in `{html.escape(for_terminal(png)).replace('`', '')}`.", ""] if png else []
    return "\n".join([*lines, *(f"> {_escaped(note)}" for note in history.notes)]).rstrip() + "\n"


def as_dict(history: History) -> dict[str, Any]:
    """For programs: rates as fractions, null if not measured; the oldest run first."""
    return {"runs": [_run(point, history) for point in history.points], "notes": list(history.notes)}


def sparkline(values: Sequence[float | None], top: float) -> str:
    """A character for each value, from 0 to `top`; a space for one that is missing.

    >>> sparkline([0.0, 0.05, None, 0.1], 0.1)
    '▁▅ █'
    """
    scale = (len(_BLOCKS) - 1) / top if top else 0.0
    return "".join(" " if v is None else _BLOCKS[min(int(v * scale + 0.5), len(_BLOCKS) - 1)] for v in values)


def _run_rows(history: History) -> list[list[str]]:
    rows = [["commit", "date", *(HEADINGS[measure] for measure in history.measures), "clips"]]
    for point in history.points:
        cells = [_percent(measure, point.rate(measure)) for measure in history.measures]
        rows.append([point.label, point.date or "-", *cells, str(len(point.baseline.clips))])
    return rows


def _clip_rows(history: History) -> list[list[str]]:
    """For each clip and rate its course, and the last value."""
    rows = [["clip", *(f"{HEADINGS[measure]}, first to last" for measure in history.measures)]]
    for clip in history.clips:
        cells = []
        for measure in history.measures:
            values = history.series(measure, clip)
            known = [value for value in values if value is not None]
            line = sparkline(values, max(known, default=0.0))
            ends = f"{_percent(measure, known[0])} → {_percent(measure, known[-1])}" if known else ""
            cells.append(f"{line} {ends}".rstrip() or "-")
        rows.append([clip, *cells])
    return rows


def _percent(measure: str, value: float | None) -> str:
    return "-" if value is None else format_value(measure, value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[for_terminal(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    return re.sub(r"([\\|<>*_`~\[\]&#])", r"\\\1", " ".join(for_terminal(text).split()))


def _run(point: Point, history: History) -> dict[str, Any]:
    return {
        "label": point.label,
        "commit": point.commit or None,
        "date": point.date or None,
        **{measure: point.rate(measure) for measure in history.measures},
        "clips": {
            clip: {measure: point.rate(measure, clip) for measure in history.measures} for clip in point.baseline.clips
        },
    }
