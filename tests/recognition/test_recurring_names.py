"""A mishearing that was corrected in one place, in the other places of the same words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.samples import Audio
from tests.support.counting import counting
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.words import said, text
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.glossary_correction import replace_spans
from transcribe.recognition.name_biasing import recover_names
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.recurring_names import NameSpan, with_recurring

NAMES = ("Kimi Räikkönen", "Haikel Guemar", "Mark Weaver")


def corrected(words: str, *spans: tuple[int, int, str], names: tuple[str, ...] = NAMES) -> str:
    given_words = said(words)
    found = with_recurring(given_words, [NameSpan(*span) for span in spans], names)
    return text(replace_spans(given_words, found)[0])


def test_the_same_words_are_the_same_name() -> None:
    heard = "here is Ray Conan. How unlucky for Ray Conan's team, ray Conan said"
    once = corrected(heard, (2, 4, "Räikkönen"))
    assert once == heard.replace("Ray Conan", "Räikkönen", 1)  # in one of three places
    twice = corrected(heard, (2, 4, "Räikkönen"), (7, 9, "Räikkönen"))
    assert twice == "here is Räikkönen. How unlucky for Räikkönen's team, Räikkönen said"


def test_a_part_of_a_corrected_name_counts_where_it_sounds_alike() -> None:
    heard = "Kimmy Rikonen leads. They pass Rikonen! Kimmy waves, and Hicks does"
    assert (
        corrected(heard, (0, 2, "Kimi Räikkönen"))
        == "Kimi Räikkönen leads. They pass Räikkönen! Kimi waves, and Hicks does"
    )
    heard = "the Zed Rikonen team, and Zed."
    assert corrected(heard, (1, 3, "Kimi Räikkönen")) == "the Kimi Räikkönen team, and Zed."


def test_ordinary_words_and_given_names_are_not_one_name() -> None:
    """Of which there may be others."""
    for heard, name in (("weaver", "Weaver"), ("Kristen", "Kristin"), ("open stack", "OpenStack"), ("Abe", "Ape")):
        words = f"we saw {heard} and then {heard} again"
        n = len(heard.split())
        assert corrected(words, (2, 2 + n, name)) == words.replace(heard, name, 1)


def test_a_spelling_of_the_glossary_stays() -> None:
    """It was wrong here, but is somebody's name."""
    words = "so Gomar said, and Gomar left"
    assert corrected(words, (1, 2, "Guemar")) == "so Guemar said, and Guemar left"
    assert corrected(words, (1, 2, "Guemar"), names=("Haikel Guemar", "Ana Gomar")) == "so Guemar said, and Gomar left"


def test_what_was_two_names_is_none_elsewhere() -> None:
    words = "so Noba said, and Noba left, for Noba and Noba"
    assert corrected(words, (1, 2, "Nova"), (4, 5, "Norba")) == "so Nova said, and Norba left, for Noba and Noba"
    assert corrected(words, (1, 2, "Nova"), (4, 5, "Nova")) == "so Nova said, and Nova left, for Nova and Nova"


def test_marks_inside_end_a_name() -> None:
    words = "Ray Conan is here. It is Ray. Conan, and Ray Conan"
    assert corrected(words, (0, 2, "Räikkönen")) == "Räikkönen is here. It is Ray. Conan, and Räikkönen"


WORDS = st.lists(st.sampled_from("Ray Conan Conan's Rikonen, Kimmy noba we. saw".split()), min_size=2, max_size=25)


@given(WORDS, st.data())
def test_spans_are_in_order_and_those_that_were_found_stay(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    stop = data.draw(st.integers(first + 1, min(len(words), first + 3)))
    span = NameSpan(first, stop, data.draw(st.sampled_from(["Räikkönen", "Kimi Räikkönen", "Nova"])))
    timed = said(" ".join(words))
    found = with_recurring(timed, [span], NAMES)
    assert span in found
    assert all(one.first < one.stop <= other.first for one, other in pairwise(found))
    assert with_recurring(timed, [], NAMES) == []
    assert with_recurring(timed, found, NAMES) == found  # once more, nothing is left


def test_the_other_place_is_corrected_though_it_was_sure() -> None:
    """And is told as a correction."""
    words = (*said("so Noba said", probability=0.5), *said("that Noba left", start=10, probability=0.98))
    chunks = tuple(ChunkEvidence(start, start + 8, 8.0, 3, 0.0, -0.2, 0.0, 1.0, 1) for start in (0.0, 10.0))
    recognizer = ScriptedRecognizer(lambda _: Reading(said("so Nova said"), -0.3, 0.0))
    silence = Audio.from_samples(np.zeros(20 * 16_000, np.float32))
    found = recover_names(
        silence, Recognition(words, "en", (), chunks), recognizer, glossary=Glossary().with_names(["Nova"])
    )
    assert text(found.words) == "so Nova said that Nova left"
    assert [(each.heard, each.written) for each in found.corrections] == [("Noba", "Nova")] * 2


def test_the_work_grows_with_the_words_however_many_phrases_begin_alike() -> None:
    def work(n: int) -> int:
        words = said(" ".join(f"Ray Xan{i}" for i in range(n)))
        spans = [NameSpan(2 * i, 2 * i + 2, f"Nova{i}") for i in range(n)]
        with counting() as calls:
            assert with_recurring(words, spans, NAMES) == spans
        return calls["python"] + calls["c"]

    assert work(400) < 2.2 * work(200)
