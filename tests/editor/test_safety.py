"""The editor's page in a real Chromium: nothing is lost by a natural gesture, and every command can be undone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
from transcribe.transcript import Doubt, Word

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM


def press_all(page: Page) -> None:
    page.locator("#text").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")


def merge_back(page: Page) -> None:
    put_caret(page, 2, "How")
    page.keyboard.press("Backspace")


def merge_next(page: Page) -> None:
    put_caret(page, 0, "again.")
    page.keyboard.press("End")
    end = len(paragraph(page, 0).text_content())
    select(page, (0, 0, end), (0, 0, end))
    page.keyboard.press("Delete")


def type_over(page: Page) -> None:
    select(page, (0, 0, 3), (2, 0, 8))
    page.keyboard.type("x")


def split_over(page: Page) -> None:
    select(page, (0, 0, 3), (2, 0, 8))
    page.keyboard.press("Enter")


def cut(page: Page) -> None:
    select(page, (0, 0, 3), (2, 0, 8))
    page.keyboard.press("Control+x")


@pytest.mark.parametrize("gesture", [press_all, merge_back, merge_next, type_over, split_over, cut])
def test_no_edit_reaches_what_a_filter_hides(desk: Desk, page: Page, gesture: Any) -> None:
    before = desk.text
    page.locator("#filter").select_option("Ada")
    gesture(page)
    page.locator(".notice", has_text="hidden").wait_for()
    page.wait_for_timeout(1200)
    assert desk.text == before
    page.get_by_role("button", name="Close").click()
    page.locator(".notice").wait_for(state="detached")
    gesture(page)  # which is said again
    page.get_by_role("button", name="Show all turns").click()
    assert page.locator("section:visible").count() == 4
    assert [paragraph(page, i).text_content() for i in range(4)] == [text for _, text in TALK]


def test_what_is_shown_can_be_edited_under_a_filter(desk: Desk, page: Page) -> None:
    page.locator("#filter").select_option("Bob")
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    until(lambda: "raining" in desk.text)


def test_an_undo_of_what_is_hidden_shows_it(desk: Desk, page: Page) -> None:
    select_word(page, 1, "raning")
    page.keyboard.type("raining")
    page.locator("#filter").select_option("Ada")
    page.keyboard.press("Control+z")
    assert page.locator("section:visible").count() == 4
    assert "raning" in paragraph(page, 1).text_content()


def test_undo_never_reverts_what_another_wrote_in_the_same_turn(desk: Desk, page: Page) -> None:
    put_caret(page, 1, "I am glad")
    page.keyboard.type("Well, ")
    until(lambda: "Well, I am" in desk.text)
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    until(lambda: "raining" in paragraph(page, 1).text_content())
    page.keyboard.press("Control+z")
    until(lambda: "Well," not in desk.text)
    assert "raining" in desk.text
    page.keyboard.press("Control+Shift+z")
    until(lambda: "Well, I am" in desk.text)
    assert "raining" in desk.text


def test_undo_of_a_split_keeps_what_another_wrote_in_it(desk: Desk, page: Page) -> None:
    put_caret(page, 1, "It was")
    page.keyboard.press("Enter")
    until(lambda: len(turns_of(desk)) == 5)
    desk.draft.write_bytes(desk.text.replace("raning", "raining").encode())
    until(lambda: "raining" in paragraph(page, 2).text_content())
    page.keyboard.press("Control+z")
    until(lambda: len(turns_of(desk)) == 4)
    assert turns_of(desk)[1][1].endswith("It was raining for weeks.")


PROPERTY = """async ([seeds, edits]) => {
    const { Model } = await import("/assets/model.js");
    const failures = [];
    for (let run = 0; run < seeds; run++) {
        let seed = run + 1, marks = 0;
        const rnd = n => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
        const model = new Model(), theirs = new Set();
        const paragraphs = i => (i === 1 ? ["w1a w1b", "w1c w1d w1e"] : [`w${i}a w${i}b w${i}c w${i}d w${i}e`]);
        const start = [0, 1, 2, 3].map(i => ({ speaker: "AB"[i % 2], label: "AB"[i % 2], paragraphs: paragraphs(i) }));
        model.load({ turns: start });
        const first = JSON.stringify(model.payload());
        const place = () => {
            const turn = rnd(model.turns.length), para = rnd(model.turns[turn].paras.length);
            return { turn, para, offset: rnd(model.turns[turn].paras[para].text.length + 1) };
        };
        const mine = [
            at => model.split(at), at => model.breakParagraph(at), at => model.mergeBack({ ...at, offset: 0 }),
            at => model.reassign(at.turn, rnd(2) ? "A" : "C"),
            at => model.replace(at, { ...at, offset: Math.min(model.text(at).length, at.offset + rnd(8)) },
                [rnd(2) ? ` mine${++marks} ` : ""]),
            at => model.setTexts([{ ...at, text: model.text(at).replaceAll("w", "v") }]),
            at => model.putBack(at, at, [{ speaker: "ABC"[rnd(3)], text: `back${++marks} again`, start: 5, end: 9 }]),
            () => model.adopt(start, { isOwn: true }),
        ];
        const others = () => {
            const turns = model.turns.map(({ speaker, label, paras }) =>
                ({ speaker, label, paragraphs: paras.map(para => para.text) }));
            const turn = turns[rnd(turns.length)], i = rnd(turn.paragraphs.length);
            const words = turn.paragraphs[i].split(" "), at = rnd(words.length + 1), kind = rnd(4);
            const word = `theirs${++marks}`;
            if (kind < 3) theirs.add(word);
            if (kind < 2) words.splice(at, kind, word);
            if (kind === 2) turns.splice(rnd(turns.length + 1), 0, { speaker: "D", label: "D", paragraphs: [word] });
            turn.paragraphs[i] = words.join(" ");
            const [a, b] = [rnd(turns.length), rnd(turns.length)];
            if (kind === 3) [turns[a], turns[b]] = [turns[b], turns[a]];
            model.adopt(turns);
        };
        for (let k = 0; k < edits; k++) if (rnd(3)) mine[rnd(mine.length)](place()); else others();
        const kept = [...theirs].filter(word => JSON.stringify(model.payload()).includes(word));
        const check = when => {
            const text = JSON.stringify(model.payload()), lost = kept.filter(word => !text.includes(word));
            if (lost.length) failures.push(`${run}: ${lost} lost ${when}: ${text}`);
            for (const turn of model.turns) for (const para of turn.paras) {
                const words = para.text.split(/\\s+/).filter(Boolean).length;
                if (para.times.length !== 2 * words) failures.push(`${run}: times ${when}: ${para.text}`);
            }
            const keys = new Set(model.turns.map(turn => turn.key));
            if (keys.size !== model.turns.length) failures.push(`${run}: keys ${when}`);
        };
        while (model.undo()) check("after undo");
        if (!model.others.length && JSON.stringify(model.payload()) !== first) failures.push(`${run}: not as it was`);
        while (model.redo()) check("after redo");
        if (failures.length > 5) break;
    }
    return failures;
}"""


def test_no_undo_or_redo_takes_away_a_word_of_somebody_else(page: Page) -> None:
    """Random edits of both, then every undo and every redo; without others the start comes back exactly."""
    assert page.evaluate(PROPERTY, [3000, 7]) == []


def test_confirming_a_doubt_is_undone_and_redone(browser: Browser, desk_of: DeskMaker) -> None:
    """Two doubts about the same word are confirmed as one."""
    talk = talk_of(*TALK)
    words = [Word(w.text, w.start, w.end, 0.2 if w.text == "raning" else 0.99) for w in talk.turns[1].words]
    spot = next(word for word in words if word.text == "raning")
    turns = (talk.turns[0], replace(talk.turns[1], words=tuple(words)), *talk.turns[2:])
    desk = desk_of(replace(talk, turns=turns, doubts=(Doubt(spot.start, spot.end, "two readings differ"),)))
    before = json.loads(desk.json.read_text(encoding="utf-8"))
    page = open_page(browser, desk)
    page.locator("#text").focus()
    page.keyboard.press("F8")
    page.keyboard.press("F9")
    page.locator("#show-doubts", has_text=re.compile("^Doubts$")).wait_for()
    page.wait_for_timeout(300)  # until the page has the answer
    assert desk.transcript.doubts == ()
    page.keyboard.press("Control+z")
    until(lambda: json.loads(desk.json.read_text(encoding="utf-8")) == before)
    page.locator("#show-doubts", has_text="Doubts 2").wait_for()
    page.keyboard.press("Control+Shift+z")
    until(lambda: desk.transcript.doubts == ())
    page.context.close()


def test_typing_is_undone_word_by_word(desk: Desk, page: Page) -> None:
    put_caret(page, 2, "very")
    page.keyboard.type("really quite truly ")
    states = []
    while paragraph(page, 2).text_content() != TALK[2][1]:
        page.keyboard.press("Control+z")
        states.append(paragraph(page, 2).text_content())
    words = [TALK[2][1].replace("very", f"{left}very") for left in ("really quite ", "really ", "")]
    assert [state for state in states if state in words] == words  # a slow machine pauses inside words as well
    while paragraph(page, 2).text_content() != words[1]:
        page.keyboard.press("Control+Shift+z")


def test_a_pause_in_typing_begins_another_portion(page: Page) -> None:
    put_caret(page, 2, "very")
    page.keyboard.type("ab")
    page.wait_for_timeout(1300)
    page.keyboard.type("cd")
    page.keyboard.press("Control+z")
    assert "abvery" in paragraph(page, 2).text_content()
