"""What a run shows of itself on stderr: bars on a terminal, a line a minute in a log, JSON lines for programs.

For the command line only. The counting is `transcribe.cli.progress_meter`'s.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, TextIO

from transcribe.cli.bars import Bars
from transcribe.cli.progress_meter import Meter, Reading, Running
from transcribe.progress import Progress
from transcribe.units import format_duration

if TYPE_CHECKING:
    from audio.episode import Episode, Seconds
    from transcribe.batch.report import Result

_EVERY = {"bar": 0.5, "json": 1.0, "plain": 60.0}  # seconds
_NAMES = {"decode": "reading", "recognize": "words", "diarize": "speakers"}
_NAME_LENGTH = 34


class Display:
    """Shows how far a run of so many episodes is, on `stream`, as `kind` says: auto, bar, plain, json or none.

    An `RunListener`; may be told from several threads. Use it as a context: leaving takes the bars off the screen.
    """

    def __init__(self, stream: TextIO, episodes: int, *, kind: str) -> None:
        if kind == "auto":
            kind = "bar" if stream.isatty() else "plain"
        self._stream, self._kind = stream, kind
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
        """Make room on the screen for other lines; the next tick draws again."""
        if self._bars is not None:
            self._bars.clear()

    def fetching(self, episode: Episode, here: int, total: int | None) -> None:
        """See `transcribe.batch.report.RunListener`."""
        if self._bars is not None:
            self._bars.download(episode, here, total)

    def started(self, number: int, name: str, seconds: Seconds | None) -> None:
        """See `transcribe.batch.report.RunListener`."""
        with self._lock:
            self._meter.started(number, name, seconds)
        self._event({"event": "started", "number": number, "source": name, "audio_seconds": seconds})

    def on_progress(self, progress: Progress) -> None:
        """See `transcribe.progress.OnProgress`."""
        with self._lock:
            self._meter.progressed(progress)

    def ended(self, number: int, result: Result) -> None:
        """See `transcribe.batch.report.RunListener`."""
        length = result.tally.duration if result.tally else None
        with self._lock:
            self._meter.ended(number, seconds=length, failed=result.state == "failed")
        self._event(
            {
                "event": "ended",
                "number": number,
                "source": result.source,
                "state": str(result.state),
                "files": [str(path) for path in result.paths],
                "error": result.error or None,
            }
        )

    def _tick(self) -> None:
        while not self._over.wait(_EVERY[self._kind]):
            with self._lock:
                reading = self._meter.read()
            if self._bars is not None:
                self._bars.lines([total_line(reading), *map(episode_line, reading.running)])
            elif self._kind == "plain":
                if reading.running:
                    self._write(total_line(reading))
            else:
                self._event({"event": "progress", **as_dict(reading)})

    def _event(self, data: dict[str, object]) -> None:
        if self._kind == "json":
            self._write(json.dumps(data, ensure_ascii=False))

    def _write(self, line: str) -> None:
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


def total_line(reading: Reading) -> str:
    """The whole run in a line: episodes, minutes of sound, speed, time left."""
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


def episode_line(running: Running) -> str:
    """An episode under way in a line."""
    name = running.name if running.name.isprintable() else ascii(running.name)
    name = name if len(name) <= _NAME_LENGTH else f"…{name[1 - _NAME_LENGTH :]}"
    stages = [f"{_NAMES[stage]} {100 * done:3.0f} %" for stage, done in running.stages.items() if stage in _NAMES]
    return f"  {name:<{_NAME_LENGTH}} {'  '.join(stages) or 'starting'}"


def as_dict(reading: Reading) -> dict[str, object]:
    """A reading for programs: seconds throughout."""
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
            {"source": one.name, "audio_seconds": one.seconds, "done": round(one.fraction, 3)}
            for one in reading.running
        ],
    }
