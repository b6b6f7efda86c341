"""The editor's page in a real Chromium: search and replace, one place after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.editor_page import NEEDS_CHROMIUM, Desk, DeskMaker, open_page, put_caret, select, talk_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM

MEANT = """() => [...CSS.highlights.get("here")].map(({ startContainer, startOffset, endOffset }) =>
    [[...document.querySelectorAll(".body > p")].indexOf(startContainer.parentElement), startOffset, endOffset])"""


def search_for(page: Page, text: str) -> None:
    page.keyboard.press("Control+f")
    page.get_by_label("Find").fill(text)


def count(page: Page) -> str:
    return page.locator("#panel .count").text_content() or ""


def test_enter_goes_from_place_to_place_and_changes_nothing(desk: Desk, page: Page) -> None:
    before = desk.text
    put_caret(page, 2, "How")
    search_for(page, "it")
    until(lambda: count(page) == "4 places")
    seen = []
    for number in (3, 4, 1, 2, 3):  # from the caret on, then from the start
        page.keyboard.press("Enter")
        assert count(page) == f"{number} of 4 places"
        (place,) = page.evaluate(MEANT)
        seen.append(tuple(place))
        assert page.evaluate("() => document.activeElement.id") == "find"
    assert len(set(seen)) == 4
    assert seen[0] == seen[4]
    page.keyboard.press("Shift+Enter")
    assert count(page) == "2 of 4 places"
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Next").click()
    assert count(page) == "2 of 4 places"
    page.wait_for_timeout(1200)  # a save would have happened
    assert desk.text == before


def test_escape_leaves_the_search_at_the_place_found(page: Page) -> None:
    page.locator("#text").focus()
    search_for(page, "rain")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.evaluate("() => [document.activeElement.id, getSelection().toString()]") == ["text", "rain"]


def test_replace_one_skip_one(desk: Desk, page: Page) -> None:
    put_caret(page, 0, "Hello")
    search_for(page, "it")
    page.get_by_label("Replace with").fill("it it")  # what is put in is found as well, and must not be next
    page.get_by_label("Replace with").press("Enter")
    assert count(page) == "1 of 4 places"
    page.get_by_label("Replace with").press("Enter")
    until(lambda: count(page) == "3 of 5 places")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Replace", exact=True).click()
    until(lambda: "until it it made" in " ".join(desk.text.split()))
    assert "It was raning" in desk.text
    page.get_by_role("button", name="Undo the replacement").click()
    until(lambda: "until it made" in " ".join(desk.text.split()))


def test_enter_in_the_field_of_the_replacement_does_not_replace_everything(desk: Desk, page: Page) -> None:
    before = desk.text
    page.locator("#text").focus()
    search_for(page, "it")
    page.get_by_label("Replace with").fill("that")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1200)
    assert desk.text == before


def test_a_replacement_of_twenty_thousand_places_and_its_undo(browser: Browser, desk_of: DeskMaker) -> None:
    sentence = "So it is what it is, and it was what it was. "
    turns = [(f"S{1 + i % 2}", sentence * 100) for i in range(50)]
    desk = desk_of(talk_of(*turns))
    page = open_page(browser, desk)
    before = desk.text
    page.locator("#text").focus()
    search_for(page, "it")
    until(lambda: count(page).startswith("20000 places"))
    page.get_by_label("Replace with").fill("that")
    until(lambda: page.locator("#panel ins").count() == 200)
    for name, expected in (("Replace all", 20_000), ("Undo 20000", 0)):
        page.get_by_role("button", name=name).click()
        until(lambda: desk.text.count("that") == expected)  # noqa: B023 - called at once
    assert desk.text == before
    page.context.close()


def test_what_a_filter_hides_is_neither_found_nor_replaced(desk: Desk, page: Page) -> None:
    page.locator("#filter").select_option("Ada")
    page.locator("#show-search").click()
    page.get_by_label("Find").fill("it")
    until(lambda: count(page) == "1 place, 3 more in hidden turns")
    page.get_by_label("Replace with").fill("that")
    page.get_by_role("button", name="Replace all").click()
    until(lambda: "that is good" in desk.text)
    assert "until it made" in " ".join(desk.text.split())


def test_a_selected_word_is_what_to_find(page: Page) -> None:
    select(page, (1, 0, 0), (1, 0, 5))
    page.keyboard.press("Control+f")
    assert page.get_by_label("Find").input_value() == "Thank"


def test_the_button_that_undoes_a_replacement_undoes_nothing_else(desk: Desk, page: Page) -> None:
    put_caret(page, 0, "Hello")
    page.keyboard.type("Oh, ")
    page.keyboard.press("Control+f")
    page.keyboard.type("soldered")
    page.locator("#put").fill("welded")
    page.get_by_role("button", name="Replace all").click()
    until(lambda: "We welded and welded" in desk.text)
    undo = page.get_by_role("button", name="Undo 2 replacements")
    undo.wait_for()
    page.locator("#text").focus()
    page.keyboard.press("Control+z")
    until(lambda: "We soldered and soldered" in desk.text)
    undo.wait_for(state="hidden")
    assert "Oh, Hello" in " ".join(desk.text.split())


def test_the_place_that_was_gone_to_is_the_one_replaced(desk: Desk, page: Page) -> None:
    """With the keyboard alone."""
    page.locator("#text").focus()
    search_for(page, "soldered")
    for key in ("Enter", "Enter", "Tab", "Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("glued")
    assert count(page) == "2 of 2 places"
    page.keyboard.press("Enter")
    until(lambda: "We soldered and glued" in " ".join(desk.text.split()))
