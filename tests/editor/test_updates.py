"""The thread that updates the timed transcript: when it waits for a pause in editing."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from transcribe.editor import updates as module
from transcribe.editor.updates import Updates

HOUR = 3600.0


def test_a_hurry_ends_with_the_update_it_was_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for after it waits for a pause again, also if the page was loaded during that update."""
    pauses: queue.Queue[bool] = queue.Queue()  # whether each was over at its beginning

    class Watched(threading.Condition):
        def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
            if timeout == HOUR:
                pauses.put(predicate())
            return super().wait_for(predicate, timeout)

    monkeypatch.setattr(module, "threading", SimpleNamespace(Condition=Watched, Thread=threading.Thread))
    monkeypatch.setattr(module, "QUIET", HOUR)
    monkeypatch.setattr(module, "PATIENCE", 0.0)  # of a page that is loaded during the update
    done: queue.Queue[None] = queue.Queue()

    def update() -> None:
        updates.finish()
        done.put(None)

    updates = Updates(Path("talk.md"), update, prepare=lambda: None)
    updates.soon()
    pauses.get(timeout=60)
    updates.finish()
    done.get(timeout=60)
    updates.soon()
    assert pauses.get(timeout=60) is False
    assert done.empty()
    updates.close()
    assert done.get_nowait() is None
