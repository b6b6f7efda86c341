"""The connections under `audio.http`: urllib3's, with the address checked that is connected to.

Here and nowhere else urllib3's and the sockets' errors become ours.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
import urllib.request
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audio.addresses import is_public, origin_of, shown
from audio.errors import FetchError, TransientError

if TYPE_CHECKING:
    from urllib3 import PoolManager
    from urllib3.util import Timeout

_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Managers:
    """urllib3's pool managers, by proxy (or none) and scheme: without https no certificates are loaded.

    `trusted` holds the (host, port) pairs whose addresses may be private.
    """

    def __init__(self, trusted: frozenset[tuple[str, int]], *, limits_pool: int) -> None:
        self._trusted = trusted
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
        if proxy and origin_of(url) not in self._trusted and _is_private_name(parts.hostname or ""):
            raise _refused(url)
        with self._lock:
            if (proxy, parts.scheme) not in self._made:
                secure = {"ssl_context": _certificates()} if parts.scheme == "https" else {}
                self._made[proxy, parts.scheme] = self._manager(proxy, {**self._settings, **secure})
            return self._made[proxy, parts.scheme]

    def close(self) -> None:
        """Drop all connections; who waits for bytes of one is woken (behind a proxy: after the read timeout)."""
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
            manager.pool_classes_by_scheme = _guarded_pools(self._trusted, self._opened)
            return manager
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme not in ("http", "https"):
            raise FetchError(
                f"{parts.scheme} proxy: only http and https proxies are spoken; change the proxy variables"
            )
        account, _, place = parts.netloc.rpartition("@")
        headers = make_headers(proxy_basic_auth=account) if account else None
        return ProxyManager(f"{parts.scheme}://{place}", proxy_headers=headers, **settings)


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Foreign errors of the block as ours, naming `url`: `FetchError` for certificates, else `TransientError`."""
    from urllib3.exceptions import HTTPError

    name = shown(url)
    try:
        yield
    except (HTTPError, http.client.HTTPException, OSError) as exc:
        reasons = [reason for reason in (exc, exc.__cause__, exc.__context__, *exc.args) if reason]
        if any(isinstance(reason, ssl.SSLCertVerificationError) for reason in reasons):
            raise FetchError(f"{name}: the server's certificate is not valid; check the address and the clock") from exc
        if any(isinstance(reason, socket.gaierror) for reason in reasons):
            raise TransientError(f"{name}: its host is not found; check the address and your connection") from exc
        problem = type(exc).__name__
        raise TransientError(f"{name}: the connection failed ({problem}); check it and run again") from exc
    except ValueError as exc:  # urllib3's LocationParseError is one, as is what http.client makes of a bad header
        raise FetchError(f"{name}: it cannot be asked for; check the address") from exc


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


def _guarded_pools(trusted: frozenset[tuple[str, int]], opened: weakref.WeakSet[Any]) -> dict[str, Any]:
    """urllib3's pools by scheme, made so that a connection is only opened to an address `_open` has looked at.

    The connections go into `opened`.
    """
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            opened.add(self)
            return _open(self, trusted)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            opened.add(self)
            return _open(self, trusted)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _open(connection: Any, trusted: frozenset[tuple[str, int]]) -> socket.socket:
    """A socket to one of the host's addresses that may be reached; the numbers checked are the numbers dialled."""
    from urllib3.util.connection import create_connection

    host, port = str(connection.host).strip("[]"), int(connection.port or connection.default_port)
    found = [entry[4][0] for entry in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)]
    allowed = found if (host.lower(), port) in trusted else [number for number in found if is_public(str(number))]
    if not allowed:
        raise _refused(f"http://{connection.host}:{port}/")
    failure: OSError | None = None
    for number in dict.fromkeys(allowed):
        try:
            return create_connection((str(number), port), connection.timeout, socket_options=connection.socket_options)
        except OSError as exc:
            failure = exc
    raise failure or OSError("no address")


def _is_private_name(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")


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
        raise FetchError(f"{named or 'certificates'}: cannot be read; check REQUESTS_CA_BUNDLE") from exc
    return context
