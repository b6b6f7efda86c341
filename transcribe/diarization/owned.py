"""Speakers of a recording whose stretches have known owners: when each one speaks in them, and how they sound.

What is left to find out is where in a stretch there is speech. A few windows of each person are embedded, enough for
their voice; nothing is clustered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.runs import hysteresis
from transcribe.diarization.clustering import embedding_of
from transcribe.diarization.diarize import FEWEST_WINDOWS, OWN_SHARE, SPEECH, Diarization, runs
from transcribe.diarization.embedding import embed, window_starts
from transcribe.diarization.networks import SpeakerModel, open_network
from transcribe.diarization.segmentation import Activity, segment
from transcribe.diarization.window_selection import shares_in
from transcribe.transcript import SpeakerSpan

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.progress import OnFraction

_MOST_WINDOWS = 120  # of a person, for their voice


def find_owned_speakers(
    audio: Audio, *, device: str = "auto", threads: int = 0, progress: OnFraction = lambda fraction: None
) -> Diarization:
    """Who speaks when, by `audio.owners`. Raises `ModelError` and `EngineError` as `networks.open_network` does."""
    network = open_network(SpeakerModel.SEGMENTATION, device=device)
    activity = segment(audio, network, threads=threads, progress=lambda fraction: progress(0.7 * fraction))
    speech = hysteresis(activity.speech, *SPEECH)
    people = {owner: frames & speech for owner, frames in _frames_of(audio, activity).items()}
    spans = [
        SpeakerSpan(start, min(end, audio.duration), owner)
        for owner, frames in people.items()
        for start, end in runs(frames)
        if start < audio.duration
    ]
    chosen = {owner: _windows_of(audio, activity, frames) for owner, frames in people.items()}
    starts = np.unique(np.concatenate([np.zeros(0), *chosen.values()]))
    voices = {}
    if len(starts):
        network = open_network(SpeakerModel.EMBEDDING, device=device)
        vectors = embed(
            audio, network, starts=starts, threads=threads, progress=lambda fraction: progress(0.7 + 0.3 * fraction)
        )
        voices = {
            owner: embedding_of(vectors[np.isin(starts, own)])
            for owner, own in chosen.items()
            if len(own) >= FEWEST_WINDOWS and any(span.speaker == owner for span in spans)
        }
    progress(1.0)
    return Diarization(tuple(sorted(spans, key=lambda span: (span.start, span.speaker))), voices)


def _frames_of(audio: Audio, activity: Activity) -> dict[str, NDArray[np.bool_]]:
    """The frames in each owner's stretches."""
    frames: dict[str, NDArray[np.bool_]] = {}
    for start, end, owner in audio.owners:
        first, last = np.searchsorted(activity.times, [start, end])
        frames.setdefault(owner, np.zeros(activity.n_frames, bool))[first:last] = True
    return frames


def _windows_of(audio: Audio, activity: Activity, frames: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The starts of windows, spread over the recording, that these frames fill."""
    starts = window_starts(audio.n_samples)
    own = starts[shares_in(activity, starts, frames=frames) >= OWN_SHARE]
    step = max(1, -(-len(own) // _MOST_WINDOWS))
    return own[::step]
