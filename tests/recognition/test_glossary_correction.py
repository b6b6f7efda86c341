"""Corrections by the glossary: by hand and by property."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.support.words as made_up
from tests.support.words import text
from transcribe.recognition.glossary import Glossary, parse
from transcribe.recognition.glossary_correction import correct_words
from transcribe.transcript import Word

said = partial(made_up.said, step=0.5, pause=0.1, probability=0.6)


class TestCorrections:
    glossary = parse(
        "Pieter Wuille\nwooler, Will -> Wuille\nsentos -> CentOS\ntriple -> Triple O\npod caster -> podcaster\n"
        "amelia and mackie, amelia -> Emilien Macchi\nlowe's foot -> Lowfoot\n"
    )

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("Then Wooler, or (wooler) said", "Then Wuille, or (Wuille) said"),
            ("Wooler's idea, the Woolers' house", "Wuille's idea, the Woolers' house"),
            ("wooler’s “wooler.”", "Wuille’s “Wuille.”"),
            ("Woolery prewooler wooler-like", "Woolery prewooler wooler-like"),
            ("I will ask Will. WILL?", "I will ask Wuille. Wuille?"),
            ("SENTOS runs. Sentos!", "CentOS runs. CentOS!"),
            ("A pod caster. Pod caster of the year", "A podcaster. Podcaster of the year"),
            ("Amelia and Mackie know Amelia", "Emilien Macchi know Emilien Macchi"),
            ("Amelia, and Mackie", "Emilien Macchi, and Mackie"),
            ("Triple O is triple", "Triple O is Triple O"),
            ("at Lowe's foot", "at Lowfoot"),
            ("Pieter Wuille and nobody", "Pieter Wuille and nobody"),
            ("", ""),
        ],
    )
    def test_by_hand(self, before: str, after: str) -> None:
        words, corrections = correct_words(said(before), self.glossary)
        assert text(words) == after
        assert bool(corrections) == (before != after)

    def test_a_correction_is_recorded_and_keeps_the_time(self) -> None:
        words, (first, second) = correct_words(said("Yes, Amelia and Mackie's wooler."), self.glossary)
        assert (first.start, first.end) == (0.5, 1.9)
        assert (first.heard, first.written) == ("Amelia and Mackie", "Emilien Macchi")
        assert (second.start, second.end, second.heard, second.written) == (2.0, 2.4, "wooler", "Wuille")
        assert words[1].text == "Emilien"
        assert words[1].start == 0.5
        assert words[1].end == words[2].start == pytest.approx(0.5 + 1.4 * 7 / 15, abs=0.001)
        assert words[2] == Word("Macchi's", words[1].end, 1.9, 0.6)

    @given(st.lists(st.sampled_from("wooler, Will will sentos's (triple O. amelia and mackie so".split()), max_size=12))
    def test_the_corrections_account_for_every_change(self, texts: list[str]) -> None:
        before = said(" ".join(texts))
        after, corrections = correct_words(before, self.glossary)
        changed = [w for w in before if any(c.start <= w.start and w.end <= c.end for c in corrections)]
        heard = " ".join(c.heard for c in corrections)
        assert sum(len(c.heard.split()) for c in corrections) == len(changed)
        assert all(part in text(changed) for part in heard.split())
        kept = [w for w in before if w not in changed]
        assert [w for w in after if w in kept] == kept
        assert all(a.start <= a.end <= b.start for a, b in pairwise(after))

    @given(st.lists(st.sampled_from("a b c d a. (b c's".split()), max_size=10))
    def test_a_glossary_without_mishearings_changes_nothing(self, texts: list[str]) -> None:
        words = said(" ".join(texts))
        for glossary in (Glossary(), parse("A, B C\nd")):
            assert correct_words(words, glossary) == (words, ())
