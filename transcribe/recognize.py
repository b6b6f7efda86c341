"""A recording → its words: a first reading of every chunk, then a second look at what the evidence doubts.

The first pass reads the chunks of the plan as they come. The second reads again where speech has no words, where a
phrase loops, and where the recogniser is unsure, with other cuts, and takes over what is sound. What stays doubtful is
marked for the editor, never silently dropped.

What this does not do: decode files, load models, tell speakers apart, know how words are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transcribe.engines.protocol import Reading, Recognizer
from transcribe.errors import SettingsError
from transcribe.evidence import (
    LOOP_COMPRESSION,
    NO_SPEECH,
    UNSURE_LOGPROB,
    ChunkEvidence,
    holes,
    is_sound,
    joined,
    settled,
    unheard,
    without_loops,
)
from transcribe.fillers import without_fillers
from transcribe.glossary import Correction
from transcribe.settings import Settings
from transcribe.speech import Chunk, Plan, Region, plan, voiced_between
from transcribe.transcript import Doubt, Word

if TYPE_CHECKING:
    from audio.samples import Audio
    from transcribe.engines.protocol import Samples

    Progress = Callable[[float], None]

UNDETERMINED = "und"  # the language of a recording without speech (ISO 639-2)

_PLACES = 5  # at most so many chunks vote on the language
_VAD_SHARE = 0.05  # of the work, for the progress
_PAD = 0.4  # seconds of sound around a stretch read again
_CONTEXT = 2.0  # seconds beyond a hole that may be read with it
_PAUSE = 0.8  # seconds of silence that context does not reach across: jingle, pause and speech in one window go wrong
_DOUBTFUL = 1.5  # seconds of speech without words that an editor is told of
_LEAST_PIECE = 6.0  # seconds; shorter chunks are not parted
_GUESS_PROBABILITY = 0.5  # words where no speech is heard are taken for invented below this


@dataclass(frozen=True, slots=True)
class Recognition:
    """The words of a recording in the order of time, and how far they are to be trusted."""

    words: tuple[Word, ...]
    language: str  # given, or voted for; "und" where nobody speaks
    doubts: tuple[Doubt, ...]
    evidence: tuple[ChunkEvidence, ...]
    corrections: tuple[Correction, ...] = ()  # made by `transcribe.rehearing`


@dataclass(frozen=True, slots=True)
class _Passage:
    """One chunk's words so far, in absolute times, and what is known of them."""

    chunk: Chunk
    reading: Reading
    words: tuple[Word, ...]
    passes: int = 1
    doubts: tuple[Doubt, ...] = ()


def recognize(
    audio: Audio, recognizer: Recognizer, *, settings: Settings, progress: Progress | None = None
) -> Recognition:
    """Everything said in `audio`, by the recogniser and `settings.language` and `.beam_size`.

    `progress` is called with the share of the work done, 0 to 1. Raises `SettingsError` for a language the model does
    not know, `EngineError` when an engine breaks.
    """
    tell = progress or (lambda _: None)
    layout = plan(audio, progress=lambda share: tell(_VAD_SHARE * share))
    if not layout.chunks:
        tell(1.0)
        return Recognition((), UNDETERMINED if settings.language == "auto" else settings.language, (), ())
    language = language_of(audio, recognizer, layout, settings)
    read = read_chunks(
        audio,
        recognizer,
        layout.chunks,
        language=language,
        beam_size=settings.beam_size,
        progress=lambda share: tell(_VAD_SHARE + (1 - _VAD_SHARE) * share),
    )
    return combined([read], language)


def read_chunks(
    audio: Audio,
    recognizer: Recognizer,
    chunks: Sequence[Chunk],
    *,
    language: str,
    beam_size: int,
    progress: Progress | None = None,
) -> Recognition:
    """What is said in some chunks of a plan. No chunk's words depend on another's, so a plan may be read in parts.

    `combined` makes the recording's recognition of the parts. Raises `EngineError`.
    """
    tell = progress or (lambda _: None)
    read = _Reader(audio, recognizer, language, beam_size)
    passages = []
    for passage in read.chunks(chunks):
        passages.append(passage)
        tell(0.95 * len(passages) / len(chunks))
    passages = _holes_filled(_reread(passages, read), read)
    tell(1.0)
    return _recognition([_judged(passage) for passage in passages], language)


def combined(parts: Sequence[Recognition], language: str) -> Recognition:
    """The recognition of a recording whose chunks were read in `parts`, given in the order of time."""
    return Recognition(
        words=without_fillers([word for part in parts for word in part.words], language=language),
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


def language_of(audio: Audio, recognizer: Recognizer, layout: Plan, settings: Settings) -> str:
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


class _Reader:
    """The recogniser with all that stays the same over a recording."""

    def __init__(self, audio: Audio, recognizer: Recognizer, language: str, beam_size: int) -> None:
        self._audio = audio
        self._recognizer = recognizer
        self._language = language
        self._beam_size = beam_size

    def chunks(self, chunks: Sequence[Chunk]) -> Iterator[_Passage]:
        stretches = [Region(chunk.start, chunk.end) for chunk in chunks]
        for chunk, reading in zip(chunks, self.stretches(stretches), strict=True):
            yield _Passage(chunk, reading, settled(_shifted(reading.words, chunk.start), chunk.regions))

    def stretches(self, stretches: Sequence[Region]) -> Iterator[Reading]:
        """A reading for each stretch of the recording, its times still from the stretch's start."""
        windows: Iterator[Samples] = (self._audio.read(stretch.start, stretch.end) for stretch in stretches)
        return self._recognizer.recognize(windows, language=self._language, beam_size=self._beam_size)


def _reread(passages: Sequence[_Passage], read: _Reader) -> list[_Passage]:
    """Chunks whose reading as a whole is poor, read again in two parts; the better of the readings stands."""
    poor = [i for i, passage in enumerate(passages) if _is_poor(passage) and passage.chunk.duration > _LEAST_PIECE]
    halves = [_halves(passages[i].chunk) for i in poor]
    readings = read.stretches([half for pair in halves for half in pair])
    result = list(passages)
    for i, pair in zip(poor, halves, strict=True):
        result[i] = _better(passages[i], [(half, next(readings)) for half in pair])
    return result


def _is_poor(passage: _Passage) -> bool:
    reading = passage.reading
    return (
        reading.avg_logprob < UNSURE_LOGPROB
        or reading.compression_ratio > LOOP_COMPRESSION
        or reading.no_speech_probability > NO_SPEECH
        or bool(without_loops(passage.words)[1])
    )


def _halves(chunk: Chunk) -> tuple[Region, Region]:
    """`chunk` cut in the longest silence of its middle half; in the middle where there is none."""
    quarter = chunk.duration / 4
    gaps = [
        (after.start - before.end, (before.end + after.start) / 2)
        for before, after in zip(chunk.regions, chunk.regions[1:], strict=False)
    ]
    inner = [gap for gap in gaps if chunk.start + quarter <= gap[1] <= chunk.end - quarter]
    cut = max(inner)[1] if inner else chunk.start + 2 * quarter
    return Region(chunk.start, cut), Region(cut, chunk.end)


def _better(passage: _Passage, parts: Sequence[tuple[Region, Reading]]) -> _Passage:
    """The parts' reading where all of it is sound and covers no less of the speech, the first one otherwise."""
    tried = replace(passage, passes=2)
    if not all(is_sound(reading, part.duration) for part, reading in parts):
        return tried
    read = [word for part, reading in parts for word in _shifted(reading.words, part.start)]
    words = settled(read, passage.chunk.regions)
    first = without_loops(passage.words)[0]
    if _uncovered(words, passage.chunk) > _uncovered(first, passage.chunk) and not _is_poor_text(passage):
        return tried
    share = [part.duration / passage.chunk.duration for part, _ in parts]
    reading = Reading(
        words=words,
        avg_logprob=sum(s * r.avg_logprob for s, (_, r) in zip(share, parts, strict=True)),
        no_speech_probability=max(r.no_speech_probability for _, r in parts),
    )
    return replace(tried, reading=reading, words=words)


def _is_poor_text(passage: _Passage) -> bool:
    return passage.reading.compression_ratio > LOOP_COMPRESSION or bool(without_loops(passage.words)[1])


def _holes_filled(passages: Sequence[_Passage], read: _Reader) -> list[_Passage]:
    """Speech between words, read on its own; sound readings are put in."""
    result = [replace(passage, words=without_loops(passage.words)[0]) for passage in passages]
    open_ = [(i, hole) for i, passage in enumerate(result) for hole in holes(passage.words, passage.chunk)]
    stretches = [_stretch(hole, result[i].chunk) for i, hole in open_]
    for (i, hole), stretch, reading in zip(open_, stretches, read.stretches(stretches), strict=True):
        result[i] = _filled(result[i], hole, stretch, reading)
    return result


def _stretch(hole: Region, chunk: Chunk) -> Region:
    """What to read for a hole: its speech, and what follows on it without a pause, for context."""
    regions = chunk.regions
    first = next(i for i, region in enumerate(regions) if region.end > hole.start)
    last = max(i for i, region in enumerate(regions) if region.start < hole.end)
    while first > 0 and regions[first].start - regions[first - 1].end <= _PAUSE:
        first -= 1
    while last + 1 < len(regions) and regions[last + 1].start - regions[last].end <= _PAUSE:
        last += 1
    start = max(chunk.start, hole.start - _CONTEXT, regions[first].start - _PAD)
    return Region(start, min(chunk.end, hole.end + _CONTEXT, regions[last].end + _PAD))


def _filled(passage: _Passage, hole: Region, stretch: Region, reading: Reading) -> _Passage:
    tried = replace(passage, passes=2)
    if not is_sound(reading, stretch.duration):
        return tried
    before = [word for word in passage.words if word.start < hole.start]
    after = [word for word in passage.words if word.start >= hole.start]
    read = settled(_shifted(reading.words, stretch.start), passage.chunk.regions)
    said = [word for word in read if hole.start <= _middle(word) <= hole.end]
    placed = [
        replace(word, start=max(word.start, hole.start), end=min(word.end, hole.end))
        for word in joined(before, said, after)
    ]
    return replace(tried, words=(*before, *placed, *after))


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _judged(passage: _Passage) -> _Passage:
    """The passage with invented words dropped, times settled, and what stays doubtful said."""
    chunk, words = passage.chunk, passage.words
    doubts: list[Doubt] = []
    if passage.reading.no_speech_probability > NO_SPEECH:
        return replace(passage, words=(), doubts=(Doubt(chunk.start, chunk.end, "sounds like speech, without words"),))
    silent = unheard(words, chunk.regions)
    invented = {i for i, alone in enumerate(silent) if alone and words[i].probability < _GUESS_PROBABILITY}
    words = settled([word for i, word in enumerate(words) if i not in invented], chunk.regions)
    doubts += [Doubt(h.start, h.end, "speech without words") for h in holes(words, chunk, voiced=_DOUBTFUL)]
    said = _shifted(passage.reading.words, chunk.start)
    doubts += [Doubt(cut.start, cut.end, "a repeated phrase was cut") for cut in without_loops(said)[1]]
    if passage.reading.avg_logprob < UNSURE_LOGPROB:
        doubts.append(Doubt(chunk.start, chunk.end, "the recogniser was unsure"))
    return replace(passage, words=words, doubts=tuple(doubts))


def _recognition(passages: Sequence[_Passage], language: str) -> Recognition:
    return Recognition(
        words=tuple(word for passage in passages for word in passage.words),
        language=language,
        doubts=tuple(sorted((d for p in passages for d in p.doubts), key=lambda doubt: (doubt.start, doubt.end))),
        evidence=tuple(_evidence(passage) for passage in passages),
    )


def _evidence(passage: _Passage) -> ChunkEvidence:
    return ChunkEvidence(
        start=passage.chunk.start,
        end=passage.chunk.end,
        voiced=round(passage.chunk.voiced, 3),
        words=len(passage.words),
        uncovered=round(_uncovered(passage.words, passage.chunk), 3),
        avg_logprob=round(passage.reading.avg_logprob, 4),
        no_speech_probability=round(passage.reading.no_speech_probability, 4),
        compression_ratio=round(passage.reading.compression_ratio, 3),
        passes=passage.passes,
    )


def _uncovered(words: Sequence[Word], chunk: Chunk) -> float:
    return sum(voiced_between(chunk.regions, hole.start, hole.end) for hole in holes(words, chunk))


def _shifted(words: Iterable[Word], seconds: float) -> tuple[Word, ...]:
    return tuple(replace(word, start=word.start + seconds, end=word.end + seconds) for word in words)
