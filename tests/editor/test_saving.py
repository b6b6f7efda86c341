"""The editor's page in a real Chromium: saving, with other editors, other pages, and no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from output.captions import vtt
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


def test_a_change_of_the_file_appears_on_the_page(desk: Desk, page: Page) -> None:
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


def test_a_conflict_shows_both_versions_and_overwrites_nothing(desk: Desk, page: Page) -> None:
    theirs = desk.text.replace("raning", "snowing")
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(theirs.encode())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator(".conflict", has_text="snowing").wait_for()
    assert desk.text == theirs
    assert "raining" in paragraph(page, 1).text_content()
    page.get_by_role("button", name="Keep mine").click()
    until(lambda: desk.text == theirs.replace("snowing", "raining"))


def test_a_conflict_can_be_resolved_with_theirs(desk: Desk, page: Page) -> None:
    theirs = desk.text.replace("raning", "snowing")
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(theirs.encode())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.get_by_role("button", name="Take theirs").click()
    saved(page)
    assert desk.text == theirs


def test_two_pages_edit_the_same_draft(desk: Desk, page: Page, browser: Browser) -> None:
    other = open_page(browser, desk)
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    select_word(other, 3, "Nobody")
    other.keyboard.type("No one")
    until(lambda: "raining" in desk.text and "No one" in desk.text)
    until(lambda: "raining" in paragraph(other, 1).text_content())
    until(lambda: "No one" in paragraph(page, 3).text_content())
    other.context.close()


def test_edits_are_saved_after_the_server_returns(desk: Desk, page: Page) -> None:
    port, token = desk.editor.port, desk.editor.url.split("token=")[1]
    desk.stop()
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="Not saved: no connection").wait_for()
    assert "raning" in desk.text
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    page.evaluate("() => window.stop()")
    desk.start(port, token)
    until(lambda: "raining" in desk.text)
    saved(page)


def test_leaving_with_unsaved_edits_warns(desk: Desk, page: Page) -> None:
    page.route("**/api/draft", lambda route: route.abort())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="Not saved: no connection").wait_for()
    dialogs: list[str] = []

    def dismiss(dialog: Any) -> None:
        dialogs.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.close(run_before_unload=True)
    until(lambda: page.wait_for_timeout(50) or dialogs)
    assert dialogs == ["beforeunload"]
    page.unroute("**/api/draft")
    until(lambda: "raining" in desk.text)


def test_edits_during_a_reload_are_not_lost(desk: Desk, page: Page) -> None:
    """The file changed elsewhere, and the editor types while the page loads the new text."""
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


def test_an_open_page_works_after_the_editor_restarts(desk: Desk, page: Page, browser: Browser) -> None:
    """A restart by the user: another token, the same port, and a new tab next to the old one."""
    desk.stop()
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="Not saved: no connection").wait_for()
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


def test_what_is_played_before_the_page_knows_of_the_restart_is_played(desk: Desk, page: Page) -> None:
    """The address of the sound has the old token: the browser gets an error, and pauses."""
    page.route("**/api/revision", lambda route: route.abort())
    desk.stop()
    desk.start()
    other = page.context.new_page()
    other.goto(desk.editor.url)
    saved(other)
    put_caret(page, 2, "How")
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "() => { const { error, paused } = document.getElementById('picture'); return error && paused; }"
    )
    page.unroute("**/api/revision")
    page.wait_for_function("() => !document.getElementById('picture').paused")
    other.close()


def test_undo_does_not_revert_edits_of_others(desk: Desk, page: Page) -> None:
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


def test_theirs_replaces_a_paragraph_that_moved(desk: Desk, page: Page) -> None:
    """Between the conflict and the choice the turn above is split, and the turn itself merged into it."""
    theirs = desk.text.replace("very first", "second")
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(theirs.encode())
    select_word(page, 2, "very")
    page.keyboard.type("real")
    page.locator(".conflict mark", has_text="second").wait_for()
    put_caret(page, 1, "It was")
    page.keyboard.press("Enter")
    assert page.locator(".conflict").count() == 1
    page.get_by_role("button", name="Take theirs").click()
    until(lambda: len(turns_of(desk)) == 5)
    assert turns_of(desk)[2:4] == [("B", "It was raning for weeks."), ("A", "How did the second machine come about?")]


def test_a_conflict_in_a_merged_turn_can_be_resolved(desk: Desk, page: Page) -> None:
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(desk.text.replace("very first", "second").encode())
    select_word(page, 2, "very")
    page.keyboard.type("real")
    page.locator(".conflict").wait_for()
    put_caret(page, 2, "How")
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Keep mine").click()
    until(lambda: "How did the real first machine" in " ".join(desk.text.split()))


def test_the_page_reports_times_that_cannot_be_updated(desk: Desk, page: Page) -> None:
    desk.json.write_text("{}", encoding="utf-8")
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    until(lambda: "raining" in desk.text)
    page.locator(".notice", has_text="talk.json").wait_for()


def test_edits_stay_on_the_page_when_the_draft_is_removed(desk: Desk, page: Page) -> None:
    source = desk.text
    desk.draft.rename(desk.draft.with_suffix(".away"))
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#status", has_text="cannot be read").wait_for()
    assert not desk.draft.exists()
    desk.draft.with_suffix(".away").rename(desk.draft)
    until(lambda: desk.text == source.replace("raning", "raining"))


def test_the_launched_address_opens_the_page_once(desk: Desk, browser: Browser) -> None:
    """The address in a program's arguments; a second use of it opens nothing."""
    address = desk.editor.url_to_launch()
    page = browser.new_context().new_page()
    page.goto(address)
    saved(page)
    assert "code" not in page.url
    page.reload()
    saved(page)
    other = browser.new_context().new_page()
    other.goto(address)
    other.locator("#status", has_text="open the address").wait_for()
    for opened in (page, other):
        opened.context.close()


def test_an_edit_outside_brings_the_captions_along(desk: Desk, page: Page) -> None:
    """As `transcribe sync` would, while the page is open."""
    captions = desk.draft.with_suffix(".vtt")
    captions.write_text(vtt(desk.transcript), encoding="utf-8")
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    until(lambda: "raining" in paragraph(page, 1).text_content())
    until(lambda: "raining" in captions.read_text(encoding="utf-8"))
    until(lambda: any(word.text == "raining" for word in desk.transcript.words))
