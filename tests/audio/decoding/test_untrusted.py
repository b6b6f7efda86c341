"""Files that lie: no text, picture or silence in them changes a fact, takes the memory, or keeps a run waiting."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audio.decoding.decode import decode
from audio.decoding.ffmpeg import Output, decode_command, start
from audio.decoding.log import Log
from audio.decoding.probe import stated_length
from audio.decoding.samples import SAMPLE_RATE
from audio.errors import DecodeError
from audio.structure.parts import structure_of
from audio.structure.view import Part
from tests.support.audio_files import tone, write_wav
from tests.support.paths import CLIPS
from tests.support.peak_memory import peak_memory

FORGED = [
    "[info]   Duration: 99:00:00.00, x",
    f"[info]   Duration: {'9' * 400}:00:00.00, x",
    "[info] Input #0, mp3, from 'x':",
    "[info]   Stream #0:1: Video: h264",
    "[error] moov atom not found",
    "\x1b[0m\x1b[0;31m[error] \x1b[0m\x1b[0;31mmoov atom not found",
    "\x1b[0;35m[in#0 @ 0x1] \x1b[0m\x1b[0;33m[warning] \x1b[0m\x1b[0;33mPacket corrupt",
    "[warning] Estimating duration from bitrate",
    "[in#0 @ 0x1] [warning] Packet corrupt (stream = 0)",
    "  Input stream #0:0 (audio): 9000 packets read (1 bytes); 10 frames decoded",
    "[verbose]   Input stream #0:0 (audio): 9000 packets read (1 bytes); 10 frames decoded",
    "\x1b[0;32m[verbose] \x1b[0m\x1b[0;32m  Input stream #0:0 (audio): 9000 packets read (1 bytes); 1 frames decoded",
]
TEXT = st.text(max_size=200) | st.sampled_from(FORGED)


@dataclass(frozen=True)
class Facts:
    """What is believed of a file."""

    stated: float | None
    decoded: float
    warnings: tuple[str, ...]
    structure: tuple[Part, ...]


def facts(path: Path) -> Facts:
    parts = structure_of(path).parts
    with decode(path) as audio:
        warnings = tuple(warning.partition(": ")[2] for warning in audio.warnings)
        return Facts(stated_length(path), audio.duration, warnings, tuple(replace(part, end=0) for part in parts))


def with_info(wav: bytes, *, title: bytes, comment: bytes) -> bytes:
    """A WAV file with a LIST chunk in front of its samples."""
    info = b"INFO"
    for name, value in ((b"INAM", title), (b"ICMT", comment)):
        data = value + b"\0" * (2 - len(value) % 2)
        info += name + struct.pack("<I", len(data)) + data
    chunks = wav[12:36] + b"LIST" + struct.pack("<I", len(info)) + info + wav[36:]
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def with_id3(mp3: bytes, *frames: tuple[bytes, bytes]) -> bytes:
    """An mp3 with an ID3v2.4 tag of these frames."""

    def size(number: int) -> bytes:
        return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))

    body = b"".join(name + size(len(data)) + b"\0\0" + data for name, data in frames)
    return b"ID3\x04\0\0" + size(len(body)) + body + mp3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("untrusted")


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT, TEXT, TEXT)
def test_no_title_key_or_comment_changes_a_fact(folder: Path, title: str, key: str, value: str) -> None:
    clip, tagged = (CLIPS / "short.mp3").read_bytes(), folder / "tagged.mp3"
    key = key.replace("\0", "").replace("\n", " ")
    text = b"\3" + key.encode("utf-8", "replace") + b"\0" + value.encode("utf-8", "replace")
    tagged.write_bytes(with_id3(clip, (b"TIT2", b"\3" + title.encode("utf-8", "replace")), (b"TXXX", text)))
    plain = facts(CLIPS / "short.mp3")
    assert facts(tagged) == plain


@pytest.mark.parametrize("forged", FORGED)
def test_no_key_with_line_breaks_states_a_fact(folder: Path, forged: str) -> None:
    """ffmpeg prints the key of a tag as it is: a line of it looks like one of the report."""
    path = folder / "key.mp3"
    text = b"\3x\n" + forged.encode() + b"\nx\0value"
    path.write_bytes(with_id3((CLIPS / "short.mp3").read_bytes(), (b"TXXX", text)))
    assert facts(path) == facts(CLIPS / "short.mp3")


@pytest.mark.parametrize("forged", FORGED)
def test_a_line_longer_than_we_read_does_not_begin_again(folder: Path, forged: str) -> None:
    """ffmpeg prints pieces of at most 200 bytes between vertical tabs on one line; any place may be where we stop."""
    path, plain = folder / "long.wav", write_wav(folder / "plain.wav", tone(440, 2.0))
    spoof = b"\x0b".join(forged.encode()[at : at + 200] for at in range(0, len(forged), 200))
    for filler in range(965, 985):
        fill = b"\x0b".join(b"A" * min(200, filler - at) for at in range(0, filler, 200))
        tags = with_info(plain.read_bytes(), title=fill + b"\x0b" + spoof, comment=(b"B" * 200 + b"\n") * 900)
        path.write_bytes(tags)
        log = Log()
        with start(decode_command(path, Output()), stdout=subprocess.DEVNULL) as process:
            assert process.stderr
            log.follow(process.stderr)
        assert (log.n_errors, log.lost(2.0)) == (0, 0.0)
        if filler % 10 == 5:
            assert facts(path) == facts(plain)


@given(st.text("ab c:", max_size=90))
@example("Error opening input files: Invalid data found when processing input")
def test_an_error_for_people_is_cut_between_words(error: str) -> None:
    log = Log()
    log.follow(io.BytesIO(f"\x1b[0;31m[error] \x1b[0m\x1b[0;31mx{error}\n".encode()))
    error, told = f"x{error}".strip(), log.first_error
    assert len(told) <= 60
    assert (told == error) == (len(error) <= 60)
    if told != error:
        words, rest = told[:-1], error[len(told) - 1 :]
        assert told.endswith("…")
        assert error.startswith(words)
        assert rest.startswith((" ", ":")) or " " not in words


def picture(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side * 4)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="Windows does not report the memory of a child so")
@pytest.mark.parametrize("side", [300, 3000, 8000])
def test_a_large_cover_takes_no_memory_and_is_no_damage(folder: Path, side: int) -> None:
    path = folder / "cover.mp3"
    cover = b"\0image/png\0\x03\0" + picture(side)
    path.write_bytes(with_id3((CLIPS / "short.mp3").read_bytes(), (b"APIC", cover)))
    with decode(path) as audio, decode(CLIPS / "short.mp3") as plain:
        assert audio.warnings == ()
        np.testing.assert_array_equal(audio.read(), plain.read())
    assert peak_memory(decode_command(path, Output())) < 160_000  # the largest would take 256 MB


def fake_ffmpeg(folder: Path, program: str) -> None:
    path = folder / "ffmpeg"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n'-version' in sys.argv and sys.exit()\n{program}\n")
    path.chmod(0o755)


HEADER = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36, b"WAVEfmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", 0)
HANGS = {
    "at once": "time.sleep(600)",
    "within the sound": f"sys.stdout.buffer.write({HEADER!r} + bytes(70_000)); sys.stdout.flush(); time.sleep(600)",
    "after the sound": f"sys.stdout.buffer.write({HEADER!r}); sys.stdout.flush(); os.close(1); time.sleep(600)",
    "while it writes its log": "while True: sys.stderr.write('[info] x' * 1000)",
    "a child holds its pipes": "os.fork() and os._exit(0); time.sleep(600)",
    "a child holds its log": f"os.fork() and (os.write(1, {HEADER!r}), os._exit(0)); os.close(1); time.sleep(600)",
    "a child outside its group holds its pipes": "os.fork() and os._exit(0); os.setsid(); time.sleep(20)",
    "a child writes for ever": "os.fork() and os._exit(0)\nwhile True: os.write(1, bytes(9)); time.sleep(1)",
}


def ended_children() -> list[int]:
    """A child of this process that ended and that nobody waited for, if there is one; others may be alive."""
    try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return []
    return [pid] if pid else []


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="needs a script as a program")
@pytest.mark.parametrize("program", HANGS.values(), ids=HANGS.keys())
def test_an_ffmpeg_that_makes_no_progress_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    fake_ffmpeg(tmp_path, program)
    monkeypatch.setenv("PATH", str(tmp_path))
    path = write_wav(tmp_path / "a.wav", np.zeros(SAMPLE_RATE, np.int16))
    before = set(threading.enumerate())
    with pytest.raises(DecodeError, match=r"a\.wav: ffmpeg made no progress for 1 seconds and was ended"):
        decode(path, patience=1.0)
    assert set(threading.enumerate()) <= before
    assert ended_children() == []


def test_the_environment_does_not_hide_the_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("AV_LOG_FORCE_NOCOLOR", "1")
    broken = tmp_path / "a.m4a"
    broken.write_bytes(b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42isom" + b"\0\0\x10\0mdat" + bytes(4000))
    with pytest.raises(DecodeError, match="its end is missing"):
        decode(broken)


def test_a_length_is_read_from_the_report(folder: Path) -> None:
    assert stated_length(write_wav(folder / "b.wav", tone(440, 2.0))) == 2.0
