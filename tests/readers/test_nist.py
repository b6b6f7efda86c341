"""NIST's formats; encodings, and files that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from transcribe.errors import TranscriptError
from transcribe.readers.nist import read_ctm, read_rttm, read_stm
from transcribe.readers.problems import ReadingError
from transcribe.readers.read import read_transcript


def test_rttm_reads_speakers_and_knows_the_other_types() -> None:
    text = (
        ";; a remark\nSPKR-INFO x 1 <NA> <NA> <NA> unknown A <NA>\n"
        "SPEAKER x 1 0.5 1 <NA> <NA> A <NA> <NA>\n\nLEXEME x 1 0 1 hi lex A 1\n"
    )
    read = read_rttm(text)
    assert [(span.start, span.end, span.speaker) for span in read.spans or ()] == [(0.5, 1.5, "A")]
    nobody = read_rttm("SPEAKER x 1 0.5 1 <NA> <NA> <NA> <NA> <NA>\n")
    assert (nobody.has_speakers, len(nobody.spans or ())) == (False, 1)


def test_stm_leaves_out_what_is_not_scored() -> None:
    text = (
        ';; CATEGORY "0" "" ""\nx 1 A 0 1 <o,f0,male> hello there\nx 1 inter_segment_gap 1 2 <o,,>\n'
        "x 1 excluded_region 2 3 <o> noise\nx 1 B 3 4 IGNORE_TIME_SEGMENT_IN_SCORING\nx 1 B 4 5 hi\n"
    )
    assert [(one.speaker, one.text, one.start) for one in read_stm(text).utterances or ()] == [
        ("A", "hello there", 0),
        ("B", "hi", 4),
    ]


def test_ctm_is_words_alone() -> None:
    read = read_ctm(";; x\nx 1 1.0 0.5 there 0.9\nx 1 0.0 0.5 hello\n")
    assert [word.text for one in read.utterances or () for word in one.words] == ["hello", "there"]
    assert (read.has_times, read.has_speakers, read.spans) == (True, False, None)


def test_somebody_who_pauses_does_not_speak_meanwhile() -> None:
    read = read_ctm("x 1 0 1 Hello 0.9 lex A\nx 1 1 1 there 0.9 lex A\nx 1 9 1 Bye 0.9 lex A\n")
    assert [(span.start, span.end, span.speaker) for span in read.spans or ()] == [(0, 2, "A"), (9, 10, "A")]


def test_of_several_recordings_the_one_with_the_name_of_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "b.stm").write_text("a 1 A 0 1 one\nb 1 B 0 1 two\n")
    (tmp_path / "c.stm").write_text("a 1 A 0 1 one\nb 1 B 0 1 two\n")
    assert read_transcript(tmp_path / "b.stm").speakers == ("B",)
    with pytest.raises(TranscriptError, match=r"c\.stm: has 2 recordings, none of them 'c'"):
        read_transcript(tmp_path / "c.stm")


@pytest.mark.parametrize("times", ["nan 1", "0 inf", "-1 1", "0 -1", "a 1", "1e300 1"])
def test_times_that_are_none_are_refused_with_their_line(times: str) -> None:
    for read, line in (
        (read_rttm, f"SPEAKER x 1 {times} <NA> <NA> A"),
        (read_stm, f"x 1 A {times} hi"),
        (read_ctm, f"x 1 {times} hi"),
    ):
        with pytest.raises(ReadingError, match=r"^line 2: "):
            read(f";; x\n{line}\n")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", *(f"utf-{bits}{order}" for bits in (16, 32) for order in ("", "-le", "-be"))]
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, ends: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Rich: Grüße.\nNora: Hallo.\n".replace("\n", ends).encode(encoding))
    assert [(one.speaker, one.text) for one in read_transcript(path).utterances or ()] == [
        ("Rich", "Grüße."),
        ("Nora", "Hallo."),
    ]


def test_captions_and_json_saved_as_text_are_read_as_what_they_are(tmp_path: Path) -> None:
    for content in ("WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n", '{"segments": [{"start": 1, "end": 2, "text": "hi"}]}'):
        (tmp_path / "a.txt").write_text(content)
        assert [(one.text, one.start) for one in read_transcript(tmp_path / "a.txt").utterances or ()] == [("hi", 1.0)]


def test_no_file_and_too_large_a_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    (tmp_path / "b.json").mkdir()
    with (tmp_path / "c.json").open("wb") as file:
        file.truncate(100 * 2**20)  # takes no room on the disk
    for name, message in (
        ("a", "not a regular file"),
        ("b", "cannot be read"),
        ("c", "larger than 64 MB"),
        ("d", "cannot be read"),
    ):
        with pytest.raises(TranscriptError, match=message):
            read_transcript(tmp_path / f"{name}.json")
