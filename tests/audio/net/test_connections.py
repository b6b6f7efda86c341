"""Connections: each request has its own, so that bytes nobody asked for cannot become the next response."""

from __future__ import annotations

import socket
import threading

from audio.net.http import Client


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
