"""The connections under `audio.net.http`: urllib3's, with a check of the IP address actually connected to.

The only place where errors of urllib3 and of sockets are translated into ours.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import os
import socket
import ssl
import threading
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audio.episode import Seconds
from audio.errors import FetchError, TransientError
from audio.net.addresses import origin_of, redacted
from audio.net.reach import is_private_host, is_public
from audio.net.timed_response import TimedResponse

if TYPE_CHECKING:
    from urllib3 import PoolManager

_PIECE_BYTES = 1 << 16
_LONGEST_DATE = 60  # characters of a header that is a number or a date
_TOO_MANY_HEADERS = (
    "the head of the server's answer is larger than is read (100 headers, 65,536 bytes a line); open the address in a "
    "browser to see what it is, and give another one"
)
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class PoolManagers:
    """urllib3's pool managers, by proxy (if any) and scheme: certificates are loaded for https only.

    `trusted` holds the (host, port) pairs whose addresses may be private. A response's head (status line and headers,
    a proxy's too) has to be complete within `head_timeout`, however steadily its bytes arrive.
    """

    def __init__(self, trusted: frozenset[tuple[str, int]], *, limits_pool: int, head_timeout: Seconds) -> None:
        # Import all of urllib3 now: its modules import each other, and threads that start importing can deadlock.
        for name in ("connection", "connectionpool", "exceptions", "poolmanager", "util.connection", "util.retry"):
            importlib.import_module(f"urllib3.{name}")
        self._trusted = TrustedOrigins(trusted)
        self._head_timeout = head_timeout
        self._settings: dict[str, Any] = {"num_pools": 50, "maxsize": limits_pool, "block": False}
        self._managers: dict[tuple[str, str], PoolManager] = {}
        self._opened: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = threading.Lock()

    def manager_for(self, url: str, proxies: dict[str, str]) -> PoolManager:
        """The manager that reaches `url`, given the environment's proxies by scheme.

        A proxy resolves names itself, so behind one only numeric addresses (and localhost) can be checked.
        """
        parts = urlsplit(url)
        proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
        if proxy and urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
            proxy = ""
        host = parts.hostname or ""
        if "%" in host:  # each reader, a proxy too, takes it for another host
            raise FetchError("has a % in its host; write the host itself", about=redacted(url))
        if proxy and origin_of(url) not in self._trusted and is_private_host(host):
            raise _private_address(url)
        with self._lock:
            if (proxy, parts.scheme) not in self._managers:
                secure = {"ssl_context": _ssl_context()} if parts.scheme == "https" else {}
                self._managers[proxy, parts.scheme] = self._manager(proxy, {**self._settings, **secure})
            return self._managers[proxy, parts.scheme]

    def close(self) -> None:
        """Close all connections; threads that wait for data are woken."""
        with self._lock:
            for connection in tuple(self._opened):
                with contextlib.suppress(OSError, AttributeError):  # already closed, or not yet open
                    connection.sock.shutdown(socket.SHUT_RDWR)
            for manager in self._managers.values():
                manager.clear()

    def _manager(self, proxy: str, settings: dict[str, Any]) -> PoolManager:
        from urllib3 import PoolManager, ProxyManager
        from urllib3.util import make_headers

        if not proxy:
            manager = PoolManager(**settings)
            manager.pool_classes_by_scheme = self._pools(lambda connection: _connect(connection, self._trusted))
            return manager
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme not in ("http", "https"):
            raise FetchError(
                f"{parts.scheme} proxy: not supported, use an http or https proxy; change the proxy variables"
            )
        credentials, _, host = parts.netloc.rpartition("@")
        headers = make_headers(proxy_basic_auth=credentials) if credentials else None
        manager = ProxyManager(f"{parts.scheme}://{host}", proxy_headers=headers, **settings)
        manager.pool_classes_by_scheme = self._pools(None)
        return manager

    def _pools(self, connect: Callable[[Any], socket.socket] | None) -> dict[str, Any]:
        """urllib3's pools by scheme; `connect` opens their connections (None: urllib3 does), which are recorded."""
        from urllib3.connection import HTTPConnection, HTTPSConnection
        from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

        opened, head_timeout = self._opened, self._head_timeout

        class Recorded:
            is_connected = False  # the pool closes it before another request: nothing unsolicited can follow a response
            answer: TimedResponse | None = None

            def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> TimedResponse:
                self.answer = TimedResponse(sock, *args, head_timeout=head_timeout, **kwargs)
                return self.answer

            def _new_conn(self) -> socket.socket:
                opened.add(self)
                return connect(self) if connect else super()._new_conn()  # type: ignore[misc]

        class Plain(Recorded, HTTPConnection): ...  # type: ignore[misc]

        class Secure(Recorded, HTTPSConnection): ...  # type: ignore[misc]

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}


def next_piece(response: Any, *, within: Seconds) -> bytes:
    """The next piece of a urllib3 response's body as sent, empty at its end; `within` limits all that comes with it."""
    if (connection := response.connection) is not None:  # None: it has been read to its end
        connection.answer.allow(within)
    piece: bytes = response.read1(_PIECE_BYTES, decode_content=False)
    return piece


@contextlib.contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Raise the block's network errors as ours, naming `url`: `FetchError` for certificates, else `TransientError`."""
    from urllib3.exceptions import HTTPError, ProxyError

    name = redacted(url)
    try:
        yield
    except _PrivateAddressError as exc:
        raise _private_address(url) from exc
    except (HTTPError, http.client.HTTPException, OSError) as exc:
        causes = [cause for cause in (exc, exc.__cause__, exc.__context__, *exc.args) if cause]
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            raise FetchError(
                "the server's certificate is not valid; check the address and the clock", about=name
            ) from exc
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            raise TransientError("the host is not found; check the address and your connection", about=name) from exc
        if any(type(cause) in (http.client.HTTPException, http.client.LineTooLong) for cause in causes):
            raise FetchError(_TOO_MANY_HEADERS, about=name) from exc
        if isinstance(exc, ProxyError):
            raise TransientError(
                "the proxy cannot be reached or refuses; check http_proxy and https_proxy", about=name
            ) from exc
        raise TransientError(_connection_problem(causes), about=name) from exc
    except ValueError as exc:  # urllib3's LocationParseError is one, as is http.client's error for a bad header
        raise FetchError("this address cannot be requested; check it", about=name) from exc


def _connection_problem(causes: list[Any]) -> str:
    """What happened to a connection, from the errors raised, and what to do about it."""
    from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "the connection is refused, no server is listening; check the address"
    if any(isinstance(cause, TimeoutError | Urllib3TimeoutError) for cause in causes):
        return "the server does not respond in time; run again later"
    if any(isinstance(cause, ConnectionError | http.client.IncompleteRead) for cause in causes):
        return "the connection was lost; run again"
    if any(isinstance(cause, http.client.BadStatusLine) for cause in causes):
        return "the server's answer is not HTTP; check the address and its port"
    detail = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
    return f"the connection failed ({detail or type(causes[0]).__name__}); check your connection and run again"


def retry_after(header: str | None) -> float | None:
    """Seconds a `Retry-After` header requests (a number or a date, RFC 9110 10.2.3); None if unusable.

    >>> retry_after("120"), retry_after("9" * 5000), retry_after("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
    (120.0, None, None)
    """
    from urllib3.exceptions import InvalidHeader
    from urllib3.util.retry import Retry

    try:
        return float(Retry().parse_retry_after(header)) if header and len(header) <= _LONGEST_DATE else None
    except (InvalidHeader, OverflowError, ValueError, TypeError):
        return None


class TrustedOrigins:
    """The (host, port) pairs that may be private: those the user typed, if they were private when first resolved.

    A name that resolved to a public address once, also among others, belongs to somebody on the internet, who could
    send it to any address of this network later (DNS rebinding). Safe for threads.
    """

    def __init__(self, origins: frozenset[tuple[str, int]]) -> None:
        self._origins = origins
        self._was_private: dict[tuple[str, int], bool] = {}
        self._lock = threading.Lock()

    def __contains__(self, origin: object) -> bool:
        return origin in self._origins

    def permitted(self, origin: tuple[str, int], addresses: list[str]) -> list[str]:
        """Those of the IP addresses an origin resolves to that may be connected to."""
        public = [address for address in addresses if is_public(address)]
        with self._lock:
            was_private = self._was_private.setdefault(origin, not public)
        return addresses if origin in self._origins and was_private else public


def _connect(connection: Any, trusted: TrustedOrigins) -> socket.socket:
    """A socket to one of the host's permitted IP addresses: those checked are those connected to."""
    from urllib3.util.connection import create_connection

    host, port = str(connection.host).strip("[]"), int(connection.port or connection.default_port)
    resolved = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)]
    allowed = trusted.permitted((host.lower(), port), resolved)
    if not allowed:
        raise _PrivateAddressError
    failure: OSError | None = None
    for ip in dict.fromkeys(allowed):
        try:
            return create_connection((ip, port), connection.timeout, socket_options=connection.socket_options)
        except OSError as exc:
            failure = exc
    raise failure or OSError("no address")


class _PrivateAddressError(Exception):
    """The host has only private IP addresses; the caller knows the URL."""


def _private_address(url: str) -> FetchError:
    return FetchError(
        "is a private address, which only addresses you type yourself may reach; to fetch it, give it as a source",
        about=redacted(url),
    )


def _ssl_context() -> ssl.SSLContext:
    """A context with the certificate authorities of the system and certifi, or those the environment names instead."""
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
        raise FetchError(f"cannot be read; check {' and '.join(_CERTIFICATE_VARIABLES)}", about=name) from exc
    return context
