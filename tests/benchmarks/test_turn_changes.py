"""Attribution errors near a change of speaker, counted by hand."""

from __future__ import annotations

from benchmarks.diarization.turn_changes import AttributedWord, AttributionErrors, by_text, by_time, count_errors

# A speaks until 2.0, B from 2.2; b's words begin one word too early, and one far from the change is a's.
WORDS = [(f"w{i}", 0.4 * i, 0.4 * i + 0.3, who) for i, who in enumerate("aaaa" + "b" + "bbbbb" + "a" + "bbb")]


def test_errors_are_counted_near_changes_and_overall() -> None:
    words = [AttributedWord(start, end, who, "A" if i < 5 else "B") for i, (_, start, end, who) in enumerate(WORDS)]
    # The change is at (1.9 + 2.0) / 2 = 1.95; words from 1.2 to 2.7 touch the second around it: w3 (ends 1.5) … w6.
    assert count_errors(words) == AttributionErrors(near=4, near_wrong=1, words=14, wrong=2)


def test_words_missing_from_the_reference_do_not_count() -> None:
    words = by_text([("hi", 0, 1, "x"), ("um", 1, 2, "x"), ("yes", 2, 3, "y")], [("A", "hi"), ("B", "yes")])
    assert [word.speaker for word in words] == ["A", None, "B"]
    assert count_errors(words) == AttributionErrors(2, 0, 2, 0)
    assert count_errors([]) == AttributionErrors(0, 0, 0, 0)


def test_by_time_words_in_overlapping_speech_do_not_count() -> None:
    words = by_time([("a", 0, 1, "x"), ("b", 1, 2, "x"), ("c", 3, 4, "x")], [(0, 2, "A"), (1, 2, "B")])
    assert [word.speaker for word in words] == ["A", None, None]
