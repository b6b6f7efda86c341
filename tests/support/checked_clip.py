"""A talk of two speakers, its recognition and a clip of it, for the tests of `transcribe check`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.diarization.diarize import Diarization
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.glossary_correction import correct_words
from transcribe.recognition.recognize import Recognition
from transcribe.transcript import SpeakerSpan, Word

STEP = 0.5  # seconds from word to word


TALK = (
    ("A", "Good morning, I am Ada and this is the garden hour. My guest today is Grace. Welcome, Grace."),
    ("B", "Thank you, Ada. I brought three roses and a very old spade."),
    ("A", "Tell us about the spade first, because our listeners have been asking for it all week."),
    ("B", "My grandmother dug a well with it when she was twenty, and it has never been sharpened since."),
    ("A", "That is hard to believe, Grace. And the roses?"),
    ("B", "They grow on clay, they like the rain, and nobody has ever had to water them."),
)


NAMES = {"A": "Ada", "B": "Grace"}


Talk = Sequence[tuple[str, str]]


ROW = '[[clip]]\naudio = "garden.wav"\n'
"""The clip of `write_clip` as a row of a clips.toml."""


@dataclass(eq=False)
class Telling(ScriptedStages):
    """Recognises `talk`, half a second a word, except the words that start in the seconds `drop`."""

    said: str = ""
    talk: Talk = TALK
    drop: tuple[float, float] = (0.0, 0.0)
    calls: list[str] = field(default_factory=list)
    broken: frozenset[str] = frozenset()

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        """Corrects words by the glossary, as the real stage does."""
        self._called("rehear", progress)
        return replace(first, words=correct_words(first.words, glossary)[0])

    def recognize(self, audio: Audio, *args: Any, **rest: Any) -> Recognition:
        recognition = super().recognize(audio, *args, **rest)
        texts = [word for _, text in self.talk for word in text.split()]
        words = [Word(text, STEP * i, STEP * i + 0.4, 0.9) for i, text in enumerate(texts)]
        recognised = tuple(word for word in words if not self.drop[0] <= word.start < self.drop[1])
        return replace(recognition, words=recognised, doubts=())

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        self._called("diarize", progress)
        rows = times(self.talk)
        return Diarization(tuple(SpeakerSpan(start, end, f"S{'AB'.index(who) + 1}") for who, start, end in rows))


def times(talk: Talk) -> list[tuple[str, float, float]]:
    rows, at = [], 0
    for who, text in talk:
        rows.append((who, STEP * at, STEP * (at + len(text.split())) - 0.1))
        at += len(text.split())
    return rows


def write_clip(folder: Path, name: str = "garden", *, hertz: float = 440.0) -> Path:
    """A recording with reference words and speaker times."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.ref.txt").write_text("".join(f"{NAMES[who]}: {text}\n" for who, text in TALK))
    rows = (f"SPEAKER x 1 {a:.3f} {b - a:.3f} <NA> <NA> {NAMES[who]} <NA> <NA>\n" for who, a, b in times(TALK))
    (folder / f"{name}.rttm").write_text("".join(rows))
    return tone(folder / f"{name}.wav", seconds=2.0, hertz=hertz)


def found(out: str, name: str = "garden") -> dict[str, object]:
    """The values of a clip in the JSON report."""
    (clip,) = [clip for clip in json.loads(out)["clips"] if clip["name"] == name]
    return {gate["measure"]: gate["value"] for gate in clip["gates"]}


def state(out: str, name: str = "garden") -> str:
    """A clip's state in the table."""
    (row,) = [line for line in out.splitlines() if line.startswith(f"{name} ") and not line.startswith(f"{name}:")]
    return row.split()[1]


def with_words(old: str, new: str) -> Talk:
    return [(who, text.replace(old, new)) for who, text in TALK]


SWAPPED = [("B" if who == "A" else "A", text) if i in (2, 3, 4) else (who, text) for i, (who, text) in enumerate(TALK)]


LOOP = [*TALK[:3], ("B", TALK[3][1] + " it was so" * 10), *TALK[4:]]
