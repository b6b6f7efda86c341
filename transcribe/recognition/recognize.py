"""Chunks of a recording → its words: a first pass over every chunk, then a second pass over what looks wrong.

The second pass runs alongside the first. It reads again, with other cuts, where speech has no words, a phrase loops or
the recogniser is unsure, and takes over acceptable readings. What stays doubtful is marked for the editor, never
silently dropped.

What this does not do: decode files, load models, separate speakers, format words.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from transcribe.errors import SettingsError
from transcribe.recognition.engines.protocol import Recognizer
from transcribe.recognition.fillers import remove_fillers
from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.loops import collapse_loops, is_loop, repeated_parts
from transcribe.recognition.other_readings import OtherReading, heard_otherwise, without_fillers
from transcribe.recognition.reader import ChunkResult, Heard, Reader, shift
from transcribe.recognition.reading_quality import (
    UNSURE_LOGPROB,
    ChunkEvidence,
    is_no_speech,
    outside_speech,
    untranscribed_speech,
)
from transcribe.recognition.second_pass import run_second_pass
from transcribe.recognition.spoken_language import LanguageStretch
from transcribe.recognition.vad import Chunk, Region
from transcribe.recognition.word_timing import SAME_PHRASE, extend_to_speech_end, snap_to_speech
from transcribe.transcript import Doubt, Word, as_written
from transcribe.transcript_warnings import DoubtReason

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction

_SECOND_PASSES = 4  # chunks in the second pass at the same time, alongside the first
_DOUBTFUL = 1.5  # seconds of speech without words that become a doubt for the editor
_LIKELY_ENOUGH = 0.25  # mean probability of dropped words from which the editor is asked
_HALLUCINATION_PROBABILITY = 0.5  # words outside speech with less are dropped as hallucinations


@dataclass(frozen=True, slots=True)
class Recognition:
    """The words of a recording in the order of time, with doubts and measures."""

    words: tuple[Word, ...]
    language: str  # given or detected; "und" without speech
    doubts: tuple[Doubt, ...]
    evidence: tuple[ChunkEvidence, ...]
    corrections: tuple[Correction, ...] = ()  # made by `transcribe.recognition.name_biasing`
    others: tuple[OtherReading, ...] = ()  # what may have been said instead
    stretches: tuple[LanguageStretch, ...] = ()  # in other languages, by `transcribe.recognition.second_language`

    def language_at(self, time: float) -> str:
        """The language that what is said at a time was read in."""
        return next((each.language for each in self.stretches if each.start <= time < each.end), self.language)


def read_chunks(
    audio: Audio,
    recognizer: Recognizer,
    chunks: Sequence[Chunk],
    *,
    language: str,
    beam_size: int,
    progress: OnFraction | None = None,
) -> Recognition:
    """The words of some chunks of a plan. No chunk's words depend on another's, so a plan can be read in parts.

    `combine` joins the parts. Raises `EngineError`.
    """
    report = progress or (lambda _: None)
    reader = Reader(audio, recognizer, language, beam_size)
    futures: list[Future[Recognition]] = []
    pool = ThreadPoolExecutor(_SECOND_PASSES, thread_name_prefix="second pass")
    try:
        for first in reader.read_chunks(chunks):
            futures.append(pool.submit(_read_again, first, reader, language))
            for future in futures:
                if future.done():
                    future.result()  # an error in a second pass ends the first pass too
            report(0.95 * len(futures) / len(chunks))
        results = []
        for future in futures:
            results.append(future.result())
            report(0.95 + 0.05 * len(results) / len(chunks))
    finally:
        reader.close()
        pool.shutdown(cancel_futures=True)
    return combine(results, language, verbatim=True)


def combine(parts: Sequence[Recognition], language: str, *, verbatim: bool = False) -> Recognition:
    """The recognition of a recording whose chunks were read in `parts`, given in the order of time.

    Fillers ("uh", "um") are removed unless `verbatim`. Raises `ValueError` if a part was read in another language: the
    result's language is always the one its words were recognised in.
    """
    if any(part.language != language for part in parts):
        raise ValueError(f"words in {sorted({part.language for part in parts})} cannot be a recognition in {language}")
    combined = Recognition(
        words=tuple(word for part in parts for word in part.words),
        language=language,
        doubts=tuple(sorted((d for p in parts for d in p.doubts), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=tuple(chunk for part in parts for chunk in part.evidence),
        others=tuple(other for part in parts for other in part.others),
    )
    return combined if verbatim else fillers_removed(combined)


def fillers_removed(recognition: Recognition) -> Recognition:
    """The recognition without the fillers ("uh", "um") of the languages that its words were read in."""

    def language_of(timed: Word | OtherReading) -> str:
        return recognition.language_at(timed.middle)

    by_language = groupby(recognition.words, key=language_of)
    words = (word for language, run in by_language for word in remove_fillers(tuple(run), language=language))
    rows = groupby(recognition.others, key=language_of)
    others = (other for language, run in rows for other in without_fillers(run, language=language))
    return replace(recognition, words=tuple(words), others=tuple(others))


def with_faint(recognition: Recognition, faint: Sequence[Region]) -> Recognition:
    """The recognition with a doubt for each passage of a plan that was too quiet to be read."""
    doubts = (*recognition.doubts, *(Doubt(region.start, region.end, DoubtReason.POSSIBLE_SPEECH) for region in faint))
    return replace(recognition, doubts=tuple(sorted(doubts, key=lambda doubt: (doubt.start, doubt.end))))


def check_language(language: str, *, model: str, known: frozenset[str]) -> None:
    """Raises `SettingsError` for a language that the model does not know; `auto` is none that it has to know."""
    if language != "auto" and language not in known:
        remedy = "it is for English only" if known == {"en"} else "choose another, or auto"
        raise SettingsError(f"language: the model {model} does not know {language!r}; {remedy}")


def _read_again(first: ChunkResult, reader: Reader, language: str) -> Recognition:
    """A chunk's words after the second pass, and where any of its readings differs from them."""
    heard: list[Heard] = [(Region(first.chunk.start, first.chunk.end), first.reading)]
    found = _finalise(run_second_pass(first, reader.noting(heard)), language)
    return replace(found, others=heard_otherwise(found.words, heard))


def _finalise(result: ChunkResult, language: str) -> Recognition:
    """A chunk's words without hallucinated ones, their times repaired, and doubts for what remains."""
    chunk, words = result.chunk, result.words
    if is_no_speech(result.reading):
        text = "" if is_loop(words) else as_written(words)
        doubt = Doubt(chunk.start, chunk.end, DoubtReason.POSSIBLE_SPEECH, alternative=text)
        return Recognition((), language, (doubt,), (_evidence(replace(result, words=())),))
    kept, doubts = _without_hallucinated(words, chunk)
    words = extend_to_speech_end(snap_to_speech(kept, chunk.regions), chunk.regions)
    doubts += result.doubts
    told = [doubt for doubt in result.doubts if doubt.reason is DoubtReason.UNTRANSCRIBED]
    gaps = untranscribed_speech(words, chunk, voiced=_DOUBTFUL)
    doubts += [
        Doubt(gap.start, gap.end, DoubtReason.UNTRANSCRIBED)
        for gap in gaps
        if not any(doubt.start < gap.end and gap.start < doubt.end for doubt in told)
    ]
    loops = collapse_loops(shift(result.reading.words, chunk.start), chunk.regions)[1]
    doubts += [Doubt(loop.start, loop.end, DoubtReason.LOOP_REMOVED) for loop in loops]
    if loops:  # of a decoder that looped, what it repeats elsewhere may be said or not
        doubts += [Doubt(loop.start, loop.end, DoubtReason.UNCLEAR) for loop in repeated_parts(words)]
    if result.reading.avg_logprob < UNSURE_LOGPROB:
        doubts.append(Doubt(chunk.start, chunk.end, DoubtReason.LOW_CONFIDENCE))
    return Recognition(words, language, tuple(doubts), (_evidence(replace(result, words=words)),))


def _without_hallucinated(words: Sequence[Word], chunk: Chunk) -> tuple[list[Word], list[Doubt]]:
    """The words near speech or sure enough; and doubts that have the text of others, if it is likely enough to ask."""
    kept: list[Word] = []
    runs: list[list[Word]] = []  # of phrases that are dropped
    for word, outside in zip(words, outside_speech(words, chunk.regions), strict=True):
        if not outside or word.probability >= _HALLUCINATION_PROBABILITY:
            kept.append(word)
        elif runs and word.start - runs[-1][-1].end < SAME_PHRASE:
            runs[-1].append(word)
        else:
            runs.append([word])
    likely = [run for run in runs if sum(word.probability for word in run) >= _LIKELY_ENOUGH * len(run)]
    return kept, [
        Doubt(run[0].start, run[-1].end, DoubtReason.POSSIBLE_SPEECH, alternative=as_written(run)) for run in likely
    ]


def _evidence(result: ChunkResult) -> ChunkEvidence:
    return ChunkEvidence(
        start=result.chunk.start,
        end=result.chunk.end,
        voiced=round(result.chunk.voiced, 3),
        words=len(result.words),
        uncovered=round(result.uncovered, 3),
        avg_logprob=round(result.reading.avg_logprob, 4),
        no_speech_probability=round(result.reading.no_speech_probability, 4),
        compression_ratio=round(result.reading.compression_ratio, 3),
        passes=result.passes,
        language=result.spoken[0],
        language_probability=round(result.spoken[1], 3),
    )
