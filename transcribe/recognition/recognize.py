"""A recording → its words: a first reading of every chunk, then a second look at what the evidence doubts.

The first pass reads the chunks of the plan as they come. The second, beside it, reads again where speech has no words,
where a phrase loops, and where the recogniser is unsure, with other cuts, and takes over what is sound. What stays
doubtful is marked for the editor, never silently dropped.

What this does not do: decode files, load models, tell speakers apart, know how words are printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcribe.errors import SettingsError
from transcribe.recognition.engines.protocol import Recognizer
from transcribe.recognition.fillers import remove_fillers
from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.reader import ChunkResult, Reader, shift
from transcribe.recognition.reading_quality import (
    NO_SPEECH,
    UNSURE_LOGPROB,
    ChunkEvidence,
    collapse_loops,
    outside_speech,
    untranscribed_speech,
)
from transcribe.recognition.second_pass import run_second_pass
from transcribe.recognition.vad import Chunk, ChunkPlan
from transcribe.recognition.word_timing import extend_to_speech_end, snap_to_speech
from transcribe.settings import Settings
from transcribe.transcript import Doubt, Word

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction

UNDETERMINED = "und"  # the language of a recording without speech (ISO 639-2)

_LOOKS = 4  # chunks that get their second look at a time, beside the first pass
_PLACES = 5  # at most so many chunks vote on the language
_DOUBTFUL = 1.5  # seconds of speech without words that an editor is told of
_GUESS_PROBABILITY = 0.5  # words where no speech is heard are taken for invented below this


@dataclass(frozen=True, slots=True)
class Recognition:
    """The words of a recording in the order of time, and how far they are to be trusted."""

    words: tuple[Word, ...]
    language: str  # given, or voted for; "und" where nobody speaks
    doubts: tuple[Doubt, ...]
    evidence: tuple[ChunkEvidence, ...]
    corrections: tuple[Correction, ...] = ()  # made by `transcribe.recognition.name_biasing`


def read_chunks(
    audio: Audio,
    recognizer: Recognizer,
    chunks: Sequence[Chunk],
    *,
    language: str,
    beam_size: int,
    progress: OnFraction | None = None,
) -> Recognition:
    """What is said in some chunks of a plan. No chunk's words depend on another's, so a plan may be read in parts.

    `combine` makes the recording's recognition of the parts. Raises `EngineError`.
    """
    tell = progress or (lambda _: None)
    read = Reader(audio, recognizer, language, beam_size)
    looks: list[Future[ChunkResult]] = []
    pool = ThreadPoolExecutor(_LOOKS, thread_name_prefix="second look")
    try:
        for passage in read.chunks(chunks):
            looks.append(pool.submit(run_second_pass, passage, read))
            for look in looks:
                if look.done():
                    look.result()  # one that broke ends the first pass too
            tell(0.95 * len(looks) / len(chunks))
        passages = []
        for look in looks:
            passages.append(look.result())
            tell(0.95 + 0.05 * len(passages) / len(chunks))
    finally:
        read.close()
        pool.shutdown(cancel_futures=True)
    return _recognition([_finalise(passage) for passage in passages], language)


def combine(parts: Sequence[Recognition], language: str, *, verbatim: bool = False) -> Recognition:
    """The recognition of a recording whose chunks were read in `parts`, given in the order of time.

    Fillers ("uh", "um") are left out unless it is to be `verbatim`.
    """
    words = tuple(word for part in parts for word in part.words)
    return Recognition(
        words=words if verbatim else remove_fillers(words, language=language),
        language=language,
        doubts=tuple(sorted((d for p in parts for d in p.doubts), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=tuple(chunk for part in parts for chunk in part.evidence),
    )


def vote(guesses: Iterable[tuple[str, float]]) -> str:
    """The language with the largest sum of probabilities; of equal ones the first by code.

    >>> vote([("en", 0.9), ("nl", 0.8), ("nl", 0.7)])
    'nl'
    """
    sums: dict[str, float] = {}
    for code, probability in guesses:
        sums[code] = sums.get(code, 0.0) + probability
    return min(sums, key=lambda code: (-sums[code], code))


def language_of(audio: Audio, recognizer: Recognizer, layout: ChunkPlan, settings: Settings) -> str:
    """The language spoken in a recording with at least one chunk: the settings', or by vote over several places.

    Raises `SettingsError` for one the model does not know, `EngineError` when the engine breaks.
    """
    known = recognizer.languages
    if settings.language != "auto":
        if settings.language not in known:
            raise SettingsError(
                f"language: the model {settings.model} does not know {settings.language!r}; "
                + ("it is for English only" if known == {"en"} else "choose another, or auto")
            )
        return settings.language
    if len(known) == 1:
        return next(iter(known))
    chunks = layout.chunks
    places = min(_PLACES, (len(chunks) + 1) // 2)
    chosen = [
        max(chunks[i * len(chunks) // places : (i + 1) * len(chunks) // places], key=lambda chunk: chunk.voiced)
        for i in range(places)
    ]
    guesses = [recognizer.detect_language(audio.read(chunk.start, chunk.end)) for chunk in chosen]
    return vote(pair for guess in guesses for pair in guess.probabilities.items())


def _finalise(passage: ChunkResult) -> ChunkResult:
    """The passage with invented words dropped, times snap_to_speech, and what stays doubtful said."""
    chunk, words = passage.chunk, passage.words
    doubts = list(passage.doubts)
    if passage.reading.no_speech_probability > NO_SPEECH:
        return replace(passage, words=(), doubts=(Doubt(chunk.start, chunk.end, "sounds like speech, without words"),))
    silent = outside_speech(words, chunk.regions)
    invented = {i for i, alone in enumerate(silent) if alone and words[i].probability < _GUESS_PROBABILITY}
    words = snap_to_speech([word for i, word in enumerate(words) if i not in invented], chunk.regions)
    words = extend_to_speech_end(words, chunk.regions)
    doubts += [
        Doubt(h.start, h.end, "speech without words") for h in untranscribed_speech(words, chunk, voiced=_DOUBTFUL)
    ]
    said = shift(passage.reading.words, chunk.start)
    doubts += [Doubt(cut.start, cut.end, "a repeated phrase was cut") for cut in collapse_loops(said)[1]]
    if passage.reading.avg_logprob < UNSURE_LOGPROB:
        doubts.append(Doubt(chunk.start, chunk.end, "the recogniser was unsure"))
    return replace(passage, words=words, doubts=tuple(doubts))


def _recognition(passages: Sequence[ChunkResult], language: str) -> Recognition:
    return Recognition(
        words=tuple(word for passage in passages for word in passage.words),
        language=language,
        doubts=tuple(sorted((d for p in passages for d in p.doubts), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=tuple(_evidence(passage) for passage in passages),
    )


def _evidence(passage: ChunkResult) -> ChunkEvidence:
    return ChunkEvidence(
        start=passage.chunk.start,
        end=passage.chunk.end,
        voiced=round(passage.chunk.voiced, 3),
        words=len(passage.words),
        uncovered=round(passage.uncovered, 3),
        avg_logprob=round(passage.reading.avg_logprob, 4),
        no_speech_probability=round(passage.reading.no_speech_probability, 4),
        compression_ratio=round(passage.reading.compression_ratio, 3),
        passes=passage.passes,
    )
