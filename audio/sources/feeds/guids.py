"""Guids that several items of a feed have. Pure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from audio.episode import Episode

_MOST_NAMED = 3
_log = logging.getLogger(__name__)


def with_own_guids(episodes: list[Episode]) -> Iterator[Episode]:
    """The episodes; of those with one guid only the oldest keeps it, none if their dates do not show which it is.

    The others are known by their addresses (`audio.fetching.identity`), and named in a warning.
    """
    by_guid: dict[str, list[Episode]] = {}
    for episode in episodes:
        if episode.guid is not None:
            by_guid.setdefault(episode.guid, []).append(episode)
    owners = {guid: _oldest(sharing) for guid, sharing in by_guid.items()}
    for guid in [guid for guid, sharing in by_guid.items() if len(sharing) > 1][:_MOST_NAMED]:
        _warn(guid, owners[guid], by_guid[guid])
    for episode in episodes:
        yield episode if episode.guid is None or episode is owners[episode.guid] else replace(episode, guid=None)


def _warn(guid: str, owner: Episode | None, sharing: list[Episode]) -> None:
    others = [repr(each.title) for each in sharing if each is not owner]
    named = ", ".join(others[:_MOST_NAMED]) + (", …" if len(others) > _MOST_NAMED else "")
    first = f"{owner.title!r}, the oldest, is known by it, the others by" if owner else "all are known by"
    show = sharing[0].show or "a feed"
    _log.warning("%s: %d items have the guid %r; %s their addresses: %s", show, len(sharing), guid[:100], first, named)


def _oldest(episodes: list[Episode]) -> Episode | None:
    """The one older than all others; None if the dates do not show which."""
    if len(episodes) == 1:
        return episodes[0]
    dated = sorted(((each.published, each) for each in episodes if each.published), key=lambda item: item[0])
    is_clear = len(dated) == len(episodes) and dated[0][0] < dated[1][0]
    return dated[0][1] if is_clear else None
