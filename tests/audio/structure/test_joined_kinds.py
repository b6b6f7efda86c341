"""A recording and another of another kind in one file.

FLAC's frames state no lengths, so that its last one has to be found; the sizes in a WAV may be stale, so that what
follows its sound has to be known for a recording.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.structure.parts import Structure, structure_of
from tests.support.audio_files import convert, write_noise

OTHERS = {
    "tagged.mp3": [],
    "bare.mp3": ["-write_xing", "0", "-id3v2_version", "0"],
    **{
        name: [] for name in ("b.m4a", "b.wav", "b.aac", "b.mka", "b.wv", "b.ogg", "b.flac", "b.ac3", "b.aiff", "b.tta")
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joined")


@pytest.fixture(scope="module")
def flac(folder: Path) -> Path:
    return convert(write_noise(folder / "a.wav", 3.0), folder / "a.flac")


def joined(flac: Path, rest: bytes) -> tuple[Path, Structure]:
    path = flac.with_name("joined.flac")
    path.write_bytes(flac.read_bytes() + rest)
    return path, structure_of(path)


@pytest.mark.parametrize(("name", "options"), OTHERS.items(), ids=OTHERS.keys())
def test_a_recording_of_another_kind_after_flac_is_heard(
    folder: Path, flac: Path, name: str, options: list[str]
) -> None:
    rate = ["-ar", "32000"] if name.endswith("ac3") else []
    other = convert(folder / "a.wav", folder / name, *options, *rate)
    path, structure = joined(flac, other.read_bytes())
    first, second = structure.parts
    assert (first.end, structure.unread) == (flac.stat().st_size, 0)
    assert first.end <= second.start < second.end
    with decode(path) as audio, decode(other) as expected:
        assert audio.duration == pytest.approx(3.0 + expected.duration, abs=0.1)
        assert audio.warnings == ()


def test_what_is_no_recording_is_counted_but_for_the_rest_of_a_frame(flac: Path) -> None:
    path, structure = joined(flac, np.random.default_rng(7).bytes(200_000))
    assert len(structure.parts) == 1
    assert 200_000 - 65_536 < structure.unread <= 200_000
    with decode(path) as audio:
        assert audio.duration == 3.0
        (warning,) = audio.warnings
        assert "could not be read as sound" in warning


@pytest.mark.parametrize("bits", ["s16", "s32"])
@pytest.mark.parametrize("options", [["-ar", "44100", "-ac", "2"], ["-compression_level", "0"], ["-frame_size", "512"]])
def test_flac_alone_ends_where_the_file_does(folder: Path, bits: str, options: list[str]) -> None:
    alone = convert(folder / "a.wav", folder / "alone.flac", "-sample_fmt", bits, *options)
    (part,) = structure_of(alone).parts
    assert part.end == alone.stat().st_size


@pytest.mark.parametrize(("name", "options"), [*OTHERS.items(), ("b.ts", [])], ids=[*OTHERS, "b.ts"])
def test_a_recording_of_another_kind_after_a_wav_is_one(
    folder: Path, flac: Path, name: str, options: list[str]
) -> None:
    rate = ["-ar", "32000"] if name.endswith("ac3") else []
    other = convert(flac, folder / f"other-{name}", *options, *rate).read_bytes()
    path, sound = folder / "joined.wav", folder / "a.wav"
    path.write_bytes(sound.read_bytes() + other)
    structure = structure_of(path)
    first, *others = structure.parts
    assert (first.end, first.seconds, structure.unread) == (sound.stat().st_size, 3.0, 0)
    assert others


@pytest.mark.parametrize("mark", [b"data", b"SSND"])
def test_a_second_chunk_of_sound_is_counted_and_takes_nothing_from_the_first(folder: Path, mark: bytes) -> None:
    """ffmpeg would hear the last one only, and say nothing."""
    suffix, order = (".wav", "little") if mark == b"data" else (".aiff", "big")
    once = convert(folder / "a.wav", folder / f"once{suffix}")
    samples = np.random.default_rng(1).bytes(160_000)
    path = once.with_stem("twice")
    path.write_bytes(once.read_bytes() + mark + len(samples).to_bytes(4, order) + samples)  # type: ignore[arg-type]
    assert structure_of(path).unread == 160_008
    with decode(path) as audio, decode(once) as expected:
        assert (audio.read(0, 3) == expected.read(0, 3)).all()
        assert audio.duration == 3.0
        assert "could not be read" in str(audio.warnings)
