"""Shows: every key of a [[show]] is a setting, and an invalid one is reported with its file, table and key."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.support.other_settings import FIELDS, OTHER, toml
from transcribe.batch.shows import Show, load_shows, shows_named
from transcribe.errors import SettingsError
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import Sample, VoiceError, Voiceprint, select_voiceprints

FEED = "https://example.org/feed.xml"


def shows_in(folder: Path, text: str, **given: object) -> tuple[Show, ...]:
    (folder / "transcribe.toml").write_text(text)
    return load_shows(given, environ={}, folder=folder)


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
    assert [show.settings.wrap for show in load_shows({}, environ=environ, folder=tmp_path)] == [40, 40]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[show]]\nfeed = 'x'", r"transcribe.toml: \[\[show\]\] 1: name is missing"),
        ("[[show]]\nname = 'A'\nfeed = 'x'\n[[show]]\nname = 3", r"\[\[show\]\] 2: name: 3 is not text"),
        ("[[show]]\nname = 'A'", r"transcribe.toml: \[\[show\]\] 'A': feed is missing"),
        (
            "[[show]]\nname = 'A'\nfeed = 'x'\nlable = 'y'",
            r"toml: \[\[show\]\] 'A': 'lable' is not a setting \(did you mean 'labels'\?\); the settings are",
        ),
        ("[[show]]\nname = 'A'\nfeed = 'x'\nwrap = 'y'", r"toml: \[\[show\]\] 'A': wrap: 'y' is not a whole number"),
        (
            "[[show]]\nname = 'A'\nfeed = 'x'\n[[show]]\nname = 'a'\nfeed = 'y'",
            r"\[\[show\]\]: name: 'a' appears twice",
        ),
        ("[show]\nname = 'A'\nfeed = 'x'", r"toml: show: write each show as its own table"),
        ("show = 3", r"toml: show: write each show as its own table"),
        ('[[show]]\nname = "A\\n\\u001b"\nfeed = "x"', r"\[\[show\]\] 1: name has several lines"),
        ("[[show]]\nname = 'A'\nfeed = 'x'\nhost = {a = 1}", r"\[\[show\]\] 'A': host: {'a': 1} is not text"),
        ("[[show]", r"transcribe.toml: not valid TOML"),
    ],
)
def test_an_invalid_show_is_reported_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        shows_in(tmp_path, text)


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
        VoiceError, match='voices: Bob is not enrolled; enrol them with: transcribe voices add "Bob" CLIP'
    ):
        select_voiceprints([ada], ("Ada", "Bob"))
