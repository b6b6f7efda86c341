"""Transcripts of other programs as ours, so that they can be written in any format and edited.

The law: every word of the source is in the transcript, or a warning names it as left out; and what the source does not
say, who speaks or when, is a warning with a code, never a guess that passes for a statement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from pathlib import Path

import transcribe
from audio.encodings import wide_encoding
from audio.episode import Episode, Seconds
from audio.media import MEDIA_SUFFIXES
from audio.trust import read_regular
from output.conflicts import check_resolved
from output.errors import OutputError
from output.formats import WITHOUT_TIMES
from output.kinds import check_is_text, check_is_utf8, head_of, is_draft
from output.parse import Draft, parse
from transcribe.alignment.interpolation import SECONDS_PER_LETTER
from transcribe.drafts.derived_files import IMPORT
from transcribe.errors import TranscriptError
from transcribe.person_names import NameCertainty, in_speaking_order
from transcribe.readers.decoding import MOST_BYTES
from transcribe.readers.read import read_foreign
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance
from transcribe.readers.word_documents import ZIP
from transcribe.scripts import goes_on, units
from transcribe.style import Style
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word
from transcribe.transcript_json import is_timed_transcript
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

SOMEBODY = "Speaker 1"  # where the source names nobody
NOT_NAMED = "Unknown speaker"  # where it names others

BEFORE_SPEECH, NO_SPEECH = "stands before the first speaker", "is no speech"
"""Why text is left out, in words."""

_SHOWN = 80  # characters of what is left out


def source_at(path: Path) -> Draft | Transcript | Foreign:
    """What is at a path, by its content: a draft, a timed transcript of ours, or another program's.

    Raises `OutputError` if it cannot be read or is no text, `TranscriptError` for a timed transcript that is broken.
    """
    try:
        if not (head := head_of(path)).startswith(ZIP):
            check_is_text(path, head)
        content = read_regular(path, max_bytes=MOST_BYTES)
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); give a draft or a transcript") from error
    if content.startswith(ZIP):
        return Foreign(path, content)
    if encoding := wide_encoding(content):
        if is_draft(content.decode(encoding, "replace"), path.suffix):
            check_is_utf8(path, content)
        return Foreign(path, content)
    text = content.decode(errors="surrogateescape")
    if is_timed_transcript(text):
        return Transcript.from_json(text, source=str(path))
    if not is_draft(text, path.suffix):
        return Foreign(path, content)
    check_resolved(text, path)
    return parse(text)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file that is neither a draft nor a timed transcript of ours."""

    path: Path
    content: bytes

    def transcript(self) -> Transcript:
        """The transcript in it. Raises `TranscriptError`, which names the file and the place in it."""
        if not self.content.strip():
            raise TranscriptError(f"{self.path}: is empty; create it again")
        read = read_foreign(self.path, self.content)
        if read.utterances is None:
            raise TranscriptError(
                f"{self.path}: says when people speak, but has no words; give a transcript with words"
            )
        names = _names(read)
        ids = {key: f"S{number}" for number, key in enumerate(names, 1)}
        turns = tuple(_turns(read.utterances, ids))
        return Transcript(
            episode=Episode(self.path.stem, path=_recording_beside(self.path)),
            language=read.language,
            speakers=tuple(_speaker(ids[key], key, name, source=self.path.name) for key, name in names.items()),
            turns=turns,
            spans=tuple(replace(span, speaker=ids[span.speaker]) for span in read.spans or () if span.speaker in ids),
            made_with=MadeWith(transcribe.__version__, IMPORT, self.path.name, self.sha256),
            warnings=tuple(_warnings(read, names, ids)),
        )

    @property
    def sha256(self) -> str:
        """The hash of its bytes, which tells a draft made of it from others."""
        return hashlib.sha256(self.content).hexdigest()


def has_times(transcript: Transcript) -> bool:
    """Whether its times are those of a recording."""
    return all(warning.code is not WarningCode.NO_TIMES for warning in transcript.warnings)


def check_times(transcript: Transcript, formats: Sequence[str], *, path: Path) -> None:
    """Raise `OutputError` for a format that needs times, if there are none."""
    lacking = [name for name in formats if name not in WITHOUT_TIMES]
    if lacking and not has_times(transcript):
        raise OutputError(
            f"{path}: has no times, and {', '.join(lacking)} cannot do without; choose from {', '.join(WITHOUT_TIMES)}"
        )


def fitting(style: Style, transcript: Transcript) -> Style:
    """The style, without times where the transcript has none."""
    return style if has_times(transcript) else replace(style, clock_minutes=-1, docx_times="none")


def _names(read: SpeakerTranscript) -> Mapping[str, str]:
    """The name of each speaker by its key, in the order in which they speak."""
    keys = dict.fromkeys(one.speaker for one in read.utterances or () if one.text.split())
    unnamed = NOT_NAMED if read.words_have_speakers else SOMEBODY
    return {key: in_speaking_order(" ".join(read.name(key).split())) or unnamed for key in keys}


def _speaker(id: str, key: str, name: str, *, source: str) -> Speaker:
    if key == UNNAMED or name[-1].isdigit():  # `SPEAKER_00`, which has no first name
        return Speaker(id, name, name, "", NameCertainty.PLACEHOLDER)
    return Speaker(id, name, "", f"named in {source}", NameCertainty.GIVEN)


def _warnings(read: SpeakerTranscript, names: Mapping[str, str], ids: Mapping[str, str]) -> Iterator[TranscriptWarning]:
    said = [one for one in read.utterances or () if one.text.split()]
    if not said:
        yield warn(WarningCode.NO_SPEECH)
    if UNNAMED in names:
        count, total = (
            sum(len(units(one.text)) for one in said if one.speaker in speakers) for speakers in ({UNNAMED}, set(names))
        )
        what = "; everything is" if count == total else f" {count} of {total} words, which are"
        yield warn(WarningCode.SPEAKERS_NOT_NAMED, [ids[UNNAMED]], what=what, name=names[UNNAMED])
    if said and all(one.start is None for one in said):
        yield warn(WarningCode.NO_TIMES)
    elif what := _untimed(said):
        yield warn(WarningCode.WORD_TIMES_ESTIMATED, what=what)
    for text, why in ((read.left_out, BEFORE_SPEECH), (read.unsaid, NO_SPEECH)):
        if text:
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            told = warn(WarningCode.TEXT_LEFT_OUT, why=why, count=len(units(text)), text=shown)
            yield replace(told, values={"text": text})


def _untimed(said: Sequence[Utterance]) -> str:
    """What is not known of when words are spoken; empty if all is."""
    if all(one.words for one in said):
        count, total = sum(one.untimed for one in said), sum(len(one.words) for one in said)
        return f"does not say when {count} of {total} words are spoken; their times" if count else ""
    each = "turns" if all(one.start is not None for one in said) else "some turns"
    unit = "captions or segments" if all(one.end is not None for one in said) else f"the starts of {each}"
    return f"has the times of {unit} only; those of words"


def _turns(utterances: Sequence[Utterance], ids: Mapping[str, str]) -> Iterator[Turn]:
    said = [one for one in utterances if one.text.split()]
    timed = zip(said, _timed(said), strict=True)
    for speaker, group in groupby(timed, key=lambda pair: ids[pair[0].speaker]):
        words: list[Word] = []
        for one, some in group:
            goes_on_here = bool(words) and not one.apart and goes_on(words[-1].text, some[0].text)
            words += replace(some[0], attached=goes_on_here), *some[1:]
        yield Turn(speaker, tuple(words))


def _timed(said: Sequence[Utterance]) -> Iterator[Sequence[Word]]:
    """The words of each utterance. Those without times share the time from a known start to the next known time.

    They take it in proportion to their letters, and no more of it than speech does.
    """
    if all(one.start is None for one in said):
        yield from ([Word(text, 0.0, 0.0, attached=attached) for text, attached in units(one.text)] for one in said)
        return
    starts = [0, *(at for at, one in enumerate(said) if at and one.start is not None), len(said)]
    for first, after in pairwise(starts):
        leader, start = said[first], said[first].start or 0.0
        until = said[after].start if after < len(said) else None
        if leader.words:
            yield leader.words
        elif leader.end is not None:
            yield from _shared([leader], start, leader.end)
        if leader.end is None:
            yield from _shared(said[first:after], start, _end(said[first:after], start, until))
        elif after > first + 1:
            rest = said[first + 1 : after]
            yield from _shared(rest, leader.end, _end(rest, leader.end, until))


def _end(group: Sequence[Utterance], start: Seconds, until: Seconds | None) -> Seconds:
    """When speech of this length ends that begins at `start`; before `until`."""
    natural = start + SECONDS_PER_LETTER * sum(len("".join(one.text.split())) for one in group)
    return natural if until is None else max(start, min(natural, until))


def _shared(group: Sequence[Utterance], start: Seconds, end: Seconds) -> Iterator[Sequence[Word]]:
    """The words of some utterances, which share the time in proportion to their letters."""
    texts = [units(one.text) for one in group]
    edges = list(accumulate((len(text) for one in texts for text, _ in one), initial=0))
    times = [start + (end - start) * edge / edges[-1] for edge in edges]
    at = 0
    for one in texts:
        yield [Word(text, times[at + i], times[at + i + 1], attached=more) for i, (text, more) in enumerate(one)]
        at += len(one)


def _recording_beside(path: Path) -> Path:
    """The recording of the same name in the same folder, relative to it; else a name without a file."""
    found = [path.with_suffix(suffix) for suffix in sorted(MEDIA_SUFFIXES) if path.with_suffix(suffix).is_file()]
    return Path(found[0].name if len(found) == 1 else path.stem)
