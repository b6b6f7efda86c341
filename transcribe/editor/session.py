"""A session of correcting one draft: the state for the page, and saving the page's edits to disk.

A revision is the SHA-256 of the draft's bytes: it stays valid when the server restarts, and changes when another
program writes the file. An edit is based on a revision. If the file has changed since, the page sends the turns it
started from, and both edits are merged, or the conflicts go back to it. A thread updates the timed transcript later.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from audio.disk import replace_if_unchanged
from audio.program import program
from audio.trust import is_there, read_regular, step_after
from output.conflicts import check_resolved
from output.errors import OutputError
from output.parse import Draft, check_is_draft, parse
from transcribe.drafts.glossary_learning import Proposal, new_entries, read_glossary_text, write_entries
from transcribe.drafts.machine_originals import confirmed_of, original_of, save_confirmed
from transcribe.drafts.openings import Opening, with_opening
from transcribe.drafts.settled import Settled
from transcribe.drafts.style import style_recorded
from transcribe.drafts.sync import json_path, transcript_of, write_update
from transcribe.drafts.turn_edits import (
    EditError,
    PageTurn,
    apply_turns,
    encoded,
    page_turns,
    speaker_name,
    wrap_of,
)
from transcribe.drafts.turn_merges import merge_turns
from transcribe.drafts.versions import keep_version
from transcribe.editor.confirmation import Confirmation, confirmed, confirmed_name, restored
from transcribe.editor.page_state import page_state
from transcribe.editor.save_result import SaveResult, StaleError
from transcribe.editor.sound import Sound, SoundState
from transcribe.editor.updates import Updates, update_files
from transcribe.errors import TranscribeError
from transcribe.style import Style
from transcribe.transcript import Transcript

Update = Callable[[Path, Draft, Mapping[str, str]], None]
"""Updates the files next to the draft at a path; the last argument maps short names to full names."""

HISTORY = 50  # drafts in memory, so that an undone edit restores the file byte for byte


class Session:
    """The draft at a path. Thread-safe.

    `update` updates the timed transcript after an edit. Raises `OutputError` if the draft cannot be read. Without a
    timed transcript the page works, but has no times.
    """

    def __init__(self, path: Path, *, glossary: Path = Path("glossary.txt"), update: Update = update_files) -> None:
        self.path = path
        self._update = update
        self._glossary = glossary
        self._lock = threading.RLock()  # of the draft
        self._json_lock = threading.RLock()  # of the timed transcript
        self._cached: tuple[tuple[int, int], Transcript] | None = None
        self._page_state: tuple[tuple[bytes, Transcript | None], dict[str, Any]] | None = None
        self._drafts: dict[tuple[PageTurn, ...], Draft] = {}
        self._names: dict[str, str] = {}
        self._settled = Settled()
        self._sound = Sound(path)
        self._seen = _revision(self._read())
        self._updates = Updates(path, self._update_transcript, prepare=lambda: (self.sound, self.state()))

    def close(self) -> None:
        """Update the timed transcript a last time and end the thread."""
        self._sound.close()
        self._updates.close()

    @property
    def revision(self) -> str:
        """The revision of the file. If another program changed it, the timed transcript is updated in a moment."""
        if (revision := _revision(self._read())) != self._seen:
            self._seen = revision
            self._updates.soon()
        return revision

    @property
    def trouble(self) -> str:
        """Why there are no times, or why they are out of date; empty if they are up to date."""
        return self._transcript()[1] or self._updates.trouble

    @property
    def not_updated(self) -> str:
        """Why the timed transcript is not what the saved draft says; empty if it is, or if there is none."""
        return self._updates.trouble if is_there(json_path(self.path)) else ""

    @property
    def sound(self) -> SoundState:
        """What the page can play."""
        return self._sound.state(self._transcript()[0])

    def copy_sound(self) -> None:
        """Make a copy of the recording, which the browser cannot play."""
        self._sound.copy(self._transcript()[0])

    def text(self) -> dict[str, Any]:
        """What can be edited at once: the `state` without what takes time, as of a draft without a timed transcript."""
        source = self._read()
        state = page_state(self.path.stem, source, None)
        return {**state, "revision": _revision(source), "file": self.path.name, "trouble": ""}

    def state(self, *, waits: bool = False) -> dict[str, Any]:
        """Everything the page shows, as JSON values; times in whole milliseconds. `waits` for an update that is due."""
        if waits:
            self._updates.finish()
        with self._lock:
            source, transcript = self._read(), self._transcript()[0]
            if self._page_state is None or self._page_state[0][0] != source or self._page_state[0][1] is not transcript:
                heard = transcript and original_of(transcript, self.path)
                self._page_state = (source, transcript), page_state(self.path.stem, source, transcript, heard=heard)
            state, revision = self._page_state[1], _revision(source)
            return {**state, "revision": revision, "file": self.path.name, "trouble": self.trouble}

    def save(
        self,
        revision: str,
        turns: Sequence[PageTurn],
        *,
        names: Mapping[str, str],
        base: Sequence[PageTurn] | None = None,
    ) -> SaveResult:
        """Write the page's turns, an edit of `revision`, to the draft.

        `names` maps the draft's short names to full names. `base` are the turns the page started from, if the file may
        hold others. Raises `EditError` if no draft can hold the turns or names, `OutputError` if the draft cannot be
        written, and `StaleError` if the file has changed and there is no `base`.
        """
        used = {turn.speaker for turn in turns}  # the page also sends names that were refused or undone
        names = {short: speaker_name(full) for short, full in names.items() if short in used}
        with self._lock:
            while True:
                source = self._read()
                if base is None and revision != _revision(source):
                    raise StaleError(revision)
                current = parse(source.decode())
                merged: tuple[PageTurn, ...] = tuple(turns)
                if base is not None:
                    merged, conflicts = merge_turns(base, merged, page_turns(current))
                    if conflicts:
                        return SaveResult(_revision(source), (), merged, conflicts, page_turns(current))
                draft = self._earlier_draft(current, merged) or apply_turns(current, merged, wrap=self._wrap(current))
                written = encoded(draft)
                if written == source or self._write(written, over=source):
                    break
            self._remember(current)
            self._remember(draft)
            self._names.update(names)
            self._updates.soon()
            labels, on_page = tuple(turn.label for turn in draft.turns), page_turns(draft)
            return SaveResult(_revision(written), labels, on_page if on_page != tuple(turns) else None)

    def set_opening(self, opening: Opening, *, before: Opening) -> None:
        """Write the title and introduction. Raises `EditError` and `OutputError` as `save` does, also if they are not
        `before` in the file."""
        with self._lock:
            source = self._read()
            draft = with_opening(parse(source.decode()), opening, before=before, stem=self.path.stem)
            if not self._write(encoded(draft), over=source):
                raise EditError("the file was changed at this moment; try again")
            self._updates.soon()

    def add_to_glossary(self, misheard: str, correct: str) -> None:
        """Add a mishearing to the glossary. Raises `EditError` if it cannot hold it, `SettingsError` if it is none,
        `OutputError` if it cannot be written."""
        with self._lock:
            glossary = read_glossary_text(self._glossary)
            new = new_entries([Proposal(correct, misheard, 1, ())], glossary)
            if not new:
                raise EditError(f"{misheard!r} for {correct!r} is in the glossary already or clashes with its lines")
            write_entries(self._glossary, glossary, new)

    def accept(self, start: float, end: float) -> Confirmation:
        """Confirm the words from `start` to `end` (seconds): drop their doubts and set their probability to 1.

        Returns what `restore` takes to undo it.
        """
        with self._json_lock:
            taken = self._confirm(lambda transcript: confirmed(transcript, start, end))
            return self._saved(replace(taken, settled=self._settled.confirm(start, end)))

    def accept_name(self, label: str) -> Confirmation:
        """Confirm the name of the speaker that a draft prints: drop what is suggested instead, as `accept` does."""
        return self._confirm(lambda transcript: confirmed_name(transcript, label))

    def _confirm(self, confirm: Callable[[Transcript], tuple[Transcript, Confirmation]]) -> Confirmation:
        with self._json_lock:
            if (transcript := self._resumed()) is None:
                return Confirmation()
            after, taken = confirm(transcript)
            self._settled.note(transcript, after)
            write_update(self.path, after, before=transcript)
            return taken

    def restore(self, taken: Confirmation) -> None:
        """Undo `accept` and `accept_name`."""
        with self._json_lock:
            transcript = self._resumed()
            self._settled.doubt((*taken.doubts, *taken.settled))
            if transcript is not None:
                write_update(self.path, restored(transcript, taken), before=transcript)
            self._saved(taken)

    def _saved(self, taken: Confirmation) -> Confirmation:
        if (transcript := self._transcript()[0]) is not None:
            save_confirmed(self._settled.confirmed, transcript, self.path)
        return taken

    def _update_transcript(self) -> None:
        """Update the timed transcript; what undoing an edit made doubtful again is so there, too."""
        with self._lock:
            draft, names = parse(self._read().decode()), dict(self._names)
        with self._json_lock:
            before = self._resumed()
            self._update(self.path, draft, names)
            after = self._transcript()[0]
            if before is None or after is None or before is after:
                return
            self._settled.note(before, after)
            if (now := self._settled.brought_back(after)) != after:
                write_update(self.path, now, before=after)

    def _resumed(self) -> Transcript | None:
        """The timed transcript; the first time, what earlier sessions have settled of it is noted."""
        if (transcript := self._transcript()[0]) is not None and not self._settled.is_resumed:
            heard, known = original_of(transcript, self.path), confirmed_of(transcript, self.path)
            self._settled.resume(transcript, heard=heard, confirmed=known)
        return transcript

    def _transcript(self) -> tuple[Transcript | None, str]:
        """The timed transcript, read again when the file changes, or None and the reason."""
        try:
            status = json_path(self.path).stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if self._cached is None or self._cached[0] != stamp:
                self._cached = (stamp, transcript_of(self.path))
            return self._cached[1], ""
        except OSError:
            return None, f"{json_path(self.path)}: no such file, so there are no times; `{program()} run` writes it"
        except TranscribeError as error:
            return None, str(error)

    def _earlier_draft(self, current: Draft, turns: tuple[PageTurn, ...]) -> Draft | None:
        """An earlier draft with these turns (for an undone edit), if the rest of the file is still the same."""
        earlier = self._drafts.get(turns)
        rest = (current.front_matter, current.preamble, current.epilogue)
        return earlier if earlier and (earlier.front_matter, earlier.preamble, earlier.epilogue) == rest else None

    def _remember(self, draft: Draft) -> None:
        turns = page_turns(draft)
        self._drafts.pop(turns, None)
        self._drafts[turns] = draft
        if len(self._drafts) > HISTORY:
            del self._drafts[next(iter(self._drafts))]

    def _wrap(self, draft: Draft) -> int:
        return wrap_of(draft, (style_recorded(timed) if (timed := self._transcript()[0]) else Style()).wrap)

    def _read(self) -> bytes:
        try:
            source = read_regular(self.path)
            text = source.decode()
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be read ({error.strerror}); give the path of a draft") from error
        except UnicodeDecodeError as error:
            raise OutputError(f"{self.path}: is not UTF-8 text; save it as UTF-8") from error
        check_is_draft(self.path, text)
        check_resolved(text, self.path)
        return source

    def _write(self, source: bytes, *, over: bytes) -> bool:
        """Replace the contents `over` by `source`; False if the file has other contents by now."""
        try:
            if not os.access(self.path, os.W_OK):  # renaming a new file over it would succeed
                raise PermissionError(None, "it is write-protected")
            if is_written := replace_if_unchanged(self.path, source, over=_revision(over)):
                keep_version(self.path, over)
            return is_written
        except OSError as error:
            step = step_after(error, "free disk space or change its permissions")
            raise OutputError(f"{self.path}: cannot be written ({error.strerror}); {step}") from error


def _revision(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()
