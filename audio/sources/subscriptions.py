"""Feeds and lists of feeds, over the network: all documents of a feed, all entries of a list.

A feed may be in several documents (RFC 5005, `rel=next`; JSON Feed's `next_url`): they are followed until there is no
other, one brings nothing new, or what is selected is complete. A document or an entry that cannot be read is named as a
failure, whatever went wrong, and costs itself alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from audio.disk import CacheKind, cache_folder
from audio.encodings import charset_of, decoded
from audio.episode import Episode
from audio.errors import AudioError, SourceError
from audio.net.addresses import is_web_address, redacted, web_address
from audio.net.documents import Document, get_document
from audio.net.http import Client
from audio.sources.feed import FeedPage, episodes_in, read_page
from audio.sources.left_out import LeftOut, OnLeftOut, failure

IsEnough = Callable[[Sequence[Episode]], bool]
"""Whether the episodes read so far, the newest first, make those to come unnecessary."""

_MAX_DOCUMENTS = 300  # of one feed
_MAX_ENTRIES = 10_000  # of a list
_PARTS_OF_A_STREAM = re.compile(r"^#EXT-X-", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what a source names through a client; `tell` is told what is left out."""

    client: Client
    tell: OnLeftOut
    is_enough: IsEnough = lambda _: False

    def document(self, address: str) -> Document:
        """The document at an address, cached. Raises `FetchError`."""
        return get_document(address, self.client, cache=cache_folder(CacheKind.DOCUMENTS))

    def feed(self, document: Document) -> tuple[Episode, ...]:
        """The episodes of the feed that begins with `document`. Raises `FeedError` if there are none."""
        page = _page_in(document)
        items = list(page.items)
        seen = {document.url}
        while page.next_url and page.next_url not in seen and not self._has_enough(items):
            if len(seen) == _MAX_DOCUMENTS:
                reason = f"continues after {_MAX_DOCUMENTS} documents, which is all that is read of one feed"
                items.append(LeftOut(redacted(page.next_url), reason))
                break
            seen.add(page.next_url)
            try:
                page = _page_in(self.document(page.next_url), known_as=document.names)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a document costs that one
                items.append(failure(redacted(page.next_url), error))
                break
            known = {_identity(item) for item in items}
            if known and all(_identity(item) in known for item in page.items):
                break
            items += page.items
        return episodes_in(items, url=document.url, on_left_out=self.tell)

    def feeds(self, addresses: Iterable[str], name: str) -> tuple[Episode, ...]:
        """The episodes of all feeds of the list `name`. Raises `SourceError` if none can be read."""
        episodes: list[Episode] = []
        for address in addresses:
            try:
                episodes += self.feed(self.document(address))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a feed costs that one
                self.tell(failure(redacted(address), error))
        if not episodes:
            raise SourceError("none of its feeds can be read; see the reason for each", about=name)
        return tuple(episodes)

    def entries(
        self, listed: Sequence[str | LeftOut], name: str, *, resolve: Callable[[str], tuple[Episode, ...]]
    ) -> tuple[Episode, ...]:
        """The episodes at all addresses of the list `name`. Raises `SourceError` if none can be read."""
        episodes: list[Episode] = []
        for entry in listed:
            if isinstance(entry, LeftOut):
                self.tell(entry)
                continue
            try:
                episodes += resolve(entry)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with an entry costs that one
                self.tell(failure(redacted(entry), error))
        if not episodes:
            raise SourceError("none of its addresses can be read; see the reason for each", about=name)
        return tuple(episodes)

    def _has_enough(self, items: Sequence[Episode | LeftOut]) -> bool:
        return self.is_enough([item for item in items if isinstance(item, Episode)])


def listed_in(content: bytes, *, name: str, charset: str = "") -> tuple[str | LeftOut, ...]:
    """The entries of a text that is a list of addresses, one a line; empty for any other text.

    Blank lines and comments (`#`) are none. Raises `SourceError` for the parts of a stream (HLS).
    """
    text = decoded(content, charset=charset)
    if text.startswith("#EXTM3U") and _PARTS_OF_A_STREAM.search(text):
        raise SourceError("is a stream in many parts (HLS), which is no single file; save it as one first", about=name)
    lines = [line.strip().lstrip("-*• ").strip("<> ") for line in text.splitlines()]
    written = [line for line in lines if line and not line.startswith("#")]
    addresses = [line for line in written if is_web_address(line) and " " not in line]
    if not addresses or 2 * len(addresses) < len(written) or written[0].startswith("---"):
        return ()
    entries: dict[str, str | LeftOut] = {}
    for number, line in enumerate(written[:_MAX_ENTRIES]):
        address = (web_address(line) if is_web_address(line) and " " not in line else "") or ""
        if address and address not in entries:
            entries[address] = address
        else:
            reason = "repeats another entry" if address else "is no web address"
            entries[f"{number} "] = LeftOut(name, reason, title=redacted(line)[:200])
    if n_unread := len(written[_MAX_ENTRIES:]):
        reason = f"{n_unread} entries after the first {_MAX_ENTRIES}, which is all that is read of a list"
        entries["rest "] = LeftOut(name, reason, n_unread, is_failure=True)
    return tuple(entries.values())


def _page_in(document: Document, *, known_as: tuple[str, ...] = ()) -> FeedPage:
    charset = charset_of(document.content_type)
    try:
        return read_page(document.body, url=document.url, charset=charset, known_as=known_as or document.names)
    except AudioError:
        raise
    except Exception as exc:
        raise unexpected(exc, about=redacted(document.url)) from exc


def _identity(item: Episode | LeftOut) -> object:
    return (item.guid, item.audio_url) if isinstance(item, Episode) else (item.title, item.reason)


def unexpected(error: Exception, *, about: str) -> AudioError:
    """The error for whatever a source made a parser raise."""
    return SourceError(f"cannot be read ({type(error).__name__}: {error}); report it with this source", about=about)
