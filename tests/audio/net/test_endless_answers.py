"""An answer that never ends is given up, however its bytes are sent: none of these tests would end else."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audio.errors import FetchError
from audio.fetching.fetch import fetch
from audio.net.documents import get_document
from audio.net.http import Client, Limits
from tests.support.fetch_helpers import AUDIO, Sleeps, episode

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"<rss>")[:10]
NOTHING = b"\x00\x00\x00\xff\xff" * 1000  # stored blocks without bytes: input without output
LIMITS = {"head_timeout": 0.25, "slow_timeout": 0.25, "read_timeout": 0.25, "max_document_time": 0.8, "max_time": 0.8}
SIZES = {"max_bytes": 1 << 20, "max_document_bytes": 1 << 20}

# what is sent once, then again and again, and the seconds between
ANSWERS: dict[str, tuple[bytes, bytes, float]] = {
    "nothing": (b"", b"", 0.1),
    "a head, byte by byte": (b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05),
    "a head of many lines": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000, 0.0),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "100 Continue, fast": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.0),
    "a chunk's size": (CHUNKED, b"0", 0.05),
    "chunks' extensions": (CHUNKED, b"1;" + b"e" * 60_000 + b"\r\nx\r\n", 0.0),
    "a trailer": (CHUNKED + b"5\r\n<rss>\r\n0\r\n", b"x: y\r\n", 0.05),
    "a trailer, fast": (CHUNKED + b"5\r\n<rss>\r\n0\r\n", b"x: yyyyyyyyyyyy\r\n" * 500, 0.0),
    "a crawl": (HEAD + b"\r\n" + AUDIO[:20_000], b"<", 0.05),
    "a body, never too slow": (HEAD + b"Content-Length: 900000\r\n\r\n" + AUDIO[:20_000], b"<" * 100, 0.05),
    "a body without an end": (HEAD + b"\r\n" + AUDIO[:20_000], b"\xff" * 60_000, 0.0),
    "gzip that yields nothing": (PACKED, NOTHING, 0.0),
    "redirects": (b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", b"", 0.0),
}


@contextlib.contextmanager
def serving(first: bytes, then: bytes, pause: float) -> Iterator[str]:
    """The address of a server that answers every request so."""
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            for piece in itertools.chain((first,), itertools.repeat(then)):
                connection.sendall(piece)
                if over.wait(pause) if pause else over.is_set():
                    return
                if not then and first:
                    return

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/a"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


def as_document(url: str, client: Client, folder: Path) -> None:
    get_document(url, client)


def as_recording(url: str, client: Client, folder: Path) -> None:
    fetch(episode(url), folder, client=client)
    pytest.fail("fetched")


@pytest.mark.parametrize("take", [as_document, as_recording])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_never_ends_is_given_up(
    name: str, take: Callable[[str, Client, Path], None], tmp_path: Path
) -> None:
    shows_a_recording = take is as_document and AUDIO[:9] in ANSWERS[name][0]  # by its beginning
    limits = Limits(**SIZES) if shows_a_recording else Limits(max_attempts=2, **LIMITS, **SIZES)  # type: ignore[arg-type]
    with serving(*ANSWERS[name]) as url, Client([url], limits=limits, sleep=Sleeps()) as client:
        if shows_a_recording:
            take(url, client, tmp_path)
        else:
            with pytest.raises(FetchError):
                take(url, client, tmp_path)


def test_a_document_is_whole_in_time_or_not_at_all() -> None:
    text = HEAD.replace(b"audio/mpeg", b"text/html") + b"Content-Length: 900000\r\n\r\n<html>"
    limits = Limits(max_attempts=1, **LIMITS)  # type: ignore[arg-type]
    with (
        serving(text, b" " * 100, 0.05) as url,
        Client([url], limits=limits, sleep=Sleeps()) as client,
        pytest.raises(FetchError),
    ):
        get_document(url, client)


def test_attempts_that_progress_a_little_end_too(tmp_path: Path) -> None:
    """A server that gives a little more each time would keep a run for years."""
    sent = 0

    def more() -> bytes:
        nonlocal sent
        begin, sent = sent, sent + 20_000
        span = f"bytes {begin}-{sent - 1}/900000000"
        state = b"206 Partial Content" if begin else b"200 OK"
        length = 900_000_000 - begin
        head = f'\r\nETag: "a"\r\nContent-Range: {span}\r\nContent-Length: {length}\r\n\r\n'
        return b"HTTP/1.1 " + state + head.encode() + (AUDIO * 99)[:20_000]

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(more())
                    time.sleep(0.05)

    limits = Limits(max_attempts=2, max_time=1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.mp3"
        with Client([url], limits=limits, sleep=Sleeps()) as client, pytest.raises(FetchError):
            fetch(episode(url), tmp_path, client=client)
        listener.shutdown(socket.SHUT_RDWR)
