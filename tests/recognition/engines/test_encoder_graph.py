"""The encoder's graph against the same encoder in numpy, in 64 bits."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from scipy.special import erf

from tests.support.whisper_encoder import HEADS, LAYERS, MELS, WIDTH, Arrays, needs_dot_products, random_encoder
from transcribe.recognition.engines import encoder_graph as encoder_graph_module
from transcribe.recognition.engines.encoder_graph import encoder_graph

Floats = NDArray[np.float64]


def norm(x: Floats, arrays: Arrays, name: str) -> Floats:
    deviation = x - x.mean(1, keepdims=True)
    scaled = deviation / np.sqrt((deviation**2).mean(1, keepdims=True) + 1e-5)
    return scaled * arrays[f"{name}/gamma"] + arrays[f"{name}/beta"]


def linear(x: Floats, arrays: Arrays, name: str) -> Floats:
    return x @ arrays[f"{name}/weight"].T + arrays[f"{name}/bias"]


def gelu(x: Floats) -> Floats:
    return x * (1 + erf(x / np.sqrt(2))) / 2


def convolution(x: Floats, arrays: Arrays, name: str, stride: int) -> Floats:
    padded = np.pad(x, ((0, 0), (1, 1)))
    places = range(0, x.shape[1], stride)
    columns = np.stack([np.tensordot(arrays[f"{name}/weight"], padded[:, i : i + 3], 2) for i in places], axis=1)
    return columns + arrays[f"{name}/bias"][:, None]


def attention(x: Floats, arrays: Arrays, name: str) -> Floats:
    parts = np.split(linear(norm(x, arrays, f"{name}/layer_norm"), arrays, f"{name}/linear_0"), 3, axis=1)
    heads = []
    for query, key, value in zip(*(np.split(part, HEADS, axis=1) for part in parts), strict=True):
        weights = np.exp(query @ key.T / np.sqrt(WIDTH / HEADS))
        heads.append(weights / weights.sum(1, keepdims=True) @ value)
    return linear(np.concatenate(heads, axis=1), arrays, f"{name}/linear_1")


def encoded(mel: NDArray[np.float32], halves: Arrays) -> Floats:
    arrays = {name.removeprefix("encoder/"): array.astype(np.float64) for name, array in halves.items()}
    x = gelu(convolution(gelu(convolution(mel.astype(float), arrays, "conv1", 1)), arrays, "conv2", 2)).T
    x = x + arrays["position_encodings/encodings"][: len(x)]
    for layer in range(LAYERS):
        x = x + attention(x, arrays, f"layer_{layer}/self_attention")
        ffn = f"layer_{layer}/ffn"
        hidden = gelu(linear(norm(x, arrays, f"{ffn}/layer_norm"), arrays, f"{ffn}/linear_0"))
        x = x + linear(hidden, arrays, f"{ffn}/linear_1")
    return norm(x, arrays, "layer_norm")


def run(arrays: Arrays, mel: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(encoder_graph(arrays), providers=["CPUExecutionProvider"])
    (states,) = session.run(None, {"mel": mel[np.newaxis]})[0]
    return states


def distance(states: NDArray[np.float32], expected: Floats) -> float:
    return float(np.linalg.norm(states - expected) / np.linalg.norm(expected))


@needs_dot_products
@pytest.mark.parametrize("frames", [1, 4, 15, 60])
def test_the_graph_computes_the_encoder(frames: int) -> None:
    arrays = random_encoder(frames)
    mel = np.random.default_rng(frames).normal(size=(MELS, frames)).astype(np.float32)
    states = run(arrays, mel)
    assert states.shape == (-(-frames // 2), WIDTH)
    assert distance(states, encoded(mel, arrays)) < 0.02


@needs_dot_products
def test_each_output_of_a_layer_has_a_scale() -> None:
    """What a query is multiplied by, its key is divided by, so nothing changes; with one scale for all rows, small ones
    are zero."""
    arrays = random_encoder()
    factors = np.geomspace(1 / 30, 30, WIDTH)
    for layer in range(LAYERS):
        for kind in ("weight", "bias"):
            name = f"encoder/layer_{layer}/self_attention/linear_0/{kind}"
            query, key, value = np.split(arrays[name].T.astype(float), 3, axis=-1)
            scaled = np.concatenate([3 * query * factors, key / factors, value], axis=-1)
            arrays[name] = scaled.T.astype(np.float16)
    mel = np.random.default_rng(5).normal(size=(MELS, 60)).astype(np.float32)
    assert distance(run(arrays, mel), encoded(mel, arrays)) < 0.03


@needs_dot_products
def test_what_all_keys_have_in_common_takes_no_precision() -> None:
    """It adds the same to all scores of a frame, so the weights stay."""
    arrays = random_encoder()
    mel = np.random.default_rng(5).normal(size=(MELS, 60)).astype(np.float32)
    expected = encoded(mel, arrays)
    for layer in range(LAYERS):
        arrays[f"encoder/layer_{layer}/self_attention/linear_0/bias"][WIDTH : 2 * WIDTH] += np.float16(500)
    assert distance(run(arrays, mel), expected) < 0.02


@needs_dot_products
@pytest.mark.parametrize("layer", ["self_attention", "ffn"])
def test_a_channel_that_a_norm_makes_large_takes_no_precision(layer: str) -> None:
    """Behind the norm it is multiplied by little."""
    arrays = random_encoder()
    for i in range(LAYERS):
        name = f"encoder/layer_{i}/{layer}"
        for kind in ("gamma", "beta"):
            arrays[f"{name}/layer_norm/{kind}"][:4] *= np.float16(64)
        arrays[f"{name}/linear_0/weight"][:, :4] /= np.float16(64)
    mel = np.random.default_rng(5).normal(size=(MELS, 60)).astype(np.float32)
    assert distance(run(arrays, mel), encoded(mel, arrays)) < 0.02


@needs_dot_products
@pytest.mark.parametrize("frames", [1, 13, 14, 15, 60, 80])
def test_the_attention_of_some_frames_at_a_time_is_that_of_all(frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = random_encoder()
    mel = np.random.default_rng(frames).normal(size=(MELS, frames)).astype(np.float32)
    at_once = run(arrays, mel)
    monkeypatch.setattr(encoder_graph_module, "_BLOCK", 7)  # frames of the output, which are two of the input
    assert np.array_equal(run(arrays, mel), at_once)


@needs_dot_products
def test_each_frame_has_a_scale() -> None:
    """Of a network that only multiplies, quiet frames are as exact as loud ones."""
    arrays = random_encoder()
    for name in arrays:
        if name.endswith(("/bias", "/beta", "/encodings")) or "self_attention/linear_1" in name:
            arrays[name] = np.zeros_like(arrays[name])
        if name.endswith("ffn/linear_1/weight"):
            arrays[name] /= np.float16(100)  # or each norm would make quiet frames louder
    mel = np.random.default_rng(5).normal(size=(MELS, 60)).astype(np.float32)
    mel[:, 30:] *= 1e-4  # far below the epsilon of the norms
    states, expected = run(arrays, mel), encoded(mel, arrays)
    assert np.abs(expected[-10:]).max() < 0.3 < np.abs(expected[:10]).max()
    assert max(distance(*pair) for pair in zip(states, expected, strict=True)) < 0.05


@pytest.mark.parametrize("kind", ["/weight", "/gamma", "/beta", "/bias"])
def test_weights_of_zero_are_computed_as_such(kind: str) -> None:
    """Pruned ones, whose scale would be a division by zero."""
    arrays = random_encoder()
    for name in list(arrays):
        if "/layer_0/" in name and name.endswith(kind):
            arrays[name] = np.zeros_like(arrays[name])
    assert np.isfinite(run(arrays, np.zeros((MELS, 4), np.float32))).all()


def test_arrays_of_something_else_are_an_error() -> None:
    arrays = random_encoder()
    with pytest.raises(KeyError, match="conv2/bias"):
        encoder_graph({name: array for name, array in arrays.items() if name != "encoder/conv2/bias"})
