"""Words near a change of speaker, counted by hand."""

from __future__ import annotations

from benchmarks.turn_changes import Told, Wrong, by_text, by_time, count_wrong

# A speaks to 2.0, B from 2.2 on; S2's words begin one too early, and one far from the change is S1's.
WORDS = [(f"w{i}", 0.4 * i, 0.4 * i + 0.3, who) for i, who in enumerate("aaaa" + "b" + "bbbbb" + "a" + "bbb")]


def test_wrong_words_are_counted_near_changes_and_in_all() -> None:
    told = [Told(start, end, given, "A" if i < 5 else "B") for i, (_, start, end, given) in enumerate(WORDS)]
    # The change is at (1.9 + 2.0) / 2 = 1.95; words from 1.2 to 2.7 touch the second around it: w3 (ends 1.5) … w6.
    assert count_wrong(told) == Wrong(near=4, near_wrong=1, words=14, wrong=2)


def test_words_the_reference_lacks_do_not_count() -> None:
    told = by_text([("hi", 0, 1, "x"), ("um", 1, 2, "x"), ("yes", 2, 3, "y")], [("A", "hi"), ("B", "yes")])
    assert [word.whose for word in told] == ["A", None, "B"]
    assert count_wrong(told) == Wrong(2, 0, 2, 0)
    assert count_wrong([]) == Wrong(0, 0, 0, 0)


def test_by_time_only_words_of_one_person_count() -> None:
    told = by_time([("a", 0, 1, "x"), ("b", 1, 2, "x"), ("c", 3, 4, "x")], [(0, 2, "A"), (1, 2, "B")])
    assert [word.whose for word in told] == ["A", None, None]
