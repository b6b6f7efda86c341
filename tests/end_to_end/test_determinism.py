"""Results with the real weights are the same in every run, with any number of threads and any batch size.

Embeddings differ slightly in batches; the tolerance is the one in docs/checks.md.
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

TOLERANCE = 0.001  # for an element of an embedding of length 1

pytestmark = [pytest.mark.models, pytest.mark.usefixtures("speaker_models")]


def results(out: Path, *options: str) -> dict[str, Any]:
    """The results of a run on a clip of several windows, without the cache."""
    with pytest.raises(SystemExit) as caught:
        main(["run", str(CLIPS / "packaging-notes.mp3"), "--fresh", "--force", "-o", str(out), *options])
    assert caught.value.code == 0
    data: dict[str, Any] = json.loads((out / "packaging-notes.json").read_text())
    return {key: data[key] for key in ("language", "speakers", "turns", "spans")}


@pytest.mark.soak
def test_result_is_independent_of_threads_and_repetition(run: Run, tmp_path: Path) -> None:
    """To the last digit: the order of additions does not depend on the thread."""
    alone, several, again = (results(tmp_path / f"out{i}", "--threads", n) for i, n in enumerate("131"))
    assert alone == several
    assert alone == again


def test_log_mel_is_independent_of_blas_threads() -> None:
    """On some CPUs, one and two BLAS threads round differently, which changed words between a cluster and a laptop."""
    code = (
        "import sys, numpy as np\n"
        "from transcribe.recognition.engines.ctranslate2 import CTranslate2\n"
        "from transcribe.recognition.engines.log_mel import padded_log_mel\n"
        "from transcribe.recognition.models import find_model\n"
        "sound = np.random.default_rng(0).normal(scale=0.1, size=29 * 16_000).astype(np.float32)\n"
        "model = CTranslate2(find_model('base'), device='cpu', threads=1)._model\n"
        "sys.stdout.buffer.write(padded_log_mel(model, sound).tobytes())\n"
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


def test_batched_embeddings_equal_single_ones() -> None:
    network = open_network(SpeakerModel.EMBEDDING, device="cpu")

    def without_batches(batch: np.ndarray) -> np.ndarray:
        return np.concatenate([network(features[None]) for features in batch])

    with decode(CLIPS / "short.mp3") as audio:
        starts = window_starts(len(audio.read()))
        assert len(starts) > 3
        together, alone = (embed(audio, way, starts=starts, threads=1) for way in (network, without_batches))
    assert np.abs(together - alone).max() < TOLERANCE
