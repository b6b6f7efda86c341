"""Any value at any key: it is taken, or refused with the file and the key; never a traceback, never lost to a BOM."""

from __future__ import annotations

import datetime
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from audio.fetching.library import Library, key_of
from tests.support.counting import counting
from tests.support.other_settings import FIELDS
from transcribe.batch.shows import load_shows
from transcribe.cli.options import CHOICES
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
    (show,) = load_shows({}, environ={}, folder=tmp_path)
    assert (show.name, show.settings.wrap) == ("One", 60)
    path.write_text("wrap = 60\n", encoding="utf-16")
    with pytest.raises(SettingsError, match="is not UTF-8 text; save it as UTF-8"):
        load_settings({}, environ={}, folder=tmp_path)


@pytest.mark.parametrize(
    "damage", [{"file": None}, {"size": "9"}, {"gone": 1}, {"stem": ["a"]}, {"url": 3}, {"gone": [1]}]
)
def test_a_damaged_entry_of_the_index_costs_itself(damage: dict[str, Any], tmp_path: Path) -> None:
    library = Library(tmp_path)
    one, two = (Episode(name, audio_url=f"https://a.example/{name}.mp3") for name in ("one", "two"))
    library.claim(one), library.claim(two)
    index = tmp_path / ".turnscript" / "index.json"
    data = json.loads(index.read_text())
    data["episodes"][key_of(one)] |= damage
    index.write_text(json.dumps(data))
    assert [entry.stem for entry in library.entries().values()] == ["two"]
