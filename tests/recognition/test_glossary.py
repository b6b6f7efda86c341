"""Names and mishearings: the file by hand and by property, corrections by hand, names taken over from scripted
readings; with the real weights (marked) a name that was spoiled on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio.decoding.decode import Audio, decode
from audio.episode import Episode, Person
from tests.support.paths import CLIPS
from tests.support.recognition import recognize_all
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.weights import needs_wheels
from transcribe.errors import SettingsError
from transcribe.recognition.engines import Reading, load
from transcribe.recognition.glossary import Glossary, Term, names_from_metadata, parse, read_glossary
from transcribe.recognition.glossary_correction import correct_words
from transcribe.recognition.models import find_model
from transcribe.recognition.name_biasing import candidate_names, match_names, phonetic_similarity, recover_names
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition
from transcribe.settings import Settings
from transcribe.transcript import Word

Samples = NDArray[np.float32]

FILE = """\ufeff# people

Ada Lovelace, Grace Hopper
- Pieter Wuille          # a bullet, as pasted
Wooler, "Willy" -> Wuille
gray swapper => Grace Hopper
C sharp → C#
"""


def said(text: str, *, probability: float = 0.6, start: float = 0.0) -> tuple[Word, ...]:
    """The words of `text`, one every half second."""
    return tuple(Word(word, start + 0.5 * i, start + 0.5 * i + 0.4, probability) for i, word in enumerate(text.split()))


def text(words: Iterable[Word]) -> str:
    return " ".join(word.text for word in words)


class TestFile:
    def test_a_file_as_people_write_it(self, tmp_path: Path) -> None:
        path = tmp_path / "names.txt"
        path.write_text(FILE, encoding="utf-8")
        assert read_glossary(path).terms == (
            Term("Ada Lovelace"),
            Term("Grace Hopper", ("gray swapper",)),
            Term("Pieter Wuille"),
            Term("Wuille", ("Wooler", "Willy")),
            Term("C#", ("C sharp",)),
        )

    def test_the_same_in_a_table(self, tmp_path: Path) -> None:
        path = tmp_path / "transcribe.toml"
        path.write_text('model = "base"\n[glossary]\nWuille = ["Wooler", "Willy"]\n"Ada L." = []\nCeph = "Seth"\n')
        assert read_glossary(path).terms == (
            Term("Wuille", ("Wooler", "Willy")),
            Term("Ada L."),
            Term("Ceph", ("Seth",)),
        )

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("-> Wuille", "line 2: write `Name`, or `Mishearing, another -> Name`"),
            ("Wooler ->", "line 2: write `Name`"),
            ("Wooler -> Wuille, Willy", "line 2: write `Name`"),
            ("a -> b -> c", "line 2: write `Name`"),
            ("Ada -> Ida", "line 2: 'Ada' cannot stand for 'Ida'"),
            ("(well) -> Wuille", "line 2: '(well)' needs no marks"),
            ("Wooler's -> Wuille", 'line 2: "Wooler\'s" needs no marks or possessive'),
            ("x" * 81, "at most 80 characters"),
            ("!?", "is not a name"),
        ],
    )
    def test_what_cannot_be_meant_names_its_line(self, line: str, message: str) -> None:
        with pytest.raises(SettingsError) as caught:
            parse(f"Ada\n{line}\n", source="names.txt")
        assert message in str(caught.value)
        assert str(caught.value).startswith("names.txt, line 2")

    @pytest.mark.parametrize("content", ["[glossary]\nRDO = 3\n", "[glossary]\nRDO = [1]\n", "glossary = 3\n"])
    def test_a_table_of_something_else(self, content: str, tmp_path: Path) -> None:
        path = tmp_path / "x.toml"
        path.write_text(content)
        with pytest.raises(SettingsError, match=r"x\.toml, \[glossary\]: write"):
            read_glossary(path)

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "x.toml").write_text("[glossary\n")
        (tmp_path / "x.bin").write_bytes(b"\xff\xfe\x00")
        for name, message in (("none", "cannot be read"), ("x.bin", "cannot be read"), ("x.toml", "not valid TOML")):
            with pytest.raises(SettingsError, match=message):
                read_glossary(tmp_path / name)

    @given(st.text(max_size=60))
    def test_any_text_is_read_or_refused(self, content: str) -> None:
        try:
            glossary = parse(content)
        except SettingsError:
            return
        assert all(name.strip() for name in glossary.names)

    @given(st.lists(st.from_regex(r"[A-Za-z][a-z]{0,5}( [A-Z][a-z]{1,5})?", fullmatch=True), max_size=6, unique=True))
    def test_names_come_back_from_their_file(self, names: list[str]) -> None:
        assert parse("\n".join(names)).names == tuple(names)


def test_a_name_that_is_spelled_already_is_not_added() -> None:
    glossary = parse("Ada\nCeph\nSeth -> Ceph").with_names(["ada", "Seth", "Grace", "Grace", "…", "y" * 99])
    assert glossary.names == ("Ada", "Ceph", "Grace")


def test_a_digest_changes_with_what_counts() -> None:
    first, mended = parse("Ada\nSeth -> Ceph"), parse("Ada\nSeth, sef -> Ceph")
    assert len({first.digest, mended.digest, parse("Ada").digest, Glossary().digest}) == 4
    assert (first.digest, Glossary().digest) == (parse("Ada\n# more\nSeth -> Ceph").digest, "")


def test_names_are_found_in_what_the_publisher_says() -> None:
    def titled(title: str) -> tuple[str, ...]:
        return names_from_metadata(Episode(title=title, path=Path("a.mp3")))

    assert titled("Rebuilding CentOS and K8s, with Ada Lovelace") == ("CentOS", "Ada Lovelace")
    assert titled("Interview with Grace Hopper at the RDO meetup") == ("RDO", "Grace Hopper")
    assert titled("How To Talk With Your Plants") == ()
    assert titled("RDO WEEKLY NUMBER 5") == ()
    assert titled("interview-2024_03") == ()
    people = (Person("Ada Lovelace"), Person("Grace Hopper", "guest"))
    episode = Episode(title="Five", audio_url="https://example.org/5.mp3", people=people)
    assert names_from_metadata(episode, ["Rich", "Ada Lovelace"]) == ("Rich", "Ada Lovelace", "Grace Hopper")


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

    def test_each_is_recorded_where_it_stands_and_keeps_its_time(self) -> None:
        words, (first, second) = correct_words(said("Yes, Amelia and Mackie's wooler."), self.glossary)
        assert (first.start, first.end) == (0.5, 1.9)
        assert (first.heard, first.written) == ("Amelia and Mackie", "Emilien Macchi")
        assert (second.start, second.end, second.heard, second.written) == (2.0, 2.4, "wooler", "Wuille")
        assert words[1].text == "Emilien"
        assert words[1].start == 0.5
        assert words[1].end == words[2].start == pytest.approx(0.5 + 1.4 * 7 / 15, abs=0.001)
        assert words[2] == Word("Macchi's", words[1].end, 1.9, 0.6)

    @given(st.lists(st.sampled_from("wooler, Will will sentos's (triple O. amelia and mackie so".split()), max_size=12))
    def test_what_was_heard_and_what_is_written_account_for_every_change(self, texts: list[str]) -> None:
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
    def test_an_empty_glossary_and_one_of_names_change_nothing(self, texts: list[str]) -> None:
        words = said(" ".join(texts))
        for glossary in (Glossary(), parse("A, B C\nd")):
            assert correct_words(words, glossary) == (words, ())


class TestLikeness:
    @pytest.mark.parametrize(
        ("heard", "name"),
        [("Hake Olgner", "Haikel Guemar"), ("Phasem", "FOSDEM"), ("Ardeo", "RDO"), ("kuber netties", "Kubernetes")],
    )
    def test_a_mishearing_is_alike_and_a_stranger_is_not(self, heard: str, name: str) -> None:
        assert phonetic_similarity(heard, name) >= 0.6
        assert phonetic_similarity("yesterday", name) < 0.6

    @given(st.text(max_size=12), st.text(max_size=12))
    def test_it_is_a_share(self, left: str, right: str) -> None:
        assert 0.0 <= phonetic_similarity(left, right) <= 1.0
        assume(any(c.isalnum() for c in left.casefold()))
        assert phonetic_similarity(left, left.swapcase()) in (0.0, 1.0)


NAMES = ("Haikel Guemar", "OpenStack", "Nova", "Will")


def taken(first: str, prompted: str, *, probability: float = 0.6) -> str:
    """`first` with the names taken over from `prompted`."""
    words = list(said(first, probability=probability))
    spans = match_names(words, said(prompted), NAMES)
    for span in reversed(spans):
        words[span.first : span.stop] = said(span.name)
    return text(words)


class TestNamesSaid:
    @pytest.mark.parametrize(
        ("first", "prompted", "after"),
        [
            ("with Hake Olgner, who", "with Haikel Guemar, you", "with Haikel Guemar who"),
            ("Thanks, Hykel. Bye", "Thanks, Haikel. Bye", "Thanks, Haikel Bye"),
            ("the Openstack thing", "the OpenStack thing", "the OpenStack thing"),
            ("open stack is", "OpenStack is", "OpenStack is"),
            ("he will go", "he Will go", "he Will go"),  # the recogniser wrote it so
            ("he will go", "he will go", "he will go"),
            ("over and over", "Nova and over", "over and over"),  # not alike
            ("so we went on", "Nova, Will, OpenStack, Haikel Guemar", "so we went on"),
            ("so we went on to Noba", "Nova", "so we went on to Noba"),  # said two seconds apart
            ("", "Nova", ""),
            ("Noba", "", "Noba"),
        ],
    )
    def test_by_hand(self, first: str, prompted: str, after: str) -> None:
        assert taken(first, prompted) == after

    def test_what_was_heard_for_sure_stands(self) -> None:
        assert taken("Hello Noba again", "Hello Nova again", probability=0.95) == "Hello Noba again"
        assert taken("Hello nova again", "Hello Nova again", probability=0.95) == "Hello Nova again"
        assert taken("my haikel again", "my Haikel again", probability=0.95) == "my haikel again"  # part of a name

    @given(st.lists(st.sampled_from("the Noba open stack Hake Olgner, will".split()), max_size=10))
    def test_spans_are_in_order_and_never_empty(self, texts: list[str]) -> None:
        words = said(" ".join(texts))
        prompted = said(" ".join(texts).replace("Noba", "Nova").replace("open stack", "OpenStack"))
        spans = match_names(words, prompted, NAMES)
        assert all(span.first < span.stop <= len(words) for span in spans)
        assert all(a.stop <= b.first for a, b in pairwise(spans))

    def test_only_what_may_be_a_name_is_worth_a_second_reading(self) -> None:
        assert set(candidate_names(said("we asked Noba"), NAMES)) == {"Nova"}
        assert candidate_names(said("we asked Noba", probability=0.9), NAMES) == {}
        assert candidate_names(said("we asked Nova"), NAMES) == {}


def heard(*texts: str, language: str = "en") -> Recognition:
    """A recognition of chunks ten seconds apart, one for each text."""
    words = [said(content, start=10.0 * i) for i, content in enumerate(texts)]
    chunks = (ChunkEvidence(10.0 * i, 10.0 * i + 8, 8.0, len(w), 0.0, -0.2, 0.0, 1.0, 1) for i, w in enumerate(words))
    return Recognition(tuple(w for chunk in words for w in chunk), language, (), tuple(chunks))


class Prompted(ScriptedRecognizer):
    """Reads the same whatever it is given, and keeps the prompts."""

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


class TestReheard:
    audio = Audio.from_samples(np.zeros(30 * 16_000, np.float32))

    def test_only_names_change_and_only_doubtful_chunks_are_read(self) -> None:
        first = heard("so we went on", "so we asked Noba.", "and on")
        recognizer = Prompted("and he asked Nova")
        shares: list[float] = []
        glossary = Glossary().with_names(["Nova", "Ceph"])
        found = recover_names(self.audio, first, recognizer, glossary=glossary, progress=shares.append)
        assert text(found.words) == "so we went on so we asked Nova. and on"
        assert [w.start for w in found.words] == [w.start for w in first.words]
        (correction,) = found.corrections
        assert (correction.start, correction.heard, correction.written) == (11.5, "Noba", "Nova")
        assert recognizer.prompts == ["Nova, Ceph"]
        assert recognizer.asked == [8 * 16_000]
        assert shares == [1.0]
        assert replace(found, words=first.words, corrections=()) == first

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_nothing_to_ask(self, language: str) -> None:
        first = heard("we asked" if language == "en" else "Noba", language=language)
        recognizer = Prompted("Nova")
        assert recover_names(self.audio, first, recognizer, glossary=Glossary().with_names(["Nova"])) is first
        assert recognizer.prompts == []

    def test_of_a_long_list_the_likeliest_names_are_asked_for(self) -> None:
        many = [f"Stranger{i:03}" for i in range(200)]
        recognizer = Prompted("we asked Nova")
        glossary = Glossary().with_names([*many, "Nova"])
        found = recover_names(self.audio, heard("we asked Noba"), recognizer, glossary=glossary)
        assert recognizer.prompts == ["Nova"]
        assert text(found.words) == "we asked Nova"


@needs_wheels
@pytest.mark.models
def test_a_spoiled_name_is_heard_again_and_strangers_are_not() -> None:
    audio = decode(CLIPS / "short.mp3")
    settings = Settings(beam_size=1)
    recognizer = load(settings, find_model("base"))
    right = recognize_all(audio, recognizer, settings=settings)
    spoiled = replace(
        right,
        words=tuple(
            replace(w, text=w.text.replace("Nora", "Norrah"), probability=0.5) if "Nora" in w.text else w
            for w in right.words
        ),
    )
    assert spoiled.words != right.words
    glossary = Glossary().with_names(["Haikel Guemar", "Nora", "CentOS", "Keystone", "Rayne"])
    found = recover_names(audio, spoiled, recognizer, glossary=glossary)
    assert text(found.words) == text(right.words)
    assert {(c.heard, c.written) for c in found.corrections} == {("Norrah", "Nora")}


def test_a_part_of_a_name_that_is_there_takes_no_word_away() -> None:
    from transcribe.recognition.name_biasing import match_names

    words = [Word(text, i, i + 0.5, 0.3) for i, text in enumerate("de koude oorlog was".split())]
    prompted = [Word(text, i, i + 0.5, 0.9) for i, text in enumerate("de Oorlog was".split())]
    assert match_names(words, prompted, ["Koude Oorlog"]) == []
