"""Times of tokens as pieces of a text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.recognition.engines.token_times import TokenTimes, pieces

Groups = list[list[tuple[int, float]]]  # of each piece, for each of its tokens, the frames it lasts and its probability


class Tokenizer:
    """Splits a text into pieces of the lengths given; the rest belongs to the end."""

    eot = 99

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths

    def split_to_word_tokens(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        assert tokens[-1] == self.eot
        rest, groups = list(tokens), []
        for length in self.lengths:
            groups.append(rest[:length])
            rest = rest[length:]
        groups.append(rest)
        return [" ".join(map(str, group)) for group in groups], groups


piece = st.lists(st.tuples(st.integers(0, 20), st.floats(0.01, 1)), min_size=1, max_size=4)


@given(st.lists(piece, max_size=6), st.integers(0, 3))
def test_a_piece_lasts_as_long_as_its_tokens_and_is_as_probable_as_they_are(groups: Groups, cut_off: int) -> None:
    """Tokens at the end that are no whole character make up no piece."""
    chosen = [token for group in groups for token in group] + [(1, 0.5)] * cut_off
    starts = [sum(length for length, _ in chosen[:i]) for i in range(len(chosen) + 1)]
    times = TokenTimes(starts, [probability for _, probability in chosen])
    found = pieces(range(len(chosen)), times, Tokenizer([len(group) for group in groups]))
    assert [round((each.end - each.start) * 50) for each in found] == [sum(n for n, _ in group) for group in groups]
    for each, group in zip(found, groups, strict=True):
        assert each.probability == pytest.approx(sum(probability for _, probability in group) / len(group))
    assert all(before.end == after.start for before, after in pairwise(found))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=9))
def test_a_token_begins_with_the_first_of_its_frames(lengths: list[int]) -> None:
    path = [(token, 0) for token in range(len(lengths)) for _ in range(lengths[token])]
    path = [(token, frame) for frame, (token, _) in enumerate(path)]
    times = TokenTimes.of_path(path, [0.5] * (len(lengths) - 1))
    assert list(times.starts) == [sum(lengths[:i]) for i in range(len(lengths))]


def test_other_numbers_of_starts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 starts of 2 tokens"):
        TokenTimes([0, 1], [0.5, 0.5])
