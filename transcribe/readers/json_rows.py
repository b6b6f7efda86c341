"""Rows of a JSON document as utterances: `{"start": 1, "end": 2, "text": "Hi", "speaker": "A"}` and its relatives.

Most tools write such rows under names of their own: Whisper, WhisperX, faster-whisper, NeMo, ElevenLabs, the podcast
namespace, SegLST, AssemblyAI. A number's unit is known by the format or the key, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

from audio.episode import Seconds
from transcribe.readers.json_nodes import Node
from transcribe.readers.json_words import Piece, checked, said, spelt, unwritten
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance, with_spans
from transcribe.transcript import SpeakerSpan

TEXTS = ("punctuated_word", "word", "text", "body", "transcript", "sentence", "segment", "value")
STARTS = ("start", "start_time", "startTime", "begin", "from")
ENDS = ("end", "end_time", "endTime", "to")
SPEAKERS = ("speaker_name", "speakerName", "speaker", "speaker_label", "speaker_id", "speakerId")
_SPACING, _SOUND = "spacing", "audio_event"  # types of ElevenLabs' words
_SECONDS_PER = {"": 1.0, "_ms": 0.001, "Ms": 0.001, "_seconds": 1.0, "_sec": 1.0}


def pieces(rows: Sequence[Node], *, unit: Seconds = 1.0, speaker: str = UNNAMED) -> list[Piece]:
    """A list of words. If one begins with a blank, as Whisper's do, those without are attached to the one before.

    `unit`: the seconds of a number without a unit; `speaker`: of a word that names none.
    """
    words = [piece(row, unit=unit, speaker=speaker) for row in rows]
    blanks = [_text_of(row)[:1].isspace() for row in rows]
    if not any(blanks[1:]):
        return words
    return [*words[:1], *(replace(word, attached=not blank) for word, blank in zip(words[1:], blanks[1:], strict=True))]


def piece(row: Node, *, unit: Seconds = 1.0, speaker: str = UNNAMED) -> Piece:
    """A row as a piece, see `pieces`."""
    named = row.first(*SPEAKERS)
    start, end = interval(row, unit=unit)
    text = " ".join(_text_of(row).split())
    return Piece(text, named.speaker() or speaker, start, end, probability(row))


def _text_of(row: Node) -> str:
    text = "" if row["type"].value == _SPACING else _words_of(row).text()
    return f"[{text.strip()}]" if row["type"].value == _SOUND and text.strip()[:1] not in ("", "[", "(") else text


def _words_of(row: Node) -> Node:
    return row["words"] if isinstance(row["words"].value, str) else row.first(*TEXTS)  # SegLST


def probability(row: Node) -> float:
    """How sure the recogniser was of a word, 0 to 1; 1 if it does not say so in this way."""
    stated = row.first("probability", "score", "confidence")
    with suppress(ReadingError):
        share = stated.decimal()  # AWS writes a text
        return share if share <= 1.0 else 1.0
    return 1.0


def interval(row: Node, *, unit: Seconds = 1.0) -> tuple[Seconds | None, Seconds | None]:
    """Start and end of a row; refuses an end before the start, or without one."""
    start, end = _time(row, STARTS, unit), _time(row, ENDS, unit)
    if end is None and start is not None and (length := row["duration"]).there:
        end = start + length.seconds(unit)
    if start is None and end is not None:
        raise row.first(*STARTS).problem("it is missing, but there is an end")
    return checked(row, start, end)


def _time(row: Node, names: Sequence[str], unit: Seconds) -> Seconds | None:
    keys = row.keys
    for suffix, own in _SECONDS_PER.items():
        for name in names:
            if f"{name}{suffix}" in keys:
                node = row[f"{name}{suffix}"]
                return node.seconds(own if suffix else unit) if not name.endswith("time") else _decimal(node, unit)
    return None


def _decimal(node: Node, unit: Seconds) -> Seconds:
    return node.decimal() if isinstance(node.value, str) else node.seconds(unit)


def transcript_of(rows: Iterable[Node], *, unit: Seconds = 1.0, words_at: str = "words") -> SpeakerTranscript:
    """Rows of text, with words of their own or without; rows with neither are the times of speakers.

    The law of missing ends: where no row has one, rows have a start only, as lines of a text do. Where others have one,
    a row without is refused, as its end would be a guess; but Whisper gives its last segment none (null), and that one
    is a moment.
    """
    utterances: list[Utterance] = []
    spans: list[SpeakerSpan] = []
    has_text = False
    rows = list(rows)
    times = [interval(row, unit=unit) for row in rows]
    has_ends = any(end is not None for _, end in times)
    for row, (start, end) in zip(rows, times, strict=True):
        speaker = row.first(*SPEAKERS).speaker()
        words = pieces(row[words_at].rows(), unit=unit, speaker=speaker) if row[words_at].is_rows else []
        if start is not None and end is None and all(word.start is None for word in words):
            end = end_of_moment(start, row.first(*ENDS), is_last=row is rows[-1], others_have=has_ends)
        if words:
            has_text = True
            known = end is not None or any(word.start is not None for word in words)
            text = text_beside(row)
            own = utterances_of_pieces(spelt(words, text), row, start=start if known else None, end=end)
            utterances += [replace(one, apart=at == 0 and text[:1].isspace()) for at, one in enumerate(own)]
        elif row.first(*TEXTS, "words").there:
            has_text = True
            one = piece(row, unit=unit)
            if one.text:
                utterances.append(Utterance(speaker, one.text, start, end, apart=_text_of(row)[:1].isspace()))
        elif start is not None and end is not None and speaker:
            spans.append(SpeakerSpan(start, end, speaker))
        else:
            raise row.first(*TEXTS).problem("it is missing, and so are words")
    if not has_text and spans:
        return SpeakerTranscript(None, tuple(spans))
    return with_spans(utterances)


def text_beside(row: Node) -> str:
    """The text of a row or document that has words, too; empty without one."""
    node = row.first("text", "transcript", "body", "sentence")
    return node.text() if isinstance(node.value, str) else ""


def end_of_moment(start: Seconds, end: Node, *, is_last: bool, others_have: bool) -> Seconds | None:
    """The end of a row without one: none where no row has one, its start if it is the last one's and null.

    Any other is refused.
    """
    if not others_have:
        return None
    if is_last and end.is_null:
        return start
    raise end.problem("it is missing, and other rows have one; a guess would be scored as speech")


def flat_transcript(rows: Sequence[Node], *, unit: Seconds = 1.0, text: str = "") -> SpeakerTranscript:
    """A flat list of words, each with its times; `text` is that of them all, if the document has it."""
    words = spelt(pieces(rows, unit=unit), text)
    return with_spans(utterances_of_pieces(words, rows[0].parent or rows[0]) if rows else ())


def utterances_of_pieces(
    words: Sequence[Piece], row: Node, *, start: Seconds | None = None, end: Seconds | None = None
) -> list[Utterance]:
    """Words as an utterance for each speaker in turn, within the times of their row; without times if nothing has one.

    A word without times stands between its neighbours.
    """
    given = [time for word in words for time in (word.start, word.end) if time is not None]
    if start is None and not given:
        runs = groupby(words, key=lambda word: word.speaker)
        texts = ((speaker, unwritten(list(run))) for speaker, run in runs)
        return [Utterance(speaker, text) for speaker, text in texts if text]
    first = given[0] if start is None else start
    last = max(given, default=first) if end is None else end
    return said(words, row, start=first, end=max(first, last))
