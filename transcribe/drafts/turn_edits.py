"""Converts a draft to the page's turns of Markdown paragraphs, and the page's edited turns to a draft.

Unchanged text comes back byte for byte. In a changed paragraph, source lines whose words are unchanged stay lines, so
that a diff shows the edits and nothing else. Reads and writes no files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from output.labels import Label, fold_name
from output.markdown import marker
from output.parse import Draft, DraftTurn, parse
from output.text import fill_lines
from transcribe.style import Style

SHORTEST_MATCHED_LINE = 3  # words; shorter lines match by chance
LONGEST_NAME = 60  # characters; the longest label of `output.markers`

_BEFORE_BREAK = r"(?:(?<![ \t])[ \t]++)?"  # all blanks or none: a run of them is read once
_PARAGRAPH_BREAK = re.compile(rf"({_BEFORE_BREAK}\r?\n(?:[ \t]*+\r?\n)+)")
_LINE_BREAK = re.compile(rf"{_BEFORE_BREAK}\r?\n[ \t]*")
_BLANKS = re.compile(r"[ \t]+")
_LINES_MATTER = re.compile(
    r"(?:[-+*:][ \t]|[>|]|\d+[.)][ \t]|#{1,6}[ \t]|`{3}|~{3}|<[A-Za-z/!]|\{:|\[[^\]]*\]:|[-=]+\s*\Z|[ ]{4}|\t)"
    r"|.*(?:[ ]{2}|\\)\Z|.*(?<!\\)\|"
)


@dataclass(frozen=True, slots=True)
class PageTurn:
    """A turn on the page: the speaker as the draft prints the name, and paragraphs (`flowed`)."""

    speaker: str
    paragraphs: tuple[str, ...]


class EditError(Exception):
    """An edit that no draft can hold, such as a name without a letter; the message is for the editor."""


def page_turns(draft: Draft) -> tuple[PageTurn, ...]:
    """The draft's turns for the page; a turn without text has one empty paragraph."""
    return tuple(PageTurn(turn.speaker, tuple(flowed(part) for part in _parts(turn.raw)[1])) for turn in draft.turns)


def flowed(paragraph: str) -> str:
    """A paragraph's source as the page shows it: on one line, except lists, code and other text whose lines matter.

    >>> flowed("So we read\\nall of them.")
    'So we read all of them.'
    >>> flowed("- one\\n- two")
    '- one\\n- two'
    """
    lines = paragraph.replace("\r\n", "\n").split("\n")
    if any(_LINES_MATTER.match(line) for line in lines[1:]) or _LINES_MATTER.match(lines[0] if len(lines) > 1 else ""):
        return "\n".join(lines)
    return _LINE_BREAK.sub(" ", paragraph)


def apply_turns(
    draft: Draft, turns: Sequence[PageTurn], *, wrap: int, labels_of: Mapping[str, Label] = MappingProxyType({})
) -> Draft:
    """The draft with these turns instead of its own, and the same front matter, preamble and epilogue.

    Changed paragraphs are wrapped at `wrap` columns (0: one line each). `labels_of` has the labels of speakers, by
    their names, for all turns but those that the draft labels in a way of their own; the others are labelled as the
    draft usually labels them. Raises `EditError` if the result does not parse into these turns: a name that cannot be a
    label, or text that begins like a turn.
    """
    if list(turns) == list(page_turns(draft)):
        return draft
    labels = _labels(draft, turns, labels_of)
    for source in (_Source(draft, wrap), _Source(draft, wrap, is_spaced=True)):
        result = _with_turns(draft, turns, labels, source=source)
        if len(result.turns) == len(turns):  # if a new speaker has the same initial, use the whole name
            pairs = list(zip(result.turns, turns, labels, strict=True))
            first = {turn.speaker: label for _, turn, label in reversed(pairs)}
            unique = [label if parsed.speaker == turn.speaker else first[turn.speaker] for parsed, turn, label in pairs]
            result = result if unique == labels else _with_turns(draft, turns, unique, source=source)
        if [turn.speaker for turn in result.turns] == [turn.speaker for turn in turns]:
            return result
    raise EditError(_error_message(result, turns))


def encoded(draft: Draft) -> bytes:
    """The draft's bytes. Raises `EditError` if the page sent half of a surrogate pair."""
    try:
        return draft.source().encode()
    except UnicodeEncodeError as error:
        raise EditError("the text holds half a character, such as a cut emoji; delete what shows as a box") from error


def _with_turns(draft: Draft, turns: Sequence[PageTurn], labels: Sequence[str], *, source: _Source) -> Draft:
    source.begin()
    replaced = draft.turns if len(draft.turns) == len(turns) else (None,) * len(turns)
    texts = [source.turn(*item) for item in zip(turns, labels, replaced, strict=True)]
    if texts and draft.turns:
        ending = _parts(draft.turns[-1].raw)[3]
        texts[:-1] = [source.ended(text) for text in texts[:-1]]
        texts[-1] = texts[-1].rstrip(" \t\r\n") + ending
    preamble = draft.preamble
    if texts and not draft.turns:  # the first ones of a draft without speech
        preamble = _with_blank_line(preamble, source.line_break) if preamble.strip() else source.line_break
        preamble = preamble if draft.front_matter or draft.preamble.strip() else draft.preamble
        texts[-1] = texts[-1].rstrip(" \t\r\n") + source.line_break
    return parse(draft.front_matter + preamble + "".join(texts) + (draft.epilogue if texts else ""))


def wrap_of(draft: Draft, default: int) -> int:
    """The columns the draft is wrapped at: the default, or 0 if all long paragraphs are one line each."""
    texts = [
        part for turn in draft.turns for part in _parts(turn.raw)[1] if len(part) > max(default, Style().wrap) + 10
    ]
    return 0 if texts and not any("\n" in text for text in texts) else default


def _parts(raw: str) -> tuple[str, list[str], list[str], str]:
    """A turn's source: the space before, its paragraphs, the space between them, the space after."""
    core = raw.strip(" \t\r\n")
    before, after = raw.split(core, 1) if core else ("", raw)
    pieces = _PARAGRAPH_BREAK.split(core)
    return before, pieces[::2], pieces[1::2], after


def _with_blank_line(text: str, line_break: str) -> str:
    """A turn's source with a blank line at its end, its own if it has one."""
    words = text.rstrip(" \t\r\n")
    return text if re.search(r"\n[ \t]*+\r?\n", text[len(words) :]) else words + 2 * line_break


def _error_message(result: Draft, turns: Sequence[PageTurn]) -> str:
    names = {fold_name(turn.speaker) for turn in turns}
    unknown = [turn.speaker for turn in result.turns if fold_name(turn.speaker) not in names]
    if unknown:
        return f"the text would begin a turn of {unknown[0]!r}: put a backslash before its colon, or rephrase it"
    pairs = zip(result.turns, turns, strict=False)
    mixed = sorted(next(({read.speaker, turn.speaker} for read, turn in pairs if read.speaker != turn.speaker), ()))
    which = f"{' and '.join(map(repr, mixed))} are" if len(mixed) == 2 else "two names are"
    return f"{which} too similar to tell their turns apart; change one of them"


class _Source:
    """Writes the Markdown of turns, reusing the draft's source of the same turns, paragraphs and lines.

    Turns are apart as the draft has them, by a blank line or, if most follow line by line, by none; if `is_spaced`, by
    a blank line each.
    """

    def __init__(self, draft: Draft, wrap: int, *, is_spaced: bool = False) -> None:
        self.wrap = wrap
        self.is_spaced = is_spaced
        self.line_break = "\r\n" if any("\r\n" in turn.raw for turn in draft.turns) else "\n"
        ends = [turn.raw[len(turn.raw.rstrip(" \t\r\n")) :] for turn in draft.turns[:-1]]
        is_dense = not is_spaced and 2 * sum(end.count("\n") == 1 for end in ends) > len(ends)
        self.apart = self.line_break * (1 if is_dense else 2)
        self.style = "inside" if any(turn.marker.rstrip().endswith("**") for turn in draft.turns) else "outside"
        self._draft = draft
        self.paragraphs: dict[str, str] = {}
        self.lines: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = {}
        self.markers: dict[str, str] = {}
        for turn, page in zip(draft.turns, page_turns(draft), strict=True):
            self.markers.setdefault(turn.label, turn.marker)
            for text, part in zip(page.paragraphs, _parts(turn.raw)[1], strict=True):
                self.paragraphs.setdefault(text, part)
                self._learn_lines(part)

    def begin(self) -> None:
        """Have all turns of the draft to reuse, before the first of them is written."""
        self.turns: dict[tuple[PageTurn, str], list[DraftTurn]] = {}
        for turn, page in zip(self._draft.turns, page_turns(self._draft), strict=True):
            self.turns.setdefault((page, turn.label), []).append(turn)

    def ended(self, text: str) -> str:
        """A turn's source, so that the next one can follow: as it is, if a line ends there."""
        words = text.rstrip(" \t\r\n")
        if self.is_spaced:
            return _with_blank_line(text, self.line_break)
        return text if "\n" in text[len(words) :] else words + self.apart

    def turn(self, turn: PageTurn, label: str, replaced: DraftTurn | None) -> str:
        """The source of a turn, marker included; `replaced` is the draft's turn at its position, if they correspond."""
        same = self.turns.get((turn, label))
        if same:
            unchanged = same.pop(0) if len(same) > 1 else same[0]
            return unchanged.marker + unchanged.raw
        if replaced and replaced.label == label:
            head, (before, _, _, after) = replaced.marker, _parts(replaced.raw)
        else:
            head, before, after = self.markers.get(label) or marker(label, self.style), "", ""
        if not (head + before).endswith((" ", "\t", "\n", ";", "\xa0")):
            head += " "
        parts = [text.strip(" \t\r\n") for text in turn.paragraphs]
        paragraphs = [self._paragraph(text, label if i == 0 else "") for i, text in enumerate(parts) if text or i == 0]
        return head + before + (2 * self.line_break).join(paragraphs) + (after if "\n" in after else self.apart)

    def _paragraph(self, text: str, label: str) -> str:
        if text in self.paragraphs:
            return self.paragraphs[text]
        if "\n" in text:
            return text.replace("\n", self.line_break)
        return self.line_break.join(self._lines(_BLANKS.split(text), label))

    def _lines(self, words: list[str], label: str) -> Iterator[str]:
        """The words in lines: those the draft has stay as they are, the words between them are wrapped."""
        pending: list[str] = []
        is_first, i = True, 0
        while i < len(words):
            line = self._known_line(words, i) if self.wrap else None
            if line is None:
                pending.append(words[i])
                i += 1
                continue
            if pending:
                yield from fill_lines(" ".join(pending), width=self.wrap, label=label if is_first else "").split("\n")
            pending, is_first = [], False
            yield line[1]
            i += len(line[0])
        if pending:
            yield from fill_lines(" ".join(pending), width=self.wrap, label=label if is_first else "").split("\n")

    def _known_line(self, words: list[str], i: int) -> tuple[tuple[str, ...], str] | None:
        ahead = self.lines.get(tuple(words[i : i + SHORTEST_MATCHED_LINE]), [])
        return next((line for line in ahead if tuple(words[i : i + len(line[0])]) == line[0]), None)

    def _learn_lines(self, paragraph: str) -> None:
        for line in paragraph.replace("\r\n", "\n").split("\n")[: -1 if self.wrap else None]:
            words = tuple(_BLANKS.split(line.strip(" \t")))
            if len(words) >= SHORTEST_MATCHED_LINE:
                self.lines.setdefault(words[:SHORTEST_MATCHED_LINE], []).append((words, line))


def _labels(draft: Draft, turns: Sequence[PageTurn], given: Mapping[str, Label]) -> list[str]:
    """The label of each turn: as before if the turn is unchanged, else as the draft usually prints the speaker, or as
    `given`. A name that is nobody's any more takes no initial from the others."""
    usual = usual_labels(draft)
    speaking = {turn.speaker for turn in turns}
    labels_of = {**{name: label for name, label in usual.items() if name in speaking}, **given}
    taken = {fold_name(text) for label in labels_of.values() for text in (label.first, label.later)}
    unchanged: dict[PageTurn, list[str]] = {}
    seen: set[str] = set()
    for old, page in zip(draft.turns, page_turns(draft), strict=True):
        if old.speaker in seen:
            unchanged.setdefault(page, []).append(old.label)
        seen.add(old.speaker)
    labels, seen = [], set()
    initials = any(len(label.later) == 1 for label in usual.values()) or not usual
    for turn in turns:
        name = turn.speaker
        if name not in labels_of:
            full, short = speaker_name(name), name[0].upper()
            is_free = all(not fold_name(label).startswith(fold_name(short)) for label in taken)
            labels_of[name] = Label(full, short if initials and is_free else full)
            taken |= {fold_name(full), fold_name(labels_of[name].later)}
        label = labels_of[name].later if name in seen else labels_of[name].first
        if name in seen and (previous := unchanged.get(turn)):
            before = previous.pop(0)
            label = label if name in given and before in (usual[name].first, usual[name].later) else before
        labels.append(label)
        seen.add(name)
    return labels


def usual_labels(draft: Draft) -> Mapping[str, Label]:
    """Each speaker's label at the first turn, and the most frequent one after that; of one with a single turn, what
    would follow."""
    first: dict[str, str] = {}
    counts: dict[str, Counter[str]] = {}
    for turn in draft.turns:
        if turn.speaker in first:
            counts.setdefault(turn.speaker, Counter())[turn.label] += 1
        else:
            first[turn.speaker] = turn.label
    later = {name: count.most_common(1)[0][0] for name, count in counts.items()}
    has_initials = any(len(label) == 1 for label in later.values())
    initials = Counter(fold_name(name)[:1] for name in first)
    for name in first.keys() - later.keys():
        later[name] = name[0].upper() if has_initials and initials[fold_name(name)[:1]] == 1 else first[name]
    return {name: Label(label, later[name]) for name, label in first.items()}


def speaker_name(name: str) -> str:
    """The name, if a draft and a transcript can hold it as a speaker's. Raises `EditError` if not."""
    if not re.match(r"[^\W_]", name) or len(name) > LONGEST_NAME or re.search(r"[\x00-\x1f:*\ud800-\udfff]", name):
        raise EditError(
            f"{name!r} cannot be a speaker's name: it must begin with a letter and contain no colon or asterisk"
        )
    return name
