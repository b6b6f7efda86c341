"""Talk of made-up words as often as those of a language, and an editor who rewrites it at random."""

from __future__ import annotations

import random
from collections.abc import Sequence

VOCABULARY = tuple(f"{a}{v}{b}{w}" for a in "bdfgklmnprst" for v in "aeiou" for b in "klmnrst" for w in ("", "a", "en"))
_WEIGHTS = [1 / (rank + 2) for rank in range(len(VOCABULARY))]


def random_talk(chance: random.Random, count: int) -> list[str]:
    """So many words; a few of them are every other word, as in speech."""
    return chance.choices(VOCABULARY, _WEIGHTS, k=count)


def rewritten(words: Sequence[str], share: float, chance: random.Random) -> list[tuple[str, int | None]]:
    """The words with about this share of them replaced, deleted or followed by another one; each with the position of
    the word it is, None for an editor's."""
    result: list[tuple[str, int | None]] = []
    for at, word in enumerate(words):
        edit = chance.choice(("replace", "delete", "insert")) if chance.random() < share else ""
        if edit != "delete":
            result.append((f"edited{chance.randrange(500)}", None) if edit == "replace" else (word, at))
        if edit == "insert":
            result.append((f"edited{chance.randrange(500)}", None))
    return result
