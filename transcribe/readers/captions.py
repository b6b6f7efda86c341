"""WebVTT and SubRip captions as utterances: who speaks, and each word once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from audio.episode import Seconds
from transcribe.readers.clocks import CLOCK, clock_seconds
from transcribe.readers.cues import Cue, cues_of
from transcribe.readers.labels import LABEL, bracketed, looks_like_name, people_among
from transcribe.readers.rolling import Shown, repeated_words
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance, utterance_of, with_spans
from transcribe.scripts import goes_on, is_unspaced
from transcribe.transcript import Word

_TAG = re.compile(r"(<[^<>]*>)")  # a `<` ends the search, so it is linear
_VOICE = re.compile(r"<v(?:\.[^\s<>]*+)?\s++([^<>]*+)>")
_TIME = re.compile(rf"<({CLOCK})>")
_OTHER_TAG = re.compile(r"</?(?:[biucs]|v|lang|ruby|rt|em|strong|font|span|a)\b[^<>]*>|</>", re.IGNORECASE)
_BREAK_TAG = re.compile(r"</?(?:br|p|div)\b[^<>]*>", re.IGNORECASE)
_POSITION = re.compile(r"\{\\[^{}]*\}")  # of SubRip: `{\an8}`
_ENTITY = re.compile(r"&#[0-9a-fA-FxX]{9,}")  # no character has so large a number
_DASH = re.compile(r"[-–—‐]\s*(?=\S)")
_WORD_OR_TIME = re.compile(r"\0(?P<time>[^\0]*)\0|(?P<word>[^\s\0]+)|\s+")
_CHEVRONS = re.compile(r">{2,3}\s*")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A word, with the time before it where a tag gives one. `attached`: no blank is before it."""

    text: str
    time: Seconds | None = None
    attached: bool = False


@dataclass(frozen=True, slots=True)
class _Said:
    """Words of a line. `speaker` None: whoever spoke before."""

    speaker: str | None
    words: tuple[_Shown, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of one line before its labels are known: the text between two voice tags or chevrons."""

    voice: str | None
    text: str  # with the times as tags


def read_captions(text: str) -> SpeakerTranscript:
    """A cue's speaker is its voice tag, its `Label:` or `[Label]`, or that of the cue before.

    A dash or `>>` without a name is a change to somebody it does not name.
    """
    cues, remarks = cues_of(text)
    parts = [[_parts(line) for line in cue.lines] for cue in cues]
    if _names_alone(parts):  # as good as voice tags
        parts = [[[_Part(name.text, "")], *lines] for (name,), *lines in parts]
    people = _people(parts)
    said = [[one for line in lines for one in _said_in(line, people)] for lines in parts]
    shown = [_shown(cue, lines, people) for cue, lines in zip(cues, parts, strict=True)]
    utterances: list[Utterance] = []
    speaker = UNNAMED
    seen: set[tuple[object, ...]] = set()
    for cue, own, skip in zip(cues, said, repeated_words(shown), strict=True):
        key = (cue.start, cue.end, tuple(own))
        runs, speaker = _runs(own, skip, speaker)
        if key not in seen:
            utterances += _utterances(cue, runs)
        seen.add(key)
    return replace(with_spans(utterances), unsaid=remarks)


def _parts(line: str) -> list[_Part]:
    """A line without its formatting, cut where another voice begins."""
    parts: list[tuple[str | None, list[str]]] = [(None, [])]
    for piece in _TAG.split(_POSITION.sub("", line)):
        if match := _VOICE.fullmatch(piece):
            parts.append((" ".join(_plain(match[1]).split()), []))
        elif _TIME.fullmatch(piece):
            is_label = parts[-1][1][-1:] and parts[-1][1][-1].endswith((":", "："))
            parts[-1][1].append(f"{' ' * bool(is_label)}\0{piece[1:-1]}\0")
        elif _BREAK_TAG.fullmatch(piece):
            parts[-1][1].append(" ")
        elif not _OTHER_TAG.fullmatch(piece):  # an unknown one is text: `<unclear>`
            parts[-1][1].append(_plain(piece.replace("\0", " ")))
    found: list[_Part] = []
    for voice, pieces in parts:
        text = "".join(pieces)
        before, *others = _CHEVRONS.split(text)
        if voice is not None or before.strip():
            found.append(_Part(voice, before.strip()))
        found += [_Part(UNNAMED, other.strip()) for other in others]
    return found


def _plain(text: str) -> str:
    return html.unescape(_ENTITY.sub("\ufffd", text))


def _label(text: str) -> tuple[str, str] | None:
    """The label at the start of a text, and what follows it; a dash before it is left out."""
    text = _DASH.sub("", text, count=1) if _DASH.match(text) else text
    if match := LABEL.match(text):
        return match[1].strip(), text[match.end() :]
    return bracketed(text)


def _people(cues: Sequence[Sequence[Sequence[_Part]]]) -> frozenset[str]:
    heads: list[str | None] = []
    for lines in cues:
        labels = [found[0] for line in lines for part in line if not part.voice and (found := _label(part.text))]
        heads += labels or [None]
    return people_among(heads)


def _said_in(line: Sequence[_Part], people: frozenset[str]) -> Iterable[_Said]:
    for part in line:
        speaker, text = part.voice, part.text
        if not speaker and (found := _label(text)) and found[0] in people:
            speaker, text = found
        elif speaker is None and (dash := _DASH.match(text)):
            speaker, text = UNNAMED, text[dash.end() :]
        yield _Said(speaker, tuple(_words(text)))


def _words(text: str) -> Iterable[_Shown]:
    """The words of a line. A time inside of a word, in a script that has blanks, does not divide it."""
    time: Seconds | None = None
    parts: list[str] = []  # of one word
    first = _Shown("")
    is_attached = False
    for match in _WORD_OR_TIME.finditer(text):
        word = match["word"]
        if match["time"] is not None:
            time = clock_seconds(match["time"])
        elif word is None:
            is_attached = False
        elif parts and is_attached and not (is_unspaced(parts[-1][-1]) or is_unspaced(word[0])):
            parts.append(word)
            time = None
        else:
            if parts:
                yield replace(first, text="".join(parts))
            parts, first = [word], _Shown("", time, is_attached)
            time, is_attached = None, True
    if parts:
        yield replace(first, text="".join(parts))


def _shown(cue: Cue, lines: Sequence[Sequence[_Part]], people: frozenset[str]) -> Shown:
    said = [[word for one in _said_in(line, people) for word in one.words] for line in lines]
    lines_said = [line for line in said if line]
    timed = [any(word.time is not None for word in line) for line in lines_said]
    texts = tuple(tuple(word.text for word in line) for line in lines_said)
    return Shown(cue.start, cue.end, texts, timed.index(True) if any(timed) else None)


def _names_alone(cues: Sequence[Sequence[Sequence[_Part]]]) -> bool:
    """Whether each cue's first line is a name, and the words follow on the next (old Teams transcripts)."""
    firsts = [lines[0][0].text for lines in cues if len(lines) > 1 and len(lines[0]) == 1 and not lines[0][0].voice]
    if len(cues) < 2 or len(firsts) < len(cues) or 2 * len(set(firsts)) > len(firsts):
        return False
    return all(looks_like_name(name) and len(name) <= 40 and name[-1:].isalnum() for name in firsts)


def _runs(said: Sequence[_Said], skip: int, speaker: str) -> tuple[list[tuple[str, list[_Shown]]], str]:
    """The words after the first `skip`, by speaker, and who spoke last."""
    runs: list[tuple[str, list[_Shown]]] = []
    for one in said:
        speaker = speaker if one.speaker is None else one.speaker
        words = one.words[skip:]
        skip = max(0, skip - len(one.words))
        if words and runs and runs[-1][0] == speaker:
            more = goes_on(runs[-1][1][-1].text, words[0].text)  # from line to line
            runs[-1][1].extend((replace(words[0], attached=more), *words[1:]))
        elif words:
            runs.append((speaker, [replace(words[0], attached=False), *words[1:]]))
    return runs, speaker


def _utterances(cue: Cue, runs: Sequence[tuple[str, list[_Shown]]]) -> Iterable[Utterance]:
    """A cue's words by speaker; each speaker's share of its time is that of their words."""
    total = sum(len(words) for _, words in runs)
    if any(word.time is not None for _, words in runs for word in words):
        timed = iter(_timed(cue, [word for _, words in runs for word in words]))
        for number, (speaker, words) in enumerate(runs):
            untimed = sum(word.time is None for word in (words if number else words[1:]))
            yield replace(utterance_of(speaker, tuple(next(timed) for _ in words)), untimed=untimed)
        return
    done = 0
    for speaker, words in runs:
        start, end = (round(cue.start + (cue.end - cue.start) * n / total, 3) for n in (done, done + len(words)))
        done += len(words)
        text = "".join(" " * (not word.attached) + word.text for word in words).strip()
        yield Utterance(speaker, text, start, max(start, end))


def _timed(cue: Cue, words: Sequence[_Shown]) -> list[Word]:
    """Words between the times that tags give; those between two times share them evenly."""
    marks = [(0, cue.start)]
    for at, word in enumerate(words):
        if word.time is not None:
            time = min(max(word.time, marks[-1][1]), max(cue.end, cue.start))
            if marks[-1][0] == at:
                marks.pop()
            marks.append((at, time))
    found: list[Word] = []
    for (first, start), (after, end) in pairwise([*marks, (len(words), cue.end)]):
        each = (max(end, start) - start) / max(after - first, 1)
        for at in range(first, after):
            times = (start + each * (at - first), start + each * (at - first + 1))
            found.append(Word(words[at].text, *times, attached=words[at].attached))
    return found
