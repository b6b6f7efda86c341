"""The real weights find the same twice, with any number of threads, and with any number of windows decoded at a time.

Vectors of voices are nearly the same in batches; the tolerance is that docs/checks.md states.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio.decoding.decode import decode
from tests.support.command_line import Run
from tests.support.paths import CLIPS
from transcribe.cli.main import main
from transcribe.diarization.embedding import embed, window_starts
from transcribe.diarization.networks import SpeakerModel, open_network

SOUND = 0.001  # by how much a number of a voice's vector, which has length 1, may

pytestmark = [pytest.mark.models, pytest.mark.usefixtures("speaker_models")]


def found(out: Path, *options: str) -> dict[str, Any]:
    """What a run of a clip of several windows finds, whatever earlier runs kept."""
    with pytest.raises(SystemExit) as caught:
        main(["run", str(CLIPS / "packaging-notes.mp3"), "--fresh", "--force", "-o", str(out), *options])
    assert caught.value.code == 0
    data: dict[str, Any] = json.loads((out / "packaging-notes.json").read_text())
    return {key: data[key] for key in ("language", "speakers", "turns", "spans")}


def test_threads_change_nothing_and_a_second_run_does_not_either(run: Run, tmp_path: Path) -> None:
    """Not one digit: no sum is taken in another order, whichever thread takes it."""
    alone, several, again = (found(tmp_path / f"out{i}", "--threads", n) for i, n in enumerate("131"))
    assert alone == several
    assert alone == again


def test_the_threads_of_numpys_blas_change_nothing() -> None:
    """A worker of a cluster has one, a laptop two; on some processors they round otherwise, and words change."""
    code = (
        "import sys, numpy as np\n"
        "from transcribe.recognition.engines.ctranslate2 import CTranslate2, _log_mel\n"
        "from transcribe.recognition.models import find_model\n"
        "sound = np.random.default_rng(0).normal(scale=0.1, size=29 * 16_000).astype(np.float32)\n"
        "model = CTranslate2(find_model('base'), device='cpu', threads=1)._model\n"
        "sys.stdout.buffer.write(_log_mel(model, sound).tobytes())\n"
    )
    one, two = (
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for threads in "12"
    )
    assert len(one) == 80 * 3000 * 4
    assert one == two


def test_voices_heard_together_are_heard_as_alone() -> None:
    network = open_network(SpeakerModel.EMBEDDING, device="cpu")

    def one_by_one(batch: np.ndarray) -> np.ndarray:
        return np.concatenate([network(features[None]) for features in batch])

    with decode(CLIPS / "short.mp3") as audio:
        starts = window_starts(len(audio.read()))
        assert len(starts) > 3
        together, alone = (embed(audio, way, starts=starts, threads=1) for way in (network, one_by_one))
    assert np.abs(together - alone).max() < SOUND
