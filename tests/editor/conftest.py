"""Fixtures for the editor's tests: a draft with its server, and its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.editor_page import Desk, DeskMaker
    from tests.support.editor_requests import Address
    from transcribe.editor.session import Session
    from transcribe.transcript import Transcript


@pytest.fixture
def desk_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskMaker]:
    """Makes a desk for a transcript, with the machine's draft unless a source is given."""
    from tests.support.editor_page import Desk

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    desks: list[Desk] = []

    def make(talk: Transcript, source: str | None = None) -> Desk:
        desks.append(Desk(tmp_path, talk, source))
        return desks[-1]

    yield make
    for desk in desks:
        desk.stop()


@pytest.fixture
def desk(desk_of: DeskMaker) -> Desk:
    from tests.support.editor_page import TALK, talk_of

    return desk_of(talk_of(*TALK))


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    from tests.support.editor_page import open_page

    opened = open_page(browser, desk)
    yield opened
    opened.context.close()


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    from output.markdown import render
    from tests.support.transcripts import transcript
    from tests.support.turn_edits import TALK
    from transcribe.editor.session import Session

    path = tmp_path / "talk.md"
    path.write_text(render(transcript(*TALK)), encoding="utf-8")
    path.with_suffix(".json").write_text(transcript(*TALK).to_json(), encoding="utf-8")
    (tmp_path / "talk.wav").write_bytes(bytes(range(256)) * 4)
    session = Session(path)
    yield session
    session.close()


@pytest.fixture
def address(session: Session) -> Iterator[Address]:
    """Port and token of a running server."""
    import threading

    from transcribe.editor.server import Editor

    editor = Editor(session)
    thread = threading.Thread(target=editor.serve)
    thread.start()
    yield editor.port, editor.url.split("#token=")[1]
    editor.stop()
    thread.join()
