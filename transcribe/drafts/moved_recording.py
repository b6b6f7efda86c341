"""Where the recording of a draft is now: looked for by content and by name, or given by the user."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from audio.decoding.probe import check_source, stated_length
from audio.disk import sha256_of
from audio.episode import full_clock
from audio.media import MEDIA_SUFFIXES
from audio.program import program
from transcribe.drafts.records import from_folder
from transcribe.errors import TranscriptError
from transcribe.transcript import Transcript

_MOST_FILES = 200  # of recordings beside a draft that are compared
_MOST_BYTES = 8 << 30
_LENGTHS_DIFFER = 0.01  # of the length, at least `_LEAST_DIFFERENCE`: another encoder's padding, a cut end
_LEAST_DIFFERENCE = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class FoundFile:
    """The file to listen to; `note` says that it is not where the transcript says, with the next step.

    `is_made`: it is a mix, which has gone, and `recording_of` makes it again.
    """

    path: Path
    note: str = ""
    is_made: bool = False


def find_recording(draft: Path, transcript: Transcript) -> FoundFile | None:
    """The recording: where the transcript says; else the same content, else the same name, beside the draft, in the
    folder above it, or where it was. None if there is none."""
    if transcript.episode.path is None:
        return None
    path = draft.parent / transcript.episode.path
    if path.is_file() or transcript.episode.tracks:
        return FoundFile(path.resolve(), is_made=not path.is_file())
    others, sha256 = list(_beside(draft, path)), transcript.made_with.audio_sha256
    step = f"`{program()} sync {draft.name} --audio FILE` makes that permanent"
    others.sort(key=lambda other: (other.name != path.name, other.stem != path.stem))
    room = _MOST_BYTES
    for other in others if sha256 else ():
        with contextlib.suppress(OSError):
            status = other.stat()
            room -= status.st_size
            if room >= 0 and _hash(other, status.st_size, status.st_mtime_ns) == sha256:
                return FoundFile(other, f"{path.name} was moved or renamed; it is played from {other}; {step}.")
    for other in others:
        if other.name == path.name:
            note = f"{path.name} was moved and changed: the file of this name at {other} is played; {step}."
            return FoundFile(other, note)
    return None


def _beside(draft: Path, path: Path) -> Iterator[Path]:
    """The recordings in the folders of the draft, above it, and where the recording was."""
    here = draft.parent.resolve()
    for folder in dict.fromkeys((here, path.parent.resolve(), here.parent)):
        with contextlib.suppress(OSError):
            files = (each for each in sorted(folder.iterdir()) if each.suffix.lower() in MEDIA_SUFFIXES)
            yield from [each for each, _ in zip(files, range(_MOST_FILES), strict=False) if each.is_file()]


@lru_cache(maxsize=_MOST_FILES)
def _hash(path: Path, n_bytes: int, modified_ns: int) -> str:  # the arguments are its identity
    return sha256_of(path)


def with_recording(draft: Path, transcript: Transcript, file: Path) -> Transcript:
    """The transcript with `file` as its recording, the path relative to the draft's folder.

    Raises `TranscriptError` if the file is another recording: neither the same nor as long; `SourceError` and
    `DecodeError` if it is no recording.
    """
    check_source(file)
    try:
        is_same = sha256_of(file) == transcript.made_with.audio_sha256
    except OSError as error:
        raise TranscriptError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    known, length = transcript.episode.duration, stated_length(file)
    if is_same or known is None or length is None:
        known, length = 0.0, 0.0
    if abs(length - known) > max(_LEAST_DIFFERENCE, _LENGTHS_DIFFER * known):
        raise TranscriptError(
            f"{file}: is another recording: {full_clock(length)} long, not {full_clock(known)}; nothing was changed. "
            "Give the file the transcript was made of"
        )
    episode = replace(transcript.episode, path=from_folder(draft.parent, file))
    return replace(transcript, episode=episode)
