"""No command prints on a terminal what a terminal obeys: names of files and their contents come from anybody."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from output.formats import write
from tests.support.paths import CLIPS, ROOT
from tests.support.transcripts import transcript

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals"),
]

ODD = "a\x1b]0;x\x07\x9b31m\u202eb"
OBEYED = ("\x1b", "\x9b", "\u202e", "\x07")
FEED = """<rss><channel><title>S</title><item><title>T\x9b31m\u202ex</title><guid>g\x9b31m</guid>
<description>d\x9b31m\u202e</description><enclosure
url='http://127.0.0.1:9/a.mp3' type='audio/mpeg'/></item></channel></rss>"""
COMMANDS = [
    *(["render", f"{ODD}.json", "-f", name] for name in ("md", "txt", "json", "vtt", "html")),
    ["export", f"{ODD}.md", "-f", "txt"],
    ["parse", f"{ODD}.md"],
    ["lint", f"{ODD}.md"],
    ["lint", "--diff", f"{ODD}.md"],
    ["lint", "--fix", f"{ODD}.md"],
    ["sync", f"{ODD}.md"],
    ["learn", f"{ODD}.md", "--glossary", f"{ODD}.txt", "--yes"],
    ["clip", f"{ODD}.mp3", "--from", "0", "--to", "5", "-o", f"clips{ODD}"],
    ["score", f"{ODD}.ref.txt", f"{ODD}.md"],
    ["run", f"{ODD}.mp3", "-o", f"out{ODD}"],
    ["run", f"{ODD}.mp3", "--dry-run"],
    ["run", f"none{ODD}.mp3"],
    ["list", "feed.xml"],
    ["list", "feed.xml", "--json"],
    ["list", "bad.xml"],
    ["list", "."],
    ["fetch", "feed.xml", "-o", f"fetched{ODD}"],
    ["cache", "show"],
    ["cache", "clear", "--dry-run"],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(CLIPS / "short.mp3", tmp_path / f"{ODD}.mp3")
    made = transcript(("S1", f"Hello {ODD} it is."), ("S2", f"Thank you {ODD}."))
    for suffix in ("md", "json"):
        (tmp_path / f"{ODD}.{suffix}").write_text(str(write(made, suffix)), encoding="utf-8")
    (tmp_path / f"{ODD}.ref.txt").write_text(f"A\x9b: hi \x1b[31m {ODD} there\n", encoding="utf-8")
    (tmp_path / "feed.xml").write_text(FEED, encoding="utf-8")
    (tmp_path / "bad.xml").write_text("<rss><channel\x9b31m <<< </rss>", encoding="utf-8")
    return tmp_path


def shown(args: list[str], folder: Path) -> str:
    """What a command shows on a terminal."""
    import pty

    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data"), "TERM": "dumb"}
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "tests.support.faulty_stages", "quick", *args])
    text = b"".join(pieces(descriptor)).decode("utf-8", "replace")
    os.waitpid(pid, 0)
    return text


def pieces(descriptor: int) -> Iterator[bytes]:
    try:
        while piece := os.read(descriptor, 65_536):
            yield piece
    except OSError:  # Linux's end of a terminal
        pass


@pytest.mark.parametrize("args", COMMANDS, ids=lambda args: " ".join(args).replace(ODD, "ODD"))
def test_nothing_on_a_terminal_is_obeyed(args: list[str], folder: Path) -> None:
    text = shown(args, folder)
    assert "Traceback" not in text, ascii(text)
    assert [sign for sign in OBEYED if sign in text] == [], ascii(text)
