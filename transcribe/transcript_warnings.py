"""The warnings of a transcript: codes for programs, and the one place that words them for people; and the reasons of
its doubts, which are both.

Programs read `code` and `speakers`, never `message`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, repeat
from typing import Any

from transcribe.transcript_json import typed, typed_all, typed_code


class WarningCode(StrEnum):
    """What a warning is about."""

    AUDIO = "audio"  # part of the file could not be read
    CHANNEL_INVERTED = "channel-inverted"  # one that would have cancelled others
    LEVELLED = "levelled"  # the sound was made louder or quieter before recognition
    CLIPPED = "clipped"
    NO_NUMBERS = "no-numbers"  # samples that are none
    TIME_GAP = "time-gap"  # the file's time jumps too far to be kept
    TIMES_UNKNOWN = "times-unknown"  # an old ffmpeg: times may be early
    SOUND_TRACKS = "sound-tracks"  # which of several are heard
    TRACKS_LEFT_OUT = "tracks-left-out"
    NO_SPEECH = "no-speech"
    MORE_VOICES = "more-voices"  # than people given
    FEWER_VOICES = "fewer-voices"  # than people given: `values` has both numbers
    LANGUAGE_UNSURE = "language-unsure"  # `values` has the language and the alternative
    SECOND_LANGUAGE = "second-language"  # `values` has its passages
    NAMES_WRITTEN = "names-written"  # for words heard otherwise: `values` has each change
    COUNT_UNSURE = "count-unsure"  # of people: `values` has the number and the alternative
    ONE_VOICE = "one-voice"  # where the text is two people's
    HOST_UNCLEAR = "host-unclear"  # the host's name is known, but no voice is clearly the host
    HOST_ASSUMED = "host-assumed"  # the host's name comes from the settings alone
    NAME_BY_ORDER = "name-by-order"  # of appearance
    NAME_CONTRADICTED = "name-contradicted"  # an enrolled voice introduces itself by another name
    NAME_NOT_GIVEN = "name-not-given"  # a voice introduces itself by none of the names given
    CALLED_OTHERWISE = "called-otherwise"  # as above, of a voice that others name: `values` has both names
    ENROLLED_NOT_GIVEN = "enrolled-not-given"  # an enrolled voice belongs to none of the names given
    NAMES_WITHOUT_VOICE = "names-without-voice"
    VOICES_WITHOUT_NAME = "voices-without-name"
    SPEAKERS_NOT_NAMED = "speakers-not-named"  # of another program's transcript, as the next three
    WORD_TIMES_ESTIMATED = "word-times-estimated"
    NO_TIMES = "no-times"
    TEXT_LEFT_OUT = "text-left-out"  # `values` has it in full
    TEXT_NOT_SPOKEN = "text-not-spoken"  # of a text that was given its times
    SPEECH_NOT_WRITTEN = "speech-not-written"
    UNKNOWN = "unknown"  # read from a file of another version


# What went in and did not come out.
LOSSES = frozenset(
    {
        WarningCode.AUDIO,
        WarningCode.NO_NUMBERS,
        WarningCode.TIME_GAP,
        WarningCode.TRACKS_LEFT_OUT,
        WarningCode.TEXT_LEFT_OUT,
        WarningCode.TEXT_NOT_SPOKEN,
        WarningCode.SPEECH_NOT_WRITTEN,
    }
)


class DoubtReason(StrEnum):
    """Why a passage is uncertain, if it is nothing more particular. Files have the value: none is ever reworded."""

    UNTRANSCRIBED = "speech, not transcribed"
    POSSIBLE_SPEECH = "possible speech, not transcribed"
    UNCLEAR = "unclear speech"
    OVERLAP = "overlapping speech"
    LOW_CONFIDENCE = "low confidence"
    LOOP_REMOVED = "repeated phrase removed"
    LIKELY_WRONG = "likely wrong"  # words of great probability of error
    CORRECTED_ELSEWHERE = "corrected elsewhere"

    @classmethod
    def of(cls, text: str) -> str:
        """The reason with this value; the text itself if it is none, such as one that quotes a passage.

        >>> DoubtReason.of("likely wrong"), DoubtReason.of("mumbled")
        (<DoubtReason.LIKELY_WRONG: 'likely wrong'>, 'mumbled')
        """
        return next((reason for reason in cls if reason == text), text)


_MESSAGES = {
    WarningCode.AUDIO: "{message}",
    WarningCode.CHANNEL_INVERTED: (
        "{place}channel {channel} is the inverse of another {where}and would cancel it; it was turned over, so nothing "
        "is lost; check its cable"
    ),
    WarningCode.LEVELLED: "{place}the sound is {what} ({loudness} LUFS); it was made {how} to be recognised",
    WarningCode.CLIPPED: "{place}the sound is clipped ({percent} % of it is at full scale); words may be wrong",
    WarningCode.NO_NUMBERS: (
        "{place}channel {channel} holds no numbers in {percent} % of its samples; they are left out, as silence; save "
        "the recording again where it was made"
    ),
    WarningCode.TIME_GAP: (
        "{place}the time of the file jumps ahead by {length} at {at}; the gap is left out and times count on from there"
    ),
    WarningCode.TIMES_UNKNOWN: (
        "{place}times may be early{since}: this ffmpeg does not say when a file has its sound be heard; install "
        "ffmpeg 6 or newer, or run `pip install imageio-ffmpeg`, and transcribe it again with --fresh"
    ),
    WarningCode.SOUND_TRACKS: "the file has {count} sound tracks: {uses}",
    WarningCode.TRACKS_LEFT_OUT: (
        "the file has {count} sound tracks: {uses}; to transcribe {numbers}, copy it to a file of its own"
    ),
    WarningCode.NO_SPEECH: "no speech was found",
    WarningCode.MORE_VOICES: "{voices} voices detected, but --speakers gives {given}; check who is missing",
    WarningCode.FEWER_VOICES: (
        "{told}, and --speakers gives {given} people{what}; check who says what, and if somebody does not speak, run "
        "it again without them"
    ),
    WarningCode.LANGUAGE_UNSURE: (
        "the language was not clear: it was read as {language}, and {alternative} is possible; if that is wrong, run "
        "it again with the language spoken, such as --language {alternative}"
    ),
    WarningCode.SECOND_LANGUAGE: (
        "{passages}: read in that language, and the rest in {language}; if that is wrong, run it again with --language "
        "{language}"
    ),
    WarningCode.NAMES_WRITTEN: ("{what} given: {changes}; if that is wrong, correct the draft"),
    WarningCode.COUNT_UNSURE: (
        "{voices} people were counted, and {alternative} are possible; if you know the number, run it again with it, "
        "such as --speakers {alternative}"
    ),
    WarningCode.ONE_VOICE: ("one voice was found, but it {what}; if two people speak, run it again with --speakers 2"),
    WarningCode.HOST_UNCLEAR: "{name} may be another voice: no voice is clearly the host; check the first turns",
    WarningCode.HOST_ASSUMED: (
        "the name {name} is a guess: nothing said in the recording is proof of it ({evidence}); "
        "give the names with --speakers"
    ),
    WarningCode.NAME_BY_ORDER: "{name} is assigned by order of appearance only; check the names",
    WarningCode.NAME_CONTRADICTED: "{name} ({evidence}) says {quote}; check who this is",
    WarningCode.NAME_NOT_GIVEN: "{name} says {quote}, which is none of the names given; check --speakers",
    WarningCode.CALLED_OTHERWISE: (
        "{name} is called {spoken} ({evidence}), which is none of the names given; check --speakers"
    ),
    WarningCode.ENROLLED_NOT_GIVEN: "{name} speaks ({evidence}) but is not among the names given; check --speakers",
    WarningCode.NAMES_WITHOUT_VOICE: "voices detected: {voices}, names given: {given}; no voice for {names}",
    WarningCode.VOICES_WITHOUT_NAME: "voices detected: {voices}, names given: {given}; {unnamed} left as guest",
    WarningCode.SPEAKERS_NOT_NAMED: "it does not say who speaks{what} given to {name!r}",
    WarningCode.WORD_TIMES_ESTIMATED: "it {what} are estimated",
    WarningCode.NO_TIMES: "it does not say when anything is spoken",
    WarningCode.TEXT_LEFT_OUT: "left out, as it {why} ({count} words): {text!r}",
    WarningCode.TEXT_NOT_SPOKEN: "{lines}: {words} words are not spoken, and left out (at {at}): {quote}",
    WarningCode.SPEECH_NOT_WRITTEN: "{start} to {end}: {words} words are not in the text, {where}: {quote}",
}


@dataclass(frozen=True, slots=True)
class TranscriptWarning:
    """Something an editor needs to check. `speakers` are the ids it is about, if any; `values` what its sentence
    states, for programs.

    Raises `ValueError` for an unknown code.

    >>> warn(WarningCode.NAME_BY_ORDER, ["S2"], name="Ada").message
    'Ada is assigned by order of appearance only; check the names'
    """

    code: WarningCode
    message: str
    speakers: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", WarningCode(self.code))


def warn(code: WarningCode, speakers: Iterable[str] = (), /, **details: object) -> TranscriptWarning:
    """The warning with this code; `details` are what its sentence mentions."""
    return TranscriptWarning(code, _MESSAGES[code].format(**details), tuple(speakers))


def row_of(warning: TranscriptWarning) -> dict[str, Any]:
    """A warning but for its message, as a row of `warning_codes`."""
    row: dict[str, Any] = {"code": warning.code, "speakers": warning.speakers}
    return {**row, "values": dict(warning.values)} if warning.values else row


def losses(warnings: Iterable[TranscriptWarning]) -> tuple[TranscriptWarning, ...]:
    """Those about what went in and did not come out: a run that leaves a transcript as it is says them again."""
    return tuple(warning for warning in warnings if warning.code in LOSSES)


def warnings_of(data: Mapping[str, Any]) -> Iterator[TranscriptWarning]:
    """The warnings of a `STEM.json`; one without a code, as in older files, gets the code "unknown".

    Raises `TypeError` for values of other types.
    """
    rows = chain(typed_all(data, "warning_codes", dict), repeat({}))
    for message, row in zip(typed_all(data, "warnings", str), rows, strict=False):
        code, speakers = typed_code(row, "code", WarningCode), tuple(typed_all(row, "speakers", str))
        yield TranscriptWarning(code, message, speakers, typed(row, "values", dict, {}))
