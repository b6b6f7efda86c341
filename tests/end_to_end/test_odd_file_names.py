"""File names that are not UTF-8, which Linux allows: every file is written, printed and recorded under its name.

The program runs in its own process, with a stdout that accepts only UTF-8.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.scripted_stages import tone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="these file systems accept only UTF-8 names"),
]

ODD = os.fsdecode(b"caf\xe9")
EVERY_FORMAT = "md,json,vtt,srt,txt,rttm,whisper-json,podcast,html,docx"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a recording whose name is not UTF-8."""
    tone(tmp_path / f"{ODD}.wav")
    return tmp_path


def transcribe(folder: Path, *args: str) -> tuple[int, bytes, str]:
    """(exit code, stdout, stderr) of a command in a folder."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
    environ |= {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data")}
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8:strict"}
    command = [sys.executable, "-m", "tests.support.cluster_stages", *args]
    result = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    return result.returncode, result.stdout, result.stderr.decode(errors="backslashreplace")


@pytest.mark.parametrize("source", [f"{ODD}.wav", "."])
def test_run_writes_every_format_and_the_report(source: str, here: Path) -> None:
    code, out, err = transcribe(here, "run", source, "-o", f"drafts-{ODD}", "-f", EVERY_FORMAT)
    assert code == 0, err
    paths = [Path(os.fsdecode(line)) for line in out.splitlines()]
    assert len(paths) == 10
    assert all((here / path).is_file() for path in paths)
    report = json.loads((here / f"drafts-{ODD}" / ".turnscript" / "report.json").read_text(encoding="utf-8"))
    (episode,) = report["episodes"]
    assert episode["source"] == f"{ODD}.wav"
    assert episode["files"] == [str(path) for path in paths]


def test_failure_is_reported_with_a_traceback_file(here: Path) -> None:
    (here / f"{ODD}.mp3").write_text("text in audio's clothing")
    code, _, err = transcribe(here, "run", f"{ODD}.mp3", f"gone-{ODD}.mp3", f"{ODD}.wav")
    assert code == 1
    assert len([line for line in err.splitlines() if line.startswith("Error: ")]) == 2
    report = json.loads((here / "transcripts" / ".turnscript" / "report.json").read_text(encoding="utf-8"))
    (place,) = [episode["traceback"] for episode in report["episodes"] if episode["traceback"]]
    assert "caf\\udce9.mp3" in (here / "transcripts" / place).read_text(encoding="utf-8")


def test_json_output_is_valid(here: Path) -> None:
    transcribe(here, "run", ".")
    rows = json.loads(transcribe(here, "list", ".", "--json")[1].decode())
    (listed,) = (row for row in rows if row["state"] != "left out")
    assert listed["path"] == f"{ODD}.wav"
    (cached,) = json.loads(transcribe(here, "cache", "show", "--json")[1].decode())["recordings"]
    assert cached["source"] == str(here / f"{ODD}.wav")
    assert transcribe(here, "fetch", ".")[1] == os.fsencode(f"{ODD}.wav\n")


def test_draft_is_synced_and_exported(here: Path) -> None:
    transcribe(here, "run", ".")
    for suffix in ("md", "json"):
        (here / "transcripts" / f"caf.{suffix}").rename(here / f"{ODD}.{suffix}")
    assert transcribe(here, "sync", f"{ODD}.md")[:2] == (0, os.fsencode(f"{ODD}.json\n"))
    assert transcribe(here, "export", f"{ODD}.md", "-f", EVERY_FORMAT)[0] == 0
    assert 'url="caf%E9.vtt"' in (here / f"{ODD}.podcast.xml").read_text(encoding="utf-8")


def test_clip_is_checked_and_reported(here: Path) -> None:
    (here / f"{ODD}.ref.txt").write_text("Ada: I'm Ada. Who are you?\nGrace: I am Grace.\nAda: Thank you, Grace.\n")
    reports = ("--junit", "junit.xml", "--markdown", "report.md", "--json")
    baseline = ("--baseline", "baseline.json")
    code, out, err = transcribe(here, "check", ".", *reports, *baseline, "--update-baseline")
    assert code == 0, err
    assert [clip["name"] for clip in json.loads(out.decode())["clips"]] == [ODD]
    assert ET.parse(here / "junit.xml").getroot().tag == "testsuites"
    assert "caf" in (here / "report.md").read_text(encoding="utf-8")
    assert list(json.loads((here / "baseline.json").read_text(encoding="utf-8"))["clips"]) == [ODD]
    code, out, err = transcribe(here, "check", ".", *baseline)
    assert code == 0, err
    assert b"caf\\udce9" in out, "shown as an escape: invalid bytes do not reach the terminal"
