"""What is there and cannot be read is an error of the check, and never the same as what is not there; and no link in a
folder of clips is a way out of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.checked_clip import ROW, write_clip
from tests.support.command_line import Run
from tests.support.odd_files import put_in_place_of
from tests.support.scripted_stages import tone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links and pipes")

KINDS = ["folder", "pipe", "dangling link", "link loop", "device", "link out"]
FILES = ["garden.ref.txt", "garden.ref.md", "garden.rttm", "garden.wav"]
SECRET = "Ada: s3cret t0ken passw0rd\n"


def put(path: Path, kind: str) -> None:
    """What cannot be read at this name, or may not be."""
    path.unlink(missing_ok=True)
    if kind == "link loop":
        path.symlink_to(path.name)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link out":
        target = path.parent.parent / "home" / f"secret{path.suffix}"
        target.parent.mkdir(exist_ok=True)
        target.write_text(SECRET)
        if path.suffix == ".wav":
            tone(target)
        path.symlink_to(target)
    else:
        put_in_place_of(path, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_is_an_error_of_the_clip(check: Run, tmp_path: Path, name: str, kind: str) -> None:
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "second", hertz=220)
    put(tmp_path / "clips" / name, kind)
    code, out, err = check("clips")
    assert (code, "1 clip passed, 1 clip could not be run" in out) == (2, True), out
    assert f"clips/{name}: " in out
    assert not any(word in out + err for word in SECRET.split()[1:])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["garden.ref.txt", "garden.rttm", "garden.wav"])
@pytest.mark.parametrize(
    "text", [ROW, f'{ROW}reference = ["garden.ref.txt", "garden.rttm"]\n', "[limits]\nwer = 0.1\n"]
)
def test_a_file_that_a_clips_file_stands_for_is_no_less_checked(
    check: Run, tmp_path: Path, name: str, kind: str, text: str
) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text(text)
    put(tmp_path / "clips" / name, kind)
    code, out, err = check("clips")
    assert (code, f"clips/{name}: " in out) == (2, True), out
    assert not any(word in out + err for word in SECRET.split()[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_a_clips_file_and_a_baseline_are_no_way_out(check: Run, tmp_path: Path, kind: str) -> None:
    write_clip(tmp_path / "clips")
    put(tmp_path / "clips" / "baseline.json", kind)
    code, out, err = check("clips", "--history")
    assert (code, out) == (2, "")
    assert "clips/baseline.json: " in err
    assert "there is no" not in err
    put(tmp_path / "clips" / "clips.toml", kind)
    code, out, err = check("clips")
    assert (code, out, err.startswith("Error: clips/clips.toml: ")) == (2, "", True)


def test_a_subfolder_that_is_a_link_is_no_way_out(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "home")
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "inner").symlink_to("../home")
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "inner/garden.wav"\n')
    code, out, _ = check("clips")
    assert (code, "a link leads out of clips" in out) == (2, True)
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "../home/garden.wav"\n')
    assert check("clips")[0] == 0, "a place that the file states"


def test_what_the_user_names_may_be_a_link(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "home")
    (tmp_path / "linked").symlink_to("home")
    assert check("linked")[0] == 0
    clips = tmp_path / "clips"
    audio = write_clip(clips)
    audio.unlink()
    audio.symlink_to("../home/garden.wav")
    assert (check("clips")[0], check("clips/garden.wav")[0]) == (2, 0)
    (tmp_path / "home" / "clips.toml").write_text(ROW)
    (clips / "clips.toml").symlink_to("../home/clips.toml")
    assert check("clips/clips.toml")[0] == 2, "its clip leads out, which nobody named"
    audio.unlink()
    audio.write_bytes((tmp_path / "home" / "garden.wav").read_bytes())
    assert (check("clips")[0], check("clips/clips.toml")[0]) == (2, 0)


@pytest.mark.parametrize("kind", ["pipe", "dangling link", "link loop", "link out"])
def test_speaker_times_that_nobody_named_are_checked_by_score_too(run: Run, tmp_path: Path, kind: str) -> None:
    write_clip(tmp_path / "clips")
    words = tmp_path / "clips" / "garden.ref.txt"
    assert run("score", str(words), str(words))[0] == 0
    put(tmp_path / "clips" / "garden.rttm", kind)
    code, _, err = run("score", str(words), str(words))
    assert (code, "garden.rttm: cannot be read" in err) == (1, True)


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_settings_that_cannot_be_read_are_not_left_out(check: Run, tmp_path: Path, kind: str) -> None:
    write_clip(tmp_path / "clips")
    put(tmp_path / "transcribe.toml", kind)
    code, _, err = check("clips")
    assert (code, "transcribe.toml: " in err) == (2, True)


@pytest.mark.parametrize("name", ["garden.ref.txt", "garden.rttm"])
def test_a_reference_too_large_is_not_hashed(check: Run, tmp_path: Path, name: str) -> None:
    """A sparse file of terabytes takes no room in an archive."""
    write_clip(tmp_path / "clips")
    os.truncate(tmp_path / "clips" / name, 1 << 42)
    code, out, _ = check("clips")
    assert (code, f"clips/{name}: the reference cannot be read (larger than 64 MB)" in out) == (2, True)


class PanicError(BaseException):
    """As libraries in Rust raise it."""


@pytest.mark.parametrize(
    "defect", [TypeError("unsupported operand"), AssertionError(), SystemExit(1), PanicError("index out of bounds")]
)
@pytest.mark.parametrize("verbose", [[], ["-v"]])
def test_a_defect_is_no_result_of_the_check(
    check: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defect: BaseException, verbose: list[str]
) -> None:
    """It had the exit code of a gate that is not met."""

    def fail(*args: object, **kwargs: object) -> None:
        raise defect

    write_clip(tmp_path / "clips")
    monkeypatch.setattr("transcribe.evaluation.check.check_clips", fail)
    code, out, err = check("clips", *verbose)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(f"Error: unexpected {type(defect).__name__}: {defect}; report it with the")
    assert ("Traceback (most recent call last):" in err) == bool(verbose)
    assert verbose or len(err.splitlines()) == 1


def test_an_interrupted_check_is_interrupted(check: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    write_clip(tmp_path / "clips")
    monkeypatch.setattr("transcribe.evaluation.check.check_clips", fail)
    assert check("clips")[0] == 130
