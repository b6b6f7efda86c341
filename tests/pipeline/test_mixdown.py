"""The name of a mix in the cache: another one wherever the sound would be another."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from audio.episode import Track
from transcribe.pipeline.mixdown import cached_mix

SILENT = {"name"}
"""What says nothing about the sound of a track."""
OTHERS = {"path": Path("c.wav"), "stream": 1, "offset": 2.5, "drift_ppm": 40.0, "sha256": "d00d", "name": "Ada"}


@pytest.mark.parametrize("field", [field.name for field in fields(Track)])
def test_whatever_the_sound_depends_on_is_in_the_name(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, second = Track(Path("a.wav"), offset=0.0), Track(Path("b.wav"), sha256="cafe")
    mix = cached_mix([first, second])
    changed = replace(second, **{field: OTHERS[field]})
    assert (cached_mix([first, changed]) == mix) == (field in SILENT)
    assert cached_mix([first, replace(second)]) == mix


def test_a_name_that_is_not_utf_8_has_a_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cached_mix([Track(Path("caf\udce9.wav"))]) != cached_mix([Track(Path("caf\udcea.wav"))])
