"""How turns read: their sentences, capitals and written forms, as an editor would type them. Pure.

Everything here is derived from the stored words when a transcript is assembled, so kept results need no new
recognition, and what is changed at the first word of a turn is known to begin one.

What this does not do: decide what was said, or who said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING

from transcribe.recognition.capitals import capitalised, names_in
from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.sentence_joins import join_sentences
from transcribe.recognition.written_forms import write_forms
from transcribe.transcript import Turn, Word

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

    Each passage goes by the rules of its language. `names` are known to be names. The corrections are those of `words`
    and the written forms, in the order of time.
    """
    starts = sorted(chunk.start for chunk in words.evidence)
    corrections = list(words.corrections)

    def joined(passage: Sequence[Word], language: str) -> Sequence[Word]:
        text = join_sentences(passage, starts, language=language)
        if written_forms:
            text, written = write_forms(text, language=language)
            corrections.extend(written)
        return text

    by_language = [groupby(turn.words, key=lambda word: words.language_at(word.middle)) for turn in turns]
    passages = [[(code, joined(tuple(run), code)) for code, run in runs] for runs in by_language]
    main = [word for each in passages for code, text in each if code == words.language for word in text]
    found = names_in(main, names, language=words.language, tokenize=tokenize)
    typed = (
        [capitalised(text, language=code, names=found if code == words.language else {}) for code, text in each]
        for each in passages
    )
    return Wording(
        tuple(replace(turn, words=tuple(chain(*texts))) for turn, texts in zip(turns, typed, strict=True)),
        tuple(sorted(corrections, key=lambda each: (each.start, each.end))),
    )
