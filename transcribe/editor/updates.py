"""Brings what is next to a draft up to date: in a thread of its own, a moment after the last edit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from audio.episode import Seconds
from output.errors import OutputError
from output.parse import Draft
from transcribe.drafts.sync import transcript_of, write_update
from transcribe.drafts.transcript_update import update_transcript
from transcribe.errors import TranscribeError

_log = logging.getLogger(__name__)

QUIET: Seconds = 1.0  # without an edit, before the update
PATIENCE: Seconds = 5.0  # of who waits for an update


class Updates:
    """The updates of a draft's timed transcript. Thread-safe; one runs at a time.

    `trouble` says why the last one failed; empty if it did not. `prepare` is called once before them, in their thread.
    """

    def __init__(self, draft: Path, update: Callable[[], None], *, prepare: Callable[[], object]) -> None:
        self.trouble = ""
        self._draft, self._update, self._prepare = draft, update, prepare
        self._changed = threading.Condition()
        self._n_asked = self._n_hurried = self._n_done = 0  # `_n_hurried`: those of the asked that need no pause
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="update transcript", daemon=True)
        self._thread.start()

    def soon(self) -> None:
        """Update after a pause in editing."""
        with self._changed:
            self._n_asked += 1
            self._changed.notify_all()

    def finish(self) -> None:
        """Wait until what was asked for is done, which begins at once."""
        with self._changed:
            asked = self._n_asked
            self._n_hurried = asked
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._n_done >= asked, PATIENCE)

    def close(self) -> None:
        """Update a last time and end the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._prepare()
        except Exception as error:  # noqa: BLE001 - the page requests it again and gets the error
            _log.info("%s", error)
        is_last = False
        while not is_last:
            with self._changed:
                self._changed.wait_for(lambda: self._n_asked > self._n_done or self._is_closed)
                self._wait_for_a_pause()
                asked, is_last = self._n_asked, self._is_closed
            self._try_to_update()
            with self._changed:
                self._n_done = asked
                self._changed.notify_all()

    def _wait_for_a_pause(self) -> None:
        def is_over() -> bool:
            return self._n_asked > asked or is_due()

        def is_due() -> bool:
            return self._n_hurried > self._n_done or self._is_closed

        asked = self._n_asked
        while self._changed.wait_for(is_over, QUIET) and not is_due():
            asked = self._n_asked

    def _try_to_update(self) -> None:
        try:
            self._update()
            self.trouble = ""
        except (TranscribeError, OutputError) as error:
            self.trouble = str(error)
            _log.info("%s", error)
        except Exception as error:  # noqa: BLE001 - a bug must not end the thread silently
            self.trouble = f"your edits are saved, but the times were not updated ({error!r}); report it"
            _log.exception("%s: the timed transcript was not updated", self._draft)


def update_files(path: Path, draft: Draft, names: Mapping[str, str]) -> None:
    """Update the timed transcript of the draft at a path, and the files that have its text; `names` maps the draft's
    short names to full names. Raises as `sync` does."""
    before = transcript_of(path)
    after = update_transcript(draft, before, name=str(path), full_names=names).transcript
    write_update(path, after, before=before)
