"""What `fetch` says it did, what `list` knows of it, and options that would select nothing or all."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.hostile_server import HostileServer, Resource
from tests.support.scripted_stages import tone


def feed_of(server: HostileServer, *names: str) -> str:
    items = ""
    for name in names:
        url = server.url(f"/{name}.wav")
        items += f"<item><title>{name}</title><guid>{name}</guid><enclosure url='{url}' type='audio/wav'/></item>"
    body = f"<rss><channel><title>S</title>{items}</channel></rss>".encode()
    return server.put("/feed", Resource(body, etag=f'"{len(names)}"'))


def recordings(server: HostileServer, folder: Path, *names: str) -> None:
    for hertz, name in enumerate(names, 200):
        tone(folder / "source.wav", hertz=hertz)
        server.put(f"/{name}.wav", Resource((folder / "source.wav").read_bytes(), media_type="audio/wav"))


def states(run: Run, *options: str) -> dict[str, str]:
    code, out, _ = run("list", *options)
    assert code == 0
    return {line.split()[3]: line.split()[2] for line in out.splitlines()}


def test_fetch_prints_each_path_and_says_which_were_here(run: Run, server: HostileServer, tmp_path: Path) -> None:
    recordings(server, tmp_path, "one", "two")
    assert run("fetch", feed_of(server, "one"), "-o", "audio") == (0, "audio/one.wav\n", "")
    code, out, err = run("fetch", feed_of(server, "one", "two"), "-o", "audio")
    assert (code, sorted(out.splitlines())) == (0, ["audio/one.wav", "audio/two.wav"])
    assert err == "already here: audio/one.wav\n"
    assert run("fetch", server.url("/feed"), "-o", "audio", "--quiet")[2] == ""


def test_list_knows_what_the_default_folder_has(run: Run, server: HostileServer, tmp_path: Path) -> None:
    recordings(server, tmp_path, "one", "two")
    url = feed_of(server, "one", "two", "three")
    run("fetch", url, "--episode", "one")
    run("run", url, "--episode", "two")
    assert states(run, url) == {"one": "fetched", "two": "transcribed", "three": "new"}
    assert states(run, url, "-o", "elsewhere") == {"one": "new", "two": "new", "three": "new"}


def test_list_says_what_is_wrong_with_a_file(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    tone(folder / "good.wav", seconds=2.0)
    tone(folder / "done.wav", seconds=2.0, hertz=300)
    run("run", "in/done.wav")
    (folder / "done.wav").write_text("No music any more.")
    (folder / "empty.mp3").touch()
    (folder / "noise.mp3").write_bytes(random.Random(1).randbytes(5000))
    code, out, err = run("list", "in")
    assert code == 1
    state_of = {line.split()[3]: line.split()[2] for line in out.splitlines()}
    assert state_of == {"good": "local", "done": "broken", "empty": "broken", "noise": "broken"}
    told = dict(line.removeprefix("Error: ").split(": ", 1) for line in err.splitlines())
    assert told.keys() == {"in/done.wav", "in/empty.mp3", "in/noise.mp3"}
    assert told["in/empty.mp3"] == "the file is empty; get the file again"
    assert "no sound" in told["in/noise.mp3"]
    code, out, _ = run("list", "in", "--json")
    reasons = {row["title"]: row["reason"] for row in json.loads(out)}
    assert (code, reasons["good"]) == (1, None)
    assert {title for title, reason in reasons.items() if reason} == {"done", "empty", "noise"}
    assert run("list", "in/good.wav")[::2] == (0, "")


@pytest.mark.parametrize("option", ["--match", "--since", "--episode", "--latest"])
@pytest.mark.parametrize("command", ["list", "fetch", "run"])
def test_an_option_that_selects_all_is_refused(run: Run, command: str, option: str) -> None:
    for value in (["0"] if option == "--latest" else []) + ["", " "]:
        code, _, err = run(command, "feed.xml", option, value)
        assert (code, err.count("\n")) == (2, 1)
        assert f"{option[2:]}: {value!r} selects all episodes" in err


def test_it_may_override_what_the_file_says(run: Run, server: HostileServer, tmp_path: Path) -> None:
    recordings(server, tmp_path, "one")
    (tmp_path / "transcribe.toml").write_text(
        f"[[show]]\nname = 'S'\nfeed = '{feed_of(server, 'one', 'two')}'\nlatest = 1\n"
    )
    assert len(states(run, "--show", "S")) == 1
    assert len(states(run, "--show", "s", "--latest", "0")) == 2
    code, _, err = run("list", "--show", "S", "--match", "")
    assert (code, "match: '' selects all episodes" in err) == (2, True)


@pytest.mark.parametrize("command", ["list", "fetch", "run"])
def test_no_episode_is_in_the_future(run: Run, command: str) -> None:
    code, _, err = run(command, "feed.xml", "--since", "2999-01-01")
    assert (code, err) == (
        2,
        "Error: command line: since: 2999-01-01 is in the future, where no episode is; check the year\n",
    )


def test_a_show_without_a_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("[[show]]\nname = 'S'\nfeed = 'a.xml'\n")
    for command in ("list", "run"):
        code, out, err = run(command, "--show", "")
        assert (code, out, err) == (2, "", "Error: show: no '' in transcribe.toml; the shows are S\n")


@pytest.mark.parametrize("command", [["run"], ["run", "--dry-run"], ["list"]])
def test_an_index_that_cannot_be_read_is_an_error(run: Run, tmp_path: Path, command: list[str]) -> None:
    """A name could be that of a fetched episode, whose draft would be lost."""
    tone(tmp_path / "a.wav")
    (tmp_path / "transcripts" / ".turnscript" / "index.json").mkdir(parents=True)
    code, _, err = run(*command, "a.wav")
    assert code == 1
    assert "index.json: cannot be read (Is a directory); move it away" in err
