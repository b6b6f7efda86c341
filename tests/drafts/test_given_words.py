"""Sync says which words another speaker says now, where no label says so; every word is told once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.parse import parse
from tests.support.synced_talk import edit, talk
from tests.support.transcripts import transcript
from transcribe.alignment.realign import realign
from transcribe.drafts.given_words import given_words
from transcribe.drafts.sync import sync
from transcribe.drafts.transcript_update import update_transcript


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("**B**: It was", "It was"), "the turn at 0:17 is Ada Lovelace's now (was Bob Moog's)"),
        (("**A**: How", "How"), "the turn at 0:12 is Bob Moog's now (was Ada Lovelace's)"),
        (
            ("really.\n\n**Bob**: Thank you Ada,", "really. Thank you Ada,\n\n**Bob**:"),
            "3 words at 0:05 are Ada Lovelace's",
        ),
        (("**A**: How did", "How\n\n**A**: did"), "1 word at 0:12 is Bob Moog's now (was Ada Lovelace's)"),
    ],
)
def test_words_under_another_label_are_told_with_their_time(draft: Path, change: tuple[str, str], told: str) -> None:
    edit(draft, change)
    assert sync(draft).report.startswith(told)
    assert sync(draft).report == "nothing changed"


def test_a_label_that_was_changed_is_counted_and_not_told_again(draft: Path) -> None:
    edit(draft, ("**A**: How", "**B**: How"))
    assert sync(draft).report == "1 turn relabelled"


def test_of_many_passages_the_first_are_told() -> None:
    turns = [(f"S{1 + i % 2}", f"so word{i} and other{i} then") for i in range(28)]
    heard = transcript(*turns)
    source = "\n\n".join(
        text if i % 4 == 1 else f"**{'Ada' if id == 'S1' else 'Bob'}**: {text}" for i, (id, text) in enumerate(turns)
    )
    told = update_transcript(parse(source), heard).report
    assert told.count("the turn at") == 5
    assert told.endswith(", 2 more passages given to others")


WORDS = [word.text for word in talk().words]
OWNERS = [turn.speaker for turn in talk().turns for _ in turn.words]


@given(st.lists(st.sampled_from(["S1", "S2", "S3"]), min_size=1, max_size=8), st.data())
def test_every_word_of_another_speaker_is_in_one_passage(ids: list[str], data: st.DataObject) -> None:
    """The words unchanged, in turns of any speakers that begin anywhere."""
    cuts = sorted(
        data.draw(st.lists(st.integers(1, len(WORDS) - 1), min_size=len(ids) - 1, max_size=len(ids) - 1, unique=True))
    )
    edges = list(zip([0, *cuts], [*cuts, len(WORDS)], strict=True))
    realigned = realign([" ".join(WORDS[a:b]) for a, b in edges], [turn.words for turn in talk().turns])
    found = given_words(realigned, ids, OWNERS)
    now = [id for id, (a, b) in zip(ids, edges, strict=True) for _ in range(a, b)]
    words = list(talk().words)
    for word, old, new in zip(words, OWNERS, now, strict=True):
        over = [one for one in found if one.start <= word.middle <= one.end]
        assert [(one.old, one.new) for one in over] == ([(old, new)] if old != new else [])
    assert sum(one.words for one in found) == sum(old != new for old, new in zip(OWNERS, now, strict=True))
