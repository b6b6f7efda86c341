"""The editor's page in a real Chromium: the player."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.editor_page import NEEDS_CHROMIUM, TALK, Desk, open_page, put_caret, talk_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


def test_a_click_plays_from_the_word_and_marks_it(page: Page) -> None:
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
    page.keyboard.press("Escape")
    until(lambda: page.locator("#play").text_content() == "Play")


def test_keys_control_the_player(page: Page) -> None:
    put_caret(page, 2, "How")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.keyboard.press("Escape")
    until(lambda: page.locator("#play").text_content() == "Play")
    question = talk_of(*TALK).turns[2]
    until(lambda: float(page.locator("#seek").input_value()) >= question.start - 2.1)
    paused = float(page.locator("#seek").input_value())
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


def test_repeat_plays_a_sentence_again(page: Page) -> None:
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


def test_the_view_follows_until_scrolled_and_a_button_resumes(browser: Browser, desk: Desk) -> None:
    page = open_page(browser, desk, viewport={"width": 390, "height": 420})
    put_caret(page, 0, "Hello")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.mouse.move(200, 150)
    page.mouse.wheel(0, 900)
    page.locator("#follow").wait_for()
    first = "() => document.querySelector('section p').getBoundingClientRect().top"
    until(lambda: page.evaluate(first) < 0)  # the wheel event comes before the page has scrolled
    page.locator("#follow").click()
    until(lambda: page.evaluate(first) >= 0)
    assert not page.locator("#follow").is_visible()
    page.context.close()


def test_question_mark_outside_the_text_shows_all_keys(page: Page) -> None:
    page.locator("#show-doubts").focus()
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    put_caret(page, 2, "How")
    page.keyboard.type("?")
    assert not page.locator("#help").is_visible()
