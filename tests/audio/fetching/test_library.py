"""Names of fetched files and the index of the folder: one file per episode in every run."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.fetching.fetch import Fetched, fetch, fetch_all
from audio.fetching.library import Library, State
from audio.fetching.naming import MAX_STEM_BYTES, stem_of
from audio.sources.resolve import episodes_from
from tests.support.fetch_helpers import AUDIO, client_for, episode, fetched_bytes, fetched_titles
from tests.support.hostile_server import HostileServer, Resource

DAY = datetime(2015, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Haikel talks: RPM packaging!", "2015-10-05-haikel-talks-rpm-packaging"),
        ("Señor Øre, Straße & Łódź", "2015-10-05-senor-ore-strasse-lodz"),
        ("../../etc/passwd", "2015-10-05-etc-passwd"),
        ("CON", "2015-10-05-con"),
        ("🎙️🎙️", "2015-10-05-episode"),
        ("\u202eabc\u200f", "2015-10-05-abc"),
        ("Привет, мир", "2015-10-05-привет-мир"),
        ("What's up", "2015-10-05-whats-up"),
        ("№ 1 ＡＢＣ ﬁn ②", "2015-10-05-no-1-abc-fin-2"),
    ],
)
def test_stems_of_titles(title: str, stem: str) -> None:
    assert stem_of(episode("https://x.example/1.mp3", title, published=DAY)) == stem


@given(st.text(max_size=300), st.sampled_from([None, DAY]))
def test_any_title_gives_a_name_valid_on_every_system(title: str, published: datetime | None) -> None:
    stem = stem_of(episode("https://x.example/1.mp3", title, published=published))
    assert 0 < len(stem.encode()) <= MAX_STEM_BYTES
    assert not set(stem) & set('/\\:*?"<>|. \t\n\r\0')
    assert not stem.startswith("-")
    assert stem not in {"con", "nul", "aux", "prn", "com1", "lpt9"}
    assert Path(stem).name == stem
    assert stem == stem.lower()


def test_a_reserved_name_without_a_date_is_prefixed() -> None:
    assert stem_of(episode("https://x.example/1.mp3", "CON")) == "episode-con"


def test_equal_titles_get_different_names_that_never_change(tmp_path: Path) -> None:
    one = episode("https://x.example/1.mp3", "Hello", guid="1", show="A")
    two = episode("https://x.example/2.mp3", "Hello", guid="2", show="A")
    three = episode("https://x.example/3.mp3", "HELLO!", guid="1", show="B")
    (tmp_path / "Hello.wav").touch()  # the user's own
    first = [Library(tmp_path).claim(each).stem for each in (one, two, three)]
    again = [Library(tmp_path).claim(each).stem for each in (three, one, two)]
    assert len({"hello", *first}) == 4
    assert again == [first[2], first[0], first[1]]


def test_a_second_run_sends_no_request(server: HostileServer, tmp_path: Path) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO))
    server.requests.clear()
    again = fetched_bytes(server, tmp_path, server.resources["/a.mp3"])
    assert (again.received, server.requests) == (0, [])


def test_a_second_run_of_a_feed_sends_one_request_and_receives_no_audio(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    item = "<item><title>T</title><guid>{0}</guid><enclosure url='/{0}.mp3' length='7' type='audio/mpeg'/></item>"
    feed = f"<rss><channel><title>S</title>{''.join(map(item.format, range(5)))}</channel></rss>"
    url = server.put("/feed", Resource(feed.encode(), media_type="application/rss+xml"))
    for number in range(5):
        server.put(f"/{number}.mp3", Resource(AUDIO[: 20_000 + number]))
    for received in (sum(range(20_000, 20_005)), 0):
        server.requests.clear()
        with client_for(server) as client:
            outcomes = list(fetch_all(episodes_from(url, client=client), tmp_path / "out", client=client))
        assert sum(one.received for one in outcomes if isinstance(one, Fetched)) == received
        assert len({one.episode.path for one in outcomes if isinstance(one, Fetched)}) == 5
    assert [request.path for request in server.requests] == ["/feed"]
    assert server.sent_bytes["/feed"] == len(feed)


def test_a_reused_guid_gives_no_episode_anothers_audio(server: HostileServer, tmp_path: Path) -> None:
    bodies = {name: AUDIO[: 30_000 + place] for place, name in enumerate(("monday", "tuesday", "wednesday"))}
    monday, tuesday, wednesday = (
        episode(server.put(f"/{name}.mp3", Resource(body)), name, guid="same", show="S")
        for name, body in bodies.items()
    )
    assert fetched_titles(server, tmp_path, monday) == {"monday": bodies["monday"]}
    assert Library(tmp_path).states([tuesday]) == [State.NEW]
    assert fetched_titles(server, tmp_path, tuesday, monday) == {name: bodies[name] for name in ("monday", "tuesday")}
    with client_for(server) as client:  # the others are no longer in the feed
        path = fetch(wednesday, tmp_path, client=client).episode.path
    assert path is not None
    assert path.read_bytes() == bodies["wednesday"]
    server.requests.clear()
    assert fetched_titles(server, tmp_path, wednesday, tuesday, monday) == bodies
    assert not server.requests
    assert Library(tmp_path).states([wednesday, tuesday, monday]) == [State.FETCHED] * 3


def test_an_episode_with_a_new_address_or_title_is_the_same(server: HostileServer, tmp_path: Path) -> None:
    one = episode(server.put("/old/a.mp3", Resource(AUDIO)), "Titel", guid="1", show="S")
    fetched_titles(server, tmp_path, one)
    moved = dataclasses.replace(one, audio_url=server.url("/new/a.mp3"))
    renamed = dataclasses.replace(one, title="Title")
    both = dataclasses.replace(one, audio_url=server.url("/new/a.mp3?x=1"), title="Title")
    assert Library(tmp_path).states([moved]) == Library(tmp_path).states([renamed]) == [State.FETCHED]
    assert Library(tmp_path).states([both]) == [State.FETCHED]


def test_the_state_follows_the_file(server: HostileServer, tmp_path: Path) -> None:
    one = episode(server.put("/a.mp3", Resource(AUDIO)))
    library = Library(tmp_path)
    assert library.states([one]) == [State.NEW]
    with client_for(server) as client:
        path = fetch(one, tmp_path, client=client).episode.path
        assert path is not None
        assert library.states([one]) == [State.FETCHED]
        for gone in (path.unlink, lambda: path.write_bytes(b"")):
            gone()
            assert library.states([one]) == [State.NEW]
            assert fetch(one, tmp_path, client=client).received == len(AUDIO)


def test_a_recording_changed_by_the_user_is_kept(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = episode(server.put("/a.mp3", Resource(AUDIO)))
    library, mine = Library(tmp_path), AUDIO[: len(AUDIO) // 2]
    with client_for(server) as client:
        path = fetch(one, tmp_path, client=client).episode.path
        assert path is not None
        path.write_bytes(mine)
        server.requests.clear()
        assert library.states([one]) == [State.FETCHED]
        again = fetch(one, tmp_path, client=client)
        (warning,) = [record.getMessage() for record in caplog.records]
        (third,) = fetch_all([one], tmp_path, client=client)
    assert (again.received, again.episode.path, again.fingerprint) == (0, path, None)
    assert isinstance(third, Fetched)
    assert third.fingerprint is None
    assert library.claim(one).sha256 == hashlib.sha256(mine).hexdigest()
    assert path.read_bytes() == mine
    assert not server.requests
    assert warning == (
        f"{path}: has changed since it was fetched ({len(mine)} bytes, not {len(AUDIO)}) and is left as it is; to "
        "get the original, move it away and fetch again"
    )
    assert len(caplog.records) == 1, "the warning appears once"


def test_a_users_file_with_the_name_of_the_fetched_one_is_backed_up(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The recording is deleted, the publisher offers another format now, and the user has a file of that name."""
    url = server.put("/a", Resource(AUDIO))
    wav = b"RIFF\x00\x00\x00\x00WAVEfmt " + AUDIO
    with client_for(server) as client:
        path = fetch(episode(url), tmp_path, client=client).episode.path
        assert path is not None
        path.unlink()
        mine = path.with_suffix(".wav")
        mine.write_bytes(b"mine")
        older = mine.with_name(f"{mine.name}.bak")
        older.write_bytes(b"older")
        server.put("/a", Resource(wav, etag='"two"'))
        assert fetch(episode(url), tmp_path, client=client).episode.path == mine
    assert mine.read_bytes() == wav
    assert older.read_bytes() == b"older"
    assert mine.with_name(f"{mine.name}.bak2").read_bytes() == b"mine"
    assert [record.getMessage() for record in caplog.records] == [
        f"{mine}: a file of this name existed and is not the fetched one; it is now {mine.name}.bak2"
    ]
