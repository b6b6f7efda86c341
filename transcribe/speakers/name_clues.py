"""Clues to who speaks: introductions and forms of address in the turns. Pure text work, English only.

`transcribe.speakers.naming` decides what the clues amount to. A name is one to three capitalised words, so lower-case
speech gives no clues. Titles ("Mr. Smith") and other forms of address ("Thanks, everybody") are no names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transcribe.person_names import are_same, first_name, name_similarity, untitled
from transcribe.transcript import Turn

_NAME = r"(?P<name>[^\W\d_a-z][\w'’-]*(?:\s+[^\W\d_a-z][\w'’-]*){0,2})"
_TURNING_TO = "(?:welcome|thank|thanks|hello|hi|good|how|what|why|when|where|who|can|could|do|did|are|tell)"
_HELLO = r"(?:[Hh]i|[Hh]ello|[Hh]ey|[Gg]ood (?:morning|afternoon|evening))"
_END = r"(?=\s*(?:[.,;:!?…—–-]|$))"
_SELF, _INTRODUCED, _ADDRESSED, _CALLED = 4.0, 3.0, 2.0, 1.5  # points

# Speakers introduce themselves. Patterns that any word may follow need an end, such as "this is".
_SELF_PATTERNS = tuple(
    (re.compile(pattern), weight)
    for pattern, weight in (
        (rf"\b[Mm]y name(?:'s|’s| is) {_NAME}", _SELF + 1.0),
        (rf"\bI(?:'m|’m| am) (?:your host,? )?{_NAME}", _SELF),
        (rf"(?:^|[.!?,]\s+)(?:[Ii]t(?:'s|’s) )?{_NAME} here{_END}", _ADDRESSED),  # any word may precede "here"
        (rf"(?:^|[.!?,]\s+)(?:and )?[Tt]his is {_NAME}(?: speaking)?{_END}", _ADDRESSED),
    )
)
# Somebody else is introduced, who is about to speak.
_INTRODUCTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:speaking|talking|chatting|here|sitting down|joined today)(?: today| now| here)? (?:with|to|by) {_NAME}",
        rf"\bjoined (?:today |now |here )?by {_NAME}",
        rf"\b(?:[Ww]ith me|[Jj]oining (?:me|us))(?: today| now| here)*,? is {_NAME}",
        rf"\b[Mm]y guest(?: today| this week)?,? is {_NAME}",
        rf"\b(?:[Ww]e|I)(?: have|'ve got|’ve got) {_NAME} (?:as (?:our|my|a) guest|with (?:me|us)|on the show)",
        rf"\b[Pp]lease welcome,? {_NAME}",
        rf"\b(?:[Yy]ou are|[Yy]ou(?:'re|’re)) {_NAME}{_END}",
    )
)
# Somebody is addressed, who has just spoken or is about to; a greeting or thanks in return shows which.
_GREETED = re.compile(rf"\b(?:{_HELLO}|[Ww]elcome),? {_NAME}{_END}")
_ADDRESSES = (
    re.compile(rf"\b(?:[Tt]hank you|[Tt]hanks)(?: so much| very much| a lot)?,? {_NAME}{_END}"),
    _GREETED,
    re.compile(rf"(?:^|[.!?]\s+){_NAME}, {_TURNING_TO}\b"),
    re.compile(rf"\b(?:you|your time|joining (?:us|me)|having me|coming(?: on)?|being here|today),? {_NAME}{_END}"),
)
_IN_RETURN = re.compile(rf"(?:{_HELLO}|[Tt]hank(?:s| you))\b")
_WELCOME = re.compile(
    r"\b[Ww]elcome (?:back )?to\b|\b[Ww]elcome,? everybody|"
    r"\b[Tt]hank(?:s| you) for (?:joining|coming|being|listening|talking|your time)"
)
_NO_NAMES = frozenset(
    "a absolutely actually again ah all alright also always am american and another any anybody anyone anything "
    "anyway anywhere around asian australian back basically because belgian black boss both brazilian british "
    "buddhist business but canadian catholic ceo chinese christmas come czech dad danish december doctor done "
    "down dr dutch each either else english especially europe european every everybody everyone everything "
    "everywhere exactly february few finally fine finnish first folks french friday friend friends german get go "
    "god good great greek guys he hello her here hey hi hindu his hmm honestly how huh i if in indian indonesian "
    "irish israeli it italian its january japanese jewish july june just korean ladies last later latino life "
    "likewise listen live look lots madam man many march maybe me meanwhile mexican miss mom monday more most mr "
    "mrs ms mum muslim my near never new next nice no nobody none nope not nothing november now october oh ok "
    "okay on one only our out over people perfect please plenty polish portuguese president professor quite "
    "really right romanian russian same saturday scottish see senator september she sir sit so some somebody "
    "someone something somewhere sorry spanish start stay still stop sunday sure swedish swiss team tell thank "
    "thanks that the their them then there these they things this those though thursday today tomorrow tonight "
    "too true tuesday turkish uh ukrainian um up us very wait we wednesday welcome well welsh what when where "
    "which white who whose why with world wow yeah yep yes yesterday you your yours".split()
)


@dataclass(frozen=True, slots=True)
class Clue:
    """Words that tie a name to a voice; a negative `weight` is evidence against this voice."""

    name: str
    speaker: str  # the voice's id
    weight: float
    quote: str
    time: float  # seconds

    @property
    def citation(self) -> str:
        """
        >>> Clue("Ada", "S1", 4.0, "I'm Ada", 65.2).citation
        "“I'm Ada” at 1:05"
        """
        minutes, seconds = divmod(int(self.time), 60)
        return f"“{self.quote}” at {minutes}:{seconds:02d}"


def find_clues(turns: Sequence[Turn]) -> tuple[Clue, ...]:
    """All clues in the order of the turns."""
    return tuple(clue for index in range(len(turns)) for clue in _clues_of(turns, index))


def find_calls(turns: Sequence[Turn], names: Sequence[str]) -> tuple[Clue, ...]:
    """Where somebody is called by one of these names: "Jane?" or "Mark! Hi.", a sentence that is only a name.

    Only the given names are searched for, as written: "Really?" looks the same. A name with a full stop is no call: it
    answers a question.
    """
    forms = {form for name in names if name.strip() for form in (name, untitled(name), first_name(name))}
    if not forms:
        return ()
    alternatives = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    call = re.compile(rf"(?:^|(?<=[.!?…])\s+)(?P<name>{alternatives})(?=[?!])", re.IGNORECASE)
    calls: list[Clue] = []
    for index, turn in enumerate(turns):
        for match in call.finditer(turn.text):
            before = turn.text[: match.start("name")].split()[-1:]
            if before and untitled(f"{before[0]} {match['name']}") == match["name"]:
                continue  # the dot before it is a title's
            calls += _clues_about_others(turns, index, match, name=match["name"], weight=_CALLED)
    return tuple(calls)


def clues_by_name(clues: Iterable[Clue], names: Sequence[str]) -> dict[tuple[str, str], list[Clue]]:
    """(name, speaker) → the clues for or against this pair; each clue counts for the most similar of `names`."""
    gathered: dict[tuple[str, str], list[Clue]] = defaultdict(list)
    for clue in clues:
        if similar := [name for name in names if are_same(name, clue.name)]:
            best = max(similar, key=lambda name: name_similarity(untitled(name).casefold(), clue.name.casefold()))
            gathered[best, clue.speaker].append(clue)
    return gathered


def spoken_names(clues: Sequence[Clue], *, taken: Sequence[str]) -> list[str]:
    """The names in the clues, each in its longest form ("Rich" and "Rich Bowen" are one), without those taken."""
    names: list[str] = []
    for name in sorted({clue.name for clue in clues}, key=lambda name: (-len(name.split()), name)):
        if not any(are_same(name, other) for other in [*names, *taken]):
            names.append(name)
    return names


def count_questions(turn: Turn) -> int:
    """How many sentences of a turn end with a question mark."""
    return sum(word.text.rstrip("\"'”’)").endswith("?") for word in turn.words)


def welcomes(turn: Turn) -> bool:
    """Whether the speaker welcomes or thanks people as hosts do."""
    return bool(_WELCOME.search(turn.text))


def _clues_of(turns: Sequence[Turn], index: int) -> Iterator[Clue]:
    turn = turns[index]
    own: set[str] = set()
    for pattern, weight in _SELF_PATTERNS:
        for match in pattern.finditer(turn.text):
            if (name := _name(match["name"])) and name not in own:
                own.add(name)
                yield Clue(name, turn.speaker, weight, _quote(match, name), _time(turn, match.start()))
    seen: set[str] = set()
    for patterns, weight in ((_INTRODUCTIONS, _INTRODUCED), (_ADDRESSES, _ADDRESSED)):
        for match in (match for pattern in patterns for match in pattern.finditer(turn.text)):
            name = _name(match["name"])
            if not name or name in own or name in seen:
                continue
            seen.add(name)
            yield from _clues_about_others(turns, index, match, name=name, weight=weight)


def _clues_about_others(
    turns: Sequence[Turn], index: int, match: re.Match[str], *, name: str, weight: float
) -> Iterator[Clue]:
    """A speaker says a name: it is not the speaker's own, but may be that of the speaker before or after."""
    turn, neighbours = turns[index], _neighbours(turns, index)
    if _is_returned(turns, index, match):
        neighbours = [turns[index + 1].speaker]
    quote, time = _quote(match, name), _time(turn, match.start())
    yield Clue(name, turn.speaker, -weight, quote, time)
    for speaker in neighbours:
        yield Clue(name, speaker, weight / len(neighbours), quote, time)


def _neighbours(turns: Sequence[Turn], index: int) -> list[str]:
    """The other speakers directly before and after the turn: one of them may be addressed."""
    nearby = [turns[other].speaker for other in (index - 1, index + 1) if 0 <= other < len(turns)]
    return sorted({speaker for speaker in nearby if speaker != turns[index].speaker})


def _is_returned(turns: Sequence[Turn], index: int, match: re.Match[str]) -> bool:
    """Whether a greeting ends a turn and the next speaker returns it, so that it was addressed to them."""
    text = turns[index].text
    if match.re is not _GREETED or not _ends(match, text) or index + 1 >= len(turns):
        return False
    before = turns[index - 1].text if index else ""
    if _IN_RETURN.match(text) and any(_ends(greeting, before) for greeting in _GREETED.finditer(before)):
        return False  # it is itself in return
    return _IN_RETURN.match(turns[index + 1].text) is not None


def _ends(match: re.Match[str], text: str) -> bool:
    """Whether the match ends the text, a full stop aside."""
    return len(text) - match.end() <= 1


def _name(captured: str) -> str:
    """The leading capitalised words that can be a name; empty if there are none."""
    words: list[str] = []
    for word in captured.split():
        plain = re.sub(r"['’]s$", "", word)
        shouted = len(plain) > 1 and plain.isupper()
        if not plain[0].isupper() or shouted or plain.casefold() in _NO_NAMES or "'" in plain or "’" in plain[2:]:
            break
        words.append(plain)
    return " ".join(words) if words and len(words[0]) > 1 else ""


def _quote(match: re.Match[str], name: str) -> str:
    end = match.start("name") + match["name"].find(name) + len(name)
    return match.string[match.start() : end].lstrip(" .!?,")


def _time(turn: Turn, offset: int) -> float:
    """The time of the character at `offset` of the turn's text, seconds."""
    position = 0
    for word in turn.words:
        position += len(word.text) + (not word.attached)
        if position > offset + 1:
            return word.start
    return turn.words[-1].start
