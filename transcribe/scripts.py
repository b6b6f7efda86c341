"""What Unicode says of the world's scripts, where code would otherwise know Latin letters only. Pure.

A letter is a base with its combining marks (UAX 29): `राहुल`, `דָּוִד`, `Haïkel` written with a separate diaeresis. What is
canonically equivalent is equal: names are compared as `composed` has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

JOINERS = "\u200c\u200d"  # zero width, inside a word: in Persian, in conjuncts of Indian scripts, in emoji


def _ranges(characters: list[int]) -> str:
    """Characters as the inside of a class of a regular expression."""
    runs = [[code for _, code in run] for _, run in groupby(enumerate(characters), lambda pair: pair[1] - pair[0])]
    return "".join(rf"\U{run[0]:08x}-\U{run[-1]:08x}" for run in runs)


_CODES = (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0))  # no marks are elsewhere
MARKS = _ranges([code for code in _CODES if unicodedata.category(chr(code)).startswith("M")]) + JOINERS
"""The inside of a character class of `re`: what can follow a letter as a part of it, and is none for `\\w`."""

_TERMINALS = """
    21 2e 3f 589 61d-61f 6d4 700-702 7f9 837 839 83d-83e 964-965 104a-104b 1362 1367-1368 166e 1735-1736 17d4-17d5 1803
    1809 1944-1945 1aa8-1aab 1b4e-1b4f 1b5a-1b5b 1b5e-1b5f 1b7d-1b7f 1c3b-1c3c 1c7e-1c7f 2024 203c-203d 2047-2049
    2cf9-2cfb 2e2e 2e3c 2e53-2e54 2e60-2e61 3002 a4ff a60e-a60f a6f3 a6f7 a876-a877 a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f
    aaf0-aaf1 abeb fe12 fe15-fe16 fe52 fe56-fe57 ff01 ff0e ff1f ff61 10a56-10a57 11047-11048 110be-110c1 11141-11143
    111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c 112a9 1144b-1144c 11641-11642 1173c-1173e 11944
"""  # Sentence_Break=STerm or ATerm, Unicode 16 (auxiliary/SentenceBreakProperty.txt), scripts with living readers


def _listed(table: str) -> frozenset[str]:
    spans = ([int(code, 16) for code in item.split("-")] for item in table.split())
    return frozenset(chr(code) for span in spans for code in range(span[0], span[-1] + 1))


SENTENCE_MARKS = _listed(_TERMINALS) | {"…"}
"""The characters that end a sentence, in any script."""

CLOSERS = "\"'”’“»«›‹)]}」』】〕〉》）］｝＂＇"
"""What may stand behind the end of a sentence and belongs to it."""


_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u2e80-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff9f"  # Han, kana, bopomofo
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
_NO_FIRST = "\u0e33\u0eb3ーゝゞヽヾ々"  # letters that go on with the one before: vowels, marks of length and repetition


def composed(text: str) -> str:
    """The text in the form in which equal texts have equal characters (NFC).

    >>> composed("Hai\\u0308kel") == "Haïkel"
    True
    """
    return unicodedata.normalize("NFC", text)


def has_end_mark(text: str) -> bool:
    """Whether a word or text ends with a sentence mark, also inside quotes or brackets. "Dr." does.

    >>> [has_end_mark(text) for text in ("हूँ।", "大家好。」", "؟", "Τι κάνεις;", "well;")]
    [True, True, True, True, False]
    """
    ending = text.rstrip(CLOSERS)
    return ending[-1:] in SENTENCE_MARKS if ending[-1:] != ";" else _is_greek(ending[:-1].rstrip(CLOSERS)[-1:])


def _is_greek(letter: str) -> bool:
    """In Greek a semicolon asks. (U+037E is one by canonical equivalence.)"""
    return "Ͱ" <= letter <= "Ͽ" or "\u1f00" <= letter <= "\u1fff"


_ABBREVIATION = re.compile(r"(?<!\w)(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|[A-HJ-Z])\.$")


def ends_sentence(text: str) -> bool:
    """Whether a word or text ends a sentence: it has an end mark, and is not an abbreviation such as "Dr."."""
    return has_end_mark(text) and _ABBREVIATION.search(text) is None


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script written without blanks between words, its punctuation included.

    >>> [is_unspaced(sign) for sign in "家。カกA한"]
    [True, True, True, True, False, False]
    """
    return bool(_UNSPACED.match(character))


def goes_on(before: str, after: str) -> bool:
    """Whether two parts of a text are written without a blank between them, if nothing else is said: lines, words.

    >>> goes_on("我用", "写程序"), goes_on("我用", "Python"), goes_on("Yes,", "we do"), goes_on("", "我")
    (True, False, False, False)
    """
    return bool(before and after) and is_unspaced(before[-1]) and is_unspaced(after[0])


def joined(parts: Iterable[str]) -> str:
    """Parts of a text, such as its lines, as one: a blank between each two, none in scripts written without.

    >>> joined(["我用", "电脑。", "", "Yes,", "we do."])
    '我用电脑。 Yes, we do.'
    """
    pieces: list[str] = []
    for part in filter(None, parts):
        if pieces and not goes_on(pieces[-1], part):
            pieces.append(" ")
        pieces.append(part)
    return "".join(pieces)


def is_right_to_left(text: str) -> bool:
    """Whether a paragraph runs from right to left: its first letter with a direction does (UAX 9, P2 and P3).

    >>> [is_right_to_left(text) for text in ("(1) שלום, Ann", "Ann: שלום", "أهلا", "12")]
    [True, False, True, False]
    """
    strong = (unicodedata.bidirectional(sign) for sign in text)
    return next((direction != "L" for direction in strong if direction in ("L", "R", "AL")), False)


def units(text: str) -> list[tuple[str, bool]]:
    """The smallest parts of a text that can be words, and whether each is attached to the one before it.

    They are what blanks separate, and in scripts written without them every letter, marks and punctuation with it.

    >>> units("我用 Python写。Yes, (好)！")
    [('我', False), ('用', True), ('Python', False), ('写。', True), ('Yes,', True), ('(好)！', False)]
    """
    return [unit for part in text.split() for unit in (_letters(part) if _UNSPACED.search(part) else ((part, False),))]


def _letters(part: str) -> Iterator[tuple[str, bool]]:
    start = opening = 0  # of the unit; of the opening marks at its end
    last = ""  # the letter before
    for at, sign in enumerate(part):
        if sign.isalnum():
            if last and (is_unspaced(sign) or is_unspaced(last)) and sign not in _NO_FIRST:
                yield part[start:opening], start > 0
                start = opening
            last = sign
        if sign.isalnum() or unicodedata.category(sign) not in ("Ps", "Pi"):
            opening = at + 1
    yield part[start:], start > 0
