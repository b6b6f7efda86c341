"""The editor's port and its connections: who gets the address, who may connect, and for how long."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from tests.support.editor_requests import Address, request
from transcribe.editor.session import Session


def test_port_80_is_not_in_the_host_header(session: Session) -> None:
    from starlette.testclient import TestClient

    from transcribe.editor.one_time_codes import OneTimeCodes
    from transcribe.editor.server import application

    client = TestClient(application(session, token="t", port=80, codes=OneTimeCodes()), base_url="http://127.0.0.1")
    assert client.get("/api/revision", headers={"Authorization": "Bearer t"}).json()["revision"] == session.revision
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_a_draft_has_a_default_port_and_its_own_token(session: Session) -> None:
    """An open page finds the server again, and cannot save to another draft."""
    from transcribe.editor.server import Editor

    first = Editor(session)
    second = Editor(session)  # while the first one uses the port
    third_session = Session(session.path)
    assert first.port != second.port
    first_token, second_token = (editor.url.split("#token=")[1] for editor in (first, second))
    assert first_token != second_token
    assert first_token.split(".")[0] == second_token.split(".")[0]
    for editor in (first, second):
        editor.close()
    third = Editor(third_session)
    assert third.port == first.port
    third.close()
    third_session.close()


def test_a_port_in_use_is_reported(address: Address, session: Session) -> None:
    from output.errors import OutputError
    from transcribe.editor.server import Editor

    with pytest.raises(OutputError, match=f"port {address[0]} cannot be used"):
        Editor(session, port=address[0])


def test_a_code_opens_the_page_once(session: Session) -> None:
    """What a program gets as an argument is not the token, and is of no use a second time, or after a while."""
    from starlette.testclient import TestClient

    from transcribe.editor.one_time_codes import OneTimeCodes
    from transcribe.editor.server import Editor, application

    editor = Editor(session)
    token = editor.url.split("#token=")[1]
    assert token not in editor.url_to_launch()
    assert editor.url_to_launch() != editor.url_to_launch()
    editor.close()
    codes, late = OneTimeCodes(), OneTimeCodes(valid=-1.0)
    client = TestClient(application(session, token="t", port=80, codes=codes), base_url="http://127.0.0.1")
    own = {"Origin": "http://127.0.0.1"}
    code = codes.new()
    assert client.post("/api/enter", json={"code": code}).status_code == 403  # another page's request
    assert client.post("/api/enter", json={"code": "guess"}, headers=own).status_code == 403
    assert client.post("/api/enter", json={"code": code}, headers=own).json() == {"token": "t"}
    assert client.post("/api/enter", json={"code": code}, headers=own).status_code == 403
    assert not late.use(late.new())


def test_idle_connections_do_not_keep_others_out(address: Address) -> None:
    from transcribe.editor.connections import MOST_CONNECTIONS

    with contextlib.ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", address[0])))
            for _ in range(2 * MOST_CONNECTIONS)
        ]
        assert request(address, "/api/revision").status == 200
        idle[0].settimeout(30)
        assert idle[0].recv(1) == b""  # closed by the server
        idle[-1].sendall(b"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n")
        assert idle[-1].recv(12) == b"HTTP/1.1 421"


def test_a_connection_that_asks_for_nothing_is_closed(session: Session) -> None:
    import uvicorn

    from transcribe.editor.connections import protocol
    from transcribe.editor.one_time_codes import OneTimeCodes
    from transcribe.editor.server import application

    app = application(session, token="t", port=80, codes=OneTimeCodes())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=protocol(patience=0.1), ws="none", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    with socket.create_connection(listener.getsockname()) as idle:
        idle.settimeout(30)
        idle.sendall(b"GET / HT")
        assert idle.recv(1) == b""
    server.should_exit = True
    thread.join()
