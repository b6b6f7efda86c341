"""The decoder's graphs against the same decoder in numpy, in 64 bits, which reads a whole text at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from scipy.special import erf, log_softmax, softmax

from tests.support.whisper_decoder import POSITIONS, TOKENS, random_decoder
from tests.support.whisper_encoder import HEADS, LAYERS, WIDTH, Arrays, needs_dot_products
from transcribe.recognition.engines.decoder_graph import AUDIO, TEXT, attention_graph, audio_graph, step_graph

Floats = NDArray[np.float64]

_SUPPRESSED, _SPECIAL = (3, 7), (5, 7, 11)
_BEST = 6
_ALIGNED = [(0, 1), (1, 1), (1, 0)]


def norm(x: Floats, arrays: Arrays, name: str) -> Floats:
    scaled = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    return scaled * arrays[f"{name}/gamma"] + arrays[f"{name}/beta"]


def linear(x: Floats, arrays: Arrays, name: str) -> Floats:
    return x @ arrays[f"{name}/weight"].T + arrays[f"{name}/bias"]


def attention(queries: Floats, keys: Floats, values: Floats, *, causal: bool) -> Floats:
    hidden = np.triu(np.full((len(queries), len(keys)), -np.inf), 1) if causal else 0.0
    split = (np.split(part, HEADS, axis=1) for part in (queries, keys, values))
    heads = [softmax(q @ k.T / np.sqrt(WIDTH / HEADS) + hidden, axis=1) @ v for q, k, v in zip(*split, strict=True)]
    return np.concatenate(heads, axis=1)


def logits(halves: Arrays, states: NDArray[np.float32], tokens: Sequence[int]) -> Floats:
    """Those after each of the tokens."""
    return read(halves, states, tokens)[0]


def read(halves: Arrays, states: NDArray[np.float32], tokens: Sequence[int]) -> tuple[Floats, Floats, Floats]:
    """The logits after each of the tokens; what the heads `_ALIGNED` ask of the audio (tokens, heads, size), and the
    weights that they give it (heads, tokens, frames)."""
    asked, weights = {}, {}
    arrays = {name.removeprefix("decoder/"): array.astype(np.float64) for name, array in halves.items()}
    x = arrays["embeddings/weight"][list(tokens)] + arrays["position_encodings/encodings"][: len(tokens)]
    for layer in range(LAYERS):
        text, audio, ffn = (f"layer_{layer}/{part}" for part in ("self_attention", "attention", "ffn"))
        parts = np.split(linear(norm(x, arrays, f"{text}/layer_norm"), arrays, f"{text}/linear_0"), 3, axis=1)
        x = x + linear(attention(*parts, causal=True), arrays, f"{text}/linear_1")
        queries = linear(norm(x, arrays, f"{audio}/layer_norm"), arrays, f"{audio}/linear_0")
        heard = np.split(linear(states.astype(float), arrays, f"{audio}/linear_1"), 2, axis=1)
        for head, (q, k) in enumerate(
            zip(*(np.split(part, HEADS, axis=1) for part in (queries, heard[0])), strict=True)
        ):
            asked[layer, head] = q / np.sqrt(WIDTH / HEADS)
            weights[layer, head] = softmax(asked[layer, head] @ k.T, axis=1)
        x = x + linear(attention(queries, *heard, causal=False), arrays, f"{audio}/linear_2")
        hidden = linear(norm(x, arrays, f"{ffn}/layer_norm"), arrays, f"{ffn}/linear_0")
        x = x + linear(hidden * (1 + erf(hidden / np.sqrt(2))) / 2, arrays, f"{ffn}/linear_1")
    predicted = norm(x, arrays, "layer_norm") @ arrays["embeddings/weight"].T
    return predicted, np.stack([asked[head] for head in _ALIGNED], 1), np.stack([weights[head] for head in _ALIGNED])


class Network:
    """Both graphs in onnxruntime, with the states of some windows."""

    def __init__(self, arrays: Arrays, states: NDArray[np.float32], *, filled: int = 0) -> None:
        def session(graph: bytes) -> onnxruntime.InferenceSession:
            return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])

        padded = np.pad(states, ((0, 0), (0, filled), (0, 0)))
        self.outputs = session(audio_graph(arrays)).run(None, {"states": padded})
        names = [f"{kind}{layer}" for layer in range(LAYERS) for kind in AUDIO]
        self.audio = dict(zip(names, self.outputs, strict=True))
        self.audio["mask"] = np.repeat(np.array([0, -1e9], np.float32), [states.shape[1], filled])
        self.text_names = [f"{kind}{layer}" for layer in range(LAYERS) for kind in TEXT]
        self.text = [np.zeros((len(states), HEADS, 0, WIDTH // HEADS), np.float32)] * len(self.text_names)
        step = step_graph(arrays, suppressed=_SUPPRESSED, special=_SPECIAL, best=_BEST, aligned=_ALIGNED)
        self.session = session(step)
        self.position = 0

    def step(self, tokens: Sequence[Sequence[int]], parents: Sequence[int]) -> list[NDArray[Any]]:
        """The outputs for the last tokens of some hypotheses of each window, in order, but for the new `TEXT`."""
        first = np.cumsum([0, *map(len, tokens)]).tolist()
        most = max(map(len, tokens))
        rows = [[*range(a, b), *[a] * (most - b + a)] for a, b in pairwise(first)]
        places = [window * most + place for window, some in enumerate(tokens) for place in range(len(some))]
        now = {
            "tokens": np.concatenate([np.array(some) for some in tokens]),
            "parents": np.array(parents),
            "position": np.array([self.position]),
            "rows": np.array(rows),
            "places": np.array(places),
        }
        text = dict(zip(self.text_names, self.text, strict=True))
        outputs: list[NDArray[Any]] = self.session.run(None, now | text | self.audio)
        self.text = outputs[4:]
        self.position += 1
        return outputs[:4]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    return random_decoder()


@pytest.fixture(scope="module")
def states() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(size=(2, 20, WIDTH)).astype(np.float32)


@needs_dot_products
@pytest.mark.parametrize("filled", [0, 12])
def test_each_step_predicts_as_the_decoder_does(arrays: Arrays, states: NDArray[np.float32], filled: int) -> None:
    """Of two windows with some hypotheses each, which change places and are given up on the way."""
    network = Network(arrays, states, filled=filled)
    texts = [[[0]], [[0]]]
    parents = [0, 1]
    rng = np.random.default_rng(2)
    for _ in range(POSITIONS - 1):
        outputs = network.step([[text[-1] for text in window] for window in texts], parents)
        expected = [logits(arrays, states[w], text)[-1] for w, window in enumerate(texts) for text in window]
        check(outputs, np.array(expected))
        chosen = [rng.integers(len(window), size=rng.integers(1, 4)).tolist() for window in texts]
        parents = [*chosen[0], *(len(texts[0]) + place for place in chosen[1])]
        texts = [
            [[*window[place], int(rng.integers(TOKENS))] for place in places]
            for window, places in zip(texts, chosen, strict=True)
        ]


def check(outputs: Sequence[NDArray[Any]], expected: Floats) -> None:
    """Products of 8 bits differ by some hundredths."""
    logprobs, tokens, special, _ = outputs
    masked = expected.copy()
    masked[..., list(_SUPPRESSED)] = -np.inf
    masked = log_softmax(masked, axis=-1)
    assert np.abs(logprobs - np.take_along_axis(masked, tokens, axis=-1)).max() < 0.15
    assert (np.diff(logprobs, axis=-1) <= 0).all()
    assert not np.isin(tokens, _SUPPRESSED).any()
    assert (np.sort(masked, axis=-1)[..., -_BEST:] - logprobs[..., ::-1] < 0.15).all()
    norms = np.log(np.exp(expected).sum(-1) - np.exp(expected[..., list(_SUPPRESSED)]).sum(-1))
    assert np.abs(special - (expected[..., list(_SPECIAL)] - norms[..., None])).max() < 0.15


@needs_dot_products
def test_what_is_filled_up_has_no_weight(arrays: Arrays, states: NDArray[np.float32]) -> None:
    """Whatever it is: nothing of a prediction changes."""
    filled = Network(arrays, states, filled=12)
    outputs = filled.step([[1, 2], [3, 4]], [0, 0, 1, 1])
    filled = Network(arrays, states, filled=12)
    for layer in range(LAYERS):
        filled.audio[f"values{layer}"][:, :, states.shape[1] :] = 99
        filled.audio[f"keys{layer}"][..., states.shape[1] :] = -77
    assert all((a == b).all() for a, b in zip(outputs, filled.step([[1, 2], [3, 4]], [0, 0, 1, 1]), strict=True))


@needs_dot_products
def test_a_hypothesis_is_predicted_alike_whatever_is_beside_it(arrays: Arrays, states: NDArray[np.float32]) -> None:
    both = Network(arrays, states).step([[1, 2, 9], [3, 4, 8]], [0, 0, 0, 1, 1, 1])
    alone = Network(arrays, states[1:]).step([[4]], [0])
    assert all((a[4] == b[0]).all() for a, b in zip(both, alone, strict=True))


@needs_dot_products
def test_heads_ask_of_the_audio_what_the_decoder_s_ask(arrays: Arrays, states: NDArray[np.float32]) -> None:
    text = [4, 9, 1, 17, 30, 2]
    network = Network(arrays, states)
    asked = np.stack([network.step([[token], [token]], [0, 1])[3] for token in text], axis=1)
    for window, found in zip(states, asked, strict=True):
        assert np.abs(found - read(arrays, window, text)[1]).max() < 0.1


def test_where_heads_look_is_told_in_deviations_from_the_mean_of_the_tokens(
    arrays: Arrays, states: NDArray[np.float32]
) -> None:
    for window in states:
        _, asked, weights = read(arrays, window, [4, 9, 1, 17, 30, 2])
        expected = (weights - weights.mean(1, keepdims=True)) / weights.std(1, keepdims=True)
        network = onnxruntime.InferenceSession(attention_graph(arrays, _ALIGNED), providers=["CPUExecutionProvider"])
        (found,) = network.run(None, {"states": window[None], "queries": asked.astype(np.float32)})
        assert np.abs(found - expected).max() < 0.001


def test_of_one_token_nothing_differs_from_the_mean(arrays: Arrays, states: NDArray[np.float32]) -> None:
    network = onnxruntime.InferenceSession(attention_graph(arrays, _ALIGNED), providers=["CPUExecutionProvider"])
    queries = np.ones((1, len(_ALIGNED), WIDTH // HEADS), np.float32)
    assert (network.run(None, {"states": states[:1], "queries": queries})[0] == 0).all()


def test_heads_that_a_decoder_does_not_have_are_refused(arrays: Arrays) -> None:
    for head in ((LAYERS, 0), (0, HEADS)):
        with pytest.raises((KeyError, IndexError)):
            attention_graph(arrays, [head])


@pytest.mark.parametrize("name", ["layer_1/ffn/linear_1/weight", "embeddings/weight", "num_heads"])
def test_what_is_no_decoder_is_refused(arrays: Arrays, name: str) -> None:
    rest = {key: array for key, array in arrays.items() if key != f"decoder/{name}"}
    with pytest.raises(KeyError):
        step_graph(rest, suppressed=(), special=(0,), best=2, aligned=_ALIGNED)
