"""What a page names is followed: its show's feed, the frames in it. The episodes of the page come out.

The law: what is on the page is meant. In this order:

1. the items of the show's feed whose link is this page, as the feed has them;
2. the page's own recordings, if they are played, linked or stated; of a page with one, the feed's item with the page's
   title or with that recording tells the rest; of a page with several (an archive), each is looked up in the feed, and
   those only in the feed are told as left out;
3. what its frames play, one level deep;
4. what only its scripts or its text name;
5. the whole feed, unless the page says that it is one episode's.

Whatever cannot be read costs itself. Everything read comes through the `Web` it is given.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from audio.episode import Episode
from audio.errors import AudioError, FeedError, PageError
from audio.media import Kind, media_type
from audio.net.addresses import recording_key, redacted
from audio.net.documents import Document
from audio.program import installing
from audio.sources.left_out import LeftOut, OnLeftOut
from audio.sources.page import Page, page_of
from audio.sources.pages.data import player_addresses, recordings_in_code
from audio.sources.pages.markup import Frame
from audio.sources.pages.own_item import OwnItems, filled, own_items
from audio.sources.values import title_from

_MAX_FEEDS = 3
_MAX_FRAMES = 10  # read of one page
_MAX_UNNAMED = 3  # of them those that do not say that they play something
_MAX_TOLD = 3
_log = logging.getLogger(__name__)


class Web(Protocol):
    """How documents and feeds are read."""

    def document(self, address: str) -> Document:
        """The document at an address. Raises `AudioError`."""

    def feed(self, address: str, tell: OnLeftOut) -> tuple[Episode, ...]:
        """The episodes of the feed at an address; its other items are told. Raises `AudioError`."""


def episodes_of_page(page: Page, *, name: str, web: Web, tell: OnLeftOut) -> tuple[Episode, ...]:
    """The episodes of a page by the law of this module; `tell` is told what was seen and not taken.

    Raises `PageError` if there is none.
    """
    show = _show(page, web)
    own = own_items(show.episodes, addresses=page.addresses, titles=page.titles)
    is_same = not page.is_sure or _are_same(page.episodes, own.episodes)
    if own.episodes and ((own.by_link and len(page.episodes) <= 1) or is_same):
        return _as_in_feed(own, page, tell)
    frames = _Frames(page, web)
    framed = () if page.is_sure else frames.episodes()
    found = framed or page.episodes
    if not found and (page.is_episode or not show.episodes):
        raise PageError(_nothing(page, frames, show), about=name)
    for left in page.left_out:
        tell(left)
    if framed:
        _tell_unlike(page.episodes, framed, "less sure than a player's frame", tell)
    for trouble in show.troubles:  # a feed without episodes is often that of a blog, or of its comments
        _log.log(logging.INFO if isinstance(trouble, FeedError) else logging.WARNING, "not looked up: %s", trouble)
    if found:
        episodes = filled(found, show.episodes)
        _tell_rest(episodes, show, tell)
        return episodes
    for left in show.left_out:
        tell(left)
    return show.episodes


@dataclass(frozen=True, slots=True)
class _Show:
    """One of the page's feeds that has episodes, and what was wrong with others."""

    feed: str = ""
    episodes: tuple[Episode, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    troubles: tuple[AudioError, ...] = ()


def _show(page: Page, web: Web) -> _Show:
    """The first of the page's feeds with an item whose link is the page, else with its recordings, else with episodes:
    a site may name those of several shows."""
    troubles: list[AudioError] = []
    best: tuple[int, _Show] = 0, _Show()
    for address in page.feeds[:_MAX_FEEDS]:
        left_out: list[LeftOut] = []
        try:
            show = _Show(address, web.feed(address, left_out.append), tuple(left_out))
        except AudioError as exc:
            troubles.append(exc)
            continue
        has_item = own_items(show.episodes, addresses=page.addresses, titles=()).by_link
        worth = 3 if has_item else 2 if page.episodes and _are_same(page.episodes, show.episodes) else 1
        best = max(best, (worth, show), key=lambda each: each[0])
        if worth > 1:
            break
    return replace(best[1], troubles=tuple(troubles))


def _as_in_feed(own: OwnItems, page: Page, tell: OnLeftOut) -> tuple[Episode, ...]:
    for left in page.left_out:
        tell(left)
    _tell_unlike(page.episodes, own.episodes, "the show's feed names another recording for this page", tell)
    return own.episodes


def _tell_unlike(seen: Iterable[Episode], taken: Iterable[Episode], reason: str, tell: OnLeftOut) -> None:
    """Tell those `seen` whose recordings are not `taken`."""
    keys = {recording_key(each.audio_url or "") for each in taken}
    for each in seen:
        if recording_key(each.audio_url or "") not in keys:
            tell(LeftOut(redacted(each.audio_url or ""), f"not the page's episode: {reason}"))


def _tell_rest(episodes: Iterable[Episode], show: _Show, tell: OnLeftOut) -> None:
    used = {each.guid or each.audio_url for each in episodes}
    rest = sum((each.guid or each.audio_url) not in used for each in show.episodes)
    if rest:
        more = "1 more episode" if rest == 1 else f"{rest} more episodes"
        reason = f"{more} in the show's feed, not on this page; give this address to have them"
        tell(LeftOut(redacted(show.feed), reason, rest))


def _are_same(some: Iterable[Episode], others: Iterable[Episode]) -> bool:
    """Whether all of `some` are recordings of `others`, with or without a query."""
    paths = {recording_key(each.audio_url or "")[0] for each in others}
    return all(recording_key(each.audio_url or "")[0] in paths for each in some)


class _Frames:
    """What a page's frames play: of those in its main part, else of the others; players first, and of frames that do
    not say that they play something only a few."""

    def __init__(self, page: Page, web: Web) -> None:
        self._page, self._web = page, web
        self.n_read = 0

    def episodes(self) -> tuple[Episode, ...]:
        """Each recording once. Of one alone the page gives the title; of several those with the page's title count."""
        frames = [each for each in self._page.frames if each.is_player]
        frames += [each for each in self._page.frames if not each.is_player][:_MAX_UNNAMED]
        for part in ([each for each in frames if not each.decoy], [each for each in frames if each.decoy]):
            found: dict[tuple[str, str], Episode] = {}
            for frame in part:
                for each in self._in_frame(frame):
                    found.setdefault(recording_key(each.audio_url or ""), each)
            if found:
                return tuple(self._named(tuple(found.values())))
        return ()

    def _named(self, found: tuple[Episode, ...]) -> Iterator[Episode]:
        title = next(iter(self._page.titles), "")
        page_url = next(iter(self._page.addresses), None)
        for each in found:
            yield replace(
                each,
                title=title if title and len(found) == 1 else each.title,
                page_url=page_url or each.page_url,
                show=each.show or self._page.show,
                published=each.published or self._page.published,
            )

    def _in_frame(self, frame: Frame) -> tuple[Episode, ...]:
        if frame.content:
            base = next(iter(self._page.addresses), "")
            return _inner(frame.content.encode("utf-8", "replace"), base, self._page)
        document = self._read(frame.address)
        if document is None:
            return ()
        if document.kind is Kind.AUDIO:
            return (Episode(title_from(frame.address), audio_url=frame.address),)
        if document.kind not in (Kind.PAGE, Kind.TEXT):
            return ()
        if document.kind is Kind.PAGE or "html" in media_type(document.content_type):
            return _inner(document.body, document.url, self._page)
        return self._in_script(document)

    def _in_script(self, document: Document) -> tuple[Episode, ...]:
        """Of a script that draws a player: the recordings in it, else those of the first frame it makes."""
        code = document.body.decode("utf-8", "replace")
        if found := tuple(recordings_in_code(code, document.url)):
            return tuple(Episode(title_from(each), audio_url=each) for each in found)
        for address in player_addresses(code, document.url):
            frame = self._read(address)
            if frame and frame.kind is Kind.PAGE:
                return _inner(frame.body, frame.url, self._page)
        return ()

    def _read(self, address: str) -> Document | None:
        if self.n_read >= _MAX_FRAMES:
            return None
        self.n_read += 1
        try:
            return self._web.document(address)
        except AudioError as exc:
            _log.warning("%s is skipped: %s", redacted(address), exc)
            return None


def _inner(content: bytes, url: str, page: Page) -> tuple[Episode, ...]:
    try:
        return page_of(content, url=url, titles=page.titles).episodes
    except PageError as exc:
        _log.info("%s", exc)
        return ()


def _nothing(page: Page, frames: _Frames, show: _Show) -> str:
    """What was looked at, what was seen, and the next step."""
    looked = ["players", "links", "data"]
    looked += [f"frames ({frames.n_read} of {len(page.frames)})"] if page.frames else []
    looked += [f"feeds ({min(len(page.feeds), _MAX_FEEDS)} of {len(page.feeds)})"] if page.feeds else []
    seen = [f"{left.source} is {left.reason}" for left in page.left_out[:_MAX_TOLD]]
    seen += [f"{len(page.left_out) - _MAX_TOLD} more like it"] if len(page.left_out) > _MAX_TOLD else []
    seen += [str(trouble) for trouble in show.troubles]
    seen += ["the show's feed has no item for this page"] if show.episodes else []
    return (
        f"no audio on this page (looked at: {', '.join(looked)}){''.join(f'; {each}' for each in seen)}; "
        f"give the address of the recording or of the show's feed, or install yt-dlp, which supports many sites: "
        f"{installing('sites')}"
    )
