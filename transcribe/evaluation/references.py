"""References: how their files are named, and which speaker times belong to which words.

The formats themselves are read in `transcribe.readers`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from transcribe.readers.read import read_transcript
from transcribe.readers.values import SpeakerTranscript

REFERENCE_SUFFIXES = (".ref.md", ".ref.txt", ".rttm")
"""What reference files end in: the first is preferred to the second; the last adds speaker times to either."""


def read_reference(path: Path) -> SpeakerTranscript:
    """Read `NAME.ref.…` with the speaker times of the `NAME.rttm` next to it, if any. Raises `TranscriptError`."""
    stem = next((path.name.removesuffix(end) for end in REFERENCE_SUFFIXES[:2] if path.name.endswith(end)), None)
    transcript, rttm = read_transcript(path), path.with_name(f"{stem}.rttm")
    return with_times(transcript, read_transcript(rttm)) if stem and rttm.is_file() else transcript


def with_times(transcript: SpeakerTranscript, times: SpeakerTranscript) -> SpeakerTranscript:
    """`transcript` with the spans of `times`; its utterances get times too if the spans match them one to one."""
    spans = tuple(sorted(times.spans or (), key=lambda span: (span.start, span.end)))
    rows = transcript.utterances
    if rows is not None and [row.speaker for row in rows] == [span.speaker for span in spans]:
        rows = tuple(replace(row, start=span.start, end=span.end) for row, span in zip(rows, spans, strict=True))
    return replace(transcript, utterances=rows, spans=spans)
