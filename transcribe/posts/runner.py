"""Align texts with their recordings, several at a time, and write the files of each as soon as it is done.

A failure costs its own text. The tasks run on a `WorkerPool`, as those of `transcribe run`; files are written here.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path

from audio.decoding.probe import check_source, stated_length
from audio.disk import folded
from audio.episode import Episode
from audio.fingerprint import Fingerprint
from transcribe.batch.report import NullListener, Result, RunListener, State, Tally, failed_result
from transcribe.drafts.changes import Changes
from transcribe.errors import TranscriptError
from transcribe.pipeline.checkpoints import note_source
from transcribe.pipeline.stages import StagesMaker
from transcribe.posts.files import Place, finished, place_of, write_aligned, write_reference
from transcribe.posts.pairs import Pair, failed
from transcribe.posts.task import Aligned, AlignTask, align
from transcribe.posts.text import Post, read_post
from transcribe.settings import Settings
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, losses
from transcribe.workers.local import WorkerPool
from transcribe.workers.task import failure_of, reason_of

_log = logging.getLogger(__name__)

_POLL = 0.1  # seconds between checks whether to stop
_MAX_TRIES = 2  # of a task whose worker dies
_SHOWN = 12  # passages that only text or recording has
_PASSAGES = (WarningCode.TEXT_NOT_SPOKEN, WarningCode.SPEECH_NOT_WRITTEN)
_INTERRUPTED = "the run ended before its transcript was written; run the same command again to continue"


@dataclass(frozen=True, slots=True)
class AlignSetup:
    """What all texts of a run share. `output` is the folder for the results; None: beside each text."""

    settings: Settings  # `threads` is the number for one task
    stages: StagesMaker
    cache: Path
    output: Path | None = None
    reference: Path | None = None  # the folder for references
    ignore_cache: bool = False

    def folder_of(self, pair: Pair) -> Path:
        """Where the files of a text go."""
        return pair.post.parent if self.output is None else self.output


@dataclass(slots=True)
class _Active:
    """A text in progress."""

    pair: Pair
    task: AlignTask
    place: Place
    tries: int = 0


def align_all(
    pairs: Iterable[Pair],
    setup: AlignSetup,
    *,
    pool: WorkerPool,
    listener: RunListener | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Result]:
    """Align each text and write its files; yield its result as soon as they are written. Texts that are done and have
    not changed are passed over. Once `stop` is set nothing new starts, and running tasks are dropped."""
    return _Run(setup, pool, listener or NullListener(), stop or threading.Event()).results(pairs)


def planned(pairs: Iterable[Pair], setup: AlignSetup) -> Iterator[str | Result]:
    """A line for each pair: what would be done; instead the failure of one that cannot be read."""
    for pair in pairs:
        try:
            what = "to be aligned" if _due(pair, setup).done is None else "unchanged"
        except Exception as error:  # noqa: BLE001 - a defect costs this text alone
            yield failed(pair.post, error, "read")
        else:
            yield f"{pair.post}: {pair.audio}: {what}"


@dataclass(frozen=True, slots=True)
class _Due:
    """A pair as it was read: the text, the hash of its recording, the place of its files; `done` if nothing is left."""

    post: Post
    fingerprint: Fingerprint
    place: Place
    done: Transcript | None


def _due(pair: Pair, setup: AlignSetup) -> _Due:
    """Raises `TranscriptError`, `SourceError` and `DecodeError`."""
    post = read_post(pair.post)
    check_source(pair.audio)
    fingerprint, settings = Fingerprint.of(pair.audio), setup.settings
    folder, sha256 = setup.folder_of(pair), fingerprint.sha256
    place = place_of(pair.post, pair.audio, folder=folder, settings=settings, audio_sha256=sha256)
    done = finished(post, pair.audio, place, settings=settings, audio_sha256=sha256)
    return _Due(post, fingerprint, place, None if setup.ignore_cache else done)


@dataclass(frozen=True, slots=True)
class _Reference:
    """The reference written now, and messages about it; nothing if none is asked for."""

    new: tuple[Path, ...] = ()
    messages: tuple[str, ...] = ()


class _Run:
    def __init__(self, setup: AlignSetup, pool: WorkerPool, listener: RunListener, stop: threading.Event) -> None:
        self._setup, self._pool, self._listener, self._stop = setup, pool, listener, stop
        self._running: dict[Future[Aligned], _Active] = {}
        self._taken: dict[tuple[Path, str], Path] = {}  # folder and stem → the text that has them

    def results(self, pairs: Iterable[Pair]) -> Iterator[Result]:
        """See `align_all`."""
        waiting = deque(enumerate(pairs, 1))
        try:
            while (waiting or self._running) and not self._stop.is_set():
                while waiting and len(self._running) < self._pool.size:
                    if result := self._begin(*waiting.popleft()):
                        yield result
                done, _ = wait(self._running, timeout=_POLL, return_when=FIRST_COMPLETED)
                for future in done:
                    if result := self._on_done(future, self._running.pop(future)):
                        yield result
        finally:
            for active in self._running.values():  # what has started ends, however the run does
                result = Result(str(active.pair.post), State.INTERRUPTED, error=_INTERRUPTED, stem=active.place.stem)
                self._listener.ended(active.task.number, result)
            if self._running:
                self._pool.abandon()

    def _begin(self, number: int, pair: Pair) -> Result | None:
        """Submit the task of a pair; its result instead if there is nothing to do, or a file cannot be read."""
        setup = self._setup
        try:
            self._check_free(pair)
            due = _due(pair, setup)
            if due.done is not None:
                return self._ended(number, self._unchanged(pair, due.place, due.done))
            task = AlignTask(
                number,
                due.post,
                Episode.of_file(pair.audio),
                due.fingerprint,
                settings=setup.settings,
                cache=setup.cache,
                stages=setup.stages,
                ignore_cache=setup.ignore_cache,
            )
            length = stated_length(pair.audio)
        except Exception as error:  # noqa: BLE001 - a defect costs this text alone
            return self._ended(number, failed(pair.post, error, "read"))
        self._listener.started(number, str(pair.post), length)
        self._submit(_Active(pair, task, due.place))
        return None

    def _submit(self, active: _Active) -> None:
        self._running[self._pool.executor.submit(align, active.task, self._pool.on_progress)] = active

    def _check_free(self, pair: Pair) -> None:
        names = self._setup.folder_of(pair).resolve(), folded(pair.post.stem)
        if (other := self._taken.setdefault(names, pair.post)) != pair.post:
            raise TranscriptError(
                f"{pair.post}: its files would have the names of those of {other}; rename one of the two"
            )

    def _on_done(self, future: Future[Aligned], active: _Active) -> Result | None:
        source, stem = str(active.pair.post), active.place.stem
        try:
            outcome = future.result()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the executor's error for a worker that died
            active.tries += 1
            if active.tries < _MAX_TRIES:
                _log.warning("%s: its worker died (%s); trying once more", source, reason_of(error))
                self._submit(active)
                return None
            outcome = Aligned(failure=failure_of(RuntimeError(reason_of(error)), "align"))
        if outcome.transcript is None:
            failure = outcome.failure or failure_of(RuntimeError("the worker returned nothing"), "align")
            result = failed_result(source, failure, stem=stem, seconds=outcome.seconds)
        else:
            result = self._written(active, outcome.transcript, outcome.seconds)
        return self._ended(active.task.number, result)

    def _written(self, active: _Active, transcript: Transcript, seconds: dict[str, float]) -> Result:
        setup, pair, source = self._setup, active.pair, str(active.pair.post)
        note_source(setup.cache, active.task.fingerprint.sha256, pair.audio)
        try:
            files = write_aligned(transcript, active.task.post, active.place, settings=setup.settings)
            reference = self._reference(pair, transcript)
        except Exception as error:  # noqa: BLE001 - a defect costs this text alone
            return failed(pair.post, error, "write", seconds=seconds)
        told = (*_told(transcript.warnings), *files.messages, *reference.messages)
        changes = Changes((*files.new, *reference.new))
        state = State.WRITTEN if changes.written else State.UNCHANGED
        result = Result(source, state, files.paths, told, Tally.of(transcript), seconds, stem=active.place.stem)
        return replace(result, changes=changes)

    def _unchanged(self, pair: Pair, place: Place, done: Transcript) -> Result:
        paths = tuple(place.path(name) for name in self._setup.settings.formats)
        reference = self._reference(pair, done)
        state = State.WRITTEN if reference.new else State.UNCHANGED
        tally, told = Tally.of(done), (*_told(losses(done.warnings)), *reference.messages)
        result = Result(str(pair.post), state, paths, told, tally, stem=place.stem)
        return replace(result, changes=Changes(reference.new))

    def _reference(self, pair: Pair, transcript: Transcript) -> _Reference:
        if self._setup.reference is None:
            return _Reference()
        file = write_reference(transcript, pair.audio, self._setup.reference)
        return _Reference((file.path,) if file.is_new else (), (file.message,) if file.message else ())

    def _ended(self, number: int, result: Result) -> Result:
        self._listener.ended(number, result)
        return result


def _told(warnings: Sequence[TranscriptWarning]) -> Iterator[str]:
    """The warnings for the user; of passages that only text or recording has, the first."""
    passages = [warning for warning in warnings if warning.code in _PASSAGES]
    rest = {id(warning) for warning in passages[_SHOWN:]}
    yield from (warning.message for warning in warnings if id(warning) not in rest)
    if rest:
        yield f"{len(rest)} more passages are only in the text or only in the recording; the .json lists them"
