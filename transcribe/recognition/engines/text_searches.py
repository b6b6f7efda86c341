"""The encoder's states of some windows → their texts in tokens: by CTranslate2's decoder, or by one in onnxruntime.

Both search on a CPU in every second frame (`encoder_states`), say in which of all frames each token of the best text
begins, how likely it is that nothing is said and, of a first reading, which language is spoken. For the times
CTranslate2 reads the text once more; in onnxruntime the search keeps what they are found by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from transcribe.recognition.engines.attention_path import first_frames
from transcribe.recognition.engines.beam_search import Hypothesis, Rules, WindowTexts
from transcribe.recognition.engines.encoder_states import thinned
from transcribe.recognition.engines.protocol import LanguageGuess
from transcribe.recognition.engines.token_times import TokenTimes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.engines.decoders import Decoder

_ANY_TOKEN = 0  # aligned in place of an empty text beside others; its time is not used
_NOTHING = TokenTimes([0], [])
TEXT_TOKENS = 448  # n_text_ctx of every Whisper model; half of it is for the prompt
_EXCLAIMED = math.log(0.2)
"""The odds of "!" against a full stop or a comma from which it is written, in English.

Whisper learned from subtitles, in which little is exclaimed. Chosen on scripts of dialogues, each held out: 22 marks
and capitals fewer are wrong (docs/performance.md).
"""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: texts after the tokens of the prompt, which ends with those of `start` and one more."""

    prompt: Sequence[int]
    start: Sequence[int]  # of a text; where there are several languages, of the language and the task, too
    end: int
    language: str
    beam_size: int = 1
    temperature: float = 0.0
    is_first: bool = False  # the language is asked, too


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a window as tokens, the best first, without the end token."""

    tokens: Sequence[Sequence[int]]
    times: TokenTimes  # of the best
    avg_logprob: float  # of the best: see `Reading`
    no_speech_probability: float
    spoken: LanguageGuess | None = None


class TextSearch(Protocol):
    """Finds the texts of windows of one length, each encoded as a StorageView of (n, frames, width)."""

    def __call__(self, encoded: Sequence[Any], lengths: Sequence[int], query: Query) -> list[Texts]:
        """The texts of each window, of which `lengths` frames have sound.

        Raises `EngineError`, `RuntimeError` or `ValueError`.
        """


class CTranslate2Search:
    """By CTranslate2's `model`, or the one that `sampler` makes; the times by `model`."""

    def __init__(self, model: Any, *, together: bool, sampler: Callable[[], Any] | None = None) -> None:
        self._model = model
        self._sampler = sampler or (lambda: model)
        self._together = together

    def __call__(self, encoded: Sequence[Any], lengths: Sequence[int], query: Query) -> list[Texts]:
        """See `TextSearch`."""
        from ctranslate2 import StorageView

        states = encoded[0] if self._together else StorageView.from_array(thinned(encoded))
        count = states.shape[0]
        options: dict[str, float] = {"beam_size": query.beam_size, "num_hypotheses": query.beam_size}
        if query.temperature > 0:
            options = {"beam_size": 1, "sampling_topk": 0, "sampling_temperature": query.temperature}
        results = self._sampler().generate(
            states,
            [list(query.prompt)] * count,
            **options,
            max_length=TEXT_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )
        spoken: Sequence[LanguageGuess | None] = [None] * count
        if query.is_first:  # one step of the decoder
            spoken = [LanguageGuess.of_tokens(pairs) for pairs in self._sampler().detect_language(states)]
        texts = [[[t for t in tokens if t < query.end] for tokens in r.sequences_ids] for r in results]
        times = aligned(self._model, encoded, [each[0] for each in texts], lengths=lengths, start=query.start)
        return [
            # ctranslate2 divides the sum, which includes the end token, by the length without it
            Texts(window, window_times, r.scores[0] * n / (n + 1), r.no_speech_prob, guess)
            for window, window_times, r, guess in zip(texts, times, results, spoken, strict=True)
            for n in [len(r.sequences_ids[0])]
        ]


def aligned(
    model: Any, encoded: Sequence[Any], texts: Sequence[Sequence[int]], *, lengths: Sequence[int], start: Sequence[int]
) -> list[TokenTimes]:
    """The times of a text of each window by CTranslate2's `model`; see `TextSearch` and `Query`."""
    times: list[TokenTimes] = []
    for states in encoded:
        some = slice(len(times), len(times) + states.shape[0])
        if not any(texts[some]):
            times += [_NOTHING] * states.shape[0]
            continue
        tokens = [text or [_ANY_TOKEN] for text in texts[some]]
        frames = [2 * length for length in lengths[some]]  # those of the log-mel
        results = model.align(states, list(start), tokens, frames, median_filter_width=7)
        times += [
            TokenTimes.of_path(r.alignments, r.text_token_probs) if text else _NOTHING
            for text, r in zip(texts[some], results, strict=True)
        ]
    return times


class NetworkSearch:
    """By a decoder in onnxruntime; in English it writes "!" where a full stop or a comma is hardly likelier."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __call__(self, encoded: Sequence[Any], lengths: Sequence[int], query: Query) -> list[Texts]:
        """See `TextSearch`. Raises `ValueError` for a temperature."""
        if query.temperature:
            raise ValueError("the decoder in onnxruntime does not sample")
        vocabulary, longest = self._decoder.vocabulary, self._decoder.longest
        before = len(query.prompt) - len(query.start) - 1
        rules = Rules(
            query.prompt[before:],
            query.end,
            query.beam_size,
            min(longest, 2 * longest - len(query.prompt)),  # each token has a position
            vocabulary.not_first,
            ends_sentence=vocabulary.ends_sentence,
            context=query.prompt[:before],
        )
        found = self._decoder.search(thinned(encoded), rules)
        states = [window for part in encoded for window in np.asarray(part)]
        return [
            Texts(
                tokens=[
                    self._exclaimed(text) if query.language == "en" and text.choices else text.tokens
                    for text in window.texts
                ],
                times=self._times(window_states[:length], window),
                avg_logprob=window.texts[0].logprob / (len(window.texts[0].tokens) + 1),
                no_speech_probability=_probability(float(window.special[vocabulary.no_speech])),
                spoken=self._language(window.special) if query.is_first else None,
            )
            for window, window_states, length in zip(found, states, lengths, strict=True)
        ]

    def _times(self, states: NDArray[np.float32], found: WindowTexts) -> TokenTimes:
        """Of the best text as it was found: an exclamation mark is as likely as the mark it is written for."""
        best = found.texts[0]
        n = len(best.tokens)
        starts = first_frames(self._decoder.attended(states, found)).tolist()
        probabilities = [math.exp(choice.logprob) for choice in best.choices[:n]]
        return TokenTimes([*starts, len(states)][: n + 1], probabilities)  # the longest text has no end

    def _language(self, logprobs: Any) -> LanguageGuess | None:
        if not self._decoder.vocabulary.languages:
            return None
        codes, places = zip(*self._decoder.vocabulary.languages.items(), strict=True)
        weights = np.exp(logprobs[list(places)] - logprobs[list(places)].max())
        return LanguageGuess(dict(zip(codes, (weights / weights.sum()).tolist(), strict=True)))

    def _exclaimed(self, text: Hypothesis) -> list[int]:
        """The tokens, with "!" for each full stop or comma after a word that is hardly likelier; a capital follows."""
        vocabulary, tokens = self._decoder.vocabulary, list(text.tokens)
        marks = {vocabulary.special[place]: place for place in (vocabulary.full_stop, vocabulary.comma)}
        for i, choice in enumerate(text.choices[: len(tokens)]):
            after = tokens[i + 1] if i + 1 < len(tokens) else vocabulary.end
            ends = after >= vocabulary.end or after in vocabulary.begins_word
            if (place := marks.get(tokens[i])) is None or not ends:
                continue
            if choice.special[vocabulary.exclamation] - choice.special[place] >= _EXCLAIMED:
                tokens[i] = vocabulary.special[vocabulary.exclamation]
                tokens[i + 1 : i + 2] = [vocabulary.capitals.get(token, token) for token in tokens[i + 1 : i + 2]]
        return tokens


def _probability(log_odds: float) -> float:
    """The probability of a suppressed token, of which a step predicts the odds against all that are not suppressed.

    >>> _probability(0.0), _probability(-1000.0), _probability(1000.0)
    (0.5, 0.0, 1.0)
    """
    return math.exp(-np.logaddexp(0.0, -log_odds))
