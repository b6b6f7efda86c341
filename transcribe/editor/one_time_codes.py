"""Codes that open the page once, for a short time: a program's arguments can be read by every user of the machine."""

from __future__ import annotations

import secrets
import threading
import time

VALID = 120.0  # seconds; a browser may have to start first


class OneTimeCodes:
    """Codes given out and not used yet. Thread-safe."""

    def __init__(self, *, valid: float = VALID) -> None:
        self._valid = valid
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def new(self) -> str:
        """Another code."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._until[code] = time.monotonic() + self._valid
        return code

    def use(self, code: str) -> bool:
        """Whether this is a code that was not used and is still valid; then it is used."""
        with self._lock:
            return self._until.pop(code, 0.0) >= time.monotonic()
