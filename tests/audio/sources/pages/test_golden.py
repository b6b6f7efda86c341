"""Odd pages, one a file in `cases/`: what each gives was written by hand from what a listener would mean."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

from audio.errors import PageError
from tests.audio.sources.pages.golden import CASES, found, left_out_line, line_of, read_case

PATHS = sorted(CASES.glob("*.page"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_what_is_on_the_page_is_meant(path: Path) -> None:
    case = read_case(path)
    if case.error:
        with pytest.raises(PageError) as caught:
            found(case.url, case.documents)
        assert str(caught.value).startswith(f"{case.url}: {case.error}")
        return
    episodes, left_out = found(case.url, case.documents)
    pairs = zip_longest(episodes, case.episodes[: len(episodes)], fillvalue="")
    assert [line_of(each, like=like) for each, like in pairs] == case.episodes
    assert list(map(left_out_line, left_out)) == case.left_out
