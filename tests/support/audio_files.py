"""Recordings for tests: tones and noise, in any format ffmpeg writes, whole or truncated."""

from __future__ import annotations

import struct
import subprocess
import wave
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE

STEP = 1 / 32_768  # of int16


def tone(hertz: float, seconds: float, *, rate: int = SAMPLE_RATE, peak: float = 0.5) -> NDArray[np.int16]:
    return np.round(32_767 * peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype("<i2")


def write_wav(path: Path, *channels: NDArray[np.int16], rate: int = SAMPLE_RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, rate, 0, "NONE", ""))
        file.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return path


def convert(source: Path, target: Path, *options: str) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True)
    return target


def cut(path: Path, part: float) -> Path:
    data = path.read_bytes()
    cut_path = path.with_name(f"cut-{path.name}")
    cut_path.write_bytes(data[: int(len(data) * part)])
    return cut_path


def write_noise(path: Path, seconds: float) -> Path:
    """Noise that codecs cannot compress away, with a swell so that bit rates vary."""
    swell = np.abs(np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 20_000))
    noise = np.random.default_rng(3).standard_normal(len(swell)) * swell * 4000
    return write_wav(path, noise.round().astype("<i2"))


def write_extensible(path: Path, *channels: NDArray[np.int16], mask: int, rate: int = SAMPLE_RATE) -> Path:
    """A WAV file that states the positions of its channels: `mask` has a bit for each (0: none)."""
    frames, n = np.stack(channels, axis=1).astype("<i2").tobytes(), len(channels)
    subtype = b"\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    form = struct.pack("<HHIIHHHHI", 0xFFFE, n, rate, 2 * n * rate, 2 * n, 16, 22, 16, mask) + subtype
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(frames)) + frames
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def in_one_file(target: Path, *wavs: Path, options: Sequence[str] = ()) -> Path:
    """The recordings as the sound tracks of one file."""
    inputs = [option for wav in wavs[1:] for option in ("-i", str(wav))]
    maps = [option for number in range(len(wavs)) for option in ("-map", f"{number}:a")]
    return convert(wavs[0], target, *inputs, *maps, *options)


def level_at(samples: NDArray[np.float32], hertz: float) -> float:
    """The amplitude of a tone in samples, a whole number of its periods long."""
    times = np.arange(len(samples)) / SAMPLE_RATE
    return float(2 * np.abs(np.mean(samples * np.exp(-2j * np.pi * hertz * times))))
