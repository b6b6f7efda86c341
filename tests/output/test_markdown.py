"""The draft in the house style: golden cases by glob (refresh: `python -m tests.output.cases.refresh`), and the
rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from audio.episode import Episode
from output import frontmatter
from output.labels import labels_of
from output.lint import lint
from output.markdown import render
from output.parse import parse
from output.player import player_of
from output.text import normalize_text
from output.urls import safe_url
from tests.output.cases.refresh import GOLDEN, drafted
from tests.support.transcripts import ADA, BOB, transcript, turn
from transcribe.errors import SettingsError
from transcribe.style import Style
from transcribe.transcript import Speaker, Turn, Word


@pytest.mark.parametrize("case", GOLDEN, ids=lambda path: path.stem)
def test_drafts_match_the_golden_files(case: Path) -> None:
    assert drafted(case) == case.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "style", "expected"),
    [
        (["Rich Bowen", "Haïkel Guémar"], "name-then-initial", ["Rich R", "Haïkel H"]),
        (["Rich Bowen", "Rita Day", "Bob"], "name-then-initial", ["Rich Rich", "Rita Rita", "Bob B"]),
        (["Rich Bowen", "Rich Hall"], "name-then-initial", ["Rich Bowen Rich Bowen", "Rich Hall Rich Hall"]),
        (["Rich", "Rich"], "name-then-initial", ["Rich Rich", "Rich 2 Rich 2"]),
        (["Rich Bowen", "Rita Day"], "initial", ["Rich Rich", "Rita Rita"]),
        (["Rich Bowen", "Haïkel"], "initial", ["R R", "H H"]),
        (["Rich Bowen", "Rita Day"], "name", ["Rich Rich", "Rita Rita"]),
        (["Rich Bowen", "Haïkel"], "full-name-then-name", ["Rich Bowen Rich", "Haïkel Haïkel"]),
    ],
)
def test_labels_of_names_with_shared_initials(names: list[str], style: str, expected: list[str]) -> None:
    speakers = [Speaker(f"S{i}", name) for i, name in enumerate(names)]
    made = labels_of(speakers, style)  # type: ignore[arg-type]
    assert [f"{made[s.id].first} {made[s.id].later}" for s in speakers] == expected


@given(st.lists(st.sampled_from(["Rich", "rich", "Rích", "Rich Bowen", "Rich  Bowen", "Bob"]), max_size=5))
def test_labels_are_unique(names: list[str]) -> None:
    made = labels_of([Speaker(f"S{i}", name) for i, name in enumerate(names)])
    assert len({label.later for label in made.values()}) == len(names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It’s “fine”", 'It\'s "fine"'),
        ("2010–2015, on–off", "2010-2015, on - off"),
        ("so—yes -- no — well", "so - yes - no - well"),
        ("I was… we… And…", "I was ... we ... And ..."),
        ("what...? (...)", "what ...? (...)"),
        ("I thought that—", "I thought that ..."),
        ("a\u00a0b\u200b c", "a b c"),
        ("...and then", "... and then"),
    ],
)
def test_normalize_text_uses_the_house_punctuation(text: str, expected: str) -> None:
    assert normalize_text(text) == expected


def test_front_matter_has_the_default_keys_in_order() -> None:
    when = datetime(2015, 10, 5, 15, 38, 27, tzinfo=timezone(timedelta(hours=2)))
    episode = Episode("Ada: “RPM” packaging", audio_url="https://a.b/x.mp3", published=when)
    style = Style(author="rbowen", tags=("ptl", "podcast"), comments="true", published="false")
    block, _ = frontmatter.split(render(transcript(("S1", "Hi."), episode=episode), style))
    assert block == (
        "---\ntitle: 'Ada: \"RPM\" packaging'\nauthor: rbowen\ndate: 2015-10-05 13:38:27 UTC\n"
        "tags: ptl, podcast\ncomments: true\npublished: false\n---\n"
    )
    assert frontmatter.read(block)["date"] == "2015-10-05 13:38:27 UTC"


@pytest.mark.parametrize(
    ("when", "line"),
    [
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5))), ""),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), ""),
        (datetime(1, 1, 1), "date: 0001-01-01 00:00:00 UTC\n"),
    ],
)
def test_a_date_outside_utcs_calendar_is_left_out(when: datetime, line: str) -> None:
    episode = Episode("x", audio_url="https://a.b/x.mp3", published=when)
    block, _ = frontmatter.split(render(transcript(("S1", "Hi."), episode=episode)))
    assert block == f"---\ntitle: x\n{line}---\n"


@given(
    st.text() | st.sampled_from(["true", "true0", "yes", "null", "~", "12:30", "---", "#x", "2015-01-01"]), st.text()
)
def test_front_matter_round_trips(title: str, author: str) -> None:
    episode = Episode(title, audio_url="https://a.b/x.mp3")
    block, _ = frontmatter.split(
        render(transcript(("S1", "Hi."), episode=episode), Style(author=normalize_text(author)))
    )
    expected = {"title": normalize_text(title), "author": normalize_text(author)}
    assert frontmatter.read(block) == {key: value for key, value in expected.items() if value}


def test_player_for_each_kind_of_address() -> None:
    def blocks(**known: str) -> str:
        return "\n\n".join(player_of(Episode("x", **known)))  # type: ignore[arg-type]

    plain = blocks(audio_url='http://a.b/x "1".mp3?a=1&b=2')
    assert '<source src="http://a.b/x%20%221%22.mp3?a=1&amp;b=2" type="audio/mpeg">' in plain
    assert "[HERE](http://a.b/x%20%221%22.mp3?a=1&b=2)" in plain
    assert "embed/abcdefghijk" in blocks(audio_url="http://a.b/x.mp3", page_url="https://youtu.be/abcdefghijk")
    podbean = blocks(audio_url="http://a.b/x.mp3", page_url="https://www.podbean.com/media/player/a-1?from=x")
    assert podbean.startswith('<iframe src="https://www.podbean.com/media/player/a-1?from=x"')
    assert podbean.endswith("[HERE](http://a.b/x.mp3).)")
    assert blocks(audio_url="javascript:alert(1)") == ""
    assert "secret" not in blocks(audio_url="http://me:secret@a.b/x.mp3")


@given(st.text())
def test_safe_url_quotes_characters_that_end_addresses(tail: str) -> None:
    url = safe_url(f"https://a.b/{tail}")
    assert url is not None
    assert not set(url) & set(" <>\"'()[]\\\n`")


def test_doubtful_words_are_marked_and_still_read_as_words() -> None:
    said = ["Well,", "snake_case", "(Zuul),", "don't", "2015.", "so:", "<b>", "&lt;"]
    words = tuple(Word(text, i, i + 0.5, 0.3) for i, text in enumerate(said))
    made = replace(transcript(("S1", "x")), turns=(Turn("S1", words),))
    assert "**Ada**: Well, snake" in render(made)
    draft = render(made, Style(doubtful_below=0.5))
    assert "**Ada**: [Well?], [snake_case?] ([Zuul?]), [don't?] [2015?]. so: \\<[b?]\\>\n&amp;lt;\n" in draft
    assert parse(draft).turns[0].spoken == " ".join(said)
    assert "Well, [snake_case?] ([Zuul?])," in MarkdownIt("commonmark").render(draft).replace("[Well?]", "Well")


def test_times_are_inserted_by_interval_or_at_every_turn() -> None:
    made = transcript(("S1", "One. " * 200), ("S2", "Two."), ("S1", "2015. Then."))  # turns at 0.5, 80.9 and 81.7 s
    every_turn = parse(render(made, Style(clock_minutes=0, wrap=0)))
    assert [turn.text[:9] for turn in every_turn.turns] == ["[00:00] O", "[01:20] T", "[01:21] 2"]
    assert render(made, Style(clock_minutes=1)).count("[0") == 1
    assert [turn.spoken for turn in every_turn.turns] == [" ".join(turn.text.split()) for turn in made.turns]


def test_inserted_times_are_not_words_but_spoken_brackets_are() -> None:
    made = replace(transcript(("S1", "x")), turns=(turn("S1", "[12:34] is late.", start=3661.0),))
    for colon in ("outside", "inside"):
        draft = render(made, Style(clock_minutes=0, colon=colon))  # type: ignore[arg-type]
        assert draft.endswith(" [1:01:01] \\[12:34\\] is late.\n")
        (read,) = parse(draft).turns
        assert read.spoken == "[12:34] is late."
        assert lint(draft) == ()
        assert ": [1:01:01] [12:34] is late.</p>" in MarkdownIt("commonmark").render(draft).replace("</strong>", "")


def test_an_invalid_style_is_an_error() -> None:
    for wrong in ({"labels": "nickname"}, {"colon": "none"}, {"wrap": -1}):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            Style(**wrong)  # type: ignore[arg-type]


def test_the_intro_is_the_description_as_text() -> None:
    description = "<p>A <b>talk</b> &amp; more: 5*3.</p><p>Ada: hello</p><p>Third.</p><script>x</script>"
    episode = Episode("A talk", path=Path("a.mp3"), description=description)
    draft = render(transcript(("S1", "Hi."), ("S2", "Ho."), episode=episode, speakers=(ADA, BOB)))
    assert draft == "---\ntitle: A talk\n---\n\nA talk & more: 5\\*3.\n\nAda\\: hello\n\n**Ada**: Hi.\n\n**Bob**: Ho.\n"
