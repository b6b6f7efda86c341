"""What somebody says was said: references and hypotheses of many forms as one value, the `Account`.

Read are published or corrected Markdown drafts, `Speaker: text` lines, JSON (ours, whisper's, and a flat list of
words), WebVTT, SubRip, RTTM and STM. Nothing is scored here, and nothing is normalised: text comes as it stands.
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
from transcribe.transcript import SpeakerSpan, Transcript, Word

PAUSE = 0.5  # seconds; longer ones end a sentence

NOBODY = "S"
"""Who speaks where a text names no speakers."""

REFERENCE_SUFFIXES = (".ref.md", ".ref.txt", ".rttm")
"""How references beside a recording are called, the first the best; the last adds times to the other two."""


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of one speaker's words. Times where the source has them; `words` where it has them for each."""

    speaker: str
    text: str
    start: Seconds | None = None
    end: Seconds | None = None
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError(f"{self.text[:20]!r} has a start or an end, but not both")

    def moment(self, part: float) -> Seconds | None:
        """About when so much of it (0 up to, not including, 1) has been said; None where there are no times."""
        if self.words:
            return self.words[int(part * len(self.words))].start
        if self.start is None or self.end is None:
            return None
        return round(self.start + part * (self.end - self.start), 2)

    def sentences(self) -> tuple[Said, ...]:
        """A stretch of timed words as several, ended by pauses and full stops; another one as it is."""
        parts: list[Said] = []
        first = 0
        for at, (word, after) in enumerate(pairwise(self.words), 1):
            if after.start - word.end > PAUSE or re.search(r"[.?!…][\"'”’)]*$", word.text):
                parts.append(_run(self.speaker, self.words[first:at]))
                first = at
        return (*parts, _run(self.speaker, self.words[first:])) if self.words else (self,)


@dataclass(frozen=True, slots=True)
class Account:
    """Who said what, and when. `said` or `spans` is None where the source does not tell of it, empty where nothing was.

    Speakers are keys; `names` says what those are called whose key is not their name.
    """

    said: tuple[Said, ...] | None = None
    spans: tuple[SpeakerSpan, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def timed(self) -> bool:
        """Whether every stretch has its times."""
        return bool(self.said) and all(said.start is not None for said in self.said or ())

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in order: those with words, or with spans where there are no words."""
        people: Iterable[str] = (said.speaker for said in self.said or ())
        return tuple(dict.fromkeys(people)) or tuple(dict.fromkeys(span.speaker for span in self.spans or ()))

    @property
    def heard(self) -> tuple[SpeakerSpan, ...]:
        """When words are said, as finely as the source tells; a stretch without times lies at 0."""
        return tuple(
            SpeakerSpan(one.start or 0.0, one.end or 0.0, said.speaker)
            for said in self.said or ()
            for one in said.words or ([said] if said.text else [])
        )

    def name(self, speaker: str) -> str:
        """What a speaker is called."""
        return self.names.get(speaker, speaker)


def read_account(path: Path) -> Account:
    """The account in a file, by its suffix. Raises `TranscriptError`, which names the file and the line."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TranscriptError(f"{path}: of no kind that can be scored; give one of {', '.join(sorted(_READERS))}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise TranscriptError(f"{path}: is not UTF-8 text; save it as such") from exc
    except OSError as exc:
        raise TranscriptError(f"{path}: cannot be read ({exc.strerror}); check the name") from exc
    try:
        return reader(text)
    except TranscriptError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc
    except _LineError as exc:
        raise TranscriptError(f"{path}: {exc}; mend that line") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise TranscriptError(f"{path}: is not what its suffix says ({exc!r}); make it again") from exc


def read_reference(path: Path) -> Account:
    """The account in `path`, with the speaker times of `NAME.rttm` beside `NAME.ref.…`. Raises `TranscriptError`."""
    stem = next((path.name.removesuffix(end) for end in REFERENCE_SUFFIXES[:2] if path.name.endswith(end)), None)
    account, beside = read_account(path), path.with_name(f"{stem}.rttm")
    return with_times(account, read_account(beside)) if stem and beside.is_file() else account


def with_times(account: Account, times: Account) -> Account:
    """`account` with the spans of `times`; its stretches get times too where the spans match them one to one."""
    spans = tuple(sorted(times.spans or (), key=lambda span: (span.start, span.end)))
    said = account.said
    if said is not None and [one.speaker for one in said] == [span.speaker for span in spans]:
        said = tuple(replace(one, start=span.start, end=span.end) for one, span in zip(said, spans, strict=True))
    return replace(account, said=said, spans=spans)


def account_of(transcript: Transcript) -> Account:
    """What a timed transcript says. Where nothing was diarized, its turns stand for the spans."""
    words = [(turn.speaker, word) for turn in transcript.turns for word in turn.words]
    turns = tuple(SpeakerSpan(turn.start, turn.end, turn.speaker) for turn in transcript.turns)
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    return Account(_joined(words), transcript.spans or turns, names)


class _LineError(Exception):
    """A line that cannot be read; the message names it."""


def _markdown(text: str) -> Account:
    from output.parse import parse

    turns = parse(text).turns
    if not turns:
        raise _LineError("no line begins with a speaker in bold such as **Rich**:")
    return Account(tuple(Said(turn.speaker, turn.spoken) for turn in turns))


def _lines(text: str) -> Account:
    """`Speaker: text` lines; a line without one goes on with the line before. Remarks in brackets are no speech."""
    said: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := re.match(r"([^:]{1,40}):\s*(.*)", line):
            said.append((match[1].strip(), match[2]))
        elif said:
            said[-1] = (said[-1][0], f"{said[-1][1]} {line}")
        else:
            said.append((NOBODY, line))
    return Account(tuple(Said(speaker, re.sub(r"\[[^\]]*\]|\([^)]*\)", "", words)) for speaker, words in said))


def _json(text: str) -> Account:
    data = json.loads(text)
    if not isinstance(data, dict) or not data.keys() & {"turns", "words", "segments"}:
        raise TranscriptError("holds no turns, words or segments; give a transcript of ours, whisper's or whisperX's")
    if "turns" in data:
        return account_of(Transcript.from_json(text))
    segments = data.get("segments", [])
    if "words" in data:  # a flat list, its segments saying who is heard when
        return Account(_joined(_word(row, row) for row in data["words"]), _spans(segments or data.get("spans", ())))
    said: list[Said] = []
    for row in segments:  # whisper's and whisperX's
        if row.get("words") and all("start" in word for word in row["words"]):
            said.extend(_joined(_word(word, row) for word in row["words"]))
        else:
            said.append(Said(str(row.get("speaker", NOBODY)), row["text"].strip(), row["start"], row["end"]))
    return Account(tuple(said), _spans(segments) if any("speaker" in row for row in segments) else None)


def _word(row: Mapping[str, Any], owner: Mapping[str, Any]) -> tuple[str, Word]:
    text = str(row.get("word", row.get("text"))).strip()
    return str(row.get("speaker", owner.get("speaker", NOBODY))), Word(text, row["start"], row["end"])


def _spans(rows: Iterable[Mapping[str, Any]]) -> tuple[SpeakerSpan, ...]:
    return tuple(SpeakerSpan(row["start"], row["end"], str(row.get("speaker", NOBODY))) for row in rows)


def _joined(words: Iterable[tuple[str, Word]]) -> tuple[Said, ...]:
    """Words one by one as stretches, one for each run of a speaker's."""
    runs: list[tuple[str, list[Word]]] = []
    for speaker, word in words:
        if not runs or runs[-1][0] != speaker:
            runs.append((speaker, []))
        runs[-1][1].append(word)
    return tuple(_run(speaker, tuple(run)) for speaker, run in runs)


def _run(speaker: str, words: tuple[Word, ...]) -> Said:
    return Said(speaker, " ".join(w.text for w in words), words[0].start, max(w.end for w in words), words)


def _captions(text: str) -> Account:
    """WebVTT or SubRip. A cue's speaker is its voice tag, or a `Label:` before its words, or whoever spoke before."""
    said: list[Said] = []
    named, speaker = False, NOBODY
    for start, end, body in _cues(text):
        voice = re.match(r"<v(?:\.[^ >]*)?\s+([^>]+)>", body)
        label = re.match(r"([^\W\d_][^:<>\n]{0,39}):\s", body)
        if found := voice or label:
            named, speaker, body = True, html.unescape(found[1]).strip(), body[found.end() :]
        words = " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())
        said.append(Said(speaker, words, start, end))
    spans = tuple(SpeakerSpan(one.start or 0.0, one.end or 0.0, one.speaker) for one in said)
    return Account(tuple(said), spans if named else None)


_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{2}[.,]\d{1,3})"


def _cues(text: str) -> Iterator[tuple[Seconds, Seconds, str]]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        timing = re.search(rf"^{_CLOCK}\s+-->\s+{_CLOCK}[^\n]*\n?", block, re.MULTILINE)
        if timing:
            yield _seconds(*timing.groups()[:3]), _seconds(*timing.groups()[3:]), block[timing.end() :]
        elif "-->" in block:
            raise _LineError(f"not the times of a caption: {block.strip().splitlines()[0][:60]!r}")


def _seconds(hours: str | None, minutes: str, seconds: str) -> Seconds:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def _rttm(text: str) -> Account:
    """NIST's `SPEAKER FILE 1 START DURATION <NA> <NA> NAME …`; other kinds of lines are passed over."""
    rows = [row for row in _fields(text) if row[1][0] == "SPEAKER"]
    return Account(None, tuple(_span(number, row, at=3, speaker=7) for number, row in rows))


def _stm(text: str) -> Account:
    """NIST's `FILE CHANNEL SPEAKER START END [<LABELS>] words`; lines that begin with `;;` are remarks."""
    said = []
    for number, row in _fields(text):
        if not row[0].startswith(";;"):
            start, end = _numbers(number, row, at=3, least=5)
            words = " ".join(row[6:] if len(row) > 5 and re.fullmatch(r"<.*>", row[5]) else row[5:])
            said.append(Said(row[2], words, start, end))
    return Account(tuple(said), tuple(SpeakerSpan(one.start or 0.0, one.end or 0.0, one.speaker) for one in said))


def _fields(text: str) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _span(number: int, row: list[str], *, at: int, speaker: int) -> SpeakerSpan:
    start, duration = _numbers(number, row, at=at, least=speaker + 1)
    if start < 0 or duration < 0:
        raise _LineError(f"line {number}: {start} and {duration} are no stretch of time")
    return SpeakerSpan(start, start + duration, row[speaker])


def _numbers(number: int, row: list[str], *, at: int, least: int) -> tuple[float, float]:
    if len(row) < least:
        raise _LineError(f"line {number}: {len(row)} fields where {least} or more belong")
    try:
        return float(row[at]), float(row[at + 1])
    except ValueError as exc:
        raise _LineError(f"line {number}: {row[at]!r} and {row[at + 1]!r} are not times in seconds") from exc


_READERS: Mapping[str, Callable[[str], Account]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _lines,
    ".json": _json,
    ".vtt": _captions,
    ".srt": _captions,
    ".rttm": _rttm,
    ".stm": _stm,
}
