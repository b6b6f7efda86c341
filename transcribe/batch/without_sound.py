"""Episodes of a run that are transcribed, and whose audio was deleted: they are not fetched again without need."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from dataclasses import replace

from audio.episode import Episode
from audio.fetching.library import Library
from transcribe.batch.mode import Mode
from transcribe.batch.planning import Job
from transcribe.batch.report import Result, State, Tally
from transcribe.drafts.without_sound import Soundless
from transcribe.errors import TranscribeError
from transcribe.settings import Settings
from transcribe.transcript_warnings import losses

_log = logging.getLogger(__name__)


def without_sound(episodes: Iterable[Episode], settings: Settings, mode: Mode) -> tuple[list[Job], list[Episode]]:
    """The jobs that need no sound, and the episodes to be fetched: new ones, and those that need it again, as is told.

    Raises `FetchError`.
    """
    listed = list(episodes)
    library = Library(settings.output_folder)
    jobs: list[Job] = []
    remote: list[Episode] = []
    for episode, entry in zip(listed, library.entries_of(listed), strict=True):
        found = None if entry is None or library.is_fetched(entry) else Soundless.of(entry.stem, settings)
        if found is None or mode.ignore_cache or mode.force:
            remote.append(episode)
        elif found.changed:
            names = ", ".join(found.changed)
            _log.warning("%s: its audio was deleted, and is fetched again because of: %s", episode.title, names)
            remote.append(episode)
        else:
            jobs.append(Job(episode.title, episode, found.stem, soundless=found))
    if jobs:
        library.claim_all([job.episode for job in jobs])  # so that they are known by their present addresses
    return jobs, remote


def written_without_sound(job: Job, settings: Settings, *, taken: Container[str]) -> Result:
    """The result of a job that needs no sound."""
    assert job.soundless is not None
    try:
        written = job.soundless.write(settings, taken=taken)
    except TranscribeError as error:
        return Result(job.source, State.FAILED, error=str(error), stem=job.soundless.stem, stage="write")
    tally = Tally.of(job.soundless.transcript)
    state = State.WRITTEN if written.changes.written else State.UNCHANGED
    told = (*(lost.message for lost in losses(job.soundless.transcript.warnings)), *written.messages)
    result = Result(job.source, state, written.paths, told, tally, stem=job.soundless.stem)
    return replace(result, kept=written.kept, changes=written.changes)
