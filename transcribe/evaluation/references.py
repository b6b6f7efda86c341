"""References and hypotheses in many formats as one value, the `SpeakerTranscript`.

Reads published or corrected Markdown drafts, `Speaker: text` lines, JSON (ours, Whisper's, and a flat list of words),
WebVTT, SubRip, RTTM and STM. Does not score, and does not normalise: the text is that of the file.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from audio.episode import Seconds
from transcribe.errors import TranscriptError
from transcribe.transcript import SpeakerSpan, Transcript, Word, has_end_mark

PAUSE = 0.5  # seconds; a longer pause ends a sentence

UNNAMED = "S"
"""The speaker of a text that names no speakers."""

REFERENCE_SUFFIXES = (".ref.md", ".ref.txt", ".rttm")
"""What reference files end in: the first is preferred to the second; the last adds speaker times to either."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Consecutive words of one speaker. Has times if the source does, and `words` if the source times each word."""

    speaker: str
    text: str
    start: Seconds | None = None
    end: Seconds | None = None
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError(f"{self.text[:20]!r} has a start or an end, but not both")

    def time_at(self, fraction: float) -> Seconds | None:
        """The approximate time at a fraction (0 ≤ fraction < 1) of its words; None without times."""
        if self.words:
            return self.words[int(fraction * len(self.words))].start
        if self.start is None or self.end is None:
            return None
        return round(self.start + fraction * (self.end - self.start), 2)

    def sentences(self) -> tuple[Utterance, ...]:
        """Its sentences, split at pauses and full stops; without word times, the utterance itself."""
        parts: list[Utterance] = []
        first = 0
        for at, (word, after) in enumerate(pairwise(self.words), 1):
            if after.start - word.end > PAUSE or has_end_mark(word.text):
                parts.append(_utterance(self.speaker, self.words[first:at]))
                first = at
        return (*parts, _utterance(self.speaker, self.words[first:])) if self.words else (self,)


@dataclass(frozen=True, slots=True)
class SpeakerTranscript:
    """Who spoke which words when. `utterances` or `spans` is None if the source has no such data, empty if no speech.

    Speakers are keys; `names` has the names of speakers whose key is not their name.
    """

    utterances: tuple[Utterance, ...] | None = None
    spans: tuple[SpeakerSpan, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_times(self) -> bool:
        """Whether every utterance has times."""
        return bool(self.utterances) and all(one.start is not None for one in self.utterances or ())

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers in order: those with words, or, without words, those with spans."""
        with_words = dict.fromkeys(utterance.speaker for utterance in self.utterances or ())
        return tuple(with_words or dict.fromkeys(span.speaker for span in self.spans or ()))

    @property
    def word_spans(self) -> tuple[SpeakerSpan, ...]:
        """When words are spoken: a span per word or, without word times, per utterance; without times, at 0."""
        return tuple(
            SpeakerSpan(timed.start or 0.0, timed.end or 0.0, utterance.speaker)
            for utterance in self.utterances or ()
            for timed in utterance.words or ([utterance] if utterance.text else [])
        )

    def name(self, speaker: str) -> str:
        """The name of a speaker."""
        return self.names.get(speaker, speaker)


def read_transcript(path: Path) -> SpeakerTranscript:
    """Read a file in the format of its suffix. Raises `TranscriptError`, which names the file and the line."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TranscriptError(f"{path}: cannot score this format; give one of {', '.join(sorted(_READERS))}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise TranscriptError(f"{path}: is not UTF-8 text; save it as UTF-8") from exc
    except OSError as exc:
        raise TranscriptError(f"{path}: cannot be read ({exc.strerror}); check its name and permissions") from exc
    try:
        return reader(text)
    except TranscriptError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc
    except _LineError as exc:
        raise TranscriptError(f"{path}: {exc}; correct that line") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise TranscriptError(f"{path}: does not have the format of its suffix ({exc!r}); create it again") from exc


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


def speaker_transcript_of(transcript: Transcript) -> SpeakerTranscript:
    """The words and speakers of a timed transcript. Without diarization, its turns serve as spans."""
    words = [(turn.speaker, word) for turn in transcript.turns for word in turn.words]
    turns = tuple(SpeakerSpan(turn.start, turn.end, turn.speaker) for turn in transcript.turns)
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    return SpeakerTranscript(_utterances_of(words), transcript.spans or turns, names)


class _LineError(Exception):
    """A line that cannot be read; the message quotes it or gives its number."""


def _markdown(text: str) -> SpeakerTranscript:
    from output.parse import parse

    turns = parse(text).turns
    if not turns:
        raise _LineError("no line begins with a speaker in bold such as **Rich**:")
    return SpeakerTranscript(tuple(Utterance(turn.speaker, turn.spoken) for turn in turns))


def _lines(text: str) -> SpeakerTranscript:
    """`Speaker: text` lines; a line without a speaker continues the line before. Drops remarks in brackets."""
    rows: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := re.match(r"([^:]{1,40}):\s*(.*)", line):
            rows.append((match[1].strip(), match[2]))
        elif rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line}")
        else:
            rows.append((UNNAMED, line))
    remark = r"\[[^\]]*\]|\([^)]*\)"
    return SpeakerTranscript(tuple(Utterance(speaker, re.sub(remark, "", words)) for speaker, words in rows))


def _json(text: str) -> SpeakerTranscript:
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
        return SpeakerTranscript(_utterances_of(words), _spans(segments or data.get("spans", ())))
    utterances: list[Utterance] = []
    for row in segments:  # Whisper's and WhisperX's
        if row.get("words") and all("start" in word for word in row["words"]):
            utterances.extend(_utterances_of(_word(word, row) for word in row["words"]))
        else:
            speaker = str(row.get("speaker", UNNAMED))
            utterances.append(Utterance(speaker, row["text"].strip(), row["start"], row["end"]))
    spans = _spans(segments) if any("speaker" in row for row in segments) else None
    return SpeakerTranscript(tuple(utterances), spans)


def _word(row: Mapping[str, Any], segment: Mapping[str, Any]) -> tuple[str, Word]:
    text = str(row.get("word", row.get("text"))).strip()
    return str(row.get("speaker", segment.get("speaker", UNNAMED))), Word(text, row["start"], row["end"])


def _spans(rows: Iterable[Mapping[str, Any]]) -> tuple[SpeakerSpan, ...]:
    return tuple(SpeakerSpan(row["start"], row["end"], str(row.get("speaker", UNNAMED))) for row in rows)


def _utterances_of(words: Iterable[tuple[str, Word]]) -> tuple[Utterance, ...]:
    """An utterance for each run of words of one speaker."""
    runs: list[tuple[str, list[Word]]] = []
    for speaker, word in words:
        if not runs or runs[-1][0] != speaker:
            runs.append((speaker, []))
        runs[-1][1].append(word)
    return tuple(_utterance(speaker, tuple(run)) for speaker, run in runs)


def _utterance(speaker: str, words: tuple[Word, ...]) -> Utterance:
    return Utterance(speaker, " ".join(w.text for w in words), words[0].start, max(w.end for w in words), words)


def _captions(text: str) -> SpeakerTranscript:
    """WebVTT or SubRip. A cue's speaker is its voice tag, its leading `Label:`, or the previous cue's speaker."""
    utterances: list[Utterance] = []
    has_speakers, speaker = False, UNNAMED
    for start, end, body in _cues(text):
        voice = re.match(r"<v(?:\.[^ >]*)?\s+([^>]+)>", body)
        label = re.match(r"([^\W\d_][^:<>\n]{0,39}):\s", body)
        if match := voice or label:
            has_speakers, speaker, body = True, html.unescape(match[1]).strip(), body[match.end() :]
        words = " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())
        utterances.append(Utterance(speaker, words, start, end))
    spans = _spans_of(utterances)
    return SpeakerTranscript(tuple(utterances), spans if has_speakers else None)


def _spans_of(utterances: Iterable[Utterance]) -> tuple[SpeakerSpan, ...]:
    return tuple(SpeakerSpan(one.start or 0.0, one.end or 0.0, one.speaker) for one in utterances)


_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{2}[.,]\d{1,3})"


def _cues(text: str) -> Iterator[tuple[Seconds, Seconds, str]]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        timing = re.search(rf"^{_CLOCK}\s+-->\s+{_CLOCK}[^\n]*\n?", block, re.MULTILINE)
        if timing:
            yield _seconds(*timing.groups()[:3]), _seconds(*timing.groups()[3:]), block[timing.end() :]
        elif "-->" in block:
            raise _LineError(f"these are not the times of a caption: {block.strip().splitlines()[0][:60]!r}")


def _seconds(hours: str | None, minutes: str, seconds: str) -> Seconds:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def _rttm(text: str) -> SpeakerTranscript:
    """NIST's `SPEAKER FILE 1 START DURATION <NA> <NA> NAME …`; ignores other types of lines."""
    rows = [row for row in _fields(text) if row[1][0] == "SPEAKER"]
    return SpeakerTranscript(None, tuple(_span(number, row, at=3, speaker=7) for number, row in rows))


def _stm(text: str) -> SpeakerTranscript:
    """NIST's `FILE CHANNEL SPEAKER START END [<LABELS>] words`; ignores comments, which begin with `;;`."""
    utterances = []
    for number, row in _fields(text):
        if not row[0].startswith(";;"):
            start, end = _numbers(number, row, at=3, fewest=5)
            words = " ".join(row[6:] if len(row) > 5 and re.fullmatch(r"<.*>", row[5]) else row[5:])
            utterances.append(Utterance(row[2], words, start, end))
    return SpeakerTranscript(tuple(utterances), _spans_of(utterances))


def _fields(text: str) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _span(number: int, row: list[str], *, at: int, speaker: int) -> SpeakerSpan:
    start, duration = _numbers(number, row, at=at, fewest=speaker + 1)
    if start < 0 or duration < 0:
        raise _LineError(f"line {number}: start {start} or duration {duration} is negative")
    return SpeakerSpan(start, start + duration, row[speaker])


def _numbers(number: int, row: list[str], *, at: int, fewest: int) -> tuple[float, float]:
    if len(row) < fewest:
        raise _LineError(f"line {number}: has {len(row)} fields; at least {fewest} are needed")
    try:
        return float(row[at]), float(row[at + 1])
    except ValueError as exc:
        raise _LineError(f"line {number}: {row[at]!r} and {row[at + 1]!r} are not times in seconds") from exc


_READERS: Mapping[str, Callable[[str], SpeakerTranscript]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _lines,
    ".json": _json,
    ".vtt": _captions,
    ".srt": _captions,
    ".rttm": _rttm,
    ".stm": _stm,
}
