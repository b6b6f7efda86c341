"""What speaks for and against a reading, and fillers: by hand and by property."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.words import said, text
from transcribe.recognition.engines import Reading
from transcribe.recognition.fillers import remove_fillers
from transcribe.recognition.reading_quality import (
    agreeing_words,
    collapse_loops,
    is_acceptable,
    outside_speech,
    remove_overlap,
    untranscribed_speech,
)
from transcribe.recognition.vad import Chunk, Region
from transcribe.recognition.word_timing import extend_to_speech_end, snap_to_speech
from transcribe.transcript import Word


class TestFillers:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("I, uh, think so.", "I think so."),
            ("Um, regular, please.", "Regular, please."),
            ("Yes. Uh, no.", "Yes. No."),
            ("We went to the, um.", "We went to the."),
            ("Is it, er, ready?", "Is it ready?"),
            ("Is that it, uh?", "Is that it?"),
            ("Right. Uhm... what now?", "Right. What now?"),
            ("and uh the rest", "and the rest"),
            ("Uh, um, hello.", "Hello."),
            ('Um, "quoted" words', '"Quoted" words'),
            ("Um.", ""),
            ("the ER, the UM campus, uh-huh, summer, her", "the ER, the UM campus, uh-huh, summer, her"),
        ],
    )
    def test_by_hand(self, before: str, after: str) -> None:
        assert text(remove_fillers(said(before), language="en")) == after

    def test_german_um_is_a_word(self) -> None:
        assert text(remove_fillers(said("um zehn kommt er, uh, heim"), language="de")) == "um zehn kommt er heim"

    @given(st.lists(st.sampled_from(["uh,", "Um", "er.", "so,", "we", "Go.", "uhm?", "and"]), max_size=12))
    def test_nothing_else_is_lost_and_twice_is_once(self, texts: list[str]) -> None:
        words = said(" ".join(texts))
        once = remove_fillers(words, language="en")
        assert remove_fillers(once, language="en") == once
        bare = [re.sub(r"\W", "", t).lower() for t in texts]
        assert [re.sub(r"\W", "", w.text).lower() for w in once] == [b for b in bare if b in {"so", "we", "go", "and"}]
        times = {(word.start, word.end) for word in words}
        assert all((word.start, word.end) in times for word in once)


class TestEvidence:
    def test_a_missing_sentence_is_a_hole(self) -> None:
        chunk = Chunk(0.0, 12.0, (Region(0.4, 4.0), Region(4.5, 8.0), Region(9.0, 11.6)))
        words = (*said("this is said", start=0.5, step=0.5), *said("and this too", start=9.0, step=0.8))
        (hole,) = untranscribed_speech(words, chunk)
        assert hole.start == pytest.approx(2.0)  # "said" is over after its own half second
        assert hole.end == 9.0

    def test_a_long_pause_is_none(self) -> None:
        chunk = Chunk(0.0, 12.0, (Region(0.4, 2.0), Region(9.0, 11.6)))
        words = (*said("this is said", start=0.5, step=0.5), *said("and this too", start=9.0, step=0.8))
        assert untranscribed_speech(words, chunk) == ()

    def test_a_chunk_without_words_is_one_hole(self) -> None:
        assert untranscribed_speech((), Chunk(1.0, 6.0, (Region(1.4, 5.6),))) == (Region(1.0, 6.0),)

    def test_a_loop_is_kept_once_and_said_where(self) -> None:
        words = said("well " + "thank you so much " * 5 + "bye", step=0.5)
        kept, cut = collapse_loops(words)
        assert text(kept) == "well thank you so much bye"
        assert cut == (Region(2.5, 10.5),)

    @pytest.mark.parametrize("phrase", ["no, no, no, no.", "I know, I know, I know.", "twenty twenty", ""])
    def test_what_people_repeat_is_no_loop(self, phrase: str) -> None:
        assert collapse_loops(said(phrase)) == (said(phrase), ())

    @given(st.lists(st.sampled_from("ab"), max_size=30))
    def test_no_loop_of_one_phrase_survives(self, letters: list[str]) -> None:
        kept, _ = collapse_loops(said(" ".join(letters)))
        runs = [len(list(group)) for _, group in itertools.groupby(word.text for word in kept)]
        assert all(run < 14 for run in runs)
        assert len(kept) <= len(letters)

    def test_a_reading_that_is_unsure_fast_empty_or_looping_is_not_sound(self) -> None:
        good = Reading(said("so we went on"), -0.4, 0.05)
        assert is_acceptable(good, 2.0)
        assert not is_acceptable(Reading(good.words, -0.95, 0.05), 2.0)
        assert not is_acceptable(Reading(good.words, -0.4, 0.7), 2.0)
        assert not is_acceptable(Reading((), -0.4, 0.05), 2.0)
        assert not is_acceptable(good, 0.5)
        assert not is_acceptable(Reading(said("on and " * 9), -0.2, 0.05), 10.0)

    def test_what_stands_already_is_not_put_in_again(self) -> None:
        before, after = said("I have had it."), said("I am done now.")
        assert text(remove_overlap(before, said("had it! Really I am"), after)) == "Really"
        assert remove_overlap(before, said("I have had it"), after) == ()
        assert text(remove_overlap((), said("all new"), ())) == "all new"
        here, later = said("I see, you know, what this is."), said("so I went and you know")
        assert remove_overlap(here[:4], said("you know"), ()) == ()
        assert text(remove_overlap(here, said("you know"), later)) == "you know"  # two words come again soon
        assert remove_overlap((), said("went"), later) == ()

    def test_a_word_is_put_where_it_is_spoken(self) -> None:
        regions = (Region(0.5, 1.0), Region(4.0, 6.0))
        first, last = snap_to_speech((Word("So", 0.5, 4.3), Word("there.", 4.3, 4.9)), regions)
        assert (first.start, first.end) == (3.95, 4.3)  # it starts the sentence: after the pause
        assert last == Word("there.", 4.3, 4.9)
        first, last = snap_to_speech((Word("over", 0.5, 0.7), Word("there.", 0.7, 4.9)), regions)
        assert (last.start, last.end) == (0.7, 1.05)  # it ends the sentence: before the pause

    @given(
        st.lists(st.tuples(st.floats(0, 29), st.floats(0, 8)), max_size=12),
        st.lists(st.floats(0.1, 3), max_size=12),
    )
    def test_settled_words_keep_their_order_and_do_not_overlap(
        self, raw: list[tuple[float, float]], lengths: list[float]
    ) -> None:
        words = [Word("word", start, start + length) for start, length in sorted(raw)]
        edges = np.cumsum(lengths)
        regions = [Region(round(a, 3), round(b, 3)) for a, b in pairwise(edges)][::2]
        found = snap_to_speech(words, [region for region in regions if region.end > region.start])
        assert [word.text for word in found] == [word.text for word in words]
        assert all(0 <= word.start <= word.end for word in found)
        assert all(a.end <= b.start for a, b in pairwise(found))
        assert all(new.end <= old.end and new.start <= old.end for new, old in zip(found, words, strict=True))

    def test_a_sentence_s_last_word_may_be_the_whole_of_a_later_stretch(self) -> None:
        regions = (Region(0.5, 1.0), Region(1.5, 2.0), Region(4.0, 6.0))
        _, word = snap_to_speech((Word("the", 0.5, 0.7), Word("link.", 0.7, 1.9)), regions)
        assert (word.start, word.end) == (1.45, 1.9)  # what is said from 1.5 to 2.0 is over with it
        _, word = snap_to_speech((Word("the", 0.5, 0.7), Word("link.", 0.7, 4.3)), regions)
        assert (word.start, word.end) == (0.7, 1.05)  # at 4.3 the next one starts

    def test_a_word_before_a_pause_reaches_to_the_end_of_its_speech(self) -> None:
        regions = (Region(0.5, 2.0), Region(3.0, 9.0))
        first, second, third, last = (Word("a", 0.5, 1.0), Word("b", 1.0, 1.6), Word("c", 3, 4), Word("d", 8, 8.4))
        found = extend_to_speech_end((first, second, third, last), regions)
        assert found == (first, replace(second, end=2.0), third, last)  # .4 s more; none inside; .6 s is too much

    def test_agreed_words_are_the_same_at_the_same_time(self) -> None:
        words = (Word("Right,", 10.2, 12.1), Word("so", 12.1, 12.3), Word("you", 14.0, 14.2))
        others = (Word("right", 11.5, 12.2), Word("go", 12.1, 12.3), Word("You", 14.6, 14.8))
        assert agreeing_words(words, others) == words[:1]

    def test_a_word_in_silence_is_unheard(self) -> None:
        words = (Word("near", 2.3, 2.6), Word("far", 5.0, 5.3))
        assert outside_speech(words, (Region(1.0, 2.0),)) == [False, True]
