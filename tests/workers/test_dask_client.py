"""A Dask cluster of two worker processes on this machine: the same bytes as a local run, whatever dies."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from audio.episode import Episode
from audio.fingerprint import Fingerprint
from tests.support import cluster_stages
from tests.support.cluster import cluster_of_commands, run_batch, setup, shipped_files
from tests.support.paths import CLIPS
from tests.support.scripted_stages import tone
from transcribe.batch.planning import Job, select_jobs
from transcribe.batch.report import State
from transcribe.batch.runner import Setup, run
from transcribe.errors import ClusterError
from transcribe.pipeline.progress import Progress, ignore_progress
from transcribe.pipeline.stages import real_stages
from transcribe.settings import Settings
from transcribe.workers import dask_client
from transcribe.workers.dask_worker import Versions, versions
from transcribe.workers.local import in_this_process

pytestmark = pytest.mark.cluster

distributed = import_module("distributed")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and two workers, each a process with one thread, and with a cache of their own."""
    folder = tmp_path_factory.mktemp("dask")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        environment.delenv("ORT_DISABLE_TELEMETRY", raising=False)
        with distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=str(folder),
            memory_limit=0,
        ) as local:
            yield local.scheduler_address


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def until(condition: Path) -> None:
    while not condition.exists():
        time.sleep(0.02)


def test_the_same_bytes_as_in_this_process(address: str, tmp_path: Path) -> None:
    sources = [tone(tmp_path / f"{number}.wav", hertz=300 + number) for number in range(5)]
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    glossary = tmp_path / "names.txt"
    glossary.write_text("Grace\n")
    here, there = (setup(tmp_path / name, glossary=str(glossary)) for name in ("here", "there"))
    with in_this_process(ignore_progress) as pool:
        local = run_batch([*sources, broken], here, pool)
    reports: list[Progress] = []
    with dask_client.scheduler(address, reports.append) as pool:
        assert pool.size == 2
        far = run_batch([*sources, broken], there, pool)
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
    assert len(contents(tmp_path / "there")) == 10
    assert sorted(result.state for result in far) == sorted(result.state for result in local)
    (failed,) = [result for result in far if result.state is State.FAILED]
    assert broken.name in failed.error  # a long path is shown cut
    assert {progress.stage for progress in reports} >= {"recognize", "diarize"}


def test_a_worker_sends_no_telemetry(address: str, tmp_path: Path) -> None:
    """Workers are started by others, without the command line's precautions."""
    sources = [tone(tmp_path / f"{hertz}.wav", hertz=hertz) for hertz in (510, 520)]
    with dask_client.scheduler(address, ignore_progress) as pool:
        run_batch(sources, setup(tmp_path / "there"), pool)
    with distributed.Client(address, set_as_default=False) as client:
        assert "1" in client.run(os.getenv, "ORT_DISABLE_TELEMETRY").values()


def test_a_recording_missing_on_a_worker_is_shipped(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tone(tmp_path / "a.wav", hertz=330)  # the workers keep results: another recording than in other tests
    monkeypatch.setattr(dask_client, "_PIECE_BYTES", path.stat().st_size * 4 // 5)  # more than goes into one piece
    with path.open("rb") as file:
        hidden = Path(f"/proc/self/fd/{file.fileno()}")  # to every other process something else
        if not hidden.exists():
            pytest.skip("this system has no /proc")
        here, there = setup(tmp_path / "here"), setup(tmp_path / "there")
        with in_this_process(ignore_progress) as pool:
            local = list(run(named(path), here, pool=pool))
        with dask_client.scheduler(address, ignore_progress) as pool:
            far = list(run(named(hidden), there, pool=pool))
            with distributed.Client(address, set_as_default=False) as client:
                assert client.run(shipped_files) == {worker: [] for worker in client.scheduler_info()["workers"]}
    assert [result.state for result in (*local, *far)] == [State.WRITTEN] * 4
    assert contents_without_path(tmp_path / "here") == contents_without_path(tmp_path / "there")


def named(path: Path) -> list[Job]:
    return [Job(stem, Episode(stem, path=path), stem) for stem in ("a", "b")]


def contents_without_path(folder: Path) -> list[object]:
    """The drafts, and the timed transcripts without the path of their audio."""
    timed = [json.loads((folder / f"{stem}.json").read_bytes()) for stem in ("a", "b")]
    for transcript in timed:
        del transcript["episode"]["audio_path"]
    return [*timed, *((folder / f"{stem}.md").read_bytes() for stem in ("a", "b"))]


def test_a_file_replaced_before_it_is_shipped_is_reported(address: str, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    with path.open("rb") as file:
        hidden = Path(f"/proc/self/fd/{file.fileno()}")
        if not hidden.exists():
            pytest.skip("this system has no /proc")
        from transcribe.workers.task import Task, work

        made = setup(tmp_path / "out")
        task = Task(1, Episode("a", path=hidden), Fingerprint("0" * 64, ()), made.settings, made.cache, made.stages)
        with dask_client.scheduler(address, ignore_progress) as pool:
            outcome = pool.executor.submit(work, task, pool.on_progress).result()
    assert outcome.failure is not None
    assert "was replaced during the run" in outcome.failure.message


def test_a_lost_worker_costs_its_running_task_alone(address: str, tmp_path: Path) -> None:
    sources = [tone(tmp_path / f"{number}.wav", hertz=500 + number) for number in range(4)]
    here = setup(tmp_path / "here", author=str(tmp_path))
    with in_this_process(ignore_progress) as pool:
        run_batch(sources, here, pool)

    def kill() -> None:
        until(tmp_path / "ready")
        os.kill(int((tmp_path / "ready").read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with dask_client.scheduler(address, ignore_progress) as pool:
        results = run_batch(sources, setup(tmp_path / "there", cluster_stages.deadly), pool)
    killer.join()
    assert [result.state for result in results] == [State.WRITTEN] * 4
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


def test_running_tasks_end_when_the_run_is_abandoned(address: str, tmp_path: Path) -> None:
    made, stop = setup(tmp_path / "out", cluster_stages.endless), threading.Event()
    jobs, _ = select_jobs([str(tone(tmp_path / "a.wav"))], made.settings)

    def give_up() -> None:
        until(tmp_path / "begun")
        stop.set()

    threading.Thread(target=give_up).start()
    with dask_client.scheduler(address, ignore_progress) as pool:
        assert list(run(jobs, made, pool=pool, stop=stop)) == []
        until(tmp_path / "ended")


@pytest.mark.models
def test_the_real_models_give_the_same_drafts_on_a_cluster(address: str, tmp_path: Path) -> None:
    """Two threads here, one there, and the weights brought to the workers' own cache."""
    source = CLIPS / "short.mp3"
    here, there = (
        Setup(Settings(output=str(tmp_path / name), language="en"), real_stages, tmp_path / "cache")
        for name in ("here", "there")
    )
    with in_this_process(ignore_progress) as pool:
        run_batch([source], here, pool)
    with dask_client.scheduler(address, ignore_progress) as pool:
        (result,) = run_batch([source], there, pool)
    assert (result.state, len(result.paths)) == (State.WRITTEN, 2)
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


def test_a_lost_scheduler_ends_the_run(tmp_path: Path) -> None:
    """No episode waits for ever: running and waiting ones are failures that give the reason."""
    made = setup(tmp_path / "out", cluster_stages.endless)
    jobs, _ = select_jobs(
        [str(tone(tmp_path / f"{number}.wav", hertz=700 + number)) for number in range(3)], made.settings
    )
    with cluster_of_commands(tmp_path) as (address, scheduler):

        def kill() -> None:
            until(tmp_path / "begun")
            scheduler.kill()

        threading.Thread(target=kill).start()
        with dask_client.scheduler(address, ignore_progress, timeout=2.0) as pool:
            results = list(run(jobs, made, pool=pool))
    assert [result.state for result in results] == [State.FAILED] * 3
    assert {result.error for result in results} == {dask_client._LOST}


def test_a_scheduler_that_does_not_answer_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"  # no process listens there
        with (
            pytest.raises(ClusterError, match="does not answer"),
            dask_client.scheduler(address, ignore_progress, timeout=0.3),
        ):
            pytest.fail("there is no scheduler")


def test_a_scheduler_without_workers_is_reported() -> None:
    with (
        distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(ClusterError, match="has no workers; start one: dask worker tcp"),
        dask_client.scheduler(empty.scheduler_address, ignore_progress, timeout=1.0),
    ):
        pytest.fail("there are no workers")


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (Versions("0.0.1", "3.11"), "worker w has turnscript 0.0.1 on Python 3.11, this machine 0.1.0 on 3.12"),
        (Versions("0.1.0", "3.11"), "install the same on both"),
        (ModuleNotFoundError("No module named 'transcribe'"), "worker w cannot run turnscript \\(No module named"),
    ],
)
def test_workers_of_another_version_are_named(there: object, message: str) -> None:
    ours = Versions("0.1.0", "3.12")
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(dask_client.mismatch(ours, {"v": ours, "w": there}))
    assert dask_client.mismatch(ours, {"v": ours}) == ""


def test_a_task_of_another_version_is_refused_by_the_worker(address: str, tmp_path: Path) -> None:
    from dataclasses import replace

    from transcribe.workers.dask_worker import TaskMessage, run_task
    from transcribe.workers.task import Task, work

    path = tone(tmp_path / "a.wav")
    made = setup(tmp_path / "out")
    task = Task(1, Episode.of_file(path), Fingerprint.of(path), made.settings, made.cache, made.stages)
    message = TaskMessage(task, "run", replace(versions(), turnscript="9.9"))
    with (
        distributed.Client(address, set_as_default=False) as client,
        pytest.raises(ClusterError, match=r"has Versions\(turnscript='0"),
    ):
        client.submit(run_task, work, message).result()
