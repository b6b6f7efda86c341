"""NIST's formats: speaker times in RTTM, words in STM."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transcribe.readers.problems import LineError
from transcribe.readers.values import SpeakerTranscript, Utterance, spans_of
from transcribe.transcript import SpeakerSpan


def read_rttm(text: str) -> SpeakerTranscript:
    """NIST's `SPEAKER FILE 1 START DURATION <NA> <NA> NAME …`; ignores other types of lines."""
    rows = [row for row in _fields(text) if row[1][0] == "SPEAKER"]
    return SpeakerTranscript(None, tuple(_span(number, row, at=3, speaker=7) for number, row in rows))


def read_stm(text: str) -> SpeakerTranscript:
    """NIST's `FILE CHANNEL SPEAKER START END [<LABELS>] words`; ignores comments, which begin with `;;`."""
    utterances = []
    for number, row in _fields(text):
        if not row[0].startswith(";;"):
            start, end = _numbers(number, row, at=3, fewest=5)
            words = " ".join(row[6:] if len(row) > 5 and re.fullmatch(r"<.*>", row[5]) else row[5:])
            utterances.append(Utterance(row[2], words, start, end))
    return SpeakerTranscript(tuple(utterances), spans_of(utterances))


def _fields(text: str) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _span(number: int, row: list[str], *, at: int, speaker: int) -> SpeakerSpan:
    start, duration = _numbers(number, row, at=at, fewest=speaker + 1)
    if start < 0 or duration < 0:
        raise LineError(f"line {number}: start {start} or duration {duration} is negative")
    return SpeakerSpan(start, start + duration, row[speaker])


def _numbers(number: int, row: list[str], *, at: int, fewest: int) -> tuple[float, float]:
    if len(row) < fewest:
        raise LineError(f"line {number}: has {len(row)} fields; at least {fewest} are needed")
    try:
        return float(row[at]), float(row[at + 1])
    except ValueError as exc:
        raise LineError(f"line {number}: {row[at]!r} and {row[at + 1]!r} are not times in seconds") from exc
