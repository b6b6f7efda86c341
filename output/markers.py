"""Where turns begin: the marker forms of the house style and of other editors, and text that only looks like one.

**R**: text      **Rich:** text    __Ben__: text     **CHUCK:&nbsp;** text
R: text          Name: 00:00:16    **Emma** [0:26]   0:00:36.2 **Name** text
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum, auto

from transcribe.scripts import CLOSERS, MARKS, SENTENCE_MARKS, composed

_LABEL = rf"(?:\\[!-/:-@\[-`{{-~]|&(?:\w+|\#\d+);|[^\W_]|[ .,'’()&$\-–{MARKS}]|[^\x00-\u2fff\s\w：])"
_CLOCK = r"\[?\(?\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?\)?\]?"
_BOLD = re.compile(
    rf"""(?P<stamp>{_CLOCK}[ \t]+)?
    (?:\*\*(?P<star>(?:{_LABEL}|_){{1,60}}?)(?P<in_star>[:：](?:&nbsp;|[ \t\xa0])*)?\*\*
    | __(?P<under>{_LABEL}{{1,60}}?)(?P<in_under>[:：](?:&nbsp;|[ \t\xa0])*)?__ )
    (?(in_star)|(?(in_under)|(?P<after>(?:&nbsp;|[ \t])*[:：]|[ \t]+{_CLOCK})?))  # what follows a colon is text
    (?P<blank>(?:[ \t\xa0]|&nbsp;)*)""",
    re.VERBOSE,
)
_NAME = rf"[^\W\d_](?:[^\W_]|[ .'’&{MARKS}\-]){{0,39}}?"
_PLAIN = re.compile(rf"(?P<label>{_NAME})[:：](?P<stamp>[ \t]+{_CLOCK}(?=\s*$))?(?:[ \t]+|(?=\r?$))")
_HAS_LETTER = re.compile(r"[^\W_]|[^\x00-\u2fff]")  # or a symbol instead, such as an emoji
_BREAK = re.compile(r"[ \t\xa0]*\r?")  # a blank line, without its line feed
_EVENTS = frozenset(
    "break laughter laughing laughs music applause sponsor sponsors ad ads advertisement intro outro crosstalk "
    "silence note notes warning update edit".split()
)
_HEADINGS = frozenset(
    "http https mailto ftp tl;dr n.b nb ps p.s hosts guests links link resources tags date title source author "
    "credits transcript recording duration topics chapters thanks example summary".split()
)
_OPENERS = frozenset(
    "also and answer but conclusion contact editor fact finally first license no ok okay plus point problem producer "
    "question remember result second so solution subscribe then third website well yes".split()
)  # can begin a sentence before a colon, and is not a name
_ENDS, _CLOSERS = (re.escape("".join(sorted(signs))) for signs in (SENTENCE_MARKS, CLOSERS))
_INSIDE = re.compile(
    rf"""[{_ENDS}][{_CLOSERS}]{{0,3}}(?:[ \t]{{1,9}}|[ \t]{{0,9}}\r?\n)  # after a sentence
    (?:\*\*(?P<bold>{_LABEL}{{1,60}}?)(?:[:：]\*\*|\*\*[:：])|(?P<plain>{_NAME})[:：])[ \t]+(?=\S)""",
    re.VERBOSE,
)
_NOT_PROSE = ("-", "* ", "+", ">", "#", "<", "|", "\t", "    ")  # begins a line in which a colon has another meaning
_PARTICLES = frozenset(("de", "van", "von", "der", "den", "di", "da", "&", "and"))


class WarningKind(Enum):
    """What the parser had to guess, or could not read."""

    FRONT_MATTER = auto()  # cannot be read
    NO_BLANK_LINE = auto()  # before a turn
    NOT_BOLD = auto()  # a plain label among bold ones
    AMBIGUOUS_LABEL = auto()  # it fits several speakers
    UNMARKED_TURN = auto()  # text that looks like a turn


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """A warning of the parser. `line` counts from 1."""

    kind: WarningKind
    line: int
    message: str

    def __str__(self) -> str:
        return self.message if self.kind is WarningKind.FRONT_MATTER else f"line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker's position in the body, its label as written, and its line in the file."""

    start: int
    end: int
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    marker: Marker
    after_blank: bool
    bold: bool
    stamped: bool
    has_text: bool
    after_html: bool = False


def markers_in(body: str, *, first_line: int) -> tuple[list[Marker], list[ParseWarning]]:
    """The markers of a post's body, in order, and warnings about uncertain ones."""
    candidates = list(_candidates(body, first_line))
    bold = {plain_label(c.marker.label) for c in candidates if c.bold and (c.after_blank or c.after_html)}
    names = {label for c in candidates if c.bold and _is_name(label := plain_label(c.marker.label))}
    bold |= {name for name in names if name[0] in bold}  # whose later turns have the initial
    labels = bold | {label[0] for label in bold} if bold else _plain_labels(candidates)
    markers: list[Marker] = []
    warnings: list[ParseWarning] = []
    for candidate in candidates:
        label, line = plain_label(candidate.marker.label), candidate.marker.line
        is_label = label in labels
        if bold and candidate.after_blank and candidate.has_text and _is_stranger(label, labels, in_turn=bool(markers)):
            message = f"{label}: looks like a turn, but nobody has this name in the post"
            warnings.append(ParseWarning(WarningKind.UNMARKED_TURN, line, message))
        if not is_label or not (candidate.after_blank or candidate.bold):
            continue
        if bold and not candidate.bold:
            warnings.append(ParseWarning(WarningKind.NOT_BOLD, line, f"{label}: is not bold; write **{label}**:"))
        if not candidate.after_blank:
            message = f"no blank line before the turn of {label}"
            warnings.append(ParseWarning(WarningKind.NO_BLANK_LINE, line, message))
        markers.append(candidate.marker)
    return markers, warnings + _unmarked_turns(body, candidates, markers, labels)


def _unmarked_turns(
    body: str, candidates: list[_Candidate], markers: list[Marker], labels: set[str]
) -> list[ParseWarning]:
    """Warnings about text inside a turn, or before the first one, that looks like a turn, but is read as none."""
    if not markers:
        return []
    starts = {marker.start for marker in markers}
    inside = {
        (candidate.marker.line, plain_label(candidate.marker.label))
        for candidate in candidates
        if not candidate.after_blank and candidate.marker.start not in starts
        if candidate.bold or (len(candidate.marker.label) > 1 and plain_label(candidate.marker.label) in labels)
    }
    position, line = markers[0].end, markers[0].line
    for match in _INSIDE.finditer(body, position):
        start = match.start("bold") - 2 if match["bold"] else match.start("plain")
        line += body.count("\n", position, start)
        position, label = start, plain_label(match["bold"] or match["plain"])
        if start in starts or body.startswith(_NOT_PROSE, body.rfind("\n", 0, start) + 1) or is_event(label):
            continue
        if match["bold"] or label in labels or (_is_name(label) and not _opens_sentence(label)):
            inside.add((line, label))
    places = {True: "before the first one", False: "inside another turn"}
    advice = "if it is one, put it in bold after a blank line"
    return [
        ParseWarning(
            WarningKind.UNMARKED_TURN,
            line,
            f"{label}: looks like a turn {places[line < markers[0].line]}; {advice}",
        )
        for line, label in sorted(inside)
        if _HAS_LETTER.search(label)
    ]


def _is_stranger(label: str, labels: set[str], *, in_turn: bool) -> bool:
    """Whether a plain label can be a name new to the post; before the first turn one word is not enough."""
    return label not in labels and _is_name(label) and (" " in label or (in_turn and not _opens_sentence(label)))


def _opens_sentence(label: str) -> bool:
    return label.casefold() in _HEADINGS or label.split()[0].casefold() in _OPENERS


def plain_label(label: str) -> str:
    """A label as it is displayed.

    >>> plain_label(r"Rich&nbsp;\\& Bob")
    'Rich & Bob'
    """
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", html.unescape(label))
    return composed(" ".join(unescaped.replace("\xa0", " ").split()))


def is_event(label: str) -> bool:
    """Whether a label names an event instead of a speaker."""
    return label.casefold().strip("[]() .") in _EVENTS


def _candidates(body: str, first_line: int) -> list[_Candidate]:
    """Everything at the start of a line that looks like a marker of a speaker."""
    candidates = []
    start, after_blank, after_html = 0, True, False
    for number, line in enumerate(body.split("\n"), start=first_line):
        if line[:1] not in ("", " ", "\t", "-", ">", "#", "<"):
            candidate = _bold(line, start, number, after_blank=after_blank) or _plain(
                line, start, number, after_blank=after_blank
            )
            if candidate and not is_event(plain_label(candidate.marker.label)):
                candidates.append(replace(candidate, after_html=after_html))
        after_html = line.rstrip().endswith(">")
        after_blank = bool(_BREAK.fullmatch(line))
        start += len(line) + 1
    return candidates


def _bold(line: str, start: int, number: int, *, after_blank: bool) -> _Candidate | None:
    match = _BOLD.match(line)
    if match is None or not (match["stamp"] or match["after"] or match["in_star"] or match["in_under"]):
        return None
    label = match["star"] or match["under"]
    if not _HAS_LETTER.search(plain_label(label)):
        return None
    marker = Marker(start, start + match.end(), label.strip(), number)
    return _Candidate(marker, after_blank, bold=True, stamped=False, has_text=True)


def _plain(line: str, start: int, number: int, *, after_blank: bool) -> _Candidate | None:
    match = _PLAIN.match(line)
    if match is None or match["label"].casefold().strip() in _HEADINGS:
        return None
    marker = Marker(start, start + match.end(), match["label"], number)
    has_text = bool(line[match.end() :].strip())
    return _Candidate(marker, after_blank, bold=False, stamped=bool(match["stamp"]), has_text=has_text)


def _plain_labels(candidates: list[_Candidate]) -> set[str]:
    """The labels of a post without bold markers: names that start paragraphs; a single name must repeat."""
    starts = [
        c for c in candidates if c.after_blank and _is_name(plain_label(c.marker.label)) and (c.has_text or c.stamped)
    ]
    counts = Counter(plain_label(c.marker.label) for c in starts)
    return set(counts) if len(counts) > 1 or any(count > 1 for count in counts.values()) else set()


def _is_name(label: str) -> bool:
    words = label.split()
    return len(words) <= 4 and all(_is_capital(word[0]) or word in _PARTICLES for word in words)


def _is_capital(letter: str) -> bool:
    """Whether a name can begin with it: many scripts have no capitals."""
    return letter.isupper() or (letter.isalpha() and letter == letter.upper() and not letter.islower())
