"""NIST's formats: speaker times in RTTM, utterances in STM, words in CTM. Fields are separated by blanks.

A line that begins with `;;` is a remark. A file may hold several recordings: the one named like the file is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from transcribe.readers.problems import ReadingError
from transcribe.readers.values import (
    MOST_SECONDS,
    UNNAMED,
    SpeakerTranscript,
    Utterance,
    utterances_of,
    with_spans,
)
from transcribe.transcript import SpeakerSpan, Word

Row = tuple[int, list[str]]  # the number of a line, and its fields

_RTTM_TYPES = {
    *("SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH", "FILLER", "EDIT", "IP", "SU", "CB"),
    *("A/P", "SPEAKER", "SPKR-INFO"),
}
_NO_SPEAKER = ("<na>", "<unknown>", "unknown", "excluded_region", "inter_segment_gap")
_NOT_SCORED = ("ignore_time_segment_in_scoring", "inter_segment_gap")


def read_rttm(text: str, name: str = "") -> SpeakerTranscript:
    """`SPEAKER FILE 1 START DURATION <NA> <NA> NAME …`; lines of NIST's other types hold no speaker times."""
    rows = _rows(text, fewest=2)
    for number, row in rows:
        if row[0] not in _RTTM_TYPES:
            raise ReadingError(f"line {number}: {row[0]!r:.40} is no type of an RTTM line; correct that line")
    own = _of_one_recording([row for row in rows if row[1][0] == "SPEAKER"], at=1, name=name)
    return SpeakerTranscript(None, tuple(_span(number, row) for number, row in own))


def _span(number: int, row: Sequence[str]) -> SpeakerSpan:
    start, end = _interval(number, row, at=3, fewest=8, is_length=True)
    return SpeakerSpan(start, end, _speaker(row[7]))


def read_stm(text: str, name: str = "") -> SpeakerTranscript:
    """`FILE CHANNEL SPEAKER START END [<LABELS>] words`; what is not scored is left out."""
    utterances, unsaid = [], _remarks(text)
    for number, row in _of_one_recording(_rows(text, fewest=5), at=0, name=name):
        start, end = _interval(number, row, at=3, fewest=5)
        words = " ".join(row[6:] if len(row) > 5 and re.fullmatch(r"<[^<>]*>", row[5]) else row[5:])
        if row[2].lower() in _NO_SPEAKER[-2:] or words.lower() in _NOT_SCORED:
            unsaid += [] if words.lower() in _NOT_SCORED else [words]
            continue
        utterances.append(Utterance(_speaker(row[2]), words, start, end))
    return replace(with_spans(utterances), unsaid=" ".join(filter(None, unsaid)))


def read_ctm(text: str, name: str = "") -> SpeakerTranscript:
    """`FILE CHANNEL START DURATION WORD [CONFIDENCE [TYPE [SPEAKER]]]`; words alone."""
    words, unsaid = [], _remarks(text)
    for number, row in _of_one_recording(_rows(text, fewest=5), at=0, name=name):
        start, end = _interval(number, row, at=2, fewest=5, is_length=True)
        if len(row) < 7 or row[6] == "lex":
            words.append((_speaker(row[7]) if len(row) > 7 else UNNAMED, Word(row[4], start, end)))
        else:
            unsaid.append(row[4])
    read = with_spans(utterances_of(sorted(words, key=lambda word: word[1].start)))
    return replace(read, unsaid=" ".join(unsaid))


def _remarks(text: str) -> list[str]:
    """The words behind `;;`, but for the tables of STM's categories."""
    lines = (line.strip()[2:].strip() for line in text.split("\n") if line.strip().startswith(";;"))
    return [line for line in lines if line and not line.startswith(("CATEGORY", "LABEL"))]


def _speaker(field: str) -> str:
    return UNNAMED if field.lower() in _NO_SPEAKER else field


def _rows(text: str, *, fewest: int) -> list[Row]:
    """The lines that are no remarks, as fields."""
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if not fields or fields[0].startswith(";;"):
            continue
        if len(fields) < fewest:
            raise ReadingError(
                f"line {number}: has {len(fields)} fields; at least {fewest} are needed; correct that line"
            )
        rows.append((number, fields))
    return rows


def _of_one_recording(rows: list[Row], *, at: int, name: str) -> list[Row]:
    recordings = {row[at] for _, row in rows}
    if len(recordings) < 2:
        return rows
    if name not in recordings:
        raise ReadingError(f"has {len(recordings)} recordings, none of them {name!r:.60}; give a file with one")
    return [row for row in rows if row[1][at] == name]


def _interval(number: int, row: Sequence[str], *, at: int, fewest: int, is_length: bool = False) -> tuple[float, float]:
    """Start and end; the second field is the end or, if `is_length`, the duration."""
    if len(row) < fewest:
        raise ReadingError(f"line {number}: has {len(row)} fields; at least {fewest} are needed; correct that line")
    try:
        start, second = float(row[at]), float(row[at + 1])
    except ValueError as exc:
        what = f"{row[at]!r:.40} and {row[at + 1]!r:.40} are not times in seconds"
        raise ReadingError(f"line {number}: {what}; correct that line") from exc
    end = start + second if is_length else second
    if start < 0 or (is_length and second < 0):
        raise ReadingError(f"line {number}: start {start} or duration {second} is negative; correct that line")
    if not math.isfinite(end) or not start <= end <= MOST_SECONDS:
        raise ReadingError(f"line {number}: {start} to {end} is not an interval; correct that line")
    return start, end
