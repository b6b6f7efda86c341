"""The files of a text that has its times: written beside it or in another folder, never over what is not ours.

The law: the text itself is not written. A file that somebody else wrote or changed stays, the new one is next to it,
and a message names both. A second run with the same text, recording and settings writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from audio.trust import is_readable, is_there
from output.document_parts import draft_to_keep
from output.files import WrittenFile, check_names, write_draft
from output.formats import FORMATS, file_name, write
from output.left_out import left_out, told
from transcribe.drafts.currency import Inputs, is_made_of
from transcribe.drafts.derived_files import ALIGNED
from transcribe.drafts.machine_originals import save_original
from transcribe.drafts.records import (
    belongs_to_other_recording,
    episode_from_folder,
    from_folder,
    hash_at,
    new_stem_of,
    transcript_at,
)
from transcribe.drafts.style import style_of
from transcribe.posts.text import Post
from transcribe.settings import Settings
from transcribe.style import Style
from transcribe.transcript import Transcript

_REFERENCE = Style(labels="full-name-then-name", wrap=0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a text go: the folder and the stem; `kept` is the file for whose sake it is not the text's."""

    folder: Path
    stem: str
    kept: Path | None = None

    def path(self, name: str) -> Path:
        """The file of a format."""
        return self.folder / file_name(self.stem, name)


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files of the formats, messages for the user, and all files that were written."""

    paths: tuple[Path, ...]
    messages: tuple[str, ...]
    new: tuple[Path, ...]


def place_of(post: Path, audio: Path, *, folder: Path, settings: Settings, audio_sha256: str) -> Place:
    """Where the files of a text go: under its name, unless another's timed transcript has that already."""
    here = replace(settings, output=str(folder))
    json_path = folder / file_name(post.stem, "json")
    is_others = is_there(json_path) and (transcript_at(json_path) is None or _is_same(json_path, post))
    if not is_others and not belongs_to_other_recording(
        post.stem, audio, settings=here, audio_sha256=lambda: audio_sha256
    ):
        return Place(folder, post.stem)
    stem = new_stem_of(post.stem, audio, settings=here, audio_sha256=audio_sha256)
    return Place(folder, stem, json_path)


def finished(post: Post, audio: Path, place: Place, *, settings: Settings, audio_sha256: str) -> Transcript | None:
    """The transcript, if all files are there and a new run would write the same."""
    before = transcript_at(place.path("json"))
    if before is None or before.made_with.settings.get(ALIGNED) != post.sha256:
        return None
    is_current = is_made_of(before, Inputs(audio_sha256, settings), edited=True)
    is_here = before.episode.path == from_folder(place.folder, audio)
    return (
        before if is_current and is_here and all(is_readable(place.path(name)) for name in settings.formats) else None
    )


def write_aligned(transcript: Transcript, post: Post, place: Place, *, settings: Settings) -> WrittenFiles:
    """Write the formats of the settings, those of earlier runs, and, last, the timed transcript.

    Documents keep the structure of the text; what a file has no place for is told. Raises `OutputError`.
    """
    json_path, style = place.path("json"), style_of(settings)
    before = transcript_at(json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    placed = replace(transcript, episode=episode_from_folder(place.folder, transcript.episode))
    if post.draft is not None:
        placed = replace(placed, draft=draft_to_keep(post.draft, placed, style))
    earlier = [
        name for name in FORMATS if name != "md" and is_there(place.path(name)) and place.path(name).name in recorded
    ]
    names = [name for name in dict.fromkeys((*settings.formats, *earlier)) if name != "json"]
    check_names(*(place.path(name) for name in names), json_path)
    written: dict[str, WrittenFile] = {}
    for name in names:
        path = place.path(name)
        previous = None if _is_same(path, post.path) else recorded.get(path.name)
        written[name] = write_draft(path, write(placed, name, style=style, stem=place.stem), previous_sha256=previous)
    outputs = recorded | {place.path(name).name: new.sha256 for name, new in written.items() if not new.keeps_edit}
    if before is not None and ALIGNED not in before.made_with.settings:
        save_original(before, place.path("md"))
    timed = replace(placed, made_with=replace(placed.made_with, outputs=outputs)).to_json()
    written["json"] = write_draft(json_path, timed, previous_sha256=hash_at(json_path) if before else None)
    messages = [file.message for file in written.values() if file.message]
    if post.draft is not None:
        counts = ((written[name].path, left_out(post.draft, name, kept=placed.draft)) for name in names)
        messages += [f"left out of {path}: {told(count)}" for path, count in counts if count]
    if place.kept is not None:
        messages.insert(0, f"{place.kept} was there before, and is kept; the timed transcript is {json_path}")
    paths = tuple(written[name].path for name in settings.formats)
    new = tuple(file.path for file in written.values() if file.is_new)
    return WrittenFiles(paths, tuple(messages), new)


def write_reference(transcript: Transcript, audio: Path, folder: Path) -> WrittenFile:
    """Write `NAME.ref.md`, a reference for `transcribe check` named like the recording. Raises `OutputError`."""
    content = write(transcript, "md", style=_REFERENCE, stem=audio.stem)
    return write_draft(folder / f"{audio.stem}.ref.md", content, previous_sha256=None)


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
