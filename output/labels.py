"""What stands in bold before a turn: the first name where somebody first speaks, the initial from then on.

Pure. Where initials are shared both speakers keep their first names, and their full names where those are shared too
(HOUSE_STYLE 6). Who the speakers are is decided elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from output.markers import is_event
from transcribe.person_names import first_name

if TYPE_CHECKING:
    from transcribe.style import LabelStyle
    from transcribe.transcript import Speaker

_LONGEST = 50  # characters; the parser takes 60, a number or a note may follow


@dataclass(frozen=True, slots=True)
class Label:
    """A speaker's label at the first turn and at every later one."""

    first: str
    later: str


def labels_of(speakers: Sequence[Speaker], style: LabelStyle = "name-then-initial") -> Mapping[str, Label]:
    """The labels of the speakers (those who have turns, in any order), by speaker id. No two share one."""
    full = _numbered(speakers)
    name = _unless_shared(speakers, _short_name, otherwise=full)
    initial = _unless_shared(speakers, lambda speaker: _initial(_short_name(speaker)), otherwise=name)
    first, later = {
        "name-then-initial": (name, initial),
        "initial": (initial, initial),
        "name": (name, name),
        "full-name-then-name": (full, name),
    }[style]
    return {speaker.id: Label(first[speaker.id], later[speaker.id]) for speaker in speakers}


def printable(name: str) -> str:
    """A name as a label that `output.parse` reads back: letters, digits and the marks names have, at most 60 of them.

    >>> printable('Rich "RB" Bowen'), printable("Q/A"), printable("Note")
    ('Rich RB Bowen', 'Q A', 'Note (speaker)')
    """
    plain = " ".join(re.sub(r"[^\w .,'’()&$-]|_", " ", name).split()).lstrip(" .,'’()&$-")[:_LONGEST].strip()
    if not any(sign.isalnum() for sign in plain):
        return "Speaker"
    return f"{plain} (speaker)" if is_event(plain) else plain


def folded(text: str) -> str:
    """Letters without accents or case: what counts as the same name.

    >>> folded("Haïkel")
    'haikel'
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _short_name(speaker: Speaker) -> str:
    """The first name as the parser finds it in the printed full name: "J" of "J+R Smith"."""
    return printable(first_name(printable(speaker.name)))


def _initial(label: str) -> str:
    """The first letter, upper case where that is one letter (of ß it is not)."""
    upper = label[0].upper()
    return upper if len(upper) == 1 < len(label) else label[0]


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
        name = printable(speaker.name)
        seen[folded(name)] += 1
        names[speaker.id] = name if seen[folded(name)] == 1 else f"{name} {seen[folded(name)]}"
    return names
