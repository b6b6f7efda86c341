"""Shows: every key of a [[show]] is a setting, and a fault costs its own show, with its file, table and key."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import counting
from tests.support.other_settings import FIELDS, OTHER, toml
from transcribe.batch.shows import FaultyShow, Show, load_shows, shows_named
from transcribe.errors import SettingsError
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import Sample, Voiceprint, select_voiceprints

FEED = "https://example.org/feed.xml"


def all_in(folder: Path, text: str, **given: object) -> tuple[Show | FaultyShow, ...]:
    (folder / "transcribe.toml").write_text(text)
    return load_shows(given, environ={}, folder=folder)


def shows_in(folder: Path, text: str, **given: object) -> tuple[Show, ...]:
    """The shows of a file without a faulty one."""
    return tuple(map(sound, all_in(folder, text, **given)))


def sound(show: Show | FaultyShow) -> Show:
    assert isinstance(show, Show), show
    return show


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "scheduler"])
def test_every_setting_can_be_in_a_show(name: str, tmp_path: Path) -> None:
    line = f"{name.replace('_', '-')} = {toml(OTHER[name])}"
    (show,) = shows_in(tmp_path, f"[[show]]\nname = 'A'\nfeed = '{FEED}'\n{line}\n")
    value = str(tmp_path / OTHER[name]) if name in ("output", "glossary") else OTHER[name]
    assert show == Show("A", FEED, dataclasses.replace(Settings(), **{name: value}))


def test_a_show_precedes_the_file_and_the_command_line_both(tmp_path: Path) -> None:
    text = f"""
host = "Rich"
wrap = 60
threads = 1
[[show]]
name = "One"
feed = "{FEED}"
wrap = 50
threads = 2
[[show]]
name = "Two"
feed = "recordings"
host = "Ada"
output = "two"
"""
    one, two = shows_in(tmp_path, text, threads="3")
    assert (one.settings.host, one.settings.wrap, one.settings.threads) == ("Rich", 50, 3)
    assert (two.settings.host, two.settings.wrap, two.settings.threads) == ("Ada", 60, 3)
    assert (two.feed, two.settings.output_folder) == (str(tmp_path / "recordings"), tmp_path / "two")
    environ = {"TRANSCRIBE_WRAP": "40"}
    assert [sound(show).settings.wrap for show in load_shows({}, environ=environ, folder=tmp_path)] == [40, 40]


FAULTS = {  # a table → its name and what is said about it
    "feed = 'x'": ("[[show]] 2", r"transcribe.toml: line 4: \[\[show\]\] 2: name is missing"),
    "name = 3": ("[[show]] 2", r"\[\[show\]\] 2: name: 3 is not text; write name = \"3\""),
    "name = 'B'": ("B", r"transcribe.toml: line 4: \[\[show\]\] 'B': feed is missing"),
    "name = 'B'\nfeed = 'x'\nlable = 'y'": (
        "B",
        r"toml: line 7: \[\[show\]\] 'B': 'lable' is not a setting \(did you mean 'labels'\?\); the settings are",
    ),
    "name = 'B'\nfeed = 'x'\nwrap = 'y'": ("B", r"toml: line 7: \[\[show\]\] 'B': wrap: 'y' is not a whole number"),
    "name = 'B'\nfeed = 'x'\nscheduler = 'tcp://a:1'": ("B", r"\[\[show\]\] 'B': scheduler is not read from a file"),
    "name = 'one'\nfeed = 'y'": ("[[show]] 2", r"\[\[show\]\] 2: name: 'one' appears twice; give each show"),
    'name = "B\\n\\u001b"\nfeed = "x"': ("[[show]] 2", r"\[\[show\]\] 2: name has several lines"),
    "name = 'B'\nfeed = 'x'\nhost = {a = 1}": ("B", r"\[\[show\]\] 'B': host: {'a': 1} is not text"),
    "name = 'B'\nfeed = '~nobody-here/x'": ("B", r"feed: '~nobody-here/x': there is no such home folder"),
    "name = 'B'\nfeed = 'x'\n\nuser_agent = 3": ("B", r"toml: line 8: \[\[show\]\] 'B': user-agent: 3 is not text"),
    "name = 'B'\nfeed = 'x'\nuser-agent = \"a\\u000ab\"": ("B", r"line 7: \[\[show\]\] 'B': user-agent: not one line"),
    "name = 'B'\nfeed = 'x'\ncookies = 'never'": (
        "B",
        r"line 7: \[\[show\]\] 'B': cookies: 'never' is not true or false",
    ),
    "name = 'B'\nfeed = 'x'\nallow_http = 1": ("B", r"line 7: \[\[show\]\] 'B': allow-http: 1 is not true or false"),
    "name = 'B'\nfeed = 'x'\n[show.tags]\na = 1": ("B", r"\[\[show\]\] 'B': tags: .* is not a list"),
}


@pytest.mark.parametrize("table", FAULTS)
def test_a_fault_is_named_with_its_place_and_costs_its_own_show(table: str, tmp_path: Path) -> None:
    name, message = FAULTS[table]
    text = "".join(f"[[show]]\n{each}\n" for each in ("name = 'One'\nfeed = 'x'", table, "name = 'Two'\nfeed = 'x'"))
    one, faulty, two = all_in(tmp_path, text)
    assert (sound(one).name, sound(two).name) == ("One", "Two")
    assert isinstance(faulty, FaultyShow)
    assert faulty.name == name
    assert re.search(message, str(faulty.error)), faulty.error


def test_an_item_that_is_no_table_costs_itself(tmp_path: Path) -> None:
    one, faulty = all_in(tmp_path, "show = [{name = 'One', feed = 'x'}, 3]")
    assert sound(one).name == "One"
    assert isinstance(faulty, FaultyShow)
    assert "[[show]] 2: is not a table" in str(faulty.error)


@given(st.lists(st.sampled_from([None, *(table for table in FAULTS if "'one'" not in table)]), max_size=6))
def test_sound_shows_stay_whatever_is_between_them(tables: list[str | None]) -> None:
    with tempfile.TemporaryDirectory() as name:
        meant = [f"name = 'Sound {at}'\nfeed = 'x'" if table is None else table for at, table in enumerate(tables)]
        found = all_in(Path(name), "wrap = 60\n" + "".join(f"[[show]]\n{table}\n" for table in meant))
        assert [isinstance(show, Show) for show in found] == [table is None for table in tables]
        assert [show.name for show in found if isinstance(show, Show)] == [
            f"Sound {at}" for at, table in enumerate(tables) if table is None
        ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[show]\nname = 'A'\nfeed = 'x'", r"toml: show: write each show as its own table"),
        ("show = 3", r"toml: show: write each show as its own table"),
        ("[[show]", r"transcribe.toml: not valid TOML"),
        ("wrap = 'y'\n[[show]]\nname = 'A'\nfeed = 'x'\nwrap = 60", r"toml: line 1: wrap: 'y' is not a whole number"),
    ],
)
def test_what_all_shows_share_is_refused_at_once(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        all_in(tmp_path, text)


def test_the_work_grows_with_the_number_of_shows(tmp_path: Path) -> None:
    costs = []
    for count in (50, 200):
        with counting() as calls:
            shows_in(tmp_path, "".join(f"[[show]]\nname = '{number}'\nfeed = 'x'\n" for number in range(count)))
        costs.append(calls)
    few, many = costs
    for kind in ("python", "c"):
        assert many[kind] < 4.6 * few[kind], kind


def test_shows_named_selects_by_name(tmp_path: Path) -> None:
    text = "".join(f"[[show]]\nname = '{name}'\nfeed = 'x'\n" for name in ("Café", "Two", "Three"))
    shows = shows_in(tmp_path, text)
    assert [show.name for show in shows_named(shows, [])] == ["Café", "Two", "Three"]
    assert [show.name for show in shows_named(shows, ["three", "CAFÉ", "Three"])] == ["Three", "Café"]
    with pytest.raises(SettingsError, match=r"no 'four' in transcribe\.toml; the shows are Café, Two, Three"):
        shows_named(shows, ["four"])


def test_without_shows_there_is_an_error(tmp_path: Path) -> None:
    assert load_shows({}, environ={}, folder=tmp_path) == ()
    assert shows_in(tmp_path, "wrap = 60") == ()
    with pytest.raises(SettingsError, match="give a SOURCE, or add a \\[\\[show\\]\\]"):
        shows_named((), [])


def test_a_shows_voices_limit_the_enrolled_ones() -> None:
    ada, grace = (Voiceprint(name, (Sample("clip", 9.0, (1.0,) + (0.0,) * 191),)) for name in ("Ada", "Grace Hopper"))
    assert select_voiceprints([ada, grace], ()) == (ada, grace)
    assert select_voiceprints([ada, grace], ("grace hopper",)) == (grace,)
    with pytest.raises(
        SettingsError, match='voices: Bob is not enrolled; enrol them with: transcribe voices add "Bob" CLIP'
    ):
        select_voiceprints([ada], ("Ada", "Bob"))
