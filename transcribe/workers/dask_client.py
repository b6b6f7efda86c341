"""The client's side of a Dask cluster: an `Executor` that ships recordings to workers that do not have them.

A worker that finds the recording at its path (a shared disk, the same machine) reads it there; any other is sent the
file, in pieces, and checks its hash. Dask gives the tasks of a worker that dies to others. The worker's side is
`transcribe.workers.dask_worker`; `transcribe.batch.runner` decides the tasks. Starts no scheduler and no workers.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from audio.errors import SourceError
from audio.program import installing
from audio.trust import read_regular
from transcribe.declaration import Stage
from transcribe.errors import ClusterError, NotInstalledError
from transcribe.pipeline.progress import OnProgress, Progress, ignore_progress
from transcribe.settings import Settings, home_expanded
from transcribe.workers import dask_worker
from transcribe.workers.local import WorkerPool
from transcribe.workers.task import Outcome, Task, failure_of

_PIECE_BYTES = 1 << 24
_MAX_SHIPMENTS = 5  # per task: its worker may die after one, or another worker may take over
_POLL_S = 0.5
_LOST = "the connection to the scheduler is lost; start it again, and run the same command to continue"
_TIMEOUT_S = 20.0  # for the scheduler to answer, and for the first worker

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def scheduler(
    address: str, on_progress: OnProgress, *, size: int = 0, timeout: float = _TIMEOUT_S
) -> Iterator[WorkerPool]:
    """The workers of the scheduler at `address` (`tcp://HOST:PORT`) as a pool.

    `size` tasks run at a time; 0: one for every worker there is now. `on_progress` is called in another thread. Raises
    `ClusterError` if the scheduler does not answer or has no workers within `timeout` seconds, or if they have another
    version of turnscript or Python.
    """
    with _connected(address, timeout) as client:
        workers = _count_workers(client, address, timeout)
        run = f"turnscript-{uuid.uuid4().hex}"
        client.subscribe_topic(run, lambda event: on_progress(_progress(*event[1])))
        executor = ClusterExecutor(client, run)
        try:
            yield WorkerPool(executor, size or workers, ignore_progress, executor.abandon)
            executor.shutdown()
        finally:
            executor.abandon()
            with contextlib.suppress(Exception):  # the scheduler may have stopped first
                client.unsubscribe_topic(run)


def _progress(task: int, stage: str, fraction: float) -> Progress:
    """A worker's report; its stage arrives as plain text."""
    return Progress(task, Stage(stage), fraction)


def mismatch(here: dask_worker.Versions, workers: Mapping[str, object]) -> str:
    """Why the workers cannot run our tasks; empty if all have our versions. `workers` holds, by the worker's address,
    its versions or the error it returned instead of them."""
    for worker, versions in workers.items():
        if not isinstance(versions, dask_worker.Versions):
            return f"worker {worker} cannot run turnscript ({versions}); install turnscript {here.turnscript} there"
        if versions != here:
            return (
                f"worker {worker} has turnscript {versions.turnscript} on Python {versions.python}, this machine "
                f"{here.turnscript} on {here.python}; install the same on both"
            )
    return ""


class ClusterExecutor(Executor):
    """`submit(work, task, on_progress)` on a cluster. `on_progress` stays here: a worker reports to this run's topic.

    `submit` never raises for a lost cluster; the future does.
    """

    def __init__(self, client: Any, run: str) -> None:
        self._client, self._run = client, run
        self._lock = threading.Lock()
        self._running: set[Any] = set()  # Dask drops the task of a future without a reference
        self._waiting: set[Future[Any]] = set()  # futures without an outcome yet
        self._shippers = ThreadPoolExecutor(2, thread_name_prefix="ship")
        self._has_shipped = False
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="scheduler").start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor`: a worker runs `fn` on its task, and another one does if that worker dies."""
        answer: Future[Any] = Future()
        with self._lock:
            self._waiting.add(answer)
        try:
            task = _with_absolute_path(args[0])
            message = dask_worker.TaskMessage(task, self._run, dask_worker.versions(), _glossary(task.settings))
        except Exception as error:  # noqa: BLE001 - raised by the future
            self._resolve(answer, error=error)
            return answer
        self._send(_Submission(fn, message, answer))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor`; the cluster itself keeps running."""
        self._over.set()
        if cancel_futures:
            self.abandon()
        self._shippers.shutdown(wait=wait, cancel_futures=cancel_futures)

    def abandon(self) -> None:
        """Drop all tasks: waiting ones are cancelled, running ones end at their next report of progress."""
        with self._lock:
            running, self._running = self._running, set()
            has_shipped, self._has_shipped = self._has_shipped, False
        self._over.set()
        self._shippers.shutdown(wait=False, cancel_futures=True)
        if not running and not has_shipped:
            return
        try:
            self._client.run(dask_worker.stop, self._run, on_error="ignore")
            self._client.cancel(list(running), force=True)
        except Exception as error:  # noqa: BLE001 - a lost cluster has dropped them already
            _log.info("the stop of the run did not reach the cluster: %s", error)

    def _send(self, submission: _Submission, worker: str | None = None) -> None:
        try:
            future = self._client.submit(
                dask_worker.run_task,
                submission.fn,
                submission.message,
                workers=None if worker is None else [worker],
                allow_other_workers=worker is not None,
                pure=False,
            )
        except Exception as error:  # noqa: BLE001 - whatever Dask raises for a lost scheduler
            _log.debug("the scheduler accepts no task: %s", error)
            self._resolve(submission.answer, error=ClusterError(_LOST))
            return
        with self._lock:
            self._running.add(future)
        future.add_done_callback(lambda done: self._on_done(done, submission))

    def _on_done(self, future: Any, submission: _Submission) -> None:
        """Called in a thread of Dask."""
        with self._lock:
            self._running.discard(future)
        try:
            outcome = future.result()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - Dask's error for a lost worker
            lost = self._client.status != "running"
            self._resolve(submission.answer, error=ClusterError(_LOST) if lost else error)
            return
        if not isinstance(outcome, dask_worker.Missing):
            self._resolve(submission.answer, outcome=outcome)
            return
        try:
            self._shippers.submit(self._ship, submission, outcome.worker)
        except RuntimeError as error:  # shut down in the meantime
            self._resolve(submission.answer, error=error)

    def _ship(self, submission: _Submission, worker: str) -> None:
        """Send the recording to a worker, and then the task."""
        task = submission.message.task
        submission.shipments += 1
        if submission.shipments > _MAX_SHIPMENTS:
            message = f"{task.episode.path}: was sent to {worker}, but is missing there; check its disk"
            self._resolve(submission.answer, error=ClusterError(message))
            return
        try:
            assert task.episode.path is not None
            submission.message = replace(submission.message, shipment=uuid.uuid4().hex)
            self._send_file(task.episode.path, submission.message, worker)
        except (OSError, SourceError) as error:
            outcome = Outcome(failure=failure_of(_as_source_error(error), "ship"))
            self._resolve(submission.answer, outcome=outcome)
        except ClusterError as error:
            self._resolve(submission.answer, error=error)
        except Exception as error:  # noqa: BLE001 - that worker is lost; another one will report what is missing
            _log.info("%s: not sent to %s: %s", task.episode.path, worker, error)
            self._send(submission)
        else:
            self._send(submission, worker)

    def _send_file(self, path: Path, message: dask_worker.TaskMessage, worker: str) -> None:
        sha256, digest, offset, is_last = message.task.fingerprint.sha256, hashlib.sha256(), 0, False
        self._has_shipped = True
        with path.open("rb") as file:
            while not is_last:
                data = file.read(_PIECE_BYTES)
                digest.update(data)
                is_last = len(data) < _PIECE_BYTES
                if is_last and digest.hexdigest() != sha256:
                    raise SourceError("was replaced during the run; run it again", about=path)
                piece = dask_worker.Piece(sha256, message.run, message.shipment, offset, data, is_last)
                self._client.run(dask_worker.store, piece, workers=[worker])
                offset += len(data)

    def _resolve(self, answer: Future[Any], *, outcome: Any = None, error: BaseException | None = None) -> None:
        with self._lock:
            if answer not in self._waiting:
                return
            self._waiting.discard(answer)
        if not answer.set_running_or_notify_cancel():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(outcome)

    def _watch(self) -> None:
        """Fail all futures once the scheduler is lost: Dask never completes what was submitted after that."""
        while not self._over.wait(_POLL_S):
            if self._client.status in ("closing", "closed"):
                with self._lock:
                    waiting = list(self._waiting)
                for answer in waiting:
                    self._resolve(answer, error=ClusterError(_LOST))


class _Submission:
    """A submitted task, and the future that waits for it."""

    def __init__(self, fn: Callable[..., Any], message: dask_worker.TaskMessage, answer: Future[Any]) -> None:
        self.fn, self.message, self.answer = fn, message, answer
        self.shipments = 0


@contextlib.contextmanager
def _connected(address: str, timeout: float) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise NotInstalledError(f"--scheduler needs Dask: {installing('cluster')}") from error
    connect: Any = Client
    try:
        client = connect(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:  # its timeouts are OSErrors
        raise ClusterError(f"scheduler {address}: does not answer ({error}); start it: dask scheduler") from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # the scheduler may have stopped first
            client.close(timeout=timeout)


def _count_workers(client: Any, address: str, timeout: float) -> int:
    """The number of workers, all of the same version as this machine."""
    try:
        client.wait_for_workers(1, timeout=timeout)
        versions = client.run(dask_worker.versions, on_error="return")
    except TimeoutError as error:
        raise ClusterError(f"scheduler {address}: has no workers; start one: dask worker {address}") from error
    except Exception as error:
        raise ClusterError(f"scheduler {address}: its workers do not answer ({error})") from error
    if problem := mismatch(dask_worker.versions(), versions):
        raise ClusterError(f"scheduler {address}: {problem}")
    return len(versions)


def _with_absolute_path(task: Task) -> Task:
    """The task with an absolute path; links are not resolved, as they may be how a disk is shared."""
    assert task.episode.path is not None
    return replace(task, episode=replace(task.episode, path=Path(os.path.abspath(task.episode.path))))  # noqa: PTH100


def _glossary(settings: Settings) -> tuple[str, bytes] | None:
    if not settings.glossary:
        return None
    path = home_expanded(settings.glossary, "glossary")
    return path.name, read_regular(path)


def _as_source_error(error: OSError | SourceError) -> SourceError:
    if isinstance(error, SourceError):
        return error
    return SourceError(f"{error.filename}: cannot be read ({error.strerror}); check the name and its permissions")
