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
from transcribe.evaluation.check import ClipResult, Report
from transcribe.evaluation.check_reports import github_annotations, junit, markdown, table
from transcribe.evaluation.clip_differences import CountKind, Miscount
from transcribe.evaluation.gates import Gate
from transcribe.evaluation.score import Scoring


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
    """The text of a page and the names of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
NASTY = "a|b <script>x</script> [l](u) *e* `c` ~~s~~ &amp; %0A ::error:: \r\n]]> \\ # _u_ , = \x00\x1b\ufffe"


@given(TEXTS)
@example(NASTY)
@example(" ")
def test_xml_is_valid_and_contains_the_text(text: str) -> None:
    tree = etree.fromstring(junit(report(text)).encode())
    etree.XMLSchema(etree.parse(CHECK_CASES / "junit.xsd")).assertValid(tree)
    allowed = "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))
    messages = [failure.get("message") for failure in tree.iter("failure")]
    if allowed == text and "\n" not in text and "\t" not in text:
        assert f"wer: {text}" in messages


@given(TEXTS)
@example(NASTY)
def test_annotation_is_one_line_and_parses_back(text: str) -> None:
    """As GitHub's runner parses it: properties end at `::`, separated by `,`; then it decodes %-escapes, %25 last."""
    for line in github_annotations(report(text)):
        assert "\n" not in line
        assert "\r" not in line
        kind, properties, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", line, re.S).groups()  # type: ignore[union-attr]
        assert kind in ("error", "notice")
        for key, value in (pair.split("=", 1) for pair in properties.split(",")):
            assert key in ("file", "title")
            for code, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
                value = value.replace(code, sign)
            assert value in (text, "transcribe check")
        for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            message = message.replace(code, sign)
        assert text in message or not text


@given(TEXTS)
@example(NASTY)
def test_markdown_summary_renders_text_literally(text: str) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown(report(text)))
    parsed = ParsedPage(page)
    assert parsed.tags <= {
        "h3",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "ul",
        "li",
        "p",
        "blockquote",
        "sub",
    }
    assert page.count("<tr>") == 4, "a header, two clips and the overall row"
    if text.isascii() and text.isprintable():
        assert " ".join(text.split()) in " ".join(parsed.text.split())


@given(TEXTS)
@example(NASTY)
def test_table_has_no_control_characters(text: str) -> None:
    """Control characters of a file name do not reach the terminal."""
    for line in table(report(text)).split("\n"):
        assert not re.search("[\x00-\x1f\x7f-\x9f]", line)
