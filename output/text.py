"""Speech as Markdown source: the punctuation of the house, escapes, and lines none of which opens a block.

The source renders as the same words in CommonMark and in kramdown's GFM mode (HOUSE_STYLE R1-R12). Tokens that
would open a block at the start of a line are kept on the line of the word before them, so the text carries few
backslashes. Knows nothing of turns or labels; the road back is `spoken`.

Texts come from outside, so every pattern here takes time that grows with the text and not faster: none looks further
than to the next sign that could start it anew.
"""

from __future__ import annotations

import html
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
        **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # half a pair, which no file can hold
        "…": "...",
    }
)
_NONCHARACTERS = dict.fromkeys(range(0xFDD0, 0xFDF0), "\ufffd")
_SPECIAL = re.compile(
    r"""[*`\[\]<>{|~]              # mean something anywhere
    |(?<!\S)\#                    # a heading, and the house's way to write a channel
    |\$(?=\$)|(?<=\$)\$           # kramdown's mathematics
    |(?<![A-Za-z])_|_(?![A-Za-z]) # emphasis; is_admin stays as it is
    """,
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?=[#\w:][\w:.#-]*;)")
_BACKSLASH = "&#92;"  # two at the end of a line are a line break in kramdown
_OPENS_BLOCK = re.compile(r"[-+:^]|\d+[.)]|[-=]+")  # as a whole token at the start of a line
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINK = re.compile(
    r"""!?\[((?:\\.|[^\[\]\\]|!?\[[^\[\]]*\](?:\([^()\[\]]*\))?)*+)\]  # its text, perhaps with a picture in it
    (?:\((?:\\.|[^()\\]|\([^()]*\))*+\)|\[[^\[\]]*\])""",
    re.VERBOSE,
)
_ENTITY_READ = re.compile(r"&(?:\w+|\#\d+|\#[xX][0-9A-Fa-f]+);")
_EMPHASIS = re.compile(r"(?<![\w\\])([*_]{1,3})(?=\S)((?:\\.|(?!\1).)+?)(?<=\S)\1(?!\w)", re.DOTALL)
_DOUBT = re.compile(r"(?<!\\)\[((?:\\.|[^\]\[\\\s])+)\?\](?![(\[:])")
_CLOCK = re.compile(r"(?<![\\\w])\[(?:\d+:)?\d?\d:\d\d\](?![(\[:\w])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_NOT_SPEECH = re.compile(
    r"\s{0,3}(?:#{1,6}\s|(?:[-*_]\s*){3,}$|<(?:audio|iframe|source|img|hr|/)|\[\^?[^\]]+\]:\s)", re.IGNORECASE
)


def house(text: str) -> str:
    """The text with the house's punctuation: ASCII quotes, ` - ` for dashes, ` ... ` for what breaks off.

    Letters stay as they are; blanks are single. `house(house(text)) == house(text)`.

    >>> house("It’s “big”—really… well, 2010–2015")
    'It\\'s "big" - really ... well, 2010-2015'
    """
    return punctuated(without_noncharacters(text))


def without_noncharacters(text: str) -> str:
    """The text without U+FDD0 to U+FDEF, which the Unicode standard (23.7) keeps for a program's own marks."""
    return text.translate(_NONCHARACTERS)


def punctuated(text: str) -> str:
    """`house` of a text that may hold the caller's own marks, which stay."""
    text = re.sub(r"(?<=\d)–(?=\d)", "-", text).replace("–", "--").translate(_FOLDED)
    text = re.sub(r" ?-{2,} ?", " - ", " ".join(text.split()))
    text = re.sub(r"(?<=[^\s(\[\"'.])\.{3,}", " ...", text)
    text = re.sub(r"(?<!\.)\.{3,}+(?=[^\W_])", "... ", text)
    text = " ".join(text.split())
    return re.sub(r"(?<=\S)(?<! -)(?: -)++$", " ...", text)


def escape(text: str) -> str:
    """Markdown that renders as `text`, wherever in a line it stands but at its start (`filled` sees to that).

    >>> escape("C# is <b> in #rdo, 5*3 & &copy;")
    'C# is \\\\<b\\\\> in \\\\#rdo, 5\\\\*3 & &amp;copy;'
    """
    return _SPECIAL.sub(r"\\\g<0>", _ENTITY.sub("&amp;", text).replace("\\", _BACKSLASH))


def filled(source: str, *, width: int, label: str = "") -> str:
    """A paragraph of escaped text in lines of at most `width` columns; 0: one line.

    With a `label` the first line is filled as if it began with `label: `, which the caller puts there afterwards,
    in bold or not: the order in which the published posts were made. A word longer than a line is not broken.

    >>> print(filled("It was in 2015. Then it grew.", width=12))
    It was
    in 2015.
    Then it
    grew.
    """
    units = _units(source.split())
    if not units:
        return ""
    if not label:
        units[0] = _guarded(units[0])
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


def spoken(source: str) -> str:
    """The words in a piece of edited Markdown: links, emphasis, code and escapes resolved, headings and tags left out.

    Marks of doubt (`[word?]`) and times (`[12:34]`) are no words either.

    >>> spoken("See [the *docs*](http://a.b), \\\\#rdo &amp; `x_y`.")
    'See the docs, #rdo & x_y.'
    """
    lines = [line for line in source.split("\n") if not _NOT_SPEECH.match(line)]
    codes: list[str] = []

    def kept(code: str) -> str:
        codes.append(code)
        return f"\x00{len(codes) - 1}\x00"

    text = _CODE.sub(lambda match: kept(match[2]), "\n".join(lines).replace("\x00", ""))
    text = _DOUBT.sub(r"\1", _CLOCK.sub(" ", text))
    text = _ESCAPED.sub(lambda match: kept(match[1]), text)
    text = _TAG.sub(" ", _without_comments(text))
    for _ in range(2):  # a picture inside a link, bold inside italics
        text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
    text = re.sub("\x00(\\d+)\x00", lambda match: codes[int(match[1])], unescaped(text).replace("\xa0", " "))
    return " ".join(text.split())


def unmarked(source: str) -> str:
    """The Markdown without what the machine marks in it: doubts (`[word?]`) and times (`[12:34]`).

    >>> unmarked("[12:34] Whether"), unmarked("[knot?],")
    ('Whether', 'knot,')
    """
    return _DOUBT.sub(r"\1", _CLOCK.sub("", source)).strip()


def clock(seconds: Seconds) -> str:
    """A moment as people write it.

    >>> clock(80.9), clock(3723)
    ('1:20', '1:02:03')
    """
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def is_clock(source: str) -> bool:
    """Whether the Markdown is a time such as `[12:34]` and nothing else."""
    return _CLOCK.fullmatch(source) is not None


def unescaped(source: str) -> str:
    """The text with Markdown's entities read: as in CommonMark only those with a semicolon.

    >>> unescaped("&lt;R&amp;D &copy 2015&#33;")
    '<R&D &copy 2015!'
    """
    return _ENTITY_READ.sub(lambda match: html.unescape(match[0]), source)


def _without_comments(text: str) -> str:
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    return " ".join((*kept, text[position:]))


def _units(tokens: list[str]) -> list[str]:
    """The tokens, those that must not begin a line joined to what stands before them."""
    units: list[str] = []
    for token in tokens:
        if units and _OPENS_BLOCK.fullmatch(token):
            units[-1] += f" {token}"
        else:
            units.append(token)
    return units


def _guarded(unit: str) -> str:
    """A paragraph's first unit, with an escape where it would open a block."""
    first, blank, rest = unit.partition(" ")
    if _OPENS_BLOCK.fullmatch(first):
        if first == "^":  # alone on a line it ends a block in kramdown, which has no escape for it
            first = "&#94;"
        elif first[0].isdigit():
            first = f"{first[:-1]}\\{first[-1]}"
        else:
            first = f"\\{first}"
    return first + blank + rest
