"""Whisper's encoder as an ONNX graph with 8-bit products, made of the arrays of CTranslate2's container.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"; the layers are those of
`AudioEncoder` in openai-whisper's model.py. Half of the arithmetic is in the attention, so both its products are of 8
bits, too, as in J. Zhang et al., "SageAttention: Accurate 8-Bit Attention for Plug-and-play Inference Acceleration",
2025: keys have a smaller range without the mean of all frames, which changes no weight. The weights of some frames are
computed at a time, and so stay in the processor's cache.
"""

from __future__ import annotations

import numpy as np

from transcribe.recognition.engines.ct2_container import Arrays, layer_count
from transcribe.recognition.engines.quantized_layers import Layers, Quantized

_BLOCK = 500  # frames whose weights are computed at once: 3 MB


def encoder_graph(arrays: Arrays) -> bytes:
    """The encoder of the container's `arrays` as an ONNX file.

    Input "mel": float32 (1, n_mels, frames), at most 3,000 frames of 10 ms. Output: float32 (1, frames / 2, width).
    Raises `KeyError` or `ValueError` for arrays that are not a Whisper encoder's.
    """
    layers = _EncoderLayers(arrays, side="encoder")
    x = layers.gelu(layers.convolution("mel", "conv1", stride=1))
    x = layers.gelu(layers.convolution(x, "conv2", stride=2))
    x = layers.graph.add("Transpose", [x], perm=[0, 2, 1])  # (1, frames, width)
    x = layers.with_positions(x)
    for layer in range(layer_count(arrays, "encoder")):
        x = layers.sum(x, layers.attention(x, f"layer_{layer}/self_attention"))
        x = layers.sum(x, layers.feed_forward(x, f"layer_{layer}/ffn"))
    n_mels = layers.array("conv1/weight").shape[1]
    return layers.graph.model({"mel": [1, n_mels, "frames"]}, layers.norm(x, "layer_norm"))


class _EncoderLayers(Layers):
    def __init__(self, arrays: Arrays, *, side: str) -> None:
        super().__init__(arrays, side=side)
        most, self._width = self.array("position_encodings/encodings").shape
        self._heads = int(self.array("num_heads"))
        constant = self.graph.constant
        self._blocks = [(constant(np.array([i])), constant(np.array([i + _BLOCK]))) for i in range(0, most, _BLOCK)]
        self._frame_axis = constant(np.array([0]))
        self._rows, self._flat = constant(np.array([-1, self._width])), constant(np.array([-1]))
        self._signed_zero, self._unsigned_zero = constant(np.array(0, np.int8)), constant(np.array(0, np.uint8))

    def convolution(self, x: str, name: str, *, stride: int) -> str:
        weights = [self.constant(f"{name}/weight"), self.constant(f"{name}/bias")]
        return self.graph.add("Conv", [x, *weights], pads=[1, 1], strides=[stride])

    def with_positions(self, x: str) -> str:
        first, axis, frame_axis = (self.graph.constant(np.array([i])) for i in (0, 0, 1))
        n_frames = self.graph.add("Gather", [self.graph.add("Shape", [x]), frame_axis])
        positions = self.constant("position_encodings/encodings")
        return self.sum(x, self.graph.add("Slice", [positions, first, n_frames, axis]))

    def attention(self, x: str, name: str) -> str:
        """Query, key and value are one matrix in the container. The output is (frames, width)."""
        rows, weight = self.equalized(x, f"{name}/layer_norm", weight=self.array(f"{name}/linear_0/weight"))
        parts = zip(np.split(weight, 3), np.split(self.array(f"{name}/linear_0/bias"), 3), strict=True)
        queries, keys, values = (self.graph.add("Reshape", [self.affine(rows, *part), self._rows]) for part in parts)
        mean = self.graph.add("ReduceMean", [keys], axes=[0], keepdims=1)
        stored_keys, stored_values = (self._columns(x) for x in (self.graph.add("Sub", [keys, mean]), values))
        factors = self.graph.constant(np.array((self._width // self._heads) ** -0.5))
        factors = self.graph.add("Mul", [stored_keys.scales, factors])
        parts_of_heads = (
            self.graph.add_many("Split", [part], self._heads, axis=1)
            for part in (self.graph.add("Mul", [queries, factors]), stored_keys.integers, stored_values.integers)
        )
        seen = self.graph.add("Concat", [self._seen(*head) for head in zip(*parts_of_heads, strict=True)], axis=1)
        return self.linear(self.graph.add("Mul", [seen, stored_values.scales]), f"{name}/linear_1")

    def _columns(self, x: str) -> Quantized:
        return self.scaled(x, axis=0, largest=127, zero_point=self._signed_zero)

    def _seen(self, queries: str, keys: str, values: str) -> str:
        """What a head sees of its `values`: (frames, size). Keys and values are integers."""
        asked = self.quantized(queries, axis=None)
        keys = self.graph.add("Transpose", [keys], perm=[1, 0])
        seen = []
        for block in self._blocks:  # those behind the last frame are empty
            rows = self.graph.add("Slice", [asked.integers, *block, self._frame_axis])
            inputs = [rows, keys, asked.scales, self.one, asked.zero_point]
            scores = self.graph.add("com.microsoft.MatMulIntegerToFloat", inputs)
            seen.append(self.product(self._weights(scores), values, self.one))
        return self.graph.add("Concat", seen, axis=0)

    def _weights(self, scores: str) -> Quantized:
        """Of the largest weight of a frame the integer is 255."""
        weights = self.graph.add("Softmax", [scores], axis=-1)
        peaks = self.graph.add("ReduceMax", [weights], axes=[1], keepdims=1)
        scales = self.graph.add("Div", [peaks, self.graph.constant(np.array(255.0))])
        by_row = self.graph.add("Reshape", [scales, self._flat])
        return Quantized(self.graph.add("QuantizeLinear", [weights, by_row], axis=0), scales, self._unsigned_zero)
