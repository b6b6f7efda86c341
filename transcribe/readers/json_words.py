"""The words of a row as they are written and timed: its text says how, its words say when and by whom.

The law: every unit of a row's text is in a word, and a word that the text lacks stays. A word without a time gets one
between its neighbours and is counted (`Utterance.untimed`), so that nobody takes it for one that was measured.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from operator import itemgetter

from audio.episode import Seconds
from transcribe.readers.json_nodes import Node
from transcribe.readers.values import Utterance, utterance_of
from transcribe.scripts import goes_on, is_unspaced, units
from transcribe.transcript import Word

_REACH = 16  # letters of the text, for each of a word's own, in which it is looked for
_FARTHEST = 1000
_OPENING = ("Ps", "Pi")  # categories of marks that stand in front of a word


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a row: its text without surrounding blanks, its speaker, and its times as far as they are given.

    `attached`: whether no blank is before it; None if the source does not say so.
    """

    text: str
    speaker: str
    start: Seconds | None = None
    end: Seconds | None = None
    probability: float = 1.0
    attached: bool | None = None


def checked(row: Node, start: Seconds | None, end: Seconds | None) -> tuple[Seconds | None, Seconds | None]:
    """The two times, unless the end is before the start."""
    if start is not None and end is not None and end < start:
        raise row.problem(f"it ends at {end:g} s, before its start at {start:g} s")
    return start, end


def said(words: Sequence[Piece], row: Node, *, start: Seconds, end: Seconds) -> list[Utterance]:
    """The words as an utterance for each speaker in turn, within these times."""
    parts = [part for word in _merged(words) for part in _apart(word)]
    timed = _timed([word for word, _ in parts], row, start=start, end=end)
    rows = [(word.speaker, one, is_stated) for one, (word, is_stated) in zip(timed, parts, strict=True)]
    return [
        replace(utterance_of(speaker, tuple(one for _, one, _ in run)), untimed=sum(not told for _, _, told in run))
        for speaker, run in ((speaker, list(group)) for speaker, group in groupby(rows, key=itemgetter(0)))
    ]


def unwritten(words: Sequence[Piece]) -> str:
    """The words as one text, for a row without any time."""
    parts = [(" " * (not word.attached) + word.text) for word in _merged(words)]
    return "".join(parts).strip()


def spelt(words: Sequence[Piece], text: str) -> list[Piece]:
    """The words in the spelling of the text: where blanks are, what WhisperX has no word for, signs and numbers.

    >>> pieces = spelt([Piece("It", "", 0, 1), Piece("cost", "", 1, 2), Piece("now", "", 4, 5)], "It cost $42 now.")
    >>> [(piece.text, piece.start) for piece in pieces]
    [('It', 0), ('cost', 1), ('$42', None), ('now.', 4)]
    >>> [(piece.text, piece.attached) for piece in spelt([Piece("我用", "", 0, 1), Piece("Python", "", 1, 2)],
    ...     "我用 Python")]
    [('我用', False), ('Python', False)]
    """
    shown = units(text)
    if not shown:
        return list(words)
    result: list[Piece] = []
    at = 0  # of the next unit
    loose: list[Piece] = []  # words since the last one with a place
    for place, group in _placed([word for word in words if word.text], shown):
        if place is None:
            loose += group
            continue
        result += _between(shown[at : place.start], loose, before=result or group)
        result.append(_joined(group, shown[place.start : place.stop]))
        at, loose = place.stop, []
    return [*result, *_between(shown[at:], loose, before=result or words)]


def _placed(words: Sequence[Piece], shown: Sequence[tuple[str, bool]]) -> Iterator[tuple[range | None, list[Piece]]]:
    """The words with the units of the text that they are, several where they share one; None where they have none."""
    letters = "".join(_letters(unit) for unit, _ in shown)
    unit_at = [number for number, (unit, _) in enumerate(shown) for _ in _letters(unit)]
    keys = [_letters(word.text) for word in words]
    position = 0
    last: tuple[range, list[Piece]] | None = None
    for word, key, following in zip(words, keys, (*keys[1:], ""), strict=False):
        found = _found(key, following, letters, unit_at, start=position)
        if found is None:
            if last is not None:
                yield last
            last = None
            yield None, [word]
            continue
        position = found + len(key)
        place = range(unit_at[found], unit_at[position - 1] + 1)
        if last is not None and place.start < last[0].stop:
            last[1].append(word)
            last = range(last[0].start, place.stop), last[1]
            continue
        if last is not None:
            yield last
        last = place, [word]
    if last is not None:
        yield last


def _found(key: str, following: str, letters: str, unit_at: Sequence[int], *, start: int) -> int | None:
    """Where the letters of a word are, from `start` on: whole units, or parts that the words around it complete."""
    reach = min(start + _REACH * len(key) + _REACH, start + len(key) + _FARTHEST)
    at = letters.find(key, start, reach) if key else -1
    while at >= 0:
        end = at + len(key)
        begins = at in (0, start) or unit_at[at] != unit_at[at - 1]
        is_whole = end == len(letters) or unit_at[end] != unit_at[end - 1]
        if begins and (is_whole or (following and letters.startswith(following, end))):
            return at
        at = letters.find(key, at + 1, reach)
    return None


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _joined(group: Sequence[Piece], shown: Sequence[tuple[str, bool]]) -> Piece:
    """These words as the units of the text that they are."""
    text = "".join(" " * (not attached and number > 0) + unit for number, (unit, attached) in enumerate(shown))
    return replace(_one_of(group), text=text, attached=shown[0][1])


def _between(shown: Sequence[tuple[str, bool]], loose: Sequence[Piece], *, before: Sequence[Piece]) -> list[Piece]:
    """The units of the text for which there is no word, in the time of the words that the text has not."""
    if not shown:
        return [word for word in loose if _letters(word.text)]
    neighbours = loose or before
    speaker = neighbours[-1].speaker if neighbours else ""
    starts, ends = _times(loose)
    if not starts or not ends or max(ends) < min(starts):
        return [Piece(unit, speaker, attached=attached) for unit, attached in shown]
    edges = pairwise(_shares([unit for unit, _ in shown], min(starts), max(ends)))
    return [Piece(unit, speaker, *times, attached=more) for (unit, more), times in zip(shown, edges, strict=True)]


def _shares(texts: Sequence[str], start: Seconds, end: Seconds) -> list[Seconds]:
    """The times at which parts of a stretch begin, in proportion to their letters, and its end."""
    sizes = list(accumulate(map(len, texts), initial=0))
    return [start + (end - start) * size / max(sizes[-1], 1) for size in sizes]


def _merged(words: Sequence[Piece]) -> list[Piece]:
    """The words with what is attached to them: marks, and the rest of a word of a script that has blanks."""
    groups: list[list[Piece]] = []
    has_letters = False
    for word in words:
        if not word.text:
            continue
        before = groups[-1][-1].text if groups else ""
        attached = goes_on(before, word.text) if word.attached is None else word.attached and bool(groups)
        if attached and _is_one(before, word.text, has_letters=has_letters):
            groups[-1].append(word)
            has_letters = has_letters or bool(_letters(word.text))
        else:
            groups.append([word if word.attached is attached else replace(word, attached=attached)])
            has_letters = bool(_letters(word.text))
    return [group[0] if len(group) == 1 else _one_of(group) for group in groups]


def _is_one(before: str, after: str, *, has_letters: bool) -> bool:
    if not has_letters:
        return unicodedata.category(before[-1]) in _OPENING
    if not _letters(after):
        return unicodedata.category(after[0]) not in _OPENING
    return not (is_unspaced(before[-1]) or is_unspaced(after[0]))


def _one_of(group: Sequence[Piece]) -> Piece:
    starts, ends = _times(group)
    return replace(
        group[0],
        text="".join(piece.text for piece in group),
        start=min(starts, default=None),
        end=max(ends, default=None) if starts else None,
        probability=min(piece.probability for piece in group),
    )


def _times(group: Sequence[Piece]) -> tuple[list[Seconds], list[Seconds]]:
    """The starts and ends that are known."""
    starts = [piece.start for piece in group if piece.start is not None]
    return starts, [piece.end for piece in group if piece.end is not None]


def _apart(word: Piece) -> list[tuple[Piece, bool]]:
    """A piece of several words, such as a whole line, as these, and whether the source says when each begins."""
    texts = word.text.split()
    if len(texts) < 2:
        return [(word, word.start is not None)]
    if word.start is None or word.end is None:
        first = replace(word, text=texts[0])
        return [(first, word.start is not None), *((_later(word, text), False) for text in texts[1:])]
    edges = _shares(texts, word.start, word.end)
    parts = (replace(_later(word, text), start=edges[at], end=edges[at + 1]) for at, text in enumerate(texts))
    return [(replace(part, attached=word.attached) if at == 0 else part, at == 0) for at, part in enumerate(parts)]


def _later(word: Piece, text: str) -> Piece:
    return replace(word, text=text, start=None, end=None, attached=False)


def _timed(words: Sequence[Piece], row: Node, *, start: Seconds, end: Seconds) -> Iterator[Word]:
    """Words with times; those without share the time up to the next that has one, in proportion to their letters."""
    at, now = 0, start
    while at < len(words):
        leader, after = words[at], at + 1
        while after < len(words) and words[after].start is None:
            after += 1
        begins = now if leader.start is None else leader.start
        stop = end if after == len(words) else words[after].start or 0.0
        first = at
        if leader.end is not None:
            checked(row, begins, leader.end)
            yield _word(leader, begins, leader.end)
            first, begins = at + 1, leader.end
        edges = _shares([one.text for one in words[first:after]], begins, max(begins, stop))
        yield from (_word(one, *edges[number : number + 2]) for number, one in enumerate(words[first:after]))
        at, now = after, edges[-1] if first < after else begins


def _word(piece: Piece, start: Seconds, end: Seconds) -> Word:
    return Word(piece.text, start, end, piece.probability, bool(piece.attached))
