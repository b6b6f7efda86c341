"""Days, years and telephone numbers that were written as words, in English: "March twenty-sixth". Pure.

Only where the words around it say what a number is: a month, "in" before a year, "call" or "number" before digits.
Other numbers stay words: which of them are digits is a matter of style.
"""

from __future__ import annotations

import re

from transcribe.recognition.english_words import FUNCTION_WORDS
from transcribe.recognition.spoken_tokens import Form, Tokens

_UNITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBERS = {word: number for number, word in enumerate(_UNITS + _TEENS)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
}
_ORDINALS = {
    word: number
    for number, word in enumerate(
        """
        first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
        """.split(),
        start=1,
    )
} | {"thirtieth": 30}
MONTHS = frozenset("January February March April May June July August September October November December".split())
_BEFORE_YEAR = frozenset("in since until by from before after".split())
_BEFORE_MAY = frozenset("on by until from since before after of".split())
CENTURIES = {"eighteen": 18, "nineteen": 19, "twenty": 20}
_LATEST = 2039
_DAY = re.compile(r"\d{1,2}(?:st|nd|rd|th)?")
_COUNTED = frozenset(  # without an s, and before a noun: "a twenty thirty second clip"
    """
    hundred thousand million billion percent people men women children person man woman year month week day hour minute
    second mile foot feet inch metre meter yard gallon pound dollar euro cent ton degree point page step hole line bit
    byte part piece story star volt watt something odd vision
    """.split()
)
_RANGE = {"to": _BEFORE_YEAR, "through": _BEFORE_YEAR, "and": frozenset(("between",))}  # and what is before its start
_PLAIN_DAYS = 10  # "first" to "tenth" are said of other things too: "third party"
PHONE = frozenset("call phone telephone number dial fax text cell mobile hotline".split())
_PHONE_DISTANCE = 8  # words before digits that may say whose they are
_DIGITS = {word: str(number) for number, word in enumerate(_UNITS)} | {"oh": "0"}
_GROUPS = {7: (3, 4), 10: (3, 3, 4), 11: (1, 3, 3, 4)}  # as they are written in North America
_MOST_DIGITS = 11


def day_at(tokens: Tokens, at: int) -> Form | None:
    """The day of a month that begins with the word `at`: "twenty-sixth" beside its month."""
    stop, number = _ordinal(tokens, at)
    if not number or _counts(tokens, stop):
        return None
    before, is_next = tokens.core(at - 1), tokens.low(stop) == "of" and not tokens.breaks(stop)
    if before in MONTHS and not tokens.breaks(at):
        earlier = "" if tokens.breaks(at - 1) else tokens.low(at - 2)
        is_day = (before != "May" or earlier in _BEFORE_MAY) and earlier != "in"
        is_day = is_day and (number > _PLAIN_DAYS or not _describes(tokens, stop))
    else:
        is_name = tokens.core(at)[0].isupper() and not tokens.breaks(at)  # "the Fourth of July"
        is_day = is_next and tokens.core(stop + 1) in MONTHS and not tokens.breaks(stop + 1) and not is_name
    return Form(at, stop, f"{number}{_suffix(number)}") if is_day else None


def year_at(tokens: Tokens, at: int) -> Form | None:
    """The year that begins with the word `at`, behind "in", a month or a day of one."""
    stop, year = _year(tokens, at)
    if not year or _counts(tokens, stop) or (not tokens.breaks(stop) and tokens.low(stop) in _NUMBERS):
        return None
    before = tokens.core(at - 1)
    behind_word = not tokens.breaks(at) and (before.lower() in _BEFORE_YEAR or before in MONTHS)
    backs = (3,) if before in MONTHS and tokens.low(at - 2) == "of" else (1, 2)
    is_day = any(_ordinal(tokens, at - back)[1] for back in backs) or _DAY.fullmatch(tokens.low(at - backs[0]))
    behind_day = is_day and (backs == (3,) or any(tokens.core(at - back) in MONTHS for back in (2, 3)))
    return Form(at, stop, str(year)) if behind_word or behind_day or _is_in_range(tokens, at, stop) else None


def _is_in_range(tokens: Tokens, at: int, stop: int) -> bool:
    """Whether a year is one of two: "from 1914 to nineteen eighteen", "between twenty ten and twenty twelve"."""
    if tokens.breaks(at):
        return False
    if tokens.low(at - 1) == "between":
        end, year = _year(tokens, stop + 1)
        is_open = tokens.low(stop) == "and" and not (tokens.breaks(stop) or tokens.breaks(stop + 1))
        return is_open and year > 0 and not _counts(tokens, end) and tokens.low(end) not in _NUMBERS
    first = next((at - size for size in (3, 4) if _year(tokens, at - size)[0] == at - 1), at - 2)
    is_year = first < at - 2 or re.fullmatch(r"(?:1[89]|20)\d\d", tokens.core(first))
    are_apart = tokens.breaks(first) or tokens.breaks(at - 1)
    return bool(is_year) and not are_apart and tokens.low(first - 1) in _RANGE.get(tokens.low(at - 1), ())


def phone_at(tokens: Tokens, at: int) -> Form | None:
    """The telephone number that begins with the word `at`, in North America's groups."""
    if _digits(tokens, at)[1] and not _digits(tokens, at - 1)[1]:
        groups, stop = _digit_groups(tokens, at)
        digits = "".join(groups)
        text = _grouped(groups)
        if text and text != tokens.heard(at, stop) and digits not in "0123456789" and _is_phone(tokens, at):
            return Form(at, stop, text)
    return None


def _is_phone(tokens: Tokens, at: int) -> bool:
    return any(tokens.low(i) in PHONE for i in range(max(0, at - _PHONE_DISTANCE), at))


def _digit_groups(tokens: Tokens, at: int) -> tuple[list[str], int]:
    """All digits from the word `at` on, as they are grouped, and where they end. Commas may be between them."""
    groups: list[str] = []
    while len(groups) <= _MOST_DIGITS:
        stop, digits = _digits(tokens, at)
        if not digits or (groups and (tokens.tokens[at].head or tokens.tokens[at - 1].tail.strip(","))):
            break
        groups += re.findall(r"\d+", digits)
        at = stop
    return groups, at


def _digits(tokens: Tokens, at: int) -> tuple[int, str]:
    """The digits of the word `at`, or of "double five" and "eight hundred" there, and where they end."""
    word, after = tokens.low(at), tokens.low(at + 1)
    if word in ("double", "triple") and after in _DIGITS and not tokens.breaks(at + 1):
        return at + 2, _DIGITS[after] * (2 if word == "double" else 3)
    if word in _DIGITS:
        is_hundred = after == "hundred" and not tokens.breaks(at + 1)
        return (at + 2, _DIGITS[word] + "00") if is_hundred else (at + 1, _DIGITS[word])
    return (at + 1, word) if re.fullmatch(r"\d+(?:-\d+)*", word) else (at, "")


def _grouped(groups: list[str]) -> str:
    """The digits in the groups of their number; "" if there are none for it, or they were spoken in others."""
    digits = "".join(groups)
    sizes = _GROUPS.get(len(digits), ())
    if len(digits) == _MOST_DIGITS and not digits.startswith("1"):
        return ""
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    place = 0
    for group in groups:
        if any(place < end < place + len(group) for end in ends):
            return ""
        place += len(group)
    return "-".join(digits[end - size : end] for end, size in zip(ends, sizes, strict=True))


def _ordinal(tokens: Tokens, at: int) -> tuple[int, int]:
    """Where an ordinal in words ends, and its number; 0 if there is none, or none of a month has it."""
    tens, _, unit = tokens.low(at).partition("-")
    stop = at + 1
    if tens in ("twenty", "thirty") and not unit and not tokens.breaks(stop):
        unit, stop = tokens.low(stop), stop + 1
    number = (
        _NUMBERS[tens] + _ORDINALS.get(unit, 0) if unit and tens in ("twenty", "thirty") else _ORDINALS.get(tens, 0)
    )
    is_whole = not unit or _ORDINALS.get(unit, 99) < 10
    return (stop, number) if is_whole and 1 <= number <= 31 else (at, 0)


def _year(tokens: Tokens, at: int) -> tuple[int, int]:
    """Where a year in words ends, and its number; 0 if there is none."""
    century = CENTURIES.get(tokens.low(at), 0)
    if not century or tokens.breaks(at + 1):
        return at, 0
    stop, rest = _two_digits(tokens, at + 1)
    year = 100 * century + rest
    return (stop, year) if rest and year <= _LATEST else (at, 0)


def _two_digits(tokens: Tokens, at: int) -> tuple[int, int]:
    """Where the last two digits of a year end, and their number: "oh five", "eighty-four"; 0 if there are none."""
    word, after = tokens.low(at), tokens.low(at + 1)
    goes_on = not tokens.breaks(at + 1)
    if word == "oh" and goes_on and after in _UNITS[1:]:
        return at + 2, _NUMBERS[after]
    tens, _, unit = word.partition("-")
    if tens in _TENS and unit in _UNITS[1:]:
        return at + 1, _NUMBERS[tens] + _NUMBERS[unit]
    if word in _TENS and goes_on and after in _UNITS[1:]:
        return at + 2, _NUMBERS[word] + _NUMBERS[after]
    return (at + 1, _NUMBERS[word]) if word in _TENS or word in _TEENS else (at, 0)


def _counts(tokens: Tokens, stop: int) -> bool:
    """Whether a number up to `stop` counts what is behind it: "twenty thirty minutes", "second graders"."""
    word = tokens.core(stop)
    is_plural = word.endswith("s") and word.islower() and word not in FUNCTION_WORDS
    return not tokens.breaks(stop) and (is_plural or word in _COUNTED)


def _describes(tokens: Tokens, stop: int) -> bool:
    """Whether an ordinal up to `stop` belongs to what is behind it: "third party", "first of all"."""
    word = tokens.low(stop)
    is_other = word in FUNCTION_WORDS or word in CENTURIES or word.isdecimal()
    return not tokens.breaks(stop) and (word == "of" or not is_other)


def _suffix(number: int) -> str:
    """The letters behind a day: 1st, 22nd, 13th."""
    if number in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
