"""The limits of a check: one for each measure, and which values a limit can have.

A limit that no run could exceed would switch a gate off in silence: it is refused. `false` switches one off aloud.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from transcribe.config.toml_files import shown

RATES = ("wer", "cpwer", "tcpwer", "der")
"""The measures with segments: errors divided by length."""

SHARES = (*RATES, "misnamed", "names")
"""The measures that are fractions of a whole."""

COUNTS = ("lost_words", "invented_words", "speakers")
"""The measures that are whole numbers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The upper limits of a clip, for `x_realtime` the lower one; None: no limit. Rates are fractions.

    A clear recording meets the defaults with the bundled model; a project tightens them.
    """

    wer: float | None = 0.15
    cpwer: float | None = 0.20
    tcpwer: float | None = None  # few references have times for their words
    der: float | None = 0.20
    lost_seconds: float | None = 3.0
    lost_words: float | None = 8  # in missing passages
    invented_words: float | None = 8  # in passages that nobody spoke
    speakers: float | None = 0  # by how many the number of speakers may be wrong
    misnamed: float | None = 0.10  # correct words under the name of another speaker
    names: float | None = 0.50  # wrong mentions of any one speaker's name or term
    x_realtime: float | None = None


MEASURES = tuple(field.name for field in fields(Limits))
"""All measures, in the order of reports."""

DEFAULTS = Limits()

NO_LIMITS = Limits(**dict.fromkeys(MEASURES))

OVERALL = Limits(lost_seconds=None, lost_words=None, invented_words=None, speakers=None, misnamed=None, names=None)
"""The default limits of all clips together: rates only, because sums grow with the number of clips."""

OVERALL_MEASURES = tuple(measure for measure in MEASURES if measure not in ("misnamed", "names"))
"""The measures of all clips together; names are checked clip by clip."""


def limit_of(measure: str, value: object) -> float | None:
    """The limit that a file's value states: a number that the measure can exceed, or False for none.

    Raises `ValueError`, which says what is wrong with the value and what to write.

    >>> limit_of("wer", 0.08), limit_of("wer", False), limit_of("speakers", 1)
    (0.08, None, 1)
    >>> limit_of("wer", 8)
    Traceback (most recent call last):
    ValueError: 8 is not a limit: it is more than 1, the whole; for 8 % write 0.08
    """
    if value is False:
        return None
    off = "or false for no limit"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{shown(value)} is not a limit; give a number, {off}")
    if not abs(value) < float("inf"):
        raise ValueError(f"{value} is not a limit: nothing exceeds it; give a number, {off}")
    if value < 0:
        raise ValueError(f"{value:g} is not a limit: it is below 0; give a number from 0 on, {off}")
    if measure in SHARES and value > 1:
        advice = f"for {value:g} % write {value / 100:g}" if value <= 100 else f"give a fraction of 1, {off}"
        raise ValueError(f"{value:g} is not a limit: it is more than 1, the whole; {advice}")
    if measure in COUNTS and value != int(value):
        raise ValueError(f"{value:g} is not a limit: it is no whole number; give a number of {_COUNTED[measure]}")
    if measure == "x_realtime" and not value:
        raise ValueError(f"0 is not a limit: every speed meets it; give a number above 0, {off}")
    return value


_COUNTED = {"lost_words": "words", "invented_words": "words", "speakers": "speakers"}
