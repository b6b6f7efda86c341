"""Feeds, pages and other documents from the network, cached so that an unchanged one is not sent again.

Only the beginning of a recording is read: enough to recognise it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audio.disk import write_privately
from audio.errors import FetchError
from audio.media import HEAD_BYTES, Kind, kind_of
from audio.net.addresses import redacted, without_credentials
from audio.net.codings import decompressed
from audio.net.http import Client, Response
from audio.trust import read_own

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """The content of an address. `url` is where the redirects ended; `names` are the address as requested, and
    where the permanent redirects led if it has moved. For a recording, `body` is only its beginning."""

    url: str
    names: tuple[str, ...]
    content_type: str
    body: bytes

    @property
    def kind(self) -> Kind:
        """The kind of the body."""
        return kind_of(self.body[:HEAD_BYTES])


def get_document(url: str, client: Client, *, cache: Path | None = None) -> Document:
    """The document at `url`; with a `cache` folder, one cached there is revalidated with the server.

    Raises `FetchError` for one that cannot be fetched, or is larger than `Limits.max_document_bytes`.
    """
    cached = cache / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.document" if cache else None
    previous, validators = _read_cached(cached) if cached else (None, {})

    def attempt() -> tuple[Document, dict[str, str]]:
        with client.get(url, headers={"Accept-Encoding": "gzip", **validators}) as response:
            if response.status == 304 and previous is not None:
                return dataclasses.replace(previous, url=response.url, names=_names(url, response)), {}
            if not response.is_whole:
                raise FetchError(
                    f"the server returns {response.status}; check the address in a browser", about=redacted(url)
                )
            content_type, body = response.headers.get("content-type", ""), _body(response, client)
            return Document(response.url, _names(url, response), content_type, body), _validators(response)

    document, new_validators = client.with_retries(attempt)
    if cached and new_validators:
        _write_cached(cached, document, new_validators)
    return document


def _body(response: Response, client: Client) -> bytes:
    """The body without its codings, also those that no header names."""
    limit = client.limits.max_document_bytes
    body = bytearray()
    stated, sent = response.headers.get("content-encoding", ""), _limited(response, client)
    for piece in decompressed(sent, stated, name=redacted(response.url), is_document=True):
        body += piece
        if len(body) > limit:
            raise FetchError(f"more than {limit >> 20} MiB of text; check the address", about=redacted(response.url))
        if len(body) >= HEAD_BYTES and kind_of(bytes(body[:HEAD_BYTES])) in (Kind.AUDIO, Kind.UNKNOWN):
            return bytes(body[:HEAD_BYTES])
    return bytes(body)


def _limited(response: Response, client: Client) -> Iterator[bytes]:
    """The body as sent, which may yield nothing however long it is."""
    n_bytes, limit = 0, client.limits.max_document_bytes
    for chunk in response.chunks(within=client.limits.max_document_time):
        n_bytes += len(chunk)
        if n_bytes > limit:
            raise FetchError(f"more than {limit >> 20} MiB; check the address", about=redacted(response.url))
        yield chunk


def _names(requested: str, response: Response) -> tuple[str, ...]:
    return tuple(dict.fromkeys((requested, response.moved_to)))


def _validators(response: Response) -> dict[str, str]:
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {condition: response.headers[name] for condition, name in pairs if name in response.headers}


def _read_cached(cached: Path) -> tuple[Document | None, dict[str, str]]:
    """A cached document: a line of JSON, then the body; an unreadable one is ignored."""
    try:
        head, _, body = read_own(cached, inside=cached.parent).partition(b"\n")
        fields = json.loads(head)
        if hashlib.sha256(body).hexdigest() != fields["sha256"]:
            return None, {}
        return Document(fields["url"], (), fields["content_type"], body), dict(fields["validators"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, {}


def _write_cached(cached: Path, document: Document, validators: dict[str, str]) -> None:
    digest = hashlib.sha256(document.body).hexdigest()
    url = without_credentials(document.url)
    fields = {"url": url, "content_type": document.content_type, "validators": validators, "sha256": digest}
    try:
        write_privately(cached, json.dumps(fields).encode() + b"\n" + document.body)
    except OSError as exc:  # without a cache only time is lost
        _log.info("%s: not cached (%s)", redacted(document.url), exc.strerror)
