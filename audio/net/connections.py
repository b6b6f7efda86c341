"""The connections under `audio.net.http`: urllib3's, with the address checked that is connected to.

Here and nowhere else urllib3's and the sockets' errors become ours.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import io
import os
import socket
import ssl
import threading
import time
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audio.episode import Seconds
from audio.errors import FetchError, TransientError
from audio.net.addresses import is_private_host, is_public, origin_of, shown

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager
    from urllib3.util import Timeout

_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Managers:
    """urllib3's pool managers, by proxy (or none) and scheme: without https no certificates are loaded.

    `trusted` holds the (host, port) pairs whose addresses may be private. An answer's head (status line and headers,
    a proxy's too) has to be here within `head_timeout`, however steadily it trickles.
    """

    def __init__(self, trusted: frozenset[tuple[str, int]], *, limits_pool: int, head_timeout: Seconds) -> None:
        # All of urllib3 now: its modules import each other, and threads that begin to at once can block each other.
        for name in ("connection", "connectionpool", "exceptions", "poolmanager", "util.connection", "util.retry"):
            importlib.import_module(f"urllib3.{name}")
        self._trusted = trusted
        self._head_timeout = head_timeout
        self._settings: dict[str, Any] = {"num_pools": 50, "maxsize": limits_pool, "block": False}
        self._made: dict[tuple[str, str], PoolManager] = {}
        self._opened: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = threading.Lock()

    def manager_for(self, url: str, proxies: dict[str, str]) -> PoolManager:
        """The manager by which `url` is reached, given the environment's proxies by scheme.

        A proxy resolves names itself, so behind one only addresses written as numbers (and localhost) can be checked.
        """
        parts = urlsplit(url)
        proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
        if proxy and urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
            proxy = ""
        if proxy and origin_of(url) not in self._trusted and is_private_host(parts.hostname or ""):
            raise _refused(url)
        with self._lock:
            if (proxy, parts.scheme) not in self._made:
                secure = {"ssl_context": _certificates()} if parts.scheme == "https" else {}
                self._made[proxy, parts.scheme] = self._manager(proxy, {**self._settings, **secure})
            return self._made[proxy, parts.scheme]

    def close(self) -> None:
        """Drop all connections; who waits for bytes of one is woken."""
        with self._lock:
            for connection in tuple(self._opened):
                with contextlib.suppress(OSError, AttributeError):  # closed by now, or not yet open
                    connection.sock.shutdown(socket.SHUT_RDWR)
            for manager in self._made.values():
                manager.clear()

    def _manager(self, proxy: str, settings: dict[str, Any]) -> PoolManager:
        from urllib3 import PoolManager, ProxyManager
        from urllib3.util import make_headers

        if not proxy:
            manager = PoolManager(**settings)
            manager.pool_classes_by_scheme = self._pools(lambda connection: _open(connection, self._trusted))
            return manager
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme not in ("http", "https"):
            raise FetchError(
                f"{parts.scheme} proxy: only http and https proxies are spoken; change the proxy variables"
            )
        account, _, place = parts.netloc.rpartition("@")
        headers = make_headers(proxy_basic_auth=account) if account else None
        manager = ProxyManager(f"{parts.scheme}://{place}", proxy_headers=headers, **settings)
        manager.pool_classes_by_scheme = self._pools(None)
        return manager

    def _pools(self, opening: Callable[[Any], socket.socket] | None) -> dict[str, Any]:
        """urllib3's pools by scheme; their connections are opened by `opening`, or urllib3's own way, and noted."""
        from urllib3.connection import HTTPConnection, HTTPSConnection
        from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

        opened, answers = self._opened, _answers(self._head_timeout)

        class Plain(HTTPConnection):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.response_class = _noting(self, answers)  # type: ignore[assignment]  # http.client only calls it

            def _new_conn(self) -> socket.socket:
                opened.add(self)
                return opening(self) if opening else super()._new_conn()

        class Secure(HTTPSConnection):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.response_class = _noting(self, answers)  # type: ignore[assignment]  # http.client only calls it

            def _new_conn(self) -> socket.socket:
                opened.add(self)
                return opening(self) if opening else super()._new_conn()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Foreign errors of the block as ours, naming `url`: `FetchError` for certificates, else `TransientError`."""
    from urllib3.exceptions import HTTPError, ProxyError

    name = shown(url)
    try:
        yield
    except _PrivateError as exc:
        raise _refused(url) from exc
    except (HTTPError, http.client.HTTPException, OSError) as exc:
        reasons = [reason for reason in (exc, exc.__cause__, exc.__context__, *exc.args) if reason]
        if any(isinstance(reason, ssl.SSLCertVerificationError) for reason in reasons):
            raise FetchError(f"{name}: the server's certificate is not valid; check the address and the clock") from exc
        if any(isinstance(reason, socket.gaierror) for reason in reasons):
            raise TransientError(f"{name}: its host is not found; check the address and your connection") from exc
        if isinstance(exc, ProxyError):
            raise TransientError(
                f"{name}: the proxy does not let it through; check http_proxy and https_proxy"
            ) from exc
        raise TransientError(f"{name}: {_what_happened(reasons)}") from exc
    except ValueError as exc:  # urllib3's LocationParseError is one, as is what http.client makes of a bad header
        raise FetchError(f"{name}: it cannot be asked for; check the address") from exc


def _what_happened(reasons: list[Any]) -> str:
    """What became of a connection, by the errors that tell it, and what to do."""
    from urllib3.exceptions import TimeoutError as TooLongError

    if any(isinstance(reason, ConnectionRefusedError) for reason in reasons):
        return "the connection is refused: no server answers there; check the address"
    if any(isinstance(reason, TimeoutError | TooLongError) for reason in reasons):
        return "the server does not answer in time; run again later"
    if any(isinstance(reason, ConnectionError | http.client.IncompleteRead) for reason in reasons):
        return "the connection broke off; run again"
    told = next((reason.strerror for reason in reasons if isinstance(reason, OSError) and reason.strerror), None)
    return f"the connection failed ({told or type(reasons[0]).__name__}); check it and run again"


def timeout(connect: float, read: float) -> Timeout:
    """urllib3's pair of timeouts, in seconds."""
    from urllib3.util import Timeout

    return Timeout(connect=connect, read=read)


def retry_after(header: str | None) -> float | None:
    """Seconds a `Retry-After` header asks to wait (a number or a date, RFC 9110 10.2.3); None where it says nothing."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util.retry import Retry

    try:
        return Retry().parse_retry_after(header) if header else None
    except (InvalidHeader, OverflowError):
        return None


class _Patient(io.RawIOBase):
    """A socket's bytes, for which one waits until `deadline` (of the monotonic clock) in all, then as the socket's own
    timeout says."""

    def __init__(self, sock: Any, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        self._keeps_open = sock.makefile("rb", buffering=0)  # sockets count who still reads
        self._usual: Seconds | None = sock.gettimeout()
        self._deadline: float | None = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the head of the answer takes too long")
            self._sock.settimeout(left if self._usual is None else min(left, self._usual))
        count: int = self._sock.recv_into(buffer)
        return count

    def stop_watching(self) -> None:
        """The head is here: no deadline any more."""
        if self._deadline is not None:
            self._deadline = None
            self._sock.settimeout(self._usual)

    def close(self) -> None:
        self._keeps_open.close()
        super().close()


class Body(http.client.HTTPResponse):
    """The standard library's response, whose body can be read to where it is wanted."""

    def pour_into(self, room: memoryview) -> int:
        """Read into `room` what is here, waiting for the first of it; the number of bytes, 0 at the body's end.

        A body in chunks is copied, any other comes straight from the socket. Raises as `http.client` does,
        `IncompleteRead` for a body that ends before its announced length.
        """
        if self.fp is None or self.chunked:
            data = self.read1(len(room))
            room[: len(data)] = data
            return len(data)
        left: int | None = self.length
        count: int = self.fp.readinto1(room if left is None else room[:left])
        if left is not None:
            if count == 0 < left:
                raise http.client.IncompleteRead(b"", left)
            self.length = left - count
        return count


def body_of(raw: BaseHTTPResponse) -> Body:
    """The standard library's response under urllib3's, which was asked for by one of `Managers` and is not closed."""
    connection: Any = raw.connection
    answer: Body = connection.answer
    return answer


def _noting(connection: Any, answers: type[Body]) -> Callable[..., Body]:
    """Makes a connection's answers, and leaves the last one as its `answer`."""

    def made(*args: Any, **kwargs: Any) -> Body:
        connection.answer = answer = answers(*args, **kwargs)
        return answer

    return made


def _answers(head_timeout: Seconds) -> type[Body]:
    """Responses whose head has to come within `head_timeout`."""

    class Answer(Body):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp.close()
            self._patient = _Patient(sock, time.monotonic() + head_timeout)
            self.fp = io.BufferedReader(self._patient)

        def begin(self) -> None:
            super().begin()
            self._patient.stop_watching()

    return Answer


def _open(connection: Any, trusted: frozenset[tuple[str, int]]) -> socket.socket:
    """A socket to one of the host's addresses that may be reached; the numbers checked are the numbers dialled."""
    from urllib3.util.connection import create_connection

    host, port = str(connection.host).strip("[]"), int(connection.port or connection.default_port)
    found = [entry[4][0] for entry in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)]
    allowed = found if (host.lower(), port) in trusted else [number for number in found if is_public(str(number))]
    if not allowed:
        raise _PrivateError
    failure: OSError | None = None
    for number in dict.fromkeys(allowed):
        try:
            return create_connection((str(number), port), connection.timeout, socket_options=connection.socket_options)
        except OSError as exc:
            failure = exc
    raise failure or OSError("no address")


class _PrivateError(Exception):
    """None of a host's addresses may be reached; which address of an episode that was is known higher up."""


def _refused(url: str) -> FetchError:
    return FetchError(
        f"{shown(url)}: a private address, which nothing but an address you type yourself may lead to; "
        "if you mean it, give it as a source"
    )


def _certificates() -> ssl.SSLContext:
    """The system's certificate authorities and certifi's, or those the environment names instead of them."""
    named = [os.environ[name] for name in _CERTIFICATE_VARIABLES if os.environ.get(name)]
    context = ssl.create_default_context()  # reads SSL_CERT_FILE and SSL_CERT_DIR itself
    try:
        if named:
            context.load_verify_locations(**{"capath" if os.path.isdir(named[0]) else "cafile": named[0]})  # noqa: PTH112
        elif not os.environ.get("SSL_CERT_FILE"):
            import certifi

            context.load_verify_locations(certifi.where())
    except (OSError, ssl.SSLError) as exc:
        name = named[0] if named else "the certificate authorities"
        raise FetchError(f"{name}: cannot be read; check {' and '.join(_CERTIFICATE_VARIABLES)}") from exc
    return context
