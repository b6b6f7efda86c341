"""Aligned pieces of text → printed words. Pure, and the same for both engines.

Whisper's own splitting (`split_to_word_tokens`) splits a text before every blank and every mark; printed words must
keep "well-known," and "$1,000" together. Times are those of the letters: a mark is aligned with the pause after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from transcribe.scripts import is_unspaced
from transcribe.transcript import Word

_OPENING = frozenset("\"'“‘«¿¡([{")
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})  # Whisper writes no blanks between the words of these


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of tokens as Whisper splits them: `text` starts with a blank where a word starts."""

    text: str
    start: float  # seconds
    end: float
    probability: float


def words_from_pieces(pieces: Iterable[Piece], *, language: str, duration: float) -> tuple[Word, ...]:
    """The printed words of aligned `pieces`, with times clamped to [0, `duration`] and in order.

    >>> [w.text for w in words_from_pieces([Piece(" well", 0, 1, 1), Piece("-", 1, 1, 1), Piece("known", 1, 2, 1),
    ...     Piece(",", 2, 2, 1), Piece(" yes", 2, 3, 1)], language="en", duration=3.0)]
    ['well-known,', 'yes']
    >>> [(w.text, w.attached) for w in words_from_pieces([Piece(text, 0, 1, 1) for text in ("我", "用", " Py", "thon",
    ...     "写", "。")], language="zh", duration=3.0)]
    [('我', False), ('用', True), ('Python', False), ('写。', True)]
    """
    groups: list[list[Piece]] = []
    for piece in pieces:
        if not piece.text.strip() or "\ufffd" in piece.text:  # a character cut off at the end of the text
            continue
        if groups and _continues(piece, groups[-1], language):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    words: list[Word] = []
    for group in groups:
        word = _word(group, words[-1].start if words else 0.0, duration)
        attached = bool(words) and language in UNSPACED and not group[0].text.startswith(" ")
        words.append(replace(word, attached=attached))
    return tuple(words)


def words_of_known_text(pieces: Iterable[Piece], parts: Sequence[str], *, duration: float) -> tuple[Word, ...]:
    """`parts` of a known text as words with the times of the pieces of their letters; none if the letters differ.

    >>> words = words_of_known_text([Piece(" well", 0, 1, 1), Piece("-known", 1, 2, 1), Piece(" yes", 2, 3, 1)],
    ...     ["well-known", "yes"], duration=3.0)
    >>> [(word.text, int(word.start), int(word.end)) for word in words]
    [('well-known', 0, 2), ('yes', 2, 3)]
    """
    letters = [(letter, piece) for piece in pieces for letter in "".join(piece.text.split())]
    if [letter for letter, _ in letters] != list("".join(parts)):
        return ()
    words: list[Word] = []
    used = 0
    for part in parts:
        group = list(dict.fromkeys(piece for _, piece in letters[used : used + len(part)]))
        used += len(part)
        words.append(replace(_word(group, words[-1].start if words else 0.0, duration), text=part))
    return tuple(words)


def _continues(piece: Piece, group: list[Piece], language: str) -> bool:
    if all(before.text.strip() in _OPENING for before in group):
        return True
    if not _has_letters(piece):
        return not piece.text.startswith(" ") and piece.text.strip() not in _OPENING - set("\"'")
    if piece.text.startswith(" ") or language not in UNSPACED:
        return not piece.text.startswith(" ")
    first, last = piece.text[0], group[-1].text[-1]
    return not (first.isalnum() and (is_unspaced(first) or is_unspaced(last)))  # "Py|thon"; a mark goes with its letter


def _word(group: list[Piece], earliest: float, duration: float) -> Word:
    spoken = [piece for piece in group if _has_letters(piece)] or group
    start = min(max(spoken[0].start, earliest), duration)
    end = min(max(spoken[-1].end, start), duration)
    probability = sum(piece.probability for piece in spoken) / len(spoken)
    text = "".join(piece.text for piece in group).strip()
    return Word(text, start, end, min(1.0, max(0.0, probability)))


def _has_letters(piece: Piece) -> bool:
    return any(character.isalnum() for character in piece.text)
