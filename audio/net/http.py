"""HTTP as the fetcher needs it: guarded addresses, redirects one by one, patience, an honest name. Over urllib3.

Why not a ready-made session: an item of a feed must not reach the machine's own network, so the address that is
checked has to be the address that is connected to, on every hop. Cookies are neither kept nor sent.
What to do with an answer (resume, verify, parse) is the business of `audio.fetching.fetch` and `audio.sources.resolve`.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
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
from audio.net.addresses import origin_of, shown, web_address

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_CHUNK_BYTES = 1 << 16
_BUSY = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much, how many; the defaults suit an unattended run on a poor line."""

    connect_timeout: Seconds = 10
    read_timeout: Seconds = 30  # without a single byte
    head_timeout: Seconds = 60  # for status and headers, each answer's
    slow_for: Seconds = 60  # a stream that stays below `least_bytes_per_second` this long is given up
    least_bytes_per_second: int = 1000
    most_bytes: int = 4 << 30
    document_bytes: int = 64 << 20  # feeds and pages, unpacked
    redirects: int = 10
    tries: int = 6  # in a row without getting further
    longest_wait: Seconds = 120  # what a server may ask for by Retry-After
    parallel: int = 4
    per_host: int = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """A response whose body is still to be read: `url` is where the redirects ended; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    _raw: BaseHTTPResponse
    _limits: Limits
    _stopped: threading.Event

    @property
    def length(self) -> int | None:
        """Bytes of the body as announced; None where the server says nothing usable."""
        announced = self.headers.get("content-length", "")
        return int(announced) if announced.isascii() and announced.isdigit() else None

    def chunks(self) -> Iterator[bytes]:
        """The body as it is on the wire (content codings undone by nobody), in pieces as they arrive.

        Raises as `pour` does.
        """
        room = memoryview(bytearray(_CHUNK_BYTES))
        for count in self.pour(lambda: room):
            yield bytes(room[:count])

    def pour(self, room: Callable[[], memoryview]) -> Iterator[int]:
        """Read the body piece by piece to where `room` says; yields how many bytes now lie there.

        Raises `TransientError` for a dropped, silent or crawling connection, or a body shorter than announced.
        """
        waited, got, reading = 0.0, 0, time.monotonic()
        body = connections.body_of(self._raw)
        with connections.translated(self.url):
            while not self._stopped.is_set() and (count := body.pour_into(room())):
                waited += time.monotonic() - reading
                got += count
                if waited > self._limits.slow_for:
                    if got < waited * self._limits.least_bytes_per_second:
                        raise TransientError(f"{shown(self.url)}: {got / waited:.0f} bytes a second; try again later")
                    waited, got = 0.0, 0
                yield count
                reading = time.monotonic()
        if self._stopped.is_set():  # which ends the body early, and must not be taken for its end
            raise FetchError(f"{shown(self.url)}: stopped; run again to go on from here")


class Client:
    """Gets what addresses hold; safe to share between threads. `close` it (or use it in `with`): waiting calls end.

    `typed` are the sources as the user typed them: their hosts and ports may be private ones, no others may.
    Proxies and certificates are those of the environment. `sleep` is how it waits.
    """

    def __init__(
        self,
        typed: Iterable[str] = (),
        *,
        limits: Limits | None = None,
        sleep: Callable[[Seconds], object] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._stopped = threading.Event()
        self._sleep = self._stopped.wait if sleep is None else sleep
        self._trusted = frozenset(origin for url in map(web_address, typed) if url for origin in _origins(url))
        self._proxies = urllib.request.getproxies()
        self._managers = connections.Managers(
            self._trusted, limits_pool=self.limits.per_host, head_timeout=self.limits.head_timeout
        )
        self._slots: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(self.limits.per_host))
        self._lock = threading.Lock()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is under way and drop the connections; what was received stays."""
        self._stopped.set()
        self._managers.close()

    @contextlib.contextmanager
    def get(self, url: str, *, headers: Mapping[str, str]) -> Iterator[Answer]:
        """One request, its redirects followed; the answer's body is read within the block.

        Raises `TransientError` where another try may help (no connection, 408, 429, 5xx), `GoneError` for 404 and 410,
        `FetchError` for the rest: an address that may not be reached, too many redirects, one from https to http, any
        other status from 400 up but 416.
        """
        for _ in range(self.limits.redirects + 1):
            with self._one(url, headers) as answer:
                target = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not target:
                    _check_status(answer, self.limits)
                    yield answer
                    return
            url = _redirected(url, target)
        raise FetchError(f"{shown(url)}: more than {self.limits.redirects} redirects; check the address in a browser")

    def patiently(self, attempt: Callable[[], Result], *, got_further: Callable[[], bool] = bool) -> Result:
        """`attempt()`, again and again with growing pauses while it raises `TransientError`; the last one is raised.

        Counting starts anew whenever `got_further()`. A pause the server asks for is kept, up to the longest allowed.
        """
        from urllib3.exceptions import MaxRetryError
        from urllib3.util.retry import Retry

        start = Retry(total=self.limits.tries - 1, backoff_factor=0.5, backoff_max=30, backoff_jitter=0.25)
        left = start
        while True:
            try:
                return attempt()
            except TransientError as exc:
                left = start if got_further() else left
                try:
                    left = left.increment("GET", error=exc)
                except MaxRetryError:
                    raise exc from exc.__cause__
                if exc.retry_after is not None and exc.retry_after > self.limits.longest_wait:
                    raise
                pause = exc.retry_after or left.get_backoff_time()
                _log.info("%s (again in %.1f s)", exc, pause)
                self._sleep(pause)
                if self._stopped.is_set():
                    raise

    @contextlib.contextmanager
    def _one(self, url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        host, port = origin_of(url)
        with self._lock:
            slot = self._slots[f"{host}:{port}"]
        bare, authorization = _without_credentials(url)
        with slot:
            manager = self._managers.manager_for(url, self._proxies)
            with connections.translated(url):
                raw = manager.request(
                    "GET",
                    bare,
                    headers={"User-Agent": _user_agent(), **authorization, **headers},
                    timeout=connections.timeout(self.limits.connect_timeout, self.limits.read_timeout),
                    preload_content=False,
                    redirect=False,
                    retries=False,
                )
            lower = {name.lower(): value for name, value in raw.headers.items()}
            try:
                yield Answer(url, raw.status, lower, raw, self.limits, self._stopped)
            finally:
                raw.close()  # a body not read to its end would poison the next request


def _origins(url: str) -> tuple[tuple[str, int], ...]:
    """Host and port of an address; of one without a port also those it may be redirected to for https."""
    host, port = origin_of(url)
    return ((host, 80), (host, 443)) if port in (80, 443) else ((host, port),)


def _check_status(answer: Answer, limits: Limits) -> None:
    name = shown(answer.url)
    if answer.status in _BUSY or answer.status >= 500:
        after = connections.retry_after(answer.headers.get("retry-after"))
        later = f"; the server asks to wait {after:.0f} seconds" if (after or 0) > limits.longest_wait else ""
        raise TransientError(f"{name}: the server says {answer.status}; try again later{later}", retry_after=after)
    if answer.status in (401, 403):
        raise FetchError(f"{name}: the server says {answer.status}: access is refused; check address and subscription")
    if answer.status in (404, 410):
        raise GoneError(f"{name}: the server says {answer.status}: it is gone; look for its new address on the page")
    if answer.status >= 300 and answer.status not in (304, 416):
        raise FetchError(f"{name}: the server says {answer.status}; check the address in a browser")


def _redirected(url: str, location: str) -> str:
    target = web_address(location, base=url)
    if target is None:
        raise FetchError(f"{shown(url)}: redirects to {shown(location)}, which is no web address")
    if url.startswith("https:") and target.startswith("http:"):
        raise FetchError(
            f"{shown(url)}: redirects to the unprotected {shown(target)}; give that address if you trust it"
        )
    return target


def _without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """The address as it is asked for, and the header its user name and password make (RFC 7617)."""
    from urllib3.util import make_headers

    parts = urlsplit(url)
    account, _, place = parts.netloc.rpartition("@")
    headers = make_headers(basic_auth=unquote(account)) if account else {}
    return urlunsplit((parts.scheme, place, parts.path, parts.query, "")), dict(headers)


def _user_agent() -> str:
    try:
        version = importlib.metadata.version("turnscript")
    except importlib.metadata.PackageNotFoundError:
        version = "0"
    return f"turnscript/{version} (fetches episodes to transcribe them)"
