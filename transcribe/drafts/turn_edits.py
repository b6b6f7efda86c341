"""A draft as the page shows it, and the page's edits as a draft: turns of paragraphs, each the Markdown it is.

What was not changed comes back byte for byte; in a changed paragraph every source line that is still there stays a
line of its own, so that a diff shows what was edited and nothing else. Does not read or write files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from output.labels import folded
from output.markdown import marker
from output.parse import Draft, DraftTurn, parse
from output.text import filled
from transcribe.alignment.merge3 import Conflict, merge, merge_text

SHORTEST_KEPT_LINE = 3  # words; shorter lines are found again by chance
LONGEST_NAME = 60  # characters, as many as `output.markers` takes for a label

_TURN_UNIT = "\x00"  # begins the unit of a speaker; no paragraph does
_PARAGRAPH_BREAK = re.compile(r"([ \t]*\r?\n(?:[ \t]*\r?\n)+)")
_LINE_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*")
_BLANKS = re.compile(r"[ \t]+")
_AS_IT_IS = re.compile(
    r"(?:[-+*:][ \t]|[>|]|\d+[.)][ \t]|#{1,6}[ \t]|`{3}|~{3}|<[A-Za-z/!]|\{:|\[[^\]]*\]:|[-=]+\s*\Z|[ ]{4}|\t)"
    r"|.*(?:[ ]{2}|\\)\Z|.*(?<!\\)\|"
)


@dataclass(frozen=True, slots=True)
class PageTurn:
    """A turn on the page: who speaks, as the draft names them, and paragraphs (lines joined where they flow)."""

    speaker: str
    paragraphs: tuple[str, ...]


class EditError(Exception):
    """An edit no draft can hold, such as a name without a letter; the message is for the editor."""


def page_turns(draft: Draft) -> tuple[PageTurn, ...]:
    """The draft's turns for the page; a turn without text has one empty paragraph."""
    return tuple(PageTurn(turn.speaker, tuple(flowed(part) for part in _parts(turn.raw)[1])) for turn in draft.turns)


def flowed(paragraph: str) -> str:
    """A paragraph's source as the page shows it: in one line, but for lists, code and other text where lines matter.

    >>> flowed("So we read\\nall of them.")
    'So we read all of them.'
    >>> flowed("- one\\n- two")
    '- one\\n- two'
    """
    lines = paragraph.replace("\r\n", "\n").split("\n")
    if any(_AS_IT_IS.match(line) for line in lines[1:]) or _AS_IT_IS.match(lines[0] if len(lines) > 1 else ""):
        return "\n".join(lines)
    return _LINE_BREAK.sub(" ", paragraph)


def apply_turns(draft: Draft, turns: Sequence[PageTurn], *, wrap: int) -> Draft:
    """The draft with these turns instead of its own; front matter, preamble and epilogue stay.

    Paragraphs that changed are filled to `wrap` columns (0: a line each). Raises `EditError` where the result would
    not be read as these turns: a name that cannot stand in bold, or text that begins like somebody's turn.
    """
    if list(turns) == list(page_turns(draft)):
        return draft
    labels = _labels(draft, turns)
    result = _with_turns(draft, turns, labels, wrap=wrap)
    if len(result.turns) == len(turns):  # an initial that somebody new shares: there the whole name
        pairs = list(zip(result.turns, turns, labels, strict=True))
        first = {turn.speaker: label for _, turn, label in reversed(pairs)}
        clear = [label if read.speaker == turn.speaker else first[turn.speaker] for read, turn, label in pairs]
        result = result if clear == labels else _with_turns(draft, turns, clear, wrap=wrap)
    if [turn.speaker for turn in result.turns] != [turn.speaker for turn in turns]:
        raise EditError(_complaint(result, turns))
    return result


def _with_turns(draft: Draft, turns: Sequence[PageTurn], labels: Sequence[str], *, wrap: int) -> Draft:
    source = _Source(draft, wrap)
    places = draft.turns if len(draft.turns) == len(turns) else (None,) * len(turns)
    made = [source.turn(*item) for item in zip(turns, labels, places, strict=True)]
    if made and draft.turns:
        ending = _parts(draft.turns[-1].raw)[3]
        made = [*(_ended(turn, source.line_break) for turn in made[:-1]), made[-1].rstrip(" \t\r\n") + ending]
    return parse(draft.front_matter + draft.preamble + "".join(made) + (draft.epilogue if made else ""))


def wrap_of(draft: Draft, usual: int) -> int:
    """The columns the draft is filled to: the usual ones, or 0 where long paragraphs stand on one line each."""
    texts = [part for turn in draft.turns for part in _parts(turn.raw)[1] if len(part) > max(usual, 70) + 10]
    return 0 if texts and not any("\n" in text for text in texts) else usual


def _parts(raw: str) -> tuple[str, list[str], list[str], str]:
    """A turn's source: the blanks before, its paragraphs, what separates them, the blanks after."""
    core = raw.strip(" \t\r\n")
    before, after = raw.split(core, 1) if core else ("", raw)
    pieces = _PARAGRAPH_BREAK.split(core)
    return before, pieces[::2], pieces[1::2], after


def _ended(turn: str, line_break: str) -> str:
    blank = re.search(r"\r?\n[ \t]*\r?\n[ \t\r\n]*\Z", turn)
    return turn if blank else turn.rstrip(" \t\r\n") + 2 * line_break


def _complaint(result: Draft, turns: Sequence[PageTurn]) -> str:
    names = {folded(name) for turn in turns for name in [turn.speaker]}
    strange = [turn.speaker for turn in result.turns if folded(turn.speaker) not in names]
    if strange:
        return f"the text would begin a turn of {strange[0]!r}: put a backslash before its colon, or start otherwise"
    return "two people's names are too alike to tell their turns apart; give one of them another name"


def merge_turns(
    base: Sequence[PageTurn], mine: Sequence[PageTurn], theirs: Sequence[PageTurn]
) -> tuple[tuple[PageTurn, ...], tuple[tuple[int, int, str], ...]]:
    """Two edits of the same turns as one, and where they clash (turn, paragraph, their text); there mine stands."""
    units: list[str] = []
    clashed: list[tuple[int, str]] = []
    for item in merge(_units(base), _units(mine), _units(theirs)):
        if isinstance(item, str):
            units.append(item)
            continue
        both = _word_by_word(item)
        if both is None:
            clashed.append((len(units), "\n\n".join(unit.removeprefix(_TURN_UNIT) for unit in item.theirs)))
            units += item.mine or (("",) if units else item.theirs)
        else:
            units.append(both)
    return _turns_of(units, clashed)


def _word_by_word(clash: Conflict) -> str | None:
    if len(clash.base) == len(clash.mine) == len(clash.theirs) == 1:
        return merge_text(clash.base[0], clash.mine[0], clash.theirs[0])
    return None


def _units(turns: Sequence[PageTurn]) -> list[str]:
    return [unit for turn in turns for unit in (_TURN_UNIT + turn.speaker, *turn.paragraphs)]


def _turns_of(
    units: Sequence[str], clashed: Sequence[tuple[int, str]]
) -> tuple[tuple[PageTurn, ...], tuple[tuple[int, int, str], ...]]:
    turns: list[PageTurn] = []
    places: list[tuple[int, int]] = []
    for unit in units:
        if unit.startswith(_TURN_UNIT):
            turns.append(PageTurn(unit.removeprefix(_TURN_UNIT), ()))
        elif turns:
            turns[-1] = replace(turns[-1], paragraphs=(*turns[-1].paragraphs, unit))
        places.append((len(turns) - 1, max(len(turns[-1].paragraphs) - 1, 0) if turns else 0))
    whole = tuple(turn if turn.paragraphs else replace(turn, paragraphs=("",)) for turn in turns)
    clashes = [(*places[min(i, len(places) - 1)], text) for i, text in clashed if places]
    return whole, tuple(clashes)


class _Source:
    """Makes the Markdown of turns, reusing what the draft has of them."""

    def __init__(self, draft: Draft, wrap: int) -> None:
        self.wrap = wrap
        self.line_break = "\r\n" if any("\r\n" in turn.raw for turn in draft.turns) else "\n"
        self.style = "inside" if any(turn.marker.rstrip().endswith("**") for turn in draft.turns) else "outside"
        self.known: dict[tuple[PageTurn, str], list[DraftTurn]] = {}
        self.paragraphs: dict[str, str] = {}
        self.lines: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = {}
        self.markers: dict[str, str] = {}
        for turn, page in zip(draft.turns, page_turns(draft), strict=True):
            self.known.setdefault((page, turn.label), []).append(turn)
            self.markers.setdefault(turn.label, turn.marker)
            for text, part in zip(page.paragraphs, _parts(turn.raw)[1], strict=True):
                self.paragraphs.setdefault(text, part)
                self._learn_lines(part)

    def turn(self, turn: PageTurn, label: str, place: DraftTurn | None) -> str:
        """The source of a turn, its marker included; `place` is the draft's turn where it stands, if that is known."""
        same = self.known.get((turn, label))
        if same:
            kept = same.pop(0) if len(same) > 1 else same[0]
            return kept.marker + kept.raw
        is_in_place = place is not None and place.label == label
        head = place.marker if place and is_in_place else self.markers.get(label) or marker(label, self.style)
        before = _parts(place.raw)[0] if place and is_in_place else ""
        if not (head + before).endswith((" ", "\t", "\n", ";", "\xa0")):
            head += " "
        parts = [text.strip(" \t\r\n") for text in turn.paragraphs]
        made = [self._paragraph(text, label if i == 0 else "") for i, text in enumerate(parts) if text or i == 0]
        return head + before + (2 * self.line_break).join(made) + 2 * self.line_break

    def _paragraph(self, text: str, label: str) -> str:
        if text in self.paragraphs:
            return self.paragraphs[text]
        if "\n" in text:
            return text.replace("\n", self.line_break)
        return self.line_break.join(self._lines(_BLANKS.split(text), label))

    def _lines(self, words: list[str], label: str) -> Iterator[str]:
        """The words in lines: those the draft has as they are, what is between them filled."""
        pending: list[str] = []
        is_first, i = True, 0
        while i < len(words):
            line = self._known_line(words, i) if self.wrap else None
            if line is None:
                pending.append(words[i])
                i += 1
                continue
            if pending:
                yield from filled(" ".join(pending), width=self.wrap, label=label if is_first else "").split("\n")
            pending, is_first = [], False
            yield line[1]
            i += len(line[0])
        if pending:
            yield from filled(" ".join(pending), width=self.wrap, label=label if is_first else "").split("\n")

    def _known_line(self, words: list[str], i: int) -> tuple[tuple[str, ...], str] | None:
        ahead = self.lines.get(tuple(words[i : i + SHORTEST_KEPT_LINE]), [])
        return next((line for line in ahead if tuple(words[i : i + len(line[0])]) == line[0]), None)

    def _learn_lines(self, paragraph: str) -> None:
        for line in paragraph.replace("\r\n", "\n").split("\n")[: -1 if self.wrap else None]:
            words = tuple(_BLANKS.split(line.strip(" \t")))
            if len(words) >= SHORTEST_KEPT_LINE:
                self.lines.setdefault(words[:SHORTEST_KEPT_LINE], []).append((words, line))


def _labels(draft: Draft, turns: Sequence[PageTurn]) -> list[str]:
    """What is printed for each turn: as it was where the speaker has it already, else by the draft's habit."""
    first, later = _habits(draft)
    taken = {folded(label) for label in (*first.values(), *later.values())}
    kept: dict[PageTurn, list[str]] = {}
    seen_before: set[str] = set()
    for old, page in zip(draft.turns, page_turns(draft), strict=True):
        if old.speaker in seen_before:
            kept.setdefault(page, []).append(old.label)
        seen_before.add(old.speaker)
    labels, seen = [], set[str]()
    initials = any(len(label) == 1 for label in later.values()) or not later
    for turn in turns:
        name = turn.speaker
        if name not in first:
            first[name] = speaker_name(name)
            short = name[0].upper()
            is_free = all(not folded(label).startswith(folded(short)) for label in taken)
            later[name] = short if initials and is_free else first[name]
            taken |= {folded(first[name]), folded(later[name])}
        if name in seen:
            again = kept.get(turn)
            labels.append(again.pop(0) if again else later.get(name, first[name]))
        else:
            labels.append(first[name])
        seen.add(name)
    return labels


def _habits(draft: Draft) -> tuple[dict[str, str], dict[str, str]]:
    """Each speaker's label at the first turn, and the usual one after that."""
    first: dict[str, str] = {}
    counts: dict[str, Counter[str]] = {}
    for turn in draft.turns:
        if turn.speaker in first:
            counts.setdefault(turn.speaker, Counter())[turn.label] += 1
        else:
            first[turn.speaker] = turn.label
    later = {name: count.most_common(1)[0][0] for name, count in counts.items()}
    has_initials = any(len(label) == 1 for label in later.values())
    initials = Counter(folded(name)[:1] for name in first)
    for name in first.keys() - later.keys():
        later[name] = name[0].upper() if has_initials and initials[folded(name)[:1]] == 1 else first[name]
    return first, later


def speaker_name(name: str) -> str:
    """The name, where a draft and a transcript can hold it as a speaker's. Raises `EditError` where not."""
    if not re.match(r"[^\W_]", name) or len(name) > LONGEST_NAME or re.search(r"[\x00-\x1f:*\ud800-\udfff]", name):
        raise EditError(f"{name!r} cannot be a speaker's name: it begins with a letter and has no colon or asterisk")
    return name
