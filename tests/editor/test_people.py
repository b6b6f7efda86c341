"""The editor's page in a real Chromium: speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.editor_page import NEEDS_CHROMIUM, Desk, put_caret, saved, turns_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = NEEDS_CHROMIUM


def test_the_menu_changes_the_speaker_of_a_turn(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Bob").first.click()
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "B", "B"])
    until(lambda: [turn.speaker for turn in desk.transcript.turns] == ["S1", "S2", "S2", "S2"])


def test_the_menu_changes_the_speaker_from_the_caret_on(desk: Desk, page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Alt+s")
    page.get_by_role("menuitem", name="Ada").last.click()
    until(lambda: turns_of(desk)[-1] == ("A", "Nobody had asked for it. Then everybody did."))


def test_the_menu_renames_a_speaker_everywhere_by_keyboard(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(1).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator("#ask-text").fill("Robert Moog")
    page.keyboard.press("Enter")
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Robert", "A", "R"])
    until(lambda: desk.transcript.speaker("S2").name == "Robert Moog")


def test_the_menu_adds_a_new_speaker(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="New speaker").first.click()
    page.locator("#ask-text").fill("Clara Rockmore")
    page.get_by_role("button", name="OK").click()
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "Clara", "B"])
    until(lambda: {speaker.name for speaker in desk.transcript.speakers} >= {"Clara Rockmore", "Bob Moog"})


def test_an_invalid_name_is_refused_and_the_edit_stays_on_the_page(desk: Desk, page: Page) -> None:
    before = desk.text
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="New speaker").first.click()
    page.locator("#ask-text").fill("**: x")
    page.keyboard.press("Enter")
    page.locator("#status", has_text="cannot be a speaker's name").wait_for()
    assert desk.text == before
    page.locator("#text").focus()
    page.keyboard.press("Control+z")
    saved(page)


def test_the_filter_shows_one_speaker(page: Page) -> None:
    page.locator("#filter").select_option("Bob")
    assert page.locator("section:visible").count() == 2
    page.locator("#filter").select_option("")
    assert page.locator("section:visible").count() == 4
