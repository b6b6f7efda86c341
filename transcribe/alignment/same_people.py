"""Who of one text is who of another, by the words that both give them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from transcribe.alignment.text_diff import NO_MATCH, matches

SpokenWord = tuple[str, str]
"""A word and who says it."""


def same_people(old: Sequence[SpokenWord], new: Sequence[SpokenWord]) -> Mapping[str, str]:
    """For each speaker of `old` the speaker of most of the same words in `new`, if that holds in both directions.

    >>> same_people([("well", "S1"), ("yes", "S2"), ("no", "S2")], [("well", "Ada"), ("yes", "Bo"), ("no", "Ada")])
    {'S2': 'Bo', 'S1': 'Ada'}
    """
    shared = _shared(old, new)
    forward, back = dict(shared), {after: before for before, after in shared}
    return {before: after for before, after in forward.items() if back[after] == before}


def main_speakers(old: Sequence[SpokenWord], new: Sequence[SpokenWord]) -> Mapping[str, str]:
    """For each speaker of `old` the speaker of most of the same words in `new`; none for those without such words.

    >>> main_speakers([("well", "S1"), ("yes", "S2"), ("no", "S2")], [("well", "Ada"), ("yes", "Ada"), ("no", "Ada")])
    {'S1': 'Ada', 'S2': 'Ada'}
    """
    return dict(_shared(old, new))


def _shared(old: Sequence[SpokenWord], new: Sequence[SpokenWord]) -> list[tuple[str, str]]:
    """The pairs of speakers who say the same words, those of the most words last: they win in dictionaries."""
    pairs = enumerate(matches([word for word, _ in old], [word for word, _ in new]))
    shared = Counter((old[i][1], new[j][1]) for j, i in pairs if i != NO_MATCH)
    return [pair for pair, _ in reversed(shared.most_common())]
