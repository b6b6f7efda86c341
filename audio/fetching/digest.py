"""SHA-256 reckoned beside the work that brings the bytes, so that a fast line does not wait for it.

The bytes are read straight into the blocks they are hashed from, and the blocks are used again and again: fresh memory
for every piece costs more than the hashing.
"""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

BLOCK_BYTES = 1 << 20  # the handing over costs about as much as the hash of 60 kB
_MOST_BLOCKS = 8  # the one that is filled, and those that wait: enough for a busy machine's hiccups
_LEAST_ROOM_BYTES = 1 << 16  # less is not worth a system call


class Digest:
    """SHA-256 of all that was taken from `room`, in order. For one thread's use.

    `close` it when done: its own thread ends. The hashing itself runs without the interpreter's lock (hashlib).
    """

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digest")  # starts its thread when first needed
        self._waiting: deque[Future[memoryview]] = deque()  # each gives its block back
        self._block = memoryview(bytearray(BLOCK_BYTES))
        self._made = 1
        self._filled = 0

    def room(self) -> memoryview:
        """Where the next bytes are to be read into: 64 KiB at least. What `take` gave before is void now."""
        if BLOCK_BYTES - self._filled < _LEAST_ROOM_BYTES:
            self._waiting.append(self._pool.submit(self._hashed, self._block, self._filled))
            self._block, self._filled = self._free_block(), 0
        return self._block[self._filled :]

    def take(self, count: int) -> memoryview:
        """The first `count` bytes of the room, which now belong to the digest: not to be changed any more."""
        start, self._filled = self._filled, self._filled + count
        return self._block[start : self._filled]

    def hexdigest(self) -> str:
        """The digest of all that was taken, in hex. More may be taken afterwards."""
        for each in self._waiting:
            each.result()
        whole = self._sha.copy()
        whole.update(self._block[: self._filled])
        return whole.hexdigest()

    def restart(self) -> None:
        """Forget what was taken."""
        for each in self._waiting:
            each.result()
        self._sha, self._filled = hashlib.sha256(), 0

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)

    def _free_block(self) -> memoryview:
        if self._made < _MOST_BLOCKS and not (self._waiting and self._waiting[0].done()):
            self._made += 1
            return memoryview(bytearray(BLOCK_BYTES))
        return self._waiting.popleft().result()

    def _hashed(self, block: memoryview, filled: int) -> memoryview:
        self._sha.update(block[:filled])
        return block
