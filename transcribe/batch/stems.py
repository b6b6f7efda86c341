"""The stems of the files of local recordings: each its own, in a run and in the folder of the drafts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from audio.disk import folded
from audio.episode import Episode
from audio.errors import SourceError
from audio.fetching.index import Entry
from audio.fetching.library import Library
from audio.fingerprint import Fingerprint
from output.files import stem_for
from transcribe.drafts.records import belongs_to_other_recording
from transcribe.settings import Settings


class Stems:
    """The stems given in a run. Linear also where all files have one name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._used: set[str] = set()
        self._first_unused: dict[str, int] = {}  # number by name

    def prepare(self, episodes: Iterable[Episode]) -> None:
        """Read what the folder has, if one of these is a local file. Raises `FetchError`."""
        if any(episode.path for episode in episodes):
            _ = self._fetched

    def give(self, episode: Episode, path: Path) -> tuple[str, Fingerprint | None]:
        """A stem that no other episode of the run has, and no other recording in the folder: see `stem_for`.

        `path` is the recording's file. With its fingerprint, if that was needed to tell. Raises `FetchError`.
        """
        audio = _Audio(path)
        name = stem_for(episode, lambda stem: False)
        number = self._first_unused.get(folded(name), 1)
        while folded(_numbered(name, number)) in self._used:
            number += 1
        self._first_unused[folded(name)] = number
        while folded(stem := _numbered(name, number)) in self._used or self._is_taken(stem, audio):
            number += 1
        self._used.add(folded(stem))
        return stem, audio.fingerprint

    def _is_taken(self, stem: str, audio: _Audio) -> bool:
        if belongs_to_other_recording(stem, audio.path, settings=self._settings, audio_sha256=audio.sha256):
            return True
        entry = self._fetched.get(folded(stem))
        if entry is None or audio.path == (self._settings.output_folder / entry.file).resolve():
            return False
        return entry.sha256 != audio.sha256()

    @cached_property
    def _fetched(self) -> Mapping[str, Entry]:
        """The entries of fetched episodes by folded stem. Raises `FetchError` for an index that cannot be read."""
        return {folded(stem): entry for stem, entry in Library(self._settings.output_folder).entries().items()}


class _Audio:
    """A recording that is hashed only if need be, and once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fingerprint: Fingerprint | None = None

    def sha256(self) -> str:
        """The hash of the audio; empty if it cannot be read."""
        with contextlib.suppress(SourceError):
            self.fingerprint = self.fingerprint or Fingerprint.of(self.path)
        return self.fingerprint.sha256 if self.fingerprint else ""


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
