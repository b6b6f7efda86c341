"""Answers that browsers understand: odd statuses, codings and redirects; what is cut off is never whole."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.episode import Episode
from audio.errors import FetchError, TransientError
from audio.fetching.fetch import fetch
from audio.net.documents import get_document
from audio.net.http import Client, Limits
from audio.net.redirects import target_in

BODY = b"ID3\x04\x00" + bytes(range(256)) * 40
TYPE = b"Content-Type: audio/mpeg\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
END = b"Connection: close\r\n\r\n"
PART = b"HTTP/1.1 206 Part\r\nContent-Range: bytes %d-%d/%d\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + TYPE


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)


WHOLE = {
    "plain": OK + LENGTH + END + BODY,
    "without a length": OK + END + BODY,
    "without a reason": b"HTTP/1.1 200\r\n" + LENGTH + END + BODY,
    "201": b"HTTP/1.1 201 Created\r\n" + LENGTH + END + BODY,
    "202": b"HTTP/1.1 202 Accepted\r\n" + LENGTH + END + BODY,
    "206 of all": b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-%d/%d\r\n" % (len(BODY) - 1, len(BODY))
    + LENGTH
    + END
    + BODY,
    "206 of nothing stated": b"HTTP/1.1 206 Part\r\n" + LENGTH + END + BODY,
    "after 100": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + END + BODY,
    "after 103": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 2 + OK + LENGTH + END + BODY,
    "of a radio server": b"ICY 200 OK\r\nicy-name: x\r\n" + TYPE + b"\r\n" + BODY,
    "300": b"HTTP/1.1 300 Multiple\r\nLocation: /plain\r\nContent-Length: 0\r\n" + END,
    "302 with backslashes": b"HTTP/1.1 302 Found\r\nLocation: \\plain\r\nContent-Length: 0\r\n" + END,
    "302 in UTF-8": "HTTP/1.1 302 Found\r\nLocation: /frågor\r\nContent-Length: 0\r\n".encode() + END,
    "302 with blanks": b"HTTP/1.1 302 Found\r\nLocation:  /my plain \r\nContent-Length: 0\r\n" + END,
    "refresh": b"HTTP/1.1 200 OK\r\nRefresh: 0; url=/plain\r\nContent-Length: 0\r\n" + END,
    "coding none": OK + b"Content-Encoding: none\r\n" + LENGTH + END + BODY,
    "coding of letters": OK + b"Content-Encoding: UTF-8\r\n" + LENGTH + END + BODY,
    "chunked": OK + b"Transfer-Encoding: Chunked\r\n" + END + chunked(BODY),
    "gzip": OK + b"Content-Encoding: gzip\r\n" + END + gzip.compress(BODY),
    "a type that says nothing": OK.replace(b"audio/mpeg", b"application/force-download") + END + b"\x11" * 100 + BODY,
    "fr%C3%A5gor": OK + END + BODY,
    "my%20plain": OK + END + BODY,
}
CUT = {
    "of its length": OK + LENGTH + END + BODY[:-1],
    "of its chunks": OK + b"Transfer-Encoding: chunked\r\n" + END + chunked(BODY)[:-5],
    "in a chunk": OK + b"Transfer-Encoding: chunked\r\n" + END + chunked(BODY)[:-50],
    "of its gzip": OK + b"Content-Encoding: gzip\r\n" + END + gzip.compress(BODY)[:-9],
}
TEXT = b"<rss version='2.0'><channel><title>A show</title>" + b"<item>words and words</item>" * 99 + b"</channel></rss>"
RAW = zlib.compressobj(wbits=-15)
UNSTATED = {  # a document whose packing no header names
    "zlib": zlib.compress(TEXT),
    "raw deflate": RAW.compress(TEXT) + RAW.flush(),
    "gzip": gzip.compress(TEXT),
    "nothing": TEXT,
}
UNSTATED_ANSWERS = {
    f"unstated {name}": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + END + body for name, body in UNSTATED.items()
}
HUGE_HEADS = {
    "101 headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(101)) + LENGTH + END + BODY,
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n" + LENGTH + END + BODY,
    "a long status": b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n" + LENGTH + END + BODY,
}
NO_HTTP = b"SSH-2.0-x\r\n" * 9
PARTS = {
    "206 of a half": PART % (0, 9, len(BODY)) + END + BODY[:10],
    "206 of an end": PART % (10, len(BODY) - 1, len(BODY)) + END + BODY[10:],
    "204": b"HTTP/1.1 204 Nothing\r\n" + END,
    "302 to nowhere": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + END,
    "refresh of itself": b"HTTP/1.1 200 OK\r\nRefresh: 0; url=/refresh%20of%20itself\r\nContent-Length: 0\r\n" + END,
}


def _serve(listener: socket.socket) -> None:
    named = {**WHOLE, **CUT, **PARTS, **UNSTATED_ANSWERS, **HUGE_HEADS, "no http": NO_HTTP}
    answers = {name.replace(" ", "%20"): answer for name, answer in named.items()}
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            name = head.split()[1].decode().lstrip("/")
            connection.sendall(answers.get(name, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n" + END))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with Client([address], limits=Limits(max_attempts=2), sleep=lambda _: None) as client:
        yield client


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_what_browsers_play_is_fetched(name: str, address: str, client: Client, tmp_path: Path) -> None:
    url = address + name.replace(" ", "%20")
    assert get_document(url, client).body[-2000:] in WHOLE[name] + WHOLE["plain"]
    path = fetch(Episode("a", audio_url=url), tmp_path, client=client).episode.path
    assert path is not None
    assert path.read_bytes().endswith(BODY)


@pytest.mark.parametrize("name", sorted(CUT))
def test_what_is_cut_off_is_an_error_and_leaves_nothing(
    name: str, address: str, client: Client, tmp_path: Path
) -> None:
    with pytest.raises(TransientError):
        fetch(Episode("a", audio_url=f"{address}{name.replace(' ', '%20')}"), tmp_path, client=client)
    assert not [file for file in tmp_path.iterdir() if file.suffix == ".mp3"]


@pytest.mark.parametrize("name", sorted(PARTS))
def test_what_is_no_whole_is_an_error(name: str, address: str, client: Client, tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        fetch(Episode("a", audio_url=f"{address}{name.replace(' ', '%20')}"), tmp_path, client=client)


@pytest.mark.parametrize("name", sorted(UNSTATED))
def test_a_document_is_unpacked_though_no_header_says_so(name: str, address: str, client: Client) -> None:
    assert get_document(f"{address}unstated%20{name.replace(' ', '%20')}", client).body == TEXT


@pytest.mark.parametrize("name", sorted(HUGE_HEADS))
def test_a_huge_head_is_one_line_that_names_the_address(name: str, address: str, client: Client) -> None:
    url = f"{address}{name.replace(' ', '%20')}"
    with pytest.raises(FetchError) as caught:
        get_document(url, client)
    assert str(caught.value).startswith(f"{url}: the head of the server's answer is larger than is read")
    assert not isinstance(caught.value, TransientError)
    assert "\n" not in str(caught.value)


def test_an_answer_that_is_not_http_is_told_as_that(address: str, client: Client) -> None:
    with pytest.raises(TransientError, match=r"/no%20http: the server's answer is not HTTP; check the address"):
        get_document(f"{address}no%20http", client)


def test_a_page_that_refreshes_itself_later_is_read() -> None:
    assert target_in(200, {"refresh": "300; url=/x"}) == ""
    assert target_in(200, {"refresh": "300"}) == ""
    assert target_in(200, {"refresh": "1; URL='/x'"}) == "/x"
    assert target_in(404, {"refresh": "0; url=/x"}) == ""
    assert target_in(200, {"location": "/x"}) == ""
