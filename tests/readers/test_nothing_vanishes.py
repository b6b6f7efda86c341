"""Everything that goes into a reader comes out, as somebody's words or as text that is named as left out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.drafts.foreign import Foreign
from transcribe.readers.texts import read_whole_lines
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode

OTTER = "Ann Lee  0:01\nHello there.\n\nBo Park  0:05\nYes.\n\nAnn Lee  0:09\nSo.\n\nBo Park  0:12\nNo.\n"
CUE, LATER = "00:00:01.000 --> 00:00:03.000\n", "00:00:04.000 --> 00:00:05.000\n"

FILES: Mapping[str, tuple[str, str, str]] = {
    "otter's footer": ("a.txt", f"{OTTER}\nTranscribed by https://otter.ai\n", "Transcribed by https://otter.ai"),
    "sonix's footer": ("a.txt", f"{OTTER}\nAutomatically transcribed by Sonix\n", "Automatically transcribed by Sonix"),
    "a program's footer": ("a.txt", f"{OTTER}\nThis transcript was exported from Notta.ai\n", "Notta.ai"),
    "an event of Teams": ("a.txt", f"{OTTER}\nBo Park stopped transcription\n", "Bo Park stopped transcription"),
    "meet's footer": (
        "a.txt",
        f"{OTTER}\nMeeting ended after 00:06:10\nThis transcript was computer generated\n",
        "ended",
    ),
    "sonix's praise": ("a.txt", f"{OTTER}\nSonix is the world's most advanced tool.\n", "most advanced"),
    "before the first": ("a.txt", f"Weekly meeting\n\n{OTTER}", "Weekly meeting"),
    "below a heading": (
        "a.txt",
        "### Ann\n\nHello.\n\n### Bo\n\nYes.\n\n# Links\n\nA list of links.\n",
        "A list of links.",
    ),
    "a note": ("a.vtt", f"WEBVTT\n\nNOTE made by\nhand\n\n{CUE}Hello.\n", "made by hand"),
    "a title": ("a.vtt", f"WEBVTT - The weekly show\nKind: captions\n\n{CUE}Hello.\n", "The weekly show"),
    "a cue's name": ("a.vtt", f"WEBVTT\n\nThe first chapter\n{CUE}Hello.\n", "The first chapter"),
    "remarks of STM": (
        "a.stm",
        ";; by hand\na 1 Ann 0 1 <o> Hello.\na 1 excluded_region 1 2 <o> noise there\n",
        "noise there",
    ),
    "sounds of CTM": ("a.ctm", "a 1 0 1 Hello. 0.9 lex\na 1 1 1 uh 0.9 fp\n", "uh"),
}


def transcript_in(content: str | bytes, name: str) -> Transcript:
    return Foreign(Path(name), content.encode() if isinstance(content, str) else content).transcript()


def named(made: Transcript) -> str:
    return " ".join(one.values["text"] for one in made.warnings if one.code is WarningCode.TEXT_LEFT_OUT)


def said(made: Transcript) -> str:
    return " ".join(turn.text for turn in made.turns)


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_speech_is_named(name: str) -> None:
    file, content, expected = FILES[name]
    made = transcript_in(content, file)
    assert expected in named(made)
    assert expected not in said(made)
    assert any(expected.split()[0] in one.message for one in made.warnings)


SPOKEN: Mapping[str, tuple[str, str, str]] = {
    "a time that is a word": ("a.txt", "Ann: 10:30 works for me.\nBo: Fine.\nAnn: 9:15 too.\nBo: No.\n", "10:30 works"),
    "a number in a cue": (
        "a.srt",
        f"1\n{CUE}Hello.\n\n2\n{LATER}It was in\n\n1984\n",
        "in 1984",
    ),
    "a number, no blank line": (
        "a.vtt",
        f"WEBVTT\n\n{CUE}It was in\n1984\n{LATER}Yes.\n",
        "1984",
    ),
    "a paragraph in a cue": ("a.srt", f"1\n{CUE}Hello.\n\nand more\n{LATER}Yes.\n", "and more"),
    "the end": ("a.txt", f"{OTTER}\n[END OF TRANSCRIPT]\n", "[END OF TRANSCRIPT]"),
    "an unknown tag": ("a.vtt", f"WEBVTT\n\n{CUE}I <unclear> you.\n", "<unclear>"),
    "a line break in a cue": ("a.srt", f"1\n{CUE}One<br>two<br />three\n", "One two three"),
    "a footer that is speech": (
        "a.txt",
        "Ann: It was\nmade by hand.\nBo: Yes.\nAnn: No.\nBo: It is made by Ann.\n",
        "by Ann.",
    ),
    "a number without times": ("a.srt", f"1\n{CUE}Hello.\n\n7\n\n", "Hello. 7"),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_what_only_looks_like_no_speech_is_said(name: str) -> None:
    file, content, expected = SPOKEN[name]
    assert expected in said(transcript_in(content, file))


def test_lines_below_times_are_spoken_then() -> None:
    made = transcript_in("0:03\nhello and\nwelcome\n0:06 to it\n0:10\nthanks for having me\n", "a.txt")
    assert said(made) == "hello and welcome to it thanks for having me"
    starts = {word.text: word.start for word in made.words}
    assert (starts["hello"], starts["to"], starts["thanks"]) == (3, 6, 10)


def _event(kind: str, text: str) -> dict[str, Any]:
    return {"text": text, "type": kind, "start": 1.0, "end": 2.0}


MARK, WORD = {"type": "punct", "value": "¿"}, {"type": "text", "value": "Qué", "ts": 1, "end_ts": 2}
JSON: Mapping[str, tuple[Any, str]] = {
    "a sound": (
        {"words": [_event("word", "Hi"), _event("audio_event", "laughter")]},
        "[laughter]",
    ),
    "a sound in brackets": ({"words": [_event("word", "Hi"), _event("audio_event", "(coughs)")]}, "(coughs)"),
    "marks before a word": (
        {
            "monologues": [
                {
                    "speaker": 0,
                    "elements": [
                        {"type": "punct", "value": "¿"},
                        {"type": "text", "value": "Qué", "ts": 1, "end_ts": 2},
                    ],
                }
            ]
        },
        "¿Qué",
    ),
    "no words of Deepgram": (
        {"results": {"channels": [{"alternatives": [{"transcript": "Hello there."}]}]}},
        "Hello there.",
    ),
    "text without words": ({"text": "Hello there."}, "Hello there."),
    "text without segments": ({"text": "Hello there.", "segments": [], "language": "en"}, "Hello there."),
}


@pytest.mark.parametrize("name", JSON)
def test_words_of_json_that_are_no_rows_are_said(name: str) -> None:
    content, expected = JSON[name]
    assert expected in said(transcript_in(json.dumps(content), "a.json"))


LINES = (
    "Ann: Hello.|Bo: 10:30 it is.|ANN: So|Ann  0:05|[0:05] Ann: x|more of it||10:30|# Links|> Ann: q|**Ann**: b|"
    "- Ann: item|[laughs]|Note: this|Transcribed by https://otter.ai|x , y|Ann Lee|<b>Bo:</b> tag|Bo [0:01] so"
).split("|")


@given(st.lists(st.sampled_from(LINES), max_size=14))
def test_every_word_of_a_text_is_said_or_named(lines: list[str]) -> None:
    """But for labels, and for times alone on a line."""
    text = "\n".join(lines)
    read = read_whole_lines(text)
    out = " ".join((*(f"{one.speaker} {one.text}" for one in read.utterances or ()), read.left_out, read.unsaid))
    words = Counter(re.findall(r"[^\W\d_]+", text.replace("<b>", "").replace("</b>", "")))
    missing = words - Counter(re.findall(r"[^\W\d_]+", out.replace("<b>", "").replace("</b>", "")))
    assert set(missing) <= {"Ann", "Bo", "ANN", "Lee"}, (missing, read)


def document(body: str, **parts: str) -> bytes:
    """A Word document with this XML in its body, and other parts with paragraphs of a text."""
    empty = BytesIO()
    import_module("docx").Document().save(empty)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    changed = BytesIO()
    with ZipFile(empty) as source, ZipFile(changed, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "word/document.xml":
                data = re.sub(
                    rb"<w:body>.*</w:body>", b"<w:body>" + body.encode() + b"</w:body>", data, flags=re.DOTALL
                )
            target.writestr(entry, data)
        for name, text in parts.items():
            target.writestr(f"word/{name}.xml", f"<w:{name} {space}><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{name}>")
    return changed.getvalue()


def _p(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def _r(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_a_word_document_says_what_its_reader_sees() -> None:
    body = (
        _p(_r("Ann: It is "), f"<w:ins>{_r('not ')}</w:ins>", _r("easy"))
        + _p(
            _r("Bo: So "),
            f'<w:smartTag w:element="x">{_r("Berlin")}</w:smartTag>',
            f'<w:moveFrom w:id="2">{_r("gone")}</w:moveFrom>',
        )
        + _p(_r("Ann: Yes"), "<w:del><w:r><w:delText>never</w:delText></w:r></w:del>")
        + f"<w:sdt><w:sdtContent>{_p(_r('Bo: A '), '<w:r><w:tab/></w:r>', _r('field'))}</w:sdtContent></w:sdt>"
    )
    made = transcript_in(document(body, footnotes="As he wrote later.", header="Page"), "a.docx")
    assert [turn.text for turn in made.turns] == ["It is not easy", "So Berlin", "Yes", "A field"]
    assert "As he wrote later." in named(made)
