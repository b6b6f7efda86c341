"""The settings, and every place they are read from."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audio.episode import Episode
from output import formats
from output.errors import OutputError
from output.formats import Format, file_name, write
from tests.support.other_settings import FIELDS, OTHER, toml
from tests.support.transcripts import transcript
from transcribe.cli.options import CHOICES
from transcribe.config import load_settings
from transcribe.drafts.style import style_of
from transcribe.errors import SettingsError
from transcribe.pipeline.stages import glossary_of
from transcribe.recognition import engines
from transcribe.settings import Settings, Stage
from transcribe.style import Style
from transcribe.transcript import Transcript, Turn, Word

DIGESTS = {
    "decode": "44136fa355b3678a",
    "plan": "44136fa355b3678a",
    "language": "ad7b8f3df0e9aa4f",
    "recognize": "100eef88845cc151",
    "rehear": "cf3ebbb72718d666",
    "diarize": "f74bc7c7a91f3f02",
    "turns": "3a03aa5e9cbe5b6a",
}


KEPT_FROM_FILES = {"scheduler"}


def spelled(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_every_setting_has_another_value() -> None:
    assert set(OTHER) == set(FIELDS)
    assert all(OTHER[name] != getattr(Settings(), name) for name in FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_source_of_settings_gives_the_same_value(name: str, tmp_path: Path) -> None:
    meant = Settings(**{name: OTHER[name]})
    assert load_settings({name: spelled(OTHER[name])}, environ={}, folder=tmp_path) == meant
    environ = {f"TRANSCRIBE_{name.upper()}": spelled(OTHER[name])}
    assert load_settings({}, environ=environ, folder=tmp_path) == meant
    (tmp_path / "transcribe.toml").write_text(f"{name.replace('_', '-')} = {toml(OTHER[name])}\n")
    if name in KEPT_FROM_FILES:
        with pytest.raises(SettingsError, match=f"{name} is not read from a file, because .*TRANSCRIBE_{name.upper()}"):
            load_settings({}, environ={}, folder=tmp_path)
        return
    from_file = load_settings({}, environ={}, folder=tmp_path)
    if name in ("output", "glossary"):  # paths in a file are relative to it
        meant = Settings(**{name: str(tmp_path / OTHER[name])})
    assert from_file == meant


def test_settings_accept_native_toml_values(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text(
        "comments = true\npublished = false\ntags = 'a, b'\nspeakers = 2\nsince = 2026-01-31\n"
    )
    settings = load_settings({}, environ={}, folder=tmp_path)
    assert (settings.comments, settings.published, settings.tags) == ("true", "false", ("a", "b"))
    assert settings.speaker_count == 2
    assert settings.since == "2026-01-31"


def test_an_unknown_variable_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_settings({}, environ={"TRANSCRIBE_BEAMSIZE": "1", "TRANSCRIBE_FORMAT": "md"}, folder=tmp_path)
    assert "TRANSCRIBE_BEAMSIZE is not a setting" in caplog.text
    assert "TRANSCRIBE_FORMAT is" not in caplog.text


def test_names_can_be_a_list_and_formats_have_two_spellings(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("speakers = ['Ada', 'Bob Smith']\nformat = 'MD, vtt'\n")
    settings = load_settings({}, environ={}, folder=tmp_path)
    assert settings.speaker_names == ("Ada", "Bob Smith")
    assert settings.formats == ("md", "vtt")
    assert load_settings({}, environ={"TRANSCRIBE_FORMAT": "srt"}, folder=tmp_path).formats == ("srt",)


def test_the_file_can_contain_the_glossary(tmp_path: Path) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_text("wrap = 60\n[glossary]\nWuille = ['Wooler']\n")
    settings = load_settings({}, environ={}, folder=tmp_path)
    assert [(term.name, term.mishearings) for term in glossary_of(settings).terms] == [("Wuille", ("Wooler",))]


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("output = 'drafts'\nmodel = './tuned'\n")
    (tmp_path / "below").mkdir()
    settings = load_settings({}, environ={}, folder=tmp_path / "below")
    assert settings.output_folder == tmp_path / "drafts"
    assert settings.model == str(tmp_path / "tuned")


def test_command_line_precedes_environment_file_and_defaults(tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text("beam-size = 2\nwrap = 60\nthreads = 1\n[[show]]\nfeed = 'x'\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    environ = {"TRANSCRIBE_BEAM_SIZE": "3", "TRANSCRIBE_WRAP": "50"}
    settings = load_settings({"beam_size": 4, "model": None}, environ=environ, folder=below)
    assert (settings.beam_size, settings.wrap, settings.threads, settings.model) == (4, 50, 1, "base")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("engine", "magic", f"engine: 'magic' is not one of {', '.join((engines.AUTO, *engines.ENGINES))}"),
        ("formats", "md,pdf", "format: pdf cannot be written; choose from md"),
        ("beam_size", "many", "beam-size: 'many' is not a whole number"),
        ("beam_size", "0", "beam-size: 0 is not between 1 and 20"),
        ("speakers", "0", "speakers: 0 people"),
        ("speakers", " , ", "speakers: no name in ' , '"),
        ("speakers", "Rich,,Bob", "speakers: item 2 of 3 is empty; write it, or leave it out"),
        ("speakers", " ,Rich", "speakers: item 1 of 2 is empty"),
        ("speakers", "Rich,Bob,", "speakers: item 3 of 3 is empty"),
        ("formats", "md, ,vtt", "format: item 2 of 3 is empty"),
        ("formats", ",", "format: item 1 of 2 is empty"),
        ("voices", "Ada,Grace,", "voices: item 3 of 3 is empty"),
        ("speakers", "²,³*", "speakers: '³\\*' cannot be"),
        ("since", "yesterday", "since: 'yesterday' is not a day"),
        ("latest", "-1", "latest: -1 is not between 0"),
        ("speakers", "Ada,ada", "speakers: a name appears twice"),
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
def test_an_invalid_value_is_reported_with_its_place(name: str, value: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"command line: {message}"):
        load_settings({name: value}, environ={}, folder=tmp_path, choices=CHOICES)
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings({}, environ={f"TRANSCRIBE_{name.upper()}": value}, folder=tmp_path, choices=CHOICES)
    assert f"TRANSCRIBE_{name.upper()}" in str(caught.value)


BAD_FILES = """beams = 3|[transcribe]
wrap = 3|doubts = "10"|doubts = "101%"|doubts = 10|
speakers = [1]|speakers = ["Ada", "", "Bob"]|speakers = "Ada,"|format = ["md", " "]|voices = "Ada,,Bob"|
wrap = [|wrap = true|wrap = 1.5|doubtful_below = 2|comments = 1|model = 3|\x00"""


@pytest.mark.parametrize("text", BAD_FILES.split("|"))
def test_an_invalid_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings({}, environ={}, folder=tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", FIELDS)
def test_a_digest_changes_exactly_with_the_settings_of_its_stage(name: str) -> None:
    stages = {field.name: field.metadata["stages"] for field in dataclasses.fields(Settings)}[name]
    if name == "glossary":  # it counts by its content, not by its path
        stages = frozenset()
    changed = Settings(**{name: OTHER[name]})
    for stage in Stage:
        assert (changed.digest(stage) != Settings().digest(stage)) == (stage in stages), stage


def looks(settings: Settings) -> dict[str, str | bytes]:
    """The contents of every file a transcript with something for each setting can be written as."""
    words = tuple(Word(f"word{i}" + "." * (i % 10 == 9), 5.0 * i, 5.0 * i + 1, 0.4) for i in range(400))
    made = transcript(
        ("S1", "Hi."), ("S2", "Ho."), ("S1", "So."), episode=Episode("A talk", audio_url="https://a.b/c.mp3")
    )
    made = replace(made, turns=(*made.turns, Turn("S2", words[:200]), Turn("S1", words[200:])))
    contents = {name: write(made, name, style=style_of(settings), stem="talk") for name in formats.FORMATS}
    document = zipfile.ZipFile(io.BytesIO(contents["docx"]))  # type: ignore[arg-type]
    return contents | {"docx": b"".join(map(document.read, sorted(set(document.namelist()) - {"docProps/core.xml"})))}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Style)])
def test_a_style_setting_changes_a_draft_or_an_export(name: str) -> None:
    assert looks(Settings()) == looks(Settings())
    assert looks(Settings(**{name: OTHER[name]})) != looks(Settings()), f"{name} has no effect"


def test_the_style_settings_are_those_of_the_last_stage() -> None:
    of_render = [field.name for field in dataclasses.fields(Settings) if Stage.RENDER in field.metadata["stages"]]
    assert of_render == [field.name for field in dataclasses.fields(Style)]


def test_keys_and_digests_do_not_change() -> None:
    """With other values all cached results and recorded transcripts are out of date. Change them only on purpose."""
    assert list(Settings().as_dict()) == list(OTHER)
    digests = {
        stage.value: Settings().digest(stage) for stage in Stage if stage is not Stage.RENDER
    }  # it is not cached
    assert digests == DIGESTS


def test_an_unknown_format_is_refused_when_written_or_named() -> None:
    with pytest.raises(OutputError, match="format: pdf cannot be written; choose from md, json"):
        write(transcript(("S1", "Hi.")), "pdf")
    with pytest.raises(OutputError, match="format: pdf cannot be written; choose from md, json"):
        file_name("talk", "pdf")


def test_a_new_format_or_engine_is_one_registry_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formats.REGISTRY, "names", Format(".names.txt", __name__, "names_of"))  # type: ignore[arg-type]
    assert write(transcript(("S1", "Hi.")), "names") == "Ada Lovelace, Bob Moog"
    assert file_name("talk", "names") == "talk.names.txt"
    monkeypatch.setitem(engines.ENGINES, "echo", engines.Engine(__name__, "Echo", ("threads",)))  # type: ignore[arg-type]
    assert engines.load(Settings(engine="echo", threads=3), "files").given == ("files", 3)  # type: ignore[arg-type, attr-defined]
    with pytest.raises(
        SettingsError, match=f"engine: 'magic' is not one of {', '.join((engines.AUTO, *engines.ENGINES))}"
    ):
        engines.load(Settings(engine="magic"), "files")  # type: ignore[arg-type]


def names_of(made: Transcript) -> str:
    return ", ".join(speaker.name for speaker in made.speakers)


class Echo:
    def __init__(self, files: str, *, threads: int) -> None:
        self.given = (files, threads)


@pytest.mark.parametrize("name", ["comments", "published"])
def test_a_deprecated_setting_is_read_with_one_warning(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "transcribe.toml").write_text(f"{name} = true\n")
    for _ in range(2):
        assert getattr(load_settings({}, environ={}, folder=tmp_path), name) == "true"
    (message,) = caplog.messages
    assert f"{name} is deprecated; write `{name} = true` next to the other keys of the table [front_matter]" in message


def test_speaker_names_do_not_change_the_diarization_digest() -> None:
    ada, bob = Settings(speakers="Ada,Grace"), Settings(speakers="Bob,Grace")
    assert ada.digest(Stage.DIARIZE) == bob.digest(Stage.DIARIZE) == Settings(speakers="2").digest(Stage.DIARIZE)
    assert ada.digest(Stage.TURNS) != bob.digest(Stage.TURNS)
