"""Two seconds of made-up sound through everything a run uses: ffmpeg, each engine, both speaker networks."""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from audio.program import program
from audio.scratch import temporary_folder
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diagnosis.installation import is_installed
from transcribe.diarization.networks import SPEAKERS, SpeakerModel, open_network, place_of_speaker_models
from transcribe.errors import TranscribeError
from transcribe.recognition.engines import ENGINES, load
from transcribe.recognition.models import DEFAULT, find_model, known_models
from transcribe.weights.wheels import Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SECONDS, _HERTZ, _RATE = 2, 220.0, 22_050


def try_engines(surroundings: Surroundings) -> Iterator[Finding]:
    """Each installed engine reads the sound with `base`, else with the model in force; no weights are fetched."""
    cached = {known.name for known in known_models() if known.place is Place.CACHE}
    name = next((name for name in (DEFAULT, surroundings.settings.model) if name in cached), None)
    if name is None:
        yield Finding(Level.NOTE, "trial", "recognition was not tried: there are no weights in the cache", _get())
        return
    samples = _decoded_tone()
    yield Finding(Level.OK, "trial ffmpeg", f"decodes {_SECONDS} s of sound")
    for engine, entry in ENGINES.items():
        if entry.package and not is_installed(entry.package):
            continue
        settings, began = replace(surroundings.settings, engine=engine, model=name), time.perf_counter()
        try:
            list(load(settings, find_model(name)).recognize([samples], language="en", beam_size=1))
        except TranscribeError as error:
            step = f"reinstall the engine: `pip install --force-reinstall '{_package_of(engine)}'`"
            yield Finding(Level.WRONG, f"trial {engine}", str(error), step)
            continue
        took = time.perf_counter() - began
        yield Finding(Level.OK, f"trial {engine}", f"loads {name} and reads {_SECONDS} s of sound in {took:.1f} s")


def try_speaker_networks(surroundings: Surroundings) -> Iterator[Finding]:
    """Both networks compute once, on silence."""
    import numpy as np

    if place_of_speaker_models()[0] is not Place.CACHE:
        yield Finding(Level.NOTE, f"trial {SPEAKERS}", "not tried: there are no weights in the cache", _get())
        return
    began = time.perf_counter()
    inputs = {SpeakerModel.SEGMENTATION: (1, 1, 160_000), SpeakerModel.EMBEDDING: (1, 200, 80)}
    for model, shape in inputs.items():
        output = open_network(model, device=surroundings.settings.device)(np.zeros(shape, np.float32))
        if not np.isfinite(output).all():
            step = "reinstall onnxruntime: `pip install --force-reinstall onnxruntime`"
            yield Finding(Level.WRONG, f"trial {SPEAKERS}", f"{model.file_name} computes numbers that are none", step)
            return
    took = time.perf_counter() - began
    yield Finding(Level.OK, f"trial {SPEAKERS}", f"both networks are loaded and compute in {took:.1f} s")


def _decoded_tone() -> NDArray[np.float32]:
    """A falling tone, written to a file and decoded as any recording is."""
    import numpy as np

    from audio.decoding.decode import decode

    times = np.arange(_SECONDS * _RATE) / _RATE
    tone = np.round(8000 * np.sin(2 * np.pi * _HERTZ * times) * np.exp(-times)).astype("<i2")
    with temporary_folder("tone.wav") as folder:
        path = folder / "tone.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, _RATE, 0, "NONE", ""))
            file.writeframes(tone.tobytes())
        return decode(path).read()


def _package_of(engine: str) -> str:
    return f"turnscript[{engine}]" if ENGINES[engine].package else engine


def _get() -> str:
    return f"get the weights first: `{program()} models get`"
