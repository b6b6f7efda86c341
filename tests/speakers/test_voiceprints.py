"""Voiceprints: matches between made-up directions, files in a folder, and the people of the sample clips."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.decode import decode
from audio.decoding.samples import Audio
from audio.episode import Episode
from output.formats import write
from tests.support.clip_references import reference_spans, reference_transcript
from tests.support.paths import CLIPS
from transcribe.cli.main import cli
from transcribe.diarization.diarize import find_speakers
from transcribe.diarization.networks import SpeakerModel
from transcribe.errors import SettingsError
from transcribe.speakers.voiceprints import (
    Sample,
    VoiceError,
    VoiceMatch,
    Voiceprint,
    enrol,
    load_voiceprints,
    match_voices,
    remove_voiceprint,
    sample_of_clip,
    sample_of_turns,
    sample_warnings,
)
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word

CORPUS = CLIPS.parents[2] / "shared" / "corpus"


def towards(*parts: float) -> tuple[float, ...]:
    """A direction of length 1 in 192 dimensions, by its first few parts."""
    length = math.hypot(*parts)
    return tuple(part / length for part in parts) + (0.0,) * (192 - len(parts))


def voice(name: str, *parts: float) -> Voiceprint:
    return Voiceprint(name, (Sample("a.wav", 10.0, towards(*parts)),))


ADA, BOB = voice("Ada", 1, 0, 0), voice("Bob", 0, 1, 0)


def test_a_clear_match_is_found() -> None:
    found = match_voices({"S1": towards(0.1, 0.9, 0.2), "S2": towards(0, 0, 1)}, [ADA, BOB])
    cosine = 0.9 / math.sqrt(0.01 + 0.81 + 0.04)
    assert found == {"S1": VoiceMatch("Bob", pytest.approx(cosine))}


@pytest.mark.parametrize(
    ("voices", "enrolled"),
    [
        ({"S1": towards(0.6, 0, 0.8)}, [ADA]),  # not similar enough
        ({"S1": towards(1, 0.9)}, [ADA, BOB]),  # between two enrolled people
        ({"S1": towards(1, 0, 0.2), "S2": towards(1, 0.2)}, [ADA]),  # two voices of the recording match her
        ({"S1": towards(1)}, [replace(ADA, model_sha256="0" * 64)]),  # from another model
        ({"S1": towards(1)}, []),
        ({}, [ADA]),
    ],
)
def test_an_unclear_match_stays_unknown(voices: dict[str, tuple[float, ...]], enrolled: list[Voiceprint]) -> None:
    assert match_voices(voices, enrolled) == {}


def test_a_sample_unlike_its_voiceprint_or_like_another_gives_a_warning() -> None:
    def warnings(name: str, *parts: float, source: str = "new.wav") -> tuple[str, ...]:
        return sample_warnings(name, Sample(source, 9.0, towards(*parts)), [ADA, BOB])

    assert warnings("Ada", 1, 0.2) == warnings("Cy", 0, 0, 1) == ()
    assert warnings("ada", 0, 0, 1, source="a.wav") == ()  # replaces the sample from this recording
    (warning,) = warnings("Ada", 0, 0, 1)
    assert warning.startswith("Ada: differs from their enrolled voice (cosine 0.00)")
    assert [warning.partition(" (")[0] for warning in warnings("Ada", 0, 1)] == [
        "Ada: differs from their enrolled voice",
        "Ada: resembles Bob",
    ]
    assert sample_warnings("Cy", Sample("c", 9.0, towards(1)), [replace(ADA, model_sha256="0" * 64)]) == ()


@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda parts: math.hypot(*parts) > 0.1), max_size=6))
def test_nobody_matches_twice(parts: list[tuple[float, ...]]) -> None:
    found = match_voices({f"S{i}": towards(*part) for i, part in enumerate(parts)}, [ADA, BOB, voice("Cy", 0, 0, 1)])
    names = [match.name for match in found.values()]
    assert len(set(names)) == len(names)


def test_a_voiceprint_is_the_mean_of_its_samples_weighted_by_their_seconds() -> None:
    both = Voiceprint("Ada", (Sample("a", 30.0, towards(1, 0)), Sample("b", 10.0, towards(0, 1))))
    assert both.vector[:2] == pytest.approx((3 / math.sqrt(10), 1 / math.sqrt(10)))
    assert both.seconds == 40.0


def test_samples_of_different_models_raise() -> None:
    with pytest.raises(ValueError, match="Ada"):
        Voiceprint("Ada", (Sample("a", 9.0, towards(1)), Sample("b", 9.0, (1.0, 0.0))))
    with pytest.raises(ValueError, match="Ada"):
        Voiceprint("Ada", ())
    with pytest.raises(ValueError, match="Ada"):
        Voiceprint("Ada", (Sample("a", 9.0, (1.0, 0.0)),))


def test_voiceprints_survive_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    assert load_voiceprints(folder) == ()
    zoe = enrol("  Zoë   O'Neill ", Sample("z.wav", 7.5, towards(0.3, 0.4)), folder=folder)
    first = enrol("ada", Sample("a.wav", 10.0, towards(1)), folder=folder)
    assert zoe.name == "Zoë O'Neill"
    assert load_voiceprints(folder) == (first, zoe)
    again = enrol("Ada", Sample("b.wav", 8.0, towards(0.9, 0.1)), folder=folder)
    assert [sample.source for sample in again.samples] == ["a.wav", "b.wav"]
    third = enrol("Ada", Sample("a.wav", 6.0, towards(0.8)), folder=folder)
    assert [(sample.source, sample.seconds) for sample in third.samples] == [("b.wav", 8.0), ("a.wav", 6.0)]
    assert load_voiceprints(folder) == (third, zoe)
    assert len(list(folder.iterdir())) == 2
    remove_voiceprint("ADA", folder=folder)
    assert load_voiceprints(folder) == (zoe,)
    with pytest.raises(VoiceError, match="enrolled: Zoë O'Neill"):
        remove_voiceprint("Ada", folder=folder)


def test_a_voiceprint_of_another_model_is_replaced(tmp_path: Path) -> None:
    enrol("Ada", Sample("a.wav", 10.0, towards(1)), folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text().replace(SpeakerModel.EMBEDDING.sha256, "0" * 64))
    assert not load_voiceprints(tmp_path)[0].is_usable
    assert len(enrol("Ada", Sample("b.wav", 10.0, towards(1)), folder=tmp_path).samples) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 2}', "\xff"])
def test_an_unreadable_voiceprint_is_skipped_and_logged(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.json").write_text(content, encoding="latin-1")
    with caplog.at_level(logging.WARNING, "transcribe.speakers.voiceprints"):
        assert load_voiceprints(tmp_path) == ()
    assert "x.json" in caplog.text


@pytest.mark.parametrize("name", ["", " ", "*Ada*", "Ada, Bob", "a" * 81, "[x]", "../x"])
def test_an_invalid_name_is_not_enrolled(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name"):
        enrol(name, Sample("a.wav", 10.0, towards(1)), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Guest", "guest", " Guest  2", "Gast 3"])
@pytest.mark.parametrize("source", ["talk.md", "clip.wav"])
def test_a_placeholder_is_refused_before_the_audio_is_read(
    name: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    if name.startswith("Gast"):
        (tmp_path / "transcribe.toml").write_text('guest = "Gast"\n')
    (tmp_path / source).touch()
    with pytest.raises(VoiceError, match="is a placeholder for people without a name"):
        CliRunner().invoke(cli, ["voices", "add", name, source], catch_exceptions=False)
    assert load_voiceprints(tmp_path / "data" / "turnscript" / "voices") == ()


@pytest.mark.parametrize("name", ["Gast", "gast 2"])
def test_the_placeholder_of_the_drafts_own_run_is_refused_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    words = tuple(Word("well", float(i), i + 0.5) for i in range(9))
    made = MadeWith("0.1.0", "none", "none", "", settings={"guest": "Gast"})
    speakers = (Speaker("S1", name.title(), name.title()),)
    transcript = Transcript(Episode("T", path=Path("talk.wav")), "en", speakers, (Turn("S1", words),), (), made)
    for kind in ("md", "json"):
        (tmp_path / f"talk.{kind}").write_text(str(write(transcript, kind)), encoding="utf-8")
    with pytest.raises(VoiceError, match="is a placeholder for people without a name"):
        CliRunner().invoke(cli, ["voices", "add", name, "talk.md"], catch_exceptions=False)


def test_an_unwritable_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "voices").write_text("in the way")
    with pytest.raises(VoiceError, match="voices: cannot be written to"):
        enrol("Ada", Sample("a.wav", 10.0, towards(1)), folder=tmp_path / "voices")


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_people_enrolled_from_one_clip_match_in_another() -> None:
    transcript = reference_transcript("packaging-notes", until=45)
    with decode(CLIPS / "packaging-notes.mp3") as audio:
        enrolled = [
            Voiceprint(name, (sample_of_turns(audio, transcript, name, source="talk.md"),)) for name in ("Rich", "Nora")
        ]
    with decode(CLIPS / "short.mp3") as audio:
        diarized = find_speakers(audio)
    assert {speaker: match.name for speaker, match in match_voices(diarized.voices, enrolled).items()} == {
        diarized.spans[0].speaker: "Rich",
        diarized.spans[-1].speaker: "Nora",
    }
    assert match_voices(diarized.voices, enrolled[:1]).keys() == {diarized.spans[0].speaker}


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_clips_of_several_people_or_of_little_speech_are_refused() -> None:
    with decode(CLIPS / "packaging-notes.mp3") as audio:
        start = reference_spans("packaging-notes")[0].start
        with (
            Audio.from_samples(audio.read(start, start + 25)) as both,
            pytest.raises(VoiceError, match=r"mix\.wav: several voices"),
        ):
            sample_of_clip(both, "mix.wav")
    with decode(CLIPS / "short.mp3") as audio, pytest.raises(VoiceError, match=r"Rich\.md: \d\.\d s .* give 6 s"):
        sample_of_turns(audio, reference_transcript("short", until=20), "Rich", source="Rich.md")
    with (
        Audio.from_samples(np.zeros(16_000 * 8, np.float32)) as silence,
        pytest.raises(VoiceError, match=r"s\.wav: 0 s"),
    ):
        sample_of_clip(silence, "s.wav")


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_voices_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    transcript = reference_transcript("packaging-notes", until=45)
    for name in ("md", "json"):
        (tmp_path / f"talk.{name}").write_text(str(write(transcript, name)), encoding="utf-8")
    call = CliRunner().invoke
    nobody = call(cli, ["voices", "list"])
    assert (nobody.stdout, "nobody is enrolled" in nobody.stderr) == ("", True)
    added = call(cli, ["voices", "add", "Nora Lind", str(tmp_path / "talk.md")], catch_exceptions=False)
    assert added.stdout == "Nora Lind\n"
    assert "Warning" not in added.stderr
    again = call(cli, ["voices", "add", "Nora Berg", str(tmp_path / "talk.md")], catch_exceptions=False)
    assert again.stderr.endswith("Nora Berg: resembles Nora Lind (cosine 1.00); neither may be recognised again\n")
    assert call(cli, ["voices", "remove", "Nora Berg"]).exit_code == 0
    listed = call(cli, ["voices", "list"]).stdout
    assert listed.startswith("Nora Lind ")
    assert listed.endswith("talk.md\n")
    (path,) = (tmp_path / "data" / "turnscript" / "voices").iterdir()
    stored = json.loads(path.read_text())
    assert stored["model_sha256"] == SpeakerModel.EMBEDDING.sha256
    assert math.hypot(*stored["samples"][0]["vector"]) == pytest.approx(1, abs=1e-3)
    with pytest.raises(VoiceError, match="no turns by Ada; its speakers are Rich, Nora"):
        call(cli, ["voices", "add", "Ada", str(tmp_path / "talk.md")], catch_exceptions=False)
    removed = call(cli, ["voices", "remove", "nora lind"])
    assert (removed.exit_code, removed.stderr) == (0, "nora lind: removed\n")
    assert call(cli, ["voices", "list"]).stdout == ""


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_an_actor_of_the_shared_corpus_matches_in_another_dialogue_and_nowhere_else() -> None:
    if not CORPUS.exists():
        pytest.skip("the shared corpus is not on this machine")
    diarized = {}
    elsewhere = (
        *("clips-3spk.wav", "jfk.flac", "call-chromecast.wav", "call-repairs-40.flac", "monologue-lucier.mp3"),
        *("meeting-dev00.wav", "meeting-dev01.wav", "meeting-trn03.wav", "meeting-tst00.wav", "news-9spk.wav"),
    )
    for name in ("dialogue-0059.mp3", "dialogue-0062.mp3", *elsewhere):
        with decode(CORPUS / name) as whole, Audio.from_samples(whole.read(0, 60)) as audio:
            diarized[name] = find_speakers(audio).voices
    for vector in diarized["dialogue-0059.mp3"].values():
        enrolled = [Voiceprint("B", (Sample("dialogue-0059.mp3", 30.0, vector),))]
        if match_voices(diarized["dialogue-0062.mp3"], enrolled):
            break
    else:
        pytest.fail("nobody in the one dialogue matches in the other")
    assert len(match_voices(diarized["dialogue-0062.mp3"], enrolled)) == 1
    assert [name for name in elsewhere if match_voices(diarized[name], enrolled)] == []
