"""File names of episodes: `YYYY-MM-DD-slug`, valid on every system for any title.

Pure; `audio.fetching.library` makes the names unique.
"""

from __future__ import annotations

import re
import unicodedata

from audio.episode import Episode

MAX_STEM_BYTES = 120  # leaves room for suffixes and temporary names in the 255 bytes file systems allow
_MAX_TITLE = 2000  # characters; marks on a letter are sorted in quadratic time
_NO_DECOMPOSITION = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{name}{i}" for name in ("com", "lpt") for i in range(10))})


def stem_of(episode: Episode) -> str:
    """The episode's file name without suffix, before it is made unique; never empty.

    >>> stem_of(Episode(title="Über ../../x: Café №1", audio_url="https://x.example/1.mp3"))
    'uber-x-cafe-no1'
    """
    slug = slug_of(episode.title) or "episode"
    if episode.published is not None:
        slug = f"{episode.published:%Y-%m-%d}-{slug}"
    return shorten(slug if slug not in _RESERVED else f"episode-{slug}", MAX_STEM_BYTES)


def slug_of(title: str) -> str:
    """Lower-case letters and digits of any script, accents folded, words joined by `-`; may be empty."""
    lower = unicodedata.normalize("NFKD", title[:_MAX_TITLE]).casefold().translate(_NO_DECOMPOSITION)
    folded = unicodedata.normalize("NFKD", lower)
    folded = re.sub("[\u0300-\u036f]", "", folded)  # combining marks of Latin, Greek and Cyrillic letters
    folded = unicodedata.normalize("NFC", folded).replace("'", "").replace("’", "")
    visible = "".join(each for each in folded if unicodedata.category(each) not in ("Cf", "Cs", "Cc", "Co"))
    return re.sub(r"[\W_]+", "-", visible).strip("-")


def shorten(stem: str, max_bytes: int) -> str:
    """`stem` in at most `max_bytes` bytes of UTF-8, cut at a nearby `-`, never within a character."""
    encoded = stem.encode("utf-8", "ignore")
    if len(encoded) <= max_bytes:
        return encoded.decode()
    short = encoded[:max_bytes].decode("utf-8", "ignore")
    at = short.rfind("-")
    return short[:at] if at > len(short) * 2 // 3 else short.rstrip("-")
