"""Which addresses a download may reach: redirects, private addresses, credentials, proxies, certificates."""

from __future__ import annotations

import dataclasses
import logging
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import transcribe
from audio.episode import PublishedTranscript
from audio.errors import FetchError, TransientError
from audio.fetching.fetch import Fetched, fetch, fetch_all
from audio.fetching.library import Library, State
from audio.net.access import Access
from audio.net.addresses import redacted, web_address, without_credentials
from audio.net.http import Client, Limits
from audio.net.reach import is_public
from tests.support.fetch_helpers import AUDIO, Sleeps, client_for, episode
from tests.support.hostile_server import HostileServer, Resource


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
def test_a_redirect_to_another_scheme_is_refused(server: HostileServer, tmp_path: Path, target: str) -> None:
    url = server.put("/a.mp3", Resource(location=target))
    with client_for(server) as client, pytest.raises(FetchError, match="not a web address"):
        fetch(episode(url), tmp_path, client=client)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
def test_private_addresses_are_refused_unless_typed(server: HostileServer, tmp_path: Path, host: str) -> None:
    server.put("/a.mp3", Resource(AUDIO))
    url = f"http://{host}:{server.port}/a.mp3"
    client = Client(["https://feed.example/rss"], limits=Limits(max_attempts=1), sleep=Sleeps())
    with client, pytest.raises(FetchError, match=r"/a\.mp3: is a private address"):
        fetch(episode(url), tmp_path, client=client)
    assert not server.requests


def test_a_redirect_into_the_private_network_is_refused(server: HostileServer, tmp_path: Path) -> None:
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
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_credentials_are_sent_and_never_logged(
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


@pytest.mark.parametrize("state", ["fetched", "partial"])
def test_credentials_are_used_and_not_stored(server: HostileServer, tmp_path: Path, state: str) -> None:
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
        without = dataclasses.replace(one, audio_url=server.url("/a.mp3"))  # another password is not another episode
        assert Library(tmp_path).states([one, without]) == [State.FETCHED, State.FETCHED]


def test_credentials_in_an_older_index_are_removed(server: HostileServer, tmp_path: Path) -> None:
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
    assert server.requests[0].headers["user-agent"].startswith(f"turnscript/{transcribe.__version__} ")


def test_the_proxy_of_the_environment_is_used(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.resources["http://episodes.example/a.mp3"] = Resource(AUDIO)  # how a proxy receives it
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    with Client(sleep=Sleeps(), limits=Limits(max_attempts=1)) as client:
        assert fetch(episode("http://episodes.example/a.mp3"), tmp_path, client=client).received == len(AUDIO)
        for host in ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "LOCALHOST.", "[::127.0.0.1]"):
            with pytest.raises(FetchError, match="private address"):
                fetch(episode(f"http://{host}/a.mp3"), tmp_path, client=client)
    assert len(server.requests) == 1


def test_an_unreachable_proxy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:s3cret@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    client = Client(sleep=Sleeps(), limits=Limits(max_attempts=1))
    with client, pytest.raises(TransientError, match=r"x\.example/a\.mp3: the proxy .* check http_proxy") as caught:
        fetch(episode("http://x.example/a.mp3"), tmp_path, client=client)
    assert "s3cret" not in str(caught.value)


def test_unreadable_certificates_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with Client(sleep=Sleeps()) as client, pytest.raises(FetchError, match=r"none\.pem: .* REQUESTS_CA_BUNDLE"):
        fetch(episode("https://x.example/a.mp3"), tmp_path, client=client)


def test_a_proxys_head_that_never_ends_is_given_up(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.resources["http://episodes.example/a.mp3"] = Resource(AUDIO, head_pause=1.0)
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    limits = Limits(max_attempts=1, head_timeout=0.5)
    with (
        Client(sleep=Sleeps(), limits=limits) as client,
        pytest.raises(TransientError, match="the server does not respond in time"),
    ):
        fetch(episode("http://episodes.example/a.mp3"), tmp_path, client=client)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout key.pem -out cert.pem"
    own = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command.split(), *own], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


def test_a_self_signed_certificate_is_refused(certificate: Path, tmp_path: Path) -> None:
    with HostileServer(certificate) as server:
        url = server.put("/a.mp3", Resource(AUDIO))
        with client_for(server) as client, pytest.raises(FetchError, match="certificate") as caught:
            fetch(episode(url), tmp_path, client=client)
        assert not isinstance(caught.value, TransientError)
        assert not server.requests


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_certificates_of_the_environment_are_trusted_and_https_is_never_left(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    with HostileServer(certificate) as server, HostileServer() as insecure:
        good = server.put("/a.mp3", Resource(AUDIO, drop_after=100_000, drops=3))
        bad = server.put("/b.mp3", Resource(location=insecure.put("/b.mp3", Resource(AUDIO))))
        with Client([server.url("/"), insecure.url("/")], sleep=Sleeps()) as client:
            assert fetch(episode(good), tmp_path, client=client).received == len(AUDIO)
            with pytest.raises(FetchError, match="unencrypted"):
                fetch(episode(bad, "B"), tmp_path, client=client)
        assert not insecure.requests
        allowing = Client([server.url("/"), insecure.url("/")], access=Access(allow_http=True))
        with allowing as client:
            assert fetch(episode(bad, "B"), tmp_path, client=client).received == len(AUDIO)


@given(st.text(max_size=80))
def test_no_text_makes_the_address_functions_fail(text: str) -> None:
    address = web_address(text, base="https://x.example/a/")
    assert address is None or (address.isascii() and address.startswith(("http://", "https://")))
    assert isinstance(redacted(text), str)
    if address is not None:
        assert web_address(address) == address


@given(st.from_regex(r"https?://[a-z0-9.:-]{1,12}[a-zA-Z0-9/%?&=;:.~_ -]{0,20}", fullmatch=True))
def test_the_fast_path_normalises_addresses_like_the_slow_one(text: str) -> None:
    """A clean address is returned immediately; a leading blank forces the slow path."""
    assert web_address(text) == web_address(f" {text}")


@given(st.text("abc:@/?#[].%", max_size=20))
def test_without_credentials_removes_nothing_else(rest: str) -> None:
    assert without_credentials(f"https://me:s3cret@x.example/{rest}") == f"https://x.example/{rest}"
    assert without_credentials(f"https://x.example/{rest}") == f"https://x.example/{rest}"
    assert "s3cret" not in without_credentials(f"http://a@b:s3cret@{rest}")
    assert without_credentials(rest) == rest


@given(st.from_regex(r"[a-z0-9]{4,12}", fullmatch=True), st.from_regex(r"[a-z0-9]{4,12}", fullmatch=True))
def test_redacted_addresses_contain_no_secret(name: str, secret: str) -> None:
    address = redacted(f"https://{name}:ZZ{secret}@host.example/path?key=ZZ{secret}#ZZ{secret}")
    assert address == "https://host.example/path?…"


def test_what_is_longer_than_servers_accept_is_no_address_and_no_base() -> None:
    long = "http://x.example/" + "b/" * 4_000
    assert web_address(long) is None
    assert web_address("a.mp3", base=long) is None
    assert web_address("http://y.example/a.mp3", base=long) == "http://y.example/a.mp3"
    assert web_address("http://x.example/?token=" + "t" * 7_000) is not None
