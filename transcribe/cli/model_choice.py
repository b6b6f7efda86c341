"""What helps to choose a model: its size, memory, speed on this machine and languages, and what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transcribe.batch.dry_run import ASSUMED_SPEED, measured_speeds
from transcribe.diarization.networks import SPEAKERS, place_of_speaker_models, size_of_speaker_models
from transcribe.recognition.models import DEFAULT, KnownModel, known_models
from transcribe.units import format_size
from transcribe.workers.local import memory_of

_BYTES_PER_PARAMETER = 2  # float16; a run computes in 8-bit integers


@dataclass(frozen=True, slots=True)
class _Facts:
    """Parameters in millions, as the publishers state them, and what the model is for."""

    parameters: int
    use: str


_LARGE = _Facts(1550, "the fewest errors, for a GPU or a night; later versions are better")
_TURBO = _Facts(809, "nearly large-v3, at half its size")
_DISTIL = _Facts(756, "nearly large-v3, at half its size")
_FACTS: Mapping[str, _Facts] = {
    "tiny": _Facts(39, "a quick look; many errors"),
    "base": _Facts(74, "clear speech on a laptop"),
    "small": _Facts(244, "accents, names, poor sound"),
    "medium": _Facts(769, "what small gets wrong; large-v3-turbo is better"),
    "large": _LARGE,
    "large-v1": _LARGE,
    "large-v2": _LARGE,
    "large-v3": _LARGE,
    "large-v3-turbo": _TURBO,
    "turbo": _TURBO,
    "distil-small.en": _Facts(166, "nearly small, at two thirds of its size"),
    "distil-medium.en": _Facts(394, "nearly medium, at half its size"),
    "distil-large-v2": _DISTIL,
    "distil-large-v3": _DISTIL,
    "distil-large-v3.5": _DISTIL,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A model to choose. `speed` is a multiple of real time; None in a field: not known, or it does not apply."""

    model: KnownModel
    use: str
    download_bytes: int | None = None
    memory_bytes: int | None = None
    speed: float | None = None
    is_measured: bool = False  # the speed, on this machine

    @property
    def languages(self) -> str:
        """The languages it transcribes."""
        return "English" if self.model.is_english_only else "any" if self.model.name == SPEAKERS else "99"

    def as_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "name": self.model.name,
            "default": self.model.name == DEFAULT,
            "place": self.model.place.name.lower(),
            "folder": None if self.model.folder is None else str(self.model.folder),
            "download_bytes": self.download_bytes,
            "memory_bytes": self.memory_bytes,
            "speed": None if self.speed is None else round(self.speed, 2),
            "speed_is_measured": self.is_measured,
            "english_only": self.model.is_english_only,
            "use": self.use,
        }

    def cells(self) -> tuple[str, ...]:
        """As a row of a table: name, download, memory, speed, languages, use, where."""
        name = f"{self.model.name} (default)" if self.model.name == DEFAULT else self.model.name
        sizes = ("" if size is None else format_size(size) for size in (self.download_bytes, self.memory_bytes))
        speed = "" if self.speed is None else f"{'' if self.is_measured else '~'}{self.speed:.2g} ×"
        return name, *sizes, speed, self.languages, self.use, str(self.model.folder or self.model.place)


def choices() -> tuple[Choice, ...]:
    """Every model that can be given by name, the default first, and last the networks that find the speakers."""
    speeds = measured_speeds()
    recognisers = tuple(_choice(model, speeds) for model in known_models())
    place, folder = place_of_speaker_models()
    speakers = KnownModel(SPEAKERS, place, folder)
    return (*recognisers, Choice(speakers, "who speaks when; every run needs them", size_of_speaker_models()))


def _choice(model: KnownModel, speeds: Mapping[str, float]) -> Choice:
    facts = _FACTS.get(model.name) or _FACTS.get(model.name.removesuffix(".en"))
    if facts is None:  # a newer library knows more models
        return Choice(model, "")
    measured = _fastest(model.name, speeds)
    base = _fastest(DEFAULT, speeds) or ASSUMED_SPEED
    return Choice(
        model,
        facts.use,
        facts.parameters * 1_000_000 * _BYTES_PER_PARAMETER,
        memory_of(model.name),
        measured or base * _FACTS[DEFAULT].parameters / facts.parameters,
        measured is not None,
    )


def _fastest(name: str, speeds: Mapping[str, float]) -> float | None:
    """The best speed earlier runs with this model had, whatever their other settings."""
    return max((speed for key, speed in speeds.items() if name in key.split()[1:2]), default=None)
