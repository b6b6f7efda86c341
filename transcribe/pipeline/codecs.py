"""How checkpoints hold the results of the stages: values to JSON data and back. Pure.

Decoding is strict: data in any other form (of an older release, of another program) decodes to None, a cache miss.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from audio.decoding.notes import Finding, SoundNote
from transcribe.recognition.engines.token_words import UNSPACED
from transcribe.transcript import Doubt, SpeakerSpan, Word

if TYPE_CHECKING:
    from audio.episode import Seconds
    from transcribe.diarization.diarize import Diarization
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.spoken_language import SpokenLanguage
    from transcribe.recognition.vad import Chunk, ChunkPlan
    from transcribe.tracks.layout import Layout

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Codec(Generic[Value]):
    """How one stage's result is encoded as JSON data and decoded again."""

    encode: Callable[[Value], Any]
    decode: Callable[[Any], Value]

    def decode_or_none(self, data: Any) -> Value | None:
        """The decoded value, or None if the data is not what `encode` returns."""
        try:
            return None if data is None else self.decode(data)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return None


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What decoding finds out about a file: its length, warnings about unreadable parts, and notes about its sound.

    `layout` is that of an episode of several tracks; `revision` that of the samples (`Audio`).
    """

    duration: Seconds
    warnings: tuple[str, ...]
    layout: Layout | None = None
    notes: tuple[SoundNote, ...] = ()
    revision: int = 0


def encode_facts(facts: AudioFacts) -> dict[str, Any]:
    """The fields by name; the layout only if there is one."""
    data: dict[str, Any] = {"duration": facts.duration, "warnings": list(facts.warnings), "revision": facts.revision}
    data["notes"] = [[note.finding, note.track, dict(note.details)] for note in facts.notes]
    return data if facts.layout is None else {**data, "layout": asdict(facts.layout)}


def decode_facts(data: Any) -> AudioFacts:
    """The inverse of `encode_facts`."""
    return AudioFacts(
        float(data["duration"]),
        tuple(map(_text, data["warnings"])),
        _layout(data["layout"]) if "layout" in data else None,
        tuple(SoundNote(Finding(finding), dict(details), int(track)) for finding, track, details in data["notes"]),
        int(data["revision"]),
    )


def _layout(data: Any) -> Layout:
    from transcribe.tracks.layout import Clock, Layout, OwnSpeech

    clocks = tuple(Clock(**each) for each in data["clocks"])
    stretches = tuple(OwnSpeech(**each) for each in data["stretches"])
    if not all(0 <= track < len(clocks) for track in (*data["silent"], *(each.track for each in stretches))):
        raise ValueError("a stretch of a track that does not exist")
    return Layout(float(data["duration"]), clocks, stretches, tuple(data["silent"]))


def encode_plan(plan: ChunkPlan) -> list[Any] | dict[str, Any]:
    """Each chunk as its start, its end and its regions; by name, if there is faint speech too."""
    chunks = [[c.start, c.end, [[r.start, r.end] for r in c.regions]] for c in plan.chunks]
    return {"chunks": chunks, "faint": [[r.start, r.end] for r in plan.faint]} if plan.faint else chunks


def decode_plan(data: Any) -> ChunkPlan:
    """The inverse of `encode_plan`."""
    from transcribe.recognition.vad import Chunk, ChunkPlan, Region

    rows, faint = (data["chunks"], data["faint"]) if isinstance(data, dict) else (data, [])
    chunks = tuple(Chunk(start, end, tuple(Region(*r) for r in regions)) for start, end, regions in rows)
    if not all(0.0 <= chunk.start < chunk.end for chunk in chunks):
        raise ValueError("a chunk that ends before it starts")
    return ChunkPlan(chunks, tuple(Region(*r) for r in faint))


def digest_of(chunks: tuple[Chunk, ...]) -> str:
    """A digest of some chunks (16 hex digits), for the keys of what is read in them."""
    rows = [[c.start, c.end, [[r.start, r.end] for r in c.regions]] for c in chunks]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def encode_language(language: SpokenLanguage) -> dict[str, str]:
    """The language's code by name, and another one that it may be."""
    return {"language": language.code, "alternative": language.alternative}


def decode_language(data: Any) -> SpokenLanguage:
    """The inverse of `encode_language`."""
    from transcribe.recognition.spoken_language import SpokenLanguage

    return SpokenLanguage(_text(data["language"]), _text(data.get("alternative", "")))


def encode_recognition(recognition: Recognition) -> dict[str, Any]:
    """Words and doubts as rows, the rest by name. Rows of languages without blanks say which are attached."""
    rows = [[w.text, w.start, w.end, w.probability, w.attached] for w in recognition.words]
    return {
        "words": rows if _has_unspaced(recognition) else [row[:-1] for row in rows],
        "language": recognition.language,
        "doubts": [[d.start, d.end, d.reason, d.alternative] for d in recognition.doubts],
        "evidence": [asdict(chunk) for chunk in recognition.evidence],
        "corrections": [asdict(correction) for correction in recognition.corrections],
        "others": [[o.start, o.end, o.replaced, o.text] for o in recognition.others],
        "stretches": [asdict(stretch) for stretch in recognition.stretches],
    }


def _has_unspaced(recognition: Recognition) -> bool:
    languages = (recognition.language, *(stretch.language for stretch in recognition.stretches))
    return not UNSPACED.isdisjoint(languages)


def decode_recognition(data: Any) -> Recognition:
    """The inverse of `encode_recognition`."""
    from transcribe.recognition.glossary_correction import Correction
    from transcribe.recognition.other_readings import OtherReading
    from transcribe.recognition.reading_quality import ChunkEvidence
    from transcribe.recognition.recognize import Recognition
    from transcribe.recognition.spoken_language import LanguageStretch

    return Recognition(
        words=tuple(Word(*row) for row in data["words"]),
        language=_text(data["language"]),
        doubts=tuple(Doubt(s, e, why, alternative=_text(said)) for s, e, why, said in data["doubts"]),
        evidence=tuple(ChunkEvidence(**row) for row in data["evidence"]),
        corrections=tuple(Correction(**row) for row in data["corrections"]),
        others=tuple(
            OtherReading(float(start), float(end), _text(replaced), _text(text))
            for start, end, replaced, text in data["others"]
        ),
        stretches=tuple(LanguageStretch(**row) for row in data["stretches"]),
    )


def encode_diarization(diarization: Diarization) -> dict[str, Any]:
    """Spans and background as rows, voices by speaker."""
    return {
        "spans": [[s.start, s.end, s.speaker] for s in diarization.spans],
        "voices": {speaker: list(vector) for speaker, vector in diarization.voices.items()},
        "background": [[s.start, s.end, s.speaker] for s in diarization.background],
        "estimate": diarization.estimate,
        "alternative": diarization.alternative,
    }


def decode_diarization(data: Any) -> Diarization:
    """The inverse of `encode_diarization`."""
    from transcribe.diarization.diarize import Diarization

    voices = {speaker: tuple(map(float, vector)) for speaker, vector in data["voices"].items()}
    spans, background = (tuple(SpeakerSpan(*row) for row in data[key]) for key in ("spans", "background"))
    return Diarization(spans, voices, background, int(data["estimate"]), int(data["alternative"]))


FACTS = Codec(encode_facts, decode_facts)
PLAN = Codec(encode_plan, decode_plan)
LANGUAGE = Codec(encode_language, decode_language)
DIARIZATION = Codec(encode_diarization, decode_diarization)


def recognition_in(language: str) -> Codec[Recognition]:
    """The codec of words in this language; words in another one are other data."""

    def decode(data: Any) -> Recognition:
        recognition = decode_recognition(data)
        if recognition.language != language:
            raise ValueError(f"words in {recognition.language}, not {language}")
        if language in UNSPACED and any(len(row) < 5 for row in data["words"]):
            raise ValueError("words of an earlier release, which kept no blanks")
        return recognition

    return Codec(encode_recognition, decode)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
