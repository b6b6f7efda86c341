"""A glossary may come with somebody else's checkout: the work on it grows with its size, not with its square."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import counting
from transcribe.errors import SettingsError
from transcribe.recognition.glossary import parse, split_marks

PARTS = re.compile(r"(\W*)(.*?)((?:['’]s)?\W*)", re.DOTALL)  # what it means, in quadratic time


@given(st.text(st.sampled_from("as'’!() .é\u0301\n"), max_size=12))
def test_marks_are_split_as_defined(text: str) -> None:
    match = PARTS.fullmatch(text)
    assert match
    assert split_marks(text) == match.groups()


TEXTS: dict[str, Callable[[int], str]] = {
    "names": lambda n: "\n".join(f"Name{i}" for i in range(n)),
    "names in a line": lambda n: ",".join(f"Name{i}" for i in range(n)),
    "mishearings": lambda n: "\n".join(f"Mis{i} -> Name{i}" for i in range(n)),
    "mishearings of one": lambda n: "\n".join(f"Mis{i} -> Name" for i in range(n)),
    "a fault at the end": lambda n: "\n".join(f"Mis{i} -> Name{i}" for i in range(n)) + "\nMis1 -> Other",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_work_grows_with_the_size(kind: str) -> None:
    work = []
    for n in (100, 800):
        with counting() as calls, contextlib.suppress(SettingsError):
            parse(TEXTS[kind](n))
        work.append(calls["python"] + calls["c"])
    assert work[1] < 16 * work[0]


def test_the_first_line_at_fault_is_named() -> None:
    with pytest.raises(SettingsError, match="line 801: 'Mis1' cannot stand for 'Other'"):
        parse(TEXTS["a fault at the end"](800) + "\nMis2 -> Other")


@pytest.mark.parametrize("piece", ["a{}a", "{}", "a{}", "a's{}a"])
def test_one_long_word_takes_time_in_proportion(piece: str) -> None:
    """One call of a regular expression may take any time, so sizes are compared: a square would be 400 times."""
    spent = []
    for n in (20_000, 400_000):
        times = []
        for _ in range(3):
            began = time.process_time()
            split_marks(piece.format("!" * n))
            times.append(time.process_time() - began)
        spent.append(min(times))
    assert spent[1] < 100 * max(spent[0], 0.0005)


def test_blanks_around_an_arrow_take_time_in_proportion() -> None:
    spent = []
    for n in (5_000, 100_000):
        began = time.process_time()
        assert len(parse(f"Wooler{' ' * n}->{' ' * n}Wuille").terms) == 1
        spent.append(time.process_time() - began)
    assert spent[1] < 100 * max(spent[0], 0.0005)
