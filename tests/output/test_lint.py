"""Each rule with posts that break it and posts that do not; no false findings in published posts; stable fixes."""

from __future__ import annotations

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output import lint_rules, lint_word_rules
from output.lint import RULES, fix, lint
from output.lint_registry import rule
from output.markdown import render
from output.parse import Draft
from tests.support.counting import counting
from tests.support.growth import assert_time_in_proportion
from tests.support.markdown import MARKDOWN
from tests.support.paths import ROOT, SHARED
from tests.support.transcripts import transcript

HEAD = "---\ntitle: T\n---\n\n"
GOOD = f"{HEAD}**Rich**: Hello.\n\n**Haïkel**: Yes -\nit is.\n\n**R**: So.\n\n**H**: Bye.\n"


def found(source: str, **kwargs: object) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule.code) for finding in lint(source, **kwargs)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (GOOD, []),
        ("---\ntitle: [\n---\n\n**R**: a", [(1, "F1")]),
        ("---\nauthor: x\n---\n\n**R**: a", [(1, "F2")]),
        ("---\ntitle: x\ndate: May 3\ntags: a,,b\n---\n\n**R**: a", [(3, "F3"), (4, "F3")]),
        ("**R**: a\n\n**H**: b\n**R**: c", [(4, "T1")]),
        ("**Rich**: a\n\nR: b", [(3, "T2")]),
        ("**Rich**: a\n\n**R**: b\n\n**R**: c\n\n**Rich**: d", [(7, "T3")]),
        ("**Rich**: a\n\n**Bob**: b\n\n**X**: c", [(5, "T4")]),
        ("**Rich**: a\n\n**Rita**: b\n\n**R**: c", [(5, "T4")]),
        ("**Rich**: a\n\n**R:**b", [(3, "T5")]),
        ("**Rich**: a\n\n**R: **b", [(3, "T5")]),
        ("**Rich**: a\n\n**R: b", [(3, "T5")]),
        ("**R**:\n\n**H**: b\n\n**R**:", [(1, "T6")]),
        ("**R**: a\n\nJo Lee: b", [(3, "T7")]),
        ("**R**: It was in\n2015. Then it", [(2, "M1")]),
        ("**R**: I think\n- no", [(2, "M1")]),
        ("**R**: These:\n\n- one\n- two\n\n1. x\n2. y", []),
        ("**R**: a | b\nc | d", [(1, "M2")]),
        ("**R**: a | b\nc `|` d", []),
        ("**R**: a\n\n[laughter]: yes", [(3, "M3")]),
        ("**R**: a[^1]\n\n[1]: https://a.b\n\n[^1]: a footnote is no link", [(3, "M3")]),
        ("**R**: a <unclear> b <b>c</b> `<x>` \\<y>", [(1, "M4")]),
        ("**R**: <https://a.b/c> <me@a.b> <strike>b</strike> ``double `<x>` tick``\n\n```\n<C>\n```", []),
        ("**R**: As [the plan][1] says.\n\n[1]: https://a.b\n\n[^1]: A footnote.", []),
        ("**R**: a {:toc} b\n\n{: .note}\n\n*[X]: c", [(1, "M7"), (3, "M7"), (5, "M7")]),
        ("**R**: {::comment} a {:/comment} $$x$$ `$$` \\{:x}", [(1, "M7")] * 3),
        ("---\ntitle: x\ndate: 2026-01-05T10:00:00+01:00\n---\n\n**R**: a", []),
        ("**Rich**: a\n\n**Haïkel**: b\n\n**R** Well", [(5, "T8")]),
        ("**Rich**: a\n\n**H** - b\n\n**Rich/Haïkel** c", [(3, "T8"), (5, "T8")]),
        ("**Rich**: a\n\n**Kyle Mestery** is here\n\n**Note** - so\n\n**See also**, it\n\n**[Laughs]** - a", []),
        ("**Nora**: a\n\n**Bob**: b\n\nN Write it", [(5, "T8")]),
        ("**Nora**: I write.\n\n**Bob**: b\n\nNora Write it\n\nNora I can", [(5, "T8"), (7, "T8")]),
        ("**R**: a\n\n**N**: b\n\nR It's so\ngood", [(5, "T8")]),
        ("**Rich**: Hi.\n\nRich Bowen is\n\nR is so\n\nR Studio is, as R Studio\n\nRich Well", []),
        ("**Ada**: I am a good.\n\n**Ian**: b\n\nA Good\n\nI Think\n\nA good\n\nI think\n\nAda, Good", []),
        ("**Ada Lovelace**: a\n\n**Ada**: lovelace\n\nAda Lovelace\n\nAda IBM, ibm", []),
        ("**Rich**: a\n\n**Zoe**: b\n\n**Rihc**: c\n\n**Rich**: d", [(5, "T9")]),
        ("**Speaker 1**: a\n\n**Speaker 2**: b\n\n**Speaker 1**: c\n\n**Jon**: d\n\n**John**: e\n\n**John**: f", []),
        ("**Ann**: a\n\n**Ben**: b\n\n**Ann**: c\n\n## Links\n\n- Ben: his site\n- Ann: https://a.b\n1. Ann: so", []),
        ("**Ann**: a\n\n**B:** b\n\n**Ann**: c", [(3, "T10")]),
        ("**Ann:** a\n\n**B:** b\n\n**Ann**: c", []),
        ("**Ann**: a\n\n**never mind\n\n**Bob**: b", [(3, "W1")]),
        ("**Ann**: **never\nmind\n\n**Bob**: so\nnever** mind, **b**\n\n**Ann**: c", [(1, "W1"), (5, "W1")]),
        ("**Ann**: 2**3 a ** b f(**kw) `x **y` \\**no **so** ***a** b*", []),
        ("**Ann**: Are you ? Yes , sure .", [(1, "W3")] * 3),
        ("**Ann**: `x` ? Yes ... and .NET 5 : 3 :) is\n? a", []),
        ("**Ann**: Vraiment ? Oui ! Non , dit-il", [(1, "W3")]),
        ("**R**: a [word?] b [link?](http://a.b)", [(1, "M6")]),
        ("Only text.\n", [(1, "S1")]),
        ("Ed: *No speech was found in this recording.* Is that so?\n", [(1, "S1")]),
        ("**R**: a\n\n<<<<<<< HEAD\n**Zoe**: b\n=======\nZoe: c\n>>>>>>> x\n", [(3, "S2")]),
        ("**R**: a\n\nLinks\n=======\n\n<<<<<<< x y\n\n```\n=======\n```", [(6, "S2")]),
        ("---\ntitle: T\n---\n\n*No speech was found in this recording.*\r\n", []),
    ],
)
def test_each_rule_finds_its_examples(source: str, expected: list[tuple[int, str]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**Guest**: So what?\n**Zoe**: Just quit?", [(2, "T7")]),
        ("**Guest**: So what\n**zoe:** just quit?", [(2, "T7")]),
        ("**Rich**: a\n**Guest**: b\n**Zoe**: c", [(2, "T7"), (3, "T7")]),
        ("**Rich**: a\n\n**Guest**: b\n**Zoe**: c\n\n**Zoe**: d", [(4, "T1")]),
        ("**Guest**: So what?\nBob: hello", [(2, "T7")]),
        ("**Guest**: So what?\r\nBob: hello", [(2, "T7")]),
        ("**Guest**: So what?\n\nBob: hello", [(3, "T7")]),
        ("**Guest**: It was\nthis. So what? Bob: hello", [(2, "T7")]),
        ("**Guest**: So what? **Bob**: hello", [(1, "T7")]),
        ("**Guest**: a\n\n**Bob**: b\n\n**G**: and\nBob: c", [(6, "T7")]),
        ("Guest: a\n\nBob: b. Zoe: c\n\nGuest: d", [(3, "T7")]),
        # text that only has a colon
        ("**Guest**: He said: no, and\nthat was it: over. So\nthe plan\nB: wait.", []),
        ("**Guest**: Ask. Question: what for? It's 12:30. See https://a.b. Bob\\: hello", []),
        ("**Guest**: So.\n\n> Bob: hello\n\n- He sang. Bob: no\n\n    Bob: no\n\n**Note**: so.\n**Break:**", []),
        ("Guest: Bob. Host: Ada\n\nHost: Ada\n\n**Ada**: a\n\n**Bob**: b\n\nThanks: all", []),
    ],
)
def test_unmarked_turns_inside_a_turn(source: str, expected: list[tuple[int, str]]) -> None:
    assert found(source, select=["T1", "T2", "T7"]) == expected
    if all(code == "T7" for _, code in expected):
        assert fix(source).source == source


def test_typography_is_checked_only_if_selected() -> None:
    source = "**R**: It’s\n“so”."
    assert found(source) == []
    assert found(source, select=["M5"]) == [(1, "M5"), (2, "M5")]
    assert fix(source, select=["M5"]).source == '**R**: It\'s\n"so".'


def test_a_registered_rule_runs() -> None:
    @rule("Z1", "a greeting", fix=lambda source, lines: source.replace("Hello", "Bye"))
    def greeting(draft: Draft) -> list[tuple[int, str]]:
        return [(turn.line, "a greeting") for turn in draft.turns if "Hello" in turn.text]

    try:
        assert found(GOOD) == [(5, "Z1")]
        assert (fix(GOOD).source, fix(GOOD).refused) == (GOOD, ("Z1",)), "it would change what is said"
        with pytest.raises(ValueError, match="two lint rules have the code Z1"):
            rule("Z1", "another")(greeting)
    finally:
        del RULES["Z1"]


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="no lint rule is called Q9; there are F1, F2"):
        lint(GOOD, select=["T1", "Q9"])


def test_every_check_is_a_rule_with_a_code_of_the_page() -> None:
    """A check without its decorator would find nothing, and no test would miss it."""
    checks = {rule.check for rule in RULES.values()}
    for module in (lint_rules, lint_word_rules):
        drafts = [
            value
            for value in vars(module).values()
            if inspect.isfunction(value) and value.__module__ == module.__name__
            if [each.annotation for each in inspect.signature(value).parameters.values()] == ["Draft"]
        ]
        source = inspect.getsource(module)
        unused = [
            each for each in drafts if each not in checks and len(re.findall(rf"\b{each.__name__}\b", source)) == 1
        ]
        assert [each.__name__ for each in unused] == []
    assert all(re.fullmatch(r"[FTMSW]\d{1,2}", code) for code in RULES), "see docs/architecture.md"


def test_a_rule_needs_no_other_rule() -> None:
    """Else it would depend on which module is imported first."""
    source = "**Ann**: a\n\n**Ann: b\n\n**Ann** Well\n\n**never mind\n\n**Ann**: the the"
    before = {code: found(source, select=[code]) for code in RULES}
    assert before["T5"]
    assert before["W1"]
    rules = dict(RULES)
    try:
        for code, expected in before.items():
            RULES.clear()
            RULES[code] = rules[code]
            assert found(source, select=[code]) == expected
    finally:
        RULES.clear()
        RULES.update(rules)  # in their order


def test_the_page_for_developers_names_the_modules_and_letters_of_the_rules() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (told,) = [each for each in page.split("\n\n") if each.startswith("**A lint rule**")]
    assert [name for name in ("lint_rules", "lint_word_rules") if f"`output/{name}.py`" not in told] == []
    assert [code[0] for code in RULES if not re.search(rf"\b{code[0]} for ", told)] == []


def test_every_rule_has_an_example() -> None:
    covered = {
        code
        for mark in test_each_rule_finds_its_examples.pytestmark
        for _, expected in mark.args[1]
        for _, code in expected
    }  # type: ignore[attr-defined]
    assert covered | {"M5", "W2"} == set(RULES)


@given(MARKDOWN)
def test_findings_have_a_valid_line_and_a_known_code(source: str) -> None:
    lines = source.count("\n") + 1
    assert all(1 <= finding.line <= lines and finding.rule.code in RULES for finding in lint(source, select=[*RULES]))


@given(
    st.lists(
        st.tuples(st.sampled_from(["S1", "S2"]), st.sampled_from(["- a | b", "2015. <x>", "[a]: b " * 40, "Hi: So."]))
    )
)
def test_rendered_drafts_have_no_findings(turns: list[tuple[str, str]]) -> None:
    assert lint(render(transcript(*turns)), select=[*RULES]) == ()


EXPECTED = {  # checked by reading: a dash that really opens a list, missing titles and turns, slips
    "2015-08-12-flavio-percoco-talks-about-the-zaqar-project.md": [(86, "M1")],
    "_transcripts__interviews__2019-12-23-oli-miri.md": [(1, "F2")],
    "gotime__go-time-282.md": [(133, "W3"), (153, "W3")],
    "docs__interview-4-part-1.md": [(1, "S1")],
    "rfc__request-for-commits-15.md": [(73, "T7"), (161, "T7")],
}


def test_published_posts_have_only_the_expected_findings() -> None:
    if not SHARED.is_dir():
        pytest.skip("the published posts lie in ../shared, which is not here")
    posts = [*SHARED.glob("markdown/*/*"), *SHARED.glob("seeds/*")]
    assert len(posts) == 18
    alarms = {post.name: found(post.read_text(encoding="utf-8")) for post in posts}
    assert {name: findings for name, findings in alarms.items() if findings} == EXPECTED


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("I want the the end\nand\nand so: The the. Or or. The `c` the, a, a", [1, 3, 3, 3]),
        ("that that had had on on-call the the-end what it is is the The C really really", []),
        ("I'm looking at at the moment, talk to to get it, live with with two dogs, think of of course", []),
        ("What they are are friends. He got an A a year later. A double A A battery, a grade A a week. My my.", []),
        ("I I think, he he went, it it's", []),
    ],
)
def test_a_word_typed_twice_is_found_if_asked_for_and_not_where_it_is_meant(said: str, lines: list[int]) -> None:
    assert found(f"**Ann**: {said}", select=["W2"]) == [(line, "W2") for line in lines]


@given(st.sampled_from("I the a and of to it's we".split()), st.integers(2, 4))
def test_what_a_run_writes_of_a_speaker_who_stumbles_has_no_findings(word: str, times: int) -> None:
    assert lint(render(transcript(("S1", f"So {' '.join([word] * times)} plan"), ("S2", "Yes.")))) == ()


_WORDS = st.sampled_from(["so", "**so**", "**never mind**", "2**3", "`the the`", "that that", "Yes, sure.", "Why?"])


@given(st.lists(_WORDS, min_size=1, max_size=8), st.data())
def test_one_slip_in_a_sound_text_is_the_only_finding(words: list[str], data: st.DataObject) -> None:
    """Sound text has none; with one more half of bold, one word twice or one blank, it has that one, in its line."""
    lines, rules = ["**Ann**: Well", *words], [code for code in RULES if code.startswith("W")]
    assert found("\n".join(lines), select=rules) == []
    slip, code = data.draw(st.sampled_from([("**never mind", "W1"), ("the the end", "W2"), ("you ?", "W3")]))
    at = data.draw(st.integers(1, len(words)))
    lines.insert(at, f"\n{slip}\n" if code == "W1" else slip)  # in a paragraph of its own, where nothing closes it
    expected = at + 1 + (code == "W1")
    assert found("\n".join(lines), select=rules) == [(expected, code)]


@pytest.mark.parametrize("piece", ["to {}", "the the {}", "a {} ?", "**a {}", "a** {}"])
@pytest.mark.parametrize("filler", [" ", "**b ", "the "])
def test_the_time_of_the_word_rules_grows_with_the_text(piece: str, filler: str) -> None:
    assert_time_in_proportion(
        lambda text: lint(text, select=["W1", "W2", "W3"]), lambda n: f"**Ann**: {piece.format(filler * n)}\n"
    )


@pytest.mark.parametrize("piece", ["<{}", "</{}", "<{} ", "[{}", "&{}", "**{}", "`{}"])
def test_the_time_of_one_long_word_grows_with_its_length(piece: str) -> None:
    assert_time_in_proportion(lint, lambda n: f"**Ada**: Who?\n\n**Bob**: {piece.format('a' * n)}\n")


def test_the_work_for_initials_of_nobody_grows_with_the_draft() -> None:
    work = []
    for count in (100, 800):
        with counting() as calls:
            findings = lint(
                "".join(f"**Nn{n:x}q**: x\n\n**{chr(0x4E00 + n)}**: y\n\n" for n in range(count)), select=["T4"]
            )
        assert len(findings) == count
        work.append(calls["python"] + calls["c"])
    assert work[1] < 12 * work[0]


LABELLED = {  # of a label each, in which every rule for labels and paragraphs has work
    "names": "**N{0:x}q**: x\n\n",
    "full names": "**Ann N{0:x}q**: x\n\n",
    "one person": "**A**: x\n\n",
    "no blank lines": "**N{0:x}q**: x\n",
    "plain": "N{0:x}q: x\n\n",
    "colons inside": "**N{0:x}q:** x\n\n",
    "no blanks behind": "**N{0:x}q:**x\n\n",
    "almost markers": "**N{0:x}q** Well\n\n",
    "headings": "## N{0:x}q\n\nx\n\n",
    "times": "0:01 **N{0:x}q**: x\n\n",
}


@pytest.mark.parametrize("form", LABELLED)
def test_the_work_for_labels_grows_with_their_number_and_is_little_for_each(form: str) -> None:
    """Counted, as the processor's time would be: a megabyte has 62,500 of the shortest."""
    work = []
    for count in (100, 800):
        text = "".join(LABELLED[form].format(number) for number in range(count))
        with counting() as calls:
            lint(text)
        work.append(calls["python"] + calls["c"])
    assert work[1] < 9 * work[0]
    assert work[1] < 310 * 800


def test_a_finding_says_what_to_write() -> None:
    (label,) = lint("**Rich**: a\n\n**R**: b\n\n**R**: c\n\n**Rich**: d")
    assert "write **R**" in label.message
    (doubt,) = lint("**R**: a [Norway?] b")
    assert "[Norway?]" in doubt.message
    assert "write Norway without the brackets" in doubt.message
