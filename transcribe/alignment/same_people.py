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
    pairs = enumerate(matches([word for word, _ in old], [word for word, _ in new]))
    shared = Counter((old[i][1], new[j][1]) for j, i in pairs if i != NO_MATCH)
    by_count = [pair for pair, _ in reversed(shared.most_common())]  # the most words last: they win in the dicts
    forward, back = dict(by_count), {after: before for before, after in by_count}
    return {before: after for before, after in forward.items() if back[after] == before}
