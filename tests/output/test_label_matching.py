"""Which earlier name a label stands for: the same as by comparing with each, in time that grows with the draft."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.label_matching import NamesSoFar
from output.labels import fold_name
from output.markers import WarningKind
from output.parse import parse
from tests.support.counting import counting
from transcribe.person_names import first_name

PIECES = "A a Á Al Ali Alice ALICE Dr. Mr. ß ss S. B . .. \u302a 日本 T".split()
LABELS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from((" ".join(words), "".join(words)))
)


def compared(label: str, names: list[str]) -> list[str]:
    """The names that fit, found by comparing the label with every one of them."""
    short = fold_name(label).rstrip(".")
    bare = "".join(sign for sign in label.rstrip(".") if unicodedata.category(sign)[0] != "M")
    if len(bare or label.rstrip(".")) == 1:
        exact = [name for name in names if fold_name(name.split()[0]) == short]
        return exact or [name for name in names if fold_name(name).startswith(short)]
    if whole := [name for name in names if fold_name(name).rstrip(".") == short]:
        return whole[:1]
    by_first = [
        name
        for name in names
        if " " in name and short in (fold_name(first_name(name)), fold_name(name.split()[0]).rstrip("."))
    ]
    if by_first or len(short) < 3 or " " in short:
        return by_first
    return [name for name in names if " " in name and fold_name(name).startswith(short)]


@given(st.lists(LABELS, unique=True, max_size=25))
def test_a_label_fits_the_names_that_it_fits_one_by_one(labels: list[str]) -> None:
    names, so_far = NamesSoFar(labels), list[str]()
    for label in labels:
        fitting = list(names.fitting(label))
        assert fitting == compared(label, so_far)
        if len(fitting) != 1:
            names.add(label)
            so_far.append(label)


@given(st.lists(st.text(st.characters(categories=("L", "M")), min_size=1, max_size=4), max_size=20))
def test_labels_of_any_letters_fit_the_same_names(words: list[str]) -> None:
    labels = list(dict.fromkeys(label for word in words for label in (f"{word} Q", word, word[0], word.upper())))
    names = NamesSoFar(labels)
    for count, label in enumerate(labels):
        assert list(names.fitting(label)) == compared(label, labels[:count])
        names.add(label)


def spelled(number: int) -> str:
    """Each number in upper and lower case letters of its own."""
    return "".join("aA"[number >> bit & 1] for bit in range(14))


DRAFTS: dict[str, Callable[[int], str]] = {
    "full names": lambda number: f"**Nn{number:x} Q**: x\n\n",
    "single names": lambda number: f"**Nn{number:x}q**: x\n\n",
    "initials": lambda number: f"**Nn{number:x}q**: x\n\n**{chr(0x4E00 + number)}**: y\n\n",
    "nicknames of all": lambda number: f"**{'a' * 14}z {number}**: x\n\n**Q{spelled(number)}**: y\n\n",
    "ambiguous nicknames": lambda number: f"**{'a' * 14}z {number}**: x\n\n**{spelled(number)}**: y\n\n",
}


@pytest.mark.parametrize("kind", DRAFTS)
def test_many_labels_take_work_in_proportion(kind: str) -> None:
    work, told = [], []
    for count in (100, 800):
        source = "".join(map(DRAFTS[kind], range(count)))
        with counting() as calls:
            draft = parse(source)
        assert len(draft.turns) >= count
        work.append(calls["python"] + calls["c"])
        told.append(sum(len(str(warning)) for warning in draft.warnings))
    assert work[1] < 12 * work[0]
    assert told[1] < 12 * max(told[0], 100)


def test_a_label_that_fits_very_many_names_is_told_with_some_of_them() -> None:
    source = "".join(f"**Ann {number}**: x\n\n" for number in range(100))
    [warning] = parse(f"{source}**ANN**: y\n").warnings
    assert warning.kind is WarningKind.AMBIGUOUS_LABEL
    assert warning.message.startswith("'ANN' could be Ann 0 or Ann 1 or ")
    assert warning.message.endswith("Ann 11 or one of 88 others")
