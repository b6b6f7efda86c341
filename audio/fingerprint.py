"""The fingerprint of a recording: the hash of its contents, and which file had them.

With it a file is hashed once, and a replaced one is detected without reading it. Does not check that it is audio.
An episode of several tracks has one fingerprint: of all files, in their order, with the offsets stated for them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from audio.disk import sha256_of
from audio.episode import Episode
from audio.errors import SourceError


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's SHA-256, and the identity of the file when it was hashed, so that it is hashed once."""

    sha256: str
    identity: tuple[int, ...]  # device, inode, bytes, times in ns of the last write and of the last change of the inode

    @classmethod
    def of(cls, path: Path, *, sha256: str = "") -> Fingerprint:
        """The fingerprint of a file; it is hashed unless its `sha256` is known. Raises `SourceError`."""
        try:
            if path.exists() and not path.is_file():  # reading a pipe would block
                raise SourceError("is not a regular file; save the audio to a file first", about=path)
            identity = identity_of(path)  # before the hash, so that a write during it is detected
            return cls(sha256 or sha256_of(path), identity)
        except OSError as exc:
            raise SourceError(
                f"cannot be read ({exc.strerror}); check the name and its permissions", about=path
            ) from exc

    @classmethod
    def of_episode(cls, episode: Episode) -> Fingerprint:
        """The fingerprint of the episode's local file, or of its tracks. Raises `SourceError`."""
        if not episode.tracks:
            (path,) = episode.files
            return cls.of(path)
        files = {path: cls.of(path) for path in episode.files}
        rows = [[files[track.path].sha256, track.stream, track.offset] for track in episode.tracks]
        sha256 = hashlib.sha256(json.dumps(["tracks", rows]).encode()).hexdigest()
        return cls(sha256, tuple(number for each in files.values() for number in each.identity))

    def is_of(self, episode: Episode) -> bool:
        """Whether the episode's files are those that were hashed, as `is_file_at` detects it."""
        try:
            return self.identity == tuple(number for path in episode.files for number in identity_of(path))
        except OSError:
            return False

    def matches_episode(self, episode: Episode) -> bool:
        """`matches`, for all files of an episode. Raises `OSError` and `SourceError`."""
        if episode.tracks:
            return self.is_of(episode) or self.of_episode(episode).sha256 == self.sha256
        (path,) = episode.files
        return self.matches(path)

    def is_file_at(self, path: Path) -> bool:
        """Whether the file at `path` is the one that was hashed, and was not written to since.

        Detects another file in its place, and a write to it, even if the time of the last write is set back. Not
        detected: a write of the same size within one tick of the file system's clock, or after the clock was set back.
        Windows has no time of the last change, so there a write of the same size with its time set back is not either.
        """
        try:
            return self.identity == identity_of(path)
        except OSError:
            return False

    def matches(self, path: Path) -> bool:
        """Whether the contents at `path` are still those: `is_file_at`, and if not, by hash. Raises `OSError`."""
        return self.is_file_at(path) or sha256_of(path) == self.sha256


def identity_of(path: Path) -> tuple[int, ...]:
    """Which file is at `path`, as it was last written: device, inode, bytes, and times. Raises `OSError`."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
