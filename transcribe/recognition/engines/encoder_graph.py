"""Whisper's encoder as an ONNX graph with 8-bit products, made of the arrays of CTranslate2's container.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"; the layers are those of
`AudioEncoder` in openai-whisper's model.py. The attention is onnxruntime's, which keeps the scores of a few frames at a
time.
"""

from __future__ import annotations

import numpy as np

from transcribe.recognition.engines.ct2_container import Arrays, layer_count
from transcribe.recognition.engines.quantized_layers import Layers


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
    def convolution(self, x: str, name: str, *, stride: int) -> str:
        weights = [self.constant(f"{name}/weight"), self.constant(f"{name}/bias")]
        return self.graph.add("Conv", [x, *weights], pads=[1, 1], strides=[stride])

    def with_positions(self, x: str) -> str:
        first, axis, frame_axis = (self.graph.constant(np.array([i])) for i in (0, 0, 1))
        n_frames = self.graph.add("Gather", [self.graph.add("Shape", [x]), frame_axis])
        positions = self.constant("position_encodings/encodings")
        return self.sum(x, self.graph.add("Slice", [positions, first, n_frames, axis]))

    def attention(self, x: str, name: str) -> str:
        """Query, key and value are one matrix in the container."""
        rows = self.quantized(self.norm(x, f"{name}/layer_norm"))
        weight, bias = self.array(f"{name}/linear_0/weight"), self.array(f"{name}/linear_0/bias")
        parts = zip(np.split(weight, 3), np.split(bias, 3), strict=True)
        inputs = [self.affine(rows, *part) for part in parts]
        heads = int(self.array("num_heads"))
        return self.linear(
            self.graph.add("com.microsoft.MultiHeadAttention", inputs, num_heads=heads), f"{name}/linear_1"
        )
