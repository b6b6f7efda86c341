"""Sentences across the borders of chunks: words in, words out, and what must stay."""

import re

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from transcribe.recognition.sentence_joins import join_sentences
from transcribe.transcript import Word

BORDER, LONG, SHORT = "|", "~", "-"  # a chunk begins; a second of silence; half a second


def words_of(text: str) -> tuple[list[Word], list[float]]:
    """The words of a text, a second each, and where its chunks start."""
    words: list[Word] = []
    starts, time = [0.0], 0.0
    for token in text.split():
        if token == BORDER:
            starts.append(time)
        elif token in (LONG, SHORT):
            time += {LONG: 1.0, SHORT: 0.5}[token]
        else:
            words.append(Word(token, time, time + 1.0))
            time += 1.0
    return words, starts


def joined(text: str, language: str = "en") -> str:
    words, starts = words_of(text)
    return " ".join(word.text for word in join_sentences(words, starts, language=language))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the next chunk goes on in lower case: no end
        ("we swam in the river. | behind the mill every day.", "we swam in the river behind the mill every day."),
        ("he has a boat. | which is old.", "he has a boat, which is old."),
        ("he has a boat. ~ | which is old.", "he has a boat. which is old."),  # a pause: the end stays
        ("he has a boat? | which is old.", "he has a boat? which is old."),  # a question is asked
        ("we met at 8 a.m. | in town.", "we met at 8 a.m. in town."),
        ("well... | maybe not.", "well... maybe not."),
        # a word without an end: the next chunk's capital goes
        ("But | The boats were old.", "But the boats were old."),
        ("If you were serious, | You would go.", "If you were serious, you would go."),
        ("three weeks so | Here's my ticket.", "three weeks so here's my ticket."),
        ("three weeks so | I'd say no.", "three weeks so I'd say no."),
        ("in the old | Town hall.", "in the old Town hall."),  # it may be a name
        ("and then | I said no.", "and then I said no."),
        ("so they asked | Will about it.", "so they asked Will about it."),
        ("a phone. | iPhones sell.", "a phone. iPhones sell."),  # a sentence may begin so
        ("the model | Okay, thank you.", "the model okay, thank you."),
        ("the model ~ | Okay, thank you.", "the model. Okay, thank you."),
        # both sides agree: nothing changes
        ("We went home. | The boats were old.", "We went home. The boats were old."),
        ("we sailed to the | islands.", "we sailed to the islands."),
        # inside a chunk: a piece that was read on its own
        ("that was the advice - You may go.", "that was the advice. You may go."),
        ("we sat and - You know, the ~ | The boat", "we sat and you know, the the boat"),
        ("is that all - Almost the most.", "is that all. Almost the most."),
        ("he writes for - The Mill.", "he writes for The Mill."),  # no sentence ends so
        ("he sold Acme Inc. | in town.", "he sold Acme Inc. in town."),
        ("he saw The Mill on Sunday.", "he saw The Mill on Sunday."),
        ("we swam in the river. behind it.", "we swam in the river. behind it."),
    ],
)
def test_joins(text: str, expected: str) -> None:
    assert joined(text) == expected


def test_other_languages_keep_their_capitals() -> None:
    assert joined("Aber | Die Boote waren alt.", "de") == "Aber Die Boote waren alt."
    assert joined("am 3. | und 4. Mai bzw. | danach.", "de") == "am 3. und 4. Mai bzw. danach."
    assert joined("im Fluss. | hinter der Mühle.", "de") == "im Fluss hinter der Mühle."


TOKENS = st.sampled_from("The the river. which, But you You I Ann... a.m. go? »ja« . , boat 8 家。 | ~ -".split())


@profile(max_examples=50)
@given(st.lists(TOKENS, max_size=12).map(" ".join), st.sampled_from(["en", "de", "ja"]))
def test_times_and_letters_stay_and_a_second_time_changes_nothing(text: str, language: str) -> None:
    words, starts = words_of(text)
    once = join_sentences(words, starts, language=language)
    assert [(w.start, w.end, letters(w)) for w in once] == [(w.start, w.end, letters(w)) for w in words]
    assert join_sentences(once, starts, language=language) == once


@profile(max_examples=30)
@given(st.lists(TOKENS.filter(lambda token: token not in "|~-"), max_size=12))
def test_words_in_one_chunk_without_pauses_stay(tokens: list[str]) -> None:
    words, starts = words_of(" ".join(tokens))
    assert list(join_sentences(words, starts, language="en")) == words


def letters(word: Word) -> str:
    return re.sub(r"[\W_]", "", word.text).lower()
