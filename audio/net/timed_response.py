"""A response over a socket, each part of which has to arrive in time and within a size, however steadily bytes come.

Time-outs of sockets end silence only. A head that never ends, chunks whose framing never ends, and a trailer of a
million lines are read inside one call, so the limits are where the bytes arrive.
"""

from __future__ import annotations

import errno
import http
import http.client
import io
import socket
import time
from typing import Any

from audio.episode import Seconds

_LONGEST_LINE = 1000  # bytes
_MOST_BYTES = 1 << 20  # of a head, or of a piece of a body with its framing; one piece has 64 KiB


class TimedResponse(http.client.HTTPResponse):
    """A response whose head has to arrive within `head_timeout`, and each piece of its body within what is allowed."""

    def __init__(self, sock: socket.socket, *args: Any, head_timeout: Seconds, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._reader = _LimitedReader(sock, head_timeout)
        self.fp = io.BufferedReader(self._reader)

    def _read_status(self) -> tuple[str, int, str]:
        """The status line, which http.client reads here: after what only announces it (100 to 199, except 101), and of
        a server of radio streams (`ICY 200 OK`)."""
        while True:
            if self.fp.peek(4).startswith(b"ICY "):
                _, status, *reason = self.fp.readline(_LONGEST_LINE).split(None, 2)
                return "HTTP/1.0", int(status) if status.isdigit() else 0, b"".join(reason).decode("latin-1").strip()
            version, number, words = super()._read_status()  # type: ignore[misc]
            if number == http.HTTPStatus.SWITCHING_PROTOCOLS or not 100 <= number < 200:
                return version, number, words
            http.client.parse_headers(self.fp)

    def allow(self, seconds: Seconds) -> None:
        """The next piece may take this long from now on."""
        self._reader.allow(seconds)


class _LimitedReader(io.RawIOBase):
    """A socket's bytes: all reads since the last `allow` together have a time and a size."""

    def __init__(self, sock: Any, seconds: Seconds) -> None:
        super().__init__()
        self._sock = sock
        self._keeps_open = sock.makefile("rb", buffering=0)  # a socket stays open while it has readers
        self._timeout: Seconds | None = sock.gettimeout()
        self.allow(seconds)

    def allow(self, seconds: Seconds) -> None:
        self._deadline = time.monotonic() + seconds
        self._n_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("this part of the response takes too long")
        self._sock.settimeout(left if self._timeout is None else min(left, self._timeout))
        count: int = self._sock.recv_into(buffer)
        self._n_bytes += count
        if self._n_bytes > _MOST_BYTES:
            raise OSError(errno.EMSGSIZE, "more framing than content")
        return count

    def close(self) -> None:
        self._keeps_open.close()
        super().close()
