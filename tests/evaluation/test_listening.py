"""The pasted command names the recording, whatever its name, and plays the stretch."""

from __future__ import annotations

import shlex
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.scripted_stages import tone
from transcribe.evaluation.listening import interval_to_hear, listening_command, shell_line

NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.just("\n"), min_size=1).filter(
    lambda name: "/" not in name and name not in (".", "..")
)


def only(*installed: str) -> Callable[[str], str | None]:
    return lambda name: name if name in installed else None


@given(NAMES, st.sampled_from([("ffplay",), ("mpv",), ("ffmpeg",), ()]))
@example('it\'s a "name"\nof $two `lines`.wav', ("ffplay",))
@example("-i.wav", ())
@example("http:x.wav", ("mpv",))
def test_the_quoted_command_gives_back_the_path(name: str, installed: tuple[str, ...]) -> None:
    path = Path("clips") / name
    command = listening_command(path, 1.0, 2.5, which=only(*installed))
    assert str(path) in command
    line = shell_line(command, windows=False)
    if name.isprintable() and "##" not in name:
        assert shlex.split(line) == list(command)
    assert line.isprintable()


@pytest.mark.parametrize("name", ["-i.wav", "http:x.wav", "pipe:0.wav"])
def test_a_relative_name_is_no_option_and_no_protocol(name: str) -> None:
    assert f"./{name}" in listening_command(Path(name), 0.0, 1.0, which=only("ffplay"))


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.01, 100))
def test_what_is_heard_is_within_the_recording(one: float, other: float, duration: float) -> None:
    start, end = interval_to_hear(min(one, other), max(one, other), duration)
    assert 0 <= start <= end <= duration


@pytest.mark.parametrize(
    ("argument", "written"),
    [
        (r"C:\clips\a.wav", r"C:\clips\a.wav"),
        (r"C:\my clips\a.wav", r'"C:\my clips\a.wav"'),
        ("it's $here.wav", "'it''s $here.wav'"),
    ],
)
def test_windows_quoting(argument: str, written: str) -> None:
    assert shell_line(["ffplay", argument], windows=True) == f"ffplay {written}"
    assert shell_line([r"C:\Program Files\ffplay.exe"], windows=True) == r'& "C:\Program Files\ffplay.exe"'


@pytest.mark.processes
@pytest.mark.parametrize(
    "name", ["a b.wav", "it's\n$HOME `x`.wav", "tab\there\x1b[2Jff.wav", "caf\udce9\\.wav", "\x85a.wav"]
)
def test_a_shell_reads_the_path(name: str, tmp_path: Path) -> None:
    line = shell_line(["printf", "%s", name], windows=False)
    result = subprocess.run(["bash", "-c", line.encode("utf-8", "surrogateescape")], capture_output=True, check=True)
    assert result.stdout == name.encode("utf-8", "surrogateescape")


@pytest.mark.processes
def test_the_command_without_a_player_cuts_the_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted twice, in the folder of the clip: it works again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    tone(Path("it's -- a clip\n.wav"), seconds=6)
    line = shell_line(listening_command(Path("it's -- a clip\n.wav"), 1.0, 3.5, which=only()), windows=False)
    for _ in range(2):
        subprocess.run(["bash", "-c", line], check=True)
    with wave.open(shlex.split(line)[-1]) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(2.5, abs=0.01)
    assert [path.name for path in tmp_path.iterdir()] == ["it's -- a clip\n.wav"], "no new clip beside it"
