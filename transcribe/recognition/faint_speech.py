"""Speech too quiet for the voice activity detector: an aside, a guest far from the microphone.

The law: such a passage is at least a doubt. What lies between the detected stretches is heard once more, made as loud
as speech. The chunks stay as they are: these passages are not read, since a recogniser invents words for what is nearly
silent.

The constants are guesses: they were fitted on no recordings, and none with such passages were tried. Checked afterwards
on the project's own two clips, the first minute of each, made quieter, between two copies of itself, over a hiss at
−94 dB: down to −30 dB the detector alone finds nine tenths of the speech or more; at −40 it finds 17 and 74 %, and the
rest is a doubt; from −45 to −55 dB all is a doubt; at −60 nothing is found of one clip. Two minutes of each noise tried
(white at −70 to −44 dB, brown, a hum of 50 and 150 Hz) are no doubt. How often music or a room is one is not known.

What this does not do: change what is read, or say what was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.samples import SAMPLE_RATE
from transcribe.recognition.vad import SILENT, ChunkPlan, Region, find_regions, speech_probabilities

if TYPE_CHECKING:
    from audio.decoding.samples import Audio

_SHORTEST = 2.0  # seconds without speech that are heard again
_LONGEST = 64.0  # seconds heard at a time
_MARGIN = 0.3  # seconds beside detected speech that may be its own ending
_LOUD = 0.1  # what the loudest hundredth of the samples is brought to: a third of what it is in the clips' speech
_QUIET = 0.02  # of the same samples: above it the detector has heard them well enough
_LARGEST_GAIN = 300.0  # 50 dB
_LEAST_SPEECH = 0.8  # seconds


def with_faint_speech(plan: ChunkPlan, audio: Audio) -> ChunkPlan:
    """The plan with the passages of `audio` in which somebody may speak very quietly. Raises `EngineError`."""
    regions = [region for chunk in plan.chunks for region in chunk.regions]
    heard = (_quiet_speech(audio, start, end) for start, end in _between(regions, audio.duration))
    return replace(plan, faint=tuple(region for region in heard if region is not None))


def _between(regions: Sequence[Region], duration: float) -> Iterator[tuple[float, float]]:
    starts = [0.0, *(region.end + _MARGIN for region in regions)]
    ends = [*(region.start - _MARGIN for region in regions), duration]
    for start, end in zip(starts, ends, strict=True):
        while end - start >= _SHORTEST:
            yield start, min(end, start + _LONGEST)
            start += _LONGEST


def _quiet_speech(audio: Audio, start: float, end: float) -> Region | None:
    samples = audio.read(start, end)
    level = float(np.quantile(np.abs(samples), 0.99)) if len(samples) else 0.0
    if not SILENT < level <= _QUIET:
        return None
    louder = (samples * min(_LOUD / level, _LARGEST_GAIN)).clip(-1.0, 1.0)
    found = find_regions(speech_probabilities([louder]), duration=len(samples) / SAMPLE_RATE)
    if sum(region.duration for region in found) < _LEAST_SPEECH:
        return None
    return Region(round(start + found[0].start, 3), round(start + found[-1].end, 3))
