"""Speaker diarization: from audio to the spans of unnamed speakers.

Segmentation finds speech and changes of speaker, embeddings of short windows identify voices, clustering groups them,
and a Viterbi search over frames combines the two: a change of speaker costs little where the segmentation has one, and
much elsewhere. The steps and their constants were measured
with benchmarks/diarization/accuracy.py. `transcribe.speakers.naming` names the speakers, and
`transcribe.speakers.attribution` assigns them words. Memory is bounded: six hours take about half a gigabyte, mostly
for the networks and the clustering.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audio.decoding.runs import hysteresis, runs_of
from audio.intervals import joined
from transcribe.diarization.channels import Channels, compare_channels
from transcribe.diarization.clustering import SAME_VOICE, centroid_of, embedding_of, estimate_voices, find_voices
from transcribe.diarization.embedding import STEP, WINDOW, embed
from transcribe.diarization.networks import SpeakerModel, open_network
from transcribe.diarization.people import WindowTimes
from transcribe.diarization.segmentation import FRAME_STEP, FRAMES_START, Activity, segment
from transcribe.diarization.viterbi import viterbi
from transcribe.diarization.window_selection import Windows, select_windows, shares_in
from transcribe.errors import SettingsError
from transcribe.transcript import SpeakerSpan

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds
    from audio.progress import OnFraction

# Hysteresis: a state starts when a score exceeds the first number and lasts while it exceeds the second.
SPEECH = (0.7, 0.5)  # probability of speech
_OVERLAP = (1.6, 1.3)  # expected number of speakers, for a second speaker
_EMISSION = 15.0 * FRAME_STEP  # weight of a frame's cosine
_CHANGE, _EASED = 1.0, 0.9  # penalty of a change of speaker, and its reduction at a certain change
_FILLED_GAP = 0.5  # seconds of silence within a speaker's span
_SHORTEST_SPAN = 0.2  # seconds
_NEAR_EDGE = 0.9  # seconds around the start or end of a window, in which somebody may be heard to begin or end:
_HEARD_CHANGE, _HEARD_PAUSE = 0.5, 0.2  # at this score of a change, or this share without speech
OWN_SHARE = 0.9  # of a window that must be one speaker's alone for their voice embedding
FEWEST_WINDOWS = 3  # such windows, two seconds, for a voice embedding


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who speaks when, and how they sound.

    Speakers are "S1", "S2", … in order of appearance. Spans are in the order of time; spans of one speaker do not
    overlap, spans of two speakers may. `voices` are the embeddings for `transcribe.speakers.voiceprints`, 192 numbers
    of four digits, of length 1, of speakers who speak alone long enough. `background` are the passages, each within a
    span of its speaker, in which another speaker is dominant. `estimate` is the estimated number of voices, whatever
    the requested number; 0 if channels separate the speakers. `alternative` is how many there may be instead, 0 if the
    estimate is sure.
    """

    spans: tuple[SpeakerSpan, ...]
    voices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    background: tuple[SpeakerSpan, ...] = ()
    estimate: int = 0
    alternative: int = 0

    def __post_init__(self) -> None:
        named = self.voices.keys() | {span.speaker for span in self.background}
        if strangers := named - {span.speaker for span in self.spans}:
            raise ValueError(f"speakers without spans: {', '.join(sorted(strangers))}")


def find_speakers(
    audio: Audio,
    *,
    count: int | None = None,
    channels: Channels = Channels.AUTO,
    device: str = "auto",
    threads: int = 0,
    progress: OnFraction = lambda fraction: None,
) -> Diarization:
    """Who speaks when; no spans if there is no speech.

    `count` is the number of speakers if it is known; the result may have fewer, never more. `channels` says whether
    two channels are two people. `threads` is the number of processor threads, 0 for one per core; `progress` is called
    with the fraction done. Raises `SettingsError` for separate channels of a recording with one channel, `ModelError`
    and `EngineError` as `networks.open_network` does.
    """
    if channels is Channels.SEPARATE and audio.channel_levels is None:
        message = "channels: this recording has one channel, which cannot be separate people; use auto"
        raise SettingsError(message, setting="channels")
    network = open_network(SpeakerModel.SEGMENTATION, device=device)
    activity = segment(audio, network, threads=threads, progress=lambda fraction: progress(0.3 * fraction))
    speech = hysteresis(activity.speech, *SPEECH)
    if not speech.any():
        progress(1.0)
        return Diarization(())
    windows = select_windows(activity, audio.n_samples, speech=speech)
    del network  # frees its memory
    network = open_network(SpeakerModel.EMBEDDING, device=device)
    embeddings = embed(
        audio,
        network,
        starts=windows.starts[windows.embedded],
        threads=threads,
        progress=lambda fraction: progress(0.3 + 0.7 * fraction),
    )
    evidence = _Evidence(activity, windows.starts, windows.interpolate(embeddings))
    people = _by_channel(evidence, audio.channel_levels, channels=channels, count=count)
    if people is None:
        people = _by_voice(evidence, windows, count=count)
    spans, background = (_before(audio.duration, spans) for spans in (people.spans, people.background))
    return replace(people, spans=spans, voices=_voice_embeddings(spans, evidence), background=background)


def _by_voice(evidence: _Evidence, windows: Windows, *, count: int | None) -> Diarization:
    """Who speaks when, by the voices of the windows."""
    activity, vectors = evidence.activity, evidence.vectors[windows.clustered]
    estimated = estimate_voices(vectors, _times_of(windows, activity))
    voices = estimated.centroids if count is None else find_voices(vectors, count=count)
    people = diarize_frames(activity, _scores(evidence, windows, voices))
    return replace(people, estimate=len(estimated.centroids), alternative=estimated.alternative)


def _times_of(windows: Windows, activity: Activity) -> WindowTimes:
    """When the windows to cluster begin and end, and whether somebody is heard to begin or end there."""
    starts, weights = windows.starts[windows.clustered], windows.weights[windows.clustered]
    silent = np.concatenate([[0], np.cumsum(activity.speech < SPEECH[1])])
    changes = np.concatenate([[0], np.cumsum(activity.change >= _HEARD_CHANGE)])
    bounded = []
    for edges in (starts, starts + WINDOW):
        first = np.searchsorted(activity.times, edges - _NEAR_EDGE)
        last = np.searchsorted(activity.times, edges + _NEAR_EDGE)
        pause = silent[last] - silent[first] >= _HEARD_PAUSE * (last - first)
        bounded.append(pause | (changes[last] > changes[first]))
    return WindowTimes(starts, weights, np.stack(bounded, axis=1))


def _scores(evidence: _Evidence, windows: Windows, voices: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarity of each frame to each voice: (frames, voices)."""
    centres, similarity = windows.starts + WINDOW / 2, evidence.vectors @ voices.T
    return frame_scores(evidence.activity.times, centres, similarity, weights=windows.weights)


def frame_scores(
    times: NDArray[np.float64],
    centres: NDArray[np.float64],
    similarity: NDArray[np.float32],
    *,
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The similarity of frames to voices: (frames,) times, (n,) window centres, (n, voices) → (frames, voices).

    The mean over the windows around a frame, weighted by `weights`, (n,) above 0, and by the distance of their centres
    (a triangle two steps wide); a frame without a window around it gets the similarity of the nearest.
    """
    right = np.searchsorted(centres, times).clip(1, max(len(centres) - 1, 1))
    pair = np.stack([right - 1, right.clip(max=len(centres) - 1)])
    distance = np.abs(times - centres[pair])
    weight = np.maximum(1.0 - distance / STEP, 0.0) * weights[pair]
    outside = weight.sum(axis=0) < 1e-6
    weight[:, outside] = distance[:, outside] == distance[:, outside].min(axis=0)
    weight /= weight.sum(axis=0)
    scores: NDArray[np.float64] = np.einsum("pf,pfv->fv", weight, similarity[pair])
    return scores


def diarize_frames(activity: Activity, scores: NDArray[np.float64]) -> Diarization:
    """Spans from the frames' activity and scores, (frames, voices): the best path, and a second voice in overlap.

    The second voice is the background.
    """
    speech = hysteresis(activity.speech, *SPEECH)
    spoken = np.flatnonzero(speech)
    if len(spoken) == 0:
        return Diarization(())
    since_last = np.concatenate([[0], spoken[:-1] + 1])  # a change in a pause counts for the speech after it
    change = np.maximum.reduceat(activity.change[: spoken[-1] + 1], since_last)
    penalty = _CHANGE - _EASED * np.minimum(1.0, 2.0 * change)
    path = viterbi(_EMISSION * scores[spoken], penalty)
    first, second = np.zeros(scores.shape, bool), np.zeros(scores.shape, bool)
    first[spoken, path] = True
    if scores.shape[1] > 1:
        both = np.flatnonzero(speech & hysteresis(activity.speakers, *_OVERLAP))
        second[both, np.where(first, -np.inf, scores)[both].argmax(axis=1)] = True
    return _with_names([runs(voice) for voice in (first | second).T], [_stretches(voice) for voice in second.T])


def _with_names(
    spans: Sequence[Sequence[tuple[float, float]]], background: Sequence[Sequence[tuple[float, float]]]
) -> Diarization:
    """The spans and the background of each voice, under names for the voices that have spans."""
    ordered = sorted((start, end, voice) for voice, own in enumerate(spans) for start, end in own)
    names = {voice: f"S{number}" for number, voice in enumerate(dict.fromkeys(voice for _, _, voice in ordered), 1)}
    behind = [
        (start, end, voice)
        for voice, own in enumerate(background)
        for start, end in own
        if (at := bisect_right(spans[voice], (start, math.inf))) and end <= spans[voice][at - 1][1]
    ]
    return Diarization(
        tuple(SpeakerSpan(start, end, names[voice]) for start, end, voice in ordered),
        background=tuple(SpeakerSpan(start, end, names[voice]) for start, end, voice in sorted(behind)),
    )


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The output of the networks: frames, and the vectors, (n, d), of the windows at `starts`, (n,)."""

    activity: Activity
    starts: NDArray[np.float64]
    vectors: NDArray[np.float32]

    def alone(self, speaker: str, spans: Sequence[SpeakerSpan]) -> NDArray[np.float32]:
        """The vectors of the windows in which only this speaker speaks."""
        own, others = np.zeros(self.activity.n_frames, bool), np.zeros(self.activity.n_frames, bool)
        for span in spans:
            first, last = np.searchsorted(self.activity.times, [span.start, span.end])
            (own if span.speaker == speaker else others)[first:last] = True
        return self.vectors[shares_in(self.activity, self.starts, frames=own & ~others) >= OWN_SHARE]


def _before(end: Seconds, spans: Sequence[SpeakerSpan]) -> tuple[SpeakerSpan, ...]:
    """The spans cut at the end of the recording; frames reach beyond it."""
    return tuple(replace(span, end=min(span.end, end)) for span in spans if span.start < end)


def _by_channel(
    evidence: _Evidence, levels: NDArray[np.float32] | None, *, channels: Channels, count: int | None
) -> Diarization | None:
    """The diarization by channel, S1 and S2; None unless the channels are two people and may be treated as such."""
    if levels is None or channels is Channels.MIX or (channels is Channels.AUTO and count not in (None, 2)):
        return None
    speech = hysteresis(evidence.activity.speech, *SPEECH)
    sides = compare_channels(levels, evidence.activity, speech=speech)
    if sides is None or (channels is Channels.AUTO and not sides.are_separate):
        return None
    people = diarize_frames(sides.activity, sides.scores)
    if not people.spans:
        return None
    return people if channels is Channels.SEPARATE or _are_two_people(people.spans, evidence) else None


def _are_two_people(spans: Sequence[SpeakerSpan], evidence: _Evidence) -> bool:
    """Whether both speakers have one voice each, and different ones, as far as there is enough speech to decide."""
    vectors = [evidence.alone(speaker, spans) for speaker in sorted({span.speaker for span in spans})]
    enough = [own for own in vectors if len(own) >= FEWEST_WINDOWS]
    if any(len(find_voices(own)) > 1 for own in enough):
        return False
    return len(enough) < 2 or float(centroid_of(enough[0]) @ centroid_of(enough[1])) < SAME_VOICE


def _voice_embeddings(spans: Sequence[SpeakerSpan], evidence: _Evidence) -> dict[str, tuple[float, ...]]:
    """The voices of `Diarization`: the mean over the windows in which a speaker speaks alone."""
    vectors = {speaker: evidence.alone(speaker, spans) for speaker in sorted({span.speaker for span in spans})}
    return {speaker: embedding_of(own) for speaker, own in vectors.items() if len(own) >= FEWEST_WINDOWS}


def runs(active: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """The runs of True with short gaps filled, then without short runs: start and end in seconds."""
    return [(start, end) for start, end in joined(_stretches(active), gap=_FILLED_GAP) if end - start >= _SHORTEST_SPAN]


def _stretches(active: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Start and end in seconds of the stretches of True in (frames,)."""
    return [
        (float(start * FRAME_STEP + FRAMES_START), float(end * FRAME_STEP + FRAMES_START))
        for start, end in runs_of(active)
    ]
