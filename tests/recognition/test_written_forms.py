"""Addresses, days, years and telephone numbers as an editor types them, and ordinary sentences that stay."""

import re

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from tests.support.growth import assert_time_in_proportion
from transcribe.recognition.written_forms import write_forms
from transcribe.transcript import Word


def words_of(text: str) -> list[Word]:
    return [Word(token, i, i + 0.5, 0.9) for i, token in enumerate(text.split())]


def written(text: str) -> str:
    return " ".join(word.text for word in write_forms(words_of(text), language="en")[0])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        # mail
        ("info at example dot org", "info@example.org"),
        ("Email us at podcast at example dot org, or call.", "Email us at podcast@example.org, or call."),
        ("email me, which is ondalia at riseup dot net. I know", "email me, which is ondalia@riseup.net. I know"),
        ("Address: jane dot doe at mail dot example dot co dot uk.", "Address: jane.doe@mail.example.co.uk."),
        ("Send it to jane underscore doe at example.org!", "Send it to jane_doe@example.org!"),
        ("Write to (support at example dot com).", "Write to (support@example.com)."),
        ("The email went to everyone at example dot net.", "The email went to everyone at example.net."),
        ("Email is dead, and Bob at example dot net agrees.", "Email is dead, and Bob at example.net agrees."),
        # pages
        ("Go to example dot com slash docs.", "Go to example.com/docs."),
        ("See Example.com forward slash Docs slash first dash steps.", "See Example.com/docs/first-steps."),
        ("visit www dot example dot com today", "visit www.example.com today"),
        ("https colon slash slash example dot com slash it", "https://example.com slash it"),
        ("It is live at example dot com.", "It is live at example.com."),
        ("More info at example dot org.", "More info at example.org."),
        ("Then look at example dot org.", "Then look at example.org."),
        # days and years
        ("On March twenty-sixth, nineteen eighty four, we met.", "On March 26th, 1984, we met."),
        ("the twenty first of June and May third", "the 21st of June and May third"),
        ("on May third and October ninth", "on May 3rd and October 9th"),
        ("from nineteen fourteen to nineteen eighteen, not", "from 1914 to 1918, not"),
        ("between twenty ten and twenty fifteen we", "between 2010 and 2015 we"),
        ("The twelfth of December, twenty twelve", "The 12th of December, 2012"),
        ("June second we left, by June third nineteen ten.", "June 2nd we left, by June 3rd 1910."),
        ("mail jane at example dot com or bob at example dot com", "mail jane@example.com or bob@example.com"),
        ("since nineteen oh five, in twenty twenty-one", "since 1905, in 2021"),
        # telephone numbers
        ("Call five five five, one two three four.", "Call 555-1234."),
        ("My number is one, 800, double five five, 12 34.", "My number is 1-800-555-1234."),
        ("dial eight hundred five five five oh one nine nine", "dial 800-555-0199"),
    ],
)
def test_what_was_spelled_out_is_written(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the dot com bubble, a dot com company, an amazon dot com gift card",
        "We use dot net, and port it to Microsoft dot net.",
        "a Tor dot onion address, a vector dot product, and dot dot",
        "This is M slash 84 slash zero, or Microsoft slash GitHub.",
        "We met at nine at the dot. Look at it. At dot com.",
        "my great page dot com is old",
        "You may third the motion, march first, and second of all.",
        "in twenty minutes, nineteen eighty cases, in nineteen hundred, in twenty fifty",
        "in twenty thirty minutes, after nineteen twenty years, by twenty twelve people",
        "In twenty thirty second clips, by twenty ten pound notes, in nineteen eighty something",
        "between twenty ten and three, from twenty to thirty, between twenty ten and twenty twelve people",
        "In June fourth quarter results came, and by May third party apps were gone.",
        "In August first and foremost we rest. On March fifth grade pupils sang.",
        "We celebrate the Fourth of July.",
        "In March second graders and in April first responders came.",
        "Number one two three four five six seven eight.",
        "call one two three four five six seven",
        "phone 12 34 56 78 90, or 911 two times",
        "eighty percent of five to eight days, three thousand dollars",
        "info@example.org and example.com/docs and 555-1234",
    ],
)
def test_ordinary_sentences_stay(text: str) -> None:
    words = words_of(text)
    assert write_forms(words, language="en") == (tuple(words), ())


def test_other_languages_stay() -> None:
    words = words_of("info at example dot org")
    assert write_forms(words, language="nl") == (tuple(words), ())


def test_a_form_is_one_word_as_doubtful_as_the_worst_and_is_recorded() -> None:
    words = [
        Word("“Info", 1.0, 1.2, 0.9, error=0.1),
        Word("at", 1.2, 1.3, 0.4, error=0.3),
        Word("example", 1.5, 1.9, 0.8),
        Word("dot", 1.9, 2.0, 0.8),
        Word("org.”", 2.0, 2.5, 0.8, error=0.2),
    ]
    (word,), (correction,) = write_forms(words, language="en")
    assert word == Word("“info@example.org.”", 1.0, 2.5, 0.4, error=0.3)
    assert (correction.start, correction.end) == (1.0, 2.5)
    assert (correction.heard, correction.written) == ("Info at example dot org", "info@example.org")


KEYS = "at dot slash dash www https colon of in to email call info example com org net double oh".split()
KEYS += "May March first twenty thirty-first sixth nineteen eighty four 5 555 1234 hundred example.org @ the a".split()
TOKENS = st.builds(str.__add__, st.sampled_from(KEYS), st.sampled_from(["", "", "", "", ",", ".", "?"]))


@profile(max_examples=50)
@given(st.lists(TOKENS, max_size=14))
def test_nothing_is_lost_and_a_second_time_changes_nothing(tokens: list[str]) -> None:
    words = words_of(" ".join(tokens))
    once, corrections = write_forms(words, language="en")
    assert write_forms(once, language="en") == (once, ())
    changed = [each for each in once if each not in words]
    assert [(c.start, c.end) for c in corrections] == [(word.start, word.end) for word in changed]
    for each, correction in zip(changed, corrections, strict=True):
        covered = [word for word in words if each.start <= word.start and word.end <= each.end]
        assert (covered[0].start, covered[-1].end) == (each.start, each.end)
        assert bare(correction.heard) == bare(" ".join(word.text for word in covered))
        assert bare(correction.written) == bare(each.text)
    kept = [word for word in once if word not in changed]
    inside = [word for word in words if any(c.start <= word.start < c.end for c in corrections)]
    assert sorted([*kept, *inside], key=lambda word: word.start) == words


@profile(max_examples=20)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1), max_size=12))
def test_unrelated_words_stay(texts: list[str]) -> None:
    tokens = [token for text in texts for token in text.split()]
    words = words_of(" ".join(tokens))
    if not {"dot", "slash", "at", "@"} & {re.sub(r"\W", "", token).lower() or token for token in tokens}:
        assert write_forms(words, language="en") == (tuple(words), ())


@pytest.mark.parametrize("part", ["a dot ", "example dot com slash ", "call five "])
def test_time_grows_with_the_number_of_words(part: str) -> None:
    assert_time_in_proportion(written, lambda n: part * (n // 10 // len(part)))


def bare(text: str) -> str:
    return re.sub(r"[^\w@]", "", text)
