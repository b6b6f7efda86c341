"""How alike two spellings sound: similar sounds are spelled alike, then letters are compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_SOUNDS = (("ph", "f"), ("ck", "k"), ("ch", "k"), ("qu", "k"), ("th", "t"), ("x", "ks"), ("z", "s"), ("y", "i"))
SOUNDS_ALIKE = 0.6
"""From here on one may be a mishearing of the other: of 39 names corrected in two recordings the least similar had .60,
the best wrong one .43. Similarities below it are not told apart."""


def phonetic_similarity(text: str, name: str) -> float:
    """How similar two spellings sound, 0 to 1: the share of letters in common runs; 0 for less than .6 by length alone.

    Ratcliff and Obershelp's measure (`difflib`), ignoring case, blanks, accents and doubled letters.

    >>> phonetic_similarity("sentos", "CentOS"), round(phonetic_similarity("Jakob Berzikari", "Jakub Ruzicka"), 2)
    (1.0, 0.75)
    """
    left, right = phonetic_spelling(text), phonetic_spelling(name)
    if not left or not right or 2 * min(len(left), len(right)) < SOUNDS_ALIKE * (len(left) + len(right)):
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


@lru_cache(maxsize=50_000)
def phonetic_spelling(text: str) -> str:
    """
    >>> phonetic_spelling("Szczepański"), phonetic_spelling("Phil Hick")
    ('sksepanski', 'filhik')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in plain if character.isalnum())
    for written, spoken in _SOUNDS:
        letters = letters.replace(written, spoken)
    letters = re.sub(r"c(?=[ei])", "s", letters).replace("c", "k")
    return re.sub(r"(.)\1+", r"\1", letters)
