"""The recording of a draft of several tracks: their mix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audio.decoding.decode import decode
from audio.decoding.mixdown import write_mix
from audio.disk import sha256_of
from audio.episode import Episode, Track
from audio.errors import DecodeError
from tests.support.tracks import bursts
from transcribe.drafts.recording import has_recording, recording_of
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
    mix = recording_of(draft, episode)
    assert mix is not None
    assert mix.is_relative_to(tmp_path / "cache")
    with decode(mix) as audio:
        assert audio.duration == pytest.approx(5.5, abs=0.1)
        loud = [float(abs(audio.read(start, start + 0.8)).max()) > 0.02 for start in (0.1, 1.1, 2.6, 4.0)]
    assert loud == [False, True, True, False]


def test_tracks_that_are_other_files_now_are_not_mixed(tmp_path: Path, episode: Episode) -> None:
    bursts(tmp_path / "a.wav", (0.5, 1.0), hertz=800.0)
    assert recording_of(tmp_path / "ab.md", episode) == tmp_path / "gone.m4a"
    (tmp_path / "b.wav").unlink()
    assert not has_recording(tmp_path / "ab.md", episode)
    assert recording_of(tmp_path / "ab.md", episode) == tmp_path / "gone.m4a"


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
