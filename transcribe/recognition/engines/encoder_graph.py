"""Whisper's encoder as an ONNX graph with 8-bit products, made of the arrays of CTranslate2's container.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"; the layers are those of
`AudioEncoder` in openai-whisper's model.py. Linear layers compute as CTranslate2's do: their weights are quantized for
each output, their inputs for each frame when the graph runs. The attention is onnxruntime's, which keeps the scores of
a few frames at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transcribe.recognition.engines.ct2_container import Arrays, layer_count
from transcribe.weights.onnx_writer import Graph

_LARGEST = 127  # of an integer; inputs are stored with 128 added
_SMALLEST = 1e-6  # that is divided by
_NORM_EPSILON = 1e-5  # PyTorch's default


def encoder_graph(arrays: Arrays) -> bytes:
    """The encoder of the container's `arrays` as an ONNX file.

    Input "mel": float32 (1, n_mels, frames), at most 3,000 frames of 10 ms. Output: float32 (1, frames / 2, width).
    Raises `KeyError` or `ValueError` for arrays that are not a Whisper encoder's.
    """
    return _Encoder(arrays).model()


@dataclass(frozen=True, slots=True)
class _Quantized:
    """A node's output in integers with 128 added, and what one is worth in each frame."""

    integers: str
    scales: str


class _Encoder:
    """The graph while it is built. Methods take the name of an input and return that of an output."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._graph = Graph("encoder")
        self._one = self._graph.constant(np.array(1.0))
        self._zero_point = self._graph.constant(np.array(128, np.uint8))

    def model(self) -> bytes:
        x = self._gelu(self._convolution("mel", "conv1", stride=1))
        x = self._gelu(self._convolution(x, "conv2", stride=2))
        x = self._graph.add("Transpose", [x], perm=[0, 2, 1])  # (1, frames, width)
        x = self._with_positions(x)
        for layer in range(layer_count(self._arrays, "encoder")):
            x = self._sum(x, self._attention(x, f"layer_{layer}/self_attention"))
            x = self._sum(x, self._feed_forward(x, f"layer_{layer}/ffn"))
        n_mels = self._array("conv1/weight").shape[1]
        return self._graph.model({"mel": [1, n_mels, "frames"]}, self._norm(x, "layer_norm"))

    def _convolution(self, x: str, name: str, *, stride: int) -> str:
        weights = [self._constant(f"{name}/weight"), self._constant(f"{name}/bias")]
        return self._graph.add("Conv", [x, *weights], pads=[1, 1], strides=[stride])

    def _with_positions(self, x: str) -> str:
        first, axis, frame_axis = (self._graph.constant(np.array([i])) for i in (0, 0, 1))
        n_frames = self._graph.add("Gather", [self._graph.add("Shape", [x]), frame_axis])
        positions = self._constant("position_encodings/encodings")
        return self._sum(x, self._graph.add("Slice", [positions, first, n_frames, axis]))

    def _attention(self, x: str, name: str) -> str:
        """Query, key and value are one matrix in the container."""
        rows = self._quantized(self._norm(x, f"{name}/layer_norm"))
        weight, bias = self._array(f"{name}/linear_0/weight"), self._array(f"{name}/linear_0/bias")
        parts = zip(np.split(weight, 3), np.split(bias, 3), strict=True)
        inputs = [self._product(rows, *part) for part in parts]
        heads = int(self._array("num_heads"))
        return self._linear(
            self._graph.add("com.microsoft.MultiHeadAttention", inputs, num_heads=heads), f"{name}/linear_1"
        )

    def _feed_forward(self, x: str, name: str) -> str:
        hidden = self._linear(self._norm(x, f"{name}/layer_norm"), f"{name}/linear_0")
        return self._linear(self._gelu(hidden), f"{name}/linear_1")

    def _linear(self, x: str, name: str) -> str:
        return self._product(self._quantized(x), self._array(f"{name}/weight"), self._array(f"{name}/bias"))

    def _quantized(self, x: str) -> _Quantized:
        largest = self._graph.add("ReduceMax", [self._graph.add("Abs", [x])], axes=[2], keepdims=1)
        largest = self._graph.add("Max", [largest, self._graph.constant(np.array(_SMALLEST))])
        scales = self._graph.add("Div", [largest, self._graph.constant(np.array(float(_LARGEST)))])
        scaled = self._graph.add("Div", [x, scales])
        return _Quantized(self._graph.add("QuantizeLinear", [scaled, self._one, self._zero_point]), scales)

    def _product(self, x: _Quantized, weight: np.ndarray, bias: np.ndarray) -> str:
        scales = np.maximum(np.abs(weight).max(axis=1, keepdims=True), _SMALLEST) / _LARGEST
        integers = self._graph.constant(np.rint(weight / scales).astype(np.int8).T)
        inputs = [x.integers, integers, self._one, self._graph.constant(scales[:, 0]), self._zero_point]
        product = self._graph.add("com.microsoft.MatMulIntegerToFloat", inputs)
        return self._sum(self._graph.add("Mul", [product, x.scales]), self._graph.constant(bias))

    def _norm(self, x: str, name: str) -> str:
        weights = [self._constant(f"{name}/gamma"), self._constant(f"{name}/beta")]
        return self._graph.add("LayerNormalization", [x, *weights], axis=-1, epsilon=_NORM_EPSILON)

    def _gelu(self, x: str) -> str:
        return self._graph.add("com.microsoft.Gelu", [x])

    def _sum(self, x: str, y: str) -> str:
        return self._graph.add("Add", [x, y])

    def _constant(self, name: str) -> str:
        return self._graph.constant(self._array(name))

    def _array(self, name: str) -> np.ndarray:
        """In 32 bits, since half precision has no room for scales."""
        return self._arrays[f"encoder/{name}"].astype(np.float32)
