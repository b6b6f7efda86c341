"""No sound is lost in silence: what is decoded has the true length, or a warning says how much is missing."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio.decoding.decode import decode
from audio.errors import DecodeError
from tests.support.audio_files import convert, tone, write_noise, write_wav

SECONDS = 12.0
FORMATS = {
    "wav": (),
    "mp3": ("-b:a", "64k"),
    "mp2": (),
    "aac": (),
    "ac3": (),
    "eac3": (),
    "m4a": ("-movflags", "+faststart"),
    "mov": ("-c:a", "pcm_s16le"),
    "flac": (),
    "ogg": ("-c:a", "libvorbis"),
    "opus": (),
    "oga": ("-c:a", "flac"),
    "webm": (),
    "mka": ("-c:a", "flac"),
    "ts": ("-c:a", "mp2"),
    "flv": ("-ar", "44100", "-c:a", "aac"),
    "avi": ("-c:a", "mp3"),
    "wma": (),
    "aiff": (),
    "caf": (),
    "au": (),
    "w64": (),
    "wv": (),
    "tta": (),
    "amr": ("-ar", "8000"),
    "voc": (),
    "mpg": ("-c:a", "mp2", "-ar", "48000"),
}
JUNK = np.random.default_rng(9).bytes(1 << 20)
ID3 = b"ID3\x04\0\0\0\0\x08\x5b" + b"TIT2\0\0\0\x05\0\0\x03abcd" + bytes(1100)


def overwritten(data: bytes, at: float, share: float) -> bytes:
    first, count = int(len(data) * at), int(len(data) * share)
    return data[:first] + JUNK[:count] + data[first + count :]


def erased(data: bytes, at: float, share: float) -> bytes:
    first, count = int(len(data) * at), int(len(data) * share)
    return data[:first] + bytes(count) + data[first + count :]


def cut_out(data: bytes, at: float, share: float) -> bytes:
    return data[: int(len(data) * at)] + data[int(len(data) * (at + share)) :]


FAULTS: dict[str, tuple[Callable[[bytes, float, float], bytes], float]] = {
    "overwritten": (overwritten, SECONDS),
    "erased": (erased, SECONDS),
    "twice": (lambda data, at, share: data + data, 2 * SECONDS),
    "twice, with a tag between": (lambda data, at, share: data + ID3 + data, 2 * SECONDS),
    "twice, with zeros between": (lambda data, at, share: data + bytes(5000) + data, 2 * SECONDS),
    "cut": (lambda data, at, share: data[: int(len(data) * at)], SECONDS),
}
# Bare frames and packets state no length, so that a hole between two of them cannot be seen; AMR and raw samples have
# nothing that tells sound from zeros or noise.
UNSEEN = {("amr", fault) for fault in ("erased", "overwritten", "twice, with zeros between")}
UNSTATED = {"aac", "ac3", "eac3", "mp2", "ts", "mpg", "flv", "amr"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("early-ends")
    noise = write_noise(folder / "noise.wav", SECONDS)
    return {name: convert(noise, folder / f"a.{name}", *options) for name, options in FORMATS.items()}


@pytest.mark.parametrize("name", FORMATS)
def test_an_intact_recording_has_no_warning(whole: dict[str, Path], name: str) -> None:
    with decode(whole[name]) as audio:
        assert audio.duration == pytest.approx(SECONDS, abs=0.15)
        assert audio.warnings == ()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(FORMATS)), st.sampled_from(list(FAULTS)), st.floats(0.2, 0.7), st.floats(0.05, 0.25))
def test_the_length_is_true_or_a_warning_names_what_is_missing(
    whole: dict[str, Path], name: str, fault: str, at: float, share: float
) -> None:
    if (name, fault) in UNSEEN or (fault == "cut" and name in UNSTATED):
        return
    change, true = FAULTS[fault]
    path = whole[name].with_name(f"changed.{name}")
    path.write_bytes(change(whole[name].read_bytes(), at, share))
    with contextlib.suppress(DecodeError), decode(path) as audio:  # nothing at all is readable, which is not silence
        assert abs(audio.duration - true) < 0.2 or any(char.isdigit() for char in str(audio.warnings))


TRAILERS = {
    "ID3v1": b"TAG" + b"A title".ljust(125, b"\0"),
    "zeros": bytes(100_000),
    "an archive": b"PK\3\4" + JUNK[:100_000],
    "an APE tag": struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32, 0, 0x8000_0000),
}


@pytest.mark.parametrize("trailer", TRAILERS)
@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"amr", "au"}))
def test_what_follows_the_sound_and_is_none_is_no_damage(whole: dict[str, Path], name: str, trailer: str) -> None:
    path = whole[name].with_name(f"trailer.{name}")
    path.write_bytes(whole[name].read_bytes() + TRAILERS[trailer])
    with decode(path) as audio:
        assert audio.duration == pytest.approx(SECONDS, abs=0.15)
        assert audio.warnings == ()


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"amr", "wav", "au"}))
def test_sound_after_the_recording_is_read_or_told(whole: dict[str, Path], name: str) -> None:
    """Another recording of another kind."""
    path = whole[name].with_name(f"followed.{name}")
    path.write_bytes(whole[name].read_bytes() + whole["opus"].read_bytes())
    with decode(path) as audio:
        assert audio.duration == pytest.approx(2 * SECONDS, abs=0.3) or audio.warnings


def with_size(data: bytes, mark: bytes, size: int, form: str) -> bytes:
    """The size after the first `mark` replaced."""
    at = data.index(mark) + len(mark)
    return data[:at] + struct.pack(form, size) + data[at + struct.calcsize(form) :]


LIES = {
    "wav": (b"data", "<I", (0, 1000, 1001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)),
    "w64": (b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a", "<Q", (24, 1024, 1 << 40, (1 << 64) - 1)),
    "aiff": (b"SSND", ">I", (0, 1008, 0x7FFF_FFFF, 0xFFFF_FFFF)),
    "caf": (b"data", ">q", (-1, 1004, 1 << 40)),
    "au": (b".snd\0\0\0\x20", ">I", (0, 1000, 0x7FFF_FFFF, 0xFFFF_FFFF)),
}


@pytest.mark.parametrize(("name", "size"), [(name, size) for name, (_, _, sizes) in LIES.items() for size in sizes])
def test_a_size_that_is_not_true_loses_no_sound_in_silence(whole: dict[str, Path], name: str, size: int) -> None:
    mark, form, _ = LIES[name]
    data = whole[name].read_bytes()
    if name == "au":
        mark = data[:8]
    path = whole[name].with_name(f"lie.{name}")
    path.write_bytes(with_size(data, mark, size, form))
    try:
        with decode(path) as audio:
            length, warnings = audio.duration, audio.warnings
    except DecodeError as error:
        length, warnings = 0.0, (str(error),)
    is_true = length == pytest.approx(SECONDS, abs=0.2)
    assert is_true or "0:00:12" in str(warnings)
    assert is_true or name != "wav"
    assert not (is_true and warnings)


def test_the_size_of_the_file_in_a_wav_is_not_believed_either(tmp_path: Path) -> None:
    data = bytearray(write_wav(tmp_path / "a.wav", tone(440, 3.0)).read_bytes())
    for riff, sound in [(0, 0), (1036, 1000), (36, 0), (len(data) - 8, 500), (0xFFFF_FFFF, 1000)]:
        data[4:8], data[40:44] = riff.to_bytes(4, "little"), sound.to_bytes(4, "little")
        path = tmp_path / "b.wav"
        path.write_bytes(data)
        with decode(path) as audio:
            assert (audio.duration, audio.warnings) == (3.0, ())


@pytest.mark.parametrize("size", [0, 8, 1000, 0x7FFF_FFFF])
def test_the_size_of_the_media_in_an_mp4_does_not_matter_if_the_index_comes_first(
    whole: dict[str, Path], size: int
) -> None:
    data = whole["m4a"].read_bytes()
    at = data.index(b"mdat") - 4
    path = whole["m4a"].with_name("mdat.m4a")
    path.write_bytes(data[:at] + struct.pack(">I", size) + data[at + 4 :])
    with decode(path) as audio:
        assert audio.duration == pytest.approx(SECONDS, abs=0.2) or audio.warnings


@pytest.mark.parametrize(
    ("first", "second"), [("libvorbis", "libvorbis"), ("libopus", "libopus"), ("flac", "flac"), ("libvorbis", "flac")]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_link_of_a_chained_ogg_is_heard(tmp_path: Path, first: str, second: str, channels: int) -> None:
    """As radio stations record them: rate, channels or codec change from programme to programme."""
    one = convert(write_wav(tmp_path / "1.wav", tone(500, 3.0)), tmp_path / "1.ogg", "-c:a", first)
    two = write_wav(tmp_path / "2.wav", *[tone(900, 3.0, rate=48_000)] * channels, rate=48_000)
    chained = tmp_path / "chained.ogg"
    chained.write_bytes(one.read_bytes() + convert(two, tmp_path / "2.ogg", "-c:a", second).read_bytes())
    with decode(chained) as audio:
        assert audio.duration == pytest.approx(6.0, abs=0.05)
        assert audio.warnings == ()
        pitches = [int(np.abs(np.fft.rfft(audio.read(at, at + 1.0))).argmax()) for at in (1.0, 4.0)]
    assert pitches == [500, 900]
