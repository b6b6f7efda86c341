"""Speaker embeddings: one CAM++ vector per second of audio, twice a second.

Short windows identify speakers better than one vector per turn: a window that straddles two speakers costs little, and
two windows cover every moment. Features are computed block by block, so memory is bounded for any length (0.8 kB per
window of speech). `transcribe.diarization.clustering` groups the vectors by speaker.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE
from transcribe.diarization.network_graphs import EMBEDDING, FEATURES
from transcribe.parallel import map_in_order

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from audio.decoding.samples import Audio
    from audio.progress import OnFraction
    from transcribe.diarization.networks import Network

WINDOW = 1.0  # seconds of audio per vector
STEP = 0.5  # seconds from one window's start to the next
_HOP_SAMPLES, _FRAME_SAMPLES = 160, 400  # of the features: 25 ms every 10 ms
_WINDOW_FRAMES = int((WINDOW * SAMPLE_RATE - _FRAME_SAMPLES) // _HOP_SAMPLES) + 1  # 98, none beyond the edge
_FFT = 512  # samples
_PREEMPHASIS = 0.97
_LOWEST_HZ = 20.0
_SHORTEST_FRAMES = 20
_BATCH = 8  # windows at a time: their activations fit in the processor's cache


def window_starts(n_samples: int) -> NDArray[np.float64]:
    """The starts of a recording's windows, in seconds: every half second, and a last one that ends with it.

    A recording shorter than a window has one window; an empty one has none.
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
    progress: OnFraction = lambda fraction: None,
) -> NDArray[np.float32]:
    """The vectors of the windows at `starts` (ascending, seconds): float32 (n, 192), each of length 1.

    `network` maps features (batch, frames, 80) to (batch, 192) and runs in `threads` threads. A window with too little
    audio for the network (under 0.2 s, in a recording shorter than that) gets a zero vector.
    """

    def vectors_of(hops: NDArray[np.int_]) -> NDArray[np.float32]:
        features = _features(audio, hops)
        if features.shape[1] < _SHORTEST_FRAMES:
            return np.zeros((len(hops), EMBEDDING), np.float32)
        output = network(features)
        output /= np.maximum(np.linalg.norm(output, axis=1, keepdims=True), 1e-9)
        return output

    vectors = np.zeros((len(starts), EMBEDDING), np.float32)
    hops = np.rint(starts * (SAMPLE_RATE / _HOP_SAMPLES)).astype(int)
    batches = (hops[first : first + _BATCH] for first in range(0, len(hops), _BATCH))
    done = 0
    for batch in map_in_order(vectors_of, batches, threads=threads):
        vectors[done : done + len(batch)] = batch
        done += len(batch)
        progress(done / len(starts))
    return vectors


def fbank(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log mel energies as CAM++ was trained on: (n,) in [−1, 1] → (frames, 80), 10 ms apart, no frame beyond the edge.

    Kaldi's features (D. Povey et al., "The Kaldi speech recognition toolkit", ASRU 2011; feature-window.cc and
    mel-computations.cc) with Hamming windows, without dither. This takes a quarter of the time of kaldi-native-fbank,
    whose values a test compares (docs/performance.md).
    """
    if len(samples) < _FRAME_SAMPLES:
        return np.zeros((0, FEATURES), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME_SAMPLES)[::_HOP_SAMPLES]
    frames = frames - frames.mean(axis=1, keepdims=True)
    sharpened = frames * np.float32(1.0 - _PREEMPHASIS)  # the first sample is its own predecessor
    sharpened[:, 1:] = frames[:, 1:] - np.float32(_PREEMPHASIS) * frames[:, :-1]
    spectrum = np.fft.rfft(sharpened * np.hamming(_FRAME_SAMPLES).astype(np.float32), _FFT)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)  # numpy 1 computes float64
    energies: NDArray[np.float32] = (_mel_triangles() @ power.T).T
    return np.log(np.maximum(energies, np.finfo(np.float32).eps))


@cache
def _mel_triangles() -> csr_array:
    """The weights of the spectrum's 257 lines in 80 triangles, evenly spaced in mel from 20 Hz to 8 kHz: (80, 257).

    Sparse: a dense product uses BLAS, whose last digits depend on its number of threads.
    """
    from scipy.sparse import csr_array

    lowest, highest = _mel(np.array([_LOWEST_HZ, SAMPLE_RATE / 2]))
    edges = np.linspace(float(lowest), float(highest), FEATURES + 2)[:, None]
    lines = _mel(np.arange(_FFT // 2 + 1, dtype=np.float64) * (SAMPLE_RATE / _FFT))
    rising = (lines - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - lines) / (edges[2:] - edges[1:-1])
    return csr_array(np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32))


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(hertz / 700.0)


def _features(audio: Audio, hops: NDArray[np.int_]) -> NDArray[np.float32]:
    """Features of the windows at `hops`, (windows, frames, 80); audio between distant windows is not read."""
    runs = np.split(hops, np.flatnonzero(np.diff(hops) > _WINDOW_FRAMES) + 1)
    return np.concatenate([_run_of_windows(audio, run) for run in runs])


def _run_of_windows(audio: Audio, hops: NDArray[np.int_]) -> NDArray[np.float32]:
    """Features of adjacent or overlapping windows; each frame is computed once."""
    start = hops[0] * _HOP_SAMPLES
    end = min(hops[-1] * _HOP_SAMPLES + int(WINDOW * SAMPLE_RATE), audio.n_samples)
    features = fbank(audio.read(start / SAMPLE_RATE, end / SAMPLE_RATE))
    return np.stack([features[hop - hops[0] : hop - hops[0] + _WINDOW_FRAMES] for hop in hops])
