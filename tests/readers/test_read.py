"""Transcripts in every format: what we write reads back the same, and errors are reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audio.episode import Episode
from output.formats import write
from tests.support.growth import assert_time_in_proportion
from transcribe.errors import TranscriptError
from transcribe.evaluation.score import score
from transcribe.readers.read import read_transcript
from transcribe.readers.values import speaker_transcript_of
from transcribe.transcript import MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word


def transcript() -> Transcript:
    turns = (("S1", "Hello, Nora: how are you?", 1.0), ("S2", "Fine & well, <thanks>.", 5.0), ("S1", "Good.", 9.0))
    return Transcript(
        episode=Episode("talk", path=Path("talk.mp3")),
        language="en",
        speakers=(Speaker("S1", "Rich Bowen"), Speaker("S2", "Nora")),
        turns=tuple(
            Turn(who, tuple(Word(w, at + i / 2, at + i / 2 + 0.4) for i, w in enumerate(text.split())))
            for who, text, at in turns
        ),
        spans=(SpeakerSpan(1, 3.4, "S1"), SpeakerSpan(5, 7, "S2"), SpeakerSpan(9, 9.4, "S1")),
        made_with=MadeWith("0", "none", "none", ""),
    )


@pytest.mark.parametrize("name", ["md", "json", "vtt", "srt", "rttm", "whisper-json"])
def test_reading_our_own_formats_gives_a_perfect_score(tmp_path: Path, name: str) -> None:
    suffix = "json" if name == "whisper-json" else name
    path = tmp_path / f"talk.{suffix}"
    content = write(transcript(), name)
    path.write_text(content if isinstance(content, str) else content.decode())
    result = score(speaker_transcript_of(transcript()), read_transcript(path))
    rates = result.as_dict()
    assert {rates[key] for key in ("wer", "cpwer", "tcpwer", "der") if rates[key] is not None} == {0}
    assert rates["speakers_hyp"] == rates["speakers_ref"] == 2
    assert (result.words is None) == (name == "rttm")
    assert (result.time is None) == (name == "md")


def test_captions_of_other_programs(tmp_path: Path) -> None:
    """WebVTT with notes, styles, identifiers, settings, tags and entities; SubRip with Windows line ends."""
    vtt, srt = tmp_path / "a.vtt", tmp_path / "a.srt"
    vtt.write_text(
        "WEBVTT - talk\n\nNOTE from somebody\n\nSTYLE\n::cue { color: red }\n\n"
        "first\n00:00.000 --> 00:01.000 align:start\n<v.loud Rich Bowen>one <b>two</b>\nthree</v>\n\n"
        "00:01.500 --> 01:00:02.500\n<v Nora>four &amp; <00:01.700>five\n"
    )
    srt.write_bytes(
        b"\xef\xbb\xbf1\r\n00:00:00,000 --> 00:00:01,000\r\nRich Bowen: one two\r\nthree\r\n\r\n"
        b"2\r\n00:00:01,500 --> 01:00:02,500\r\nNora: four & five\r\n"
    )
    for path in (vtt, srt):
        assert [(one.speaker, one.text, one.start, one.end) for one in read_transcript(path).utterances or ()] == [
            ("Rich Bowen", "one two three", 0.0, 1.0),
            ("Nora", "four & five", 1.5, 3602.5),
        ]


def test_speaker_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\ufeffRich: Hello\nthere [laughs].\n\nNora: Hi (softly).\nRich: Bye", encoding="utf-8")
    utterances = read_transcript(path).utterances
    assert utterances is not None
    assert [(one.speaker, one.text.split()) for one in utterances] == [
        ("Rich", ["Hello", "there", "."]),
        ("Nora", ["Hi", "."]),
        ("Rich", ["Bye"]),
    ]
    path.write_text("Nobody is named here.")
    assert [one.text for one in read_transcript(path).utterances or ()] == ["Nobody is named here."]


def test_stm_and_flat_word_lists(tmp_path: Path) -> None:
    stm, flat = tmp_path / "a.stm", tmp_path / "a.json"
    stm.write_text(";; remark\nx 1 Rich 0.0 1.5 <o,f0> hello there\nx 1 Nora 2 3 hi\n")
    flat.write_text(
        json.dumps(
            {
                "words": [
                    {"text": "hello", "start": 0, "end": 0.5, "speaker": "A"},
                    {"text": "there", "start": 0.6, "end": 1.5, "speaker": "A"},
                    {"text": "hi", "start": 2, "end": 3, "speaker": "B"},
                ],
                "segments": [{"start": 0, "end": 1.5, "speaker": "A"}, {"start": 2, "end": 3, "speaker": "B"}],
            }
        )
    )
    rates = score(read_transcript(stm), read_transcript(flat)).as_dict()
    assert (rates["wer"], rates["tcpwer"], rates["der"]) == (0, 0, 0)


def test_whisper_json_without_speakers_has_words_and_times(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"text": " Hi.", "segments": [{"start": 0.0, "end": 1.0, "text": " Hi."}]}))
    read = read_transcript(path)
    assert (read.has_times, read.spans) == (True, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("a.stm", ";; nobody\n"), ("a.ctm", ""), ("a.vtt", "WEBVTT\n"), ("a.srt", ""), ("a.json", "[]")),
        *(("a.json", '{"segments": []}'), ("a.json", '{"words": []}'), ("a.json", '{"events": []}')),
        *(("a.json", '{"results": {"items": []}}'), ("a.json", '{"monologues": []}'), ("a.json", '{"chunks": []}')),
    ],
)
def test_a_format_with_times_and_nothing_in_it_says_that_nobody_speaks(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    read = read_transcript(tmp_path / name)
    assert (read.utterances, read.spans) == ((), ())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.odt", b"PK", "cannot score this format; give one of .ctm, .docx"),
        ("a.docx", b"PK\x03\x04", "is a damaged Word document"),
        ("a.md", b"# A heading\n\nNobody speaks.\n", "no line begins with a speaker in bold"),
        ("a.json", b"{", "line 1: is not valid JSON"),
        ("a.json", b"[" * 200_000, "is nested too deeply"),
        ("a.json", b"{}", "has no turns, segments, words"),
        ("a.json", b'"words"', "has no turns, segments, words"),
        ("a.json", b'{"segments": [{"text": "hi", "start": null, "end": 1}]}', "segments[0].start: it is missing"),
        ("a.json", b'{"turns": []}', "schema: it is missing"),
        ("a.txt", b"\xe9t\xe9", "line 1: is not UTF-8"),
        ("a.vtt", b"WEBVTT\n\nsoon --> later\nHello\n", "not the times of a caption: 'soon --> later'"),
        ("a.rttm", b"SPEAKER x 1 0 1\n", "line 1: has 5 fields; at least 8 are needed"),
        ("a.rttm", b"\nSPEAKER x 1 0 -1 <NA> <NA> A\n", "line 2: start 0.0 or duration -1.0 is negative"),
        ("a.rttm", b"SPEAKER x 1 nan 1 <NA> <NA> A\n", "is not an interval"),
        ("a.srt", b"1\n00:00:05,000 --> 00:00:01,000\nhi\n", "is not an interval"),
        ("a.stm", b"x 1 A soon later hello\n", "line 1: 'soon' and 'later' are not times"),
    ],
)
def test_unreadable_file_is_reported_with_its_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TranscriptError) as caught:
        read_transcript(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("start", ["1\n", "", "1", "\n1"])
@pytest.mark.parametrize("blank", ["\n", " ", "\n ", "1", "1\n"])
def test_a_long_run_before_the_first_line_takes_time_in_proportion(tmp_path: Path, start: str, blank: str) -> None:
    path = tmp_path / "a.txt"

    def read(text: str) -> None:
        path.write_text(text)
        assert read_transcript(path).utterances

    assert_time_in_proportion(read, lambda n: f"{start}{blank * (n // len(blank))}\nRich: Hi.\nNora: Yes.\nRich: No.\n")


@pytest.mark.parametrize("start", ["", "\n \n", "1\n", "1 \n\n", "\n12\t\n \n"])
@pytest.mark.parametrize("time", ["00:00:01,000 --> 00:00:02,000", "0:01.000-->0:02.000"])
def test_captions_in_a_text_file_are_read_as_captions(tmp_path: Path, start: str, time: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{start}{time}\nRich: Hi.\n")
    assert [(said.speaker, said.start) for said in read_transcript(path).utterances] == [("Rich", 1.0)]


TALKS = {  # who says what, with the colon of the script; where letters have no case, one of them speaks once
    "en": (": ", ("Ann", "Hello there."), ("Bob", "Thank you."), ("Ann", "So why?"), ("Bob", "It is late.")),
    "zh": ("：", ("李雷", "大家好，欢迎收听。"), ("韩梅梅", "谢谢！我用 Python 写程序。"), ("李雷", "为什么？")),
    "ja": ("：", ("田中", "こんにちは。"), ("ゆき", "ありがとう。"), ("田中", "なぜですか？")),
    "ko": (": ", ("민수", "안녕하세요."), ("지은", "감사합니다."), ("민수", "왜요?")),
    "hi": (": ", ("रवि", "नमस्ते।"), ("अंजलि", "धन्यवाद।"), ("रवि", "क्यों?")),
    "th": (": ", ("สมชาย", "สวัสดีครับ"), ("มาลี", "ขอบคุณค่ะ"), ("สมชาย", "ทำไม")),
    "ar": (": ", ("ليلى", "مرحبا."), ("كريم", "شكرا."), ("ليلى", "لماذا؟")),
    "el": (": ", ("Άννα", "Γεια σας."), ("Νίκος", "Ευχαριστώ."), ("Άννα", "Γιατί;"), ("Νίκος", "Είναι αργά.")),
    "ru": (": ", ("Анна", "Здравствуйте."), ("Борис", "Спасибо."), ("Анна", "Почему?"), ("Борис", "Уже поздно.")),
}


@pytest.mark.parametrize("language", TALKS)
@pytest.mark.parametrize("name", ["talk.txt", "talk.srt", "talk.vtt", "talk.md"])
def test_names_are_read_in_every_script(tmp_path: Path, name: str, language: str) -> None:
    colon, *turns = TALKS[language]
    lines = [f"{speaker}{colon}{text}" for speaker, text in turns]
    cues = (f"{i + 1}\n00:00:0{2 * i},000 --> 00:00:0{2 * i + 1},500\n{line}" for i, line in enumerate(lines))
    source = "\n\n".join(cues if name[-3:] in ("srt", "vtt") else lines) + "\n"
    (tmp_path / name).write_text("WEBVTT\n\n" + source if name.endswith("vtt") else source, encoding="utf-8")
    read = read_transcript(tmp_path / name)
    assert [(read.name(one.speaker), one.text) for one in read.utterances or ()] == turns
