"""The real weights find the same twice, with any number of threads and of windows at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checking import Check
from transcribe.cli import main

HERE = Path(__file__).parent


@pytest.mark.models
def test_the_number_of_threads_changes_no_word_of_a_clip_that_ships(check: Check, tmp_path: Path) -> None:
    """Stated tolerance: none on this clip; int8 sums are exact, so threads cannot change what is decoded."""
    reports = []
    for threads in ("1", "2"):
        with pytest.raises(SystemExit) as caught:
            main(["check", str(HERE / "clips" / "short.mp3"), "--fresh", "--threads", threads, "--baseline", "b.json",
                  "--update-baseline"])  # fmt: skip
        assert caught.value.code == 0
        reports.append((tmp_path / "b.json").read_text())
    assert reports[0] == reports[1]
