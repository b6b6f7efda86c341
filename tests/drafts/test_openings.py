"""The title and the introduction of a draft are changed in their place, and nothing else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.parse import parse
from tests.support.growth import assert_time_in_proportion
from transcribe.drafts.openings import Opening, opening_of, with_opening
from transcribe.drafts.turn_edits import EditError

TURNS = "**Ann**: So it was.\n\n**B**: And *then*?\n\n**A**: It rained.\n"
BLOCKS = {  # front matter, and the same with the title "A: new one"
    "none": ("", "---\ntitle: 'A: new one'\n---\n\n"),
    "plain": ("---\ntitle: Old\n---\n\n", "---\ntitle: 'A: new one'\n---\n\n"),
    "quoted": (
        '---\ndate: 2020-01-01\ntitle: "Old"   # a comment\ntags: [a, b]\n---\n\n',
        "---\ndate: 2020-01-01\ntitle: 'A: new one'\ntags: [a, b]\n---\n\n",
    ),
    "folded": (
        "---\ntitle: >-\n  Old\n\n  man\nnotes: |\n  title: not this\n---\n\n",
        "---\ntitle: 'A: new one'\nnotes: |\n  title: not this\n---\n\n",
    ),
    "untitled": ("---\ndate: 2020-01-01\n---\n\n", "---\ntitle: 'A: new one'\ndate: 2020-01-01\n---\n\n"),
    "marked": ("\ufeff---\ntitle: Old\nx: 1\n---\n\n", "\ufeff---\ntitle: 'A: new one'\nx: 1\n---\n\n"),
}


def change(source: str, title: str | None = None, intro: str | None = None) -> str:
    draft = parse(source)
    before = opening_of(draft, "talk")
    after = Opening(before.title if title is None else title, before.intro if intro is None else intro)
    changed = with_opening(draft, after, before=before, stem="talk")
    assert opening_of(changed, "talk") == after
    return changed.source()


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("name", BLOCKS)
def test_the_opening_is_changed_in_its_place(name: str, line_break: str) -> None:
    block, retitled = (each.replace("\n", line_break) for each in BLOCKS[name])
    rest = ("Old *intro*.\n\n" + TURNS).replace("\n", line_break)
    source = block + rest
    assert change(source, title="A: new one") == retitled + rest
    assert change(source, intro="One.\n\nTwo.") == source.replace("Old *intro*.", f"One.{2 * line_break}Two.")
    assert change(source, intro="") == source.replace(f"Old *intro*.{2 * line_break}", "")
    assert change(change(source, intro=""), intro="Old *intro*.") == source


@given(
    title=st.text(max_size=30),
    intro=st.text(max_size=60),
    block=st.sampled_from([block for block, _ in BLOCKS.values()]),
)
def test_what_no_draft_can_hold_is_refused_and_all_else_is_kept(title: str, intro: str, block: str) -> None:
    source = block + "Intro.\n\n" + TURNS
    try:
        changed = change(source, title=title.strip() or "x", intro=intro)
    except EditError:
        return
    assert changed.endswith(TURNS)
    assert [turn.text for turn in parse(changed).turns] == [turn.text for turn in parse(source).turns]


def test_an_introduction_that_would_be_a_turn_is_refused() -> None:
    with pytest.raises(EditError, match="change a turn"):
        change("---\ntitle: Old\n---\n\n" + TURNS, intro="**Ann**: Me first.")


@pytest.mark.parametrize(
    ("end", "opened"),
    [
        ("```\ncode", "code"),
        ("~~~~\n```", "code"),
        ("<!-- for later:", "a comment or HTML"),
        ("<pre>\n*so*", "a comment or HTML"),
        ("<details open>\n<summary>More</summary>", "<details>"),
        ("<!-- <p> --><DIV>\n\n</p>", "<div>"),
        ("</div>\n\n<div>", "<div>"),  # in this order
        ("<script>\n</style>", "<script>"),
    ],
)
def test_an_introduction_that_would_swallow_the_turns_is_refused(end: str, opened: str) -> None:
    """As CommonMark reads it, or kramdown, where an element goes on to its end."""
    source = "---\ntitle: Old\n---\n\n" + TURNS
    for before in ("", "So.\n\n"):
        with pytest.raises(EditError, match=f"opens {opened}.* does not close it"):
            change(source, intro=before + end)
    there = source.replace(TURNS, f"{end}\n\n{TURNS}")
    if parse(there).preamble.strip() == end:  # written so in the file: all else can be changed
        assert change(there, title="New") == there.replace("Old", "New")


@pytest.mark.parametrize(
    "intro",
    [
        "```\n<div>\n```",
        "See `<div>`, <https://a.b/> and a <!-- b.",
        "<!-- <div> -->",
        "<DIV class='a>b'>\n\n*So.*\n\n</div>",
        '<img src="a/b">\n<br>\n<hr/>',
        "<script>document.write('<div>')</script>",
        "- ```\n  code",
        "[^1]: So.",
        "So.",
        "text[^1]\n\n[^1]: So.",
    ],
)
def test_an_introduction_that_ends_what_it_begins_is_written(intro: str) -> None:
    assert change(TURNS, intro=intro) == f"{intro}\n\n{TURNS}"


def test_what_somebody_else_changed_is_not_overwritten() -> None:
    draft = parse("---\ntitle: Theirs\n---\n\n" + TURNS)
    with pytest.raises(EditError, match="changed elsewhere"):
        with_opening(draft, Opening("Mine", ""), before=Opening("Old", ""), stem="talk")


@pytest.mark.parametrize("part", ["a", "<div a", "<!--", "</div", "<script>", "<!-- -->"])
def test_the_time_for_an_introduction_grows_with_its_length(part: str) -> None:
    def attempt(intro: str) -> None:
        with suppress(EditError):
            change(TURNS, intro=intro)

    assert_time_in_proportion(attempt, lambda n: "<div>\n<" + part * (n // len(part)) + "\n</div>")
