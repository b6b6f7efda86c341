"""What the stages found, as checkpoints hold it: values to what JSON knows, and back. Pure.

Reading is strict: what is not exactly what the stage keeps now (an older release's, somebody else's) is None, a miss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from transcribe.transcript import Doubt, SpeakerSpan, Word

if TYPE_CHECKING:
    from audio.episode import Seconds
    from transcribe.diarization.diarize import Diarization
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.vad import ChunkPlan

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Facts:
    """What decoding told of a file: its length, and sentences for the user on what could not be read."""

    duration: Seconds
    warnings: tuple[str, ...]


def reading(read: Callable[[Any], Value], data: Any) -> Value | None:
    """`read(data)`; None where the data is not what it reads."""
    try:
        return None if data is None else read(data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def of_facts(facts: Facts) -> dict[str, Any]:
    """The facts in values JSON knows."""
    return {"duration": facts.duration, "warnings": list(facts.warnings)}


def facts(data: Any) -> Facts:
    """Reads what `of_facts` made."""
    return Facts(float(data["duration"]), tuple(map(_text, data["warnings"])))


def of_plan(plan: ChunkPlan) -> list[Any]:
    """Each chunk as its start, its end and its regions."""
    return [[c.start, c.end, [[r.start, r.end] for r in c.regions]] for c in plan.chunks]


def plan(data: Any) -> ChunkPlan:
    """Reads what `of_plan` made."""
    from transcribe.recognition.vad import Chunk, ChunkPlan, Region

    chunks = tuple(Chunk(start, end, tuple(Region(*r) for r in regions)) for start, end, regions in data)
    if not all(0.0 <= chunk.start < chunk.end for chunk in chunks):
        raise ValueError("a chunk that ends before it starts")
    return ChunkPlan(chunks)


def of_language(language: str) -> dict[str, str]:
    """The language's code."""
    return {"language": language}


def language(data: Any) -> str:
    """Reads what `of_language` made."""
    return _text(data["language"])


def of_recognition(recognition: Recognition) -> dict[str, Any]:
    """Words and doubts as rows, the rest by name."""
    return {
        "words": [[w.text, w.start, w.end, w.probability] for w in recognition.words],
        "language": recognition.language,
        "doubts": [[d.start, d.end, d.reason] for d in recognition.doubts],
        "evidence": [asdict(chunk) for chunk in recognition.evidence],
        "corrections": [asdict(correction) for correction in recognition.corrections],
    }


def recognition(data: Any) -> Recognition:
    """Reads what `of_recognition` made."""
    from transcribe.recognition.glossary_correction import Correction
    from transcribe.recognition.reading_quality import ChunkEvidence
    from transcribe.recognition.recognize import Recognition

    return Recognition(
        words=tuple(Word(*row) for row in data["words"]),
        language=_text(data["language"]),
        doubts=tuple(Doubt(*row) for row in data["doubts"]),
        evidence=tuple(ChunkEvidence(**row) for row in data["evidence"]),
        corrections=tuple(Correction(**row) for row in data["corrections"]),
    )


def of_diarization(found: Diarization) -> dict[str, Any]:
    """Spans and background as rows, voices by speaker."""
    return {
        "spans": [[s.start, s.end, s.speaker] for s in found.spans],
        "voices": {speaker: list(vector) for speaker, vector in found.voices.items()},
        "background": [[s.start, s.end, s.speaker] for s in found.background],
        "estimate": found.estimate,
    }


def diarization(data: Any) -> Diarization:
    """Reads what `of_diarization` made."""
    from transcribe.diarization.diarize import Diarization

    voices = {speaker: tuple(map(float, vector)) for speaker, vector in data["voices"].items()}
    spans, background = (tuple(SpeakerSpan(*row) for row in data[key]) for key in ("spans", "background"))
    return Diarization(spans, voices, background, int(data["estimate"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
