"""Finds new voiceprints in corrected drafts: those of the named speakers, from the turns under their names.

Only finds and compares; the caller enrols (`transcribe learn --voices`). Leaves out drafts that nobody has edited, as
their names and turns are the machine's, speakers whose name is a placeholder, and those whose name is a guess: every
later recording would use that name.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.decode import decode
from audio.errors import SourceError
from audio.program import program
from output.parse import read_draft
from transcribe.drafts.recording import recording_of
from transcribe.drafts.records import is_as_written
from transcribe.drafts.sync import transcript_of
from transcribe.drafts.transcript_update import update_transcript
from transcribe.speakers.name_certainty import is_guess, is_placeholder
from transcribe.speakers.voiceprints import (
    LEAST_COSINE,
    Sample,
    VoiceError,
    Voiceprint,
    cosine,
    find_voiceprint,
    sample_of_turns,
)
from transcribe.transcript import Speaker, Transcript

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds

Listen = Callable[["Audio", Transcript, str, str], Sample]
"""The voice sample of the speaker with this id; the last argument names the recording. Raises `VoiceError`."""


@dataclass(frozen=True, slots=True)
class NewVoice:
    """A speaker's voice sample from a draft's recording, and the length of the samples already enrolled."""

    name: str
    sample: Sample
    enrolled: Seconds

    @property
    def line(self) -> str:
        """
        >>> NewVoice("Nora", Sample("talk.md", 18.2, (1.0,)), 0.0).line
        'the voice of Nora, 18 s from talk.md'
        """
        more = f", in addition to {self.enrolled:.0f} s enrolled" if self.enrolled else ""
        return f"the voice of {self.name}, {self.sample.seconds:.0f} s from {self.sample.source}{more}"


@dataclass(frozen=True, slots=True)
class _LeftOut:
    reason: str  # a message for the user


@dataclass(frozen=True, slots=True)
class NewVoices:
    """The voices to enrol, and why others are left out."""

    voices: tuple[NewVoice, ...]
    messages: tuple[str, ...]


def _listen(audio: Audio, transcript: Transcript, speaker: str, source: str) -> Sample:
    return sample_of_turns(audio, transcript, speaker, source=source)


def find_new_voices(drafts: Iterable[Path], *, enrolled: Sequence[Voiceprint], listen: Listen = _listen) -> NewVoices:
    """The voices of the speakers in these drafts that are not enrolled from them already.

    Raises as `sync` does, and `ModelError` and `EngineError` as the networks do.
    """
    results = [result for path in drafts for result in _of_draft(path, enrolled=enrolled, listen=listen)]
    voices = tuple(result for result in results if isinstance(result, NewVoice))
    return NewVoices(voices, tuple(result.reason for result in results if isinstance(result, _LeftOut)))


def _of_draft(path: Path, *, enrolled: Sequence[Voiceprint], listen: Listen) -> Iterator[NewVoice | _LeftOut]:
    transcript = update_transcript(read_draft(path), transcript_of(path), name=str(path)).transcript
    if is_as_written(path):
        yield _LeftOut(
            f"{path}: nobody has corrected this draft, so no voice in it is enrolled; of a person whose name and turns "
            f"are right: {program()} voices add NAME {shlex.quote(str(path))}"
        )
        return
    guest = str(transcript.made_with.settings.get("guest") or "Guest")
    named = [speaker for speaker in transcript.speakers if not is_placeholder(speaker, guest)]
    if not named:
        yield _LeftOut(f"{path}: no speaker has a name yet; replace the labels first")
    guessed = [speaker for speaker in named if is_guess(speaker, transcript.warnings)]
    for speaker in guessed:
        yield _LeftOut(
            f"{speaker.name}: the name is a guess in {path.name}, so the voice is not enrolled; if it is right: "
            f'{program()} voices add "{speaker.name}" {path}'
        )
    named = [speaker for speaker in named if speaker not in guessed]
    if not named:
        return
    recording = recording_of(path, transcript.episode)
    if recording.path is None or recording.problem:
        missing = f"{path}: its audio is not on this machine; run `{program()} run` on the audio file first"
        yield _LeftOut(recording.problem or missing)
        return
    try:
        with decode(recording.path) as audio:
            for speaker in named:
                yield from _of_speaker(speaker, transcript, path, audio=audio, enrolled=enrolled, listen=listen)
    except SourceError as error:
        yield _LeftOut(str(error))


def _of_speaker(
    speaker: Speaker,
    transcript: Transcript,
    path: Path,
    *,
    audio: Audio,
    enrolled: Sequence[Voiceprint],
    listen: Listen,
) -> Iterator[NewVoice | _LeftOut]:
    try:
        sample = listen(audio, transcript, speaker.id, path.name)
    except VoiceError as error:
        yield _LeftOut(f"{speaker.name}: {error}")
        return
    known = find_voiceprint(speaker.name, enrolled)
    others = [other for other in known.samples if other.source != sample.source] if known else []
    if known and sample in known.samples:
        return
    similarity = max((cosine(sample.vector, other.vector) for other in others), default=1.0)
    if similarity < LEAST_COSINE:
        yield _LeftOut(
            f"{speaker.name}: differs from their enrolled voice in {path.name} (cosine {similarity:.2f}) and is "
            f'not enrolled; if it is the same person: {program()} voices add "{speaker.name}" {path}'
        )
        return
    yield NewVoice(speaker.name, sample, sum(other.seconds for other in others))
