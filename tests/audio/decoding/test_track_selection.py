"""Which of several tracks are heard: people, copies, dubbed films, music beside speech, silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.decoding.decode import MAX_TRACKS, decode
from audio.decoding.notes import Finding, SoundNote
from audio.decoding.samples import Audio
from audio.decoding.track_selection import choose
from tests.support.audio_files import convert, in_one_file, tone, write_noise, write_wav
from tests.support.paths import CLIPS

RATE = 16_000


def speech_like(seconds: int, *, seed: int, rhythm: int) -> NDArray[np.float32]:
    """Noise that is loud and quiet at the times of `rhythm`."""
    steps = np.random.default_rng(rhythm).choice([0.003, 0.05, 0.1, 0.2], seconds * 2)
    noise = np.random.default_rng(seed).standard_normal(seconds * RATE) * np.repeat(steps, RATE // 2)
    return noise.clip(-0.99, 0.99).astype(np.float32)


def choice_of(*tracks: NDArray[np.float32]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    chosen = choose([Audio.from_samples(samples) for samples in tracks])
    return chosen.heard, chosen.copies, chosen.dubbed


def test_two_people_who_take_turns_are_both_heard() -> None:
    turns = np.repeat(np.random.default_rng(3).integers(0, 2, 40), RATE)
    one, other = speech_like(40, seed=1, rhythm=1), speech_like(40, seed=2, rhythm=2)
    assert choice_of(one * turns.astype(np.float32), other * (1 - turns).astype(np.float32)) == ((0, 1), (), ())
    for decibels in (-6, -12, -25):
        bleed = 10 ** (decibels / 20)
        host, guest = np.where(turns, one, bleed * other), np.where(turns, bleed * one, other)
        assert choice_of(host.astype(np.float32), guest.astype(np.float32))[0] == (0, 1)


def test_the_same_mix_twice_is_heard_once_also_later_and_quieter() -> None:
    one = speech_like(30, seed=1, rhythm=1)
    late = np.concatenate([np.zeros(313, np.float32), one])[: len(one)] * 0.5
    assert choice_of(one, late) == ((0,), (1,), ())
    assert choice_of(one, -one, one) == ((0,), (1, 2), ())


def test_a_film_in_another_language_is_left_out() -> None:
    assert choice_of(speech_like(40, seed=1, rhythm=7), speech_like(40, seed=2, rhythm=7)) == ((0,), (), (1,))


def test_music_beside_speech_and_a_mix_with_somebody_more_are_heard() -> None:
    music = 0.1 * np.sin(2 * np.pi * 440 * np.arange(30 * RATE) / RATE).astype(np.float32)
    one = speech_like(30, seed=1, rhythm=1)
    assert choice_of(music, one) == ((0, 1), (), ())
    other = speech_like(30, seed=2, rhythm=2)
    other[: 20 * RATE] = 0
    assert choice_of(one, one + other)[0] == (0, 1)


def note_of(audio: Audio) -> SoundNote:
    (note,) = [note for note in audio.notes if note.finding is Finding.TRACKS]
    return note


def test_a_silent_first_track_is_named_and_the_other_heard_as_it_is(tmp_path: Path) -> None:
    clip = convert(CLIPS / "short.mp3", tmp_path / "clip.wav")
    silence = write_wav(tmp_path / "silence.wav", np.zeros(RATE * 12, np.int16))
    film = in_one_file(tmp_path / "a.mkv", silence, clip, options=["-c:a", "flac"])
    with decode(film) as audio, decode(clip) as expected:
        np.testing.assert_array_equal(audio.read(), expected.read())
        assert (note_of(audio).details["heard"], note_of(audio).details["silent"]) == ([2], [1])
        assert audio.revision > 0


def test_a_second_silent_track_changes_no_sample(tmp_path: Path) -> None:
    clip = convert(CLIPS / "short.mp3", tmp_path / "clip.wav")
    silence = write_wav(tmp_path / "silence.wav", np.zeros(RATE, np.int16))
    film = in_one_file(tmp_path / "a.mkv", clip, silence, options=["-c:a", "flac"])
    with decode(film) as audio, decode(clip) as expected:
        np.testing.assert_array_equal(audio.read(), expected.read())
        assert audio.revision == 0


def test_two_tracks_are_two_channels_as_long_as_the_longer(tmp_path: Path) -> None:
    one, other = write_noise(tmp_path / "1.wav", 3.0), write_wav(tmp_path / "2.wav", tone(440, 5.0))
    with decode(in_one_file(tmp_path / "a.mkv", one, other, options=["-c:a", "flac"])) as audio:
        assert audio.duration == 5.0
        assert audio.channel_levels is not None
        assert audio.channel_levels.shape == (2, 500)
        assert audio.warnings == ()


def test_tracks_beyond_those_that_are_taken_are_named(tmp_path: Path) -> None:
    one = write_wav(tmp_path / "1.wav", tone(440, 0.2))
    with decode(in_one_file(tmp_path / "a.mka", *[one] * (MAX_TRACKS + 3), options=["-c:a", "flac"])) as audio:
        details = note_of(audio).details
        assert (details["count"], details["heard"]) == (MAX_TRACKS + 3, [1])
        assert details["beyond"] == [MAX_TRACKS + 1, MAX_TRACKS + 2, MAX_TRACKS + 3]
        assert details["unreadable"] == []


def test_silence_in_all_tracks_is_silence(tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros(RATE, np.int16))
    with decode(in_one_file(tmp_path / "a.mkv", silence, silence, options=["-c:a", "flac"])) as audio:
        assert not audio.read().any()
        assert (note_of(audio).details["heard"], note_of(audio).details["silent"]) == ([], [1, 2])
