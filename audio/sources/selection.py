"""Select episodes of a show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from audio.episode import Episode
from audio.letters import without_accents

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions, all of which have to hold; one that is None always holds.

    `episode` is an exact guid (or audio address); `match` is searched in title and show, ignoring case and accents;
    `since` is the first day (episodes without a date are excluded); `latest` is the number of newest episodes among the
    rest, those without a date last.
    """

    latest: int | None = None
    since: date | None = None
    match: str | None = None
    episode: str | None = None

    def __post_init__(self) -> None:
        if self.latest is not None and self.latest < 1:
            raise ValueError(f"latest: {self.latest} selects no episode; give a number from 1 up")

    def select(self, episodes: Iterable[Episode]) -> tuple[Episode, ...]:
        """The selected `episodes`, in their order."""
        matching = [(position, each) for position, each in enumerate(episodes) if self._matches(each)]
        if self.latest is not None:
            newest = sorted(matching, key=lambda item: item[1].published or _EARLIEST, reverse=True)[: self.latest]
            matching = sorted(newest, key=lambda item: item[0])
        return tuple(each for _, each in matching)

    def is_settled(self, episodes: Sequence[Episode]) -> bool:
        """Whether older episodes would change nothing: those of a feed whose `episodes` so far are the newest, by their
        dates, and go back as far as the conditions do."""
        if self.episode is not None:
            return bool(self.select(episodes))
        dates = [episode.published for episode in episodes]
        is_newest_first = all(
            newer is not None and older is not None and newer >= older for newer, older in pairwise(dates)
        )
        oldest = dates[-1] if dates else None
        if oldest is None or not is_newest_first:
            return False
        if self.latest is not None and len(self.select(episodes)) >= self.latest:
            return True
        return self.since is not None and oldest.date() < self.since

    def _matches(self, episode: Episode) -> bool:
        if self.episode is not None and self.episode not in (episode.guid, episode.audio_url):
            return False
        if self.since is not None and (episode.published is None or episode.published.date() < self.since):
            return False
        searched = without_accents(f"{episode.title}\n{episode.show or ''}")
        return self.match is None or without_accents(self.match) in searched
