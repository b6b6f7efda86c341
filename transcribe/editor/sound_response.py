"""HTTP responses with the sound the page plays: whole, or the range of bytes that a browser requests."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from transcribe.drafts.playable import EarlyCopy
from transcribe.editor.sound import SoundState


def sound_offer(state: SoundState, *, address: str) -> dict[str, Any]:
    """What the page is told: what can be played, and the addresses, which are others for other files."""

    def address_of(path: Path | None) -> str:
        return f"{address}&v={_version(path)}" if path else ""

    said = {"progress": state.progress, "problem": state.problem, "note": state.note}
    return {"address": address_of(state.path), "picture": address_of(state.picture), **said}


def sound_response(state: SoundState, requested: str, *, version: str = "") -> Response:
    """What is to be played, or the file with the picture, if `version` is that of its address; `requested` is the
    request's header `Range`, empty for all of it."""
    path = state.picture if state.picture and version == _version(state.picture) else state.path
    if state.early and path == state.path:
        return _early_response(state.early, requested)
    return FileResponse(path) if path and path.is_file() else Response(status_code=404)


def _version(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _early_response(early: EarlyCopy, requested: str) -> Response:
    total, headers = early.n_bytes, {"Accept-Ranges": "bytes"}
    asked = _asked(requested, total)
    first, last = asked or (0, total)
    if first >= last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{total}"})
    headers["Content-Length"] = str(last - first)
    if asked:
        headers["Content-Range"] = f"bytes {first}-{last - 1}/{total}"
    blocks = early.blocks(first, last)
    return StreamingResponse(_sent(blocks), 206 if asked else 200, headers, media_type="audio/wav")


def _asked(requested: str, total: int) -> tuple[int, int] | None:
    """The first byte a `Range` header asks for and the one after the last, of so many; empty if it has none of them.

    None stands for all: of no range, of several, and of what is no range of bytes (RFC 9110, 14.2), as servers may.

    >>> _asked("bytes=10-19", 100), _asked("bytes=90-", 100), _asked("bytes=-5", 100), _asked("bytes=1-2,5-6", 100)
    ((10, 20), (90, 100), (95, 100), None)
    """
    match = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", requested, re.ASCII | re.IGNORECASE)
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(total - int(match[2]), 0), total
    return int(match[1]), min(int(match[2] or total), total - 1) + 1


async def _sent(blocks: Generator[bytes]) -> AsyncIterator[bytes]:
    """The blocks; also if the client goes, what makes them is ended."""
    try:
        async for block in iterate_in_threadpool(blocks):
            yield block
    finally:
        blocks.close()
