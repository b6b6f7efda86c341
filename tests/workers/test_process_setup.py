"""The settings a process makes at its start, seen in processes of their own."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from transcribe.parallel import available_cores
from transcribe.pipeline.progress import ignore_progress
from transcribe.workers.local import Processes
from transcribe.workers.process_setup import configure_process

pytestmark = pytest.mark.processes

BLOCKS, BLOCK_BYTES = 40, 40 * 2**20
_OF_MEMORY_AND_THREADS = ("MALLOC_", "GLIBC_", "OPENBLAS_")
PAGES = BLOCKS * BLOCK_BYTES // resource.getpagesize()

on_glibc = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="the C library is not glibc's"
)


def pages_taken() -> int:
    """How many pages the system hands out while two threads take, fill and free 40 MB each, twenty times."""
    import ctypes
    import threading

    def work() -> None:
        for _ in range(BLOCKS // 2):
            bytearray(BLOCK_BYTES)

    ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # PR_SET_THP_DISABLE: pages of one size, wherever this runs
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def pages_taken_once_configured() -> int:
    configure_process()
    return pages_taken()


def threads_of_numpy() -> int:
    """How many threads there are once numpy has multiplied large matrices."""
    configure_process()
    import numpy as np

    _ = np.ones((600, 600)) @ np.ones((600, 600))
    return len(list(Path("/proc/self/task").iterdir()))


def result_of(function: Callable[[], int], **environment: str) -> int:
    """What the function returns in a new process, with only these variables on memory or threads in its environment."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_OF_MEMORY_AND_THREADS)}
    code = f"from tests.workers.test_process_setup import {function.__name__} as function; print(function())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=own | environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(done.stdout)


@pytest.fixture(scope="module")
def given_back() -> int:
    """The pages taken by a process without settings."""
    taken = result_of(pages_taken)
    if taken < PAGES / 2:
        pytest.skip("this system does not count the pages it hands out")
    return taken


@on_glibc
def test_freed_memory_is_reused(given_back: int) -> None:
    assert result_of(pages_taken_once_configured) < given_back / 4


@on_glibc
@pytest.mark.parametrize(
    "environment", [{"MALLOC_MMAP_THRESHOLD_": "131072"}, {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=131072"}]
)
def test_malloc_settings_in_the_environment_take_precedence(environment: dict[str, str], given_back: int) -> None:
    assert result_of(pages_taken_once_configured, **environment) > given_back / 2


@on_glibc
def test_worker_processes_are_configured(given_back: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(_OF_MEMORY_AND_THREADS)]:  # Dask leaves some
        monkeypatch.delenv(name)
    pool = Processes(1, ignore_progress)
    try:
        assert pool.submit(pages_taken).result() < given_back / 4
    finally:
        pool.shutdown()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system does not list threads")
def test_numpy_computes_with_one_thread_unless_configured_otherwise() -> None:
    assert result_of(threads_of_numpy) == 1
    assert result_of(threads_of_numpy, OPENBLAS_NUM_THREADS="2") == min(2, available_cores())


@pytest.mark.parametrize("module", ["transcribe.cli.main", "transcribe.workers.local"])
def test_the_start_of_a_process_imports_no_numeric_library_before_it_is_configured(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert not {"numpy", "scipy", "torch", "onnxruntime", "ctranslate2"} & set(done.stdout.split())
