"""`transcribe run --tracks` with the real models: a clip of two people, cut into a track for each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.samples import SAMPLE_RATE
from benchmarks.references import cpwer_of, diarization_row, read_reference, read_rttm
from tests.support.audio_files import write_wav
from tests.support.paths import CLIPS, ROOT

pytestmark = pytest.mark.models

CLIP = CLIPS / "packaging-notes"
BLEED_DB, OFFSET, PPM = -12.0, 3.0, 80.0
EDGE = 0.1  # seconds on either side of a turn that belong to it


def cut(folder: Path) -> list[Path]:
    """A track for each person: their turns, the other's bleed, and noise; the second one starts later, by a fast
    clock."""
    with decode(CLIP.with_suffix(".mp3")) as audio:
        samples = audio.read().astype(np.float64)
    spans = read_rttm(CLIP.with_suffix(".rttm"))
    people = list(dict.fromkeys(speaker for _, _, speaker in spans))
    voices = np.zeros((len(people), len(samples)))
    for start, end, speaker in spans:
        place = slice(round(max(0.0, start - EDGE) * SAMPLE_RATE), round((end + EDGE) * SAMPLE_RATE))
        voices[people.index(speaker), place] = samples[place]
    heard = voices + 10 ** (BLEED_DB / 20) * voices[::-1]
    heard += 3e-4 * np.random.default_rng(1).standard_normal(heard.shape)
    times = OFFSET * SAMPLE_RATE + np.arange(len(samples) - round(OFFSET * SAMPLE_RATE) - 99) * (1 + PPM / 1e6)
    late = np.interp(times, np.arange(len(samples)), heard[1])
    tracks = {people[0]: heard[0], people[1]: late}
    return [
        write_wav(folder / f"{name.lower()}.wav", (32_767 * track).clip(-32_768, 32_767).round().astype("<i2"))
        for name, track in tracks.items()
    ]


def test_two_tracks_with_bleed_are_two_people_and_no_word_is_anothers(tmp_path: Path) -> None:
    files = cut(tmp_path)
    command = [sys.executable, "-m", "transcribe.cli.main", "run", "--tracks", *map(str, files), "-o", str(tmp_path)]
    command += ["--language", "en", "--model", "tiny.en"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    made = json.loads(Path(result.stdout.splitlines()[1]).read_text())
    track = made["episode"]["tracks"][1]
    assert track["offset"] == pytest.approx(OFFSET, abs=0.010)
    assert track["drift_ppm"] == pytest.approx(PPM, abs=15)
    reference = read_reference(CLIP.with_suffix(".ref.txt"))
    turns = [(turn["speaker"], " ".join(word["text"] for word in turn["words"])) for turn in made["turns"]]
    wer, cp = (cpwer_of(reference, turns, speakers=speakers).error_rate for speakers in (False, True))
    assert cp - wer <= 0.003
    assert cp <= 0.08
    spans = [(span["start"], span["end"], span["speaker"]) for span in made["spans"]]
    row = diarization_row(read_rttm(CLIP.with_suffix(".rttm")), spans, 0.25)
    assert row["diarization error rate"] <= 0.02
    assert [speaker["name"] for speaker in made["speakers"]] == ["Rich", "Nora"]
