"""Which layouts ffmpeg mixes whole, against ffmpeg: a tone in each channel of every layout it knows."""

from __future__ import annotations

import re
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from audio.decoding.downmix import needed_downmix
from audio.decoding.survey import Surveyor
from audio.decoding.tracks import SoundTrack

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
PERIODS = 1600  # samples for each channel


def layouts() -> list[tuple[str, list[str]]]:
    listed = subprocess.run([FFMPEG, "-hide_banner", "-layouts"], capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^(\S+)\s+([A-Z0-9]+(?:\+[A-Z0-9]+)+)\s*$", listed, re.MULTILINE)
    return [(name, channels.split("+")) for name, channels in rows]


def left_out(name: str, channels: list[str]) -> set[str]:
    """The channels that are not heard in ffmpeg's mix."""
    n = len(channels)
    frames = np.zeros((n * PERIODS, n), "<i2")
    tone = 8000 * np.sin(2 * np.pi * 1000 * np.arange(PERIODS) / 16_000)
    for number in range(n):
        frames[number * PERIODS : (number + 1) * PERIODS, number] = tone
    command = [FFMPEG, "-v", "error", "-f", "s16le", "-ar", "16000", "-ch_layout", name, "-i", "-"]
    command += ["-af", "aformat=channel_layouts=mono|stereo", "-ac", "1", "-f", "s16le", "-"]
    mixed = subprocess.run(command, input=frames.tobytes(), capture_output=True, check=False).stdout
    if not mixed:
        return set(channels)
    parts = np.frombuffer(mixed, "<i2").reshape(n, PERIODS)
    return {channel for channel, part in zip(channels, parts, strict=True) if np.abs(part).max() < 200}


@pytest.mark.parametrize(("name", "channels"), [row for row in layouts() if len(row[1]) > 2])
def test_what_ffmpeg_leaves_out_is_mixed_here(name: str, channels: list[str]) -> None:
    surveyor = Surveyor()
    rows = np.random.default_rng(2).standard_normal((len(channels), 16_000)).astype(np.float32) * 0.1
    for number, channel in enumerate(channels):
        if channel.startswith("LFE"):
            rows[number] = 0
    surveyor.add(rows)
    is_ours = needed_downmix(SoundTrack(0, 16_000, name), surveyor.survey()) is not None
    assert is_ours or left_out(name, channels) <= {"LFE", "LFE2"}
