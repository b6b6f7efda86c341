"""A megabyte of anything: every reader is linear, so it is read or refused in seconds."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from output.kinds import stated_kind
from transcribe.errors import TranscriptError
from transcribe.readers.read import read_transcript
from transcribe.readers.values import SpeakerTranscript

MEGABYTE = 1_000_000
SUFFIXES = ("txt", "vtt", "srt", "json", "rttm", "stm", "ctm")


def hostile(size: int) -> dict[str, str]:
    return {
        **{f"{sign!r} alone": sign * size for sign in "<[({:-*_>&.\"'0aA \n\0é"},
        **{
            f"{text!r} again": text * (size // len(text))
            for text in ("<v ", "A: ", "[A] ", "0:", "00:01 ", "A\n", "A. B: ", "A 0:01\n", "&#9", "<a<", ">> ", "- ")
        },
        "labels": "".join(f"Name{i}: x\n" for i in range(size // 12)),
        "cues": "".join(f"00:00:01.000 --> 00:00:02.000\nx{i % 3}\n\n" for i in range(size // 36)),
        "a cue of lines": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + "a\n" * (size // 2),
        "two cues of words": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n"
        + "a " * (size // 4)
        + "\n\n00:00:02.000 --> 00:00:03.000\n"
        + "a " * (size // 4),
        "times in a cue": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + "<00:00:01.500>a" * (size // 15),
        "voices in a cue": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + "<v A>a<v B>b" * (size // 12),
        "a long number": '{"segments": [{"start": ' + "9" * size + "}]}",
        "a word list": '{"words": [' + ", ".join('{"word": "a"}' for _ in range(size // 15)) + "]}",
        "speakers": "".join(f"SPEAKER x 1 {i} 1 <NA> <NA> S{i} <NA> <NA>\n" for i in range(size // 40)),
    }


@pytest.mark.parametrize("size", [20_000, pytest.param(MEGABYTE, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", hostile(1000))
def test_a_megabyte_of_anything_is_read_or_refused(tmp_path: Path, name: str, size: int) -> None:
    """Each pattern is bounded or ends at its own first sign, so that all readers are linear.

    A megabyte that says what it is has the same reader under every suffix, and is read once.
    """
    text = hostile(size)[name]
    for suffix in SUFFIXES if size < MEGABYTE or stated_kind(text) is None else SUFFIXES[:1]:
        path = tmp_path / f"a.{suffix}"
        path.write_text(text, encoding="utf-8")
        with contextlib.suppress(TranscriptError):
            read = read_transcript(path)
            assert isinstance(read, SpeakerTranscript)
            assert sum(len(one.text) for one in read.utterances or ()) <= 2 * size
