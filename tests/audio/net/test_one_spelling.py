"""The law of `audio.net.addresses`: one spelling to request, which asks for what is written; others to compare."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio.net.addresses import (
    in_one_spelling,
    page_key,
    recording_key,
    redacted,
    web_address,
    without_credentials,
    without_token,
)
from audio.net.http import Client, Limits
from tests.support.hostile_server import HostileServer, Resource

hosts = st.sampled_from(
    [
        "x.example",
        "X.Example",
        "www.x.example",
        "www.www.x.example",
        "bücher.example",
        "x.example.",
        "127.0.0.1",
        "[::1]",
    ]
)
ports = st.sampled_from(["", ":80", ":443", ":8080", ":99999", ":"])
users = st.sampled_from(["", "me:secret@", "mé:sécret@", "me@", "a%40b:c@"])
pieces = st.sampled_from(
    [
        *"/.?=&;:@,+~'()[]{}|\\^`\"<>% \t",
        "%41",
        "%7e",
        "%2f",
        "%3A",
        "%zz",
        "é",
        "日",
        "a",
        "..",
        "1.mp3",
        "//",
        "://",
        "www.",
    ]
)
tails = st.lists(pieces, max_size=12).map("".join)
addresses = st.builds(
    lambda scheme, user, host, port, tail: f"{scheme}://{user}{host}{port}/{tail}",
    *(st.sampled_from(["http", "https", "HTTP", "Https"]), users, hosts, ports, tails),
)
texts = st.one_of(
    addresses, st.text(max_size=40), st.tuples(st.sampled_from(["http://", "feed:", "www."]), tails).map("".join)
)


@given(texts, st.sampled_from(["", "https://base.example/a/b?c"]))
@example("http://bücher.example:8080/a", "")
def test_spelled_again_an_address_stays_as_it_is(text: str, base: str) -> None:
    address = web_address(text, base=base)
    if address is not None:
        assert web_address(address) == address
        assert web_address(address, base="https://elsewhere.example/") == address
        assert address.isascii() or not address.partition("//")[2].partition("/")[0].rpartition("@")[0].isascii()


@given(addresses)
def test_it_goes_to_the_host_and_the_port_that_are_written(text: str) -> None:
    address = web_address(text)
    if address is None:
        return
    authority = text.partition("//")[2].partition("/")[0]
    written = authority.rpartition("@")[2].lower().replace("bücher", "xn--bcher-kva")
    assert urlsplit(address).netloc.rpartition("@")[2].lower() == written
    assert urlsplit(address).netloc.rpartition("@")[0] == authority.rpartition("@")[0]


def meant(text: str) -> tuple[bytes, bytes]:
    """The bytes that a path and a query mean, by hand: escapes that are none stand for themselves."""
    before = text.partition("#")[0].strip()
    path, _, query = "".join(each for each in before if each not in "\t\r\n").partition("?")
    return unquote_to_bytes(path), unquote_to_bytes(query)


@given(tails)
def test_it_asks_for_what_is_written(tail: str) -> None:
    address = web_address(f"https://x.example/{tail}")
    assert address is not None
    parts = urlsplit(address)
    path, query = meant(f"/{tail}")
    assert (unquote_to_bytes(parts.path), unquote_to_bytes(parts.query)) == (path, query)
    for escape in ("%41", "%7e", "%2f", "%3A"):
        assert address.count(escape) == tail.count(escape)


ASKED = [
    "/a%20b.mp3",
    "/100% real.mp3",
    "/e/tag%3Ax%2C2010/a.mp3",
    "/ep[1].mp3",
    "/frågor.mp3",
    "/q?a=1&b=%26",
    "/a;b=c,d",
]


@pytest.mark.parametrize("written", ASKED)
def test_the_server_is_asked_for_it(written: str) -> None:
    with HostileServer() as server, Client([server.url("/")], limits=Limits(max_attempts=1)) as client:
        address = web_address(server.url(written))
        assert address is not None
        path = urlsplit(address).path
        server.resources.update({each: Resource(b"x") for each in (path, unquote_to_bytes(path).decode())})
        with client.get(address, headers={}) as response:
            assert response.status == 200
        assert unquote_to_bytes(server.requests[0].path) == unquote_to_bytes(
            address.partition(server.url(""))[2] or path
        )


@given(texts)
def test_what_is_shown_and_stored_is_without_secrets(text: str) -> None:
    for without in (redacted, without_credentials):
        once = without(text)
        assert without(once) == once
    for address in filter(None, [web_address(text)]):
        assert "ecret" not in without_credentials(address).partition("?")[0].partition("//")[2].partition("/")[0]
        assert "ecret" not in redacted(address)


@given(texts)
@example("http://www.www.x.example/")
def test_comparing_does_not_change_what_is_spelled(text: str) -> None:
    spelled = in_one_spelling(text)
    assert in_one_spelling(spelled) == spelled
    assert without_token(without_token(spelled)) == without_token(spelled)


@given(addresses)
def test_all_spellings_of_an_address_are_compared_as_one(text: str) -> None:
    address = web_address(text)
    if address is None or urlsplit(address).port not in (None, 80, 443):
        return
    scheme, _, rest = without_credentials(address).partition("://")
    host, _, tail = rest.partition("/")
    bare = host.rpartition(":")[0] if host.endswith((":80", ":443")) else host.rstrip(":")
    spellings = [
        address,
        f"{scheme}://{rest}",
        f"http://{bare}/{tail}",
        f"https://{bare.upper()}:443/{tail}",
        f"https://www.{bare}/{tail}" if not bare.startswith("[") else address,
        f"https://{bare}/{tail.replace('%7e', '~').replace('%41', 'A').replace('%2f', '%2F')}",
        f"https://{bare}/{tail}#fragment",
    ]
    for compare in (in_one_spelling, recording_key, page_key):
        assert len({compare(each) for each in spellings}) == 1, compare


@given(addresses, addresses)
def test_each_comparison_is_coarser_than_the_one_before(one: str, other: str) -> None:
    if in_one_spelling(one) == in_one_spelling(other):
        assert recording_key(one) == recording_key(other)
        assert page_key(one) == page_key(other)
