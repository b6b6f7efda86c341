"""HTTP responses with the sound the page plays: whole, or the range of bytes that a browser requests."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from transcribe.drafts.playable import EarlyCopy
from transcribe.editor.sound import SoundState


def sound_response(state: SoundState, requested: str) -> Response:
    """What is to be played; `requested` is the request's header `Range`, empty for all of it."""
    if state.early:
        return _early_response(state.early, requested)
    return FileResponse(state.path) if state.path and state.path.is_file() else Response(status_code=404)


def _early_response(early: EarlyCopy, requested: str) -> Response:
    """Of several ranges, or of a range from the end, which browsers do not request, the whole, as servers may."""
    total, headers = early.n_bytes, {"Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d{1,15})-(\d{1,15})?", requested)
    first, last = (int(match[1]), min(int(match[2] or total), total - 1) + 1) if match else (0, total)
    if first >= last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{total}"})
    headers["Content-Length"] = str(last - first)
    if match:
        headers["Content-Range"] = f"bytes {first}-{last - 1}/{total}"
    blocks = early.blocks(first, last)
    return StreamingResponse(_sent(blocks), 206 if match else 200, headers, media_type="audio/wav")


async def _sent(blocks: Generator[bytes]) -> AsyncIterator[bytes]:
    """The blocks; also if the client goes, what makes them is ended."""
    try:
        async for block in iterate_in_threadpool(blocks):
            yield block
    finally:
        blocks.close()
