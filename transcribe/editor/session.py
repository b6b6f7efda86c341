"""One draft being corrected: what the page is given, and what becomes of its edits on disk.

A revision is the SHA-256 of the draft's bytes, so that it outlives the server, and tells when somebody else wrote the
file. An edit is made on a revision: where the file moved on since, the page says what it started from, both are merged,
and what clashes goes back to the page with nothing written. The timed transcript follows a moment later, in a thread of
its own.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audio.disk import replace_if_unchanged
from output.errors import OutputError
from output.parse import Draft, parse
from transcribe.drafts.glossary_learning import Proposal, new_entries, read_glossary, write_entries
from transcribe.drafts.sync import json_path, transcript_of, update_transcript, write_update
from transcribe.drafts.turn_edits import (
    EditError,
    PageTurn,
    apply_turns,
    merge_turns,
    page_turns,
    speaker_name,
    wrap_of,
)
from transcribe.editor.page_state import page_state
from transcribe.errors import TranscribeError
from transcribe.transcript import Transcript, Turn, Word

_log = logging.getLogger(__name__)

Follow = Callable[[Path, Draft, Mapping[str, str]], None]
"""Brings what lies beside the draft at a path in line with it; the last argument are full names by short ones."""

QUIET = 1.0  # seconds without an edit before the timed transcript follows
REMEMBERED = 50  # drafts in memory, so that what is taken back is as it was to the byte


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an edit: the revision it is part of now, or what clashes with another edit.

    `turns` is what the page should show where that is not what it sent; `clashes` are (turn, paragraph, text of the
    other edit), and where there are any nothing was written; `theirs` is then what the file holds.
    """

    revision: str
    labels: tuple[str, ...]
    turns: tuple[PageTurn, ...] | None = None
    clashes: tuple[tuple[int, int, str], ...] = ()
    theirs: tuple[PageTurn, ...] = ()


def _follow(path: Path, draft: Draft, names: Mapping[str, str]) -> None:
    before = transcript_of(path)
    followed = update_transcript(draft, before, name=str(path), full_names=names)
    write_update(path, followed.transcript, before=before)


class StaleError(Exception):
    """An edit of a revision the file has moved on from, which does not say what it started from."""


class Session:
    """The draft at a path. Safe to use from several threads.

    `follow` brings the timed transcript in line after an edit. Raises `OutputError` where the draft cannot be read.
    Without a timed transcript the page works, without times.
    """

    def __init__(self, path: Path, *, glossary: Path = Path("glossary.txt"), follow: Follow = _follow) -> None:
        self.path = path
        self._follow = follow
        self._glossary = glossary
        self._lock = threading.RLock()  # of the draft
        self._json_lock = threading.RLock()  # of the timed transcript
        self._cached: tuple[tuple[int, int], Transcript] | None = None
        self._shown: tuple[tuple[bytes, Transcript | None], dict[str, Any]] | None = None
        self._drafts: dict[tuple[PageTurn, ...], Draft] = {}
        self._wake = threading.Event()
        self._names: dict[str, str] = {}
        self._not_followed = ""
        self._closed = False
        self._read()
        self._follower = threading.Thread(target=self._follow_edits, name="follow edits", daemon=True)
        self._follower.start()

    def close(self) -> None:
        """Let the timed transcript catch up, and stop following."""
        self._closed = True
        self._wake.set()
        self._follower.join()

    @property
    def revision(self) -> str:
        """Of the file as it is now."""
        return _revision(self._read())

    @property
    def trouble(self) -> str:
        """Why there are no times, or why they stay behind the draft; empty where all is well."""
        return self._transcript()[1] or self._not_followed

    @property
    def audio(self) -> Path | None:
        """The recording, where it is on this machine."""
        transcript = self._transcript()[0]
        path = transcript.episode.path if transcript else None
        there = None if path is None else (self.path.parent / path).resolve()
        return there if there is not None and there.is_file() else None

    def state(self) -> dict[str, Any]:
        """Everything the page shows, as values JSON knows; times in whole milliseconds."""
        with self._lock:
            source = self._read()
            transcript, _ = self._transcript()
            if self._shown is None or self._shown[0][0] != source or self._shown[0][1] is not transcript:
                self._shown = ((source, transcript), page_state(self.path.stem, source, transcript))
            place = {"revision": _revision(source), "file": self.path.name}
            return {**self._shown[1], **place, "has_audio": self.audio is not None, "trouble": self.trouble}

    def save(
        self,
        revision: str,
        turns: Sequence[PageTurn],
        *,
        names: Mapping[str, str],
        base: Sequence[PageTurn] | None = None,
    ) -> Saved:
        """Put the page's turns, which were made on `revision`, into the draft.

        `names` are full names for those the draft prints in short. `base` is what the page started from, where that
        may not be what the file holds. Raises `EditError` where no draft can hold the turns or names, `OutputError`
        where the draft cannot be written, `StaleError` where the file has moved on and there is no `base`.
        """
        used = {turn.speaker for turn in turns}  # the page keeps names it was refused, or that were taken back
        names = {short: speaker_name(full) for short, full in names.items() if short in used}
        with self._lock:
            while True:
                source = self._read()
                if base is None and revision != _revision(source):
                    raise StaleError(revision)
                now = parse(source.decode())
                wanted: tuple[PageTurn, ...] = tuple(turns)
                if base is not None:
                    wanted, clashes = merge_turns(base, wanted, page_turns(now))
                    if clashes:
                        return Saved(_revision(source), (), wanted, clashes, page_turns(now))
                draft = self._as_before(now, wanted) or apply_turns(now, wanted, wrap=wrap_of(now, self._usual_wrap()))
                written = _encoded(draft)
                if written == source or self._write(written, over=source):
                    break
            self._remember(now)
            self._remember(draft)
            self._names.update(names)
            self._wake.set()
            on_page = page_turns(draft)
            labels = tuple(turn.label for turn in draft.turns)
            return Saved(_revision(written), labels, on_page if on_page != tuple(turns) else None)

    def add_to_glossary(self, misheard: str, correct: str) -> None:
        """Add a mishearing to the glossary. Raises `EditError` if it cannot hold it, `OutputError` as its file does."""
        with self._lock:
            glossary = read_glossary(self._glossary)
            new = new_entries([Proposal(correct, misheard, 1, ())], glossary)
            if not new:
                raise EditError(f"{misheard!r} for {correct!r} is in the glossary already or clashes with its lines")
            write_entries(self._glossary, glossary, new)

    def accept(self, start: float, end: float) -> None:
        """Note that what is said from `start` to `end` (seconds) is right: it is no longer doubtful."""
        with self._json_lock:
            transcript, _ = self._transcript()
            if transcript is None:
                return
            sure = replace(
                transcript,
                turns=tuple(Turn(turn.speaker, tuple(_sure(turn.words, start, end))) for turn in transcript.turns),
                doubts=tuple(doubt for doubt in transcript.doubts if doubt.end <= start or doubt.start >= end),
            )
            write_update(self.path, sure, before=transcript)

    def _follow_edits(self) -> None:
        try:
            self.state()  # made while the browser starts
        except Exception as error:  # noqa: BLE001 - the page will ask for it again, and be told
            _log.info("%s", error)
        is_last = False
        while not is_last:
            self._wake.wait()
            self._wake.clear()
            while not self._closed and self._wake.wait(QUIET):
                self._wake.clear()
            is_last = self._closed  # what is saved while this runs wakes it once more
            try:
                with self._lock:
                    draft, names = parse(self._read().decode()), dict(self._names)
                with self._json_lock:
                    self._follow(self.path, draft, names)
                self._not_followed = ""
            except (TranscribeError, OutputError) as error:
                self._not_followed = str(error)
                _log.info("%s", error)
            except Exception as error:  # noqa: BLE001 - a defect of ours must not end the following without a word
                self._not_followed = f"your edits are saved, but the times do not follow them ({error!r}); report this"
                _log.exception("%s: the timed transcript does not follow", self.path)

    def _transcript(self) -> tuple[Transcript | None, str]:
        """The timed transcript, read again when the file changes, or why there is none."""
        try:
            status = json_path(self.path).stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if self._cached is None or self._cached[0] != stamp:
                self._cached = (stamp, transcript_of(self.path))
            return self._cached[1], ""
        except OSError:
            return None, f"{json_path(self.path)}: not there, so there are no times; `transcribe run` makes it"
        except TranscribeError as error:
            return None, str(error)

    def _as_before(self, now: Draft, turns: tuple[PageTurn, ...]) -> Draft | None:
        """The draft as it was when it had these turns (an edit taken back), if nothing else in it changed since."""
        earlier = self._drafts.get(turns)
        around = (now.front_matter, now.preamble, now.epilogue)
        return earlier if earlier and (earlier.front_matter, earlier.preamble, earlier.epilogue) == around else None

    def _remember(self, draft: Draft) -> None:
        turns = page_turns(draft)
        self._drafts.pop(turns, None)
        self._drafts[turns] = draft
        if len(self._drafts) > REMEMBERED:
            del self._drafts[next(iter(self._drafts))]

    def _usual_wrap(self) -> int:
        transcript, _ = self._transcript()
        wrap = transcript.made_with.settings.get("wrap", 70) if transcript else 70
        return wrap if isinstance(wrap, int) else 70

    def _read(self) -> bytes:
        try:
            source = self.path.read_bytes()
            source.decode()
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be read ({error.strerror}); give the path of a draft") from error
        except UnicodeDecodeError as error:
            raise OutputError(f"{self.path}: is not UTF-8 text; save it as UTF-8") from error
        return source

    def _write(self, source: bytes, *, over: bytes) -> bool:
        """Put `source` in the place of `over`; False where the file holds something else by now."""
        try:
            if not os.access(self.path, os.W_OK):  # renaming would get round the lock somebody put on it
                raise PermissionError(None, "it is write-protected")
            return replace_if_unchanged(self.path, source, over=_revision(over))
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}); make room or change rights"
            ) from error


def _encoded(draft: Draft) -> bytes:
    """The draft's bytes. Raises `EditError` where the page cut a character in two."""
    try:
        return draft.source().encode()
    except UnicodeEncodeError as error:
        raise EditError("the text holds half a character, such as a cut emoji; delete what shows as a box") from error


def _sure(words: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    for word in words:
        inside = start <= (word.start + word.end) / 2 <= end
        yield replace(word, probability=1.0) if inside else word


def _revision(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()
