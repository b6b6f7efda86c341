"""What counts as the same word: the forms that are folded, the rules for a language, and the unit that is counted.

Whatever two texts are compared by is decided here, from the language or else from the script of the reference, and is
named in every report. The rules are Whisper's (Radford et al. 2022, appendix C), by way of the package
whisper-normalizer, which needs no torch; a test holds them to openai-whisper's.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from audio.program import installing
from transcribe.errors import NotInstalledError, SettingsError

Normaliser = Callable[[str], str]

AUTO = "auto"

NORMALISERS: Mapping[str, str] = {
    "english": "whisper's EnglishTextNormalizer",
    "basic": "whisper's BasicTextNormalizer, vowel signs kept",
    "none": "none: words as written",
}
"""The names of the normalisers, and how reports describe them."""


class Unit(StrEnum):
    """What an error rate counts."""

    WORDS = "words"
    CHARACTERS = "characters"


UNSPACED_LANGUAGES = frozenset("zh yue wuu nan hak ja th lo km my bo dz".split())
"""Languages written without blanks between words. Whisper's paper counts characters for Chinese, Japanese, Thai, Lao
and Burmese; Khmer, Tibetan and Dzongkha are written the same way."""

_UNSPACED = r"[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
_NAMES = {
    "english": "en", "chinese": "zh", "mandarin": "zh", "cantonese": "yue", "japanese": "ja", "thai": "th",
    "lao": "lo", "khmer": "km", "burmese": "my", "myanmar": "my", "tibetan": "bo",
}  # fmt: skip
_SAMPLE = 20_000  # letters of a text say what its script is

_APOSTROPHES = "‘’‛′‵ʹʻʼʽʾʿˈˊˋ´΄᾽᾿՚׳ꞌ＇"
_QUOTES = "“”„‟″‶〝〞＂״"
_HYPHENS = "‐‑‒–—―−﹘﹣－"
_FOLDED = str.maketrans(
    {"…": " ", "İ": "i"} | dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"') | dict.fromkeys(_HYPHENS, "-")
)

# Points above and below letters which writers of Arabic and Hebrew may leave out, and mostly do, and the tatweel
_OPTIONAL_POINTS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670]"
)


def fold(text: str) -> str:
    """The text with one form for each character that has several; an ASCII text is unchanged.

    Typographic apostrophes, quotes, primes and hyphens become those of a keyboard; soft hyphens, joiners and other
    characters without a form of their own go; full-width letters, ligatures and composed letters become NFKC's.

    >>> fold("Don’t re\\u00adad ｆｕｌｌ‑width…")
    "Don't read full-width "
    """
    if text.isascii():
        return text
    regex = _package("regex")
    text = regex.sub(r"\p{Default_Ignorable_Code_Point}", "", text.translate(_FOLDED))
    text = unicodedata.normalize("NFKC", text)
    return str(regex.sub(r"(?<!\S)\p{M}+", " ", text))  # a mark on nothing, as NFKC makes of signs such as a cedilla


def is_compared_as_before(text: str, name: str) -> bool:
    """Whether this text was compared in the same form before anything was folded, so that older baselines hold."""
    if name == "none" or text.isascii():
        return True
    marked = name == "basic" and any(unicodedata.category(sign)[0] == "M" for sign in fold(text))
    return not marked and fold(text) == text


_PACKAGES = ("whisper_normalizer", "regex")


def language_code(language: str) -> str:
    """The code of a language given as a code, a tag or an English name; empty if it is not known.

    >>> language_code("en-US"), language_code("Japanese"), language_code("auto")
    ('en', 'ja', '')
    """
    code = re.split(r"[-_]", language.strip().lower())[0]
    code = _NAMES.get(code, code)
    return code if re.fullmatch(r"[a-z]{2,3}", code) and code != "und" else ""


class Script(StrEnum):
    """The kinds of writing that words are compared differently in."""

    LATIN = "Latin"
    SPACED = "another alphabet"
    UNSPACED = "without blanks"
    NONE = "no letters"


def script_of(texts: Iterable[str]) -> Script:
    """The kind of writing that most letters of the first texts are in."""
    regex = _package("regex")
    counts: Counter[Script] = Counter()
    for text in texts:
        part = text[:_SAMPLE]
        letters = len(regex.findall(r"\p{L}", part))
        unspaced = len(regex.findall(rf"(?V1){_UNSPACED}", part))
        latin = len(regex.findall(r"\p{Latin}", part))
        # a character without blanks is about half a word
        counts.update({Script.UNSPACED: 2 * unspaced, Script.LATIN: latin})
        counts.update({Script.SPACED: max(0, letters - unspaced - latin)})
        if counts.total() > _SAMPLE:
            break
    return counts.most_common(1)[0][0] if counts.total() else Script.NONE


def normaliser(name: str, unit: Unit = Unit.WORDS) -> Normaliser:
    """The normalising function with this name in `NORMALISERS`; its words are separated by blanks.

    Raises `SettingsError` for an unknown name, `NotInstalledError` without a package of the extra `check`.
    """
    if name not in NORMALISERS:
        raise SettingsError(f"normaliser: {name!r} is not one of {', '.join((AUTO, *NORMALISERS))}")
    makers: Mapping[str, Callable[[], Normaliser]] = {"english": _english, "basic": _basic, "none": lambda: str}
    rules = makers[name]()

    @lru_cache(maxsize=100_000)
    def normalise(text: str) -> str:
        words = rules(text) if name == "none" else rules(_without_remarks(" ".join(fold(text).split())))
        words = " ".join(words.split())
        return words if unit is Unit.WORDS else _characters(words)

    return normalise


def check_installed() -> None:
    """Raise `NotInstalledError` unless the packages of the extra `check` that rates need are installed; loads none."""
    for name in _PACKAGES:
        if find_spec(name) is None:
            raise NotInstalledError(f"scoring needs {name}, which is not installed; {installing('check')}")


def _english() -> Normaliser:
    """openai-whisper's EnglishTextNormalizer; whisper-normalizer's differs from it in four words."""
    normalizer = _package("whisper_normalizer.english").EnglishTextNormalizer()
    own = {r"\bkinda\b", r"\bsorta\b", r"\bdunno\b", r"\bcause\b"}
    normalizer.replacers = {pattern: text for pattern, text in normalizer.replacers.items() if pattern not in own}

    def normalise(text: str) -> str:
        try:
            return str(normalizer(text))
        except (AssertionError, ValueError):  # its rules for numbers fail on thousands of digits in one word
            return _remove_symbols(text)

    return normalise


def _basic() -> Normaliser:
    normalizer = _package("whisper_normalizer.basic").BasicTextNormalizer(preserve_marks=True)
    return lambda text: str(normalizer(_OPTIONAL_POINTS.sub("", text)))


def _remove_symbols(text: str) -> str:
    return "".join(" " if unicodedata.category(sign)[0] in "SP" else sign for sign in text.lower())


def _package(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except ImportError as exc:
        raise NotInstalledError(f"scoring needs {exc.name}, which is not installed; {installing('check')}") from exc


def _without_remarks(text: str) -> str:
    """Without what is in brackets, as Whisper's rules do it, but in linear time; an open one is a blank.

    >>> _without_remarks("so [laughs] it <i>is (you know) fine (")
    'so  it is  fine  '
    """
    text = re.sub(r"[<\[][^>\]]*+[>\]]?", lambda m: "" if m[0][-1] in ">]" else re.sub(r"[<\[]", " ", m[0]), text)
    return re.sub(r"\([^)]*+\)?", lambda m: "" if m[0][-1] == ")" and len(m[0]) > 2 else m[0].replace("(", " "), text)


def _characters(text: str) -> str:
    """Each character of a script without blanks, as a reader sees it (UAX #29), and each word of another script.

    A Latin name in a Chinese text counts as one, as in the mixed error rate of SEAME (Lyu et al. 2010).

    >>> _characters("我 用iphone手机")
    '我 用 iphone 手 机'
    """
    regex = _package("regex")
    text = text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")  # NFKC takes them apart
    return " ".join(regex.findall(rf"(?V1)(?={_UNSPACED})\X|(?:(?!{_UNSPACED})\S)+", text))
