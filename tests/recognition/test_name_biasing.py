"""Names taken over from prompted readings: by hand and by property; (marked) with the real weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import tests.support.words as made_up
from audio.decoding.decode import Audio, decode
from tests.support.paths import CLIPS
from tests.support.recognition import recognize_all
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.weights import needs_base
from tests.support.words import text
from transcribe.recognition.engines import load
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.models import find_model
from transcribe.recognition.name_biasing import candidate_names, match_names, phonetic_similarity, recover_names
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition
from transcribe.settings import Settings
from transcribe.transcript import Word

Samples = NDArray[np.float32]

said = partial(made_up.said, step=0.5, pause=0.1, probability=0.6)


class TestPhoneticSimilarity:
    @pytest.mark.parametrize(
        ("heard", "name"),
        [("Hake Olgner", "Haikel Guemar"), ("Phasem", "FOSDEM"), ("Ardeo", "RDO"), ("kuber netties", "Kubernetes")],
    )
    def test_a_mishearing_is_similar_and_another_word_is_not(self, heard: str, name: str) -> None:
        assert phonetic_similarity(heard, name) >= 0.6
        assert phonetic_similarity("yesterday", name) < 0.6

    @given(st.text(max_size=12), st.text(max_size=12))
    def test_it_is_between_0_and_1(self, left: str, right: str) -> None:
        assert 0.0 <= phonetic_similarity(left, right) <= 1.0
        assume(any(c.isalnum() for c in left.casefold()))
        assert phonetic_similarity(left, left.swapcase()) in (0.0, 1.0)


NAMES = ("Haikel Guemar", "OpenStack", "Nova", "Will")


def recovered(first: str, prompted: str, *, probability: float = 0.6, names: Sequence[str] = NAMES) -> str:
    """`first` with the names recovered from `prompted`."""
    words = list(said(first, probability=probability))
    spans = match_names(words, said(prompted), names)
    for span in reversed(spans):
        words[span.first : span.stop] = said(span.name)
    return text(words)


class TestMatchNames:
    @pytest.mark.parametrize(
        ("first", "prompted", "after"),
        [
            ("with Hake Olgner, who", "with Haikel Guemar, you", "with Haikel Guemar who"),
            ("Thanks, Hykel. Bye", "Thanks, Haikel. Bye", "Thanks, Haikel Bye"),
            ("the Openstack thing", "the OpenStack thing", "the OpenStack thing"),
            ("open stack is", "OpenStack is", "OpenStack is"),
            ("he will go", "he Will go", "he will go"),  # an ordinary word
            ("so Wil Smith", "so Will Smith", "so Will Smith"),
            ("so WILL went", "so Will went", "so Will went"),  # the first reading heard a name
            ("he will go", "he will go", "he will go"),
            ("over and over", "Nova and over", "over and over"),  # not similar
            ("so we went on", "Nova, Will, OpenStack, Haikel Guemar", "so we went on"),
            ("so we went on to Noba", "Nova", "so we went on to Noba"),  # two seconds apart
            ("", "Nova", ""),
            ("Noba", "", "Noba"),
        ],
    )
    def test_by_hand(self, first: str, prompted: str, after: str) -> None:
        assert recovered(first, prompted) == after

    def test_confident_words_stay(self) -> None:
        assert recovered("Hello Noba again", "Hello Nova again", probability=0.95) == "Hello Noba again"
        assert recovered("Hello nova again", "Hello Nova again", probability=0.95) == "Hello Nova again"
        assert recovered("my haikel again", "my Haikel again", probability=0.95) == "my haikel again"  # part of a name

    @pytest.mark.parametrize(
        ("first", "prompted"),
        [
            ("Right, so", "Wright, so"),
            ("and right then", "and Wright then"),
            ("It was. Right then", "It was. Wright then"),
            ("the green flag", "the Green flag"),
            ("so takes the lead", "Soames the lead"),
            ("and no one owns", "and Noone owns"),
        ],
    )
    def test_ordinary_words_are_no_name(self, first: str, prompted: str) -> None:
        names = ["Wright", "Green", "Soames", "Noone"]
        assert match_names(said(first), said(prompted), names) == []
        assert candidate_names(said(first), names) == {}

    @pytest.mark.parametrize(
        ("heard", "name", "stays"),
        [("Rich", "Richard", True), ("Robert", "Bob", True), ("Nick", "Nicholas Reed", True), ("Sara", "Sarah", False)],
    )
    def test_another_form_of_a_given_name_is_what_was_said(self, heard: str, name: str, *, stays: bool) -> None:
        """Only spellings that sound the same are the name's."""
        given = name.split()[0]
        assert (
            recovered(f"I am {heard} and", f"I am {given} and", names=[name]) == f"I am {heard if stays else given} and"
        )
        assert (candidate_names(said(f"I am {heard} and", probability=0.5), [name]) == {}) is stays

    def test_several_words_that_are_hardly_believed_may_be_a_name(self) -> None:
        assert (
            recovered("for owns so takes", "for Alonso takes", probability=0.3, names=["Alonso"]) == "for Alonso takes"
        )
        assert recovered("for owns takes", "for Alonso takes", probability=0.3, names=["Alonso"]) == "for owns takes"

    def test_a_capital_inside_a_sentence_is_a_name_that_was_heard(self) -> None:
        for first in ("to Mr. Right then", "we saw Right then"):
            prompted = said(first.replace("Right", "Wright"))
            assert [span.name for span in match_names(said(first), prompted, ["Wright"])] == ["Wright"]

    @given(st.lists(st.sampled_from("right so takes no one green, will. about".split()), max_size=12), st.data())
    def test_ordinary_words_stay_whatever_the_names_are(self, texts: list[str], data: st.DataObject) -> None:
        names = ["Wright", "Soames", "Noone", "Green", "Will", "Abbott", "Nott"]
        prompted = [data.draw(st.sampled_from([text, *names])) for text in texts]
        assert match_names(said(" ".join(texts)), said(" ".join(prompted)), names) == []

    @given(st.lists(st.sampled_from("the Noba open stack Hake Olgner, will".split()), max_size=10))
    def test_spans_are_in_order_and_never_empty(self, texts: list[str]) -> None:
        words = said(" ".join(texts))
        prompted = said(" ".join(texts).replace("Noba", "Nova").replace("open stack", "OpenStack"))
        spans = match_names(words, prompted, NAMES)
        assert all(span.first < span.stop <= len(words) for span in spans)
        assert all(a.stop <= b.first for a, b in pairwise(spans))

    def test_only_unsure_words_that_resemble_a_name_are_candidates(self) -> None:
        assert set(candidate_names(said("we asked Noba"), NAMES)) == {"Nova"}
        assert candidate_names(said("we asked Noba", probability=0.9), NAMES) == {}
        assert candidate_names(said("we asked Nova"), NAMES) == {}


def recognition(*texts: str, language: str = "en") -> Recognition:
    """A recognition of chunks ten seconds apart, one for each text."""
    words = [said(content, start=10.0 * i) for i, content in enumerate(texts)]
    chunks = (ChunkEvidence(10.0 * i, 10.0 * i + 8, 8.0, len(w), 0.0, -0.2, 0.0, 1.0, 1) for i, w in enumerate(words))
    return Recognition(tuple(w for chunk in words for w in chunk), language, (), tuple(chunks))


class Prompted(ScriptedRecognizer):
    """Gives the same reading for every window, and records the prompts."""

    def __init__(self, answer: str) -> None:
        super().__init__(lambda _: Reading(said(answer), -0.3, 0.0))
        self.prompts: list[str | None] = []

    def recognize(
        self,
        windows: Iterable[Samples],
        *,
        language: str,
        beam_size: int = 5,
        prompt: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[Reading]:
        self.prompts.append(prompt)
        return super().recognize(windows, language=language, beam_size=beam_size, prompt=prompt)


class TestRecoverNames:
    audio = Audio.from_samples(np.zeros(30 * 16_000, np.float32))

    def test_only_names_change_and_only_doubtful_chunks_are_read(self) -> None:
        first = recognition("so we went on", "so we asked Noba.", "and on")
        recognizer = Prompted("and he asked Nova")
        shares: list[float] = []
        glossary = Glossary().with_names(["Nova", "Ceph"])
        found = recover_names(self.audio, first, recognizer, glossary=glossary, progress=shares.append)
        assert text(found.words) == "so we went on so we asked Nova. and on"
        assert [w.start for w in found.words] == [w.start for w in first.words]
        (correction,) = found.corrections
        assert (correction.start, correction.heard, correction.written) == (11.5, "Noba", "Nova")
        assert recognizer.prompts == ["Nova, Ceph"]
        assert recognizer.window_lengths == [8 * 16_000]
        assert shares == [1.0]
        assert replace(found, words=first.words, corrections=()) == first

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_without_candidates_nothing_is_read(self, language: str) -> None:
        first = recognition("we asked" if language == "en" else "Noba", language=language)
        recognizer = Prompted("Nova")
        assert recover_names(self.audio, first, recognizer, glossary=Glossary().with_names(["Nova"])) is first
        assert recognizer.prompts == []

    def test_the_prompt_has_the_likeliest_names_of_a_long_list(self) -> None:
        many = [f"Stranger{i:03}" for i in range(200)]
        recognizer = Prompted("we asked Nova")
        glossary = Glossary().with_names([*many, "Nova"])
        found = recover_names(self.audio, recognition("we asked Noba"), recognizer, glossary=glossary)
        assert recognizer.prompts == ["Nova"]
        assert text(found.words) == "we asked Nova"


@needs_base
@pytest.mark.models
def test_a_misspelled_name_is_recovered_and_no_other_is_added() -> None:
    audio = decode(CLIPS / "short.mp3")
    settings = Settings(beam_size=1)
    recognizer = load(settings, find_model("base"))
    read = recognize_all(audio, recognizer, settings=settings)  # "Nora" or "Norah", which sound the same
    is_name = [re.search("Norah?", word.text) is not None for word in read.words]
    right, spoiled = (
        tuple(
            replace(word, text=re.sub("Norah?", spelling, word.text), probability=0.5) if named else word
            for word, named in zip(read.words, is_name, strict=True)
        )
        for spelling in ("Nora", "Norrah")
    )
    assert spoiled != right
    glossary = Glossary().with_names(["Haikel Guemar", "Nora", "CentOS", "Keystone", "Rayne"])
    found = recover_names(audio, replace(read, words=spoiled), recognizer, glossary=glossary)
    assert text(found.words) == text(right)
    assert {(c.heard, c.written) for c in found.corrections} == {("Norrah", "Nora")}


def test_a_part_of_a_name_that_is_there_replaces_no_other_word() -> None:
    words = [Word(text, i, i + 0.5, 0.3) for i, text in enumerate("de koude oorlog was".split())]
    prompted = [Word(text, i, i + 0.5, 0.9) for i, text in enumerate("de Oorlog was".split())]
    assert match_names(words, prompted, ["Koude Oorlog"]) == []
