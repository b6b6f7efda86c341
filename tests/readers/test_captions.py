"""Captions of other programs: who speaks, each word once, at its time."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.readers.captions import read_captions
from transcribe.readers.problems import ReadingError
from transcribe.readers.rolling import overlap
from transcribe.readers.values import SpeakerTranscript

YOUTUBE = """WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.389 align:start position:0%
\x20
hello<00:00:00.480><c> there</c><00:00:00.960><c> and</c>

00:00:02.389 --> 00:00:02.399 align:start position:0%
hello there and
\x20

00:00:02.399 --> 00:00:04.000 align:start position:0%
hello there and
welcome<00:00:02.800><c> back</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
welcome back
\x20

00:00:04.010 --> 00:00:05.000 align:start position:0%
welcome back
back

00:00:05.000 --> 00:00:05.010 align:start position:0%
back
\x20
"""


def srt(*cues: tuple[float, float, str]) -> str:
    def clock(seconds: float) -> str:
        return f"00:{int(seconds) // 60:02}:{int(seconds) % 60:02},{round(seconds % 1 * 1000):03}"

    return "\n".join(f"{i}\n{clock(a)} --> {clock(b)}\n{text}\n" for i, (a, b, text) in enumerate(cues, 1))


def said(text: str) -> list[tuple[str, str]]:
    return [(one.speaker, one.text) for one in read_captions(text).utterances or ()]


def words(text: str) -> str:
    return " ".join(one.text for one in read_captions(text).utterances or ())


def test_rolling_captions_of_youtube_are_their_words_once_with_times() -> None:
    read = read_captions(YOUTUBE)
    assert words(YOUTUBE) == "hello there and welcome back back"
    timed = [(word.text, word.start) for one in read.utterances or () for word in one.words]
    assert timed == [("hello", 0.16), ("there", 0.48), ("and", 0.96), ("welcome", 2.399), ("back", 2.8)]
    assert (read.has_speakers, read.spans) == (False, None)


@pytest.mark.parametrize(
    "cues",
    [
        [(0, 2, "one two"), (2, 4, "one two\nthree four"), (4, 6, "three four\nfive six"), (6, 8, "five six\nseven")],
        [(0, 1, "one"), (1, 2, "one two"), (2, 3, "one two three"), (3, 4, "one two three four five six seven")],
        [(0, 2, "one two three"), (2, 4, "one two three four five six"), (4, 6, "four five six seven")],
        [
            (0, 2, "one two"),
            (0, 2, "one two"),
            (2, 4, "three four five"),
            (2, 4, "three four five"),
            (4, 5, "six seven"),
        ],
        [
            (0, 2, "one two"),
            (2, 2.01, "one two"),
            (2.01, 4, "three four five six"),
            (4, 4.01, "three four five six"),
            (4.01, 5, "seven"),
        ],
        [
            (0, 2, "one two\nthree"),
            (2, 3, "one two\nthree\nfour five"),
            (3, 4, "three\nfour five\nsix"),
            (4, 5, "four five\nsix\nseven"),
        ],
    ],
)
def test_rolled_up_grown_and_doubled_cues_are_their_words_once(cues: list[tuple[float, float, str]]) -> None:
    assert words(srt(*cues)) == "one two three four five six seven"


@given(
    lines=st.lists(st.integers(1, 5), min_size=4, max_size=9),
    depth=st.integers(2, 3),
    pauses=st.lists(st.sampled_from([0.0, 0.1, 0.5, 3.0, 15.0]), min_size=9, max_size=9),
    grows=st.booleans(),
)
def test_rolling_captions_are_their_words_once_over_pauses(
    lines: list[int], depth: int, pauses: list[float], grows: bool
) -> None:
    texts = [" ".join(f"w{at}x{word}" for word in range(count)) for at, count in enumerate(lines)]
    cues, time = [], 0.0
    for at, pause in zip(range(len(texts)), pauses, strict=False):
        shown = " ".join(texts[: at + 1]) if grows else "\n".join(texts[max(0, at + 1 - depth) : at + 1])
        cues.append((time, time + 1, shown))
        time += 1 + pause
    assert words(srt(*cues)) == " ".join(texts)


def test_after_captions_are_cleared_a_line_that_comes_again_is_new() -> None:
    cues = [(0, 1, "a b"), (1, 2, "a b\nc d"), (2, 3, "c d\ne f"), (30, 31, "e f\ng h"), (36, 37, "e f\ng h")]
    assert words(srt(*cues)) == "a b c d e f e f g h e f g h"


@pytest.mark.parametrize(
    "cues",
    [
        [(0, 2, "No."), (2, 4, "No."), (4, 6, "Yes.")],
        [(i, i + 1, "la la la") for i in range(9)],
        [(0, 2, "I said no"), (2, 4, "no way"), (4, 6, "way out")],
        [(0, 4, "Ann: yes"), (0, 4, "Bo: yes"), (4, 6, "Ann: good"), (5, 7, "Bo: good")],
    ],
)
def test_true_repeats_and_overlapping_people_are_not_taken_for_rolling(cues: list[tuple[float, float, str]]) -> None:
    spoken = " ".join(text.removeprefix("Ann: ").removeprefix("Bo: ") for _, _, text in cues)
    assert words(srt(*cues)) == spoken


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<v Ann>Hello</v> <v Bo Lee>Hi there</v>", [("Ann", "Hello"), ("Bo Lee", "Hi there")]),
        ("<v.loud.x Ann &amp; Bo>one <i>two</i> 1 < 2", [("Ann & Bo", "one two 1 < 2")]),
        ("- Hello.\n- Hi.", [("", "Hello. Hi.")]),
        ("- ANN: Hello.\n- BO: Hi.", [("ANN", "Hello."), ("BO", "Hi.")]),
        (">> ANN: Hello. >> BO: Hi.", [("ANN", "Hello."), ("BO", "Hi.")]),
        ("&gt;&gt; Hello. &gt;&gt; Hi.", [("", "Hello. Hi.")]),
        ("[Ann] Hello.\n[Bo] Hi.", [("Ann", "Hello."), ("Bo", "Hi.")]),
        ("[Music] Hello.", [("", "[Music] Hello.")]),
        ("{\\an8}Ann: Hello.", [("Ann", "Hello.")]),
        ("Note: this", [("", "Note: this")]),
        ("10:30 it is", [("", "10:30 it is")]),
        ("https://example.org it is", [("", "https://example.org it is")]),
        ("He said: no", [("", "He said: no")]),
    ],
)
def test_who_speaks_in_a_cue(body: str, expected: list[tuple[str, str]]) -> None:
    read = read_captions(srt((0, 2, body)))
    assert said(srt((0, 2, body))) == expected
    assert read.has_speakers == any(speaker for speaker, _ in expected)


def test_words_before_a_colon_on_the_second_line_of_a_cue_are_no_person() -> None:
    cues = [
        (0, 1, "Ann: One\nand he said: no"),
        (1, 2, "Bo: Two"),
        (2, 3, "Ann: Three"),
        (3, 4, "Bo: Four"),
        (4, 5, "Ann: x"),
    ]
    assert {speaker for speaker, _ in said(srt(*cues))} == {"Ann", "Bo"}


def test_a_cue_without_a_label_is_of_the_one_before_and_after_a_dash_of_nobody() -> None:
    text = srt((0, 1, "ANN: One"), (1, 2, "two"), (2, 3, "- Three"), (3, 4, "BO: Four"))
    assert said(text) == [("ANN", "One"), ("ANN", "two"), ("", "Three"), ("BO", "Four")]


def test_names_on_lines_of_their_own() -> None:
    """As in the documents of Teams."""
    text = "\n\n".join(
        f"0:0:{i}.0 --> 0:0:{i + 1}.570\n{who}\n{what}"
        for i, (who, what) in enumerate([("Ann Lee", "Hi."), ("Bo", "Yo."), ("Ann Lee", "So."), ("Bo", "Go.")])
    )
    assert said(text) == [("Ann Lee", "Hi."), ("Bo", "Yo."), ("Ann Lee", "So."), ("Bo", "Go.")]


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT - a title\nKind: captions\n\nNOTE\nnot this\n\nSTYLE\n::cue { }\n\n"
        "REGION\nid:x\n\nid-1\n00:01.000 --> 00:02.000 line:0\na b\n\n2\n00:02.000 --> 00:03.000\nc\n",
        "1\n00:00:01,000 --> 00:00:02,000 X1:1\na b\n2\n00:00:02,000 --> 00:00:03,000\nc",
        "1\n\n00:00:01.000 --> 00:00:02.000\n\na b\n\n\n2\n00:00:02 --> 00:00:03\nc\n",
        "00:00:01,000 --> 00:00:02,000\na\n\nb\n\n00:00:02,000 --> 00:00:03,000\nc\n",
        "2\n00:00:02,000 --> 00:00:03,000\nc\n\n1\n00:00:01,000 --> 00:00:02,000\na b\n",
    ],
)
def test_headers_notes_numbers_missing_and_double_blank_lines(text: str) -> None:
    assert [(one.text, one.start, one.end) for one in read_captions(text).utterances or ()] == [
        ("a b", 1, 2),
        ("c", 2, 3),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n00:00:05,000 --> 00:00:01,000\nhi\n", "line 2: 5 to 1 s is not an interval"),
        ("WEBVTT\n\nsoon --> later\nhi\n", "line 3: these are not the times of a caption: 'soon --> later'"),
        ("1\n00:00:75,000 --> 00:01:80,000\nhi\n", "line 2: these are not the times"),
        ("1\n9999:00:00,000 --> 9999:00:01,000\nhi\n", "line 2: "),
        ("hello\n\n1\n00:00:01,000 --> 00:00:02,000\nhi\n", "line 1: 'hello' belongs to no caption"),
    ],
)
def test_what_is_no_caption_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ReadingError, match=r"^line ") as caught:
        read_captions(text)
    assert str(caught.value).startswith(message)


_lines = st.sampled_from(
    [
        *("", " ", "1", "WEBVTT", "NOTE x", "00:00:01.000 --> 00:00:02.000", "00:01 --> 00:02", "a b", "a b c"),
        *("<v Ann>", "<v >x", "ANN: hi", "- ", ">>", "<00:00:01.500><c>x</c>", "&#99999999999;", "&nbsp;", "[Ann] x"),
        *("x --> y", "{\\an8}", "<", "\0"),
    ]
)


@given(st.lists(_lines, max_size=25))
def test_any_lines_are_read_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(ReadingError):
        assert isinstance(read_captions("\n".join(lines)), SpeakerTranscript)


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
def test_the_overlap_is_the_longest(before: str, after: str) -> None:
    assert overlap(before, after) == max(n for n in range(len(after) + 1) if before.endswith(after[:n]))


def test_the_time_of_a_voice_without_an_end_grows_with_its_length() -> None:
    spent = []
    for n in (4_000, 40_000):
        began = time.process_time()
        read_captions(f"WEBVTT\n\n00:00.000 --> 00:01.000\n<v.{' ' * n}")
        spent.append(time.process_time() - began)
    assert spent[1] < 40 * max(spent[0], 0.005)
