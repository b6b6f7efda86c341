"""Whether one voice may be two people's: it asks and answers itself, or greets several people by name. English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from transcribe.speakers.name_clues import find_clues
from transcribe.speakers.name_patterns import Kind
from transcribe.transcript import Turn

_ANSWER = re.compile(
    r"\b(?:you|your|we)\b[^.!?]{0,200}\?[\"”’']?\s+"
    r"(?:Yes|Yeah|Yep|No|Nope|Sure|Absolutely|Exactly|Of course|Well|Oh|Thank you|Thanks|Not really|I think|I was|I am|"
    r"I'm|I’m|I had|I have|I've|I’ve|I'd|I’d|I don't|I don’t|I didn't|I didn’t|My)\b"
)
_FEWEST = 2  # answers, or names


def self_answers(turns: Sequence[Turn]) -> str:
    """What only two people do, of a transcript with one speaker: "asks and answers 4 times"; empty if there is nothing.

    A question to somebody ("you") that is answered at once counts, not one that is asked for effect.
    """
    if len({turn.speaker for turn in turns}) != 1:
        return ""
    answers = sum(len(_ANSWER.findall(turn.text)) for turn in turns)
    if answers >= _FEWEST:
        return f"asks and answers {answers} times"
    names = dict.fromkeys(clue.name for clue in find_clues(turns) if clue.kind is Kind.GREETING and clue.weight < 0)
    return f"greets {' and '.join(list(names)[:2])}" if len(names) >= _FEWEST else ""
