"""The words of a text that nobody says in its recording: known for a timed text, and found again in an edit of it.

The law: of a text that did not change, the same words are unspoken. A word an editor changed or added among them is
unspoken too; what stands in the place of a whole passage is new text. Added notes in brackets are never unspoken.
Pure, and as fast as a diff.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress, groupby

from transcribe.alignment.moves import add_moves
from transcribe.alignment.realign import Forms, verbatim
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.alignment.tokens import Token, letters, tokenize
from transcribe.transcript import Word
from transcribe.transcript_json import UnspokenText

_UNSPOKEN = -1  # the owner of a token that nobody says


@dataclass(frozen=True, slots=True)
class SpokenTexts:
    """The turns of a text, their tokens if some of the text is not spoken, and which of these are spoken."""

    _turns: tuple[str, ...]
    _tokens: tuple[tuple[Token, ...], ...]
    _is_spoken: tuple[tuple[bool, ...], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The turns without what is unspoken."""
        rows = zip(self._turns, self._tokens, self._is_spoken, strict=True)
        return tuple(text if all(spoken) else _text(list(compress(tokens, spoken))) for text, tokens, spoken in rows)

    def unspoken_words(self, turn: int) -> frozenset[int]:
        """The positions of the words of a turn, as blanks separate them, of which nothing is spoken."""
        spoken, position = dict[int, bool](), -1
        for token, is_spoken in zip(self._tokens[turn], self._is_spoken[turn], strict=True):
            position += not token.attached or position < 0
            spoken[position] = spoken.get(position, False) or is_spoken
        return frozenset(position for position, is_spoken in spoken.items() if not is_spoken)

    def unspoken(self, turns: Sequence[Sequence[Word]]) -> tuple[UnspokenText, ...]:
        """What is unspoken, with its place among the timed words of the spoken `texts`."""
        found: list[UnspokenText] = []
        before = 0
        for words, tokens, spoken in zip(turns, self._tokens, self._is_spoken, strict=True):
            ends = list(accumulate(len(letters(word.text)) for word in words))
            heard = 0
            for is_spoken, run in groupby(zip(tokens, spoken, strict=True), key=lambda pair: pair[1]):
                part = [token for token, _ in run]
                if is_spoken:
                    heard += sum(len(letters(token.text)) for token in part)
                else:
                    found.append(UnspokenText(before + bisect_right(ends, heard), _text(part)))
            before += len(words)
        return tuple(found)


def spoken_texts(
    texts: Sequence[str],
    timed: Sequence[Sequence[Word]],
    unspoken: Sequence[UnspokenText],
    *,
    forms: Forms = verbatim,
) -> SpokenTexts:
    """Which words of `texts` are spoken, if they are an edit of the `timed` turns with the `unspoken` texts."""
    if not unspoken:
        return SpokenTexts(tuple(texts), ((),) * len(texts), ((),) * len(texts))
    tokens = tokenize([(turn, text)] for turn, text in enumerate(texts))
    sources = tokenize(_rows(timed, unspoken, forms))
    old, new = [token.key for token in sources], [token.key for token in tokens]
    matched = add_moves(old, new, matches(old, new))
    is_spoken = _spoken(tokens, matched, [token.owner != _UNSPOKEN for token in sources])
    by_turn: list[list[int]] = [[] for _ in texts]
    for i, token in enumerate(tokens):
        by_turn[token.owner].append(i)
    return SpokenTexts(
        tuple(texts),
        tuple(tuple(tokens[i] for i in turn) for turn in by_turn),
        tuple(tuple(is_spoken[i] for i in turn) for turn in by_turn),
    )


def _rows(
    timed: Sequence[Sequence[Word]], unspoken: Sequence[UnspokenText], forms: Forms
) -> Iterator[list[tuple[int, str]]]:
    """The timed words, and each unspoken text in its place."""
    waiting, number = deque(sorted(unspoken, key=lambda one: one.after)), 0
    for turn in timed:
        row: list[tuple[int, str]] = []
        for word in turn:
            while waiting and waiting[0].after <= number:
                yield row
                yield [(_UNSPOKEN, waiting.popleft().text)]
                row = []
            row.append((number, forms(word.text)[0]))
            number += 1
        yield row
    yield from ([(_UNSPOKEN, one.text)] for one in waiting)


def _spoken(tokens: Sequence[Token], matched: Sequence[int], heard: Sequence[bool]) -> list[bool]:
    """For each token whether it is spoken; `heard` says so of each that it may match."""
    spoken: list[bool] = []
    for is_new, run in groupby(range(len(tokens)), key=lambda i: matched[i] == NO_MATCH):
        positions = list(run)
        if not is_new:
            spoken += [heard[matched[i]] for i in positions]
            continue
        left = matched[positions[0] - 1] if positions[0] else -1
        right = matched[positions[-1] + 1] if positions[-1] + 1 < len(tokens) else len(heard)
        beside = [0 <= at < len(heard) and not heard[at] for at in (left, right)]
        is_inside = not any(heard[left + 1 : right]) and (any(beside) if right - left > 1 else all(beside))
        spoken += [tokens[i].is_note or not is_inside for i in positions]
    return spoken


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text if token.attached else f" {token.text}" for token in tokens).strip()
