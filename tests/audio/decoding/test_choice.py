"""Which ffmpeg decodes: an old one on the PATH costs no time and no warning where there is another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from audio.decoding.choice import Ffmpeg, find_ffmpeg
from audio.decoding.decode import decode
from audio.decoding.notes import Finding
from tests.support.audio_files import convert, tone, write_wav

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a script as a program")
BUNDLED = imageio_ffmpeg.get_ffmpeg_exe()
OLD = """#!/bin/sh
for option; do [ "$option" = -stats_enc_pre ] && { echo "Unrecognized option 'stats_enc_pre'." >&2; exit 1; }; done
exec "$BUNDLED" "$@"
"""


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program on the PATH that knows all options of the bundled one but that of ffmpeg 6."""
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(OLD.replace("$BUNDLED", BUNDLED))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return str(program)


@pytest.fixture
def late(tmp_path: Path) -> Path:
    """Four seconds of sound from second 3 on."""
    wav = write_wav(tmp_path / "a.wav", tone(440, 4.0))
    return convert(wav, tmp_path / "late.m4a", "-c:a", "aac", "-output_ts_offset", "3")


def test_an_old_one_on_the_path_is_passed_over_for_the_bundled_one(on_path: str, late: Path) -> None:
    assert find_ffmpeg() == Ffmpeg(BUNDLED, states_times=True, passed_over=on_path)
    with decode(late) as audio:
        assert audio.duration == pytest.approx(7.0, abs=0.1)
        assert (audio.warnings, audio.notes) == ((), ())


def test_one_on_the_path_that_states_times_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ffmpeg").symlink_to(BUNDLED)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg() == Ffmpeg(str(tmp_path / "ffmpeg"), states_times=True)


@pytest.mark.parametrize("is_missing", [True, False], ids=["no wheel", "a wheel with the same"])
def test_without_another_one_it_decodes_and_a_note_says_that_times_may_be_early(
    on_path: str, late: Path, monkeypatch: pytest.MonkeyPatch, is_missing: bool
) -> None:
    if is_missing:
        monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    else:
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", on_path)
    assert find_ffmpeg() == Ffmpeg(on_path, states_times=False)
    with decode(late) as audio:
        assert audio.duration == pytest.approx(4.0, abs=0.1)
        assert [note.finding for note in audio.notes] == [Finding.UNKNOWN_TIMES]


def test_what_keeps_no_time_gets_no_such_note(on_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    wav = write_wav(tmp_path / "b.wav", tone(440, 1.0))
    for path in (wav, convert(wav, tmp_path / "b.mp3"), convert(wav, tmp_path / "b.flac")):
        with decode(path) as audio:
            assert (audio.warnings, audio.notes) == ((), ())
