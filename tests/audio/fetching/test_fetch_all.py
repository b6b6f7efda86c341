"""Parallel downloads, several processes on one folder, and processes killed at any moment."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audio.errors import FetchError
from audio.fetching.fetch import Failed, Fetched, fetch, fetch_all
from audio.fetching.library import Library
from tests.support.fetch_helpers import AUDIO, client_for, episode, fetched_bytes
from tests.support.hostile_server import HostileServer, Resource
from tests.support.paths import ROOT


def test_a_failed_item_stops_no_other_and_the_limit_per_host_holds(server: HostileServer, tmp_path: Path) -> None:
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


def test_progress_reaches_the_full_size(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO, drop_after=150_000, drops=1))
    seen: list[tuple[int, int | None]] = []
    with client_for(server) as client:
        fetch(episode(url), tmp_path, client=client, progress=lambda _, got, total: seen.append((got, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(AUDIO), len(AUDIO))


def test_closing_the_generator_stops_the_rest(server: HostileServer, tmp_path: Path) -> None:
    quick = episode(server.put("/quick.mp3", Resource(AUDIO[:1000])), "quick")
    slow = episode(server.put("/slow.mp3", Resource(AUDIO, pause=0.01)), "slow")
    with client_for(server) as client:
        outcomes = fetch_all([quick, slow], tmp_path, client=client)
        assert next(outcomes).episode.title == "quick"
        outcomes.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.glob("slow.mp3"))


@pytest.mark.slow
@pytest.mark.parametrize("silent_length", [False, True])
def test_closing_the_client_wakes_waiting_reads_and_leaves_no_incomplete_file(
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


def test_an_unreadable_file_fails_only_its_episode(server: HostileServer, tmp_path: Path) -> None:
    bad, good = (episode(server.put(f"/{name}.mp3", Resource(AUDIO)), name) for name in ("bad", "good"))
    library = Library(tmp_path)
    entry = dataclasses.replace(library.claim(bad), url=bad.audio_url or "", validator='"one"')
    library.record(entry)
    (tmp_path / "bad.mp3").mkdir()  # in place of the file of an interrupted run
    with client_for(server) as client:
        outcomes = {one.episode.title: one for one in fetch_all([bad, good], tmp_path, client=client)}
    assert isinstance(outcomes["good"], Fetched)
    failed = outcomes["bad"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, FetchError)
    assert "bad.mp3" in str(failed.error)


FETCH_IN_A_PROCESS = """
import sys
from pathlib import Path
from audio.episode import Episode
from audio.fetching.fetch import Fetched, fetch_all
from audio.net.http import Client
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


@pytest.mark.processes
def test_two_processes_on_one_folder_fetch_no_file_twice(server: HostileServer, tmp_path: Path) -> None:
    bodies = {f"/{number}.mp3": AUDIO[: 100_000 + number] for number in range(5)}
    urls = [server.put(path, Resource(body)) for path, body in bodies.items()]
    processes = [in_a_process(tmp_path, urls), in_a_process(tmp_path, urls[::-1])]
    received = [int(process.communicate()[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(received) == sum(map(len, bodies.values()))
    assert sum(server.sent_bytes.values()) == sum(received)
    assert sorted(file.read_bytes() for file in tmp_path.glob("*.mp3")) == sorted(bodies.values())
    assert len(json.loads((tmp_path / ".turnscript/index.json").read_text())["episodes"]) == 5


@pytest.mark.soak
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_after_a_kill_at_any_moment_the_next_run_completes(server: HostileServer, tmp_path: Path) -> None:
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


@pytest.mark.processes
def test_after_a_kill_during_the_download_the_next_run_resumes(server: HostileServer, tmp_path: Path) -> None:
    slow = server.put("/a.mp3", Resource(AUDIO, pause=0.0001))
    process = in_a_process(tmp_path, [slow])
    while process.poll() is None and not any(part.stat().st_size > 5000 for part in tmp_path.glob("*.part")):
        time.sleep(0.01)
    process.kill()
    process.communicate()
    server.resources["/a.mp3"].pause = 0
    result = fetched_bytes(server, tmp_path, server.resources["/a.mp3"])
    assert 0 < result.received < len(AUDIO)


def test_after_a_kill_between_rename_and_record_the_file_is_adopted(server: HostileServer, tmp_path: Path) -> None:
    url = server.put("/a.mp3", Resource(AUDIO))
    library, one = Library(tmp_path), episode(url)
    with client_for(server) as client:
        fetch(one, tmp_path, client=client)
        library.record(dataclasses.replace(library.claim(one), sha256="", size=0, file=""))
        again = fetch(one, tmp_path, client=client)
    assert (again.received, again.fingerprint) == (0, None)
    assert library.claim(one).sha256 == hashlib.sha256(AUDIO).hexdigest()
