"""Voices from corrected drafts: which speakers qualify, scripted; and two speakers of the sample clip."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import click.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.samples import Audio
from audio.episode import Episode, Person
from output.markdown import render
from tests.support.clip_references import reference_transcript
from tests.support.paths import CLIPS
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.drafts.records import draft_beside_which, stem_beside_which, stems_beside
from transcribe.drafts.sync import sync
from transcribe.drafts.voice_enrolment import NewVoice, find_new_voices
from transcribe.person_names import NameCertainty
from transcribe.speakers.naming import name_speakers
from transcribe.speakers.voiceprints import (
    Sample,
    VoiceError,
    VoiceMatch,
    Voiceprint,
    load_voiceprints,
    voiceprints_folder,
)
from transcribe.transcript import MadeWith, Speaker, Transcript

TALK = (("S1", "Hello and welcome to the show."), ("S2", "I am glad to be here after such a long ride."))
ADA = Speaker("S1", "Ada Lovelace", certainty=NameCertainty.STATED)
GUEST = Speaker("S2", "Guest", certainty=NameCertainty.PLACEHOLDER)


def towards(number: int) -> tuple[float, ...]:
    return tuple(float(i == number) for i in range(192))


def scripted_listener(directions: dict[str, int]) -> Callable[[Audio, Transcript, str, str], Sample]:
    """A scripted listener: a direction for each speaker id, too little speech for other ids."""

    def listen(audio: Audio, transcript: Transcript, speaker: str, source: str) -> Sample:
        if speaker not in directions:
            raise VoiceError(f"{source}: 2 s of unbroken speech by this voice; give 6 s or more")
        return Sample(source, 9.0, towards(directions[speaker]))

    return listen


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A draft with transcript and audio whose second speaker has no name."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shutil.copy(CLIPS / "short.mp3", tmp_path / "talk.mp3")
    spoken = transcript(*TALK, speakers=(ADA, GUEST), episode=Episode("A talk", path=Path("talk.mp3")))
    path = tmp_path / "talk.md"
    path.write_text(render(spoken), encoding="utf-8")
    path.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")
    return path


def test_a_speaker_without_a_name_is_not_enrolled(draft: Path) -> None:
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({"S1": 0, "S2": 1}))
    assert result.voices == (NewVoice("Ada Lovelace", Sample("talk.md", 9.0, towards(0)), 0.0),)
    draft.write_text(draft.read_text(encoding="utf-8").replace("**Ada**", "**Guest 2**"), encoding="utf-8")
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({"S1": 0, "S2": 1}))
    assert (result.voices, result.messages) == ((), (f"{draft}: no speaker has a name yet; replace the labels first",))


@pytest.mark.parametrize(
    ("name", "certainty", "enrolled"),
    [
        ("Gast", NameCertainty.PLACEHOLDER, False),  # the run's settings are not in the file
        ("Guest", NameCertainty.STATED, True),
        ("Guest 2", NameCertainty.VOICEPRINT, True),
        ("Guest", NameCertainty.ELIMINATION, False),  # --speakers Ada,Guest
        ("Guest", NameCertainty.UNKNOWN, False),
    ],
)
def test_the_certainty_says_whether_a_name_is_a_placeholder(
    draft: Path, name: str, certainty: NameCertainty, enrolled: bool
) -> None:
    speakers = (ADA, Speaker("S2", name, certainty=certainty))
    spoken = transcript(*TALK, speakers=speakers, episode=Episode("A talk", path=Path("talk.mp3")))
    draft.write_text(render(spoken), encoding="utf-8")
    draft.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({"S1": 0, "S2": 1}))
    assert [voice.name for voice in result.voices] == ["Ada Lovelace", *([name] if enrolled else [])]
    assert result.messages == ()


def named_by_the_machine(path: Path, *turns: tuple[str, str], **options: Any) -> Transcript:
    """Write to `path` the draft of a run that names its speakers from these turns."""
    voices = tuple(Speaker(id, id) for id in dict.fromkeys(id for id, _ in turns))
    spoken = transcript(*turns, speakers=voices, episode=Episode("A talk", path=Path("talk.mp3")))
    naming = name_speakers(spoken.turns, **{"names": (), "host": "Rich", "guest": "Guest", **options})
    spoken = replace(spoken, speakers=naming.speakers, warnings=naming.warnings)
    path.write_text(render(spoken), encoding="utf-8")
    path.with_suffix(".json").write_text(spoken.to_json(), encoding="utf-8")
    return spoken


ASKS = (("S1", "Hello. What do you do? Why is that?"), ("S2", "I build ships, and that is all I do."))
BOTH_ASK = (("S1", "Hello there. What do you do?"), ("S2", "I build ships. And what do you do?"))


@pytest.mark.parametrize(
    ("turns", "options", "guessed"),
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
def test_a_speaker_whose_name_is_a_guess_is_not_enrolled(
    draft: Path, turns: tuple[tuple[str, str], ...], options: dict[str, Any], guessed: list[str]
) -> None:
    """Unless an editor gives the name; the message says how to enrol the voice if the guess is right."""
    spoken = named_by_the_machine(draft, *turns, **options)
    listen = scripted_listener({"S1": 0, "S2": 1, "S3": 2})
    result = find_new_voices([draft], enrolled=(), listen=listen)
    others = [one.name for one in spoken.speakers if one.name not in (*guessed, "Guest")]
    assert [voice.name for voice in result.voices] == others
    assert list(result.messages) == [
        f"{name}: the name is a guess in talk.md, so the voice is not enrolled; if it is right: "
        f'transcribe voices add "{name}" {draft}'
        for name in guessed
    ]
    label = next(one.label for one in spoken.speakers if one.name == guessed[0])
    draft.write_text(draft.read_text(encoding="utf-8").replace(f"**{label}**", "**Zoe**"), encoding="utf-8")
    assert "Zoe" in [voice.name for voice in find_new_voices([draft], enrolled=(), listen=listen).voices]


@pytest.mark.parametrize(
    ("turns", "options", "known"),
    [
        ((("S1", "I'm Rich, and this is the show. What is new?"), ("S2", "Nothing at all.")), {}, ["Rich"]),
        (ASKS, {"names": ("Rich", "Bob")}, ["Rich", "Bob"]),
        (ASKS, {"people": (Person("Rich", "host"),)}, ["Rich"]),
        (ASKS, {"enrolled": {"S1": VoiceMatch("Rich", 0.9)}}, ["Rich"]),
    ],
)
def test_a_speaker_with_evidence_for_the_name_is_enrolled(
    draft: Path, turns: tuple[tuple[str, str], ...], options: dict[str, Any], known: list[str]
) -> None:
    named_by_the_machine(draft, *turns, **options)
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({"S1": 0, "S2": 1}))
    assert [voice.name for voice in result.voices] == known
    assert result.messages == ()


def test_a_name_of_unknown_certainty_counts_as_a_guess_until_the_editor_gives_it(draft: Path) -> None:
    """Version 0.1.0 recorded no certainty."""
    path = draft.with_suffix(".json")
    data = json.loads(path.read_text(encoding="utf-8"))
    for speaker in data["speakers"]:
        del speaker["certainty"]
    path.write_text(json.dumps(data), encoding="utf-8")
    listen = scripted_listener({"S1": 0, "S2": 1})
    result = find_new_voices([draft], enrolled=(), listen=listen)
    assert result.voices == ()
    assert result.messages[0].startswith("Ada Lovelace: the name is a guess in talk.md")
    draft.write_text(draft.read_text(encoding="utf-8").replace("**Ada**", "**Zoe**"), encoding="utf-8")
    assert [voice.name for voice in find_new_voices([draft], enrolled=(), listen=listen).voices] == ["Zoe"]


def test_a_name_from_the_editor_counts_without_a_sync(draft: Path) -> None:
    draft.write_text(draft.read_text(encoding="utf-8").replace("**Guest**", "**Bob**"), encoding="utf-8")
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({"S1": 0, "S2": 1}))
    assert [(voice.name, voice.sample.vector) for voice in result.voices] == [
        ("Ada Lovelace", towards(0)),
        ("Bob", towards(1)),
    ]


def test_a_voice_enrolled_from_this_draft_is_not_proposed_again(draft: Path) -> None:
    ada = Voiceprint("ada lovelace", (Sample("talk.md", 9.0, towards(0)),))
    assert find_new_voices([draft], enrolled=(ada,), listen=scripted_listener({"S1": 0})).voices == ()
    older = Voiceprint("Ada Lovelace", (Sample("other.md", 30.0, towards(0)),))
    assert find_new_voices([draft], enrolled=(older,), listen=scripted_listener({"S1": 0})).voices[0].enrolled == 30.0


def test_a_voice_unlike_the_enrolled_one_is_reported(draft: Path) -> None:
    ada = Voiceprint("Ada Lovelace", (Sample("other.md", 30.0, towards(5)),))
    result = find_new_voices([draft], enrolled=(ada,), listen=scripted_listener({"S1": 0}))
    assert result.voices == ()
    assert "differs from their enrolled voice in talk.md (cosine 0.00)" in result.messages[0]


def as_the_machine_wrote(draft: Path) -> None:
    """Record the draft's present bytes as what the machine wrote."""
    timed = Transcript.from_json(draft.with_suffix(".json").read_text(encoding="utf-8"))
    outputs = {draft.name: hashlib.sha256(draft.read_bytes()).hexdigest()}
    made_with = replace(timed.made_with, audio_sha256="1" * 64, outputs=outputs)
    draft.with_suffix(".json").write_text(replace(timed, made_with=made_with).to_json(), encoding="utf-8")


def test_nobody_is_enrolled_from_a_draft_that_nobody_has_corrected(draft: Path) -> None:
    """However sure a name is; one word of an editor's makes it a corrected draft, before a sync and after."""
    as_the_machine_wrote(draft)
    listen = scripted_listener({"S1": 0, "S2": 1})
    result = find_new_voices([draft], enrolled=(), listen=listen)
    assert result.voices == ()
    (told,) = result.messages
    assert told.startswith(f"{draft}: nobody has corrected this draft, so no voice in it is enrolled;")
    assert told.endswith(f": transcribe voices add NAME {draft}")
    draft.write_text(draft.read_text(encoding="utf-8").replace("glad", "happy"), encoding="utf-8")
    for _ in range(2):
        result = find_new_voices([draft], enrolled=(), listen=listen)
        assert [voice.name for voice in result.voices] == ["Ada Lovelace"]
        sync(draft)


@pytest.mark.parametrize("new", ["talk.new.md", "talk.new2.md"])
def test_a_new_recognition_beside_an_edited_draft_is_left_out_until_it_is_edited(
    draft: Path, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of words and of voices; a draft that only has such a name is learned from."""
    monkeypatch.chdir(draft.parent)
    beside = draft.with_name(new)
    for suffix in (".md", ".json"):
        shutil.copy(draft.with_suffix(suffix), beside.with_suffix(suffix))
    for path in (draft, beside):
        as_the_machine_wrote(path)
    draft.write_text(draft.read_text(encoding="utf-8").replace("glad", "Glarus"), encoding="utf-8")

    def learned() -> str:
        names = sorted(path.name for path in draft.parent.glob("*.md"))
        result = click.testing.CliRunner().invoke(cli, ["learn", *names, "--yes"], standalone_mode=False)
        assert result.return_value == 0
        return result.stderr

    left_out = (
        f"{new}: left out, as it is a new recognition beside talk.md, and nobody has corrected it; "
        f"to take its improvements: transcribe merge talk.md {new}\n"
    )
    assert left_out in learned()
    text = beside.read_text(encoding="utf-8")
    beside.write_text(text.replace("glad", "Glarus"), encoding="utf-8")
    assert "left out" not in learned()
    beside.write_text(text, encoding="utf-8")
    for path in draft.parent.glob("talk.md"):
        path.unlink()
    assert "left out" not in learned()


def test_the_recording_of_another_name_is_no_new_recognition(draft: Path) -> None:
    """`talk.new.mp3` has the draft `talk.new.md`."""
    as_the_machine_wrote(draft)
    other = draft.with_name("talk.new.md")
    timed = transcript(*TALK, speakers=(ADA, GUEST), episode=Episode("Another", path=Path("talk.new.mp3")))
    other.write_text(render(timed), encoding="utf-8")
    outputs = {other.name: hashlib.sha256(other.read_bytes()).hexdigest()}
    made_with = replace(timed.made_with, audio_sha256="2" * 64, outputs=outputs)
    other.with_suffix(".json").write_text(replace(timed, made_with=made_with).to_json(), encoding="utf-8")
    assert draft_beside_which(other) is None
    other.with_suffix(".json").write_text(
        replace(timed, made_with=replace(made_with, audio_sha256="1" * 64)).to_json(), encoding="utf-8"
    )
    assert draft_beside_which(other) == draft


@given(st.text(min_size=1).filter(str.strip), st.integers(0, 20))
def test_a_stem_beside_another_is_told_from_it(stem: str, number: int) -> None:
    beside = next(islice(stems_beside(stem), number, None))
    assert stem_beside_which(beside) == stem


def test_too_little_speech_and_missing_audio_are_reported(draft: Path) -> None:
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({}))
    assert result.messages == ("Ada Lovelace: talk.md: 2 s of unbroken speech by this voice; give 6 s or more",)
    draft.with_name("talk.mp3").unlink()
    result = find_new_voices([draft], enrolled=(), listen=scripted_listener({"S1": 0}))
    assert result.voices == ()
    assert "talk.mp3" in result.messages[0]


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_learn_enrols_the_speakers_of_the_sample_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the command: printed, asked, enrolled; the second time there is nothing to learn."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    spoken = reference_transcript("packaging-notes", until=45)
    made_with = MadeWith("0.1.0", "none", "none", "", audio_sha256="1" * 64, outputs={"notes.md": "2" * 64})
    draft = tmp_path / "notes.md"
    draft.write_text(render(spoken), encoding="utf-8")
    draft.with_suffix(".json").write_text(replace(spoken, made_with=made_with).to_json(), encoding="utf-8")
    runner = click.testing.CliRunner()
    arguments = [str(draft), "--voices", "--glossary", str(tmp_path / "glossary.txt")]
    declined = runner.invoke(cli, ["learn", *arguments], input="n\n", standalone_mode=False, catch_exceptions=False)
    assert "+ the voice of " in declined.stdout
    assert load_voiceprints(voiceprints_folder()) == ()
    runner.invoke(cli, ["learn", *arguments, "--yes"], standalone_mode=False, catch_exceptions=False)
    enrolled = load_voiceprints(voiceprints_folder())
    assert [voice.name for voice in enrolled] == ["Nora", "Rich"]
    again = runner.invoke(cli, ["learn", *arguments, "--yes"], standalone_mode=False, catch_exceptions=False)
    assert "no new voices: everybody named is enrolled already" in again.stderr
    assert load_voiceprints(voiceprints_folder()) == enrolled
