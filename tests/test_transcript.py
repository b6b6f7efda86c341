"""Transcripts: invalid values, round trips through the file, and the format of the file."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Chapter, Episode, Person, PublishedTranscript
from transcribe.errors import TranscriptError
from transcribe.person_names import NameCertainty
from transcribe.scripts import ends_sentence, has_end_mark
from transcribe.transcript import (
    Doubt,
    MadeWith,
    Speaker,
    SpeakerSpan,
    Transcript,
    Turn,
    Word,
)
from transcribe.transcript_warnings import DoubtReason, TranscriptWarning, WarningCode, warn

MADE = MadeWith("0.1.0", "ctranslate2", "base", "d01c", "a0d1", {"beam_size": 5}, {"a.md": "ff"})


def transcript(turns: tuple[Turn, ...] = (), **changes: object) -> Transcript:
    values: dict[str, object] = {
        "episode": Episode("A talk", path=Path("a.mp3"), duration=9.0),
        "language": "en",
        "speakers": (
            Speaker("S1", "Ada Lovelace", evidence="given", certainty=NameCertainty.STATED),
            Speaker("S2", "Grace"),
        ),
        "turns": turns,
        "spans": (),
        "made_with": MADE,
    }
    return Transcript(**(values | changes))  # type: ignore[arg-type]


times = st.floats(0, 40_000, allow_nan=False)
texts = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda t: t == t.strip())


@st.composite
def words(draw: st.DrawFn) -> Word:
    start, end = sorted((draw(times), draw(times)))
    return Word(draw(texts), start, end, draw(st.floats(0, 1)), error=draw(st.none() | st.floats(0, 1)))


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    spoken = sorted(draw(st.lists(words(), min_size=1, max_size=8)), key=lambda word: word.start)
    return Turn(draw(st.sampled_from(["S1", "S2"])), tuple(spoken))


@given(st.lists(turns(), max_size=5), st.lists(words(), max_size=3))
def test_a_round_trip_changes_nothing(spoken: list[Turn], stretches: list[Word]) -> None:
    before = transcript(
        tuple(spoken),
        spans=tuple(SpeakerSpan(w.start, w.end, "S1") for w in stretches),
        doubts=tuple(Doubt(w.start, w.end, w.text, 9 * w.probability, w.text[1:]) for w in stretches),
        warnings=tuple(
            TranscriptWarning(code, w.text, ("S1",)) for w, code in zip(stretches, WarningCode, strict=False)
        ),
    )
    after = Transcript.from_json(before.to_json())
    assert after == before
    assert after.to_json() == before.to_json()


def test_the_format_of_the_file() -> None:
    spoken = Turn("S1", (Word("I'm", 0.52, 0.7, 0.98), Word("Ada.", 0.7, 9.1)))
    warnings = (warn(WarningCode.NAME_BY_ORDER, ["S1"], name="Ada"), warn(WarningCode.NO_SPEECH))
    data = json.loads(transcript((spoken,), spans=(SpeakerSpan(0.4, 9.3, "S1"),), warnings=warnings).to_json())
    assert data["schema"] == 1
    assert data["episode"]["title"] == "A talk"
    assert data["episode"]["duration"] == 9.0
    assert data["language"] == "en"
    assert data["speakers"][0] | {"evidence": ""} == {
        "id": "S1",
        "name": "Ada Lovelace",
        "label": "Ada",
        "initial": "A",
        "evidence": "",
        "certainty": "stated",
        "suggestion": "",
    }
    assert data["warnings"] == ["Ada is assigned by order of appearance only; check the names", "no speech was found"]
    assert data["warning_codes"] == [
        {"code": "name-by-order", "speakers": ["S1"]},
        {"code": "no-speech", "speakers": []},
    ]
    assert data["turns"] == [
        {
            "speaker": "S1",
            "start": 0.52,
            "end": 9.1,
            "words": [
                {"text": "I'm", "start": 0.52, "end": 0.7, "probability": 0.98},
                {"text": "Ada.", "start": 0.7, "end": 9.1, "probability": 1.0},
            ],
        }
    ]
    assert data["spans"] == [{"start": 0.4, "end": 9.3, "speaker": "S1"}]
    assert data["made_with"]["model_sha256"] == "d01c"


def test_a_transcript_of_an_earlier_release_knows_no_errors_and_no_alternatives() -> None:
    """What it does not say is unknown, not zero, so that the editor's list falls back on the probabilities."""
    data = json.loads(transcript((Turn("S1", (Word("Hi", 0, 1, 0.3),)),), doubts=(Doubt(0, 1, "mumbled"),)).to_json())
    assert "error" not in data["turns"][0]["words"][0]
    del data["doubts"][0]["errors"], data["doubts"][0]["alternative"]
    before = Transcript.from_json(json.dumps(data))
    assert ([word.error for word in before.words], before.doubts) == ([None], (Doubt(0, 1, "mumbled"),))


def test_the_reasons_of_doubts_stay_as_files_have_them() -> None:
    written = {
        "speech, not transcribed": DoubtReason.UNTRANSCRIBED,
        "possible speech, not transcribed": DoubtReason.POSSIBLE_SPEECH,
        "unclear speech": DoubtReason.UNCLEAR,
        "overlapping speech": DoubtReason.OVERLAP,
        "low confidence": DoubtReason.LOW_CONFIDENCE,
        "repeated phrase removed": DoubtReason.LOOP_REMOVED,
        "likely wrong": DoubtReason.LIKELY_WRONG,
        "corrected elsewhere": DoubtReason.CORRECTED_ELSEWHERE,
    }
    assert set(written.values()) == set(DoubtReason)
    text = transcript((), doubts=tuple(Doubt(0, 1, reason) for reason in (*written.values(), "mumbled"))).to_json()
    assert [doubt["reason"] for doubt in json.loads(text)["doubts"]] == [*written, "mumbled"]
    read = [doubt.reason for doubt in Transcript.from_json(text).doubts]
    assert all(known is reason for known, reason in zip(written.values(), read[:-1], strict=True))
    assert not isinstance(read[-1], DoubtReason), "what this version does not know stays a sentence for people"


@pytest.mark.parametrize(
    ("text", "start", "end", "probability"),
    [("", 0, 1, 1), (" a", 0, 1, 1), ("a", 2, 1, 1), ("a", -1, 1, 1), ("a", math.nan, 1, 1), ("a", 0, 1, 1.5)],
)
def test_invalid_words_raise(text: str, start: float, end: float, probability: float) -> None:
    with pytest.raises(ValueError, match=r"word|interval|probability"):
        Word(text, start, end, probability)


def test_a_turn_whose_order_was_edited_starts_with_its_earliest_word() -> None:
    turn = Turn("S1", (Word("b", 2, 3), Word("a", 1, 2)))
    assert (turn.text, turn.start, turn.end) == ("b a", 1, 3)


def test_turns_without_words_raise() -> None:
    with pytest.raises(ValueError, match="without words"):
        Turn("S1", ())


def test_unknown_speakers_raise() -> None:
    with pytest.raises(ValueError, match="S9"):
        transcript((Turn("S9", (Word("Hi", 0, 1),)),))
    with pytest.raises(ValueError, match="share an id"):
        transcript(speakers=(Speaker("S1", "A"), Speaker("S1", "B")))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', "nonsense", '{"schema": "1"}', '"schema"', "3"])
def test_other_files_are_refused_by_name(text: str) -> None:
    with pytest.raises(TranscriptError, match=r"a\.json: .*transcribe run"):
        Transcript.from_json(text, source="a.json")


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(TranscriptError, match="newer turnscript"):
        Transcript.from_json('{"schema": 2}', source="a.json")


EVERYTHING = Episode(
    title="A talk",
    path=Path("a.mp3"),
    audio_url="https://a.b/a.mp3?x=1",
    show="Talks",
    guid="1",
    published=datetime(2015, 10, 5, 13, 38, tzinfo=UTC),
    page_url="https://a.b/a",
    description="About.",
    duration=9.0,
    people=(Person("Ada Lovelace", "host"), Person("Grace", "guest")),
    chapters=(Chapter(0.0, "Start"), Chapter(4.5, "Rest")),
    transcripts=(PublishedTranscript("https://a.b/a.vtt", "text/vtt"),),
)


def test_the_episode_survives_a_round_trip() -> None:
    before = transcript(episode=EVERYTHING)
    assert Transcript.from_json(before.to_json()) == before
    data = json.loads(before.to_json())["episode"]
    assert data["people"][1] == {"name": "Grace", "role": "guest"}
    assert data["chapters"][1] == {"start": 4.5, "title": "Rest"}
    assert data["transcripts"] == [{"url": "https://a.b/a.vtt", "media_type": "text/vtt"}]


def test_a_file_without_later_keys_is_read() -> None:
    data = json.loads(transcript(episode=EVERYTHING).to_json())
    for key in ("people", "chapters", "transcripts"):
        del data["episode"][key]
    assert Transcript.from_json(json.dumps(data)).episode.people == ()


def test_a_file_of_version_0_1_0_has_unknown_certainties_and_codes() -> None:
    before = transcript(warnings=(warn(WarningCode.NO_SPEECH), warn(WarningCode.NAME_BY_ORDER, ["S1"], name="Ada")))
    data = json.loads(before.to_json())
    del data["warning_codes"], data["speakers"][0]["certainty"]
    after = Transcript.from_json(json.dumps(data))
    assert after.speakers[0].certainty is NameCertainty.UNKNOWN
    assert [(w.code, w.message, w.speakers) for w in after.warnings] == [
        (WarningCode.UNKNOWN, warning.message, ()) for warning in before.warnings
    ]


@pytest.mark.parametrize("code", ["later", 5, None, ["guess"]])
def test_codes_of_a_later_version_are_unknown_and_cannot_be_built(code: object) -> None:
    data = json.loads(transcript(warnings=(warn(WarningCode.NO_SPEECH),)).to_json())
    data["warning_codes"] = [{"code": "later", "speakers": ["S2"]}, {"code": "no-speech"}]
    data["speakers"][0]["certainty"] = code
    after = Transcript.from_json(json.dumps(data))
    assert [(w.code, w.speakers) for w in after.warnings] == [(WarningCode.UNKNOWN, ("S2",))]
    assert after.speakers[0].certainty is NameCertainty.UNKNOWN
    with pytest.raises(ValueError, match="later"):
        TranscriptWarning("later", "?")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="later"):
        Speaker("S1", "Ada", certainty="later")  # type: ignore[arg-type]


def test_the_file_has_no_password() -> None:
    secret = "https://me:secret@a.b/e.wav"
    offered = (PublishedTranscript(secret, "text/vtt"),)
    text = transcript(episode=Episode("x", audio_url=secret, page_url=secret, transcripts=offered)).to_json()
    assert "secret" not in text
    assert text.count("https://a.b/e.wav") == 3


def test_a_file_name_that_is_not_utf8_survives_and_other_text_is_valid() -> None:
    episode = Episode("caf\udce9", path=Path("caf\udce9.mp3"))
    text = transcript(episode=episode, warnings=(warn(WarningCode.AUDIO, message="\ud800 odd"),)).to_json()
    assert text.encode().decode() == text
    after = Transcript.from_json(text)
    assert (after.episode.title, after.episode.path) == ("caf\ufffd", episode.path)
    assert after.warnings == (warn(WarningCode.AUDIO, message="\ufffd odd"),)


def changed(path: str, value: object) -> str:
    """The file of a transcript with one value replaced; `path` is its keys joined by dots."""
    spoken = Turn("S1", (Word("Hi", 0.0, 1.0),))
    before = transcript((spoken,), episode=EVERYTHING, spans=(SpeakerSpan(0, 1, "S1"),), doubts=(Doubt(0, 1, "?"),))
    data: Any = json.loads(before.to_json())
    *keys, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place = data
    for key in keys:
        place = place[key]
    place[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("episode", []),
        ("episode.title", None),
        ("episode.title", 5),
        ("episode.audio_url", 5),
        ("episode.page_url", ["x"]),
        ("episode.audio_path", 5),
        ("episode.audio_path", "a\0b"),
        ("episode.published", 5),
        ("episode.duration", "9"),
        ("episode.duration", math.inf),
        ("episode.people", [5]),
        ("episode.people.0.name", None),
        ("episode.chapters.0.start", None),
        ("episode.transcripts.0.url", 5),
        ("language", None),
        ("speakers.0.name", None),
        ("speakers.0.label", 5),
        ("turns.0.words.0.text", ["Hi"]),
        ("turns.0.words.0.end", math.inf),
        ("turns.0.words.0.end", 10**400),
        ("turns.0.words", None),
        ("spans.0.end", None),
        ("doubts.0.reason", None),
        ("doubts.0.alternative", None),
        ("doubts.0.alternative", ["Hi"]),
        ("doubts.0.errors", "1"),
        ("doubts.0.errors", -1),
        ("turns.0.words.0.error", 1.5),
        ("turns.0.words.0.error", "0.5"),
        ("warnings", "odd"),
        ("warnings", [5]),
        ("warning_codes", [5]),
        ("evidence", [5]),
        ("made_with.outputs", None),
        ("made_with.outputs", {"a.md": 5}),
        ("made_with.settings", []),
        ("made_with.model", None),
        ("schema", None),
    ],
)
def test_values_of_another_type_are_refused(path: str, value: object) -> None:
    Transcript.from_json(changed("language", "en"))  # the unchanged file is valid
    with pytest.raises(TranscriptError, match=r"a\.json: not a turnscript transcript"):
        Transcript.from_json(changed(path, value), source="a.json")


@pytest.mark.parametrize("opening", ["[", '{"a": '])
def test_deeply_nested_files_are_refused(opening: str) -> None:
    with pytest.raises(TranscriptError, match="nested too deeply"):
        Transcript.from_json(opening * 100_000)


@pytest.mark.parametrize(("label", "initial"), [("ada", "A"), ("ßeta", "ß"), ("(Bob)", "B"), ("?", "?")])
def test_an_initial_is_one_letter(label: str, initial: str) -> None:
    assert Speaker("S1", "Somebody", label).initial == initial


@pytest.mark.parametrize("text", ["done.", "done.”", "(what?)", "so…", "you and I.", "“No!’", "好。"])
def test_a_mark_ends_a_sentence_also_inside_quotes_and_brackets(text: str) -> None:
    assert ends_sentence(text)
    assert has_end_mark(text)


@pytest.mark.parametrize("text", ["done", "done,", "Rich:", "Dr.", "(Mr.", "e.g.", "U.S.", "J.", "3.5"])
def test_abbreviations_and_other_marks_end_no_sentence(text: str) -> None:
    assert not ends_sentence(text)


@pytest.mark.parametrize(("text", "has_mark"), [("Dr.", True), ("(U.S.)", True), ("done,", False), ("3.5", False)])
def test_an_abbreviation_has_an_end_mark(text: str, has_mark: bool) -> None:
    assert has_end_mark(text) is has_mark
