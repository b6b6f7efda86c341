"""Whisper's decoder as three ONNX graphs, two with 8-bit products, made of the arrays of CTranslate2's container.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"; the layers are those of `TextDecoder`
in openai-whisper's model.py. One graph makes of the encoder's states what all steps read: the keys and values of each
layer's attention to the audio, as integers, so that a step reads a quarter of their bytes. Another makes one step of
some hypotheses of each of some windows. The third makes of what some heads asked in these steps which frames they
looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transcribe.recognition.engines.ct2_container import Arrays, layer_count
from transcribe.recognition.engines.quantized_layers import Layers, Quantized, quantized_rows

AUDIO = ("keys", "key_scales", "values", "value_scales")
"""The inputs of a step for each layer that `audio_graph` makes, before the number of the layer."""
Head = tuple[int, int]
"""A layer and a head in it."""
TEXT = ("past_keys", "past_values")
"""The inputs of a step for each layer that the step before returned, before the number of the layer."""
_LEAST_DEVIATION = np.array(1e-9)  # that is divided by


def audio_graph(arrays: Arrays) -> bytes:
    """What each layer attends to, of the container's `arrays`, as an ONNX file.

    Input "states": float32 (windows, frames, width). Outputs, for each layer those of `AUDIO`: keys int8 (windows,
    heads, size, frames), values int8 (windows, heads, frames, size), their scales float32 (windows, heads, 1, size).
    Raises `KeyError` or `ValueError` for arrays that are not a Whisper decoder's.
    """
    layers = _AudioLayers(arrays, side="decoder")
    rows = layers.quantized("states")
    outputs = []
    for layer in range(layer_count(arrays, "decoder")):
        name = f"layer_{layer}/attention/linear_1"
        parts = zip(np.split(layers.array(f"{name}/weight"), 2), np.split(layers.array(f"{name}/bias"), 2), strict=True)
        keys, values = (layers.split_heads(layers.affine(rows, *part)) for part in parts)
        outputs += layers.stored(layers.transposed(keys), axis=3)
        outputs += layers.stored(values, axis=2)
    types: dict[str, type] = dict.fromkeys((*outputs[::4], *outputs[2::4]), np.int8)
    return layers.graph.model({"states": ["windows", "frames", layers.width]}, *outputs, types=types)


def attention_graph(arrays: Arrays, aligned: Sequence[Head]) -> bytes:
    """Which frames of one window the heads `aligned` look at, of the container's `arrays`, as an ONNX file.

    Inputs: "states" float32 (1, frames, width); "queries" float32 (tokens, heads, size), of `step_graph`. Output: the
    weights, float32 (heads, tokens, frames), as many standard deviations above each frame's mean over the tokens
    (`find_alignment` in openai-whisper's timing.py). Raises `KeyError`, `IndexError` or `ValueError` for arrays that
    are not a Whisper decoder's and for heads it does not have.
    """
    layers = _AttentionLayers(arrays, side="decoder")
    size = layers.width // layers.heads
    weights = layers.standardized(layers.attended("states", "queries", aligned))
    inputs: dict[str, Sequence[int | str]] = {
        "states": [1, "frames", layers.width],
        "queries": ["tokens", len(aligned), size],
    }
    return layers.graph.model(inputs, weights)


def step_graph(
    arrays: Arrays,
    *,
    suppressed: Sequence[int],
    special: Sequence[int],
    best: int,
    aligned: Sequence[Head],
) -> bytes:
    """A step of the decoder of the container's `arrays` as an ONNX file.

    Inputs: "tokens" int64 (hypotheses,); their "position" int64 (1,); "parents" int64 (hypotheses,), that of the step
    before which each continues; "rows" int64 (windows, most), for each window its hypotheses, filled up with any; and
    "places" int64 (hypotheses,), where in these, flattened, each is; "mask" float32 (frames,), 0 for frames and a large
    negative number for what is none; for each layer, see `AUDIO` and `TEXT`. Outputs: the natural logarithms of the
    `best` largest probabilities of the next token, without the `suppressed` ones, float32 (hypotheses, best), and these
    tokens, int64; the logarithms for the tokens `special`, suppressed or not, float32 (hypotheses, len(special)), of
    which the first is a possible one; what the heads `aligned` ask of the audio, float32 (hypotheses, heads,
    size); for each layer the new `TEXT`. Raises as `attention_graph` does, and `ValueError` if `special` begins with a
    suppressed token.
    """
    layers = _StepLayers(arrays, side="decoder")
    n_layers = layer_count(arrays, "decoder")
    x = layers.embedded()
    presents = []
    for layer in range(n_layers):
        attended, *present = layers.text_attention(x, layer)
        presents += present
        x = layers.sum(x, attended)
        x = layers.sum(x, layers.audio_attention(x, layer))
        x = layers.sum(x, layers.feed_forward(x, f"layer_{layer}/ffn"))
    outputs = layers.predictions(layers.norm(x, "layer_norm"), suppressed=suppressed, special=special, best=best)
    outputs.append(layers.asked(aligned))
    inputs, types = _step_inputs(layers, n_layers)
    return layers.graph.model(inputs, *outputs, *presents, types={**types, outputs[1]: np.int64})


def _step_inputs(layers: _StepLayers, n_layers: int) -> tuple[dict[str, Sequence[int | str]], dict[str, type]]:
    """The shapes of the inputs of `step_graph`, and the types of those that are not float32."""
    heads, size = layers.heads, layers.width // layers.heads
    inputs: dict[str, Sequence[int | str]] = {name: ["hypotheses"] for name in ("tokens", "parents", "places")}
    inputs |= {"position": [1], "rows": ["windows", "most"]}
    types: dict[str, type] = dict.fromkeys(inputs, np.int64)
    inputs["mask"] = ["frames"]
    for layer in range(n_layers):
        inputs |= {f"{name}{layer}": ["before", heads, "past", size] for name in TEXT}
        inputs |= {f"keys{layer}": ["windows", heads, size, "frames"]}
        inputs |= {f"values{layer}": ["windows", heads, "frames", size]}
        inputs |= {f"{name}{layer}": ["windows", heads, 1, size] for name in ("key_scales", "value_scales")}
        types |= {f"{name}{layer}": np.int8 for name in ("keys", "values")}
    return inputs, types


class _DecoderLayers(Layers):
    def __init__(self, arrays: Arrays, *, side: str) -> None:
        super().__init__(arrays, side=side)
        self.heads = int(self.array("num_heads"))
        self.width = self.array("layer_norm/gamma").size

    def split_heads(self, x: str) -> str:
        """(a, b, width) → (a, heads, b, size)."""
        shape = self.graph.constant(np.array([0, 0, self.heads, self.width // self.heads]))
        return self.graph.add("Transpose", [self.graph.add("Reshape", [x, shape])], perm=[0, 2, 1, 3])


class _AudioLayers(_DecoderLayers):
    def __init__(self, arrays: Arrays, *, side: str) -> None:
        super().__init__(arrays, side=side)
        self._signed_zero = self.graph.constant(np.array(0, np.int8))

    def transposed(self, x: str) -> str:
        """The last two axes in the other order."""
        return self.graph.add("Transpose", [x], perm=[0, 1, 3, 2])

    def stored(self, x: str, *, axis: int) -> list[str]:
        """`x` in int8 and its scales, one for all along `axis`, of which the shape is (windows, heads, 1, size)."""
        rows = self.scaled(x, axis=axis, largest=127, zero_point=self._signed_zero)
        return [rows.integers, rows.scales if axis == 2 else self.transposed(rows.scales)]


class _AttentionLayers(_DecoderLayers):
    def attended(self, states: str, queries: str, aligned: Sequence[Head]) -> str:
        """The weights of the attention: (heads, tokens, frames)."""
        weights: list[NDArray[np.float32]] = []
        biases: list[NDArray[np.float32]] = []
        for layer, head in aligned:
            name = f"layer_{layer}/attention/linear_1"
            for parts, kind in ((weights, "weight"), (biases, "bias")):
                whole = np.split(self.array(f"{name}/{kind}"), 2)[0]  # the keys'
                parts.append(np.split(whole, self.heads)[head].T)
        keys = self.graph.add("MatMul", [states, self.graph.constant(np.stack(weights))])  # (heads, frames, size)
        keys = self.sum(keys, self.graph.constant(np.stack(biases)[:, None]))
        by_head = self.graph.add("Transpose", [queries], perm=[1, 0, 2])
        scores = self.graph.add("MatMul", [by_head, self.graph.add("Transpose", [keys], perm=[0, 2, 1])])
        return self.graph.add("Softmax", [scores], axis=-1)

    def standardized(self, x: str) -> str:
        """`x` as standard deviations from the mean along its second axis."""
        mean = self.graph.add("ReduceMean", [x], axes=[1], keepdims=1)
        rest = self.graph.add("Sub", [x, mean])
        variance = self.graph.add("ReduceMean", [self.graph.add("Mul", [rest, rest])], axes=[1], keepdims=1)
        deviation = self.graph.add("Max", [self.graph.add("Sqrt", [variance]), self.graph.constant(_LEAST_DEVIATION)])
        return self.graph.add("Div", [rest, deviation])


class _StepLayers(_DecoderLayers):
    def __init__(self, arrays: Arrays, *, side: str) -> None:
        super().__init__(arrays, side=side)
        self._queries: list[str] = []  # of each layer, (hypotheses, heads, size)
        self._unsigned_zero = self.graph.constant(np.array(0, np.uint8))
        self._vocabulary, self._token_scales = quantized_rows(self.array("embeddings/weight"))

    def embedded(self) -> str:
        """The tokens with their position: (hypotheses, width)."""
        rows, scales = (
            self.graph.add("Gather", [self.graph.constant(table), "tokens"])
            for table in (self._vocabulary.T, self._token_scales[:, None])
        )
        x = self.graph.add("Mul", [self.graph.add("Cast", [rows], to=1), scales])
        return self.sum(x, self.graph.add("Gather", [self.constant("position_encodings/encodings"), "position"]))

    def text_attention(self, x: str, layer: int) -> tuple[str, str, str]:
        """The attention to the text so far, its output as `x`; and the keys and values with this step's."""
        name = f"layer_{layer}/self_attention"
        rows = self.quantized(self.norm(x, f"{name}/layer_norm"))
        weight, bias = self.array(f"{name}/linear_0/weight"), self.array(f"{name}/linear_0/bias")
        parts = zip(np.split(weight, 3), np.split(bias, 3), strict=True)
        row = self.graph.constant(np.array([-1, 1, self.width]))
        inputs = [self.graph.add("Reshape", [self.affine(rows, *part), row]) for part in parts]
        pasts = [self.graph.add("Gather", [f"{kind}{layer}", "parents"]) for kind in TEXT]
        attended, keys, values = self.graph.add_many(
            "com.microsoft.MultiHeadAttention", [*inputs, "", "", "", *pasts], 3, num_heads=self.heads
        )
        attended = self.graph.add("Reshape", [attended, self.graph.add("Shape", [x])])
        return self.linear(attended, f"{name}/linear_1"), keys, values

    def audio_attention(self, x: str, layer: int) -> str:
        """The attention to the window that a hypothesis is of."""
        name = f"layer_{layer}/attention"
        queries = self.linear(self.norm(x, f"{name}/layer_norm"), f"{name}/linear_0")
        size = self.width // self.heads
        queries = self.graph.add("Mul", [queries, self.graph.constant(np.array(size**-0.5))])
        by_head = self.graph.constant(np.array([0, self.heads, size]))
        self._queries.append(self.graph.add("Reshape", [queries, by_head]))
        queries = self.graph.add("Gather", [self._queries[-1], "rows"])  # (windows, most, heads, size)
        queries = self.graph.add("Transpose", [queries], perm=[0, 2, 1, 3])
        queries = self.graph.add("Mul", [queries, f"key_scales{layer}"])
        scores = self.product(self.quantized(queries), f"keys{layer}", self.one)
        weights = self.graph.add("Softmax", [self.sum(scores, "mask")], axis=-1)
        rows = self.scaled(weights, axis=3, largest=255, zero_point=self._unsigned_zero)
        attended = self.product(rows, f"values{layer}", self.one)
        attended = self.graph.add("Mul", [attended, f"value_scales{layer}"])
        attended = self.graph.add("Transpose", [attended], perm=[0, 2, 1, 3])
        attended = self.graph.add("Reshape", [attended, self.graph.constant(np.array([-1, self.width]))])
        return self.linear(self.graph.add("Gather", [attended, "places"]), f"{name}/linear_2")

    def asked(self, aligned: Sequence[Head]) -> str:
        """What some heads ask of the audio: (hypotheses, heads, size)."""
        heads = [
            self.graph.add("Gather", [self._queries[layer], self.graph.constant(np.array([head]))], axis=1)
            for layer, head in aligned
        ]
        return self.graph.add("Concat", heads, axis=1)

    def predictions(self, x: str, *, suppressed: Sequence[int], special: Sequence[int], best: int) -> list[str]:
        """The three outputs of `step_graph` about the next token."""
        rows = self.quantized(x)
        possible = np.setdiff1d(np.arange(len(self._token_scales)), suppressed)
        if special[0] not in possible:
            raise ValueError(f"the token {special[0]} is suppressed")
        logits = self.logits(rows, possible)
        logprobs = self.graph.add("LogSoftmax", [logits], axis=-1)
        largest = self.graph.add_many("TopK", [logprobs, self.graph.constant(np.array([best]))], 2)
        tokens = self.graph.add("Gather", [self.graph.constant(possible), largest[1]])
        first = self.graph.constant(np.searchsorted(possible, special[:1]))
        known, raw = (self.graph.add("Gather", [source, first], axis=1) for source in (logprobs, logits))
        norm = self.graph.add("Sub", [raw, known])
        return [largest[0], tokens, self.graph.add("Sub", [self.logits(rows, special), norm])]

    def logits(self, rows: Quantized, tokens: Sequence[int] | NDArray[np.int64]) -> str:
        """Those of some tokens: (hypotheses, len(tokens))."""
        columns = self.graph.constant(np.take(self._vocabulary, tokens, axis=1))
        return self.product(rows, columns, self.graph.constant(self._token_scales[np.asarray(tokens)]))
