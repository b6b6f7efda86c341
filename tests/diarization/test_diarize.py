"""From hand-made scores to spans; from audio to spans on the sample clips with the real models."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import Audio, decode
from tests.support.paths import CLIPS
from transcribe.diarization.diarize import Diarization, diarize_frames, find_speakers, frame_scores
from transcribe.diarization.segmentation import FRAME_STEP, Activity
from transcribe.transcript import SpeakerSpan


def activity_of(speech: Sequence[float], *, both: Sequence[int] = (), change: Sequence[int] = ()) -> Activity:
    """An activity of given speech; `both` are the frames with two speakers, `change` those where one takes over."""
    probability = np.array(speech, np.float32)
    speakers, changes = probability.copy(), np.zeros_like(probability)
    speakers[list(both)] = 2
    changes[list(change)] = 1
    return Activity(probability, speakers, changes)


def scores_of(voices: str) -> np.ndarray:
    """Scores in which each frame resembles the voice of its letter."""
    return np.array([[0.6 if voice == letter else 0.1 for voice in "AB"] for letter in voices])


def test_a_frames_score_is_the_mean_of_the_windows_around_it() -> None:
    similarity = np.array([[0.0], [1.0], [4.0]], np.float32)
    times, centres = np.array([0.1, 0.5, 0.6, 0.75, 1.0, 1.4, 3.0]), np.array([0.5, 1.0, 1.5])
    even = frame_scores(times, centres, similarity, weights=np.ones(3))
    assert even[:, 0] == pytest.approx([0, 0, 0.2, 0.5, 1, 1 * 0.2 + 4 * 0.8, 4])
    weighted = frame_scores(times, centres, similarity, weights=np.array([0.25, 1.0, 1.0]))
    assert weighted[3, 0] == pytest.approx(1 / 1.25)


def test_voices_and_background_need_spans() -> None:
    with pytest.raises(ValueError, match="S2"):
        Diarization((SpeakerSpan(0, 1, "S1"),), {"S2": (1.0, 0.0)})
    with pytest.raises(ValueError, match="S2"):
        Diarization((SpeakerSpan(0, 1, "S1"),), background=(SpeakerSpan(0, 1, "S2"),))


def test_a_single_window_scores_all_frames() -> None:
    scores = frame_scores(np.array([0.0, 9.0]), np.array([0.5]), np.array([[0.3, 0.7]], np.float32), weights=np.ones(1))
    assert scores == pytest.approx(np.array([[0.3, 0.7]] * 2))


def test_a_change_is_where_the_segmentation_has_one() -> None:
    voices = "A" * 100 + "B" * 100
    scores = scores_of(voices)
    scores[95:105] = 0.3  # the windows cannot tell to the frame
    for frame in (97, 103):
        first, second = diarize_frames(activity_of([1.0] * 200, change=[frame]), scores).spans
        assert (first.speaker, second.speaker) == ("S1", "S2")
        assert first.end == second.start == pytest.approx(991 / 32_000 + (frame - 0.5) * FRAME_STEP, abs=1e-3)


@pytest.mark.parametrize("frame", [60, 80, 99, 100])
def test_a_change_in_a_pause_counts_for_the_speech_after_it(frame: int) -> None:
    speech = [1.0] * 60 + [0.0] * 40 + [1.0] * 20
    scores = scores_of("A" * 120)
    scores[100:] = [0.30, 0.35]  # slightly more like the other: 20 frames outweigh a reduced penalty, not a full one
    assert [span.speaker for span in diarize_frames(activity_of(speech), scores).spans] == ["S1", "S1"]
    assert [span.speaker for span in diarize_frames(activity_of(speech, change=[frame]), scores).spans] == ["S1", "S2"]


def test_a_stray_frame_makes_no_change() -> None:
    assert len(diarize_frames(activity_of([1.0] * 100), scores_of("A" * 50 + "BB" + "A" * 48)).spans) == 1


def test_gaps_are_filled_and_blips_dropped() -> None:
    def spoken(*frames: tuple[int, int]) -> Activity:
        return activity_of([1.0 if any(a <= i < b for a, b in frames) else 0.0 for i in range(200)])

    assert len(diarize_frames(spoken((10, 60), (80, 150)), scores_of("A" * 200)).spans) == 1  # 0.34 s between them
    assert len(diarize_frames(spoken((10, 60), (95, 150)), scores_of("A" * 200)).spans) == 2  # 0.59 s
    assert len(diarize_frames(spoken((10, 60), (150, 158)), scores_of("A" * 200)).spans) == 1  # the second lasts 0.14 s


def test_overlapping_speech_has_spans_of_both() -> None:
    people = diarize_frames(
        activity_of([1.0] * 200, both=range(80, 120), change=[100]), scores_of("A" * 100 + "B" * 100)
    )
    assert {span.speaker for span in people.spans} == {"S1", "S2"}
    assert sum(span.end - span.start for span in people.spans) == pytest.approx(240 * FRAME_STEP, abs=0.05)
    edges = [991 / 32_000 + (frame - 0.5) * FRAME_STEP for frame in (80, 100, 120)]
    second, first = people.background
    assert (second.speaker, first.speaker) == ("S2", "S1")
    assert [second.start, second.end, first.start, first.end] == pytest.approx(
        [edges[0], edges[1], edges[1], edges[2]], abs=1e-3
    )


def test_background_too_short_for_a_span_is_dropped() -> None:
    people = diarize_frames(activity_of([1.0] * 90, both=range(40, 46)), scores_of("A" * 90))
    assert len(people.spans) == 1
    assert people.background == ()


def test_a_single_voice_does_not_overlap_itself() -> None:
    assert len(diarize_frames(activity_of([1.0] * 90, both=range(40)), np.ones((90, 1))).spans) == 1


@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from("AB"), st.sampled_from([0.0, 1.0])), min_size=1, max_size=8),
    st.sets(st.integers(0, 400), max_size=80),
)
def test_spans_are_in_order_and_no_speaker_has_two_at_once(parts: list[tuple[int, str, float]], both: set[int]) -> None:
    voices = "".join(voice * size for size, voice, _ in parts)
    speech = [value for size, _, value in parts for _ in range(size)]
    people = diarize_frames(
        activity_of(speech, both=[i for i in both if i < len(speech) and speech[i]]), scores_of(voices)
    )
    spans = people.spans
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    assert (
        list(dict.fromkeys(span.speaker for span in spans))
        == [f"S{n}" for n in (1, 2)][: len({s.speaker for s in spans})]
    )
    of_speaker: dict[str, list[SpeakerSpan]] = defaultdict(list)
    for span in spans:
        assert span.end - span.start > 0.19
        assert span.end <= len(speech) * FRAME_STEP + 0.04
        of_speaker[span.speaker].append(span)
    for own in of_speaker.values():
        assert all(before.end < after.start for before, after in itertools.pairwise(own))
    assert all(before.end <= after.start for before, after in itertools.pairwise(people.background))
    for behind in people.background:
        assert any(own.start <= behind.start and behind.end <= own.end for own in of_speaker[behind.speaker])


def reference(clip: Path) -> list[tuple[float, float, str]]:
    rows = [line.split() for line in clip.with_suffix(".rttm").read_text(encoding="utf-8").splitlines()]
    return [(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def misplaced(
    spans: Sequence[SpeakerSpan], truth: Sequence[tuple[float, float, str]], *, collar: float = 0.25
) -> float:
    """The share of hundredths of a second, those at the reference's edges aside, in which other people speak."""
    times = np.arange(0, max(end for _, end, _ in truth) + 1, 0.01)
    names = dict(zip(sorted({s.speaker for s in spans}), dict.fromkeys(name for _, _, name in truth), strict=True))
    far = np.all([np.abs(times - edge) > collar for start, end, _ in truth for edge in (start, end)], axis=0)
    wrong = np.zeros(len(times), bool)
    for speaker, name in names.items():
        ours = np.any([(s.start <= times) & (times < s.end) for s in spans if s.speaker == speaker], axis=0)
        theirs = np.any([(start <= times) & (times < end) for start, end, who in truth if who == name], axis=0)
        wrong |= ours != theirs
    return float(wrong[far].mean())


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
@pytest.mark.parametrize("count", [None, 2])
@pytest.mark.parametrize("clip", ["short", "packaging-notes"])
def test_the_speakers_of_the_sample_clips_are_found(clip: str, count: int | None) -> None:
    reported: list[float] = []
    with decode(CLIPS / f"{clip}.mp3") as audio:
        found = find_speakers(audio, count=count, progress=reported.append)
    assert misplaced(found.spans, reference(CLIPS / f"{clip}.mp3")) < 0.01
    assert list(found.voices) == ["S1", "S2"]
    one, other = (np.array(voice) for voice in found.voices.values())
    assert np.linalg.norm([one, other], axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert one @ other < 0.5
    assert reported == sorted(reported)
    assert reported[-1] == 1.0


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
@pytest.mark.parametrize("seconds", [0.001, 0.2, 3.0])
def test_silence_has_no_speakers(seconds: float) -> None:
    with Audio.from_samples(np.zeros(max(1, int(seconds * 16_000)), np.float32)) as audio:
        assert find_speakers(audio).spans == find_speakers(audio, count=2).spans == ()


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
@pytest.mark.parametrize("seconds", [0.2, 0.7, 2.0])
def test_a_count_above_the_voices_is_no_error(seconds: float) -> None:
    with decode(CLIPS / "short.mp3") as whole, Audio.from_samples(whole.read(1.0, 1.0 + seconds)) as audio:
        spans = find_speakers(audio, count=20).spans
    assert len({span.speaker for span in spans}) <= 4
    assert all(span.end <= seconds for span in spans)


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_a_dialogue_of_the_shared_corpus() -> None:
    clip = CLIPS.parents[2] / "shared" / "corpus" / "clips-3spk.wav"
    if not clip.exists():
        pytest.skip("the shared corpus is not on this machine")
    with decode(clip) as audio:
        spans = find_speakers(audio).spans
    assert len({span.speaker for span in spans}) == 3
    assert misplaced(spans, reference(clip)) < 0.05
