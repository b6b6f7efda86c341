"""Which voice behaves like a host: opens, welcomes, asks the questions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.speakers.name_clues import count_questions, welcomes
from transcribe.transcript import Turn

_CLEAR_HOST = 0.5  # points between the likeliest host and the next below which the choice is a guess


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a voice behaves; `description` lists what it does that hosts do."""

    voice: str
    host_points: float
    description: str

    def evidence(self, *, unnamed: int, voices: int) -> str:
        """Why this voice is the host without a spoken name; `unnamed` of the `voices` have no name yet."""
        only = "" if unnamed > 1 else "the only voice" if voices == 1 else "the only voice left"
        return "; ".join(filter(None, (only, self.description))) or "by order of appearance"


def conduct_of(turns: Sequence[Turn]) -> list[Conduct]:
    """The conduct of every voice, in order of appearance."""
    questions: dict[str, int] = dict.fromkeys((turn.speaker for turn in turns), 0)
    greets = dict.fromkeys(questions, False)
    for turn in turns:
        questions[turn.speaker] += count_questions(turn)
        greets[turn.speaker] |= welcomes(turn)
    total = sum(questions.values())
    conduct = []
    for number, voice in enumerate(questions):
        share = questions[voice] / total if total >= 2 else 0.0
        points = (number == 0) * 0.4 + 2.0 * share + greets[voice] * 1.0
        actions = ["opens"] * (number == 0) + ["welcomes or thanks"] * greets[voice]
        asked = f"asks {questions[voice]} of {total} questions" if total > 1 else "asks the only question"
        actions += [asked] * (questions[voice] > 0)
        conduct.append(Conduct(voice, points, ", ".join(actions)))
    return conduct


def is_clear_host(ranked: Sequence[Conduct]) -> bool:
    """Whether the first of the candidates, likeliest host first, leads by enough."""
    return len(ranked) == 1 or ranked[0].host_points - ranked[1].host_points >= _CLEAR_HOST
