"""Recordings and glossaries sent to one worker of a Dask cluster: there as long as a task needs them, and no longer."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from audio.disk import sha256_of
from audio.episode import Episode
from audio.fingerprint import Fingerprint
from tests.support import cluster_stages
from tests.support.cluster import cluster_of_commands, run_batch, setup, shipped_files
from tests.support.scripted_stages import tone
from transcribe.batch.planning import Job
from transcribe.batch.report import State
from transcribe.batch.runner import run
from transcribe.errors import ClusterError
from transcribe.pipeline.progress import ignore_progress
from transcribe.workers import dask_client
from transcribe.workers.dask_worker import Piece, _find_audio, stop, store
from transcribe.workers.task import Part, Task

pytestmark = pytest.mark.cluster

distributed = import_module("distributed")


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], str]]:
    """The address of a cluster whose one worker has so many threads: one for all tests, which use other recordings."""
    with contextlib.ExitStack() as stack:
        yield cache(
            lambda threads: stack.enter_context(
                cluster_of_commands(tmp_path_factory.mktemp("cluster"), threads=threads)
            )[0]
        )


@contextlib.contextmanager
def hidden(paths: list[Path]) -> Iterator[list[Path]]:
    """The same files under names that are something else to every other process."""
    with contextlib.ExitStack() as stack:
        there = [Path(f"/proc/self/fd/{stack.enter_context(path.open('rb')).fileno()}") for path in paths]
        if not there[0].exists():
            pytest.skip("this system has no /proc")
        yield there


def shipped(address: str) -> list[str]:
    with distributed.Client(address, set_as_default=False) as client:
        (names,) = client.run(shipped_files).values()
    return list(names)


@pytest.mark.parametrize(("threads", "n_jobs"), [(4, 12), (4, 6), (1, 12)])
def test_a_waiting_task_keeps_its_recording(
    threads: int, n_jobs: int, clusters: Callable[[int], str], tmp_path: Path
) -> None:
    lowest = 300 + threads + n_jobs
    paths = [tone(tmp_path / f"{number}.wav", seconds=2.0, hertz=lowest + 20 * number) for number in range(12)]
    made, address = setup(tmp_path / "out"), clusters(threads)
    with hidden(paths) as there:
        jobs = [Job(str(i), Episode(str(i), path=path), str(i)) for i, path in enumerate(there)]
        with dask_client.scheduler(address, ignore_progress, size=n_jobs) as pool:
            results = list(run(jobs, made, pool=pool))
        assert [result.error for result in results if result.state is not State.WRITTEN] == []
        assert len(results) == 12
        assert shipped(address) == []


def test_one_recording_stays_for_all_of_its_tasks(clusters: Callable[[int], str], tmp_path: Path) -> None:
    path, address = tone(tmp_path / "a.wav"), clusters(4)
    with hidden([path] * 6) as there:
        jobs = [Job(str(i), Episode(str(i), path=path), str(i)) for i, path in enumerate(there)]
        with dask_client.scheduler(address, ignore_progress, size=6) as pool:
            results = list(run(jobs, setup(tmp_path / "out"), pool=pool))
        assert [result.error for result in results if result.state is not State.WRITTEN] == []
        assert shipped(address) == []


def test_expected_recordings_stay_and_the_newest_few_of_the_rest(tmp_path: Path) -> None:
    worker = SimpleNamespace(local_directory=str(tmp_path), address="tcp://w")

    def send(run: str, name: str) -> None:
        for offset, data, is_last in ((0, b"one", False), (3, b"two", True)):
            store(Piece(name, run, f"{run}-{name}", offset, data, is_last), dask_worker=worker)

    def there() -> set[str]:
        return {path.name for path in (tmp_path / "turnscript" / "shipped").iterdir()}

    one, other = (uuid.uuid4().hex for _ in range(2))
    names = [f"{number:064x}" for number in range(10)]
    for name in names[:8]:
        send(one, name)
    assert there() == set(names[:8])
    assert (tmp_path / "turnscript" / "shipped" / names[0]).read_bytes() == b"onetwo"
    for number, name in enumerate(names[:8]):
        os.utime(tmp_path / "turnscript" / "shipped" / name, (number, number))
    stop(one)
    send(other, names[8])
    assert there() == {*names[5:8], names[8]}
    store(Piece(names[9], other, "broken off", 0, b"one", False), dask_worker=worker)
    assert there() == {*names[5:8], names[8], f"{names[9]}.broken off"}
    stop(other)


def test_a_recording_is_hashed_once_for_all_parts_of_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, made, hashed = tone(tmp_path / "a.wav"), setup(tmp_path / "out"), []
    task = Task(1, Episode.of_file(path), Fingerprint.of(path), made.settings, made.cache, made.stages)

    def count(path: Path) -> str:
        hashed.append(path)
        return sha256_of(path)

    monkeypatch.setattr("audio.fingerprint.sha256_of", count)
    for part in Part:
        assert _find_audio(replace(task, part=part), tmp_path / "shipped") == (path, task.fingerprint)
    assert hashed == [path]
    tone(path, hertz=550)  # other contents are hashed again
    assert _find_audio(task, tmp_path / "shipped") is None
    assert hashed == [path, path]


def test_a_worker_that_cannot_store_a_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "turnscript").write_text("a file, not a folder")
    worker = SimpleNamespace(local_directory=str(tmp_path), address="tcp://w")
    with pytest.raises(ClusterError, match=r"worker tcp://w: .*shipped cannot be written to"):
        store(Piece("0" * 64, "run", "x", 0, b"", True), dask_worker=worker)


def test_a_recording_of_exactly_whole_pieces_or_no_bytes_arrives(
    clusters: Callable[[int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_client, "_PIECE_BYTES", 1 << 17)
    whole, empty = tone(tmp_path / "whole.wav"), tmp_path / "empty.wav"
    assert dask_client._PIECE_BYTES < whole.stat().st_size < 2 * dask_client._PIECE_BYTES
    with whole.open("ab") as file:
        file.truncate(2 * dask_client._PIECE_BYTES)
    empty.touch()
    with hidden([whole, empty]) as there:
        jobs = [Job(str(i), Episode(str(i), path=path), str(i)) for i, path in enumerate(there)]
        with dask_client.scheduler(clusters(1), ignore_progress) as pool:
            results = list(run(jobs, setup(tmp_path / "out"), pool=pool))
    assert [result.state for result in results] == [State.WRITTEN, State.FAILED]
    assert "is empty" in results[1].error


def test_a_glossary_is_the_same_in_the_next_run(clusters: Callable[[int], str], tmp_path: Path) -> None:
    path, glossary = tone(tmp_path / "a.wav"), tmp_path / "names.txt"
    glossary.write_text("Grace\n")
    made = setup(tmp_path / "out", cluster_stages.noting, author=str(tmp_path), glossary=str(glossary))
    for _ in range(2):
        with dask_client.scheduler(clusters(1), ignore_progress) as pool:
            (result,) = run_batch([path], made, pool)
        assert result.state is State.WRITTEN
        shutil.rmtree(tmp_path / "out")
    assert (tmp_path / "noted").read_text().split("\n") == ["made", "heard again", ""]
