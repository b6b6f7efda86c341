"""Files whose framing is not read: one that is cut off is named, a whole one is not, and anything ends in time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import decode
from audio.structure.outlines import is_cut
from audio.structure.view import View
from tests.support.audio_files import convert, cut
from tests.support.paths import CLIPS

FILM = ["-f", "lavfi", "-t", "10", "-i", "testsrc=s=64x48:r=25", "-map", "1:v", "-map", "0:a", "-c:v", "mpeg2video"]
KINDS = {
    "a.nut": ["-c:a", "pcm_s16le"],
    "b.nut": ["-c:a", "libmp3lame"],
    "a.mxf": [*FILM, "-ar", "48000", "-c:a", "pcm_s16le"],
    "a.rm": ["-c:a", "ac3"],
    "b.rm": ["-ar", "8000", "-c:a", "real_144"],
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_is_cut_off_is_named_and_a_whole_one_is_not(tmp_path: Path, name: str) -> None:
    path = convert(CLIPS / "short.mp3", tmp_path / name, *KINDS[name])
    with decode(path) as audio:
        assert audio.warnings == ()
    for part in (0.99, 0.5):
        with decode(cut(path, part)) as audio:
            (warning,) = audio.warnings
            assert "without an end mark; if something is missing, get a complete copy" in warning


HEADS = (
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\x00",
    b".RMF\0\0\0\x12",
    b"nut/multimedia container\0",
)


@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_whatever_follows_a_head_is_read(head: bytes, rest: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(head + rest)
        file.flush()
        assert is_cut(View(file)) in (True, False)
