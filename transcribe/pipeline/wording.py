"""How turns read: their sentences, capitals and written forms, as an editor would type them. Pure.

Everything here is derived from the stored words when a transcript is assembled, so kept results need no new
recognition, and what is changed at the first word of a turn is known to begin one.

What this does not do: decide what was said, or who said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from transcribe.recognition.capitals import Tokenize, capitalised, names_in
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.sentence_joins import join_sentences
from transcribe.transcript import Turn


def as_typed(
    turns: Sequence[Turn], words: Recognition, *, names: Iterable[str], tokenize: Tokenize
) -> tuple[Turn, ...]:
    """The turns with sentences that run on across chunks, and with capitals; `names` are known to be names."""
    starts = sorted(chunk.start for chunk in words.evidence)
    language = words.language
    joined = [replace(turn, words=join_sentences(turn.words, starts, language=language)) for turn in turns]
    found = names_in([word for turn in joined for word in turn.words], names, tokenize=tokenize)
    return tuple(replace(turn, words=capitalised(turn.words, language=language, names=found)) for turn in joined)
