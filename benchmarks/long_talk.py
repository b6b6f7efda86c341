"""A synthetic 3-hour transcript to edit: 30,000 words (frequencies by Zipf's law) in 900 turns of two speakers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from audio.episode import Episode
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word

T = TypeVar("T")

WORDS, TURNS = 30_000, 900


def long_talk() -> Transcript:
    """Three hours of synthetic speech."""
    chance = random.Random(3)
    vocabulary = [f"{chance.choice('bdfgklmnprst')}{chance.choice('aeiou')}{i}" for i in range(8000)]
    weights = [1 / (rank + 2) for rank in range(len(vocabulary))]
    spoken = iter(chance.choices(vocabulary, weights, k=WORDS))
    clock, turns = 0.5, []
    for index in range(TURNS):
        words = []
        for position in range(WORDS // TURNS):
            end = chance.choice((".", ",", "")) if position % 12 == 11 else ""
            words.append(Word((next(spoken) + end).strip(), clock, clock + 0.3, chance.uniform(0.44, 1)))
            clock += 0.355
        turns.append(Turn(f"S{index % 2 + 1}", tuple(words)))
    people = (Speaker("S1", "Ada Lovelace"), Speaker("S2", "Bob Moog"))
    made = MadeWith("0.1.0", "none", "none", "0" * 64, settings={"wrap": 70})
    return Transcript(
        Episode("Three hours", path=Path("talk.wav"), duration=clock), "en", people, tuple(turns), (), made
    )


def report_time(label: str, action: Callable[[], T], target: str) -> T:
    """Run an action and print how long it took."""
    start = time.perf_counter()
    result = action()
    print(f"{label:<44} {time.perf_counter() - start:7.2f} s   (target {target})")
    return result
