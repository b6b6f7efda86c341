"""Whether two channels are two people: by artificial levels, and on a sample clip spread over two channels."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.samples import Audio, levels_of
from tests.support.paths import CLIPS
from transcribe.diarization.channels import Channels, compare_channels
from transcribe.diarization.diarize import diarize_frames, find_speakers
from transcribe.diarization.segmentation import FRAME_STEP, Activity
from transcribe.errors import SettingsError
from transcribe.transcript import SpeakerSpan


def recording(who: str, *, bleed_db: float = -20.0, second_gain_db: float = 0.0) -> tuple[np.ndarray, Activity]:
    """Levels, (2, n), and activity of a recording with half a second for each sign: L, R, B for both, blank for none.

    Each person is at −20 dB on their channel and `bleed_db` less on the other, whose microphone hisses at −70 dB.
    """
    per_sign = 50
    own = np.repeat([[sign in "LB" for sign in who], [sign in "RB" for sign in who]], per_sign, axis=1)
    energy = own * 10 ** (-2.0) + own[::-1] * 10 ** (-2.0 + bleed_db / 10) + 10 ** (-7.0)
    energy[1] *= 10 ** (second_gain_db / 10)
    n_frames = int(len(who) * 0.5 / FRAME_STEP)
    signs = np.array(list(who))[(np.arange(n_frames) * FRAME_STEP / 0.5).astype(int).clip(0, len(who) - 1)]
    speech = (signs != " ").astype(np.float32)
    return np.sqrt(energy).astype(np.float32), Activity(speech, speech, np.zeros(n_frames, np.float32))


def spans_in(who: str, **changes: float) -> list[tuple[float, float, str]]:
    levels, activity = recording(who, **changes)
    evidence = compare_channels(levels, activity, speech=activity.speech > 0.5)
    assert evidence is not None
    assert evidence.are_separate
    return [(span.start, span.end, span.speaker) for span in diarize_frames(evidence.activity, evidence.scores).spans]


@pytest.mark.parametrize("bleed_db", [-90.0, -40.0, -20.0, -8.0])
@pytest.mark.parametrize("second_gain_db", [0.0, -15.0, 12.0])
def test_the_louder_channel_speaks_at_any_gain(bleed_db: float, second_gain_db: float) -> None:
    spans = spans_in("LLLL RRRR LLLL ", bleed_db=bleed_db, second_gain_db=second_gain_db)
    assert [speaker for _, _, speaker in spans] == ["S1", "S2", "S1"]
    assert [time for start, end, _ in spans for time in (start, end)] == pytest.approx([0, 2, 2.5, 4.5, 5, 7], abs=0.06)


def test_a_second_speaker_is_found_under_the_first() -> None:
    spans = spans_in("LLLLBBLLLLLLLL RRRRRRRRRR ")
    assert [speaker for _, _, speaker in spans] == ["S1", "S2", "S2"]
    assert spans[1][:2] == pytest.approx((2, 3), abs=0.1)


def test_crosstalk_is_no_overlap() -> None:
    spans = spans_in("LLLRRRLLLRRR ", bleed_db=-12)
    assert all(later[0] >= earlier[1] - 0.12 for earlier, later in itertools.pairwise(spans))


def test_everybody_on_both_channels_is_not_separate() -> None:
    both = np.full((2, 2000), 0.1, np.float32)
    speech = np.ones(1150, np.float32)
    activity = Activity(speech, speech, np.zeros(1150, np.float32))
    assert compare_channels(both, activity, speech=speech > 0) is None
    spread = np.random.default_rng(1).normal(0, 5, 2000)  # echoes or music: differences around zero
    both[0] *= 10 ** (spread.astype(np.float32) / 20)
    evidence = compare_channels(both, activity, speech=speech > 0)
    assert evidence is None or not evidence.are_separate


def test_one_person_on_one_channel_is_not_separate() -> None:
    levels, activity = recording("LLLLLLLL  LLLLLL ")
    evidence = compare_channels(levels, activity, speech=activity.speech > 0.5)
    assert evidence is None or not evidence.are_separate


def test_levels_are_root_mean_squares_of_ten_milliseconds() -> None:
    channels = np.stack([np.full(400, 0.5), np.concatenate([np.zeros(160), np.tile([0.3, -0.3], 120)])])
    assert levels_of(channels.astype(np.float32)) == pytest.approx(np.array([[0.5, 0.5, 0.5], [0.0, 0.3, 0.3]]))


def write_wav(path: Path, channels: np.ndarray, *, rate: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, rate, 0, "NONE", ""))
        file.writeframes((channels.T * 32_767).astype("<i2").tobytes())
    return path


def test_decoding_measures_the_levels_of_two_channels_only(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    channels = rng.uniform(-0.5, 0.5, (2, 16_000 * 31)) * np.array([[1.0], [0.25]])
    with decode(write_wav(tmp_path / "two.wav", channels)) as audio:
        assert audio.channel_levels is not None
        assert audio.channel_levels == pytest.approx(levels_of(channels.astype(np.float32)), abs=1e-4)
    with decode(write_wav(tmp_path / "one.wav", channels[:1])) as audio:
        assert audio.channel_levels is None


def reference(name: str) -> list[SpeakerSpan]:
    rows = [line.split() for line in (CLIPS / f"{name}.rttm").read_text(encoding="utf-8").splitlines()]
    return [SpeakerSpan(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def panned(name: str, *, bleed_db: float, until: float) -> Audio:
    """A clip with each of its two people on a channel, and `bleed_db` of the other."""
    truth = reference(name)
    people = sorted({span.speaker for span in truth})
    with decode(CLIPS / f"{name}.mp3") as audio:
        samples = audio.read(0.0, until)
    times = np.arange(len(samples)) / 16_000
    left = np.zeros(len(samples), bool)
    for span in truth:
        if span.speaker == people[0]:
            left |= (span.start - 0.1 <= times) & (times < span.end + 0.1)
    gain = 10 ** (bleed_db / 20)
    channels = np.stack([np.where(left, samples, gain * samples), np.where(left, gain * samples, samples)])
    return Audio.from_samples(channels.mean(axis=0), channel_levels=levels_of(channels))


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_people_on_separate_channels_are_separated_by_channel() -> None:
    truth = [span for span in reference("packaging-notes") if span.start < 25]
    with panned("packaging-notes", bleed_db=-18, until=truth[-1].end) as audio:
        found = find_speakers(audio)
    assert list(found.voices) == ["S1", "S2"]
    times = np.arange(0, truth[-1].end, 0.01)
    far = np.all([np.abs(times - edge) > 0.25 for span in truth for edge in (span.start, span.end)], axis=0)
    for name, speaker in zip(dict.fromkeys(span.speaker for span in truth), ("S1", "S2"), strict=True):
        theirs, ours = (
            np.any([(s.start <= times) & (times < s.end) for s in spans if s.speaker == who], axis=0)
            for spans, who in ((truth, name), (found.spans, speaker))
        )
        assert (theirs != ours)[far].mean() < 0.01


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_one_person_moving_between_channels_is_not_two() -> None:
    with decode(CLIPS / "packaging-notes.mp3") as audio:
        samples = audio.read(*next((s.start, s.end) for s in reference("packaging-notes") if s.end - s.start > 9))
    away = np.where(np.arange(len(samples)) < len(samples) / 2, 0.05, 1.0).astype(np.float32)
    channels = np.stack([samples * away, samples * (1.05 - away)])
    with Audio.from_samples(channels.mean(axis=0), channel_levels=levels_of(channels)) as audio:
        assert {span.speaker for span in find_speakers(audio).spans} == {"S1"}
        apart = find_speakers(audio, channels=Channels.SEPARATE)
    assert {span.speaker for span in apart.spans} == {"S1", "S2"}


def test_one_channel_cannot_be_separate() -> None:
    with Audio.from_samples(np.zeros(16_000, np.float32)) as audio, pytest.raises(SettingsError, match="one channel"):
        find_speakers(audio, channels=Channels.SEPARATE)
