"""SHA-256 reckoned beside the work that brings the bytes, so that a fast line does not wait for it."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

_WORTH_A_THREAD_BYTES = 1 << 15  # below, handing over costs as much as reckoning
_AHEAD = 16


class Digest:
    """SHA-256 of the pieces given to `update`, in their order; at most `_AHEAD` of them wait. For one thread's use.

    `close` it when done: its own thread ends. The hashing itself runs without the interpreter's lock (hashlib).
    """

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digest")  # starts its thread when first needed
        self._waiting: deque[Future[None]] = deque()

    def update(self, data: bytes) -> None:
        """Take `data` in; it must not change afterwards."""
        while self._waiting and (len(self._waiting) >= _AHEAD or self._waiting[0].done()):
            self._waiting.popleft().result()
        if not self._waiting and len(data) < _WORTH_A_THREAD_BYTES:
            self._sha.update(data)
        else:
            self._waiting.append(self._pool.submit(self._sha.update, data))

    def hexdigest(self) -> str:
        """The digest of all that was taken in, in hex."""
        while self._waiting:
            self._waiting.popleft().result()
        return self._sha.hexdigest()

    def restart(self) -> None:
        """Forget what was taken in."""
        self.hexdigest()
        self._sha = hashlib.sha256()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)
