"""JSON Feed 1.0 and 1.1 (jsonfeed.org) → episodes. No network.

The law of `audio.sources.feeds.parsing` holds here too: a fault costs the item it is in. A feed that is no JSON is cut
at its items, and each is read by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from audio.episode import Episode, Person
from audio.errors import FeedError
from audio.media import MEDIA_SUFFIXES, suffix_of
from audio.net.addresses import redacted, web_address, without_credentials
from audio.sources.dates import parse_date, parse_duration
from audio.sources.feeds.enclosures import Offer, Place, recordings_of
from audio.sources.feeds.further import with_further
from audio.sources.feeds.offers import offers_in_notes
from audio.sources.left_out import LeftOut, failure
from audio.sources.values import json_text, name_in, plain_text

_LAST_COMMA = re.compile(r"""("(?:[^"\\]|\\.)*(?:"|\Z))|,(?=\s*[}\]])""", re.DOTALL)  # or a string
_ITEMS = re.compile(r"""("(?:[^"\\]|\\.)*+")\s*+(?::\s*+(\[))?""", re.DOTALL)  # a string, which may name a list
_NEXT_ITEM = re.compile(r"[\]}]\s*+,\s*+(?=\{)")
_NEXT_URL = re.compile(r"""("next_url"\s*+:\s*+"(?:[^"\\]|\\.)*+")""", re.DOTALL)
_BLANKS = re.compile(r"[\s,]*+")
_MAX_ITEMS = 50_000
_MAX_FAULTS = 200  # of one document: each may have to be looked for up to its end
_MAX_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class _Fault:
    """In place of an item: why it cannot be read."""

    reason: str


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
    """The value in JSON, also with commas after the last of several; of a feed with other faults what can be read.
    Raises `ValueError`, `RecursionError`."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        pass
    text = _LAST_COMMA.sub(lambda found: found[1] or "", text)
    try:
        return json.loads(text, strict=False)
    except ValueError:
        start = next((found.end() for found in _ITEMS.finditer(text) if found[2] and found[1] == '"items"'), None)
        if start is None:
            raise
        items = list(_each_item(text, start))
        if all(isinstance(item, _Fault) for item in items):
            raise
        before = text[: text.rindex('"items"', 0, start)].rstrip().removesuffix(",")
        further = [_members(f"{{{found[1]}}}") for found in _NEXT_URL.finditer(text, start)][-1:]
        return {**_members(f"{before}}}"), **dict(*further), "items": items}


def _each_item(text: str, at: int) -> Iterator[Any]:
    """The items of a list that begins at `at`: the value of each, or its `_Fault`. In linear time but for the faults.

    After one, an object without an `id` is a part of the item that it is in, not an item.
    """
    decoder = json.JSONDecoder(strict=False)
    n_faults, is_inside = 0, False
    while True:
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]
        try:
            if not is_inside and text.startswith("]", at):
                return
            item, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            following = _NEXT_ITEM.search(text, max(getattr(error, "pos", at), at))
            if not is_inside:
                yield _Fault("not readable as JSON" if following else "is cut off: the feed ends inside it")
            if following is None:
                return
            n_faults, is_inside, at = n_faults + 1, True, following.end()
            if n_faults == _MAX_FAULTS:
                yield _Fault("and all after it: not read, as too much before it is no JSON")
                return
        else:
            at = end
            if not is_inside or (isinstance(item, dict) and "id" in item):
                is_inside = False
                yield item


def _members(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


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
            if isinstance(item, _Fault):
                return (LeftOut(self._source, item.reason, title=title, is_failure=True),)
            if not isinstance(item, dict):
                return (LeftOut(self._source, "is no object of JSON", title=title, is_failure=True),)
            title = plain_text(json_text(item, "title")[:1000]) or title
            return self._read(item, title)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an item costs that one
            return (failure(self._source, error, title=title),)

    def _read(self, item: dict[str, Any], title: str) -> tuple[Episode | LeftOut, ...]:
        attachments = _attachments(item)
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


def _attachments(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The attachments, of which some programs write a single one without a list, or addresses of recordings alone."""
    value = item.get("attachments")
    written = value if isinstance(value, list) else [value]
    each_one = ({"url": each} if isinstance(each, str) and _names_recording(each) else each for each in written)
    return [each for each in each_one if isinstance(each, dict)]


def _names_recording(address: str) -> bool:
    return suffix_of(address.partition("?")[0]) in MEDIA_SUFFIXES


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
