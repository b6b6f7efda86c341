"""Bars of downloads, read from the output to a terminal."""

from __future__ import annotations

import io
import re

from audio.episode import Episode
from transcribe.cli.bars import STAGE_LABELS, Bars
from transcribe.cli.progress_meter import _SHARE
from transcribe.declaration import Stage
from transcribe.pipeline.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def episode(name: str) -> Episode:
    return Episode(name, audio_url=f"https://x.example/{name}.mp3")


def last(screen: Terminal, beginning: str) -> str:
    """The bar with this beginning, as last drawn."""
    return [line for line in re.split(r"[\r\n]|\x1b\[A", screen.getvalue()) if line.startswith(beginning)][-1]


def draw(bars: Bars) -> None:
    """Draw the last update immediately: tqdm draws at most ten times a second."""
    assert bars._downloads
    for bar in (*bars._downloads._bars.values(), bars._downloads._total_bar):
        if bar is not None:
            bar.refresh()


def test_each_download_has_a_bar_and_all_share_one() -> None:
    screen = Terminal()
    with Bars(screen, downloads=2) as bars:
        bars.download(episode("one"), 1_000_000, 4_000_000)
        draw(bars)
        assert "1.00M/4.00M" in last(screen, "one:")
        assert "1.00MB [" in last(screen, "0 of 2 files:")  # the size of the other is unknown
        bars.download(episode("two"), 2_000_000, 4_000_000)
        draw(bars)
        assert "2.00M/4.00M" in last(screen, "two:")
        assert "3.00M/8.00M" in last(screen, "0 of 2 files:")
        bars.download(episode("one"), 4_000_000, 4_000_000)
        draw(bars)
        assert "6.00M/8.00M" in last(screen, "1 of 2 files:")


def test_one_title_twice_has_two_bars() -> None:
    screen = Terminal()
    with Bars(screen) as bars:
        for number in (1, 2):
            bars.download(Episode("same", audio_url=f"https://x.example/{number}"), number * 1_000_000, 9_000_000)
        draw(bars)
    assert "1.00M/9.00M" in screen.getvalue()
    assert "2.00M/9.00M" in screen.getvalue()
    assert "3.00M/18.0M" in last(screen, "0 of 2 files:")


def test_a_failed_download_no_longer_counts() -> None:
    screen = Terminal()
    with Bars(screen, downloads=3) as bars:
        bars.download(episode("one"), 1_000_000, 4_000_000)
        bars.download(episode("two"), 2_000_000, None)
        bars.download_failed(episode("two"))
        bars.download_failed(episode("three"))  # never started
        bars.download(episode("one"), 4_000_000, 4_000_000)
        draw(bars)
        assert "4.00M/4.00M" in last(screen, "1 of 1 files:")


def test_one_download_has_no_bar_for_all_and_without_a_terminal_there_is_none() -> None:
    screen, pipe = Terminal(), io.StringIO()
    for stream in (screen, pipe):
        with Bars(stream, downloads=1) as bars:
            bars.download(episode("a \x1b[2J title"), 1, 2)
    assert "files" not in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()
    assert pipe.getvalue() == ""


def test_bars_are_below_the_lines_of_a_run_and_move_with_them() -> None:
    screen = Terminal()
    with Bars(screen) as bars:
        bars.lines(["one line"])
        bars.download(episode("one"), 1, 4)
        bars.download(episode("two"), 1, 4)
        assert bars._downloads
        places = [sorted(-bar.pos for bar in bars._downloads._on_screen())]
        bars.lines(["one line", "another", "a third"])
        places.append(sorted(-bar.pos for bar in bars._downloads._on_screen()))
        bars.download(episode("three"), 1, 4)
        places.append(sorted(-bar.pos for bar in bars._downloads._on_screen()))
        bars.lines([])
        places.append(sorted(-bar.pos for bar in bars._downloads._on_screen()))
    assert places == [[1, 2, 3], [3, 4, 5], [3, 4, 5, 6], [0, 1, 2, 3]]


def test_lines_and_bars_of_stages_are_removed_separately() -> None:
    screen = Terminal()
    with Bars(screen) as bars:
        bars.on_progress(Progress(0, "line of a stage", 0.5))  # type: ignore[arg-type]  # whatever its name
        bars.lines(["one line", "another"])
        bars.lines(["one line"])
        bars.on_progress(Progress(0, Stage.DECODE, 0.5))
        assert [bar.desc for bar in bars._line_bars] == ["one line"]
        assert list(bars._stage_bars) == ["line of a stage", Stage.DECODE]
        bars.lines([])
        assert list(bars._stage_bars) == ["line of a stage", Stage.DECODE]


def test_the_display_knows_stages_by_value() -> None:
    assert all(isinstance(stage, Stage) for stage in (*STAGE_LABELS, *_SHARE))
