"""Connections that ask for nothing cannot keep others out: the idle ones are closed, the longest idle first."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 200  # a browser opens six a page
PATIENCE = 20.0  # seconds until a request must have come


def protocol(*, most: int = MOST_CONNECTIONS, patience: float = PATIENCE) -> type[H11Protocol]:
    """uvicorn's protocol of HTTP with at most this many connections, and this patience for each one's request."""
    open_ones: dict[_Bounded, None] = {}  # the longest idle first

    class _Bounded(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            open_ones[self] = None
            if len(open_ones) > most:
                longest_idle = next((each for each in open_ones if each.is_idle), self)
                longest_idle.transport.close()
                open_ones.pop(longest_idle, None)
            asyncio.get_running_loop().call_later(patience, self._close_if_nothing_came)

        def data_received(self, data: bytes) -> None:
            open_ones.pop(self, None)
            open_ones[self] = None
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            open_ones.pop(self, None)
            super().connection_lost(exc)

        @property
        def is_idle(self) -> bool:
            """Whether nothing is being answered."""
            return not self.has_asked or self.cycle.response_complete

        @property
        def has_asked(self) -> bool:
            """Whether a request came."""
            return self.cycle is not None

        def _close_if_nothing_came(self) -> None:
            if not self.has_asked:
                self.transport.close()

    return _Bounded
