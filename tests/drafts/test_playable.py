"""A copy for the browser can be read from anywhere before it is made, with the times it will have."""

from __future__ import annotations

import io
import os
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from audio.decoding.decode import decode
from audio.decoding.samples import SAMPLE_RATE
from tests.support.audio_files import convert, write_noise
from transcribe.drafts.decoding_slots import DecodingSlots
from transcribe.drafts.playable import EarlyCopy, copy_path, early_copy, has_copy, make_copy
from transcribe.editor.sound import SoundState
from transcribe.editor.sound_response import sound_response

SECONDS = 12
HEADER = 44
SEEKABLE = {
    "talk.wma": (),
    "alac.m4a": ("-c:a", "alac"),
    "talk.mov": ("-c:a", "pcm_s16be"),
    "talk.aiff": (),
    "talk.caf": (),
    "talk.mka": ("-c:a", "ac3"),
    "mulaw.wav": ("-c:a", "pcm_mulaw"),
}
NOT_SEEKABLE = {"adpcm.wav": ("-c:a", "adpcm_ima_wav"), "talk.ac3": (), "talk.avi": ("-c:a", "mp3")}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def recording(folder: Path, name: str, *options: str) -> Path:
    return convert(write_noise(folder / "noise.source", SECONDS), folder / name, *options)


def early_of(path: Path) -> EarlyCopy | None:
    with decode(path) as audio:
        return early_copy(path, duration=round(audio.duration, 3))


def bytes_of(early: EarlyCopy, first: int, last: int) -> bytes:
    return b"".join(early.blocks(first, last))


def lag(whole: np.ndarray, piece: np.ndarray) -> int:
    """Where a piece is in the whole, by its likeness."""
    return int(np.argmax(correlate(whole.astype(float), piece.astype(float), "valid", method="fft")))


@pytest.mark.parametrize("name", SEEKABLE)
def test_what_is_read_before_the_copy_is_made_is_at_its_time(tmp_path: Path, name: str) -> None:
    path = recording(tmp_path, name, *SEEKABLE[name])
    early = early_of(path)
    assert early
    head = bytes_of(early, 0, HEADER)
    with wave.open(io.BytesIO(head + bytes(2 * early.n_samples))) as file:
        assert file.getparams()[:4] == (1, 2, SAMPLE_RATE, early.n_samples)
    with decode(path) as audio:
        assert early.n_samples == pytest.approx(audio.n_samples, abs=8)  # the transcript has milliseconds
        for start in (0, 5 * SAMPLE_RATE + 7, (SECONDS - 2) * SAMPLE_RATE):
            first = HEADER + 2 * start
            piece = np.frombuffer(bytes_of(early, first, first + 2 * SAMPLE_RATE), "<i2")
            before = min(start, 800)
            whole = audio.read((start - before) / SAMPLE_RATE, (start + SAMPLE_RATE + 800) / SAMPLE_RATE)
            assert lag(whole, piece) == pytest.approx(before, abs=16)  # a millisecond
    early_bytes = bytes_of(early, 0, early.n_bytes)
    make_copy(path, progress=lambda _: None)
    made = copy_path(path).read_bytes()
    assert len(early_bytes) == early.n_bytes == pytest.approx(len(made), abs=16)
    assert bytes_of(early, HEADER + 1000, HEADER + 9000) == made[HEADER + 1000 : HEADER + 9000]
    assert bytes_of(early, HEADER + 1001, HEADER + 1101) == made[HEADER + 1001 : HEADER + 1101]


@pytest.mark.parametrize("name", NOT_SEEKABLE)
def test_a_recording_whose_moments_are_not_exact_is_copied_first(tmp_path: Path, name: str) -> None:
    assert early_of(recording(tmp_path, name, *NOT_SEEKABLE[name])) is None


def test_a_recording_of_another_length_than_was_transcribed_is_copied_first(tmp_path: Path) -> None:
    """As one whose sound has a gap, or begins late."""
    path = recording(tmp_path, "talk.wma")
    assert early_copy(path, duration=SECONDS + 2.5) is None
    assert early_copy(path, duration=None) is None


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not list a program's children")
def test_who_stops_reading_leaves_no_program_behind(tmp_path: Path) -> None:
    def children() -> set[str]:
        return {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}

    early = early_of(recording(tmp_path, "talk.mov", "-c:a", "pcm_s16be"))
    assert early
    before, blocks = children(), early.blocks(0, early.n_bytes)
    next(blocks)
    next(blocks)
    assert len(children() - before) == 1
    blocks.close()
    assert children() <= before


def test_many_who_read_by_turns_get_all_of_it(tmp_path: Path) -> None:
    """Whose program was ended for another one gets a new one, where it stopped."""
    early = early_of(recording(tmp_path, "talk.aiff", "-ar", str(SAMPLE_RATE), "-ac", "1"))
    assert early
    early = replace(early, slots=DecodingSlots(2))
    starts = [HEADER + 999 * i for i in range(3)]
    wanted = [bytes_of(early, start, 200_000) for start in starts]
    read = [b""] * len(starts)
    left = {i: early.blocks(start, 200_000) for i, start in enumerate(starts)}
    while left:
        for i, blocks in list(left.items()):
            if (block := next(blocks, None)) is None:
                del left[i]
            else:
                read[i] += block
    assert read == wanted


@pytest.mark.parametrize(
    ("requested", "status", "range"),
    [
        ("", 200, (0, None)),
        ("bytes=0-", 206, (0, None)),
        ("bytes=100-199", 206, (100, 200)),
        ("bytes=200000-999999999", 206, (200_000, None)),
        ("bytes=-500", 206, (-500, None)),  # the last ones: RFC 9110, 14.1.2
        ("bytes=-999999999", 206, (0, None)),
        ("Bytes=7-7", 206, (7, 8)),
        ("bytes=-0", 416, None),
        ("bytes=-", 200, (0, None)),
        ("bytes=1-2,5-6", 200, (0, None)),
        ("bytes=5-4", 416, None),
        ("bytes=999999999-", 416, None),
    ],
)
def test_ranges_are_answered(tmp_path: Path, requested: str, status: int, range: tuple[int, int | None] | None) -> None:
    early = early_of(recording(tmp_path, "talk.aiff"))
    assert early
    response = sound_response(SoundState(early.copy, early), requested)
    assert response.status_code == status
    if range is None:
        assert response.headers["Content-Range"] == f"bytes */{early.n_bytes}"
        return
    first, last = range[0] % early.n_bytes, range[1] or early.n_bytes
    assert response.headers["Content-Length"] == str(last - first)
    assert response.headers.get("Content-Range") == (
        f"bytes {first}-{last - 1}/{early.n_bytes}" if status == 206 else None
    )


def test_the_oldest_copies_are_removed_when_there_are_too_many(tmp_path: Path) -> None:
    path = recording(tmp_path, "talk.aiff")
    old = copy_path(path).with_name("old.wav")
    old.parent.mkdir(parents=True)
    with old.open("wb") as file:
        file.truncate(5 << 30)
    os.utime(old, (1, 1))
    make_copy(path, progress=lambda _: None)
    assert has_copy(path)
    assert not old.exists()
