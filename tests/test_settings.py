"""One `Settings`, and every place it is read from."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from output.formats import FORMATS as WRITTEN
from transcribe.config import load_settings
from transcribe.errors import SettingsError
from transcribe.pipeline.stages import glossary_of
from transcribe.settings import FORMATS, Settings, Stage

# A value other than the default for every field. A new field without one fails here, which is the point.
OTHER: dict[str, Any] = {
    "output": "elsewhere",
    "formats": ("json",),
    "speakers": "Ada,Grace",
    "channels": "mix",
    "host": "Ada",
    "guest": "Visitor",
    "voices": ("Ada", "Grace"),
    "model": "tiny.en",
    "engine": "openai",
    "device": "cpu",
    "language": "nl",
    "glossary": "names.txt",
    "beam_size": 1,
    "verbatim": True,
    "latest": 4,
    "since": "2026-01-31",
    "match": "storage",
    "episode": "guid-7",
    "threads": 3,
    "cache_limit": "500MB",
    "jobs": 2,
    "scheduler": "tcp://127.0.0.1:8786",
    "progress": "plain",
    "labels": "name",
    "colon": "inside",
    "wrap": 0,
    "doubtful_below": 0.5,
    "clock_minutes": 5,
    "author": "ada",
    "tags": ("podcast", "storage"),
    "comments": "true",
    "published": "false",
    "front_matter": '{"layout": "post", "title": "{title}"}',
    "docx_times": "comments",
    "transcript_url": "https://example.org/texts/",
}
FIELDS = [field.name for field in dataclasses.fields(Settings)]


def spelled(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return json.dumps(value)  # a text of JSON is one of TOML


def test_every_setting_is_known_here() -> None:
    assert set(OTHER) == set(FIELDS)
    assert all(OTHER[name] != getattr(Settings(), name) for name in FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_place_says_the_same(name: str, tmp_path: Path) -> None:
    meant = Settings(**{name: OTHER[name]})
    assert load_settings({name: spelled(OTHER[name])}, environ={}, folder=tmp_path) == meant
    environ = {f"TRANSCRIBE_{name.upper()}": spelled(OTHER[name])}
    assert load_settings({}, environ=environ, folder=tmp_path) == meant
    (tmp_path / "transcribe.toml").write_text(f"{name.replace('_', '-')} = {toml(OTHER[name])}\n")
    from_file = load_settings({}, environ={}, folder=tmp_path)
    if name in ("output", "glossary"):  # paths in a file are meant from where it is
        meant = Settings(**{name: str(tmp_path / OTHER[name])})
    assert from_file == meant


def test_switches_can_be_written_as_toml_has_them(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text(
        "comments = true\npublished = false\ntags = 'a, b'\nspeakers = 2\nsince = 2026-01-31\n"
    )
    settings = load_settings({}, environ={}, folder=tmp_path)
    assert (settings.comments, settings.published, settings.tags) == ("true", "false", ("a", "b"))
    assert settings.speaker_count == 2
    assert settings.since == "2026-01-31"


def test_a_variable_that_is_no_setting_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_settings({}, environ={"TRANSCRIBE_BEAMSIZE": "1", "TRANSCRIBE_FORMAT": "md"}, folder=tmp_path)
    assert "TRANSCRIBE_BEAMSIZE is no setting" in caplog.text
    assert "TRANSCRIBE_FORMAT is" not in caplog.text


def test_names_can_be_a_list_and_format_has_both_spellings(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("speakers = ['Ada', 'Bob Smith']\nformat = 'MD, vtt'\n")
    settings = load_settings({}, environ={}, folder=tmp_path)
    assert settings.speaker_names == ("Ada", "Bob Smith")
    assert settings.formats == ("md", "vtt")
    assert load_settings({}, environ={"TRANSCRIBE_FORMAT": "srt"}, folder=tmp_path).formats == ("srt",)


def test_a_glossary_may_stand_in_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_text("wrap = 60\n[glossary]\nWuille = ['Wooler']\n")
    settings = load_settings({}, environ={}, folder=tmp_path)
    assert [(term.name, term.mishearings) for term in glossary_of(settings).terms] == [("Wuille", ("Wooler",))]


def test_paths_in_the_file_are_meant_from_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("output = 'drafts'\nmodel = './tuned'\n")
    (tmp_path / "below").mkdir()
    settings = load_settings({}, environ={}, folder=tmp_path / "below")
    assert settings.output_folder == tmp_path / "drafts"
    assert settings.model == str(tmp_path / "tuned")


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("beam-size = 2\nwrap = 60\nthreads = 1\n[[show]]\nfeed = 'x'\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    environ = {"TRANSCRIBE_BEAM_SIZE": "3", "TRANSCRIBE_WRAP": "50"}
    settings = load_settings({"beam_size": 4, "model": None}, environ=environ, folder=below)
    assert (settings.beam_size, settings.wrap, settings.threads, settings.model) == (4, 50, 1, "base")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("engine", "magic", "engine: 'magic' is not one of auto, openai, ctranslate2"),
        ("formats", "md,pdf", "format: pdf cannot be written; choose from md"),
        ("beam_size", "many", "beam-size: 'many' is not a whole number"),
        ("beam_size", "0", "beam-size: 0 is not between 1 and 20"),
        ("speakers", "0", "speakers: 0 people"),
        ("speakers", " , ", "speakers: no name in ' , '"),
        ("speakers", "²,³*", "speakers: '³\\*' cannot be"),
        ("since", "yesterday", "since: 'yesterday' is not a day"),
        ("latest", "-1", "latest: -1 is not between 0"),
        ("speakers", "Ada,ada", "speakers: a name stands twice"),
        ("speakers", "A*B", "speakers: 'A\\*B' cannot be"),
        ("host", "**", "host: '\\*\\*' cannot be"),
        ("speakers", "-2", "speakers: -2 people"),
        ("speakers", "1.5,Ada", "speakers: '1.5' cannot be"),
        ("speakers", "Ada;Grace", "speakers: 'Ada;Grace' looks like several people"),
        ("speakers", "Ada and Grace", "speakers: 'Ada and Grace' looks like several people"),
        ("language", "English", "language: 'English' is not a code"),
        ("output", " ", "output: must not be empty"),
        ("verbatim", "perhaps", "verbatim: 'perhaps' is not true or false"),
        ("scheduler", "localhost", "scheduler: 'localhost' is not an address such as tcp"),
        ("cache_limit", "much", "cache-limit: 'much' is not a size such as 500MB or 2GB, nor none"),
    ],
)
def test_a_bad_value_is_named_with_its_place(name: str, value: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"command line: {message}"):
        load_settings({name: value}, environ={}, folder=tmp_path)
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings({}, environ={f"TRANSCRIBE_{name.upper()}": value}, folder=tmp_path)
    assert f"TRANSCRIBE_{name.upper()}" in str(caught.value)


BAD_FILES = """beams = 3|[transcribe]
wrap = 3|speakers = [1]|wrap = [|wrap = true|wrap = 1.5|doubtful_below = 2|comments = 1|model = 3|\x00"""


@pytest.mark.parametrize("text", BAD_FILES.split("|"))
def test_a_bad_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings({}, environ={}, folder=tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", FIELDS)
def test_a_stage_is_done_again_when_its_settings_change_and_only_then(name: str) -> None:
    stages = {field.name: field.metadata["stages"] for field in dataclasses.fields(Settings)}[name]
    if name == "glossary":  # by what it says, not by where it lies
        stages = frozenset()
    changed = Settings(**{name: OTHER[name]})
    for stage in Stage:
        assert (changed.digest(stage) != Settings().digest(stage)) == (stage in stages), stage


def test_the_formats_are_those_there_are_writers_for() -> None:
    assert FORMATS == WRITTEN


def test_renaming_people_does_not_change_who_is_heard() -> None:
    ada, bob = Settings(speakers="Ada,Grace"), Settings(speakers="Bob,Grace")
    assert ada.digest(Stage.DIARIZE) == bob.digest(Stage.DIARIZE) == Settings(speakers="2").digest(Stage.DIARIZE)
    assert ada.digest(Stage.TURNS) != bob.digest(Stage.TURNS)
