"""What a source has besides episodes. A pure value, the same for folders, feeds and lists.

The law: everything in a source is an episode, is named as left out with its reason, or is counted. Whatever goes wrong
with one item, one entry or one page of a source costs that one alone, and is named as a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from audio.errors import AudioError

_LONGEST_REASON = 300  # characters of an error in one line


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is no episode: the file, feed or list `source`, or its item `title`, with the reason; or `count` of them,
    which the reason says, too.

    `is_failure`: it may have been an episode, but something went wrong: somebody should look.
    """

    source: str
    reason: str
    count: int = 1
    title: str = ""
    is_failure: bool = False


OnLeftOut = Callable[[LeftOut], None]


def failure(source: str, error: Exception, *, title: str = "") -> LeftOut:
    """The left-out for something that could not be read, whatever was raised."""
    if isinstance(error, AudioError):
        reason = error.problem if error.about == source else str(error)
    else:
        reason = f"cannot be read ({_named(error)})"
    return LeftOut(source, " ".join(reason.split())[:_LONGEST_REASON], title=title, is_failure=True)


def described(left: LeftOut) -> str:
    """What it is and why, without its source.

    >>> described(LeftOut("feed", "no audio", title="A post"))
    "'A post': no audio"
    """
    return f"{left.title!r}: {left.reason}" if left.title else left.reason


def counted(left_out: Iterable[LeftOut], *, named: int = 0) -> list[LeftOut]:
    """`left_out` in their order, where of the items of one source with one reason only the first `named` are named, and
    the others are one that counts them. A single item is always named.

    >>> [(each.title, each.count) for each in counted([LeftOut("feed", "no audio", title=t) for t in "abc"], named=1)]
    [('a', 1), ('', 2)]
    """
    groups: dict[tuple[str, str, bool, bool], list[LeftOut]] = {}
    for each in left_out:
        groups.setdefault((each.source, each.reason, each.is_failure, bool(each.title)), []).append(each)
    result: list[LeftOut] = []
    for (source, reason, is_failure, has_title), group in groups.items():
        rest = group[named:] if has_title and len(group) > named + 1 else []
        result += group[: len(group) - len(rest)]
        if rest:
            more = "more " if named else ""
            result.append(LeftOut(source, f"{len(rest)} {more}items: {reason}", len(rest), is_failure=is_failure))
    return result


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
