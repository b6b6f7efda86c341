"""Voices as vectors: one CAM++ embedding for each second of audio, twice a second.

Fine windows serve identity better than one vector per stretch: a window that straddles two speakers costs little,
and every moment is seen by two windows. Features are computed block by block, so a recording of any length works in
bounded memory (0.8 kB per window of speech). What the vectors mean is the business of `transcribe.clustering`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcribe.in_order import map_in_order
from transcribe.speaker_networks import EMBEDDING, FEATURES

if TYPE_CHECKING:
    from audio.samples import Audio
    from transcribe.speaker_models import Network

SAMPLE_RATE = 16_000
WINDOW = 1.0  # seconds of audio behind one vector
STEP = 0.5  # seconds from one window's start to the next
_HOP_SAMPLES, _FRAME_SAMPLES = 160, 400  # of the features: 25 ms every 10 ms
_WINDOW_FRAMES = int((WINDOW * SAMPLE_RATE - _FRAME_SAMPLES) // _HOP_SAMPLES) + 1  # 98, none over the edge
_SHORTEST_FRAMES = 20
_BATCH = 8  # windows at a time: their activations stay in the processor's cache


def window_starts(n_samples: int) -> NDArray[np.float64]:
    """Where the windows of a recording start, in seconds: every half second, and a last one that ends with it.

    A recording shorter than a window has one all the same; an empty one has none.
    """
    if n_samples == 0:
        return np.zeros(0)
    last = max(0, (n_samples - int(WINDOW * SAMPLE_RATE)) // _HOP_SAMPLES)
    grid = np.arange(0, last, int(STEP * SAMPLE_RATE) // _HOP_SAMPLES)
    return np.append(grid, last) * (_HOP_SAMPLES / SAMPLE_RATE)


def embed(
    audio: Audio,
    network: Network,
    *,
    starts: NDArray[np.float64],
    threads: int = 0,
    progress: Callable[[float], None] = lambda fraction: None,
) -> NDArray[np.float32]:
    """The vectors of the windows that start at `starts` (ascending, seconds): float32 (n, 192), each of length 1.

    `network` maps features (batch, frames, 80) to (batch, 192); `threads` of it run at a time. A window with
    too little audio for the network (under 0.2 s, in a recording shorter than that) gets a zero vector.
    """

    def vectors_of(hops: NDArray[np.int_]) -> NDArray[np.float32]:
        features = _features(audio, hops)
        if features.shape[1] < _SHORTEST_FRAMES:
            return np.zeros((len(hops), EMBEDDING), np.float32)
        found = network(features)
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return found

    vectors = np.zeros((len(starts), EMBEDDING), np.float32)
    hops = np.rint(starts * (SAMPLE_RATE / _HOP_SAMPLES)).astype(int)
    batches = (hops[first : first + _BATCH] for first in range(0, len(hops), _BATCH))
    done = 0
    for found in map_in_order(vectors_of, batches, threads=threads):
        vectors[done : done + len(found)] = found
        done += len(found)
        progress(done / len(starts))
    return vectors


def fbank(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log mel energies as CAM++ was trained on: (n,) in [−1, 1] → (frames, 80), 10 ms apart, no frame over the edge.

    Kaldi's features (D. Povey et al., "The Kaldi speech recognition toolkit", ASRU 2011) under a Hamming window,
    without dither.
    """
    import kaldi_native_fbank as knf

    options = knf.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.dither = 0.0
    options.frame_opts.window_type = "hamming"
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = FEATURES
    extractor = knf.OnlineFbank(options)
    extractor.accept_waveform(SAMPLE_RATE, samples.tolist())  # an array is copied number by number, a third slower
    extractor.input_finished()
    frames = [extractor.get_frame(number) for number in range(extractor.num_frames_ready)]
    return np.array(frames, np.float32).reshape(len(frames), FEATURES)


def _features(audio: Audio, hops: NDArray[np.int_]) -> NDArray[np.float32]:
    """Features of the windows that start at `hops`, (windows, frames, 80); audio between distant ones is not read."""
    runs = np.split(hops, np.flatnonzero(np.diff(hops) > _WINDOW_FRAMES) + 1)
    return np.concatenate([_run_of_windows(audio, run) for run in runs])


def _run_of_windows(audio: Audio, hops: NDArray[np.int_]) -> NDArray[np.float32]:
    """Features of windows that touch or overlap, each frame computed once."""
    start = hops[0] * _HOP_SAMPLES
    end = min(hops[-1] * _HOP_SAMPLES + int(WINDOW * SAMPLE_RATE), audio.n_samples)
    features = fbank(audio.read(start / SAMPLE_RATE, end / SAMPLE_RATE))
    return np.stack([features[hop - hops[0] : hop - hops[0] + _WINDOW_FRAMES] for hop in hops])
