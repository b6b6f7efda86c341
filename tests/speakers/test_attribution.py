"""Words to speakers: hand-made conversations, and what must hold whatever the input."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.speakers.attribution import attribute, find_overlaps
from transcribe.transcript import Doubt, SpeakerSpan, Turn, Word
from transcribe.transcript_warnings import DoubtReason


def words_in(text: str, *, start: float = 0.0, gap: float = 0.0) -> list[Word]:
    """Words of 0.3 s, `gap` seconds apart; a "|" is a pause of a second."""
    words, now = [], start
    for token in text.split():
        if token == "|":
            now += 1.0
            continue
        words.append(Word(token, now, now + 0.3))
        now += 0.3 + gap
    return words


def spans(*rows: tuple[float, float, str]) -> list[SpeakerSpan]:
    return [SpeakerSpan(*row) for row in rows]


def lines_of(turns: tuple[Turn, ...]) -> list[str]:
    return [f"{turn.speaker}: {turn.text}" for turn in turns]


def test_each_word_goes_to_the_speaker_of_its_time() -> None:
    words = words_in("How are you? Very well indeed. Good.")
    turns = attribute(words, spans((0, 0.9, "S1"), (0.9, 1.8, "S2"), (1.8, 2.1, "S1")))
    assert lines_of(turns) == ["S1: How are you?", "S2: Very well indeed.", "S1: Good."]


@pytest.mark.parametrize("shift", [-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
def test_a_boundary_a_word_off_moves_to_the_end_of_the_sentence(shift: float) -> None:
    words = words_in("So what did you do then? Well I went home and slept.")
    turns = attribute(words, spans((0, 1.8 + shift, "S1"), (1.8 + shift, 4, "S2")))
    assert lines_of(turns) == ["S1: So what did you do then?", "S2: Well I went home and slept."]


@pytest.mark.parametrize("shift", [-0.25, 0.25])
def test_a_boundary_a_little_off_moves_to_the_pause(shift: float) -> None:
    words = words_in("and then we went | no we did not")
    turns = attribute(words, spans((0, 1.2 + shift, "S1"), (1.2 + shift, 5, "S2")))
    assert lines_of(turns) == ["S1: and then we went", "S2: no we did not"]


def test_a_change_within_a_sentence_needs_clear_evidence() -> None:
    words = words_in("one two three four five six seven eight nine ten")
    turns = attribute(words, spans((0, 1.5, "S1"), (1.5, 3, "S2")))
    assert lines_of(turns) == ["S1: one two three four five", "S2: six seven eight nine ten"]


def test_a_yes_between_sentences_keeps_its_speaker() -> None:
    words = words_in("We moved to Delft. Yeah. It was cold there.")
    turns = attribute(words, spans((0, 1.2, "S1"), (1.2, 1.5, "S2"), (1.5, 3, "S1")))
    assert lines_of(turns) == ["S1: We moved to Delft.", "S2: Yeah.", "S1: It was cold there."]


def test_a_yes_between_pauses_keeps_its_speaker() -> None:
    words = words_in("we moved to Delft | right | it was cold there")
    turns = attribute(words, spans((0, 1.2, "S1"), (2.1, 2.6, "S2"), (3.4, 5, "S1")))
    assert lines_of(turns) == ["S1: we moved to Delft", "S2: right", "S1: it was cold there"]


def test_one_word_of_another_voice_within_a_sentence_changes_nothing() -> None:
    words = words_in("we moved to a small town near Delft that year")
    turns = attribute(words, spans((0, 1.2, "S1"), (1.2, 1.5, "S2"), (1.5, 3, "S1")))
    assert len(turns) == 1


def test_a_tie_changes_nothing() -> None:
    words = words_in("One thing. Both of us said this together. Then I went on.")
    turns = attribute(words, spans((0, 4, "S1"), (0.6, 2.4, "S2")))
    assert {turn.speaker for turn in turns} == {"S1"}


def test_overlapping_words_go_to_the_dominant_speaker() -> None:
    words = words_in("We left early. No wait a moment please. It was cold there.")
    both = spans((0, 3.6, "S1"), (0.9, 2.4, "S2"))
    assert len(attribute(words, both, background=spans((0.9, 2.4, "S2")))) == 1
    turns = attribute(words, both, background=spans((0.9, 2.4, "S1")))
    assert lines_of(turns) == ["S1: We left early.", "S2: No wait a moment please.", "S1: It was cold there."]


def test_a_short_overlap_within_a_sentence_changes_nothing() -> None:
    words = words_in("we moved to a small town near Delft that year")
    both = spans((0, 3, "S1"), (1.2, 1.8, "S2"))
    assert len(attribute(words, both, background=spans((1.2, 1.8, "S1")))) == 1


def test_a_background_speaker_who_speaks_alone_gets_the_words() -> None:
    words = words_in("How are you? Very well.")
    spoken_spans = spans((0, 0.9, "S1"), (0.9, 1.5, "S2"))
    assert lines_of(attribute(words, spoken_spans, background=spoken_spans)) == lines_of(attribute(words, spoken_spans))


def test_an_abbreviation_ends_no_sentence() -> None:
    words = words_in("I asked Dr. Smith about it for a very long time")
    turns = attribute(words, spans((0, 1.2, "S1"), (1.2, 4, "S2")))
    assert lines_of(turns)[0] != "S1: I asked Dr."


def test_a_word_outside_all_spans_goes_to_the_nearest() -> None:
    words = [Word("Hm.", 10.0, 10.2)]
    assert attribute(words, spans((0, 4, "S1"), (10.9, 12, "S2")))[0].speaker == "S2"
    assert attribute(words, spans((0, 9.5, "S1"), (10.9, 12, "S2")))[0].speaker == "S1"
    assert attribute(words, spans((5000, 6000, "S2"), (9000, 9001, "S1")))[0].speaker == "S2"


def test_without_spans_there_is_one_speaker() -> None:
    assert lines_of(attribute(words_in("Hello there."), [])) == ["S1: Hello there."]


def test_no_words_give_no_turns() -> None:
    assert attribute([], spans((0, 1, "S1"))) == ()


def test_words_out_of_order_are_put_in_order() -> None:
    words = [Word("two", 1, 1.2), Word("one", 0, 0.2), Word("three", 1, 1.1)]
    assert attribute(words, [])[0].text == "one two three"


HUNDREDTHS = st.integers(0, 2_000).map(lambda n: n / 100)
TEXTS = st.sampled_from(["yes", "Yes.", "and,", "why?", "…", "Dr."])
WORDS = st.lists(st.builds(lambda t, s, d: Word(t, s, s + d), TEXTS, HUNDREDTHS, st.floats(0, 3)), max_size=40)
SPANS = st.lists(
    st.builds(lambda s, d, who: SpeakerSpan(s, s + d, who), HUNDREDTHS, st.floats(0, 9), st.sampled_from("ABC")),
    max_size=12,
)


@given(WORDS, SPANS, SPANS)
def test_every_word_appears_once_and_in_order(
    words: list[Word], spoken_spans: list[SpeakerSpan], behind: list[SpeakerSpan]
) -> None:
    known = {span.speaker for span in spoken_spans}
    turns = attribute(words, spoken_spans, background=[span for span in behind if span.speaker in known])
    attributed = [word for turn in turns for word in turn.words]
    assert attributed == sorted(words, key=lambda word: word.start)
    assert {turn.speaker for turn in turns} <= ({span.speaker for span in spoken_spans} or {"S1"})
    assert all(before.speaker != after.speaker for before, after in pairwise(turns))
    assert all(before.start <= after.start for before, after in pairwise(turns))


@given(WORDS, SPANS, st.integers(1, 10_000))
def test_a_shift_in_time_changes_nothing(words: list[Word], spoken_spans: list[SpeakerSpan], shift: int) -> None:
    later = [Word(word.text, word.start + shift, word.end + shift) for word in words]
    spans_later = [SpeakerSpan(span.start + shift, span.end + shift, span.speaker) for span in spoken_spans]
    ours, theirs = attribute(words, spoken_spans), attribute(later, spans_later)
    assert [turn.text for turn in ours] == [turn.text for turn in theirs]


@given(WORDS, SPANS)
def test_a_single_speaker_gets_every_word(words: list[Word], spoken_spans: list[SpeakerSpan]) -> None:
    alone = [SpeakerSpan(span.start, span.end, "A") for span in spoken_spans]
    assert len(attribute(words, alone)) <= 1


@given(st.lists(st.integers(3, 9), min_size=1, max_size=8))
def test_clean_turns_are_reproduced(sizes: list[int]) -> None:
    words, spoken_spans, now = [], [], 0.0
    for number, size in enumerate(sizes):
        sentence = words_in(" ".join(["so"] * (size - 1) + ["there."]), start=now)
        spoken_spans.append(SpeakerSpan(now, sentence[-1].end, "AB"[number % 2]))
        words += sentence
        now = sentence[-1].end + 0.2
    turns = attribute(words, spoken_spans)
    assert [len(turn.words) for turn in turns] == sizes
    assert [turn.speaker for turn in turns] == [span.speaker for span in spoken_spans]


def test_overlaps_are_marked_from_word_to_word() -> None:
    words = words_in("no | I said that we never did | that")  # at 0, 1.3, 1.6, 1.9, 2.2, 2.5, 2.8 and 4.1
    found = find_overlaps(words, spans((0, 2.0, "S1"), (1.5, 3.1, "S2"), (4.0, 4.5, "S1")))
    assert found == (Doubt(1.3, 2.2, DoubtReason.OVERLAP),)


def test_close_overlaps_merge_and_short_or_wordless_ones_are_dropped() -> None:
    words = words_in("a b c d e f g h i j | | | | |")
    near = spans((0, 3, "S1"), (0.3, 0.9, "S2"), (1.5, 2.1, "S3"))
    assert find_overlaps(words, near) == (Doubt(0.3, 2.1, DoubtReason.OVERLAP),)
    assert find_overlaps(words, spans((0, 1.0, "S1"), (0.7, 3, "S2"))) == ()
    assert find_overlaps(words, spans((5, 7, "S1"), (5, 7, "S2"))) == ()
    assert find_overlaps([], spans((0, 3, "S1"), (0, 3, "S2"))) == ()
    assert find_overlaps(words, []) == ()


_TENTHS = st.integers(0, 60).map(lambda tenths: tenths / 10)
_STRETCH = st.tuples(_TENTHS, st.integers(1, 30).map(lambda tenths: tenths / 10))


@given(
    st.lists(_STRETCH, max_size=8).map(lambda rows: [Word("w", start, start + length) for start, length in rows]),
    st.lists(st.tuples(_STRETCH, st.sampled_from("ABC")), max_size=6),
)
def test_overlaps_are_disjoint_ordered_and_contain_an_overlapped_word(
    words: list[Word], rows: list[tuple[tuple[float, float], str]]
) -> None:
    spoken_spans = [SpeakerSpan(start, start + length, speaker) for (start, length), speaker in rows]
    found = find_overlaps(words, spoken_spans)
    assert all(later.start > earlier.end for earlier, later in pairwise(found))
    shared = [
        (max(a.start, b.start), min(a.end, b.end))
        for a in spoken_spans
        for b in spoken_spans
        if a.speaker < b.speaker and min(a.end, b.end) - max(a.start, b.start) > 0.45
    ]
    for start, end in shared:
        for word in words:
            if word.start < end and word.end > start:
                assert any(doubt.start <= word.start and word.end <= doubt.end for doubt in found)
    for doubt in found:
        assert doubt.start in {word.start for word in words}
        assert doubt.end in {word.end for word in words}
