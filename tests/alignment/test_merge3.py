"""The three-way merge: by property on items, by hand on words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcribe.alignment.merge3 import Conflict, merge, merge_text

ITEMS = st.lists(st.sampled_from("abcdef"), max_size=12)


@given(ITEMS, ITEMS)
def test_one_sided_edits_merge_to_the_edit(base: list[str], edit: list[str]) -> None:
    assert merge(base, edit, base) == edit
    assert merge(base, base, edit) == edit
    assert merge(base, edit, edit) == edit


@given(ITEMS, ITEMS, ITEMS)
def test_a_merge_contains_the_changes_of_both_sides(base: list[str], mine: list[str], theirs: list[str]) -> None:
    """Insertions and changes of one side are in the merge; conflicts have both."""
    items = merge(base, mine, theirs)
    flat = [sign for item in items for sign in ((*item.mine, *item.theirs) if isinstance(item, Conflict) else item)]
    for sign in set("abcdef"):
        if sign not in base:
            assert (sign in flat) == (sign in mine or sign in theirs)


def test_a_paragraph_is_merged_word_by_word() -> None:
    assert merge_text("it was raning for weeks", "it was raining for weeks", "it was raning for two weeks") == (
        "it was raining for two weeks"
    )
    assert merge_text("it was raning", "it was raining", "it was snowing") is None
