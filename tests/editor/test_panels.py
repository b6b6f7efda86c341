"""The editor's page in a real Chromium: doubts, search and replace."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from output.markdown import render
from tests.support.editor_page import (
    NEEDS_CHROMIUM,
    TALK,
    Desk,
    DeskMaker,
    open_page,
    put_caret,
    select,
    talk_of,
    turns_of,
    until,
)
from transcribe.transcript import Doubt, Transcript, Word

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


SPOTS = {"raning": 0.3, "soldered": 0.1, "very": 0.4}


def talk_with_doubts() -> Transcript:
    talk = talk_of(*TALK)
    doubtful = [
        replace(turn, words=tuple(replace(word, probability=SPOTS.get(word.text, 0.99)) for word in turn.words))
        for turn in talk.turns
    ]
    gap = Doubt(talk.turns[0].end, talk.turns[1].start, "speech, not transcribed")
    return replace(talk, turns=tuple(doubtful), doubts=(gap,))


def selected(page: Page) -> str:
    return str(page.evaluate("() => getSelection().toString()"))


def test_the_likeliest_errors_come_first_and_what_is_typed_over_is_settled(
    browser: Browser, desk_of: DeskMaker
) -> None:
    """Two readings of "soldered" are one passage each; the gap has no words, so it is shown where they would be."""
    desk = desk_of(talk_with_doubts())
    page = open_page(browser, desk)
    page.locator("#show-doubts", has_text="Doubts 5").click()
    shown = page.locator("#panel li .hit").all_text_contents()
    assert [next((word for word in SPOTS if word in text), "gap") for text in shown] == [
        *("soldered", "soldered"),
        *("raning", "very", "gap"),
    ]
    assert "… the rain. It was raning for weeks." in shown[2]
    assert "… have you here again.[…]" in shown[4]
    page.locator("#text").focus()
    page.keyboard.press("F8")
    until(lambda: selected(page) == "soldered")
    put_caret(page, 0, "Hello")
    page.keyboard.press("F10")
    until(lambda: selected(page) == "soldered")
    page.keyboard.type("welded")
    page.locator("#panel .count", has_text="4 left").wait_for()
    page.keyboard.press("F8")
    until(lambda: selected(page) == "soldered")
    page.keyboard.press("F9")
    page.locator("#panel .count", has_text="3 left").wait_for()
    page.keyboard.press("F8")
    until(lambda: selected(page) == "raning")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.locator("#show-doubts", has_text="Doubts 5").wait_for()
    page.get_by_label("Order").select_option("In order of time")
    until(lambda: "raning" in page.locator("#panel li .hit").all_text_contents()[1])
    page.context.close()


def test_doubtful_words_are_marked_in_the_text_on_request(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_of(talk_with_doubts())
    page = open_page(browser, desk)
    marked = """() => [...CSS.highlights.get("doubt")].map(
        ({ startContainer, startOffset, endOffset }) => startContainer.data.slice(startOffset, endOffset)).sort()"""
    assert page.evaluate(marked) == []
    page.locator("#show-doubts").click()
    page.get_by_label("Mark all in the text").check()
    page.get_by_role("button", name="Close").click()
    assert page.evaluate(marked) == ["raning", "soldered", "soldered", "very"]
    page.reload()
    until(lambda: page.evaluate(marked) == ["raning", "soldered", "soldered", "very"])
    put_caret(page, 2, "very")
    page.keyboard.type("oh so ")
    until(lambda: "oh so very" in desk.text)
    until(lambda: any("very" in text for text in page.evaluate(marked)))
    page.context.close()


def as_the_machine_wrote() -> Transcript:
    """A transcript that records its draft: what the machine heard is kept at the first edit."""
    talk = talk_of(*TALK)
    outputs = {"talk.md": hashlib.sha256(render(talk).encode()).hexdigest()}
    return replace(talk, made_with=replace(talk.made_with, outputs=outputs))


def test_what_is_left_out_is_heard_and_put_back(browser: Browser, desk_of: DeskMaker) -> None:
    talk = as_the_machine_wrote()
    desk = desk_of(talk, render(talk).replace("**B**: We", "**Bobby** - We"))
    before = turns_of(desk)
    page = open_page(browser, desk)
    page.locator("#show-lost", has_text="Left out 1").click()
    assert "We soldered and soldered" in (page.locator("#panel li").text_content() or "")
    assert "Ada's now" in (page.locator("#panel small").text_content() or "")
    page.locator("#panel .hit").click()
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.get_by_role("button", name="Put back").click()
    until(lambda: turns_of(desk) == [*before[:2], ("A", TALK[2][1]), ("B", TALK[3][1])])
    put_caret(page, 0, "Hello")
    page.keyboard.press("Control+z")
    until(lambda: turns_of(desk) == before)
    page.locator("#show-lost", has_text="Left out 1").wait_for()
    page.context.close()


def test_a_deleted_passage_is_told_and_put_back_where_it_was(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_of(as_the_machine_wrote())
    page = open_page(browser, desk)
    before, said = turns_of(desk), TALK[1][1]
    select(page, (1, 0, 0), (1, 0, len(said)))
    page.keyboard.press("Delete")
    page.locator("#show-lost", has_text="Left out 1").click()
    page.get_by_role("button", name="Put back").click()
    until(lambda: turns_of(desk) == before)
    page.context.close()


def test_passages_are_copied_with_names(browser: Browser, desk: Desk) -> None:
    desk.draft.write_text(desk.text.replace("glad", "*glad*"), encoding="utf-8")
    page = open_page(browser, desk, permissions=["clipboard-read", "clipboard-write"])
    copied = "() => navigator.clipboard.readText()"
    select(page, (1, 0, 10), (2, 0, 7))
    page.keyboard.press("Alt+c")
    until(lambda: "Lovelace" in page.evaluate(copied))
    rest = " ".join(TALK[1][1][10:].split())
    assert page.evaluate(copied) == f"Bob Moog: {rest}\n\nAda Lovelace: How did"
    page.keyboard.press("Alt+m")
    until(lambda: "**" in page.evaluate(copied))
    assert page.evaluate(copied).startswith("**Bob Moog**: Ada. I am *glad* to be")
    put_caret(page, 0, "Hello")
    page.locator("button.name").nth(2).click()
    page.get_by_role("menuitem", name="Copy with names").click()
    until(lambda: page.evaluate(copied) == f"Ada Lovelace: {TALK[2][1]}")
    page.context.close()


def test_the_title_and_the_introduction_are_shown_and_changed(browser: Browser, desk_of: DeskMaker) -> None:
    talk = talk_of(*TALK)
    source = render(talk).replace("**Ada**:", "What *rain* does.\n\n**Ada**:", 1)
    desk = desk_of(talk, source)
    page = open_page(browser, desk)
    assert page.locator("#intro").text_content() == "What *rain* does."
    page.get_by_role("button", name="Title and introduction").click()
    page.get_by_label("Introduction, in Markdown").fill("One.\n\nTwo.")
    page.get_by_label("Title", exact=True).fill("Rain: a talk")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Rain: a talk").wait_for()
    wanted = source.replace("title: A talk", "title: 'Rain: a talk'").replace("What *rain* does.", "One.\n\nTwo.")
    until(lambda: desk.text == wanted)
    put_caret(page, 1, "Thank")
    page.keyboard.type("Oh ")
    until(lambda: turns_of(desk)[1][1].startswith("Oh Thank you"))
    until(lambda: desk.transcript.episode.title == "Rain: a talk")
    for _ in range(2):
        page.keyboard.press("Control+z")
    until(lambda: desk.text == source)
    page.get_by_role("heading", name="A talk").wait_for()
    page.route("**/api/revision", lambda route: route.abort())
    theirs = source.replace("What *rain*", "What snow")
    desk.draft.write_bytes(theirs.encode())
    page.get_by_role("button", name="Title and introduction").click()
    page.get_by_label("Introduction, in Markdown").fill("Mine.")
    page.get_by_role("button", name="OK").click()
    page.locator(".notice", has_text="changed elsewhere").wait_for()
    assert desk.text == theirs
    page.get_by_role("button", name="Edit again").click()
    assert page.get_by_label("Introduction, in Markdown").input_value() == "Mine."
    page.context.close()


def test_an_introduction_that_would_swallow_the_turns_is_refused(desk: Desk, page: Page) -> None:
    """Each time, and what was typed can be mended."""
    before = desk.text
    page.get_by_role("button", name="Title and introduction").click()
    page.get_by_label("Introduction, in Markdown").fill("So:\n\n```\ncode")
    for _ in range(2):
        page.get_by_role("button", name="OK").click()
        page.locator(".notice", has_text="opens code (```) and does not close it").wait_for()
        page.get_by_role("button", name="Edit again").click()
    assert desk.text == before
    page.get_by_label("Introduction, in Markdown").fill("So:\n\n```\ncode\n```")
    page.get_by_role("button", name="OK").click()
    until(lambda: "code\n```\n\n**" in desk.text)
    page.locator(".notice").wait_for(state="detached")


def test_who_closes_a_panel_is_back_in_the_text(desk: Desk, page: Page) -> None:
    put_caret(page, 2, "How")
    page.keyboard.press("Control+f")
    page.keyboard.type("nothing like this")
    page.keyboard.press("Escape")
    page.keyboard.type("So: ")
    until(lambda: "So: How did" in desk.text)
