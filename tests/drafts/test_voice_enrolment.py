"""Voices out of corrected drafts: whom they may come from, by script, and two people of the sample clip for real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click.testing
import pytest

from audio.decoding.samples import Audio
from audio.episode import Episode, Person
from output.markdown import render
from tests.support.clip_references import reference_transcript
from tests.support.paths import CLIPS
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.voice_enrolment import NewVoice, enrolment
from transcribe.speakers.naming import name_speakers
from transcribe.speakers.voiceprints import (
    Sample,
    VoiceError,
    VoiceMatch,
    Voiceprint,
    load_voiceprints,
    voiceprints_folder,
)
from transcribe.transcript import MadeWith, NameCertainty, Speaker, Transcript

TALK = (("S1", "Hello and welcome to the show."), ("S2", "I am glad to be here after such a long ride."))
ADA = Speaker("S1", "Ada Lovelace", certainty=NameCertainty.STATED)
GUEST = Speaker("S2", "Guest", certainty=NameCertainty.PLACEHOLDER)


def towards(number: int) -> tuple[float, ...]:
    return tuple(float(i == number) for i in range(192))


def heard_as(directions: dict[str, int]) -> Callable[[Audio, Transcript, str, str], Sample]:
    """Listens by script: a direction for each speaker's id, too little speech for who has none."""

    def listen(audio: Audio, transcript: Transcript, speaker: str, source: str) -> Sample:
        if speaker not in directions:
            raise VoiceError(f"{source}: 2 s of unbroken speech by this voice; give 6 s or more")
        return Sample(source, 9.0, towards(directions[speaker]))

    return listen


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A draft beside its transcript and sound, in which the second speaker has no name."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shutil.copy(CLIPS / "short.mp3", tmp_path / "talk.mp3")
    spoken = transcript(*TALK, speakers=(ADA, GUEST), episode=Episode("A talk", path=Path("talk.mp3")))
    path = tmp_path / "talk.md"
    path.write_text(render(spoken), encoding="utf-8")
    path.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")
    return path


def test_who_has_no_name_is_not_kept(draft: Path) -> None:
    found = enrolment([draft], on_file=(), listen=heard_as({"S1": 0, "S2": 1}))
    assert found.voices == (NewVoice("Ada Lovelace", Sample("talk.md", 9.0, towards(0)), 0.0),)
    draft.write_text(draft.read_text(encoding="utf-8").replace("**Ada**", "**Guest 2**"), encoding="utf-8")
    found = enrolment([draft], on_file=(), listen=heard_as({"S1": 0, "S2": 1}))
    assert (found.voices, found.messages) == ((), (f"{draft}: nobody in it has a name yet",))


def named_by_the_machine(path: Path, *turns: tuple[str, str], **asked: Any) -> Transcript:
    """The draft at `path` as a run writes it whose speakers get their names from these turns."""
    voices = tuple(Speaker(id, id) for id in dict.fromkeys(id for id, _ in turns))
    spoken = transcript(*turns, speakers=voices, episode=Episode("A talk", path=Path("talk.mp3")))
    naming = name_speakers(spoken.turns, **{"names": (), "host": "Rich", "guest": "Guest", **asked})
    spoken = replace(spoken, speakers=naming.speakers, warnings=naming.warnings)
    path.write_text(render(spoken), encoding="utf-8")
    path.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")
    return spoken


ASKS = (("S1", "Hello. What do you do? Why is that?"), ("S2", "I build ships, and that is all I do."))
BOTH_ASK = (("S1", "Hello there. What do you do?"), ("S2", "I build ships. And what do you do?"))


@pytest.mark.parametrize(
    ("turns", "asked", "guessed"),
    [
        (ASKS, {}, ["Rich"]),
        (ASKS[:1], {}, ["Rich"]),
        (ASKS, {"host": "Rich Bowen"}, ["Rich Bowen"]),
        (BOTH_ASK, {"names": ("Rich", "Bob")}, ["Rich", "Bob"]),
        ((*ASKS, ("S3", "So do I.")), {"names": ("Ada", "Bob", "Cy")}, ["Bob", "Cy"]),
        (BOTH_ASK, {"people": (Person("Ann", "host"), Person("Bob", "guest"))}, ["Ann", "Bob"]),
        (
            (("S1", "I'm Bob Moog, and this is the show. What is new?"), ("S2", "Nothing at all.")),
            {"enrolled": {"S1": VoiceMatch("Ada", 0.9)}},
            ["Ada"],
        ),
    ],
)
def test_whose_name_is_a_guess_is_not_kept(
    draft: Path, turns: tuple[tuple[str, str], ...], asked: dict[str, Any], guessed: list[str]
) -> None:
    """Not before an editor gives the name, and it is said how to keep the voice if the guess was right."""
    spoken = named_by_the_machine(draft, *turns, **asked)
    listen = heard_as({"S1": 0, "S2": 1, "S3": 2})
    found = enrolment([draft], on_file=(), listen=listen)
    others = [one.name for one in spoken.speakers if one.name not in (*guessed, "Guest")]
    assert [voice.name for voice in found.voices] == others
    assert list(found.messages) == [
        f"{name}: the name is a guess in talk.md, so the voice is not enrolled; if it is right: "
        f'transcribe voices add "{name}" {draft}'
        for name in guessed
    ]
    label = next(one.label for one in spoken.speakers if one.name == guessed[0])
    draft.write_text(draft.read_text(encoding="utf-8").replace(f"**{label}**", "**Zoe**"), encoding="utf-8")
    assert "Zoe" in [voice.name for voice in enrolment([draft], on_file=(), listen=listen).voices]


@pytest.mark.parametrize(
    ("turns", "asked", "known"),
    [
        ((("S1", "I'm Rich, and this is the show. What is new?"), ("S2", "Nothing at all.")), {}, ["Rich"]),
        (ASKS, {"names": ("Rich", "Bob")}, ["Rich", "Bob"]),
        (ASKS, {"people": (Person("Rich", "host"),)}, ["Rich"]),
        (ASKS, {"enrolled": {"S1": VoiceMatch("Rich", 0.9)}}, ["Rich"]),
    ],
)
def test_whom_something_ties_to_the_name_is_kept(
    draft: Path, turns: tuple[tuple[str, str], ...], asked: dict[str, Any], known: list[str]
) -> None:
    named_by_the_machine(draft, *turns, **asked)
    found = enrolment([draft], on_file=(), listen=heard_as({"S1": 0, "S2": 1}))
    assert [voice.name for voice in found.voices] == known
    assert found.messages == ()


def test_a_name_of_unknown_certainty_counts_as_a_guess_until_the_editor_gives_it(draft: Path) -> None:
    """Version 0.1.0 recorded no certainty."""
    path = draft.with_suffix(".json")
    data = json.loads(path.read_text(encoding="utf-8"))
    for speaker in data["speakers"]:
        del speaker["certainty"]
    path.write_text(json.dumps(data), encoding="utf-8")
    listen = heard_as({"S1": 0, "S2": 1})
    found = enrolment([draft], on_file=(), listen=listen)
    assert found.voices == ()
    assert found.messages[0].startswith("Ada Lovelace: the name is a guess in talk.md")
    draft.write_text(draft.read_text(encoding="utf-8").replace("**Ada**", "**Zoe**"), encoding="utf-8")
    assert [voice.name for voice in enrolment([draft], on_file=(), listen=listen).voices] == ["Zoe"]


def test_a_name_the_editor_gave_counts_before_any_sync(draft: Path) -> None:
    draft.write_text(draft.read_text(encoding="utf-8").replace("**Guest**", "**Bob**"), encoding="utf-8")
    found = enrolment([draft], on_file=(), listen=heard_as({"S1": 0, "S2": 1}))
    assert [(voice.name, voice.sample.vector) for voice in found.voices] == [
        ("Ada Lovelace", towards(0)),
        ("Bob", towards(1)),
    ]


def test_what_is_on_file_from_this_draft_is_not_proposed_again(draft: Path) -> None:
    ada = Voiceprint("ada lovelace", (Sample("talk.md", 9.0, towards(0)),))
    assert enrolment([draft], on_file=(ada,), listen=heard_as({"S1": 0})).voices == ()
    older = Voiceprint("Ada Lovelace", (Sample("other.md", 30.0, towards(0)),))
    assert enrolment([draft], on_file=(older,), listen=heard_as({"S1": 0})).voices[0].known == 30.0


def test_a_voice_unlike_the_one_on_file_is_left_out_and_told(draft: Path) -> None:
    ada = Voiceprint("Ada Lovelace", (Sample("other.md", 30.0, towards(5)),))
    found = enrolment([draft], on_file=(ada,), listen=heard_as({"S1": 0}))
    assert found.voices == ()
    assert "differs from their enrolled voice in talk.md (cosine 0.00)" in found.messages[0]


def test_too_little_speech_and_missing_sound_are_told(draft: Path) -> None:
    found = enrolment([draft], on_file=(), listen=heard_as({}))
    assert found.messages == ("Ada Lovelace: talk.md: 2 s of unbroken speech by this voice; give 6 s or more",)
    draft.with_name("talk.mp3").unlink()
    found = enrolment([draft], on_file=(), listen=heard_as({"S1": 0}))
    assert found.voices == ()
    assert "talk.mp3" in found.messages[0]


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_the_people_of_the_sample_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the command: shown, asked, kept; the second time there is nothing to learn."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    spoken = reference_transcript("packaging-notes", until=45)
    made = MadeWith("0.1.0", "none", "none", "", audio_sha256="1" * 64, outputs={"notes.md": "2" * 64})
    draft = tmp_path / "notes.md"
    draft.write_text(render(spoken), encoding="utf-8")
    draft.with_suffix(".json").write_text(replace(spoken, made_with=made).to_json(), encoding="utf-8")
    runner = click.testing.CliRunner()
    arguments = [str(draft), "--voices", "--glossary", str(tmp_path / "glossary.txt")]
    shown = runner.invoke(cli, ["learn", *arguments], input="n\n", standalone_mode=False, catch_exceptions=False)
    assert "+ the voice of " in shown.stdout
    assert load_voiceprints(voiceprints_folder()) == ()
    runner.invoke(cli, ["learn", *arguments, "--yes"], standalone_mode=False, catch_exceptions=False)
    kept = load_voiceprints(voiceprints_folder())
    assert [voice.name for voice in kept] == ["Nora", "Rich"]
    again = runner.invoke(cli, ["learn", *arguments, "--yes"], standalone_mode=False, catch_exceptions=False)
    assert "no voices to learn that are not on file" in again.stderr
    assert load_voiceprints(voiceprints_folder()) == kept
