"""What is quoted, reported or supposed, in sentences written for these tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.speakers.reported_speech import Quotes, is_reported, is_supposed


@pytest.mark.parametrize(
    "text",
    [
        'She shouted "come on, *Nora" from the stairs.',
        "He rang me and said, *Nora is late.",
        "And my boss goes, hey, *Nora, sit down.",
        "Then I was like, okay, *Nora, enough.",
        "They would tell people, *Nora did it.",
        "A neighbour asked me, so, *Nora, what now?",
        "I keep thinking, well, *Nora, you are old.",
    ],
)
def test_the_words_of_others_are_reported(text: str) -> None:
    assert is_reported(text.replace("*", ""), text.index("*"), Quotes.of(text.replace("*", "")))


@pytest.mark.parametrize(
    "text",
    [
        "I have to say, *Nora, that was good.",
        "What would you say, *Nora?",
        "Let me ask you, *Nora, about the sea.",
        "Tell me, *Nora, how it began.",
        'He called it "the pit". *Nora, what is it?',
        "We are back. *Nora, welcome.",
        'A mark that is never closed " quotes nothing. *Nora?' + " And on." * 400,
    ],
)
def test_what_is_said_to_somebody_here_is_not(text: str) -> None:
    assert not is_reported(text.replace("*", ""), text.index("*"), Quotes.of(text.replace("*", "")))


@pytest.mark.parametrize("before", ["if ", "Imagine, ", "let's say ", "because ", "Suppose "])
def test_a_supposition_introduces_nobody(before: str) -> None:
    assert is_supposed(f"So {before}I'm Nora", len(f"So {before}"))
    assert not is_supposed("Hello there. I'm Nora", len("Hello there. "))


@given(st.text(alphabet='ab “”"', max_size=80))
def test_quotes_are_disjoint_and_in_order(text: str) -> None:
    quotes = Quotes.of(text)
    bounds = [offset for pair in zip(quotes.starts, quotes.ends, strict=True) for offset in pair]
    assert bounds == sorted(bounds)
    assert len(set(bounds)) == len(bounds)
    inside = [offset for offset in range(len(text)) if quotes.enclose(offset)]
    assert len(inside) == sum(end - start for start, end in zip(quotes.starts, quotes.ends, strict=True))
