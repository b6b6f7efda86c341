"""What `STEM.json` records of a draft: whose recording it is, whether the draft was edited, whether the file is ours.

Reads and compares only; `transcribe.drafts.store` writes, `transcribe.drafts.currency` decides what is left to do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from audio.disk import folded, sha256_of
from audio.episode import Episode, Track
from audio.trust import LARGEST_FILE, check_regular, is_there, read_regular, read_regular_text
from output.errors import OutputError
from output.formats import file_name
from transcribe.errors import TranscriptError
from transcribe.settings import Settings
from transcribe.transcript import Transcript
from transcribe.transcript_json import is_timed_transcript

_OURS = re.compile(r'\s*\{\s*"schema"')  # how each of ours begins, which was perhaps not written to its end
_BESIDE = re.compile(
    r"(.+)\.new(?:[2-9]|[1-9]\d+)?", re.DOTALL | re.ASCII
)  # what `stems_beside` gives, and of which stem


def has_transcript(stem: str, settings: Settings) -> bool:
    """Whether this stem has a timed transcript, of whatever recording."""
    return (settings.output_folder / file_name(stem, "json")).is_file()


def belongs_to_other_recording(
    stem: str,
    path: Path | None,
    *,
    settings: Settings,
    audio_sha256: Callable[[], str],
    tracks: Sequence[Track] = (),
) -> bool:
    """Whether the files of this stem hold the transcript of another recording than the file at `path`.

    The same path with other audio is the same recording, and so is the same audio at another path. An episode of the
    same `tracks` is the same, wherever its mix is, and whatever the order and the offsets. `audio_sha256` returns the
    hash of the audio, empty if it cannot be read: then the files count as another recording's.
    """
    other = transcript_at(settings.output_folder / file_name(stem, "json"))
    if other is None or other.episode.path == from_folder(settings.output_folder, path):
        return False
    own = {(from_folder(settings.output_folder, track.path), track.stream) for track in tracks}
    if own and own == {(track.path, track.stream) for track in other.episode.tracks}:
        return False
    return path is None or audio_sha256() != other.made_with.audio_sha256


def is_edited(stem: str, settings: Settings) -> bool:
    """Whether the draft of this stem differs from what the machine wrote last, or cannot be read."""
    draft = settings.output_folder / file_name(stem, "md")
    if not draft.is_file():
        return False
    return not is_as_written(draft)


def is_as_written(draft: Path) -> bool:
    """Whether this draft is what the machine wrote last, as its timed transcript records it: nobody has edited it."""
    before = transcript_at(draft.with_name(file_name(draft.stem, "json")))
    return before is not None and hash_at(draft) == before.made_with.outputs.get(draft.name)


def is_foreign(json_path: Path) -> bool:
    """Whether the file at the name of a timed transcript is another program's: not ours, nor one of ours, damaged."""
    try:
        if not is_there(json_path):
            return False
        check_regular(json_path, inside=json_path.parent)
        text = read_regular(json_path).decode(errors="replace")
    except OSError:
        return False
    return bool(text) and not is_timed_transcript(text) and not _OURS.match(text)


def new_stem_of(
    stem: str,
    path: Path | None,
    *,
    settings: Settings,
    audio_sha256: str,
    taken: Container[str] = (),
    tracks: Sequence[Track] = (),
) -> str:
    """The stem for a new transcript of a recording whose draft was edited: `STEM.new`, `STEM.new2`, … if that belongs
    to another recording, or is `taken`, as `folded`, in this run."""
    return next(
        new_stem
        for new_stem in stems_beside(stem)
        if folded(new_stem) not in taken
        and not belongs_to_other_recording(
            new_stem, path, settings=settings, audio_sha256=lambda: audio_sha256, tracks=tracks
        )
    )


def stems_beside(stem: str) -> Iterator[str]:
    """The stems for what does not go over the files of `stem`.

    >>> from itertools import islice
    >>> list(islice(stems_beside("talk"), 3))
    ['talk.new', 'talk.new2', 'talk.new3']
    """
    yield f"{stem}.new"
    yield from (f"{stem}.new{number}" for number in count(2))


def stem_beside_which(stem: str) -> str:
    """The stem of which this one is one of `stems_beside`; empty if it is of none.

    >>> stem_beside_which("talk.new2"), stem_beside_which("talk")
    ('talk', '')
    """
    name = _BESIDE.fullmatch(stem)
    return name[1] if name else ""


def draft_beside_which(draft: Path) -> Path | None:
    """The draft beside which a run has written this one, of the same recording, unless somebody has edited this one."""
    stem = stem_beside_which(draft.stem)
    kept = draft.with_name(file_name(stem, "md"))
    if not stem or not kept.is_file() or not is_as_written(draft):
        return None
    new, old = (transcript_at(path.with_name(file_name(path.stem, "json"))) for path in (draft, kept))
    if new is None or old is None:  # a draft that has lost its timed transcript, or never had one
        return kept
    pairs = (new.episode.path, old.episode.path), (new.made_with.audio_sha256, old.made_with.audio_sha256)
    return kept if any(one and one == other for one, other in pairs) else None


def is_same_text(draft: Path, transcript: Transcript) -> bool:
    """Whether the draft can be an edit of this transcript, and not an unrelated text."""
    from output.parse import read_draft
    from transcribe.alignment.realign import realign

    try:
        texts = [turn.spoken for turn in read_draft(draft).turns]
    except OutputError:
        return False
    return realign(texts, [turn.words for turn in transcript.turns]).is_same_text


def hash_at(path: Path) -> str | None:
    """The SHA-256 of a file; None if it does not exist or cannot be read."""
    try:
        return sha256_of(path, max_bytes=LARGEST_FILE) if path.is_file() else None
    except OSError:
        return None


def from_folder(folder: Path, path: Path | None) -> Path | None:
    """The audio's path relative to the drafts' folder, links resolved, so that both can be moved together."""
    if path is None:
        return None
    audio, folder = path.resolve(), folder.resolve()
    return audio if audio.drive != folder.drive else Path(os.path.relpath(audio, folder))


def episode_from_folder(folder: Path, episode: Episode) -> Episode:
    """The episode with the paths of its files relative to the drafts' folder."""
    tracks = tuple(replace(track, path=from_folder(folder, track.path) or track.path) for track in episode.tracks)
    return replace(episode, path=from_folder(folder, episode.path), tracks=tracks)


def transcript_at(path: Path) -> Transcript | None:
    """The timed transcript at this path; None if there is none that can be read."""
    try:
        return Transcript.from_json(read_regular_text(path), source=str(path)) if path.is_file() else None
    except (OSError, UnicodeDecodeError, TranscriptError):
        return None
