"""Captions: WebVTT with voice tags, and SubRip.

A cue has at most two lines of 42 columns and 7 seconds. It breaks at the end of a clause, and stays until it can be
read at 20 characters per second, if the following pause permits (the limits of Netflix's Timed Text Style Guide for
English). A single word that is wider or longer has its own cue; another that would be alone in the last cue before a
pause, or of a turn, gets words of the cue before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, zip_longest
from unicodedata import east_asian_width

from audio.episode import Seconds
from transcribe.scripts import SENTENCE_MARKS, has_end_mark
from transcribe.transcript import Transcript, Word

LINE_COLUMNS = 42
CUE_SECONDS = 7.0
CHARACTERS_PER_SECOND = 20.0
LONGEST_PAUSE = 1.5  # seconds of silence inside a cue
_MOST_WORDS = 2 * LINE_COLUMNS  # of one letter each
SHORTEST_CUE = 0.1  # seconds; in WebVTT a cue must end after its start

_CLAUSE_MARKS = ",;:，、；：،؛"
_CLAUSE_END = re.compile(rf"(?:[{_CLAUSE_MARKS}][\"'”’)\]]*|[-–—])$")


@dataclass(frozen=True, slots=True)
class Cue:
    """One or two lines and the time they are displayed. `opens_turn`: it is the turn's first cue."""

    start: Seconds
    end: Seconds
    speaker: str  # the full name
    lines: tuple[str, ...]
    opens_turn: bool


def vtt(transcript: Transcript, *, shares: bool = True) -> str:
    """The transcript as WebVTT (W3C, 2019-04-04), each cue in its speaker's voice tag. Without `shares` as releases
    before 0.2.0 wrote it, with cues of a single last word."""
    blocks = ["WEBVTT"]
    for cue in _by_start(cue for turn in _turns(transcript, prefixed=False, shares=shares) for cue in turn):
        text = _escaped("\n".join(cue.lines))
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n<v {_escaped(cue.speaker)}>{text}")
    return "\n\n".join(blocks) + "\n"


def srt(transcript: Transcript, *, shares: bool = True) -> str:
    """The transcript as SubRip; a turn's first cue begins with the speaker's label and a colon. `shares`: see `vtt`."""
    cues = _by_start(cue for turn in _turns(transcript, prefixed=True, shares=shares) for cue in turn)
    return "\n".join(
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        + "\n".join(cue.lines).replace("-->", "->")
        + "\n"
        for number, cue in enumerate(cues, start=1)
    )


def _turns(transcript: Transcript, *, prefixed: bool, shares: bool) -> Iterable[list[Cue]]:
    from output.labels import labels_of

    names = {speaker.id: _clean(speaker.name) for speaker in transcript.speakers}
    labels = labels_of(transcript.speakers, "name")
    for turn in transcript.turns:
        prefix = f"{_clean(labels[turn.speaker].first)}:" if prefixed else ""
        yield _cues(_as_spoken(turn.words), names[turn.speaker], prefix, shares=shares)


def _as_spoken(words: Sequence[Word]) -> Sequence[Word]:
    """A turn's words in the order of time, where an editor moved passages: so the first cue opens the turn."""
    cuts = [i for i in range(1, len(words)) if words[i].start < words[i - 1].start]
    passages = [words[i:j] for i, j in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    return [word for passage in sorted(passages, key=lambda passage: passage[0].start) for word in passage]


def _cues(words: Sequence[Word], speaker: str, prefix: str, *, shares: bool) -> list[Cue]:
    cues: list[Cue] = []
    texts = [_clean(word.text) if word.attached and i else f" {_clean(word.text)}" for i, word in enumerate(words)]
    ends = _ends(words, texts, prefix)
    for start, stop in pairwise([0, *(_without_lone_words(ends, words, texts) if shares else ends)]):
        opening = [prefix] if prefix and not cues else []
        part = words[start:stop]
        end = min(max(word.end for word in part), part[0].start + CUE_SECONDS)
        visible = [text for text in (*opening, *texts[start:stop]) if text.strip()]
        if visible:
            cues.append(Cue(part[0].start, end, speaker, _lines(visible), opens_turn=not cues))
    return cues


def _ends(words: Sequence[Word], texts: Sequence[str], prefix: str) -> list[int]:
    """Where the cues end: the positions behind their last words. `prefix` is before the first that has text."""
    ends, position, opening = [], 0, [prefix] if prefix else []
    while position < len(words):
        ahead = words[position : position + _MOST_WORDS + 1]
        count = _cue_words(ahead, [*opening, *texts[position : position + _MOST_WORDS]])
        if opening or any(text.strip() for text in texts[position : position + count]):
            opening = []
        position += count
        ends.append(position)
    return ends


def _without_lone_words(ends: Sequence[int], words: Sequence[Word], texts: Sequence[str]) -> list[int]:
    """The ends of cues, where a word alone in the last cue of a passage has words of the cue before in its cue, if two
    are left there and the limits allow it."""
    shared = list(ends)
    for i in range(1, len(ends)):
        begin, start, end = ([0, *shared][j] for j in (i - 1, i, i + 1))
        is_last = end == len(words) or _is_apart(words[end - 1], words[end])
        if end - start > 1 or not is_last or _is_apart(words[start - 1], words[start]):
            continue
        cuts = [
            cut
            for cut in range(begin + 2, start)
            if _fitting(texts[cut:end]) == end - cut and words[end - 1].end - words[cut].start <= CUE_SECONDS
        ]
        shared[i - 1] = max(cuts, key=lambda cut: _break_worth(words[cut - 1]) + cut / end, default=start)
    return shared


def _cue_words(words: Sequence[Word], texts: Sequence[str]) -> int:
    """The number of words in the next cue: as many as fit, reduced to the last good place to break.

    `texts` are the printed texts: the label, if any, then the words with the blanks before them.
    """
    extra = len(texts) - min(len(words), _MOST_WORDS)
    fitting = _fitting(texts) - extra
    most = 1
    while most < min(len(words), fitting):
        if _is_apart(words[most - 1], words[most]) or words[most].end - words[0].start > CUE_SECONDS:
            break
        most += 1
    if most == len(words) or most == 1 or _is_apart(words[most - 1], words[most]):
        return most
    return max(range(most // 3 + 1, most + 1), key=lambda count: _break_worth(words[count - 1]) + count / most)


def _is_apart(word: Word, following: Word) -> bool:
    """Whether a pause is between two words, or an editor moved them next to each other."""
    return following.start - word.end > LONGEST_PAUSE or following.start < word.start


def _fitting(texts: Sequence[str]) -> int:
    """The number of texts that fit on two lines."""
    line, used = 1, 0
    for i, text in enumerate(texts):
        alone = _columns(text.lstrip())
        used += _columns(text) if used else alone
        if used > LINE_COLUMNS:
            line, used = line + 1, alone
            if line > 2 or used > LINE_COLUMNS:
                return i
    return len(texts)


def _break_worth(word: Word) -> float:
    if has_end_mark(word.text):
        return 2.0
    return 1.0 if _CLAUSE_END.search(word.text) else 0.0


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    """The words on one line, or on two lines of similar length, the second the longer."""
    whole = "".join(texts).strip()
    if _columns(whole) <= LINE_COLUMNS or len(texts) == 1:
        return (whole,)
    cuts = list(accumulate(map(len, (texts[0].lstrip(), *texts[1:-1]))))

    def cost(cut: int) -> tuple[bool, int]:
        lines = whole[:cut], whole[cut:].lstrip()
        upper, lower = map(_columns, lines)
        clause = 8 * (lines[0][-1] in SENTENCE_MARKS or lines[0][-1] in _CLAUSE_MARKS)
        clause -= 16 * lines[1].startswith("- ")  # looks like a change of speaker
        return max(upper, lower) > LINE_COLUMNS, abs(lower - upper) - clause

    best = min(cuts, key=cost)
    return whole[:best], whole[best:].lstrip()


def _columns(text: str) -> int:
    """The width of a text: Han, kana and Hangul are twice as wide as Latin, and take as long to read."""
    return len(text) if text.isascii() else sum(1 + (east_asian_width(sign) in "WF") for sign in text)


def _by_start(cues: Iterable[Cue]) -> list[Cue]:
    """The cues by start, each displayed long enough to be read if the next one leaves time for it."""
    ordered = sorted(cues, key=lambda cue: cue.start)
    result = []
    for cue, following in zip_longest(ordered, ordered[1:]):
        end = cue.start + min(CUE_SECONDS, sum(map(_columns, cue.lines)) / CHARACTERS_PER_SECOND)
        if following is not None:
            end = min(end, following.start)
        end = max(end, cue.end)
        if following is not None and following.speaker == cue.speaker:
            end = min(end, following.start)
        result.append(replace(cue, end=round(max(end, cue.start + SHORTEST_CUE), 3)))
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
