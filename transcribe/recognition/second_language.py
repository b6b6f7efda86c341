"""A second language: passages of a recording that are in another one than the rest are found, and read in it.

The engine says of each chunk, for a step of its decoder, which language it sounds like. Where that changes, or is not
sure, chunks are cut at their pauses into pieces of some seconds, each piece's language is asked for, and the likeliest
course of languages through pieces and chunks is taken; a change counts against it, as pieces are often wrong. A passage
of at least `SHORTEST` seconds in another language is read in that, and the reading is taken if its words are clearly
more probable than those that were read before. A shorter one stays as it is: names, quotations, a greeting.

What this does not do: find the language of the recording (`transcribe.recognition.spoken_language`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING

from transcribe.recognition.recognize import Recognition, read_chunks
from transcribe.recognition.spoken_language import LanguageStretch
from transcribe.recognition.vad import Chunk, Region

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.recognition.engines.protocol import Recognizer
    from transcribe.recognition.reading_quality import ChunkEvidence
    from transcribe.transcript import Word

SHORTEST = 20.0  # seconds in the other language, pauses inside included
SURE = 0.8  # of a chunk's language; one that is less sure may hold two
_PIECE = 6.0  # seconds of speech, of which a language is asked; of less it is mostly wrong
_FOREIGN = 0.7  # the mean probability of a passage's language against the recording's
_LIKELY = 0.5  # of a piece's language, to be thought of
_CLEARLY = 0.1  # of the mean log-probability
_CHANGE = 2.0  # what a change of language counts, as a natural logarithm
_LEAST = 0.01  # the probability of a language that was not thought of


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a chunk, cut at pauses, and its language."""

    part: Chunk
    chunk: int  # the position of its chunk
    language: str


def suspected(evidence: Sequence[ChunkEvidence], language: str) -> tuple[range, ...]:
    """Runs of chunks that may hold another language for long enough, with one more on either side.

    One of them sounds like another language, or two in a row do not surely sound like the recording's.
    """
    unsure = [bool(chunk.language) and not _is_surely(chunk, language) for chunk in evidence]
    near = [any(unsure[max(0, i - 1) : i + 2]) for i in range(len(unsure))]
    runs = (list(run) for is_near, run in groupby(range(len(near)), key=lambda i: near[i]) if is_near)
    return tuple(
        range(run[0], run[-1] + 1)
        for run in runs
        if any(unsure[i] and (evidence[i].language != language or unsure[i - 1 : i] == [True]) for i in run)
        and sum(evidence[i].voiced for i in run if unsure[i]) >= SHORTEST / 2  # what is left of a passage at its ends
    )


def read_second_languages(
    audio: Audio,
    recognizer: Recognizer,
    chunks: Sequence[Chunk],
    first: Recognition,
    *,
    beam_size: int,
    progress: OnFraction | None = None,
) -> Recognition:
    """`first`, of all chunks of a plan, with the passages in other languages read in those. Raises `EngineError`."""
    report = progress or (lambda _: None)
    known = first.evidence
    runs = suspected(known, first.language)
    for number, run in enumerate(runs):
        pieces = _pieces_of(audio, recognizer, {i: (chunks[i], known[i]) for i in run}, first.language)
        taken: dict[tuple[_Piece, ...], Recognition] = {}  # of passages that are read in another language now
        for passage in _passages(pieces, first.language):
            parts = _joined(passage)
            in_full = set(parts)
            read = read_chunks(audio, recognizer, parts, language=passage[0].language, beam_size=beam_size)
            whole = [known[piece.chunk] for piece in passage if chunks[piece.chunk] in in_full]
            before = whole or read_chunks(audio, recognizer, parts, language=first.language, beam_size=1).evidence
            if read.words and _mean(read.evidence) > _mean(before) + _CLEARLY:
                taken[passage] = read
        if taken:
            moved = set(chain.from_iterable(taken))
            touched = {piece.chunk for piece in moved}
            rest = _joined([piece for piece in pieces if piece.chunk in touched and piece not in moved])
            again = read_chunks(audio, recognizer, rest, language=first.language, beam_size=beam_size)
            first = _replaced(first, [chunks[i] for i in sorted(touched)], tuple(taken.values()), again)
        report((number + 1) / len(runs))
    return first


def cut_at_pauses(chunk: Chunk) -> tuple[Chunk, ...]:
    """A chunk in parts of at least `_PIECE` seconds of speech, if it has so much; no speech and no second is lost."""
    groups: list[list[Region]] = [[]]
    for region in chunk.regions:
        if sum(each.duration for each in groups[-1]) >= _PIECE:
            groups.append([])
        groups[-1].append(region)
    if len(groups) > 1 and sum(each.duration for each in groups[-1]) < _PIECE:
        groups[-2:] = [groups[-2] + groups[-1]]
    cuts = [round((before[-1].end + after[0].start) / 2, 3) for before, after in pairwise(groups)]
    edges = [chunk.start, *cuts, chunk.end]
    return tuple(Chunk(start, end, tuple(group)) for (start, end), group in zip(pairwise(edges), groups, strict=True))


def course(guesses: Sequence[Mapping[str, float]], languages: Sequence[str]) -> tuple[str, ...]:
    """The likeliest of some languages for each piece, where every change from one to another counts `_CHANGE`.

    Linear in the number of either: all changes count the same, so they come from the likeliest language so far.

    >>> sure, unsure = {"en": 0.98, "nl": 0.02}, {"en": 0.4, "nl": 0.6}
    >>> course([sure, unsure, sure], ["en", "nl"])
    ('en', 'en', 'en')
    """
    rank = {code: -i for i, code in enumerate(languages)}  # of equally likely ones the first counts
    scores, back = dict.fromkeys(languages, 0.0), list[dict[str, str]]()
    for guess in guesses:
        shares = _shares(guess, languages)
        best = max(languages, key=lambda code: scores[code] - _CHANGE)
        changed = scores[best] - _CHANGE, rank[best]
        reach = {to: to if (scores[to], rank[to]) >= changed else best for to in languages}
        scores = {to: scores[came] - _CHANGE * (came != to) + math.log(shares[to]) for to, came in reach.items()}
        back.append(reach)
    path = [max(languages, key=lambda code: scores[code])]
    for reach in reversed(back[1:]):
        path.append(reach[path[-1]])
    return tuple(reversed(path))[: len(guesses)]


def _pieces_of(
    audio: Audio, recognizer: Recognizer, chunks: Mapping[int, tuple[Chunk, ChunkEvidence]], language: str
) -> list[_Piece]:
    """The chunks with their languages, in pieces where that changes or is not sure; in the recording's where another is
    not spoken for long enough."""
    parts: list[tuple[int, Chunk]] = []
    guesses: list[Mapping[str, float]] = []
    for i, (chunk, heard) in chunks.items():
        around = [chunks[j][1] for j in (i - 1, i + 1) if j in chunks]
        if all(_is_surely(each, heard.language) for each in (heard, *around)):
            parts.append((i, chunk))
            guesses.append({heard.language: heard.language_probability})
            continue
        cut = cut_at_pauses(chunk)
        parts += [(i, part) for part in cut]
        sounds = [recognizer.detect_language(audio.read(part.start, part.end)).probabilities for part in cut]
        guesses += [_with_chunk(guess, heard) for guess in sounds]
    others = {heard.language for _, heard in chunks.values()}
    others |= {code for guess in guesses for code, probability in guess.items() if probability >= _LIKELY}
    languages = [language, *sorted(others - {language, ""})]
    pieces: list[_Piece] = []
    for code, run in groupby(zip(course(guesses, languages), parts, guesses, strict=True), key=lambda each: each[0]):
        within = [
            (chunk, part, part.voiced * _shares(guess, [language, code])[code]) for _, (chunk, part), guess in run
        ]
        voiced = sum(part.voiced for _, part, _ in within)
        lasts = within[-1][1].regions[-1].end - within[0][1].regions[0].start >= SHORTEST
        is_held = lasts and sum(share for *_, share in within) >= _FOREIGN * voiced
        pieces += [_Piece(part, chunk, code if is_held else language) for chunk, part, _ in within]
    return pieces


def _with_chunk(guess: Mapping[str, float], heard: ChunkEvidence) -> dict[str, float]:
    """The languages of a piece, weighed by half of what its chunk sounds like."""
    chance = heard.language_probability
    return {code: p * math.sqrt(chance if code == heard.language else 1.0 - chance) for code, p in guess.items()}


def _is_surely(chunk: ChunkEvidence, language: str) -> bool:
    return chunk.language == language and chunk.language_probability >= SURE


def _shares(guess: Mapping[str, float], languages: Sequence[str]) -> dict[str, float]:
    """The probabilities of some languages, as if there were no others."""
    least = {code: max(guess.get(code, 0.0), _LEAST) for code in languages}
    total = sum(least.values())
    return {code: share / total for code, share in least.items()}


def _passages(pieces: Sequence[_Piece], language: str) -> Iterator[tuple[_Piece, ...]]:
    """Pieces in a row in one other language."""
    for code, run in groupby(pieces, key=lambda piece: piece.language):
        if code != language:
            yield tuple(run)


def _joined(pieces: Sequence[_Piece]) -> list[Chunk]:
    """The pieces as chunks: those that follow on one another in a chunk are one."""
    joined: list[tuple[int, Chunk]] = []
    for piece in pieces:
        if joined and joined[-1][0] == piece.chunk and joined[-1][1].end == piece.part.start:
            before = joined[-1][1]
            joined[-1] = piece.chunk, Chunk(before.start, piece.part.end, before.regions + piece.part.regions)
        else:
            joined.append((piece.chunk, piece.part))
    return [chunk for _, chunk in joined]


def _mean(evidence: Sequence[ChunkEvidence]) -> float:
    """The mean log-probability by seconds of speech; none at all is the worst."""
    voiced = sum(chunk.voiced for chunk in evidence)
    return sum(chunk.avg_logprob * chunk.voiced for chunk in evidence) / voiced if voiced else -math.inf


def _replaced(
    first: Recognition, chunks: Sequence[Chunk], taken: Sequence[Recognition], rest: Recognition
) -> Recognition:
    """`first` with what was read in some chunks replaced by readings in other languages, and of the rest of them."""
    read = (*taken, rest)
    stretches = [LanguageStretch(each.evidence[0].start, each.evidence[-1].end, each.language) for each in taken]
    words = [word for word in first.words if not _within(word.start, word.end, chunks)]
    again = sorted((word for each in read for word in each.words), key=lambda word: word.start)
    kept = [doubt for doubt in first.doubts if not _within(doubt.start, doubt.end, chunks)]
    known = [chunk for chunk in first.evidence if not _within(chunk.start, chunk.end, chunks)]
    others = [other for other in first.others if not _within(other.start, other.end, chunks)]
    return replace(
        first,
        words=tuple(_merged(words, again)),
        doubts=tuple(sorted(chain(kept, *(each.doubts for each in read)), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=tuple(sorted(chain(known, *(each.evidence for each in read)), key=lambda chunk: chunk.start)),
        others=tuple(
            sorted(chain(others, *(each.others for each in read)), key=lambda other: (other.start, other.end))
        ),
        stretches=(*first.stretches, *stretches),
    )


def _merged(words: Sequence[Word], again: Sequence[Word]) -> Iterator[Word]:
    """Both in the order of time; what is read already keeps its own."""
    waiting = list(reversed(again))
    for word in words:
        while waiting and waiting[-1].start < word.start:
            yield waiting.pop()
        yield word
    yield from reversed(waiting)


def _within(start: float, end: float, chunks: Sequence[Chunk]) -> bool:
    """Whether the middle of a span is in one of the chunks, which are in the order of time."""
    middle = (start + end) / 2
    at = bisect_right(chunks, middle, key=lambda chunk: chunk.start) - 1
    return at >= 0 and middle < chunks[at].end
