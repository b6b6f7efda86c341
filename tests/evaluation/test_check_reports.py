"""The report of a check in every format: valid and complete for any clip name and any text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from tests.support.checked_clip import SWAPPED, Telling, with_words, write_clip
from tests.support.command_line import Run
from tests.support.paths import CHECK_CASES
from tests.support.scripted_stages import tone
from tests.support.workflow_log import commands_in
from transcribe.evaluation.check import ClipResult, Report
from transcribe.evaluation.check_reports import as_json, github_annotations, junit, markdown, table
from transcribe.evaluation.clip_differences import CountKind, Miscount
from transcribe.evaluation.gates import Gate
from transcribe.evaluation.scoring import Scoring


def test_all_report_formats_agree(check: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "a|<b>", hertz=220)
    tone(tmp_path / "clips" / "lonely.wav", hertz=330)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stages = Telling(talk=with_words("Grace", "Grays"))
    code, _, err = check("clips", "--junit", "out/junit.xml", "--markdown", "out/summary.md", stages=stages)
    assert code == 2
    tree = etree.parse(tmp_path / "out" / "junit.xml")
    etree.XMLSchema(etree.parse(CHECK_CASES / "junit.xsd")).assertValid(tree)
    (suite,) = tree.getroot()
    assert int(suite.get("tests")) == len(suite.findall("testcase"))
    assert int(suite.get("errors")) == len(suite.findall("testcase/error")) == 1
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 2
    assert {case.get("classname") for case in suite.findall("testcase")} == {"garden", "a|<b>", "lonely", "all clips"}
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "### Sample clips: 2 clips failed, 1 clip could not be run" in summary
    assert r"| a\|\<b\> | FAIL |" in summary
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert rows[2].startswith("| lonely | ERROR"), "the worst first"
    lines = [line for line in err.splitlines() if line.startswith("::")]
    assert len(lines) == 3
    assert lines[0].startswith("::error file=clips/lonely.wav,title=lonely::")
    assert "%0A" in lines[1]
    assert "names%3A" not in lines[1].partition("::names: 100.0 %25 is over")[0]


def test_the_row_of_all_clips_is_as_the_exit_code_says(check: Run, tmp_path: Path) -> None:
    """It said "ok" below clips that failed: the limits of all together were met."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text("[limits]\nnames = 0\n")
    states = {0: ("ok", "ok"), 1: ("FAIL", "failed"), 2: ("ERROR", "error")}
    for expected, talk in ((0, with_words("Grace", "Grace")), (1, with_words("Grace", "Grays"))):
        code, out, _ = check("clips", "--fresh", stages=Telling(talk=talk))
        row = next(line.split() for line in out.splitlines() if line.startswith("all clips"))
        report = json.loads(check("clips", "--fresh", "--json", stages=Telling(talk=talk))[1])
        assert (code, (row[2], report["overall"]["state"])) == (expected, states[expected])
    tone(tmp_path / "clips" / "lonely.wav", hertz=330)
    report = json.loads(check("clips", "--fresh", "--json")[1])
    assert (report["exit_code"], report["overall"]["state"]) == (2, "error")


@given(st.lists(st.sampled_from(["ok", "failed", "error"]), min_size=1), st.booleans())
def test_no_row_is_ok_beside_one_that_fails(states: list[str], pooled_fails: bool) -> None:
    unmet = (Gate("wer", 0.5, 0.1, failure="wer: is over the limit"),)
    clips = [
        ClipResult(f"c{at}", unmet if state == "failed" else (), error="broken" if state == "error" else "")
        for at, state in enumerate(states)
    ]
    report = Report(tuple(clips), ClipResult("all clips", unmet if pooled_fails else ()))
    told = json.loads(as_json(report))
    assert (told["overall"]["state"] == "ok") == (report.exit_code == 0)
    assert [clip["state"] for clip in told["clips"]] == states


def test_no_annotations_outside_github(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    _, _, err = check("clips", stages=Telling(talk=with_words("Grace", "Grays")))
    assert err == ""


def test_xml_is_valid_despite_control_characters(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling(talk=with_words("Grace", "Gr\x01\ufffe\x1bays"))
    check("clips", "--junit", "j.xml", "--normaliser", "none", stages=stages)
    etree.XMLSchema(etree.parse(CHECK_CASES / "junit.xsd")).assertValid(etree.parse(tmp_path / "j.xml"))


def test_two_runs_print_the_same_report(check: Run, tmp_path: Path) -> None:
    for hertz in (200, 300, 400):
        write_clip(tmp_path / "clips", f"clip{hertz}", hertz=hertz)
    stages = Telling(talk=SWAPPED)
    first = json.loads(check("clips", "--json", stages=stages)[1])
    again = json.loads(check("clips", "--json", "--fresh", stages=stages)[1])
    for report in (first, again):
        for one in (*report["clips"], report["overall"]):
            one["gates"] = [gate for gate in one["gates"] if gate["measure"] != "x_realtime"]
    assert first == again


# ---- arbitrary text


def report(text: str) -> Report:
    """A failing clip and a clip with an error; names, failures, files and differences are all `text`."""
    gate = Gate("wer", 0.5, 0.1, 0.2, f"wer: {text}")
    name = Miscount(CountKind.NAME, 1, 2, text)
    gates = (gate, Gate("der", None))
    failed = ClipResult(text, gates, (name,), (name,), source=text, baseline_failure=text)
    return Report((ClipResult(text, error=text or "broke", source=text), failed), failed, (text,), Scoring())


class ParsedPage(HTMLParser):
    """The names of a page's elements, and the words of its cells and of its lists' items."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.cells, self.items = set[str](), list[list[str]](), list[list[str]]()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.text = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "li"):
            (self.cells if tag == "td" else self.items).append(self.text.split())

    def handle_data(self, data: str) -> None:
        self.text += data


TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                *(
                    "::",
                    "##[",
                    "]",
                    "add-mask",
                    "stop-commands",
                    "set-output name=a",
                    "%0A",
                    "%",
                    ":",
                    ",",
                    "=",
                    "\n",
                    "\r",
                ),
                *(
                    "|",
                    "`",
                    "*",
                    "_",
                    "<b>",
                    "<!--",
                    "&amp;",
                    "\\",
                    "\\|",
                    "[a](b)",
                    "![",
                    "- ",
                    "1. ",
                    "+",
                    "---",
                    ":-:",
                ),
                *(
                    "@team",
                    "#1",
                    "GH-2",
                    "https://a.example",
                    "www.a.example",
                    "a@b.example",
                    ":tada:",
                    "$x$",
                    "deadbeef1",
                ),
                *("\x1b]0;a\x07", "\x9b", "\u202e", "\udce9", "\u2028", "\x00", "\ufffe", "]]>", " ", "\n\n", "word"),
            ]
        ),
        max_size=8,
    ).map("".join),
)
NASTY = "a|b <script>x</script> [l](u) *e* `c` ~~s~~ &amp; %0A ::error:: \r\n]]> \\ # _u_ , = \x00\x1b\ufffe"


def words_of(text: str) -> list[str]:
    """The words as a report shows them: what is not printable is a blank, half of a pair its number."""
    shown = "".join(sign if sign.isprintable() or "\ud800" <= sign <= "\udfff" else " " for sign in text)
    return shown.encode("utf-8", "backslashreplace").decode().split()


@given(TEXTS)
@example(NASTY)
@example(" ")
def test_xml_is_valid_and_contains_the_text(text: str) -> None:
    tree = etree.fromstring(junit(report(text)).encode())
    etree.XMLSchema(etree.parse(CHECK_CASES / "junit.xsd")).assertValid(tree)
    told = text.encode("utf-8", "backslashreplace").decode().replace("\r\n", "\n").replace("\r", "\n")
    told = "".join(
        sign if sign in "\t\n" or (sign >= " " and sign not in "\ufffe\uffff") else "\ufffd" for sign in told
    )
    failures = [failure.text for failure in tree.iter("failure")]
    assert len(tree.findall("testsuite/testcase")) == len(failures) + 3, "an error, and two measures that are met"
    assert sum(failure.startswith(f"wer: {told}") for failure in failures) == 2
    assert sum(failure.startswith(told) for failure in failures if failure) >= 2


@given(TEXTS)
@example(NASTY)
def test_annotations_parse_back_and_nothing_else_is_a_command(text: str) -> None:
    lines = github_annotations(report(text))
    found = commands_in("\n".join(lines))
    assert [one.name for one in found] == ["error"] * 3 + ["notice"]
    *clips, note = found
    for one in clips:
        assert one.properties.keys() == ({"file", "title"} if text and text.isprintable() else {"title"})
        assert one.properties.get("file", text).strip() == text.strip()
        assert one.properties["title"].split() == words_of(text)
        if words_of(text):
            assert one.data.split()[: len(words_of(text))] == words_of(text)
    assert note.data.split() == words_of(text)
    assert all(line.isprintable() for line in lines)


@given(TEXTS)
@example(NASTY)
def test_markdown_summary_renders_text_literally(text: str) -> None:
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown(report(text)))
    parsed = ParsedPage(page)
    assert parsed.tags <= ELEMENTS
    assert page.count("<tr>") == 4, "a header, two clips and the overall row"
    assert parsed.cells.count(words_of(text)) >= 3 or not words_of(text)
    assert parsed.items.count(["wer:", *words_of(text)]) >= 2
    assert not re.search(SITE, page), "what the site makes of the rendered text"


ELEMENTS = {
    *("h3", "table", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "ul", "li", "p", "blockquote", "sub"),
}
SITE = r"(?i)@\w|#\d|\bgh-\d|\bwww\.|\w://|:tada:|\$\w|deadbeef1"


@given(TEXTS)
@example(NASTY)
def test_table_has_no_control_characters_and_no_commands(text: str) -> None:
    """Control characters of a file name do not reach the terminal, and no line is a command of GitHub's runner."""
    printed = table(report(text))
    assert all(line.isprintable() for line in printed.split("\n"))
    assert commands_in(printed) == []


@given(TEXTS, st.integers(60, 200))
@example(NASTY, 80)
def test_a_table_fits_its_terminal_and_says_the_same(text: str, width: int) -> None:
    """But for words and paths that are longer than a line."""
    printed = table(report(text), width=width)
    assert all(line.isprintable() for line in printed.split("\n"))
    assert commands_in(printed) == []
    assert all(len(line) <= width or len(max(line.split(), key=len)) > width - 12 for line in printed.split("\n"))
    whole, parts = table(report(text)), " ".join(printed.split())
    for word in ("FAIL", "ERROR", "WER", "50.0", "(≤"):
        assert (word in whole) == (word in parts)


def test_a_wide_table_becomes_several(tmp_path: Path) -> None:
    """Each with the clip and how it ended; a name that is too long is shortened."""
    gates = tuple(Gate(measure, 0.125, 0.1, 0.2, "") for measure in ("wer", "cpwer", "tcpwer", "der", "misnamed"))
    made = Report((ClipResult("a rather long name of a clip about gardens", gates),), None, (), Scoring())
    lines = table(made, width=80).splitlines()
    assert max(map(len, lines)) <= 80
    headers = [line.split()[1:] for line in lines if line.startswith("clip")]
    assert [name for header in headers for name in header] == ["WER", "cpWER", "tcpWER", "DER", "misnamed"]
    assert len(headers) > 1
    assert sum(" ok " in line for line in lines) == len(headers)
    assert table(made, width=1000) == table(made)


@given(TEXTS)
@example("##[set-output name=a]b")
def test_json_has_the_text_and_no_commands(text: str) -> None:
    printed = as_json(report(text))
    assert json.loads(printed)["notes"] == [text]
    assert commands_in(printed) == []
