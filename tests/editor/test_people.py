"""The editor's page in a real Chromium: who speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.editor_page import NEEDS_CHROMIUM, Desk, put_caret, saved, turns_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = NEEDS_CHROMIUM


def test_a_turn_is_given_to_the_other_speaker(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Bob").first.click()
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "B", "B"])
    until(lambda: [turn.speaker for turn in desk.transcript.turns] == ["S1", "S2", "S2", "S2"])


def test_from_the_caret_on_somebody_else_speaks(desk: Desk, page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Alt+s")
    page.get_by_role("menuitem", name="Ada").last.click()
    until(lambda: turns_of(desk)[-1] == ("A", "Nobody had asked for it. Then everybody did."))


def test_a_person_is_renamed_everywhere_by_keyboard(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(1).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator("#ask-text").fill("Robert Moog")
    page.keyboard.press("Enter")
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Robert", "A", "R"])
    until(lambda: desk.transcript.speaker("S2").name == "Robert Moog")


def test_somebody_new_speaks(desk: Desk, page: Page) -> None:
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Somebody new").first.click()
    page.locator("#ask-text").fill("Clara Rockmore")
    page.get_by_role("button", name="Do it").click()
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "Clara", "B"])
    until(lambda: {speaker.name for speaker in desk.transcript.speakers} >= {"Clara Rockmore", "Bob Moog"})


def test_an_impossible_name_is_refused_and_kept(desk: Desk, page: Page) -> None:
    before = desk.text
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Somebody new").first.click()
    page.locator("#ask-text").fill("**: x")
    page.keyboard.press("Enter")
    page.locator("#status", has_text="cannot be a speaker's name").wait_for()
    assert desk.text == before
    page.locator("#text").focus()
    page.keyboard.press("Control+z")
    saved(page)


def test_only_one_speaker_is_shown(page: Page) -> None:
    page.locator("#filter").select_option("Bob")
    assert page.locator("section:visible").count() == 2
    page.locator("#filter").select_option("")
    assert page.locator("section:visible").count() == 4
