"""JSON of every tool we know says the same words at the same times; anything else is refused at its place."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.json_transcripts import ALL, NOBODY, SPEAKERS
from transcribe.errors import TranscriptError
from transcribe.readers.json_files import read_json
from transcribe.readers.problems import ReadingError
from transcribe.readers.read import read_transcript
from transcribe.readers.values import SpeakerTranscript

BAD: list[Any] = [
    *(float("nan"), float("inf"), -1, -0.001, None, "", "soon", "1.5.5", True, 10**30, 1e300, [], {}, [[1]], {"a": 1}),
    *("\ud800", "\x00", 1.5),
]
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_keys = st.sampled_from(
    "segments words text start end speaker turns schema results items alternatives timestamp monologues events segs "
    "utf8 tStartMs chunks transcription offsets result phrases offset duration nBest channels utterances".split()
)
_documents = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5), max_leaves=20
)


def words_of(transcript: SpeakerTranscript) -> list[str]:
    return " ".join(one.text for one in transcript.utterances or ()).split()


@pytest.mark.parametrize("name", ALL)
def test_every_tool_says_the_same_words_at_the_same_times(name: str) -> None:
    read = read_json(json.dumps(ALL[name]))
    assert words_of(read) == ["Hello", "there,", "Good", "morning."]
    assert read.utterances is not None
    assert (read.utterances[0].start, read.has_times) == (0.5, True)
    good = next(span.start for span in read.word_spans if span.start >= 1.9)
    assert good == 2.0
    assert read.has_speakers == (name in SPEAKERS)
    assert len(read.speakers) == (2 if name in SPEAKERS else 0)
    assert [span.start for span in read.spans or ()] == ([0.5, 2.0] if name in SPEAKERS else [])


@pytest.mark.parametrize(
    ("key", "stated", "expected"),
    [("probability", 0.4, 0.4), ("score", 0.25, 0.25), ("confidence", "0.5", 0.5)]
    + [("score", value, 1.0) for value in (-1, 2, float("nan"), "high", None, [], True)],
)
def test_a_word_is_as_probable_as_the_tool_says(key: str, stated: object, expected: float) -> None:
    words = [{"word": "Hi", "start": 0, "end": 1, key: stated}, {"word": "there.", "start": 1, "end": 2}]
    for document in ({"segments": [{"start": 0, "end": 2, "text": "Hi there.", "words": words}]}, {"words": words}):
        (one,) = read_json(json.dumps(document)).utterances or ()
        assert [word.probability for word in one.words] == [expected, 1.0]


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if way:
        yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*way, key))


def _changed(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    inner = changed
    for key in way[:-1]:
        inner = inner[key]
    if value is Ellipsis:
        del inner[way[-1]]
    else:
        inner[way[-1]] = value
    return changed


def _read_or_refused(document: Any) -> None:
    """Any other error fails the test."""
    with contextlib.suppress(ReadingError):
        assert isinstance(read_json(json.dumps(document)), SpeakerTranscript)


@pytest.mark.parametrize("name", ALL)
def test_a_document_with_one_bad_value_is_read_or_refused(name: str) -> None:
    """Every value of every shape, replaced by each bad one, or left out."""
    for way in _places(ALL[name]):
        for value in (*BAD, ...):
            _read_or_refused(_changed(ALL[name], way, value))


@given(_documents)
def test_any_json_document_is_read_or_refused(document: Any) -> None:
    _read_or_refused(document)


@given(st.sampled_from(sorted(ALL)), st.data())
def test_a_document_with_anything_in_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    way = data.draw(st.sampled_from(list(_places(ALL[name]))))
    _read_or_refused(_changed(ALL[name], way, data.draw(_documents)))


@pytest.mark.parametrize("key", ["start", "end"])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *(("NaN", "NaN"), ("Infinity", "Infinity"), ("-1", "-1"), ("null", "null"), ("true", "true"), ('"x"', '"x"')),
        *(("9" * 5000, "Infinity"), ("9" * 30, "1e+30"), ("[1]", "a list"), ("1e400", "Infinity"), ('"1.5"', '"1.5"')),
    ],
)
def test_a_time_that_is_none_is_refused_at_its_place(key: str, value: str, shown: str) -> None:
    times = {"start": "1", "end": "2"} | {key: value}
    good = '{"start": 0, "end": 1, "text": "a"}'
    document = f'{{"segments": [{good}, {{"start": {times["start"]}, "end": {times["end"]}, "text": "b"}}]}}'
    if value == "null" and key == "end":
        assert words_of(read_json(document)) == ["a", "b"]  # Whisper's last segment may have no end
        return
    with pytest.raises(ReadingError, match=rf"^segments\[1\]\.{key}: ") as caught:
        read_json(document)
    assert shown in str(caught.value) or value == "null"


def test_an_end_before_its_start_is_refused_at_its_place() -> None:
    with pytest.raises(ReadingError, match=r"^segments\[0\]\.words\[1\]: it ends at 1 s, before its start at 2 s"):
        read_json(
            '{"segments": [{"words": [{"word": "a", "start": 0, "end": 1}, {"word": "b", "start": 2, "end": 1}]}]}'
        )


def test_milliseconds_taken_for_seconds_are_refused() -> None:
    words = [{"text": f"word{i}", "start": 400 * i, "end": 400 * i + 300} for i in range(50)]
    for document in ({"words": words}, {"segments": words}, words):
        with pytest.raises(ReadingError, match="look like milliseconds"):
            read_json(json.dumps(document))
    seconds = [{**word, "start": word["start"] / 1000, "end": word["end"] / 1000} for word in words]
    assert len(words_of(read_json(json.dumps(seconds)))) == 50
    with pytest.raises(ReadingError, match="the times are too short"):
        read_json(json.dumps({"audio_url": "x", "words": seconds}))  # AssemblyAI's are milliseconds


def test_a_word_in_a_minute_of_noise_is_no_evidence_of_milliseconds() -> None:
    assert words_of(read_json('{"segments": [{"start": 0, "end": 30, "text": " you"}]}')) == ["you"]


def test_words_without_times_stand_between_their_neighbours() -> None:
    """As WhisperX leaves numbers."""
    row = {
        "start": 0,
        "end": 4,
        "words": [{"word": "in", "start": 0, "end": 1}, {"word": "2014."}, {"word": "I", "start": 3, "end": 4}],
    }
    read = read_json(json.dumps({"segments": [row]}))
    assert read.utterances is not None
    assert [(word.text, word.start, word.end) for word in read.utterances[0].words] == [
        ("in", 0, 1),
        ("2014.", 1, 3),
        ("I", 3, 4),
    ]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda words: {"words": words},
        lambda words: {"segments": [{"words": words}]},
        lambda words: {"results": {"channels": [{"alternatives": [{"words": words}]}]}},
    ],
    ids=["words", "segments", "Deepgram"],
)
def test_words_without_any_times_keep_their_speakers(wrap: Callable[[Any], Any]) -> None:
    words = [{"word": word, "speaker": who} for word, who in (("Hi.", "A"), ("So", "B"), ("then.", "B"), ("Bye.", "A"))]
    read = read_json(json.dumps(wrap(words)))
    assert [(one.speaker, one.text) for one in read.utterances or ()] == [
        ("A", "Hi."),
        ("B", "So then."),
        ("A", "Bye."),
    ]
    assert not read.has_times


def test_two_channels_are_two_speakers_in_the_order_of_time() -> None:
    channels = [
        {"alternatives": [{"words": [{"word": word, "start": start, "end": start + 1} for word, start in rows]}]}
        for rows in ((("one", 0), ("three", 4)), (("two", 2), ("four", 6)))
    ]
    read = read_json(json.dumps({"results": {"channels": channels}}))
    assert read.speakers == ("channel 0", "channel 1")


def test_several_recordings_in_one_file_are_refused() -> None:
    rows = [{"session_id": name, "speaker": "A", "start_time": 0, "end_time": 1, "words": "hi"} for name in "xy"]
    with pytest.raises(ReadingError, match="has 2 recordings"):
        read_json(json.dumps(rows))


def test_documents_one_after_the_other() -> None:
    parts = [json.dumps({"result": [{"word": word, "start": at, "end": at + 1}]}) for at, word in enumerate("ab")]
    assert words_of(read_json("\n".join(parts))) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 10_000, "is nested too deeply"),
        ('{"a":' * 10_000, "is nested too deeply"),
        ('{"segments": [', "line 1: is not valid JSON"),
        ("", "is empty"),
        ('{"segments": [{"start": NaN, "end": NaN, "text": "a"}]}', "segments[0].start: NaN where a number is needed"),
        ('{"schema": 99, "turns": []}', "schema: a newer turnscript wrote this"),
        ('{"results": [{"alternatives": [{"words": [{"word": "a", "startTime": 1, "endTime": 2}]}]}]}', "its unit"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(TranscriptError) as caught:
        read_transcript(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_only_tools_that_say_nobody_are_in_the_second_list() -> None:
    assert not SPEAKERS.keys() & NOBODY.keys()


def _segments(ends: list[object], texts: str = "abcd") -> str:
    """Segments a second apart; an end of `...` is left out."""
    rows = [
        {"start": at, "text": texts[at], "speaker": "A"} | ({} if end is ... else {"end": end})
        for at, end in enumerate(ends)
    ]
    return json.dumps({"segments": rows})


@given(st.lists(st.sampled_from([..., None, 0.5]), min_size=1, max_size=4))
def test_a_missing_end_is_never_guessed(kinds: list[object]) -> None:
    """No row has an end: starts only, and nothing is said of when people speak. One lacks it: it is refused, at its
    place, but for Whisper's last segment, which is a moment."""
    ends = [at + 0.5 if kind == 0.5 else kind for at, kind in enumerate(kinds)]
    known = [end for end in ends if isinstance(end, float)]
    odd = [at for at, end in enumerate(ends) if end is ... or (end is None and at < len(ends) - 1)]
    if known and odd:
        with pytest.raises(ReadingError, match=rf"^segments\[{odd[0]}\]\.end: it is missing, and other rows have one"):
            read_json(_segments(ends))
        return
    read = read_json(_segments(ends))
    assert words_of(read) == list("abcd"[: len(ends)])
    assert [one.start for one in read.utterances or ()] == list(range(len(ends)))
    assert (read.spans is None, read.has_times) == (not known, bool(known))
    if known:
        assert [one.end for one in read.utterances or ()] == [at if end is None else end for at, end in enumerate(ends)]


def test_a_segment_without_an_end_whose_words_have_times_is_read() -> None:
    row = '{"start": 1, "words": [{"word": "a", "start": 1, "end": 2}]}, {"start": 3, "end": 4, "text": "b"}'
    (first, _) = read_json(f'{{"segments": [{row}]}}').utterances or ()
    assert (first.start, first.end) == (1, 2)


def test_a_chunk_in_the_middle_without_an_end_is_refused() -> None:
    chunks = '[{"timestamp": [0, null], "text": "a"}, {"timestamp": [1, 2], "text": "b"}]'
    with pytest.raises(ReadingError, match=r"^chunks\[0\]\.timestamp\[1\]: it is missing"):
        read_json(f'{{"chunks": {chunks}}}')
