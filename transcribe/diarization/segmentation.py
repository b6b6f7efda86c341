"""Where somebody speaks, how many at once, and where the speaker changes: ten-second windows, averaged per frame.

The network (`speaker_networks.segmentation_graph`) tells up to three people apart within one window, but not from
window to window: who they are is the business of `transcribe.diarization.embedding` and
`transcribe.diarization.clustering`. Scores of overlapping windows are averaged under a Hamming window, as in H. Bredin,
"pyannote.audio 2.1 speaker diarization pipeline", Interspeech 2023. Works in bounded memory: a window's samples and 12
bytes a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcribe.parallel import map_in_order

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.diarization.networks import Network

SAMPLE_RATE = 16_000
ALONE = 1.4  # expected number of speakers up to which somebody speaks alone
FRAME_STEP = 270 / SAMPLE_RATE  # seconds from frame to frame: the network's strides, 10 · 3 · 3 · 3 samples
_FRAME_CENTRE = 991 / 2 / SAMPLE_RATE  # middle of the first frame's receptive field
_WINDOW_FRAMES = 589  # what the network makes of ten seconds
_WINDOW_SAMPLES = 10 * SAMPLE_RATE
_HOP_FRAMES = 296  # 5 s (4.995): every frame is seen by two windows; 2.5 s and 1 s were hardly better
_BATCH = 2  # windows at a time: a tenth faster than alone; four gain another tenth, and take 80 MB more
_SPEAKERS_OF_CLASS = np.array([0, 1, 1, 1, 2, 2, 2])  # powerset: nobody, each of three, each pair
_SMEAR_FRAMES = 3  # windows place the same change up to 50 ms apart


@dataclass(frozen=True, slots=True)
class Activity:
    """Per frame, float32 (n,): P(somebody speaks), expected number of speakers, share of windows that see a change.

    A change stands at the first frame of the new speaker, also after a pause.
    """

    speech: NDArray[np.float32]
    speakers: NDArray[np.float32]
    change: NDArray[np.float32]

    @property
    def n_frames(self) -> int:
        """How many frames there are."""
        return len(self.speech)

    @property
    def times(self) -> NDArray[np.float64]:
        """The frames' middles in seconds."""
        return np.arange(self.n_frames, dtype=np.float64) * FRAME_STEP + _FRAME_CENTRE


def segment(
    audio: Audio,
    network: Network,
    *,
    threads: int = 0,
    progress: OnFraction = lambda fraction: None,
) -> Activity:
    """The activity of a whole recording; frames that lie beyond its end are left out.

    `network` maps float32 (batch, 1, 160000) to log-probabilities (batch, 589, 7); `threads` of it run at a time.
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
    found = chain.from_iterable(map_in_order(scores_of, batches, threads=threads))
    for number, scores in enumerate(found):
        place = slice(number * _HOP_FRAMES, number * _HOP_FRAMES + _WINDOW_FRAMES)
        rows = (1.0 - scores[:, 0], scores @ _SPEAKERS_OF_CLASS, _changes(scores), 1.0)
        for total, row in zip(totals, rows, strict=True):
            total[place] += weight * row
        progress((number + 1) / n_windows)
    speech, speakers, change = (totals[:3] / totals[3])[:, :n_frames].astype(np.float32)
    return Activity(speech, speakers, change)


def _window(audio: Audio, number: int) -> NDArray[np.float32]:
    """The samples of a window, silence where the recording has ended."""
    start = number * _HOP_FRAMES * 270
    end = min(start + _WINDOW_SAMPLES, audio.n_samples)
    samples = audio.read(start / SAMPLE_RATE, end / SAMPLE_RATE)[:_WINDOW_SAMPLES]
    return np.pad(samples, (0, _WINDOW_SAMPLES - len(samples)))


def _changes(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """(frames, 7) → 1.0 around the frames where the one active speaker is another than the last one, else 0.0."""
    likeliest = scores.argmax(axis=1)
    alone = np.flatnonzero(_SPEAKERS_OF_CLASS[likeliest] == 1)
    new = alone[1:][likeliest[alone[1:]] != likeliest[alone[:-1]]]
    marks = np.zeros(len(scores), np.float32)
    for shift in range(-_SMEAR_FRAMES, _SMEAR_FRAMES + 1):
        marks[np.clip(new + shift, 0, len(scores) - 1)] = 1.0
    return marks
