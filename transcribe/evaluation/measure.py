"""Measure a clip: transcribe it, score it against its references, and time it.

Scores are cached under the hashes of the words recognised, the references and the scoring; the pipeline caches its
stages. Limits and baselines are applied elsewhere (`transcribe.evaluation.gates`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import asdict, replace
from pathlib import Path

from audio.disk import CacheKind, cache_folder, sha256_of, write_privately
from audio.episode import Episode, Seconds
from audio.trust import check_regular, is_there, read_own, step_after
from transcribe.errors import TranscriptError
from transcribe.evaluation.clip import FILE_NAME, Clip
from transcribe.evaluation.clip_differences import differences_of
from transcribe.evaluation.gates import ClipMeasurement
from transcribe.evaluation.limits import RATES
from transcribe.evaluation.references import REFERENCE_SUFFIXES, read_references
from transcribe.evaluation.score import Score, score
from transcribe.evaluation.scoring import Scoring
from transcribe.evaluation.word_comparison import too_many_speakers
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.progress import OnProgress
from transcribe.pipeline.watch import RunMonitor
from transcribe.readers.decoding import MOST_BYTES
from transcribe.readers.values import SpeakerTranscript, speaker_transcript_of
from transcribe.settings import Settings, Stage
from transcribe.transcript import Transcript

_log = logging.getLogger(__name__)

COMPARED_AS = 2
"""The version of the scoring that a baseline holds for; raise it when the scores of ordinary references change."""

SCORES_OF = 6
"""The version of the scoring, part of the cache key; raise it when scoring changes."""


def measure(clip: Clip, pipeline: Pipeline, *, scoring: Scoring, on_progress: OnProgress) -> ClipMeasurement:
    """Transcribe the clip, and score it unless the cache has its score.

    Raises `TranscriptError` for a recording or a reference that is missing or unusable, and what the pipeline raises.
    """
    _check_recording(clip)
    try:
        reference, hashes = _reference(clip)
    except TranscriptError as error:
        raise TranscriptError(clip.placed("reference", error)) from error
    monitor, start = RunMonitor(on_progress), time.perf_counter()
    transcript = pipeline.transcript(Episode.of_file(clip.audio), monitor=monitor)
    elapsed = time.perf_counter() - start
    hypothesis = speaker_transcript_of(transcript)
    scoring = scoring.resolved(reference, hypothesis)
    inputs = [hashes, scoring.key(reference), clip.terms, COMPARED_AS]
    reference_hash = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    measurement = _scored(clip, (reference, hypothesis), scoring, reference_hash)
    was_transcribed = monitor.seconds.keys() >= {Stage.RECOGNIZE, Stage.DIARIZE}  # cached stages take almost no time
    processing = _processing_seconds(transcript, clip.settings, round(elapsed, 3) if was_transcribed else None)
    duration = transcript.episode.duration or 0.0
    note = too_many_speakers(reference, hypothesis)
    return replace(measurement, duration=duration, processing_seconds=processing, scoring=scoring, note=note)


def _scored(
    clip: Clip, sides: tuple[SpeakerTranscript, SpeakerTranscript], scoring: Scoring, reference_hash: str
) -> ClipMeasurement:
    rows = asdict(sides[1])
    key = json.dumps([{"said": rows.pop("utterances"), **rows}, reference_hash, SCORES_OF], sort_keys=True)
    path = cache_folder(CacheKind.SCORES) / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    if cached := _load(path):
        return cached
    result = score(*sides, scoring, terms=clip.terms)
    if result.problem:
        raise TranscriptError(f"{clip.references[0]}: {result.problem}, so nothing can be checked against it")
    if unknown := {word for term in clip.terms for word in term.split()} - {name.name for name in result.names}:
        words = ", ".join(sorted(unknown))
        message = f"{clip.references[0]}: does not mention {words}; correct `terms` in {FILE_NAME}"
        raise TranscriptError(clip.placed("terms", message))
    measurement = _measurement_of(result, reference_hash)
    _save(path, measurement.as_json())
    return measurement


def _processing_seconds(transcript: Transcript, settings: Settings, seconds: Seconds | None) -> Seconds | None:
    """How long it took to transcribe: `seconds`, which it caches, or else the cached value of an earlier run."""
    made = transcript.made_with
    key = f"{made.audio_sha256} {made.model_sha256} {settings.digest(Stage.RECOGNIZE, Stage.REHEAR, Stage.DIARIZE)}"
    key += "".join(f" {name}" for name in (settings.device, settings.threads) if name not in ("auto", 0))
    path = cache_folder(CacheKind.SCORES) / f"speed-{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    if seconds is not None:
        _save(path, json.dumps(seconds))
        return seconds
    try:
        return float(read_own(path, inside=path.parent))
    except (OSError, ValueError):
        return None


def _measurement_of(result: Score, reference_hash: str) -> ClipMeasurement:
    values: dict[str, float | None] = {
        **{name: result.rates[name] for name in RATES},
        "lost_seconds": result.lost_seconds,
        "lost_words": None if result.words is None else result.lost_words,
        "invented_words": None if result.words is None else result.invented_words,
        "speakers": result.miscounted_speakers,
        "misnamed": result.misnamed_share,
        "names": max((name.missed / name.mentions for name in result.names), default=None),
    }
    measured = {name: round(value, 6) for name, value in values.items() if value is not None}
    return ClipMeasurement(reference_hash, measured, result.segments, differences_of(result))


def _reference(clip: Clip) -> tuple[SpeakerTranscript, list[str]]:
    """The references as one, and the hash of each."""
    if not clip.references:
        names = " or ".join(clip.audio.stem + suffix for suffix in REFERENCE_SUFFIXES)
        raise TranscriptError(f"{clip.audio}: has no reference; write {names} in its folder")
    hashes = [_hash(path, inside=clip.place_of(path)) for path in clip.references]
    return read_references(clip.references), hashes


def _hash(path: Path, *, inside: Path) -> str:
    try:
        check_regular(path, inside=inside, max_bytes=MOST_BYTES)
        return sha256_of(path)
    except OSError as exc:
        step = step_after(exc, "check its name")
        raise TranscriptError(f"{path}: the reference cannot be read ({exc.strerror}); {step}") from exc


def _check_recording(clip: Clip) -> None:
    """Raises `TranscriptError` unless the recording can be read and is where it seems to be."""
    if not is_there(clip.audio):
        message = f"{clip.audio}: the recording does not exist; correct `audio` in {FILE_NAME}"
        raise TranscriptError(clip.placed("audio", message))
    try:
        check_regular(clip.audio, inside=None if clip.is_typed else clip.place_of(clip.audio))
    except OSError as exc:
        step = step_after(exc, "check its name and permissions")
        message = f"{clip.audio}: the recording cannot be read ({exc.strerror}); {step}"
        raise TranscriptError(clip.placed("audio", message)) from exc


def _load(path: Path) -> ClipMeasurement | None:
    """The cached measurement, or None; a damaged file counts as missing."""
    try:
        cached = ClipMeasurement.from_json(json.loads(read_own(path, inside=path.parent)))
        return None if cached.worst_differences is None else cached  # an earlier version's is measured again
    except (OSError, ValueError, KeyError, RecursionError):
        return None


def _save(path: Path, text: str) -> None:
    try:
        write_privately(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        _log.warning("scores cannot be cached for later runs: %s", error)
