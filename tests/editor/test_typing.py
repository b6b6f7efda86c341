"""The editor's page in a real Chromium: typing, selecting, the clipboard, input methods, undo."""

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
    select,
    select_word,
    talk_of,
    turns_of,
    until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


def test_the_page_reads_like_the_post(page: Page) -> None:
    assert page.locator("h1").text_content() == "A talk"
    assert page.locator("button.name").all_text_contents() == ["Ada", "Bob", "A", "B"]
    assert paragraph(page, 2).text_content() == TALK[2][1]


def test_typing_changes_only_the_edited_word(desk: Desk, page: Page) -> None:
    before = desk.text
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    until(lambda: "raining" in desk.text)
    assert desk.text == before.replace("raning", "raining")
    until(lambda: any(word.text == "raining" for word in desk.transcript.words))
    old, new = list(talk_of(*TALK).words), list(desk.transcript.words)
    assert [(w.start, w.end) for w in old] == [(w.start, w.end) for w in new]


def test_undo_and_redo(desk: Desk, page: Page) -> None:
    before = desk.text
    put_caret(page, 2, "very")
    page.keyboard.type("wholly, ")
    until(lambda: "wholly, very" in desk.text)
    page.keyboard.press("Control+z")
    until(lambda: desk.text == before)
    page.keyboard.press("Control+Shift+z")
    until(lambda: "wholly, very" in desk.text)


def test_enter_splits_and_backspace_merges(desk: Desk, page: Page) -> None:
    before = desk.text
    put_caret(page, 1, "It was")
    page.keyboard.press("Enter")
    until(lambda: len(turns_of(desk)) == 5)
    assert turns_of(desk)[1:3] == [
        ("Bob", "Thank you Ada. I am glad to be here after such a long ride through the rain."),
        ("B", "It was raning for weeks."),
    ]
    page.keyboard.press("Backspace")
    until(lambda: len(turns_of(desk)) == 4)
    assert [text for _, text in turns_of(desk)] == [text for _, text in TALK]
    until(lambda: len(desk.transcript.turns) == 4)
    assert before.split("**A**")[1] == desk.text.split("**A**")[1]


def test_shift_enter_begins_a_paragraph(desk: Desk, page: Page) -> None:
    put_caret(page, 3, "Nobody")
    page.keyboard.press("Shift+Enter")
    until(lambda: "made a sound.\n\nNobody had" in desk.text)
    page.keyboard.press("Backspace")
    until(lambda: "made a sound. Nobody had" in " ".join(desk.text.split("\n")))


def test_deleting_across_turns_merges_them(desk: Desk, page: Page) -> None:
    start = paragraph(page, 1).text_content().index("I am glad")
    end = paragraph(page, 3).text_content().index("Nobody")
    select(page, (1, 0, start), (3, 0, end))
    page.keyboard.press("Delete")
    until(lambda: len(turns_of(desk)) == 2)
    assert turns_of(desk)[1] == ("Bob", "Thank you Ada. Nobody had asked for it. Then everybody did.")
    page.keyboard.press("Control+z")
    until(lambda: len(turns_of(desk)) == 4)


def test_a_triple_click_selects_one_paragraph(desk: Desk, page: Page) -> None:
    paragraph(page, 2).click(click_count=3)
    page.keyboard.type("Why?")
    until(lambda: "**A**: Why?" in desk.text)
    assert [text for _, text in turns_of(desk)] == [TALK[0][1], TALK[1][1], "Why?", TALK[3][1]]


def test_deleting_everything_can_be_undone(desk: Desk, page: Page) -> None:
    before, timed = desk.text, desk.json.read_bytes()
    page.locator("#text").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    until(lambda: [text for _, text in turns_of(desk)] == [""])
    page.keyboard.press("Control+z")
    until(lambda: desk.text == before)
    assert desk.json.read_bytes() == timed


def test_cut_and_paste_move_text(desk: Desk, page: Page) -> None:
    select_word(page, 0, "welcome")
    page.keyboard.press("Control+x")
    until(lambda: "Hello and  to" in paragraph(page, 0).text_content())
    put_caret(page, 2, "very")
    page.keyboard.press("Control+v")
    until(lambda: "the welcomevery first" in desk.text)


def test_an_input_method_composes(desk: Desk, page: Page) -> None:
    put_caret(page, 2, "very")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "か", "selectionStart": 1, "selectionEnd": 1})
    devtools.send("Input.imeSetComposition", {"text": "かん", "selectionStart": 2, "selectionEnd": 2})
    devtools.send("Input.insertText", {"text": "漢"})
    until(lambda: "the 漢very first" in desk.text)
    assert paragraph(page, 2).text_content() == TALK[2][1].replace("very", "漢very")


def test_formatted_text_is_pasted_as_plain_paragraphs(desk: Desk, page: Page) -> None:
    put_caret(page, 2, "How")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/html", "<p><b style='color:red'>Well</b> <img src=x onerror=alert(1)></p><h1>So</h1>");
            data.setData("text/plain", "Well\\n\\nSo: ");
            document.getElementById("text").dispatchEvent(new InputEvent("beforeinput",
                { inputType: "insertFromPaste", dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    until(lambda: "**A**: Well\n\nSo: How did" in desk.text)
    assert page.locator("#text b, #text img, #text h1").count() == 0


def test_undo_reverts_splits_merges_and_labels(desk: Desk, page: Page) -> None:
    before, timed = desk.text, desk.json.read_bytes()
    put_caret(page, 1, "It was")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+s")
    page.get_by_role("menuitem", name="Ada").first.click()
    put_caret(page, 3, "How")
    page.keyboard.press("Backspace")
    until(lambda: [label for label, _ in turns_of(desk)] == ["Ada", "Bob", "A", "B"])
    until(lambda: "weeks. How did" in " ".join(desk.text.split()))
    for _ in range(3):
        page.keyboard.press("Control+z")
    until(lambda: desk.text == before)
    until(lambda: desk.json.read_bytes() == timed)
    for _ in range(3):
        page.keyboard.press("Control+Shift+z")
    until(lambda: "weeks. How did" in " ".join(desk.text.split()))


@pytest.mark.parametrize(
    "source", ["", "---\ntitle: A talk\n---\n", "---\ntitle: A talk\n---\n\nNo speech was found.\n"]
)
def test_a_draft_without_turns_can_be_typed_in(browser: Browser, desk_of: DeskMaker, source: str) -> None:
    silent = replace(talk_of(*TALK), turns=(), spans=())
    desk = desk_of(silent, source)
    desk.draft.write_bytes(source.encode())  # also an empty file
    page = open_page(browser, desk)
    page.wait_for_timeout(1500)
    assert desk.text == source
    paragraph(page, 0).click()
    page.keyboard.type("Hello there.")
    page.keyboard.press("Enter")
    page.keyboard.type("Who is it?")
    until(lambda: [text for _, text in turns_of(desk)] == ["Hello there.", "Who is it?"])
    assert {label[0] for label, _ in turns_of(desk)} == {"S"}
    assert source.strip() in desk.text
    until(lambda: [word.text for word in desk.transcript.words] == ["Hello", "there.", "Who", "is", "it?"])
    page.context.close()
