"""What a server needs, said by its show: another user agent, no cookies; for its feed, pages, audio and all else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from audio.net.access import Access, Cookies
from tests.support.command_line import Run
from tests.support.scripted_stages import tone

FEED = """<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>S</title>
<item><title>One</title><guid>1</guid><enclosure url="/one.wav" type="audio/wav"/>
<podcast:transcript url="/one.vtt" type="text/vtt"/><podcast:chapters url="/one.json"/></item></channel></rss>"""
VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ada>Hello there.\n"
CHAPTERS = '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Hello"}]}'
PATHS = ["/feed", "/one.json", "/one.vtt", "/one.wav", "/page"]


class Server(ThreadingHTTPServer):
    """Serves a show and its page; `refuses` says which requests, by their headers, and how."""

    daemon_threads = True

    def __init__(self, sound: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
        self.bodies = {"/feed": FEED.encode(), "/one.vtt": VTT.encode(), "/one.json": CHAPTERS.encode()}
        self.bodies |= {"/one.wav": sound, "/page": f"<html><head>{link}</head><body>Hello</body></html>".encode()}
        self.needs = ""
        self.seen: list[tuple[str, str, str]] = []  # path, user agent, cookie

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def paths(self) -> list[str]:
        """The paths requested since the last call."""
        paths = sorted({path for path, _, _ in self.seen})
        self.seen.clear()
        return paths


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        agent, cookie = self.headers.get("User-Agent", ""), self.headers.get("Cookie", "")
        self.server.seen.append((self.path, agent, cookie))
        needs = self.server.needs
        if needs == "a browser" and "Mozilla" not in agent:
            return self.answer(403)
        if needs == "cookies" and "session=1" not in cookie:
            return self.answer(302, Location=self.path, **{"Set-Cookie": "session=1; Path=/"})
        if needs == "no cookies":
            if cookie:
                return self.answer(302, Location=self.path)
            return self.answer(200, **{"Set-Cookie": "session=1; Path=/"})
        return self.answer(200)

    def answer(self, status: int, **headers: str) -> None:
        body = self.server.bodies.get(self.path, b"") if status == 200 else b""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    running = Server(tone(tmp_path / "tone.wav").read_bytes())
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def write_shows(folder: Path, server: Server, line: str) -> None:
    shows = {"Needy": line, "Plain": ""}
    text = "".join(
        f'[[show]]\nname = "{name}"\nfeed = "{server.url("/page")}"\noutput = "{name.lower()}"\n{own}\n'
        for name, own in shows.items()
    )
    (folder / "transcribe.toml").write_text(text)


AGENT = 'user_agent = "Mozilla/5.0 (X11; Linux x86_64)"'


@pytest.mark.parametrize(("needs", "line"), [("a browser", AGENT), ("no cookies", "cookies = false")])
def test_a_show_says_what_its_server_needs(needs: str, line: str, server: Server, tmp_path: Path, run: Run) -> None:
    server.needs = needs
    write_shows(tmp_path, server, line)
    assert run("run", "--show", "Needy")[0] == 0
    assert server.paths() == PATHS
    assert (tmp_path / "needy" / "one.publisher.vtt").read_text() == VTT
    assert run("list", "--show", "Needy")[1].split()[-2:] == ["transcribed", "One"]
    code, _, err = run("run", "--show", "Plain")
    assert code == 1, "nor does it act on another show"
    assert "127.0.0.1" in err


@pytest.mark.parametrize("option", [["--user-agent", "Mozilla/5.0"], ["--no-cookies"]])
def test_a_single_fetch_says_so_in_an_option(option: list[str], server: Server, tmp_path: Path, run: Run) -> None:
    server.needs = needs = {"--user-agent": "a browser", "--no-cookies": "no cookies"}[option[0]]
    code, _, err = run("fetch", server.url("/page"), "-o", "a")
    assert code == 1
    assert ("--user-agent, or user_agent of its [[show]]" in err) == (needs == "a browser"), "the cure is named"
    assert run("fetch", server.url("/page"), "-o", "a", *option)[0] == 0
    assert run("list", server.url("/page"), *option)[0] == 0


def test_cookies_are_returned_by_default_and_not_kept_after_the_run(server: Server, tmp_path: Path, run: Run) -> None:
    server.needs = "cookies"
    assert run("fetch", server.url("/feed"), "-o", "a")[0] == 0
    assert {agent.partition("/")[0] for _, agent, _ in server.seen} == {"turnscript"}
    assert [cookie for _, _, cookie in server.seen].count("") == 1
    server.seen.clear()
    assert run("fetch", server.url("/feed"), "-o", "b")[0] == 0
    assert server.seen[0][2] == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"session=1" in path.read_bytes()]


def test_cookies_go_to_the_host_that_set_them_only() -> None:
    cookies = Cookies()
    cookies.take(
        "https://a.example/x", ["one=1", "two=2; Domain=example", "three=3; Domain=.a.example; Secure; Path=/"]
    )
    assert "one=1" in cookies.header("https://a.example/y")["Cookie"]
    assert cookies.header("https://b.example/x") == {}
    assert cookies.header("https://sub.a.example/x") in ({}, {"Cookie": "three=3"})
    assert "three" not in cookies.header("http://a.example/x")["Cookie"]


def test_hostile_cookies_are_bounded() -> None:
    cookies = Cookies()
    for number in range(1000):
        cookies.take(
            "https://a.example/", [f"n{number}={'x' * 4000}", "y" * 10**6, "=;=;", "a=1; expires=" + "9" * 3000]
        )
    assert len(cookies.header("https://a.example/").get("Cookie", "")) < 120 * 4100


@pytest.mark.parametrize("agent", ["a\r\nX: y", "ü", "x" * 501, "\0"])
def test_a_user_agent_is_one_line_of_ascii(agent: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        Access(agent)


def test_an_unknown_key_of_a_show_is_refused_with_its_line(server: Server, tmp_path: Path, run: Run) -> None:
    write_shows(tmp_path, server, "user_agnt = 'x'")
    code, _, err = run("run", "--show", "Needy")
    assert code == 1
    assert f"{tmp_path}/transcribe.toml: line 5: [[show]] 'Needy': 'user_agnt' is not a setting" in err
    assert json.loads(run("list", "--json")[1])[-1]["error"]
