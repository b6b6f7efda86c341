"""Voices on file: matches between made-up directions, files in a folder, and the people of the sample clips."""

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
from tests.support.paths import CLIPS
from transcribe.cli.main import cli
from transcribe.diarization.diarize import find_speakers
from transcribe.diarization.networks import SpeakerModel
from transcribe.errors import SettingsError
from transcribe.speakers.voiceprints import (
    Sample,
    Voice,
    VoiceError,
    doubts_about,
    put_on_file,
    recognised,
    sample_of_clip,
    sample_of_turns,
    take_off_file,
    voices_on_file,
)
from transcribe.transcript import MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word

CORPUS = CLIPS.parents[2] / "shared" / "corpus"


def towards(*parts: float) -> tuple[float, ...]:
    """A direction of length 1 in 192 dimensions, by its first few parts."""
    length = math.hypot(*parts)
    return tuple(part / length for part in parts) + (0.0,) * (192 - len(parts))


def voice(name: str, *parts: float) -> Voice:
    return Voice(name, (Sample("a.wav", 10.0, towards(*parts)),))


ADA, BOB = voice("Ada", 1, 0, 0), voice("Bob", 0, 1, 0)


def test_who_is_clearly_on_file_is_found() -> None:
    found = recognised({"S1": towards(0.1, 0.9, 0.2), "S2": towards(0, 0, 1)}, [ADA, BOB])
    alike = 0.9 / math.sqrt(0.01 + 0.81 + 0.04)
    assert found == {"S1": ("Bob", f"the voice on file, likeness {alike:.2f}")}


@pytest.mark.parametrize(
    ("heard", "known"),
    [
        ({"S1": towards(0.6, 0, 0.8)}, [ADA]),  # not alike enough
        ({"S1": towards(1, 0.9)}, [ADA, BOB]),  # between two on file
        ({"S1": towards(1, 0, 0.2), "S2": towards(1, 0.2)}, [ADA]),  # two in the recording sound like her
        ({"S1": towards(1)}, [replace(ADA, model_sha256="0" * 64)]),  # numbers of another model
        ({"S1": towards(1)}, []),
        ({}, [ADA]),
    ],
)
def test_who_is_not_clearly_on_file_stays_unknown(heard: dict[str, tuple[float, ...]], known: list[Voice]) -> None:
    assert recognised(heard, known) == {}


def test_a_voice_unlike_what_is_on_file_or_like_somebody_else_is_told() -> None:
    def doubts(name: str, *parts: float, source: str = "new.wav") -> tuple[str, ...]:
        return doubts_about(name, Sample(source, 9.0, towards(*parts)), [ADA, BOB])

    assert doubts("Ada", 1, 0.2) == doubts("Cy", 0, 0, 1) == ()
    assert doubts("ada", 0, 0, 1, source="a.wav") == ()  # in place of what this recording gave before
    (unlike,) = doubts("Ada", 0, 0, 1)
    assert unlike.startswith("Ada: sounds unlike what was on file (likeness 0.00)")
    assert [doubt.partition(" (")[0] for doubt in doubts("Ada", 0, 1)] == [
        "Ada: sounds unlike what was on file",
        "Ada: sounds like Bob",
    ]
    assert doubts_about("Cy", Sample("c", 9.0, towards(1)), [replace(ADA, model_sha256="0" * 64)]) == ()


@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda parts: math.hypot(*parts) > 0.1), max_size=6))
def test_nobody_is_found_twice(parts: list[tuple[float, ...]]) -> None:
    found = recognised({f"S{i}": towards(*part) for i, part in enumerate(parts)}, [ADA, BOB, voice("Cy", 0, 0, 1)])
    names = [name for name, _ in found.values()]
    assert len(set(names)) == len(names)


def test_a_voice_is_the_mean_of_its_samples_by_their_length() -> None:
    both = Voice("Ada", (Sample("a", 30.0, towards(1, 0)), Sample("b", 10.0, towards(0, 1))))
    assert both.vector[:2] == pytest.approx((3 / math.sqrt(10), 1 / math.sqrt(10)))
    assert both.seconds == 40.0


def test_samples_of_different_models_make_no_voice() -> None:
    with pytest.raises(ValueError, match="Ada"):
        Voice("Ada", (Sample("a", 9.0, towards(1)), Sample("b", 9.0, (1.0, 0.0))))
    with pytest.raises(ValueError, match="Ada"):
        Voice("Ada", ())
    with pytest.raises(ValueError, match="Ada"):
        Voice("Ada", (Sample("a", 9.0, (1.0, 0.0)),))


def test_voices_come_back_from_the_folder_as_they_were_put_there(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    assert voices_on_file(folder) == ()
    zoe = put_on_file("  Zoë   O'Neill ", Sample("z.wav", 7.5, towards(0.3, 0.4)), folder=folder)
    first = put_on_file("ada", Sample("a.wav", 10.0, towards(1)), folder=folder)
    assert zoe.name == "Zoë O'Neill"
    assert voices_on_file(folder) == (first, zoe)
    again = put_on_file("Ada", Sample("b.wav", 8.0, towards(0.9, 0.1)), folder=folder)
    assert [sample.source for sample in again.samples] == ["a.wav", "b.wav"]
    third = put_on_file("Ada", Sample("a.wav", 6.0, towards(0.8)), folder=folder)
    assert [(sample.source, sample.seconds) for sample in third.samples] == [("b.wav", 8.0), ("a.wav", 6.0)]
    assert voices_on_file(folder) == (third, zoe)
    assert len(list(folder.iterdir())) == 2
    take_off_file("ADA", folder=folder)
    assert voices_on_file(folder) == (zoe,)
    with pytest.raises(VoiceError, match="on file: Zoë O'Neill"):
        take_off_file("Ada", folder=folder)


def test_numbers_of_another_model_are_replaced_not_added_to(tmp_path: Path) -> None:
    put_on_file("Ada", Sample("a.wav", 10.0, towards(1)), folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text().replace(SpeakerModel.EMBEDDING.sha256, "0" * 64))
    assert not voices_on_file(tmp_path)[0].is_usable
    assert len(put_on_file("Ada", Sample("b.wav", 10.0, towards(1)), folder=tmp_path).samples) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 2}', "\xff"])
def test_a_file_that_is_no_voice_is_left_out_and_said(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.json").write_text(content, encoding="latin-1")
    with caplog.at_level(logging.WARNING, "transcribe.speakers.voiceprints"):
        assert voices_on_file(tmp_path) == ()
    assert "x.json" in caplog.text


@pytest.mark.parametrize("name", ["", " ", "*Ada*", "Ada, Bob", "a" * 81, "[x]", "../x"])
def test_what_is_no_name_is_not_filed(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name"):
        put_on_file(name, Sample("a.wav", 10.0, towards(1)), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Guest", "guest", " Guest  2", "Gast 3"])
@pytest.mark.parametrize("source", ["talk.md", "clip.wav"])
def test_a_name_that_stands_for_nobody_is_refused_before_anybody_listens(
    name: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    if name.startswith("Gast"):
        (tmp_path / "transcribe.toml").write_text('guest = "Gast"\n')
    (tmp_path / source).touch()
    with pytest.raises(VoiceError, match="is what people are called of whom no name is known"):
        CliRunner().invoke(cli, ["voices", "add", name, source], catch_exceptions=False)
    assert voices_on_file(tmp_path / "data" / "turnscript" / "voices") == ()


@pytest.mark.parametrize("name", ["Gast", "gast 2"])
def test_what_a_drafts_run_called_the_unknown_is_no_name_either(
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
    with pytest.raises(VoiceError, match="is what people are called of whom no name is known"):
        CliRunner().invoke(cli, ["voices", "add", name, "talk.md"], catch_exceptions=False)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "voices").write_text("in the way")
    with pytest.raises(VoiceError, match="voices: cannot be written to"):
        put_on_file("Ada", Sample("a.wav", 10.0, towards(1)), folder=tmp_path / "voices")


def reference(name: str) -> list[SpeakerSpan]:
    rows = [line.split() for line in (CLIPS / f"{name}.rttm").read_text(encoding="utf-8").splitlines()]
    return [SpeakerSpan(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def talk(name: str, *, until: float) -> Transcript:
    """The transcript a perfect run would make of a clip's beginning, with words of a third of a second."""
    spans = [span for span in reference(name) if span.end <= until]
    turns = []
    for span in spans:
        starts = [span.start + i / 3 for i in range(int((span.end - span.start) * 3))]
        turns.append(Turn(span.speaker, tuple(Word(f"w{start:.2f}", start, start + 0.3) for start in starts)))
    return Transcript(
        episode=Episode("Talk", path=CLIPS / f"{name}.mp3"),
        language="en",
        speakers=(Speaker("Rich", "Rich"), Speaker("Nora", "Nora")),
        turns=tuple(turns),
        spans=tuple(spans),
        made_with=MadeWith("0.1.0", "ctranslate2", "base", "0" * 64),
    )


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_people_filed_from_one_clip_are_known_in_another() -> None:
    transcript = talk("packaging-notes", until=45)
    with decode(CLIPS / "packaging-notes.mp3") as audio:
        known = [
            Voice(name, (sample_of_turns(audio, transcript, name, source="talk.md"),)) for name in ("Rich", "Nora")
        ]
    with decode(CLIPS / "short.mp3") as audio:
        heard = find_speakers(audio)
    assert {speaker: name for speaker, (name, _) in recognised(heard.voices, known).items()} == {
        heard.spans[0].speaker: "Rich",
        heard.spans[-1].speaker: "Nora",
    }
    assert recognised(heard.voices, known[:1]).keys() == {heard.spans[0].speaker}


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_clips_of_several_people_or_of_little_speech_make_no_voice() -> None:
    with decode(CLIPS / "packaging-notes.mp3") as audio:
        start = reference("packaging-notes")[0].start
        with (
            Audio.from_samples(audio.read(start, start + 25)) as both,
            pytest.raises(VoiceError, match=r"mix\.wav: not one voice but several"),
        ):
            sample_of_clip(both, "mix.wav")
    with decode(CLIPS / "short.mp3") as audio, pytest.raises(VoiceError, match=r"Rich\.md: \d\.\d s .* give 6 s"):
        sample_of_turns(audio, talk("short", until=20), "Rich", source="Rich.md")
    with (
        Audio.from_samples(np.zeros(16_000 * 8, np.float32)) as silence,
        pytest.raises(VoiceError, match=r"s\.wav: 0 s"),
    ):
        sample_of_clip(silence, "s.wav")


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_voices_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    transcript = talk("packaging-notes", until=45)
    for name in ("md", "json"):
        (tmp_path / f"talk.{name}").write_text(str(write(transcript, name)), encoding="utf-8")
    call = CliRunner().invoke
    nobody = call(cli, ["voices", "list"])
    assert (nobody.stdout, "nobody is on file" in nobody.stderr) == ("", True)
    added = call(cli, ["voices", "add", "Nora Lind", str(tmp_path / "talk.md")], catch_exceptions=False)
    assert added.stdout == "Nora Lind\n"
    assert "Warning" not in added.stderr
    again = call(cli, ["voices", "add", "Nora Berg", str(tmp_path / "talk.md")], catch_exceptions=False)
    assert again.stderr.endswith("Nora Berg: sounds like Nora Lind (likeness 1.00); neither may be known again\n")
    assert call(cli, ["voices", "remove", "Nora Berg"]).exit_code == 0
    listed = call(cli, ["voices", "list"]).stdout
    assert listed.startswith("Nora Lind ")
    assert listed.endswith("talk.md\n")
    (filed,) = (tmp_path / "data" / "turnscript" / "voices").iterdir()
    kept = json.loads(filed.read_text())
    assert kept["model_sha256"] == SpeakerModel.EMBEDDING.sha256
    assert math.hypot(*kept["samples"][0]["vector"]) == pytest.approx(1, abs=1e-3)
    with pytest.raises(VoiceError, match="no turns by Ada; those who speak are Rich, Nora"):
        call(cli, ["voices", "add", "Ada", str(tmp_path / "talk.md")], catch_exceptions=False)
    removed = call(cli, ["voices", "remove", "nora lind"])
    assert (removed.exit_code, removed.stderr) == (0, "nora lind: forgotten\n")
    assert call(cli, ["voices", "list"]).stdout == ""


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_an_actor_of_the_shared_corpus_is_known_in_another_dialogue_and_not_where_he_is_not() -> None:
    if not CORPUS.exists():
        pytest.skip("the shared corpus is not on this machine")
    heard = {}
    elsewhere = (
        *("clips-3spk.wav", "jfk.flac", "call-chromecast.wav", "call-repairs-40.flac", "monologue-lucier.mp3"),
        *("meeting-dev00.wav", "meeting-dev01.wav", "meeting-trn03.wav", "meeting-tst00.wav", "news-9spk.wav"),
    )
    for name in ("dialogue-0059.mp3", "dialogue-0062.mp3", *elsewhere):
        with decode(CORPUS / name) as whole, Audio.from_samples(whole.read(0, 60)) as audio:
            heard[name] = find_speakers(audio).voices
    for filed in heard["dialogue-0059.mp3"].values():
        known = [Voice("B", (Sample("dialogue-0059.mp3", 30.0, filed),))]
        if recognised(heard["dialogue-0062.mp3"], known):
            break
    else:
        pytest.fail("nobody of the one dialogue is known in the other")
    assert len(recognised(heard["dialogue-0062.mp3"], known)) == 1
    assert [name for name in elsewhere if recognised(heard[name], known)] == []
