"""Who speaks when: from audio to speaker spans, without knowing anybody.

Segmentation says where speech is and where the speaker changes, embeddings of short windows say which voice it is,
clustering makes voices of them, and a Viterbi search over frames (A. Viterbi, "Error bounds for convolutional codes",
1967) weighs the two: a change of speaker is cheap where the segmentation heard one and dear elsewhere. The steps and
their constants were measured with benchmarks/diarization/accuracy.py. Names nobody (`transcribe.speakers.naming`)
or attribute words (`transcribe.speakers.attribution`). Memory is bounded: six hours take about half a gigabyte, mostly
for the networks and the graph of voices.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcribe.diarization.channels import Channels, hear_channels
from transcribe.diarization.clustering import SAME_VOICE, direction, find_voices
from transcribe.diarization.embedding import STEP, WINDOW, embed
from transcribe.diarization.networks import SpeakerModel, open_network
from transcribe.diarization.segmentation import FRAME_STEP, Activity, segment
from transcribe.diarization.window_selection import Windows, choose_windows, share_of
from transcribe.errors import SettingsError
from transcribe.transcript import SpeakerSpan

if TYPE_CHECKING:
    from audio.decoding.samples import Audio
    from audio.episode import Seconds
    from audio.progress import OnFraction

# Something begins where a score reaches the first number and lasts while it stays above the second.
_SPEECH = (0.7, 0.5)  # probability of speech
_OVERLAP = (1.6, 1.3)  # expected number of speakers from which a second one is written down
_EMISSION = 15.0 * FRAME_STEP  # what a frame's cosine counts for
_CHANGE, _EASED = 1.0, 0.9  # penalty of a change of speaker, and how much of it a certain change takes off
_FILLED_GAP = 0.5  # seconds of silence within a speaker's span
_SHORTEST_SPAN = 0.2  # seconds
_OWN_SHARE = 0.9  # of a window that must be one speaker's alone for it to tell what they sound like
_RECOGNISABLE = 3  # such windows, two seconds, that make a voice somebody can be known by


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who is heard when, and what they sound like.

    Speakers are "S1", "S2", … in the order in which they are first heard. Spans are in the order of time; those of one
    speaker do not overlap, those of two do where they speak at once. `voices` holds what
    `transcribe.speakers.voiceprints` knows people by, 192 numbers of four digits that make a vector of length 1, of
    those heard alone long enough. `background` are the stretches, each within a span of its speaker, in which another
    voice is heard better. `estimate` is how many voices there seem to be, however many were asked for; 0 where channels
    tell people apart.
    """

    spans: tuple[SpeakerSpan, ...]
    voices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    background: tuple[SpeakerSpan, ...] = ()
    estimate: int = 0

    def __post_init__(self) -> None:
        named = self.voices.keys() | {span.speaker for span in self.background}
        if strangers := named - {span.speaker for span in self.spans}:
            raise ValueError(f"speakers who are never heard: {', '.join(sorted(strangers))}")


def find_speakers(
    audio: Audio,
    *,
    count: int | None = None,
    channels: Channels = Channels.AUTO,
    device: str = "auto",
    threads: int = 0,
    progress: OnFraction = lambda fraction: None,
) -> Diarization:
    """Who is heard when; nobody where there is no speech.

    `count` is the number of speakers where it is known; there may be fewer in the result, never more. `channels`
    says whether a recording's two channels are taken for two people. `threads` is how many processor threads work,
    0 for one per core; `progress` is called with the fraction done. Raises `SettingsError` where channels are to be
    told apart and there is but one, `ModelError` and `EngineError` as `speaker_models.open_network` does.
    """
    if channels is Channels.SEPARATE and audio.channel_levels is None:
        raise SettingsError("channels: this recording has one channel, which cannot be separate people; use auto")
    network = open_network(SpeakerModel.SEGMENTATION, device=device)
    activity = segment(audio, network, threads=threads, progress=lambda fraction: progress(0.3 * fraction))
    speech = held(activity.speech, *_SPEECH)
    if not speech.any():
        progress(1.0)
        return Diarization(())
    windows = choose_windows(activity, audio.n_samples, speech=speech)
    del network  # and the memory it holds
    network = open_network(SpeakerModel.EMBEDDING, device=device)
    found = embed(
        audio,
        network,
        starts=windows.starts[windows.embedded],
        threads=threads,
        progress=lambda fraction: progress(0.3 + 0.7 * fraction),
    )
    heard = _Heard(activity, windows.starts, windows.vectors_of(found))
    people = _by_channel(heard, audio.channel_levels, channels=channels, count=count)
    if people is None:
        voices = _voices(heard, windows, count)
        people = who_speaks(activity, _scores(heard, windows, voices))
        people = replace(people, estimate=len(voices if count is None else _voices(heard, windows, None)))
    spans, background = (_before(audio.duration, heard_of) for heard_of in (people.spans, people.background))
    return replace(people, spans=spans, voices=_known_by(spans, heard), background=background)


def _voices(heard: _Heard, windows: Windows, count: int | None) -> NDArray[np.float32]:
    """What each voice sounds like, (voices, 192): as many as wanted, or as there seem to be."""
    shaping = windows.shaping
    times, weights = windows.starts[shaping], windows.weights[shaping]
    return find_voices(heard.vectors[shaping], count=count, times=times, weights=weights)


def _scores(heard: _Heard, windows: Windows, voices: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much each frame sounds like each voice: (frames, voices)."""
    centres, similarity = windows.starts + WINDOW / 2, heard.vectors @ voices.T
    return frame_scores(heard.activity.times, centres, similarity, weights=windows.weights)


def frame_scores(
    times: NDArray[np.float64],
    centres: NDArray[np.float64],
    similarity: NDArray[np.float32],
    *,
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How much each frame sounds like each voice: (frames,) times, (n,) window centres, (n, voices) → (frames, voices).

    The mean over the windows around a frame, each weighted by `weights`, (n,) above 0, and by how near its centre is
    (a triangle as wide as two steps); a frame with no window around it takes the nearest one's.
    """
    right = np.searchsorted(centres, times).clip(1, max(len(centres) - 1, 1))
    pair = np.stack([right - 1, right.clip(max=len(centres) - 1)])
    distance = np.abs(times - centres[pair])
    weight = np.maximum(1.0 - distance / STEP, 0.0) * weights[pair]
    alone = weight.sum(axis=0) < 1e-6
    weight[:, alone] = distance[:, alone] == distance[:, alone].min(axis=0)
    weight /= weight.sum(axis=0)
    scores: NDArray[np.float64] = np.einsum("pf,pfv->fv", weight, similarity[pair])
    return scores


def who_speaks(activity: Activity, scores: NDArray[np.float64]) -> Diarization:
    """Spans from the frames' activity and scores, (frames, voices): the best path, and a second voice in overlap.

    The second voice is in the background there.
    """
    speech = held(activity.speech, *_SPEECH)
    spoken = np.flatnonzero(speech)
    if len(spoken) == 0:
        return Diarization(())
    since_last = np.concatenate([[0], spoken[:-1] + 1])  # a change heard in a pause counts for what follows it
    change = np.maximum.reduceat(activity.change[: spoken[-1] + 1], since_last)
    penalty = _CHANGE - _EASED * np.minimum(1.0, 2.0 * change)
    path = viterbi(_EMISSION * scores[spoken], penalty)
    first, second = np.zeros(scores.shape, bool), np.zeros(scores.shape, bool)
    first[spoken, path] = True
    if scores.shape[1] > 1:
        both = np.flatnonzero(speech & held(activity.speakers, *_OVERLAP))
        second[both, np.where(first, -np.inf, scores)[both].argmax(axis=1)] = True
    return _with_names([_runs(voice) for voice in (first | second).T], [_stretches(voice) for voice in second.T])


def _with_names(
    spans: Sequence[Sequence[tuple[float, float]]], background: Sequence[Sequence[tuple[float, float]]]
) -> Diarization:
    """What is heard of each voice, and what of it in the background, by the names of those who have spans."""
    found = sorted((start, end, voice) for voice, own in enumerate(spans) for start, end in own)
    names = {voice: f"S{number}" for number, voice in enumerate(dict.fromkeys(voice for _, _, voice in found), 1)}
    behind = [
        (start, end, voice)
        for voice, own in enumerate(background)
        for start, end in own
        if (at := bisect_right(spans[voice], (start, math.inf))) and end <= spans[voice][at - 1][1]
    ]
    return Diarization(
        tuple(SpeakerSpan(start, end, names[voice]) for start, end, voice in found),
        background=tuple(SpeakerSpan(start, end, names[voice]) for start, end, voice in sorted(behind)),
    )


def held(values: NDArray[np.float32], reached: float, kept: float) -> NDArray[np.bool_]:
    """Where values, (n,), stay above `kept` in a row of which at least one is above `reached`: (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], values > kept, [False]])))
    result = np.zeros(len(values), bool)
    for start, end in edges.reshape(-1, 2):
        result[start:end] = values[start:end].max() > reached
    return result


def viterbi(emission: NDArray[np.float64], penalty: NDArray[np.float64]) -> NDArray[np.int_]:
    """The path with the largest sum of emissions, (n, states), less the penalties, (n,), of its changes: (n,) states.

    `penalty[i]` is what it costs to be in another state at i than at i − 1; a tie stays where it is.
    """
    n, states = emission.shape
    came_from = np.zeros((n, states), np.int32)
    staying = np.arange(states)
    total = emission[0].copy()
    for i in range(1, n):
        best = int(total.argmax())
        changed = total[best] - penalty[i] > total
        came_from[i] = np.where(changed, best, staying)
        total = np.where(changed, total[best] - penalty[i], total) + emission[i]
    path = np.zeros(n, int)
    path[-1] = total.argmax()
    for i in range(n - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    return path


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the networks made of a recording: frames, and the vectors, (n, d), of the windows from `starts`, (n,)."""

    activity: Activity
    starts: NDArray[np.float64]
    vectors: NDArray[np.float32]

    def alone(self, speaker: str, spans: Sequence[SpeakerSpan]) -> NDArray[np.float32]:
        """The vectors of the windows in which this speaker is heard and nobody else."""
        own, others = np.zeros(self.activity.n_frames, bool), np.zeros(self.activity.n_frames, bool)
        for span in spans:
            first, last = np.searchsorted(self.activity.times, [span.start, span.end])
            (own if span.speaker == speaker else others)[first:last] = True
        share = share_of(self.activity, self.starts, wanted=own & ~others)
        return self.vectors[share >= _OWN_SHARE]


def _before(end: Seconds, spans: Sequence[SpeakerSpan]) -> tuple[SpeakerSpan, ...]:
    """The spans as far as they lie before the end of a recording; frames reach beyond it."""
    return tuple(replace(span, end=min(span.end, end)) for span in spans if span.start < end)


def _by_channel(
    heard: _Heard, levels: NDArray[np.float32] | None, *, channels: Channels, count: int | None
) -> Diarization | None:
    """Whom the channels tell, S1 and S2; None where they are not, or may not be, taken for two people."""
    if levels is None or channels is Channels.MIX or (channels is Channels.AUTO and count not in (None, 2)):
        return None
    speech = held(heard.activity.speech, *_SPEECH)
    evidence = hear_channels(levels, heard.activity, speech=speech)
    if evidence is None or (channels is Channels.AUTO and not evidence.are_separate):
        return None
    people = who_speaks(evidence.activity, evidence.scores)
    if not people.spans:
        return None
    return people if channels is Channels.SEPARATE or _are_two_people(people.spans, heard) else None


def _are_two_people(spans: Sequence[SpeakerSpan], heard: _Heard) -> bool:
    """Whether both speakers have one voice each, and not the same, as far as there is enough of them to tell."""
    vectors = [heard.alone(speaker, spans) for speaker in sorted({span.speaker for span in spans})]
    enough = [own for own in vectors if len(own) >= _RECOGNISABLE]
    if any(len(find_voices(own)) > 1 for own in enough):
        return False
    return len(enough) < 2 or float(direction(enough[0]) @ direction(enough[1])) < SAME_VOICE


def _known_by(spans: Sequence[SpeakerSpan], heard: _Heard) -> dict[str, tuple[float, ...]]:
    """The voices of `Diarization`: the mean over windows in which a speaker is heard alone."""
    vectors = {speaker: heard.alone(speaker, spans) for speaker in sorted({span.speaker for span in spans})}
    return {
        speaker: tuple(round(float(value), 4) for value in direction(own))
        for speaker, own in vectors.items()
        if len(own) >= _RECOGNISABLE
    }


def _runs(active: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """The stretches of True, short gaps filled, then short stretches dropped: start and end in seconds."""
    stretches = _stretches(active)
    joined = stretches[:1]
    for start, end in stretches[1:]:
        if start - joined[-1][1] < _FILLED_GAP:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [(start, end) for start, end in joined if end - start >= _SHORTEST_SPAN]


def _stretches(active: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Start and end in seconds of the stretches of True in (frames,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]))) * FRAME_STEP
    offset = 991 / 2 / 16_000 - FRAME_STEP / 2  # a frame stands for the step around its middle
    return [(float(start + offset), float(end + offset)) for start, end in edges.reshape(-1, 2)]
