"""The results of a run: events for a listener, the summary, the exit code, and `report.json`."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import transcribe
from audio.decoding.probe import printable
from audio.disk import STATE_FOLDER, write_atomically
from transcribe.drafts.changes import NO_CHANGES, Changes
from transcribe.pipeline.marked_words import Marked

if TYPE_CHECKING:
    from audio.episode import Episode, Seconds
    from audio.sources.left_out import LeftOut
    from transcribe.transcript import Transcript
    from transcribe.workers.task import Failure

_log = logging.getLogger(__name__)

FILE_NAME = f"{STATE_FOLDER}/report.json"  # apart from `*.json`, which are transcripts
SCHEMA = 1


class State(StrEnum):
    """The outcome for an episode."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # it had started when the run ended; only in events


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of a transcript."""

    duration: Seconds
    words: int
    speakers: int
    doubts: int  # passages for the editor to check
    marked: int = 0  # words in these
    held: float | None = None  # the share of the errors that they are expected to hold; None: unknown

    @classmethod
    def of(cls, transcript: Transcript) -> Tally:
        """The tally of a transcript."""
        duration = round(transcript.episode.duration or 0.0, 3)
        n_words = sum(len(turn.words) for turn in transcript.turns)
        marked = Marked.of(transcript)
        return cls(duration, n_words, len(transcript.speakers), len(transcript.doubts), marked.words, marked.errors)


@dataclass(frozen=True, slots=True)
class Result:
    """One episode's outcome. `paths` are the files of its transcript, in the order of the formats."""

    source: str
    state: State
    paths: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    tally: Tally | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage, of this run
    stem: str = ""  # of its files; empty if it has none yet
    error: str = ""  # of a failed episode, in one line
    stage: str = ""  # of a failed episode, the one that failed
    traceback: str = ""  # of a failed episode
    named: tuple[str, ...] = ()  # the speakers with the evidence for their names, if decided in this run
    show: str = ""  # of transcribe.toml, that the episode or source belongs to
    kept: tuple[Path, ...] = ()  # its draft, if an editor changed it, and then those of `paths` that were not written
    changes: Changes = NO_CHANGES  # of its files and of those beside them
    with_source: frozenset[str] = frozenset()  # those of the warnings, and the error, that begin with the source
    is_mistyped: bool = False  # a source of whose name there is nothing, where no other source has an episode either

    @property
    def also_written(self) -> tuple[Path, ...]:
        """The files written that are not of `paths`: formats of earlier runs, its record, captions that follow the
        draft, a mix that was asked for."""
        return tuple(path for path in self.changes.written if path not in self.paths)

    @property
    def is_done_or_tried(self) -> bool:
        """Whether this run worked on an episode. Not of one that is up to date, nor of a source that names none."""
        is_tried = self.state is State.FAILED and bool(self.stem or self.stage or self.traceback)
        return self.state is State.WRITTEN or is_tried

    def with_mix(self, mix: Path | None) -> Result:
        """The result of an episode whose mix was written, too, whatever became of its transcript; itself for None."""
        if mix is None:
            return self
        state = State.WRITTEN if self.state is State.UNCHANGED else self.state
        return replace(self, state=state, changes=replace(self.changes, written=(*self.changes.written, mix)))


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all episodes; `elapsed` is the duration of the run in seconds."""

    results: tuple[Result, ...]
    elapsed: float = 0.0
    interrupted: bool = False
    signal: int = signal.SIGINT  # that interrupted it
    left_out: tuple[LeftOut, ...] = ()  # of the sources, items of feeds counted

    @property
    def failed(self) -> tuple[Result, ...]:
        """The episodes without a transcript, in order."""
        return tuple(result for result in self.results if result.state is State.FAILED)

    @property
    def summary(self) -> str:
        """The count of each state: "2 written, 1 failed"."""
        counts = [(sum(result.state is state for result in self.results), state) for state in State]
        return ", ".join(f"{count} {state}" for count, state in counts if count)

    @property
    def audio(self) -> Seconds:
        """The duration of the audio transcribed in this run."""
        return sum(r.tally.duration for r in self.results if r.tally and r.state is State.WRITTEN)

    @property
    def exit_code(self) -> int:
        """130 (128 and the signal's number): interrupted; 0: every episode has its transcript; 1: one has none, or a
        source; 2: no source that was typed is there."""
        if self.interrupted:
            return 128 + self.signal
        if self.results and all(result.is_mistyped and not result.show for result in self.results):
            return 2
        return 1 if self.failed else 0

    def to_json(self) -> str:
        """The contents of `report.json`: the run, and an object for each episode."""
        data = {
            "schema": SCHEMA,
            "report_of": f"turnscript {transcribe.__version__}",
            **summary_fields(self),
            "episodes": [result_fields(result) for result in self.results],
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"

    def save(self, folder: Path) -> Path | None:
        """Write `report.json` and the failures' tracebacks to the folder, and return the report's path.

        Writes nothing if the folder does not exist or no episode was worked on, be they unchanged or the sources
        mistyped: the last report stays, which says how the transcripts were made. Raises `OSError`.
        """
        if not folder.is_dir() or not any(result.is_done_or_tried for result in self.results):
            return None
        for result in self.results:
            traceback = folder / _traceback_path(result)
            if result.traceback:
                write_atomically(traceback, _encoded(result.traceback))
            elif result.stem:
                traceback.unlink(missing_ok=True)
        path = folder / FILE_NAME
        write_atomically(path, _encoded(self.to_json()))
        return path


def _encoded(text: str) -> bytes:
    """The text as UTF-8; bytes of a file name that are no UTF-8 as JSON and Python escape them, `\\udce9`."""
    return text.encode(errors="backslashreplace")


def _traceback_path(result: Result) -> Path:
    """The path of a failure's traceback, relative to the folder of the report."""
    name = result.stem or hashlib.sha256(result.source.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Path(STATE_FOLDER) / "errors" / f"{name}.txt"


def failed_result(source: str, failure: Failure, *, stem: str = "", seconds: dict[str, float] | None = None) -> Result:
    """The result of an episode for which this is why it has no transcript."""
    _log.debug("%s failed in %s\n%s", source, failure.stage, failure.traceback)
    return Result(
        source,
        State.FAILED,
        error=failure.message,
        with_source=frozenset([failure.message] if failure.about in names_of(source) else []),
        seconds=seconds or {},
        stage=failure.stage,
        stem=stem,
        traceback=failure.traceback,
    )


def names_of(source: str) -> tuple[str, str]:
    """The names of a source in messages: workers of a cluster know a file by its absolute path."""
    return source, printable(Path(os.path.abspath(source)))  # noqa: PTH100


class RunListener(Protocol):
    """Receives run events; `number` is the episode's position. `fetching` may be called from several threads."""

    def fetching(self, episode: Episode, received: int, total: int | None) -> None:
        """`received` of `total` bytes of an episode's audio are downloaded (None: unknown size)."""

    def started(self, number: int, name: str, duration: Seconds | None) -> None:
        """Work on an episode begins; `duration` is None if unknown."""

    def ended(self, number: int | None, result: Result) -> None:
        """An episode has its result, or is interrupted by the end of the run; None: it could not be fetched."""


class NullListener:
    """A `RunListener` that ignores all events."""

    def fetching(self, episode: Episode, received: int, total: int | None) -> None:
        """Ignored."""

    def started(self, number: int, name: str, duration: Seconds | None) -> None:
        """Ignored."""

    def ended(self, number: int | None, result: Result) -> None:
        """Ignored."""


def summary_fields(report: Report) -> dict[str, Any]:
    """A whole run as JSON data."""
    return {
        "summary": report.summary,
        "interrupted": report.interrupted,
        "exit_code": report.exit_code,
        "elapsed_seconds": round(report.elapsed, 1),
        "audio_seconds": round(report.audio, 3),
        "left_out": [left_out_fields(left) for left in report.left_out],
    }


def left_out_fields(left: LeftOut) -> dict[str, Any]:
    """What is left out of a source, as JSON data."""
    return {"source": left.source, "title": left.title or None, "reason": left.reason, "count": left.count}


def result_fields(result: Result) -> dict[str, Any]:
    """A result as JSON data."""
    tally = result.tally
    return {
        "show": result.show or None,
        "source": result.source,
        "state": str(result.state),
        "files": [str(path) for path in result.paths],
        "also_written": [str(path) for path in result.also_written],
        "kept": [str(path) for path in result.kept],
        "written": [str(path) for path in result.changes.written],
        "backups": [str(path) for path in result.changes.backups],
        "stale": [str(path) for path in result.changes.stale],
        "audio_seconds": tally.duration if tally else None,
        "words": tally.words if tally else None,
        "speakers": tally.speakers if tally else None,
        "named": list(result.named),
        "doubtful_passages": tally.doubts if tally else None,
        "doubtful_words": tally.marked if tally else None,
        "errors_held": None if tally is None or tally.held is None else round(tally.held, 3),
        "seconds": {stage: round(seconds, 2) for stage, seconds in result.seconds.items()},
        "warnings": list(result.warnings),
        "error": result.error or None,
        "stage": result.stage or None,
        "traceback": _traceback_path(result).as_posix() if result.traceback else None,
    }
