"""The editor's web server: one draft, on this machine only, for whoever holds the token.

Listens on the loopback interface alone. The address printed holds a random token behind its `#`, which no browser
sends: the page puts it into a header of every request. It is no cookie, because cookies ignore ports, so that every
other server on this machine would be given it; sound, which cannot have headers, has a key of its own in its address.
Requests must come under the server's own host name (so that no other site's name leads here) and, where they change
something, from the page's own origin. The page may load nothing from elsewhere and run no script but the server's.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
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
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from output.errors import OutputError
from transcribe.drafts.turn_edits import EditError, PageTurn
from transcribe.editor.session import Session, StaleError
from transcribe.errors import TranscribeError

LOOPBACK = "127.0.0.1"
LAST_WORD = 2  # seconds an answer may still take when the server stops; a page streams sound without end
OWN_PORTS = range(20_000, 32_768)  # below those that systems give to outgoing connections; each draft has a usual one
LARGEST_BODY = 32 * 1024 * 1024  # bytes; a 3-hour draft is under one million

_SCRIPTS = ("editor.js", "model.js", "panels.js", "player.js", "saver.js", "server.js", "view.js")
_ASSETS = {
    "page.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys(_SCRIPTS, "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Editor:
    """A server for one session, its socket bound already: `url` leads to the page. `serve` blocks until `stop`.

    `port` 0 takes the draft's usual one, so that a page left open finds the server again, or where that is taken a free
    one. Raises `OutputError` where another port is taken.
    """

    def __init__(self, session: Session, *, port: int = 0, token: str | None = None) -> None:
        draft = hashlib.sha256(str(session.path.resolve()).encode(errors="surrogateescape")).hexdigest()[:12]
        self._token = token or f"{draft}.{secrets.token_urlsafe(24)}"
        try:
            self._socket = _listening(port or OWN_PORTS[int(draft, 16) % len(OWN_PORTS)])
        except OutputError:
            if port:
                raise
            self._socket = _listening(0)
        self.port = int(self._socket.getsockname()[1])
        app = application(session, token=self._token, port=self.port)
        config = uvicorn.Config(
            app,
            access_log=False,
            ws="none",
            lifespan="on",
            log_config=None,
            timeout_graceful_shutdown=LAST_WORD,
        )
        self._server = uvicorn.Server(config)

    @property
    def url(self) -> str:
        """The address to open, token included."""
        return f"http://{LOOPBACK}:{self.port}/#token={self._token}"

    def serve(self) -> None:
        """Answer until `stop` is called or the process is interrupted."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def close(self) -> None:
        """Give the port back without having served."""
        self._socket.close()

    def stop(self) -> None:
        """Make `serve` return, from another thread."""
        self._server.should_exit = True


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        made.listen()  # who asks before `serve` is called waits
    except OSError as error:
        made.close()
        raise OutputError(f"port {port} cannot be used ({error.strerror}); give another one with --port") from error
    return made


def application(session: Session, *, token: str, port: int) -> Starlette:
    """The application by itself, for a server that listens at `port`."""
    answers = _Answers(session, sound=_sound_address(token))

    @contextlib.asynccontextmanager
    async def closing(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(session.close)

    guard = Middleware(_Guard, token=token, port=port)
    return Starlette(routes=answers.routes(), middleware=[guard], exception_handlers=_HANDLERS, lifespan=closing)


class _Answers:
    """What the server says to each address, for one session."""

    def __init__(self, session: Session, *, sound: str) -> None:
        self._session, self._sound_address = session, sound

    def routes(self) -> list[Route]:
        """The addresses there are."""
        return [
            Route("/", self._page),
            Route("/assets/{name}", self._asset),
            Route("/api/draft", self._draft, methods=["GET"]),
            Route("/api/draft", self._save, methods=["POST"]),
            Route("/api/revision", self._revision),
            Route("/api/accept", self._accept, methods=["POST"]),
            Route("/api/glossary", self._add_to_glossary, methods=["POST"]),
            Route("/audio", self._sound),
        ]

    async def _page(self, request: Request) -> Response:
        return _asset("page.html")

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        return _asset(name) if name in _ASSETS else Response(status_code=404)

    async def _draft(self, request: Request) -> Response:
        state = await run_in_threadpool(self._session.state)
        return JSONResponse({**state, "audio": self._sound_address})

    async def _revision(self, request: Request) -> Response:
        revision, trouble = await run_in_threadpool(lambda: (self._session.revision, self._session.trouble))
        return JSONResponse({"revision": revision, "trouble": trouble, "audio": self._sound_address})

    async def _save(self, request: Request) -> Response:
        data = dict(await _body(request))
        base = None if data.get("base") is None else _turns(data["base"])
        names = {str(short): str(full) for short, full in dict(data.get("names", {})).items()}
        revision, turns = str(data["revision"]), _turns(data["turns"])
        try:
            saved = await run_in_threadpool(self._session.save, revision, turns, names=names, base=base)
        except StaleError:
            message = "the draft changed elsewhere; say what this edit started from"
            return JSONResponse({"message": message}, status_code=409)
        return JSONResponse(asdict(saved))

    async def _accept(self, request: Request) -> Response:
        data = await _body(request)
        await run_in_threadpool(self._session.accept, float(data["start"]) / 1000, float(data["end"]) / 1000)
        return JSONResponse({})

    async def _add_to_glossary(self, request: Request) -> Response:
        data = await _body(request)
        await run_in_threadpool(self._session.add_to_glossary, str(data["misheard"]), str(data["correct"]))
        return JSONResponse({})

    async def _sound(self, request: Request) -> Response:
        path = await run_in_threadpool(lambda: self._session.audio)
        return FileResponse(path) if path else Response(status_code=404)


class _Guard:
    """Lets nobody in without the token, under another host's name, or from another origin."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token, self._sound = app, token, _sound_address(token)
        self._hosts = {f"{host}:{port}" for host in (LOOPBACK, "localhost")}
        if port == 80:  # browsers leave it out
            self._hosts |= {LOOPBACK, "localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *given]
            await send(message)

        answer = self._refusal(Request(scope))
        await (answer or self._app)(scope, receive, sending)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return Response("This server answers under its own address only.", status_code=421)
        is_link = request.url.path == "/" and request.headers.get("sec-fetch-dest") == "document"  # in another page
        if not is_link and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _no("Requests from other pages are refused.")
        origin = request.headers.get("origin")
        if origin != f"http://{host}" and (origin is not None or request.method not in ("GET", "HEAD")):
            return _no("Requests from other pages are refused.")
        if request.url.path == "/audio":
            is_known = _equal(f"/audio?{request.url.query}", self._sound)
        elif request.url.path.startswith("/api/"):
            is_known = _equal(request.headers.get("authorization", ""), f"Bearer {self._token}")
        else:
            is_known = True  # the empty page and its scripts, the same for every draft
        return None if is_known else _no("open the address that `transcribe edit` printed last")


def _sound_address(token: str) -> str:
    """The recording's address. Its key gives nothing else away: it is derived from the token, one way."""
    return f"/audio?key={hmac.new(token.encode(), b'audio', hashlib.sha256).hexdigest()}"


def _equal(given: str, right: str) -> bool:
    return secrets.compare_digest(given.encode(), right.encode())


def _no(message: str) -> Response:
    return JSONResponse({"message": message}, status_code=403)


def _turns(data: Any) -> list[PageTurn]:
    """Raises what strange data do: `TypeError`, `IndexError`, …."""
    return [PageTurn(str(turn[0]), tuple(str(text) for text in turn[1])) for turn in data]


def _asset(name: str) -> Response:
    data = (files("transcribe.editor") / "assets" / name).read_bytes()
    return Response(data, headers={"Content-Type": _ASSETS[name]})


async def _body(request: Request) -> Any:
    if request.headers.get("content-type") != "application/json":
        raise EditError("the request is not JSON")
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            raise EditError("the draft is too large")
    return json.loads(data)


def _told(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, error: Exception) -> Response:
        return JSONResponse({"message": str(error)}, status_code=status)

    return handler


_HANDLERS: dict[Any, Any] = {
    EditError: _told(422),
    OutputError: _told(500),
    TranscribeError: _told(500),
    ValueError: _told(400),
    TypeError: _told(400),
    KeyError: _told(400),
    IndexError: _told(400),
}


def open_editor(draft: Path, *, port: int = 0, glossary: Path = Path("glossary.txt")) -> Editor:
    """A server for the draft at this path. Raises `OutputError` where it cannot be read or the port is taken."""
    return Editor(Session(draft, glossary=glossary), port=port)
