"""Progress bars of downloads: one for each that is under way, and above them one for all. For the command line only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TextIO

from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from tqdm import tqdm

    from audio.episode import Episode

_NAME_LENGTH = 30  # letters of a title that are shown


class DownloadBars:
    """Draws on `stream`, which is a terminal. Told of by one thread at a time (`transcribe.cli.bars` sees to it).

    `expected` is how many downloads there will be, as far as is known: from two on, a bar tells of all together. It
    knows the bytes they have in all, and so the time left, only when the last of them has begun; until then it tells
    the bytes that are here, the rate and how many files are done.
    """

    def __init__(self, stream: TextIO, *, expected: int = 0) -> None:
        self._stream = stream
        self._expected = expected
        self._above = 0
        self._bars: dict[object, tqdm[NoReturn]] = {}
        self._all: tqdm[NoReturn] | None = None
        self._here: dict[object, int] = {}
        self._whole: dict[object, int | None] = {}

    def tell(self, episode: Episode, here: int, total: int | None) -> None:
        """`here` of `total` bytes of an episode's audio are on this machine."""
        key = (episode.title, episode.audio_url)
        self._here[key], self._whole[key] = here, total
        if self._all is not None or max(self._expected, len(self._here)) > 1:
            self._tell_of_all()
        name = episode.title if len(episode.title) <= _NAME_LENGTH else f"{episode.title[: _NAME_LENGTH - 1]}…"
        bar = self._bars.get(key)
        if bar is None:  # not to be asked for its truth: tqdm knows none without a total
            bar = self._new(key, for_terminal(name))
        bar.total = total
        bar.update(here - bar.n)
        if total is not None and here >= total:
            self._close(key)

    def give_up(self, episode: Episode) -> None:
        """The episode does not come: it counts no more."""
        key = (episode.title, episode.audio_url)
        self._close(key)
        self._here.pop(key, None)
        self._whole.pop(key, None)
        self._expected = max(self._expected - 1, 0)

    def below(self, lines: int) -> None:
        """Other things stand in so many lines of the screen: the bars go below them."""
        if lines != self._above:
            for bar in self._on_screen():
                bar.clear()
                bar.pos -= lines - self._above
            self._above = lines

    def clear(self) -> None:
        """Take all bars off the screen."""
        for bar in self._on_screen():
            bar.close()
        self._bars.clear()
        self._all = None

    def _on_screen(self) -> list[tqdm[NoReturn]]:
        return [bar for bar in (self._all, *self._bars.values()) if bar is not None]

    def _close(self, key: object) -> None:
        bar = self._bars.pop(key, None)
        if bar is not None:
            bar.close()

    def _tell_of_all(self) -> None:
        bar = self._all
        if bar is None:
            bar = self._all = self._bar("all", initial=sum(self._here.values()), position=0)
        sizes = list(self._whole.values())
        known = [size for size in sizes if size is not None]
        files = max(self._expected, len(sizes))
        done = sum(self._here[key] == size for key, size in self._whole.items())
        bar.total = sum(known) if len(known) == files else None
        bar.set_description_str(f"{done} of {files} files", refresh=False)
        bar.update(sum(self._here.values()) - bar.n)

    def _new(self, key: object, name: str) -> tqdm[NoReturn]:
        taken = {-bar.pos - self._above for bar in self._bars.values()}
        first = next(place for place in range(1, len(taken) + 2) if place not in taken)
        bar = self._bars[key] = self._bar(name, initial=0, position=first)
        return bar

    def _bar(self, name: str, *, initial: int, position: int) -> tqdm[NoReturn]:
        from tqdm import tqdm

        return tqdm(
            desc=name,
            initial=initial,
            position=position + self._above,
            leave=False,
            unit="B",
            unit_scale=True,
            file=self._stream,
        )
