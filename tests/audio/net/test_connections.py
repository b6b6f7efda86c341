"""Connections: each request has its own, so that bytes nobody asked for cannot become the next response."""

from __future__ import annotations

import socket
import threading

import pytest

from audio.errors import FetchError
from audio.net.addresses import web_address
from audio.net.connections import TrustedOrigins
from audio.net.http import Client
from tests.support.hostile_server import HostileServer


def answer(connection: socket.socket) -> None:
    """The first request of a connection gets what it asks for; a second one gets something else."""
    with connection:
        for body in (b"asked", b"other", b"other"):
            if not connection.recv(65_536):
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body)


def serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def test_a_connection_is_used_for_one_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with Client([address]) as client:
            for _ in range(3):
                with client.get(address, headers={}) as response:
                    assert b"".join(response.chunks()) == b"asked"
        listener.shutdown(socket.SHUT_RDWR)


PUBLIC, PRIVATE, METADATA = "93.184.216.34", "127.0.0.1", "169.254.169.254"


@pytest.mark.parametrize(
    ("answers", "permitted"),
    [
        ([[PRIVATE], [PRIVATE]], [[PRIVATE], [PRIVATE]]),
        ([[PRIVATE, "::1"], [METADATA]], [[PRIVATE, "::1"], [METADATA]]),  # one's own network, whose names may move
        ([[PUBLIC, PRIVATE], [PRIVATE]], [[PUBLIC], []]),
        ([[PUBLIC], [METADATA], [PUBLIC]], [[PUBLIC], [], [PUBLIC]]),
    ],
)
def test_a_typed_name_is_private_only_if_it_was_at_first(answers: list[list[str]], permitted: list[list[str]]) -> None:
    typed, other = ("nas.example", 80), ("other.example", 80)
    trusted = TrustedOrigins(frozenset({typed}))
    assert [trusted.permitted(typed, answer) for answer in answers] == permitted
    assert trusted.permitted(other, [PRIVATE, PUBLIC]) == [PUBLIC]


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.%31", "%6c%6f%63alhost", "localhost%2e", "127.0.0.1%2f@x", "127.0.0.1%09", "[fe80::1%25eth0]"),
        *("localhost.localdomain", "ip6-localhost", "metadata.google.internal", "router", "printer.local"),
        *("[::1]", "[::ffff:7f00:1]", "0", "127.1", "0x7f.1", "2130706433", "LOCALHOST.", "a.home.arpa"),
    ],
)
def test_no_spelling_of_a_private_host_reaches_a_proxy(
    host: str, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy resolves the name itself, so only the spelling can be judged."""
    monkeypatch.setenv("http_proxy", server.url("/"))
    monkeypatch.delenv("no_proxy", raising=False)
    address = web_address(f"http://{host}/secret")
    with Client(["http://feed.example/x"]) as client:
        if address is not None:
            with pytest.raises(FetchError, match="private address"), client.get(address, headers={}):
                pass
    assert server.requests == []


@pytest.mark.parametrize("host", ["127.0.0.%31", "%6c%6f%63alhost", "x.example%2f"])
def test_a_host_with_a_percent_sign_is_refused_wherever_it_comes_from(
    host: str, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url("/"))
    monkeypatch.delenv("no_proxy", raising=False)
    with (
        Client(["http://feed.example/x"]) as client,
        pytest.raises(FetchError, match="%"),
        client.get(f"http://{host}/secret", headers={}),
    ):
        pass
    assert server.requests == []
