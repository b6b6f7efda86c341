"""A second language: passages of a recording that are in another one than the rest are found, and read in it.

The engine says of each chunk, for a step of its decoder, which language it sounds like. Where chunks in a row are not
surely in the recording's language, their speech is cut at its pauses into pieces of some seconds, each piece's language
is asked for, and the likeliest course of languages through them is taken; a change counts against it. A passage with
at least `SHORTEST` seconds of speech in another language is read in that, and the reading is taken if its words are
more probable than those that were read before. A shorter one stays as it is: names, quotations, a greeting.

What this does not do: find the language of the recording (`transcribe.recognition.spoken_language`).
"""

from __future__ import annotations

import math
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

SHORTEST = 20.0  # seconds of speech in the other language
SURE = 0.8  # a chunk that sounds like the recording's language by so much holds no other for long
_PIECE = 6.0  # seconds of speech, of which a language is asked; of less it is often wrong
_FOREIGN = 0.75  # the mean probability of a passage's language
_CHANGE = 2.0  # what a change of language counts, as a natural logarithm
_LEAST = 0.01  # the probability of a language that was not thought of


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a chunk, cut at pauses, and its language."""

    part: Chunk
    chunk: int  # the position of its chunk
    language: str


def suspected(evidence: Sequence[ChunkEvidence], language: str) -> tuple[range, ...]:
    """Runs of chunks that may hold another language for long enough: unsure ones, and one more on either side."""
    unsure = [
        bool(chunk.language) and (chunk.language != language or chunk.language_probability < SURE) for chunk in evidence
    ]
    near = [any(unsure[max(0, i - 1) : i + 2]) for i in range(len(unsure))]
    runs = (list(run) for is_near, run in groupby(range(len(near)), key=lambda i: near[i]) if is_near)
    return tuple(
        range(run[0], run[-1] + 1)
        for run in runs
        if any(evidence[i].language != language for i in run if unsure[i])
        and sum(evidence[i].voiced for i in run) >= SHORTEST
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
    runs = suspected(first.evidence, first.language)
    for number, run in enumerate(runs):
        pieces = _pieces_of(audio, recognizer, {i: chunks[i] for i in run}, first.language)
        for passage in _passages(pieces, first.language):
            read = read_chunks(audio, recognizer, _joined(passage), language=passage[0].language, beam_size=beam_size)
            if _is_better(read, first, passage, chunks):
                whole = {piece.chunk for piece in passage}
                others = _joined([p for p in pieces if p.chunk in whole and p not in passage])
                rest = read_chunks(audio, recognizer, others, language=first.language, beam_size=beam_size)
                first = _replaced(first, [chunks[i] for i in sorted(whole)], read, rest)
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


def course(guesses: Sequence[Mapping[str, float]], language: str) -> tuple[str, ...]:
    """The likeliest language of each piece, where every change from one to another counts `_CHANGE`.

    >>> sure, unsure = {"en": 0.98, "nl": 0.02}, {"en": 0.4, "nl": 0.6}
    >>> course([sure, unsure, sure], "en")
    ('en', 'en', 'en')
    """
    states = [language, *sorted({max(guess, key=lambda code: guess[code]) for guess in guesses} - {language})]
    scores, back = dict.fromkeys(states, 0.0), list[dict[str, str]]()
    for guess in guesses:
        reach = {to: max(states, key=lambda code: scores[code] - _CHANGE * (code != to)) for to in states}
        scores = {
            to: scores[came] - _CHANGE * (came != to) + math.log(max(guess.get(to, 0.0), _LEAST))
            for to, came in reach.items()
        }
        back.append(reach)
    at = max(states, key=lambda code: scores[code])
    path = [at]
    for reach in reversed(back[1:]):
        path.append(reach[path[-1]])
    return tuple(reversed(path))[: len(guesses)]


def _pieces_of(audio: Audio, recognizer: Recognizer, chunks: Mapping[int, Chunk], language: str) -> list[_Piece]:
    """The pieces of some chunks with their languages; a passage that is short or unsure is in the recording's."""
    parts = [(i, part) for i, chunk in chunks.items() for part in cut_at_pauses(chunk)]
    guesses = [recognizer.detect_language(audio.read(part.start, part.end)).probabilities for _, part in parts]
    found = course(guesses, language)
    pieces: list[_Piece] = []
    for code, run in groupby(range(len(parts)), key=lambda at: found[at]):
        within = list(run)
        voiced = sum(parts[at][1].voiced for at in within)
        share = sum(parts[at][1].voiced * guesses[at].get(code, 0.0) for at in within) / max(voiced, 1e-9)
        spoken = code if voiced >= SHORTEST and share >= _FOREIGN else language
        pieces += [_Piece(parts[at][1], parts[at][0], spoken) for at in within]
    return pieces


def _passages(pieces: Sequence[_Piece], language: str) -> Iterator[list[_Piece]]:
    """Pieces in a row in one other language."""
    for code, run in groupby(pieces, key=lambda piece: piece.language):
        if code != language:
            yield list(run)


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


def _is_better(read: Recognition, first: Recognition, passage: Sequence[_Piece], chunks: Sequence[Chunk]) -> bool:
    """Whether a passage's words are more probable than those that were read there before; where chunks are wholly in
    it, than theirs."""
    touched = dict.fromkeys(piece.chunk for piece in passage)
    starts = {piece.part.start for piece in passage}
    ends = {piece.part.end for piece in passage}
    whole = [i for i in touched if chunks[i].start in starts and chunks[i].end in ends]
    before = {chunks[i].start for i in whole or touched}
    return bool(read.words) and _mean(read.evidence) > _mean([e for e in first.evidence if e.start in before])


def _mean(evidence: Sequence[ChunkEvidence]) -> float:
    """The mean log-probability by seconds of speech; none at all is the worst."""
    voiced = sum(chunk.voiced for chunk in evidence)
    return sum(chunk.avg_logprob * chunk.voiced for chunk in evidence) / voiced if voiced else -math.inf


def _replaced(first: Recognition, chunks: Sequence[Chunk], read: Recognition, rest: Recognition) -> Recognition:
    """`first` with what was read in some chunks replaced by two other readings that share them."""
    stretch = LanguageStretch(read.evidence[0].start, read.evidence[-1].end, read.language)
    known = [chunk for chunk in first.evidence if not _within(chunk.start, chunk.end, chunks)]
    words = [word for word in first.words if not _within(word.start, word.end, chunks)]
    at = next((i for i, word in enumerate(words) if word.start >= chunks[0].start), len(words))
    between = sorted(chain(read.words, rest.words), key=lambda word: word.start)
    doubts = [doubt for doubt in first.doubts if not _within(doubt.start, doubt.end, chunks)]
    return replace(
        first,
        words=(*words[:at], *between, *words[at:]),
        doubts=tuple(sorted(chain(doubts, read.doubts, rest.doubts), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=tuple(sorted(chain(known, read.evidence, rest.evidence), key=lambda chunk: chunk.start)),
        stretches=(*first.stretches, stretch),
    )


def _within(start: float, end: float, chunks: Sequence[Chunk]) -> bool:
    return any(chunk.start <= (start + end) / 2 < chunk.end for chunk in chunks)
