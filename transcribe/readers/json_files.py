"""JSON: ours, Whisper's and WhisperX's, and a flat list of words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from transcribe.errors import TranscriptError
from transcribe.readers.values import (
    UNNAMED,
    SpeakerTranscript,
    Utterance,
    speaker_transcript_of,
    utterances_of,
)
from transcribe.transcript import SpeakerSpan, Transcript, Word


def read_json(text: str) -> SpeakerTranscript:
    data = json.loads(text)
    if not isinstance(data, dict) or not data.keys() & {"turns", "words", "segments"}:
        raise TranscriptError(
            "has no turns, words or segments; give a transcript written by turnscript, Whisper or WhisperX"
        )
    if "turns" in data:
        return speaker_transcript_of(Transcript.from_json(text))
    segments = data.get("segments", [])
    if "words" in data:  # a flat list of words; its segments are the speaker spans
        words = (_word(row, row) for row in data["words"])
        return SpeakerTranscript(utterances_of(words), _spans(segments or data.get("spans", ())))
    utterances: list[Utterance] = []
    for row in segments:  # Whisper's and WhisperX's
        if row.get("words") and all("start" in word for word in row["words"]):
            utterances.extend(utterances_of(_word(word, row) for word in row["words"]))
        else:
            speaker = str(row.get("speaker", UNNAMED))
            if row["end"] is None:
                raise ValueError(f"{row['text'][:20]!r} has a start or an end, but not both")
            utterances.append(Utterance(speaker, row["text"].strip(), row["start"], row["end"]))
    spans = _spans(segments) if any("speaker" in row for row in segments) else None
    return SpeakerTranscript(tuple(utterances), spans)


def _word(row: Mapping[str, Any], segment: Mapping[str, Any]) -> tuple[str, Word]:
    text = str(row.get("word", row.get("text"))).strip()
    return str(row.get("speaker", segment.get("speaker", UNNAMED))), Word(text, row["start"], row["end"])


def _spans(rows: Iterable[Mapping[str, Any]]) -> tuple[SpeakerSpan, ...]:
    return tuple(SpeakerSpan(row["start"], row["end"], str(row.get("speaker", UNNAMED))) for row in rows)
