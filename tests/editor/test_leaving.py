"""The editor's page in a real Chromium: what an editor leaves behind is there when they come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from output.markdown import render
from tests.support.editor_page import (
    NEEDS_CHROMIUM,
    TALK,
    Desk,
    DeskMaker,
    open_page,
    paragraph,
    put_caret,
    saved,
    select,
    select_word,
    talk_of,
    until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


def leave_unsaved(
    desk: Desk, page: Page, typed: str = "raining", *, over: str = "raning", at: tuple[int, int] = (1, 0)
) -> None:
    """Type while the server is gone, close the tab, and start the server again once no tab is left that could save."""
    port, token = desk.editor.port, desk.editor.url.split("token=")[1]
    witness = page.context.new_page()
    witness.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    witness.goto(desk.editor.url)
    page.bring_to_front()
    desk.stop()
    offset = paragraph(page, *at).text_content().index(over)
    select(page, (*at, offset), (*at, offset + len(over)))
    page.keyboard.type(typed)
    page.locator("#status", has_text="Not saved: no connection").wait_for()
    page.close()
    witness.wait_for_function("async () => !(await navigator.locks.query()).held.length")
    witness.close()
    desk.start(port, token)


def open_again(desk: Desk, page: Page) -> Page:
    """A new tab of the same browser."""
    again = page.context.new_page()
    again.goto(desk.editor.url)
    saved(again)
    return again


def test_edits_of_a_closed_tab_are_offered_and_taken_over(desk: Desk, page: Page) -> None:
    before = desk.text
    leave_unsaved(desk, page)
    again = open_again(desk, page)
    again.locator(".notice", has_text="(1 paragraph) were not saved").wait_for()
    assert desk.text == before
    again.get_by_role("button", name="Take them over").click()
    until(lambda: desk.text == before.replace("raning", "raining"))
    again.locator(".notice").wait_for(state="detached")
    until(lambda: "raining" in paragraph(again, 1).text_content())
    put_caret(again, 1, "Thank")
    again.keyboard.press("Control+z")
    until(lambda: desk.text == before)
    saved(again)
    again.reload()
    saved(again)
    again.wait_for_timeout(300)
    assert again.locator(".notice").count() == 0


def test_edits_of_a_closed_tab_are_merged_into_a_newer_file(desk: Desk, page: Page) -> None:
    leave_unsaved(desk, page)
    desk.draft.write_bytes(desk.text.replace("very first", "second").encode())
    newer = desk.text
    again = open_again(desk, page)
    again.get_by_role("button", name="Take them over").click()
    until(lambda: desk.text == newer.replace("raning", "raining"))


def test_edits_of_a_closed_tab_that_clash_are_chosen(desk: Desk, page: Page) -> None:
    leave_unsaved(desk, page)
    desk.draft.write_bytes(desk.text.replace("raning", "snowing").encode())
    newer = desk.text
    again = open_again(desk, page)
    again.get_by_role("button", name="Take them over").click()
    again.locator(".conflict", has_text="snowing").wait_for()
    assert desk.text == newer
    again.get_by_role("button", name="Keep mine").click()
    until(lambda: desk.text == newer.replace("snowing", "raining"))


def test_edits_of_a_closed_tab_can_be_discarded(desk: Desk, page: Page) -> None:
    before = desk.text
    leave_unsaved(desk, page)
    again = open_again(desk, page)
    again.get_by_role("button", name="Discard them").click()
    again.reload()
    saved(again)
    again.wait_for_timeout(300)
    assert again.locator(".notice").count() == 0
    assert desk.text == before


def test_blanks_that_no_file_keeps_are_not_offered(desk: Desk, page: Page) -> None:
    before = desk.text
    leave_unsaved(desk, page, "raning  ")
    again = open_again(desk, page)
    again.wait_for_function("() => !Object.keys(localStorage).some(name => name.startsWith('unsaved'))")
    assert again.locator(".notice").count() == 0
    assert desk.text == before


@pytest.mark.parametrize(("over", "typed"), [("- salt", "  - salt"), ("bread\n", "bread ")])
def test_an_indent_or_a_line_of_a_list_is_offered(browser: Browser, desk_of: DeskMaker, over: str, typed: str) -> None:
    """The file keeps them, though the words are the same."""
    talk = talk_of(*TALK)
    desk = desk_of(talk, render(talk).rstrip() + "\n\n- bread\n- salt\n- tea\n")
    page = open_page(browser, desk)
    before, context = desk.text, page.context
    leave_unsaved(desk, page, typed, over=over, at=(3, 1))
    again = open_again(desk, page)
    again.locator(".notice", has_text="(1 paragraph) were not saved").wait_for()
    again.get_by_role("button", name="Take them over").click()
    until(lambda: desk.text == before.replace(over, typed))
    context.close()


def test_edits_of_an_open_tab_are_its_own(desk: Desk, page: Page) -> None:
    """It saves them itself as soon as it can."""
    page.route("**/api/draft", lambda route: route.abort())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="Not saved: no connection").wait_for()
    other = open_again(desk, page)
    other.wait_for_timeout(1500)
    assert other.locator(".notice").count() == 0
    page.unroute("**/api/draft")
    until(lambda: page.wait_for_timeout(50) or "raining" in desk.text)


def test_a_page_opens_where_it_was_left(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_of(talk_of(*[(who, f"{text} " * 4) for who, text in TALK * 6]))
    first = open_page(browser, desk)
    until(lambda: not first.locator("#play").is_disabled())
    first.locator("#rate").select_option("1.25")
    first.locator("#seek").fill("21.5")
    until(lambda: (first.locator("#clock").text_content() or "").startswith("0:21"))
    put_caret(first, 21, "long")
    for key in ("ArrowRight", "ArrowLeft"):  # which scroll
        first.keyboard.press(key)
    until(lambda: first.evaluate("() => scrollY") > 1000)
    first.close()
    again = open_again(desk, first)
    until(lambda: float(again.locator("#seek").input_value()) == pytest.approx(21.5, abs=0.11))
    assert again.locator("#rate").input_value() == "1.25"
    until(
        lambda: again.evaluate(
            "() => { const box = getSelection().getRangeAt(0).getBoundingClientRect();"
            " return box.top > 0 && box.bottom < innerHeight }"
        )
    )
    again.keyboard.type("very ")
    until(lambda: "such a very long ride" in " ".join(desk.text.split()))
    first.context.close()


def test_an_earlier_version_is_shown_and_brought_back(desk: Desk, page: Page) -> None:
    before = desk.text
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    until(lambda: "raining" in desk.text)
    page.get_by_role("button", name="Versions").click()
    page.locator("#panel .hit").first.click()
    page.locator("#panel del", has_text="raning").wait_for()
    page.locator("#panel ins", has_text="raining").wait_for()
    page.get_by_role("button", name="Back to this version").click()
    until(lambda: desk.text == before)
    page.locator("#text").focus()
    page.keyboard.press("Control+z")
    until(lambda: "raining" in desk.text)


def test_the_text_can_be_edited_before_its_times_are_there(desk: Desk, browser: Browser) -> None:
    page = browser.new_context().new_page()
    held: list[Any] = []

    def hold(route: Any) -> None:
        if route.request.method == "GET" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/draft*", hold)
    page.goto(desk.editor.url)
    until(lambda: page.wait_for_timeout(50) or (held and page.locator("section").count() == 4))
    assert page.locator(".time").all_text_contents() == [""] * 4
    put_caret(page, 1, "long")
    page.keyboard.type("very ")
    put_caret(page, 2, "How")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    held[0].continue_()
    until(lambda: page.wait_for_timeout(50) or all(page.locator(".time").all_text_contents()))
    until(lambda: page.wait_for_timeout(50) or "such a very long ride" in " ".join(desk.text.split()))
    saved(page)
    put_caret(page, 1, "glad")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.context.close()
