"""JSON Feed 1.0 and 1.1 (jsonfeed.org) → episodes. No network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from audio.episode import Episode, Person
from audio.errors import FeedError
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.dates import parse_date, parse_duration
from audio.sources.feeds.enclosures import Offer, Place, recordings_of
from audio.sources.feeds.further import with_further
from audio.sources.feeds.offers import offers_in_notes
from audio.sources.left_out import LeftOut, failure
from audio.sources.values import json_text, name_in, plain_text

_LAST_COMMA = re.compile(r"""("(?:[^"\\]|\\.)*(?:"|\Z))|,(?=\s*[}\]])""", re.DOTALL)  # or a string
_MAX_ITEMS = 50_000
_MAX_PEOPLE = 100


def json_page(text: str, *, url: str, known_as: Iterable[str] = ()) -> tuple[tuple[Episode | LeftOut, ...], str]:
    """What the items of the feed are, and the address of its next document. Raises `FeedError` if it is no feed."""
    try:
        feed = _parsed(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as exc:
        raise FeedError("not readable as JSON; open it in a browser to see what it is", about=redacted(url)) from exc
    listed = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(listed, list):
        raise FeedError("JSON, but no feed; look for its address on the show's page", about=redacted(url))
    reader = _Reader(feed, url, tuple(known_as))
    read = (reader.item(each, number) for number, each in enumerate(listed[:_MAX_ITEMS], 1))
    items = tuple(chain.from_iterable(read))
    if len(listed) > _MAX_ITEMS:
        n_unread = len(listed) - _MAX_ITEMS
        reason = f"{n_unread} items after the first {_MAX_ITEMS}, which is all that is read of one document"
        items = (*items, LeftOut(redacted(url), reason, n_unread, is_failure=True))
    return items, web_address(json_text(feed, "next_url"), base=reader.base) or ""


def _parsed(text: str) -> Any:
    """The value in JSON, also with commas after the last of several. Raises `ValueError`, `RecursionError`."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return json.loads(_LAST_COMMA.sub(lambda found: found[1] or "", text), strict=False)


class _Reader:
    def __init__(self, feed: dict[str, Any], url: str, known_as: tuple[str, ...]) -> None:
        self._feeds = known_as
        self._source = redacted(url)
        self._show = plain_text(json_text(feed, "title")[:1000]) or None
        self._people = _people(feed)
        own = json_text(feed, "feed_url") or json_text(feed, "home_page_url")
        self.base = url if web_address(url) else web_address(own) or ""

    def item(self, item: Any, number: int) -> tuple[Episode | LeftOut, ...]:
        title = f"item {number}"
        try:
            if not isinstance(item, dict):
                return (LeftOut(self._source, "is no object of JSON", title=title, is_failure=True),)
            title = plain_text(json_text(item, "title")[:1000]) or title
            return self._read(item, title)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an item costs that one
            return (failure(self._source, error, title=title),)

    def _read(self, item: dict[str, Any], title: str) -> tuple[Episode | LeftOut, ...]:
        attachments = [each for each in _list(item, "attachments") if isinstance(each, dict)]
        offers = [_offer(each) for each in attachments]
        offers += [Offer(json_text(item, key), "", Place.LINK) for key in ("url", "external_url", "id")]
        notes = json_text(item, "content_html") or json_text(item, "content_text") or json_text(item, "summary")
        found = recordings_of([*offers, *offers_in_notes(notes)], base=self.base)
        if found.problem:
            return (LeftOut(self._source, found.problem, title=title),)
        audio = found.first
        own = next((each for each in attachments if web_address(json_text(each, "url"), base=self.base) == audio), {})
        page = without_credentials(
            web_address(json_text(item, "url") or json_text(item, "external_url"), base=self.base) or ""
        )
        first = Episode(
            title=plain_text(json_text(item, "title")[:1000]) or name_in(audio),
            audio_url=audio,
            show=self._show,
            guid=json_text(item, "id")[:1000] or None,
            published=parse_date(json_text(item, "date_published") or json_text(item, "date_modified")),
            page_url=page or None,
            description=notes or None,
            duration=parse_duration(json_text(own, "duration_in_seconds")),
            people=_people(item) or self._people,
            feeds=self._feeds,
        )
        return with_further(first, found, source=self._source)


def _offer(attachment: dict[str, Any]) -> Offer:
    address, kind, title = (json_text(attachment, key) for key in ("url", "mime_type", "title"))
    length = parse_duration(json_text(attachment, "duration_in_seconds"))
    return Offer(address, kind, kind="attachment", title=plain_text(title[:1000]), length=length)


def _people(node: dict[str, Any]) -> tuple[Person, ...]:
    authors = _list(node, "authors") or [node.get("author")]
    names = (plain_text(json_text(each, "name")[:200]) for each in authors[:_MAX_PEOPLE] if isinstance(each, dict))
    return tuple(dict.fromkeys(Person(name, "author") for name in names if name))


def _list(node: dict[str, Any], key: str) -> list[Any]:
    value = node.get(key)
    return value if isinstance(value, list) else []
