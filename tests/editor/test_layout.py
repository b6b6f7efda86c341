"""The editor's page in a real Chromium: what is meant can be seen at every width, measured in the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.editor_page import NEEDS_CHROMIUM, TALK, Desk, DeskMaker, open_page, talk_of, until
from transcribe.transcript import Doubt, Speaker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_CHROMIUM

SIZES = [(390, 720), (640, 360), (640, 800), (820, 700), (1280, 720), (1600, 900)]  # 640 × 360: 1280 × 720 at 200 %

IS_SEEN = """name => {
    const ranges = name ? [...CSS.highlights.get(name)] : [getSelection().getRangeAt(0)];
    const range = new Range();
    range.setStart(ranges[0].startContainer, ranges[0].startOffset);
    range.setEnd(ranges[0].endContainer, ranges[0].endOffset);
    const boxes = [...range.getClientRects()];
    return boxes.length > 0 && boxes.every(box => [0.1, 0.5, 0.9].every(share => {
        const at = document.elementFromPoint(box.left + share * box.width, box.top + box.height / 2);
        return at?.closest("#text") !== null && at !== null;
    }));
}"""


COMES_TO_REST = """() => new Promise(resolve => {
    const wait = (left, top) => left ? requestAnimationFrame(() => next(left, top)) : resolve();
    const next = (left, top) => wait(scrollY === top ? left - 1 : 8, scrollY);
    wait(8, scrollY);
})"""


def desk_with_doubts(desk_of: DeskMaker) -> Desk:
    turns = [(who, f"{text} " * 4) for who, text in TALK] * 4
    talk = talk_of(*turns)
    words = list(talk.words)[5::29]
    return desk_of(replace(talk, doubts=tuple(Doubt(word.start, word.end, "two readings differ") for word in words)))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_doubt_and_every_hit_is_seen(browser: Browser, desk_of: DeskMaker, width: int, height: int) -> None:
    desk = desk_with_doubts(desk_of)
    page = open_page(browser, desk, viewport={"width": width, "height": height})
    page.locator("#show-doubts").click()
    page.locator("#text").focus()
    hidden = []
    for number in range(len(desk.transcript.doubts)):
        page.keyboard.press("F8")
        page.evaluate(COMES_TO_REST)
        if not page.evaluate(IS_SEEN, ""):
            hidden.append(number)
    assert hidden == []
    page.locator("#show-search").click()
    page.get_by_label("Find").fill("soldered")
    until(lambda: "places" in (page.locator("#panel .count").text_content() or ""))
    for number in range(8):
        page.keyboard.press("Enter")
        page.evaluate(COMES_TO_REST)
        if not page.evaluate(IS_SEEN, "here"):
            hidden.append(number)
    assert hidden == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.context.close()


@pytest.mark.parametrize("width", [820, 1280, 1600])
def test_the_panel_has_its_own_column(browser: Browser, desk: Desk, width: int) -> None:
    page = open_page(browser, desk, viewport={"width": width, "height": 800})
    page.locator("#show-doubts").click()
    text = page.locator("#text").bounding_box()
    panel = page.locator("#panel").bounding_box()
    assert text
    assert panel
    assert text["x"] + text["width"] <= panel["x"]
    page.context.close()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_last_word_can_be_seen_beside_or_above_a_panel(
    browser: Browser, desk_of: DeskMaker, width: int, height: int
) -> None:
    page = open_page(browser, desk_with_doubts(desk_of), viewport={"width": width, "height": height})
    page.locator("#show-doubts").click()
    page.locator("#text").focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Shift+ArrowLeft")
    until(lambda: page.evaluate(IS_SEEN, ""))
    page.context.close()


def test_a_very_long_name_is_clamped(browser: Browser, desk_of: DeskMaker) -> None:
    name = "Maximiliane Elisabeth Christine Augustine von Hohenstein ab"
    source = f"**{name}**: Hello and welcome to the show, Bob. It is good to have you here again.\n"
    page = open_page(browser, desk_of(talk_of(*TALK), source), viewport={"width": 1280, "height": 700})
    box = page.locator("button.name").first.bounding_box()
    assert box
    assert box["height"] <= 70
    page.context.close()


def test_touch_targets_are_large(browser: Browser, desk: Desk) -> None:
    page = open_page(browser, desk, viewport={"width": 390, "height": 720}, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll("#bar button, #bar select, .name")].filter(node => node.offsetHeight)
            .filter(node => node.offsetHeight < 44).map(node => node.id || node.className)"""
    )
    assert small == []
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_turns_in_hebrew_have_their_names_at_the_right(browser: Browser, desk_of: DeskMaker, width: int) -> None:
    people = (Speaker("S1", "\u05e0\u05d5\u05e8\u05d4"), Speaker("S2", "Ada"))
    talk = talk_of(("S1", "\u05e9\u05dc\u05d5\u05dd \u05dc\u05db\u05d5\u05dc\u05dd"), ("S2", "Hello."), speakers=people)
    page = open_page(browser, desk_of(talk), viewport={"width": width, "height": 700})
    places = page.evaluate(
        """() => [...document.querySelectorAll("section")].map(section => {
            const text = new Range();
            text.selectNodeContents(section.querySelector(".body p"));
            return [section.querySelector(".name").getBoundingClientRect().left, text.getBoundingClientRect().left];
        })"""
    )
    (hebrew, said), (english, words) = places
    assert hebrew > said
    assert english <= words
    assert hebrew > english
    page.context.close()


def test_the_panel_can_be_closed_wherever_its_list_is(browser: Browser, desk_of: DeskMaker) -> None:
    page = open_page(browser, desk_with_doubts(desk_of), viewport={"width": 1280, "height": 500})
    page.locator("#show-doubts").click()
    page.locator("#text").focus()
    page.keyboard.press("Shift+F8")
    until(lambda: page.evaluate("() => document.getElementById('panel').scrollTop > 100"))
    box = page.get_by_role("button", name="Close").bounding_box()
    assert box
    assert box["y"] < 150
    page.context.close()
