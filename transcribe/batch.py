"""Episodes by the dozen: plan, run one after another, report. A failure costs its own episode and sets the exit code.

Decides what is new, unchanged or edited by hand, and where results go; how an episode becomes a transcript is
`transcribe.pipeline`, how a transcript becomes files `output`.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import cast

import transcribe
from audio.disk import sha256_of
from audio.episode import Episode
from audio.errors import AudioError, SourceError
from audio.sources import episodes_from
from output.errors import OutputError
from output.files import stem_for, write_draft
from output.formats import file_name, write
from output.labels import LabelStyle
from output.markdown import Style
from transcribe.errors import TranscribeError, TranscriptError
from transcribe.pipeline import Pipeline, Progress, hash_of
from transcribe.settings import Settings
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)

_NOT_IN_A_RESULT = {"output", "formats", "device", "threads"}  # settings that do not change what is written


class State(StrEnum):
    """What became of an episode."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """One episode's outcome. `paths` are the files that hold its transcript now, in the order of the formats."""

    source: str
    state: State
    paths: tuple[Path, ...] = ()
    messages: tuple[str, ...] = ()  # warnings; of a failed episode the one error


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them."""

    results: tuple[Result, ...]

    @property
    def failed(self) -> tuple[Result, ...]:
        """The ones without a transcript, in order."""
        return tuple(result for result in self.results if result.state is State.FAILED)

    @property
    def summary(self) -> str:
        """How many of each, in words: "2 written, 1 failed"."""
        counts = [(sum(result.state is state for result in self.results), state) for state in State]
        return ", ".join(f"{count} {state}" for count, state in counts if count)

    @property
    def exit_code(self) -> int:
        """0: every episode has its transcript; 1: one has not."""
        return 1 if self.failed else 0


@dataclass(frozen=True, slots=True)
class Job:
    """An episode and the stem of its files."""

    source: str
    episode: Episode
    stem: str


def plan(sources: Iterable[str], settings: Settings) -> tuple[tuple[Job, ...], tuple[Result, ...]]:
    """The episodes `sources` name, each with a stem of its own, and a failure for every source that names none."""
    jobs: list[Job] = []
    failures: list[Result] = []
    seen: set[Path] = set()
    for source in sources:
        try:
            episodes = episodes_from(source)
        except AudioError as error:
            failures.append(Result(source, State.FAILED, messages=(str(error),)))
            continue
        for episode in episodes:
            path = (episode.path or Path(episode.title)).resolve()
            if path not in seen:
                seen.add(path)
                stem = stem_for(episode, partial(_is_taken, path=path, jobs=jobs, settings=settings))
                jobs.append(Job(str(episode.path), episode, stem))
    return tuple(jobs), tuple(failures)


def run(
    jobs: Iterable[Job], pipeline: Pipeline, *, redo: bool = False, force: bool = False, progress: Progress
) -> Iterator[Result]:
    """Transcribe each job and write its files, yielding its result as soon as they are there.

    An episode that fails, for whatever reason, yields its failure and the next one starts. `redo` transcribes what is
    current as well; `force` replaces drafts that were edited, after a backup.
    """
    for job in jobs:
        try:
            yield _one(job, pipeline, redo=redo or force, force=force, progress=progress)
        except (AudioError, TranscribeError, OutputError) as error:
            _log.debug("%s failed", job.source, exc_info=True)
            yield Result(job.source, State.FAILED, messages=(str(error),))
        except Exception as error:  # noqa: BLE001 - a defect of ours, or of what we stand on, is this episode's alone
            _log.debug("%s failed", job.source, exc_info=True)
            message = f"{job.source}: unexpected {type(error).__name__}: {error}; run it with --verbose and report it"
            yield Result(job.source, State.FAILED, messages=(message,))


def outlook(job: Job, settings: Settings) -> str:
    """What a run would do with the job, in a word or two. Raises `SourceError` where its file cannot be read."""
    return "unchanged" if is_current(job, settings, _hash(job)) else "to be transcribed"


def is_current(job: Job, settings: Settings, audio_sha256: str) -> bool:
    """Whether the job's files hold what a run under `settings` would write, or an editor's correction of it."""
    names = {name: settings.output_folder / file_name(job.stem, name) for name in settings.formats}
    before = _transcript_at(settings.output_folder / file_name(job.stem, "json"))
    return (
        before is not None
        and all(path.exists() for path in names.values())
        and before.made_with.audio_sha256 == audio_sha256
        and before.made_with.turnscript == transcribe.__version__
        and _relevant(before.made_with.settings) == _relevant(settings.as_dict())
    )


def _one(job: Job, pipeline: Pipeline, *, redo: bool, force: bool, progress: Progress) -> Result:
    settings, audio_sha256 = pipeline.settings, _hash(job)
    if not redo and is_current(job, settings, audio_sha256):
        paths = tuple(settings.output_folder / file_name(job.stem, name) for name in settings.formats)
        return Result(job.source, State.UNCHANGED, paths)
    transcript = pipeline.transcript(job.episode, audio_sha256=audio_sha256, progress=progress)
    paths, messages = write_transcript(transcript, job.stem, settings=settings, force=force)
    return Result(job.source, State.WRITTEN, paths, transcript.warnings + messages)


def write_transcript(
    transcript: Transcript, stem: str, *, settings: Settings, force: bool = False
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the formats the settings ask for; returns their paths and what the user should know.

    Where an editor has changed the draft and the machine has something new to say, all of it goes to `STEM.new.*`
    beside; where it has nothing new to say, what is there stays. The JSON comes last: it records what the machine
    wrote, so that an edit can be told from it. Raises `OutputError`.
    """
    folder = settings.output_folder
    json_path, draft = folder / file_name(stem, "json"), folder / file_name(stem, "md")
    transcript = replace(transcript, episode=replace(transcript.episode, path=_from_folder(folder, transcript)))
    files = {folder / file_name(stem, n): write(transcript, n, style=style_of(settings)) for n in settings.formats}
    before = _transcript_at(json_path)
    recorded = dict(before.made_with.outputs) if before else {}
    if draft in files and not force and _is_edited(draft, files[draft], recorded):
        if _sha256(files[draft]) == recorded.get(draft.name):
            return tuple(files), _write_missing(files)
        paths, messages = write_transcript(transcript, f"{stem}.new", settings=settings)
        return paths, (f"{draft} was edited and stays as it is; compare: diff -u {draft} {paths[0]}", *messages)
    return _write_all(files, json_path, transcript=transcript, recorded=recorded, force=force)


def _write_all(
    files: dict[Path, str | bytes], json_path: Path, *, transcript: Transcript, recorded: dict[str, str], force: bool
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    written = {
        path: write_draft(path, content, previous_sha256=recorded.get(path.name), force=force)
        for path, content in files.items()
        if path != json_path
    }
    if json_path in files:
        outputs = recorded | {path.name: new.sha256 for path, new in written.items() if not new.kept_edit}
        made_with = replace(transcript.made_with, outputs=outputs)
        content = replace(transcript, made_with=made_with).to_json()
        there = sha256_of(json_path) if json_path.is_file() else None
        written[json_path] = write_draft(json_path, content, previous_sha256=there)
    return tuple(written[path].path for path in files), tuple(new.message for new in written.values() if new.message)


def _write_missing(files: dict[Path, str | bytes]) -> tuple[str, ...]:
    """Write the files that are not there beside a draft that was edited; what they lack is said."""
    missing = [path for path in files if not path.exists()]
    for path in missing:
        write_draft(path, files[path], previous_sha256=None)
    return tuple(f"{path} holds what the machine heard, without the edits of the draft beside it" for path in missing)


def _is_edited(draft: Path, content: str | bytes, recorded: Mapping[str, str]) -> bool:
    """Whether somebody's work is at `draft`: neither what the machine wrote nor what it is about to write."""
    return draft.is_file() and sha256_of(draft) not in (recorded.get(draft.name), _sha256(content))


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _from_folder(folder: Path, transcript: Transcript) -> Path | None:
    """The audio's path as seen from the drafts' folder, so that both can be moved together."""
    path = transcript.episode.path
    if path is None or folder.drive != path.drive:
        return path
    return Path(os.path.relpath(path, folder))


def style_of(settings: Settings) -> Style:
    """How a draft looks under these settings."""
    return Style(wrap=settings.wrap, labels=cast(LabelStyle, settings.labels))


def _is_taken(stem: str, *, path: Path, jobs: list[Job], settings: Settings) -> bool:
    if any(job.stem.casefold() == stem.casefold() for job in jobs):
        return True
    other = _transcript_at(settings.output_folder / file_name(stem, "json"))
    if other is None or other.episode.path is None:
        return False
    there = (settings.output_folder / other.episode.path).resolve()
    return there != path and there.exists()


def _transcript_at(path: Path) -> Transcript | None:
    try:
        return Transcript.from_json(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError, TranscriptError):
        return None


def _relevant(settings: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in settings.items() if name not in _NOT_IN_A_RESULT}


def _hash(job: Job) -> str:
    if job.episode.path is None:
        raise SourceError(f"{job.source}: not on this machine; only files can be transcribed so far")
    return hash_of(job.episode.path)
