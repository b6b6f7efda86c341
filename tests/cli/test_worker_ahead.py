"""A run starts a worker while it plans, if there is likely something to transcribe; none is left, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.audio_files import convert
from tests.support.faulty_stages import quick
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone
from tests.support.signals import heed_signals
from tests.support.waiting import wait_for
from transcribe.batch.mode import UPDATE, Mode
from transcribe.cli.pools import worker_ahead
from transcribe.cli.run_sources import SourceSet, is_likely_due
from transcribe.parallel import available_cores
from transcribe.pipeline.stages import MODULES, real_stages
from transcribe.settings import Settings


def test_work_is_likely_for_a_file_without_a_transcript(tmp_path: Path) -> None:
    settings = Settings(output=str(tmp_path / "out"))
    talk, done = tmp_path / "talk.v2.mp3", tmp_path / "done.mp3"
    for path in (talk, done):
        path.touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "done.json").touch()

    def is_likely(*sources: str | Path, mode: Mode = UPDATE, settings: Settings = settings) -> bool:
        return is_likely_due([SourceSet(tuple(map(str, sources)), settings)], mode)

    assert is_likely(talk)
    assert is_likely(done, talk)
    assert not is_likely(done)
    assert is_likely(done, mode=Mode(ignore_cache=True))
    assert not is_likely(tmp_path / "missing.mp3", "https://example.org/feed.xml", tmp_path, "\0", "a" * 5000)
    assert not is_likely(talk, settings=Settings(output=str(tmp_path / "out"), scheduler="tcp://127.0.0.1:8786"))
    assert not is_likely_due([SourceSet((str(talk),), settings)] * 2, UPDATE)  # shows


@pytest.mark.processes
def test_the_worker_is_gone_when_nobody_took_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.parallel.available_cores", lambda: 2)
    with worker_ahead(real_stages, is_wanted=True) as worker:
        assert worker is not None
        assert worker.is_alive
    assert not worker.is_alive
    with pytest.raises(RuntimeError, match="planning"), worker_ahead(real_stages, is_wanted=True) as worker:
        raise RuntimeError("planning")
    assert worker is not None
    assert not worker.is_alive


@pytest.mark.parametrize(
    ("cores", "is_wanted", "stages"), [(2, False, real_stages), (1, True, real_stages), (2, True, quick)]
)
def test_no_worker_is_started_in_vain(
    cores: int, is_wanted: bool, stages: Callable[[Settings], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transcribe.parallel.available_cores", lambda: cores)
    with worker_ahead(stages, is_wanted=is_wanted) as worker:  # type: ignore[arg-type]
        assert worker is None


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_under_a_limit_of_addresses_no_worker_is_started() -> None:
    """An import may then never end: the run says so, in its time, and nothing outlives it."""
    code = (
        "import resource\n"
        "from transcribe.cli.pools import worker_ahead\n"
        "from transcribe.pipeline.stages import real_stages\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 36, 1 << 36))\n"
        "with worker_ahead(real_stages, is_wanted=True) as worker:\n"
        "    assert worker is None\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def start(folder: Path, *args: str) -> subprocess.Popen[str]:
    """`transcribe` in a process group of its own."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "transcribe.cli.main", *args]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )


def is_gone(group: int) -> bool:
    """Whether a process group has no process, but for zombies."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            return False
    return True


def has_worker(group: int) -> bool:
    """Whether a worker is in a process group."""
    for stat in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command, its_group = stat.read_bytes(), os.getpgid(int(stat.parent.name))
        except OSError:
            continue
        if its_group == group and b"spawn_main" in command:
            return True
    return False


@pytest.mark.processes
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not list processes")
@pytest.mark.parametrize("options", [("--model", "nope"), ("--glossary", "missing.txt")])
def test_a_run_that_is_refused_leaves_no_process(tmp_path: Path, options: tuple[str, str]) -> None:
    tone(tmp_path / "talk.wav")
    process = start(tmp_path, "run", "talk.wav", *options)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert len(err.splitlines()) == 1
    wait_for(lambda: is_gone(process.pid))


@pytest.mark.processes
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not list processes")
@pytest.mark.skipif(available_cores() < 2, reason="with one core no worker is started ahead")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_a_run_that_is_ended_while_it_plans_leaves_no_process(tmp_path: Path, name: str) -> None:
    tone(tmp_path / "talk.wav")
    process = start(tmp_path, "run", "talk.wav")
    wait_for(lambda: has_worker(process.pid))
    (process.kill if name == "SIGKILL" else partial(os.killpg, process.pid, getattr(signal, name)))()
    _, err = process.communicate(timeout=60)
    if name != "SIGKILL":  # after which a worker may say that it was not told what to do
        assert "Traceback" not in err
    wait_for(lambda: is_gone(process.pid))


@pytest.mark.models
@pytest.mark.processes
def test_a_recording_needs_every_module_that_is_imported_ahead(tmp_path: Path) -> None:
    talk = convert(ROOT / "tests" / "clips" / "short.mp3", tmp_path / "talk.wav", "-ac", "2")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from audio.episode import Episode\n"
        "from audio.fingerprint import Fingerprint\n"
        "from transcribe.pipeline.stages import MODULES, real_stages\n"
        "from transcribe.settings import Settings\n"
        "from transcribe.workers.task import Task, work\n"
        f"episode = Episode('talk', path=Path({str(talk)!r}))\n"
        "task = Task(1, episode, Fingerprint.of_episode(episode), Settings(model='tiny.en', language='en'), "
        f"Path({str(tmp_path)!r}), real_stages)\n"
        "assert not set(MODULES) & set(sys.modules)\n"
        "assert work(task).failure is None\n"
        "print(*(name for name in MODULES if name not in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
    assert MODULES
