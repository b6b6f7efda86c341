"""The recording of a draft of several tracks: their mix."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path

import pytest

from audio.decoding.decode import decode
from audio.decoding.mixdown import write_mix
from audio.disk import sha256_of
from audio.episode import Episode, Track
from audio.errors import DecodeError
from output.formats import write
from tests.support.tracks import bursts
from tests.support.transcripts import transcript
from transcribe.drafts.recording import has_recording, recording_of
from transcribe.editor.session import Session
from transcribe.transcript_json import episode_fields, episode_of


@pytest.fixture
def episode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Episode:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, two = (bursts(tmp_path / f"{name}.wav", (1.0, 2.0), seconds=4.0, hertz=300.0) for name in "ab")
    tracks = (Track(Path("a.wav"), offset=0.0, sha256=sha256_of(one)), Track(Path("b.wav"), offset=1.5, drift_ppm=80.0))
    assert two.is_file()
    return Episode("ab", Path("gone.m4a"), tracks=tracks)


def test_a_mix_that_has_gone_is_made_of_the_tracks(tmp_path: Path, episode: Episode) -> None:
    draft = tmp_path / "ab.md"
    assert has_recording(draft, episode)
    found = recording_of(draft, episode)
    assert found.problem == ""
    mix = found.path
    assert mix is not None
    assert mix.is_relative_to(tmp_path / "cache")
    with decode(mix) as audio:
        assert audio.duration == pytest.approx(5.5, abs=0.1)
        loud = [float(abs(audio.read(start, start + 0.8)).max()) > 0.02 for start in (0.1, 1.1, 2.6, 4.0)]
    assert loud == [False, True, True, False]


def test_tracks_that_are_other_files_now_are_not_mixed(tmp_path: Path, episode: Episode) -> None:
    bursts(tmp_path / "a.wav", (0.5, 1.0), hertz=800.0)
    found = recording_of(tmp_path / "ab.md", episode)
    assert found.path == tmp_path / "gone.m4a"
    assert found.problem == (
        f"{tmp_path}/gone.m4a: is not there, and its tracks cannot be mixed again: {tmp_path}/a.wav: is another file "
        "than the one transcribed; put that back, or transcribe the tracks again"
    )
    (tmp_path / "a.wav").unlink()
    assert not has_recording(tmp_path / "ab.md", episode)
    assert f"{tmp_path}/a.wav: no such file; put it there" in recording_of(tmp_path / "ab.md", episode).problem


@pytest.mark.parametrize("content", [b"", b"RIFF junk"])
def test_why_a_mix_cannot_be_made_is_said(tmp_path: Path, episode: Episode, content: bytes) -> None:
    (tmp_path / "b.wav").write_bytes(content)
    (tmp_path / "a.wav").write_bytes(content)
    episode = replace(episode, tracks=tuple(replace(track, sha256="") for track in episode.tracks))
    found = recording_of(tmp_path / "ab.md", episode)
    assert found.path == tmp_path / "gone.m4a"
    assert "the mix cannot be made" in found.problem


def test_a_recording_that_is_gone_is_named(tmp_path: Path) -> None:
    found = recording_of(tmp_path / "a.md", Episode("a", Path("gone.mp3")))
    assert (found.path, found.problem) == (
        tmp_path / "gone.mp3",
        f"{tmp_path}/gone.mp3: no such file; put the recording there",
    )
    assert recording_of(tmp_path / "a.md", Episode("a", audio_url="https://example.org/a.mp3")).problem == ""


def test_the_editor_says_why_there_is_nothing_to_listen_to(tmp_path: Path, episode: Episode) -> None:
    (tmp_path / "a.wav").unlink()
    for name in ("md", "json"):
        text = write(transcript(("S1", "Good morning."), episode=episode), name, stem="ab")
        (tmp_path / f"ab.{name}").write_text(str(text), encoding="utf-8")
    with contextlib.closing(Session(tmp_path / "ab.md")) as session:
        while session.sound.progress is not None:
            time.sleep(0.01)
        assert session.sound.path is None
        assert f"{tmp_path}/a.wav: no such file" in session.sound.problem


def test_a_mix_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"\0" * 100)
    with pytest.raises(DecodeError, match=r"mix\.m4a: the mix cannot be made"):
        write_mix([Track(tmp_path / "a.wav", offset=0.0)], tmp_path / "mix.m4a")
    assert not (tmp_path / "mix.m4a").exists()


def test_tracks_are_read_as_they_are_written(episode: Episode) -> None:
    assert episode_of(episode_fields(episode)) == episode
    assert "tracks" not in episode_fields(replace(episode, tracks=()))


@pytest.mark.parametrize(("key", "value"), [("drift_ppm", float("nan")), ("offset", -1.0), ("stream", "0")])
def test_what_is_no_track_is_refused(episode: Episode, key: str, value: object) -> None:
    fields = episode_fields(episode)
    fields["tracks"][0][key] = value
    with pytest.raises((ValueError, TypeError), match=key):
        episode_of(fields)
