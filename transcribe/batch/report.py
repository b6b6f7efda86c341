"""What becomes of the episodes of a run: for those who look on, the closing lines, the exit code, and `report.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import transcribe
from audio.disk import STATE_FOLDER, write_atomically

if TYPE_CHECKING:
    from audio.episode import Episode, Seconds
    from transcribe.transcript import Transcript

FILE_NAME = f"{STATE_FOLDER}/report.json"  # out of the way of `*.json`, which are transcripts
SCHEMA = 1


class State(StrEnum):
    """What became of an episode."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a transcript holds, in numbers."""

    duration: Seconds
    words: int
    speakers: int
    doubts: int  # passages the editor is asked to listen to

    @classmethod
    def of(cls, transcript: Transcript) -> Tally:
        """The tally of a transcript."""
        duration = round(transcript.episode.duration or 0.0, 3)
        n_words = sum(len(turn.words) for turn in transcript.turns)
        return cls(duration, n_words, len(transcript.speakers), len(transcript.doubts))


@dataclass(frozen=True, slots=True)
class Result:
    """One episode's outcome. `paths` are the files that hold its transcript now, in the order of the formats."""

    source: str
    state: State
    paths: tuple[Path, ...] = ()
    messages: tuple[str, ...] = ()  # warnings; of a failed episode the one error
    tally: Tally | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage, of this run
    stem: str = ""  # of its files, as far as it has one
    stage: str = ""  # of a failed episode, where it failed
    traceback: str = ""  # of a failed episode, where in the code
    named: tuple[str, ...] = ()  # the speakers and what says so, where that was decided in this run


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them; `elapsed` is the run's length in seconds."""

    results: tuple[Result, ...]
    elapsed: float = 0.0
    interrupted: bool = False

    @property
    def failed(self) -> tuple[Result, ...]:
        """The ones without a transcript, in order."""
        return tuple(result for result in self.results if result.state is State.FAILED)

    @property
    def summary(self) -> str:
        """How many of each, in words: "2 written, 1 failed"."""
        counts = [(sum(result.state is state for result in self.results), state) for state in State]
        return ", ".join(f"{count} {state}" for count, state in counts if count)

    @property
    def audio(self) -> Seconds:
        """How much sound was transcribed in this run."""
        return sum(r.tally.duration for r in self.results if r.tally and r.state is State.WRITTEN)

    @property
    def exit_code(self) -> int:
        """130: interrupted; 0: every episode has its transcript; 1: one has not."""
        return 130 if self.interrupted else 1 if self.failed else 0

    def to_json(self) -> str:
        """The contents of `report.json`: the run, and an object for each episode."""
        data = {
            "schema": SCHEMA,
            "report_of": f"turnscript {transcribe.__version__}",
            "summary": self.summary,
            "interrupted": self.interrupted,
            "exit_code": self.exit_code,
            "elapsed_seconds": round(self.elapsed, 1),
            "audio_seconds": round(self.audio, 3),
            "episodes": [_as_dict(result) for result in self.results],
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"

    def save(self, folder: Path) -> Path | None:
        """Write `report.json` and the failures' tracebacks into the folder, and return the report's path.

        Nothing is written where there is no such folder, or nothing was done: the last report stays, which says how
        the transcripts came about. Raises `OSError`.
        """
        if not folder.is_dir() or all(result.state is State.UNCHANGED for result in self.results):
            return None
        for result in self.results:
            place = folder / _place(result)
            if result.traceback:
                write_atomically(place, _encoded(result.traceback))
            elif result.stem:
                place.unlink(missing_ok=True)
        path = folder / FILE_NAME
        write_atomically(path, _encoded(self.to_json()))
        return path


def _encoded(text: str) -> bytes:
    """As UTF-8; what is no UTF-8 in the name of a file as JSON and Python write it, `\\udce9`."""
    return text.encode(errors="backslashreplace")


def _place(result: Result) -> Path:
    """Where a failure's traceback lies, from the folder of the report."""
    name = result.stem or hashlib.sha256(result.source.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Path(STATE_FOLDER) / "errors" / f"{name}.txt"


class Onlooker(Protocol):
    """Is told what goes on, by the number of an episode in the run. `fetching` may be called from several threads."""

    def fetching(self, episode: Episode, here: int, total: int | None) -> None:
        """So many bytes of an episode's audio are here, of `total` where that is known."""

    def started(self, number: int, name: str, seconds: Seconds | None) -> None:
        """Work on an episode begins; its length as far as it is known."""

    def ended(self, number: int, result: Result) -> None:
        """An episode is done with."""


class Nobody:
    """An `Onlooker` that does not look."""

    def fetching(self, episode: Episode, here: int, total: int | None) -> None:
        """Nothing."""

    def started(self, number: int, name: str, seconds: Seconds | None) -> None:
        """Nothing."""

    def ended(self, number: int, result: Result) -> None:
        """Nothing."""


def _as_dict(result: Result) -> dict[str, Any]:
    tally = result.tally
    return {
        "source": result.source,
        "state": str(result.state),
        "files": [str(path) for path in result.paths],
        "audio_seconds": tally.duration if tally else None,
        "words": tally.words if tally else None,
        "speakers": tally.speakers if tally else None,
        "named": list(result.named),
        "doubtful_passages": tally.doubts if tally else None,
        "seconds": {stage: round(seconds, 2) for stage, seconds in result.seconds.items()},
        "warnings": [] if result.state is State.FAILED else list(result.messages),
        "error": result.messages[0] if result.state is State.FAILED and result.messages else None,
        "stage": result.stage or None,
        "traceback": _place(result).as_posix() if result.traceback else None,
    }
