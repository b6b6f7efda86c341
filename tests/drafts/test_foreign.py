"""Transcripts of other programs, written by other code in the forms that the programs document, read as ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from itertools import groupby
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from output.errors import OutputError
from output.formats import WITHOUT_TIMES, write
from output.parse import parse
from tests.support.command_line import Run
from tests.support.growth import assert_time_in_proportion
from tests.support.json_transcripts import ALL, SPEAKERS
from tests.support.transcripts import transcript
from transcribe.drafts.foreign import NOT_NAMED, SOMEBODY, Foreign, source_at
from transcribe.drafts.importing import draft_beside, export_foreign
from transcribe.errors import TranscriptError
from transcribe.style import Style
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode

Said = Sequence[tuple[str, float, float, str]]
"""Who, from when to when, what: in the order of time."""

PEOPLE = ("Ann Lee", "Bo Park", "Cy Ito")


def clock(seconds: float, point: str = ".") -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}{point}{round(seconds % 1 * 1000):03}"


def short(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def teams_vtt(said: Said) -> str:
    cues = (
        f"0b1e/{n}-0\n{clock(start)} --> {clock(end)}\n<v {who}>{text}</v>\n"
        for n, (who, start, end, text) in enumerate(said)
    )
    return "WEBVTT\n\n" + "\n".join(cues)


def labelled_vtt(said: Said) -> str:
    cues = (f"{clock(start)} --> {clock(end)}\n{who}: {text}\n" for who, start, end, text in said)
    return "WEBVTT\nKind: captions\n\nNOTE made by hand\n\n" + "\n".join(cues)


def srt(said: Said) -> str:
    cues = (
        f"{n}\n{clock(start, ',')} --> {clock(end, ',')}\n{who}: {text}\n"
        for n, (who, start, end, text) in enumerate(said, 1)
    )
    return "\n".join(cues)


def podcast_json(said: Said) -> str:
    rows = [{"speaker": who, "startTime": start, "endTime": end, "body": text} for who, start, end, text in said]
    return json.dumps({"version": "1.0.0", "segments": rows})


def whisperx_json(said: Said) -> str:
    rows = [
        {"start": start, "end": end, "text": f" {text}", "speaker": who, "words": _words(who, start, end, text)}
        for who, start, end, text in said
    ]
    words = [word for row in rows for word in row["words"]]
    return json.dumps({"segments": rows, "word_segments": words, "language": "en"})


def _words(who: str, start: float, end: float, text: str) -> list[dict[str, object]]:
    step = (end - start) / len(text.split())
    return [
        {
            "word": word,
            "start": round(start + n * step, 3),
            "end": round(start + (n + 1) * step, 3),
            "score": 0.9,
            "speaker": who,
        }
        for n, word in enumerate(text.split())
    ]


def otter(said: Said) -> str:
    blocks = (f"{who}  {short(start)}  \n{text}\n" for who, start, _, text in said)
    return "\n".join(blocks) + "\nTranscribed by https://otter.ai\n"


def rev(said: Said) -> str:
    return "\n".join(f"{who} ({short(start)}):\n{text}\n" for who, start, _, text in said)


def descript(said: Said) -> str:
    return "\n".join(f"[{clock(start)[:8]}] {who}: {text}\n" for who, start, _, text in said)


def teams_text(said: Said) -> str:
    return "\n".join(f"{who}   {short(start)}\n{text}" for who, start, _, text in said)


def lines(said: Said) -> str:
    return "\n".join(f"{who}: {text}" for who, _, _, text in said)


WORDS_TIMED: dict[str, Callable[[Said], str]] = {"whisperx": whisperx_json}
ROWS_TIMED: dict[str, Callable[[Said], str]] = {
    "teams.vtt": teams_vtt,
    "label.vtt": labelled_vtt,
    "srt": srt,
    "podcast": podcast_json,
}
STARTS: dict[str, Callable[[Said], str]] = {"otter": otter, "rev": rev, "descript": descript, "teams": teams_text}
PROGRAMS = {**WORDS_TIMED, **ROWS_TIMED, **STARTS, "lines": lines}


@st.composite
def talks(draw: st.DrawFn) -> Said:
    """At least two turns of each of two people; no word comes twice, so that nothing is a repeat."""
    who = [*PEOPLE[:2], *PEOPLE[:2], *draw(st.lists(st.sampled_from(PEOPLE), max_size=8))]
    now, count, said = 0.0, 0, []
    for person in who:
        size = draw(st.integers(1, 6))
        ends = draw(st.sampled_from([".", "?", " [laughs]", ", née Ω", ""]))
        start = now + draw(st.integers(0, 3))
        now = start + size
        said.append((person, start, now, " ".join(f"Word{count + n}" for n in range(size)) + ends))
        count += size
    return said


def transcript_in(content: str, name: str = "talk.dat") -> Transcript:
    return Foreign(Path(name), content.encode()).transcript()


def codes(transcript: Transcript) -> set[WarningCode]:
    return {warning.code for warning in transcript.warnings}


def turns_in(transcript: Transcript) -> list[tuple[str, list[str]]]:
    return [(transcript.speaker(turn.speaker).name, turn.text.split()) for turn in transcript.turns]


@pytest.mark.parametrize("program", PROGRAMS)
@settings(max_examples=20)
@given(said=talks())
def test_every_word_comes_out_with_its_speaker_in_order(program: str, said: Said) -> None:
    made = transcript_in(PROGRAMS[program](said))
    runs = groupby(said, key=lambda row: row[0])
    assert turns_in(made) == [(who, [word for row in rows for word in row[3].split()]) for who, rows in runs]
    assert Transcript.from_json(made.to_json()).turns == made.turns


@pytest.mark.parametrize("program", PROGRAMS)
@settings(max_examples=20)
@given(said=talks())
def test_words_are_spoken_when_their_row_is_and_what_is_not_known_is_a_code(program: str, said: Said) -> None:
    made = transcript_in(PROGRAMS[program](said))
    words = list(made.words)
    expected = set() if program in WORDS_TIMED else {WarningCode.WORD_TIMES_ESTIMATED}
    assert codes(made) - {WarningCode.TEXT_LEFT_OUT} == ({WarningCode.NO_TIMES} if program == "lines" else expected)
    if program == "lines":
        return
    at = 0
    for n, (_, start, end, text) in enumerate(said):
        own = words[at : at + len(text.split())]
        at += len(own)
        until = said[n + 1][1] if n + 1 < len(said) and program in STARTS else end
        assert own[0].start == pytest.approx(start, abs=0.001)
        assert own[-1].end <= (until if program not in STARTS or n + 1 < len(said) else start + 60) + 0.002


@pytest.mark.parametrize("name", ALL)
def test_json_of_every_tool_is_read_by_its_content(name: str) -> None:
    made = transcript_in(json.dumps(ALL[name]), "talk.md")
    assert [word for turn in made.turns for word in turn.text.split()] == ["Hello", "there,", "Good", "morning."]
    assert made.turns[0].start == 0.5
    assert (WarningCode.SPEAKERS_NOT_NAMED in codes(made)) == (name not in SPEAKERS)
    assert len(made.speakers) == (2 if name in SPEAKERS else 1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_draft_made_of_it_is_read_as_the_same_turns(program: str) -> None:
    said = [(PEOPLE[n % 2], 2.0 * n, 2.0 * n + 1, f"Word{n} [laughs] and *this*.") for n in range(6)]
    draft = parse(str(write(transcript_in(PROGRAMS[program](said)), "md")))
    assert [turn.spoken.split() for turn in draft.turns] == [text.split() for _, _, _, text in said]
    assert draft.speakers == ("Ann", "Bo")


def test_what_is_not_said_is_told() -> None:
    nobody = transcript_in("WEBVTT\n\n00:01.000 --> 00:02.000\nHello there.\n")
    assert [speaker.name for speaker in nobody.speakers] == [SOMEBODY]
    (told,) = [warning for warning in nobody.warnings if warning.code is WarningCode.SPEAKERS_NOT_NAMED]
    assert told.message == "it does not say who speaks; everything is given to 'Speaker 1'"
    some = transcript_in(
        "WEBVTT\n\n00:01.000 --> 00:02.000\nHello there.\n\n00:02.000 --> 00:03.000\n<v Ann>Yes.\n\n"
        "00:03.000 --> 00:04.000\n<v Bo>No.\n"
    )
    assert [speaker.name for speaker in some.speakers] == [NOT_NAMED, "Ann", "Bo"]
    assert "2 of 4 words" in some.warnings[0].message
    assert some.warnings[0].speakers == (some.turns[0].speaker,)
    before = transcript_in("Minutes of Monday\n\nAnn: Hello.\nBo: Yes.\nAnn: No.\nBo: So.\n", "a.txt")
    assert before.warnings[-1].values == {"text": "Minutes of Monday"}
    assert codes(transcript_in("WEBVTT\n")) == {WarningCode.NO_SPEECH}


def test_times_without_words_and_words_without_times() -> None:
    with pytest.raises(TranscriptError, match="has no words"):
        transcript_in("SPEAKER talk 1 0.5 1.0 <NA> <NA> Ann <NA> <NA>\n")
    source = Foreign(Path("talk.txt"), b"Ann: Hello.\nBo: Yes.\nAnn: No.\nBo: So.\n")
    for name in ("vtt", "json", "html", "rttm"):
        with pytest.raises(OutputError, match=f"has no times, and {name} cannot do without; choose from md, "):
            export_foreign(source, [name], style=Style())
    made = source.transcript()
    timed = str(write(made, "md", style=Style(clock_minutes=0)))
    assert "[00:00]" in timed, "what `fitting` must leave out"


def test_texts_without_times_can_be_documents(tmp_path: Path, run: Run) -> None:
    (tmp_path / "talk.txt").write_text("Ann: Hello.\nBo: Yes.\nAnn: No.\nBo: So.\n")
    code, out, err = run("export", "talk.txt", "-f", ",".join(WITHOUT_TIMES))
    assert code == 0
    assert sorted(out.split()) == ["talk.docx", "talk.md", "talk.new.txt"]
    assert (tmp_path / "talk.txt").read_text().startswith("Ann: Hello.\nBo")
    assert "talk.txt: is there already and is kept; the export is talk.new.txt" in err
    assert "Warning: talk.txt: it does not say when anything is spoken" in err
    assert ":" not in run("render", "talk.txt", "--clock-minutes", "0")[1].replace("**:", "").split("---")[2]


@pytest.mark.parametrize("name", ["talk.md", "talk.json", "talk.vtt", "talk", "talk.srt"])
def test_render_and_export_go_by_the_content(run: Run, tmp_path: Path, name: str) -> None:
    said = [(PEOPLE[n % 2], 2.0 * n, 2.0 * n + 1, f"Word{n}.") for n in range(4)]
    for program in ("teams.vtt", "srt", "whisperx"):
        (tmp_path / name).write_text(PROGRAMS[program](said))
        code, out, err = run("render", name, "-f", "srt")
        assert (code, out.count("-->"), "Ann: Word0." in out) == (0, 4, True)
        assert ("those of words are estimated" in err) == (program != "whisperx")
    before = (tmp_path / name).read_bytes()
    code, out, _ = run("export", name, "-f", "vtt,docx,txt")
    assert code == 0
    assert "<v Bo Park>Word1." in (tmp_path / out.split()[0]).read_text()
    assert (tmp_path / name).read_bytes() == before


def test_a_draft_is_made_beside_and_over_nothing(tmp_path: Path) -> None:
    said = [(PEOPLE[n % 2], 2.0 * n, 2.0 * n + 1, f"Word{n} is said here.") for n in range(6)]
    source = tmp_path / "talk.vtt"
    source.write_text(teams_vtt(said))
    (tmp_path / "talk.mp3").write_bytes(b"sound")

    def beside() -> tuple[str, list[str]]:
        found = source_at(source)
        assert isinstance(found, Foreign)
        made = draft_beside(found, style=Style())
        return made.path.name, [path.name for path in made.written]

    assert beside() == ("talk.md", ["talk.md", "talk.json"])
    timed = Transcript.from_json((tmp_path / "talk.json").read_text())
    assert str(timed.episode.path) == "talk.mp3"
    assert beside() == ("talk.md", []), "the same again"
    draft = tmp_path / "talk.md"
    draft.write_text(draft.read_text().replace("Word3 is said", "Word three was said"))
    assert beside() == ("talk.md", []), "edited"
    other = "**Zoe**: Something quite different was typed by hand, and long before.\n"
    draft.write_text(other)
    assert beside() == ("talk.new.md", ["talk.new.md", "talk.new.json"])
    assert beside() == ("talk.new.md", [])
    assert draft.read_text() == other


def test_the_draft_of_a_whisper_json_does_not_replace_it(tmp_path: Path) -> None:
    source = tmp_path / "talk.json"
    source.write_text(json.dumps(ALL["whisperx"]))
    before = source.read_bytes()
    found = source_at(source)
    assert isinstance(found, Foreign)
    assert draft_beside(found, style=Style()).path.name == "talk.new.md"
    assert source.read_bytes() == before
    assert source_at(tmp_path / "talk.new.md") == parse((tmp_path / "talk.new.md").read_text())
    assert isinstance(source_at(tmp_path / "talk.new.json"), Transcript)


def test_an_import_is_synced_as_any_draft(run: Run, tmp_path: Path) -> None:
    said = [(PEOPLE[n % 2], 2.0 * n, 2.0 * n + 1, f"Word{n} is said here.") for n in range(6)]
    source = Foreign(tmp_path / "talk.srt", srt(said).encode())
    source.path.write_bytes(source.content)
    draft = draft_beside(source, style=Style()).path
    draft.write_text(draft.read_text().replace("Word2", "Deuce"))
    code, out, err = run("export", "talk.md", "-f", "vtt,srt")
    assert (code, out) == (1, "talk.vtt\n"), "the source is kept"
    assert "talk.srt: is what the transcript was made of, and stays as it is" in err
    assert "delete" not in err
    for command in (("sync", "talk.md"), ("export", "talk.md", "-f", "srt", "-o", ".")):
        assert "delete" not in run(*command)[2]
    assert run("export", "talk.md", "-f", "docx")[2] == "", "not asked for"
    assert run("export", "talk.md", "-f", "srt", "-o", "site")[:2] == (0, "site/talk.srt\n"), "as it is told"
    assert "Deuce" in (tmp_path / "site" / "talk.srt").read_text()
    assert "00:00:04.000 --> 00:00:05.000\n<v Ann Lee>Deuce is said here." in (tmp_path / "talk.vtt").read_text()
    assert source.path.read_bytes() == source.content, "captions that are not ours stay"


def word_document(text: str, *, in_table: bool = False) -> bytes:
    document = import_module("docx").Document()
    document.add_heading("Minutes", level=1)
    place = document.add_table(rows=1, cols=1).cell(0, 0) if in_table else document
    for line in text.split("\n"):
        place.add_paragraph(line)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("program", STARTS)
@pytest.mark.parametrize("in_table", [False, True])
def test_word_documents_are_the_lines_of_their_paragraphs(tmp_path: Path, program: str, in_table: bool) -> None:
    said = [(PEOPLE[n % 2], 2.0 * n, 2.0 * n + 1, f"Word{n} [laughs].") for n in range(4)]
    (tmp_path / "talk.docx").write_bytes(word_document(PROGRAMS[program](said), in_table=in_table))
    found = source_at(tmp_path / "talk.docx")
    assert isinstance(found, Foreign)
    made = found.transcript()
    assert turns_in(made) == [(who, text.split()) for who, _, _, text in said]
    assert [turn.start for turn in made.turns] == [0.0, 2.0, 4.0, 6.0]
    named = [one.values["text"] for one in made.warnings if one.code is WarningCode.TEXT_LEFT_OUT]
    assert named == ["Minutes", *["Transcribed by https://otter.ai"] * (program == "otter")]


@settings(max_examples=30)
@given(st.data())
def test_a_damaged_word_document_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(TranscriptError):
        Foreign(Path("a.docx"), bytes(content[: data.draw(st.integers(4, len(content)))])).transcript()


WHOLE = word_document("Ann  0:01\nHello.\nBo  0:02\nYes.")


def test_what_a_zip_can_hold_is_limited() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (65 << 20))
    for content, message in (
        (buffer.getvalue(), "holds more than 64 MB"),
        (b"PK\x03\x04", "is a damaged Word document"),
    ):
        with pytest.raises(TranscriptError, match=message):
            Foreign(Path("a.docx"), content).transcript()


@pytest.mark.parametrize("name", ["whisper-json", "openai-json", "podcast-json", "vtt", "srt", "docx"])
def test_our_own_exports_are_read_again(name: str) -> None:
    made = transcript(("S1", "Hello there, Bob. How are you?"), ("S2", "Well."), ("S1", "Good to hear."))
    content = write(made, name)
    data = content if isinstance(content, bytes) else content.encode()
    read = Foreign(Path("talk.x"), data).transcript()
    assert [word.text for word in read.words] == [word.text for word in made.words]
    if name == "whisper-json":
        assert [turn.words for turn in read.turns] == [turn.words for turn in made.turns]


@pytest.mark.parametrize("program", PROGRAMS)
def test_reading_takes_time_in_proportion(program: str) -> None:
    def content(size: int) -> str:
        said = [(PEOPLE[n % 2], float(n), n + 1.0, f"Word{n} goes on.") for n in range(size // 40)]
        return PROGRAMS[program](said)

    assert_time_in_proportion(lambda text: transcript_in(text), content)


def test_names_with_the_last_one_first_are_said_as_people_say_them() -> None:
    people = {
        "Lee, Ann": "Ann Lee",
        "van Dam, Ravi K. (Guest)": "Ravi K. van Dam (Guest)",
        "Bo Park, PhD": "Bo Park, PhD",
    }
    cues = [f"00:00:0{i}.000 --> 00:00:0{i}.900\n<v {name}>Hello there.</v>\n" for i, name in enumerate(people)]
    made = transcript_in("WEBVTT\n\n" + "\n".join(cues))
    assert [speaker.name for speaker in made.speakers] == list(people.values())
    assert parse(str(write(made, "md"))).speakers == ("Ann", "Ravi", "Bo")
