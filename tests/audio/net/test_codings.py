"""Bodies in every coding servers use: whole, or an error."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.errors import FetchError, TransientError
from audio.net.codings import decompressed

BODY = b"<rss version='2.0'><channel><title>A show</title></channel></rss>" + bytes(range(256)) * 20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "gzip of an old name": ("x-gzip", gzip.compress(BODY)),
    "gzip in members": ("gzip", gzip.compress(BODY[:100]) + gzip.compress(BODY[100:2000]) + gzip.compress(BODY[2000:])),
    "gzip with padding between members": ("gzip", gzip.compress(BODY[:9]) + bytes(7) + gzip.compress(BODY[9:])),
    "gzip packed twice": ("gzip", gzip.compress(gzip.compress(BODY))),
    "gzip packed twice and said so": ("gzip, gzip", gzip.compress(gzip.compress(BODY))),
    "gzip and what follows": ("gzip", gzip.compress(BODY) + b"\0\0\0junk"),
    "gzip called deflate": ("deflate", gzip.compress(BODY)),
    "deflate with zlib's header": ("deflate", zlib.compress(BODY)),
    "deflate without": ("deflate", raw_deflate(BODY)),
    "deflate in gzip": ("deflate, gzip", gzip.compress(zlib.compress(BODY))),
    "gzip that is none": ("gzip", BODY),
    "deflate that is none": ("deflate", BODY),
    **{f"called {name}": (name, BODY) for name in ("", "none", "identity", "UTF-8", "binary", "chunked", "iso-8859-1")},
}


def in_chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 16])
@pytest.mark.parametrize("case", PACKED)
def test_a_body_is_what_was_packed(case: str, size: int) -> None:
    header, packed = PACKED[case]
    assert b"".join(decompressed(in_chunks(packed, size), header, name="x")) == BODY


@given(st.binary(max_size=3000))
def test_what_is_no_deflated_text_stays_as_it_is(data: bytes) -> None:
    if not data.startswith(b"\x1f\x8b\x08"):
        assert b"".join(decompressed([data], "", name="x", is_document=True)) == data


@given(st.sampled_from(["gzip", "gzip in members", "deflate without", "deflate in gzip"]), st.data())
def test_a_stream_that_is_cut_is_never_whole(case: str, data: st.DataObject) -> None:
    header, packed = PACKED[case]
    cut = data.draw(st.integers(64, len(packed) - 1))
    ends = {len(gzip.compress(BODY[:100])), len(gzip.compress(BODY[:100]) + gzip.compress(BODY[100:2000]))}
    if case == "gzip in members" and (cut in ends or any(0 < cut - end < 3 for end in ends)):
        return  # between members, where nothing is missing as far as anyone can see
    with pytest.raises(TransientError):
        b"".join(decompressed(in_chunks(packed[:cut], 50), header, name="x"))


@pytest.mark.parametrize(("header", "packed"), [("br", b"\x1b" + bytes(99)), ("zstd", bytes(99)), ("gzip, br", BODY)])
def test_what_was_never_asked_for_is_an_error(header: str, packed: bytes) -> None:
    with pytest.raises(FetchError, match="not supported"):
        b"".join(decompressed([packed], header, name="x"))


def test_a_damaged_stream_is_an_error() -> None:
    packed = bytearray(gzip.compress(BODY))
    packed[40:60] = bytes(20)
    with pytest.raises(FetchError, match="damaged"):
        b"".join(decompressed([bytes(packed)], "gzip", name="x"))


def test_pieces_are_bounded_and_empty_members_end() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert max(map(len, decompressed([bomb], "gzip", name="x"))) <= 1 << 20
    assert list(decompressed([gzip.compress(b"") * 100], "gzip", name="x")) == []
    with pytest.raises(FetchError, match="too many members"):
        list(decompressed([gzip.compress(b"") * 20_000], "gzip", name="x"))
