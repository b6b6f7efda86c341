"""SHA-256 reckoned beside the work that brings the bytes, so that a fast line does not wait for it."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

_WORTH_HANDING_OVER_BYTES = 1 << 20  # the handing over costs about as much as the hash of 60 kB
_MOST_PIECES = 64  # of a line so slow that gathering more would only fill the memory
_AHEAD = 4


class Digest:
    """SHA-256 of the pieces given to `update`, in their order; a few MB of them wait at most. For one thread's use.

    `close` it when done: its own thread ends. The hashing itself runs without the interpreter's lock (hashlib).
    """

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digest")  # starts its thread when first needed
        self._waiting: deque[Future[None]] = deque()
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0

    def update(self, data: bytes) -> None:
        """Take `data` in; it must not change afterwards."""
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        if self._gathered_bytes >= _WORTH_HANDING_OVER_BYTES or len(self._gathered) >= _MOST_PIECES:
            while self._waiting and (len(self._waiting) >= _AHEAD or self._waiting[0].done()):
                self._waiting.popleft().result()
            self._waiting.append(self._pool.submit(self._take, self._gathered))
            self._gathered, self._gathered_bytes = [], 0

    def hexdigest(self) -> str:
        """The digest of all that was taken in, in hex."""
        while self._waiting:
            self._waiting.popleft().result()
        self._take(self._gathered)
        self._gathered, self._gathered_bytes = [], 0
        return self._sha.hexdigest()

    def restart(self) -> None:
        """Forget what was taken in."""
        self.hexdigest()
        self._sha = hashlib.sha256()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._sha.update(piece)
