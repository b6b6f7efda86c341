"""Which items of a show's feed are a page's own. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from audio.episode import Episode
from audio.net.addresses import page_key, recording_key
from audio.sources.pages.ranking import About
from audio.sources.pages.wording import folded


@dataclass(frozen=True, slots=True)
class OwnItems:
    """The items of a feed that are a page's; `by_link` if they say so themselves, not only by their title."""

    episodes: tuple[Episode, ...] = ()
    by_link: bool = False


def own_items(show: Sequence[Episode], *, addresses: Iterable[str], titles: Iterable[str]) -> OwnItems:
    """The items of `show` whose link (or guid) is one of the page's `addresses`, else the only one with its title.

    A link that all items share is the show's, not an item's.
    """
    keys = set(map(page_key, addresses))
    linked = tuple(each for each in show if keys.intersection(_pages(each)))
    if linked and (len(linked) < len(show) or len(show) == 1):
        return OwnItems(linked, by_link=True)
    names = About(tuple(titles), next((each.show or "" for each in show), "")).names
    named = tuple(each for each in show if folded(each.title) in names)
    return OwnItems(named) if len(named) == 1 and len(show) > 1 else OwnItems()


def filled(episodes: Iterable[Episode], show: Sequence[Episode]) -> tuple[Episode, ...]:
    """The episodes, each as the show's feed has it: the item with the same recording, else with the same page, else the
    only one with the same title, which keeps the recording the page has."""
    by_recording: dict[tuple[str, str], Episode] = {}
    for each in show:
        path, query = recording_key(each.audio_url or "")
        by_recording.setdefault((path, query), each)
    shared = Counter(path for path, _ in by_recording)
    by_path = {path: each for (path, _), each in by_recording.items() if shared[path] == 1}
    pages = Counter(each.page_url for each in show)
    titles = Counter(folded(each.title) for each in show)
    by_page = {page_key(each.page_url): each for each in show if each.page_url and pages[each.page_url] == 1}
    by_title = {folded(each.title): each for each in show if titles[folded(each.title)] == 1}

    def as_in_feed(episode: Episode) -> Episode:
        path, query = recording_key(episode.audio_url or "")
        same = by_recording.get((path, query)) or (by_path.get(path) if not query else None)
        if same is None and path in by_path and not recording_key(by_path[path].audio_url or "")[1]:
            same = by_path[path]
        if same:
            return same
        alike = by_page.get(page_key(episode.page_url or "")) or by_title.get(folded(episode.title) or "-")
        return replace(alike, audio_url=episode.audio_url) if alike else episode

    return tuple(map(as_in_feed, episodes))


def _pages(episode: Episode) -> set[str]:
    pages = (episode.page_url, episode.guid if (episode.guid or "").startswith(("http://", "https://")) else None)
    return {page_key(page) for page in pages if page}
