"""Tokens of text, for aligning edited text with timed words: which are equal, which are notes.

They are the `units` of its script: what blanks separate, or single letters in scripts written without blanks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from transcribe.alignment.text_diff import NO_MATCH
from transcribe.scripts import units

LONGEST_NOTE = 60  # tokens; a bracket that closes later than this opens no note

_DASHES = "-–—.…"


class Token:
    """A unit of a text; `owner` is the position of the timed word or edited turn it belongs to.

    `attached`: no blank is before it.
    """

    __slots__ = ("attached", "is_note", "key", "owner", "text")

    def __init__(self, owner: int, text: str, attached: bool) -> None:
        self.owner, self.text, self.attached, self.key, self.is_note = owner, text, attached, "", False


def tokenize(turns: Iterable[Iterable[tuple[int, str]]]) -> list[Token]:
    """The tokens of turns given as (owner, text) pairs."""
    tokens = []
    for turn in turns:
        in_turn = [Token(owner, unit, attached) for owner, text in turn for unit, attached in units(text)]
        _set_keys(in_turn)
        tokens += in_turn
    return tokens


def spoken_positions(tokens: Sequence[Token], matched: Sequence[int]) -> list[int]:
    """The positions of tokens that are not notes; a note that matches a timed word counts as speech."""
    return [i for i, token in enumerate(tokens) if matched[i] != NO_MATCH or not token.is_note]


def added_notes(tokens: Sequence[Token], matched: Sequence[int]) -> dict[int, dict[int, list[Token]]]:
    """The notes that match no timed word, by turn and by the number of spoken tokens before them."""
    notes: dict[int, dict[int, list[Token]]] = {}
    count = 0
    for token, index in zip(tokens, matched, strict=True):
        if index != NO_MATCH or not token.is_note:
            count += 1
        else:
            notes.setdefault(token.owner, {}).setdefault(count, []).append(token)
    return notes


@lru_cache(maxsize=50_000)
def letters(text: str) -> str:
    """The letters and digits of `text` with their marks, compatibility forms and case folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return "".join(character for character in folded if character.isalnum())
    return "".join(sign for sign in folded if sign.isalnum() or unicodedata.category(sign) in ("Mn", "Mc"))


def _set_keys(tokens: Sequence[Token]) -> None:
    """Set what tokens are compared by: letters and digits without case; notes equal only notes."""
    note_end = -1
    for i, token in enumerate(tokens):
        if i > note_end and token.text.startswith(("[", "([", '"[')):
            ahead = range(i, min(i + LONGEST_NOTE, len(tokens)))
            note_end = next((j for j in ahead if "]" in tokens[j].text), -1)
        token.is_note = i <= note_end
        key = letters(token.text) or token.text.strip(_DASHES)  # drafts print a dash as - or ... depending on its place
        token.key = f"[{key}" if token.is_note else key
