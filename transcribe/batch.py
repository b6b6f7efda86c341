"""Episodes by the dozen: plan, run one after another, report. A failure costs its own episode and sets the exit code.

How an episode becomes a transcript is `transcribe.pipeline`'s business, how a transcript becomes files that of
`transcribe.results`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from audio.episode import Episode
from audio.errors import AudioError
from audio.fetch import Failed, fetch_all
from audio.fetch import Progress as FetchProgress
from audio.http import Client
from audio.library import Library, key_of
from audio.selection import Selection
from audio.sources import episodes_from
from output.errors import OutputError
from output.files import stem_for
from output.formats import file_name
from transcribe.errors import TranscribeError
from transcribe.pipeline import Pipeline, hash_of
from transcribe.recording import Progress
from transcribe.results import is_anothers, is_current, is_edited, write_transcript
from transcribe.settings import Settings

_log = logging.getLogger(__name__)


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
    """An episode, and the stem of its files where it is on this machine; one to be fetched gets its own then."""

    source: str
    episode: Episode
    stem: str | None


def plan(
    sources: Iterable[str], settings: Settings, *, client: Client | None = None
) -> tuple[tuple[Job, ...], tuple[Result, ...]]:
    """The episodes `sources` name, each once, and a failure for every source that names none.

    Of a feed's or a page's episodes only those the settings select. The network is asked only for sources that need it.
    """
    jobs: list[Job] = []
    failures: list[Result] = []
    seen: set[object] = set()
    for source in sources:
        try:
            episodes = episodes_from(source, client=client)
        except AudioError as error:
            failures.append(Result(source, State.FAILED, messages=(str(error),)))
            continue
        chosen = selected(episodes, settings)
        if not chosen:
            none = f"{source}: none of its {len(episodes)} episodes is meant by --since, --match or --episode"
            failures.append(Result(source, State.FAILED, messages=(none,)))
        for episode in chosen:
            identity = episode.audio_url if episode.path is None else episode.path.resolve()
            if identity not in seen:
                seen.add(identity)
                jobs.append(_job(episode, jobs, settings))
    return tuple(jobs), tuple(failures)


@dataclass(frozen=True, slots=True)
class Mode:
    """How a run goes about it. `redo` transcribes what is current as well; `force` replaces drafts that were edited,
    after a backup."""

    redo: bool = False
    force: bool = False


def run(
    jobs: Iterable[Job],
    pipeline: Pipeline,
    *,
    mode: Mode = Mode(),
    client: Client | None = None,
    progress: Progress = lambda stage, fraction: None,
    fetching: FetchProgress | None = None,
) -> Iterator[Result]:
    """Fetch what is not here, transcribe each job and write its files, yielding its result as soon as they are there.

    An episode that fails, for whatever reason, yields its failure and the next one starts. Downloads go on while
    earlier episodes are transcribed; `fetching` is told of them.
    """
    jobs = tuple(jobs)
    for job in (job for job in jobs if job.episode.path is not None):
        yield _guarded(job, pipeline, mode=mode, progress=progress)
    remote = [job.episode for job in jobs if job.episode.path is None]
    if not remote:
        return
    with contextlib.nullcontext(client) if client else Client() as used:
        for outcome in fetch_all(remote, pipeline.settings.output_folder, client=used, progress=fetching):
            if isinstance(outcome, Failed):
                yield Result(outcome.episode.title, State.FAILED, messages=(str(outcome.error),))
            elif outcome.episode.path is not None:
                job = Job(outcome.episode.title, outcome.episode, outcome.episode.path.stem)
                yield _guarded(job, pipeline, mode=mode, progress=progress)


def selected(episodes: tuple[Episode, ...], settings: Settings) -> tuple[Episode, ...]:
    """What the user typed as files is meant; of what a feed or a page lists, what the settings select."""
    if not any(episode.audio_url for episode in episodes):
        return episodes
    selection = Selection(
        latest=settings.latest or None,
        since=date.fromisoformat(settings.since) if settings.since else None,
        match=settings.match or None,
        episode=settings.episode or None,
    )
    return selection.of(episodes)


def outlook(job: Job, settings: Settings, *, mode: Mode = Mode()) -> str:
    """What a run would do with the job, in a few words. Raises `SourceError` where its file cannot be read."""
    if job.episode.path is None:
        (state,) = states([job.episode], settings)
        return {"new": "to be fetched and transcribed", "fetched": "to be transcribed"}.get(state, "transcribed before")
    assert job.stem is not None
    audio_sha256 = hash_of(job.episode.path)
    current = is_current(job.stem, job.episode, settings=settings, audio_sha256=audio_sha256)
    if current and not (mode.redo or mode.force):
        return "unchanged"
    if not is_edited(job.stem, settings):
        return "to be transcribed"
    if mode.force:
        return "to be transcribed; the draft that was edited is replaced, after a backup"
    return "to be transcribed; the draft that was edited stays, what is new goes beside it"


def states(episodes: Sequence[Episode], settings: Settings) -> list[str]:
    """How far each episode has come in the settings' folder: new, fetched or transcribed."""
    library = Library(settings.output_folder)
    entries = library.entries()
    found: list[str] = []
    jobs: list[Job] = []
    for episode, state in zip(episodes, library.states(episodes), strict=True):
        entry = entries.get(key_of(episode))
        jobs.append(_job(episode, jobs, settings))
        stem = entry.stem if entry else jobs[-1].stem
        timed = None if stem is None else settings.output_folder / file_name(stem, "json")
        found.append("transcribed" if timed is not None and timed.is_file() else str(state))
    return found


def _guarded(job: Job, pipeline: Pipeline, *, mode: Mode, progress: Progress) -> Result:
    try:
        return _one(job, pipeline, mode=mode, progress=progress)
    except (AudioError, TranscribeError, OutputError) as error:
        _log.debug("%s failed", job.source, exc_info=True)
        return Result(job.source, State.FAILED, messages=(str(error),))
    except Exception as error:  # noqa: BLE001 - a defect of ours, or of what we stand on, is this episode's alone
        _log.debug("%s failed", job.source, exc_info=True)
        message = f"{job.source}: unexpected {type(error).__name__}: {error}; run it with --verbose and report it"
        return Result(job.source, State.FAILED, messages=(message,))


def _one(job: Job, pipeline: Pipeline, *, mode: Mode, progress: Progress) -> Result:
    settings = pipeline.settings
    assert job.episode.path is not None
    assert job.stem is not None
    audio_sha256 = hash_of(job.episode.path)
    if not (mode.redo or mode.force) and is_current(
        job.stem, job.episode, settings=settings, audio_sha256=audio_sha256
    ):
        paths = tuple(settings.output_folder / file_name(job.stem, name) for name in settings.formats)
        return Result(job.source, State.UNCHANGED, paths)
    transcript = pipeline.transcript(job.episode, audio_sha256=audio_sha256, progress=progress)
    paths, messages = write_transcript(transcript, job.stem, settings=settings, force=mode.force)
    return Result(job.source, State.WRITTEN, paths, transcript.warnings + messages)


def _job(episode: Episode, jobs: list[Job], settings: Settings) -> Job:
    if episode.path is None:
        return Job(episode.title, episode, None)
    path, used = episode.path.resolve(), {job.stem.casefold() for job in jobs if job.stem}
    stem = stem_for(episode, lambda stem: stem.casefold() in used or is_anothers(stem, path, settings=settings))
    return Job(str(episode.path), episode, stem)
