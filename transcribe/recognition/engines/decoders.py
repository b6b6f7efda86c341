"""The encoder's states of some windows → texts, by Whisper's decoder in onnxruntime.

CTranslate2 multiplies a few rows by a large matrix slowly where it has no library of Intel's, and reads the states in
32 bits in every step.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audio.trust import read_regular
from transcribe.recognition.engines.beam_search import Prediction, Rules, WindowTexts, search
from transcribe.recognition.engines.decoder_graph import AUDIO, TEXT, attention_graph, audio_graph, step_graph
from transcribe.recognition.engines.networks import on_one_line, open_network, suitable_arrays
from transcribe.recognition.model_sources import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.engines.networks import Run

_log = logging.getLogger(__name__)

_MOST_OF_CONFIG = 1 << 20  # bytes
_FRAMES = 32  # keys are filled up to a multiple of them: products with 750 take twice the time of those with 768
_NO_FRAME = -1e9  # added to a score that has no weight
_MOST_TOKENS = 8  # predicted for each hypothesis
_ENDS = ".", "!", "?", "ãĢĤ"  # of sentences; the last is "。" as the tokenizer writes its bytes


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the tokens of a model mean. Places are those in `special`."""

    end: int
    special: Sequence[int]  # tokens whose probability every step predicts
    languages: Mapping[str, int]  # their places by the codes
    suppressed: Sequence[int]  # tokens of no text; that for no speech is one
    not_first: Sequence[int]
    begins_word: Collection[int]  # tokens that begin with a blank
    ends_sentence: Collection[int]
    capitals: Mapping[int, int]  # tokens that begin a word with a small letter, and the same with a capital
    full_stop: int = 0
    exclamation: int = 1
    no_speech: int = 2
    comma: int = 3

    @classmethod
    def of(cls, tokenizer: Any, config: Mapping[str, Any]) -> Vocabulary:
        """That of a `tokenizers.Tokenizer` and CTranslate2's config.json.

        Raises `KeyError`, `TypeError` or `ValueError` if they are not Whisper's.
        """
        tokens = tokenizer.get_vocab(with_added_tokens=True)
        no_speech = tokens.get("<|nospeech|>", tokens.get("<|nocaptions|>"))
        end = tokens["<|endoftext|>"]
        names = {token: name for name, token in tokens.items()}
        languages, suppressed, not_first = (
            _known(config[key], names) for key in ("lang_ids", "suppress_ids", "suppress_ids_begin")
        )
        return cls(
            end=end,
            special=(tokens["."], tokens["!"], int(no_speech), tokens[","], *languages),
            languages={names[token].strip("<|>"): 4 + i for i, token in enumerate(languages)},
            suppressed=[*suppressed, int(no_speech)],
            not_first=not_first,
            begins_word=frozenset(token for name, token in tokens.items() if name.startswith("Ġ")),
            ends_sentence=frozenset(token for name, token in tokens.items() if name.endswith(_ENDS)),
            capitals=_capitals(tokens),
        )


@dataclass(frozen=True, slots=True)
class Decoder:
    """The graphs of `decoder_graph`. May be used from several threads at the same time."""

    audio: Run
    step: Run
    attention: Run
    vocabulary: Vocabulary
    heads: int
    size: int  # of a head
    longest: int  # tokens of a text, half of those that have a position

    def search(self, states: NDArray[np.float32], rules: Rules) -> list[WindowTexts]:
        """The texts of windows with the encoder's `states` (windows, frames, width). Raises `EngineError`."""
        return search(_Reading(self, states), len(states), rules)

    def attended(self, states: NDArray[np.float32], found: WindowTexts) -> NDArray[np.float32]:
        """Which frames the heads that follow the audio look at for each token of the best text and for its end, as
        `attention_graph` says it: (heads, tokens, frames).

        `states` are those of its window (frames, width), or some of them. Raises `EngineError`.
        """
        queries = np.concatenate([found.queries, np.stack([choice.queries for choice in found.texts[0].choices])])
        (weights,) = self.attention({"states": states[None], "queries": queries})
        return weights[:, len(found.queries) :]


class _Reading:
    """The `Steps` of some windows."""

    def __init__(self, decoder: Decoder, states: NDArray[np.float32]) -> None:
        self._decoder = decoder
        n_frames = states.shape[1]
        missing = -n_frames % _FRAMES
        outputs = decoder.audio({"states": np.pad(states, ((0, 0), (0, missing), (0, 0)))})
        self._mask = np.repeat(np.array([0.0, _NO_FRAME], np.float32), [n_frames, missing])
        n_layers = len(outputs) // len(AUDIO)
        self._audio = dict(zip(_names(AUDIO, n_layers), outputs, strict=True))
        self._names = _names(TEXT, n_layers)
        nothing = np.zeros((len(states), decoder.heads, 0, decoder.size), np.float32)
        self._text = [nothing] * len(self._names)
        self._position = 0

    def step(self, tokens: Sequence[int], parents: Sequence[int], counts: Sequence[int]) -> Prediction:
        rows, places = _grid(counts)
        now = {"tokens": np.array(tokens), "parents": np.array(parents), "rows": rows, "places": places}
        now |= {"position": np.array([self._position]), "mask": self._mask}
        text = zip(self._names, self._text, strict=True)
        logprobs, likeliest, special, queries, *self._text = self._decoder.step({**now, **dict(text), **self._audio})
        self._position += 1
        return Prediction(logprobs, likeliest, special, queries)

    def keep(self, windows: Sequence[int]) -> None:
        self._audio = {name: part[list(windows)] for name, part in self._audio.items()}


def _grid(counts: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of which each window has some in order, as a grid filled up with its last one; and their places in it.

    >>> [part.tolist() for part in _grid([1, 3])]
    [[[0, 0, 0], [1, 2, 3]], [0, 3, 4, 5]]
    """
    sizes = np.array(counts)[:, None]
    columns = np.arange(max(counts))[None]
    rows = np.cumsum(sizes)[:, None] - sizes + np.minimum(columns, sizes - 1)
    return rows, np.flatnonzero(columns < sizes)


def load_decoder(folder: Path, tokenizer: Any) -> Decoder | None:
    """The decoder of a model's folder in onnxruntime, with the model's `tokenizers.Tokenizer`.

    A call uses one thread. None where it is not faster, or too large to be in memory twice, and where it cannot be
    made, which a debug message says: CTranslate2 reads the same files, and says what is wrong with them.
    """
    try:
        arrays = suitable_arrays(folder / WEIGHTS, side="decoder")
        if arrays is None:
            return None
        config = json.loads(read_regular(folder / CONFIG, max_bytes=_MOST_OF_CONFIG))
        vocabulary = Vocabulary.of(tokenizer, config)
        best = max(_MOST_TOKENS, len(vocabulary.not_first) + 1)
        aligned = [(int(layer), int(head)) for layer, head in config["alignment_heads"]]
        graphs = (
            audio_graph(arrays),
            step_graph(
                arrays, suppressed=vocabulary.suppressed, special=vocabulary.special, best=best, aligned=aligned
            ),
            attention_graph(arrays, aligned),
        )
        heads, width = int(arrays["decoder/num_heads"]), arrays["decoder/embeddings/weight"].shape[1]
        longest = len(arrays["decoder/position_encodings/encodings"]) // 2
        del arrays  # onnxruntime takes as much memory as they have
        audio_run, step_run, attention_run = (open_network(graph, doing="decoding") for graph in graphs)
        decoder = Decoder(audio_run, step_run, attention_run, vocabulary, heads, width // heads, longest)
        _try(decoder, width)
    except Exception as exc:  # noqa: BLE001 - onnxruntime's and tokenizers' have no class in common
        _log.debug("%s: the decoder is not computed in onnxruntime (%s)", folder, on_one_line(exc))
        return None
    return decoder


def _try(decoder: Decoder, width: int) -> None:
    """Search a text of a token: some shapes are not checked until a graph runs.

    Raises `EngineError`, or `ValueError` if outputs are not finite, as with weights that are too large.
    """
    end = decoder.vocabulary.end
    states = np.zeros((1, 1, width), np.float32)
    (found,) = decoder.search(states, Rules((end,), end, beam_size=1, longest=1))
    if not (np.isfinite(found.special).all() and np.isfinite(decoder.attended(states[0], found)).all()):
        raise ValueError("outputs are not finite")


def _capitals(tokens: Mapping[str, int]) -> dict[int, int]:
    """Tokens that begin a word with a small letter, and the same with a capital.

    >>> _capitals({"Ġwe": 1, "ĠWe": 2, "we": 3, "We": 4, "Ġx": 5, "ĠiPod": 6, "Ġ": 7})
    {1: 2}
    """
    small = [name[1:] for name in tokens if name.startswith("Ġ") and name[1:2].islower()]
    capitals = {name: "Ġ" + name[0].upper() + name[1:] for name in small}
    return {tokens["Ġ" + name]: tokens[capital] for name, capital in capitals.items() if capital in tokens}


def _known(tokens: Sequence[Any], names: Mapping[int, str]) -> list[int]:
    """The tokens as numbers. Raises `ValueError` for one that the tokenizer does not have."""
    if unknown := [token for token in map(int, tokens) if token not in names]:
        raise ValueError(f"{CONFIG} has tokens that the tokenizer does not have: {unknown[:3]}")
    return [int(token) for token in tokens]


def _names(kinds: Sequence[str], n_layers: int) -> list[str]:
    return [f"{kind}{layer}" for layer in range(n_layers) for kind in kinds]
