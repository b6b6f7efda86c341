"""Replaces recognised words by names: the mishearings in a glossary, or given spans of words. Pure.

What this does not do: read glossaries (`transcribe.recognition.glossary`), or find words that only resemble a name
(`transcribe.recognition.name_biasing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from audio.episode import Seconds
from transcribe.recognition.glossary import Glossary, split_marks
from transcribe.scripts import has_end_mark
from transcribe.transcript import Word


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that were replaced: what the recogniser wrote between two times, and what is written instead."""

    start: Seconds
    end: Seconds
    heard: str
    written: str


def correct_words(words: Sequence[Word], glossary: Glossary) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """`words` with each mishearing in the glossary replaced by its name, and the corrections made.

    Only whole words without marks between them match; marks around them and a possessive stay. The name is written as
    in the glossary, except for a capital at the start of a sentence. A mishearing written without capitals matches in
    any case, one with capitals only where the text has them: "Will" is not "will". Text that already is a name stays.
    If several mishearings start at one word, the longest is replaced.
    """
    entries = _by_tokens(glossary)
    longest = max(map(len, entries), default=0)
    spans: list[tuple[int, int, str]] = []
    position = 0
    while position < len(words):
        size, name = _match(words[position : position + longest], entries)
        if name:
            spans.append((position, position + size, name))
        position += max(size, 1)
    return replace_spans(words, spans)


def replace_spans(
    words: Sequence[Word], spans: Iterable[tuple[int, int, str]]
) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """`words` with the words of each span (first, stop, name) replaced by the name, and the corrections made.

    Spans are in order, not empty and do not overlap. Marks around a span stay; its time is divided among the name's
    words by their length.
    """
    result: list[Word] = []
    corrections: list[Correction] = []
    done = 0
    for first, stop, name in spans:
        result += words[done:first]
        done = stop
        (head, opening, _), (_, _, tail) = split_marks(words[first].text), split_marks(words[stop - 1].text)
        starts_sentence = first == 0 or has_end_mark(words[first - 1].text)
        written = name[0].upper() + name[1:] if starts_sentence and opening[:1].isupper() else name
        heard = " ".join(word.text for word in words[first:stop])
        heard = heard[len(head) : len(heard) - len(tail)]
        start, end = words[first].start, max(word.end for word in words[first:stop])
        result += _timed(f"{head}{written}{tail}".split(), words[first:stop])
        if heard != written:
            corrections.append(Correction(start, end, heard, written))
    return (*result, *words[done:]), tuple(corrections)


class _Entry(NamedTuple):
    text: str  # a name or a mishearing, as in the glossary
    name: str  # what to write for it


def _by_tokens(glossary: Glossary) -> dict[tuple[str, ...], list[_Entry]]:
    """Every name and mishearing, by its words without case."""
    entries: dict[tuple[str, ...], list[_Entry]] = {}
    for term in glossary.terms:
        for text in (term.name, *term.mishearings):
            entries.setdefault(tuple(_folded(token) for token in text.split()), []).append(_Entry(text, term.name))
    return entries


def _match(words: Sequence[Word], entries: Mapping[tuple[str, ...], list[_Entry]]) -> tuple[int, str]:
    """The longest name or mishearing at the start of `words`, as (words, replacement); "" if it needs none."""
    split = [split_marks(word.text) for word in words]
    for size in range(len(words), 0, -1):
        before, last = split[: size - 1], split[size - 1]
        if any(tail.strip("'’s") for _, _, tail in before) or any(head for head, _, _ in split[1:size]):
            continue
        tokens = [*(middle + tail for _, middle, tail in before), last[1]]
        for entry in entries.get(tuple(map(_folded, tokens)), ()):
            if entry.text == entry.name == " ".join(tokens):
                return size, ""
            if entry.text != entry.name and _has_capitals_of(entry.text, " ".join(tokens)):
                return size, entry.name
    return 0, ""


def _has_capitals_of(text: str, recognised: str) -> bool:
    return len(text) != len(recognised) or all(
        r.isupper() for t, r in zip(text, recognised, strict=True) if t.isupper()
    )


def _folded(text: str) -> str:
    return text.replace("’", "'").casefold()


def _timed(texts: Sequence[str], words: Sequence[Word]) -> list[Word]:
    """`texts` with the times of `words`: one for one if there are as many, else divided by length."""
    if len(texts) == len(words):
        return [replace(word, text=text) for word, text in zip(words, texts, strict=True)]
    start, end = words[0].start, max(word.end for word in words)
    probability = min(word.probability for word in words)
    edges = [start + (end - start) * sum(map(len, texts[:i])) / sum(map(len, texts)) for i in range(len(texts) + 1)]
    return [Word(text, edges[i], edges[i + 1], probability) for i, text in enumerate(texts)]
