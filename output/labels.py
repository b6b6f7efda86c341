"""What stands in bold before a turn: the first name where somebody first speaks, the initial from then on.

Pure. Where initials are shared both speakers keep their first names, and their full names where those are shared too
(HOUSE_STYLE 6). Who the speakers are is decided elsewhere.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from transcribe.transcript import Speaker

LabelStyle = Literal["name-then-initial", "initial", "name", "full-name-then-name"]


@dataclass(frozen=True, slots=True)
class Label:
    """A speaker's label at the first turn and at every later one."""

    first: str
    later: str


def labels_of(speakers: Sequence[Speaker], style: LabelStyle = "name-then-initial") -> Mapping[str, Label]:
    """The labels of the speakers (those who have turns, in any order), by speaker id. No two share one."""
    full = _numbered(speakers)
    name = _unless_shared(speakers, lambda speaker: " ".join(speaker.label.split()), otherwise=full)
    initial = _unless_shared(speakers, lambda speaker: speaker.initial, otherwise=name)
    first, later = {
        "name-then-initial": (name, initial),
        "initial": (initial, initial),
        "name": (name, name),
        "full-name-then-name": (full, name),
    }[style]
    return {speaker.id: Label(first[speaker.id], later[speaker.id]) for speaker in speakers}


def folded(text: str) -> str:
    """Letters without accents or case: what counts as the same name.

    >>> folded("Haïkel")
    'haikel'
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _unless_shared(
    speakers: Sequence[Speaker], label_of: Callable[[Speaker], str], *, otherwise: Mapping[str, str]
) -> dict[str, str]:
    counts = Counter(folded(label_of(speaker)) for speaker in speakers)
    return {s.id: label_of(s) if counts[folded(label_of(s))] == 1 else otherwise[s.id] for s in speakers}


def _numbered(speakers: Sequence[Speaker]) -> dict[str, str]:
    """Full names; people of one name are numbered from the second on."""
    seen: Counter[str] = Counter()
    names = {}
    for speaker in speakers:
        name = " ".join(speaker.name.split())
        seen[folded(name)] += 1
        names[speaker.id] = name if seen[folded(name)] == 1 else f"{name} {seen[folded(name)]}"
    return names
