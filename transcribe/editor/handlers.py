"""What the editor's server answers: a handler for each request of the page, and what an error is answered with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from output.errors import OutputError
from output.parse import parse
from transcribe.drafts.openings import Opening
from transcribe.drafts.turn_edits import EditError, PageTurn, page_turns
from transcribe.drafts.versions import version_at, versions_of
from transcribe.editor.confirmation import Confirmation
from transcribe.editor.save_result import StaleError
from transcribe.editor.session import Session
from transcribe.editor.sound_response import sound_offer, sound_response
from transcribe.errors import TranscribeError
from transcribe.transcript import Doubt, Word
from transcribe.transcript_json import doubt_arguments, word_arguments

LARGEST_BODY = 32 * 1024 * 1024  # bytes; a 3-hour draft is under one million

_FOLDER = files("transcribe.editor") / "assets"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".js": "text/javascript; charset=utf-8",
}
_ASSETS = {file.name: _TYPES[suffix] for file in _FOLDER.iterdir() if (suffix := Path(file.name).suffix) in _TYPES}


class Handlers:
    """The request handlers for one session."""

    def __init__(self, session: Session, *, audio_address: str) -> None:
        self._session, self._audio_address = session, audio_address

    def routes(self) -> list[Route]:
        """The routes, each with its handler."""
        return [
            Route("/", self._page),
            Route("/assets/{name}", self._asset),
            Route("/api/draft", self._draft, methods=["GET"]),
            Route("/api/draft", self._save, methods=["POST"]),
            Route("/api/text", self._text),
            Route("/api/lost", self._lost),
            Route("/api/versions", self._versions),
            Route("/api/versions/{moment:int}", self._version),
            Route("/api/revision", self._revision),
            Route("/api/opening", self._opening, methods=["POST"]),
            Route("/api/accept", self._accept, methods=["POST"]),
            Route("/api/restore", self._restore, methods=["POST"]),
            Route("/api/glossary", self._add_to_glossary, methods=["POST"]),
            Route("/api/copy", self._copy, methods=["POST"]),
            Route("/audio", self._audio),
        ]

    async def _page(self, request: Request) -> Response:
        return _asset("page.html")

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        return _asset(name) if name in _ASSETS else Response(status_code=404)

    async def _draft(self, request: Request) -> Response:
        waits = "waits" in request.query_params
        state = await run_in_threadpool(lambda: self._session.state(waits=waits))
        return JSONResponse({**state, "sound": await self._sound()})

    async def _text(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._session.text))

    async def _lost(self, request: Request) -> Response:
        state = await run_in_threadpool(self._session.state)
        return JSONResponse({"lost": state["lost"]})

    async def _versions(self, request: Request) -> Response:
        return JSONResponse({"versions": await run_in_threadpool(versions_of, self._session.path)})

    async def _version(self, request: Request) -> Response:
        source = await run_in_threadpool(version_at, self._session.path, request.path_params["moment"])
        return JSONResponse({"turns": [asdict(turn) for turn in page_turns(parse(source))]})

    async def _revision(self, request: Request) -> Response:
        revision, trouble = await run_in_threadpool(lambda: (self._session.revision, self._session.trouble))
        return JSONResponse({"revision": revision, "trouble": trouble, "sound": await self._sound()})

    async def _sound(self) -> dict[str, Any]:
        return sound_offer(await run_in_threadpool(lambda: self._session.sound), address=self._audio_address)

    async def _copy(self, request: Request) -> Response:
        await body_of(request)
        await run_in_threadpool(self._session.copy_sound)
        return JSONResponse({})

    async def _save(self, request: Request) -> Response:
        data = dict(await body_of(request))
        base = None if data.get("base") is None else _turns(data["base"])
        names = {str(short): str(full) for short, full in dict(data.get("names", {})).items()}
        revision, turns = str(data["revision"]), _turns(data["turns"])
        try:
            saved = await run_in_threadpool(self._session.save, revision, turns, names=names, base=base)
        except StaleError:
            message = "the file has changed since this revision; send the turns the edit is based on as `base`"
            return JSONResponse({"message": message}, status_code=409)
        return JSONResponse(asdict(saved))

    async def _opening(self, request: Request) -> Response:
        data = await body_of(request)
        opening, before = (Opening(str(each["title"]), str(each["intro"])) for each in (data["now"], data["before"]))
        await run_in_threadpool(self._session.set_opening, opening, before=before)
        return JSONResponse({})

    async def _accept(self, request: Request) -> Response:
        data = await body_of(request)
        if "speaker" in data:
            return JSONResponse(asdict(await run_in_threadpool(self._session.accept_name, str(data["speaker"]))))
        start, end = float(data["start"]) / 1000, float(data["end"]) / 1000
        taken = await run_in_threadpool(self._session.accept, start, end)
        return JSONResponse(asdict(taken))

    async def _restore(self, request: Request) -> Response:
        data = await body_of(request)
        doubts, settled = (_doubts(rows) for rows in (data["doubts"], data.get("settled", ())))
        words = tuple(Word(**(word_arguments(row) | {"probability": row["probability"]})) for row in data["words"])
        suggestions = tuple((str(id), str(name)) for id, name in data.get("suggestions", ()))
        await run_in_threadpool(self._session.restore, Confirmation(doubts, words, suggestions, settled))
        return JSONResponse({})

    async def _add_to_glossary(self, request: Request) -> Response:
        data = await body_of(request)
        await run_in_threadpool(self._session.add_to_glossary, str(data["misheard"]), str(data["correct"]))
        return JSONResponse({})

    async def _audio(self, request: Request) -> Response:
        state = await run_in_threadpool(lambda: self._session.sound)
        return sound_response(state, request.headers.get("range", ""), version=request.query_params.get("v", ""))


def _turns(data: Any) -> list[PageTurn]:
    """The turns in a request's data. Raises `TypeError`, `IndexError`, … for data of another shape."""
    return [PageTurn(str(turn[0]), tuple(str(text) for text in turn[1])) for turn in data]


def _doubts(rows: Any) -> tuple[Doubt, ...]:
    """The doubts in a request's data. Raises as `_turns` does."""
    return tuple(Doubt(**doubt_arguments(row)) for row in rows)


def _asset(name: str) -> Response:
    return Response((_FOLDER / name).read_bytes(), headers={"Content-Type": _ASSETS[name]})


async def body_of(request: Request) -> Any:
    """The JSON value that a page sends. Raises `EditError` if it is none or too large."""
    if request.headers.get("content-type") != "application/json":
        raise EditError("the request is not JSON; reload the page")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            raise EditError(f"the draft is larger than {LARGEST_BODY // 1024**2} MB; split it into several drafts")
    return json.loads(data)


def _error_response(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, error: Exception) -> Response:
        return JSONResponse({"message": str(error)}, status_code=status)

    return handler


ERROR_RESPONSES: dict[Any, Any] = {
    EditError: _error_response(422),
    OutputError: _error_response(500),
    TranscribeError: _error_response(500),
    ValueError: _error_response(400),
    TypeError: _error_response(400),
    KeyError: _error_response(400),
    IndexError: _error_response(400),
}
