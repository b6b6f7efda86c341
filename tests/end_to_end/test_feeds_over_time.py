"""A feed over the years: renamed, moved, its audio deleted. Drafts stay with their episodes, nothing comes twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audio.disk import sha256_of
from tests.support.command_line import Run
from tests.support.hostile_server import HostileServer, Resource
from tests.support.scripted_stages import tone

HEAD = """<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>{}</title>{}"""
ITEM = """<item><title>{title}</title>{guid}<pubDate>{day:02} Jan 2026 10:00:00 GMT</pubDate>
<enclosure url="{file}" type="audio/wav" length="1"/></item>"""
Offer = Callable[..., str]


@pytest.fixture
def offer(server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Puts a feed of two episodes on the server; returns its address."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for day in (1, 2):
        tone(tmp_path / f"{day}.wav", hertz=400 + 100 * day)

    def put(path: str = "/feed", *, show: str = "Show", head: str = "", **changes: str) -> str:
        items = ""
        for day in (1, 2):
            values = {"title": f"Episode {day}", "guid": f"<guid>g{day}</guid>", "file": f"/m/{day}.wav"}
            values |= {name: text.format(day=day) for name, text in changes.items()}
            server.put(values["file"].partition("?")[0], Resource(tmp_path / f"{day}.wav", media_type="audio/wav"))
            items += ITEM.format(day=day, **values)
        body = f"{HEAD.format(show, head)}{items}</channel></rss>".encode()
        return server.put(path, Resource(body, media_type="application/rss+xml", etag=None))

    return put


def downloads(server: HostileServer) -> list[str]:
    found = [request.path for request in server.requests if request.path.partition("?")[0].endswith(".wav")]
    server.requests.clear()
    return found


def texts(folder: Path) -> dict[str, str]:
    """Name → hash of every file, but for the hidden ones and the sound."""
    files = (path for path in folder.iterdir() if path.is_file() and path.suffix != ".wav")
    return {path.name: sha256_of(path) for path in files}


CHANGES: dict[str, dict[str, str]] = {
    "a renamed show": {"show": "Renamed"},
    "new titles": {"title": "Remastered {day}"},
    "tokens": {"file": "/m/{day}.wav?token=9"},
    "another folder": {"file": "/new/{day}.wav"},
    "a podcast:guid": {"head": "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>"},
    "another address": {"path": "/moved"},
    "all but the guid and the date": {
        "path": "/moved",
        "show": "New",
        "file": "/m/{day}.wav?t=1",
        "title": "New {day}",
    },
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES.keys())
def test_a_feed_that_changed_is_transcribed_already(
    changes: dict[str, str], offer: Offer, server: HostileServer, tmp_path: Path, run: Run
) -> None:
    drafts = tmp_path / "transcripts"
    assert run("run", offer())[0] == 0
    edited = drafts / "2026-01-01-episode-1.md"
    edited.write_text(edited.read_text() + "\nAn editor was here.\n")
    assert run("run", offer())[0] == 0
    assert len(downloads(server)) == 2
    before = texts(drafts)
    for audio in (True, False):  # … and without it
        for sound in drafts.glob("*.wav") if not audio else ():
            sound.unlink()
        code, out, err = run("run", offer(**changes))
        assert (code, len(out.split())) == (0, 4)
        assert "2 unchanged" in err
        assert texts(drafts) == before
        assert not downloads(server)
    assert [line.split()[2] for line in run("list", offer(**changes))[1].splitlines()] == ["transcribed"] * 2
    assert "to be fetched" not in run("run", offer(**changes), "-n")[2]


def test_without_audio_other_formats_and_styles_are_written(
    offer: Offer, server: HostileServer, tmp_path: Path, run: Run
) -> None:
    feed, drafts = offer(), tmp_path / "transcripts"
    run("run", feed)
    edited = drafts / "2026-01-01-episode-1.md"
    edited.write_text(edited.read_text() + "\nAn editor was here.\n")
    mine = edited.read_bytes()
    for sound in drafts.glob("*.wav"):
        sound.unlink()
    downloads(server)
    assert run("run", feed, "-f", "md,json,vtt", "--labels", "initial")[0] == 0
    assert sorted(path.name for path in drafts.glob("*.vtt")) == [
        "2026-01-01-episode-1.vtt",
        "2026-01-02-episode-2.vtt",
    ]
    assert "\n**A**: I'm Ada" in (drafts / "2026-01-02-episode-2.md").read_text()
    assert edited.read_bytes() == mine
    before = texts(drafts)
    assert "2 unchanged" in run("run", feed, "-f", "md,json,vtt", "--labels", "initial")[2]
    assert texts(drafts) == before
    assert not downloads(server)


@pytest.mark.parametrize("options", [["--fresh"], ["--verbatim"], ["--speakers", "3"]])
def test_audio_that_is_needed_again_is_fetched_again(
    options: list[str], offer: Offer, server: HostileServer, tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    feed, drafts = offer(), tmp_path / "transcripts"
    run("run", feed)
    downloads(server)
    for sound in drafts.glob("*.wav"):
        sound.unlink()
    assert run("run", feed, *options, "-n")[2].count("to be fetched and transcribed") == 2
    assert run("run", feed, *options)[0] == 0
    assert sorted(downloads(server)) == ["/m/1.wav", "/m/2.wav"]
    name = options[0].removeprefix("--")
    told = f"Episode 1: its audio was deleted, and is fetched again because of: {name}"
    assert (told in caplog.text) == (name != "fresh")


def test_a_recording_that_was_replaced_stays_until_it_is_moved_away(
    offer: Offer, server: HostileServer, tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    drafts = tmp_path / "transcripts"
    run("run", offer())
    edited = drafts / "2026-01-01-episode-1.md"
    edited.write_text(edited.read_text() + "\nAn editor was here.\n")
    before, mine = texts(drafts), edited.read_bytes()
    downloads(server)
    tone(tmp_path / "1.wav", hertz=900)
    new = offer(file="/m/{day}-remastered.wav")
    for count in (1, 1):
        run("run", new)
        assert caplog.text.count("Episode 1: the publisher has replaced the recording; the one fetched before") == count
    assert not downloads(server)
    assert texts(drafts) == before
    (drafts / "2026-01-01-episode-1.wav").unlink()
    run("run", new, "--fresh")
    assert downloads(server) == ["/m/1-remastered.wav"]
    assert edited.read_bytes() == mine


def test_two_feeds_with_the_same_episodes_share_them(
    offer: Offer, server: HostileServer, tmp_path: Path, run: Run
) -> None:
    first, second = offer(), offer("/network", show="Network", file="/m/{day}.wav?via=network")
    code, out, _ = run("run", first, second)
    assert (code, len(out.split())) == (0, 4)
    assert len(downloads(server)) == 2
    assert "2 unchanged" in run("run", second)[2]
    assert not downloads(server)


def test_a_local_recording_with_the_name_of_an_episode_keeps_its_own_draft(
    offer: Offer, server: HostileServer, tmp_path: Path, run: Run
) -> None:
    tone(tmp_path / "2026-01-01-episode-1.wav", hertz=300)
    for sources in (["2026-01-01-episode-1.wav", offer()], [offer(), "2026-01-01-episode-1.wav"]):
        code, out, _ = run("run", *sources)
        assert code == 0
        assert len({line for line in out.splitlines() if line.endswith(".md")}) == 3
    names = sorted(path.name for path in (tmp_path / "transcripts").glob("*.md"))
    assert len(names) == 3
