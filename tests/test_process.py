"""What a process is told at its start, seen in processes of their own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from transcribe.in_order import map_in_order

ROOT = Path(__file__).parents[1]
PAGES_TAKEN = """
import resource, sys, threading
from transcribe.process import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()

def work():
    for _ in range(20):
        bytearray(40 * 2**20)  # 40 MB that are cleared, and freed

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""
on_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or sys.platform != "linux", reason="the C library is not glibc's"
)


def output_of(code: str, *arguments: str, **environment: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_", "OPENBLAS_"))}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=own | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@on_glibc
def test_memory_that_was_freed_is_used_again_and_not_asked_for_anew() -> None:
    given_back, kept = int(output_of(PAGES_TAKEN, "")), int(output_of(PAGES_TAKEN, "keep"))
    assert given_back > 20 * 40 * 2**20 / 4096
    assert kept < given_back / 4


@on_glibc
def test_what_the_environment_says_of_memory_stands() -> None:
    kept = int(output_of(PAGES_TAKEN, "keep", MALLOC_ARENA_MAX="8"))
    assert kept > 20 * 40 * 2**20 / 4096


@pytest.mark.parametrize(("said", "counts"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_numpy_reckons_with_one_thread_unless_told_otherwise(said: dict[str, str], counts: str) -> None:
    code = "import os, transcribe.process as p; p.keep_numpy_to_one_thread(); print(os.environ['OPENBLAS_NUM_THREADS'])"
    assert output_of(code, **said) == counts


def test_the_command_line_loads_no_numpy_before_it_says_so() -> None:
    code = "import sys, transcribe.cli; print('numpy' in sys.modules)"
    assert output_of(code) == "False"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have a priority of their own on Linux alone")
def test_networks_beside_recognition_stand_back_and_nothing_else_does() -> None:
    def niceness(_: object = None) -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert set(map_in_order(niceness, range(8), threads=2)) == {min(19, before + 10)}
    assert niceness() == before
