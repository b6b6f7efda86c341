"""Voice activity and the chunk plan, against faster-whisper's own Silero code, and by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.decode import Audio, decode
from benchmarks.recognition.hallucination import music
from tests.support.paths import CLIPS
from transcribe.recognition.vad import (
    FRAME,
    LONGEST_CHUNK,
    Region,
    chunk_audio,
    find_regions,
    pack_regions,
    speech_probabilities,
)
from transcribe.recognition.vad import voiced_between as between

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def clip() -> Floats:
    return decode(CLIPS / "short.mp3").read()


def test_blocks_of_any_size_give_silero_s_probabilities(clip: Floats) -> None:
    from faster_whisper.vad import get_vad_model

    whole = np.pad(clip, (0, -len(clip) % 512))
    reference = get_vad_model()(whole).reshape(-1)
    for size in (len(clip), 16_000, 1_000, 513):
        blocks = (clip[i : i + size] for i in range(0, len(clip), size))
        np.testing.assert_allclose(speech_probabilities(blocks), reference, atol=1e-5)


@pytest.mark.parametrize("loudest", [0.0, 2 / 32_768])
@pytest.mark.parametrize("seconds", [3.2, 70.0])  # the second is longer than a block
def test_speech_after_silence_is_heard_as_if_the_recording_began_there(
    clip: Floats, seconds: float, loudest: float
) -> None:
    speech = clip[: 4 * 16_000]
    silence = loudest * np.random.default_rng(3).uniform(-1, 1, round(seconds / FRAME) * 512).astype(np.float32)
    sound = np.concatenate([speech[:48_128], silence, speech])  # 94 frames
    fresh, found = speech_probabilities([speech]), speech_probabilities([sound])
    np.testing.assert_allclose(found[-len(fresh) :], fresh, atol=1e-5)
    blocks = [sound[i : i + 9_999] for i in range(0, len(sound), 9_999)]
    np.testing.assert_allclose(speech_probabilities(blocks), found, atol=1e-5)


def test_silence_of_two_seconds_changes_nothing(clip: Floats) -> None:
    from faster_whisper.vad import get_vad_model

    sound = np.concatenate([clip[:48_128], np.zeros(60 * 512, np.float32), clip[: 64 * 512]])
    found = speech_probabilities([sound])
    reference = get_vad_model()(sound).reshape(-1)  # its last frame lacks the last 64 samples
    np.testing.assert_allclose(found[:-1], reference[:-1], atol=1e-5)


def test_regions_are_silero_s(clip: Floats) -> None:
    from faster_whisper.vad import get_speech_timestamps

    reference = get_speech_timestamps(clip.copy(), min_silence_duration_ms=160, speech_pad_ms=0)
    found = find_regions(speech_probabilities([clip]), duration=len(clip) / 16_000)
    assert [(round(r.start * 16_000), round(r.end * 16_000)) for r in found] == [
        (r["start"], r["end"]) for r in reference
    ]
    assert len(found) >= 2


def test_regions_by_hand() -> None:
    high, middle, low = 0.9, 0.4, 0.1
    # on at the second frame; neither .4 nor four low frames (128 ms) end it; five do, at the first of them
    frames = [low, high, middle, low, low, low, low, high, low, low, low, low, low, low, middle, high]
    found = find_regions(np.array(frames, np.float32), duration=16 * FRAME)
    assert found == (Region(0.032, 0.256), Region(0.48, 0.512))


@pytest.mark.parametrize("kind", ["silence", "white", "pink", "music", "one sample"])
def test_no_speech_is_detected_in(kind: str) -> None:
    random = np.random.default_rng(7)
    white = random.standard_normal(20 * 16_000)
    brown = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.arange(1, len(white) // 2 + 2)))
    samples = {
        "silence": np.zeros(20 * 16_000),
        "white": 0.1 * white,
        "pink": 0.3 * brown / np.abs(brown).max(),
        "music": music(20.0),
        "one sample": np.zeros(1),
    }[kind]
    assert chunk_audio(Audio.from_samples(samples.astype(np.float32))).chunks == ()


def test_a_plan_covers_the_speech_and_is_reproducible(clip: Floats) -> None:
    audio = Audio.from_samples(np.concatenate([clip, np.zeros(40_000, np.float32)] * 6))
    shares: list[float] = []
    found = chunk_audio(audio, progress=shares.append)
    assert found == chunk_audio(audio)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(found.chunks) >= 3
    regions = find_regions(speech_probabilities(audio.blocks(64)), duration=audio.duration)
    in_chunks = tuple(region for chunk in found.chunks for region in chunk.regions)
    assert in_chunks == regions  # the clip has silences to cut in
    assert sum(chunk.voiced for chunk in found.chunks) == pytest.approx(sum(region.duration for region in regions))


@st.composite
def speech(draw: st.DrawFn) -> tuple[list[Region], float]:
    """Speech regions on the frame grid, some longer than a chunk, and the recording's duration."""
    frames = draw(st.lists(st.tuples(st.integers(5, 200), st.integers(1, 1500)), min_size=1, max_size=30))
    regions, at = [], 0
    for silence, length in frames:
        regions.append(Region(round((at + silence) * FRAME, 3), round((at + silence + length) * FRAME, 3)))
        at += silence + length
    return regions, round(at * FRAME + draw(st.floats(0, 3)), 3)


@given(speech(), st.integers(0, 9))
def test_chunks_contain_all_speech_once_and_are_short_enough(made: tuple[list[Region], float], seed: int) -> None:
    regions, duration = made
    probabilities = np.random.default_rng(seed).random(round(duration / FRAME) + 1, np.float32)
    chunks = pack_regions(regions, duration=duration, probabilities=probabilities)
    assert sum(chunk.voiced for chunk in chunks) == pytest.approx(sum(region.duration for region in regions))
    for chunk in chunks:
        assert 0 <= chunk.start < chunk.end <= duration + 0.001
        assert chunk.duration <= LONGEST_CHUNK + 0.001
        assert chunk.start <= chunk.regions[0].start
        assert chunk.regions[-1].end <= chunk.end
    for before, after in pairwise(chunks):
        assert before.end <= after.start
        in_silence = before.regions[-1].end < after.regions[0].start
        is_split = before.regions[-1].end == after.regions[0].start
        assert in_silence or is_split
        if is_split:  # only a region too long for any chunk is split
            assert any(r.start < before.end < r.end and r.duration > LONGEST_CHUNK - 0.8 for r in regions)


def test_a_long_region_is_cut_where_speech_is_least_probable() -> None:
    probabilities = np.full(round(45 / FRAME), 0.9, np.float32)
    weak = round(24 / FRAME)
    probabilities[weak - 1 : weak + 2] = 0.5
    first, second = pack_regions([Region(0.0, 44.992)], duration=45.0, probabilities=probabilities)
    assert first.end == second.start == pytest.approx(24.0, abs=2 * FRAME)


def test_speech_between_two_times_by_hand() -> None:
    regions = [Region(1, 2), Region(3, 5), Region(6, 7)]
    assert between(regions, 1.5, 3.5) == pytest.approx(1.0)
    assert between(regions, 2.0, 3.0) == 0.0
    assert between(regions, 0.0, 9.0) == pytest.approx(4.0)


def test_a_region_has_a_duration() -> None:
    with pytest.raises(ValueError, match="not a stretch"):
        Region(2.0, 2.0)
