"""Reads a recording again with the glossary's names before the recogniser, and takes over nothing but names.

A prompt makes Whisper spell names it would otherwise mishear, and makes it lose passages: thirty names that have
nothing to do with ten clips raised their word errors from 4.4 to 7.1 % as a list after "Glossary:" and to 7.4 % as a
sentence. So the words of the first reading stand, and a prompted reading only tells where one of the names was said. A
name is taken
over where both readings have their words at the same time, where what was heard first resembles it, and where the
recogniser had not been sure of that. Chunks in which nothing resembles a name are not read again.

What this does not do: replace mishearings the user stated (`transcribe.recognition.glossary`), or read the words at
first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from transcribe.recognition.engines.token_words import UNSPACED
from transcribe.recognition.glossary import Glossary, split_marks
from transcribe.recognition.glossary_correction import replace_spans
from transcribe.recognition.recognize import Recognition
from transcribe.transcript import Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.recognition.engines.protocol import Recognizer
    from transcribe.recognition.reading_quality import ChunkEvidence

_ALIKE = (
    0.6  # phonetic_similarity; of 39 names put right in two recordings the least alike had .60, the best wrong one .43
)
_SURE = 0.85  # mean probability from which what was heard stands (names put right: to .83; "Kumar", no Guemar: .90)
_SAME_TIME = 1.0  # seconds between the starts of one passage in two readings
_SHORTEST_PART = 4  # letters of a first or last name that may stand alone
_PROMPT = 600  # characters; about 200 tokens of the 223 a prompt can have
_SOUNDS = (("ph", "f"), ("ck", "k"), ("ch", "k"), ("qu", "k"), ("th", "t"), ("x", "ks"), ("z", "s"), ("y", "i"))


class Span(NamedTuple):
    """Words `first` up to `stop` that are to be written as `name`."""

    first: int
    stop: int
    name: str


def recover_names(
    audio: Audio,
    recognition: Recognition,
    recognizer: Recognizer,
    *,
    glossary: Glossary,
    progress: OnFraction | None = None,
) -> Recognition:
    """`recognition` with the names of `glossary` where they were said and misheard; each is in `corrections`.

    Greedy: a wider beam finds the same names. Languages written without blanks are left as they are. Raises
    `EngineError` when the engine breaks.
    """
    tell = progress or (lambda _: None)
    chunks = _with_words(recognition) if recognition.language not in UNSPACED else []
    doubtful = [(chunk, words, found) for chunk, words in chunks if (found := candidate_names(words, glossary.names))]
    if not doubtful:
        tell(1.0)
        return recognition
    prompt = _prompt(glossary.names, [found for _, _, found in doubtful])
    windows = (audio.read(chunk.start, chunk.end) for chunk, _, _ in doubtful)
    readings = recognizer.recognize(windows, language=recognition.language, beam_size=1, prompt=prompt)
    spans: dict[float, list[Span]] = {}
    for (chunk, words, _), reading in zip(doubtful, readings, strict=True):
        prompted = [replace(w, start=w.start + chunk.start, end=w.end + chunk.start) for w in reading.words]
        spans[chunk.start] = match_names(words, prompted, glossary.names)
        tell(chunk.end / doubtful[-1][0].end)
    return _with_names(recognition, chunks, spans)


def candidate_names(words: Sequence[Word], names: Sequence[str]) -> dict[str, float]:
    """The names, or parts of them, that some of `words` may be a mishearing of, and how much alike they are, 0 to 1."""
    cores = [split_marks(word.text)[1] for word in words]
    found: dict[str, float] = {}
    for name, form in _forms(names):
        count = form.count(" ") + 1
        right = {i for i in range(len(words)) if " ".join(cores[i : i + count]) == form}
        for size in range(max(1, count - 1), count + 2):
            for first in range(len(words) - size + 1):
                said = " ".join(cores[first : first + size])
                stands = any(first - count < i < first + size for i in right)
                if not stands and _may_be(words[first : first + size], said, form=form, whole=form == name):
                    found[name] = max(found.get(name, 0.0), phonetic_similarity(said, form))
    return found


def match_names(words: Sequence[Word], prompted: Sequence[Word], names: Sequence[str]) -> list[Span]:
    """Where the `prompted` reading of a stretch has a name, and `words`, the first one, something much like it.

    Both in the same times. The spans are in order and do not overlap.
    """
    cores, others = ([split_marks(word.text)[1] for word in reading] for reading in (words, prompted))
    blocks = SequenceMatcher(None, cores, others, autojunk=False).get_opcodes()
    spans: list[Span] = []
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
                said = " ".join(cores[start:end])
                apart = abs(words[start].start - prompted[first].start)
                if apart <= _SAME_TIME and _may_be(words[start:end], said, form=form, whole=form == name):
                    rank = phonetic_similarity(said, form), -abs(end - start - (stop - first)), start, end
                    best = rank if best is None else max(best, rank)
        if best is not None and " ".join(cores[best[2] : best[3]]) != form:
            spans.append(Span(best[2], best[3], form))
    return spans


def phonetic_similarity(heard: str, name: str) -> float:
    """How much alike two spellings sound, 0 to 1: the share of letters in common runs, after folding what sounds alike.

    Ratcliff and Obershelp's measure (`difflib`), on spellings without case, blanks, accents and doubled letters.

    >>> phonetic_similarity("sentos", "CentOS"), round(phonetic_similarity("Jakob Berzikari", "Jakub Ruzicka"), 2)
    (1.0, 0.75)
    """
    left, right = _folded(heard), _folded(name)
    if not left or not right or 2 * min(len(left), len(right)) < _ALIKE * (len(left) + len(right)):
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _may_be(words: Sequence[Word], said: str, *, form: str, whole: bool) -> bool:
    """Whether `said` may have been `form`: other capitals alone count for a whole name, else similarity and doubt."""
    if said.casefold() == form.casefold():
        return whole
    if not whole and form.casefold() in said.casefold().split():
        return False  # the part is there already, and what stands beside it would be lost
    unsure = sum(word.probability for word in words) < _SURE * len(words)
    return unsure and phonetic_similarity(said, form) >= _ALIKE


def _forms(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(name, what may be said for it): the name and the longer parts of it that are written with a capital."""
    for name in names:
        yield name, name
        if " " in name:
            yield from ((name, p) for p in name.split() if len(p) >= _SHORTEST_PART and p[0].isupper() and p.isalpha())


def _occurrences(texts: Sequence[str], names: Sequence[str]) -> list[tuple[int, int, str, str]]:
    """(first, stop, name, form) of every form of a name in `texts`, in order; the longest where several could be."""
    keys = [text.casefold() for text in texts]
    taken: set[int] = set()
    found = []
    for name, form in sorted(_forms(names), key=lambda pair: -pair[1].count(" ")):
        wanted = form.casefold().split()
        for first in range(len(keys) - len(wanted) + 1):
            place = range(first, first + len(wanted))
            if keys[place.start : place.stop] == wanted and taken.isdisjoint(place):
                taken.update(place)
                found.append((place.start, place.stop, name, form))
    return sorted(found)


def _prompt(names: Sequence[str], likely: Sequence[dict[str, float]]) -> str:
    """The names with commas between: all of them where they fit, else the likeliest. (A bare list, a list after
    "Glossary:" and a sentence helped alike; a bare list is of no language.)"""
    everything = ", ".join(names)
    if len(everything) <= _PROMPT:
        return everything
    best: dict[str, float] = {}
    for found in likely:
        for name, alike in found.items():
            best[name] = max(best.get(name, 0.0), alike)
    chosen: list[str] = []
    for name in sorted(best, key=lambda name: (-best[name], name)):
        if len(", ".join([*chosen, name])) <= _PROMPT:
            chosen.append(name)
    return ", ".join(chosen)


def _with_words(recognition: Recognition) -> list[tuple[ChunkEvidence, tuple[Word, ...]]]:
    """Each chunk that has words, with them."""
    chunks = []
    left = list(reversed(recognition.words))
    for i, chunk in enumerate(recognition.evidence):
        following = recognition.evidence[i + 1].start if i + 1 < len(recognition.evidence) else float("inf")
        words = []
        while left and (left[-1].start + left[-1].end) / 2 < following:
            words.append(left.pop())
        if words:
            chunks.append((chunk, tuple(words)))
    return chunks


def _with_names(
    recognition: Recognition,
    chunks: Sequence[tuple[ChunkEvidence, tuple[Word, ...]]],
    spans: dict[float, list[Span]],
) -> Recognition:
    found: list[Span] = []
    before = 0
    for chunk, words in chunks:
        found += [Span(s.first + before, s.stop + before, s.name) for s in spans.get(chunk.start, ())]
        before += len(words)
    words, corrections = replace_spans(recognition.words, found)
    return replace(recognition, words=words, corrections=(*recognition.corrections, *corrections))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in plain if character.isalnum())
    for written, spoken in _SOUNDS:
        letters = letters.replace(written, spoken)
    letters = re.sub(r"c(?=[ei])", "s", letters).replace("c", "k")
    return re.sub(r"(.)\1+", r"\1", letters)
