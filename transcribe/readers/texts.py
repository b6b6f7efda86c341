"""Texts: Markdown drafts, and lines that name the speaker as people and programs do.

    Rich: text              Rich Bowen  0:01         [00:00:01] Rich: text     [Rich] 10:01:02
    Speaker 1 (00:01):      text (Otter, Rev)        00:01 Rich: text          text (Zoom)

A colon alone makes no speaker ("Note: this", "10:30"): see `labels`. What stands before the first speaker is a heading.
A text that names nobody says nothing about speakers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from audio.episode import Seconds
from output.conflicts import conflict_line
from output.marker_forms import NAME
from output.parse import Draft, parse
from transcribe.readers.clocks import CLOCK, clock_seconds
from transcribe.readers.labels import ANY_LABEL, bracketed, label_pattern, looks_like_name, people_among
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance
from transcribe.scripts import joined

_TIME = re.compile(rf"[\[(<]?({CLOCK})(?:\s{{0,3}}(?:-->|[-–—]|to)\s{{0,3}}{CLOCK})?[\])>]?(?=[\s:：,]|$)")
_TIME_BRACKETED = re.compile(rf"[\[(]({CLOCK})(?:\s{{0,3}}(?:-->|[-–—]|to)\s{{0,3}}{CLOCK})?[\])]")
_NAME_AND_TIME = re.compile(
    rf"({NAME})[ \t]{{0,9}}(?:[|·•–—-](?=[ \t]))?"
    rf"(?:[ \t]{{0,9}}{_TIME_BRACKETED.pattern}\s*[:：]?|\s{{1,9}}({CLOCK})(?:\s*[:：]?$|(?<=\d:\d\d:\d\d)(?=\s)))\s*"
)
_FRAMES = re.compile(r"(\d{2})[:;](\d{2})[:;](\d{2})[:;]\d{2}(?![:;\d])")  # the last number counts pictures
_EVENT = re.compile(r"(.{1,60}) (?:started|stopped) (?:transcription|recording)$")  # of Teams
_STAMP = re.compile(rf"(?<![\d:]){CLOCK}(?![\d:])")
_NAME_ALONE = re.compile(rf"{NAME}[:：]?$")
_BOLD = re.compile(r"\*\*|__")
_INSIDE = re.compile(r"(?<=[.?!…\"”’)\]]\s)[^\W\d_][^:：<>\[\]()?!,;\"“”\n]{0,39}[:：](?=\s)")
_REMARK = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_NOTE = re.compile(r"\[[^\[\]]*\](?!\()")  # no link
_MOST_FOOTERS = 3
_FOOTER = re.compile(
    r"(?:this \w{1,20} (?:was|is|has been) )?(?:automatically |auto-)?"
    r"(?:trans(?:cribed|cript|cription)\b.{0,40}\b(?:by|with|using|from) .{2,60}"
    r"|(?:generated|created|exported|powered|produced|made) (?:by|with|using|from|in) \S{0,40}\w\.\w{2,10}/?\S{0,40})$",
    re.IGNORECASE,
)
"""How a program names itself below a transcript: `Transcribed by https://otter.ai`, `Powered by Notta.ai`."""

_KNOWN_FOOTER = re.compile(
    r"(?:meeting ended after \d.{1,20}"
    r"|this (?:editable )?transcript was (?:computer|automatically|auto)[ -]generated.{0,120}"
    r"|sonix is the world.s .{1,120}|people can also change the text after it was created\.?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line: who and when, as it may say; `text` is what follows, `whole` the line if it says nothing of the kind."""

    whole: str
    label: str | None = None
    time: Seconds | None = None
    text: str = ""
    is_clear: bool = False  # name and time together


@dataclass(frozen=True, slots=True)
class _Labels:
    """What a label is in a text, and whether each has a time behind it."""

    pattern: re.Pattern[str]
    are_stamped: bool


def read_markdown(text: str, *, whole: bool = False) -> SpeakerTranscript:
    """A draft or a post, by `output.parse`; if that finds no turn, as lines that name speakers, `whole` with remarks.

    A draft without any text but remarks in brackets states that nobody speaks.
    """
    if (line := conflict_line(text)) is not None:
        raise ReadingError(f"line {line}: an edit that git could not merge; keep one of the two texts")
    draft = parse(text)
    if draft.turns or not _NOTE.sub("", draft.preamble).strip():
        return SpeakerTranscript(_turns_of(draft))
    lines = (read_whole_lines if whole else read_lines)(text)
    if not lines.speakers:
        raise ReadingError("no line begins with a speaker in bold such as **Rich**: and no other form names one")
    return lines


def _turns_of(draft: Draft) -> tuple[Utterance, ...]:
    """A draft's turns, with the times that their markers have."""
    stamps = (_STAMP.search(turn.marker) for turn in draft.turns)
    times = (clock_seconds(stamp[0]) if stamp else None for stamp in stamps)
    return _with_starts([(turn.speaker, time, turn.spoken) for turn, time in zip(draft.turns, times, strict=True)])


def read_lines(text: str) -> SpeakerTranscript:
    """What is spoken in a text: its turns, without remarks in brackets."""
    read = read_whole_lines(text)
    spoken = (replace(one, text=" ".join(_REMARK.sub("", one.text).split())) for one in read.utterances or ())
    return replace(read, utterances=tuple(spoken))


def read_whole_lines(text: str) -> SpeakerTranscript:
    """A text's turns as they are written. What stands before the first speaker is `left_out`; `unsaid` is a footer."""
    text, footer = _without_footer(text)
    rows = [line for line in map(str.strip, text.split("\n")) if line]
    timed = list(_with_times_above([(row, *_time_in_front(row)) for row in rows]))
    pattern = label_pattern([rest for _, _, rest in timed])
    stamped = _are_stamped([rest for _, _, rest in timed], pattern)
    lines = [_line(row, rest, time=time, labels=_Labels(pattern, stamped)) for row, time, rest in timed]
    people = _people(lines, pattern)
    people -= _mute(lines, people)
    if not people and (draft := parse(text)).turns:  # in a form that is one of Markdown
        aside = " ".join((*(turn.aside for turn in draft.turns), draft.epilogue, footer)).split()
        before = " ".join(draft.preamble.split())
        return SpeakerTranscript(_turns_of(draft), left_out=before, unsaid=" ".join(aside))
    turns: list[tuple[str, Seconds | None, list[str]]] = []
    left_out, unsaid = [], []
    if not people and 2 * sum(time is not None for _, time, _ in timed) > len(timed):
        return SpeakerTranscript(_with_starts([(UNNAMED, time, rest) for _, time, rest in timed]), unsaid=footer)
    for line in lines:
        label = (line.label or "").strip()
        if label in people:
            turns.append((label, line.time, [line.text]))
        elif line.whole.rstrip(":：") in people:
            turns.append((line.whole.rstrip(":："), None, []))
        elif (event := _EVENT.match(line.whole)) and event[1] in people:
            unsaid.append(line.whole)
        elif turns:
            turns[-1][2].append(line.whole)
        elif not people:
            turns.append((UNNAMED, None, [line.whole]))
        else:
            left_out.append(line.whole)
    utterances = _with_starts([part for turn in turns for part in _split(turn, people)])
    return SpeakerTranscript(utterances, left_out=" ".join(left_out), unsaid=" ".join([*unsaid, footer]).strip())


def _without_footer(text: str) -> tuple[str, str]:
    """The text without the lines below it in which a program speaks of itself, and these lines."""
    footers: list[str] = []
    while True:
        above, _, last = text.rstrip().rpartition("\n")
        is_apart = not above.rpartition("\n")[2].strip()
        is_one = _KNOWN_FOOTER.match(last.strip()) or (is_apart and _FOOTER.match(last.strip()))
        if not above.strip() or not is_one or len(footers) == _MOST_FOOTERS:
            return text, " ".join(footers)
        text, footers = above, [last.strip(), *footers]


def _with_times_above(
    rows: Iterable[tuple[str, Seconds | None, str]],
) -> Iterable[tuple[str, Seconds | None, str]]:
    """The lines with the times in front of them, or in a line of their own above: as in Google Meet and YouTube."""
    above: Seconds | None = None
    for row, time, rest in rows:
        if time is not None and not rest:
            above = time
        else:
            yield row, above if time is None else time, rest
            above = None


def _mute(lines: Sequence[_Line], people: frozenset[str]) -> frozenset[str]:
    """Those of whom nothing is said: `[END OF TRANSCRIPT]`, `Duration: 1:02`."""
    speaker = ""
    voiced = {match[0].rstrip(":：").strip() for line in lines for match in _INSIDE.finditer(line.whole)}
    for line in lines:
        label = (line.label or "").strip()
        is_named = label in people or line.whole.rstrip(":：") in people
        speaker = (label if label in people else line.whole.rstrip(":：")) if is_named else speaker
        if not is_named or line.text:
            voiced.add(speaker)
    return people - voiced


def _are_stamped(lines: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether a time follows each label, so that none is a word: "Ann: 10:30 is fine"."""
    rests = [line[match.end() :] for line in lines if (match := pattern.match(line))]
    return len(rests) > 1 and all(map(_TIME.match, rests))


def _time_in_front(line: str) -> tuple[Seconds | None, str]:
    """The time that a line begins with, and the rest."""
    line = _FRAMES.sub(r"\1:\2:\3", line, count=2) if _FRAMES.match(line) else line
    plain = _BOLD.sub("", line) if line[:1] in "*_[(0123456789" else line
    match = _TIME.match(plain)
    return (clock_seconds(match[1]), plain[match.end() :].lstrip(" \t-–:")) if match else (None, plain)


def _line(line: str, plain: str, *, time: Seconds | None, labels: _Labels) -> _Line:
    """What a line says of its speaker and time. `plain` is it without a `time` in front."""
    if found := bracketed(f"{plain} ."):
        rest = found[1].removesuffix(".").strip()
        after = _TIME.match(rest)
        rest = rest[after.end() if after and _is_stamp(after, stamped=False) else 0 :].strip(" :")
        return _Line(line, found[0], None, rest, is_clear=True)  # Zoom's time is that of the clock on the wall
    if (match := _NAME_AND_TIME.match(plain)) and looks_like_name(match[1]):
        time = clock_seconds(match[2] or match[3]) if time is None else time
        return _Line(line, match[1].strip(), time, plain[match.end() :], is_clear=True)
    if match := labels.pattern.match(plain):
        rest = plain[match.end() :]
        if (after := _TIME.match(rest)) and _is_stamp(after, stamped=labels.are_stamped):
            time, rest = clock_seconds(after[1]), rest[after.end() :].strip()
        return _Line(line, match[1].strip(), time, rest, is_clear=time is not None)
    if time is not None and (bold := re.search(rf"(?:\*\*|__)({NAME})(?:\*\*|__)\s*", line)):
        return _Line(line, bold[1].strip(), time, line[bold.end() :], is_clear=True)
    if time is not None and _NAME_ALONE.match(plain) and looks_like_name(plain):
        return _Line(line, plain, time, "", is_clear=True)
    return _Line(line)


def _is_stamp(time: re.Match[str], *, stamped: bool) -> bool:
    """Whether a time behind a label is its stamp: in brackets, alone, or as behind all labels; else it is a word."""
    return stamped or time[0][:1] in "[(<" or not time.string[time.end() :].strip()


def _people(lines: Sequence[_Line], pattern: re.Pattern[str]) -> frozenset[str]:
    """Who speaks, by the labels, else by names on lines of their own."""
    labels = [line.label for line in lines]
    if pattern is ANY_LABEL:
        return frozenset(filter(None, labels))
    return people_among(labels) | _with_times(lines) or _names_alone(lines)


def _with_times(lines: Sequence[_Line]) -> frozenset[str]:
    """The names that stand with a time, if there are two such lines: one alone may be prose ("Monday 10:30")."""
    clear = [line.label for line in lines if line.is_clear]
    return people_among(clear) if len(clear) > 1 else frozenset()


def _names_alone(lines: Sequence[_Line]) -> frozenset[str]:
    """Names on lines of their own: the same short line at least twice, each time followed by another one."""
    followed = [one.whole.rstrip(":：") for one, after in pairwise(lines) if one.whole != after.whole]
    counts = Counter(name for name in followed if _NAME_ALONE.match(name) and looks_like_name(name))
    return frozenset(name for name, count in counts.items() if count > 1 and len(name.split()) < 4)


def _split(
    turn: tuple[str, Seconds | None, list[str]], people: frozenset[str]
) -> Iterable[tuple[str, Seconds | None, str]]:
    """A turn, or several, if labels of known people stand behind sentences inside it."""
    speaker, time, texts = turn
    text = joined(texts)
    start = 0
    for match in _INSIDE.finditer(text):
        label = match[0].rstrip(":：").strip()
        if label in people:
            yield speaker, time, text[start : match.start()]
            speaker, time, start = label, None, match.end()
    yield speaker, time, text[start:]


def _with_starts(turns: Sequence[tuple[str, Seconds | None, str]]) -> tuple[Utterance, ...]:
    """The turns with their starts, if times never go back; there is no telling where one ends."""
    times = [time for _, time, _ in turns if time is not None]
    are_in_order = all(earlier <= later for earlier, later in pairwise(times))
    return tuple(
        Utterance(speaker, " ".join(text.split()), time if are_in_order else None) for speaker, time, text in turns
    )
