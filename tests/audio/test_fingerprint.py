"""Whether a file is still the one that was hashed."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from audio.errors import SourceError
from audio.fingerprint import Fingerprint


def test_a_fingerprint_notices_another_file_and_a_write_and_forgives_a_touch(tmp_path: Path) -> None:
    path, other = tmp_path / "a.wav", tmp_path / "b.wav"
    path.write_bytes(b"one sound")
    fingerprint = Fingerprint.of(path)
    assert fingerprint.sha256 == hashlib.sha256(b"one sound").hexdigest()
    assert fingerprint.is_file_at(path)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert not fingerprint.is_file_at(path)
    assert fingerprint.matches(path), "the contents are the same"
    other.write_bytes(b"new sound")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a copy that keeps times does
    other.replace(path)
    assert not fingerprint.matches(path)
    path.write_bytes(b"one sound")
    again = Fingerprint.of(path)
    path.write_bytes(b"old sound, and longer")
    assert not again.matches(path)
    path.unlink()
    with pytest.raises(OSError, match=r"a\.wav"):
        fingerprint.matches(path)
    with pytest.raises(SourceError, match=r"a\.wav: cannot be read"):
        Fingerprint.of(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of the last change")
def test_a_write_of_the_same_size_with_the_time_restored_is_detected(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"one sound")
    fingerprint, status = Fingerprint.of(path), path.stat()
    time.sleep(0.05)  # more than a tick of the file system's clock
    path.write_bytes(b"new sound")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not fingerprint.is_file_at(path)
    assert not fingerprint.matches(path)
