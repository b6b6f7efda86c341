"""What a file is made of: hostile ones in linear time, honest ones as the standard library and ffmpeg see them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.structure.content import Content, content_of
from audio.structure.length import length_of
from audio.structure.parts import structure_in, structure_of
from audio.structure.view import View
from tests.support.audio_files import convert, tone, write_wav
from tests.support.paths import CLIPS

MP3 = (CLIPS / "short.mp3").read_bytes()[:20_000]
HOSTILE = {  # a beginning, and what is repeated after it
    "ones after frames": (MP3, b"\xff"),
    "headers of frames": (MP3, b"\xff\xfb\x90"),
    "headers of ADTS": (MP3, b"\xff\xf1\x50\x80"),
    "pages": (b"", b"OggS\0\2" + bytes(21)),
    "marks of pages": (b"OggS\0\2" + bytes(21), b"OggS\0"),
    "empty chunks": (b"RIFF\xff\xff\xff\xffWAVE", b"JUNK\0\0\0\0"),
    "empty boxes": (b"\0\0\0\x08ftyp", b"\0\0\0\x08free"),
    "short films": (b"\0\0\0\x08ftyp", b"\0\0\0\x08ftyp\0\0\0\x08moov"),
    "marks of WavPack": (b"", b"wvpk"),
    "empty blocks": (b"Creative Voice File\x1a\x1a\0\x0a\1\x29\x11", b"\5\0\0\0"),
    "zeros": (MP3, bytes(64)),
    "tags": (b"", b"ID3\4\0\0\0\0\0\0"),
    "tags after frames": (MP3, b"TAG" + bytes(125)),
    "texts": (MP3, b"LYRICSBEGIN"),
    "packs": (b"", b"\0\0\1\xba"),
    "bytes of synchronisation": ((b"\x47" + bytes(187)) * 10, b"\x47\0"),
    "marks of Flash": (b"FLV\1\4\0\0\0\x09\0\0\0\0", b"\x08"),
    "empty elements": (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", b"\xec\x80"),
    "short segments": (b"", b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x80"),
    "frames of AMR": (b"#!AMR\n", b"\x7c"),
}


class CountingView(View):
    """Counts the calls, and the bytes they give."""

    cost = 0

    def at(self, offset: int, count: int) -> bytes:
        data = super().at(offset, count)
        self.cost += 1000 + len(data)
        return data


def cost_of(path: Path, data: bytes) -> int:
    path.write_bytes(data)
    with path.open("rb") as file:
        view = CountingView(file)
        structure_in(view)
        return view.cost


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_framing_takes_linear_time(tmp_path: Path, name: str) -> None:
    start, repeated = HOSTILE[name]
    small, large = (cost_of(tmp_path / "a", start + repeated * (size // len(repeated))) for size in (100_000, 400_000))
    assert large < 6 * small + 2_000_000


@given(st.binary(max_size=3000), st.sampled_from(sorted(HOSTILE)))
def test_no_bytes_raise_an_error_and_every_part_lies_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "junk"
    start, repeated = HOSTILE[name]
    path.write_bytes(start[:200] + repeated + junk)
    structure, size = structure_of(path), path.stat().st_size
    assert structure.parts
    before = 0
    for part in structure.parts:
        assert before <= part.start <= part.end <= size
        before = part.end
    assert structure.unread <= size - before
    assert content_of(path) in Content
    assert (length_of(path) or 1) > 0


@pytest.mark.parametrize(
    "suffix", ["wav", "mp3", "flac", "ogg", "opus", "m4a", "webm", "aiff", "caf", "au", "wma", "tta"]
)
def test_the_length_is_stated_from_a_few_blocks(tmp_path: Path, suffix: str) -> None:
    wav = write_wav(tmp_path / "a.wav", tone(440, 7.5))
    path = wav if suffix == "wav" else convert(wav, tmp_path / f"a.{suffix}")
    assert length_of(path) == pytest.approx(7.5, abs=0.15)
    assert structure_of(path).seconds == pytest.approx(7.5, abs=0.15)
