"""The editor's page in a real Chromium: what becomes of edits: other editors, other pages, no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.desk import NEEDS_CHROMIUM, Desk, open_page, paragraph, saved, select_word, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


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
