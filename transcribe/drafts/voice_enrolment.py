"""Voices out of corrected drafts: what the people sound like whose turns an editor left under their names.

Finds and compares; what goes on file is decided by whoever asks (`transcribe learn --voices`). A person whose name is
a placeholder cannot be enrolled. One whose name is a guess would get that name in every later recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio.decoding.decode import decode
from audio.errors import SourceError
from output.parse import read_draft
from transcribe.drafts.sync import transcript_of, update_transcript
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
"""The voice of the speaker with this id; the last argument names the recording. Raises `VoiceError`."""


@dataclass(frozen=True, slots=True)
class NewVoice:
    """What somebody sounded like in a draft's recording, and how many seconds of them are on file already."""

    name: str
    sample: Sample
    known: Seconds

    @property
    def line(self) -> str:
        """
        >>> NewVoice("Nora", Sample("talk.md", 18.2, (1.0,)), 0.0).line
        'the voice of Nora, 18 s from talk.md'
        """
        beside = f", beside {self.known:.0f} s on file" if self.known else ""
        return f"the voice of {self.name}, {self.sample.seconds:.0f} s from {self.sample.source}{beside}"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The voices that may go on file, and why others may not."""

    voices: tuple[NewVoice, ...]
    messages: tuple[str, ...]


def _listen(audio: Audio, transcript: Transcript, speaker: str, source: str) -> Sample:
    return sample_of_turns(audio, transcript, speaker, source=source)


def enrolment(drafts: Iterable[Path], *, on_file: Sequence[Voiceprint], listen: Listen = _listen) -> Enrolment:
    """The voices of the people in these drafts that are not on file from them already.

    Raises as `sync` does, and `ModelError` and `EngineError` as the networks do.
    """
    found: list[NewVoice] = []
    messages: list[str] = []
    for path in drafts:
        for item in _of_draft(path, on_file=on_file, listen=listen):
            if isinstance(item, str):
                messages.append(item)
            else:
                found.append(item)
    return Enrolment(tuple(found), tuple(messages))


def _of_draft(path: Path, *, on_file: Sequence[Voiceprint], listen: Listen) -> Iterator[NewVoice | str]:
    transcript = update_transcript(read_draft(path), transcript_of(path), name=str(path)).transcript
    people = [speaker for speaker in transcript.speakers if not _is_placeholder(speaker, transcript)]
    if not people:
        yield f"{path}: nobody in it has a name yet"
    guessed = [speaker for speaker in people if is_guess(speaker, transcript.warnings)]
    for speaker in guessed:
        yield (
            f"{speaker.name}: the name is a guess in {path.name}, so the voice is not enrolled; if it is right: "
            f'transcribe voices add "{speaker.name}" {path}'
        )
    people = [speaker for speaker in people if speaker not in guessed]
    if not people:
        return
    if transcript.episode.path is None:
        yield f"{path}: its audio is not on this machine, so there is nobody to hear; `transcribe run` on the file"
        return
    try:
        with decode(path.parent / transcript.episode.path) as audio:
            for speaker in people:
                yield from _of_person(speaker, transcript, path, audio=audio, on_file=on_file, listen=listen)
    except SourceError as error:
        yield str(error)


def _of_person(
    speaker: Speaker, transcript: Transcript, path: Path, *, audio: Audio, on_file: Sequence[Voiceprint], listen: Listen
) -> Iterator[NewVoice | str]:
    try:
        sample = listen(audio, transcript, speaker.id, path.name)
    except VoiceError as error:
        yield f"{speaker.name}: {error}"
        return
    known = find_voiceprint(speaker.name, on_file)
    others = [other for other in known.samples if other.source != sample.source] if known else []
    if known and sample in known.samples:
        return
    alike = max((cosine(sample.vector, other.vector) for other in others), default=1.0)
    if alike < LEAST_COSINE:
        yield (
            f"{speaker.name}: differs from their enrolled voice in {path.name} (cosine {alike:.2f}) and is "
            f'not enrolled; if it is the same person: transcribe voices add "{speaker.name}" {path}'
        )
        return
    yield NewVoice(speaker.name, sample, sum(other.seconds for other in others))


def _is_placeholder(speaker: Speaker, transcript: Transcript) -> bool:
    guest = str(transcript.made_with.settings.get("guest") or "Guest")
    return is_placeholder(speaker.name, guest)
