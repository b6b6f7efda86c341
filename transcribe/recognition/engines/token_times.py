"""When the tokens of a text are said, and how likely they are; and the pieces of a text they make up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from transcribe.recognition.engines.token_words import Piece

_FRAME = 0.02  # seconds of audio that one of the encoder's states is of


@dataclass(frozen=True, slots=True)
class TokenTimes:
    """Of a text of n tokens, the end not included. Raises `ValueError` for other numbers of starts than n + 1."""

    starts: Sequence[int]  # n + 1 frames, the last that of the end
    probabilities: Sequence[float]  # n

    def __post_init__(self) -> None:
        if len(self.starts) != len(self.probabilities) + 1:
            raise ValueError(f"{len(self.starts)} starts of {len(self.probabilities)} tokens and their end")

    @classmethod
    def of_path(cls, path: Sequence[tuple[int, int]], probabilities: Sequence[float]) -> TokenTimes:
        """Of the pairs of a token and a frame through which ctranslate2 aligns a text, in order."""
        starts = [frame for i, (token, frame) in enumerate(path) if i == 0 or token != path[i - 1][0]]
        return cls(starts, probabilities)


def pieces(tokens: Sequence[int], times: TokenTimes, tokenizer: Any) -> list[Piece]:
    """The pieces as faster-whisper's `tokenizer` splits a text; each is as probable as its tokens are on average."""
    texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
    bounds = accumulate((len(group) for group in groups[:-1]), initial=0)
    return [
        Piece(
            text,
            times.starts[first] * _FRAME,
            times.starts[stop] * _FRAME,
            sum(times.probabilities[first:stop]) / (stop - first),
        )
        for text, (first, stop) in zip(texts, pairwise(bounds), strict=False)  # the last text is the end's
    ]
