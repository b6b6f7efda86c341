"""Any value at any key: it is taken, or refused with the file and the key; never a traceback, never lost to a BOM."""

from __future__ import annotations

import datetime
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.fetching.library import Library
from tests.support.counting import counting
from tests.support.other_settings import FIELDS, OTHER
from tests.support.other_settings import toml as toml_of
from transcribe.batch.shows import FaultyShow, load_shows
from transcribe.cli.main import cli
from transcribe.cli.options import CHOICES
from transcribe.cli.run import run
from transcribe.config import load_settings
from transcribe.drafts.style import style_of
from transcribe.errors import SettingsError
from transcribe.settings import Settings, option_name

_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_ITEMS = st.one_of(_TEXTS, st.integers(-(2**70), 2**70), st.floats(), st.booleans(), st.dates(), st.datetimes())
VALUES = st.recursive(_ITEMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3))


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


OPTIONS = [name for name in FIELDS if not isinstance(getattr(Settings(), name), bool)]
BLANKS = st.text(" \t\u00a0\u3000", max_size=3)


def taken_back_or_refused(name: str, read: Callable[[], Settings]) -> None:
    """Whether an empty value has the effect of the default, if that is empty, and is else refused with its name."""
    default = getattr(Settings(), name)
    if default in ("", ()):
        assert getattr(read(), name) == default
        return
    with pytest.raises(SettingsError, match=f"{option_name(name)}: must not be empty; give a value, or leave it out"):
        read()


def settings_of_show(folder: Path) -> Settings:
    (show,) = load_shows({}, environ={}, folder=folder)
    if isinstance(show, FaultyShow):
        raise show.error
    return show.settings


@given(st.sampled_from(FIELDS), BLANKS)
def test_an_empty_value_takes_back_that_of_a_lower_place_or_is_refused(name: str, blank: str) -> None:
    with tempfile.TemporaryDirectory() as at:
        folder, other = Path(at), OTHER[name]
        spelled = ",".join(other) if isinstance(other, tuple) else str(other)
        environ = {f"TRANSCRIBE_{name.upper()}": spelled}
        taken_back_or_refused(name, lambda: load_settings({name: blank}, environ=environ, folder=folder))
        if name == "scheduler":
            return
        (folder / "transcribe.toml").write_text(
            f"{name} = {toml_of(other)}\n[[show]]\nname = 'A'\nfeed = 'x'\n{name} = {toml_of(blank)}\n"
        )
        from_file = getattr(load_settings({}, environ={}, folder=folder), name)
        blank_environ = {f"TRANSCRIBE_{name.upper()}": blank}
        if blank:
            taken_back_or_refused(name, lambda: load_settings({}, environ=blank_environ, folder=folder))
        else:
            assert getattr(load_settings({}, environ=blank_environ, folder=folder), name) == from_file
        assert from_file != getattr(Settings(), name)
        taken_back_or_refused(name, lambda: load_settings({name: blank}, environ={}, folder=folder))
        taken_back_or_refused(name, lambda: settings_of_show(folder))


@pytest.mark.parametrize("name", OPTIONS)
def test_an_empty_option_is_a_given_one(name: str) -> None:
    (option,) = (each for each in run.params if each.name == name)
    args, parent = ["a.wav", f"--{option_name(name)}", ""], cli.make_context("transcribe", ["run"])
    if isinstance(option.type, click.Choice) and "" not in option.type.choices:
        with pytest.raises(click.UsageError) as caught:
            run.make_context("run", args, parent=parent)
        assert f"'--{option_name(name)}': '' is not one of" in caught.value.format_message()
    else:
        assert run.make_context("run", args, parent=parent).params[name] == ""


@pytest.mark.parametrize(("width", "is_valid"), [(0, True), (1, False), (19, False), (20, True), (10_000, True)])
def test_lines_have_room_for_words(width: int, is_valid: bool) -> None:
    if is_valid:
        assert Settings(wrap=width).wrap == width
        return
    with pytest.raises(SettingsError, match=f"wrap: {width} is too narrow; give 20 or more, or 0 to wrap no lines"):
        Settings(wrap=width)


def _names(error: SettingsError, name: str) -> None:
    text = str(error)
    assert option_name(name) in text.replace("_", "-") or "transcribe.toml: line " in text


@given(st.sampled_from(FIELDS), VALUES)
def test_a_value_in_the_file_is_taken_or_refused_with_its_place(name: str, value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transcribe.toml"
        path.write_bytes(f"# a comment\n{option_name(name)} = {toml(value)}\n".encode())
        try:
            style_of(load_settings({}, environ={}, folder=Path(folder), choices=CHOICES))
        except SettingsError as error:
            _names(error, name)


@given(st.sampled_from(FIELDS), _TEXTS)
def test_a_value_in_the_environment_is_taken_or_refused(name: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            style_of(load_settings({}, environ={f"TRANSCRIBE_{name.upper()}": value}, folder=Path(folder)))
        except SettingsError as error:
            _names(error, name)


@pytest.mark.parametrize(("line", "message"), [("format = [1]", "format: 1 in the list"), ("tags = [1]", "tags: 1 in")])
def test_a_list_of_numbers_names_line_and_key(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "transcribe.toml").write_text(f"wrap = 60\n{line}\n")
    with pytest.raises(SettingsError, match=f"transcribe.toml: line 2: {message}"):
        load_settings({}, environ={}, folder=tmp_path, choices=CHOICES)


def test_the_work_grows_with_the_number_of_keys(tmp_path: Path) -> None:
    costs = []
    for count in (200, 800):
        (tmp_path / "transcribe.toml").write_text("".join(f"other{number} = 1\n" for number in range(count)))
        with counting() as calls, pytest.raises(SettingsError, match=r"transcribe\.toml: line 1: 'other0' is not"):
            load_settings({}, environ={}, folder=tmp_path)
        costs.append(calls)
    few, many = costs
    for kind in ("python", "c"):
        assert many[kind] < 4.6 * few[kind], kind


def test_a_megabyte_of_blank_lines_is_read(tmp_path: Path) -> None:
    """Each line is looked at alone: a pattern over all of them would take an hour."""
    (tmp_path / "transcribe.toml").write_text("\n" * 1_000_000 + "wrap = 60\n")
    assert load_settings({}, environ={}, folder=tmp_path).wrap == 60


def test_no_key_is_lost_to_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_bytes(b"\xef\xbb\xbfwrap = 60\n[[show]]\nname = 'One'\nfeed = 'x'\n")
    assert load_settings({}, environ={}, folder=tmp_path) == Settings(wrap=60)
    assert settings_of_show(tmp_path).wrap == 60
    for data, told in (
        ("wrap = 60\n".encode("utf-16"), "is UTF-16 text"),
        ("wrap = 60\n".encode("utf-16-be"), "is UTF-16 text"),
        ("wrap = 60\n".encode("utf-32"), "is UTF-32 text"),
        ("host = 'Zoë'\n".encode("latin-1"), "line 1: is not UTF-8 text"),
    ):
        path.write_bytes(data)
        with pytest.raises(SettingsError, match=f"{told}; save it as UTF-8"):
            load_settings({}, environ={}, folder=tmp_path)


@pytest.mark.parametrize(
    "damage", [{"file": None}, {"size": "9"}, {"gone": 1}, {"sha256": ["a"]}, {"url": 3}, {"gone": [1]}]
)
def test_a_damaged_entry_of_the_index_costs_itself(damage: dict[str, Any], tmp_path: Path) -> None:
    library = Library(tmp_path)
    one, two = (Episode(name, audio_url=f"https://a.example/{name}.mp3") for name in ("one", "two"))
    library.claim(one), library.claim(two)
    index = tmp_path / ".turnscript" / "index.json"
    data = json.loads(index.read_text())
    data["episodes"]["one"] |= damage
    index.write_text(json.dumps(data))
    assert list(Library(tmp_path).entries()) == ["two"]


@given(
    st.sampled_from([name for name in FIELDS if isinstance(getattr(Settings(), name), str | tuple)]),
    st.characters(max_codepoint=31),
)
def test_no_control_character_reaches_the_name_of_a_file_or_a_document(name: str, character: str) -> None:
    """But those of white space: a table for the front matter may have several lines."""
    text = f"a{character}b"
    try:
        Settings(**{name: (text,) if isinstance(getattr(Settings(), name), tuple) else text})
    except SettingsError:
        return
    assert character in "\t\n\r"


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("TRANSCRIBE_MODLE", "did you mean TRANSCRIBE_MODEL?"),
        ("TRANSCRIBE_FORMAT_", "did you mean TRANSCRIBE_FORMAT?"),
        ("TRANSCRIBE_XYZZY", "the settings are TRANSCRIBE_ALLOW_HTTP, TRANSCRIBE_AUTHOR, "),
    ],
)
def test_an_unknown_variable_is_told_with_the_name_that_is_near(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, variable: str, told: str
) -> None:
    load_settings({}, environ={variable: "small"}, folder=tmp_path)
    assert f"{variable} is not a setting and has no effect; {told}" in caplog.text
    assert ("the settings are" in caplog.text) == told.startswith("the settings are")
