"""The history of a check as a PNG: all clips together above, a small plot for each clip below.

The same history gives the same bytes: no date, no version and no setting of the user is in the picture. Colours are
those of Okabe and Ito, which the colour-blind tell apart; line styles and markers tell the rates apart in grey.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from audio.program import installing
from transcribe.errors import NotInstalledError, TranscribeError
from transcribe.evaluation.check_reports import HEADINGS
from transcribe.evaluation.history import History
from transcribe.evaluation.limits import Limits
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLIPS = 24  # drawn; the tables have all
DPI = 110

_STYLES = {  # colour, line, marker, size of the marker
    "wer": ("#000000", "-", "o", 5.0),
    "cpwer": ("#D55E00", "--", "s", 4.5),
    "tcpwer": ("#CC79A7", (0, (3, 1, 1, 1)), "D", 4.0),
    "der": ("#0072B2", "-.", "^", 5.5),
}
_COLUMNS = 4
_MOST_LABELS = 16
_NEAR = 3.0  # a limit more than so many times above every value is named above the axis, not drawn


def plot(history: History) -> bytes:
    """The PNG. Raises `NotInstalledError` without matplotlib."""
    import_matplotlib()
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with mpl.rc_context(mpl.rcParamsDefault), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font lacks
        canvas: Any = FigureCanvasAgg(figure_of(history))
        file = io.BytesIO()
        canvas.print_png(file, metadata={"Software": None})
    return file.getvalue()


def import_matplotlib() -> None:
    """Raises `NotInstalledError`, and `TranscribeError` if it cannot be loaded."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as exc:
        raise NotInstalledError(f"a plot needs {exc.name}, which is not installed; {installing('check')}") from exc
    except (OSError, ValueError) as exc:  # a matplotlibrc in this folder that is not text
        raise TranscribeError(f"matplotlib cannot be loaded ({exc}); check the file matplotlibrc here") from exc


def figure_of(history: History) -> Figure:
    """The figure: the axes of all clips together first, then those of the clips, the worst last values first."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    clips = _worst_first(history)[:MOST_CLIPS]
    rows = math.ceil(len(clips) / _COLUMNS)
    height = 4.6 + 1.9 * rows + 0.6
    figure = Figure(figsize=(11.0, height), dpi=DPI, layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=[4.6, 1.9 * rows + 0.6])
    upper, lower = halves
    whole = upper.subplots()
    top = _draw_whole(whole, history)
    if clips:
        grid = lower.subplots(rows, _COLUMNS, squeeze=False, sharex=True, sharey=True)
        for axes, clip in zip(grid.flat, clips, strict=False):
            _draw_clip(axes, history, clip)
        for at, axes in enumerate(grid.flat):
            axes.set_visible(at < len(clips))
            axes.tick_params(labelbottom=at + _COLUMNS >= len(clips))  # the lowest of its column
        grid[0, 0].set_ylim(0, max(_top(history, clips), top))
        grid[0, 0].yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        for axes in grid[:, 0]:
            axes.set_ylabel("error rate (%)", fontsize=8)
    lower.supxlabel(_caption(history, len(clips)), fontsize=8, color="#444444", x=0.01, ha="left", parse_math=False)
    return figure


def _draw_whole(axes: Axes, history: History) -> float:
    from matplotlib.ticker import MaxNLocator

    drawn = [_draw(axes, history, measure) for measure in history.measures]
    top = _top(history, [None])
    axes.set_ylim(0, top)
    _draw_limits(axes, history, history.overall)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.set_ylabel("error rate of all clips together (%)")
    axes.set_title("Sample clips: error rates by version of the baseline", loc="left", fontweight="bold")
    step = math.ceil(len(history.points) / _MOST_LABELS)
    last = len(history.points) - 1
    shown = [at for at in range(len(history.points)) if (last - at) % max(step, 1) == 0]
    labels = ["\n".join(filter(None, (history.points[at].label, history.points[at].date))) for at in shown]
    axes.set_xticks(shown, labels, rotation=45 if len(shown) > 8 else 0, ha="right" if len(shown) > 8 else "center")
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("commit of the baseline (date in UTC)")
    axes.margins(x=0.03)
    if drawn:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9, title="last value")
    _plain(axes)
    return top


def _draw_clip(axes: Axes, history: History, clip: str) -> None:
    for measure in history.measures:
        _draw(axes, history, measure, clip, small=True)
    if clip in history.limits:
        _draw_limits(axes, history, history.limits[clip], clip)
    name = for_terminal(clip)
    axes.set_title(name if len(name) <= 28 else f"{name[:27]}…", fontsize=9, loc="left", parse_math=False)
    last = len(history.points) - 1
    ends = sorted({0, last})
    labels = axes.set_xticks(ends, [history.points[at].label for at in ends])
    if len(ends) > 1:
        labels[0].label1.set_horizontalalignment("left")
        labels[-1].label1.set_horizontalalignment("right")
    axes.tick_params(labelsize=7)
    axes.margins(x=0.06)
    _plain(axes)


def _draw(axes: Axes, history: History, measure: str, clip: str | None = None, *, small: bool = False) -> bool:
    """A rate's points, joined where they are comparable. Whether there are any."""
    values, (colour, line, marker, size) = history.series(measure, clip), _STYLES[measure]
    scale = 0.6 if small else 1.0
    groups = list(history.comparable(measure, clip))
    for number, group in enumerate(groups):
        axes.plot(
            group,
            [100 * (values[at] or 0.0) for at in group],
            color=colour,
            linestyle=line,
            marker=marker,
            markersize=size * scale,
            markerfacecolor=colour if measure == "wer" else "white",
            linewidth=1.8 * scale,
            label="_" if number else f"{HEADINGS[measure]}  {100 * (values[groups[-1][-1]] or 0.0):.1f} %",
            gid=f"{measure} {clip or ''}".strip(),
            clip_on=False,
            zorder=3,
        )
    return bool(groups)


def _draw_limits(axes: Axes, history: History, limits: Limits, clip: str | None = None) -> None:
    by_value: dict[float, list[str]] = {}
    above: list[str] = []
    for measure in history.measures:
        limit = getattr(limits, measure)
        if limit is not None and any(value is not None for value in history.series(measure, clip)):
            by_value.setdefault(limit, []).append(measure)
    for limit, measures in by_value.items():
        colour = _STYLES[measures[0]][0] if len(measures) == 1 else "#666666"
        axes.axhline(
            100 * limit, color=colour, linewidth=0.9, linestyle=":", zorder=1, gid=f"limit {' '.join(measures)}"
        )
        if clip is not None:
            continue
        text = f"limit {', '.join(HEADINGS[measure] for measure in measures)}: {100 * limit:g} %"
        if 100 * limit > axes.get_ylim()[1]:
            above.append(text)
            continue
        place: Any = ("axes fraction", "data")
        axes.annotate(text, (0.003, 100 * limit), xycoords=place, fontsize=8, color=colour, va="bottom")
    if above:
        axes.set_title(f"above this axis: {'; '.join(above)}", loc="right", fontsize=8, color="#444444")


def _plain(axes: Axes) -> None:
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _top(history: History, clips: Sequence[str | None]) -> float:
    """The end of the axis in percent: a little above every value, and above every limit that is not far from them."""
    highest = max(
        [value or 0.0 for c in clips for m in history.measures for value in history.series(m, c)], default=0.0
    )
    sides = [history.overall if clip is None else history.limits.get(clip, Limits()) for clip in clips]
    limits = [getattr(one, measure) or 0.0 for one in sides for measure in history.measures]
    near = [limit for limit in limits if limit <= _NEAR * highest]
    return 100 * 1.15 * max([highest, *near, 0.01])


def _worst_first(history: History) -> list[str]:
    """The clips, those with the highest last rate first."""

    def last(clip: str) -> float:
        rates = [
            [value for value in history.series(measure, clip) if value is not None] for measure in history.measures
        ]
        return max((row[-1] for row in rates if row), default=-1.0)

    return sorted(history.clips, key=last, reverse=True)


def _caption(history: History, drawn: int) -> str:
    lines = ["Lines join runs of the same clips, references and scoring. Dotted: limits of today, if near the values."]
    if len(history.clips) > drawn:
        lines.append(f"{len(history.clips) - drawn} clips with lower rates are not drawn; the tables have them.")
    return "\n".join([*lines, *map(_note, history.notes)])


def _note(note: str) -> str:
    text = for_terminal(note)
    return text if len(text) <= 160 else f"{text[:159]}…"
