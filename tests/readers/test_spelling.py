"""A word is written as its source writes it, blanks included: the files are made by other code, from known texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import assert_time_in_proportion
from transcribe.drafts.foreign import Foreign
from transcribe.readers.json_words import Piece, spelt, unwritten
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode

TALKS = {
    "zh": ("大家好，我|用| Python| 写|程序|。", "今天|天气|很|好！"),
    "ja": ("私|は| Tokyo| に|います。", "今日|は|いい|天気|です。"),
    "th": ("สวัสดี|ครับ| วันนี้|อากาศ|ดี", "ขอบคุณ|มาก"),
    "yue": ("你|好| 2016|年。", "多|謝。"),
    "en": ("It| cost| $42| in| 1999,| well|-known|.", "Don|'t| say| so!"),
    "ko": ("안녕| 하세요,| 여러분.", "네,| 좋아요."),
    "he": ("שלום| לכם,| חברים.", "כן."),
}
"""Two sentences of each language, cut where a recogniser times words; a blank is where the sentence has one."""

Rows = list[list[tuple[str, float, float]]]


def rows_of(language: str) -> Rows:
    parts = [sentence.split("|") for sentence in TALKS[language]]
    starts = [0, *accumulate(map(len, parts))]
    return [
        [(text, start + n, start + n + 0.9) for n, text in enumerate(row)]
        for start, row in zip(starts, parts, strict=False)
    ]


def text_of(language: str) -> str:
    glue = "" if language in ("zh", "ja", "th", "yue") else " "
    return glue.join(sentence.replace("|", "") for sentence in TALKS[language])


def _json(rows: Rows, word: Callable[[str], str], *, text: bool = True, words: bool = True) -> str:
    segments = [
        {
            "start": row[0][1],
            "end": row[-1][2],
            **({"text": "".join(one for one, _, _ in row)} if text else {}),
            **({"words": [{"word": word(one), "start": a, "end": b} for one, a, b in row]} if words else {}),
        }
        for row in rows
    ]
    return json.dumps({"segments": segments})


def whisper(rows: Rows) -> str:
    return _json(rows, lambda text: text)


def whisper_without_text(rows: Rows) -> str:
    return _json(rows, lambda text: text, text=False)


def whisperx(rows: Rows) -> str:
    return _json(rows, str.strip)


def segments(rows: Rows) -> str:
    return _json(rows, str, words=False)


def openai(rows: Rows) -> str:
    document = json.loads(segments(rows))
    words = [{"word": re.sub(r"[^\w$]", "", text), "start": a, "end": b} for row in rows for text, a, b in row]
    return json.dumps({**document, "words": [word for word in words if word["word"]]})


def chunks(rows: Rows) -> str:
    return json.dumps(
        {"chunks": [{"text": "".join(t for t, _, _ in row), "timestamp": [row[0][1], row[-1][2]]} for row in rows]}
    )


def json3(rows: Rows) -> str:
    events = [
        {
            "tStartMs": int(row[0][1] * 1000),
            "dDurationMs": int((row[-1][2] - row[0][1]) * 1000),
            "segs": [{"utf8": text, "tOffsetMs": int((a - row[0][1]) * 1000)} for text, a, _ in row],
        }
        for row in rows
    ]
    return json.dumps({"events": events})


def _clock(seconds: float) -> str:
    return f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}"


def karaoke(rows: Rows) -> str:
    cues = (
        f"{_clock(row[0][1])} --> {_clock(row[-1][2])}\n{row[0][0]}"
        + "".join(f"<{_clock(a)}><c>{text}</c>" for text, a, _ in row[1:])
        for row in rows
    )
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def captions(rows: Rows) -> str:
    """Each cue in two lines, broken at a blank or, in a language without, between two words."""
    cues = []
    for row in rows:
        text = "".join(one for one, _, _ in row)
        at = text.find(" ", 1)
        lines = (text[:at], text[at + 1 :]) if at > 0 and text.isascii() else (text, "")
        cues.append(f"{_clock(row[0][1])} --> {_clock(row[-1][2])}\n" + "\n".join(filter(None, lines)))
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


FORMS = (whisper, whisper_without_text, whisperx, segments, openai, chunks, json3, karaoke, captions)


def transcript_in(content: str, name: str = "talk.json") -> Transcript:
    return Foreign(Path(name), content.encode()).transcript()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("language", TALKS)
def test_blanks_are_where_the_source_has_them(form: Callable[[Rows], str], language: str) -> None:
    made = transcript_in(form(rows_of(language)))
    assert " ".join(turn.text for turn in made.turns) == text_of(language)


@pytest.mark.parametrize("form", [whisper, whisperx, openai, json3, karaoke], ids=lambda form: form.__name__)
def test_words_have_the_times_of_their_source(form: Callable[[Rows], str]) -> None:
    words = {word.text: word.start for word in transcript_in(form(rows_of("en"))).words}
    assert words == {
        "It": 0,
        "cost": 1,
        "$42": 2,
        "in": 3,
        "1999,": 4,
        "well-known.": 5,
        "Don't": 8,
        "say": 10,
        "so!": 11,
    }


def test_lines_of_a_language_without_blanks_are_one_text() -> None:
    cue = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n大家好，我\n用电脑\n写 Python 程序。\n"
    assert transcript_in(cue).turns[0].text == "大家好，我用电脑写 Python 程序。"
    lines = "李雷：大家好，我\n用电脑。\n王明：谢谢。\n李雷：好。\n王明：好。\n"
    assert transcript_in(lines, "talk.txt").turns[0].text == "大家好，我用电脑。"


UNTIMED = (
    ("It cost 42 dollars in 1999.", ("It", "cost", "42", "dollars", "in", "1999."), (2, 5)),  # WhisperX: no times
    ("It cost 42 dollars in 1999.", ("It", "cost", "dollars", "in"), ()),  # no word at all
    ("42 dollars, 43 dollars.", ("42", "dollars,", "43", "dollars."), (0, 2)),
    ("我有 3 只 42 猫。", ("我", "有", "3", "只", "42", "猫。"), (2, 4)),
    ("1 2 3 go", ("1", "2", "3", "go"), (0, 1, 2)),
)


@pytest.mark.parametrize(("text", "words", "without"), UNTIMED)
def test_words_without_times_get_some_between_their_neighbours_and_are_counted(
    text: str, words: tuple[str, ...], without: tuple[int, ...]
) -> None:
    rows = [
        {"word": word} if n in without else {"word": word, "start": 10.0 + n, "end": 10.5 + n}
        for n, word in enumerate(words)
    ]
    made = transcript_in(json.dumps({"segments": [{"start": 9.0, "end": 20.0, "text": f" {text}", "words": rows}]}))
    (turn,) = made.turns
    assert turn.text == text
    times = [time for word in turn.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 9.0 <= times[0] < times[-1] <= 20.0
    assert all(word.end > word.start for word in turn.words)
    (told,) = [one for one in made.warnings if one.code is WarningCode.WORD_TIMES_ESTIMATED]
    count, total = len(text.split()) - len(words) + len(without) if text.isascii() else len(without), len(turn.words)
    assert told.message == f"it does not say when {count} of {total} words are spoken; their times are estimated"


def test_a_line_with_one_time_is_words_whose_times_are_estimated() -> None:
    made = transcript_in(
        json.dumps({"events": [{"tStartMs": 0, "dDurationMs": 3000, "segs": [{"utf8": "one two three"}]}]})
    )
    assert [word.text for word in made.words] == ["one", "two", "three"]
    assert "2 of 3 words" in "".join(warning.message for warning in made.warnings)


@given(
    st.lists(st.sampled_from(["a", "b", "42", "don't", "好", "你们", "A,", "(c)"]), max_size=12),
    st.lists(st.sampled_from(["a", "b", "t", "don", "好", "你", "们", "42", ",", ""]), max_size=12),
)
def test_every_letter_of_the_text_is_in_a_word_in_order(text: list[str], words: list[str]) -> None:
    pieces = [Piece(word, "S", n, n + 1) for n, word in enumerate(words)]
    made = spelt(pieces, " ".join(text))
    letters = iter("".join(piece.text for piece in made))
    assert all(letter in letters for letter in "".join(text))
    starts = [piece.start for piece in made if piece.start is not None]
    assert starts == sorted(starts)


@pytest.mark.parametrize(("words", "text"), [("a ", "a"), ("a ", "z "), ("don 't ", "don't ")])
def test_the_work_grows_with_the_length(words: str, text: str) -> None:
    def work(source: str) -> object:
        pieces = [Piece(one, "", float(n), n + 1.0) for n, one in enumerate((words * (len(source) // 16)).split())]
        return unwritten([Piece(one.text, "", attached=True) for one in spelt(pieces, source)])

    assert_time_in_proportion(work, lambda size: text * (size // len(text)))
