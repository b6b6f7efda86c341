"""One process that runs one call at a time. It needs pipes and nothing else.

The standard library's pools also need semaphores, which a hardened container does not have: its /dev/shm is missing or
cannot be written to.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from multiprocessing import connection
from typing import Any

_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

_KILL_TIMEOUT = 1.0  # seconds to wait for a killed process


class WorkerProcess:
    """A process in which `initialize` has run. It ends with `close`, `kill`, or its own death."""

    def __init__(self, initialize: Callable[..., object], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._calls, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, initialize, *arguments))
        self._in_use = threading.Lock()
        self._process.start()
        theirs.close()  # so that the pipe ends with the process

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future result of one call; `BrokenExecutor` if the process dies, or has died."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        threading.Thread(target=self._call, args=(future, (fn, args, kwargs)), daemon=True, name="worker").start()
        return future

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def close(self) -> None:
        """End the process after the call it runs."""
        with self._in_use:
            self._calls.close()
        self._process.join()

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.join(_KILL_TIMEOUT)

    def _call(self, future: Future[Any], call: _Call) -> None:
        try:
            with self._in_use:
                self._calls.send(call)
                is_result, answer = self._calls.recv()
        except (EOFError, OSError):
            self._process.join(_KILL_TIMEOUT)
            future.set_exception(BrokenExecutor(_end_of(self._process.exitcode)))
        except Exception as error:  # noqa: BLE001 - a call or a result that cannot be sent to another process
            future.set_exception(error)
        else:
            (future.set_result if is_result else future.set_exception)(answer)


def _end_of(exit_code: int | None) -> str:
    """How a process ended.

    >>> _end_of(-9), _end_of(3)
    ('ended by SIGKILL', 'ended with exit code 3')
    """
    if exit_code is not None and exit_code < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-exit_code).name}"
    return f"ended with exit code {exit_code}"


def _serve(calls: connection.Connection, initialize: Callable[..., object], *arguments: Any) -> None:
    """Runs in the process: answer calls until the pipe ends."""
    initialize(*arguments)
    while True:
        try:
            answer = _answer(calls)
        except (EOFError, OSError):
            return
        try:
            calls.send(answer)
        except OSError:
            return
        except Exception as error:  # noqa: BLE001 - a result that cannot be sent
            calls.send((False, RuntimeError(f"its result cannot be sent ({type(error).__name__}: {error})")))


def _answer(calls: connection.Connection) -> tuple[bool, Any]:
    """Whether the next call returned, and its result or error. Raises `EOFError` when there are no more."""
    try:
        fn, args, kwargs = calls.recv()
    except (EOFError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - a call that this process cannot read
        return False, error
    try:
        return True, fn(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - the caller's
        return False, error
