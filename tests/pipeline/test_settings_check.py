"""The law of `check_settings`: what would fail every recording alike is one error, before the first is opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.checked_clip import ROW, Telling, write_clip
from tests.support.command_line import Run
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.errors import SettingsError, UnknownModelError, UnreachableError
from transcribe.pipeline.settings_check import check_settings
from transcribe.pipeline.stages import real_stages
from transcribe.recognition.models import ModelFiles
from transcribe.settings import Settings

WRONG = {
    "language": ("xx", "language: the model base does not know 'xx'"),
    "glossary": ("gone.txt", "gone.txt: no such file"),
    "voices": ("Zed", "voices: Zed is not enrolled"),
}
"""Values that are valid by themselves, and wrong by what the model or a file says."""


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    write_clip(tmp_path / "clips", "one")
    write_clip(tmp_path / "clips", "two", hertz=880.0)
    return tmp_path


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", [["run", "clips"], ["run", "clips", "--dry-run"], ["check", "clips"]])
def test_a_wrong_setting_is_one_usage_error(
    run: Run, recordings: Path, command: list[str], name: str, kept: bool
) -> None:
    value, message = WRONG[name]
    if kept:
        run(*command, stages=Telling())
    stages = Telling()
    code, out, err = run(*command, f"--{name}", value, stages=stages)
    assert (code, out, stages.calls) == (2, "", [])
    assert err.startswith(f"Error: {message}")
    assert len(err.splitlines()) == 1
    assert kept or not (recordings / "transcripts").exists()


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_of_a_show_costs_that_show(run: Run, recordings: Path, name: str) -> None:
    value, message = WRONG[name]
    feed = 'feed = "clips"\n'
    shows = f'[[show]]\nname = "a"\n{feed}{name} = "{value}"\n[[show]]\nname = "b"\n{feed}output = "b"\n'
    (recordings / "transcribe.toml").write_text(shows)
    code, _, err = run("run", stages=Telling())
    assert code == 1
    assert "Error: show 'a': " in err
    assert err.count(message) == 1
    assert (recordings / "b" / "two.md").is_file()


@pytest.mark.parametrize(
    "rows", ["[settings]\n{}\n", "[settings]\nbeam-size = 2\n{}\n" + ROW, ROW + "settings = {{ {} }}\n"]
)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_in_a_clips_file_is_named_with_its_line(
    check: Run, tmp_path: Path, name: str, rows: str
) -> None:
    value, message = WRONG[name]
    write_clip(tmp_path / "clips")
    text = rows.format(f'{name} = "{value}"')
    (tmp_path / "clips" / "clips.toml").write_text(text)
    line = next(at for at, row in enumerate(text.splitlines(), 1) if f"{name} =" in row)
    code, out, err = check("clips")
    assert (code, out) == (2, "")
    assert err.startswith(f"Error: clips/clips.toml: line {line}: ")
    assert message in err
    assert len(err.splitlines()) == 1


class Unreachable(Telling):
    """Nobody has its weights."""

    def model(self) -> ModelFiles:
        raise UnreachableError("model base is not on this machine; run `transcribe models get base`")


def test_weights_that_nobody_has_end_a_check_with_one_line(check: Run, recordings: Path) -> None:
    code, out, err = check("clips", stages=Unreachable())
    assert (code, out) == (2, "")
    assert err == "Error: model base is not on this machine; run `transcribe models get base`\n"


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ({"model": "nope"}, "model nope: no such model"),
        ({"model": "./nope"}, "model ./nope: no such folder"),
        ({"model": "small.en", "language": "nl"}, "language: the model small.en does not know 'nl'"),
    ],
)
def test_a_model_is_checked_without_being_fetched(
    setting: dict[str, str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(SettingsError, match=error) as caught:
        check_settings(Settings(**setting), real_stages)  # type: ignore[arg-type]
    assert caught.value.setting in setting
    check_settings(Settings(model="small", language="xx"), real_stages)  # its weights are not here: nobody knows
    assert not list((tmp_path / "cache").rglob("*.bin"))


def test_an_unknown_model_is_an_error_of_the_setting_and_of_the_model() -> None:
    assert issubclass(UnknownModelError, SettingsError)


def test_events_have_the_usage_error(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav", "--language", "xx", "--progress", "json", stages=ScriptedStages())
    (event,) = [json.loads(line) for line in err.splitlines()]
    assert (code, event["event"], event["exit_code"]) == (2, "error", 2)
