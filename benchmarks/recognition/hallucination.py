"""Provoke hallucinations: words where nobody speaks, and phrases repeated in a loop.

    python -m benchmarks.recognition.hallucination [MINUTES]

Ten minutes each of silence, white noise and synthesised music (chords, a bass, drums, a lead with vibrato) must give no
words. The project's clips are then degraded to provoke loops: in noise, clipped, muffled, as a repeated snippet, under
music, and at double speed; no phrase may occur four times in a row, unless it is marked as a doubt. Exit code 1 if a
word or such a loop appears.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tests.support.paths import CLIPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATE = 16_000
CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # semitones over C: I, vi, IV, V
LEAD = (12, 14, 16, 19, 16, 14, 12, 7)


def silence(seconds: float) -> Floats:
    """Digital silence."""
    return np.zeros(int(seconds * RATE))


def white_noise(seconds: float) -> Floats:
    """Gaussian, at −20 dB."""
    return 0.1 * np.random.default_rng(1).standard_normal(int(seconds * RATE))


def music(seconds: float) -> Floats:
    """Four bars, repeated: 120 beats a minute, a chord a bar, a lead note and a drum on each beat."""
    time = np.arange(int(8.0 * RATE)) / RATE
    bars = np.zeros_like(time)
    for beat in range(16):
        part = (time >= beat / 2) & (time < (beat + 1) / 2)
        since = time[part] - beat / 2
        fade = np.exp(-4 * since)
        chord = CHORDS[beat // 4]
        bars[part] += sum(_tone(note, since) for note in chord) * 0.12
        bars[part] += 0.3 * _tone(chord[0] - 24, since) * fade
        bars[part] += 0.25 * _tone(LEAD[beat % 8], since, vibrato=0.006) * np.minimum(1, 8 * since) * fade
        bars[part] += 0.2 * np.random.default_rng(beat).standard_normal(len(since)) * np.exp(-60 * since)
    return np.resize(0.5 * bars / np.abs(bars).max(), int(seconds * RATE))


def _tone(semitone: float, time: Floats, *, vibrato: float = 0.0) -> Floats:
    """A note of six harmonics, with 5.5 Hz of vibrato."""
    hertz = 261.63 * 2 ** (semitone / 12)
    phase = 2 * np.pi * hertz * (time + vibrato / 5.5 * np.sin(2 * np.pi * 5.5 * time) / (2 * np.pi))
    return sum((np.sin(n * phase) / n for n in range(1, 7)), np.zeros_like(time))


def degraded(clip: Floats) -> Iterator[tuple[str, Floats]]:
    """Versions of the clip that make decoders loop."""
    random = np.random.default_rng(2)
    level = np.sqrt(np.mean(clip**2))
    for decibels in (5, 0, -5):
        noise = random.standard_normal(len(clip)) * level / 10 ** (decibels / 20)
        yield f"noise at {decibels} dB", clip + noise
    yield "clipped", np.clip(40 * clip, -0.9, 0.9)
    spectrum = np.fft.rfft(clip)
    spectrum[int(len(spectrum) * 700 / 8_000) :] = 0
    yield "muffled to 700 Hz", np.fft.irfft(spectrum, len(clip))
    yield "under music", clip + music(len(clip) / RATE) * level * 4
    yield "one and a half seconds, twenty times", np.tile(clip[RATE : int(2.5 * RATE)], 20)
    yield "twice as fast", clip[::2]
    yield (
        "pieces of 0.3 s in any order",
        np.concatenate(random.permutation(clip[: len(clip) // 4800 * 4800].reshape(-1, 4800))),
    )


def loops(text: str) -> list[str]:
    """Phrases of up to twelve words that occur four times in a row; a single word counts from seven."""
    plain = re.sub(r"[^\w\s'/]", "", text.lower())
    phrases = re.findall(r"\b(\w[\w']*(?: \w[\w']*){1,11})(?: \1){3,}\b", plain)
    return phrases + re.findall(r"\b(\w[\w']*)(?: \1){6,}\b", plain)


def main(minutes: float = 10.0) -> None:
    """Print both tables; exit with 1 if a word or a loop appears."""
    from audio.decoding.decode import decode
    from audio.decoding.samples import Audio
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings
    from transcribe.transcript_warnings import DoubtReason

    settings = Settings(language="en")
    recognizer = load(settings, find_model("base"))

    def recognised(samples: Floats) -> tuple[str, str]:
        """All words, and those with a stroke for each that is marked as unclear."""
        audio = Audio.from_samples((samples / max(1.0, float(np.abs(samples).max()))).astype(np.float32))
        found = recognize_all(audio, recognizer, settings=settings)
        unclear = [doubt for doubt in found.doubts if doubt.reason is DoubtReason.UNCLEAR]
        surely = [
            "/" if any(doubt.start <= word.start < doubt.end for doubt in unclear) else word.text
            for word in found.words
        ]
        return " ".join(word.text for word in found.words), " ".join(surely)

    failures = 0
    print(f"{minutes:g} minutes each\n\n| sound | words |\n|---|---|")
    for make in (silence, white_noise, music):
        words = len(recognised(make(60 * minutes))[0].split())
        failures += words
        print(f"| {make.__name__.replace('_', ' ')} | {words} |", flush=True)
    print("\n| clip | degraded by | words | loops (marked as doubts) |\n|---|---|---|---|")
    for path in sorted(CLIPS.glob("*.mp3")):
        clip = decode(path).read().astype(np.float64)[: 40 * RATE]
        for name, samples in degraded(clip):
            text, surely = recognised(samples)
            unmarked = loops(surely)
            failures += len(unmarked)
            shown = "; ".join(loop if loop in unmarked else f"({loop})" for loop in loops(text)) or "–"
            print(f"| {path.stem} | {name} | {len(text.split())} | {shown} |", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
