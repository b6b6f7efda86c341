"""The times of a text's words by what was heard: words in both, words of one only, moved ones, and other recordings."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.intervals import Interval
from tests.support.counting import counting
from tests.support.random_talk import random_talk, rewritten
from tests.support.words import said
from transcribe.alignment.tokens import letters
from transcribe.posts.timing import Hearing, Timing, time_text
from transcribe.recognition.forced_alignment import LONG
from transcribe.transcript import Word

STEP = 0.3


def nothing(words: list[Word], passage: tuple[int, int], bounds: Interval) -> list[tuple[int, int]]:
    """Finds no passage on the sound."""
    return []


def hearing(words: list[str], find: object = nothing, speech: tuple[Interval, ...] | None = None) -> Hearing:
    """What is heard if somebody says these words at a steady pace."""
    heard = said(" ".join(words), step=STEP)
    whole = ((0.0, STEP * len(words)),)
    return Hearing(heard, whole if speech is None else speech, STEP * len(words), find)  # type: ignore[arg-type]


def timed(timing: Timing) -> list[Word]:
    return [word for turn in timing.turns for word in turn]


def in_turns(words: list[str], size: int = 17) -> list[str]:
    return [" ".join(words[i : i + size]) for i in range(0, len(words), size)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("share", [0.0, 0.2, 0.4])
def test_words_an_editor_did_not_touch_are_when_they_were_heard(seed: int, share: float) -> None:
    chance = random.Random(seed)
    spoken = random_talk(chance, 400)
    rows = rewritten(spoken, share, chance)
    timing = time_text(in_turns([word for word, _ in rows]), hearing(spoken))
    words = timed(timing)
    assert [word.text for word in words] == [word for word, _ in rows]
    errors = sorted(abs(word.start - STEP * at) for word, (_, at) in zip(words, rows, strict=True) if at is not None)
    assert timing.is_same
    assert errors[len(errors) // 2] < 0.05
    assert errors[9 * len(errors) // 10] < 2 * STEP
    assert not timing.unspoken
    assert not timing.unwritten


@pytest.mark.parametrize("seed", range(5))
def test_every_word_is_timed_or_listed_and_every_passage_heard_is_written_or_listed(seed: int) -> None:
    chance = random.Random(seed)
    spoken, intro, cut = random_talk(chance, 300), random_talk(chance, 40), random_talk(chance, 50)
    heard = spoken[:100] + cut + spoken[100:]
    text = intro + spoken
    timing = time_text(in_turns(text), hearing(heard, speech=((0.0, 105.0),)))
    assert list(timing.texts) == text
    (unspoken,) = timing.unspoken
    assert abs(unspoken.first) + abs(unspoken.last - 40) <= 6
    assert unspoken.at < 0.5
    (unwritten,) = timing.unwritten
    assert abs(unwritten.start - 100 * STEP) < 5 * STEP
    assert abs(unwritten.end - 150 * STEP) < 5 * STEP
    assert abs(unwritten.after - 140) < 6
    assert len(timed(timing)) == len(text) - (unspoken.last - unspoken.first)


def test_a_passage_that_was_heard_by_nobody_is_looked_for_in_the_speech_without_words() -> None:
    chance = random.Random(3)
    spoken = random_talk(chance, 300)
    looked: list[Interval] = []

    def find(words: list[Word], passage: tuple[int, int], bounds: Interval) -> list[tuple[int, int]]:
        looked.append(bounds)
        assert all(bounds[0] - 0.01 <= word.start <= bounds[1] for word in words[slice(*passage)])
        return [passage]

    whole = hearing(spoken)
    lost = Hearing((*whole.words[:100], *whole.words[130:]), whole.speech, whole.duration, find)
    timing = time_text(in_turns(spoken), lost)
    assert not timing.unspoken
    (bounds,) = looked
    assert bounds == pytest.approx((100 * STEP, 130 * STEP), abs=3 * STEP)
    errors = [abs(word.start - STEP * at) for at, word in enumerate(timed(timing))]
    assert max(errors) < 3  # spread over the speech


@pytest.mark.parametrize("repeated", ["the", "and so we"])
def test_a_lost_passage_is_looked_for_where_the_silence_is(repeated: str) -> None:
    looked: list[Interval] = []

    def find(words: list[Word], passage: tuple[int, int], bounds: Interval) -> list[tuple[int, int]]:
        looked.append(bounds)
        return [passage]

    again = repeated.split()
    spoken = [*random_talk(random.Random(14), 60), *again, *random_talk(random.Random(15), 20), *again]
    spoken += random_talk(random.Random(16), 60)
    whole, n = hearing(spoken), len(again)
    lost = Hearing((*whole.words[:60], *whole.words[80 + n :]), whole.speech, whole.duration, find)
    timing = time_text([" ".join(spoken)], lost)
    assert looked == [pytest.approx((60 * STEP, (80 + n) * STEP))]
    assert not timing.unspoken
    assert max(abs(word.start - STEP * at) for at, word in enumerate(timed(timing))) < 3


def test_a_passage_without_room_is_not_looked_for() -> None:
    def find(words: list[Word], passage: tuple[int, int], bounds: Interval) -> list[tuple[int, int]]:
        raise AssertionError

    spoken, added = random_talk(random.Random(4), 200), random_talk(random.Random(5), 3 * LONG)
    timing = time_text([" ".join(spoken[:90] + added + spoken[90:])], hearing(spoken, find))
    assert sum(one.last - one.first for one in timing.unspoken) >= 2 * LONG


@pytest.mark.parametrize(("count", "listed"), [(8, 0), (20, 20)])
def test_an_own_sentence_stands_for_what_was_said_and_an_own_paragraph_does_not(count: int, listed: int) -> None:
    spoken, own = random_talk(random.Random(7), 200), [f"edited{i}" for i in range(count)]
    text = spoken[:90] + own + spoken[90 + count :]
    timing = time_text([" ".join(text)], hearing(spoken))
    assert sum(one.last - one.first for one in timing.unspoken) == listed
    assert sum(len(one.words) for one in timing.unwritten) == listed
    assert [word.text for word in timed(timing)] == (text if not listed else spoken[:90] + spoken[90 + count :])


def test_an_edit_next_to_an_added_paragraph_is_no_part_of_it() -> None:
    spoken, added = random_talk(random.Random(8), 100), random_talk(random.Random(9), 30)
    texts = [" ".join([*spoken[:48], "one", "two"]), " ".join(added), " ".join(["three", *spoken[51:]])]
    timing = time_text(texts, hearing(spoken))
    assert [(one.first, one.last) for one in timing.unspoken] == [(50, 80)]
    assert [word.text for word in timed(timing)] == " ".join([texts[0], texts[2]]).split()


def test_a_passage_that_was_moved_has_its_own_times() -> None:
    spoken = random_talk(random.Random(6), 300)
    text = spoken[:50] + spoken[200:240] + spoken[50:200] + spoken[240:]
    timing = time_text([" ".join(spoken[:50]), " ".join(text[50:90]), " ".join(text[90:])], hearing(spoken))
    assert not timing.unspoken
    assert not timing.unwritten
    moved = timing.turns[1]
    assert moved[20].start == pytest.approx(220 * STEP, abs=0.01)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("count", [15, 60, 400])
def test_another_recording_is_told_and_not_listened_to(seed: int, count: int) -> None:
    def find(words: list[Word], passage: tuple[int, int], bounds: Interval) -> list[tuple[int, int]]:
        raise AssertionError

    chance = random.Random(seed)
    assert not time_text(in_turns(random_talk(chance, count)), hearing(random_talk(chance, 500), find)).is_same


WORDS = st.lists(st.sampled_from([*"abcdefgh", "I'm", "well—", "[noise]"]), max_size=60)


@given(spoken=WORDS, said_before=WORDS, edits=st.lists(st.tuples(st.integers(0, 99), WORDS), max_size=4))
def test_the_words_of_any_text_are_timed_or_listed_in_its_order(
    spoken: list[str], said_before: list[str], edits: list[tuple[int, list[str]]]
) -> None:
    text = list(spoken)
    for at, words in edits:
        text[at : at + len(words) // 2] = words
    timing = time_text(in_turns(text, 7), hearing([*said_before, *spoken], lambda words, passage, bounds: [passage]))
    unspoken = [i for one in timing.unspoken for i in range(one.first, one.last)]
    assert unspoken == sorted(set(unspoken))
    left = [word for i, word in enumerate(timing.texts) if i not in set(unspoken)]
    assert [word.text for word in timed(timing) if not word.text.startswith("[")] == [
        word for word in left if not word.startswith("[")
    ]
    assert "".join(letters(word) for word in timing.texts) in "".join(letters(word) for word in text) or "[" in str(
        text
    )
    assert all(0 <= word.start <= word.end for word in timed(timing))
    heard_twice = [word for one in timing.unwritten for word in one.words]
    assert len(heard_twice) == len({word.start for word in heard_twice})


@pytest.mark.parametrize("texts", [["one two"], ["", "one"], ["[laughs]"], ["- ..."]])
def test_few_words_are_timed_or_of_another_recording(texts: list[str]) -> None:
    timing = time_text(texts, hearing(["one", "two"]))
    assert timing.is_same == ("one" in " ".join(texts))


@pytest.mark.parametrize("word", ["a", "edited7", "a b c d e f g"])
def test_the_work_grows_with_the_length(word: str) -> None:
    def calls(count: int) -> int:
        spoken = random_talk(random.Random(9), count)
        text = [part for i, one in enumerate(spoken) for part in ([one] if i // 30 % 2 else [word])]
        with counting() as made:
            time_text(in_turns(text), hearing(spoken))
        return made.total()

    assert calls(4_000) < 6 * calls(1_000)
