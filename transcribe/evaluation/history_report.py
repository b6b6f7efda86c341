"""The history of a check as text, as Markdown and for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from transcribe.evaluation.check_reports import HEADINGS, markdown_row
from transcribe.evaluation.gates import format_value
from transcribe.evaluation.history import History, Point
from transcribe.evaluation.literal_markdown import markdown as literal
from transcribe.terminal import aligned, for_terminal

_BLOCKS = "▁▂▃▄▅▆▇█"
_BREAK = "|"  # before the first run with other clips, references or scoring, as where a line of the plot ends
_LEGEND = f"after a {_BREAK} the clips, references or scoring are others than before it: do not compare across it"


def text(history: History) -> str:
    """For a terminal: a row for each run, then one for each clip."""
    lines = ["history:", *(f"  {line}" for line in aligned(_run_rows(history)))]
    lines += ["", *(f"  {line}" for line in aligned(_clip_rows(history)))] if history.points else []
    return "\n".join([*lines, *(f"  note: {for_terminal(note)}" for note in _notes(history))]) + "\n"


def markdown(history: History, *, png: str = "") -> str:
    """For the summary page of a job: the same numbers as tables. `png` is the name of a plot to mention."""
    lines = ["### History", ""]
    for rows in (_run_rows(history), _clip_rows(history)):
        header, *rest = rows
        lines += [markdown_row(header), "|" + " --- |" * len(header), *map(markdown_row, rest), ""]
    lines += [f"The plot is in {literal(png)}.", ""] if png else []
    return "\n".join([*lines, *(f"> {literal(note)}" for note in _notes(history))]).rstrip() + "\n"


def as_dict(history: History) -> dict[str, Any]:
    """For programs: rates as fractions, null if not measured; the oldest run first."""
    runs = [_run(at, point, history) for at, point in enumerate(history.points)]
    return {"runs": runs, "notes": list(history.notes)}


def sparkline(values: Sequence[float | None], top: float, breaks: Collection[int] = ()) -> str:
    """A character for each value, from 0 to `top`; a space for one that is missing, a bar before each of `breaks`.

    >>> sparkline([0.0, 0.05, None, 0.1], 0.1), sparkline([0.1, 0.1], 0.1, {1})
    ('▁▅ █', '█|█')
    """
    scale = (len(_BLOCKS) - 1) / top if top else 0.0
    signs = (" " if v is None else _BLOCKS[min(int(v * scale + 0.5), len(_BLOCKS) - 1)] for v in values)
    return "".join(f"{_BREAK if at in breaks else ''}{sign}" for at, sign in enumerate(signs))


def _notes(history: History) -> Iterator[str]:
    if any(history.breaks(measure, clip) for measure in history.measures for clip in (None, *history.clips)):
        yield _LEGEND
    yield from history.notes


def _run_rows(history: History) -> list[list[str]]:
    rows = [["commit", "date", *(HEADINGS[measure] for measure in history.measures), "clips"]]
    for at, point in enumerate(history.points):
        cells = [
            f"{_BREAK} " * (at in history.breaks(measure)) + _percent(measure, point.rate(measure))
            for measure in history.measures
        ]
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
            breaks = history.breaks(measure, clip)
            line = sparkline(values, max(known, default=0.0), breaks)
            arrow = f" {_BREAK} " if breaks else " → "
            ends = f"{_percent(measure, known[0])}{arrow}{_percent(measure, known[-1])}" if known else ""
            cells.append(f"{line} {ends}".rstrip() or "-")
        rows.append([clip, *cells])
    return rows


def _percent(measure: str, value: float | None) -> str:
    return "-" if value is None else format_value(measure, value)


def _run(at: int, point: Point, history: History) -> dict[str, Any]:
    return {
        "label": point.label,
        "commit": point.commit or None,
        "date": point.date or None,
        "not_comparable": [measure for measure in history.measures if at in history.breaks(measure)],
        **{measure: point.rate(measure) for measure in history.measures},
        "clips": {
            clip: {measure: point.rate(measure, clip) for measure in history.measures} for clip in point.baseline.clips
        },
    }
