"""The registry of formats, and each format read back by other programs."""

from __future__ import annotations

import html
import inspect
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.media import MEDIA_SUFFIXES
from output.formats import FORMATS, REGISTRY, file_name, write
from output.markdown import render
from output.text import clock
from tests.support.paths import ROOT
from tests.support.transcripts import ADA, BOB, transcript, turn
from transcribe.style import Style
from transcribe.transcript import Speaker, SpeakerSpan, Transcript, Turn

MADE = transcript(("S1", "Hello <b>Bob</b> & all."), ("S2", 'Say "hi".'), ("S1", "Hi."))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_speech_and_silence(name: str) -> None:
    for made in (MADE, transcript()):
        assert isinstance(write(made, name), bytes if name == "docx" else str)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "docx"])
def test_every_format_accepts_lone_surrogates(name: str) -> None:
    bad = "caf\udce9"
    speakers = (Speaker("S1", bad), Speaker("S2", f"Bob {bad}"))
    for episode in (Episode.of_file(Path(f"{bad}.mp3")), Episode(bad, audio_url=f"http://a.b/{bad}")):
        made = transcript(("S1", f"Hi {bad}."), ("S2", "Ho."), speakers=speakers, episode=episode)
        assert str(write(made, name)).encode().decode()


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "docx"])
def test_no_format_contains_a_password_from_an_address(name: str) -> None:
    episode = Episode("x", audio_url="https://me:secret@a.b/x.mp3", page_url="https://me:secret@youtu.be/abcdefghijk")
    assert "secret" not in str(write(transcript(("S1", "Hi."), episode=episode), name))


def test_file_names_differ_by_format() -> None:
    assert len({file_name("talk", name) for name in FORMATS}) == len(FORMATS)
    assert file_name("a.b", "md") == "a.b.md"


def test_markdown_and_json_are_the_draft_and_the_transcript() -> None:
    assert write(MADE, "md", style=Style(wrap=0)) == render(MADE, Style(wrap=0))
    assert Transcript.from_json(str(write(MADE, "json"))).turns == MADE.turns


def test_txt_has_one_line_per_turn() -> None:
    assert write(MADE, "txt") == 'Ada: Hello <b>Bob</b> & all.\n\nBob: Say "hi".\n\nAda: Hi.\n'


def test_rttm_of_a_small_transcript() -> None:
    spans = (SpeakerSpan(2.0, 3.25, "S2"), SpeakerSpan(0.5, 2.5, "S1"), SpeakerSpan(4.0, 4.0, "S1"))
    made = Transcript(Episode("x", path=Path("/a/my talk.mp3")), "en", (ADA, BOB), (), spans, MADE.made_with)
    assert write(made, "rttm") == (
        "SPEAKER my_talk 1 0.500 2.000 <NA> <NA> Ada_Lovelace <NA> <NA>\n"
        "SPEAKER my_talk 1 2.000 1.250 <NA> <NA> Bob_Moog <NA> <NA>\n"
    )


def test_rttm_is_read_by_pyannote() -> None:
    meeteval = import_module("meeteval")
    read = meeteval.io.RTTM.parse(str(write(MADE, "rttm")))
    assert [(float(line.begin_time), line.speaker_id) for line in read.lines] == [
        (turn.start, MADE.speaker(turn.speaker).name.replace(" ", "_")) for turn in MADE.turns
    ]


def test_whisper_json_has_whispers_keys() -> None:
    data = json.loads(write(MADE, "whisper-json"))
    assert data["text"] == ' Hello <b>Bob</b> & all. Say "hi". Hi.'
    assert data["segments"][1] == {
        "id": 1,
        "seek": 250,
        "start": 2.5,
        "end": 3.2,
        "text": ' Say "hi".',
        "tokens": [],
        "avg_logprob": 0.0,
        "compression_ratio": pytest.approx(10 / 18),
        "speaker": "Bob Moog",
        "words": [
            {"word": " Say", "start": 2.5, "end": 2.8, "probability": 1.0, "speaker": "Bob Moog"},
            {"word": ' "hi".', "start": 2.9, "end": 3.2, "probability": 1.0, "speaker": "Bob Moog"},
        ],
    }


def test_whisper_segments_are_sentences_of_at_most_30_s() -> None:
    made = transcript(("S1", "One two three four five six. " * 60), ("S2", "on and on " * 60 + "we go. So."))
    segments = json.loads(write(made, "whisper-json"))["segments"]
    assert "".join(segment["text"] for segment in segments).split() == [word.text for word in made.words]
    mine = [segment for segment in segments if segment["speaker"] == ADA.name]
    assert max(segment["end"] - segment["start"] for segment in mine) <= 30
    assert {len(segment["words"]) % 6 for segment in mine} == {0}
    assert [len(segment["words"]) for segment in segments if segment["speaker"] == BOB.name] == [182, 1]


def test_a_sentence_moved_by_an_editor_is_a_segment_of_its_own() -> None:
    words = turn("S1", "It was late. It was dark. We went home.", start=5.0).words
    made = replace(MADE, turns=(Turn("S1", (*words[6:], *words[:6])),))
    segments = json.loads(write(made, "whisper-json"))["segments"]
    assert [(one["text"].strip(), one["start"], one["end"]) for one in segments] == [
        ("We went home.", words[6].start, words[8].end),
        ("It was late. It was dark.", words[0].start, words[5].end),
    ]


@pytest.mark.parametrize("form", ["whisper-json", "openai-json"])
def test_whispers_writers_accept_whisper_json(tmp_path: Path, form: str) -> None:
    utils = import_module("whisper.utils")
    data = json.loads(write(MADE, form))
    for name in ("srt", "vtt", "tsv", "txt", "json"):
        for options in ({"max_line_width": 42, "max_line_count": 2}, {}):  # the first also reads the words
            utils.get_writer(name, str(tmp_path))(data, "talk.mp3", options)
    assert '00:00:02,500 --> 00:00:03,200\nSay "hi".' in (tmp_path / "talk.srt").read_text()
    assert '2500\t3200\tSay "hi".' in (tmp_path / "talk.tsv").read_text()


class Page(HTMLParser):
    """The elements of a page and its visible words, without scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self._open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "b":
            self.shown.append(data)


@given(
    st.lists(st.text("<>&\"'/ab-! ", min_size=1, max_size=8).map(str.strip).filter(bool), min_size=1, max_size=8),
    st.text(),
)
def test_html_displays_the_words_and_executes_nothing_in_them(tokens: list[str], title: str) -> None:
    made = transcript(("S1", " ".join(tokens)), episode=Episode(title, audio_url="https://a.b/x.mp3?a=1&b=2"))
    page = Page(str(write(made, "html")))
    assert " ".join("".join(page.shown).split()) == " ".join("".join(made.turns[0].text.split(" ")).split())
    assert [tag for tag, _ in page.tags if tag in ("script", "img", "iframe", "a")] == ["script"]
    audio = next(attributes for tag, attributes in page.tags if tag == "audio")
    assert audio["src"] == "https://a.b/x.mp3?a=1&b=2"


def test_html_words_have_their_start_times() -> None:
    page = str(write(MADE, "html"))
    seconds = [float(second) for second in re.findall(r'<b data-t="([\d.]+)">', page)]
    assert seconds == [word.start for word in MADE.words]
    assert html.escape("Hello", quote=False) in page


def test_html_plays_the_local_file_without_an_address(tmp_path: Path) -> None:
    page = str(write(transcript(("S1", "Hi."), episode=Episode.of_file(tmp_path / "my talk.mp3")), "html"))
    assert f'src="{(tmp_path / "my talk.mp3").as_uri()}"' in page
    relative = Episode("x", path=Path("../audio/my talk: #1.mp3"))
    assert 'src="./../audio/my%20talk%3A%20%231.mp3"' in str(write(transcript(episode=relative), "html"))


def test_docx_has_heading_labels_and_times() -> None:
    docx = import_module("docx")
    document = docx.Document(BytesIO(bytes(write(MADE, "docx"))))  # type: ignore[arg-type]
    assert [p.text for p in document.paragraphs] == [
        "A talk",
        "0:00 Ada: Hello <b>Bob</b> & all.",
        '0:02 Bob: Say "hi".',
        "0:03 Ada: Hi.",
    ]
    assert [run.text for run in document.paragraphs[1].runs if run.bold] == ["Ada"]
    time = document.paragraphs[2].runs[0]
    assert (time.text, time.font.size.pt, str(time.font.color.rgb)) == ("0:02 ", 8, "808080")


def test_docx_says_what_it_is_and_nothing_of_the_library_that_wrote_it() -> None:
    docx = import_module("docx")
    named = replace(MADE, episode=replace(MADE.episode, title="A \0talk"))
    content = BytesIO(bytes(write(named, "docx", style=Style(author="Ada Smith" * 40))))  # type: ignore[arg-type]
    properties = docx.Document(content).core_properties
    assert (properties.title, properties.language) == ("A talk", "en")
    assert properties.author.startswith("Ada Smith")
    with ZipFile(content) as archive:
        core = archive.read("docProps/core.xml").decode()
    assert "python" not in core
    assert str(datetime.now(UTC).year) in core


def test_docx_times_can_be_comments_or_left_out() -> None:
    docx = import_module("docx")
    texts = ["A talk", "Ada: Hello <b>Bob</b> & all.", 'Bob: Say "hi".', "Ada: Hi."]
    for times, comments in (("comments", ["0:00", "0:02", "0:03"]), ("none", [])):
        content = write(MADE, "docx", style=Style(docx_times=times))  # type: ignore[arg-type]
        document = docx.Document(BytesIO(bytes(content)))  # type: ignore[arg-type]
        assert [p.text for p in document.paragraphs] == texts
        assert [comment.text for comment in document.comments] == comments
        assert {comment.timestamp for comment in document.comments} <= {None}


def test_docx_comments_are_on_the_labels() -> None:
    docx = import_module("docx")
    content = write(MADE, "docx", style=Style(docx_times="comments"))
    (body,) = docx.Document(BytesIO(bytes(content))).element.xpath("//w:body")  # type: ignore[arg-type]
    starts = body.xpath(".//w:commentRangeStart")
    assert [start.getnext().xpath("string(.)") for start in starts] == ["Ada", "Bob", "Ada"]


def offered(made: Transcript, **given: Any) -> list[dict[str, str]]:
    feed = f'<item xmlns:podcast="https://podcastindex.org/namespace/1.0">{write(made, "podcast", **given)}</item>'
    return [element.attrib for element in ElementTree.fromstring(feed)]


@pytest.mark.parametrize(
    ("audio", "given", "stem", "address"),
    [
        ("https://me:pw@a.b/ep/x.mp3?t=1", "", "talk", "https://a.b/ep/talk.vtt"),
        ("https://a.b", "", "talk", "https://a.b/talk.vtt"),
        ("https://a.b/x.mp3", "https://c.d/texts", "a b-2", "https://c.d/texts/a%20b-2.vtt"),
        ("https://a.b/x.mp3", "https://c.d/texts/", "", "https://c.d/texts/a-talk.vtt"),
        ("file:///x.mp3", "", "talk", "talk.vtt"),
    ],
)
def test_podcast_addresses_use_the_folder_of_transcripts_or_audio(
    audio: str, given: str, stem: str, address: str
) -> None:
    made = transcript(("S1", "Hi."), episode=Episode("A talk", audio_url=audio))
    first = offered(made, style=Style(transcript_url=given), stem=stem)[0]
    assert first == {"url": address, "type": "text/vtt", "language": "en"}


def test_podcast_elements_name_type_and_language() -> None:
    made = transcript(("S1", "Hi."), episode=Episode.of_file(Path("/a/Q&A talk.mp3")))
    assert offered(made) == [
        {"url": "Q%26A%20talk.vtt", "type": "text/vtt", "language": "en"},
        {"url": "Q%26A%20talk.srt", "type": "application/x-subrip", "language": "en"},
        {"url": "Q%26A%20talk.podcast.json", "type": "application/json", "language": "en"},
        {"url": "Q%26A%20talk.podcast.html", "type": "text/html", "language": "en"},
    ]
    nobody = replace(made, language="")
    assert offered(nobody)[0] == {"url": "Q%26A%20talk.vtt", "type": "text/vtt"}, "a language that is not known"


BODY = st.lists(st.text("<>&\"'/ab-!.? né", min_size=1, max_size=8).map(str.strip).filter(bool), min_size=1, max_size=8)


@given(st.lists(st.tuples(st.sampled_from(["S1", "S2"]), BODY), max_size=6), st.text())
def test_podcast_html_is_who_when_and_what_and_nothing_else(turns: list[tuple[str, list[str]]], title: str) -> None:
    """Read as a podcast app does it: the body's own elements, three by three."""
    made = transcript(
        *((who, " ".join(words)) for who, words in turns), episode=Episode(title, audio_url="https://a.b")
    )
    source = str(write(made, "podcast-html"))
    assert re.match(r"<html\b[^>]*>", source), "apps know it by its first tag"
    document = import_module("lxml.html").document_fromstring(source)
    body = list(document.body)
    assert {element.tag for element in body} <= {"cite", "time", "p"}
    assert not any(element.attrib or len(element) for element in body)
    rows = [tuple(element.text_content() for element in body[at : at + 3]) for at in range(0, len(body), 3)]
    names = {speaker.id: f"{speaker.name}:" for speaker in made.speakers}
    spoken = [(names[turn.speaker], word) for turn in made.turns for word in turn.text.split()]
    assert [(who, word) for who, _, text in rows for word in text.split()] == spoken
    assert all(re.fullmatch(r"(\d+:)?\d?\d:\d\d", when) for _, when, _ in rows)


def test_podcast_json_has_the_namespaces_keys_a_sentence_each() -> None:
    made = transcript(("S1", "Hello Bob. How are you? So"), ("S2", 'Say "hi".'))
    data = json.loads(write(made, "podcast-json"))
    assert data["version"] == "1.0.0"
    assert data["segments"][0] == {"speaker": "Ada Lovelace", "startTime": 0.5, "endTime": 1.2, "body": "Hello Bob."}
    assert [segment["body"] for segment in data["segments"]] == ["Hello Bob.", "How are you?", "So", 'Say "hi".']
    crossing = replace(made, turns=tuple(reversed(made.turns)))
    assert json.loads(write(crossing, "podcast-json")) == data, "in the order of time"
    assert json.loads(write(transcript(), "podcast-json")) == {"version": "1.0.0", "segments": []}


@given(st.lists(st.tuples(st.sampled_from(["S1", "S2"]), BODY, st.floats(0, 5)), max_size=5))
def test_openai_json_has_whispers_keys_alone_and_times_in_order(turns: list[tuple[str, list[str], float]]) -> None:
    """As stable-ts reads it: an unknown key is an error, and so is a word that ends after the next one begins."""
    made = transcript(speakers=(ADA, BOB))
    made = replace(made, turns=tuple(turn(who, " ".join(words), start=start) for who, words, start in turns))
    data = json.loads(write(made, "openai-json"))
    segments = data["segments"]
    assert data.keys() == {"text", "segments", "language"}
    known = {"id", "seek", "start", "end", "text", "tokens", "avg_logprob", "compression_ratio", "words"}
    assert all(segment.keys() == known for segment in segments)
    words = [word for segment in segments for word in segment["words"]]
    assert all(word.keys() == {"word", "start", "end", "probability"} for word in words)
    times = [time for word in words for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert [segment["id"] for segment in segments] == list(range(len(segments)))
    assert all(segment["text"] == "".join(word["word"] for word in segment["words"]) for segment in segments)
    assert all((s["start"], s["end"]) == (s["words"][0]["start"], s["words"][-1]["end"]) for s in segments)
    said = sorted((word.start, word.text) for word in made.words)
    assert sorted((word["start"], word["word"][1:]) for word in words) == said, "no word is lost or moved"


def test_clock_formats_hours_minutes_seconds() -> None:
    assert [clock(seconds) for seconds in (0.5, 59.9, 80.9, 3599.9, 3723, 36_000)] == [
        "0:00", "0:59", "1:20", "59:59", "1:02:03", "10:00:00",
    ]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_a_suffix_of_its_own_and_gets_what_its_writer_takes(name: str) -> None:
    entry = REGISTRY[name]
    assert re.fullmatch(r"(\.[a-z0-9]+)+", entry.suffix)
    assert [other for other in FORMATS if REGISTRY[other].suffix == entry.suffix] == [name]
    assert entry.suffix not in MEDIA_SUFFIXES, "the recordings' own"
    assert not entry.suffix.startswith((".new.", ".ref.")), "the names of new drafts and of references"
    takes = {*inspect.signature(entry.writer).parameters} & {"style", "stem"}
    assert takes == set(entry.arguments), "else the setting does nothing"


def test_every_function_that_writes_a_transcript_is_a_format() -> None:
    """Or a part of one: a function that nothing else names was forgotten in the registry."""
    modules = {entry.module for entry in REGISTRY.values()}
    written = {(entry.module, entry.function) for entry in REGISTRY.values()}
    text = "\n".join(
        path.read_text(encoding="utf-8") for top in ("output", "transcribe") for path in (ROOT / top).rglob("*.py")
    )
    for module in modules:
        for function, value in vars(import_module(module)).items():
            if inspect.isfunction(value) and value.__module__ == module and not function.startswith("_"):
                first = next(iter(inspect.signature(value).parameters.values()), None)
                if first is not None and first.annotation == "Transcript" and (module, function) not in written:
                    assert len(re.findall(rf"\b{function}\b", text)) > 1, f"{module}.{function}: add it to REGISTRY"
