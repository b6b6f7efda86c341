"""`lint --fix`: what is corrected and what is left; the result is stable, and no rule's place among others matters."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from output import frontmatter
from output.lint import RULES, fix, lint
from tests.support.markdown import MARKDOWN

FIXED = [code for code, rule in RULES.items() if rule.fix]


def found(source: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule.code) for finding in lint(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**R**: a\n\n**H**: b\n**R**: c\n", "**R**: a\n\n**H**: b\n\n**R**: c\n"),
        ("**R**: a\r\n\r\n**H**: b\r\n**R**: c", "**R**: a\r\n\r\n**H**: b\r\n\r\n**R**: c"),
        ("**Rich**: a\n\nR: b: c\n", "**Rich**: a\n\n**R**: b: c\n"),
        ("**Rich**: a\n\n**R: **b\n\n**H:**c", "**Rich**: a\n\n**R**: b\n\n**H**: c"),
    ],
)
def test_fixes_correct_their_findings(source: str, expected: str) -> None:
    assert fix(source).source == expected
    assert not {code for _, code in found(expected)} & {code for code, rule in RULES.items() if rule.fix}


PIECES = st.sampled_from(
    ["**R:**x", "**R: **y ", "**R**:z", "R:", "H: so", "“q” ", "**Rich:**", "**R: ", "**Rita**: ", "\n"]
)


@given(st.lists(PIECES | MARKDOWN, max_size=12).map("".join), st.sampled_from([None, [*RULES], ["T1"], ["T2"], ["T5"]]))
@example("**R**: ---\n**R:**x", None)
def test_fix_is_stable_and_loses_no_word(source: str, select: list[str] | None) -> None:
    mended = fix(source, select=select).source
    assert fix(mended, select=select).source == mended
    if select != [*RULES]:
        assert re.sub(r"[\s*:]", "", mended) == re.sub(r"[\s*:]", "", source)


BROKEN = [
    "**R**: a\n**B**: b",
    "**R:**text",
    "**R: **text",
    "R: plain",
    "**B**:text",
    "— “so”…",
    "**R**: a",
    "**B**: b",
]
AROUND = [
    *(
        "```\n",
        "~~~ x\n",
        "    ",
        "> ",
        "- ",
        "1. ",
        "<div>\n",
        "</div>\n",
        "<pre>",
        "<!-- ",
        " -->",
        "| a |\n|---|\n| ",
    ),
    *("[x](http://a.b/…)", "`**R:**x`", "# ", "*", "~~", "\n", "\n\n", "\n\n", "[a]: /b\n", "---\n"),
]


@given(st.lists(st.sampled_from(BROKEN) | st.sampled_from(AROUND), max_size=14).map("".join))
@example("**R**: a\n\n```\n**R**: a\n**R**: b\n```\n")
@example("**R**: a\n\n<pre>\n**R:**text\n</pre>\n")
@example("**R**: see `…` and [x](http://a.b/…)")
@example("**R**: a\n\n- one\n**R**: two")
def test_a_fix_changes_nothing_that_is_shown_but_labels(source: str) -> None:
    """Read from the rendered page: the same text in the same elements, but for bold, paragraphs and blanks."""
    for select in (None, tuple(RULES)):
        fixed = fix(source, select=select)
        assert page_of(fixed.source) == page_of(source), (fixed.source, fixed.refused)


@given(st.lists(st.sampled_from(BROKEN) | st.sampled_from(AROUND), max_size=14).map("".join), st.permutations(FIXED))
@example("**R:**text\n---\n**R:**text**R:** z<!--  -->", FIXED[::-1])
@example("**R**: a\n\n```\n**R:**x\n```\n\n**B**: b\n**R:** c\n\n**R:**d\n", FIXED[::-1])
def test_what_is_fixed_depends_on_no_order_of_the_rules(source: str, order: list[str]) -> None:
    """Nor on what was selected first; and a second run, also of some of the rules, changes nothing."""
    fixed, rules = fix(source, select=FIXED), dict(RULES)
    try:
        RULES.clear()
        RULES.update({code: rules[code] for code in order})
        assert fix(source, select=order) == fixed
    finally:
        RULES.clear()
        RULES.update(rules)
    again = fix(fixed.source, select=FIXED)
    assert (again.source, again.counts, again.refused) == (fixed.source, {}, fixed.refused)
    assert fix(fixed.source, select=order[:2]).source == fixed.source


def test_a_finding_that_may_not_be_fixed_leaves_the_others_to_be() -> None:
    """All of a rule were left, so that what was fixed depended on which rule came first."""
    code = "```\n**A**: x\n**B**: y\n```\n"
    fixed = fix(f"**A**: a\n**B**: b\n\n{code}\n**A**: c\n**B**: d\n")
    assert fixed.source == f"**A**: a\n\n**B**: b\n\n{code}\n**A**: c\n\n**B**: d\n"
    assert (fixed.counts, fixed.refused) == ({"T1": 2}, ("T1",))


def test_thousands_that_may_not_be_fixed_take_a_limited_number_of_tries() -> None:
    source = "**A**: a\n\n```\n" + "**A**: x\n**B**: y\n" * 300 + "```\n"
    assert (fix(source).source, fix(source).refused) == (source, ("T1",))


def test_a_fix_changes_only_the_label_that_was_found() -> None:
    source = "**R**: a\n\n**R: b **R:**c\n"
    assert fix(source, select=["T5"]).source == source
    assert fix("**R**: “a”\n", select=["M5"]).source == '**R**: "a"\n'
    assert fix("“An introduction.”\n\n**R**: a\n", select=["M5"]).counts == {}


def page_of(source: str) -> tuple[str, list[str]]:
    """The text of a page without blanks and asterisks, and its elements without bold and paragraphs."""
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(frontmatter.split(source)[1])
    elements = [tag for tag in re.findall(r"<[^<>]*>", rendered) if not re.fullmatch(r"</?(?:p|strong)>", tag)]
    text = html.unescape(re.sub(r"<[^<>]*>", "", rendered)).translate(PLAIN)
    return re.sub(r"[\s*]+", "", text), elements


PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "-", "—": "-"})


@pytest.mark.parametrize(
    "source",
    [
        "**R**: a\n\n```\n**R**: a\n**R**: b\n```\n",
        "**R**: a\n\n<div>\n**R**: a\n**R**: b\n</div>\n",
    ],
)
def test_code_and_html_are_left_and_the_finding_stays(source: str) -> None:
    fixed = fix(source)
    assert (fixed.source, fixed.counts, len(fixed.refused)) == (source, {}, 1)
    assert fixed.refused[0] in {code for _, code in found(source)}


def test_a_fix_counts_what_it_fixed_by_rule() -> None:
    fixed = fix("**R**: a\n**H**: b\n**R**: c\n\n**H:**d")
    assert fixed.counts == {"T1": 2, "T5": 1}
    assert fix(fixed.source).counts == {}
