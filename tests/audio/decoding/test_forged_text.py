"""No text that a file can hold changes what is known of it: tags, their keys, titles of tracks and chapters, its name.

And no picture in it takes the memory, whatever holds it.
"""

from __future__ import annotations

import base64
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.ffmpeg import Output, decode_command
from audio.decoding.probe import stated_length
from tests.audio.decoding.test_untrusted import FORGED, picture
from tests.support.audio_files import convert, cut, write_noise
from tests.support.peak_memory import peak_memory

FORMATS = {
    "wav": (),
    "mp3": (),
    "flac": (),
    "ogg": ("-c:a", "libvorbis"),
    "opus": (),
    "m4a": ("-movflags", "+faststart+use_metadata_tags"),
    "mka": ("-c:a", "libvorbis"),
    "webm": (),
    "wma": (),
    "aiff": ("-write_id3v2", "1"),
    "caf": (),
    "avi": ("-c:a", "mp3"),
    "flv": ("-ar", "44100", "-c:a", "aac"),
    "nut": ("-c:a", "flac"),
}
WHATEVER = "\n".join(FORGED) + "\n[info]   Duration: 77:00:00.00, start: 0\n"


def known_of(path: Path) -> tuple[float | None, float, list[str]]:
    with decode(path) as audio:
        warnings = [warning.partition(": ")[2] for warning in audio.warnings]
        length = stated_length(path)
        return None if length is None else round(length, 1), round(audio.duration, 2), warnings


@pytest.mark.parametrize("part", [1.0, 0.7], ids=["whole", "cut"])
@pytest.mark.parametrize("name", FORMATS)
def test_forged_text_changes_nothing(tmp_path: Path, name: str, part: float) -> None:
    noise = write_noise(tmp_path / "noise.wav", 8.0)
    plain = convert(noise, tmp_path / f"plain.{name}", *FORMATS[name])
    chapters = tmp_path / "chapters.txt"
    escaped = (
        WHATEVER.replace("\\", "\\\\").replace("\n", "\\\n").replace("=", "\\=").replace(";", "\\;").replace("#", "\\#")
    )
    chapter = f"[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=4000\ntitle={escaped}\n"
    chapters.write_text(f";FFMETADATA1\nartist={escaped}\n{chapter}", encoding="utf-8")
    options = ["-i", str(chapters), "-map", "0:a", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy"]
    for scope in ("", ":s:a:0"):
        for key in (
            "title",
            "comment",
            "language",
            "handler_name",
            "x\n[info]   Duration: 66:00:00.00, start",
            "encoder",
        ):
            options += [f"-metadata{scope}", f"{key}={WHATEVER}"]
    forged = convert(plain, tmp_path / f"forged.{name}", *options, *FORMATS[name][2 * ("-c:a" in FORMATS[name]) :])
    stated, decoded, warnings = known_of(plain if part == 1 else cut(plain, part))
    forged_stated, forged_decoded, forged_warnings = known_of(forged if part == 1 else cut(forged, part))
    assert bool(warnings) == bool(forged_warnings) == (part < 1)
    if part == 1:
        assert forged_decoded == pytest.approx(decoded, abs=0.1)
        assert forged_stated == (stated if stated is None else pytest.approx(stated, abs=0.11))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
@pytest.mark.parametrize("number", range(len(FORGED)))
def test_a_files_name_changes_nothing(tmp_path: Path, number: int) -> None:
    plain = write_noise(tmp_path / "plain.wav", 3.0)
    named = tmp_path / f"x\n{FORGED[number]}"[:200].replace("/", " ").replace("\0", "")
    shutil.copy(cut(plain, 0.5), named)
    stated, decoded, warnings = known_of(named)
    assert (stated, decoded) == (3.0, pytest.approx(1.5, abs=0.02))
    assert len(warnings) == 1


PICTURES = ("mp3", "flac", "m4a", "ogg", "mka", "png in mkv", "aiff", "wma")


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="Windows does not report the memory of a child so")
@pytest.mark.parametrize("name", PICTURES)
def test_no_picture_takes_the_memory(tmp_path: Path, name: str) -> None:
    suffix = name.rpartition(" ")[2]
    noise, cover = write_noise(tmp_path / "noise.wav", 3.0), tmp_path / "cover.png"
    cover.write_bytes(picture(8000))
    options = ["-i", str(cover), "-map", "0:a", "-map", "1:v", "-c:v", "copy"]
    if suffix == "mka":
        options = [
            "-c:a",
            "libvorbis",
            "-attach",
            str(cover),
            "-metadata:s:t",
            "mimetype=image/png",
            "-metadata:s:t",
            "filename=cover.png",
        ]
    elif suffix == "ogg":
        mime = b"image/png"
        block = (
            struct.pack(">II", 3, len(mime))
            + mime
            + bytes(20)
            + struct.pack(">I", cover.stat().st_size)
            + cover.read_bytes()
        )
        tags = tmp_path / "tags.txt"
        tags.write_text(
            f";FFMETADATA1\nMETADATA_BLOCK_PICTURE={base64.b64encode(block).decode().replace('=', chr(92) + '=')}\n"
        )
        options = ["-i", str(tags), "-map_metadata", "1", "-map", "0:a", "-c:a", "libvorbis"]
    elif name != "png in mkv":
        options += ["-disposition:v", "attached_pic", *(["-write_id3v2", "1"] if suffix == "aiff" else [])]
    path = convert(noise, tmp_path / f"a.{suffix}", *options)
    with decode(path) as audio, decode(noise) as plain:
        assert audio.warnings == ()
        assert audio.duration == pytest.approx(plain.duration, abs=0.1)
        assert np.isfinite(audio.read()).all()
    assert peak_memory(decode_command(path, Output())) < 160_000  # the picture would take 256 MB
