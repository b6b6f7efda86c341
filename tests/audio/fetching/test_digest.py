"""The digest that fills its own blocks, against the standard library's over the same bytes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.fetching.digest import BLOCK_BYTES, Digest

DATA = random.Random(9).randbytes(12 * BLOCK_BYTES + 77)


@pytest.fixture
def digest() -> Iterator[Digest]:
    made = Digest()
    yield made
    made.close()


def feed(digest: Digest, data: bytes, most: int) -> None:
    """Put `data` into the digest's room in pieces of `most` bytes, or what there is room for."""
    start = 0
    while start < len(data):
        room = digest.room()
        count = min(most, len(room), len(data) - start)
        room[:count] = data[start : start + count]
        assert digest.take(count) == data[start : start + count]
        start += count


@pytest.mark.parametrize("most", [BLOCK_BYTES, 100_000, 65_537])
def test_more_blocks_than_there_are_give_the_same_hash(digest: Digest, most: int) -> None:
    feed(digest, DATA, most)
    assert digest.hexdigest() == hashlib.sha256(DATA).hexdigest()


@given(st.lists(st.tuples(st.integers(1, 3_000_000), st.integers(30_000, 2_000_000)), max_size=3))
def test_it_may_be_asked_in_between(parts: list[tuple[int, int]]) -> None:
    expected, digest = hashlib.sha256(), Digest()
    for size, most in parts:
        feed(digest, DATA[:size], most)
        expected.update(DATA[:size])
        assert digest.hexdigest() == expected.hexdigest()
    digest.close()


def test_a_restart_forgets_all(digest: Digest) -> None:
    feed(digest, DATA, 200_000)
    digest.restart()
    assert digest.hexdigest() == hashlib.sha256(b"").hexdigest()
    feed(digest, DATA[:1000], 10)
    assert digest.hexdigest() == hashlib.sha256(DATA[:1000]).hexdigest()


def test_there_is_always_room(digest: Digest) -> None:
    for _ in range(3 * BLOCK_BYTES // 50_000):
        assert len(digest.room()) >= 1 << 16
        digest.take(50_000)
