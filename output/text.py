"""Speech as Markdown source: the punctuation of the house style, escapes, and lines that do not open a block.

The source renders as the same words in CommonMark and in kramdown's GFM mode (HOUSE_STYLE R1-R12). A token that would
open a block at the start of a line stays on the line of the word before it, so that the text needs few backslashes.
The inverse is `output.speech.spoken_text`. Turns and labels are not known here.

The texts come from outside, so every pattern runs in linear time: none looks further than to the next character that
could start another match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audio.episode import Seconds

_FOLDED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒−", "-"),
        **dict.fromkeys("—―", "--"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
        **dict.fromkeys((*range(32), *range(127, 160)), " "),
        **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # half a pair, which cannot be encoded
        "…": "...",
    }
)
_NONCHARACTERS = dict.fromkeys(range(0xFDD0, 0xFDF0), "\ufffd")
_SPECIAL = re.compile(
    r"""[*`\[\]<>{|~]              # special anywhere
    |(?<!\S)\#                    # a heading, and how the house style writes a channel
    |\$(?=\$)|(?<=\$)\$           # kramdown's mathematics
    |(?<![A-Za-z])_|_(?![A-Za-z]) # emphasis; is_admin stays as it is
    """,
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?=[#\w:][\w:.#-]*;)")
_BACKSLASH = "&#92;"  # two at the end of a line are a line break in kramdown
_BRACE = (
    "&#123;"  # before `%` it begins a tag of Liquid, which reads a page before Markdown does and knows no backslash
)
_OPENS_BLOCK = re.compile(r"[-+:^]|\d+[.)]|[-=]+")  # as a whole token at the start of a line
_DOUBT = re.compile(r"(?<!\\)\[((?:\\.|[^\]\[\\\s])+)\?\](?![(\[:])")
_CLOCK = re.compile(r"(?<![\\\w])\[(?:\d+:)?\d?\d:\d\d\](?![(\[:\w])")
_CODE = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def normalize_text(text: str) -> str:
    """The text with the punctuation of the house style: ASCII quotes, ` - ` for dashes, ` ... ` for broken-off
    sentences.

    Letters do not change; blanks are single. `normalize_text(normalize_text(text)) == normalize_text(text)`.

    >>> normalize_text("It’s “big”—really… well, 2010–2015")
    'It\\'s "big" - really ... well, 2010-2015'
    """
    return normalize_punctuation(replace_noncharacters(text))


def replace_noncharacters(text: str) -> str:
    """The text without U+FDD0 to U+FDEF, which the Unicode standard (23.7) reserves for internal use."""
    return text.translate(_NONCHARACTERS)


def normalize_punctuation(text: str) -> str:
    """`normalize_text` for a text that can have the caller's own noncharacters, which stay."""
    text = re.sub(r"(?<=\d)–(?=\d)", "-", text).replace("–", "--").translate(_FOLDED)
    text = re.sub(r" ?-{2,} ?", " - ", " ".join(text.split()))
    text = re.sub(r"(?<=[^\s(\[\"'.])\.{3,}", " ...", text)
    text = re.sub(r"(?<!\.)\.{3,}+(?=[^\W_])", "... ", text)
    text = " ".join(text.split())
    return re.sub(r"(?<=\S)(?<! -)(?: -)++$", " ...", text)


def escape(text: str) -> str:
    """Markdown that renders as `text` anywhere in a line except at its start, which `fill_lines` handles.

    So it does on a site that Jekyll makes: nothing in it is a tag of Liquid.

    >>> escape("C# is <b> in #rdo, 5*3 & &copy;")
    'C# is \\\\<b\\\\> in \\\\#rdo, 5\\\\*3 & &amp;copy;'
    """
    escaped = _SPECIAL.sub(r"\\\g<0>", _ENTITY.sub("&amp;", text).replace("\\", _BACKSLASH))
    return escaped.replace("\\{%", f"{_BRACE}%")


def fill_lines(source: str, *, width: int, label: str = "") -> str:
    """A paragraph of escaped text in lines of at most `width` columns; 0: one line.

    With a `label` the first line is filled as if it began with `label: `, which the caller inserts afterwards, bold or
    not: the published posts were made in this order. A word longer than a line is not broken.

    >>> print(fill_lines("It was in 2015. Then it grew.", width=12))
    It was
    in 2015.
    Then it
    grew.
    """
    units = _units(source.split())
    if not units:
        return ""
    if not label:
        units[0] = _escape_opener(units[0])
    if width == 0:
        return " ".join(units)
    lines = [units[0]]
    used = len(units[0]) + (len(label) + 2 if label else 0)
    for unit in units[1:]:
        if used + 1 + len(unit) <= width:
            lines[-1] += f" {unit}"
            used += 1 + len(unit)
        else:
            lines.append(unit)
            used = len(unit)
    return "\n".join(lines)


def resolve_marks(source: str, *, clock: str) -> str:
    """The Markdown without the machine's marks, except in code: `word` for `[word?]`, `clock` for `[12:34]`.

    >>> resolve_marks("[12:34] Whether [knot?], `[12:34]`", clock="")
    ' Whether knot, `[12:34]`'
    """
    parts, position = [], 0
    for code in _CODE.finditer(source):
        parts += [_marks_resolved(source[position : code.start()], clock), code[0]]
        position = code.end()
    return "".join((*parts, _marks_resolved(source[position:], clock)))


def count_marks(source: str) -> tuple[int, int]:
    """How many marks of doubt and how many times of the machine's a source has, except in code."""
    text = _CODE.sub(" ", source)
    return len(_DOUBT.findall(text)), len(_CLOCK.findall(text))


def _marks_resolved(source: str, clock: str) -> str:
    return _DOUBT.sub(r"\1", _CLOCK.sub(lambda match: clock, source))


def remove_marks(source: str) -> str:
    """The Markdown without the machine's marks: doubts (`[word?]`) and times (`[12:34]`).

    >>> remove_marks("[12:34] Whether"), remove_marks("[knot?],")
    ('Whether', 'knot,')
    """
    return _DOUBT.sub(r"\1", _CLOCK.sub("", source)).strip()


def clock(seconds: Seconds) -> str:
    """A time in hours, minutes and seconds.

    >>> clock(80.9), clock(3723)
    ('1:20', '1:02:03')
    """
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def is_clock(source: str) -> bool:
    """Whether the Markdown is a time such as `[12:34]` and nothing else."""
    return _CLOCK.fullmatch(source) is not None


def _units(tokens: list[str]) -> list[str]:
    """The tokens; one that must not begin a line is joined to the one before it."""
    units: list[str] = []
    for token in tokens:
        if units and _OPENS_BLOCK.fullmatch(token):
            units[-1] += f" {token}"
        else:
            units.append(token)
    return units


def _escape_opener(unit: str) -> str:
    """A paragraph's first unit, escaped if it would open a block."""
    first, blank, rest = unit.partition(" ")
    if _OPENS_BLOCK.fullmatch(first):
        if first == "^":  # alone on a line it ends a block in kramdown, which cannot escape it
            first = "&#94;"
        elif first[0].isdigit():
            first = f"{first[:-1]}\\{first[-1]}"
        else:
            first = f"\\{first}"
    return first + blank + rest
