"""HTTP for the fetcher, over urllib3: checked addresses, redirects one by one, retries, an honest user agent.

Why not a ready-made session: an item of a feed must not reach the machine's own network, so the IP address that is
checked has to be the one connected to, on every redirect. Cookies last as long as the client.
Using a response (resume, verify, parse) is left to `audio.fetching.fetch` and `audio.sources.resolve`.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from audio.episode import Seconds
from audio.errors import FetchError, GoneError, TransientError
from audio.net import connections
from audio.net.access import Access, Cookies
from audio.net.addresses import origin_of, redacted, web_address
from audio.net.redirects import address_after, target_in

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_BUSY = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_PERMANENT = frozenset({301, 308})
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """Timeouts, sizes and counts; the defaults suit an unattended run on a poor connection."""

    connect_timeout: Seconds = 10
    read_timeout: Seconds = 30  # without a single byte
    head_timeout: Seconds = 60  # for status and headers of each response
    slow_timeout: Seconds = 60  # a stream below `min_bytes_per_second` for this long is aborted
    min_bytes_per_second: int = 1000
    max_bytes: int = 4 << 30
    max_document_bytes: int = 64 << 20  # feeds and pages, decompressed
    max_document_time: Seconds = 600  # for one answer with a feed or a page, however steadily it arrives
    max_time: Seconds = 24 * 3600  # for one file, all attempts together
    max_redirects: int = 10
    max_attempts: int = 6  # in a row without progress
    max_retry_after: Seconds = 120  # the longest pause a server may request
    parallel: int = 4
    per_host: int = 2


@dataclass(frozen=True, slots=True)
class Response:
    """A response with its body unread. `url` is where the redirects ended, `moved_to` where the permanent ones led that
    came first: the resource's address from now on. Header names are lower case."""

    url: str
    moved_to: str
    status: int
    headers: Mapping[str, str]
    _raw: BaseHTTPResponse
    _limits: Limits
    _stopped: threading.Event

    @property
    def is_whole(self) -> bool:
        """Whether the body is all there is, also as a part that nobody asked for."""
        if self.status != 206:
            return self.status in (200, 201, 202, 203)
        stated = re.fullmatch(r"bytes\s+0-([0-9]{1,18})/([0-9]{1,18})", self.headers.get("content-range", "").strip())
        return "content-range" not in self.headers or (stated is not None and int(stated[1]) + 1 == int(stated[2]))

    @property
    def length(self) -> int | None:
        """The announced size of the body in bytes; None if the server states nothing usable."""
        announced = self.headers.get("content-length", "")
        return int(announced) if re.fullmatch(r"[0-9]{1,18}", announced) else None

    def chunks(self, *, within: Seconds | None = None) -> Iterator[bytes]:
        """The body as sent (no content coding is decoded), in pieces as they arrive.

        Raises `TransientError` for a dropped, silent or too slow connection, a body shorter than announced, or one that
        does not end `within` that time (default: `Limits.max_time`).
        """
        waited, n_bytes, started = 0.0, 0, time.monotonic()
        end = started + (self._limits.max_time if within is None else within)
        with connections.translate_errors(self.url):
            while not self._stopped.is_set() and (chunk := self._next(end)):
                waited += time.monotonic() - started
                n_bytes += len(chunk)
                if waited > self._limits.slow_timeout:
                    if n_bytes < waited * self._limits.min_bytes_per_second:
                        speed = n_bytes / waited
                        raise TransientError(
                            f"only {speed:.0f} bytes a second; try again later", about=redacted(self.url)
                        )
                    waited, n_bytes = 0.0, 0
                yield chunk
                started = time.monotonic()
        if self._stopped.is_set():  # the body ended early: its end must not count as complete
            raise FetchError("stopped; run again to resume", about=redacted(self.url))

    def _next(self, end: float) -> bytes:
        left = end - time.monotonic()
        if left <= 0:
            raise TransientError("the answer takes too long to end; try again later", about=redacted(self.url))
        return connections.next_piece(self._raw, within=min(left, self._limits.slow_timeout))


class Client:
    """Sends requests; safe to share between threads. `close` it (or use it in `with`): waiting calls end.

    `typed` are the sources as the user typed them: only their hosts and ports may be private ones.
    `access` is how it appears to servers. Proxies and certificates are those of the environment. `sleep` waits between
    attempts.
    """

    def __init__(
        self,
        typed: Iterable[str] = (),
        *,
        access: Access | None = None,
        limits: Limits | None = None,
        sleep: Callable[[Seconds], object] | None = None,
    ) -> None:
        self.limits, self.access = limits or Limits(), access or Access()
        self._cookies = Cookies() if self.access.cookies else None
        self._stopped = threading.Event()
        self._sleep = self._stopped.wait if sleep is None else sleep
        self._trusted = frozenset(origin for url in map(web_address, typed) if url for origin in _origins(url))
        self._proxies = urllib.request.getproxies()
        self._managers = connections.PoolManagers(
            self._trusted, limits_pool=self.limits.per_host, head_timeout=self.limits.head_timeout
        )
        self._slots: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(self.limits.per_host))
        self._lock = threading.Lock()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop running requests and close the connections; received data stays."""
        self._stopped.set()
        self._managers.close()

    @contextlib.contextmanager
    def get(self, url: str, *, headers: Mapping[str, str]) -> Iterator[Response]:
        """Send one request and follow its redirects; read the response's body within the block.

        Raises `TransientError` if a retry may help (no connection, 408, 429, 5xx), `GoneError` for 404 and 410,
        `FetchError` otherwise: a forbidden address, too many redirects, one from https to http, any other status from
        400 up except 416.
        """
        moved_to, is_moved = url, True
        for _ in range(self.limits.max_redirects + 1):
            with self._request(url, headers, moved_to=moved_to) as response:
                target = target_in(response.status, response.headers)
                if not target:
                    _check_status(response, self.limits)
                    yield response
                    return
            url = address_after(url, target, allow_http=self.access.allow_http)
            is_moved = is_moved and response.status in _PERMANENT
            moved_to = url if is_moved else moved_to
        raise FetchError(
            f"more than {self.limits.max_redirects} redirects; check the address in a browser", about=redacted(url)
        )

    def with_retries(self, attempt: Callable[[], Result], *, made_progress: Callable[[], bool] = bool) -> Result:
        """Call `attempt` until it succeeds, with growing pauses after `TransientError`; raise the last one.

        Counting restarts whenever `made_progress()`, until `Limits.max_time` is over. A pause the server requests is
        respected, up to a limit.
        """
        from urllib3.exceptions import MaxRetryError
        from urllib3.util.retry import Retry

        retries = Retry(total=self.limits.max_attempts - 1, backoff_factor=0.5, backoff_max=30, backoff_jitter=0.25)
        left, end = retries, time.monotonic() + self.limits.max_time
        while True:
            try:
                return attempt()
            except TransientError as exc:
                left = retries if made_progress() and time.monotonic() < end else left
                try:
                    left = left.increment("GET", error=exc)
                except MaxRetryError:
                    raise exc from exc.__cause__
                if exc.retry_after is not None and exc.retry_after > self.limits.max_retry_after:
                    raise
                pause = exc.retry_after or left.get_backoff_time()
                _log.info("%s (retry in %.1f s)", exc, pause)
                self._sleep(pause)
                if self._stopped.is_set():
                    raise

    @contextlib.contextmanager
    def _request(self, url: str, headers: Mapping[str, str], *, moved_to: str) -> Iterator[Response]:
        from urllib3.util import Timeout

        host, port = origin_of(url)
        with self._lock:
            slot = self._slots[f"{host}:{port}"]
        address, own = _split_credentials(url)
        own |= self._cookies.header(address) if self._cookies else {}
        with slot:
            manager = self._managers.manager_for(url, self._proxies)
            with connections.translate_errors(url):
                raw = manager.request(
                    "GET",
                    address,
                    headers={"User-Agent": self.access.name, **own, **headers},
                    timeout=Timeout(connect=self.limits.connect_timeout, read=self.limits.read_timeout),
                    preload_content=False,
                    redirect=False,
                    retries=False,
                )
            lower = {name.lower(): value for name, value in raw.headers.items()}
            if self._cookies:
                self._cookies.take(address, raw.headers.getlist("set-cookie"))
            try:
                yield Response(url, moved_to, raw.status, lower, raw, self.limits, self._stopped)
            finally:
                raw.close()  # an unread rest of the body would corrupt the next response


def _origins(url: str) -> tuple[tuple[str, int], ...]:
    """Host and port of an address; with a default port also the other default, for a redirect to https."""
    host, port = origin_of(url)
    return ((host, 80), (host, 443)) if port in (80, 443) else ((host, port),)


def _check_status(response: Response, limits: Limits) -> None:
    name = redacted(response.url)
    if response.status in _BUSY or response.status >= 500:
        wait = connections.retry_after(response.headers.get("retry-after"))
        later = f", in {wait:.0f} seconds as the server requests" if (wait or 0) > limits.max_retry_after else ""
        raise TransientError(
            f"the server returns {response.status}; try again later{later}", about=name, retry_after=wait
        )
    if response.status in (401, 403):
        refused = (
            "; if a browser opens it, the server refuses programs it does not know: state a browser's name with "
            "--user-agent, or user_agent of its [[show]]"
        )
        raise FetchError(
            f"the server returns {response.status}, access denied; check address and subscription"
            f"{refused if response.status == 403 else ''}",
            about=name,
        )
    if response.status in (404, 410):
        raise GoneError(
            f"the server returns {response.status}, it is gone; look for its new address on the show's page", about=name
        )
    if response.status >= 300 and response.status not in (304, 416):
        raise FetchError(f"the server returns {response.status}; check the address in a browser", about=name)


def _split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """The address to request, and the header for its user name and password (RFC 7617)."""
    from urllib3.util import make_headers

    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    headers = make_headers(basic_auth=unquote(credentials)) if credentials else {}
    return urlunsplit((parts.scheme, host, parts.path, parts.query, "")), dict(headers)
