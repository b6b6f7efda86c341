"""Voices on file: what people sound like, kept between episodes, and who of them is heard in a new one.

A voice is a direction in the space of the speaker embeddings, the mean over some seconds of speech, and is worth
something only to the model it was made with. It is a file of numbers in the user's data folder, made when the user asks
for it, never by a run. A match needs more than being the nearest: the thresholds were measured over 24 recordings with
`benchmarks/diarization/accuracy.py --voices` (docs/speakers.md). Names no turns: see `transcribe.speakers.naming`.
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

from audio.disk import data_folder, write_atomically
from transcribe.diarization.networks import SpeakerModel
from transcribe.errors import SettingsError, TranscribeError

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds
    from transcribe.transcript import Transcript

SCHEMA = 1
LEAST_LIKENESS = 0.65  # cosine from which a voice can be one on file; two people's were below .58, most one's above .65
LEAST_LEAD = 0.1  # … and how much less alike the next person on file, and the next voice in the recording, must be
LEAST_SECONDS = 6.0  # of speech that make a voice; of three, a quarter would not be found again

_NUMBERS = 192  # of a vector of the model in use
_ONE_VOICE_SHARE = 0.8  # of the windows that must be one voice's
_MOST_WINDOWS = 600  # five minutes; more make no better voice
_JOINED = 0.5  # seconds between words within a stretch of speech

_log = logging.getLogger(__name__)


class VoiceError(TranscribeError):
    """A voice that cannot be had: too little speech, several people, a name nobody is on file by."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What somebody sounded like in one recording: a vector of length 1, and the seconds of speech behind it."""

    source: str
    seconds: Seconds
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """A person on file: at least one sample, all made with the model of this SHA-256."""

    name: str
    samples: tuple[Sample, ...]
    model_sha256: str = SpeakerModel.EMBEDDING.sha256

    def __post_init__(self) -> None:
        lengths = {len(sample.vector) for sample in self.samples}
        if len(lengths) != 1 or (self.is_usable and lengths != {_NUMBERS}):
            raise ValueError(f"the voice of {self.name!r} needs samples, all of one model")

    @property
    def is_usable(self) -> bool:
        """Whether it was made with the model in use."""
        return self.model_sha256 == SpeakerModel.EMBEDDING.sha256

    @property
    def seconds(self) -> Seconds:
        """How much speech it was made of."""
        return sum(sample.seconds for sample in self.samples)

    @property
    def vector(self) -> tuple[float, ...]:
        """The mean of the samples, each weighing what it was made of; of length 1."""
        columns = zip(*(sample.vector for sample in self.samples), strict=True)
        mean = [sum(s.seconds * value for s, value in zip(self.samples, column, strict=True)) for column in columns]
        length = math.hypot(*mean) or 1.0
        return tuple(value / length for value in mean)


def recognised(heard: Mapping[str, Sequence[float]], known: Iterable[Voice]) -> dict[str, tuple[str, str]]:
    """Speaker → name and evidence, for the voices heard (`Diarization.voices`) that are certainly ones on file.

    A person is found at most once. Who is not clearly nearer to one person on file than to all others, and nearer than
    everybody else in the recording, stays unknown.
    """
    people = [voice for voice in known if voice.is_usable]
    alike = {
        (speaker, person.name): likeness(vector, person.vector)
        for speaker, vector in heard.items()
        for person in people
    }
    found: dict[str, tuple[str, str]] = {}
    for (speaker, name), own in alike.items():
        rivals = [other for pair, other in alike.items() if (pair[0] == speaker) != (pair[1] == name)]
        if own >= LEAST_LIKENESS and own - max(rivals, default=-1.0) >= LEAST_LEAD:
            found[speaker] = (name, f"the voice on file, likeness {own:.2f}")
    return found


def on_file_by(name: str, known: Iterable[Voice]) -> Voice | None:
    """The voice on file by this name (large and small letters are one) that is of any use; None where there is none."""
    return next((voice for voice in known if _is(voice, name) and voice.is_usable), None)


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors of length 1: of samples, of voices, of what is heard."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def doubts_about(name: str, sample: Sample, known: Iterable[Voice]) -> tuple[str, ...]:
    """What speaks against keeping a sample under a name: it is unlike what is on file by it, or like somebody else."""
    doubts = []
    for person in (voice for voice in known if voice.is_usable):
        own = _is(person, name)
        before = [other for other in person.samples if not (own and other.source == sample.source)]
        alike = max((likeness(sample.vector, other.vector) for other in before), default=1.0 if own else 0.0)
        if own and alike < LEAST_LIKENESS:
            doubts.append(
                f"{name}: sounds unlike what was on file (likeness {alike:.2f}); if this is somebody else: "
                f'transcribe voices remove "{name}", which forgets all of it, and add what is theirs'
            )
        elif not own and alike >= LEAST_LIKENESS:
            doubts.append(f"{name}: sounds like {person.name} (likeness {alike:.2f}); neither may be known again")
    return tuple(doubts)


def expected(known: Iterable[Voice], names: Sequence[str]) -> tuple[Voice, ...]:
    """Of the voices on file those of these people (large and small letters are one); all of them where none is named.

    Raises `VoiceError` for somebody who is not on file.
    """
    people = tuple(known)
    wanted = {name.casefold() for name in names}
    missing = [name for name in names if name.casefold() not in {voice.name.casefold() for voice in people}]
    if missing:
        raise VoiceError(f'voices: {missing[0]} is not on file; `transcribe voices add "{missing[0]}" CLIP` adds them')
    return tuple(voice for voice in people if not wanted or voice.name.casefold() in wanted)


def digest_of(voices: Iterable[Voice]) -> str:
    """What stands for these voices where a transcript records whom it was compared with; empty for nobody."""
    known = "".join(sorted(_to_json(voice) for voice in voices if voice.is_usable))
    return hashlib.sha256(known.encode()).hexdigest() if known else ""


def sample_of_clip(audio: Audio, source: str) -> Sample:
    """The voice in a recording of one person, known as `source`.

    Raises `VoiceError` where there are several or too little is said, `ModelError` and `EngineError` as the
    networks do.
    """
    from transcribe.diarization.diarize import find_speakers

    return _sample(audio, [(span.start, span.end) for span in find_speakers(audio, count=1).spans], source)


def sample_of_turns(audio: Audio, transcript: Transcript, speaker: str, *, source: str) -> Sample:
    """The voice of the speaker with this id, where nobody else is heard. Raises as `sample_of_clip` does."""
    stretches: list[tuple[Seconds, Seconds]] = []
    for word in (word for turn in transcript.turns if turn.speaker == speaker for word in turn.words):
        if stretches and 0 <= word.start - stretches[-1][1] < _JOINED:
            stretches[-1] = (stretches[-1][0], max(word.end, stretches[-1][1]))
        else:
            stretches.append((word.start, word.end))
    return _sample(audio, stretches, source)


def voices_folder() -> Path:
    """Where voices are kept, a file each."""
    return data_folder() / "voices"


def users_voices() -> tuple[Voice, ...]:
    """Everybody this user has put on file."""
    return voices_on_file(voices_folder())


def voices_on_file(folder: Path) -> tuple[Voice, ...]:
    """Everybody on file, by name; a file that is no voice is logged and left out."""
    return tuple(sorted((voice for _, voice in _files(folder)), key=lambda voice: voice.name.casefold()))


def put_on_file(name: str, sample: Sample, *, folder: Path) -> Voice:
    """Add what somebody sounds like to what is known of them; the same source again replaces what it gave before.

    Raises `SettingsError` for what can be no name, `VoiceError` where the folder cannot be written to.
    """
    name = " ".join(name.split())
    if not re.fullmatch(r"[^\W_](?:[^\x00-\x1f*:,\[\]<>`\\]{0,79})", name):
        raise SettingsError(f"name: {name!r} cannot be a speaker's name")
    before = on_file_by(name, voices_on_file(folder))
    kept = tuple(old for old in before.samples if old.source != sample.source) if before else ()
    voice = Voice(name, (*kept, sample))
    try:
        write_atomically(folder / _file_name(name), _to_json(voice))
    except OSError as error:
        raise VoiceError(
            f"{folder}: cannot be written to ({error.strerror}); make room or change its rights"
        ) from error
    return voice


def take_off_file(name: str, *, folder: Path) -> None:
    """Forget a voice. Raises `VoiceError`, which says who is on file, where it is not."""
    files = list(_files(folder))
    found = [path for path, voice in files if _is(voice, name)]
    if not found:
        people = ", ".join(voice.name for _, voice in files) or "nobody"
        raise VoiceError(f"{name}: no voice on file by this name; on file: {people}")
    for path in found:
        path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[Path, Voice]]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield path, _from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s: is no voice turnscript can read (%r); delete it, or add the voice again", path, error)


def _sample(audio: Audio, stretches: Sequence[tuple[Seconds, Seconds]], source: str) -> Sample:
    """The one voice in stretches of speech."""
    import numpy as np

    from transcribe.diarization.clustering import direction, find_voices
    from transcribe.diarization.embedding import STEP, WINDOW, embed
    from transcribe.diarization.networks import open_network

    found = [np.arange(start, min(end, audio.duration) - WINDOW + 1e-6, STEP) for start, end in sorted(stretches)]
    starts = np.concatenate(found) if found else np.zeros(0)
    seconds = round(sum((len(row) - 1) * STEP + WINDOW for row in found if len(row)), 1)
    if seconds < LEAST_SECONDS:
        raise VoiceError(f"{source}: {seconds} s of unbroken speech by this voice; give {LEAST_SECONDS:.0f} s or more")
    starts = starts[np.unique(np.linspace(0, len(starts) - 1, _MOST_WINDOWS).astype(int))]
    vectors = embed(audio, open_network(SpeakerModel.EMBEDDING), starts=starts)
    nearest = (vectors @ find_voices(vectors).T).argmax(axis=1)
    main = nearest == np.bincount(nearest).argmax()
    if main.mean() < _ONE_VOICE_SHARE:
        raise VoiceError(f"{source}: not one voice but several; give a clip of one person, or a corrected draft")
    vector = tuple(round(float(value), 4) for value in direction(vectors[main]))
    return Sample(source, seconds, vector)


def _is(voice: Voice, name: str) -> bool:
    return _folded(voice.name) == _folded(name)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _file_name(name: str) -> str:
    """A name for the eye, and a digest that tells apart what it leaves out."""
    plain = re.sub(r"[^a-z0-9]+", "-", _folded(name)).strip("-")[:40]
    return f"{plain or 'voice'}-{hashlib.sha256(_folded(name).encode()).hexdigest()[:8]}.json"


def _to_json(voice: Voice) -> str:
    samples = [{"source": s.source, "seconds": s.seconds, "vector": s.vector} for s in voice.samples]
    return json.dumps(
        {"schema": SCHEMA, "name": voice.name, "model_sha256": voice.model_sha256, "samples": samples},
        ensure_ascii=False,
    )


def _from_json(text: str) -> Voice:
    data: dict[str, Any] = json.loads(text)
    if data["schema"] != SCHEMA:
        raise ValueError(f"schema {data['schema']!r}")
    samples = tuple(
        Sample(str(s["source"]), float(s["seconds"]), tuple(float(value) for value in s["vector"]))
        for s in data["samples"]
    )
    return Voice(str(data["name"]), samples, str(data["model_sha256"]))
