"""Recordings that were moved, renamed or converted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audio.disk import sha256_of
from audio.episode import Episode
from audio.errors import SourceError
from tests.support.audio_files import tone, write_wav
from tests.support.transcripts import transcript
from transcribe.drafts.moved_recording import FoundFile, find_recording, with_recording
from transcribe.errors import TranscriptError
from transcribe.transcript import Transcript


def talk_beside(folder: Path, name: str, *, seconds: float = 2.0, sha256: str = "") -> tuple[Path, Transcript]:
    """A draft's path and its transcript, made of a recording of this name and length."""
    made = transcript(("S1", "Hello."), episode=Episode("talk", Path(name), duration=seconds))
    return folder / "talk.md", replace(made, made_with=replace(made.made_with, audio_sha256=sha256))


def test_a_recording_is_found_by_content_before_it_is_found_by_name(tmp_path: Path) -> None:
    drafts, elsewhere = tmp_path / "drafts", tmp_path / "sound"
    drafts.mkdir()
    elsewhere.mkdir()
    same = write_wav(tmp_path / "renamed.wav", tone(300, 2.0))
    namesake = write_wav(drafts / "talk.wav", tone(500, 2.0))
    draft, talk = talk_beside(drafts, "../sound/talk.wav", sha256=sha256_of(same))
    found = find_recording(draft, talk)
    assert found is not None
    assert (found.path, "moved or renamed" in found.note) == (same, True)
    same.unlink()
    found = find_recording(draft, talk)
    assert found is not None
    assert (found.path, "moved and changed" in found.note) == (namesake, True)
    namesake.unlink()
    assert find_recording(draft, talk) is None
    back = write_wav(elsewhere / "talk.wav", tone(300, 2.0))
    assert find_recording(draft, talk) == FoundFile(back)


def test_a_recording_can_be_given_if_it_is_the_same_or_as_long(tmp_path: Path) -> None:
    same, longer = (write_wav(tmp_path / f"{n}.wav", tone(300, n)) for n in (2.0, 9.0))
    for sha256 in (sha256_of(same), ""):
        draft, talk = talk_beside(tmp_path, "gone.wav", sha256=sha256)
        assert with_recording(draft, talk, same).episode.path == Path("2.0.wav")
        with pytest.raises(TranscriptError, match=r"9\.0\.wav: is another recording: 0:00:09 long, not 0:00:02"):
            with_recording(draft, talk, longer)
    draft, talk = talk_beside(tmp_path, "gone.wav", sha256=sha256_of(longer))
    assert with_recording(draft, talk, longer).episode.path == Path("9.0.wav")
    with pytest.raises(SourceError, match="no such file"):
        with_recording(draft, talk, tmp_path / "none.wav")
