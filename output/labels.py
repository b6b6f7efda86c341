"""The bold labels before turns: the first name at a speaker's first turn, then the initial.

Pure. Speakers with the same initial keep their first names, and with the same first name their full names
(HOUSE_STYLE 6).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audio.letters import without_accents
from output.marker_evidence import PERSON, is_event, is_section
from transcribe.person_names import first_name
from transcribe.scripts import MARKS, composed

if TYPE_CHECKING:
    from transcribe.style import LabelStyle
    from transcribe.transcript import Speaker

_NO_LABEL = re.compile(rf"[^\w .,'’()&${MARKS}-]|_")
_BEFORE_NAME = re.compile(rf"^[ .,'’()&${MARKS}-]+")
_LONGEST = 50  # characters; the parser accepts 60, a number or a note can follow


@dataclass(frozen=True, slots=True)
class Label:
    """A speaker's label at the first turn and at later ones."""

    first: str
    later: str


def labels_of(speakers: Sequence[Speaker], style: LabelStyle = "name-then-initial") -> Mapping[str, Label]:
    """The labels of the speakers with turns, by speaker id. No two speakers have the same label."""
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


def printable_name(name: str) -> str:
    """A name as a label that `output.parse` can read: letters, digits, the punctuation of names.

    >>> printable_name('Rich "RB" Bowen'), printable_name("Q/A"), printable_name("Note")
    ('Rich RB Bowen', 'Q A', 'Note (speaker)')
    """
    plain = " ".join(_NO_LABEL.sub(" ", composed(name)).split())
    plain = _BEFORE_NAME.sub("", plain)[:_LONGEST].strip()
    if not any(sign.isalnum() for sign in plain):
        return "Speaker"
    return f"{plain}{PERSON}" if is_event(plain) or is_section(plain) else plain


def fold_name(text: str) -> str:
    """The text without accents and case, to compare names.

    >>> fold_name("Haïkel")
    'haikel'
    """
    return without_accents(text)


def _short_name(speaker: Speaker) -> str:
    """The speaker's label. A first name is printed as the parser finds it in the full name: "J" of "J+R Smith"."""
    is_first_name = speaker.label == first_name(speaker.name)
    return printable_name(first_name(printable_name(speaker.name)) if is_first_name else speaker.label)


def _initial(label: str) -> str:
    """The first letter, in upper case if that is the same letter (for ß it is two letters, for ı another one)."""
    upper = label[0].upper()
    return upper if len(label) > 1 and fold_name(upper) == fold_name(label[0]) and len(upper) == 1 else label[0]


def _unless_shared(
    speakers: Sequence[Speaker], label_of: Callable[[Speaker], str], *, otherwise: Mapping[str, str]
) -> dict[str, str]:
    counts = Counter(fold_name(label_of(speaker)) for speaker in speakers)
    return {s.id: label_of(s) if counts[fold_name(label_of(s))] == 1 else otherwise[s.id] for s in speakers}


def _numbered(speakers: Sequence[Speaker]) -> dict[str, str]:
    """Full names; speakers with the same name get a number from the second on."""
    seen: Counter[str] = Counter()
    names = {}
    for speaker in speakers:
        name = printable_name(speaker.name)
        seen[fold_name(name)] += 1
        names[speaker.id] = name if seen[fold_name(name)] == 1 else f"{name} {seen[fold_name(name)]}"
    return names
