"""A web server on a real socket of 127.0.0.1 that does to downloads what the internet does.

Each path is a `Resource` that says how it misbehaves; the server writes down what was asked and how many bytes of
bodies it sent. Nothing here is turnscript's: the tests judge the fetcher by the server's books.
"""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import http.server
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

LONG_AGO = email.utils.formatdate(1_400_000_000, usegmt=True)


@dataclass
class Resource:
    """What lies at a path. All set to well-behaved; a test turns on what it wants to see survived."""

    body: bytes | Path = b""
    media_type: str = "audio/mpeg"
    etag: str | None = '"one"'
    last_modified: str | None = None
    ranges: bool = True
    heeds_if_range: bool = True
    tells_validators: bool = True  # with a 206
    head_pause: float = 0.0  # between the single bytes of a head that never ends
    drop_after: int | None = None  # cut the connection after so many bytes of body …
    drops: int = 10**9  # … so many times
    reset: bool = False  # … by RST, not FIN
    announce: int | None = None  # a Content-Length of one's own
    chunked: bool = False
    silent_length: bool = False  # no length at all: the end of the connection is the end of the body
    packed: bool = False  # gzip, asked for or not
    pause: float = 0.0  # between single bytes: a crawl
    statuses: list[int] = field(default_factory=list)  # given first, one a request
    headers: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    before: Callable[[Resource, int], None] | None = None  # (itself, number of the request): to change under way


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]  # names in lower case


class HostileServer:
    """`with HostileServer() as server: server.put("/a.mp3", Resource(…))`; over TLS with a `certificate` (and key)."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.resources: dict[str, Resource] = {}
        self.requests: list[Request] = []
        self.sent_bytes: dict[str, int] = {}
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = _Listener(("127.0.0.1", 0), _Handler)
        self._server.books = self
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> HostileServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def put(self, path: str, resource: Resource) -> str:
        """The address of the resource, now at `path`."""
        self.resources[path] = resource
        return self.url(path)

    def url(self, path: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path.partition("?")[0] == path]

    @contextlib.contextmanager
    def _counted(self, request: Request) -> Iterator[None]:
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def _count_sent(self, path: str, count: int) -> None:
        with self._lock:
            self.sent_bytes[path] = self.sent_bytes.get(path, 0) + count


class _Listener(http.server.ThreadingHTTPServer):
    books: HostileServer
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is part of the game; anything else is a mistake in the server, and shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def books(self) -> HostileServer:
        assert isinstance(self.server, _Listener)
        return self.server.books

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()})
        with self.books._counted(request):
            resource = self.books.resources.get(path)
            if resource is None:
                self._status(404, {})
                return
            if resource.before:
                resource.before(resource, len(self.books.asked(path)))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._answer(resource, request, path)

    def _answer(self, resource: Resource, request: Request, path: str) -> None:
        if resource.head_pause:
            self._trickle(resource)
        elif resource.statuses:
            self._status(resource.statuses.pop(0), resource.headers)
        elif resource.location is not None:
            self._status(302, {"Location": resource.location, **resource.headers})
        elif self._is_unchanged(resource, request):
            self._status(304, {})
        else:
            self._body(resource, request, path)

    def _trickle(self, resource: Resource) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(1000):
            self.wfile.write(b"x")
            time.sleep(resource.head_pause)

    def _status(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _is_unchanged(self, resource: Resource, request: Request) -> bool:
        if "if-none-match" in request.headers:
            return request.headers["if-none-match"] == resource.etag
        return resource.last_modified is not None and request.headers.get("if-modified-since") == resource.last_modified

    def _body(self, resource: Resource, request: Request, path: str) -> None:
        body = resource.body
        if resource.packed and isinstance(body, bytes):
            body = gzip.compress(body)
        size = body.stat().st_size if isinstance(body, Path) else len(body)
        start = self._start(resource, request)
        if start is not None and start >= size:
            self._status(416, {"Content-Range": f"bytes */{size}"})
            return
        self.send_response(200 if start is None else 206)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self._headers(resource, size - (start or 0), validators=start is None or resource.tells_validators)
        self._send(resource, body, start or 0, path)

    def _start(self, resource: Resource, request: Request) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        condition = request.headers.get("if-range")
        if match is None or not resource.ranges:
            return None
        if resource.heeds_if_range and condition not in (None, resource.etag, resource.last_modified):
            return None
        return int(match[1])

    def _headers(self, resource: Resource, length: int, *, validators: bool) -> None:
        told = {"ETag": resource.etag, "Last-Modified": resource.last_modified} if validators else {}
        known = {"Content-Type": resource.media_type, **told}
        for name, value in {**known, **resource.headers}.items():
            if value is not None:
                self.send_header(name, value)
        if resource.packed:
            self.send_header("Content-Encoding", "gzip")
        if resource.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif resource.silent_length:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(length if resource.announce is None else resource.announce))
        self.end_headers()

    def _send(self, resource: Resource, body: bytes | Path, start: int, path: str) -> None:
        if isinstance(body, Path):
            self._send_file(body, start, path)
            return
        rest = body[start:]
        cut = resource.drop_after is not None and resource.drops > 0 and resource.drop_after < len(rest)
        if cut:
            resource.drops -= 1
            rest = rest[: resource.drop_after]
        piece = 1 if resource.pause else 16384
        for at in range(0, len(rest), piece):
            data = rest[at : at + piece]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if resource.chunked else data)
            self.books._count_sent(path, len(data))
            if resource.pause:
                time.sleep(resource.pause)
        if resource.chunked and not cut:
            self.wfile.write(b"0\r\n\r\n")
        if cut or resource.silent_length or resource.announce is not None:
            self._cut(resource.reset)

    def _send_file(self, body: Path, start: int, path: str) -> None:
        with body.open("rb") as file:
            size = body.stat().st_size
            while start < size:
                start += os.sendfile(self.connection.fileno(), file.fileno(), start, min(size - start, 1 << 24))
        self.books._count_sent(path, size)

    def _cut(self, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the books are `HostileServer.requests`."""
