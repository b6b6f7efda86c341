"""What the page plays: the recording of a draft wherever it is now, or a copy of it that browsers play."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from audio.decoding.in_browsers import has_picture_for_browsers, plays_in_browsers
from audio.episode import Episode
from audio.errors import AudioError, SourceError
from transcribe.drafts.moved_recording import find_recording
from transcribe.drafts.playable import EarlyCopy, copy_path, early_copy, has_copy, make_copy
from transcribe.drafts.recording import recording_of
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SoundState:
    """What can be played now: `path`, or nothing, because a copy is being made (`progress`, 0 to 1) or of `problem`.

    `early`: the file at `path` may not be made yet, and this is read instead. `note` says what the editor should know
    about the file, with the next step. `picture` is the file to be played with its picture, if it has one.
    """

    path: Path | None = None
    early: EarlyCopy | None = None
    progress: float | None = None
    problem: str = ""
    note: str = ""
    picture: Path | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """A recording: its path, whether it is to be made, what tells when its files were written to, the note about it."""

    path: Path
    is_made: bool
    identity: tuple[tuple[int, ...], ...]
    note: str


def _identity(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns


class _StoppedError(Exception):
    """The session ended while a copy was made."""


class Sound:
    """The sound of the draft at a path. Thread-safe; a copy is made in a thread, one at a time."""

    def __init__(self, draft: Path) -> None:
        self._draft = draft
        self._lock = threading.Lock()
        self._source: _Source | None = None  # what `_state` is about
        self._state = SoundState()
        self._is_closed = False

    def close(self) -> None:
        """End what is being made."""
        self._is_closed = True

    def state(self, transcript: Transcript | None) -> SoundState:
        """What can be played for this transcript; looks where the recording is, and begins a copy if one is needed."""
        if transcript is None or transcript.episode.path is None:
            return SoundState(problem="" if transcript is None else "The transcript names no recording.")
        found = find_recording(self._draft, transcript)
        if found is None:
            name = transcript.episode.path.name
            return SoundState(problem=f"The recording {name} is not there, and no file beside the draft is the same.")
        with self._lock:
            tracks = [self._draft.parent / track.path for track in transcript.episode.tracks]
            identity = tuple(_identity(path) for path in (found.path, *tracks))
            source = _Source(found.path, found.is_made, identity, found.note)
            if self._source != source:
                self._source = source
                self._begin(source, transcript.episode)
            return self._state

    def copy(self, transcript: Transcript | None) -> None:
        """Make a copy of what is played: the browser refused it."""
        with self._lock:
            if transcript is not None and self._source is not None and self._state.path == self._source.path:
                self._begin(self._source, transcript.episode, is_refused=True)

    def _begin(self, source: _Source, episode: Episode, *, is_refused: bool = False) -> None:
        self._state = SoundState(progress=0.0, note=source.note)
        arguments = (source, episode, is_refused)
        threading.Thread(target=self._prepare, args=arguments, name="prepare sound", daemon=True).start()

    def _prepare(self, source: _Source, episode: Episode, is_refused: bool) -> None:
        note = source.note

        early: EarlyCopy | None = None
        picture: Path | None = None

        def report(done: float) -> None:
            if self._is_closed or self._source != source:
                raise _StoppedError
            shown = SoundState(played, early) if early else SoundState(progress=done)
            self._state = replace(shown, note=note, picture=picture)

        try:
            path = self._file(source, episode)
            picture = path if has_picture_for_browsers(path) else None
            played = path if not is_refused and plays_in_browsers(path) else copy_path(path)
            if played != path and not has_copy(path):
                early = early_copy(path, duration=episode.duration)
                report(0.0)
                make_copy(path, progress=report)
            state = SoundState(played, early, note=note, picture=picture)
        except _StoppedError:
            return
        except AudioError as error:
            state = SoundState(problem=f"The recording cannot be played. {error}.", note=note)
        except OSError as error:
            problem = f"The recording cannot be copied for the browser ({error.strerror}); free disk space."
            state = SoundState(played, early, note=problem) if early else SoundState(problem=problem, note=note)
        except Exception as error:  # noqa: BLE001 - a bug must not leave the page waiting
            _log.exception("%s: cannot be played", source.path)
            state = SoundState(problem=f"The recording cannot be played ({error!r}); report this bug.", note=note)
        with self._lock:
            if self._source == source:
                self._state = state

    def _file(self, source: _Source, episode: Episode) -> Path:
        """The file of a recording, made if it is to be. Raises `SourceError` if it cannot be made."""
        if not source.is_made:
            return source.path
        made = recording_of(self._draft, episode)
        if made.problem or made.path is None:
            raise SourceError(made.problem)
        return made.path
