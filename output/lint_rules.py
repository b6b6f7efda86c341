"""The lint rules: what would confuse a reader or the site's renderer, found before the draft is published.

A rule is one check with the decorator `rule`: its code, what it finds, whether it is on by default, and its fix. The
letters: F front matter, T turns and their markers, M Markdown's traps, S the whole draft. Each rule looks at the parsed
draft; none changes it. Slips in the words, W, are in `output.lint_word_rules`; other errors in them are for the editor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from output.almost_markers import almost_markers
from output.block_reader import folded_label, used_definitions
from output.broken_markers import BROKEN_MARKER, broken_markers
from output.conflicts import conflict_line
from output.labels import fold_name
from output.lint_registry import Check, Fix, rule
from output.lint_text import paragraphs_of, speech_lines, speech_paragraphs, without_code
from output.markdown import NO_SPEECH
from output.markers import WarningKind
from output.name_slips import slips_in
from output.parse import Draft

_KNOWN_TAGS = frozenset(
    "a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup data "
    "dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i iframe img ins "
    "kbd li main mark nav nobr ol p picture pre q rp rt ruby s samp section small source span strike strong sub "
    "summary sup table tbody td tfoot th thead time tr track tt u ul var video wbr".split()
)
_BLOCK_OPENER = re.compile(r"(?:[-+*]|\d+[.)]|#{1,6})[ \t]+\S|:[ \t]|>|(?:-+|=+)[ \t]*$")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-+*]|\d+[.)])[ \t]")
_PIPE = re.compile(r"(?<!\\)\|")
_DEFINITION = re.compile(r"\[(?!\^)([^\]\\]+)\]:[ \t]*\S")
_TAG = re.compile(r"(?<!\\)</?([A-Za-z][\w-]*+)[^<>\n]*+>")
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]+@[^\s<>@]+)>")
_SWALLOWED = re.compile(r"(?<![\\{])\{::?[^{}\n]*\}|(?<!\\)\$\$|^[ ]{0,3}(?<!\\)\*\[[^\]\n]+\]:")
_DOUBT = re.compile(r"(?<!\\)\[[^\]\[\s]+\?\](?!\()")
_TYPOGRAPHIC = {"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "-", "—": " - ", "\u2011": "-"}
_PLAIN = str.maketrans(_TYPOGRAPHIC)
_COLON_INSIDE = re.compile(r"\*\*([^*\n]{1,60}?)[ \t]*:\*\*(?=\s)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?UTC|Z| ?[+-]\d\d:?\d\d)?)?")


def _plain_typography(source: str, lines: Sequence[int]) -> str:
    content = source.split("\n")
    for line in lines:
        content[line - 1] = content[line - 1].translate(_PLAIN)
    return "\n".join(content)


def _blank_line_before(source: str, lines: Sequence[int]) -> str:
    content = source.split("\n")
    for line in lines:
        content.insert(line - 1, "\r" if "\r\n" in source else "")
    return "\n".join(content)


def _edit(pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]) -> Fix:
    """A fix that replaces the first match in each line."""

    def fix(source: str, lines: Sequence[int]) -> str:
        content = source.split("\n")
        for line in lines:
            content[line - 1] = pattern.sub(replacement, content[line - 1], count=1)
        return "\n".join(content)

    return fix


def _warned(kind: WarningKind) -> Check:
    """A check that finds the parser's warnings of this kind."""
    return lambda draft: [(warning.line, warning.message) for warning in draft.warnings if warning.kind is kind]


rule("F1", "front matter that cannot be read")(_warned(WarningKind.FRONT_MATTER))


@rule("F2", "front matter without a title")
def _no_title(draft: Draft) -> Iterator[tuple[int, str]]:
    is_readable = all(warning.kind is not WarningKind.FRONT_MATTER for warning in draft.warnings)
    if draft.front_matter.strip("\ufeff") and is_readable and not draft.fields.get("title"):
        yield 1, "front matter without a title"


@rule("F3", "a date or tags that are not in the house form")
def _date_and_tags(draft: Draft) -> Iterator[tuple[int, str]]:
    fields, lines = draft.fields, draft.front_matter.split("\n")
    numbers = {line.split(":")[0]: number for number, line in reversed(list(enumerate(lines, start=1)))}
    if "date" in fields and not _DATE.fullmatch(str(fields["date"])):
        yield numbers.get("date", 1), f"date {fields['date']!r} is not YYYY-MM-DD HH:MM:SS UTC"
    tags = fields.get("tags")
    if isinstance(tags, str) and not all(tag.strip() for tag in tags.split(",")):
        yield numbers.get("tags", 1), "an empty tag between commas"


@rule("M1", "a wrapped line that opens a list, a quote or a heading")
def _opens_block(draft: Draft) -> Iterator[tuple[int, str]]:
    for number, paragraph in speech_paragraphs(draft):
        if _LIST_ITEM.match(paragraph) or re.match(r"[>#|]|\s{4}", paragraph):
            continue
        lines = paragraph.split("\n")
        for i, line in enumerate(lines[1:], start=1):
            if _BLOCK_OPENER.match(line) and not _is_list(lines[i - 1], line, lines[i + 1 : i + 2]):
                yield number + i, _block_message(line)


@rule("M2", "a paragraph that becomes a table because every line has a |")
def _becomes_table(draft: Draft) -> Iterator[tuple[int, str]]:
    for number, paragraph in speech_paragraphs(draft):
        lines = paragraph.split("\n")
        if all(_PIPE.search(without_code(line)) for line in lines) and not paragraph.startswith("|"):
            yield number, "a | in every line makes a table of it; write \\|"


@rule("M3", "a paragraph that becomes a link definition and is not displayed")
def _becomes_definition(draft: Draft) -> Iterator[tuple[int, str]]:
    found = [(line, match) for line, text in speech_paragraphs(draft) if (match := _DEFINITION.match(text))]
    used = used_definitions(draft.body) if found else ()
    for number, match in found:
        if folded_label(match[1]) not in used:
            yield number, "a link definition, which is not displayed; write \\["


@rule("M4", "a tag that hides words, such as <unclear>")
def _hiding_tag(draft: Draft) -> Iterator[tuple[int, str]]:
    for number, line in speech_lines(draft):
        for match in _TAG.finditer(line):
            if match[1].lower() not in _KNOWN_TAGS and not _AUTOLINK.fullmatch(match[0]):
                yield number, f"{match[0]} is not displayed; write \\<"


@rule("M5", "typographic quotes, dashes or dots (only if selected)", fix=_plain_typography, is_default=False)
def _typography(draft: Draft) -> Iterator[tuple[int, str]]:
    for number, line in speech_lines(draft):
        if any(sign in line for sign in _TYPOGRAPHIC):
            yield number, "typographic quotes, dashes or dots; the site makes them itself"


@rule("M6", "a remaining mark of doubt, [word?]")
def _remaining_doubt(draft: Draft) -> Iterator[tuple[int, str]]:
    for number, line in speech_lines(draft):
        for match in _DOUBT.finditer(line):
            word = match[0][1:-2]
            yield (
                number,
                f"{match[0]} is still in doubt; listen, and write {word} without the brackets, or what is said",
            )


@rule("M7", "text that kramdown takes for itself and does not display: {: …}, {::…}, *[X]:, $$")
def _swallowed(draft: Draft) -> Iterator[tuple[int, str]]:
    for number, line in speech_lines(draft):
        for match in _SWALLOWED.finditer(line):
            yield number, f"{match[0].strip()} is taken by kramdown and not displayed; put a backslash before it"


@rule("S1", "no turns, and no note that nothing was spoken")
def _no_turns(draft: Draft) -> Iterator[tuple[int, str]]:
    if not draft.turns and all(text.strip() != NO_SPEECH for _, text in paragraphs_of(draft.preamble, 1)):
        yield 1, "no turns found: each needs its speaker in bold and a colon, as in **Rich**: text"


CONFLICT = "S2"  # while a draft has one, it has no one text to check


@rule(CONFLICT, "a mark of git where two edits met")
def _conflict(draft: Draft) -> Iterator[tuple[int, str]]:
    if line := conflict_line(draft.source()):
        yield line, "an edit that git could not merge; keep one of the two texts and delete the marks"


rule("T1", "no blank line before a turn", fix=_blank_line_before)(_warned(WarningKind.NO_BLANK_LINE))


rule(
    "T2",
    "a plain label in a draft with bold ones",
    fix=_edit(re.compile(r"^([^:]+):"), lambda match: f"**{match[1]}**:"),
)(_warned(WarningKind.NOT_BOLD))


@rule("T3", "a label other than the speaker's usual one")
def _unusual_label(draft: Draft) -> Iterator[tuple[int, str]]:
    later: dict[str, list[str]] = {speaker: [] for speaker in draft.speakers}
    for turn in draft.turns:
        later[turn.speaker].append(turn.label)
    usual = {speaker: Counter(labels[1:]).most_common(1)[0][0] for speaker, labels in later.items() if labels[1:]}
    introduced: set[str] = set()
    for turn in draft.turns:
        if turn.speaker in introduced and turn.label != usual[turn.speaker]:
            yield (
                turn.line,
                f"{turn.label} is {usual[turn.speaker]} in the other turns; write **{usual[turn.speaker]}**",
            )
        introduced.add(turn.speaker)


@rule("T4", "an initial that fits no speaker, or more than one")
def _unclear_initial(draft: Draft) -> Iterator[tuple[int, str]]:
    yield from _warned(WarningKind.AMBIGUOUS_LABEL)(draft)
    named = [speaker for speaker in draft.speakers if len(speaker) > 1]
    initials = {fold_name(name[0]) for name in named}
    first_turns = {turn.speaker: turn for turn in reversed(draft.turns)}
    for turn in first_turns.values() if len(named) > 1 else ():
        is_initial = len(turn.label) == 1 and turn.speaker == turn.label
        if is_initial and fold_name(turn.label) not in initials:
            yield turn.line, f"no earlier name begins with {turn.label}"


rule(
    "T5",
    "a label that is not bold on both sides, or has no space before its text",
    fix=_edit(BROKEN_MARKER, lambda match: f"**{match['open'].strip()}**: "),
)(broken_markers)


@rule("T6", "a turn without words that is not the last")
def _empty_turn(draft: Draft) -> Iterator[tuple[int, str]]:
    return ((turn.line, f"{turn.label} says nothing") for turn in draft.turns[:-1] if not turn.text)


rule("T7", "text inside a turn that looks like another turn")(_warned(WarningKind.UNMARKED_TURN))


@rule("T8", "a paragraph that almost begins as a turn")
def _almost_marker(draft: Draft) -> Iterator[tuple[int, str]]:
    warned = {warning.line for warning in draft.warnings} | {number for number, _ in broken_markers(draft)}
    for mark in almost_markers(draft):
        if mark.line not in warned:
            message = f"{mark.source} almost begins a turn, and is read as text; if it is one, write **{mark.label}**:"
            yield mark.line, message


@rule("T9", "a name used once that is almost another one")
def _slip_of_a_name(draft: Draft) -> Iterator[tuple[int, str]]:
    for turn, name in slips_in(draft):
        yield turn.line, f"{turn.label} speaks once, and is almost {name}; if it is a slip, write **{name}**"


@rule(
    "T10",
    "a colon inside the bold where other turns have it outside",
    fix=_edit(_COLON_INSIDE, lambda match: f"**{match[1].rstrip()}**:"),
)
def _colon_inside(draft: Draft) -> Iterator[tuple[int, str]]:
    inside = [turn for turn in draft.turns if _COLON_INSIDE.match(turn.marker.lstrip())]
    if 2 * len(inside) <= len(draft.turns):  # where most have it, it is the post's form
        for turn in inside:
            yield turn.line, f"the colon is inside the bold; write **{turn.label}**:"


def _block_message(line: str) -> str:
    """What a line that matches `_BLOCK_OPENER` would become, and what to write.

    >>> _block_message("2015. Then it")
    "the line begins with '2015.', which would become a list; write 2015\\\\."
    """
    opener = re.match(r"[-+*](?=[ \t]+\S)|\d+.|#+|:|>|-+|=+", line)
    assert opener is not None
    block = {"#": "a heading", "=": "a heading", ">": "a quote", ":": "a definition"}.get(line[0], "a list")
    if not line.strip("- \t\r"):
        block = "a heading"
    position = len(opener[0]) - 1 if line[0].isdigit() else 0
    escaped = f"{opener[0][:position]}\\{opener[0][position:]}"
    return f"the line begins with {opener[0]!r}, which would become {block}; write {escaped}"


def _is_list(before: str, line: str, after: list[str]) -> bool:
    """Whether a line that looks like a list item is one of several, as in a list written by hand."""
    return any(_LIST_ITEM.match(other) for other in (before, *after)) and _LIST_ITEM.match(line) is not None
