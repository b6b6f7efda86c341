"""What a source has besides episodes: `list` names it, other commands count it; what went wrong is an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.hostile_server import HostileServer, Resource

POSTS = "".join(f"<item><title>Post {n}</title></item>" for n in range(3))


def feed(server: HostileServer, more: str = "") -> str:
    item = f"<item><title>One</title><enclosure url='{server.url('/1.mp3')}' type='audio/mpeg'/></item>"
    return f"<rss><channel><title>S</title>{POSTS}{item}{more}"


def test_items_without_audio_are_named_by_list_and_counted_by_others(
    run: Run, server: HostileServer, tmp_path: Path
) -> None:
    server.put("/1.mp3", Resource(b"ID3\x04" + bytes(9000)))
    url = server.put("/feed", Resource(f"{feed(server)}</channel></rss>".encode()))
    code, out, err = run("list", url)
    assert (code, err.splitlines()) == (0, [f"left out: {url}: 'Post {n}': no audio" for n in range(3)])
    assert out.endswith("One\n")
    rows = json.loads(run("list", url, "--json")[1])
    assert [(row["title"], row["state"], row["path"]) for row in rows] == [
        ("One", "new", None),
        *((f"Post {n}", "left out", None) for n in range(3)),
    ]
    assert [(row["source"], row["reason"], row["count"], row["is_failure"]) for row in rows[1:]] == [
        (url, "no audio", 1, False)
    ] * 3
    line = f"left out: {url}: 3 items: no audio"
    code, _, err = run("run", url, "--dry-run")
    assert (code, err.splitlines()[0]) == (0, line)
    code, _, err = run("fetch", url, "-o", str(tmp_path / "audio"))
    assert (code, err) == (0, f"{line}\n")
    assert run("fetch", url, "-o", str(tmp_path / "audio"), "--quiet")[2] == ""
    events = [json.loads(each) for each in run("run", url, "--dry-run", "--progress", "json")[2].splitlines()]
    assert events[0] == {"event": "left_out", "source": url, "title": None, "reason": "3 items: no audio", "count": 3}
    assert events[-1]["left_out"] == [{"source": url, "title": None, "reason": "3 items: no audio", "count": 3}]


@pytest.mark.parametrize("command", [["list"], ["fetch", "-o", "audio"], ["run", "--dry-run"]])
def test_what_went_wrong_in_a_source_sets_the_exit_code(run: Run, server: HostileServer, command: list[str]) -> None:
    server.put("/1.mp3", Resource(b"ID3\x04" + bytes(9000)))
    cut = server.put("/cut", Resource(feed(server, "<item><title>Two").encode()))
    gone = server.url("/gone")
    opml = f"<opml><body><outline xmlUrl='{gone}'/><outline text='Mine'/><outline xmlUrl='{cut}'/></body></opml>"
    url = server.put("/opml", Resource(opml.encode()))
    code, out, err = run(*command, url)
    assert code == 1
    assert "one" in (out + err).casefold()
    assert f"left out: {url}: 'Mine': has no address of a feed" in err
    assert f"{gone}: the server returns 404" in err
    assert f"{cut}: 'Two': is cut off: the feed ends inside it" in err


def test_an_episode_named_twice_is_said(run: Run, server: HostileServer) -> None:
    server.put("/1.mp3", Resource(b"ID3\x04" + bytes(9000)))
    url = server.put("/feed", Resource(f"{feed(server)}</channel></rss>".encode()))
    code, _, err = run("run", url, url, "--dry-run")
    assert code == 0
    assert f"left out: {url}: 'One': named before" in err


def test_a_list_that_fails_is_still_json(run: Run, server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Nothing to hear.")
    (tmp_path / "transcribe.toml").write_text("[[show]]\nname = 'Odd'\nfeed = 'x'\nlatest = 'many'\n")
    gone = server.url("/gone")
    for arguments, expected in (([gone], 1), (["none.mp3"], 2), (["notes.txt"], 1), (["--show", "Odd"], 2)):
        code, out, err = run("list", *arguments, "--json")
        assert (code, json.loads(out)) == (expected, []), arguments
        assert err.startswith("Error: ")
    posts = server.put("/posts", Resource(f"<rss><channel><title>S</title>{POSTS}</channel></rss>".encode()))
    code, out, _ = run("list", posts, "--json")
    assert (code, [row["title"] for row in json.loads(out)]) == (1, [f"Post {n}" for n in range(3)])
