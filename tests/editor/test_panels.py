"""The editor's page in a real Chromium: doubts, search and replace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.editor_page import NEEDS_CHROMIUM, TALK, Desk, DeskMaker, open_page, talk_of, until
from transcribe.transcript import Doubt, Word

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


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
    page.get_by_label("Match case").check()
    page.get_by_label("Replace with").fill("that")
    until(lambda: page.locator("#panel ins").count() == 2)
    page.get_by_role("button", name="Replace all").click()
    until(lambda: "until that made" in desk.text)
    assert "It was raning" in desk.text


def test_a_replacement_is_added_to_the_glossary(desk: Desk, page: Page) -> None:
    page.locator("#show-search").click()
    page.get_by_label("Find").fill("raning")
    page.get_by_label("Replace with").fill("raining")
    page.get_by_label("Also add to the glossary").check()
    page.get_by_role("button", name="Replace all").click()
    glossary = desk.draft.with_name("glossary.txt")
    until(lambda: glossary.exists() and glossary.read_text(encoding="utf-8") == "raning -> raining\n")


def test_doubts_are_listed_and_can_be_marked_as_correct(browser: Browser, desk_of: DeskMaker) -> None:
    talk = talk_of(*TALK)
    words = [Word(w.text, w.start, w.end, 0.2 if w.text == "raning" else 0.99) for w in talk.turns[1].words]
    last = talk.turns[3].words
    doubts = (Doubt(last[0].start, last[3].end, "two voices at once"),)
    turns = (talk.turns[0], replace(talk.turns[1], words=tuple(words)), *talk.turns[2:])
    desk = desk_of(replace(talk, turns=turns, doubts=doubts))
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
    page.get_by_role("button", name="Correct", exact=True).click()
    until(lambda: desk.transcript.doubts == ())
    page.context.close()


def test_a_doubt_in_moved_sentences_is_the_words_that_stand_together(browser: Browser, desk_of: DeskMaker) -> None:
    talk = talk_of(*TALK)
    words = talk.turns[0].words
    doubt = Doubt(words[4].start, words[8].end, "two voices at once")  # "the show, Bob." and "It is", now in front
    moved = replace(
        talk, turns=(replace(talk.turns[0], words=(*words[7:], *words[:7])), *talk.turns[1:]), doubts=(doubt,)
    )
    page = open_page(browser, desk_of(moved))
    page.locator("#text").focus()
    page.keyboard.press("F8")
    until(lambda: page.evaluate("() => getSelection().toString()") == "the show, Bob.")
    page.context.close()
