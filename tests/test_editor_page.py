"""The editor's page in a real Chromium: what an editor does with keyboard and mouse, and what it leaves on disk."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audio.episode import Episode
from output.markdown import render
from tests.samples import ADA, BOB, transcript
from transcribe.transcript import Doubt, MadeWith, Speaker, Transcript, Word

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright", reason="the page is tested through Playwright, which is not installed")
pytest.importorskip("uvicorn", reason="the editor's server needs uvicorn, which is not installed")
pytest.importorskip("starlette", reason="the editor's server needs Starlette, which is not installed")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium to open the page in")

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    desk = Desk(tmp_path, talk_of(*TALK))
    yield desk
    desk.stop()


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    opened = open_page(browser, desk)
    yield opened
    opened.context.close()


def open_page(browser: Browser, desk: Desk, **options: Any) -> Page:
    """The page for a desk, loaded; an error in its scripts fails the test."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    page.goto(desk.editor.url)
    saved(page)
    return page


def saved(page: Page) -> None:
    page.locator("#status", has_text=re.compile("^Saved$")).wait_for()


def paragraph(page: Page, turn: int, index: int = 0) -> Any:
    return page.locator("section").nth(turn).locator(".said > p").nth(index)


def put_caret(page: Page, turn: int, before: str, *, para: int = 0) -> None:
    """Put the caret before a word, as the arrow keys would."""
    offset = paragraph(page, turn, para).text_content().index(before)
    _select(page, (turn, para, offset), (turn, para, offset))


def select_word(page: Page, turn: int, word: str) -> None:
    offset = paragraph(page, turn).text_content().index(word)
    _select(page, (turn, 0, offset), (turn, 0, offset + len(word)))


def _select(page: Page, start: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    page.evaluate(
        """([a, b]) => {
            const sections = document.querySelectorAll("section");
            const node = ([turn, para]) => sections[turn].querySelectorAll(".said > p")[para];
            document.getElementById("text").focus();
            getSelection().setBaseAndExtent(node(a).firstChild ?? node(a), a[2], node(b).firstChild ?? node(b), b[2]);
        }""",
        [list(start), list(end)],
    )


def turns_of(desk: Desk) -> list[tuple[str, str]]:
    from output.parse import parse

    return [(turn.label, " ".join(turn.text.split())) for turn in parse(desk.text).turns]


def test_it_reads_like_the_post(page: Page) -> None:
    assert page.locator("h1").text_content() == "A talk"
    assert page.locator("button.name").all_text_contents() == ["Ada", "Bob", "A", "B"]
    assert paragraph(page, 2).text_content() == TALK[2][1]


def test_typing_changes_that_word_and_nothing_else(desk: Desk, page: Page) -> None:
    before = desk.text
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    until(lambda: "raining" in desk.text)
    assert desk.text == before.replace("raning", "raining")
    until(lambda: any(word.text == "raining" for word in desk.transcript.words))
    old, new = list(talk_of(*TALK).words), list(desk.transcript.words)
    assert [(w.start, w.end) for w in old] == [(w.start, w.end) for w in new]


def test_undo_and_redo(desk: Desk, page: Page) -> None:
    before = desk.text
    put_caret(page, 2, "very")
    page.keyboard.type("wholly, ")
    until(lambda: "wholly, very" in desk.text)
    page.keyboard.press("Control+z")
    until(lambda: desk.text == before)
    page.keyboard.press("Control+Shift+z")
    until(lambda: "wholly, very" in desk.text)


def test_enter_splits_and_backspace_merges(desk: Desk, page: Page) -> None:
    before = desk.text
    put_caret(page, 1, "It was")
    page.keyboard.press("Enter")
    until(lambda: len(turns_of(desk)) == 5)
    assert turns_of(desk)[1:3] == [
        ("Bob", "Thank you Ada. I am glad to be here after such a long ride through the rain."),
        ("B", "It was raning for weeks."),
    ]
    page.keyboard.press("Backspace")
    until(lambda: len(turns_of(desk)) == 4)
    assert [text for _, text in turns_of(desk)] == [text for _, text in TALK]
    until(lambda: len(desk.transcript.turns) == 4)
    assert before.split("**A**")[1] == desk.text.split("**A**")[1]


def test_shift_enter_makes_a_paragraph(desk: Desk, page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Shift+Enter")
    until(lambda: "made a sound.\n\nNobody had" in desk.text)
    page.keyboard.press("Backspace")
    until(lambda: "made a sound. Nobody had" in " ".join(desk.text.split("\n")))


def test_deleting_over_several_turns_joins_them(desk: Desk, page: Page) -> None:
    start = paragraph(page, 1).text_content().index("I am glad")
    end = paragraph(page, 3).text_content().index("Nobody")
    _select(page, (1, 0, start), (3, 0, end))
    page.keyboard.press("Delete")
    until(lambda: len(turns_of(desk)) == 2)
    assert turns_of(desk)[1] == ("Bob", "Thank you Ada. Nobody had asked for it. Then everybody did.")
    page.keyboard.press("Control+z")
    until(lambda: len(turns_of(desk)) == 4)


def test_a_triple_click_is_one_turn(desk: Desk, page: Page) -> None:
    paragraph(page, 2).click(click_count=3)
    page.keyboard.type("Why?")
    until(lambda: "**A**: Why?" in desk.text)
    assert [text for _, text in turns_of(desk)] == [TALK[0][1], TALK[1][1], "Why?", TALK[3][1]]


def test_all_of_it_can_be_taken_out_and_comes_back(desk: Desk, page: Page) -> None:
    before, timed = desk.text, desk.json.read_bytes()
    page.locator("#text").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    until(lambda: [text for _, text in turns_of(desk)] == [""])
    page.keyboard.press("Control+z")
    until(lambda: desk.text == before)
    assert desk.json.read_bytes() == timed


def test_the_clipboard(desk: Desk, page: Page) -> None:
    select_word(page, 0, "welcome")
    page.keyboard.press("Control+x")
    until(lambda: "Hello and  to" in paragraph(page, 0).text_content())
    put_caret(page, 2, "very")
    page.keyboard.press("Control+v")
    until(lambda: "the welcomevery first" in desk.text)


def test_an_input_method_composes(desk: Desk, page: Page) -> None:
    put_caret(page, 2, "very")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "か", "selectionStart": 1, "selectionEnd": 1})
    devtools.send("Input.imeSetComposition", {"text": "かん", "selectionStart": 2, "selectionEnd": 2})
    devtools.send("Input.insertText", {"text": "漢"})
    until(lambda: "the 漢very first" in desk.text)
    assert paragraph(page, 2).text_content() == TALK[2][1].replace("very", "漢very")


def test_a_turn_is_given_to_the_other_speaker(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Bob").first.click()
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "B", "B"])
    until(lambda: [turn.speaker for turn in desk.transcript.turns] == ["S1", "S2", "S2", "S2"])


def test_from_the_caret_on_somebody_else_speaks(desk: Desk, page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Alt+s")
    page.get_by_role("menuitem", name="Ada").last.click()
    until(lambda: turns_of(desk)[-1] == ("A", "Nobody had asked for it. Then everybody did."))


def test_a_person_is_renamed_everywhere_by_keyboard(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(1).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator("#ask-text").fill("Robert Moog")
    page.keyboard.press("Enter")
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Robert", "A", "R"])
    until(lambda: desk.transcript.speaker("S2").name == "Robert Moog")


def test_somebody_new_speaks(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Somebody new").first.click()
    page.locator("#ask-text").fill("Clara Rockmore")
    page.get_by_role("button", name="Do it").click()
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "Clara", "B"])
    until(lambda: {speaker.name for speaker in desk.transcript.speakers} >= {"Clara Rockmore", "Bob Moog"})


def test_an_impossible_name_is_refused_and_kept(desk: Desk, page: Page) -> None:
    before = desk.text
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Somebody new").first.click()
    page.locator("#ask-text").fill("**: x")
    page.keyboard.press("Enter")
    page.locator("#status", has_text="cannot be a speaker's name").wait_for()
    assert desk.text == before
    page.locator("#text").focus()
    page.keyboard.press("Control+z")
    saved(page)


def test_a_click_plays_from_the_word_and_it_is_marked(page: Page) -> None:
    box = page.evaluate(
        """() => {
            const node = document.querySelectorAll("section")[1].querySelector("p").firstChild, range = new Range();
            const at = node.data.indexOf("ride");
            range.setStart(node, at); range.setEnd(node, at + 4);
            const box = range.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }"""
    )
    page.mouse.click(*box)
    word = next(word for word in talk_of(*TALK).words if word.text == "ride")
    until(lambda: float(page.locator("#seek").input_value()) >= word.start)
    assert page.locator("#play").text_content() == "Pause"
    marked = "() => [...CSS.highlights.get('now')].map(range => range.toString()).join()"
    until(lambda: page.evaluate(marked) in ("ride", "through", "the", "rain."))
    page.keyboard.press("Tab")
    until(lambda: page.locator("#play").text_content() == "Play")


def test_the_player_by_keyboard(page: Page) -> None:
    put_caret(page, 2, "How")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.keyboard.press("Escape")
    until(lambda: page.locator("#play").text_content() == "Play")
    paused = float(page.locator("#seek").input_value())
    question = talk_of(*TALK).turns[2]
    assert paused >= question.start - 2.1
    page.keyboard.press("F2")
    until(lambda: float(page.locator("#seek").input_value()) == pytest.approx(paused + 3, abs=0.11))
    page.keyboard.press("F1")
    until(lambda: float(page.locator("#seek").input_value()) == pytest.approx(paused, abs=0.11))
    page.keyboard.press("F4")
    until(lambda: page.locator("#rate").input_value() == "1.1")
    page.keyboard.press("F3")
    page.keyboard.press("F3")
    until(lambda: page.locator("#rate").input_value() == "0.9")
    page.keyboard.press("F7")
    until(lambda: page.locator("#loop").get_attribute("aria-pressed") == "true")
    page.keyboard.press("Control+/")
    page.get_by_role("heading", name="Keys").wait_for()


def test_a_sentence_is_repeated(page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.locator("#rate").select_option("2")
    page.locator("#text").focus()
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.keyboard.press("F7")
    words = {word.text: word for word in talk_of(*TALK).turns[3].words}
    seen: list[float] = []

    def went_back() -> bool:
        seen.append(float(page.locator("#seek").input_value()))
        return len(seen) > 1 and seen[-1] < seen[-2]

    until(went_back)
    assert words["Nobody"].start - 0.2 <= seen[-1] <= words["it."].end


def test_search_and_replace_with_a_preview(desk: Desk, page: Page) -> None:
    page.locator("#text").focus()
    page.keyboard.press("Control+f")
    page.get_by_label("Find").fill("a")
    until(lambda: page.locator("#panel .count").text_content() == "2 places")
    page.get_by_label("Whole words").uncheck()
    until(lambda: int((page.locator("#panel .count").text_content() or "0").split()[0]) > 10)
    page.get_by_label("Whole words").check()
    page.get_by_label("Find").fill("it")
    until(lambda: page.locator("#panel .count").text_content() == "4 places")
    page.get_by_label("Same case").check()
    page.get_by_label("Replace by").fill("that")
    until(lambda: page.locator("#panel ins").count() == 2)
    page.get_by_role("button", name="Replace all").click()
    until(lambda: "until that made" in desk.text)
    assert "It was raning" in desk.text


def test_a_replacement_is_added_to_the_glossary(desk: Desk, page: Page) -> None:
    page.locator("#show-search").click()
    page.get_by_label("Find").fill("raning")
    page.get_by_label("Replace by").fill("raining")
    page.get_by_label("Also add to the glossary").check()
    page.get_by_role("button", name="Replace all").click()
    glossary = desk.draft.with_name("glossary.txt")
    until(lambda: glossary.exists() and glossary.read_text(encoding="utf-8") == "raning -> raining\n")


def test_doubts_are_a_list_to_work_off(tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    talk = talk_of(*TALK)
    words = [Word(w.text, w.start, w.end, 0.2 if w.text == "raning" else 0.99) for w in talk.turns[1].words]
    last = talk.turns[3].words
    doubts = (Doubt(last[0].start, last[3].end, "two voices at once"),)
    turns = (talk.turns[0], replace(talk.turns[1], words=tuple(words)), *talk.turns[2:])
    desk = Desk(tmp_path, replace(talk, turns=turns, doubts=doubts))
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 2").click()
    assert "raning" in page.locator("#panel li").first.text_content()
    page.locator("#text").focus()
    page.keyboard.press("F8")
    until(lambda: page.evaluate("() => getSelection().toString()") == "raning")
    page.keyboard.press("F9")
    page.locator("#show-doubts", has_text="Doubts 1").wait_for()
    assert next(word for word in desk.transcript.words if word.text == "raning").probability == 1.0
    page.keyboard.press("F8")
    page.get_by_role("button", name="Right").click()
    until(lambda: desk.transcript.doubts == ())
    page.context.close()
    desk.stop()


def test_only_one_speaker_is_shown(page: Page) -> None:
    page.locator("#filter").select_option("Bob")
    assert page.locator("section:visible").count() == 2
    page.locator("#filter").select_option("")
    assert page.locator("section:visible").count() == 4


def test_the_file_changed_underneath(desk: Desk, page: Page) -> None:
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    until(lambda: "raining" in paragraph(page, 1).text_content())
    saved(page)


def test_edits_of_both_are_merged(desk: Desk, page: Page) -> None:
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    select_word(page, 1, "long")
    page.keyboard.type("short")
    until(lambda: "raining" in desk.text and "short ride" in " ".join(desk.text.split()))
    until(lambda: "raining" in paragraph(page, 1).text_content())


def test_a_clash_shows_both_and_overwrites_nothing(desk: Desk, page: Page) -> None:
    theirs = desk.text.replace("raning", "snowing")
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(theirs.encode())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator(".clash", has_text="snowing").wait_for()
    assert desk.text == theirs
    assert "raining" in paragraph(page, 1).text_content()
    page.get_by_role("button", name="Keep mine").click()
    until(lambda: desk.text == theirs.replace("snowing", "raining"))


def test_theirs_can_be_taken(desk: Desk, page: Page) -> None:
    theirs = desk.text.replace("raning", "snowing")
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(theirs.encode())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.get_by_role("button", name="Take theirs").click()
    saved(page)
    assert desk.text == theirs


def test_two_editors_at_once(desk: Desk, page: Page, browser: Browser) -> None:
    other = open_page(browser, desk)
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    select_word(other, 3, "Nobody")
    other.keyboard.type("No one")
    until(lambda: "raining" in desk.text and "No one" in desk.text)
    until(lambda: "raining" in paragraph(other, 1).text_content())
    until(lambda: "No one" in paragraph(page, 3).text_content())
    other.context.close()


def test_the_server_goes_and_comes_back(desk: Desk, page: Page) -> None:
    port, token = desk.editor.port, desk.editor.url.split("token=")[1]
    desk.stop()
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="no connection").wait_for()
    assert "raning" in desk.text
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("() => window.stop()")
    desk.start(port, token)
    until(lambda: "raining" in desk.text)
    saved(page)


def test_leaving_with_unsaved_edits_warns(desk: Desk, page: Page) -> None:
    page.route("**/api/draft", lambda route: route.abort())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="no connection").wait_for()
    asked: list[str] = []

    def dismiss(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.close(run_before_unload=True)
    until(lambda: page.wait_for_timeout(50) or asked)
    assert asked == ["beforeunload"]
    page.unroute("**/api/draft")
    until(lambda: "raining" in desk.text)


HAZARDS = """---
title: "<script>alert(1)</script> & \\"more\\""
---

Intro <b>bold</b>.

**\\<script\\>alert(1)**: not a name

**Ada**: See [the docs](https://example.org/a_b) and `code`, 5\\*3 & &amp;copy;
2015\\. Then \\<img src=x onerror=alert(1)\\> it \\[laughs\\].

- one item
- <script>alert(2)</script>

> quoted

**Bob**: A\u00a0word and **bold** text, \\#rdo.\\
Next line | with a pipe

| a | b |
|---|---|
| 1 | 2 |

**A**: The end."""


def test_every_hazard_is_shown_as_text_and_survives(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    source = HAZARDS.replace("\n", "\r\n")
    desk = Desk(tmp_path, talk_of(("S1", "See the docs and code. The end."), ("S2", "A word.")), source)
    page = open_page(browser, desk)
    assert page.locator("#text script, #text img, h1 script").count() == 0
    assert page.locator("h1").text_content() == '<script>alert(1)</script> & "more"'
    turn = page.locator("section").count() - 1
    put_caret(page, turn, "end")
    page.keyboard.type("very ")
    until(lambda: "The very end." in desk.text)
    assert desk.text == source.replace("The end.", "The very end.")
    page.context.close()
    desk.stop()


def test_nothing_is_asked_of_anybody_else(desk: Desk, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(desk.editor.url)
    saved(page)
    assert asked
    assert all(url.startswith(f"http://127.0.0.1:{desk.editor.port}/") for url in asked)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1100, "light"), (1100, "dark"), (1600, "light")])
def test_it_fits_the_window(browser: Browser, desk: Desk, width: int, scheme: Any) -> None:
    page = open_page(browser, desk, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    box = paragraph(page, 0).bounding_box()
    assert box["width"] >= min(0.85 * width, 500)
    light = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", light)[:3])) > 382) == (scheme == "light")
    page.context.close()


@pytest.mark.skipif(not SCREENSHOTS, reason="EDITOR_SCREENSHOTS names no folder for the pictures of the documentation")
def test_pictures_for_the_documentation(tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    clips = Path(__file__).parent / "clips"
    lines = [line.split(": ", 1) for line in (clips / "packaging-notes.ref.txt").read_text().splitlines() if line]
    people = (Speaker("S1", "Rich"), Speaker("S2", "Nora"))
    talk = talk_of(*((f"S{1 + (who == 'Nora')}", text) for who, text in lines), speakers=people)
    doubtful = [talk.turns[3].words[i] for i in (8, 20, 33)]
    doubts = tuple(Doubt(word.start, word.end + 0.8, "two readings differ") for word in doubtful)
    episode = replace(talk.episode, title="A library for weather stations")
    desk = Desk(tmp_path, replace(talk, doubts=doubts, episode=episode))
    looks: tuple[tuple[str, int, int, Any], ...] = (
        ("editor", 1100, 720, "light"),
        ("editor-dark", 1100, 720, "dark"),
        ("editor-phone", 390, 720, "light"),
        ("editor-doubts", 1440, 720, "light"),
    )
    for name, width, height, scheme in looks:
        page = open_page(browser, desk, viewport={"width": width, "height": height}, color_scheme=scheme)
        if name == "editor-doubts":
            page.locator("#show-doubts").click()
            page.keyboard.press("F8")
        put_caret(page, 3, "Every")
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(900)
        page.screenshot(path=f"{SCREENSHOTS}/{name}.png")
        assert page.locator("#play").text_content() == "Pause"
        page.context.close()
    desk.stop()


def test_print_shows_the_text_alone(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("#bar").is_visible()
    assert paragraph(page, 3).is_visible()


def test_every_control_has_a_name(page: Page) -> None:
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input")].filter(control => !(control.textContent.trim()
            || control.getAttribute("aria-label") || control.labels?.length)).map(control => control.outerHTML)"""
    )
    assert unnamed == []
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
