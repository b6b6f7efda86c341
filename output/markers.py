"""Where turns begin: the lines that name a speaker in the form of the document, and text that only looks like one.

A line can be a marker in one of several forms (`output.marker_forms`); which form a document uses, and which labels are
people's, is decided by its whole text (`output.marker_evidence`). Bold labels with a colon come first, as in a draft.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from output.marker_evidence import Labelled, is_event, is_name, is_section, opens_sentence, people_in, people_in_bold
from output.marker_forms import HAS_LETTER, LABEL, NAME, Candidate, Form, Marker, candidates_in
from transcribe.scripts import CLOSERS, SENTENCE_MARKS, composed

_ENDS, _CLOSERS = (re.escape("".join(sorted(signs))) for signs in (SENTENCE_MARKS, CLOSERS))
_INSIDE = re.compile(
    rf"""[{_ENDS}][{_CLOSERS}]{{0,3}}(?:[ \t]{{1,9}}|[ \t]{{0,9}}\r?\n)  # after a sentence
    (?:\*\*(?P<bold>{LABEL}{{1,60}}?)(?:[:：](?:&nbsp;|[ \t\xa0]){{0,9}}\*\*|\*\*[:：])
    |(?P<plain>{NAME})[:：])[ \t]+(?=\S)""",
    re.VERBOSE,
)
_NOT_PROSE = re.compile(r"[-+>#<|\t]|\* | {4}|\d{1,9}[.)][ \t]")  # begins a line in which a colon has another meaning
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{1,300}\)")
_IN_A_LINE = 2  # labels behind sentences, so that they are markers
_COLONS = frozenset((Form.BOLD, Form.ITALIC, Form.TAGGED, Form.STAMPED, Form.PLAIN, Form.BOLD_DASH))
_LINES = _COLONS | {Form.DASH, Form.BOLD_LINE}  # in which turns may follow line by line


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
class _Usage:
    """The style of the document's markers, the labels of its people, and whether turns follow without a blank line."""

    style: str
    form: Form
    people: frozenset[str]
    is_dense: bool = False


def markers_in(body: str, *, first_line: int, about: str = "") -> tuple[list[Marker], list[ParseWarning]]:
    """The markers of a post's body, in order, and warnings about uncertain ones. `about`: its front matter."""
    found = (Labelled(c, plain_label(c.marker.label)) for c in candidates_in(body, first_line=first_line))
    marks = [one for one in found if one.label and not is_event(one.label)]
    usage = _usage(marks, body, about)
    if usage is None:
        return [], []
    labels = usage.people | {label[0] for label in usage.people}
    is_bold = usage.form is Form.BOLD
    markers: list[Marker] = []
    warnings: list[ParseWarning] = []
    for one in marks:
        candidate, label, line = one.candidate, one.label, one.candidate.marker.line
        if is_bold and _is_plain(candidate) and _is_stranger(label, labels, in_turn=bool(markers)):
            message = f"{label}: looks like a turn, but nobody has this name in the post"
            warnings.append(ParseWarning(WarningKind.UNMARKED_TURN, line, message))
        if not _is_marker(one, usage, labels):
            continue
        if is_bold and not candidate.bold:
            warnings.append(ParseWarning(WarningKind.NOT_BOLD, line, f"{label}: is not bold; write **{label}**:"))
        if not (candidate.after_blank or usage.is_dense or _has_prefix(candidate)):
            message = f"no blank line before the turn of {label}"
            warnings.append(ParseWarning(WarningKind.NO_BLANK_LINE, line, message))
        markers.append(candidate.marker)
    markers = _with_those_inside(body, markers, usage)
    return markers, warnings + _unmarked_turns(body, marks, markers, labels)


def _is_plain(candidate: Candidate) -> bool:
    return candidate.style == Form.PLAIN.name and candidate.after_blank


def _is_marker(one: Labelled, usage: _Usage, labels: frozenset[str]) -> bool:
    """Whether a line of the document's form, or of a similar one, names one of its people."""
    candidate = one.candidate
    if one.label not in labels:
        return False
    if candidate.style == usage.style or (candidate.bold and usage.form is Form.BOLD):
        return _stands_alone(candidate) or candidate.bold or usage.is_dense
    if candidate.form is Form.STAMPED and usage.form is Form.BOLD:
        return False  # "Rich (10:30) said"
    return candidate.after_blank and {candidate.form, usage.form} <= _COLONS and not _in_list(candidate)


def _in_list(candidate: Candidate) -> bool:
    """Whether it is an item of a list, in which a colon has another meaning ("- Ann: her site")."""
    return candidate.form is Form.PLAIN and candidate.style != Form.PLAIN.name


def _usage(marks: Sequence[Labelled], body: str, about: str) -> _Usage | None:
    """The form of the document's turns: bold with a colon, unless another one names far more people."""
    by_style = defaultdict[str, list[Labelled]](list)
    for one in marks:
        by_style["BOLD" if one.candidate.bold else one.candidate.style].append(one)
    bold_marks = _bold_ones(by_style.pop("BOLD", []))
    in_bold = people_in_bold(bold_marks)
    best = _Usage("BOLD", Form.BOLD, in_bold) if in_bold else None
    most = sum(one.label in best.people for one in bold_marks) if best else 0
    names = {label[0] for label in best.people} | best.people if best else frozenset()
    counting = _Counting(body, about)
    for style, same in by_style.items():
        usage = counting.usage(style, same)
        if usage is None or usage.people <= names:
            continue
        turns = sum(one.label in usage.people for one in same)
        if turns > (3 * max(most, 2) if best and best.form is Form.BOLD else most):
            best, most = usage, turns
    return best


def _bold_ones(marks: Sequence[Labelled]) -> list[Labelled]:
    """Those that a blank line sets apart, and names whose later turns, so set apart, have the initial.

    All, if few are set apart and the same labels recur.
    """
    few = 2 * sum(_stands_alone(one.candidate) for one in marks) < len(marks)
    if few and 2 * len({one.label for one in marks}) <= len(marks):
        return list(marks)
    apart = {one.label for one in marks if _stands_alone(one.candidate)}
    return [
        one
        for one in marks
        if _stands_alone(one.candidate) or (one.label not in apart and is_name(one.label) and one.label[0] in apart)
    ]


def _stands_alone(candidate: Candidate) -> bool:
    return candidate.after_blank or candidate.after_html or candidate.form is Form.HEADING or _has_prefix(candidate)


def _has_prefix(candidate: Candidate) -> bool:
    """Whether it begins an item of a list, or a paragraph of HTML."""
    return not candidate.style.startswith(candidate.form.name)


class _Counting:
    """How much of the document a style covers."""

    def __init__(self, body: str, about: str) -> None:
        self._body, self._about = body, about
        starts = [match.start(1) for match in re.finditer(r"(?:\A|\n[ \t\xa0]*\r?\n)(?=[^\s])()", body)]
        self._paragraphs, self._lines = starts, [m.start() for m in re.finditer(r"^[^\S\n]*\S", body, re.MULTILINE)]

    def usage(self, style: str, marks: Sequence[Labelled]) -> _Usage | None:
        """The style's people, if it is the form of the document's turns."""
        form = marks[0].candidate.form
        apart = [one for one in marks if _stands_alone(one.candidate)]
        ways = [(False, apart, self._paragraphs), (True, marks, self._lines)]
        for is_dense, some, starts in ways if 2 * len(apart) >= len(marks) else reversed(ways):
            if not some or (is_dense and (len(apart) == len(marks) or form not in _LINES)):
                continue
            first = some[0].candidate.marker.start
            rest = len(starts) - bisect_left(starts, first)
            covered = min(1.0, sum(self._lines_of(one) if is_dense else 1 for one in some) / max(rest, 1))
            if is_dense and covered < 0.6:
                continue
            words = frozenset(re.findall(r"\w+", self._about + self._body[:first]))
            people = people_in(some, covered=covered, named=words, opens=bisect_left(starts, first) == 0)
            if people:
                return _Usage(style, form, people, is_dense)
        return None

    def _lines_of(self, one: Labelled) -> int:
        """The lines that a marker explains: its own, that of a time above, and that of the words below."""
        marker = one.candidate.marker
        return 1 + self._body.count("\n", marker.start, marker.end) + (not one.candidate.text)


def _with_those_inside(body: str, markers: list[Marker], usage: _Usage) -> list[Marker]:
    """The markers, and those behind sentences in the same line or paragraph, if the document has several."""
    if not markers:
        return markers
    starts = [marker.start for marker in markers]
    group = "bold" if usage.form is Form.BOLD else "plain"
    inside = []
    for match, line in _inside(body, markers[0]):
        label = plain_label(match[group] or "")
        is_person = label in usage.people or (group == "bold" and is_name(label) and not is_section(label))
        begin = match.start(group) - (2 if group == "bold" else 0)
        before = markers[bisect_right(starts, begin) - 1]
        if match[group] and is_person and not is_event(label) and begin >= before.end and len(label) > 1:
            inside.append(Marker(begin, match.end(), match[group].strip(), line))
    in_line = [one for one in inside if body[one.start - 1] != "\n"]
    if len(in_line) < _IN_A_LINE + (group == "plain"):
        return markers
    return sorted((*markers, *in_line), key=lambda marker: marker.start)


def _inside(body: str, first: Marker) -> Iterator[tuple[re.Match[str], int]]:
    """What looks like a label behind a sentence, after the first marker, and its line."""
    position, line = first.end, first.line + body.count("\n", first.start, first.end)
    line_start = body.rfind("\n", 0, position) + 1
    for match in _INSIDE.finditer(body, position):
        start = match.start("bold") - 2 if match["bold"] else match.start("plain")
        line += body.count("\n", position, start)
        line_start = max(line_start, body.rfind("\n", position, start) + 1)
        position = start
        if not _NOT_PROSE.match(body, line_start):
            yield match, line


def _unmarked_turns(
    body: str, marks: Sequence[Labelled], markers: list[Marker], labels: frozenset[str]
) -> list[ParseWarning]:
    """Warnings about text inside a turn, or before the first one, that looks like a turn, but is read as none."""
    if not markers:
        return []
    starts = {marker.start for marker in markers}
    inside = {
        (one.candidate.marker.line, one.label)
        for one in marks
        if not one.candidate.after_blank and one.candidate.marker.start not in starts
        if one.candidate.bold
        or (one.candidate.style == Form.PLAIN.name and len(one.candidate.marker.label) > 1 and one.label in labels)
    }
    for match, line in _inside(body, markers[0]):
        start = match.start("bold") - 2 if match["bold"] else match.start("plain")
        label = plain_label(match["bold"] or match["plain"])
        if start in starts or is_event(label):
            continue
        if match["bold"] or label in labels or (is_name(label) and not opens_sentence(label)):
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
        if HAS_LETTER.search(label)
    ]


def _is_stranger(label: str, labels: frozenset[str], *, in_turn: bool) -> bool:
    """Whether a plain label can be a name new to the post; before the first turn one word is not enough."""
    return label not in labels and is_name(label) and (" " in label or (in_turn and not opens_sentence(label)))


@lru_cache(maxsize=1000)  # labels recur
def plain_label(label: str) -> str:
    """A label as it is displayed.

    >>> plain_label(r"Rich&nbsp;\\& Bob"), plain_label("[Ann](https://example.org)")
    ('Rich & Bob', 'Ann')
    """
    if label.isascii() and label.isalnum():
        return label  # nothing of what follows is in it
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", html.unescape(_LINK.sub(r"\1", label)))
    return composed(" ".join(unescaped.replace("\xa0", " ").split()))
