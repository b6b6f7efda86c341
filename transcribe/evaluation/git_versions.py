"""The versions of a file in git, read from a checkout whose settings are not trusted.

A repository's own configuration can name programs that git starts: a file system monitor, hooks, filters, text
conversions, a diff, a signature check, a transport that fetches missing objects. Only commands that read commits and
blobs are used, each of these is turned off, and nothing is compared with the working tree, whose filters would run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NEWEST = 30  # versions read
LARGEST = 16_000_000  # bytes of one version, or of any other answer
_TIMEOUT = 20.0  # seconds for a call of git

_OFF = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.sshCommand": "false",
    "core.askPass": "false",
    "core.alternateRefsCommand": "false",
    "core.pager": "cat",
    "diff.external": "",
    "log.showSignature": "false",
    "gpg.program": "false",
    "log.mailmap": "false",
}
_USERS_OWN = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")


@dataclass(frozen=True, slots=True)
class Version:
    """The file as a commit has it. `content` is None if it could not be read."""

    commit: str  # the whole hash
    date: str  # of the commit, YYYY-MM-DD in UTC; "" if it has no readable one
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Versions:
    """The newest versions of a file, the oldest first, and what is missing, in sentences."""

    versions: tuple[Version, ...] = ()
    notes: tuple[str, ...] = ()


class _GitError(Exception):
    """Git cannot answer; the message says why."""


def versions_of(path: Path, *, newest: int = NEWEST) -> Versions:
    """The versions of a file along the first parents of the current commit, through renames.

    Whatever prevents that is a note: no git, no repository, no commit of the file, a shallow clone.
    """
    path = path.resolve()
    notes = []
    try:
        git = _Git(path.parent)
        if git.call("rev-parse", "--is-shallow-repository") == b"true\n":
            notes.append(
                "the clone is shallow, so older versions are missing; fetch them with: git fetch --unshallow "
                "(in GitHub's checkout action: fetch-depth: 0)"
            )
        rows = git.log(path.name, newest)
        contents = git.contents([blob for _, _, blob in rows])
    except _GitError as error:
        return Versions(notes=(f"{path}: {error}",))
    if not rows:
        notes.append(f"{path}: is not committed, so it has no earlier versions; commit it")
    rows.reverse()
    changed = [
        row for before, row in zip([("", "", ""), *rows], rows, strict=False) if row[2] != before[2]
    ]  # no renames
    versions = [Version(commit, _date(seconds), contents.get(blob)) for commit, seconds, blob in changed]
    return Versions(tuple(versions), tuple(notes))


class _Git:
    """Calls of git in a folder. Raises `_GitError`."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("git")
        if program is None or Path(program).resolve().parent == Path.cwd():  # Windows looks in this folder first
            raise _GitError("git is not installed, so there is no history; install git")
        if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
            raise _GitError("is not in a git repository, so there is no history")
        off = [part for key, value in _OFF.items() for part in ("-c", f"{key}={value}")]
        self._command = [program, *off, "--no-pager", "--literal-pathspecs", "-C", str(folder)]
        self._environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in _USERS_OWN}
        self._environ |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
        self._environ["GIT_ALLOW_PROTOCOL"] = "none"  # over any setting: nothing is fetched, not even by older versions
        if not self.call("rev-parse", "--verify", "--quiet", "HEAD", may_fail=True):
            if self.call("rev-parse", "--git-dir", may_fail=True):
                raise _GitError("its repository has no commits yet, so there is no history; commit it")
            raise _GitError(f"git refuses its repository; to see why: git -C {folder} log")

    def call(self, *arguments: str, given: bytes = b"", may_fail: bool = False) -> bytes:
        """What git prints, at most `LARGEST` bytes. Empty if it fails and `may_fail`."""
        command = [*self._command, *arguments]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environ
            )
        except OSError as exc:
            raise _GitError(f"git cannot be run ({exc.strerror}), so there is no history; reinstall git") from exc
        timer = threading.Timer(_TIMEOUT, process.kill)
        timer.start()
        with process:
            assert process.stdin
            assert process.stdout
            with contextlib.suppress(OSError):  # it ended early
                process.stdin.write(given)  # a few hashes, less than a pipe holds
                process.stdin.close()
            answer = process.stdout.read(LARGEST + 1)
            if len(answer) > LARGEST:
                process.kill()
            code = process.wait()
            timer.cancel()
        if len(answer) > LARGEST:
            raise _GitError(f"git's answer is larger than {LARGEST // 1_000_000} MB, so there is no history")
        if code and not may_fail:
            raise _GitError(f"git {arguments[0]} failed or took longer than {_TIMEOUT:g} s, so there is no history")
        return b"" if code else answer

    def log(self, name: str, newest: int) -> list[tuple[str, str, str]]:
        """Commit, its time in seconds, and the blob of the file, the newest first; a deletion is no version."""
        answer = self.call(
            *("log", "--follow", "--first-parent", "-m", "--raw", "--no-abbrev", "-z", "--format=%x01%H %ct"),
            *(f"--max-count={newest}", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-color"),
            *("--diff-filter=d", "--no-notes", "--ignore-submodules=all", "--", name),
        )
        rows = []
        for record in answer.split(b"\x01")[1:]:
            head, _, rest = record.partition(b"\0")
            fields = rest.lstrip(b"\n").split(b"\0")[0].split()  # :100644 100644 OLD NEW M
            commit, _, seconds = head.decode("ascii", "replace").strip().partition(" ")
            if len(fields) == 5 and commit:
                rows.append((commit, seconds, fields[3].decode("ascii", "replace")))
        return rows

    def contents(self, blobs: Sequence[str]) -> dict[str, bytes]:
        """The blobs that can be read and are not too large."""
        if not blobs:
            return {}
        sizes = self.call("cat-file", "--batch-check", given="".join(f"{blob}\n" for blob in blobs).encode())
        found = (line.split() for line in sizes.decode("ascii", "replace").splitlines())
        readable = {row[0] for row in found if len(row) == 3 and row[1] == "blob" and int(row[2]) <= LARGEST}
        return {blob: self.call("cat-file", "blob", blob) for blob in blobs if blob in readable}


def _date(seconds: str) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
