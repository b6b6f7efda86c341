"""The front matter's template: the table in `transcribe.toml` as the block, read back with PyYAML."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from audio.episode import Episode
from output import frontmatter
from output.markdown import render
from output.parse import parse
from tests.support.other_settings import OTHER
from tests.support.transcripts import transcript
from transcribe.config import load_settings
from transcribe.drafts.style import style_of, style_recorded
from transcribe.errors import SettingsError
from transcribe.settings import Settings, Stage
from transcribe.style import Style

WHEN = datetime(2016, 5, 4, 19, 3, 33)
EPISODE = Episode(
    "Looms: a “talk”", audio_url="https://me:secret@a.b/x.mp3", show="Mills", published=WHEN, duration=62.0, guid="g7"
)


def block(template: dict[str, Any] | None, **style: Any) -> str:
    made = transcript(("S2", "Hi."), ("S1", "Ho."), episode=EPISODE)
    front, _ = frontmatter.split(
        render(made, Style(front_matter="" if template is None else json.dumps(template), **style))
    )
    return front


@pytest.mark.parametrize(
    ("template", "lines"),
    [
        ({"date": "{date}", "title": "{title}"}, ["date: 2016-05-04 19:03:33 UTC", "title: 'Looms: a \"talk\"'"]),
        ({"date": "{date:%Y-%m-%d}"}, ["date: 2016-05-04"]),
        ({"date": "{date:%Y-%m-%dT%H:%M:%SZ}"}, ["date: 2016-05-04T19:03:33Z"]),
        ({"slug": "{date:%Y/%m}/{guid}"}, ["slug: 2016/05/g7"]),
        ({"tags": ["{tags}", "c"]}, ["tags:", "- a", "- b", "- c"]),
        ({"tags": "{tags}", "who": "{speakers}"}, ["tags: a, b", "who: Bob Moog, Ada Lovelace"]),
        ({"published": "{published}", "note": "is {published}"}, ["published: false", "note: is false"]),
        ({"comments": "{comments}", "image": "{page_url}", "x": 1}, ["x: 1"]),
        ({"audio": {"url": "{audio_url}", "l": "{duration}"}}, ["audio:", "  url: https://a.b/x.mp3", "  l: '1:02'"]),
        ({"a": "post", "yes": "yes", "on": True, "n": 1.5}, ["a: post", "'yes': 'yes'", "'on': true", "n: 1.5"]),
        ({"liquid": "{{{{ page.x }}}} of {{a}}"}, ["liquid: '{{ page.x }} of {a}'"]),
        ({"empty": ["{page_url}"]}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_templates_are_filled_in(template: dict[str, Any], lines: list[str]) -> None:
    assert block(template, tags=("a", "b"), published="false").splitlines() == ["---", *lines, "---"]


def test_a_date_is_a_date_in_yaml_and_text_when_parsed() -> None:
    source = block({"date": "{date:%Y-%m-%d}"})
    assert yaml.safe_load(source.replace("---", "")) == {"date": date(2016, 5, 4)}
    assert parse(source).fields == {"date": "2016-05-04"}


# A next-line or line-separator sign in quotes comes back from PyYAML as a blank.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), min_size=1, max_size=12)
VALUES = st.recursive(
    TEXT.map(lambda text: text.replace("{", "{{").replace("}", "}}")) | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def constant(value: Any) -> Any:
    """A second implementation of a template without placeholders: no empty values, single braces."""
    if isinstance(value, str):
        return value.replace("{{", "{").replace("}}", "}")
    if isinstance(value, list):
        return [made for made in map(constant, value) if made != ""]
    if isinstance(value, dict):
        return {key: constant(inner) for key, inner in value.items()}
    return value


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_template_constants_keep_their_order(template: dict[str, Any]) -> None:
    source = block(template)
    wanted = {
        key: made
        for key, made in ((key, constant(value)) for key, value in template.items())
        if made not in ("", [], {})
    }
    assert source.startswith("---\n")
    assert source.endswith("---\n")
    read = yaml.safe_load(source[4:-4]) or {}
    assert list(read.items()) == list(wanted.items())


OTHER_TYPES = [
    *"0:45 01:04:41 1:04:41 1:2:3.5 1,000 1_000 -1,0.5 010 0o17 0x1F 0b101 +1 1. .5 1e3 1.5e+3 . .inf -.Inf".split(),
    *".nan ~ null yes No on OFF y N true :sym :s:t 2016-05-04 2016-5-4 2016-05-04T19:03:33Z = << - ? #".split(),
    *("1:99", "12:30:", "1.5.3", "10-15", "a:b", "2016-05-04 19:03:33 +02:00", ": x", ":'a b'", ':"x"', "1 000"),
    *("# x", "- a", "{% raw %}", "{{ x }}", "é: 1"),
]
LIKE_NUMBERS = st.text("0123456789:,._+-eExobTZyn~ '\"", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.lists(LIKE_NUMBERS, max_size=40))
@example(OTHER_TYPES)
def test_a_text_is_a_text_in_yaml_1_1(texts: list[str]) -> None:
    source = frontmatter.format_block({"x": texts, "y": {text: text for text in texts}})
    assert yaml.safe_load(source[4:-4]) == ({"x": texts, "y": {text: text for text in texts}} if texts else None)


@pytest.fixture(scope="module")
def ruby() -> list[str]:
    """The command that reads a JSON list of blocks as Jekyll does, and prints what Ruby takes each value for."""
    program = shutil.which("ruby")
    if program is None:
        pytest.skip("ruby is not installed (Debian: ruby)")
    script = (
        "require 'json'; require 'yaml'; require 'date';"
        "puts JSON.generate(JSON.parse($stdin.read).map { |s| "
        "v = YAML.load(s, permitted_classes: [Symbol, Date, Time])['x']; [v.class.name, v.to_s] })"
    )
    return [program, "-e", script]


@given(st.lists(LIKE_NUMBERS, min_size=300, max_size=400))
@example(OTHER_TYPES)
@settings(max_examples=5, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
def test_a_text_is_a_text_in_ruby(ruby: list[str], texts: list[str]) -> None:
    blocks = [frontmatter.format_block({"x": text}).rpartition("---")[0] for text in texts]
    done = subprocess.run(ruby, input=json.dumps(blocks).encode(), capture_output=True, check=True)
    assert json.loads(done.stdout) == [["String", text] for text in texts]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"title": "{titel}"}, "title: {titel} cannot be filled in; the placeholders are title, author"),
        ({"x": "{title.__class__}"}, "cannot be filled in"),
        ({"x": "{title!r}"}, "cannot be filled in"),
        ({"x": "{0}"}, "cannot be filled in"),
        ({"x": "{tags:>9}"}, "cannot be filled in"),
        ({"x": "{title"}, "x: "),
        ({"x": ["}"]}, "x: "),
        ({"x": {"y": "{z}"}}, "cannot be filled in"),
        ({"x": object()}, "x: "),
    ],
)
def test_an_invalid_template_is_an_error(template: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("{", r"\{")):
        frontmatter.check_template(template)


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "transcribe.toml").write_text(text, encoding="utf-8")
    return load_settings({}, environ={}, folder=folder)


TABLE = """author = "ada"

[front_matter]
title = "{title}"
by = "{author}"
day = 2016-05-04
draft = true
tags = ["{tags}", "é"]
extra = {a = 1}
"""


def test_the_front_matter_table_is_the_template(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, TABLE)
    assert list((settings.template or {}).items()) == [
        ("title", "{title}"), ("by", "{author}"), ("day", "2016-05-04"), ("draft", True), ("tags", ["{tags}", "é"]),
        ("extra", {"a": 1}),
    ]  # fmt: skip
    assert style_of(settings).template == settings.template
    assert settings_of(tmp_path, TABLE.replace("front_matter", "front-matter")) == settings


def test_a_template_changes_only_the_render_digest(tmp_path: Path) -> None:
    one, other = settings_of(tmp_path, TABLE), settings_of(tmp_path, TABLE.replace("draft = true\n", ""))
    assert one.digest(Stage.RENDER) != other.digest(Stage.RENDER)
    assert one.digest(Stage.RECOGNIZE, Stage.DIARIZE, Stage.TURNS) == other.digest(
        Stage.RECOGNIZE, Stage.DIARIZE, Stage.TURNS
    )
    swapped = Settings(front_matter='{"a": "1", "b": "2"}'), Settings(front_matter='{"b": "2", "a": "1"}')
    assert swapped[0].digest(Stage.RENDER) != swapped[1].digest(Stage.RENDER)


@pytest.mark.parametrize("text", ["[]", "3", '"x"', "{", "[" * 100_000])
def test_front_matter_that_is_not_a_table_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^front-matter: "):
        Settings(front_matter=text)


def test_style_of_names_the_invalid_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"front-matter: title: \{titel\} cannot be filled in"):
        style_of(settings_of(tmp_path, '[front_matter]\ntitle = "{titel}"\n'))
    with pytest.raises(SettingsError, match="transcript-url: 'ftp://x' is not an http"):
        style_of(Settings(transcript_url="ftp://x"))


def test_style_recorded_returns_the_style_of_the_recorded_settings(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, TABLE)
    made = transcript(("S1", "Hi."))
    recorded = {**settings.as_dict(), "of_a_later_version": 1}
    assert style_recorded(made) == Style()
    object.__setattr__(made.made_with, "settings", recorded)
    assert style_recorded(made) == style_of(settings)
    object.__setattr__(made.made_with, "settings", {**recorded, "wrap": 10})
    assert style_recorded(made).wrap == 10, "an earlier release took it"


@pytest.mark.parametrize("invalid", [{"a": 1}, [1], 1e9, None])
@pytest.mark.parametrize("name", [field.name for field in fields(Style)])
def test_an_invalid_recorded_value_costs_itself(name: str, invalid: object) -> None:
    others = {field.name: OTHER[field.name] for field in fields(Style) if field.name != name}
    made = transcript(("S1", "Hi."))
    object.__setattr__(made.made_with, "settings", {**others, name: invalid})
    kept = style_recorded(made)
    assert {each: getattr(kept, each) for each in others} == others
    assert getattr(kept, name) == getattr(Style(), name)
