"""The editor's page in a real Chromium: with the keyboard alone, and for assistive technology."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

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
    select_word,
    talk_of,
    turns_of,
    until,
)
from transcribe.transcript import Doubt

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


def show_search(page: Page) -> None:
    page.locator("#show-search").click()
    page.get_by_label("Find").fill("it")
    page.get_by_label("Replace with").fill("that")
    until(lambda: page.locator("#panel ins").count() > 1)
    page.get_by_label("Find").press("Enter")


def show_menu(page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Alt+s")


def show_doubts(page: Page) -> None:
    page.locator("#show-doubts").click()
    page.get_by_label("Mark all in the text").check()
    page.keyboard.press("F8")


def show_rename(page: Page) -> None:
    show_menu(page)
    page.get_by_role("menuitem", name="Rename").last.click()


def play(page: Page) -> None:
    """As a video, although the page hides the picture of a recording without one whenever it asks the server."""
    page.evaluate(
        """() => ["picture", "show-picture"].forEach(id => {
            document.getElementById(id).hidden = false;
            Object.defineProperty(document.getElementById(id), "hidden", { set() {} });
        })"""
    )
    page.locator("#play").click()
    until(lambda: page.locator("#play").text_content() == "Pause")


def refuse(page: Page) -> None:
    page.locator("#filter").select_option("Ada")
    put_caret(page, 2, "How")
    page.keyboard.press("Backspace")
    page.locator(".notice").wait_for()


def show_left_out(page: Page) -> None:
    """And the offer of edits of a closed tab."""
    edit = '{ "at": 1e12, "revision": "", "names": {}, "base": [["Ada", ["a"]]], "turns": [["Ada", ["b"]]] }'
    page.evaluate("edit => localStorage.setItem(`unsaved ${sessionStorage.token.split('.')[0]} x`, edit)", edit)
    page.reload()
    page.locator(".notice").wait_for()
    page.locator("#show-lost").click()


def show_versions(page: Page) -> None:
    put_caret(page, 0, "Hello")
    page.keyboard.type("Well ")
    page.keyboard.press("Control+s")
    saved(page)
    page.locator("#show-versions").click()
    page.locator("#panel .hit").first.click()
    page.locator("#panel ins").wait_for()


STATES: dict[str, Callable[[Page], None]] = {
    "text": lambda page: None,
    "playing": play,
    "search": show_search,
    "doubts": show_doubts,
    "menu": show_menu,
    "keys": lambda page: page.keyboard.press("Control+/"),
    "rename": show_rename,
    "refusal": refuse,
    "left out": show_left_out,
    "versions": show_versions,
    "title": lambda page: page.locator("#edit-opening").click(),
}


def show_conflict(page: Page, desk: Desk) -> None:
    page.route("**/api/revision", lambda route: route.abort())
    desk.draft.write_bytes(desk.text.replace("raning", "snowing").encode())
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator(".conflict", has_text="snowing").wait_for()


WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHAT_IS_SHOWN = """() => [...document.querySelectorAll("dialog, .notice, .conflict, #panel, #menu, #picture")]
    .filter(node => node.checkVisibility()).map(node => node.id || node.className)"""
WIDTHS = [1280, 820, 390]
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]


@pytest.mark.parametrize("state", [*STATES, "conflict"])
def test_axe_finds_nothing(browser: Browser, desk_of: DeskMaker, state: str) -> None:
    """WCAG 2.2 AA and axe's best practices, in every state of the page, which stays while width and colours change."""
    from axe_playwright_python.sync_playwright import Axe

    talk = talk_of(*TALK, ("S1", "Then it was over, and all of us went home through the rain."))
    spot = talk.turns[1].words[3]
    guest = replace(talk.speakers[1], suggestion="Bob Noyce")
    doubt = Doubt(spot.start, spot.end, "two readings differ", alternative="eager")
    talk = replace(talk, speakers=(talk.speakers[0], guest), doubts=(doubt,))
    source = render(talk).replace("**A**: Then", "## The end\n\nThen").replace("**Ada**", "Of *rain*.\n\n**Ada**")
    desk = desk_of(talk, source)
    page = open_page(browser, desk, viewport={"width": WIDTHS[0], "height": 800})
    until(lambda: not page.locator("#play").is_disabled())
    if state == "conflict":
        show_conflict(page, desk)
    else:
        STATES[state](page)
    found, seen = {}, page.evaluate(WHAT_IS_SHOWN)
    page.evaluate(Axe().axe_script)
    only = {"runOnly": WCAG, "resultTypes": ["violations"]}
    for width, scheme in product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(WHAT_IS_SHOWN) == seen
        for violation in page.evaluate("only => axe.run(only).then(results => results.violations)", only):
            found[width, scheme, violation["id"]] = [node["html"][:150] for node in violation["nodes"][:3]]
    assert found == {}
    page.context.close()


def test_the_text_is_a_named_text_box_that_tab_leaves(page: Page) -> None:
    box = page.get_by_role("textbox", name="Transcript", exact=True)
    assert box.get_attribute("aria-multiline") == "true"
    box.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('#bar') !== null")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.id") == "text"


def test_tab_reaches_everything_and_comes_round(page: Page) -> None:
    until(lambda: not page.locator("#play").is_disabled())
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("() => document.activeElement.id || document.activeElement.className")
        if name in reached:
            break
        reached.append(name)
    controls = (
        "show-versions text seek back play forward clock rate loop show-doubts show-search filter show-help".split()
    )
    assert set(controls) <= set(reached)


def test_nothing_talks_while_the_recording_plays_or_is_saved(desk: Desk, page: Page) -> None:
    """What changes in live regions, in the accessibility tree, during playback and typing."""
    page.evaluate(
        """() => {
            window.spoken = [];
            const live = node => node.closest("[aria-live]:not([aria-live=off]), [role=status], [role=alert], output");
            new MutationObserver(changes => changes.forEach(({ target }) => {
                const region = live(target.nodeType === 1 ? target : target.parentElement);
                if (region) window.spoken.push(region.textContent);
            })).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    put_caret(page, 0, "Hello")
    page.keyboard.press("Control+Enter")
    until(lambda: float(page.locator("#seek").input_value()) > 1.5)
    page.keyboard.type("Well ")
    until(lambda: "Well" in desk.text)
    saved(page)
    assert page.evaluate("() => window.spoken") == []


def test_a_key_can_be_set_and_is_remembered(page: Page) -> None:
    page.locator("#text").focus()
    page.keyboard.press("Control+/")
    page.get_by_role("button", name="Set the key for: play, pause").click()
    page.keyboard.press("Alt+p")
    assert "Alt+P" in (page.locator("#keys").text_content() or "")
    page.keyboard.press("Escape")
    page.reload()
    saved(page)
    until(lambda: not page.locator("#play").is_disabled())
    put_caret(page, 0, "Hello")
    page.keyboard.press("Alt+p")
    until(lambda: page.locator("#play").text_content() == "Pause")


def test_a_key_that_types_is_not_taken(page: Page) -> None:
    page.keyboard.press("Control+/")
    page.get_by_role("button", name="Set the key for: play, pause").click()
    page.keyboard.press("p")
    assert "Esc" in (page.locator("#keys").text_content() or "")


def press(page: Page, **event: Any) -> None:
    page.evaluate(
        """event => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...event }))""",
        event,
    )


def test_keys_of_a_german_keyboard_and_of_a_mac(page: Page) -> None:
    page.locator("#text").focus()
    press(page, key="/", code="Digit7", ctrlKey=True, shiftKey=True)  # a slash is Shift+7
    page.get_by_role("heading", name="Keys").wait_for()
    page.locator("#key-set").select_option("mac")
    page.keyboard.press("Escape")
    put_caret(page, 0, "Hello")
    press(page, key="ß", code="KeyS", altKey=True)  # Option types other letters
    page.get_by_role("menuitem", name="Rename").wait_for()
    page.keyboard.press("Escape")
    press(page, key="\u02da", code="KeyK", altKey=True, shiftKey=True)
    until(lambda: page.locator("#play").text_content() == "Pause")
    press(page, key="z", code="KeyY", metaKey=True)  # Command, by the letter and not by its place


def test_a_foot_pedal_plays_and_goes_back(page: Page) -> None:
    page.locator("#text").focus()
    page.keyboard.press("Control+/")
    page.locator("#key-set").select_option("pedal")
    page.keyboard.press("Escape")
    page.locator("#text").focus()
    page.keyboard.press("F9")
    until(lambda: page.locator("#play").text_content() == "Pause")
    assert "F7" in (page.locator("#back").get_attribute("title") or "")
    page.keyboard.press("Alt+Shift+K")  # another key as on a Mac does not play: the pedal's does
    assert page.locator("#play").text_content() == "Pause"
    page.keyboard.press("F9")
    until(lambda: page.locator("#play").text_content() == "Play")


def test_signs_typed_with_alt_graph_are_typed(desk: Desk, page: Page) -> None:
    put_caret(page, 2, "How")
    press(page, key="s", code="KeyS", ctrlKey=True, altKey=True, modifierAltGraph=True)
    assert not page.locator("#menu").is_visible()


def test_tab_plays_if_one_chooses_so(page: Page) -> None:
    until(lambda: not page.locator("#play").is_disabled())
    page.keyboard.press("Control+/")
    page.get_by_label("Tab plays and pauses").check()
    page.keyboard.press("Escape")
    put_caret(page, 0, "Hello")
    page.keyboard.press("Tab")
    until(lambda: page.locator("#play").text_content() == "Pause")
    assert page.evaluate("() => document.activeElement.id") == "text"


def test_go_to_a_typed_time_and_insert_the_time(desk: Desk, page: Page) -> None:
    until(lambda: not page.locator("#play").is_disabled())
    put_caret(page, 0, "Hello")
    page.keyboard.press("Alt+g")
    page.locator("#ask-text").fill("0:13")
    page.keyboard.press("Enter")
    until(lambda: float(page.locator("#seek").input_value()) == pytest.approx(13, abs=0.2))
    put_caret(page, 2, "How")
    page.keyboard.press("Alt+t")
    until(lambda: "[0:13] How" in desk.text)


def test_a_click_does_not_play_if_one_chooses_so(page: Page) -> None:
    until(lambda: not page.locator("#play").is_disabled())
    page.keyboard.press("Control+/")
    page.get_by_label("A click plays").uncheck()
    page.keyboard.press("Escape")
    paragraph(page, 1).click()
    page.wait_for_timeout(300)
    assert page.locator("#play").text_content() == "Play"


@pytest.mark.parametrize(
    ("typed", "label"),
    [("Dr. Smith", "Dr. Smith"), ("van der Berg", "van der Berg"), ("Dr. Jane Hill", "Jane"), ("Plato", "Plato")],
)
def test_labels_of_titles_and_particles(desk: Desk, page: Page, typed: str, label: str) -> None:
    page.locator("button.name").nth(1).click()
    page.get_by_role("menuitem", name="Rename").click()
    page.locator("#ask-text").fill(typed)
    page.keyboard.press("Enter")
    until(lambda: turns_of(desk)[1][0] == label)
    until(lambda: desk.transcript.speaker("S2").name == typed)


def test_five_seconds_of_a_speaker_are_heard(page: Page) -> None:
    until(lambda: not page.locator("#play").is_disabled())
    page.locator("#rate").select_option("2")
    page.locator("button.name").nth(1).click()
    page.get_by_role("menuitem", name="Hear Bob Moog for 5 seconds").click()
    until(lambda: page.locator("#play").text_content() == "Pause")
    until(lambda: page.locator("#play").text_content() == "Play")
    start = talk_of(*TALK).turns[1].start
    assert start + 4.9 <= float(page.locator("#seek").input_value()) <= start + 6.5


def test_the_word_before_the_caret_is_not_touched_by_a_chosen_key(desk: Desk, page: Page) -> None:
    before = desk.text
    select_word(page, 1, "raning")
    for key in ("F1", "F2", "F3", "F4", "Escape", "Escape"):
        page.keyboard.press(key)
    page.wait_for_timeout(1200)
    assert desk.text == before
