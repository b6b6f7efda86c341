"""Progress bars on a terminal: one per running stage, one per download, one for all downloads. For commands only."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn, TextIO

from transcribe.declaration import Stage
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from tqdm import tqdm

    from audio.episode import Episode
    from transcribe.pipeline.progress import Progress

STAGE_LABELS = {Stage.DECODE: "reading", Stage.RECOGNIZE: "words", Stage.DIARIZE: "speakers"}
"""The words shown for a stage; other stages are not shown in a line of an episode."""

_FORMAT = "{desc:>12} {percentage:3.0f}%|{bar:30}| {elapsed}<{remaining}"
_MAX_TITLE = 30  # characters of a title in a bar


class Bars:
    """Draws bars on `stream` if that is a terminal, else nothing. A context manager: leaving it removes the bars.

    May be called from several threads. `downloads` is the number of downloads to come, if known. tqdm is imported only
    when there is something to draw.
    """

    def __init__(self, stream: TextIO, *, downloads: int = 0) -> None:
        self._stream = stream
        self._expected = downloads
        self._downloads: _DownloadBars | None = None
        self._is_terminal = stream.isatty()
        self._lock = threading.Lock()
        self._stage_bars: dict[Stage, tqdm[NoReturn]] = {}
        self._line_bars: list[tqdm[NoReturn]] = []

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove the bars from the screen; the next report draws new ones."""
        with self._lock:
            for bar in (*self._stage_bars.values(), *self._line_bars):
                bar.close()
            self._stage_bars.clear()
            self._line_bars.clear()
            if self._downloads:
                self._downloads.clear()

    def on_progress(self, progress: Progress) -> None:
        """See `transcribe.pipeline.progress.OnProgress`; a bar never goes back."""
        if not self._is_terminal:
            return
        with self._lock:
            bar = self._stage_bars.get(progress.stage) or self._new_stage_bar(progress.stage)
            bar.update(max(0.0, min(progress.fraction, 1.0) - bar.n))

    def download(self, episode: Episode, received: int, total: int | None) -> None:
        """See `audio.progress.OnDownload`."""
        self._transfer((episode.title, episode.audio_url), episode.title, received, total)

    def weights(self, name: str, received: int, total: int | None) -> None:
        """See `transcribe.weights.wheels.OnFetch`."""
        self._transfer(name, name, received, total)

    def _transfer(self, key: object, title: str, received: int, total: int | None) -> None:
        if not self._is_terminal:
            return
        with self._lock:
            self._downloads = self._downloads or _DownloadBars(self._stream, expected=self._expected)
            self._downloads.move_below(len(self._stage_bars) + len(self._line_bars))
            self._downloads.update(key, title, received, total)

    def download_failed(self, episode: Episode) -> None:
        """The episode's audio will not be downloaded."""
        with self._lock:
            if self._downloads:
                self._downloads.remove(episode)

    def lines(self, texts: Sequence[str]) -> None:
        """Show these lines in the place of the previous ones."""
        if not self._is_terminal:
            return
        from tqdm import tqdm

        with self._lock:
            if self._downloads:
                self._downloads.move_below(len(texts))
            for number in range(len(self._line_bars), len(texts)):
                bar = tqdm(position=number, leave=False, bar_format="{desc}", file=self._stream, dynamic_ncols=True)
                self._line_bars.append(bar)
            while len(self._line_bars) > len(texts):
                self._line_bars.pop().close()
            for bar, text in zip(self._line_bars, texts, strict=True):
                bar.set_description_str(text)

    def _new_stage_bar(self, stage: Stage) -> tqdm[NoReturn]:
        from tqdm import tqdm

        bar = self._stage_bars[stage] = tqdm(
            desc=STAGE_LABELS.get(stage, stage),
            total=1.0,
            position=len(self._stage_bars),
            leave=False,
            bar_format=_FORMAT,
            file=self._stream,
        )
        return bar


class _DownloadBars:
    """Bars of downloads on a terminal; called by one thread at a time.

    From two downloads on (`expected`, or seen so far) a first bar shows all together. It knows their size, and so the
    time left, only once the last one has started; until then it shows the bytes received, the rate and the files done.
    """

    def __init__(self, stream: TextIO, *, expected: int = 0) -> None:
        self._stream = stream
        self._expected = expected
        self._lines_above = 0
        self._bars: dict[object, tqdm[NoReturn]] = {}
        self._total_bar: tqdm[NoReturn] | None = None
        self._received: dict[object, int] = {}
        self._sizes: dict[object, int | None] = {}

    def update(self, key: object, title: str, received: int, total: int | None) -> None:
        """Bytes of the download `key`, shown under its title."""
        self._received[key], self._sizes[key] = received, total
        if self._total_bar is not None or max(self._expected, len(self._received)) > 1:
            self._update_total()
        title = title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1]}…"
        bar = self._bars.get(key)
        if bar is None:  # not `bar or …`: the truth of a tqdm is that of its total
            bar = self._bars[key] = self._bar(for_terminal(title), initial=0, position=self._free_position())
        bar.total = total
        bar.update(received - bar.n)
        if total is not None and received >= total:
            self._close(key)

    def remove(self, episode: Episode) -> None:
        """The episode no longer counts."""
        key = (episode.title, episode.audio_url)
        self._close(key)
        self._received.pop(key, None)
        self._sizes.pop(key, None)
        self._expected = max(self._expected - 1, 0)

    def move_below(self, lines: int) -> None:
        """Move the bars below this number of other lines."""
        if lines != self._lines_above:
            for bar in self._on_screen():
                bar.clear()
                bar.pos -= lines - self._lines_above
            self._lines_above = lines

    def clear(self) -> None:
        """Remove all bars from the screen."""
        for bar in self._on_screen():
            bar.close()
        self._bars.clear()
        self._total_bar = None

    def _on_screen(self) -> list[tqdm[NoReturn]]:
        return [bar for bar in (self._total_bar, *self._bars.values()) if bar is not None]

    def _close(self, key: object) -> None:
        bar = self._bars.pop(key, None)
        if bar is not None:
            bar.close()

    def _update_total(self) -> None:
        received = sum(self._received.values())
        bar = self._total_bar
        if bar is None:
            bar = self._total_bar = self._bar("all", initial=received, position=0)
        sizes = [size for size in self._sizes.values() if size is not None]
        files = max(self._expected, len(self._sizes))
        done = sum(self._received[key] == size for key, size in self._sizes.items())
        bar.total = sum(sizes) if len(sizes) == files else None
        bar.set_description_str(f"{done} of {files} files", refresh=False)
        bar.update(received - bar.n)

    def _free_position(self) -> int:
        taken = {-bar.pos - self._lines_above for bar in self._bars.values()}
        return next(place for place in range(1, len(taken) + 2) if place not in taken)

    def _bar(self, label: str, *, initial: int, position: int) -> tqdm[NoReturn]:
        from tqdm import tqdm

        return tqdm(
            desc=label,
            initial=initial,
            position=position + self._lines_above,
            leave=False,
            unit="B",
            unit_scale=True,
            file=self._stream,
        )
