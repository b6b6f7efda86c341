"""What is said of names that somebody gave or typed and that a new transcript does not have: `no_longer_given`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.named_runs import MACHINES, Named, made, named
from transcribe.drafts.given_names import no_longer_given
from transcribe.drafts.kept_names import keep_names
from transcribe.person_names import NameCertainty
from transcribe.settings import Settings
from transcribe.transcript import Speaker, Transcript

EDITED, PLACEHOLDER, STATED = NameCertainty.EDITED, NameCertainty.PLACEHOLDER, NameCertainty.STATED
TYPE_AGAIN = "type it in the draft again"
AGAIN = "run it again with "


def advised(told: str) -> dict[str, str]:
    """The options that a sentence advises, each with its value; none if it advises none."""
    words = shlex.split(told.partition(AGAIN)[2])
    return dict(zip(words[::2], words[1::2], strict=True))


def names_of(transcript: Transcript) -> list[str]:
    return [speaker.name for speaker in transcript.speakers]


def of(*people: tuple[str, NameCertainty], **options: Any) -> Transcript:
    """A transcript of a run with these options, whose speakers have these names."""
    before = made(Named(("Ada", "Bo", "Cy"), (STATED,) * 3))
    speakers = tuple(Speaker(f"S{i}", name, certainty=how) for i, (name, how) in enumerate(people, 1))
    made_with = replace(before.made_with, settings={**Settings().as_dict(), **options})
    return Transcript(before.episode, before.language, speakers, (), (), made_with=made_with)


@given(named(), st.lists(named(), max_size=3), named())
def test_after_any_merges_each_name_is_said_to_be_gone_and_any_advice_gives_exactly_the_people(
    first: Named, later: list[Named], last: Named
) -> None:
    now = made(first)
    for run in later:
        now = keep_names(made(run), now).transcript
    kept_host = [name for name in ("Hal",) if name in now.made_with.settings.get("names_for_unknown_before", ())]
    new = made(replace(last, asked=(), host="Rich", guest="Guest"))
    told = no_longer_given(now, new.made_with.settings, names=names_of(new))
    given_names = {*first.asked, *(name for run in later for name in run.asked)}
    for speaker in now.speakers:
        is_said = speaker.certainty is EDITED or (speaker.name in given_names and speaker.name in _recorded(now))
        is_said |= speaker.name in kept_host and speaker.certainty is not PLACEHOLDER
        if is_said and speaker.name not in names_of(new):
            assert any(speaker.name in one.partition(" before and ")[0] for one in told)
    for one in told:
        options = advised(one)
        if "--speakers" in options:
            names = Settings(speakers=options["--speakers"]).speaker_names
            is_as_before = ", ".join(names) == now.made_with.settings["speakers"]
            assert {*names} == {*names_of(now)} or is_as_before
            assert is_as_before or PLACEHOLDER not in {speaker.certainty for speaker in now.speakers}
        assert options or "in the draft again" in one
        assert len({one.partition("; ")[2].replace("them", "it") for one in told}) == 1  # no two advices


def _recorded(transcript: Transcript) -> list[str]:
    settings = transcript.made_with.settings
    return [*settings.get("names_given_before", ()), *Settings(speakers=str(settings["speakers"])).speaker_names]


@pytest.mark.parametrize("name", ["Lee, Ann", "Ann / Bob", "3PO", "Jan" * 30, "ada"])
def test_a_typed_name_that_the_option_cannot_give_is_to_be_typed_again(name: str) -> None:
    (told,) = no_longer_given(of(("Ada", STATED), (name, EDITED)), {}, names=["Ada", "Grace"])
    assert AGAIN not in told
    assert told.endswith(f"--speakers cannot give exactly the same people again: to keep it, {TYPE_AGAIN}")
    assert f' "{name}" was typed' in told if "," in name else f" {name} was typed" in told


@pytest.mark.parametrize("name", ["Bob Lind-O'Hara", "Dr. Hill (left)", "Jürgen & Söhne", "李安"])
def test_a_typed_name_that_the_option_can_give_is_advised_with_everybody_else(name: str) -> None:
    (told,) = no_longer_given(of(("Ada", STATED), (name, EDITED)), {}, names=["Ada", "Grace"])
    assert Settings(speakers=advised(told)["--speakers"]).speaker_names == ("Ada", name)


def test_a_name_for_unknown_people_is_not_advised_as_a_given_one() -> None:
    people = ("Bob", EDITED), ("Guest", PLACEHOLDER), ("Guest 2", PLACEHOLDER)
    (told,) = no_longer_given(of(*people), {}, names=["Grace", "Guest", "Guest 2"])
    assert AGAIN not in told
    assert TYPE_AGAIN in told


def test_names_given_beside_an_unknown_voice_are_given_again_as_they_were() -> None:
    """More voices than names: the same option has the same result."""
    before = of(("Ann", STATED), ("Bob", STATED), ("Guest", PLACEHOLDER), speakers="Ann, Bob")
    (told,) = no_longer_given(before, {}, names=["Rich", "Guest"])
    assert advised(told) == {"--speakers": "Ann,Bob"}


def test_names_of_two_kinds_have_one_command_that_keeps_all() -> None:
    before = of(("Ann", STATED), ("Bob", EDITED), speakers="Ann,Zoe")
    given_before, typed = no_longer_given(before, {}, names=["Rich", "Guest"])
    assert advised(given_before) == advised(typed) == {"--speakers": "Ann,Bob"}


def test_the_host_and_the_guest_have_one_command_that_keeps_both() -> None:
    before = of(("Anna", NameCertainty.GUESS), ("Caller 2", PLACEHOLDER), host="Anna", guest="Caller")
    (told,) = no_longer_given(before, {}, names=["Rich", "Guest 2", "Guest"])
    assert "the names Anna, Caller were given before" in told
    assert advised(told) == {"--host": "Anna", "--guest": "Caller"}


@pytest.mark.parametrize("found", MACHINES)
def test_a_name_of_a_host_that_a_merge_kept_instead_of_a_found_one_is_said(found: NameCertainty) -> None:
    """`--host` would not give it to a voice whose name is found: `--speakers` does."""
    before = of(("Anna", NameCertainty.GUESS), ("Erik", STATED), host="Anna")
    new = of(("Zoe", found), ("Erik", STATED))
    voices = made(Named(("Anna", "Erik", "Lo"), (NameCertainty.GUESS, STATED, STATED))).turns
    merged = keep_names(replace(new, turns=voices[:2]), replace(before, turns=voices[:2])).transcript
    assert names_of(merged) == ["Anna", "Erik"]
    (told,) = no_longer_given(merged, {}, names=names_of(new))
    assert advised(told) == {"--speakers": "Anna,Erik"}
    (told,) = no_longer_given(merged, {}, names=["Rich", "Erik"])
    assert advised(told) == {"--host": "Anna"}
