"""Replaces words in a recognition: stated mishearings by their names, and any span by a name. Pure.

What this does not do: read glossaries (`transcribe.recognition.glossary`), or find names by how they sound
(`transcribe.recognition.name_biasing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from audio.episode import Seconds
from transcribe.recognition.glossary import QUOTES, Glossary, split_marks
from transcribe.transcript import Word

_SENTENCE_ENDS = (".", "?", "!", "…")


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that were replaced: what the recogniser wrote between two times, and what stands there now."""

    start: Seconds
    end: Seconds
    heard: str
    written: str


def correct_words(words: Sequence[Word], glossary: Glossary) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """`words` with each stated mishearing replaced by its name, and what was replaced.

    Whole words only, with no mark between them; marks around them and a possessive stay. The name is written as the
    glossary has it, but for a capital at the start of a sentence. A mishearing written without capitals is found in
    any case, one with capitals only where they are: "Will" is not "will". What reads as a name already is left alone.
    Where several mishearings start at one word, the longest counts.
    """
    known = _by_tokens(glossary)
    longest = max(map(len, known), default=0)
    spans: list[tuple[int, int, str]] = []
    at = 0
    while at < len(words):
        size, name = _match(words[at : at + longest], known)
        if name:
            spans.append((at, at + size, name))
        at += max(size, 1)
    return replace_spans(words, spans)


def replace_spans(
    words: Sequence[Word], spans: Iterable[tuple[int, int, str]]
) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """`words` with those of each span (first, stop, name) written as the name, and what was replaced; spans in order,
    none empty or overlapping. Marks around a span stay; its time goes to the name's words by their length."""
    result: list[Word] = []
    corrections: list[Correction] = []
    done = 0
    for first, stop, name in spans:
        result += words[done:first]
        done = stop
        (head, opening, _), (_, _, tail) = split_marks(words[first].text), split_marks(words[stop - 1].text)
        opens = first == 0 or words[first - 1].text.rstrip(QUOTES + ")").endswith(_SENTENCE_ENDS)
        written = name[0].upper() + name[1:] if opens and opening[:1].isupper() else name
        heard = " ".join(word.text for word in words[first:stop])
        heard = heard[len(head) : len(heard) - len(tail)]
        start, end = words[first].start, max(word.end for word in words[first:stop])
        result += _timed(f"{head}{written}{tail}".split(), words[first:stop])
        if heard != written:
            corrections.append(Correction(start, end, heard, written))
    return (*result, *words[done:]), tuple(corrections)


class _Meaning(NamedTuple):
    text: str  # as the glossary has it, names too
    name: str  # what to write for it


def _by_tokens(glossary: Glossary) -> dict[tuple[str, ...], list[_Meaning]]:
    """Every name and mishearing by its words without case."""
    known: dict[tuple[str, ...], list[_Meaning]] = {}
    for term in glossary.terms:
        for text in (term.name, *term.mishearings):
            known.setdefault(tuple(_folded(token) for token in text.split()), []).append(_Meaning(text, term.name))
    return known


def _match(words: Sequence[Word], known: Mapping[tuple[str, ...], list[_Meaning]]) -> tuple[int, str]:
    """The longest name or mishearing that `words` start with, as (words, what to write); "" for what may stand."""
    split = [split_marks(word.text) for word in words]
    for size in range(len(words), 0, -1):
        before, last = split[: size - 1], split[size - 1]
        if any(tail.strip("'’s") for _, _, tail in before) or any(head for head, _, _ in split[1:size]):
            continue
        said = [*(middle + tail for _, middle, tail in before), last[1]]
        for meaning in known.get(tuple(map(_folded, said)), ()):
            if meaning.text == meaning.name == " ".join(said):
                return size, ""
            if meaning.text != meaning.name and _has_capitals_of(meaning.text, " ".join(said)):
                return size, meaning.name
    return 0, ""


def _has_capitals_of(text: str, said: str) -> bool:
    return len(text) != len(said) or all(s.isupper() for t, s in zip(text, said, strict=True) if t.isupper())


def _folded(text: str) -> str:
    return text.replace("’", "'").casefold()


def _timed(texts: Sequence[str], words: Sequence[Word]) -> list[Word]:
    """`texts` in the place of `words`: one for one where they are as many, else by length over the whole stretch."""
    if len(texts) == len(words):
        return [replace(word, text=text) for word, text in zip(words, texts, strict=True)]
    start, end = words[0].start, max(word.end for word in words)
    probability = min(word.probability for word in words)
    edges = [start + (end - start) * sum(map(len, texts[:i])) / sum(map(len, texts)) for i in range(len(texts) + 1)]
    return [Word(text, edges[i], edges[i + 1], probability) for i, text in enumerate(texts)]
