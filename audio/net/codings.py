"""The content codings of HTTP, as servers use them: gzip and deflate in every make, and none under any other name.

The content decides. Headers name a coding that is not there, several, or something that is none (`none`, `UTF-8`,
`binary`); deflate comes with zlib's header and without; gzip in several members, packed twice, or followed by other
bytes. The law: a body is whole, or an error; a compressed stream that is cut is never taken for the whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from audio.errors import FetchError, TransientError
from audio.media import Kind, kind_of

_KNOWN = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_UNREADABLE = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})  # never asked for
_GZIP = b"\x1f\x8b\x08"
_MAX_LAYERS = 3
_MAX_MEMBERS = 10_000
_HEAD = 1024  # bytes, more than the tables at the beginning of a deflated block
_PIECE = 1 << 20  # bytes: of what is inflated, however small the compressed is


def codings_in(header: str) -> tuple[str, ...]:
    """The codings a `Content-Encoding` names; what is none is not there.

    >>> codings_in("GZIP, identity"), codings_in("UTF-8"), codings_in("br")
    (('gzip',), (), ('br',))
    """
    named = (coding.strip().lower() for coding in header.split(","))
    return tuple(_KNOWN.get(coding, coding) for coding in named if coding in _KNOWN or coding in _UNREADABLE)


def decompressed(chunks: Iterable[bytes], header: str, *, name: str, is_document: bool = False) -> Iterator[bytes]:
    """`chunks` without the codings `header` names, as far as the content has them; of a document, which is text, also
    without those that no header names.

    Raises `TransientError` for a compressed stream that is cut, `FetchError` for a broken one or another coding.
    """
    codings = codings_in(f"{header}, gzip" if is_document else header)
    head, chunks = _peeked(chunks)
    if is_document and "deflate" not in codings and _is_deflated_text(head):
        codings += ("deflate",)
    for _ in range(_MAX_LAYERS if codings else 0):
        if head.startswith(_GZIP):
            chunks = _gunzipped(chunks, name)
        elif "deflate" in codings and (window := _window_of_deflate(head)):
            chunks, codings = _inflated(chunks, window, name), tuple(each for each in codings if each != "deflate")
        else:
            break
        head, chunks = _peeked(chunks)
    if unreadable := _UNREADABLE.intersection(codings):
        names = ", ".join(sorted(unreadable))
        raise FetchError(f"compressed as {names}, which is not supported; try again or another address", about=name)
    yield from chunks


def _peeked(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, enough to know a coding by, and all chunks."""
    iterator = iter(chunks)
    head = b""
    for chunk in iterator:
        head += chunk
        if len(head) >= _HEAD:
            break
    return head, chain((head,) if head else (), iterator)


def _window_of_deflate(head: bytes) -> int:
    """zlib's `wbits` for a deflated stream with or without a header; 0 for bytes that are not deflated."""
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            inflater = zlib.decompressobj(wbits=window)
            if inflater.decompress(head, 1000) or len(head) < _HEAD:
                return window
        except zlib.error:
            continue
    return 0


def _is_deflated_text(head: bytes) -> bool:
    """Whether the first bytes are no text and, inflated, begin a feed or a page."""
    if kind_of(head) is not Kind.UNKNOWN or not (window := _window_of_deflate(head)):
        return False
    return kind_of(zlib.decompressobj(wbits=window).decompress(head, 1000)) in (Kind.FEED, Kind.OPML, Kind.PAGE)


def _gunzipped(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """All members of a gzip file; what follows the last one is none of it."""
    inflater, n_members = zlib.decompressobj(wbits=31), 1
    rest = b""  # between members: too little to know what follows
    for chunk in chunks:
        data = rest + chunk
        rest = b""
        while data:
            if inflater.eof:
                data = data.lstrip(b"\0")  # padding
                if len(data) < len(_GZIP):
                    rest = data
                    break
                if not data.startswith(_GZIP):
                    return
                inflater = zlib.decompressobj(wbits=31)
                n_members += 1
                if n_members > _MAX_MEMBERS:
                    raise FetchError("the compressed data has too many members; try another address", about=name)
            yield from _pieces(inflater, data, name)
            data = inflater.unused_data
    if not inflater.eof:
        raise TransientError("the compressed data is incomplete; try again later", about=name)


def _inflated(chunks: Iterable[bytes], window: int, name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=window)
    for chunk in chunks:
        yield from _pieces(inflater, chunk, name)
        if inflater.eof:
            return
    if not inflater.eof:
        raise TransientError("the compressed data is incomplete; try again later", about=name)


def _pieces(inflater: zlib._Decompress, data: bytes, name: str) -> Iterator[bytes]:
    """In pieces of bounded size."""
    while data and not inflater.eof:
        try:
            piece = inflater.decompress(data, _PIECE)
        except zlib.error as exc:
            raise FetchError("the compressed data is damaged; try another address", about=name) from exc
        if piece:
            yield piece
        data = inflater.unconsumed_tail
