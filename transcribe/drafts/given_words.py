"""Words that an edited draft gives to another speaker than the timed transcript does: where they are, for spans and
for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from audio.episode import Seconds
from output.text import clock
from transcribe.alignment.realign import Realignment
from transcribe.transcript import Word

_SHOWN = 5  # passages in a report


@dataclass(frozen=True, slots=True)
class GivenWords:
    """Consecutive words of one speaker, the id `old`, that are another's, `new`, now, in the edited turn `turn`.

    `is_relabelled` if all of that turn was others': then its label was changed. `is_turn` if these are all words left
    of what `old` said there.
    """

    turn: int
    start: Seconds
    end: Seconds
    old: str
    new: str
    words: int
    is_turn: bool
    is_relabelled: bool


def given_words(realigned: Realignment, ids: Sequence[str], owners: Sequence[str]) -> tuple[GivenWords, ...]:
    """The passages that have other speakers now, turn by turn: `ids` are those of the edited turns, `owners` those of
    the timed words."""
    changes = (before != after for before, after in pairwise(owners))
    heard = list(accumulate(changes, initial=0))  # for each timed word, the run of one speaker that it is in
    left = Counter(heard[i] for turn in realigned.turns for i in turn.origins if i is not None)
    found: list[GivenWords] = []
    for number, (turn, new) in enumerate(zip(realigned.turns, ids, strict=True)):
        known = [(word, i) for word, i in zip(turn.words, turn.origins, strict=True) if i is not None]
        is_relabelled = all(owners[i] != new for _, i in known)
        runs: list[list[tuple[Word, int]]] = []
        for word, i in known:
            last = runs[-1][-1][1] if runs else -1
            if 0 <= last <= i and heard[last] == heard[i]:
                runs[-1].append((word, i))
            else:
                runs.append([(word, i)])
        for run in runs:
            if (old := owners[run[0][1]]) != new:
                start, end = min(word.start for word, _ in run), max(word.end for word, _ in run)
                is_turn = len(run) == left[heard[run[0][1]]]
                found.append(GivenWords(number, start, end, old, new, len(run), is_turn, is_relabelled))
    return tuple(found)


def told(given: Sequence[GivenWords], names_before: Mapping[str, str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The passages in words, but for those of turns with another label, which a report counts. The speakers' names,
    before and now, are by their ids.

    >>> told([GivenWords(0, 12.4, 20.0, "S2", "S1", 31, True, False)], {"S2": "Nora"}, {"S1": "Rich"})
    ("the turn at 0:12 is Rich's now (was Nora's)",)
    """
    passages = [one for one in given if not one.is_relabelled]
    lines = []
    for one in passages[:_SHOWN]:
        what = "the turn" if one.is_turn else "1 word" if one.words == 1 else f"{one.words} words"
        verb = "is" if one.is_turn or one.words == 1 else "are"
        whose = f"{names[one.new]}'s now (was {names_before[one.old]}'s)"
        lines.append(f"{what} at {clock(one.start)} {verb} {whose}")
    if len(passages) > _SHOWN:
        lines.append(f"{len(passages) - _SHOWN} more passages given to others")
    return tuple(lines)
