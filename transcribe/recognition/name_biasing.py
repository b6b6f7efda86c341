"""Contextual biasing: reads doubtful chunks again with the glossary's names as a prompt, and takes over only names.

A prompt makes Whisper spell names it would otherwise misrecognise, and makes it drop passages: thirty names unrelated
to ten clips raised their word errors from 4.4 to 7.1 % as a list after "Glossary:" and to 7.4 % as a sentence. So the
words of the first reading stay, and a prompted reading only shows where a name was spoken. A name is taken over if both
readings have it at the same time, the words of the first reading resemble it, and the recogniser was not sure of them.
Chunks in which nothing resembles a name are not read again.

Ordinary words stay: "Right, so" is no Mr. Wright, whoever is on a list of names. A word is ordinary if the recogniser
knows it as a word that is mostly written small, and wrote it so, or at the start of a sentence. Only several of them
are one that sound as the name does ("open stack"), or that the recogniser itself hardly believed ("owns so", Alonso).
So do other forms of a given name, if they sound otherwise: "I am Rich" is what Richard said.

What this does not do: replace the glossary's mishearings (`transcribe.recognition.glossary_correction`), or recognise
the words in the first place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from transcribe.person_names import are_forms_of_one
from transcribe.recognition.common_words import is_ordinary
from transcribe.recognition.engines.token_words import UNSPACED
from transcribe.recognition.glossary import Glossary, split_marks
from transcribe.recognition.glossary_correction import replace_spans
from transcribe.recognition.phonetics import SOUNDS_ALIKE, phonetic_similarity, phonetic_spelling
from transcribe.recognition.reader import shift
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.recurring_names import NameSpan, with_recurring
from transcribe.scripts import ends_sentence
from transcribe.transcript import Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.recognition.engines.protocol import Recognizer
    from transcribe.recognition.reading_quality import ChunkEvidence

_SURE = 0.85  # mean probability from which the first reading stays (names corrected: to .83; "Kumar", no Guemar: .90)
_HARDLY = 0.4  # as above, below which several ordinary words may be a name (a wrong one: .59)
_SAME_TIME = 1.0  # seconds between the starts of the same words in two readings
_SHORTEST_PART = 4  # letters of a first or last name that may occur alone
_PROMPT = 600  # characters; about 200 tokens of the 223 a prompt can have


def recover_names(
    audio: Audio,
    recognition: Recognition,
    recognizer: Recognizer,
    *,
    glossary: Glossary,
    progress: OnFraction | None = None,
) -> Recognition:
    """`recognition` with the names of `glossary` where they were misrecognised; each change is in `corrections`.

    Reads greedily: a wider beam finds the same names. Languages written without blanks are left unchanged. Raises
    `EngineError` if the engine fails.
    """
    report = progress or (lambda _: None)
    chunks = _with_words(recognition) if recognition.language not in UNSPACED else []
    chunks = [chunk for chunk in chunks if recognition.language_at(chunk[0].start) == recognition.language]
    names = glossary.names
    doubtful = [
        (chunk, first, words, likely) for chunk, first, words in chunks if (likely := candidate_names(words, names))
    ]
    if not doubtful:
        report(1.0)
        return recognition
    prompt = _prompt(names, [likely for *_, likely in doubtful])
    windows = (audio.read(chunk.start, chunk.end) for chunk, *_ in doubtful)
    readings = recognizer.recognize(windows, language=recognition.language, beam_size=1, prompt=prompt)
    spans: list[NameSpan] = []
    for (chunk, first, words, _), reading in zip(doubtful, readings, strict=True):
        matched = match_names(words, shift(reading.words, chunk.start), names)
        spans += [NameSpan(first + span.first, first + span.stop, span.name) for span in matched]
        report(chunk.end / doubtful[-1][0].end)
    spans = with_recurring(recognition.words, spans, names)
    corrected, corrections = replace_spans(recognition.words, spans)
    return replace(recognition, words=corrected, corrections=(*recognition.corrections, *corrections))


def candidate_names(words: Sequence[Word], names: Sequence[str]) -> dict[str, float]:
    """The names that some of `words` may be a misrecognition of, whole or in part, and how similar they are, 0 to 1."""
    cores = [split_marks(word.text)[1] for word in words]
    ordinary = _ordinary(words)
    similarities: dict[str, float] = {}
    for name, form in _forms(names):
        count = form.count(" ") + 1
        exact = {i for i in range(len(words)) if " ".join(cores[i : i + count]) == form}
        for size in range(max(1, count - 1), count + 2):
            for first in range(len(words) - size + 1):
                text = " ".join(cores[first : first + size])
                is_there = any(first - count < i < first + size for i in exact)
                span = words[first : first + size]
                if is_there or (all(ordinary[first : first + size]) and not _is_several(span, text, form)):
                    continue
                if _may_be(span, text, form=form, whole=form == name):
                    similarities[name] = max(similarities.get(name, 0.0), phonetic_similarity(text, form))
    return similarities


def match_names(words: Sequence[Word], prompted: Sequence[Word], names: Sequence[str]) -> list[NameSpan]:
    """Where the `prompted` reading has a name and `words`, the first reading, something similar at the same time.

    Both readings count time from the same start. The spans are in order and do not overlap.
    """
    cores, others = ([split_marks(word.text)[1] for word in reading] for reading in (words, prompted))
    ordinary = _ordinary(words)
    blocks = SequenceMatcher(None, cores, others, autojunk=False).get_opcodes()
    spans: list[NameSpan] = []
    for first, stop, name, form in _occurrences(others, names):
        touched = [b for b in blocks if b[3] < stop and b[4] > first]
        low = min((b[1] + (max(0, first - b[3]) if b[0] == "equal" else 0) for b in touched), default=0)
        high = max((b[2] - (max(0, b[4] - stop) if b[0] == "equal" else 0) for b in touched), default=0)
        if spans:
            low = max(low, spans[-1].stop)
        if cores[low:high] == others[first:stop]:
            continue
        best: tuple[float, int, int, int] | None = None
        for start in range(low, high):
            for end in range(start + 1, min(high, start + stop - first + 3) + 1):
                text = " ".join(cores[start:end])
                if all(ordinary[start:end]) and not _is_several(words[start:end], text, form):
                    continue
                apart = abs(words[start].start - prompted[first].start)
                if apart <= _SAME_TIME and _may_be(words[start:end], text, form=form, whole=form == name):
                    rank = phonetic_similarity(text, form), -abs(end - start - (stop - first)), start, end
                    best = rank if best is None else max(best, rank)
        if best is not None and " ".join(cores[best[2] : best[3]]) != form:
            spans.append(NameSpan(best[2], best[3], form))
    return spans


def _ordinary(words: Sequence[Word]) -> list[bool]:
    """Which words are ordinary, as they are written."""
    cores = [split_marks(word.text)[1] for word in words]
    starts = [True, *(ends_sentence(word.text) for word in words)]
    return [
        is_ordinary(core) and (starts[i] or len(core) == 1 or not core[:1].isupper()) for i, core in enumerate(cores)
    ]


def _is_several(words: Sequence[Word], text: str, form: str) -> bool:
    """Whether ordinary words may be a form of a name that is written as fewer: "open stack", but not "no one"."""
    if len(words) <= form.count(" ") + 1 or max(map(len, text.split())) < _SHORTEST_PART:
        return False
    is_alike = phonetic_spelling(text) == phonetic_spelling(form)
    return is_alike or sum(word.probability for word in words) < _HARDLY * len(words)


def _may_be(words: Sequence[Word], text: str, *, form: str, whole: bool) -> bool:
    """Whether `words`, read as `text`, may be `form`: similar and unsure, or a whole name in other capitals."""
    if text.casefold() == form.casefold():
        return whole
    if not whole and form.casefold() in text.casefold().split():
        return False  # this part of the name is there already, and the word next to it would be lost
    if any(_is_other_form(heard, part) for heard in text.split() for part in form.split()):
        return False
    unsure = sum(word.probability for word in words) < _SURE * len(words)
    return unsure and phonetic_similarity(text, form) >= SOUNDS_ALIKE


def _is_other_form(heard: str, name: str) -> bool:
    """Whether a word is another form of a given name that sounds otherwise: Bob and Robert, but not Sara and Sarah."""
    is_form = are_forms_of_one(heard.casefold(), name.casefold())
    return is_form and phonetic_spelling(heard) != phonetic_spelling(name)


def _forms(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs (name, form): each name itself, and its longer parts that are written with a capital."""
    for name in names:
        yield name, name
        if " " in name:
            yield from ((name, p) for p in name.split() if len(p) >= _SHORTEST_PART and p[0].isupper() and p.isalpha())


def _occurrences(texts: Sequence[str], names: Sequence[str]) -> list[tuple[int, int, str, str]]:
    """Every (first, stop, name, form) of a name's form in `texts`, in order; of overlapping ones the longest."""
    keys = [text.casefold() for text in texts]
    taken: set[int] = set()
    occurrences = []
    for name, form in sorted(_forms(names), key=lambda pair: -pair[1].count(" ")):
        form_keys = form.casefold().split()
        for first in range(len(keys) - len(form_keys) + 1):
            place = range(first, first + len(form_keys))
            if keys[place.start : place.stop] == form_keys and taken.isdisjoint(place):
                taken.update(place)
                occurrences.append((place.start, place.stop, name, form))
    return sorted(occurrences)


def _prompt(names: Sequence[str], likely: Sequence[dict[str, float]]) -> str:
    """The names separated by commas: all if they fit, else the likeliest. (A bare list, a list after "Glossary:" and a
    sentence helped equally; a bare list belongs to no language.)"""
    all_names = ", ".join(names)
    if len(all_names) <= _PROMPT:
        return all_names
    best: dict[str, float] = {}
    for similarities in likely:
        for name, similarity in similarities.items():
            best[name] = max(best.get(name, 0.0), similarity)
    chosen: list[str] = []
    for name in sorted(best, key=lambda name: (-best[name], name)):
        if len(", ".join([*chosen, name])) <= _PROMPT:
            chosen.append(name)
    return ", ".join(chosen)


def _with_words(recognition: Recognition) -> list[tuple[ChunkEvidence, int, tuple[Word, ...]]]:
    """Each chunk that has words, with the position of its first word and its words."""
    chunks = []
    words, first = recognition.words, 0
    next_starts = [*(chunk.start for chunk in recognition.evidence[1:]), math.inf]
    for chunk, next_start in zip(recognition.evidence, next_starts, strict=False):
        stop = first
        while stop < len(words) and words[stop].middle < next_start:
            stop += 1
        if stop > first:
            chunks.append((chunk, first, words[first:stop]))
        first = stop
    return chunks
