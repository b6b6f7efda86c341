"""Which of a show's episodes are meant. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from audio.episode import Episode

_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that all have to hold; one that is not set holds always.

    `episode` is a guid (or the audio's address) letter by letter; `match` is looked for in title and show whatever its
    case and accents; `since` is the first day taken (an episode without a date is left out then); `latest` is how many
    of the rest are taken, by date, those without one last.
    """

    latest: int | None = None
    since: date | None = None
    match: str | None = None
    episode: str | None = None

    def __post_init__(self) -> None:
        if self.latest is not None and self.latest < 1:
            raise ValueError(f"latest: {self.latest} episodes are none; give a number from 1 up")

    def of(self, episodes: Iterable[Episode]) -> tuple[Episode, ...]:
        """Those of `episodes` that are meant, in the order they came."""
        meant = [(place, each) for place, each in enumerate(episodes) if self._holds(each)]
        if self.latest is not None:
            newest = sorted(meant, key=lambda one: one[1].published or _LONG_AGO, reverse=True)[: self.latest]
            meant = sorted(newest, key=lambda one: one[0])
        return tuple(each for _, each in meant)

    def _holds(self, episode: Episode) -> bool:
        if self.episode is not None and self.episode not in (episode.guid, episode.audio_url):
            return False
        if self.since is not None and (episode.published is None or episode.published.date() < self.since):
            return False
        return self.match is None or _folded(self.match) in _folded(f"{episode.title}\n{episode.show or ''}")


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
