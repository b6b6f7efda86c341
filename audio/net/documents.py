"""Feeds, pages and other documents from the network, kept so that an unchanged one is not sent again.

Of what turns out to be a recording only the beginning is read: enough to know that it is one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import logging
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audio.disk import write_atomically
from audio.errors import FetchError, TransientError
from audio.media import HEAD_BYTES, Kind, kind_of
from audio.net.addresses import shown, without_account
from audio.net.http import Answer, Client

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """What an address holds. `url` is where the redirects ended; of a recording `body` is the beginning only."""

    url: str
    content_type: str
    body: bytes

    @property
    def kind(self) -> Kind:
        """What the body is."""
        return kind_of(self.body[:HEAD_BYTES])


def get_document(url: str, client: Client, *, cache: Path | None = None) -> Document:
    """The document at `url`; with a `cache` folder the server is asked whether the one kept there still holds.

    Raises `FetchError` for one that cannot be had, or is larger than `Limits.document_bytes`.
    """
    kept = cache / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.document" if cache else None
    known, validators = _read_kept(kept) if kept else (None, {})

    def attempt() -> tuple[Document, dict[str, str]]:
        with client.get(url, headers={"Accept-Encoding": "gzip", **validators}) as answer:
            if answer.status == 304 and known is not None:
                return dataclasses.replace(known, url=answer.url), {}
            if answer.status not in (200, 203):
                raise FetchError(f"{shown(url)}: the server says {answer.status}; check the address in a browser")
            document = Document(answer.url, answer.headers.get("content-type", ""), _body(answer, client))
            return document, _validators(answer)

    document, fresh = client.patiently(attempt)
    if kept and fresh:
        _keep(kept, document, fresh)
    return document


def unpacked(chunks: Iterable[bytes], encoding: str, *, name: str) -> Iterator[bytes]:
    """`chunks` with the content coding undone: gzip and deflate, or none (also where the header claims one falsely).

    Raises `TransientError` for a packed stream that breaks off, `FetchError` for a broken one or another coding.
    """
    codings = [
        coding.strip().lower() for coding in encoding.split(",") if coding.strip().lower() not in ("", "identity")
    ]
    iterator = iter(chunks)
    first = next(iterator, b"")
    packed = first.startswith(b"\x1f\x8b") or codings == ["deflate"]
    if not codings or not first or (codings in (["gzip"], ["x-gzip"]) and not packed):
        yield first
        yield from iterator
        return
    if not packed:
        raise FetchError(f"{name}: packed as {encoding}, which was not asked for; try again or another address")
    opened = zlib.decompressobj(wbits=47 if first.startswith(b"\x1f\x8b") else 15)
    try:
        for chunk in itertools.chain((first,), iterator):
            yield from _inflated(opened, chunk)
    except zlib.error as exc:
        raise FetchError(f"{name}: its packing is broken; try another address") from exc
    if not opened.eof:
        raise TransientError(f"{name}: the packed body breaks off; try again later")


def _inflated(opened: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """In pieces of a bounded size, however small the packed one is."""
    while chunk and not opened.eof:
        yield opened.decompress(chunk, 1 << 20)
        chunk = opened.unconsumed_tail


def _body(answer: Answer, client: Client) -> bytes:
    most = client.limits.document_bytes
    body = bytearray()
    pieces = unpacked(answer.chunks(), answer.headers.get("content-encoding", ""), name=shown(answer.url))
    for piece in pieces:
        body += piece
        if len(body) > most:
            raise FetchError(f"{shown(answer.url)}: more than {most >> 20} MiB of text; is it the right address?")
        if len(body) >= HEAD_BYTES and kind_of(bytes(body[:HEAD_BYTES])) in (Kind.AUDIO, Kind.UNKNOWN):
            return bytes(body[:HEAD_BYTES])
    return bytes(body)


def _validators(answer: Answer) -> dict[str, str]:
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {ask: answer.headers[told] for ask, told in pairs if told in answer.headers}


def _read_kept(kept: Path) -> tuple[Document | None, dict[str, str]]:
    """A document kept before: a line of JSON, then the body; one that cannot be read counts as none."""
    try:
        head, _, body = kept.read_bytes().partition(b"\n")
        fields = json.loads(head)
        if hashlib.sha256(body).hexdigest() != fields["sha256"]:
            return None, {}
        return Document(fields["url"], fields["content_type"], body), dict(fields["validators"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, {}


def _keep(kept: Path, document: Document, validators: dict[str, str]) -> None:
    digest = hashlib.sha256(document.body).hexdigest()
    url = without_account(document.url)
    fields = {"url": url, "content_type": document.content_type, "validators": validators, "sha256": digest}
    try:
        write_atomically(kept, json.dumps(fields).encode() + b"\n" + document.body)
    except OSError as exc:  # a cache that cannot be written costs time, nothing else
        _log.info("%s: not kept (%s)", shown(document.url), exc.strerror)
