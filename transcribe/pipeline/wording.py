"""How turns read: their sentences, capitals and written forms, as an editor would type them. Pure.

Everything here is derived from the stored words when a transcript is assembled, so kept results need no new
recognition, and what is changed at the first word of a turn is known to begin one.

What this does not do: decide what was said, or who said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcribe.recognition.capitals import capitalised, names_in
from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.sentence_joins import join_sentences
from transcribe.recognition.written_forms import write_forms
from transcribe.transcript import Turn

if TYPE_CHECKING:
    from transcribe.recognition.models import Tokenize


@dataclass(frozen=True, slots=True)
class Wording:
    """The turns as they read, and the written forms in them."""

    turns: tuple[Turn, ...]
    corrections: tuple[Correction, ...]


def as_typed(
    turns: Sequence[Turn], words: Recognition, *, names: Iterable[str], written_forms: bool, tokenize: Tokenize
) -> Wording:
    """The turns with sentences that run on across chunks, capitals, and `written_forms` if they are wanted.

    `names` are known to be names. The corrections are those of `words` and the written forms, in the order of time.
    """
    starts, language = sorted(chunk.start for chunk in words.evidence), words.language
    corrections = list(words.corrections)
    joined = []
    for turn in turns:
        text = join_sentences(turn.words, starts, language=language)
        if written_forms:
            text, written = write_forms(text, language=language)
            corrections += written
        joined.append(replace(turn, words=text))
    found = names_in([word for turn in joined for word in turn.words], names, language=language, tokenize=tokenize)
    return Wording(
        tuple(replace(turn, words=capitalised(turn.words, language=language, names=found)) for turn in joined),
        tuple(sorted(corrections, key=lambda each: (each.start, each.end))),
    )
