"""Whisper's decoder as two ONNX graphs with 8-bit products, made of the arrays of CTranslate2's container.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"; the layers are those of `TextDecoder`
in openai-whisper's model.py. One graph makes of the encoder's states what all steps read: the keys and values of each
layer's attention to the audio, as integers, so that a step reads a quarter of their bytes. The other makes one step of
some hypotheses of each of some windows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transcribe.recognition.engines.ct2_container import Arrays, layer_count
from transcribe.recognition.engines.quantized_layers import Layers, quantized_rows

AUDIO = ("keys", "key_scales", "values", "value_scales")
"""The inputs of a step for each layer that `audio_graph` makes, before the number of the layer."""
TEXT = ("past_keys", "past_values")
"""The inputs of a step for each layer that the step before returned, before the number of the layer."""


def audio_graph(arrays: Arrays) -> bytes:
    """What each layer attends to, of the container's `arrays`, as an ONNX file.

    Input "states": float32 (windows, frames, width). Outputs, for each layer those of `AUDIO`: keys int8 (windows,
    heads, size, frames), values int8 (windows, heads, frames, size), their scales float32 (windows, heads, 1, size).
    Raises `KeyError` or `ValueError` for arrays that are not a Whisper decoder's.
    """
    layers = _DecoderLayers(arrays, side="decoder")
    rows = layers.quantized("states")
    outputs = []
    for layer in range(layer_count(arrays, "decoder")):
        name = f"layer_{layer}/attention/linear_1"
        parts = zip(np.split(layers.array(f"{name}/weight"), 2), np.split(layers.array(f"{name}/bias"), 2), strict=True)
        keys, values = (layers.split_heads(layers.product(rows, *part)) for part in parts)
        outputs += layers.stored(layers.transposed(keys), axis=3)
        outputs += layers.stored(values, axis=2)
    types: dict[str, type] = dict.fromkeys((*outputs[::4], *outputs[2::4]), np.int8)
    return layers.graph.model({"states": ["windows", "frames", layers.width]}, *outputs, types=types)


def step_graph(arrays: Arrays, *, suppressed: Sequence[int], special: Sequence[int], best: int) -> bytes:
    """A step of the decoder of the container's `arrays` as an ONNX file.

    Inputs: "tokens" int64 (windows, hypotheses); their "position" int64 (1,); "parents" int64 (windows · hypotheses),
    the row of the step before that each continues; "mask" float32 (frames,), 0 for frames and a large negative number
    for what is none; for each layer, see `AUDIO` and `TEXT`. Outputs: the natural logarithms of the `best` largest
    probabilities of the next token, without the `suppressed` ones, float32 (windows, hypotheses, best), and these
    tokens, int64; the logarithms for the tokens `special`, suppressed or not, float32 (windows, hypotheses,
    len(special)), of which the first must not be suppressed; for each layer the new `TEXT`.
    Raises as `audio_graph` does.
    """
    layers = _DecoderLayers(arrays, side="decoder")
    n_layers = layer_count(arrays, "decoder")
    integers, scales = quantized_rows(layers.array("embeddings/weight"))
    vocabulary = layers.graph.constant(integers.T)
    x = layers.embedded(vocabulary, scales)
    presents = []
    for layer in range(n_layers):
        attended, *present = layers.text_attention(x, layer)
        presents += present
        x = layers.sum(x, attended)
        x = layers.sum(x, layers.audio_attention(x, layer))
        x = layers.sum(x, layers.feed_forward(x, f"layer_{layer}/ffn"))
    outputs = layers.predictions(
        layers.norm(x, "layer_norm"), vocabulary, scales, suppressed=suppressed, special=special, best=best
    )
    heads, size = layers.heads, layers.width // layers.heads
    inputs: dict[str, Sequence[int | str]] = {
        "tokens": ["windows", "hypotheses"],
        "position": [1],
        "parents": ["rows"],
    }
    types: dict[str, type] = dict.fromkeys([*inputs, outputs[1]], np.int64)
    inputs["mask"] = ["frames"]
    for layer in range(n_layers):
        inputs |= {f"{name}{layer}": ["before", heads, "past", size] for name in TEXT}
        inputs |= {f"keys{layer}": ["windows", heads, size, "frames"]}
        inputs |= {f"values{layer}": ["windows", heads, "frames", size]}
        inputs |= {f"{name}{layer}": ["windows", heads, 1, size] for name in ("key_scales", "value_scales")}
        types |= {f"{name}{layer}": np.int8 for name in ("keys", "values")}
    return layers.graph.model(inputs, *outputs, *presents, types=types)


class _DecoderLayers(Layers):
    def __init__(self, arrays: Arrays, *, side: str) -> None:
        super().__init__(arrays, side=side)
        self.heads = int(self.array("num_heads"))
        self.width = self.array("layer_norm/gamma").size
        self._signed_zero = self.graph.constant(np.array(0, np.int8))
        self._unsigned_zero = self.graph.constant(np.array(0, np.uint8))

    def embedded(self, vocabulary: str, scales: np.ndarray) -> str:
        """The tokens with their position: (windows, hypotheses, width)."""
        columns = self.graph.add("Cast", [self.graph.add("Gather", [vocabulary, "tokens"], axis=1)], to=1)
        x = self.graph.add("Mul", [columns, self.graph.add("Gather", [self.graph.constant(scales), "tokens"])])
        x = self.graph.add("Transpose", [x], perm=[1, 2, 0])
        return self.sum(x, self.graph.add("Gather", [self.constant("position_encodings/encodings"), "position"]))

    def text_attention(self, x: str, layer: int) -> tuple[str, str, str]:
        """The attention to the text so far, its output as `x`; and the keys and values with this step's."""
        name = f"layer_{layer}/self_attention"
        rows = self.quantized(self.norm(x, f"{name}/layer_norm"))
        weight, bias = self.array(f"{name}/linear_0/weight"), self.array(f"{name}/linear_0/bias")
        parts = zip(np.split(weight, 3), np.split(bias, 3), strict=True)
        row = self.graph.constant(np.array([-1, 1, self.width]))
        inputs = [self.graph.add("Reshape", [self.product(rows, *part), row]) for part in parts]
        pasts = [self.graph.add("Gather", [f"{kind}{layer}", "parents"]) for kind in TEXT]
        attended, keys, values = self.graph.add_many(
            "com.microsoft.MultiHeadAttention", [*inputs, "", "", "", *pasts], 3, num_heads=self.heads
        )
        attended = self.graph.add("Reshape", [attended, self.graph.add("Shape", [x])])
        return self.linear(attended, f"{name}/linear_1"), keys, values

    def audio_attention(self, x: str, layer: int) -> str:
        """The attention to the window that a hypothesis is of."""
        name = f"layer_{layer}/attention"
        queries = self.split_heads(self.linear(self.norm(x, f"{name}/layer_norm"), f"{name}/linear_0"))
        size = self.graph.constant(np.array((self.width // self.heads) ** -0.5))
        queries = self.graph.add("Mul", [self.graph.add("Mul", [queries, size]), f"key_scales{layer}"])
        scores = self.product_of(self.quantized(queries, axis=3), f"keys{layer}")
        attended = self._weighted(self.graph.add("Softmax", [self.sum(scores, "mask")], axis=-1), f"values{layer}")
        attended = self.graph.add("Mul", [attended, f"value_scales{layer}"])
        attended = self.graph.add("Transpose", [attended], perm=[0, 2, 1, 3])
        whole = self.graph.constant(np.array([0, 0, self.width]))
        return self.linear(self.graph.add("Reshape", [attended, whole]), f"{name}/linear_2")

    def _weighted(self, weights: str, values: str) -> str:
        """Int8 `values` weighted by what is never negative, in integers of which the largest of a row is 255."""
        largest = self.graph.add("ReduceMax", [weights], axes=[3], keepdims=1)
        scales = self.graph.add("Div", [largest, self.graph.constant(np.array(255.0))])
        scaled = self.graph.add("Div", [weights, scales])
        integers = self.graph.add("QuantizeLinear", [scaled, self._one, self._unsigned_zero])
        inputs = [integers, values, self._one, self._one, self._unsigned_zero]
        return self.graph.add("Mul", [self.graph.add("com.microsoft.MatMulIntegerToFloat", inputs), scales])

    def predictions(
        self,
        x: str,
        vocabulary: str,
        scales: np.ndarray,
        *,
        suppressed: Sequence[int],
        special: Sequence[int],
        best: int,
    ) -> list[str]:
        """The three outputs of `step_graph` about the next token."""
        rows = self.quantized(x)
        mask = np.zeros(scales.size, np.float32)
        mask[list(suppressed)] = -np.inf
        weights = [vocabulary, self._one, self.graph.constant(scales), self._zero_point]
        logits = self.graph.add("com.microsoft.MatMulIntegerToFloat", [rows.integers, *weights])
        logits = self.sum(self.graph.add("Mul", [logits, rows.scales]), self.graph.constant(mask))
        logarithms = self.graph.add("LogSoftmax", [logits], axis=-1)
        largest = self.graph.add_many("TopK", [logarithms, self.graph.constant(np.array([best]))], 2)
        told = self.product(rows, self.array("embeddings/weight")[list(special)], None)
        first = self.graph.constant(np.array([0]))
        known = self.graph.add("Gather", [logarithms, self.graph.constant(np.array([special[0]]))], axis=2)
        norm = self.graph.add("Sub", [self.graph.add("Gather", [told, first], axis=2), known])
        return [*largest, self.graph.add("Sub", [told, norm])]

    def split_heads(self, x: str) -> str:
        """(a, b, width) → (a, heads, b, size)."""
        shape = self.graph.constant(np.array([0, 0, self.heads, self.width // self.heads]))
        return self.graph.add("Transpose", [self.graph.add("Reshape", [x, shape])], perm=[0, 2, 1, 3])

    def transposed(self, x: str) -> str:
        """The last two axes in the other order."""
        return self.graph.add("Transpose", [x], perm=[0, 1, 3, 2])

    def stored(self, x: str, *, axis: int) -> list[str]:
        """`x` in int8 and its scales, one for all along `axis`, of which the shape is (windows, heads, 1, size)."""
        largest = self.graph.add("ReduceMax", [self.graph.add("Abs", [x])], axes=[axis], keepdims=1)
        largest = self.graph.add("Max", [largest, self.graph.constant(np.array(1e-6))])
        scales = self.graph.add("Div", [largest, self.graph.constant(np.array(127.0))])
        integers = self.graph.add("QuantizeLinear", [self.graph.add("Div", [x, scales]), self._one, self._signed_zero])
        return [integers, scales if axis == 2 else self.transposed(scales)]
