"""Which recordings on a page are meant. Pure.

The rule. A page means what it is about. Of several recordings those stay that pass each of these in turn, as long as
one passes; where none does nothing is decided, and the next is asked:

1. no background: what plays without controls in a loop, or muted by itself, is never an episode, even alone;
2. no decoy: not in a sidebar, the navigation, a footer, an advertisement, comments or a list of other episodes
   (unless the page's heading is there too), nor under a heading that announces one; not stated as another page's;
   neither it nor its element named as a jingle, a sound effect, a trailer or an advertisement (unless the page's title
   has that word); not played by itself without controls; no film without sound;
3. stated in the data about this page (JSON-LD, microdata), then in its head (`og:audio`);
4. not named otherwise: if the label or the player's heading of one is the page's title, those with another name go;
5. not one of a list that marks another as this page's (`aria-current`);
6. not much shorter than one without another name, which the page may link to only: a preview;
7. the surest way: a player before a link, a link before an address in a script or in the text, those before a download
   of unknown kind; a link with the page's title counts as a player where the player has no name;
8. in the page's main part (`<main>`, `<article>`), if its heading is there;
9. not much shorter than the longest. That is an eighth of it and under three minutes, where the page says both lengths.

What is left in the end is taken, all of it: a page of many players is an archive, and recordings that nothing sets
apart are not guessed between. Everything else is left out, each with the reason that decided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from audio.episode import Seconds
from audio.net.addresses import page_key
from audio.sources.pages.decoys import name_of, place_of_heading
from audio.sources.pages.mention import Recording, Way
from audio.sources.pages.wording import folded

_PIECES = re.compile(r"\s+(?:[-|–—·•»«:/]|::)\s+")
_SHORT = 180.0
_SHARE = 8


@dataclass(frozen=True, slots=True)
class About:
    """What the page says it is about: its `titles`, the `site`'s name, its own addresses, where its heading is."""

    titles: tuple[str, ...] = ()
    site: str = ""
    addresses: tuple[str, ...] = ()
    has_main_heading: bool = True
    names: frozenset[str] = field(init=False)
    keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        pieces = (piece for title in self.titles for piece in (title, *_PIECES.split(title[:500])))
        names = {folded(piece) for piece in pieces} - {"", folded(self.site)}
        object.__setattr__(self, "names", frozenset(names))
        object.__setattr__(self, "keys", frozenset(map(page_key, self.addresses)))

    def is_named(self, label: str) -> bool:
        """Whether `label` is the title: equal to it, or with more around it if one of them has two words or more.

        >>> About(("Ep 3 - A Show",)).is_named("Download Ep 3 (mp3)"), About(("Ep 3",)).is_named("Ep 30")
        (True, False)
        """
        own = folded(label)
        if not own:
            return False
        return own in self.names or any(
            " " in name and (f" {name} " in f" {own} " or (" " in own and f" {own} " in f" {name} "))
            for name in self.names
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """The recordings that are meant, and each other with the reason why not."""

    taken: tuple[Recording, ...] = ()
    others: tuple[tuple[Recording, str], ...] = ()


def choice_of(recordings: Sequence[Recording], about: About) -> Choice:
    """The recordings of a page that are meant, by the rule of this module."""
    left = [each for each in recordings if not each.is_background]
    others = [(each, "a background that plays by itself") for each in recordings if each.is_background]
    for judge in (_decoys, _stated, _named_otherwise, _unmarked, _previews, _less_sure, _outside, _shorter):
        reasons = judge(left, about)
        if len(reasons) < len(left):
            others += [(left[at], reason) for at, reason in reasons.items()]
            left = [each for at, each in enumerate(left) if at not in reasons]
    return Choice(tuple(left), tuple(others))


# Each judge gives the reasons against some of the recordings, by their place in the list.


def _decoys(left: Sequence[Recording], about: About) -> dict[int, str]:
    named = (
        each.decoy or name_of(each.address, each.labels, about.titles) or _under_others(each, about) for each in left
    )
    return {at: reason for at, reason in enumerate(named) if reason}


def _under_others(recording: Recording, about: About) -> str:
    """Why its headings speak against it, if it is seen under no other."""
    is_titled = not about.names.isdisjoint(map(folded, recording.headings))
    if is_titled or not all(each.heading for each in recording.mentions):
        return ""
    reasons = [place_of_heading(each) for each in recording.headings]
    return reasons[0] if all(reasons) else ""


def _stated(left: Sequence[Recording], _: About) -> dict[int, str]:
    best = min((each.way for each in left), default=Way.PLAYER)
    return _by_way(left, best) if best <= Way.GRAPH else {}


def _named_otherwise(left: Sequence[Recording], about: About) -> dict[int, str]:
    names = [_name(each) for each in left]
    is_title = [about.is_named(name) for name in names]
    if not any(is_title):
        return {}
    return {at: "named otherwise than the page" for at, name in enumerate(names) if folded(name) and not is_title[at]}


def _unmarked(left: Sequence[Recording], _: About) -> dict[int, str]:
    lists = {(each.way, each.headings) for each in left if each.is_current}
    return {
        at: "its list marks another as this page's"
        for at, each in enumerate(left)
        if not each.is_current and (each.way, each.headings) in lists
    }


def _previews(left: Sequence[Recording], about: About) -> dict[int, str]:
    whole = [each for each in left if not folded(_name(each)) or about.is_named(_name(each))]
    return _shorter_than(max((each.duration or 0.0 for each in whole), default=0.0), left)


def _less_sure(left: Sequence[Recording], about: About) -> dict[int, str]:
    best = min((each.way for each in left), default=Way.PLAYER)
    named = {at for at, each in enumerate(left) if each.way == Way.LINK and any(map(about.is_named, each.labels))}
    if named and best == Way.PLAYER and not any(each.way == best and folded(_name(each)) for each in left):
        reason = "where a link has the page's title"
        return {at: f"in {each.way.place}, {reason}" for at, each in enumerate(left) if at not in named}
    return _by_way(left, best)


def _by_way(left: Sequence[Recording], best: Way) -> dict[int, str]:
    return {
        at: f"in {each.way.place}, where {best.place} has another" for at, each in enumerate(left) if each.way != best
    }


def _outside(left: Sequence[Recording], about: About) -> dict[int, str]:
    if not about.has_main_heading:
        return {}
    return {at: "outside the page's main part" for at, each in enumerate(left) if not each.is_in_main}


def _shorter(left: Sequence[Recording], _: About) -> dict[int, str]:
    return _shorter_than(max((each.duration or 0.0 for each in left), default=0.0), left)


def _shorter_than(longest: Seconds, left: Sequence[Recording]) -> dict[int, str]:
    limit = min(longest / _SHARE, _SHORT)
    return {at: "much shorter" for at, each in enumerate(left) if each.duration and each.duration < limit}


def _name(recording: Recording) -> str:
    """What the page calls a recording: a label that says more than that it can be heard, else its player's heading."""
    label = next((label for label in recording.labels if folded(label)), "")
    return label or (next(iter(recording.headings), "") if recording.way == Way.PLAYER else "")
