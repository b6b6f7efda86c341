"""For tests of the editor's page: a draft with its sound and server, and the hands of an editor on the page."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audio.episode import Episode
from output.markdown import render
from tests.support.transcripts import ADA, BOB, transcript
from transcribe.transcript import MadeWith, Speaker, Transcript

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
NEEDS_CHROMIUM = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium to open the page in")

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SCREENSHOTS = os.environ.get("EDITOR_SCREENSHOTS", "")  # a folder to leave pictures of the page in
PATIENCE = 60.0  # seconds until what should happen is said not to

TALK = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here again."),
    ("S2", "Thank you Ada. I am glad to be here after such a long ride through the rain. It was raning for weeks."),
    ("S1", "How did the very first machine come about?"),
    ("S2", "We soldered and soldered until it made a sound. Nobody had asked for it. Then everybody did."),
)


class Desk:
    """A draft with its transcript and half a minute of silence, and the editor's server for it."""

    def __init__(self, folder: Path, talk: Transcript, source: str | None = None) -> None:
        self.draft, self.json = folder / "talk.md", folder / "talk.json"
        _silence(folder / "talk.wav", seconds=40)
        self.draft.write_bytes((source or render(talk)).encode())
        self.json.write_text(talk.to_json(), encoding="utf-8")
        self.start()

    def start(self, port: int = 0, token: str | None = None) -> None:
        from transcribe.editor.server import Editor
        from transcribe.editor.session import Session

        session = Session(self.draft, glossary=self.draft.with_name("glossary.txt"))
        self.editor = Editor(session, port=port, token=token)
        self._thread = threading.Thread(target=self.editor.serve)
        self._thread.start()

    def stop(self) -> None:
        self.editor.stop()
        self._thread.join()

    @property
    def text(self) -> str:
        return self.draft.read_bytes().decode()

    @property
    def transcript(self) -> Transcript:
        return Transcript.from_json(self.json.read_text(encoding="utf-8"))


DeskMaker = Callable[..., Desk]


def _silence(path: Path, *, seconds: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * seconds))


def talk_of(*turns: tuple[str, str], speakers: tuple[Speaker, ...] = (ADA, BOB)) -> Transcript:
    made = transcript(*turns, speakers=speakers, episode=Episode("A talk", path=Path("talk.wav")))
    return replace(made, made_with=MadeWith("0.1.0", "ctranslate2", "base", "0" * 64, settings={"wrap": 70}))


def until(condition: Callable[[], Any]) -> None:
    """Wait for what the page and the server do in their own time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def open_page(browser: Browser, desk: Desk, **options: Any) -> Page:
    """The page for a desk, loaded; an error in its scripts fails the test."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    page.goto(desk.editor.url)
    saved(page)
    return page


def saved(page: Page) -> None:
    page.locator("#status", has_text=re.compile("^Saved$")).wait_for()


def paragraph(page: Page, turn: int, index: int = 0) -> Any:
    return page.locator("section").nth(turn).locator(".body > p").nth(index)


def put_caret(page: Page, turn: int, before: str, *, para: int = 0) -> None:
    """Put the caret before a word, as the arrow keys would."""
    offset = paragraph(page, turn, para).text_content().index(before)
    select(page, (turn, para, offset), (turn, para, offset))


def select_word(page: Page, turn: int, word: str) -> None:
    offset = paragraph(page, turn).text_content().index(word)
    select(page, (turn, 0, offset), (turn, 0, offset + len(word)))


def select(page: Page, start: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    page.evaluate(
        """([a, b]) => {
            const sections = document.querySelectorAll("section");
            const node = ([turn, para]) => sections[turn].querySelectorAll(".body > p")[para];
            document.getElementById("text").focus();
            getSelection().setBaseAndExtent(node(a).firstChild ?? node(a), a[2], node(b).firstChild ?? node(b), b[2]);
        }""",
        [list(start), list(end)],
    )


def turns_of(desk: Desk) -> list[tuple[str, str]]:
    from output.parse import parse

    return [(turn.label, " ".join(turn.text.split())) for turn in parse(desk.text).turns]
