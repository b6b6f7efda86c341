"""What is given a file of another kind says which file it is, what it is, and what to give; in one line, with exit
code 2. An episode of `run` is none of these: it fails alone, with 1."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.scripted_stages import tone

KINDS = {
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "PDF": b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n" + bytes(range(256)),
    "archive": b"\x1f\x8b\x08\0" + bytes(range(256)),
    "old Office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)),
    "no text": random.Random(4).randbytes(3000),
}
WANT_TEXT = [
    "align {} a.wav",
    "score {} d.md",
    "score d.md {}",
    "render {}",
    "export {} -f srt",
    "sync {}",
    "lint {}",
    "parse {}",
    "learn {}",
    "merge d.md {}",
    "check {}",
    "clip {} --from 0 --to 1 -o out",
    "run a.wav --glossary {}",
]
WANT_SOUND = ["align d.md {}", "voices add Ann {}", "run {}", "run --tracks a.wav {}", "sync d.md --audio {}"]
OF_EPISODES = ["run {}"]
TEXTS = {
    "captions": "WEBVTT\n\n00:01.000 --> 00:02.000\nWho are you?\n",
    "JSON": '{"turns": []}',
    "a draft": "**Ada**: Who are you?\n\n**Grace**: I am Grace.\n",
}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    tone(tmp_path / "a.wav", seconds=2.0)
    (tmp_path / "d.md").write_text("**Ada**: Who are you?\n\n**Grace**: I am Grace.\n")
    return tmp_path


def with_times(run: Run, desk: Path) -> None:
    """Give d.md the times of a.wav."""
    run("run", "a.wav", "-o", ".")
    (desk / "a.md").replace(desk / "d.md")
    (desk / "a.json").rename(desk / "d.json")


def told(run: Run, line: str, name: str) -> str:
    code, out, err = run(*(word.format(name) for word in line.split()))
    assert (code, out) == (1 if line in OF_EPISODES else 2, ""), err
    (error,) = (line for line in err.splitlines() if line.startswith("Error: "))
    assert f"{name}: is " in error
    assert "; " in error
    return error


@pytest.mark.parametrize("line", WANT_TEXT)
@pytest.mark.parametrize("kind", [*KINDS, "recording"])
def test_where_text_is_wanted(run: Run, desk: Path, line: str, kind: str) -> None:
    name = "x.toml" if line.startswith("check") else "x.md"
    (desk / name).write_bytes(KINDS.get(kind) or (desk / "a.wav").read_bytes())
    assert kind in told(run, line, name)


@pytest.mark.parametrize("line", [line for line in WANT_TEXT if not line.startswith(("align", "score"))])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32-be", "utf-32"])
def test_text_that_is_not_utf8_is_refused_by_the_name_of_its_encoding(
    run: Run, desk: Path, line: str, encoding: str
) -> None:
    """Such a draft had no turns, and a glossary names with a 0 between their letters. (`align` and `score` read it.)"""
    name = "x.toml" if line.startswith("check") else "x.md"
    text = "[limits]\nwer = 0.1\n" if line.startswith("check") else TEXTS["a draft"]
    (desk / name).write_bytes(text.encode(encoding))
    assert told(run, line, name).endswith(f"is {encoding[:6].upper()} text; save it as UTF-8")


@pytest.mark.parametrize("line", WANT_SOUND)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "no text"])
def test_where_sound_is_wanted(run: Run, desk: Path, line: str, kind: str) -> None:
    if line.startswith("sync"):
        with_times(run, desk)
    (desk / "x.wav").write_bytes(KINDS[kind])
    assert kind in told(run, line, "x.wav")


@pytest.mark.parametrize("line", ["check {}", "run a.wav --glossary {}", "learn d.md --glossary {} --yes"])
@pytest.mark.parametrize("kind", TEXTS)
def test_where_a_text_of_ours_is_wanted(run: Run, desk: Path, line: str, kind: str) -> None:
    """A draft for a clips.toml was TOML with a mistake, and for a glossary a list of names; learn would add to it."""
    with_times(run, desk)
    (desk / "d.md").write_text((desk / "d.md").read_text().replace("Grace", "Haikel"))
    (desk / "x.txt").write_text(TEXTS[kind])
    assert f"is {kind}, " in told(run, line, "x.txt")
    assert (desk / "x.txt").read_text() == TEXTS[kind]


def test_learn_adds_no_line_to_a_glossary_in_toml(run: Run, desk: Path) -> None:
    """It was no TOML then, and every run that read it failed."""
    with_times(run, desk)
    (desk / "d.md").write_text((desk / "d.md").read_text().replace("Grace", "Haikel"))
    (desk / "names.toml").write_text("[glossary]\nRDO = []\n")
    assert "is TOML, " in told(run, "learn d.md --glossary {} --yes", "names.toml")
    assert (desk / "names.toml").read_text() == "[glossary]\nRDO = []\n"


@pytest.mark.parametrize("suffix", ["ref.md", "ref.txt", "rttm"])
def test_where_a_reference_is_wanted(run: Run, desk: Path, suffix: str) -> None:
    (desk / "clips").mkdir()
    tone(desk / "clips" / "c.wav", seconds=2.0)
    (desk / "clips" / f"c.{suffix}").write_bytes(KINDS["picture"])
    code, out, err = run("check", "clips")
    assert code == 2, err
    assert f"clips/c.{suffix}: is a picture; give a transcript, which is text" in out
