"""Episodes of several tracks, made of recordings of dialogues: who says what when, and what each microphone hears."""

from __future__ import annotations

import difflib
import json
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATE = 16_000
_STEP = 0.01  # seconds
_SPEECH_DB = -38.0  # below a turn's loudest 50 ms
_PAUSE = 0.4  # seconds within a turn that are no speech
_ROOM_SECONDS, _DECAY = 0.12, 0.02  # of the way from one person to another's microphone


@dataclass(frozen=True)
class Spoken:
    """A turn: its person, its text and its sound."""

    person: str
    text: str
    samples: Floats


@dataclass(frozen=True)
class Conversation:
    """Turns, and when each starts, in seconds."""

    turns: tuple[Spoken, ...]
    starts: tuple[float, ...]

    @property
    def people(self) -> list[str]:
        """In the order in which they speak."""
        return list(dict.fromkeys(turn.person for turn in self.turns))

    @property
    def seconds(self) -> float:
        """The length."""
        ends = (start + len(turn.samples) / RATE for start, turn in zip(self.starts, self.turns, strict=True))
        return max(ends) + 1.0

    def voices(self) -> dict[str, Floats]:
        """What each person says, on the timeline."""
        voices = {person: np.zeros(round(self.seconds * RATE)) for person in self.people}
        for start, turn in zip(self.starts, self.turns, strict=True):
            at = round(start * RATE)
            voices[turn.person][at : at + len(turn.samples)] += turn.samples
        return voices

    def spans(self) -> list[tuple[float, float, str]]:
        """Who speaks when: the moments of each turn that are not far below its loudest, with short pauses."""
        spans = []
        for start, turn in zip(self.starts, self.turns, strict=True):
            spans += [(start + first, start + last, turn.person) for first, last in _speech(turn.samples)]
        return sorted(spans)


class Condition(NamedTuple):
    """How the microphones hear: the bleed in dB below a person's own, whether in a room, offsets, drift, crosstalk."""

    name: str
    bleed_db: float | None = None
    room: bool = False
    offset: float = 0.0  # of every other track
    drift_ppm: float = 0.0
    noise_db: float = -66.0


@dataclass(frozen=True)
class Microphones:
    """The tracks of a conversation, and when each one starts on the first one's timeline."""

    tracks: dict[str, Floats]
    offsets: dict[str, float] = field(default_factory=dict)


def dialogue(path: Path, transcript: Path) -> list[Spoken]:
    """The turns of a recording: the script's (`NAME.ref.txt`), cut where a transcript's words say they are.

    Who speaks is taken from the script, not from the transcript. The first turn is left out: a jingle may be in it.
    """
    from audio.decoding.decode import decode
    from benchmarks.references import read_reference

    turns = read_reference(path.with_suffix(".ref.txt"))
    heard = [word for turn in json.loads(transcript.read_text())["turns"] for word in turn["words"]]
    heard.sort(key=lambda word: word["start"])
    script = [(number, token) for number, (_, text) in enumerate(turns) for token in _tokens(text)]
    matcher = difflib.SequenceMatcher(
        a=[token for _, token in script], b=[_letters(word["text"]) for word in heard], autojunk=False
    )
    times: dict[int, list[float]] = {}
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            word = heard[block.b + step]
            times.setdefault(script[block.a + step][0], []).extend((word["start"], word["end"]))
    with decode(path) as audio:
        samples = audio.read().astype(np.float64)
    samples *= 0.1 / max(np.sqrt(np.mean(np.square(samples))), 1e-6)
    count = next((number for number in range(len(turns)) if number not in times), len(turns))
    turns = turns[:count]  # up to one of which no word was recognised
    cuts = [max(0.0, min(times[0]) - 0.25)]
    cuts += [_quietest(samples, max(times[n]), min(times[n + 1])) for n in range(len(turns) - 1)]
    cuts += [max(times[len(turns) - 1]) + 0.3]
    return [
        Spoken(f"{speaker}{path.stem[-4:]}", text, _faded(samples[round(a * RATE) : round(b * RATE)]))
        for (speaker, text), a, b in list(zip(turns, cuts, cuts[1:], strict=False))[1:]
    ]


def conversation(dialogues: Sequence[Sequence[Spoken]], *, seed: int, crosstalk: float = 0.0) -> Conversation:
    """The dialogues' turns in alternation, with short pauses; a share of them starts before the last one has ended."""
    rng = np.random.default_rng(seed)
    queues = [list(each) for each in dialogues]
    turns: list[Spoken] = []
    while any(queues):
        for queue in queues:
            turns += [queue.pop(0)] if queue else []
    starts: list[float] = []
    end = 0.5
    for turn in turns:
        is_early = starts and rng.random() < crosstalk and turn.person != turns[len(starts) - 1].person
        start = max(0.1, end - rng.uniform(0.3, 0.8)) if is_early else end + rng.uniform(0.05, 0.5)
        starts.append(start)
        end = max(end, start + len(turn.samples) / RATE)
    return Conversation(tuple(turns), tuple(starts))


def microphones(spoken: Conversation, condition: Condition, *, seed: int = 0) -> Microphones:
    """What each person's microphone hears: themselves, the others' bleed, noise; each by its own clock."""
    rng = np.random.default_rng(seed)
    voices = spoken.voices()
    tracks, offsets = {}, {}
    for number, (person, own) in enumerate(voices.items()):
        heard = own.copy()
        for other, voice in voices.items():
            if other != person and condition.bleed_db is not None:
                heard += 10 ** (condition.bleed_db / 20) * (_through_room(voice, rng) if condition.room else voice)
        heard += 10 ** (condition.noise_db / 20) * rng.standard_normal(len(heard))
        shift = 0.0 if number == 0 else condition.offset * (-1) ** number
        ppm = condition.drift_ppm * (number % 3)
        tracks[person], offsets[person] = _recorded(heard, shift, ppm), shift
    first = offsets[next(iter(offsets))]
    return Microphones(tracks, {person: offset - first for person, offset in offsets.items()})


def write(folder: Path, spoken: Conversation, heard: Microphones) -> list[Path]:
    """Write the tracks, the reference's words (NAME.ref.txt) and its speaker times (NAME.rttm) to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, samples in enumerate(heard.tracks.values(), 1):
        files.append(folder / f"track{number}.wav")
        with wave.open(str(files[-1]), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((samples * 32_767).clip(-32_768, 32_767).round().astype("<i2").tobytes())
    lines = [
        f"{turn.person}: {turn.text}" for _, turn in sorted(zip(spoken.starts, spoken.turns, strict=True), key=_first)
    ]
    (folder / "episode.ref.txt").write_text("\n".join(lines) + "\n")
    starts = min(heard.offsets.values())
    rows = [
        f"SPEAKER episode 1 {start - starts:.3f} {end - start:.3f} <NA> <NA> {person} <NA> <NA>"
        for start, end, person in spoken.spans()
    ]
    (folder / "episode.rttm").write_text("\n".join(rows) + "\n")
    return files


def louder(spoken: Conversation, person: str, gain_db: float) -> Conversation:
    """The conversation with one person nearer to, or farther from, their microphone."""
    gain = 10 ** (gain_db / 20)
    turns = tuple(
        replace(turn, samples=turn.samples * gain) if turn.person == person else turn for turn in spoken.turns
    )
    return replace(spoken, turns=turns)


def _first(pair: tuple[float, Spoken]) -> float:
    return pair[0]


def _recorded(samples: Floats, offset: float, ppm: float) -> Floats:
    """By a clock that starts `offset` seconds later, and is off by `ppm`; to the end."""
    times = offset * RATE + np.arange(int((len(samples) - offset * RATE) / (1 + ppm / 1e6))) * (1 + ppm / 1e6)
    recorded: Floats = np.interp(times, np.arange(len(samples)), samples, left=0.0, right=0.0)
    return recorded


def _through_room(samples: Floats, rng: np.random.Generator) -> Floats:
    """With an echo and a delay, as loud as before."""
    from scipy.signal import fftconvolve

    n = round(_ROOM_SECONDS * RATE)
    response = 0.25 * rng.standard_normal(n) * np.exp(-np.arange(n) / (_DECAY * RATE))
    response[0] = 1.0
    late = fftconvolve(samples, np.concatenate([np.zeros(round(0.004 * RATE)), response]))[: len(samples)]
    level = np.sqrt(np.mean(np.square(samples)) / max(np.mean(np.square(late)), 1e-12))
    return np.asarray(late * level, np.float64)


def _speech(samples: Floats) -> list[tuple[float, float]]:
    width = round(_STEP * RATE)
    frames = samples[: len(samples) // width * width].reshape(-1, width)
    energy = np.convolve(np.mean(np.square(frames), axis=1), np.ones(5) / 5, mode="same")
    flags = 10 * np.log10(energy + 1e-12) > 10 * np.log10(energy.max() + 1e-12) + _SPEECH_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]))) * _STEP
    spans: list[tuple[float, float]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if spans and start - spans[-1][1] < _PAUSE:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [(start, end) for start, end in spans if end - start > 0.1]


def _quietest(samples: Floats, start: float, end: float) -> float:
    """The quietest 50 ms between two times, or around them if they are in the wrong order."""
    start, end = min(start, end) - 0.05, max(start, end) + 0.05
    centres = np.arange(start, end, 0.01)
    energy = [np.mean(np.square(samples[round((c - 0.025) * RATE) : round((c + 0.025) * RATE)])) for c in centres]
    return float(centres[int(np.argmin(energy))])


def _faded(samples: Floats) -> Floats:
    ramp = np.linspace(0, 1, min(160, len(samples)))
    result = samples.copy()
    result[: len(ramp)] *= ramp
    result[len(result) - len(ramp) :] *= ramp[::-1]
    return result


def _tokens(text: str) -> list[str]:
    return [letters for word in text.split() if (letters := _letters(word))]


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()
