"""A transcript in any script: into every format without a lost or added blank, and back through an edited draft."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from audio.episode import Episode
from output.captions import srt, vtt
from output.documents import docx as word_document
from output.documents import txt
from output.exchange import whisper_json
from output.html_page import page
from output.markdown import render
from output.parse import parse
from output.podcast_transcripts import podcast_html, podcast_json
from transcribe.drafts.sync import sync
from transcribe.readers.read import read_transcript
from transcribe.recognition.engines.token_words import Piece, words_from_pieces
from transcribe.scripts import is_right_to_left
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word


@dataclass(frozen=True)
class Sample:
    """Two turns as whisper's tokens, `|` between them, and an edit of the second."""

    names: tuple[str, str]
    tokens: tuple[str, str]
    edit: tuple[str, str]  # what is replaced, and by what

    @property
    def texts(self) -> tuple[str, str]:
        return (self.tokens[0].replace("|", "").strip(), self.tokens[1].replace("|", "").strip())


SAMPLES = {
    "hi": Sample(
        ("राहुल वर्मा", "सीता"), (" आज| हम| क्या| करेंगे|?| बताइए|।", " मैं| ठीक| हूँ|।| हम| पढ़ेंगे|।"), ("ठीक", "बहुत अच्छी")
    ),
    "th": Sample(
        ("สมชาย", "มาลี"),
        ("สวัส|ดี|ครับ| วัน|นี้|อา|กาศ|ดี", "ฉัน|ชอบ|ดื่ม|น้ำ|ชา|มาก"),
        ("น้ำชา", "กาแฟ"),
    ),
    "ar": Sample(
        ("ليلى", "كريم"), (" كيف| كان| يومك|؟| أخبرني|.", " كان| يوما| جميلا|.| شكرا| لك|."), ("جميلا", "طويلا جدا")
    ),
    "he": Sample(
        ("דָּוִד", "רות"),
        (" מה| שלומך|?| ספרי| לי|.", " הכול| טוב|.| תודה| רבה|."),
        ("טוב", "מצוין היום"),
    ),
    "zh": Sample(
        ("李雷", "王明"),
        ("大家|好|。|我|用| Py|thon| 写|程序|。", "我|也|用|Linux|做|服务器|,|很|方便|。"),
        ("很方便", "非常方便"),
    ),
    "ja": Sample(
        ("さくら", "健太"),
        ("今日は|、|何|を|します|か|？", "本|を|読み|ます|。|コーヒー|も|飲み|ます|。"),
        ("本を", "雑誌を"),
    ),
    "ko": Sample(
        ("민수", "지영"), (" 오늘| 날씨|가| 어때|요|?", " 아주| 좋|아요|.| 산책|해요|."), ("좋아요", "맑고 좋아요")
    ),
    "el": Sample(
        ("Ελένη", "Νίκος"),
        (" Τι| κάνεις| σήμερα|;| Πες| μου|.", " Είμαι| καλά|.| Διαβάζω| ένα| βιβλίο|."),
        ("ένα βιβλίο", "δύο βιβλία"),
    ),
    "ru": Sample(
        ("Юлия", "Андрей"),
        (" Как| ваши| дела|?| Расскажите|.", " Всё| хорошо|.| Я| читаю| книгу|."),
        ("книгу", "новую книгу"),
    ),
}


def spoken(sample: Sample, language: str) -> Transcript:
    """The transcript as recognition makes it of the tokens, half a second each."""
    turns, start = [], 0.0
    for id, tokens in zip(("S1", "S2"), sample.tokens, strict=True):
        pieces = [Piece(text, i / 2, i / 2 + 0.5, 0.9) for i, text in enumerate(tokens.split("|"))]
        words = words_from_pieces(pieces, language=language, duration=60.0)
        turns.append(Turn(id, tuple(Word(w.text, w.start + start, w.end + start, 0.9, w.attached) for w in words)))
        start = turns[-1].end + 1.0
    return Transcript(
        episode=Episode("A talk", audio_url="https://example.org/talk.mp3", duration=start),
        language=language,
        speakers=(Speaker("S1", sample.names[0]), Speaker("S2", sample.names[1])),
        turns=tuple(turns),
        spans=(),
        made_with=MadeWith("0.1.0", "ctranslate2", "base", "0" * 64),
    )


@pytest.mark.parametrize("language", SAMPLES)
def test_words_are_written_as_they_were_recognised_in_every_format(language: str, tmp_path: Path) -> None:
    sample = SAMPLES[language]
    transcript = spoken(sample, language)
    assert [turn.text for turn in transcript.turns] == list(sample.texts)
    draft = parse(render(transcript))
    assert [turn.spoken for turn in draft.turns] == list(sample.texts)
    assert [turn.speaker for turn in draft.turns] == [sample.names[0].split()[0], sample.names[1]]
    assert [text for _, text in (line.split(": ", 1) for line in txt(transcript).split("\n\n"))] == [
        sample.texts[0],
        sample.texts[1] + "\n",
    ]
    paragraphs = docx.Document(BytesIO(word_document(transcript))).paragraphs
    assert "".join(p.text for p in paragraphs[1:2]).endswith(": " + sample.texts[0])
    assert json.loads(whisper_json(transcript))["text"].split() == " ".join(sample.texts).split()
    segments = json.loads(podcast_json(transcript))["segments"]
    assert "".join("".join(row["body"].split()) for row in segments) == "".join("".join(sample.texts).split())
    assert all(row["body"] in " ".join(sample.texts) for row in segments)
    assert all(one in podcast_html(transcript) for one in sample.texts)
    for name, text in (("a.vtt", vtt(transcript)), ("a.srt", srt(transcript))):
        (tmp_path / name).write_text(text, encoding="utf-8")
        said = "".join(one.text for one in read_transcript(tmp_path / name).utterances or ())
        assert "".join(said.split()) == "".join("".join(sample.texts).split())
    assert Transcript.from_json(transcript.to_json()) == transcript


@pytest.mark.parametrize("language", SAMPLES)
def test_an_edit_changes_only_the_words_edited(language: str, tmp_path: Path) -> None:
    sample = SAMPLES[language]
    before, path = spoken(sample, language), tmp_path / "talk.md"
    path.write_text(render(before), encoding="utf-8")
    path.with_suffix(".json").write_text(before.to_json(), encoding="utf-8")
    assert sync(path).report == "nothing changed"
    assert Transcript.from_json(path.with_suffix(".json").read_text(encoding="utf-8")) == before
    old, new = sample.edit
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")
    sync(path)
    after = Transcript.from_json(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert after.turns[0] == before.turns[0]
    assert after.turns[1].text == sample.texts[1].replace(old, new)
    same = [word for word in before.turns[1].words if word in after.turns[1].words]
    edited_letters = sum(len(word.text) for word in before.turns[1].words if word not in same)
    assert edited_letters <= len(old) + 2
    assert sync(path).report == "nothing changed"


def test_a_file_of_an_earlier_version_is_read_and_written_as_it_was() -> None:
    transcript = spoken(SAMPLES["ru"], "ru")
    assert "attached" not in transcript.to_json()
    row = {"text": "好", "start": 0.0, "end": 1.0, "probability": 1.0}
    data = json.loads(transcript.to_json())
    data["turns"][0]["words"] = [row, row]
    assert Transcript.from_json(json.dumps(data)).turns[0].text == "好 好"


def test_a_blank_that_an_editor_adds_or_takes_away_comes_into_the_transcript(tmp_path: Path) -> None:
    before, path = spoken(SAMPLES["zh"], "zh"), tmp_path / "talk.md"
    path.with_suffix(".json").write_text(before.to_json(), encoding="utf-8")
    source = render(before).replace("用 Python 写", "用Python写").replace("用Linux做", "用 Linux 做")
    path.write_text(source, encoding="utf-8")
    sync(path)
    after = Transcript.from_json(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert "用Python写" in after.turns[0].text
    assert "用 Linux 做" in after.turns[1].text
    assert [(w.text, w.start) for w in after.words] == [(w.text, w.start) for w in before.words]


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_lines_of_captions_fit_in_scripts_without_blanks(language: str) -> None:
    sample = SAMPLES[language]
    words = [
        Word(unit, i * 0.3, i * 0.3 + 0.25, attached=i > 0)
        for i, unit in enumerate(sample.texts[1].replace(" ", "") * 20)
    ]
    transcript = spoken(sample, language)
    long = Transcript(
        **{**{n: getattr(transcript, n) for n in Transcript.__slots__}, "turns": (Turn("S1", tuple(words)),)}
    )
    text = vtt(long)
    lines = [line.removeprefix(f"<v {sample.names[0]}>") for line in text.split("\n") if line and "-->" not in line]
    assert "".join(lines[1:]) == "".join(word.text for word in words)
    assert max(len(line) for line in lines) <= (42 if language == "th" else 21)


@pytest.mark.parametrize("language", SAMPLES)
def test_scripts_run_from_right_to_left_where_they_do(language: str) -> None:
    transcript = spoken(SAMPLES[language], language)
    is_rtl = language in ("ar", "he")
    paragraphs = re.findall(r"<(?:h2|p)( [^<>]*)?>", page(transcript))
    assert paragraphs == [' dir="rtl"' if is_rtl else ""] * 4
    spoken_one = docx.Document(BytesIO(word_document(transcript))).paragraphs[1]
    assert len(spoken_one._p.findall(f".//{qn('w:bidi')}")) == is_rtl
    assert {run.font.rtl for run in spoken_one.runs} == {True if is_rtl else None}
    assert is_right_to_left(spoken_one.text.lstrip("0123456789: ")) is is_rtl
