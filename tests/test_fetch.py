"""The fetcher against a server that does its worst: judged by the files' hashes and by the server's own books."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostile_server import LONG_AGO, HostileServer, Resource
from hypothesis import given
from hypothesis import strategies as st

from audio.addresses import is_public, shown, web_address, without_account
from audio.episode import Episode, PublishedTranscript
from audio.errors import FetchError, TransientError
from audio.fetch import Failed, Fetched, fetch, fetch_all
from audio.http import Client, Limits
from audio.library import Library, State
from audio.naming import LONGEST_STEM_BYTES, stem_of
from audio.sources import episodes_from

ROOT = Path(__file__).parents[1]
AUDIO = b"ID3\x04\x00" + random.Random(3).randbytes(400_000)  # begins as an mp3 does; nobody decodes it here


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


class Sleeps(list[float]):
    """Stands in for `time.sleep`: remembers what it was asked for, and takes no time."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client_for(server: HostileServer, sleeps: Sleeps | None = None, **limits: float) -> Client:
    return Client([server.url("/")], limits=Limits(**limits), sleep=sleeps if sleeps is not None else Sleeps())  # type: ignore[arg-type]


def episode(url: str, title: str = "An episode", **more: object) -> Episode:
    return Episode(title, audio_url=url, **more)  # type: ignore[arg-type]


def fetched_bytes(server: HostileServer, folder: Path, resource: Resource, **limits: float) -> Fetched:
    """Fetch `resource`, and see that what lies there is its body."""
    url = server.put("/a.mp3", resource)
    with client_for(server, **limits) as client:
        result = fetch(episode(url), folder, client=client)
    assert isinstance(resource.body, bytes)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == resource.body
    assert result.sha256 == hashlib.sha256(resource.body).hexdigest()
    assert not list(folder.glob("*.part"))
    return result


# --- the line drops -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reset", [False, True])
def test_twenty_drops_cost_no_byte_twice(server: HostileServer, tmp_path: Path, reset: bool) -> None:
    resource = Resource(AUDIO, drop_after=len(AUDIO) // 21, drops=20, reset=reset)
    result = fetched_bytes(server, tmp_path, resource)
    assert result.received == len(AUDIO)
    assert resource.drops == 0
    if not reset:  # what a reset leaves unread on the way counts as sent at the server's end
        assert server.sent_bytes["/a.mp3"] < len(AUDIO) * 1.01


def test_drop_is_taken_up_under_the_strong_validator(server: HostileServer, tmp_path: Path) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO, drop_after=100_000, drops=1))
    first, second = server.asked("/a.mp3")
    assert "range" not in first.headers
    assert (second.headers["range"], second.headers["if-range"]) == ("bytes=100000-", '"one"')
    assert first.headers["accept-encoding"] == "identity"


def test_old_modification_date_is_a_strong_validator(server: HostileServer, tmp_path: Path) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO, etag=None, last_modified=LONG_AGO, drop_after=100_000, drops=1))
    assert server.asked("/a.mp3")[1].headers["if-range"] == LONG_AGO


@pytest.mark.parametrize("etag", ['W/"weak"', None])
def test_without_strong_validator_it_starts_anew(server: HostileServer, tmp_path: Path, etag: str | None) -> None:
    result = fetched_bytes(server, tmp_path, Resource(AUDIO, etag=etag, drop_after=100_000, drops=2))
    assert all("range" not in request.headers for request in server.requests)
    assert result.received == len(AUDIO) + 200_000


def test_server_that_ignores_range_is_survived(server: HostileServer, tmp_path: Path) -> None:
    result = fetched_bytes(server, tmp_path, Resource(AUDIO, ranges=False, drop_after=150_000, drops=2))
    assert result.received == len(AUDIO) + 300_000


def test_server_that_always_drops_and_ignores_range_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, ranges=False, drop_after=150_000))
    with client_for(server, tries=3) as client, pytest.raises(TransientError, match="run again"):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) <= 4


def test_entity_that_changes_between_parts_is_fetched_whole(server: HostileServer, tmp_path: Path) -> None:
    other = b"ID3\x04" + bytes(300_000)

    def change(resource: Resource, number: int) -> None:
        if number == 2:
            resource.body, resource.etag = other, '"two"'

    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=1, before=change))
    with client_for(server) as client:
        result = fetch(episode(url), tmp_path, client=client)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == other


def test_server_that_does_not_heed_if_range_splices_nothing(server: HostileServer, tmp_path: Path) -> None:
    other = b"ID3\x04" + random.Random(4).randbytes(len(AUDIO) - 4)  # as long as the first

    def change(resource: Resource, number: int) -> None:
        if number == 2:
            resource.body, resource.etag = other, '"two"'

    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=1, heeds_if_range=False, before=change))
    with client_for(server) as client:
        result = fetch(episode(url), tmp_path, client=client)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == other
    assert result.sha256 == hashlib.sha256(other).hexdigest()


def test_entity_that_changes_between_runs_is_fetched_whole(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000))
    server.resources["/a.mp3"].before = lambda self, number: setattr(self, "statuses", [503] if number > 1 else [])
    with client_for(server, tries=2) as client, pytest.raises(TransientError, match="503"):
        fetch(episode(url), tmp_path, client=client)
    other = b"ID3\x04" + bytes(len(AUDIO) - 4)
    for told in ({"etag": '"two"'}, {"etag": '"two"', "tells_validators": False}):
        fetched_bytes(server, tmp_path, Resource(other, heeds_if_range=False, **told))  # type: ignore[arg-type]


def test_a_part_need_not_repeat_the_modification_date(server: HostileServer, tmp_path: Path) -> None:
    resource = Resource(AUDIO, etag=None, last_modified=LONG_AGO, tells_validators=False, drop_after=100_000, drops=1)
    assert fetched_bytes(server, tmp_path, resource).received == len(AUDIO)


def test_next_run_goes_on_from_the_part(server: HostileServer, tmp_path: Path) -> None:
    resource = Resource(AUDIO, drop_after=100_000)
    url = server.put("/a.mp3", resource)
    resource.before = lambda self, number: setattr(self, "statuses", [503] if number > 1 else [])
    with client_for(server, tries=2) as client, pytest.raises(TransientError, match="503"):
        fetch(episode(url), tmp_path, client=client)
    assert [part.stat().st_size for part in tmp_path.glob("*.part")] == [100_000]
    server.requests.clear()
    result = fetched_bytes(server, tmp_path, Resource(AUDIO))
    assert result.received == len(AUDIO) - 100_000
    assert server.requests[0].headers["range"] == "bytes=100000-"


def test_part_of_another_entity_is_thrown_away(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000))
    server.resources["/a.mp3"].before = lambda self, number: setattr(self, "statuses", [404] if number > 1 else [])
    with client_for(server) as client, pytest.raises(FetchError, match="404"):
        fetch(episode(url), tmp_path, client=client)
    fetched_bytes(server, tmp_path, Resource(AUDIO[:50_000], etag='"three"'))


# --- the server lies ------------------------------------------------------------------------------------------------


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
        Resource(AUDIO, headers={"Content-Encoding": "gzip"}),  # a claim, and not true
        Resource(AUDIO, media_type="application/octet-stream"),
        Resource(AUDIO, media_type="text/plain"),  # the bytes are believed
        Resource(AUDIO[:40]),
    ],
)
def test_odd_answers_still_give_the_file(server: HostileServer, tmp_path: Path, resource: Resource) -> None:
    fetched_bytes(server, tmp_path, resource)


def test_announced_length_that_is_too_long_is_found_out_by_416(server: HostileServer, tmp_path: Path) -> None:
    def honest_later(resource: Resource, number: int) -> None:
        resource.announce = len(AUDIO) + 1000 if number == 1 else None

    fetched_bytes(server, tmp_path, Resource(AUDIO, before=honest_later))
    assert server.requests[1].headers["range"] == f"bytes={len(AUDIO)}-"


def test_length_never_reached_is_an_error_and_no_file(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, announce=len(AUDIO) + 1000, ranges=False))
    with client_for(server, tries=3) as client, pytest.raises(TransientError):
        fetch(episode(url), tmp_path, client=client)
    assert not list(tmp_path.glob("*.mp3"))


def test_416_for_a_shrunk_entity_starts_anew(server: HostileServer, tmp_path: Path) -> None:
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
def test_what_is_no_audio_is_refused(server: HostileServer, tmp_path: Path, body: bytes, media_type: str) -> None:
    url = server.put("/a.mp3", Resource(body, media_type=media_type))
    with client_for(server) as client, pytest.raises(FetchError, match=r"/a\.mp3: .*(instead of audio|empty)"):
        fetch(episode(url), tmp_path, client=client)
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


def test_size_limit_holds_for_announced_and_for_streamed_bytes(server: HostileServer, tmp_path: Path) -> None:
    for resource in (Resource(AUDIO), Resource(AUDIO, chunked=True), Resource(b"ID3" + bytes(10**6), packed=True)):
        url = server.put("/a.mp3", resource)
        with client_for(server, most_bytes=100_000) as client, pytest.raises(FetchError, match="100000 allowed"):
            fetch(episode(url), tmp_path, client=client)
        assert sum(part.stat().st_size for part in tmp_path.glob("*.part")) < 2_000_000


# --- the server is slow, busy or gone -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_busy_server_is_asked_again(server: HostileServer, tmp_path: Path, status: int) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO, statuses=[status, status]))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_final_answers_are_not_asked_for_twice(server: HostileServer, tmp_path: Path, status: int) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[status]))
    with client_for(server) as client, pytest.raises(FetchError, match=str(status)):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) == 1


def test_retry_after_is_kept(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[429], headers={"Retry-After": "7"}))
    with client_for(server, sleeps := Sleeps()) as client:
        fetch(episode(url), tmp_path, client=client)
    assert sleeps == [7.0]


def test_retry_after_beyond_patience_is_told(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[503], headers={"Retry-After": "3600"}))
    with client_for(server, sleeps := Sleeps()) as client, pytest.raises(TransientError, match="3600 seconds"):
        fetch(episode(url), tmp_path, client=client)
    assert sleeps == []


def test_pauses_grow(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, statuses=[500] * 9))
    with client_for(server, sleeps := Sleeps(), tries=6) as client, pytest.raises(TransientError, match="500"):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) == 6
    assert sleeps[1:] == sorted(sleeps[1:])
    assert sleeps[-1] > 4


def test_crawl_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, pause=0.02))
    limits = {"slow_for": 0.2, "least_bytes_per_second": 1000, "tries": 2}
    with client_for(server, **limits) as client, pytest.raises(TransientError, match="bytes a second"):
        fetch(episode(url), tmp_path, client=client)


def test_a_head_that_trickles_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    """Each byte comes well within the read timeout; all of them would take a quarter of an hour."""
    url = server.put("/a.mp3", Resource(AUDIO, head_pause=1.0))
    limits = {"head_timeout": 0.5, "read_timeout": 30, "tries": 2}
    with client_for(server, **limits) as client, pytest.raises(TransientError, match="connection"):
        fetch(episode(url), tmp_path, client=client)
    assert len(server.requests) == 2


def test_after_the_head_only_silence_counts(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO[:60], pause=0.02))
    with client_for(server, head_timeout=0.5, tries=1) as client:
        assert fetch(episode(url), tmp_path, client=client).received == 60


def test_silence_is_given_up(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, pause=30))
    with client_for(server, read_timeout=0.2, tries=2) as client, pytest.raises(TransientError, match="connection"):
        fetch(episode(url), tmp_path, client=client)


def test_nobody_listening_is_an_error_of_ours(tmp_path: Path) -> None:
    client = Client(["http://127.0.0.1:1/"], limits=Limits(tries=2), sleep=Sleeps())
    with client, pytest.raises(TransientError, match=r"127\.0\.0\.1:1/a\.mp3"):
        fetch(episode("http://127.0.0.1:1/a.mp3"), tmp_path, client=client)


# --- where a download may lead --------------------------------------------------------------------------------------


def test_redirects_are_followed_and_limited(server: HostileServer, tmp_path: Path) -> None:
    server.put("/start", Resource(location="/next"))
    server.put("/next", Resource(location=server.url("/a.mp3")))
    server.put("/a.mp3", Resource(AUDIO))
    server.put("/loop", Resource(location="/loop"))
    with client_for(server) as client:
        assert fetch(episode(server.url("/start")), tmp_path, client=client).received == len(AUDIO)
        with pytest.raises(FetchError, match="more than 10 redirects"):
            fetch(episode(server.url("/loop"), "Loop"), tmp_path, client=client)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a.mp3", "http://[::1"])
def test_redirect_to_another_scheme_is_refused(server: HostileServer, tmp_path: Path, target: str) -> None:
    url = server.put("/a.mp3", Resource(location=target))
    with client_for(server) as client, pytest.raises(FetchError, match="no web address"):
        fetch(episode(url), tmp_path, client=client)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
def test_private_addresses_are_out_of_reach_unless_typed(server: HostileServer, tmp_path: Path, host: str) -> None:
    server.put("/a.mp3", Resource(AUDIO))
    url = f"http://{host}:{server.port}/a.mp3"
    client = Client(["https://feed.example/rss"], limits=Limits(tries=1), sleep=Sleeps())
    with client, pytest.raises(FetchError, match="private address"):
        fetch(episode(url), tmp_path, client=client)
    assert not server.requests


def test_redirect_into_the_private_network_is_refused(server: HostileServer, tmp_path: Path) -> None:
    with HostileServer() as inner:
        url = server.put("/a.mp3", Resource(location=inner.put("/secret", Resource(AUDIO))))
        with client_for(server) as client, pytest.raises(FetchError, match="private address"):
            fetch(episode(url), tmp_path, client=client)
        assert not inner.requests


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:93.184.215.14", True),
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("::ffff:0:127.0.0.1", False),
        ("64:ff9b:1::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_credentials_are_sent_and_never_shown(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("/a.mp3", Resource(AUDIO, statuses=[503, 404]))
    url = f"http://me:s3cret@127.0.0.1:{server.port}/a.mp3?token=t0ken"
    caplog.set_level(logging.INFO)
    with client_for(server) as client, pytest.raises(FetchError) as caught:
        fetch(episode(url), tmp_path, client=client)
    assert server.requests[0].headers["authorization"] == "Basic bWU6czNjcmV0"  # base64 of me:s3cret
    assert server.requests[0].path == "/a.mp3?token=t0ken"
    assert "503" in caplog.text
    assert not [text for text in (caplog.text, str(caught.value)) if "s3cret" in text or "t0ken" in text]


@pytest.mark.parametrize("state", ["fetched", "under way"])
def test_credentials_are_used_and_not_kept(server: HostileServer, tmp_path: Path, state: str) -> None:
    server.put("/a.mp3", Resource(AUDIO, statuses=[] if state == "fetched" else [404]))
    server.put("/a.vtt", Resource(b"WEBVTT\n"))
    audio, page, vtt = (server.url(path).replace("//", "//me:s3cret@") for path in ("/a.mp3", "/page", "/a.vtt"))
    one = episode(audio, page_url=page, transcripts=(PublishedTranscript(vtt, "text/vtt"),))
    with client_for(server) as client:
        (outcome,) = fetch_all([one], tmp_path, client=client)
        (again,) = fetch_all([one], tmp_path, client=client)
    index = (tmp_path / ".turnscript" / "index.json").read_text()
    assert "s3cret" not in index
    assert isinstance(again, Fetched)
    assert "s3cret" not in repr(again)
    assert again.episode.audio_url == server.url("/a.mp3")
    assert again.transcript is not None
    assert all(request.headers["authorization"] == "Basic bWU6czNjcmV0" for request in server.requests)
    if state == "fetched":
        assert server.url("/a.mp3") in index
        assert isinstance(outcome, Fetched)
        assert "s3cret" not in repr(outcome)
        plain = dataclasses.replace(one, audio_url=server.url("/a.mp3"))  # a changed password makes no other episode
        assert Library(tmp_path).states([one, plain]) == [State.FETCHED, State.FETCHED]


def test_credentials_an_older_index_holds_are_dropped(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    with client_for(server) as client:
        fetch(episode(url), tmp_path, client=client)
        index = tmp_path / ".turnscript" / "index.json"
        index.write_text(index.read_text().replace("//127", "//me:s3cret@127"))
        fetch(episode(url, "Another", guid="2"), tmp_path, client=client)
    assert "s3cret" not in index.read_text()


def test_credentials_do_not_follow_a_redirect(server: HostileServer, tmp_path: Path) -> None:
    with HostileServer() as other:
        server.put("/a.mp3", Resource(location=other.put("/b.mp3", Resource(AUDIO))))
        with Client([server.url("/"), other.url("/")]) as client:
            fetch(episode(f"http://me:x@127.0.0.1:{server.port}/a.mp3"), tmp_path, client=client)
        assert "authorization" not in other.requests[0].headers
    assert server.requests[0].headers["user-agent"].startswith("turnscript/")


def test_proxy_of_the_environment_is_used(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.resources["http://episodes.example/a.mp3"] = Resource(AUDIO)  # what a proxy is asked for
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    with Client(sleep=Sleeps(), limits=Limits(tries=1)) as client:
        assert fetch(episode("http://episodes.example/a.mp3"), tmp_path, client=client).received == len(AUDIO)
        for host in ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "LOCALHOST.", "[::127.0.0.1]"):
            with pytest.raises(FetchError, match="private address"):
                fetch(episode(f"http://{host}/a.mp3"), tmp_path, client=client)
    assert len(server.requests) == 1


def test_a_proxys_head_that_trickles_is_given_up(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.resources["http://episodes.example/a.mp3"] = Resource(AUDIO, head_pause=1.0)
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    limits = Limits(tries=1, head_timeout=0.5)
    with Client(sleep=Sleeps(), limits=limits) as client, pytest.raises(TransientError, match="connection"):
        fetch(episode("http://episodes.example/a.mp3"), tmp_path, client=client)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for but itself, and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout key.pem -out cert.pem"
    own = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command.split(), *own], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


def test_certificate_nobody_vouches_for_is_refused(certificate: Path, tmp_path: Path) -> None:
    with HostileServer(certificate) as server:
        url = server.put("/a.mp3", Resource(AUDIO))
        with client_for(server) as client, pytest.raises(FetchError, match="certificate") as caught:
            fetch(episode(url), tmp_path, client=client)
        assert not isinstance(caught.value, TransientError)
        assert not server.requests


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_the_environment_are_believed_and_https_is_not_left(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    with HostileServer(certificate) as server, HostileServer() as plain:
        good = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=3))
        bad = server.put("/b.mp3", Resource(location=plain.put("/b.mp3", Resource(AUDIO))))
        with Client([server.url("/"), plain.url("/")], sleep=Sleeps()) as client:
            assert fetch(episode(good), tmp_path, client=client).received == len(AUDIO)
            with pytest.raises(FetchError, match="unprotected"):
                fetch(episode(bad, "B"), tmp_path, client=client)
        assert not plain.requests


# --- names and the index --------------------------------------------------------------------------------------------

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
def test_stems(title: str, stem: str) -> None:
    assert stem_of(episode("https://x.example/1.mp3", title, published=DAY)) == stem


@given(st.text(max_size=300), st.sampled_from([None, DAY]))
def test_any_title_gives_a_name_every_system_takes(title: str, published: datetime | None) -> None:
    stem = stem_of(episode("https://x.example/1.mp3", title, published=published))
    assert 0 < len(stem.encode()) <= LONGEST_STEM_BYTES
    assert not set(stem) & set('/\\:*?"<>|. \t\n\r\0')
    assert not stem.startswith("-")
    assert stem not in {"con", "nul", "aux", "prn", "com1", "lpt9"}
    assert Path(stem).name == stem
    assert stem == stem.lower()


def test_reserved_name_without_a_date() -> None:
    assert stem_of(episode("https://x.example/1.mp3", "CON")) == "episode-con"


def test_one_title_twice_gives_two_names_which_stay(tmp_path: Path) -> None:
    one = episode("https://x.example/1.mp3", "Hello", guid="1", show="A")
    two = episode("https://x.example/2.mp3", "Hello", guid="2", show="A")
    three = episode("https://x.example/1.mp3", "HELLO!", guid="1", show="B")
    (tmp_path / "Hello.wav").touch()  # the user's own
    first = [Library(tmp_path).claim(each).stem for each in (one, two, three)]
    again = [Library(tmp_path).claim(each).stem for each in (three, one, two)]
    assert len({"hello", *first}) == 4
    assert again == [first[2], first[0], first[1]]


def test_index_that_is_broken_is_named(tmp_path: Path) -> None:
    Library(tmp_path).claim(episode("https://x.example/1.mp3"))
    index = tmp_path / ".turnscript" / "index.json"
    for content in ("{", "[]", '{"schema": 1, "episodes": {"x": {"stem": "../x", "title": ""}}}', '{"schema": 99}'):
        index.write_text(content)
        with pytest.raises(FetchError, match=r"index\.json"):
            Library(tmp_path).entries()


def test_second_run_asks_nothing(server: HostileServer, tmp_path: Path) -> None:
    fetched_bytes(server, tmp_path, Resource(AUDIO))
    server.requests.clear()
    again = fetched_bytes(server, tmp_path, server.resources["/a.mp3"])
    assert (again.received, server.requests) == (0, [])


def test_second_run_of_a_feed_asks_once_and_sends_no_audio(
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


def fetched_titles(server: HostileServer, folder: Path, *episodes: Episode) -> dict[str, bytes]:
    with client_for(server) as client:
        outcomes = list(fetch_all(episodes, folder, client=client))
    return {one.episode.title: one.episode.path.read_bytes() for one in outcomes if one.episode.path}


def test_a_reused_guid_gives_nobody_anothers_audio(server: HostileServer, tmp_path: Path) -> None:
    bodies = {name: AUDIO[: 30_000 + place] for place, name in enumerate(("monday", "tuesday", "wednesday"))}
    monday, tuesday, wednesday = (
        episode(server.put(f"/{name}.mp3", Resource(body)), name, guid="same", show="S")
        for name, body in bodies.items()
    )
    assert fetched_titles(server, tmp_path, monday) == {"monday": bodies["monday"]}
    assert Library(tmp_path).states([tuesday]) == [State.NEW]
    assert fetched_titles(server, tmp_path, tuesday, monday) == {name: bodies[name] for name in ("monday", "tuesday")}
    with client_for(server) as client:  # the others have left the feed
        path = fetch(wednesday, tmp_path, client=client).episode.path
    assert path is not None
    assert path.read_bytes() == bodies["wednesday"]
    server.requests.clear()
    assert fetched_titles(server, tmp_path, wednesday, tuesday, monday) == bodies
    assert not server.requests
    assert Library(tmp_path).states([wednesday, tuesday, monday]) == [State.FETCHED] * 3


def test_an_episode_that_moved_or_got_a_better_title_is_the_same(server: HostileServer, tmp_path: Path) -> None:
    one = episode(server.put("/old/a.mp3", Resource(AUDIO)), "Titel", guid="1", show="S")
    fetched_titles(server, tmp_path, one)
    moved = dataclasses.replace(one, audio_url=server.url("/new/a.mp3"))
    renamed = dataclasses.replace(one, title="Title")
    both = dataclasses.replace(one, audio_url=server.url("/new/a.mp3?x=1"), title="Title")
    assert Library(tmp_path).states([moved]) == Library(tmp_path).states([renamed]) == [State.FETCHED]
    assert Library(tmp_path).states([both]) == [State.FETCHED]


def test_the_file_is_on_the_disk_before_it_has_its_name(
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


def test_folder_that_cannot_be_is_an_error_of_ours(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    url = server.put("/a.mp3", Resource(AUDIO))
    with client_for(server) as client, pytest.raises(FetchError, match="file"):
        fetch(episode(url), tmp_path / "file" / "below", client=client)


def test_state_follows_the_file(server: HostileServer, tmp_path: Path) -> None:
    one = episode(server.put("/a.mp3", Resource(AUDIO)))
    library = Library(tmp_path)
    assert library.states([one]) == [State.NEW]
    with client_for(server) as client:
        path = fetch(one, tmp_path, client=client).episode.path
        assert path is not None
        assert library.states([one]) == [State.FETCHED]
        path.write_bytes(b"cut short")
        assert library.states([one]) == [State.NEW]
        assert fetch(one, tmp_path, client=client).received == len(AUDIO)


def test_suffix_is_that_of_the_content(server: HostileServer, tmp_path: Path) -> None:
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
            assert (done := fetch(episode(url, path), tmp_path, client=client).episode.path) is not None
            assert done.suffix == suffix


# --- many at once ---------------------------------------------------------------------------------------------------


def test_one_bad_item_stops_nobody_and_no_host_is_overrun(server: HostileServer, tmp_path: Path) -> None:
    bodies = {f"/{number}.mp3": AUDIO[: 50_000 + number] for number in range(12)}
    episodes = [episode(server.put(path, Resource(body)), path) for path, body in bodies.items()]
    bad = [episode(server.url("/none.mp3"), "none"), episode("file:///etc/passwd", "no address")]
    with client_for(server, parallel=6, per_host=2) as client:
        outcomes = list(fetch_all([*episodes, *bad], tmp_path, client=client))
    good = {outcome.episode.title: outcome for outcome in outcomes if isinstance(outcome, Fetched)}
    assert {title: path.read_bytes() for title, one in good.items() if (path := one.episode.path)} == bodies
    assert sorted(outcome.episode.title for outcome in outcomes if isinstance(outcome, Failed)) == [
        "no address",
        "none",
    ]
    assert server.most_at_once <= 2


def test_progress_reaches_the_whole(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=150_000, drops=1))
    seen: list[tuple[int, int | None]] = []
    with client_for(server) as client:
        fetch(episode(url), tmp_path, client=client, progress=lambda _, got, total: seen.append((got, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(AUDIO), len(AUDIO))


def test_leaving_early_stops_the_rest(server: HostileServer, tmp_path: Path) -> None:
    quick = episode(server.put("/quick.mp3", Resource(AUDIO[:1000])), "quick")
    slow = episode(server.put("/slow.mp3", Resource(AUDIO, pause=0.01)), "slow")
    with client_for(server) as client:
        outcomes = fetch_all([quick, slow], tmp_path, client=client)
        assert next(outcomes).episode.title == "quick"
        outcomes.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.glob("slow.mp3"))


@pytest.mark.parametrize("silent_length", [False, True])
def test_closing_wakes_who_waits_and_nothing_cut_short_passes(
    server: HostileServer, tmp_path: Path, silent_length: bool
) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, pause=5, silent_length=silent_length))
    client = client_for(server, read_timeout=120)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetch, episode(url), tmp_path, client=client)
        while not list(tmp_path.glob("*.part")):
            time.sleep(0.01)
        client.close()
        error = waiting.exception()
    assert isinstance(error, FetchError)
    assert not list(tmp_path.glob("*.mp3"))


def test_publishers_transcript_lies_beside_and_may_fail(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    vtt = server.put("/a.vtt", Resource(b"WEBVTT\n", media_type="text/vtt"))
    offered = (PublishedTranscript(server.url("/none.json"), "application/json"), PublishedTranscript(vtt, "text/vtt"))
    with client_for(server) as client:
        result = fetch(episode(url, transcripts=offered), tmp_path, client=client)
        assert result.transcript == tmp_path / "an-episode.publisher.vtt"
        assert result.transcript.read_bytes() == b"WEBVTT\n"
        assert fetch(episode(url, "B", transcripts=offered[:1], guid="b"), tmp_path, client=client).transcript is None


def test_a_transcript_that_is_gone_is_asked_for_once(
    server: HostileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    busy = server.put("/busy.vtt", Resource(b"WEBVTT\n", statuses=[503] * 3))
    offered = tuple(PublishedTranscript(one, "text/vtt") for one in (server.url("/none.vtt"), busy))
    with client_for(server, tries=2) as client:
        assert fetch(episode(url, transcripts=offered), tmp_path, client=client).transcript is None
        assert len(caplog.records) == 2
        caplog.clear()
        again = fetch(episode(url, transcripts=offered), tmp_path, client=client)
        assert again.transcript is not None  # the busy one is asked again
        again.transcript.unlink()
        (other,) = fetch_all([episode(url, transcripts=offered[:1])], tmp_path, client=client)
    assert isinstance(other, Fetched)
    assert other.transcript is None
    assert len(server.asked("/none.vtt")) == 1
    assert not caplog.records


SMALL_DISK = """
import resource, sys
from pathlib import Path
from audio.episode import Episode, PublishedTranscript
from audio.fetch import Fetched, fetch_all
from audio.http import Client
folder, audio, transcript = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # no file may be longer: a write fails as on a full disk
offered = (PublishedTranscript(transcript, "text/vtt"),)
episodes = [Episode("a", audio_url=audio, transcripts=offered), Episode("b", audio_url=audio + "?b")]
with Client([audio]) as client:
    for one in fetch_all(episodes, Path(folder), client=client):
        print(type(one).__name__, one.episode.title, getattr(one, "transcript", ""))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of this kind on Windows")
def test_no_room_for_the_transcript_costs_the_transcript_alone(server: HostileServer, tmp_path: Path) -> None:
    audio = server.put("/a.mp3", Resource(AUDIO[:50_000]))
    vtt = server.put("/a.vtt", Resource(b"WEBVTT\n" + b"x" * 200_000, media_type="text/vtt"))
    command = [sys.executable, "-c", SMALL_DISK, str(tmp_path), audio, vtt]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == ["Fetched a None", "Fetched b None"]
    assert "transcript is left out" in done.stderr


def test_a_file_that_cannot_be_read_stops_only_its_episode(server: HostileServer, tmp_path: Path) -> None:
    bad, good = (episode(server.put(f"/{name}.mp3", Resource(AUDIO)), name) for name in ("bad", "good"))
    library = Library(tmp_path)
    entry = dataclasses.replace(library.claim(bad), url=bad.audio_url or "", validator='"one"')
    library.record(bad, entry)
    (tmp_path / "bad.mp3").mkdir()  # where the file of a run that broke off would be
    with client_for(server) as client:
        outcomes = {one.episode.title: one for one in fetch_all([bad, good], tmp_path, client=client)}
    assert isinstance(outcomes["good"], Fetched)
    failed = outcomes["bad"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, FetchError)
    assert "bad.mp3" in str(failed.error)


# --- other processes, and the end of one ----------------------------------------------------------------------------

FETCH_IN_A_PROCESS = """
import sys
from pathlib import Path
from audio.episode import Episode
from audio.fetch import Fetched, fetch_all
from audio.http import Client
folder, *urls = sys.argv[1:]
with Client(urls) as client:
    outcomes = list(fetch_all([Episode(url[-5:], audio_url=url) for url in urls], Path(folder), client=client))
print(sum(one.received for one in outcomes if isinstance(one, Fetched)))
sys.exit(any(not isinstance(one, Fetched) for one in outcomes))
"""


def in_a_process(folder: Path, urls: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FETCH_IN_A_PROCESS, str(folder), *urls], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_on_one_folder_fetch_nothing_twice(server: HostileServer, tmp_path: Path) -> None:
    bodies = {f"/{number}.mp3": AUDIO[: 100_000 + number] for number in range(5)}
    urls = [server.put(path, Resource(body)) for path, body in bodies.items()]
    processes = [in_a_process(tmp_path, urls), in_a_process(tmp_path, urls[::-1])]
    received = [int(process.communicate()[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(received) == sum(map(len, bodies.values()))
    assert sum(server.sent_bytes.values()) == sum(received)
    assert sorted(file.read_bytes() for file in tmp_path.glob("*.mp3")) == sorted(bodies.values())
    assert len(json.loads((tmp_path / ".turnscript/index.json").read_text())["episodes"]) == 5


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system")
def test_killed_at_any_moment_the_next_run_completes(server: HostileServer, tmp_path: Path) -> None:
    chances = random.Random(7)
    server.put("/a.mp3", Resource(AUDIO, before=lambda self, _: time.sleep(0.02)))
    for _ in range(4):
        process = in_a_process(tmp_path, [server.url("/a.mp3")])
        time.sleep(chances.uniform(0.1, 0.6))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    process = in_a_process(tmp_path, [server.url("/a.mp3")])
    process.communicate()
    assert process.returncode == 0
    assert [file.read_bytes() for file in tmp_path.glob("*.mp3")] == [AUDIO]
    assert not list(tmp_path.glob("*.part"))


def test_killed_in_mid_stream_the_next_run_goes_on(server: HostileServer, tmp_path: Path) -> None:
    slow = server.put("/a.mp3", Resource(AUDIO, pause=0.0001))
    process = in_a_process(tmp_path, [slow])
    while process.poll() is None and not any(part.stat().st_size > 5000 for part in tmp_path.glob("*.part")):
        time.sleep(0.01)
    process.kill()
    process.communicate()
    server.resources["/a.mp3"].pause = 0
    result = fetched_bytes(server, tmp_path, server.resources["/a.mp3"])
    assert 0 < result.received < len(AUDIO)


def test_killed_between_rename_and_record_the_file_is_adopted(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    library, one = Library(tmp_path), episode(url)
    with client_for(server) as client:
        fetch(one, tmp_path, client=client)
        library.record(one, dataclasses.replace(library.claim(one), sha256="", size=0, file=""))
        again = fetch(one, tmp_path, client=client)
    assert (again.received, again.sha256) == (0, hashlib.sha256(AUDIO).hexdigest())


# --- addresses ------------------------------------------------------------------------------------------------------


@given(st.text(max_size=80))
def test_no_text_makes_the_address_functions_stumble(text: str) -> None:
    address = web_address(text, base="https://x.example/a/")
    assert address is None or (address.isascii() and address.startswith(("http://", "https://")))
    assert isinstance(shown(text), str)
    if address is not None:
        assert web_address(address) == address


@given(st.from_regex(r"https?://[a-z0-9.:-]{1,12}[a-zA-Z0-9/%?&=;:.~_ -]{0,20}", fullmatch=True))
def test_addresses_are_put_right_the_same_by_the_short_way_and_the_long(text: str) -> None:
    """What is clean is given back at once; a blank before it takes it the long way."""
    assert web_address(text) == web_address(f" {text}")


@given(st.text("abc:@/?#[].%", max_size=20))
def test_without_account_takes_off_the_account_and_nothing_else(rest: str) -> None:
    assert without_account(f"https://me:s3cret@x.example/{rest}") == f"https://x.example/{rest}"
    assert without_account(f"https://x.example/{rest}") == f"https://x.example/{rest}"
    assert "s3cret" not in without_account(f"http://a@b:s3cret@{rest}")
    assert without_account(rest) == rest


@given(st.from_regex(r"[a-z0-9]{4,12}", fullmatch=True), st.from_regex(r"[a-z0-9]{4,12}", fullmatch=True))
def test_shown_addresses_hold_no_secret(name: str, secret: str) -> None:
    told = shown(f"https://{name}:ZZ{secret}@host.example/path?key=ZZ{secret}#ZZ{secret}")
    assert told == "https://host.example/path?…"
