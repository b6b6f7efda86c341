"""The editor's page in a real Chromium: what becomes of edits: other editors, other pages, no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.editor_page import (
    NEEDS_CHROMIUM,
    Desk,
    open_page,
    paragraph,
    put_caret,
    saved,
    select_word,
    turns_of,
    until,
)

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


def test_what_is_typed_while_the_page_reloads_is_kept(desk: Desk, page: Page) -> None:
    """The file changed elsewhere, and the editor types while the new text is on its way."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        if route.request.method == "GET" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/draft", hold)
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    until(lambda: page.wait_for_timeout(50) or held)
    put_caret(page, 2, "very")
    page.keyboard.type("truly ")
    held[0].continue_()
    until(lambda: page.wait_for_timeout(50) or "truly very" in desk.text)  # a held route waits for this thread
    page.unroute("**/api/draft")
    until(lambda: "raining" in paragraph(page, 1).text_content())
    assert "truly very" in paragraph(page, 2).text_content()
    assert "raining" in desk.text


def test_a_page_left_open_goes_on_when_the_editor_is_started_anew(desk: Desk, page: Page, browser: Browser) -> None:
    """With another token, as a user starts it: the same port, and a new tab beside the old one."""
    desk.stop()
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="no connection").wait_for()
    port = desk.editor.port
    desk.start()
    assert desk.editor.port == port
    page.locator("#status", has_text="open the address").wait_for()
    other = page.context.new_page()
    other.goto(desk.editor.url)
    saved(other)
    until(lambda: "raining" in desk.text)
    saved(page)
    put_caret(page, 2, "How")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    other.close()


def test_undo_takes_back_nobody_elses_edit(desk: Desk, page: Page) -> None:
    before = desk.text
    put_caret(page, 2, "very")
    page.keyboard.type("truly ")
    until(lambda: "truly very" in desk.text)
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    until(lambda: "raining" in paragraph(page, 1).text_content())
    put_caret(page, 2, "How")
    page.keyboard.press("Control+z")
    until(lambda: "truly" not in desk.text)
    assert desk.text == before.replace("raning", "raining")


def test_theirs_goes_where_the_paragraph_stands_by_then(desk: Desk, page: Page) -> None:
    """Between the clash and the choice the turn above was split, and the turn itself joined to it."""
    theirs = desk.text.replace("very first", "second")
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(theirs.encode())
    select_word(page, 2, "very")
    page.keyboard.type("real")
    page.locator(".clash mark", has_text="second").wait_for()
    put_caret(page, 1, "It was")
    page.keyboard.press("Enter")
    assert page.locator(".clash").count() == 1
    page.get_by_role("button", name="Take theirs").click()
    until(lambda: len(turns_of(desk)) == 5)
    assert turns_of(desk)[2:4] == [("B", "It was raning for weeks."), ("A", "How did the second machine come about?")]


def test_a_clash_in_a_turn_that_was_joined_to_another_can_still_be_settled(desk: Desk, page: Page) -> None:
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(desk.text.replace("very first", "second").encode())
    select_word(page, 2, "very")
    page.keyboard.type("real")
    page.locator(".clash").wait_for()
    put_caret(page, 2, "How")
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Keep mine").click()
    until(lambda: "How did the real first machine" in " ".join(desk.text.split()))


def test_times_that_cannot_follow_are_told(desk: Desk, page: Page) -> None:
    desk.json.write_text("{}", encoding="utf-8")
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    until(lambda: "raining" in desk.text)
    page.locator("#trouble", has_text="talk.json").wait_for()


def test_a_draft_taken_away_keeps_the_edits_on_the_page(desk: Desk, page: Page) -> None:
    source = desk.text
    desk.draft.rename(desk.draft.with_suffix(".away"))
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="cannot be read").wait_for()
    assert not desk.draft.exists()
    desk.draft.with_suffix(".away").rename(desk.draft)
    until(lambda: desk.text == source.replace("raning", "raining"))
