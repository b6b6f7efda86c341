"""Captions: the limits, and WebVTT read back with a reader written from the specification."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.captions import CHARACTERS_PER_SECOND, CUE_SECONDS, LINE_COLUMNS, LONGEST_PAUSE, srt, vtt
from tests.support.transcripts import ADA, BOB, transcript
from transcribe.transcript import Speaker, Transcript, Turn, Word

CLOCK = r"(\d\d+):([0-5]\d):([0-5]\d)[.,](\d{3})"


def seconds(clock: str) -> float:
    match = re.fullmatch(CLOCK, clock)
    assert match, clock
    hours, minutes, whole, milliseconds = map(int, match.groups())
    return hours * 3600 + minutes * 60 + whole + milliseconds / 1000


def read_vtt(text: str) -> list[tuple[float, float, str, list[str]]]:
    """(start, end, voice, lines) of each cue; anything the specification forbids is an error."""
    assert text.endswith("\n")
    head, *blocks = text.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        timing, *lines = block.split("\n")
        start, end = timing.split(" --> ")
        assert not any("-->" in line for line in lines)
        voice = re.match(r"<v ([^>\n&]*(?:&(?:amp|lt|gt);[^>\n&]*)*)>", lines[0])
        assert voice, block
        lines[0] = lines[0][voice.end() :]
        assert not re.search(r"<|>|&(?!amp;|lt;|gt;)", "".join(lines))
        cues.append((seconds(start), seconds(end), html.unescape(voice[1]), [html.unescape(line) for line in lines]))
    return cues


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["I", "think,", "OpenStack", "so.", "-", "<b>", "&amp;", "-->", "why?", "word", "x" * 42]),
        st.floats(0.0, 9.0),
        st.floats(0.0, 6.9),
    ),
    min_size=1,
    max_size=60,
)


def timed(speaker: str, raw: list[tuple[str, float, float]], at: float = 0.0) -> Turn:
    words = []
    for text, gap, length in raw:
        at += gap
        words.append(Word(text, at, at + length))
    return Turn(speaker, tuple(words))


@given(WORDS)
def test_webvtt_py_reads_the_same_cues(raw: list[tuple[str, float, float]]) -> None:
    """webvtt-py reads the same cues from both files."""
    webvtt = import_module("webvtt")
    made = transcript(("S1", "x"))
    made = Transcript(made.episode, "en", (ADA, BOB), (timed("S1", raw),), (), made.made_with)
    ours = read_vtt(vtt(made))
    read = webvtt.from_buffer(io.StringIO(vtt(made)))
    assert [(seconds(c.start), seconds(c.end), c.voice) for c in read] == [cue[:3] for cue in ours]
    assert [html.unescape(c.text).split("\n") for c in read] == [lines for *_, lines in ours]
    assert len(webvtt.from_buffer(io.StringIO(srt(made)), format="srt")) == len(srt(made).split("\n\n"))


@given(WORDS, WORDS)
def test_cues_stay_within_the_limits_and_have_every_word(
    first: list[tuple[str, float, float]], second: list[tuple[str, float, float]]
) -> None:
    made = transcript(("S1", "x"))
    turns = (timed("S1", first), timed("S1", second, at=1000.0))
    made = Transcript(made.episode, "en", (ADA, BOB), turns, (), made.made_with)
    cues = read_vtt(vtt(made))
    assert " ".join(" ".join(lines) for *_, lines in cues) == " ".join(turn.text for turn in turns)
    assert [start for start, *_ in cues] == sorted(start for start, *_ in cues)
    for start, end, voice, lines in cues:
        assert 0 < end - start <= CUE_SECONDS + 0.001
        assert len(lines) <= 2
        assert max(map(len, lines)) <= LINE_COLUMNS
        assert voice == ADA.name


def fits(words: list[Word]) -> bool:
    """Whether words fit into one cue: into two lines somehow, and into its seconds."""
    texts = [word.text for word in words]
    lines = ((" ".join(texts[:cut]), " ".join(texts[cut:])) for cut in range(len(texts) + 1))
    return any(max(map(len, pair)) <= LINE_COLUMNS for pair in lines) and words[-1].end - words[0].start <= CUE_SECONDS


@given(WORDS)
def test_a_word_is_alone_in_a_last_cue_only_where_the_cue_before_can_give_it_none(
    raw: list[tuple[str, float, float]],
) -> None:
    turn = timed("S1", raw)
    made = transcript(("S1", "x"))
    made = Transcript(made.episode, "en", (ADA, BOB), (turn,), (), made.made_with)
    counts = [len(" ".join(lines).split()) for *_, lines in read_vtt(vtt(made))]
    starts = [sum(counts[:i]) for i in range(len(counts))]
    words = turn.words
    for i, start in enumerate(starts[1:], 1):
        end = start + counts[i]
        is_last = end == len(words) or words[end].start - words[end - 1].end > LONGEST_PAUSE
        if counts[i] == 1 and is_last and words[start].start - words[start - 1].end <= LONGEST_PAUSE:
            for cut in range(starts[i - 1] + 2, start):
                assert not fits(list(words[cut:end]))


def test_a_lone_last_word_gets_words_of_the_cue_before() -> None:
    text = "We drew the whole machine on paper and then we argued about every single sheet of them."
    made = transcript(("S1", text))
    assert [" ".join(lines) for *_, lines in read_vtt(vtt(made, shares=False))][-1] == "them."
    cues = [" ".join(lines) for *_, lines in read_vtt(vtt(made))]
    assert cues[-1] == "of them."
    assert " ".join(cues) == text


def test_cues_break_at_clauses_and_last_long_enough_to_read() -> None:
    made = transcript(
        (
            "S1",
            "We drew the whole machine on paper, and then we argued about every single sheet of it. Then we stopped.",
        ),
        ("S2", "Internationalization."),
    )
    cues = read_vtt(vtt(made))
    assert [lines for *_, lines in cues] == [
        ["We drew the whole machine on paper,"],
        ["and then we argued about every", "single sheet of it. Then we stopped."],
        ["Internationalization."],
    ]
    start, end, *_ = cues[-1]
    assert end - start == pytest.approx(len("Internationalization.") / CHARACTERS_PER_SECOND, abs=0.001)


def test_srt_numbers_cues_and_prefixes_the_first_with_the_label() -> None:
    made = transcript(("S1", "Hello Bob, how are you?"), ("S2", "Fine --> thanks."))
    assert srt(made) == (
        "1\n00:00:00,500 --> 00:00:02,400\nAda: Hello Bob, how are you?\n\n"
        "2\n00:00:02,900 --> 00:00:04,000\nBob: Fine -> thanks.\n"
    )


def test_a_transcript_without_turns_is_a_valid_file() -> None:
    assert vtt(transcript()) == "WEBVTT\n"
    assert srt(transcript()) == ""


@pytest.mark.parametrize("name", ["A > B & <C>", "Line\nbreak"])
def test_names_are_escaped_in_voice_tags(name: str) -> None:
    made = transcript(("S1", "Hi."), speakers=(Speaker("S1", name),))
    assert [voice for _, _, voice, _ in read_vtt(vtt(made))] == [" ".join(name.split())]


def test_words_an_editor_moved_next_to_each_other_are_in_cues_of_their_own_time() -> None:
    second = [Word("that", 5.0, 5.3), Word("came", 5.4, 5.6), Word("after", 5.7, 6.0)]
    first = [Word("this", 1.0, 1.3), Word("was", 1.4, 1.6), Word("before", 1.7, 2.0)]
    talk = transcript(("S1", "x"), speakers=(ADA,))
    cues = read_vtt(vtt(replace(talk, turns=(Turn("S1", (*second, *first)),))))
    assert [(start, lines) for start, _, _, lines in cues] == [(1.0, ["this was before"]), (5.0, ["that came after"])]
    assert cues[0][1] <= 5.0


def test_the_label_is_on_the_first_cue_of_a_turn_in_which_an_editor_moved_words() -> None:
    words = (Word("that", 5.0, 5.3), Word("came", 5.4, 5.6), Word("before", 1.0, 1.3), Word("this", 1.4, 1.6))
    made = replace(transcript(("S1", "x"), speakers=(ADA,)), turns=(Turn("S1", words),))
    assert srt(made).splitlines()[2::4] == ["Ada: before this", "that came"]
