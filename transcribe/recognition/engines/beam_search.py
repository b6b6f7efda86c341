"""Searches the likeliest texts of some windows, a token at a time: beam search. Knows no network.

The rules are those of openai-whisper's decoding.py (`BeamSearchDecoder` with patience 1, `MaximumLikelihoodRanker`): a
window is done when as many of its hypotheses have ended as the beam is wide, and the best has the greatest logarithm
for each token. Besides, it is done when its likeliest hypothesis ends: what goes on then is less likely, but may come
to repeat itself, which a mean of logarithms favours. Two things are added, because a step costs as much as it has
hypotheses:

- Pruning: a hypothesis is dropped when another of its window is likelier by a factor (`Rules.prune_margin`).
- Recombination: two hypotheses with the same last tokens continue alike, so only the likelier is continued. The other
  becomes a text too, with the likelier one's continuation: so the texts differ all over a window, not only in their
  last tokens. A hypothesis may also reach the same tokens a few steps later, as with one comma more. Both must have as
  many ends of sentences: one that has a full stop after a short answer and one that has none write on as they began,
  and which is likelier shows only after some answers.

(Both as in speech decoders with n-grams: H. Ney and S. Ortmanns, "Dynamic programming search for continuous speech
recognition", 1999.) The figures are in docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FURTHEST_BEHIND = 3  # tokens; fewer than are compared, or a repeated phrase would be recombined with itself


@dataclass(frozen=True, slots=True)
class Prediction:
    """The next token of each hypothesis, as natural logarithms of probabilities."""

    logprobs: NDArray[np.float32]  # (hypotheses, n): the n largest, in order; n > len(not_first)
    tokens: NDArray[np.int64]  # of these
    special: NDArray[np.float32]  # (hypotheses, m): those of m tokens of interest, however unlikely
    queries: NDArray[np.float32]  # (hypotheses, heads, size): what some heads ask of the audio


class Steps(Protocol):
    """A network that reads some windows; each step continues some hypotheses of each."""

    def step(self, tokens: Sequence[int], parents: Sequence[int], counts: Sequence[int]) -> Prediction:
        """What follows the last `tokens` of hypotheses, each of which continues that of the step before in `parents`.

        Those of a window are in a row, and `counts` are how many each window has, at least one.
        """

    def keep(self, windows: Sequence[int]) -> None:
        """Only these of the windows go on, in this order."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is searched: texts after `prompt` that end with the token `end`, of at most `longest` tokens without it.

    `context` is read before the prompt; what is predicted there is of no interest.
    """

    prompt: Sequence[int]
    end: int
    beam_size: int
    longest: int
    not_first: Collection[int] = ()  # tokens that no text begins with
    most_texts: int = 5  # of a window
    prune_margin: float = 2.0  # by which a sum of natural logarithms may be below the likeliest hypothesis's
    compared_tokens: int = 4  # last ones, all different, by which two hypotheses are found to go on alike …
    ends_sentence: Collection[int] = ()  # … if they have as many of these
    context: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What was predicted where a token was chosen."""

    logprob: float  # of this token
    special: NDArray[np.float32]  # (m,)
    queries: NDArray[np.float32]  # (heads, size)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A text so far."""

    tokens: tuple[int, ...]  # the end not included
    logprob: float  # the sum of its tokens' logarithms, the end's included
    choices: tuple[Choice, ...]  # of each token, the end's included; none if recombined

    @property
    def score(self) -> float:
        """What an ended text is ranked by."""
        return self.logprob / max(1, len(self.tokens))


@dataclass(frozen=True, slots=True)
class WindowTexts:
    """The texts of a window, the best first; and what was predicted after each of the prompt's tokens."""

    texts: tuple[Hypothesis, ...]
    special: NDArray[np.float32]  # (m,), after the first one
    queries: NDArray[np.float32]  # (tokens - 1, heads, size): after the last one a text's first token is chosen


def search(steps: Steps, count: int, rules: Rules) -> list[WindowTexts]:
    """The texts of each of `count` windows. A window's depend only on what is predicted for it.

    Raises `ValueError` without a prompt.
    """
    predictions = _read_prompt(steps, count, rules)
    prediction = predictions[-1]
    beams = [_Beam(rules) for _ in range(count)]
    going = list(range(count))  # the windows that are not done
    while True:
        first = 0
        parents: list[int] = []
        for window in going:
            n_live = len(beams[window].live)
            parents += [first + parent for parent in beams[window].extend(prediction, first)]
            first += n_live
        rest = [place for place, window in enumerate(going) if beams[window].live]
        if not rest:
            return [_found(beam, window, predictions) for window, beam in enumerate(beams)]
        if len(rest) < len(going):
            steps.keep(rest)
            going = [going[place] for place in rest]
        live = [beams[window].live for window in going]
        prediction = steps.step([text.tokens[-1] for texts in live for text in texts], parents, [*map(len, live)])


def _read_prompt(steps: Steps, count: int, rules: Rules) -> list[Prediction]:
    """What follows each token of the prompt."""
    if not rules.prompt:
        raise ValueError("a text is searched after a prompt")
    before = len(rules.context)
    read = [steps.step([token] * count, range(count), [1] * count) for token in (*rules.context, *rules.prompt)]
    return read[before:]


def _found(beam: _Beam, window: int, prompt: Sequence[Prediction]) -> WindowTexts:
    queries = [prediction.queries[window] for prediction in prompt]
    return WindowTexts(beam.texts(), prompt[0].special[window], np.stack(queries)[:-1])


class _Beam:
    """The hypotheses of one window."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.live = [Hypothesis((), 0.0, ())]
        self._ended: list[Hypothesis] = []
        self._latest: dict[tuple[int, ...], Hypothesis] = {}  # by its last tokens and its number of ends of sentences
        self._recombined: list[tuple[Hypothesis, Hypothesis]] = []  # with the likelier one, which is continued

    def extend(self, prediction: Prediction, first: int) -> list[int]:
        """Continue the live hypotheses, predicted from `first` on, by a token each.

        At most as many as the beam is wide stay live: returns for each the place of what it continues.
        """
        before, self.live, continued = self.live, [], list[int]()
        if before and len(before[0].tokens) == self._rules.longest:
            self._ended += before
            return []
        logprobs = prediction.logprobs[first : first + len(before)]
        sums = np.array([each.logprob for each in before])[:, None] + logprobs
        least, is_done = None, False
        for place in np.argsort(-sums, axis=None, kind="stable").tolist():
            parent, column = divmod(place, sums.shape[1])
            row = first + parent
            token, total = int(prediction.tokens[row, column]), float(sums[parent, column])
            if not before[parent].tokens and token in self._rules.not_first:
                continue
            if least is None:  # the likeliest
                least, is_done = total - self._rules.prune_margin, token == self._rules.end
            if total < least or len(self.live) == self._rules.beam_size:
                break
            choice = Choice(float(logprobs[parent, column]), prediction.special[row], prediction.queries[row])
            choices = (*before[parent].choices, choice)
            if token == self._rules.end:
                self._ended.append(Hypothesis(before[parent].tokens, total, choices))
                continue
            new = Hypothesis((*before[parent].tokens, token), total, choices)
            if not self._is_recombined(new):
                self.live.append(new)
                continued.append(parent)
        if is_done or len(self._ended) >= self._rules.beam_size:
            self.live = []
        return continued if self.live else []

    def _is_recombined(self, new: Hypothesis) -> bool:
        """Whether a likelier hypothesis, as long or a few tokens shorter, has the same last tokens, as many ends of
        sentences, and is continued.

        A longer one has a lower sum for its tokens alone, so the mean of the shorter's tokens is added for each.
        """
        last = new.tokens[-self._rules.compared_tokens :]
        if len(set(last)) < self._rules.compared_tokens:
            return False
        alike = (*last, sum(token in self._rules.ends_sentence for token in new.tokens))
        other = self._latest.get(alike)
        behind = len(new.tokens) - len(other.tokens) if other else 0
        if other and behind <= _FURTHEST_BEHIND and new.logprob - behind * other.score <= other.logprob:
            n = len(other.tokens)
            if any(each.tokens[:n] == other.tokens for each in (*self.live, *self._ended)):
                self._recombined.append((new, other))
                return True
        self._latest[alike] = new
        return False

    def texts(self) -> tuple[Hypothesis, ...]:
        """The best ended text; then the best of the other ended ones and of those recombined with it.

        Only these last may be longer than `Rules.longest`, by `_FURTHEST_BEHIND` tokens.
        """
        best, *others = sorted(self._ended, key=lambda each: -each.score)
        for merged, other in self._recombined:
            n = len(other.tokens)
            if best.tokens[:n] == other.tokens:
                logprob = merged.logprob + best.logprob - other.logprob
                others.append(Hypothesis((*merged.tokens, *best.tokens[n:]), logprob, ()))
        return (best, *sorted(others, key=lambda each: -each.score)[: self._rules.most_texts - 1])
