"""The editor's web server: serves one draft, to this machine only, to clients with the token.

Listens on the loopback interface only. The printed address has a random token after its `#`, which browsers do not
send: the page puts it into a header of every request (`transcribe.editor.guard`). Requests must name the server's own
host (against DNS rebinding) and, to change something, come from the page's own origin. The page loads nothing from
other servers and runs only the server's own scripts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from output.errors import OutputError
from output.parse import parse
from transcribe.drafts.openings import Opening
from transcribe.drafts.turn_edits import EditError, PageTurn, page_turns
from transcribe.drafts.versions import version_at, versions_of
from transcribe.editor.confirmation import Confirmation
from transcribe.editor.connections import protocol
from transcribe.editor.guard import ENTRANCE, LOOPBACK, Guard, audio_address
from transcribe.editor.one_time_codes import OneTimeCodes
from transcribe.editor.save_result import StaleError
from transcribe.editor.session import Session
from transcribe.editor.sound_response import sound_offer, sound_response
from transcribe.errors import TranscribeError
from transcribe.transcript import Doubt, Word

SHUTDOWN_GRACE = 2  # seconds for open responses when the server stops; an audio stream may never end
DRAFT_PORTS = range(20_000, 32_768)  # below the systems' ephemeral ports; each draft has a default one of these
LARGEST_BODY = 32 * 1024 * 1024  # bytes; a 3-hour draft is under one million

_FOLDER = files("transcribe.editor") / "assets"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".js": "text/javascript; charset=utf-8",
}
_ASSETS = {file.name: _TYPES[suffix] for file in _FOLDER.iterdir() if (suffix := Path(file.name).suffix) in _TYPES}


class Editor:
    """A server for one session with its socket bound: `url` is the page's address. `serve` blocks until `stop`.

    `port` 0 is the draft's default port, so that a page left open finds the server again, or a free port if that one is
    taken. Raises `OutputError` if another port is taken.
    """

    def __init__(self, session: Session, *, port: int = 0, token: str | None = None) -> None:
        draft_id = hashlib.sha256(str(session.path.resolve()).encode(errors="surrogateescape")).hexdigest()[:12]
        self._token = token or f"{draft_id}.{secrets.token_urlsafe(24)}"
        try:
            self._socket = _listen(port or DRAFT_PORTS[int(draft_id, 16) % len(DRAFT_PORTS)])
        except OutputError:
            if port:
                raise
            self._socket = _listen(0)
        self.port = int(self._socket.getsockname()[1])
        self._codes = OneTimeCodes()
        app = application(session, token=self._token, port=self.port, codes=self._codes)
        config = uvicorn.Config(
            app,
            access_log=False,
            ws="none",
            http=protocol(),
            lifespan="on",
            log_config=None,
            timeout_graceful_shutdown=SHUTDOWN_GRACE,
        )
        self._server = uvicorn.Server(config)

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        return f"http://{LOOPBACK}:{self.port}/#token={self._token}"

    def url_to_launch(self) -> str:
        """The address for the arguments of a program: it opens the page once, within two minutes."""
        return f"http://{LOOPBACK}:{self.port}/#code={self._codes.new()}"

    def serve(self) -> None:
        """Serve until `stop` is called or the process is interrupted."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def close(self) -> None:
        """Release the port without serving."""
        self._socket.close()

    def stop(self) -> None:
        """Make `serve` return, from another thread."""
        self._server.should_exit = True


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()  # requests before `serve` is called wait
    except OSError as error:
        listener.close()
        raise OutputError(f"port {port} cannot be used ({error.strerror}); give another one with --port") from error
    return listener


def application(session: Session, *, token: str, port: int, codes: OneTimeCodes) -> Starlette:
    """The ASGI application for a server that listens at `port`; a page with one of `codes` gets the token."""
    handlers = _Handlers(session, audio_address=audio_address(token))

    async def enter(request: Request) -> Response:
        data = await _body(request)
        if codes.use(str(data["code"])):
            return JSONResponse({"token": token})
        message = "this address opened the page once already; open the one that `transcribe edit` printed"
        return JSONResponse({"message": message}, status_code=403)

    @contextlib.asynccontextmanager
    async def closing(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(session.close)

    guard = Middleware(Guard, token=token, port=port)
    routes = [Route(ENTRANCE, enter, methods=["POST"]), *handlers.routes()]
    return Starlette(routes=routes, middleware=[guard], exception_handlers=_HANDLERS, lifespan=closing)


class _Handlers:
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
        state = await run_in_threadpool(self._session.state)
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
        await _body(request)
        await run_in_threadpool(self._session.copy_sound)
        return JSONResponse({})

    async def _save(self, request: Request) -> Response:
        data = dict(await _body(request))
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
        data = await _body(request)
        opening, before = (Opening(str(each["title"]), str(each["intro"])) for each in (data["now"], data["before"]))
        await run_in_threadpool(self._session.set_opening, opening, before=before)
        return JSONResponse({})

    async def _accept(self, request: Request) -> Response:
        data = await _body(request)
        if "speaker" in data:
            return JSONResponse(asdict(await run_in_threadpool(self._session.accept_name, str(data["speaker"]))))
        start, end = float(data["start"]) / 1000, float(data["end"]) / 1000
        taken = await run_in_threadpool(self._session.accept, start, end)
        return JSONResponse(asdict(taken))

    async def _restore(self, request: Request) -> Response:
        data = await _body(request)
        doubts = tuple(
            Doubt(row["start"], row["end"], str(row["reason"]), row.get("errors", 0.0), str(row.get("alternative", "")))
            for row in data["doubts"]
        )
        words = tuple(
            Word(str(row["text"]), row["start"], row["end"], row["probability"], error=row.get("error"))
            for row in data["words"]
        )
        suggestions = tuple((str(id), str(name)) for id, name in data.get("suggestions", ()))
        await run_in_threadpool(self._session.restore, Confirmation(doubts, words, suggestions))
        return JSONResponse({})

    async def _add_to_glossary(self, request: Request) -> Response:
        data = await _body(request)
        await run_in_threadpool(self._session.add_to_glossary, str(data["misheard"]), str(data["correct"]))
        return JSONResponse({})

    async def _audio(self, request: Request) -> Response:
        state = await run_in_threadpool(lambda: self._session.sound)
        return sound_response(state, request.headers.get("range", ""), version=request.query_params.get("v", ""))


def _turns(data: Any) -> list[PageTurn]:
    """The turns in a request's data. Raises `TypeError`, `IndexError`, … for data of another shape."""
    return [PageTurn(str(turn[0]), tuple(str(text) for text in turn[1])) for turn in data]


def _asset(name: str) -> Response:
    return Response((_FOLDER / name).read_bytes(), headers={"Content-Type": _ASSETS[name]})


async def _body(request: Request) -> Any:
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


_HANDLERS: dict[Any, Any] = {
    EditError: _error_response(422),
    OutputError: _error_response(500),
    TranscribeError: _error_response(500),
    ValueError: _error_response(400),
    TypeError: _error_response(400),
    KeyError: _error_response(400),
    IndexError: _error_response(400),
}


def open_editor(draft: Path, *, port: int = 0, glossary: Path = Path("glossary.txt")) -> Editor:
    """A server for the draft at this path. Raises `OutputError` if it cannot be read or the port is taken."""
    return Editor(Session(draft, glossary=glossary), port=port)
