"""Enrolled voiceprints: how people sound, stored between episodes, and which of them speak in a new one.

A voiceprint is the mean speaker embedding of some seconds of speech, and valid only for the model that made it. It is
a file of numbers in the user's data folder, written when the user asks for it, never by a run. A match must clear
thresholds measured over 24 recordings with `benchmarks/diarization/accuracy.py --voices` (docs/speakers.md).
`transcribe.speakers.naming` names the turns.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.disk import data_folder, write_privately
from audio.intervals import joined
from audio.program import program
from audio.shortage import room_step
from audio.trust import read_own, step_after
from transcribe.diarization.networks import SpeakerModel
from transcribe.errors import SettingsError, TranscribeError

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds
    from transcribe.transcript import Transcript

SCHEMA = 1
LEAST_COSINE = 0.65  # of a match; two people's voiceprints were below .58, most of one person's above .65
LEAST_LEAD = 0.1  # of a match over the next enrolled person, and over the next voice in the recording
LEAST_SECONDS = 6.0  # of speech for a voiceprint; with three, a quarter were not matched again

_DIMENSIONS = 192  # of an embedding of the model in use
_ONE_VOICE_SHARE = 0.8  # of the windows that must belong to one voice
_MOST_WINDOWS = 600  # five minutes; more do not improve the voiceprint
_LONGEST_GAP = 0.5  # seconds between words of one stretch of speech

_log = logging.getLogger(__name__)


class VoiceError(TranscribeError):
    """A voiceprint that cannot be made or found: too little speech, several people."""


class NotEnrolledError(VoiceError):
    """Nobody is enrolled by this name."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How somebody sounds in one recording: an embedding of length 1, and the seconds of speech it is made from."""

    source: str
    seconds: Seconds
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Voiceprint:
    """An enrolled person: at least one sample, all made with the model of this SHA-256."""

    name: str
    samples: tuple[Sample, ...]
    model_sha256: str = SpeakerModel.EMBEDDING.sha256

    def __post_init__(self) -> None:
        lengths = {len(sample.vector) for sample in self.samples}
        if len(lengths) != 1 or (self.is_usable and lengths != {_DIMENSIONS}):
            raise ValueError(f"the voiceprint of {self.name!r} needs samples, all of one model")

    @property
    def is_usable(self) -> bool:
        """Whether it was made with the model in use."""
        return self.model_sha256 == SpeakerModel.EMBEDDING.sha256

    @property
    def seconds(self) -> Seconds:
        """How much speech it is made from."""
        return sum(sample.seconds for sample in self.samples)

    @property
    def vector(self) -> tuple[float, ...]:
        """The mean of the samples, weighted by their seconds; of length 1."""
        columns = zip(*(sample.vector for sample in self.samples), strict=True)
        mean = [sum(s.seconds * value for s, value in zip(self.samples, column, strict=True)) for column in columns]
        length = math.hypot(*mean) or 1.0
        return tuple(value / length for value in mean)


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """An enrolled person whose voiceprint a voice matches."""

    name: str
    cosine: float

    @property
    def evidence(self) -> str:
        """
        >>> VoiceMatch("Ada", 0.812).evidence
        'matches the enrolled voice, cosine 0.81'
        """
        return f"matches the enrolled voice, cosine {self.cosine:.2f}"


def match_voices(voices: Mapping[str, Sequence[float]], enrolled: Iterable[Voiceprint]) -> dict[str, VoiceMatch]:
    """Speaker → match, for the voices of a recording (`Diarization.voices`) that clearly belong to enrolled people.

    Each person matches at most one voice. A voice stays unknown unless it is clearly nearer to one enrolled person than
    to all others, and nearer than all other voices of the recording.
    """
    people = [person for person in enrolled if person.is_usable]
    cosines = {
        (speaker, person.name): cosine(vector, person.vector) for speaker, vector in voices.items() for person in people
    }
    matches: dict[str, VoiceMatch] = {}
    for (speaker, name), own in cosines.items():
        rivals = [other for pair, other in cosines.items() if (pair[0] == speaker) != (pair[1] == name)]
        if own >= LEAST_COSINE and own - max(rivals, default=-1.0) >= LEAST_LEAD:
            matches[speaker] = VoiceMatch(name, own)
    return matches


def find_voiceprint(name: str, enrolled: Iterable[Voiceprint]) -> Voiceprint | None:
    """The usable voiceprint of this person, ignoring case; None if there is none."""
    return next((person for person in enrolled if _is(person, name) and person.is_usable), None)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine similarity of two vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def sample_warnings(name: str, sample: Sample, enrolled: Iterable[Voiceprint]) -> tuple[str, ...]:
    """Why a sample may not belong to a person: it differs from their voiceprint, or resembles somebody else's."""
    warnings = []
    for person in (person for person in enrolled if person.is_usable):
        own = _is(person, name)
        before = [other for other in person.samples if not (own and other.source == sample.source)]
        best = max((cosine(sample.vector, other.vector) for other in before), default=1.0 if own else 0.0)
        if own and best < LEAST_COSINE:
            warnings.append(
                f"{name}: differs from their enrolled voice (cosine {best:.2f}); if this is somebody else: "
                f'{program()} voices remove "{name}", which deletes all their samples, then add the right ones'
            )
        elif not own and best >= LEAST_COSINE:
            warnings.append(f"{name}: resembles {person.name} (cosine {best:.2f}); neither may be recognised again")
    return tuple(warnings)


def select_voiceprints(enrolled: Iterable[Voiceprint], names: Sequence[str]) -> tuple[Voiceprint, ...]:
    """The voiceprints of the people in `names`, ignoring case; all of them if `names` is empty.

    Raises `SettingsError` for somebody who is not enrolled.
    """
    people = tuple(enrolled)
    if missing := [name for name in names if not any(_is(person, name) for person in people)]:
        raise SettingsError(
            f'voices: {missing[0]} is not enrolled; enrol them with: {program()} voices add "{missing[0]}" CLIP'
        )
    return tuple(person for person in people if not names or any(_is(person, name) for name in names))


def digest_of(voiceprints: Iterable[Voiceprint]) -> str:
    """The digest by which a transcript records the voiceprints it was compared with; empty for none."""
    usable = "".join(sorted(_to_json(voiceprint) for voiceprint in voiceprints if voiceprint.is_usable))
    return hashlib.sha256(usable.encode()).hexdigest() if usable else ""


def sample_of_clip(audio: Audio, source: str) -> Sample:
    """The voice in a recording of one person; `source` names the recording.

    Raises `VoiceError` for several people or too little speech, `ModelError` and `EngineError` as the networks do.
    """
    from transcribe.diarization.diarize import find_speakers

    return _sample(audio, [(span.start, span.end) for span in find_speakers(audio, count=1).spans], source)


def sample_of_turns(audio: Audio, transcript: Transcript, speaker: str, *, source: str) -> Sample:
    """The voice of the speaker with this id. Raises as `sample_of_clip` does."""
    words = (word for turn in transcript.turns if turn.speaker == speaker for word in turn.words)
    return _sample(audio, joined(((word.start, word.end) for word in words), gap=_LONGEST_GAP), source)


def voiceprints_folder() -> Path:
    """The folder of the enrolled voiceprints, a file each."""
    return data_folder() / "voices"


def user_voiceprints() -> tuple[Voiceprint, ...]:
    """Everybody this user enrolled."""
    return load_voiceprints(voiceprints_folder())


def load_voiceprints(folder: Path) -> tuple[Voiceprint, ...]:
    """The voiceprints in a folder, sorted by name; unreadable files are logged and skipped."""
    return tuple(sorted((person for _, person in _files(folder)), key=lambda person: person.name.casefold()))


def enrol(name: str, sample: Sample, *, folder: Path) -> Voiceprint:
    """Add a sample to somebody's voiceprint; it replaces an earlier one from the same source.

    Raises `SettingsError` for an invalid name, `VoiceError` if the folder cannot be written to.
    """
    name = " ".join(name.split())
    if not re.fullmatch(r"[^\W_](?:[^\x00-\x1f*:,\[\]<>`\\]{0,79})", name):
        raise SettingsError(f"name: {name!r} cannot be a speaker's name")
    before = find_voiceprint(name, load_voiceprints(folder))
    others = tuple(old for old in before.samples if old.source != sample.source) if before else ()
    voiceprint = Voiceprint(name, (*others, sample))
    try:
        write_privately(folder / _file_name(name), _to_json(voiceprint))
    except OSError as error:
        step = step_after(error, room_step(error, elsewhere="change its permissions"))
        raise VoiceError(f"{folder}: cannot be written to ({error.strerror}); {step}") from error
    return voiceprint


def remove_voiceprint(name: str, *, folder: Path) -> None:
    """Delete somebody's voiceprint. Raises `NotEnrolledError`, which lists who is enrolled, if there is none."""
    files = list(_files(folder))
    paths = [path for path, person in files if _is(person, name)]
    if not paths:
        people = ", ".join(person.name for _, person in files) or "nobody"
        raise NotEnrolledError(f"{name}: is not enrolled; enrolled: {people}")
    for path in paths:
        path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[Path, Voiceprint]]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield path, _from_json(read_own(path, inside=folder).decode())
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s: is not a readable voiceprint (%r); delete it, or add the voice again", path, error)


def _sample(audio: Audio, stretches: Sequence[tuple[Seconds, Seconds]], source: str) -> Sample:
    """The voice in stretches of one person's speech (start, end)."""
    import numpy as np

    from transcribe.diarization.clustering import embedding_of, find_voices
    from transcribe.diarization.embedding import STEP, WINDOW, embed
    from transcribe.diarization.networks import open_network

    rows = [np.arange(start, min(end, audio.duration) - WINDOW + 1e-6, STEP) for start, end in sorted(stretches)]
    starts = np.concatenate(rows) if rows else np.zeros(0)
    seconds = round(sum((len(row) - 1) * STEP + WINDOW for row in rows if len(row)), 1)
    if seconds < LEAST_SECONDS:
        raise VoiceError(f"{source}: {seconds} s of unbroken speech by this voice; give {LEAST_SECONDS:.0f} s or more")
    starts = starts[np.unique(np.linspace(0, len(starts) - 1, _MOST_WINDOWS).astype(int))]
    vectors = embed(audio, open_network(SpeakerModel.EMBEDDING), starts=starts)
    nearest = (vectors @ find_voices(vectors).T).argmax(axis=1)
    main = nearest == np.bincount(nearest).argmax()
    if main.mean() < _ONE_VOICE_SHARE:
        raise VoiceError(f"{source}: several voices; give a clip of one person, or a corrected draft")
    return Sample(source, seconds, embedding_of(vectors[main]))


def _is(person: Voiceprint, name: str) -> bool:
    return _folded(person.name) == _folded(name)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _file_name(name: str) -> str:
    """A readable part, and a digest of the whole name."""
    plain = re.sub(r"[^a-z0-9]+", "-", _folded(name)).strip("-")[:40]
    return f"{plain or 'voice'}-{hashlib.sha256(_folded(name).encode()).hexdigest()[:8]}.json"


def _to_json(voiceprint: Voiceprint) -> str:
    samples = [{"source": s.source, "seconds": s.seconds, "vector": s.vector} for s in voiceprint.samples]
    return json.dumps(
        {"schema": SCHEMA, "name": voiceprint.name, "model_sha256": voiceprint.model_sha256, "samples": samples},
        ensure_ascii=False,
    )


def _from_json(text: str) -> Voiceprint:
    data: dict[str, Any] = json.loads(text)
    if data["schema"] != SCHEMA:
        raise ValueError(f"schema {data['schema']!r}")
    samples = tuple(
        Sample(str(s["source"]), float(s["seconds"]), tuple(float(value) for value in s["vector"]))
        for s in data["samples"]
    )
    return Voiceprint(str(data["name"]), samples, str(data["model_sha256"]))
