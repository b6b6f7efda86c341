"""Dialogues with nobody's name in them and with two, and the naming of their voices."""

from __future__ import annotations

from audio.episode import Person
from transcribe.speakers.naming import Naming, name_speakers
from transcribe.transcript import Turn
from transcribe.transcript_warnings import WarningCode


def name(turns: list[Turn], *names: str, people: tuple[Person, ...] = ()) -> Naming:
    return name_speakers(turns, names=names, host="Rich", guest="Guest", people=people)


def names_by_id(naming: Naming) -> dict[str, str]:
    return {speaker.id: speaker.name for speaker in naming.speakers}


def codes(naming: Naming) -> list[WarningCode]:
    return [warning.code for warning in naming.warnings]


def certainties(naming: Naming) -> list[str]:
    return [speaker.certainty for speaker in naming.speakers]


INTERVIEW = (
    ("S1", "Welcome to the show. I'm Grete Holm, and today I'm speaking with Haikel Ben Salem. Hello, Haikel."),
    ("S2", "Thank you, Grete. I am glad to be here."),
    ("S1", "How did you come to packaging?"),
    ("S2", "By accident, through a friend in Tunis."),
    ("S1", "Was it hard?"),
    ("S2", "At first it was."),
)
PLAIN = (
    ("S1", "So how long does a release take?"),
    ("S2", "Two weeks when all goes well."),
    ("S1", "And when it doesn't?"),
    ("S2", "Then it takes a month. Is that long?"),
    ("S1", "Who decides?"),
    ("S2", "We all do."),
)
