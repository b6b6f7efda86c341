"""The tasks of a batch on the workers of a Dask cluster: an `Executor` that ships what a worker cannot see.

A worker that sees the recording at its path (a shared disk, one machine) reads it there; any other is sent the file, in
pieces, and checks its hash. A worker that dies costs the tasks it had: Dask gives them to others. What a worker does is
`transcribe.workers.dask_worker`, which tasks there are `transcribe.batch.runner`. Starts no scheduler and no workers.
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

from audio.errors import SourceError, installing
from transcribe.errors import ClusterError
from transcribe.progress import OnProgress, Progress, ignore_progress
from transcribe.settings import Settings, home_expanded
from transcribe.workers import dask_worker
from transcribe.workers.local import Crew
from transcribe.workers.task import Outcome, Task, failure_of

_PIECE_BYTES = 1 << 24
_SHIPMENTS = 5  # of one task: a worker may die after it, or another one take the task over
_LOOK_S = 0.5
_GONE = "the connection to the scheduler is lost; start it again, and run the same command to go on"
_PATIENCE_S = 20.0  # for an answer of the scheduler, and for a first worker

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def scheduler(address: str, on_progress: OnProgress, *, size: int = 0, patience: float = _PATIENCE_S) -> Iterator[Crew]:
    """The workers of the scheduler at `address` (`tcp://HOST:PORT`) as a crew.

    `size` tasks are under way at a time; 0: one for every worker there is now. `on_progress` is called in
    another thread. Raises `ClusterError` where the scheduler does not answer or has no workers within
    `patience` seconds, or where they have another version of turnscript or Python.
    """
    with _connected(address, patience) as client:
        workers = _checked_workers(client, address, patience)
        run = f"turnscript-{uuid.uuid4().hex}"
        client.subscribe_topic(run, lambda event: on_progress(Progress(*event[1])))
        executor = ClusterExecutor(client, run)
        try:
            yield Crew(executor, size or workers, ignore_progress, executor.abandon)
            executor.shutdown()
        finally:
            executor.abandon()
            with contextlib.suppress(Exception):  # the scheduler may have gone first
                client.unsubscribe_topic(run)


def mismatch(here: dask_worker.Versions, there: Mapping[str, object]) -> str:
    """What to say where not every worker has our versions; empty where all have. `there`: by the worker's address
    its versions, or the error it gave instead of them."""
    for worker, versions in there.items():
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

    `submit` never raises for a cluster that is gone; the future does.
    """

    def __init__(self, client: Any, run: str) -> None:
        self._client, self._run = client, run
        self._lock = threading.Lock()
        self._running: set[Any] = set()  # Dask drops the task of a future nobody holds
        self._waiting: set[Future[Any]] = set()  # the answers to give
        self._couriers = ThreadPoolExecutor(2, thread_name_prefix="ship")
        self._has_shipped = False
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="scheduler").start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor`: `fn` and its task go to a worker, and to another one if that dies."""
        answer: Future[Any] = Future()
        with self._lock:
            self._waiting.add(answer)
        try:
            task = _with_whole_path(args[0])
            parcel = dask_worker.Parcel(task, self._run, dask_worker.versions(), _glossary(task.settings))
        except Exception as error:  # noqa: BLE001 - the future's
            self._settle(answer, error=error)
            return answer
        self._send(_Order(fn, parcel, answer))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor`; the cluster itself goes on."""
        self._over.set()
        if cancel_futures:
            self.abandon()
        self._couriers.shutdown(wait=wait, cancel_futures=cancel_futures)

    def abandon(self) -> None:
        """Drop what is under way: tasks that wait are taken back, those that run end at their next sign of progress."""
        with self._lock:
            running, self._running = self._running, set()
            has_shipped, self._has_shipped = self._has_shipped, False
        self._over.set()
        self._couriers.shutdown(wait=False, cancel_futures=True)
        if not running and not has_shipped:
            return
        try:
            self._client.run(dask_worker.stop, self._run, on_error="ignore")
            self._client.cancel(list(running), force=True)
        except Exception as error:  # noqa: BLE001 - a cluster that is gone has dropped them already
            _log.info("the cluster was not told that the run is over: %s", error)

    def _send(self, order: _Order, worker: str | None = None) -> None:
        try:
            future = self._client.submit(
                dask_worker.do,
                order.fn,
                order.parcel,
                workers=None if worker is None else [worker],
                allow_other_workers=worker is not None,
                pure=False,
            )
        except Exception as error:  # noqa: BLE001 - whatever Dask raises where the scheduler is gone
            _log.debug("the scheduler takes no task: %s", error)
            self._settle(order.answer, error=ClusterError(_GONE))
            return
        with self._lock:
            self._running.add(future)
        future.add_done_callback(lambda done: self._came(done, order))

    def _came(self, future: Any, order: _Order) -> None:
        """Runs in a thread of Dask's."""
        with self._lock:
            self._running.discard(future)
        try:
            outcome = future.result()
        except (Exception, CancelledError) as error:  # noqa: BLE001 - a lost worker, in Dask's words
            lost = self._client.status != "running"
            self._settle(order.answer, error=ClusterError(_GONE) if lost else error)
            return
        if not isinstance(outcome, dask_worker.Missing):
            self._settle(order.answer, outcome=outcome)
            return
        try:
            self._couriers.submit(self._ship, order, outcome.worker)
        except RuntimeError as error:  # shut down meanwhile
            self._settle(order.answer, error=error)

    def _ship(self, order: _Order, worker: str) -> None:
        """Send the recording to a worker and the task after it."""
        task = order.parcel.task
        order.shipments += 1
        if order.shipments > _SHIPMENTS:
            self._settle(order.answer, error=ClusterError(f"{task.episode.path}: sent to {worker}, and is not there"))
            return
        try:
            assert task.episode.path is not None
            order.parcel = replace(order.parcel, shipment=uuid.uuid4().hex)
            self._send_file(task.episode.path, order.parcel, worker)
        except (OSError, SourceError) as error:
            outcome = Outcome(failure=failure_of(_as_source_error(error), "ship"))
            self._settle(order.answer, outcome=outcome)
        except ClusterError as error:
            self._settle(order.answer, error=error)
        except Exception as error:  # noqa: BLE001 - that worker is gone; another one will say what it lacks
            _log.info("%s: not sent to %s: %s", task.episode.path, worker, error)
            self._send(order)
        else:
            self._send(order, worker)

    def _send_file(self, path: Path, parcel: dask_worker.Parcel, worker: str) -> None:
        sha256, digest, offset, is_last = parcel.task.fingerprint.sha256, hashlib.sha256(), 0, False
        self._has_shipped = True
        with path.open("rb") as file:
            while not is_last:
                data = file.read(_PIECE_BYTES)
                digest.update(data)
                is_last = len(data) < _PIECE_BYTES
                if is_last and digest.hexdigest() != sha256:
                    raise SourceError(f"{path}: was replaced during the run; run it again")
                piece = dask_worker.Piece(sha256, parcel.run, parcel.shipment, offset, data, is_last)
                self._client.run(dask_worker.store, piece, workers=[worker])
                offset += len(data)

    def _settle(self, answer: Future[Any], *, outcome: Any = None, error: BaseException | None = None) -> None:
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
        """Dask never answers for what was submitted while the scheduler was out of reach, and stayed so."""
        while not self._over.wait(_LOOK_S):
            if self._client.status in ("closing", "closed"):
                with self._lock:
                    waiting = list(self._waiting)
                for answer in waiting:
                    self._settle(answer, error=ClusterError(_GONE))


class _Order:
    """A task on its way, and the future that waits for it."""

    def __init__(self, fn: Callable[..., Any], parcel: dask_worker.Parcel, answer: Future[Any]) -> None:
        self.fn, self.parcel, self.answer = fn, parcel, answer
        self.shipments = 0


@contextlib.contextmanager
def _connected(address: str, patience: float) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(f"--scheduler needs Dask: {installing('cluster')}") from error
    connect: Any = Client
    try:
        client = connect(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:  # its time-outs are OSErrors
        raise ClusterError(f"scheduler {address}: does not answer ({error}); start it: dask scheduler") from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # the scheduler may have gone first
            client.close(timeout=patience)


def _checked_workers(client: Any, address: str, patience: float) -> int:
    """How many workers there are, all of them of our version."""
    try:
        client.wait_for_workers(1, timeout=patience)
        there = client.run(dask_worker.versions, on_error="return")
    except TimeoutError as error:
        raise ClusterError(f"scheduler {address}: has no workers; start one: dask worker {address}") from error
    except Exception as error:
        raise ClusterError(f"scheduler {address}: its workers do not answer ({error})") from error
    if said := mismatch(dask_worker.versions(), there):
        raise ClusterError(f"scheduler {address}: {said}")
    return len(there)


def _with_whole_path(task: Task) -> Task:
    """The task with a path that means the same in another folder; links stay, as they may be how a disk is shared."""
    assert task.episode.path is not None
    return replace(task, episode=replace(task.episode, path=Path(os.path.abspath(task.episode.path))))  # noqa: PTH100


def _glossary(settings: Settings) -> tuple[str, bytes] | None:
    if not settings.glossary:
        return None
    path = home_expanded(settings.glossary, "glossary")
    return path.name, path.read_bytes()


def _as_source_error(error: OSError | SourceError) -> SourceError:
    if isinstance(error, SourceError):
        return error
    return SourceError(f"{error.filename}: cannot be read ({error.strerror}); check the name and its permissions")
