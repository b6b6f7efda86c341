"""Speech that the voice activity detector does not hear: very quiet passages, and whispered ones.

The law: such a passage is at least a doubt. What lies between the detected stretches is heard once more, made as loud
as speech; and where the detector was unsure for long, half its certainty is enough. The plan stays as it is: these
passages are not read, since a recogniser invents words for what is nearly silent.

What this does not do: change what is read, or say what was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from transcribe.recognition.vad import FRAME, SILENT, Region, find_regions, speech_probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audio.decoding.samples import Audio

_SHORTEST = 2.0  # seconds without speech that are heard again
_LONGEST = 64.0  # seconds heard at a time
_MARGIN = 0.3  # seconds beside detected speech that may be its own ending
_LOUD = 0.1  # what the loudest hundredth of the samples is brought to
_QUIET = 0.02  # of the same samples: above it the detector has heard them well enough
_LARGEST_GAIN = 300.0  # 50 dB
_LEAST_SPEECH = 0.8  # seconds
_UNSURE, _UNSURE_SHARE = 0.2, 0.3  # probability, and the share of the frames of a passage that reach it


def find_faint_speech(
    audio: Audio, regions: Sequence[Region], probabilities: NDArray[np.float32]
) -> tuple[Region, ...]:
    """Passages outside `regions` in which somebody may speak; `probabilities` are the detector's, one a frame."""
    return tuple(
        found
        for start, end in _between(regions, audio.duration)
        if (found := _quiet_speech(audio, start, end) or _unsure_speech(probabilities, start, end)) is not None
    )


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
    found = find_regions(speech_probabilities([louder]), duration=len(samples) / 16_000)
    if sum(region.duration for region in found) < _LEAST_SPEECH:
        return None
    return Region(round(start + found[0].start, 3), round(start + found[-1].end, 3))


def _unsure_speech(probabilities: NDArray[np.float32], start: float, end: float) -> Region | None:
    first = round(start / FRAME)
    unsure = np.flatnonzero(probabilities[first : round(end / FRAME)] >= _UNSURE)
    if len(unsure) * FRAME < _LEAST_SPEECH or len(unsure) < _UNSURE_SHARE * (unsure[-1] - unsure[0] + 1):
        return None
    return Region(round((first + unsure[0]) * FRAME, 3), round((first + unsure[-1] + 1) * FRAME, 3))
