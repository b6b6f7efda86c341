"""Batches on a Dask cluster: their set-up, and a cluster of the commands that docs/scale.md gives."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.support import cluster_stages
from tests.support.paths import ROOT
from transcribe.batch.planning import select_jobs
from transcribe.batch.report import Result
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.stages import StagesMaker
from transcribe.settings import Settings
from transcribe.workers.local import WorkerPool

distributed = import_module("distributed")


def setup(folder: Path, stages: StagesMaker = cluster_stages.scripted, **changes: object) -> Setup:
    values = {"output": str(folder), "author": str(folder.parent), **changes}
    return Setup(Settings(**values), stages, folder.parent / "cache")  # type: ignore[arg-type]


def run_batch(sources: list[Path], made: Setup, pool: WorkerPool) -> list[Result]:
    jobs, failures = select_jobs([str(path) for path in sources], made.settings)
    return [*failures, *run(jobs, made, pool=pool)]


def shipped_files(dask_worker: object) -> list[str]:
    folder = Path(dask_worker.local_directory) / "turnscript" / "shipped"  # type: ignore[attr-defined]
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


@contextlib.contextmanager
def cluster_of_commands(folder: Path, *, threads: int = 1) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Scheduler and worker as docs/scale.md starts them: the address, and the scheduler's process."""
    file, environ = folder / "scheduler.json", {**os.environ, "PYTHONPATH": str(ROOT)}
    environ["XDG_CACHE_HOME"] = str(folder / "cache-there")
    dask = [sys.executable, "-m", "dask"]
    started = [
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
        [*dask, "worker", "--scheduler-file", str(file), "--nthreads", str(threads), "--no-dashboard"],
    ]
    started[1] += ["--local-directory", str(folder), "--death-timeout", "60"]
    with contextlib.ExitStack() as stack:
        processes = []
        for command in started:
            process = stack.enter_context(
                subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
            stack.callback(process.terminate)
            processes.append(process)
            while not (file.exists() and file.read_text().rstrip().endswith("}")):  # written a piece at a time
                time.sleep(0.02)
        address = json.loads(file.read_text())["address"]
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=120)
        yield address, processes[0]
