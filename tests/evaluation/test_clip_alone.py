"""A recording checked alone is the clip that its folder has: its name, settings, limits and terms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.checked_clip import ROW, Telling, with_words, write_clip
from tests.support.command_line import Run
from transcribe.evaluation.clips import find_clips
from transcribe.settings import Settings

TOML = """
[limits]
lost_words = 3
[settings]
beam-size = 2
[[clip]]
name = "the garden"
audio = "../clips/garden.wav"
terms = ["clay"]
limits = { wer = 0.01 }
[[clip]]
audio = "second.wav"
"""


@pytest.mark.parametrize("place", ["clips/garden.wav", "clips/../clips/garden.wav", "link.wav", "clips/link.wav"])
def test_a_recording_alone_is_the_clip_of_the_file_beside_it(check: Run, tmp_path: Path, place: str) -> None:
    audio = write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "second", hertz=220)
    if "link" in place:
        (tmp_path / place).symlink_to(audio)
    (tmp_path / "clips" / "clips.toml").write_text(TOML)
    arguments = ("--baseline", "b.json")
    assert check("clips", *arguments, "--update-baseline")[0] == 0
    before = json.loads((tmp_path / "b.json").read_text())["clips"]
    (clip,) = find_clips(Path(place), Settings()).clips
    assert (clip.name, clip.terms, clip.limits.wer, clip.limits.lost_words) == ("the garden", ("clay",), 0.01, 3)
    assert clip.settings.beam_size == 2
    code, out, _ = check(place, *arguments)
    assert (code, "not in the baseline" in out) == (0, False)
    code, out, _ = check(place, *arguments, "--fresh", stages=Telling(talk=with_words("clay", "cray")))
    assert (code, "wer: 1.1 % is over the limit of 1.0 %" in out, "names: 100.0 %" in out) == (1, True, True)
    check(place, *arguments, "--update-baseline")
    after = json.loads((tmp_path / "b.json").read_text())["clips"]
    assert (after.keys(), after["second"]) == (before.keys(), before["second"])
    assert after["the garden"] != before["the garden"]
    code, out, _ = check("clips", *arguments, "--json")
    assert {clip["name"]: clip["unmet"] for clip in json.loads(out)["clips"]} == {"the garden": "", "second": ""}


def test_a_recording_that_the_file_does_not_name_has_its_common_limits(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips", "second", hertz=220)
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "third", hertz=330)
    (tmp_path / "clips" / "clips.toml").write_text(TOML)
    (clip,) = find_clips(tmp_path / "clips" / "third.wav", Settings()).clips
    assert (clip.name, clip.limits.lost_words, clip.limits.wer, clip.settings.beam_size) == ("third", 3, 0.15, 2)
    code, out, _ = check("clips/third.wav")
    assert (code, "note: third.wav: is not in clips.toml, its limits and settings for all clips apply" in out) == (
        0,
        True,
    )


def test_a_recording_alone_has_the_name_that_its_folder_gives_it(tmp_path: Path) -> None:
    """Two recordings with one stem have their file names, in the folder and alone."""
    write_clip(tmp_path)
    (tmp_path / "garden.mp3").write_bytes((tmp_path / "garden.wav").read_bytes())
    for name in ("garden.wav", "garden.mp3"):
        (clip,) = find_clips(tmp_path / name, Settings()).clips
        assert clip.name == name


def test_paths_of_the_file_are_seen_from_its_folder(check: Run, tmp_path: Path) -> None:
    """Also for one recording alone, and for the settings of one clip."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "names.txt").write_text("Grace -> Grays\n")
    for toml in ('[settings]\nglossary = "names.txt"\n', f'{ROW}settings = {{ glossary = "names.txt" }}\n'):
        (tmp_path / "clips" / "clips.toml").write_text(toml)
        for place in ("clips", "clips/clips.toml", "clips/garden.wav"):
            code, out, _ = check(place)
            assert (code, "name: Grace, 3 of 3 mentions wrong" in out) == (1, True)
