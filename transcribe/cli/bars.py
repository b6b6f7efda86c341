"""Progress bars on a terminal, one per running stage; nothing anywhere else. For the command line only."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn, TextIO

from transcribe.download_bars import DownloadBars

if TYPE_CHECKING:
    from tqdm import tqdm

    from audio.episode import Episode
    from transcribe.progress import Progress

_FORMAT = "{desc:>12} {percentage:3.0f}%|{bar:30}| {elapsed}<{remaining}"
_NAMES = {"decode": "reading", "recognize": "words", "diarize": "speakers"}


class Bars:
    """Draws what it is told on `stream` if that is a terminal. Use it as a context: leaving removes the bars.

    May be told from several threads. `downloads` is how many there will be, where that is known.
    tqdm is imported only when there is something to draw.
    """

    def __init__(self, stream: TextIO, *, downloads: int = 0) -> None:
        self._stream = stream
        self._expected = downloads
        self._downloads: DownloadBars | None = None
        self._drawn = stream.isatty()
        self._lock = threading.Lock()
        self._bars: dict[str, tqdm[NoReturn]] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the bars off the screen; the next thing told starts new ones."""
        with self._lock:
            for bar in self._bars.values():
                bar.close()
            self._bars.clear()
            if self._downloads:
                self._downloads.clear()

    def on_progress(self, progress: Progress) -> None:
        """See `transcribe.progress.OnProgress`; a bar never goes back."""
        if not self._drawn:
            return
        with self._lock:
            bar = self._bars.get(progress.stage) or self._new(progress.stage)
            bar.update(max(0.0, min(progress.fraction, 1.0) - bar.n))

    def download(self, episode: Episode, here: int, total: int | None) -> None:
        """`here` of `total` bytes of an episode's audio are on this machine."""
        if not self._drawn:
            return
        with self._lock:
            self._downloads = self._downloads or DownloadBars(self._stream, expected=self._expected)
            self._downloads.below(len(self._bars))
            self._downloads.tell(episode, here, total)

    def download_failed(self, episode: Episode) -> None:
        """The episode's audio is given up."""
        with self._lock:
            if self._downloads:
                self._downloads.give_up(episode)

    def lines(self, texts: Sequence[str]) -> None:
        """Show these lines, in the place of those shown before."""
        if not self._drawn:
            return
        from tqdm import tqdm

        with self._lock:
            if self._downloads:
                self._downloads.below(len(texts))
            for number, text in enumerate(texts):
                name = f"line {number}"
                if name not in self._bars:
                    self._bars[name] = tqdm(
                        position=number, leave=False, bar_format="{desc}", file=self._stream, dynamic_ncols=True
                    )
                self._bars[name].set_description_str(text)
            for name in [name for name in self._bars if name.startswith("line ")][len(texts) :]:
                self._bars.pop(name).close()

    def _new(self, stage: str) -> tqdm[NoReturn]:
        from tqdm import tqdm

        bar = self._bars[stage] = tqdm(
            desc=_NAMES.get(stage, stage),
            total=1.0,
            position=len(self._bars),
            leave=False,
            bar_format=_FORMAT,
            file=self._stream,
        )
        return bar
