"""Edited text against timed words: small examples by hand, random edits by property."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transcripts import PACE, transcript, turn
from transcribe.alignment.moves import add_moves
from transcribe.alignment.realign import RealignedTurn, realign
from transcribe.alignment.text_diff import matches
from transcribe.transcript import Word

VOCABULARY = "we all said that the well of packages is deep and the yes".split()


def timed(text: str) -> list[Word]:
    """The words of `text`, each 0.3 s long, one every 0.4 s from 0."""
    return list(turn("S1", text).words)


def one(text: str, words: list[Word]) -> RealignedTurn:
    return realign([text], [words]).turns[0]


def test_unedited_text_keeps_every_word() -> None:
    words = timed("Well, the well is deep.")
    result = one("Well, the\nwell is  deep.", words)
    assert result.words == tuple(words)
    assert result.origins == (0, 1, 2, 3, 4)
    assert result.changed == 0


def test_a_replaced_word_takes_the_time_of_the_word_it_replaces() -> None:
    result = one("ask Haïkel again", timed("ask high again"))
    assert result.words[1] == Word("Haïkel", 0.4, 0.7, 1.0)
    assert (result.words[0], result.words[2]) == (timed("ask")[0], timed("a b again")[2])
    assert result.changed == 1


def test_case_and_commas_keep_time_and_probability() -> None:
    words = [Word("so", 1.0, 1.2, 0.4), Word("yes", 1.3, 1.6, 0.5)]
    assert one("So, yes.", words).words == (Word("So,", 1.0, 1.2, 0.4), Word("yes.", 1.3, 1.6, 0.5))


def test_one_word_for_two_spans_both() -> None:
    assert one("a podcast here", timed("a pod cast here")).words[1] == Word("podcast", 0.4, 1.1)


def test_two_words_for_one_divide_its_time_by_letters() -> None:
    result = one("the Open Stack way", [Word("the", 0, 1), Word("OpenStacks", 2.0, 2.9), Word("way", 3, 4)])
    assert result.words[1:3] == (Word("Open", 2.0, 2.4), Word("Stack", 2.4, 2.9))


def test_an_inserted_word_is_timed_in_the_gap_and_moves_no_other() -> None:
    words = timed("we met in Norway")
    result = one("we first met in Norway", words)
    assert [word for word in result.words if word.text != "first"] == words
    inserted = result.words[1]
    assert words[0].end <= inserted.start <= inserted.end <= words[1].start
    assert result.origins[1] is None


def test_an_inserted_passage_has_a_natural_length_in_a_long_pause() -> None:
    result = one("before the great silence after", [Word("before", 0, 1), Word("after", 11, 12)])
    assert result.words[1].start == pytest.approx(6.0 - 0.035 * len("thegreatsilence"))
    assert result.words[3].end == pytest.approx(6.0 + 0.035 * len("thegreatsilence"))


def test_words_inserted_at_the_end_of_a_turn_stay_next_to_it() -> None:
    words = [Word("one", 0, 1), Word("two", 1, 2), Word("three", 9, 10)]
    first, second = realign(["one two plus", "minus three"], [words]).turns
    assert first.words[2].start == pytest.approx(2.0)
    assert second.words[0].end == pytest.approx(9.0)


def test_deleted_words_are_counted_and_do_not_move_others() -> None:
    words = timed("I mean you know it is deep")
    result = one("it is deep", words)
    assert result.words == tuple(words[4:])
    assert result.changed == 4


def test_of_a_repeated_word_the_one_next_to_its_neighbours_is_kept() -> None:
    words = [Word("I've", 0.0, 0.3), Word("well,", 0.3, 0.6), Word("I've", 3.0, 3.2), Word("had", 3.2, 3.5)]
    assert one("I've had", words).words == tuple(words[2:])
    words = [Word("and", 0.0, 0.3), Word("so", 0.3, 0.6), Word("um", 3.0, 3.2), Word("so", 3.2, 3.5), Word("it", 6, 7)]
    assert one("and so it", words).words == (words[0], words[1], words[4])


def test_notes_get_no_length_unless_the_recogniser_wrote_them() -> None:
    words = timed("yes we can")
    yes, *rest = one("yes [the OpenStack Foundation, that is] we can", words).words
    assert (yes, tuple(rest[-2:])) == (words[0], tuple(words[1:]))
    assert " ".join(word.text for word in rest[:-2]) == "[the OpenStack Foundation, that is]"
    assert {(word.start, word.end) for word in rest[:-2]} == {(yes.end, yes.end)}
    assert one("[Music] yes", timed("[Music] yes")).words == tuple(timed("[Music] yes"))
    assert [word.text for word in one("an [open bracket", timed("an open bracket")).words] == ["an", "[open", "bracket"]


@pytest.mark.parametrize(
    "edited",
    [
        "hundreds [laughs], of them",
        "hundreds of them [pause]!",
        "hundreds? [she laughs]. Of them",
        "hundreds ([a lot]), of them",
        '"hundreds [laughs]." Of them',
        "[laughs], hundreds of them",
        "hundreds [laughs][coughs], of them",
        "hundreds [a] [b] - of them",
    ],
)
def test_notes_are_words_that_take_no_time_from_others(edited: str) -> None:
    words = timed("hundreds of them")
    result = one(edited, words)
    assert " ".join(word.text for word in result.words) == edited
    assert [word.start for word in result.words if word.end > word.start] == [word.start for word in words]
    assert all(a.start <= b.start for a, b in pairwise(result.words))
    assert one(edited, list(result.words)).words == result.words
    assert one("hundreds of them", list(result.words)).words == tuple(words)


def test_a_turn_of_notes_alone_stands_between_its_neighbours() -> None:
    words = timed("so it is")
    turns = realign(["so", "[laughs]", "it is", "[coughs]"], [words]).turns
    assert [turn.has_speech for turn in turns] == [True, False, True, False]
    assert [turn.words[0].start for turn in turns] == [words[0].start, words[1].start, words[1].start, words[2].end]


def test_a_word_printed_as_several_tokens_is_one_word_again() -> None:
    words = [Word("well—really", 0, 1), Word("It’s", 1, 2)]
    result = realign(["well - really It's"], [words], forms=lambda text: (text.replace("—", " - ").replace("’", "'"),))
    assert result.turns[0].words == tuple(words)


def test_a_free_standing_dash_is_appended_to_the_word_before() -> None:
    result = one("well - really", timed("well really"))
    assert [(word.text, word.start) for word in result.words] == [("well -", 0.0), ("really", PACE)]
    assert one("well - really", list(result.words)).words == result.words


def test_split_and_merged_turns_keep_every_word() -> None:
    talk = transcript(("S1", "we said so and then"), ("S2", "it was done"))
    words = list(talk.words)
    split = realign(["we said", "so and then", "it was done"], [words]).turns
    assert [word for result in split for word in result.words] == words
    assert realign(["we said so and then it was done"], [words]).turns[0].words == tuple(words)


def test_a_moved_turn_keeps_its_times() -> None:
    talk = transcript(("S1", "the first thing that was ever said"), ("S2", "quite another matter for our second guest"))
    one, two = talk.turns
    moved = realign([two.text, one.text], [turn.words for turn in talk.turns]).turns
    assert [result.words for result in moved] == [two.words, one.words]


def test_a_turn_merged_from_overlapping_speech_keeps_its_times() -> None:
    words = [*timed("a long answer without an end"), Word("mm-hm", 0.5, 0.7)]
    assert one("a long answer without an end mm-hm", words).words == tuple(words)


def test_a_word_added_where_time_falls_belongs_to_the_word_before_it() -> None:
    words = timed("we went home at night and so did all the others of us")
    second, first = words[6:], words[:6]
    result = one(" ".join(word.text for word in [*second, Word("too", 0, 1), *first]), words)
    assert result.words[: len(second)] == tuple(second)
    assert result.words[len(second) + 1 :] == tuple(first)
    assert result.words[len(second)].start == second[-1].end


def reordered(commons: list[list[str]], n_turns: int, chance: random.Random) -> tuple[list[Word], list[Word]]:
    """The words of sentences in another order, in other turns: as they were spoken, and as they are timed afterwards.

    Every fourth word is a common one, which other sentences may have as well; the others are a sentence's own.
    """
    sentences = [[word if i % 4 == 3 else f"w{k}x{i}" for i, word in enumerate(row)] for k, row in enumerate(commons)]
    rest = iter(timed(" ".join(f"{' '.join(row)}." for row in sentences)))
    spoken = [[next(rest) for _ in row] for row in sentences]
    turns: list[list[Word]] = [[] for _ in range(n_turns)]
    for k, row in enumerate(spoken):
        turns[k * n_turns // len(spoken)] += row
    chance.shuffle(spoken)
    edited: list[list[Word]] = [[] for _ in range(n_turns)]
    for row in spoken:
        edited[chance.randrange(n_turns)] += row
    result = realign([" ".join(word.text for word in turn) for turn in edited], turns)
    return [word for turn in edited for word in turn], [word for row in result.turns for word in row.words]


COMMON = "the and of it so".split()
SENTENCES = st.lists(st.lists(st.sampled_from(COMMON), min_size=4, max_size=12), min_size=2, max_size=12)


@given(SENTENCES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_sentences_in_another_order_keep_their_times(
    commons: list[list[str]], n_turns: int, chance: random.Random
) -> None:
    """To the millisecond, inside a turn and from one to another."""
    for before, after in zip(*reordered(commons, n_turns, chance), strict=True):
        assert after == before or before.text.strip(".") in COMMON


def test_hardly_a_common_word_takes_the_times_of_another() -> None:
    """98 of 100 words keep their times, the common ones included."""
    chance = random.Random(7)
    kept = []
    for _ in range(200):
        commons = [chance.choices(COMMON, k=chance.randint(4, 12)) for _ in range(chance.randint(2, 12))]
        before, after = reordered(commons, chance.randint(1, 4), chance)
        kept += [one == other for one, other in zip(before, after, strict=True)]
    assert sum(kept) >= 0.98 * len(kept)


def test_a_word_between_moved_sentences_is_not_spread_over_what_was_deleted_elsewhere() -> None:
    sentences = [[f"w{n}x{k}" for k in range(9)] for n in range(4)]
    words = timed(" ".join(word for row in sentences for word in row))
    first, second, third, fourth = sentences
    edited = [*first, "indeed", *fourth, *second[:3], *second[6:], *third]
    (turn,) = realign([" ".join(edited)], [words]).turns
    added = turn.words[len(first)]
    assert added.text == "indeed"
    assert added.end - added.start <= 0.07 * len("indeed") + 1e-6
    assert turn.words[len(first) - 1].end <= added.start < added.end <= turn.words[len(first) + 1].start


def test_the_work_grows_with_the_length() -> None:
    """Shuffled sentences of 4 words, the shortest that count: the comparisons of words, counted by the words."""

    class Counted(str):
        comparisons = 0
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            Counted.comparisons += 1
            return str.__eq__(self, other)  # type: ignore[arg-type]

        __hash__ = str.__hash__

    def comparisons(n_sentences: int) -> int:
        chance = random.Random(3)
        old = [[Counted(f"w{i}x{k}") for k in range(3)] + [Counted("the")] for i in range(n_sentences)]
        new = [[Counted(word) for word in row] for row in old]
        chance.shuffle(new)
        flat = [word for row in old for word in row], [word for row in new for word in row]
        Counted.comparisons = 0
        add_moves(*flat, matches(*flat))
        return Counted.comparisons

    assert comparisons(4000) < 2.6 * comparisons(2000)


def test_a_word_of_two_tokens_that_overlaps_the_next_is_kept() -> None:
    words = [Word("again -", 0.0, 1.0), Word("yes", 0.2, 0.6)]
    assert one("again - yes", words).words == tuple(words)


def test_overlap_ratio_separates_another_text_from_a_hard_edit() -> None:
    words = timed("the package was in the first place a thing of the past and of the very long road to a distribution")
    other = "a release is the kind of a thing the team has to a point and in the end of the day was not as the"
    edited = "The package was at first a thing of the past, and of the long road to Fedora."
    assert realign([other], [words]).overlap_ratio == 0.0
    assert realign([edited], [words]).overlap_ratio > 0.5
    assert realign([""], [words]).overlap_ratio == 1.0


@given(st.lists(st.lists(st.sampled_from([*VOCABULARY, "-", "[note]", "new"]), max_size=12), min_size=1, max_size=4))
def test_no_word_is_lost_and_times_rise_but_at_moves(turns: list[list[str]]) -> None:
    words = timed(" ".join(VOCABULARY * 2))
    for tokens, result in zip(turns, realign([" ".join(tokens) for tokens in turns], [words]).turns, strict=True):
        assert " ".join(word.text for word in result.words).split() == tokens
        assert len(result.origins) == len(result.words)
        for (a, before), (b, after) in pairwise(zip(result.words, result.origins, strict=True)):
            assert a.start <= b.start or before is None or (after is not None and after < before)


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_edits_keep_the_unedited_words(seed: int) -> None:
    chance = random.Random(seed)
    words = timed(" ".join(f"w{chance.randrange(900)}" for _ in range(3000)))
    edited: list[Word | str] = list(words)
    for edit in range(200):
        i, kind = chance.randrange(len(edited)), chance.randrange(3)
        if kind == 0:
            edited[i] = f"new{edit}"
        elif kind == 1:
            del edited[i : i + chance.randrange(1, 4)]
        else:
            edited[i:i] = [f"put{edit}x{k}" for k in range(chance.randrange(1, 4))]
    text = " ".join(item if isinstance(item, str) else item.text for item in edited)
    result = one(text, words)
    assert len(result.words) == len(edited)
    untouched = [(item, word) for item, word in zip(edited, result.words, strict=True) if isinstance(item, Word)]
    assert [word for item, word in untouched] == [item for item, _ in untouched]
    assert all(a.start <= b.start for a, b in pairwise(result.words))


def test_replaced_words_get_nearly_their_true_times() -> None:
    """Up to five words recognised as one: the median error of their times is under 120 ms."""
    chance = random.Random(7)
    words, clock = [], 0.0
    for _ in range(2000):  # lengths as in speech: 50 ms and 55 a letter, a third more or less, a pause now and then
        letters = chance.choice((1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 9))
        length = (0.05 + 0.055 * letters) * chance.uniform(0.67, 1.33)
        words.append(Word("x" * letters, clock, clock + length))
        clock += length + (chance.uniform(0.1, 0.6) if chance.random() < 0.1 else 0.0)
    errors = []
    for first in range(10, 1900, 7):
        run = words[first : first + chance.randrange(1, 6)]
        heard = [*words[first - 9 : first], Word("misheard", run[0].start, run[-1].end)]
        rest = words[first + len(run) : first + len(run) + 5]
        tokens = ([f"a{i}" for i in range(9)], [f"b{i}" for i in range(len(rest))])
        texts = [*tokens[0], "misheard", *tokens[1]]
        heard = [Word(text, w.start, w.end) for text, w in zip(texts, [*heard, *rest], strict=True)]
        result = one(" ".join([*tokens[0], *(word.text for word in run), *tokens[1]]), heard)
        errors += [abs(new.start - true.start) for new, true in zip(result.words[9:], run, strict=False)]
    assert sorted(errors)[len(errors) // 2] < 0.12
