"""The editor's web server: serves one draft, to this machine only, to clients with the token.

Listens on the loopback interface only. The printed address has a random token after its `#`, which browsers do not
send: the page puts it into a header of every request (`transcribe.editor.guard`). Requests must name the server's own
host (against DNS rebinding) and, to change something, come from the page's own origin. The page loads nothing from
other servers and runs only the server's own scripts.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from output.errors import OutputError
from transcribe.editor.connections import protocol
from transcribe.editor.guard import ENTRANCE, LOOPBACK, Guard, audio_address
from transcribe.editor.handlers import ERROR_RESPONSES, Handlers, body_of
from transcribe.editor.one_time_codes import OneTimeCodes
from transcribe.editor.session import Session

SHUTDOWN_GRACE = 2  # seconds for open responses when the server stops; an audio stream may never end
DRAFT_PORTS = range(20_000, 32_768)  # below the systems' ephemeral ports; each draft has a default one of these


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
        self._codes, self._session = OneTimeCodes(), session
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

    @property
    def not_updated(self) -> str:
        """See `Session.not_updated`; what is typed is in the draft, whatever this says."""
        return self._session.not_updated

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
    handlers = Handlers(session, audio_address=audio_address(token))

    async def enter(request: Request) -> Response:
        data = await body_of(request)
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
    return Starlette(routes=routes, middleware=[guard], exception_handlers=ERROR_RESPONSES, lifespan=closing)


def open_editor(draft: Path, *, port: int = 0, glossary: Path = Path("glossary.txt")) -> Editor:
    """A server for the draft at this path. Raises `OutputError` if it cannot be read or the port is taken."""
    return Editor(Session(draft, glossary=glossary), port=port)
