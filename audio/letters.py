"""Letters as they are compared in names, titles and searches, in all scripts, and those that are not seen. Pure."""

from __future__ import annotations

import unicodedata


def without_accents(text: str) -> str:
    """A text to compare: without case, and without accents, points and tone marks that writers leave out.

    Letters of their own stay. What is left out are marks above and below (canonical combining classes from 200 on) and
    the points of Hebrew, Arabic and Syriac (10 to 36; UAX 44). The voiced `が` and the Thai vowels are other letters
    than `か` and `ด`.

    >>> [without_accents(name) for name in ("Haïkel", "דָּוִד", "がか", "ดู", "김")]
    ['haikel', 'דוד', 'がか', 'ดู', '김']
    """
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in decomposed if not _is_accent(unicodedata.combining(sign)))
    return unicodedata.normalize("NFC", letters)


def _is_accent(combining_class: int) -> bool:
    return combining_class >= 200 or 10 <= combining_class <= 36


def without_controls(text: str) -> str:
    """A text on one line, without the characters that are not seen and change how the others are (Unicode's Cc and Cf):
    of terminals and of the direction of text. The two joiners stay: Persian, Hindi and emoji need them.

    >>> without_controls("a\\x1b[1m\\u202ecba\\u202c\\n d")
    'a[1mcba d'
    """
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join("".join(filter(_is_text, line)).split())


def _is_text(character: str) -> bool:
    return character in "\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf")
