"""Untrusted text on the terminal: it cannot move the cursor, set a title or reverse a line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio.sources.page import page_of
from audio.sources.values import plain_text
from tests.support.command_line import Run
from tests.support.fetch_helpers import AUDIO
from tests.support.hostile_server import HostileServer, Resource
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone
from tests.support.workflow_log import commands_in
from transcribe.terminal import for_terminal

# click takes `ESC [ … letter` out where there is no terminal, so these have commands of other kinds as well
NASTY = "Talk \x1b]0;pwned\x07\x1b[2J \u202egnp.exe\u2066 \x9b31m"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # "I want", which needs its zero-width non-joiner


def is_clean(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@given(st.text(max_size=60))
@example(NASTY)
@example("&#x202e;&#x1b;&#27;&#x9b;&#8238;")
def test_publisher_text_is_one_line_without_control_characters(text: str) -> None:
    for said in (plain_text(text), plain_text("".join(f"&#{ord(sign)};" for sign in text))):
        assert {unicodedata.category(sign) for sign in said} & {"Cc", "Zl", "Zp", "Cs"} == set()
        assert {sign for sign in said if unicodedata.category(sign) == "Cf"} <= {"\u200c", "\u200d"}


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), max_size=5).map(" ".join))
@example(PERSIAN)
def test_printable_text_does_not_change(text: str) -> None:
    assert plain_text(text) == text


@given(st.text(max_size=60))
@example(NASTY)
@example("caf\udce9.wav")
def test_a_line_for_the_terminal_is_printable(text: str) -> None:
    line = for_terminal(text)
    assert line.isprintable()
    assert len(line) >= len(text)
    if text.isprintable() and not re.search("::|##", text):
        assert line == text


PIECES = (
    "::",
    "##[",
    "##vso[",
    "]",
    "set-output name=a",
    "stop-commands",
    "add-mask",
    " ",
    "\n",
    "\r",
    "\u2028",
    "#",
    "a",
)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_a_line_for_the_terminal_is_no_command_of_a_ci_service(text: str) -> None:
    line = for_terminal(text)
    assert commands_in(line) == []
    assert not re.search(r"##\w*\[", line)
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    assert line.replace("\\", "").strip() == shown.strip()


@pytest.fixture
def pages(server: HostileServer) -> list[str]:
    """A page, a feed and an address whose titles contain control characters; the address has only its path."""
    url = server.put("/a.mp3", Resource(AUDIO))
    told = {"@type": "PodcastEpisode", "name": NASTY, "audio": {"contentUrl": url}}
    page = f'<script type="application/ld+json">{json.dumps(told)}</script>'
    item = f"<item><title>Talk &#x202e;gnp.exe&#x2066;</title><enclosure url='{url}' type='audio/mpeg'/></item>"
    feed = f"<rss version='2.0'><channel><title>A &#x202e;show</title>{item}</channel></rss>"
    page_url = server.put("/page", Resource(page.encode(), media_type="text/html"))
    feed_url = server.put("/feed", Resource(feed.encode(), media_type="application/rss+xml"))
    return [page_url, feed_url, server.put("/Talk%1B%5D0;x%07%E2%80%AE.mp3", Resource(AUDIO))]


def test_titles_are_printed_without_control_characters(run: Run, pages: list[str]) -> None:
    for source in pages:
        for command in (("list",), ("run", "-n"), ("fetch",), ("run",)):
            _, out, err = run(*command, source)
            assert "Talk" in err or "talk" in out or "Talk" in out
            assert is_clean(out + err), (command, source)


def test_file_names_are_printed_without_control_characters(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "evil\x1b]0;x\x07\u202e.wav")
    (tmp_path / "broken\x1b]0;x\x07\u202e.wav").write_bytes(b"RIFF")
    for command in (("run", "-n"), ("run",), ("list",)):
        assert is_clean(run(*command, ".")[2]), command
    for command in ("run", "list", "sync", "export", "clip"):
        options = {"export": ["-f", "vtt"], "clip": ["--from", "1", "--to", "2", "-o", "x"]}.get(command, [])
        assert is_clean(run(command, "broken\x1b]0;x\x07\u202e.wav", *options)[2]), command


def test_draft_contents_are_printed_without_control_characters(run: Run, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text("**R**: Is it [kn\x1bot?] so? [\u202eword?]\n")
    code, out, err = run("lint", "post.md")
    assert code == 1
    assert "M6" in out
    assert is_clean(out + err)


@pytest.mark.processes
def test_log_lines_have_no_control_characters(tmp_path: Path) -> None:
    """In a process of its own, because pytest replaces the log's handlers."""
    (tmp_path / "broken\x07\u202e.wav").write_bytes(b"RIFF")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.support.faulty_stages", "quick", "run", "-v", "broken\x07\u202e.wav"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert is_clean(done.stdout + done.stderr), done.stderr


def test_a_page_without_a_title_is_named_by_its_address() -> None:
    page = b"<audio src='https://x.example/a%1B%5B2J%E2%80%AEb.mp3'></audio>"
    (episode,) = page_of(page, url="https://x.example/").episodes
    assert episode.title == "a[2Jb"
