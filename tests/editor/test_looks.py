"""The editor's page in a real Chromium: appearance, accessibility, network requests."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.editor_page import (
    NEEDS_CHROMIUM,
    SCREENSHOTS,
    Desk,
    DeskMaker,
    open_page,
    paragraph,
    put_caret,
    saved,
    talk_of,
    until,
)
from tests.support.paths import CLIPS
from transcribe.transcript import Doubt, Speaker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


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


def test_markup_is_shown_as_text_and_saved_unchanged(browser: Browser, desk_of: DeskMaker) -> None:
    source = HAZARDS.replace("\n", "\r\n")
    desk = desk_of(talk_of(("S1", "See the docs and code. The end."), ("S2", "A word.")), source)
    page = open_page(browser, desk)
    assert page.locator("#text script, #text img, h1 script").count() == 0
    assert page.locator("h1").text_content() == '<script>alert(1)</script> & "more"'
    turn = page.locator("section").count() - 1
    put_caret(page, turn, "end")
    page.keyboard.type("very ")
    until(lambda: "The very end." in desk.text)
    assert desk.text == source.replace("The end.", "The very end.")
    page.context.close()


def test_the_page_requests_nothing_from_other_servers(desk: Desk, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(desk.editor.url)
    saved(page)
    assert urls
    assert all(url.startswith(f"http://127.0.0.1:{desk.editor.port}/") for url in urls)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1100, "light"), (1100, "dark"), (1600, "light")])
def test_the_page_fits_the_window(browser: Browser, desk: Desk, width: int, scheme: Any) -> None:
    page = open_page(browser, desk, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    box = paragraph(page, 0).bounding_box()
    assert box["width"] >= min(0.85 * width, 500)
    light = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", light)[:3])) > 382) == (scheme == "light")
    page.context.close()


@pytest.mark.skipif(not SCREENSHOTS, reason="EDITOR_SCREENSHOTS is not set to a folder for the screenshots")
def test_screenshots_for_the_documentation(browser: Browser, desk_of: DeskMaker) -> None:
    clips = CLIPS
    lines = [line.split(": ", 1) for line in (clips / "packaging-notes.ref.txt").read_text().splitlines() if line]
    people = (Speaker("S1", "Rich"), Speaker("S2", "Nora"))
    talk = talk_of(*((f"S{1 + (who == 'Nora')}", text) for who, text in lines), speakers=people)
    doubtful = [talk.turns[3].words[i] for i in (8, 20, 33)]
    readings = ("Each company has", "", "")
    doubts = tuple(
        Doubt(word.start, word.end + 0.8, "two readings differ", alternative=reading)
        for word, reading in zip(doubtful, readings, strict=True)
    )
    episode = replace(talk.episode, title="A library for weather stations")
    desk = desk_of(replace(talk, doubts=doubts, episode=episode))
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


def test_print_shows_only_the_text(page: Page) -> None:
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


@pytest.mark.parametrize("width", [390, 1600])
def test_the_player_is_visible_with_an_open_panel(browser: Browser, desk: Desk, width: int) -> None:
    page = open_page(browser, desk, viewport={"width": width, "height": 800})
    page.locator("#show-search").click()
    until(lambda: page.locator("#panel").bounding_box()["height"] > 50)
    panel, bar = page.locator("#panel").bounding_box(), page.locator("#bar").bounding_box()
    assert panel["y"] + panel["height"] <= bar["y"] + 1
    page.locator("#play").click()
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.context.close()


def test_print_is_light_in_dark_mode(browser: Browser, desk: Desk) -> None:
    page = open_page(browser, desk, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.context.close()
