"""One file from a hostile server, checked by the file's hash and the server's own records."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from audio.decoding.decode import decode
from audio.errors import FetchError, TransientError
from audio.fetching.companions import Companions
from audio.fetching.fetch import fetch
from tests.support.audio_files import convert, write_noise
from tests.support.fetch_helpers import AUDIO, client_for, episode, fetched_bytes
from tests.support.hostile_server import LONG_AGO, HostileServer, Resource


@pytest.mark.parametrize("reset", [False, True])
def test_after_twenty_drops_no_byte_is_sent_twice(server: HostileServer, tmp_path: Path, reset: bool) -> None:
    resource = Resource(AUDIO, drop_after=len(AUDIO) // 21, drops=20, reset=reset)
    result = fetched_bytes(server, tmp_path, resource)
    assert result.received == len(AUDIO)
    assert resource.drops == 0
    if not reset:  # bytes lost in a reset count as sent by the server
        assert server.sent_bytes["/a.mp3"] < len(AUDIO) * 1.01


def test_a_drop_resumes_under_the_strong_validator(server: HostileServer, tmp_path: Path) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO, drop_after=100_000, drops=1))
    first, second = server.asked("/a.mp3")
    assert "range" not in first.headers
    assert (second.headers["range"], second.headers["if-range"]) == ("bytes=100000-", '"one"')
    assert first.headers["accept-encoding"] == "identity"


def test_an_old_modification_date_is_a_strong_validator(server: HostileServer, tmp_path: Path) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO, etag=None, last_modified=LONG_AGO, drop_after=100_000, drops=1))
    assert server.asked("/a.mp3")[1].headers["if-range"] == LONG_AGO


@pytest.mark.parametrize("etag", ['W/"weak"', None])
def test_without_a_strong_validator_the_download_starts_over(
    server: HostileServer, tmp_path: Path, etag: str | None
) -> None:
    result = fetched_bytes(server, tmp_path, Resource(AUDIO, etag=etag, drop_after=100_000, drops=2))
    assert all("range" not in request.headers for request in server.requests)
    assert result.received == len(AUDIO) + 200_000


def test_a_server_that_ignores_range_is_handled(server: HostileServer, tmp_path: Path) -> None:
    result = fetched_bytes(server, tmp_path, Resource(AUDIO, ranges=False, drop_after=150_000, drops=2))
    assert result.received == len(AUDIO) + 300_000


def test_a_server_that_always_drops_and_ignores_range_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, ranges=False, drop_after=150_000))
    with client_for(server, max_attempts=3) as client, pytest.raises(TransientError, match="run again"):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) <= 4


def test_an_entity_that_changes_between_parts_is_fetched_from_the_start(server: HostileServer, tmp_path: Path) -> None:
    other = b"ID3\x04" + bytes(300_000)

    def change(resource: Resource, number: int) -> None:
        if number == 2:
            resource.body, resource.etag = other, '"two"'

    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=1, before=change))
    with client_for(server) as client:
        result = fetch(episode(url), tmp_path, client=client)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == other


def test_parts_of_different_entities_are_not_joined_if_if_range_is_ignored(
    server: HostileServer, tmp_path: Path
) -> None:
    other = b"ID3\x04" + random.Random(4).randbytes(len(AUDIO) - 4)  # as long as the first

    def change(resource: Resource, number: int) -> None:
        if number == 2:
            resource.body, resource.etag = other, '"two"'

    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=1, heeds_if_range=False, before=change))
    with client_for(server) as client:
        result = fetch(episode(url), tmp_path, client=client)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == other
    assert result.fingerprint is not None
    assert result.fingerprint.sha256 == hashlib.sha256(other).hexdigest()


def test_an_entity_that_changes_between_runs_is_fetched_from_the_start(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000))
    server.resources["/a.mp3"].before = lambda self, number: setattr(self, "statuses", [503] if number > 1 else [])
    with client_for(server, max_attempts=2) as client, pytest.raises(TransientError, match="503"):
        fetch(episode(url), tmp_path, client=client)
    other = b"ID3\x04" + bytes(len(AUDIO) - 4)
    for validators in ({"etag": '"two"'}, {"etag": '"two"', "tells_validators": False}):
        fetched_bytes(server, tmp_path, Resource(other, heeds_if_range=False, **validators))  # type: ignore[arg-type]


def test_a_part_need_not_repeat_the_modification_date(server: HostileServer, tmp_path: Path) -> None:
    resource = Resource(AUDIO, etag=None, last_modified=LONG_AGO, tells_validators=False, drop_after=100_000, drops=1)
    assert fetched_bytes(server, tmp_path, resource).received == len(AUDIO)


def test_the_next_run_resumes_the_part(server: HostileServer, tmp_path: Path) -> None:
    resource = Resource(AUDIO, drop_after=100_000)
    url = server.put("/a.mp3", resource)
    resource.before = lambda self, number: setattr(self, "statuses", [503] if number > 1 else [])
    with client_for(server, max_attempts=2) as client, pytest.raises(TransientError, match="503"):
        fetch(episode(url), tmp_path, client=client)
    assert [part.stat().st_size for part in tmp_path.glob("*.part")] == [100_000]
    server.requests.clear()
    result = fetched_bytes(server, tmp_path, Resource(AUDIO))
    assert result.received == len(AUDIO) - 100_000
    assert server.requests[0].headers["range"] == "bytes=100000-"


def test_a_part_of_another_entity_is_discarded(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000))
    server.resources["/a.mp3"].before = lambda self, number: setattr(self, "statuses", [404] if number > 1 else [])
    with client_for(server) as client, pytest.raises(FetchError, match="404"):
        fetch(episode(url), tmp_path, client=client)
    fetched_bytes(server, tmp_path, Resource(AUDIO[:50_000], etag='"three"'))


@pytest.mark.parametrize(
    "resource",
    [
        Resource(AUDIO, chunked=True),
        Resource(AUDIO, chunked=True, drop_after=100_000, drops=3),
        Resource(AUDIO, silent_length=True),
        Resource(AUDIO, packed=True),
        Resource(AUDIO, packed=True, silent_length=True),
        Resource(AUDIO, packed=True, drop_after=100_000, drops=2),
        Resource(AUDIO, packed=True, chunked=True),
        Resource(AUDIO, headers={"Content-Encoding": "gzip"}),  # declared falsely
        Resource(AUDIO, media_type="application/octet-stream"),
        Resource(AUDIO, media_type="text/plain"),  # the bytes decide
        Resource(AUDIO[:40]),
    ],
)
def test_unusual_responses_still_give_the_file(server: HostileServer, tmp_path: Path, resource: Resource) -> None:
    fetched_bytes(server, tmp_path, resource)


def test_an_announced_length_that_is_too_long_is_corrected_by_416(server: HostileServer, tmp_path: Path) -> None:
    def announce_correctly_later(resource: Resource, number: int) -> None:
        resource.announce = len(AUDIO) + 1000 if number == 1 else None

    fetched_bytes(server, tmp_path, Resource(AUDIO, before=announce_correctly_later))
    assert server.requests[1].headers["range"] == f"bytes={len(AUDIO)}-"


def test_a_length_never_reached_is_an_error_and_leaves_no_file(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, announce=len(AUDIO) + 1000, ranges=False))
    with client_for(server, max_attempts=3) as client, pytest.raises(TransientError):
        fetch(episode(url), tmp_path, client=client)
    assert not list(tmp_path.glob("*.mp3"))


@pytest.mark.parametrize("suffix", ["mp3", "wav", "ogg", "flac"])
def test_a_length_that_is_too_small_cuts_the_file_and_decoding_says_so(
    server: HostileServer, tmp_path: Path, suffix: str
) -> None:
    """HTTP ends the body where the header says; by its own framing the recording is longer."""
    whole = convert(write_noise(tmp_path / "noise.wav", 4.0), tmp_path / f"whole.{suffix}").read_bytes()
    url = server.put(f"/a.{suffix}", Resource(whole, announce=int(len(whole) * 0.6) + 1))
    with client_for(server) as client:
        path = fetch(episode(url), tmp_path / "out", client=client).episode.path
    assert path
    with decode(path) as audio:
        assert 1.5 < audio.duration < 3.0
        assert len(audio.warnings) == 1


def test_416_for_a_shorter_entity_starts_over(server: HostileServer, tmp_path: Path) -> None:
    def shrink(resource: Resource, number: int) -> None:
        if number == 2:
            resource.body = AUDIO[:60_000]  # under the same ETag: a broken server

    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=1, before=shrink))
    with client_for(server) as client:
        result = fetch(episode(url), tmp_path, client=client)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == AUDIO[:60_000]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "audio/mpeg"),
        (b"<html>" + b" " * 10_000 + b"</html>", "text/html"),
        (b'{"error": "gone"}', "application/json"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9000), "image/png"),
        (b"", "audio/mpeg"),
    ],
)
def test_content_that_is_no_audio_is_refused(
    server: HostileServer, tmp_path: Path, body: bytes, media_type: str
) -> None:
    url = server.put("/a.mp3", Resource(body, media_type=media_type))
    with client_for(server) as client, pytest.raises(FetchError, match=r"/a\.mp3: .*(instead of audio|empty)"):
        fetch(episode(url), tmp_path, client=client)
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


def test_the_size_limit_applies_to_announced_and_to_streamed_bytes(server: HostileServer, tmp_path: Path) -> None:
    for resource in (Resource(AUDIO), Resource(AUDIO, chunked=True), Resource(b"ID3" + bytes(10**6), packed=True)):
        url = server.put("/a.mp3", resource)
        with client_for(server, max_bytes=100_000) as client, pytest.raises(FetchError, match="limit of 100000"):
            fetch(episode(url), tmp_path, client=client)
        assert sum(part.stat().st_size for part in tmp_path.glob("*.part")) < 2_000_000


def test_the_file_is_synced_before_it_is_renamed(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def fsync(descriptor: int) -> None:
        if not list(tmp_path.glob("*.mp3")):
            synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    result = fetched_bytes(server, tmp_path, Resource(AUDIO, drop_after=100_000, drops=1))
    assert result.episode.path is not None
    assert result.episode.path.stat().st_ino in synced


def test_an_unusable_folder_is_a_fetch_error(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    url = server.put("/a.mp3", Resource(AUDIO))
    with client_for(server) as client, pytest.raises(FetchError, match="file"):
        fetch(episode(url), tmp_path / "file" / "below", client=client)


def test_the_suffix_matches_the_content(server: HostileServer, tmp_path: Path) -> None:
    cases = {
        "/a": (b"OggS" + bytes(99), "application/ogg", ".ogg"),
        "/b.mp3": (b"RIFF\x00\x00\x00\x00WAVE" + bytes(99), "audio/mpeg", ".wav"),
        "/c.m4a": (b"\x00\x00\x00\x20ftypisom" + bytes(99), "audio/mp4", ".m4a"),
        "/d.php": (b"\xff\xfb\x90\x00" + bytes(99), "audio/mpeg", ".mp3"),
        "/e.opus": (b"OggS" + bytes(99), "audio/ogg", ".opus"),
        "/f.exe": (b"\x00\x01\x02\x03" + bytes(99), "audio/mpeg", ".mp3"),
    }
    with client_for(server) as client:
        for path, (body, media_type, suffix) in cases.items():
            url = server.put(path, Resource(body, media_type=media_type))
            assert (file := fetch(episode(url, path), tmp_path, client=client).episode.path) is not None
            assert file.suffix == suffix


def test_a_file_replaced_while_its_companions_are_fetched_is_not_the_downloaded_one(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(companions: Companions) -> None:
        (recording,) = tmp_path.glob("*.mp3")
        (tmp_path / "other").write_bytes(AUDIO[::-1])
        (tmp_path / "other").replace(recording)

    url = server.put("/a.mp3", Resource(AUDIO))
    monkeypatch.setattr(Companions, "transcript", replace)
    with client_for(server) as client:
        result = fetch(episode(url), tmp_path, client=client)
    assert result.fingerprint is not None
    assert result.episode.path is not None
    assert result.fingerprint.sha256 == hashlib.sha256(AUDIO).hexdigest()
    assert not result.fingerprint.is_file_at(result.episode.path)


def test_a_large_file_is_complete(server: HostileServer, tmp_path: Path) -> None:
    """Larger than any buffer, and resumed in the middle by the next run."""
    body = b"ID3\x04" + random.Random(5).randbytes(20_000_000)
    resource = Resource(body, drop_after=12_345_678)
    url = server.put("/a.mp3", resource)
    resource.before = lambda self, number: setattr(self, "statuses", [503] if number > 1 else [])
    with client_for(server, max_attempts=2) as client, pytest.raises(TransientError):
        fetch(episode(url), tmp_path, client=client)
    assert fetched_bytes(server, tmp_path, Resource(body)).received == len(body) - 12_345_678
