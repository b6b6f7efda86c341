"""The timed transcript: words, turns, speakers, and their file (`STEM.json`).

Pure values. Times are seconds from the start of the audio, rounded to milliseconds: writing and reading change nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audio.episode import Episode, Seconds
from audio.program import program
from transcribe.errors import TranscriptError
from transcribe.person_names import NameCertainty, first_name
from transcribe.transcript_json import (
    UnspokenText,
    doubt_arguments,
    dump_json,
    episode_fields,
    episode_of,
    load_json,
    made_with_arguments,
    problem_of,
    said_fields,
    speaker_arguments,
    typed,
    typed_all,
    unspoken_of,
    word_arguments,
)
from transcribe.transcript_warnings import DoubtReason, TranscriptWarning, row_of, warnings_of

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Word:
    """A printed word (with punctuation, without spaces around it) and its times.

    An `attached` word is written directly behind the one before it, as in languages written without blanks.

    >>> Word("I'm", 0.5204, 0.7, 0.98)
    Word(text="I'm", start=0.52, end=0.7, probability=0.98, attached=False, error=None)
    """

    text: str
    start: Seconds
    end: Seconds
    probability: float = 1.0  # the recogniser's, 0 to 1
    attached: bool = False
    error: float | None = None  # probability that it is wrong or that words after it are missing; None: unknown

    def __post_init__(self) -> None:
        if not self.text or self.text != self.text.strip():
            raise ValueError(f"a word needs text without spaces around it, not {self.text!r}")
        _round_span(self)
        for name in ("probability",) if self.error is None else ("probability", "error"):
            if not 0.0 <= (value := getattr(self, name)) <= 1.0:
                raise ValueError(f"{self.text!r}: {name} {value} is not between 0 and 1")
            object.__setattr__(self, name, round(value, 4))

    @property
    def middle(self) -> Seconds:
        """Halfway between start and end."""
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class SpeakerSpan:
    """An interval in which one speaker speaks. Spans of different speakers may overlap."""

    start: Seconds
    end: Seconds
    speaker: str

    def __post_init__(self) -> None:
        _round_span(self)


@dataclass(frozen=True, slots=True)
class Doubt:
    """An uncertain passage for the editor to listen to, and why it is uncertain."""

    start: Seconds
    end: Seconds
    reason: str  # a `DoubtReason`, or a sentence that no program reads
    errors: float = 0.0  # how many of its words are wrong, as expected: the more, the sooner it is worth hearing
    alternative: str = ""  # what may have been said there instead; "" if nothing else was heard

    def __post_init__(self) -> None:
        _round_span(self)
        if not 0.0 <= self.errors < math.inf:
            raise ValueError(f"{self.errors} is no number of errors")
        object.__setattr__(self, "reason", DoubtReason.of(self.reason))
        object.__setattr__(self, "errors", round(float(self.errors), 3))


@dataclass(frozen=True, slots=True)
class Turn:
    """The words of one speaker until another one speaks: at least one, in the order of the text, as edited.

    >>> Turn("S1", (Word("Hello,", 0.5, 0.9), Word("Ada.", 1.0, 1.4))).text
    'Hello, Ada.'
    """

    speaker: str
    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError(f"a turn of {self.speaker!r} without words")

    @property
    def start(self) -> Seconds:
        """The earliest start of a word."""
        return min(word.start for word in self.words)

    @property
    def end(self) -> Seconds:
        """The latest end of a word."""
        return max(word.end for word in self.words)

    @property
    def text(self) -> str:
        """The words as they are written, see `as_written`."""
        return as_written(self.words)


def as_written(words: Sequence[Word], texts: Sequence[str] | None = None) -> str:
    """The words as one text, with a blank between each two unless the second is attached; or `texts`, one for each.

    >>> as_written([Word("我", 0, 1), Word("用", 1, 2, attached=True), Word("Python", 2, 3)])
    '我用 Python'
    """
    printed = [word.text for word in words] if texts is None else texts
    blanks = ("" if word.attached else " " for word in words)
    return "".join(part for pair in zip(blanks, printed, strict=True) for part in pair).removeprefix(" ")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person in the recording. `id` is stable within the transcript; `label` is what the first turn prints.

    >>> Speaker("S1", "Rich Bowen").label
    'Rich'
    """

    id: str
    name: str
    label: str = ""  # the first name unless given
    evidence: str = ""  # why this voice has this name, for people
    certainty: NameCertainty = NameCertainty.UNKNOWN
    suggestion: str = ""  # a name that may be this person's, for the editor to take

    def __post_init__(self) -> None:
        object.__setattr__(self, "certainty", NameCertainty(self.certainty))
        if not self.name.strip():
            raise ValueError(f"speaker {self.id!r} without a name")
        if not self.label.strip():
            object.__setattr__(self, "label", first_name(self.name))

    @property
    def initial(self) -> str:
        """The label's first letter, in upper case if that is one letter (`ß` stays)."""
        letter = next((sign for sign in self.label if sign.isalnum()), self.label[0])
        return letter.upper() if len(letter.upper()) == 1 else letter


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What produced a transcript: enough to decide whether a new run would give the same."""

    turnscript: str
    engine: str
    model: str
    model_sha256: str
    audio_sha256: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)  # file name → SHA-256 of the generated file


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recording's timed transcript. Every turn and span belongs to one of `speakers`."""

    episode: Episode
    language: str
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    spans: tuple[SpeakerSpan, ...]
    made_with: MadeWith
    doubts: tuple[Doubt, ...] = ()
    warnings: tuple[TranscriptWarning, ...] = ()
    corrections: tuple[Mapping[str, Any], ...] = ()  # glossary, written forms: start, end, heard, written
    evidence: tuple[Mapping[str, float], ...] = ()  # measures of the recogniser, by chunk
    draft: str = ""  # the Markdown of the edited draft, if it says more than the words
    unspoken: tuple[UnspokenText, ...] = ()  # words of the text that nobody says

    def __post_init__(self) -> None:
        ids = {speaker.id for speaker in self.speakers}
        if len(ids) != len(self.speakers):
            raise ValueError("two speakers share an id")
        strangers = ({turn.speaker for turn in self.turns} | {span.speaker for span in self.spans}) - ids
        if strangers:
            raise ValueError(f"turns or spans of unknown speakers: {', '.join(sorted(strangers))}")

    @property
    def words(self) -> Iterable[Word]:
        """Every word, turn by turn."""
        return (word for turn in self.turns for word in turn.words)

    def speaker(self, id: str) -> Speaker:
        """The speaker with this id. Raises `KeyError` for an unknown one."""
        return {speaker.id: speaker for speaker in self.speakers}[id]

    def to_json(self) -> str:
        """The contents of `STEM.json`: schema 1, UTF-8, one turn per line for readable diffs."""
        return dump_json(_as_dict(self))

    @classmethod
    def from_json(cls, text: str, *, source: str = "transcript") -> Transcript:
        """Read what `to_json` wrote; unknown keys, of later versions, are ignored. Raises `TranscriptError`, which
        names `source`, for anything else."""
        try:
            data = load_json(text)
            if (schema := typed(data, "schema", int)) > SCHEMA:
                raise TranscriptError(
                    f"{source}: written by a newer turnscript (schema {schema}); upgrade turnscript to read it"
                )
            return _from_dict(data)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
            raise TranscriptError(
                f"{source}: not a turnscript transcript ({problem_of(error)}); run `{program()} run` on the audio again"
            ) from error


def _round_span(span: Word | SpeakerSpan | Doubt) -> None:
    if not 0.0 <= span.start <= span.end < math.inf:  # false for NaN as well
        raise ValueError(f"{span.start} to {span.end} is not an interval")
    object.__setattr__(span, "start", round(float(span.start), 3))
    object.__setattr__(span, "end", round(float(span.end), 3))


def _as_dict(transcript: Transcript) -> dict[str, Any]:
    made = transcript.made_with
    return {
        "schema": SCHEMA,
        "episode": episode_fields(transcript.episode),
        "language": transcript.language,
        "speakers": [{**said_fields(speaker), "initial": speaker.initial} for speaker in transcript.speakers],
        "turns": [
            {"speaker": t.speaker, "start": t.start, "end": t.end, "words": [said_fields(w) for w in t.words]}
            for t in transcript.turns
        ],
        "spans": [said_fields(span) for span in transcript.spans],
        "doubts": [said_fields(doubt) for doubt in transcript.doubts],
        "warnings": [warning.message for warning in transcript.warnings],
        "warning_codes": [row_of(warning) for warning in transcript.warnings],
        "corrections": [dict(correction) for correction in transcript.corrections],
        "evidence": [dict(chunk) for chunk in transcript.evidence],
        **({"unspoken": [said_fields(text) for text in transcript.unspoken]} if transcript.unspoken else {}),
        **({"draft": transcript.draft} if transcript.draft else {}),
        "made_with": {**said_fields(made), "settings": dict(made.settings), "outputs": dict(made.outputs)},
    }


def _from_dict(data: Mapping[str, Any]) -> Transcript:
    return Transcript(
        episode=episode_of(typed(data, "episode", dict)),
        language=typed(data, "language", str),
        speakers=tuple(Speaker(**speaker_arguments(row)) for row in data["speakers"]),
        turns=tuple(Turn(t["speaker"], tuple(Word(**word_arguments(w)) for w in t["words"])) for t in data["turns"]),
        spans=tuple(SpeakerSpan(s["start"], s["end"], s["speaker"]) for s in typed_all(data, "spans", dict)),
        made_with=MadeWith(**made_with_arguments(typed(data, "made_with", dict))),
        doubts=tuple(Doubt(**doubt_arguments(row)) for row in typed_all(data, "doubts", dict)),
        warnings=tuple(warnings_of(data)),
        corrections=tuple(dict(correction) for correction in typed_all(data, "corrections", dict)),
        evidence=tuple(dict(chunk) for chunk in typed_all(data, "evidence", dict)),
        draft=typed(data, "draft", str, ""),
        unspoken=tuple(unspoken_of(data)),
    )
