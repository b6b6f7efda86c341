"""The editor's page in a real Chromium: other readings and suggested names are taken with a key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.editor_page import (
    NEEDS_CHROMIUM,
    TALK,
    Desk,
    DeskMaker,
    open_page,
    paragraph,
    put_caret,
    talk_of,
    turns_of,
    until,
)
from tests.support.transcripts import ADA
from transcribe.person_names import NameCertainty
from transcribe.transcript import Doubt, Speaker, Transcript, Word

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM

GUEST = Speaker("S2", "Guest", certainty=NameCertainty.PLACEHOLDER, suggestion="Bob Moog")


def doubt_of(talk: Transcript, turn: int, words: slice, alternative: str, errors: float) -> Doubt:
    found = talk.turns[turn].words[words]
    return Doubt(found[0].start, found[-1].end, "two readings differ", errors, alternative)


def desk_with_readings(desk_of: DeskMaker) -> Desk:
    talk = talk_of(*TALK, speakers=(ADA, GUEST))
    gap = Doubt(talk.turns[0].end + 0.01, talk.turns[1].start - 0.01, "speech, not transcribed", 0.2, "right *now*")
    doubts = (
        gap,
        doubt_of(talk, 3, slice(0, 3), "we soldered that, and", 0.9),
        doubt_of(talk, 2, slice(7, 8), "here", 0.8),
        doubt_of(talk, 2, slice(4, 5), "first first", 0.7),
    )
    return desk_of(replace(talk, doubts=doubts))


def shown(page: Page) -> list[str]:
    return [text.split("or: ")[-1] for text in page.locator("#panel li .hit").all_text_contents()]


def _key(word: Word) -> tuple[str, float, float]:
    return word.text, word.start, word.end


def selected(page: Page) -> str:
    return str(page.evaluate("() => getSelection().toString()"))


def test_other_readings_and_names_are_taken_one_after_the_other(browser: Browser, desk_of: DeskMaker) -> None:
    """The likeliest errors first, after the names; each is one undo, and the times of other words stay."""
    desk = desk_with_readings(desk_of)
    before, times = turns_of(desk), {word.start: word.text for word in desk.transcript.words}
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 5").click()
    assert [text.split("two ")[0] for text in shown(page)[:4]] == [
        *("Bob Moogthe name is not sure", "we soldered that, and", "here", "first first")
    ]
    page.locator("#text").focus()
    page.keyboard.press("F8")
    page.keyboard.press("Shift+F9")
    until(lambda: selected(page) == "We soldered and")
    for following in ("about?", "first", ""):
        page.keyboard.press("Shift+F9")
        until(lambda: selected(page) == following)  # noqa: B023 - called at once
    page.keyboard.press("Shift+F9")
    page.locator("#show-doubts", has_text="Doubts").wait_for()
    said = [*(text for _, text in before)]
    wanted = [
        f"{said[0]} Right \\*now\\*",
        said[1],
        "How did the very first first machine come here?",
        said[3].replace("We soldered and", "We soldered that, and"),
    ]
    until(lambda: [text for _, text in turns_of(desk)] == wanted)
    assert turns_of(desk)[1][0] == "Bob"
    until(lambda: desk.transcript.speaker("S2").name == "Bob Moog")
    assert desk.transcript.doubts == ()
    kept = {word.start: word.text for word in desk.transcript.words}
    assert {text for _, text in times.items() - kept.items()} <= {"soldered", "about?"}
    for _ in range(5):
        page.keyboard.press("Control+z")
    page.locator("#show-doubts", has_text="Doubts 5").wait_for()
    until(lambda: turns_of(desk) == before)
    page.context.close()


def test_a_suggested_name_is_refused_and_that_is_undone(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_with_readings(desk_of)
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 5").click()
    page.get_by_role("button", name="Correct", exact=True).first.click()
    until(lambda: desk.transcript.speaker("S2").suggestion == "")
    page.locator("#show-doubts", has_text="Doubts 4").wait_for()
    put_caret(page, 0, "Hello")
    page.keyboard.press("Control+z")
    until(lambda: desk.transcript.speaker("S2") == GUEST)
    page.locator("#show-doubts", has_text="Doubts 5").wait_for()
    page.locator("button.name").nth(1).click()
    page.get_by_role("menuitem", name="Rename Guest to Bob Moog").click()
    until(lambda: turns_of(desk)[1][0] == "Bob")
    page.context.close()


@pytest.mark.parametrize("loads_between", [False, True])
def test_what_was_taken_and_undone_is_offered_again_after_a_reload(
    browser: Browser, desk_of: DeskMaker, loads_between: bool
) -> None:
    desk = desk_with_readings(desk_of)
    before, times = turns_of(desk), {_key(word) for word in desk.transcript.words}
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 5").click()
    offered = shown(page)
    page.locator("#text").focus()
    page.keyboard.press("F8")
    for _ in range(5):
        page.keyboard.press("Shift+F9")
    until(lambda: "Right" in turns_of(desk)[0][1] and turns_of(desk)[1][0] == "Bob")
    until(lambda: desk.transcript.speaker("S2").name == "Bob Moog" and not desk.transcript.doubts)
    if loads_between:  # as an edit of the file does
        desk.draft.write_bytes(desk.text.replace("welcome to the show", "welcome to our show").encode())
        until(lambda: "our show" in paragraph(page, 0).text_content())
        before[0] = (before[0][0], before[0][1].replace("the show", "our show"))
        times = {each for each in times if each[0] != "the"}
    for _ in range(5):
        page.keyboard.press("Control+z")
    until(lambda: turns_of(desk) == before)
    page.reload()  # at once
    page.locator("#show-doubts", has_text="Doubts 5").click()
    assert shown(page) == offered
    assert desk.transcript.speaker("S2") == GUEST
    assert {_key(word) for word in desk.transcript.words} >= times
    page.context.close()


def test_the_chosen_doubt_is_the_same_after_a_change_of_the_file(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_with_readings(desk_of)
    page = open_page(browser, desk)
    page.locator("#show-doubts").click()
    page.locator("#text").focus()
    page.keyboard.press("F9")
    page.locator("#says", has_text="No doubt is chosen").wait_for(state="attached")
    for _ in range(2):
        page.keyboard.press("F8")
    page.locator("#panel [aria-current]", has_text="we soldered that, and").wait_for()
    desk.draft.write_bytes(desk.text.replace("welcome to the show", "welcome to our show").encode())
    until(lambda: "our show" in paragraph(page, 0).text_content())
    page.wait_for_timeout(600)  # the list is brought up to date
    page.keyboard.press("F9")
    until(lambda: [doubt.alternative for doubt in desk.transcript.doubts] == ["right *now*", "first first", "here"])
    page.context.close()


def test_doubts_of_the_same_words_are_gone_through_one_after_the_other(browser: Browser, desk_of: DeskMaker) -> None:
    """Also two that say the same, and back again."""
    talk = talk_of(*TALK)
    same = doubt_of(talk, 2, slice(4, 5), "fast", 0.7)
    more = (replace(same, alternative="last"), same, replace(same, reason="unclear"))
    desk = desk_of(replace(talk, doubts=(same, *more, doubt_of(talk, 3, slice(0, 3), "we sold", 0.2))))
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 5").click()
    page.locator("#text").focus()
    for number in (1, 2, 3, 4, 5, 1):
        page.keyboard.press("F8")
        page.locator("#says", has_text=f"Doubt {number} of 5").wait_for(state="attached")
    until(lambda: selected(page) == "first")
    for number in (5, 4, 3, 2, 1):
        page.keyboard.press("Shift+F8")
        page.locator("#says", has_text=f"Doubt {number} of 5").wait_for(state="attached")
    page.context.close()


def test_a_passage_behind_long_text_without_blanks_is_shown_at_once(browser: Browser, desk_of: DeskMaker) -> None:
    """In time that grows with the text, not with a power of it: a page that takes longer shows nothing."""
    talk = talk_of(("S1", "\u3042" * 3000 + " a b c d e f g."), speakers=(ADA, GUEST))
    desk = desk_of(replace(talk, doubts=(doubt_of(talk, 0, slice(-1, None), "h" + "!" * 3000 + "h", 0.9),)))
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 1").click()
    page.locator("#panel li .hit", has_text="c d e f g.").wait_for()
    page.locator("#text").focus()
    page.keyboard.press("F8")
    page.keyboard.press("Shift+F9")
    until(lambda: turns_of(desk)[0][1].endswith("a b c d e f h" + "!" * 3000 + "h."))
    page.context.close()


def test_buttons_name_the_keys_of_the_chosen_set(browser: Browser, desk_of: DeskMaker) -> None:
    page = open_page(browser, desk_with_readings(desk_of))
    page.locator("#show-doubts").click()
    assert page.locator("#play").get_attribute("title") == "Play or pause (Esc)"
    page.keyboard.press("Control+/")
    page.locator("#key-set").select_option("mac")
    page.keyboard.press("Escape")
    page.locator("#text").focus()
    page.keyboard.press("Alt+Shift+n")
    take = page.get_by_role("button", name="Take", exact=True).first
    assert take.get_attribute("title") == "Take “Bob Moog” (Alt+Shift+O)"
    assert page.locator("#play").get_attribute("title") == "Play or pause (Alt+Shift+K)"
    page.context.close()
