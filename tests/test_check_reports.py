"""A check's report in every form: the same said, validly, whatever clips are called and people say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from tests.checking import SWAPPED, Check, Telling, with_words, write_clip
from tests.scripted import tone

HERE = Path(__file__).parent


def test_reports_say_the_same_everywhere(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "a|<b>", hertz=220)
    tone(tmp_path / "clips" / "lonely.wav", hertz=330)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stages = Telling(talk=with_words("Grace", "Grays"))
    code, _, err = check("clips", "--junit", "out/junit.xml", "--markdown", "out/summary.md", stages=stages)
    assert code == 2
    tree = etree.parse(tmp_path / "out" / "junit.xml")
    etree.XMLSchema(etree.parse(HERE / "check_cases" / "junit.xsd")).assertValid(tree)
    (suite,) = tree.getroot()
    assert int(suite.get("tests")) == len(suite.findall("testcase"))
    assert int(suite.get("errors")) == len(suite.findall("testcase/error")) == 1
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 2
    assert {case.get("classname") for case in suite.findall("testcase")} == {"garden", "a|<b>", "lonely", "all clips"}
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "### Sample clips: 2 not met, 1 could not be run" in summary
    assert r"| a\|\<b\> | FAIL |" in summary
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert rows[2].startswith("| lonely | ERROR"), "the worst first"
    lines = [line for line in err.splitlines() if line.startswith("::")]
    assert len(lines) == 3
    assert lines[0].startswith("::error file=clips/lonely.wav,title=lonely::")
    assert "%0A" in lines[1]
    assert "names%3A" not in lines[1].partition("::names: 100.0 %25 is over")[0]


def test_no_annotations_elsewhere(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    _, _, err = check("clips", stages=Telling(talk=with_words("Grace", "Grays")))
    assert err == ""


def test_control_characters_do_not_break_the_xml(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling(talk=with_words("Grace", "Gr\x01\ufffe\x1bays"))
    check("clips", "--junit", "j.xml", "--normaliser", "none", stages=stages)
    etree.XMLSchema(etree.parse(HERE / "check_cases" / "junit.xsd")).assertValid(etree.parse(tmp_path / "j.xml"))


def test_two_runs_print_the_same(check: Check, tmp_path: Path) -> None:
    for hertz in (200, 300, 400):
        write_clip(tmp_path / "clips", f"clip{hertz}", hertz=hertz)
    stages = Telling(talk=SWAPPED)
    first = json.loads(check("clips", "--json", stages=stages)[1])
    again = json.loads(check("clips", "--json", "--fresh", stages=stages)[1])
    for report in (first, again):
        for one in (*report["clips"], report["overall"]):
            one["gates"] = [gate for gate in one["gates"] if gate["measure"] != "x_realtime"]
    assert first == again
