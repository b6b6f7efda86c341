"""One process that runs one call at a time. It needs pipes and nothing else.

The standard library's pools also need semaphores, which a hardened container does not have: its /dev/shm is missing or
cannot be written to.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future
from multiprocessing import connection
from typing import Any

_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

_KILL_TIMEOUT = 1.0  # seconds to wait for a killed process


class WorkerProcess:
    """A process in which `initialize` has run. It ends with `close`, `kill`, or its own death.

    Until its first call it imports `modules`, one after the other. What cannot be imported is passed over: a call that
    needs it says so.
    """

    def __init__(self, initialize: Callable[..., object], *arguments: Any, modules: Sequence[str] = ()) -> None:
        context = multiprocessing.get_context("spawn")
        self._calls, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, tuple(modules), initialize, *arguments))
        self._is_used = False
        self._in_use = threading.Lock()
        self._process.start()
        theirs.close()  # so that the pipe ends with the process

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future result of one call; `BrokenExecutor` if the process dies, or has died."""
        self._is_used = True
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        threading.Thread(target=self._call, args=(future, (fn, args, kwargs)), daemon=True, name="worker").start()
        return future

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None, "it is started"
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.exitcode

    def close(self) -> None:
        """Have the process end after the call it runs; one that was never called ends now. `join` waits for the end."""
        if not self._is_used:
            self._process.kill()
        with self._in_use:
            self._calls.close()

    def join(self) -> None:
        """Wait until the process has ended."""
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


def _serve(
    calls: connection.Connection, modules: Sequence[str], initialize: Callable[..., object], *arguments: Any
) -> None:
    """Runs in the process: answer calls until the pipe ends, and end."""
    initialize(*arguments)
    with contextlib.suppress(EOFError, OSError):
        _import_until_called(calls, modules)
        _answer_all(calls)
    _end()


def _import_until_called(calls: connection.Connection, modules: Sequence[str]) -> None:
    for name in modules:
        if calls.poll():  # a call, or the end of the pipe
            return
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _end() -> None:
    """End the process as multiprocessing ends one that it forked: without taking the interpreter apart.

    To free all objects of the networks one by one takes longer than the system needs to free their memory at once.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none
            stream.flush()
    os._exit(0)


def _answer_all(calls: connection.Connection) -> None:
    """Answer calls; raises `EOFError` or `OSError` when the pipe ends."""
    while True:
        answer = _answer(calls)
        try:
            calls.send(answer)
        except OSError:
            raise
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
