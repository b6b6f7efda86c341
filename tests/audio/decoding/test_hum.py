"""A hum or a constant louder than very quiet speech: the speech is levelled as if there were none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.hum import AboveHum
from audio.decoding.notes import Finding
from audio.decoding.samples import SAMPLE_RATE
from tests.audio.decoding.test_every_sound_is_heard import syllables, write_floats

SECONDS = 6.0
TIMES = np.arange(round(SAMPLE_RATE * SECONDS)) / SAMPLE_RATE
SPEECH = np.where(TIMES % 2 < 1, syllables(SECONDS), 0.0)


def with_hum(hertz: float, hum_db: float, speech_db: float) -> np.ndarray:
    hum = 10 ** (hum_db / 20) * np.cos(2 * np.pi * hertz * TIMES)
    return (hum + 10 ** (speech_db / 20) * SPEECH).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("hertz", "hum_db"), [(0.0, -10.0), (50.0, -36.0), (60.0, -45.0)])
def test_very_quiet_speech_is_levelled(tmp_path: Path, channels: int, hertz: float, hum_db: float) -> None:
    rows = np.stack([with_hum(hertz, hum_db, -65.0)] * channels)
    with decode(write_floats(tmp_path / "a.wav", rows)) as audio:
        (note,) = audio.notes
        samples = audio.read(0.0, SECONDS)
    assert note.finding is Finding.LEVELLED
    assert float(note.details["gain_db"]) > 30  # type: ignore[arg-type]
    speech = AboveHum().of(SPEECH.astype(np.float32))
    assert samples @ speech / np.linalg.norm(samples) / np.linalg.norm(speech) > 0.9


@pytest.mark.parametrize("hertz", [0.0, 50.0])
def test_speech_of_an_ordinary_level_stays_as_it_is(tmp_path: Path, hertz: float) -> None:
    samples = with_hum(hertz, -30.0, -25.0)
    with decode(write_floats(tmp_path / "a.wav", samples[None])) as audio:
        assert audio.notes == ()
        assert np.abs(audio.read(0.0, SECONDS) - samples).max() < 1e-4


def test_the_sound_above_is_the_same_in_blocks_of_any_size() -> None:
    samples = with_hum(0.0, -10.0, -40.0)
    whole, parts = AboveHum(), AboveHum()
    blocks = [parts.of(block) for block in np.split(samples, [1, 4000, 4001, 20_000])]
    assert np.allclose(whole.of(samples), np.concatenate(blocks), atol=1e-6)
    assert np.abs(AboveHum().of(np.full(8000, 0.5, np.float32))).max() < 1e-4
