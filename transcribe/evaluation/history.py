"""The rates of earlier runs: the versions of a baseline in git, the file as it is, and this run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from transcribe.errors import SettingsError
from transcribe.evaluation.baseline import Baseline, baseline_of, pooled, rate, read_baseline
from transcribe.evaluation.clip import Clips
from transcribe.evaluation.git_versions import NEWEST, Versions, versions_of
from transcribe.evaluation.limits import RATES, Limits

MOST_COMMITS = 5  # named in a note
THIS_RUN, NOT_COMMITTED = "this run", "not committed"


@dataclass(frozen=True, slots=True)
class Point:
    """One run: what it is called (a short hash), its commit and date if it has them, and its measurements."""

    label: str
    baseline: Baseline
    commit: str = ""
    date: str = ""

    def rate(self, measure: str, clip: str | None = None) -> float | None:
        """A rate as a fraction, of one clip or pooled over all; None if it was not measured."""
        if clip is not None and clip not in self.baseline.clips:
            return None
        clips = self.baseline.clips.values() if clip is None else [self.baseline.clips[clip]]
        segments = [one.segments[measure] for one in clips if one.segments.get(measure)]
        return rate(pooled(segments)) if segments else None

    def basis(self, measure: str, clip: str | None = None) -> frozenset[tuple[str, str]]:
        """The clips behind a rate, each with the hash of its reference and scoring: equal if rates are comparable."""
        clips = self.baseline.clips.items()
        return frozenset(
            (name, one.reference_hash)
            for name, one in clips
            if clip in (None, name) and one.segments.get(measure)  # a clip without times is in no DER
        )


@dataclass(frozen=True, slots=True)
class History:
    """The runs, the oldest first; the limits of today; what is missing, in sentences."""

    points: tuple[Point, ...] = ()
    notes: tuple[str, ...] = ()
    overall: Limits = field(default_factory=Limits)
    limits: Mapping[str, Limits] = field(default_factory=dict)  # of each clip checked today

    @property
    def clips(self) -> tuple[str, ...]:
        """Every clip of any run: today's first, then those that are gone."""
        return tuple(dict.fromkeys([*self.limits, *(name for p in self.points for name in sorted(p.baseline.clips))]))

    def series(self, measure: str, clip: str | None = None) -> tuple[float | None, ...]:
        """The rate of each run."""
        return tuple(point.rate(measure, clip) for point in self.points)

    def comparable(self, measure: str, clip: str | None = None) -> Iterator[tuple[int, ...]]:
        """The runs in groups: neighbours whose rates have the same clips, references and scoring."""
        group: list[int] = []
        for at, point in enumerate(self.points):
            if point.rate(measure, clip) is None:
                continue
            if group and self.points[group[-1]].basis(measure, clip) != point.basis(measure, clip):
                yield tuple(group)
                group = []
            group.append(at)
        if group:
            yield tuple(group)

    def breaks(self, measure: str, clip: str | None = None) -> frozenset[int]:
        """The runs that are not comparable with the run before them."""
        return frozenset(group[0] for number, group in enumerate(self.comparable(measure, clip)) if number)

    @property
    def measures(self) -> tuple[str, ...]:
        """The rates that any run has."""
        return tuple(measure for measure in RATES if any(rate is not None for rate in self.series(measure)))


def history_of(file: Path, clips: Clips, this_run: Baseline, *, newest: int = NEWEST) -> History:
    """The history of a baseline file, and this run. What cannot be read is a note."""
    found = versions_of(file, newest=newest)
    points, notes = _committed(found)
    working = _working_copy(file)
    if working is not None and (not points or working != points[-1].baseline):
        points.append(Point(NOT_COMMITTED, working))
        if found.versions:
            notes.append(f"{file}: has changes that are not committed")
    if this_run.clips:
        points.append(Point(THIS_RUN, this_run))
    return History(tuple(points), (*found.notes, *notes), clips.overall, {one.name: one.limits for one in clips.clips})


def _committed(found: Versions) -> tuple[list[Point], list[str]]:
    points, broken = [], []
    for version in found.versions:
        short = version.commit[:7]
        try:
            if version.content is None:
                raise SettingsError(f"{short}: cannot be read")
            points.append(Point(short, baseline_of(version.content, source=short), version.commit, version.date))
        except SettingsError:
            broken.append(short)
    return points, [_not_read(broken, len(found.versions))] if broken else []


def _not_read(broken: Sequence[str], of: int) -> str:
    named = ", ".join(broken[:MOST_COMMITS]) + (", …" if len(broken) > MOST_COMMITS else "")
    return f"{len(broken)} of {of} versions could not be read ({named}): not baselines, or of a newer turnscript"


def _working_copy(file: Path) -> Baseline | None:
    try:
        return read_baseline(file)
    except SettingsError:
        return None
