"""Where names that are known from elsewhere are said: calls, and mentions. Pure.

Only these names are looked for, so they may stand where any word could.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from transcribe.person_names import first_name, untitled
from transcribe.speakers.addressees import Clue, TurnTexts, about_others
from transcribe.speakers.name_patterns import Kind
from transcribe.transcript import Turn

_MOST_MENTIONS, _MENTIONED = 4, 0.4  # of a name by one voice, and the points of each
_CALLED = 1.5  # points
_LONGEST_WORD = 80  # characters looked at for the word before a name


def find_calls(turns: Sequence[Turn], names: Sequence[str]) -> tuple[Clue, ...]:
    """Where somebody is called by one of these names: "Jane?" or "Mark! Hi.", a sentence that is only a name.

    Only the given names are searched for, as written: "Really?" looks the same. A name with a full stop is no call: it
    answers a question.
    """
    forms = {form for name in names if name.strip() for form in (name, untitled(name), first_name(name))}
    if not forms:
        return ()
    alternatives = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    call = re.compile(rf"(?:^|(?<=[.!?…])\s+)(?P<name>{alternatives})(?=[?!])", re.IGNORECASE)
    calls: list[Clue] = []
    said = TurnTexts.of(turns)
    for index, text in enumerate(said.texts):
        for match in call.finditer(text):
            start = match.start("name")
            before = text[max(0, start - _LONGEST_WORD) : start].split()[-1:]
            if before and untitled(f"{before[0]} {match['name']}") == match["name"]:
                continue  # the dot before it is a title's
            calls += about_others(said, index, match, name=match["name"], weight=_CALLED, kind=Kind.CALL)
    return tuple(calls)


def find_mentions(turns: Sequence[Turn], names: Sequence[str]) -> tuple[Clue, ...]:
    """Where these names are said at all, a few times by each voice: whoever says a name is hardly its bearer."""
    firsts = {first_name(name): name for name in names if name.strip()}
    if not firsts:
        return ()
    alternatives = "|".join(re.escape(form) for form in sorted(firsts, key=len, reverse=True))
    mention = re.compile(rf"(?<![\w'’-])(?P<name>{alternatives})(?![\w-])")
    counted: Counter[tuple[str, str]] = Counter()
    found: list[Clue] = []
    said = TurnTexts.of(turns)
    for index, turn in enumerate(turns):
        for match in mention.finditer(said.texts[index]):
            pair = (turn.speaker, match["name"])
            counted[pair] += 1
            if counted[pair] <= _MOST_MENTIONS:
                time = said.time_of(index, match.start())
                found.append(Clue(match["name"], turn.speaker, -_MENTIONED, match["name"], time, Kind.MENTION))
    return tuple(found)
