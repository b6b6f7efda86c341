"""Guids that several items of a feed have. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from audio.episode import Episode


def with_own_guids(episodes: list[Episode]) -> Iterator[Episode]:
    """The episodes; of those with one guid only the oldest keeps it, none if their dates do not show which it is."""
    by_guid: dict[str, list[Episode]] = {}
    for episode in episodes:
        if episode.guid is not None:
            by_guid.setdefault(episode.guid, []).append(episode)
    owners = {guid: _oldest(sharing) for guid, sharing in by_guid.items()}
    for episode in episodes:
        yield episode if episode.guid is None or episode is owners[episode.guid] else replace(episode, guid=None)


def _oldest(episodes: list[Episode]) -> Episode | None:
    """The one older than all others; None if the dates do not show which."""
    if len(episodes) == 1:
        return episodes[0]
    dated = sorted(((each.published, each) for each in episodes if each.published), key=lambda item: item[0])
    is_clear = len(dated) == len(episodes) and dated[0][0] < dated[1][0]
    return dated[0][1] if is_clear else None
