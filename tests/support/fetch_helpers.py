"""A body, a client and a verified fetch, for the tests of downloads."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from audio.episode import Episode
from audio.fetching.fetch import Fetched, fetch, fetch_all
from audio.fetching.library import Library
from audio.net.http import Client, Limits
from tests.support.hostile_server import HostileServer, Resource

AUDIO = b"ID3\x04\x00" + random.Random(3).randbytes(400_000)  # begins like an mp3; nothing decodes it


class Sleeps(list[float]):
    """Replaces `time.sleep`: records the seconds and returns immediately."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client_for(server: HostileServer, sleeps: Sleeps | None = None, **limits: float) -> Client:
    return Client([server.url("/")], limits=Limits(**limits), sleep=sleeps if sleeps is not None else Sleeps())  # type: ignore[arg-type]


def episode(url: str, title: str = "An episode", **more: object) -> Episode:
    return Episode(title, audio_url=url, **more)  # type: ignore[arg-type]


def fetched_bytes(server: HostileServer, folder: Path, resource: Resource, **limits: float) -> Fetched:
    """Fetch `resource` and check that the file is its body."""
    url = server.put("/a.mp3", resource)
    with client_for(server, **limits) as client:
        result = fetch(episode(url), folder, client=client)
    assert isinstance(resource.body, bytes)
    assert result.episode.path is not None
    assert result.episode.path.read_bytes() == resource.body
    sha256 = hashlib.sha256(resource.body).hexdigest()
    assert Library(folder).claim(episode(url)).sha256 == sha256
    assert (result.fingerprint and result.fingerprint.sha256) == (sha256 if result.received else None)
    assert not list(folder.glob("*.part"))
    return result


def fetched_titles(server: HostileServer, folder: Path, *episodes: Episode) -> dict[str, bytes]:
    with client_for(server) as client:
        outcomes = list(fetch_all(episodes, folder, client=client))
    return {one.episode.title: one.episode.path.read_bytes() for one in outcomes if one.episode.path}
