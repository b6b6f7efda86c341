"""Which words before a colon are people: a label recurs, or opens the file; "Note:" and "He said:" are prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

LABEL = re.compile(r"([^\W\d_][^:：<>\[\]()?!,;\"“”\n]{0,39}(?:\([^:：()\n]{1,39}\))?)(?::(?=\s|$)|：)\s*")
"""A label with its colon, at the start of a line; a role may follow it in brackets. No blank need stand behind the wide
colon of Chinese and Japanese. Bounded, so linear."""

ANY_LABEL = re.compile(r"([^\W\d_][^:：\n]{0,59})(?::(?=\s|$)|：)\s*")
"""Any text before a colon, at the start of a line: a label where every line has one (`label_pattern`)."""

_PROSE = frozenset(
    "note notes warning warnings tip example examples summary chapter part episode section title subject date time "
    "duration source sources update edit ps nb re fyi http https mailto question answer remember first second third "
    "finally also so but and then well yes no okay ok because result conclusion problem solution point plus music "
    "applause laughter laughing silence crosstalk intro outro break sponsor sponsors ad ads links link resources "
    "transcript topic topics tags author credits kind language style hosts guests participants".split()
)
_PARTICLES = frozenset("de la van von der den di da du and & of the bin ibn al".split())
_SOUNDS = frozenset(
    "music laughs laughter laughing applause silence inaudible crosstalk noise coughs cough sighs pause unintelligible "
    "cheering foreign background blank_audio unclear indistinct beep".split()
)


def looks_like_name(label: str) -> bool:
    """Whether each word of it begins like one of a name: `Dr. Ann van Dam`, `Speaker 1`, `SPEAKER_00`, `大明`."""
    words = label.partition("(")[0].split()
    if not 0 < len(words) <= 5 or re.search(r"[^\W\d_]{4,}\.", label):
        return False
    return all(word[0].isupper() or not word[0].islower() or word in _PARTICLES for word in words)


def label_pattern(lines: Sequence[str]) -> re.Pattern[str]:
    """What a label is in these lines: any text before a colon if every line has some and it recurs, else `LABEL`.

    >>> label_pattern(["Ann, host: Hello.", "Bo [Red Hat]: Hi.", "Ann, host: So?", "Bo [Red Hat]: Yes."]) is LABEL
    False
    >>> label_pattern(["Ann: Hello.", "One thing first: no.", "Well, yes: no.", "Bo: Hi."]) is LABEL
    True
    """
    labels = {match and match[1].strip() for match in map(ANY_LABEL.match, lines)}
    is_prose = any(label is None or label.casefold() in _PROSE for label in labels)
    return ANY_LABEL if len(lines) > 3 and 2 * len(labels) <= len(lines) and not is_prose else LABEL


def people_among(heads: Sequence[str | None]) -> frozenset[str]:
    """The labels that are people, from what stands before a colon in each line or caption; None where nothing does.

    >>> sorted(people_among(["Ann", None, "Bo", "Note", "He said"]))
    ['Ann', 'Bo']
    >>> sorted(people_among([None, None, "Monday", None, None]))
    []
    """
    counts = Counter(head for head in heads if head)
    told = sum(counts.values())
    is_labelled = bool(heads) and (2 * told >= len(heads) or heads[0] is not None)
    return frozenset(
        label for label, count in counts.items() if _is_person(label, count, is_labelled, told == len(heads))
    )


def _is_person(label: str, count: int, is_labelled: bool, is_everywhere: bool) -> bool:
    if label.casefold() in _PROSE:
        return False
    if len(label.split()) > 1 and label.split()[0].casefold() in _PROSE and not label.isupper():
        return False
    if not looks_like_name(label):  # a plain word such as `rich:`, in a file where most lines have one
        return (is_everywhere or (is_labelled and count > 1)) and len(label.split()) == 1
    return is_labelled or count > 1 or (label.isupper() and len(label) > 1)


def is_sound(text: str) -> bool:
    """Whether a remark in brackets is no person: `[Music]`, `[crosstalk 00:01]`."""
    return not text.strip() or bool({word.strip("♪.,").casefold() for word in text.split()} & _SOUNDS)


def bracketed(line: str) -> tuple[str, str] | None:
    """`[Rich] text` as the name and the text; None for a remark or a time."""
    match = re.match(r"\[([^\W\d_][^\[\]\n]{0,39})\]\s*(?=\S)", line)
    if match is None or is_sound(match[1]) or not looks_like_name(match[1]):
        return None
    return match[1].strip(), line[match.end() :]
