"""References: how their files are named, and which speaker times belong to which words.

The formats themselves are read in `transcribe.readers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audio.trust import is_there, real_path, step_after
from transcribe.errors import TranscriptError
from transcribe.readers.read import read_transcript
from transcribe.readers.values import SpeakerTranscript

REFERENCE_SUFFIXES = (".ref.md", ".ref.txt", ".rttm")
"""What reference files end in: the first is preferred to the second; the last adds speaker times to either."""


def read_references(paths: Sequence[Path]) -> SpeakerTranscript:
    """The references of a clip as one: the words of one file and the speaker times of another, in any order.

    Raises `TranscriptError`, also if two files have words or two have speaker times only: one would be ignored.
    """
    read = [(path, read_transcript(path)) for path in paths]
    words = [(path, one) for path, one in read if one.utterances is not None]
    times = [(path, one) for path, one in read if one.utterances is None]
    for same, what in ((words, "words"), (times, "speaker times")):
        if len(same) > 1:
            raise TranscriptError(
                f"{same[1][0]}: has {what}, and so has {same[0][0]}; name one of them as the reference"
            )
    if not words:
        return _without_words(times[0][1])
    return with_times(words[0][1], times[0][1]) if times else words[0][1]


def _without_words(times: SpeakerTranscript) -> SpeakerTranscript:
    """Speaker times without any speaker have words too, namely none: nobody speaks."""
    return times if times.spans else replace(times, utterances=())


def read_reference(path: Path) -> SpeakerTranscript:
    """Read `NAME.ref.…` with the speaker times of the `NAME.rttm` next to it, if any. Raises `TranscriptError`."""
    stem = next((path.name.removesuffix(end) for end in REFERENCE_SUFFIXES[:2] if path.name.endswith(end)), None)
    transcript, rttm = read_transcript(path), path.with_name(f"{stem}.rttm")
    if stem and is_there(rttm):
        _check_inside(rttm)
        return with_times(transcript, read_transcript(rttm))
    return transcript if transcript.utterances is not None else _without_words(transcript)


def _check_inside(path: Path) -> None:
    """Raise `TranscriptError` for a file that nobody named and that a link makes another folder's."""
    try:
        real_path(path, inside=path.parent)
    except OSError as exc:
        raise TranscriptError(f"{path}: cannot be read ({exc.strerror}); {step_after(exc, 'remove it')}") from exc


def with_times(transcript: SpeakerTranscript, times: SpeakerTranscript) -> SpeakerTranscript:
    """`transcript` with the spans of `times`; its utterances get times too if the spans match them one to one."""
    spans = tuple(sorted(times.spans or (), key=lambda span: (span.start, span.end)))
    rows = transcript.utterances
    if rows is not None and [row.speaker for row in rows] == [span.speaker for span in spans]:
        rows = tuple(replace(row, start=span.start, end=span.end) for row, span in zip(rows, spans, strict=True))
    return replace(transcript, utterances=rows, spans=spans)
