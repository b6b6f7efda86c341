"""The forms in which editors and programs write who speaks: what a line may say, not whether it does.

    **R**: text         **Rich:** text     __Ben__: text     ***Ann:*** text   _Ann_: text       **Ann** - text
    R: text             RICH: text         李雷：大家好        Name: 00:00:16    Ann (0:05): text  Ann -- text
    [00:05] Ann: text   **Emma** [0:26]    **[0:05] Me:** text                 <p><b>Ann:</b> text</p>
    ### Ann             **Ann**            Ann:              Ann   (alone, the text below; or below after `: `)

Which of them a document uses, and whose names they are, is decided in `output.markers`. Every pattern is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from transcribe.scripts import MARKS, has_end_mark


class Form(Enum):
    """How a line names a speaker. The value says how much of it is needed to believe it."""

    BOLD = "bold with a colon or a time"
    ITALIC = "italics with a colon"
    TAGGED = "HTML with a colon"
    STAMPED = "a name with a time"
    PLAIN = "a name and a colon"
    PLAIN_LINE = "a name and a colon, alone"
    BOLD_DASH = "bold and a dash"
    DASH = "a name and a dash"
    BOLD_LINE = "bold, alone"
    BOLD_START = "bold, the text behind it"
    NAME_LINE = "a name, alone"
    HEADING = "a heading"
    DEFINITION = "a term, defined in the line below"


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker's position in the body, its label as written, and its line in the file."""

    start: int
    end: int
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a marker. `style` is the form with its level of heading or the list it is in.

    `text` is what follows on its line. `follows`: below it is text, and no list, table or heading; None at the end.
    """

    marker: Marker
    form: Form
    style: str
    after_blank: bool
    text: str
    follows: bool | None
    goes_on: bool  # the next line is not blank
    after_html: bool = False

    @property
    def bold(self) -> bool:
        """Whether the label is in bold with its colon, as in a draft."""
        return self.form is Form.BOLD


_SIGNS = rf"""[ .,'’()&$/"“”+@\#!_\-–{MARKS}]|[^\x00-\u2fff\s\w：{MARKS}]"""  # no character is in both: linear time
LABEL = rf"(?:\\[!-/:-@\[-`{{-~]|&(?:\w+|\#\d+);|[^\W_]|{_SIGNS})"
HAS_LETTER = re.compile(r"[^\W_]|[^\x00-\u2fff]")  # or a symbol instead, such as an emoji
NAME = rf"[^\W\d_](?:\w|[ .'’&{MARKS}\-]){{0,39}}?"
_BLANK = r"(?:[ \t\xa0]|&nbsp;)"
_BLANKS = re.compile(rf"{_BLANK}*")
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?"
_RANGE = rf"{_TIME}(?:[ ]?(?:[-–—]|-->|to)[ ]?{_TIME})?"
_LINKED_CLOCK = rf"\[?\[\(?{_RANGE}\)?\]\([^()\s]{{1,300}}\)\]?"
_CLOCK = rf"(?:{_LINKED_CLOCK}|(?:\\?\[\(?|[(<`])?{_RANGE}(?:\)?\\?\]|[)>`])?)"
_ENCLOSED = rf"(?:\\?\[{_RANGE}\\?\]|\({_RANGE}\)|<{_RANGE}>|`{_RANGE}`)"
_PREFIX = re.compile(
    r"""(?:<(?:p|div|li|dd|dt)(?:[ ][^<>]{0,200})?>|(?:[-*+>—–•]|\d{1,4}[.)])[ \t]+
    |<(?P<anchor>a|span)[ ][^<>]{0,200}></(?P=anchor)>
    |(?P<symbol>[\u2600-\u27bf\U0001f300-\U0001faff])\ufe0f?[ \t]+)[ \t]*""",
    re.VERBOSE,
)
_TIME_LINE = re.compile(rf"{_CLOCK}[ \t]*\r?")
_STAMP = re.compile(rf"{_CLOCK}[ \t]+(?:[-–—|][ \t]+)?")
_EMPHASIS = re.compile(
    rf"""(?P<mark>\*{{1,3}}|_{{1,3}})(?P<stamp>{_CLOCK}[ \t]++)?
    (?:\[(?P<linked>{LABEL}{{1,60}}?)\]\([^()\s]{{1,300}}\)|(?P<label>{LABEL}{{1,60}}?))
    (?P<time>[ \t]{{0,9}}[·•|,–-]?[ \t]{{0,9}}{_CLOCK})?
    (?P<inside>[:：]{_BLANK}{{0,9}})?(?P=mark)(?(inside)|(?![*_\w]))""",
    re.VERBOSE,
)
_LINK = re.compile(
    rf"\[(?P<mark>\*{{1,3}}|_{{1,3}}|)(?P<label>{LABEL}{{1,60}}?)(?P=mark)\]\([^()\s]{{1,300}}\)(?=[:：])"
)
_COLON = re.compile(rf"{_BLANK}{{0,9}}(?:\([^():*_]{{1,40}}\)[ \t]*)?[:：]{_BLANK}*")
_CLOCK_AFTER = re.compile(rf"[ \t]+{_CLOCK}(?!\d)(?:[ \t]*[:：])?{_BLANK}*")
_DASH = re.compile(r"[ \t]*(?:--?-?|[—–―])[ \t]+(?=\S)")
_TAG = re.compile(
    rf"""<(?P<tag>b|strong|i|em|cite|span)(?:[ ][^<>]{{0,200}})?>[ \t]*+
    (?P<label>{LABEL}{{1,60}}?)(?:(?P<inside>[:：])|{_BLANK})*+</(?P=tag)>
    (?(inside){_BLANK}*|{_BLANK}*[:：]{_BLANK}*)""",
    re.VERBOSE,
)
_BREAK_TAG = re.compile(r"[ \t]*<br[ ]?/?>[ \t]*", re.IGNORECASE)
_BARE = re.compile(r"[ \t]+(?:[|·•][ \t]+)?(?=\S)")
_COLON_IN_TEXT = r"(?::(?=[ \t\xa0]|&nbsp;|$)|：)"
_PLAIN = re.compile(rf"(?P<label>{NAME}(?:,[ ]{NAME})?)(?:[ ]?\([^():\d][^():]{{0,38}}\))?{_COLON_IN_TEXT}")
_BRACKETED = re.compile(rf"\\?\[(?P<label>{NAME})\\?\]{_COLON_IN_TEXT}")
_NAME_AND_TIME = re.compile(
    rf"(?P<label>{NAME})[:：]?[ \t]{{1,9}}(?:{_ENCLOSED}[ \t]*[:：]?|{_TIME}(?:[ \t]*[:：](?=\s)|(?=\s*$)))[ \t]*"
)
_NAME_DASH = re.compile(rf"(?P<label>{NAME})[ \t]{{1,9}}(?:--?|[—–―])[ \t]{{1,9}}(?=\S)")
_NAME_LINE = re.compile(rf"(?P<label>{NAME})[ \t]{{0,9}}$")
_HEADING = re.compile(
    rf"""(?P<level>\#{{1,6}})[ \t]++(?:{_CLOCK}[ \t]++(?:[-–—|][ \t]++)?)?
    (?P<mark>\*\*|__|)(?P<label>{LABEL}{{1,60}}?)[:：]?(?P=mark)[:：]?
    (?:[ \t]+{_CLOCK})?[ \t]{{0,9}}\#{{0,6}}[ \t]{{0,9}}$""",
    re.VERBOSE,
)
_BREAK = re.compile(r"[ \t\xa0]*\r?")  # a blank line, without its line feed
_NO_SPEECH = re.compile(
    r"[ \t]*(?:[-*+][ \t]|\d{1,3}[.)][ \t]|[#|]|!\[|```|~~~|\[[^\]\n]{1,60}\]:[ \t]|<(?:ul|ol|table|h\d|hr)\b)"
)


def candidates_in(body: str, *, first_line: int) -> list[Candidate]:
    """Everything at the start of a line that looks like a marker of a speaker, at most one for each line."""
    lines = body.split("\n")
    blank = [not line or _BREAK.fullmatch(line) is not None for line in lines]
    follows = _followed(lines, blank)
    candidates = []
    start, after_blank, after_html = 0, True, False
    time: tuple[int, int, bool] | None = None  # the line of a time above: where, its number, whether after a blank one
    for index, line in enumerate(lines):
        after_blank = after_blank if time is None else time[2]
        found = _first(line.rstrip("\r"), lines[index + 1] if index + 1 < len(lines) else "", after_blank=after_blank)
        if found is not None:
            form, style, end, label = found
            if form is Form.DEFINITION:
                end = len(line) + len("\n: ")
            place = (start, index) if time is None else time[:2]
            marker = Marker(place[0], start + end, label.strip(), first_line + place[1])
            text = line[end:].strip() if form is not Form.DEFINITION else lines[index + 1][2:]
            goes_on = index + 1 < len(lines) and not blank[index + 1]
            candidates.append(Candidate(marker, form, style, after_blank, text, follows[index], goes_on, after_html))
        after_html = line.rstrip().endswith(">")
        if ":" in line and _TIME_LINE.fullmatch(line):
            time = start, index, after_blank
        elif time is not None and not (blank[index] and index == time[1] + 1 and body[time[0]] != "["):
            time = None  # a time in square brackets that stands apart is the machine's, in a turn
        after_blank = blank[index]
        start += len(line) + 1
    return candidates


def _followed(lines: Sequence[str], blank: Sequence[bool]) -> list[bool | None]:
    """Whether the next line with text below each line is none of a list, a table, a heading or code."""
    result: list[bool | None] = [None] * len(lines)
    speech: bool | None = None
    for index in reversed(range(len(lines))):
        result[index] = speech
        if not blank[index]:
            speech = _NO_SPEECH.match(lines[index]) is None
    return result


_Found = tuple[Form, str, int, str]


def _first(line: str, below: str, *, after_blank: bool) -> _Found | None:
    if line[:1] in ("", " ", "\t", "|"):
        return None
    prefix = _PREFIX.match(line)
    begin = prefix.end() if prefix else 0
    for form, (end, label), level in _readings(line, begin, below):
        if HAS_LETTER.search(re.sub(r"&\w+;", "", label)):
            where = "*" if prefix and prefix["symbol"] else re.sub(r"\d+", "1", prefix[0].strip())[:2] if prefix else ""
            is_line = form in (Form.NAME_LINE, Form.DEFINITION)
            if is_line and (where or not after_blank):
                continue
            return form, f"{where}{form.name}{level}", end, label
    return None


def _readings(line: str, begin: int, below: str) -> Iterator[tuple[Form, tuple[int, str], str]]:
    """The ways to read a line from `begin` on, the likeliest first: the form, where its marker ends, its label."""
    stamp = _STAMP.match(line, begin)
    at = stamp.end() if stamp else begin
    if (match := _EMPHASIS.match(line, at) or _LINK.match(line, at)) and (
        found := _emphasised(line, match, bool(stamp))
    ):
        label = match.groupdict().get("linked") or match["label"]
        yield found[0], (found[1], label.removesuffix(".") if found[0] is Form.BOLD_START else label), ""
    if match := _TAG.match(line, at):
        yield Form.TAGGED, (match.end(), match["label"]), ""
    if match := _HEADING.match(line):
        yield Form.HEADING, (len(line.rstrip()), match["label"]), str(len(match["level"]))
    if match := _NAME_AND_TIME.match(line, at):
        yield Form.STAMPED, (match.end() if line[match.end() :].strip() else len(line.rstrip()), match["label"]), ""
    if match := _NAME_DASH.match(line, at):
        yield Form.DASH, (match.end(), match["label"]), ""
    if match := _PLAIN.match(line, at) or _BRACKETED.match(line, at):
        is_alone = not line[match.end() :].strip()
        form = Form.STAMPED if stamp else Form.PLAIN_LINE if is_alone else Form.PLAIN
        yield form, (len(line.rstrip()) if is_alone else _text_start(line, match.end()), match["label"]), ""
    if (match := _NAME_LINE.match(line, at)) and not has_end_mark(match["label"]):
        if below.startswith(": ") and not stamp:
            yield Form.DEFINITION, (len(line), match["label"]), ""
        else:
            yield (Form.STAMPED if stamp else Form.NAME_LINE), (len(line.rstrip()), match["label"]), ""


def _emphasised(line: str, match: re.Match[str], is_stamped: bool) -> tuple[Form, int] | None:
    """The form of a line that begins with this emphasis, and where the marker ends."""
    strong = len(match["mark"]) > 1
    with_colon = Form.BOLD if strong else Form.ITALIC
    if match.groupdict().get("inside"):
        return with_colon, _text_start(line, match.end())
    if after := _COLON.match(line, match.end()):
        return with_colon, after.end()
    if after := _CLOCK_AFTER.match(line, match.end()):
        return with_colon, after.end()
    if is_stamped or match.groupdict().get("stamp") or match.groupdict().get("time"):
        return with_colon, _text_start(line, match.end())
    if strong and (after := _DASH.match(line, match.end())):
        return Form.BOLD_DASH, after.end()
    if not strong:
        return None
    rest = line[match.end() :].strip()
    if rest in ("", "\\") or _BREAK_TAG.fullmatch(rest):
        return Form.BOLD_LINE, len(line.rstrip())
    after = _BREAK_TAG.match(line, match.end()) or _BARE.match(line, match.end())
    return (Form.BOLD_START, after.end()) if after else None


def _text_start(line: str, at: int) -> int:
    match = _BLANKS.match(line, at)
    return match.end() if match else at
