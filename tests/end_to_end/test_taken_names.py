"""What is in the place of a file of ours, and is none: it is not read into another file, not taken for the draft, and
named in one line that says what to do about it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.odd_files import put_in_place_of
from tests.support.scripted_stages import tone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links and pipes")

SECRET = b"TOPSECRET"
NAMES = ["a.md", "a.json", "a.vtt", "a.docx"]
STEPS = {
    "folder": "; a folder has this name; move it away",
    "pipe": "(not a regular file); move away what has this name",
    "device": "(a link leads out of drafts to /dev/zero); remove that link",
    "link out": "); remove that link",
    "too large": "(larger than 256 MB); move away what has this name",
}
RUN = ("run", "a.wav", "-o", "drafts", "-f", "md,vtt,docx")


def put(path: Path, kind: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link out":
        secret = path.parent.parent / "secret"
        secret.write_bytes(SECRET)
        path.symlink_to(secret)
    elif kind == "too large":
        path.touch()
        os.truncate(path, 1 << 42)  # a sparse file takes no room in an archive, and hours to read
    else:
        put_in_place_of(path, kind)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("[a-z]*"))


TAKEN = [  # but for a draft that is an editor's, whatever it holds
    (name, kind) for name in NAMES for kind in STEPS if name != "a.md" or kind not in ("link out", "too large")
]


@pytest.mark.parametrize(("name", "kind"), TAKEN)
def test_a_name_that_is_taken_costs_the_episode_and_leaves_nothing(
    name: str, kind: str, tmp_path: Path, run: Run
) -> None:
    tone(tmp_path / "a.wav")
    put(tmp_path / "drafts" / name, kind)
    for _ in range(2):
        code, out, err = run(*RUN)
        assert (code, out) == (1, "")
        assert STEPS[kind] in err
        assert f"drafts/{name}: cannot be written" in err
        assert listed(tmp_path / "drafts") == [name]


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_no_backup_holds_what_a_link_leads_to(
    force: tuple[str, ...], name: str, kind: str, tmp_path: Path, run: Run
) -> None:
    tone(tmp_path / "a.wav")
    assert run(*RUN)[0] == 0
    before = listed(tmp_path / "drafts")
    put(tmp_path / "drafts" / name, kind)
    for _ in range(2):
        run(*RUN, *force)
        run("sync", "drafts/a.md")
        run("export", "drafts/a.md", "-f", "vtt,docx", "--captions-width", "30")
    added = [path for path in (tmp_path / "drafts").rglob("*") if path.name != name and path.is_file()]
    assert not [path for path in added if path.stat().st_size < 1 << 30 and SECRET in path.read_bytes()]
    assert len(set(listed(tmp_path / "drafts")) - set(before)) <= 3  # a.new.*, once


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
@pytest.mark.parametrize("name", NAMES)
def test_a_draft_that_is_none_is_not_unchanged(name: str, kind: str, tmp_path: Path, run: Run) -> None:
    tone(tmp_path / "a.wav")
    assert run(*RUN)[0] == 0
    assert "1 unchanged" in run(*RUN)[2]
    put(tmp_path / "drafts" / name, kind)
    code, out, err = run(*RUN)
    assert (code, out, "unchanged" in err) == (1, "", False)
    assert f"drafts/{name}: cannot be written" in err
    assert STEPS[kind] in err


@pytest.mark.parametrize("command", [("export", "-f", "vtt,docx"), ("sync",)])
def test_a_timed_transcript_without_an_end_is_not_read(command: tuple[str, ...], tmp_path: Path, run: Run) -> None:
    tone(tmp_path / "a.wav")
    assert run(*RUN)[0] == 0
    put(tmp_path / "drafts" / "a.json", "too large")
    code, out, err = run(command[0], "drafts/a.md", *command[1:])
    assert (code, out) == (1, "")
    assert "drafts/a.json: cannot be read (larger than 256 MB); move away what has this name" in err


@pytest.mark.parametrize("kind", STEPS)
def test_captions_that_cannot_be_read_cost_themselves_alone(kind: str, tmp_path: Path, run: Run) -> None:
    tone(tmp_path / "a.wav")
    assert run(*RUN)[0] == 0
    put(tmp_path / "drafts" / "a.vtt", kind)
    draft = tmp_path / "drafts" / "a.md"
    draft.write_text(draft.read_text().replace("Thank you", "Thank you very much", 1))
    _, out, err = run("sync", "drafts/a.md")
    assert "drafts/a.docx" in out + err
    assert "drafts/a.vtt: cannot be read" in err
    assert "is not updated" in err
