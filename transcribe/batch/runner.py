"""Run a batch: fetch the episodes, transcribe several at a time, write the files of each as soon as it is done.

A failure costs its own episode. The tasks run on a `WorkerPool` (an `Executor`): processes of this machine or of a
cluster. Output files are written here and nowhere else. `transcribe.batch.planning` selects the episodes,
`transcribe.drafts.store` makes files of a transcript.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from audio.decoding.probe import printable, stated_length
from audio.disk import folded
from audio.episode import Seconds
from audio.fetching.fetch import Failed, fetch_all
from audio.net.http import Client
from output.errors import OutputError
from output.formats import file_name, load_writers
from transcribe.batch.mode import Mode
from transcribe.batch.planning import Job
from transcribe.batch.report import NullListener, Result, RunListener, State, Tally, failed_result, names_of
from transcribe.batch.without_sound import without_sound, written_without_sound
from transcribe.drafts.currency import Inputs, settled
from transcribe.drafts.kept_draft import misfit_of, not_done
from transcribe.drafts.records import is_edited
from transcribe.drafts.store import write_transcript
from transcribe.pipeline.checkpoints import note_source
from transcribe.pipeline.stages import StagesMaker
from transcribe.settings import Settings
from transcribe.speakers.name_certainty import seen_to
from transcribe.speakers.voiceprints import Voiceprint
from transcribe.transcript_warnings import WarningCode, losses
from transcribe.workers.local import WorkerPool
from transcribe.workers.task import Failure, Outcome, Part, Task, failure_of, reason_of, work, worker_failure
from transcribe.workers.task_splitting import Split, is_long

_log = logging.getLogger(__name__)

_POLL = 0.1  # seconds between checks whether to stop
_MIN_PROBED = 1_000_000  # bytes; reading the length of a smaller file costs more than it helps
_MAX_TRIES = 2  # of a task whose worker dies
_INTERRUPTED = "the run ended before its transcript was written; run the same command again to continue"
_ALL_DOWNLOADS = "fetching"  # the source in the result of an error that ends all downloads


@dataclass(frozen=True, slots=True)
class Setup:
    """What all episodes of a run share. `settings.threads` is the number for one task."""

    settings: Settings
    stages: StagesMaker
    cache: Path  # the folder of checkpoints
    voices: tuple[Voiceprint, ...] = ()
    mode: Mode = field(default_factory=Mode)


@dataclass(slots=True)
class _ActiveEpisode:
    """An episode in progress: its task, and the state of the work on it."""

    number: int
    job: Job
    task: Task
    length: Seconds | None  # as its file states it
    is_started: bool = False
    tries: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    split: Split | None = None


def run(
    jobs: Iterable[Job],
    setup: Setup,
    *,
    pool: WorkerPool,
    client: Client | None = None,
    listener: RunListener | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Result]:
    """Fetch remote episodes, transcribe each job and write its files; yield its result as soon as they are written.

    `pool.size` episodes run at a time, while downloads continue. An episode that fails, for whatever reason, yields its
    failure and the others continue; one whose worker dies is tried once more. Once `stop` is set nothing new starts,
    running tasks are dropped, and the iterator ends. Raises `OutputError` for an unknown format, before any work.
    """
    for name in setup.settings.formats:
        file_name("", name)
    listener, stop = listener or NullListener(), stop or threading.Event()
    return _Run(tuple(jobs), setup, pool, listener=listener, stop=stop).results(client)


class _Run:
    """The state of a run: jobs to prepare, tasks that are ready for a worker, tasks that run on one."""

    def __init__(
        self, jobs: tuple[Job, ...], setup: Setup, pool: WorkerPool, *, listener: RunListener, stop: threading.Event
    ) -> None:
        self._setup, self._worker_pool, self._listener, self._stop = setup, pool, listener, stop
        self._stems = {folded(job.stem) for job in jobs if job.stem}
        self._waiting = deque(job for job in jobs if job.episode.path is not None)
        self._remote = [job.episode for job in jobs if job.episode.path is None]
        self._is_fetching = bool(self._remote)
        self._ready: deque[tuple[_ActiveEpisode, Task]] = deque()
        self._running: dict[Future[Outcome], tuple[_ActiveEpisode, Task]] = {}
        self._events: queue.SimpleQueue[Future[Outcome] | Job | Result | None] = queue.SimpleQueue()
        self._count = 0
        self._open: dict[int, _ActiveEpisode] = {}  # started, and without a result

    def results(self, client: Client | None) -> Iterator[Result]:
        """See `run`."""
        with contextlib.ExitStack() as stack:
            if self._remote:
                used = client or stack.enter_context(Client())
                fetcher = threading.Thread(target=self._fetch, args=(used,), daemon=True, name="fetch")
                fetcher.start()
            try:
                yield from self._loop()
            finally:
                for number, active in self._open.items():  # what has started ends, however the run does
                    source, stem = active.job.source, active.job.stem or ""
                    self._listener.ended(number, Result(source, State.INTERRUPTED, error=_INTERRUPTED, stem=stem))
                if self._running or self._is_fetching:
                    self._stop.set()
                    self._worker_pool.abandon()

    def _loop(self) -> Iterator[Result]:
        while not self._stop.is_set() and (self._waiting or self._ready or self._running or self._is_fetching):
            self._submit()
            ahead = len(self._ready) < max(1, self._worker_pool.size - len(self._running))
            if self._waiting and ahead:
                if result := self._prepare(self._waiting.popleft()):
                    yield result
                block = False
            else:
                block = True
            yield from self._handle_event(block=block)

    def _submit(self) -> None:
        while self._ready and len(self._running) < self._worker_pool.size:
            active, task = self._ready.popleft()
            if not active.is_started:
                active.is_started = True
                self._open[active.number] = active
                self._listener.started(active.number, active.job.source, active.length)
            future = self._worker_pool.executor.submit(work, task, self._worker_pool.on_progress)
            self._running[future] = active, task
            future.add_done_callback(self._events.put)
            load_writers(("md", *self._setup.settings.formats))  # while the worker has work

    def _handle_event(self, *, block: bool) -> Iterator[Result]:
        """Handle the next event, if there is one; with `block`, wait for it for a moment."""
        try:
            event = self._events.get(block, _POLL)
        except queue.Empty:
            return
        if isinstance(event, Result):
            self._listener.ended(None, event)
            yield event
        elif isinstance(event, Job):
            self._waiting.append(event)
            self._stems.add(folded(event.stem or ""))
        elif event is None:
            self._is_fetching = False
        else:
            result = self._on_done(event, *self._running.pop(event))
            if result is not None:
                yield result

    def _fetch(self, client: Client) -> None:
        """Runs in its own thread: each fetched episode becomes a job."""
        folder, progress, stems = self._setup.settings.output_folder, self._listener.fetching, tuple(self._stems)
        try:
            soundless, remote = without_sound(self._remote, self._setup.settings, self._setup.mode)
            for job in soundless:
                self._events.put(job)
            for outcome in fetch_all(remote, folder, client=client, progress=progress, reserved=stems):
                title = outcome.episode.title
                if isinstance(outcome, Failed):
                    self._events.put(failed_result(title, failure_of(outcome.error, "fetch")))
                elif outcome.episode.path is not None:
                    self._events.put(Job(title, outcome.episode, outcome.episode.path.stem, outcome.fingerprint))
                if self._stop.is_set():
                    return
        except Exception as error:  # noqa: BLE001 - any error: local episodes must not wait indefinitely
            self._events.put(failed_result(_ALL_DOWNLOADS, failure_of(error, "fetch")))
        finally:
            self._events.put(None)

    def _prepare(self, job: Job) -> Result | None:
        """Queue the job's task; return a result instead if there is nothing to do, or the file cannot be read."""
        self._count += 1
        number, files, settings, mode = self._count, job.episode.files, self._setup.settings, self._setup.mode
        if job.soundless is not None:
            return self._ended(number, written_without_sound(job, settings, taken=self._stems))
        try:
            fingerprint = job.current_fingerprint()
            if not (mode.ignore_cache or mode.force) and (result := self._unchanged(job, fingerprint.sha256)):
                return self._ended(number, result)
            probed = [path for path in files if path.stat().st_size >= _MIN_PROBED]
            seconds = max((length for path in probed if (length := stated_length(path))), default=None)
        except Exception as error:  # noqa: BLE001 - a defect costs this episode alone
            return self._ended(number, self._failed_job(job, failure_of(error, "read")))
        cache, stages, voices = self._setup.cache, self._setup.stages, self._setup.voices
        task = Task(number, job.episode, fingerprint, settings, cache, stages, voices, ignore_cache=mode.ignore_cache)
        active = _ActiveEpisode(number, job, task, seconds)
        is_last = not (self._waiting or self._ready or self._is_fetching)
        if is_last and is_long(seconds) and self._worker_pool.size - len(self._running) > 1:
            active.split = Split(task, self._worker_pool.size)
            task = active.split.first
        elif is_last and self._worker_pool.last_threads:
            task = replace(task, settings=replace(settings, threads=self._worker_pool.last_threads))
        self._ready.append((active, task))
        return None

    def _unchanged(self, job: Job, audio_sha256: str) -> Result | None:
        """The result if the files are up to date, else None."""
        inputs = Inputs(audio_sha256, self._setup.settings, self._setup.voices, job.episode.tracks)
        found = settled(job.stem or "", job.episode.path, inputs=inputs, taken=self._stems)
        if found is None or (job.episode.tracks and not (job.episode.path and job.episode.path.is_file())):
            return None
        draft = inputs.settings.output_folder / file_name(found.stem, "md")
        told: tuple[str, ...] = ()
        if is_edited(found.stem, inputs.settings):
            misfit = misfit_of(draft, found.transcript)
            told = (misfit,) if misfit else not_done(draft, found.transcript, inputs.record)
        lost = losses(found.transcript.warnings)
        return Result(
            job.source,
            State.UNCHANGED,
            found.paths,
            warnings=(*(warning.message for warning in lost), *told),
            tally=Tally.of(found.transcript),
            stem=job.stem or "",
            with_source=frozenset(warning.message for warning in lost if warning.code is WarningCode.AUDIO),
        )

    def _on_done(self, future: Future[Outcome], active: _ActiveEpisode, task: Task) -> Result | None:
        """Handle a task that is done: the episode's result, or None if more of it remains."""
        try:
            outcome = future.result()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the executor's error for a worker that died
            active.tries += 1
            if active.tries < _MAX_TRIES:
                _log.warning("%s: its worker died (%s); trying once more", active.job.source, reason_of(error))
                self._ready.appendleft((active, task))
                return None
            outcome = Outcome(failure=worker_failure(error, task))
        for stage, seconds in outcome.seconds.items():
            active.seconds[stage] = active.seconds.get(stage, 0.0) + seconds
        if active.split is not None and task.part is not Part.ALL:
            self._ready.extend((active, each) for each in active.split.after(task, outcome))
            return None
        if outcome.transcript is None:
            failure = outcome.failure or Failure("the worker returned nothing; run again", "", "")
            return self._ended(active.number, self._failed_job(active.job, failure, seconds=active.seconds))
        return self._ended(active.number, self._write(active, outcome).with_mix(outcome.mix))

    def _write(self, active: _ActiveEpisode, outcome: Outcome) -> Result:
        settings, job, transcript = self._setup.settings, active.job, outcome.transcript
        assert transcript is not None
        assert job.stem is not None
        read_path, path = transcript.episode.path, job.episode.path  # a worker of a cluster may have read another one
        transcript = replace(transcript, episode=replace(transcript.episode, path=path))
        if path is not None:
            note_source(self._setup.cache, active.task.fingerprint.sha256, path)
        try:
            force, taken = self._setup.mode.force, self._stems
            new = write_transcript(transcript, job.stem, settings=settings, force=force, taken=taken)
        except OutputError as error:
            return self._failed_job(job, Failure(str(error), "write", ""), seconds=active.seconds)
        except Exception as error:  # noqa: BLE001 - a defect costs this episode alone
            return self._failed_job(job, failure_of(error, "write"), seconds=active.seconds)
        open_ = seen_to(transcript.warnings) if new.kept else transcript.warnings
        warnings = (*(warning.message for warning in open_), *new.messages)
        # Warnings about the audio name it; those about tracks, each its own.
        is_named = bool(job.episode.tracks) or (read_path is not None and printable(read_path) in names_of(job.source))
        with_source = frozenset(
            warning.message for warning in transcript.warnings if is_named and warning.code is WarningCode.AUDIO
        )
        speakers = new.speakers if new.kept else transcript.speakers
        tally, named = Tally.of(transcript), tuple(f"{who.name} ({who.evidence})" for who in speakers)
        state = State.WRITTEN if new.changes.written else State.UNCHANGED
        result = Result(job.source, state, new.paths, warnings, tally, active.seconds, stem=job.stem, named=named)
        return replace(result, with_source=with_source, kept=new.kept, changes=new.changes)

    def _failed_job(self, job: Job, failure: Failure, *, seconds: dict[str, float] | None = None) -> Result:
        return failed_result(job.source, failure, stem=job.stem or "", seconds=seconds)

    def _ended(self, number: int, result: Result) -> Result:
        self._open.pop(number, None)
        self._listener.ended(number, result)
        return result
