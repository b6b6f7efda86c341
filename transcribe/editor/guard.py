"""Who may ask the editor's server what: requests without the token, to another host or from another page are refused.

The token is sent in a header of every request. It is not a cookie, because cookies ignore ports: the browser would send
it to every other server on this machine. Audio requests, which cannot have headers, have a key of their own in the
address.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
ENTRANCE = "/api/enter"  # where a page exchanges a one-time code for the token

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses requests without the token, to another host name, or from another origin."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token, self._audio_address = app, token, audio_address(token)
        self._hosts = {f"{host}:{port}" for host in (LOOPBACK, "localhost")}
        if port == 80:  # browsers omit it
            self._hosts |= {LOOPBACK, "localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                security = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *security]
            await send(message)

        refusal = self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return Response("This server answers requests to its own address only.", status_code=421)
        is_link = (
            request.url.path == "/" and request.headers.get("sec-fetch-dest") == "document"
        )  # a link on another page
        if not is_link and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _forbidden("Requests from other pages are refused.")
        origin = request.headers.get("origin")
        if origin != f"http://{host}" and (origin is not None or request.method not in ("GET", "HEAD")):
            return _forbidden("Requests from other pages are refused.")
        if request.url.path == "/audio":
            key = request.query_params.get("key", "")
            is_allowed = _equal(f"/audio?key={key}", self._audio_address)
        elif request.url.path.startswith("/api/") and request.url.path != ENTRANCE:
            is_allowed = _equal(request.headers.get("authorization", ""), f"Bearer {self._token}")
        else:
            is_allowed = True  # the empty page and its scripts, the same for every draft
        return None if is_allowed else _forbidden("open the address that `transcribe edit` printed last")


def audio_address(token: str) -> str:
    """The recording's address. Its key is a one-way function of the token, so it reveals nothing else."""
    return f"/audio?key={hmac.new(token.encode(), b'audio', hashlib.sha256).hexdigest()}"


def _equal(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())


def _forbidden(message: str) -> Response:
    return JSONResponse({"message": message}, status_code=403)
