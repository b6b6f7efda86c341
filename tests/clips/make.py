"""Make the sample clips: `python tests/clips/make.py [NAME…]` turns `NAME.ref.txt` into `NAME.mp3` and `NAME.rttm`.

flite synthesises each sentence; inaudible ends are trimmed, and the sentences are concatenated, so the times in the
RTTM file are exact, not annotated by ear. Deterministic: the same versions of flite and ffmpeg write the same bytes.
Needs `flite` (Debian: `apt install flite`) and the project's own dependencies.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
RATE = 16_000  # of both voices
VOICES = {  # speaker → flite's voice, duration stretch, peak level
    "Rich": ("rms", 1.0, 0.55),
    "Nora": ("slt", 1.05, 0.42),
}
LEAD = 0.5  # seconds of near silence before the first word and after the last
BETWEEN_SENTENCES = 0.4
BETWEEN_TURNS = (0.6, 0.7, 0.5, 0.8, 0.6)  # taken in rotation
AUDIBLE = 0.01  # of full scale; quieter ends of a sentence are trimmed
HISS = 0.0005  # noise floor, so that pauses are not digital zeros

Samples = NDArray[np.float64]


def main(names: list[str]) -> None:
    """Make the clips with these names, or all clips."""
    for name in names or sorted(path.name.removesuffix(".ref.txt") for path in HERE.glob("*.ref.txt")):
        turns = [tuple(line.split(": ", 1)) for line in (HERE / f"{name}.ref.txt").read_text("utf-8").splitlines()]
        samples, times = concatenate([(speaker, synthesise_turn(speaker, text)) for speaker, text in turns])
        rows = (f"SPEAKER {name} 1 {at:.3f} {length:.3f} <NA> <NA> {who} <NA> <NA>\n" for who, at, length in times)
        (HERE / f"{name}.rttm").write_text("".join(rows), "utf-8")
        write_mp3(HERE / f"{name}.mp3", samples)


def synthesise_turn(speaker: str, text: str) -> Samples:
    """A turn, float64 in [−1, 1] at `RATE`: its sentences with short pauses between them."""
    voice, stretch, peak = VOICES[speaker]
    pause = np.zeros(round(BETWEEN_SENTENCES * RATE))
    parts: list[Samples] = []
    for sentence in re.split(r"(?<=[.?!]) ", text):
        parts += [pause, peak * trimmed(synthesise(sentence, voice, stretch))]
    return np.concatenate(parts[1:])


def synthesise(sentence: str, voice: str, stretch: float) -> Samples:
    """A sentence spoken by flite, with a peak level of 1."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        pace = ["--setf", f"duration_stretch={stretch}"]
        subprocess.run(["flite", "-voice", voice, *pace, "-t", sentence, "-o", str(spoken)], check=True)
        with wave.open(str(spoken)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
                raise SystemExit(f"flite's voice {voice} is not 16 kHz mono; choose another voice")
            samples: Samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    return samples / float(np.abs(samples).max())


def trimmed(samples: Samples) -> Samples:
    """The samples without their inaudible ends."""
    audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
    return samples[audible[0] : audible[-1] + 1]


def concatenate(turns: list[tuple[str, Samples]]) -> tuple[Samples, list[tuple[str, float, float]]]:
    """The turns with pauses between them: samples, and (speaker, start, length) of each in seconds."""
    parts = [np.zeros(round(LEAD * RATE))]
    times = []
    for index, (speaker, samples) in enumerate(turns):
        times.append((speaker, sum(map(len, parts)) / RATE, len(samples) / RATE))
        pause = LEAD if index == len(turns) - 1 else BETWEEN_TURNS[index % len(BETWEEN_TURNS)]
        parts += [samples, np.zeros(round(pause * RATE))]
    joined = np.concatenate(parts)
    return joined + HISS * np.random.default_rng(1).standard_normal(len(joined)), times


def write_mp3(path: Path, samples: Samples) -> None:
    """Write mono MP3, 48 kbit/s, without encoder name and date."""
    pcm = np.round(32767 * samples.clip(-1, 1)).astype("<i2").tobytes()
    source = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "pipe:"]
    target = ["-b:a", "48k", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", str(path)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *target]
    subprocess.run(command, input=pcm, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
