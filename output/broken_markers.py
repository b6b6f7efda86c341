"""Labels that are almost bold: what makes a turn for one renderer and not for the next, as in `**R:**text`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from output.labels import fold_name
from output.lint_text import paragraphs_of
from output.parse import Draft

BROKEN_MARKER = re.compile(
    r"""^\*\*(?P<open>[^*:\n]{1,40})(?: :[ \t]+\*\*[ \t]*      # **R: **text: never bold
    | :\*\*(?=[^\s*])                                      # **R:**text: not bold in CommonMark
    | \*\*:(?=[^\s*]) )                                    # **R**:text
    """,
    re.VERBOSE,
)
_HALF_BOLD = re.compile(r"(?:\*\*[^*:\n]{1,40}|\*[^*:\n]{1,40}\*\*|\*\*[^*:\n]{1,40}\*|[^*:\n_]{1,20}\*\*):(?:\s|$)")


@lru_cache(maxsize=1)  # for one rule after the other
def broken_markers(draft: Draft) -> tuple[tuple[int, str], ...]:
    """The line of each paragraph that begins with one, and what to write."""
    return tuple(_broken_markers(draft))


def _broken_markers(draft: Draft) -> Iterator[tuple[int, str]]:
    initials = {speaker[0] for speaker in draft.speakers} | set(draft.speakers) | {turn.label for turn in draft.turns}
    labels = set(map(fold_name, initials))
    for number, paragraph in paragraphs_of(draft.source(), 1):
        line = paragraph.split("\n")[0]
        advice = "the label needs bold on both sides and a space after it"
        if match := BROKEN_MARKER.match(line):
            yield number, f"{advice}: **{match['open'].strip()}**: text"
        elif (match := _HALF_BOLD.match(line)) and fold_name(label := match[0].strip("*: \t\r")) in labels:
            yield number, f"{advice}: **{label}**: text"
