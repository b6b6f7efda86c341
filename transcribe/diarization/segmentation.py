"""Where speech is, how many speak, and where the speaker changes: scores of ten-second windows, averaged per frame.

The network (`network_graphs.segmentation_graph`) distinguishes up to three people within one window, but not from
window to window: `transcribe.diarization.embedding` and `transcribe.diarization.clustering` identify them. Scores of
overlapping windows are averaged with Hamming weights, as in H. Bredin, "pyannote.audio 2.1 speaker diarization
pipeline", Interspeech 2023. Memory is bounded: a window's samples and 12 bytes per frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE
from transcribe.parallel import map_in_order

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.diarization.networks import Network

ALONE = 1.4  # expected number of speakers below which one person speaks alone
_STEP_SAMPLES = 270  # from frame to frame: the network's strides, 10 · 3 · 3 · 3
FRAME_STEP = _STEP_SAMPLES / SAMPLE_RATE  # seconds
_FRAME_CENTRE = 991 / 2 / SAMPLE_RATE  # middle of the first frame's receptive field
FRAMES_START = _FRAME_CENTRE - FRAME_STEP / 2  # seconds; a frame stands for the step around its centre
_WINDOW_FRAMES = 589  # the network's output for ten seconds
_WINDOW_SAMPLES = 10 * SAMPLE_RATE
_HOP_FRAMES = 296  # 5 s (4.995): two windows cover every frame; 2.5 s and 1 s were hardly better
_BATCH = 2  # windows at a time: a tenth faster than one; four gain another tenth, and take 80 MB more
_SPEAKERS_OF_CLASS = np.array([0, 1, 1, 1, 2, 2, 2])  # powerset: nobody, each of three, each pair
_CHANGE_MARGIN_FRAMES = 3  # windows place the same change up to 50 ms apart


@dataclass(frozen=True, slots=True)
class Activity:
    """Per frame, float32 (n,): P(speech), expected number of speakers, share of windows with a change of speaker.

    A change is at the first frame of the new speaker, also after a pause.
    """

    speech: NDArray[np.float32]
    speakers: NDArray[np.float32]
    change: NDArray[np.float32]

    @property
    def n_frames(self) -> int:
        """The number of frames."""
        return len(self.speech)

    @property
    def times(self) -> NDArray[np.float64]:
        """The centres of the frames in seconds."""
        return np.arange(self.n_frames, dtype=np.float64) * FRAME_STEP + _FRAME_CENTRE


def segment(
    audio: Audio, network: Network, *, threads: int = 0, progress: OnFraction = lambda fraction: None
) -> Activity:
    """The activity of a whole recording, without frames beyond its end.

    `network` maps float32 (batch, 1, 160000) to log-probabilities (batch, 589, 7) and runs in `threads` threads.
    """
    n_frames = max(0, int((audio.n_samples / SAMPLE_RATE - _FRAME_CENTRE) // FRAME_STEP) + 1)
    if n_frames == 0:
        empty = np.zeros(0, np.float32)
        return Activity(empty, empty, empty)
    n_windows = 1 + max(0, -(-(n_frames - _WINDOW_FRAMES) // _HOP_FRAMES))
    size = (n_windows - 1) * _HOP_FRAMES + _WINDOW_FRAMES
    totals = np.zeros((4, size), np.float32)  # speech, speakers, change, weight
    weight = np.hamming(_WINDOW_FRAMES).astype(np.float32)

    def scores_of(numbers: range) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = np.exp(network(np.stack([_window(audio, number)[None] for number in numbers])))
        return scores

    batches = (range(first, min(first + _BATCH, n_windows)) for first in range(0, n_windows, _BATCH))
    windows = chain.from_iterable(map_in_order(scores_of, batches, threads=threads))
    for number, scores in enumerate(windows):
        place = slice(number * _HOP_FRAMES, number * _HOP_FRAMES + _WINDOW_FRAMES)
        rows = (1.0 - scores[:, 0], scores @ _SPEAKERS_OF_CLASS, _changes(scores), 1.0)
        for total, row in zip(totals, rows, strict=True):
            total[place] += weight * row
        progress((number + 1) / n_windows)
    speech, speakers, change = (totals[:3] / totals[3])[:, :n_frames].astype(np.float32)
    return Activity(speech, speakers, change)


def _window(audio: Audio, number: int) -> NDArray[np.float32]:
    """The samples of a window, padded with silence beyond the end of the recording."""
    start = number * _HOP_FRAMES * _STEP_SAMPLES
    end = min(start + _WINDOW_SAMPLES, audio.n_samples)
    samples = audio.read(start / SAMPLE_RATE, end / SAMPLE_RATE)[:_WINDOW_SAMPLES]
    return np.pad(samples, (0, _WINDOW_SAMPLES - len(samples)))


def _changes(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, 7) → 1.0 around the frames where the single active speaker differs from the last one, else 0.0."""
    likeliest = scores.argmax(axis=1)
    alone = np.flatnonzero(_SPEAKERS_OF_CLASS[likeliest] == 1)
    new = alone[1:][likeliest[alone[1:]] != likeliest[alone[:-1]]]
    marks = np.zeros(len(scores), np.float32)
    for shift in range(-_CHANGE_MARGIN_FRAMES, _CHANGE_MARGIN_FRAMES + 1):
        marks[np.clip(new + shift, 0, len(scores) - 1)] = 1.0
    return marks
