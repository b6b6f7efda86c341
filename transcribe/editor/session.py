"""One draft being corrected: what the page is given, and what becomes of its edits on disk.

A revision is the SHA-256 of the draft's bytes, so that it outlives the server, and tells when somebody else wrote the
file. An edit is made on a revision: where the file moved on since, both are merged, and what clashes goes back to the
page with nothing written. The timed transcript follows a moment later, in a thread of its own.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audio.disk import cache_folder, write_atomically
from output.errors import OutputError
from output.parse import Draft, parse
from transcribe.editor.document import PageTurn, edited, page_turns, wrap_of
from transcribe.editor.merge import Clash, merged, merged_text
from transcribe.editor.sync import follow, json_path, printed_forms, transcript_of, write_followed
from transcribe.errors import TranscribeError
from transcribe.realign import RealignedTurn, realign
from transcribe.transcript import Transcript, Turn, Word

_log = logging.getLogger(__name__)

QUIET = 1.0  # seconds without an edit before the timed transcript follows
DOUBTFUL = 0.45  # words the recogniser gave less than this are on the list of doubts
KEPT_REVISIONS = 30  # of a draft, for pages that were open while the server was not
_TURN_UNIT = "\x00"  # begins the unit of a speaker; no paragraph does


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an edit: the revision it is part of now, or what clashes with another edit.

    `turns` is what the page should show where that is not what it sent; `clashes` are (turn, paragraph, text of the
    other edit), and where there are any nothing was written.
    """

    revision: str
    labels: tuple[str, ...]
    turns: tuple[PageTurn, ...] | None = None
    clashes: tuple[tuple[int, int, str], ...] = ()


class Session:
    """The draft at a path. Safe to use from several threads.

    Raises `OutputError` where the draft cannot be read. Without a timed transcript the page works, without times.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()  # of the draft
        self._json_lock = threading.RLock()  # of the timed transcript
        self._cached: tuple[tuple[int, int], Transcript] | None = None
        self._wake = threading.Event()
        self._names: dict[str, str] = {}
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
            draft = parse(source.decode(errors="surrogateescape"))
            transcript, trouble = self._transcript()
            turns = page_turns(draft)
            times = _times(turns, tuple(transcript.words)) if transcript else [[] for _ in turns]
            return {
                "revision": _revision(source),
                "title": str(draft.fields.get("title") or self.path.stem),
                "file": self.path.name,
                "language": transcript.language if transcript else "",
                "people": _people(draft, transcript),
                "turns": [
                    {"speaker": page.speaker, "label": turn.label, "paragraphs": list(page.paragraphs), "times": spans}
                    for turn, page, spans in zip(draft.turns, turns, times, strict=True)
                ],
                "doubts": list(_doubts(transcript)) if transcript else [],
                "duration": transcript.episode.duration if transcript else None,
                "has_audio": self.audio is not None,
                "trouble": trouble,
            }

    def save(self, revision: str, turns: Sequence[PageTurn], *, names: Mapping[str, str]) -> Saved:
        """Put the page's turns, which were made on `revision`, into the draft.

        `names` are full names for those the draft prints in short. Raises `EditError` where no draft can hold the
        turns, `OutputError` where the draft cannot be written, `KeyError` where nobody knows the revision.
        """
        with self._lock:
            source = self._read()
            now = parse(source.decode(errors="surrogateescape"))
            wanted: tuple[PageTurn, ...] = tuple(turns)
            if revision != _revision(source):
                base = page_turns(parse(self._kept(revision).decode(errors="surrogateescape")))
                wanted, clashes = merged_turns(base, wanted, page_turns(now))
                if clashes:
                    return Saved(_revision(source), (), wanted, clashes)
            draft = edited(now, wanted, wrap=wrap_of(now, self._usual_wrap()))
            written = draft.encoded()
            if written != source:
                self._write(written)
            self._names.update(names)
            self._wake.set()
            on_page = page_turns(draft)
            labels = tuple(turn.label for turn in draft.turns)
            return Saved(_revision(written), labels, on_page if on_page != tuple(turns) else None)

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
            write_followed(self.path, sure, before=transcript)

    def _follow_edits(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while not self._closed and self._wake.wait(QUIET):
                self._wake.clear()
            try:
                self._follow()
            except (TranscribeError, OutputError) as error:
                _log.info("%s", error)

    def _follow(self) -> None:
        with self._lock:
            draft, names = parse(self._read().decode(errors="surrogateescape")), dict(self._names)
        with self._json_lock:
            before = transcript_of(self.path)
            followed = follow(draft, before, name=str(self.path), full_names=names)
            write_followed(self.path, followed.transcript, before=before)

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

    def _usual_wrap(self) -> int:
        transcript, _ = self._transcript()
        wrap = transcript.made_with.settings.get("wrap", 70) if transcript else 70
        return wrap if isinstance(wrap, int) else 70

    def _read(self) -> bytes:
        try:
            source = self.path.read_bytes()
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be read ({error.strerror}); give the path of a draft") from error
        self._keep(source)
        return source

    def _write(self, source: bytes) -> None:
        try:
            write_atomically(self.path, source)
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}); make room or change rights"
            ) from error
        self._keep(source)

    def _keep(self, source: bytes) -> None:
        """Keep a revision for pages that are still on it when the file has moved on."""
        file = self._revisions() / _revision(source)
        if file.exists():
            return
        try:
            write_atomically(file, source)
            for old in sorted(file.parent.iterdir(), key=lambda kept: kept.stat().st_mtime)[:-KEPT_REVISIONS]:
                old.unlink(missing_ok=True)
        except OSError as error:
            _log.info("%s: revisions are not kept (%s)", file.parent, error)

    def _kept(self, revision: str) -> bytes:
        file = self._revisions() / Path(revision).name
        try:
            return file.read_bytes()
        except OSError as error:
            raise KeyError(revision) from error

    def _revisions(self) -> Path:
        return cache_folder() / "editor" / _revision(str(self.path.resolve()).encode())


def merged_turns(
    base: Sequence[PageTurn], mine: Sequence[PageTurn], theirs: Sequence[PageTurn]
) -> tuple[tuple[PageTurn, ...], tuple[tuple[int, int, str], ...]]:
    """Two edits of the same turns as one, and where they clash (turn, paragraph, their text); there mine stands."""
    units: list[str] = []
    clashed: list[tuple[int, str]] = []
    for item in merged(_units(base), _units(mine), _units(theirs)):
        if isinstance(item, str):
            units.append(item)
            continue
        both = _word_by_word(item)
        if both is None:
            clashed.append((len(units), "\n\n".join(unit.removeprefix(_TURN_UNIT) for unit in item.theirs)))
            units += item.mine or (("",) if units else ())
        else:
            units.append(both)
    return _turns_of(units, clashed)


def _word_by_word(clash: Clash) -> str | None:
    if len(clash.base) == len(clash.mine) == len(clash.theirs) == 1:
        return merged_text(clash.base[0], clash.mine[0], clash.theirs[0])
    return None


def _units(turns: Sequence[PageTurn]) -> list[str]:
    return [unit for turn in turns for unit in (_TURN_UNIT + turn.speaker, *turn.paragraphs)]


def _turns_of(
    units: Sequence[str], clashed: Sequence[tuple[int, str]]
) -> tuple[tuple[PageTurn, ...], tuple[tuple[int, int, str], ...]]:
    turns: list[PageTurn] = []
    places: list[tuple[int, int]] = []
    for unit in units:
        if unit.startswith(_TURN_UNIT):
            turns.append(PageTurn(unit.removeprefix(_TURN_UNIT), ()))
        elif turns:
            turns[-1] = replace(turns[-1], paragraphs=(*turns[-1].paragraphs, unit))
        places.append((len(turns) - 1, max(len(turns[-1].paragraphs) - 1, 0) if turns else 0))
    whole = tuple(turn if turn.paragraphs else replace(turn, paragraphs=("",)) for turn in turns)
    clashes = [(*places[min(i, len(places) - 1)], text) for i, text in clashed if places]
    return whole, tuple(clashes)


def _times(turns: Sequence[PageTurn], words: Sequence[Word]) -> list[list[int]]:
    """For each turn, start and end of every blank-separated token in milliseconds, -1 where it has none."""
    texts = [" ".join(turn.paragraphs) for turn in turns]
    realigned = realign(texts, words, forms=printed_forms)
    return [list(_token_times(text.split(), made)) for text, made in zip(texts, realigned.turns, strict=True)]


def _token_times(tokens: Sequence[str], made: RealignedTurn) -> Iterator[int]:
    pieces = [(piece, word) for word in made.words for piece in _printed_pieces(word, tokens)]
    position = 0
    for token in tokens:
        found = position < len(pieces) and pieces[position][0] == token
        if found:
            word = pieces[position][1]
            position += 1
            yield from (round(word.start * 1000), round(word.end * 1000))
        else:
            yield from (-1, -1)


def _printed_pieces(word: Word, tokens: Sequence[str]) -> list[str]:
    forms = [form.split() for form in (word.text, *printed_forms(word.text))]
    known = set(tokens)
    return next((form for form in forms if set(form) <= known), forms[0])


def _people(draft: Draft, transcript: Transcript | None) -> list[dict[str, str]]:
    """Who speaks, by the name the draft prints, with the full one where the transcript knows it."""
    full = {speaker.label: speaker.name for speaker in transcript.speakers} if transcript else {}
    return [{"name": name, "full": full.get(name, name)} for name in draft.speakers]


def _doubts(transcript: Transcript) -> Iterator[dict[str, Any]]:
    """Passages the machine doubts, and words it hardly heard, neighbours as one, in the order of time."""
    found = [(doubt.start, doubt.end, doubt.reason) for doubt in transcript.doubts]
    for turn in transcript.turns:
        run: list[Word] = []
        for word in (*turn.words, None):
            if word is not None and word.probability < DOUBTFUL:
                run.append(word)
            elif run:
                found.append((run[0].start, run[-1].end, "hardly heard"))
                run = []
    for start, end, reason in sorted(found):
        yield {"start": round(start * 1000), "end": round(end * 1000), "reason": reason}


def _sure(words: Sequence[Word], start: float, end: float) -> Iterator[Word]:
    for word in words:
        inside = start <= (word.start + word.end) / 2 <= end
        yield replace(word, probability=1.0) if inside else word


def _revision(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()
