"""Loudness against ffmpeg's ebur128 filter, and the reference tone of the standard."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.loudness import LoudnessMeter
from tests.support.audio_files import write_noise
from tests.support.paths import CLIPS


def by_ffmpeg(path: Path) -> float:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I: +(-?[\d.]+) LUFS", log)[-1])


@pytest.mark.parametrize("name", ["short.mp3", "packaging-notes.mp3"])
def test_speech_is_as_loud_as_ffmpeg_says(name: str) -> None:
    meter = LoudnessMeter()
    with decode(CLIPS / name) as audio:
        for block in audio.blocks(7.3):
            meter.add(block)
    assert meter.loudness == pytest.approx(by_ffmpeg(CLIPS / name), abs=0.15)


def test_noise_that_swells(tmp_path: Path) -> None:
    wav = write_noise(tmp_path / "a.wav", 20.0)
    meter = LoudnessMeter()
    with decode(wav) as audio:
        meter.add(audio.read())
    assert meter.loudness == pytest.approx(by_ffmpeg(wav), abs=0.15)


@pytest.mark.parametrize("gain", [1e-4, 1.0, 1000.0])
def test_a_gain_changes_the_loudness_by_as_much(gain: float) -> None:
    """Also far below the absolute gate, and above full scale."""
    tone = np.sin(2 * np.pi * 997 * np.arange(16_000 * 5) / 16_000).astype(np.float32)
    meter = LoudnessMeter()
    meter.add(tone * np.float32(gain))
    assert meter.loudness == pytest.approx(-3.01 + 20 * np.log10(gain), abs=0.1)  # EBU Tech 3341: the tone of 997 Hz


def test_silence_and_less_than_a_block_have_no_loudness() -> None:
    meter = LoudnessMeter()
    assert meter.loudness is None
    meter.add(np.zeros(16_000, np.float32))
    assert meter.loudness is None
    short = LoudnessMeter()
    short.add(np.ones(3000, np.float32))
    assert short.loudness is None
