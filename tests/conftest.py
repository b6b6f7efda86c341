"""Shared fixtures, Hypothesis profiles, and the markers that keep `make quick` quick.

A test without one of the markers in `NOT_QUICK` is a quick one: it may not start Python, Dask or a browser, and the
run fails if it does. Fixtures that load weights or a browser set the marker of their tests.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.checked_clip import Telling
from tests.support.command_line import Run
from tests.support.hostile_server import HostileServer
from tests.support.paths import CLIPS
from tests.support.scripted_stages import ScriptedStages
from transcribe.cli.main import main

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser

    from transcribe.recognition.engines.protocol import Recognizer
    from transcribe.recognition.models import ModelFiles


# Tests start hundreds of Python processes: none need compile the program again, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# No test is timed: a busy machine is not a failure. The examples are the same in every run.
settings.register_profile("full", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("full"), max_examples=20)
settings.load_profile("full")

NOT_QUICK = ("models", "browser", "processes", "cluster", "slow", "soak")
_MARKER_OF_FIXTURE = {
    "base_files": "models",
    "fast": "models",
    "reference": "models",
    "speaker_models": "models",
    "browser": "browser",
    "kramdown": "processes",
    "ruby": "processes",
}
_HEAVY_MODULES = {"distributed", "playwright"}
_heavy: list[str] = []  # what the running test started and imported


@pytest.hookimpl(tryfirst=True)  # before -m deselects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures; tests of one package that load weights run on one worker, which loads them once."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in _MARKER_OF_FIXTURE:
                item.add_marker(_MARKER_OF_FIXTURE[fixture])
        for name in ("models", "cluster"):
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(f"{name} {item.path.parent.name}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a quick test that starts Python, Dask or a browser."""
    _heavy.clear()
    yield
    if _heavy and not any(item.get_closest_marker(name) for name in NOT_QUICK):
        pytest.fail(f"too heavy for a quick test ({', '.join(_heavy)}): mark it with one of {', '.join(NOT_QUICK)}")


def _note_heavy(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "import" and arguments[0] in _HEAVY_MODULES:
        _heavy.append(f"imports {arguments[0]}")
    elif event == "subprocess.Popen" and sys.executable in (arguments[0], *arguments[1][:1]):
        _heavy.append("starts Python")


sys.addaudithook(_note_heavy)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests: Playwright starts only once in a process."""
    from playwright.sync_api import sync_playwright

    from tests.support.editor_page import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def log_levels() -> Iterator[None]:
    """The log level of a command must not affect the next test, in whatever order they run."""
    yield
    _forget_log_levels()


def _forget_log_levels() -> None:
    for package in ("audio", "transcribe", "output"):
        logging.getLogger(package).setLevel(logging.NOTSET)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line, as if outside GitHub, in an empty folder with a cache and data of its own.

    Returns the exit code, stdout and stderr.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith(("TRANSCRIBE_", "GITHUB_"))]:
        monkeypatch.delenv(name)

    def call(*args: str, stages: ScriptedStages | None = None) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(args, stages=stages or ScriptedStages())
        _forget_log_levels()
        out, err = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return call


@pytest.fixture
def check(run: Run) -> Run:
    """Run `transcribe check` over what `Telling` recognises: (exit code, stdout, stderr)."""

    def call(*args: str, stages: ScriptedStages | None = None) -> tuple[int, str, str]:
        return run("check", *args, stages=stages or Telling())

    return call


@pytest.fixture
def server() -> Iterator[HostileServer]:
    """A web server on 127.0.0.1 that misbehaves on request."""
    with HostileServer() as running:
        yield running


@pytest.fixture
def speech_wav(tmp_path: Path) -> Path:
    """Ten seconds of noise."""
    from tests.support.audio_files import write_noise

    return write_noise(tmp_path / "noise.wav", 10.0)


@pytest.fixture
def speaker_models() -> None:
    """For tests of the real speaker models."""
    from transcribe.diarization.networks import find_speaker_models

    find_speaker_models()


@pytest.fixture(scope="session")
def base_files() -> ModelFiles:
    """The weights `base`."""
    from transcribe.recognition.models import find_model

    return find_model("base")


@pytest.fixture(scope="session")
def clip() -> NDArray[np.float32]:
    """The samples of the short clip, ten seconds."""
    from audio.decoding.decode import decode

    return decode(CLIPS / "short.mp3").read()


@pytest.fixture(scope="session")
def fast(base_files: ModelFiles) -> Recognizer:
    """The fast engine with two threads."""
    from transcribe.recognition.engines import load
    from transcribe.settings import Settings

    return load(Settings(threads=2), base_files)


@pytest.fixture(scope="session")
def reference(base_files: ModelFiles) -> Recognizer:
    """The reference engine."""
    from transcribe.recognition.engines import load
    from transcribe.settings import Settings

    return load(Settings(engine="openai"), base_files)
