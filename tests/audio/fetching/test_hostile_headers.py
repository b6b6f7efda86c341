"""A header of one episode that no program sends: that episode fails or comes, the others come."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from audio.errors import AudioError
from audio.fetching.fetch import fetch
from tests.support.fetch_helpers import AUDIO, client_for, episode
from tests.support.hostile_server import LONG_AGO, HostileServer, Resource

FAR = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
HEADERS: list[tuple[int, dict[str, str]]] = [
    *((200, {"Content-Length": "9" * digits}) for digits in (19, 400, 5000)),
    *((503, {"Retry-After": value}) for value in ("9" * 400, "9" * 5000, FAR, "-5", "1e9", "\u0663")),
    (200, {"Last-Modified": FAR, "Date": LONG_AGO}),
    (200, {"Last-Modified": "Mon, 01 Jan 2020 00:00:00 +99999999999999999", "Date": LONG_AGO}),
    (200, {"Last-Modified": "Mon, 01 Jan 0001 00:00:00 +2359", "Date": "Mon, 01 Jan 0001 00:00:00 -2359"}),
    (200, {"Last-Modified": LONG_AGO, "Date": f"Mon, {'1' * 5000} Jan 2020 00:00:00 GMT"}),
    *(
        (302, {"Location": location})
        for location in (
            *("http://x:99999999999999/", "http://1.2.3.4:70000/", f"http://{'a' * 300}.example/", "http://[::1/"),
            *("http://a..b/", "http://.a/", "http://a%00b/", "http://xn--a/", "//", "http://\xe9\xff/\x85"),
        )
    ),
    (200, {"Content-Encoding": "gzip" * 1000}),
    (200, {"Content-Type": "\xff/\xfe; charset=\x85"}),
    (200, {"ETag": '"\xff\xfe"'}),
    (206, {"Content-Range": f"bytes {'9' * 5000}-1/{'9' * 5000}"}),
]


@pytest.mark.parametrize(("status", "headers"), HEADERS)
def test_an_odd_header_costs_its_episode_at_most(
    status: int, headers: dict[str, str], server: HostileServer, tmp_path: Path
) -> None:
    statuses = [] if status == 200 else [status] * 9
    encodable = {name: value.encode("utf-8").decode("latin-1") for name, value in headers.items()}
    odd = server.put("/odd.mp3", Resource(AUDIO, headers=encodable, statuses=statuses))
    good = server.put("/good.mp3", Resource(AUDIO))
    with client_for(server, max_attempts=2, read_timeout=1.0) as client:
        with contextlib.suppress(AudioError):
            result = fetch(episode(odd, "Odd"), tmp_path, client=client)
            assert result.episode.path is not None
            assert result.episode.path.read_bytes() == AUDIO
        path = fetch(episode(good, "Good"), tmp_path, client=client).episode.path
    assert path is not None
    assert path.read_bytes() == AUDIO
