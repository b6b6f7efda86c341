"""Writes what was spelled out as an editor would type it: addresses, days, years, telephone numbers. English; pure.

Each rule needs words around it that say what is meant; everything else stays as it was heard, since a reader misses a
digit less than a word that was changed. Each change is a `Correction`, so that it can be seen and taken back.

What this does not do: numbers in general, capitals, glossary terms (`transcribe.recognition.glossary_correction`).
"""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.spoken_addresses import address_at
from transcribe.recognition.spoken_numbers import CENTURIES, MONTHS, PHONE, day_at, phone_at, year_at
from transcribe.recognition.spoken_tokens import Form, Tokens
from transcribe.transcript import Word

_RULES = (  # each with words without which it finds nothing
    (address_at, frozenset(("dot", "slash", "at", "@"))),
    (phone_at, PHONE),
    (day_at, frozenset(map(str.lower, MONTHS))),
    (year_at, frozenset(CENTURIES)),
)


def write_forms(words: Sequence[Word], *, language: str) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """The words of one speaker in a row with their written forms, and what was changed.

    A form is one word, from the start of the first to the end of the last of those it is written for; marks around them
    stay. Languages other than English are left as they are.

    >>> said = "Write to info at example dot org.".split()
    >>> words, corrections = write_forms([Word(text, i, i + 1) for i, text in enumerate(said)], language="en")
    >>> words[-1].text, corrections[0].heard
    ('info@example.org.', 'info at example dot org')
    """
    if language != "en":
        return tuple(words), ()
    tokens = Tokens.of(words)
    rules = [rule for rule, needed in _RULES if tokens.any_of(needed)]
    written: list[Word] = []
    corrections: list[Correction] = []
    at = 0
    while at < len(words):
        form = next((form for rule in rules if (form := rule(tokens, at)) is not None), None)
        if form is None:
            written.append(words[at])
            at += 1
            continue
        word = _as_one(words[form.first : form.stop], tokens, form)
        corrections.append(Correction(word.start, word.end, tokens.heard(form.first, form.stop), form.text))
        written.append(word)
        at = form.stop
    return tuple(written), tuple(corrections)


def _as_one(words: Sequence[Word], tokens: Tokens, form: Form) -> Word:
    """The words as one, written as `form`; it is as doubtful as the worst of them."""
    errors = [word.error for word in words if word.error is not None]
    return Word(
        tokens.tokens[form.first].head + form.text + tokens.tokens[form.stop - 1].tail,
        min(word.start for word in words),
        max(word.end for word in words),
        min(word.probability for word in words),
        words[0].attached,
        max(errors, default=None),
    )
