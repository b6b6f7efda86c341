"""Rules on drafts: what a reader or the site's renderer would stumble over, found before it is published.

The rules are in `RULES`: F of the front matter, T of turns and their markers, M of Markdown's traps, S of the whole.
Each rule looks at the parsed draft; none changes it. `fixed` mends what cannot be meant otherwise. What is wrong with
the words themselves is the editor's to hear.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from output import frontmatter
from output.labels import folded
from output.markdown import NO_SPEECH
from output.parse import Draft, parse


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to look at. `line` counts from 1."""

    line: int
    code: str
    message: str

    def at(self, path: object) -> str:
        """The finding as editors and CI read it.

        >>> Finding(3, "T1", "no blank line before the turn").at("talk.md")
        'talk.md:3: T1 no blank line before the turn'
        """
        return f"{path}:{self.line}: {self.code} {self.message}"


_TAGS_KNOWN = frozenset(
    "a abbr audio b blockquote br cite code del details div dd dl dt em figure figcaption h1 h2 h3 h4 h5 h6 hr i "
    "iframe img ins kbd li mark ol p pre q s samp small source span strong sub summary sup table tbody td th thead "
    "tr tt u ul video".split()
)
_BLOCK_OPENER = re.compile(r"(?:[-+*]|\d+[.)]|#{1,6})[ \t]+\S|:[ \t]|>|(?:-+|=+)[ \t]*$")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-+*]|\d+[.)])[ \t]")
_PIPE = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`[^`]*`")
_DEFINITION = re.compile(r"\[[^\]\\]+\]:[ \t]*\S")
_TAG = re.compile(r"(?<!\\)</?([A-Za-z][\w-]*)[^<>\n]*>")
_DOUBT = re.compile(r"(?<!\\)\[[^\]\[\s]+\?\](?!\()")
_TYPOGRAPHIC = {"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "-", "—": " - ", "\u2011": "-"}
_BROKEN_MARKER = re.compile(
    r"""\*\*(?P<open>[^*:\n]{1,40})(?: :[ \t]+\*\*[ \t]*      # **R: **text: never bold
    | :\*\*(?=[^\s*])                                      # **R:**text: not bold in CommonMark
    | \*\*:(?=[^\s*]) )                                    # **R**:text
    """,
    re.VERBOSE,
)
_HALF_BOLD = re.compile(r"(?:\*\*[^*:\n]{1,40}|\*[^*:\n]{1,40}\*\*|\*\*[^*:\n]{1,40}\*|[^*:\n_]{1,20}\*\*):(?:\s|$)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?(?: UTC| [+-]\d{4})?)?")


def lint(source: str, *, select: Collection[str] | None = None) -> tuple[Finding, ...]:
    """What the rules `select` (all but M5 unless given) find in a post, by line."""
    codes = DEFAULT if select is None else frozenset(select)
    draft = parse(source)
    found = {finding for rule in _RULES for finding in rule(draft) if finding.code in codes}
    return tuple(sorted(found))


def fixed(source: str, *, select: Collection[str] | None = None) -> str:
    """The post with the findings of T1, T2, T5 and M5 mended, as far as they are selected; nothing else changes.

    What is mended stays so: what one mend lays open (a blank line, the next marker) is mended too.
    """
    codes = DEFAULT if select is None else frozenset(select)
    if "M5" in codes:
        front, body = frontmatter.split(source)
        source = front + re.sub("|".join(_TYPOGRAPHIC), lambda match: _TYPOGRAPHIC[match[0]], body)
    while (mended := _mended(source, codes)) != source:
        source = mended
    return source


def _mended(source: str, codes: Collection[str]) -> str:
    lines = source.split("\n")
    for finding in sorted(lint(source, select=FIXABLE.intersection(codes) - {"M5"}), reverse=True):
        line = lines[finding.line - 1]
        if finding.code == "T5":
            mended = _BROKEN_MARKER.sub(lambda match: f"**{match['open'].strip()}**: ", line, count=1)
            lines[finding.line - 1] = mended
        elif finding.code == "T2":
            lines[finding.line - 1] = re.sub(r"^([^:]+):", r"**\1**:", line, count=1)
        elif finding.code == "T1":
            lines.insert(finding.line - 1, "\r" if "\r\n" in source else "")
    return "\n".join(lines)


def _front_matter(draft: Draft) -> Iterator[Finding]:
    if not draft.front_matter.strip("\ufeff"):
        return
    try:
        fields = frontmatter.read(draft.front_matter)
    except ValueError as error:
        yield Finding(1, "F1", f"front matter cannot be read: {error}")
        return
    if not fields.get("title"):
        yield Finding(1, "F2", "front matter without a title")
    lines = draft.front_matter.split("\n")
    number = {line.split(":")[0]: i for i, line in reversed(list(enumerate(lines, start=1)))}
    date = fields.get("date")
    if date is not None and not _DATE.fullmatch(str(date)):
        yield Finding(number.get("date", 1), "F3", f"date {date!r} is not YYYY-MM-DD HH:MM:SS UTC")
    if isinstance(fields.get("tags"), str) and not all(tag.strip() for tag in fields["tags"].split(",")):
        yield Finding(number.get("tags", 1), "F3", "an empty tag between commas")


def _parser_warnings(draft: Draft) -> Iterator[Finding]:
    """The parser says what it had to guess; here it gets its codes."""
    codes = {"no blank line": "T1", "is not in bold": "T2", "could be": "T4", "looks like a turn": "T7"}
    for warning in draft.warnings:
        match = re.fullmatch(r"line (\d+): (.*)", warning)
        code = next((code for sign, code in codes.items() if sign in warning), None)
        if match and code:
            yield Finding(int(match[1]), code, match[2])


def _labels(draft: Draft) -> Iterator[Finding]:
    seen: set[str] = set()
    later: dict[str, list[str]] = {}
    for turn in draft.turns:
        if turn.speaker in seen:
            later.setdefault(turn.speaker, []).append(turn.label)
        seen.add(turn.speaker)
    usual = {speaker: Counter(labels).most_common(1)[0][0] for speaker, labels in later.items()}
    named = [speaker for speaker in draft.speakers if len(speaker) > 1]
    first: set[str] = set()
    for turn in draft.turns:
        if turn.speaker in first and turn.label != usual[turn.speaker]:
            yield Finding(turn.line, "T3", f"{turn.label} is {usual[turn.speaker]} elsewhere")
        stranger = turn.speaker == turn.label and not any(folded(name[0]) == folded(turn.label) for name in named)
        if turn.speaker not in first and len(turn.label) == 1 and len(named) > 1 and stranger:
            yield Finding(turn.line, "T4", f"nobody before has a name that begins with {turn.label}")
        first.add(turn.speaker)


def _turns(draft: Draft) -> Iterator[Finding]:
    for turn in draft.turns[:-1]:
        if not turn.text:
            yield Finding(turn.line, "T6", f"{turn.label} says nothing")
    if not draft.turns and NO_SPEECH not in draft.preamble:
        yield Finding(1, "S1", "no turns found: each needs its speaker in bold and a colon, as in **Rich**: text")


def _markers(draft: Draft) -> Iterator[Finding]:
    initials = {speaker[0] for speaker in draft.speakers} | set(draft.speakers) | {t.label for t in draft.turns}
    for number, paragraph in _paragraphs(draft):
        line = paragraph.split("\n")[0]
        if _BROKEN_MARKER.match(line):
            yield Finding(number, "T5", "marker that is not bold everywhere, or has no blank after it")
        elif (match := _HALF_BOLD.match(line)) and folded(match[0].strip("*: \t\r")) in map(folded, initials):
            yield Finding(number, "T5", "marker with unbalanced asterisks")


def _hazards(draft: Draft) -> Iterator[Finding]:
    for number, paragraph in _speech_paragraphs(draft):
        lines = paragraph.split("\n")
        if _LIST_ITEM.match(paragraph) is None and not re.match(r"[>#|]|\s{4}", paragraph):
            for i, line in enumerate(lines[1:], start=1):
                if _BLOCK_OPENER.match(line) and not _is_list(lines[i - 1], line, lines[i + 1 : i + 2]):
                    yield Finding(number + i, "M1", f"the line begins with {line.split()[0]!r}, which opens a block")
        if all(_PIPE.search(_CODE.sub("", line)) for line in lines) and not re.match(r"\|", paragraph):
            yield Finding(number, "M2", "a | in every line makes a table of it; write \\|")
        if _DEFINITION.match(paragraph):
            yield Finding(number, "M3", "a link definition, which is not shown; write \\[")
        for i, line in enumerate(lines):
            yield from _line_hazards(number + i, _CODE.sub("", line))


def _line_hazards(number: int, line: str) -> Iterator[Finding]:
    for match in _TAG.finditer(line):
        if match[1].lower() not in _TAGS_KNOWN:
            yield Finding(number, "M4", f"{match[0]} is not shown; write \\<")
    for match in _DOUBT.finditer(line):
        yield Finding(number, "M6", f"{match[0]} is still in doubt")
    if any(sign in line for sign in _TYPOGRAPHIC):
        yield Finding(number, "M5", "typographic quotes, dashes or dots; the site makes them itself")


def _is_list(before: str, line: str, after: list[str]) -> bool:
    """Whether a line that looks like a list item is one of several, as a hand-written list is."""
    return any(_LIST_ITEM.match(other) for other in (before, *after)) and _LIST_ITEM.match(line) is not None


def _speech_paragraphs(draft: Draft) -> Iterator[tuple[int, str]]:
    """The paragraphs of the turns, without their markers, and their lines."""
    for turn in draft.turns:
        yield from _split(turn.raw, turn.line)


def _paragraphs(draft: Draft) -> Iterator[tuple[int, str]]:
    yield from _split(draft.source(), 1)


def _split(text: str, line: int) -> Iterator[tuple[int, str]]:
    paragraph: list[str] = []
    for number, content in enumerate(text.split("\n"), start=line):
        if content.strip():
            paragraph.append(content.rstrip("\r"))
        elif paragraph:
            yield number - len(paragraph), "\n".join(paragraph)
            paragraph = []
    if paragraph:
        yield line + text.count("\n") + 1 - len(paragraph), "\n".join(paragraph)


_RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    _front_matter,
    _parser_warnings,
    _labels,
    _turns,
    _markers,
    _hazards,
)
RULES = {
    "F1": "front matter that cannot be read",
    "F2": "front matter without a title",
    "F3": "a date or tags not in the house's form",
    "M1": "a wrapped line that opens a list, a quote or a heading",
    "M2": "a paragraph that becomes a table, since every line has a |",
    "M3": "a paragraph that becomes a link definition and is not shown",
    "M4": "a tag that hides words, such as <unclear>",
    "M5": "typographic quotes, dashes or dots (only when selected)",
    "M6": "a mark of doubt left over, [word?]",
    "S1": "no turns, and no word that nothing was said",
    "T1": "no blank line before a turn",
    "T2": "a plain label in a post with bold ones",
    "T3": "a label other than the speaker's usual one",
    "T4": "an initial that fits nobody, or more than one",
    "T5": "a marker that is not bold everywhere, or glued to its text",
    "T6": "a turn without words that is not the last",
    "T7": "what looks like a turn inside another one's",
}
FIXABLE = frozenset(("M5", "T1", "T2", "T5"))
CODES = tuple(RULES)
DEFAULT = frozenset(CODES) - {"M5"}
