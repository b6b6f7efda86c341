"""Captions: WebVTT with voice tags, and SubRip.

A cue is at most two lines of 42 columns and 7 seconds, broken where a clause ends, and stands until it can be read at
20 characters a second where the pause after it allows (the limits of Netflix's Timed Text Style Guide for English).
A single word wider or longer than that has a cue of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audio.episode import Seconds
    from transcribe.transcript import Transcript, Word

LINE_COLUMNS = 42
CUE_SECONDS = 7.0
CHARACTERS_PER_SECOND = 20.0
LONGEST_PAUSE = 1.5  # seconds of silence inside a cue
SHORTEST_CUE = 0.1  # seconds; WebVTT wants an end after the start

_SENTENCE_END = re.compile(r"[.?!…][\"'”’)\]]*$")
_CLAUSE_END = re.compile(r"(?:[,;:][\"'”’)\]]*|[-–—])$")


@dataclass(frozen=True, slots=True)
class Cue:
    """One or two lines and when they are shown. `opens_turn`: the speaker starts with this cue."""

    start: Seconds
    end: Seconds
    speaker: str  # the full name
    lines: tuple[str, ...]
    opens_turn: bool


def vtt(transcript: Transcript) -> str:
    """The transcript as WebVTT (W3C, 2019-04-04), each cue in its speaker's voice tag."""
    blocks = ["WEBVTT"]
    for cue in _in_time(cue for turn in _turns(transcript, prefixed=False) for cue in turn):
        text = _escaped("\n".join(cue.lines))
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n<v {_escaped(cue.speaker)}>{text}")
    return "\n\n".join(blocks) + "\n"


def srt(transcript: Transcript) -> str:
    """The transcript as SubRip; a turn's first cue begins with the speaker's label and a colon."""
    cues = _in_time(cue for turn in _turns(transcript, prefixed=True) for cue in turn)
    return "\n".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        + "\n".join(cue.lines).replace("-->", "->")
        + "\n"
        for number, cue in enumerate(cues, start=1)
    )


def cues_of(transcript: Transcript) -> list[Cue]:
    """The cues in the order of time, without labels in their text."""
    return _in_time(cue for turn in _turns(transcript, prefixed=False) for cue in turn)


def _turns(transcript: Transcript, *, prefixed: bool) -> Iterable[list[Cue]]:
    from output.labels import labels_of

    names = {speaker.id: _clean(speaker.name) for speaker in transcript.speakers}
    labels = labels_of(transcript.speakers, "name")
    for turn in transcript.turns:
        prefix = f"{_clean(labels[turn.speaker].first)}:" if prefixed else ""
        yield _cues(turn.words, names[turn.speaker], prefix)


def _cues(words: Sequence[Word], speaker: str, prefix: str) -> list[Cue]:
    cues: list[Cue] = []
    position = 0
    while position < len(words):
        opening = [prefix] if prefix and not cues else []
        count = _taken(words[position:], opening)
        part = words[position : position + count]
        end = min(max(word.end for word in part), part[0].start + CUE_SECONDS)
        texts = [text for text in (*opening, *(_clean(word.text) for word in part)) if text]
        if texts:
            cues.append(Cue(part[0].start, end, speaker, _lines(texts), opens_turn=not cues))
        position += count
    return cues


def _taken(words: Sequence[Word], opening: Sequence[str]) -> int:
    """How many of the words the next cue takes: as many as fit, back to the last good place to break."""
    texts = list(opening)
    most = 0
    for i, word in enumerate(words):
        texts.append(_clean(word.text))
        paused = i > 0 and word.start - words[i - 1].end > LONGEST_PAUSE
        if i > 0 and (paused or word.end - words[0].start > CUE_SECONDS or not _fits(texts)):
            break
        most = i + 1
    if most == len(words) or most == 1 or words[most].start - words[most - 1].end > LONGEST_PAUSE:
        return most
    return max(range((most + 1) // 2, most + 1), key=lambda count: _break_worth(words[count - 1]) + count / most)


def _break_worth(word: Word) -> float:
    if _SENTENCE_END.search(word.text):
        return 2.0
    return 1.0 if _CLAUSE_END.search(word.text) else 0.0


def _fits(texts: Sequence[str]) -> bool:
    return max(map(len, _lines(texts))) <= LINE_COLUMNS


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    """The words on one line, or on two as even as they go, the second the longer."""
    whole = " ".join(texts)
    if len(whole) <= LINE_COLUMNS or len(texts) == 1:
        return (whole,)
    splits = [(" ".join(texts[:i]), " ".join(texts[i:])) for i in range(1, len(texts))]

    def badness(split: tuple[str, str]) -> tuple[bool, int]:
        upper, lower = split
        overlong = max(len(upper), len(lower)) > LINE_COLUMNS
        clause = 8 if re.search(r"[.?!,;:…]$", upper) else 0
        return overlong, abs(len(lower) - len(upper)) - clause

    return min(splits, key=badness)


def _in_time(cues: Iterable[Cue]) -> list[Cue]:
    """The cues by start, each shown long enough to be read where the next one leaves time for it."""
    ordered = sorted(cues, key=lambda cue: (cue.start, cue.end))
    result = []
    for i, cue in enumerate(ordered):
        wanted = cue.start + min(CUE_SECONDS, sum(map(len, cue.lines)) / CHARACTERS_PER_SECOND)
        room = ordered[i + 1].start if i + 1 < len(ordered) else wanted
        end = max(cue.end, min(wanted, room), cue.start + SHORTEST_CUE)
        result.append(replace(cue, end=round(end, 3)))
    return result


def _clock(seconds: Seconds, point: str) -> str:
    """
    >>> _clock(3723.5, ".")
    '01:02:03.500'
    """
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _clean(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
