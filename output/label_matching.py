"""Which earlier name a label can stand for: the same in other letters ("ANN"), or one that it shortens to the initial,
the first name, or a nickname of three letters.

Each name and each label costs the same, however many came before: a draft of many speakers takes time in proportion.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from output.labels import fold_name
from transcribe.person_names import first_name
from transcribe.scripts import MARKS

_MARKS = re.compile(f"[{MARKS}]")
_SHORTEST = 3  # letters of a nickname


class NamesSoFar:
    """The names of a post's speakers up to some turn, and those among them that a new label abbreviates.

    `labels` are all that will be asked about: only their beginnings are indexed.

    >>> names = NamesSoFar(["Rich Bowen", "Haikel", "R"])
    >>> names.add("Rich Bowen")
    >>> names.fitting("R"), names.fitting("Haikel")
    (['Rich Bowen'], [])
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._by_whole: dict[str, str] = {}
        self._by_first_word = defaultdict[str, list[str]](list)
        self._by_first_name = defaultdict[str, list[str]](list)  # of full names
        self._by_initial: dict[str, list[str]] = {}
        self._by_nickname: dict[str, list[str]] = {}  # of full names
        for label in labels:
            short = _short(label)
            if _is_initial(label):
                self._by_initial[short] = []
            elif _can_be_nickname(short):
                self._by_nickname[short] = []
        self._lengths = {len(short) for short in (*self._by_initial, *self._by_nickname)}

    def add(self, name: str) -> None:
        """Remember a name; no name comes twice."""
        folded, first_word = fold_name(name), fold_name(name.split()[0])
        is_full = " " in name
        self._by_whole.setdefault(_short(name), name)
        self._by_first_word[first_word].append(name)
        if is_full:
            for first in {fold_name(first_name(name)), first_word.rstrip(".")}:
                self._by_first_name[first].append(name)
        for length in self._lengths:
            beginning = folded[:length]
            for index in (self._by_initial, self._by_nickname) if is_full else (self._by_initial,):
                if len(beginning) == length and beginning in index:
                    index[beginning].append(name)

    def fitting(self, label: str) -> Sequence[str]:
        """The names that a label can abbreviate, in the order in which they came."""
        short = _short(label)
        if _is_initial(label):
            exact = self._by_first_word.get(short)  # "Z" of "Z Young", not "Zed"
            return exact or self._by_initial[short]
        if short in self._by_whole:
            return [self._by_whole[short]]
        by_first = self._by_first_name.get(short, [])
        return by_first or (self._by_nickname[short] if _can_be_nickname(short) else [])


def _short(label: str) -> str:
    return fold_name(label).rstrip(".")


def _is_initial(label: str) -> bool:
    plain = label.rstrip(".")
    return len(_MARKS.sub("", plain) or plain) == 1


def _can_be_nickname(short: str) -> bool:
    return len(short) >= _SHORTEST and " " not in short
