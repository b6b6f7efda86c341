"""A post as turns and back: every byte is preserved, and the turns and speakers are those a reader finds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.errors import OutputError
from output.markdown import NO_SPEECH, render
from output.markers import WarningKind
from output.parse import parse, read_draft
from tests.support.growth import assert_time_in_proportion
from tests.support.markdown import MARKDOWN
from tests.support.paths import SHARED
from tests.support.transcripts import ADA, transcript
from transcribe.style import Style
from transcribe.transcript import Speaker

# Counted by reading; an event such as a break is nobody's turn.
POSTS = {
    "2015-08-12": {"R": 2, "F": 2},
    "2015-08-14": {"Rich": 7, "Dims": 6},
    "2015-11-06": {"Rich": 5, "Mike": 5},
    "2016-04-20": {"Rich": 3, "Chandan": 3},
    "2016-04-22": {"Rich": 4, "Haïkel": 4},
    "2016-05-06": {"Rich": 4, "DMSimard": 4},
    "2017-04-04": {"Steve": 5, "Rich": 5},
    "000_": {"R": 10, "H": 10},
    "003_": {"Rich": 4, "Emilien": 4},
    "_transcripts__interviews": {"Ben Striegel": 39, "Oliver Scherer": 39},
    "chaincode": {"Adam Jonas": 44, "Gloria Zhao": 39, "Mark Erhardt": 18},
    "docs__": {},
    "gotime": {"Srdjan Petrovic": 31, "Abdel Sghiouar": 28, "Natalie Pistunovich": 21, "Joe Davidson": 18},
    "rfc__": {"Christopher Hiller": 25, "Nadia Eghbal": 18, "Mikeal Rogers": 14},
    "spotlight": {"Adam Stacoviak": 63, "Shiya Lou": 62},
    "src__": {"CHUCK": 61, "SHERRY": 57, "REUVEN": 18},
    "transcripts__06": {"Emma": 26, "Kelly": 25, "Lindsey": 21, "Ali": 16},
    "transcripts__bookbytes": {
        "Adam Garrett-Harris": 60,
        "Safia Abdalla": 47,
        "Jen Luker": 44,
        "Jason Staten": 33,
        "All": 5,
        "Adam Garrett-Harris & Safia Abdalla": 4,
        "Safia Abdalla & Jen Luker": 1,
    },
}


def turns(source: str) -> list[tuple[str, str, str]]:
    return [(turn.speaker, turn.label, turn.text) for turn in parse(source).turns]


@pytest.mark.parametrize("start", POSTS)
def test_published_posts_are_parsed(start: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the published posts lie in ../shared, which is not here")
    (path,) = [path for path in SHARED.glob("[ms]*/**/*") if path.name.startswith(start)]
    draft = read_draft(path)
    assert draft.encoded() == path.read_bytes()
    assert Counter(turn.speaker for turn in draft.turns) == POSTS[start]


@given(MARKDOWN)
def test_every_source_round_trips(source: str) -> None:
    assert parse(source).source() == source


@given(st.binary(max_size=60))
def test_every_file_round_trips_byte_for_byte(data: bytes) -> None:
    assert parse(data.decode(errors="surrogateescape")).encoded() == data


@given(MARKDOWN)
def test_turn_lines_point_to_the_markers(source: str) -> None:
    draft = parse(source)
    for turn in draft.turns:
        assert source.split("\n")[turn.line - 1].lstrip("\ufeff").startswith(turn.marker.split("\n")[0].rstrip("\r"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**R**: a\n\n**H**: b", [("R", "R", "a"), ("H", "H", "b")]),
        ("**See also**, this.\n\n**Rich**: a\n\n**R**: b", [("Rich", "Rich", "a"), ("Rich", "R", "b")]),
        (
            "**Rich**: a\n\n**Kyle Mestery** said\n**more**: no",
            [("Rich", "Rich", "a\n\n**Kyle Mestery** said\n**more**: no")],
        ),
        ("**Ada:** a\n\nAda: b\n\nhttp://x: c", [("Ada", "Ada", "a"), ("Ada", "Ada", "b\n\nhttp://x: c")]),
        ("I: a\n\nNote: so\n\nA: b", [("I", "I", "a\n\nNote: so"), ("A", "A", "b")]),
        ("__Ben Lee__: a\n\n__Ben__: b", [("Ben Lee", "Ben Lee", "a"), ("Ben Lee", "Ben", "b")]),
        ("**CHUCK:&nbsp;** a", [("CHUCK", "CHUCK", "a")]),
        (
            "Jo Lee: 00:00:16\n\nHi.\n\nJo Lee: 00:00:20\n\nHo.",
            [("Jo Lee", "Jo Lee", "Hi."), ("Jo Lee", "Jo Lee", "Ho.")],
        ),
        ("**Emma**  0:26  \nHi.", [("Emma", "Emma", "Hi.")]),
        ("**Jo:** : so\n\n**Jo:** 12:30 is noon.", [("Jo", "Jo", ": so"), ("Jo", "Jo", "12:30 is noon.")]),
        ("0:00:36.2 **Jo Lee** Hi.", [("Jo Lee", "Jo Lee", "Hi.")]),
        ("**R**: a\n\n**R**: b", [("R", "R", "a"), ("R", "R", "b")]),
        (
            "**R**: a\n\n**Break:**\n\n**[Laughter]**: b\n\n**H**:",
            [("R", "R", "a\n\n**Break:**\n\n**[Laughter]**: b"), ("H", "H", "")],
        ),
        ("**Rich**: a\n\n**Rita**: b\n\n**R**: c", [("Rich", "Rich", "a"), ("Rita", "Rita", "b"), ("R", "R", "c")]),
        ("**J.R. O'Neil-Ross (NASA), $aint & Zoë 🎙**: a", [("J.R. O'Neil-Ross (NASA), $aint & Zoë 🎙",) * 2 + ("a",)]),
        ("**Host**: a\n\n**Guest**: b", [("Host", "Host", "a"), ("Guest", "Guest", "b")]),
        ("</audio>\n**Rich**: a\n\n**R**: b", [("Rich", "Rich", "a"), ("Rich", "R", "b")]),
        ("**R**: a, as in\n**Zuul**: no", [("R", "R", "a, as in\n**Zuul**: no")]),
        ("Thanks to: all\n\nOf you.", []),
    ],
)
def test_each_marker_form_is_recognised(source: str, expected: list[tuple[str, str, str]]) -> None:
    assert turns(source) == expected


def test_a_missing_blank_line_is_accepted_with_a_warning() -> None:
    draft = parse("**R**: a\n\n**H**: b\n**R**: c\n")
    assert [turn.line for turn in draft.turns] == [1, 3, 4]
    assert draft.as_contract()["warnings"] == ["line 4: no blank line before the turn of R"]


@pytest.mark.parametrize("piece", ["日", "日本 ", "&amp;", "\\*", "🎙", "a ", "*_", "[a", "`a", "<a"])
def test_parsing_takes_linear_time(piece: str) -> None:
    for source in (f"**{piece * 60} no", f"**R**: {piece * 3000}", f"{piece * 60}: no"):
        draft = parse(source)
        assert draft.source() == source
        assert all(len(turn.spoken) <= len(source) for turn in draft.turns)


def test_a_post_is_split_into_its_parts() -> None:
    source = (
        "---\ntitle: T\ndate: 2015-01-01 10:00:00 UTC\n---\n\nIntro.\n\n"
        "**R**: a\n\n- one\n\n_laughs_\n\n*Bob is bob on IRC.*\n"
    )
    draft = parse(source)
    assert draft.fields == {"title": "T", "date": "2015-01-01 10:00:00 UTC"}
    assert draft.preamble == "\nIntro.\n\n"
    assert draft.turns[0].text == "a\n\n- one\n\n_laughs_"
    assert draft.epilogue == "*Bob is bob on IRC.*\n"
    assert draft.as_contract() == {
        "front_matter": {"title": "T", "date": "2015-01-01 10:00:00 UTC"},
        "turns": [{"speaker": "R", "label": "R", "text": "a\n\n- one\n\n_laughs_", "line": 8}],
        "warnings": [],
    }


def test_front_matter_values_stay_text_and_errors_are_warned_of() -> None:
    assert parse("---\nduration: 01:04:41\ndone: true\n---\n").fields == {"duration": "01:04:41", "done": True}
    broken = parse("---\ntitle: [\n---\n\n**R**: a")
    assert broken.fields == {}
    assert "front matter cannot be read" in broken.warnings[0].message


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("a: !!binary aGk=", {"a": "aGk="}),
        ("a: !!timestamp soon", {"a": "soon"}),
        ("a: !!int ten\nb: !!bool maybe", {"a": "ten", "b": "maybe"}),
        ("a: !!python/object/apply:os.getcwd []", {"a": []}),
        ("a: !!set {x, y}", {"a": {"x": "", "y": ""}}),
        ("a: 'true'\nb: [false, {c: 1_000}]", {"a": "true", "b": [False, {"c": "1_000"}]}),
        ("1: 2\ntrue: x", {"1": "2", "true": "x"}),
        ("", {}),
        ("# nothing", {}),
        ("a: &a [*a]", None),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", None),
        ("? [x]\n: y", None),
        ('a: "\\UFFFFFFFF"', None),
        ('a: "\\U00110000"', None),
        ("a: " + "[" * 3000, None),
        ("- a", None),
        ("a: \x07", None),
    ],
)
def test_any_front_matter_is_read_as_text(body: str, fields: dict[str, object] | None) -> None:
    draft = parse(f"---\n{body}\n---\n\n**R**: a\n")
    assert [turn.speaker for turn in draft.turns] == ["R"]
    assert json.loads(json.dumps(draft.as_contract()))["front_matter"] == (fields or {})
    assert [str(warning).split(":")[0] for warning in draft.warnings] == ["front matter cannot be read"] * (
        fields is None
    )


def test_spoken_leaves_out_markup_and_events() -> None:
    source = "**R**: See [the *docs*](http://a.b),\n`x_y`.\n\n**Break:** [20:24]\n\nSo."
    assert parse(source).turns[0].spoken == "See the docs, x_y. So."


@pytest.mark.parametrize("heading", ["## Links", "Links\n-----", "<h2>Links</h2>", "Two\nlines\n==="])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_what_stands_below_a_heading_is_said_by_nobody(heading: str, line_break: str) -> None:
    source = f"**R**: a\n\nb\n\n{heading}\n\nc\n\n**H**: d\n\n*e f g*\n\n{heading}\n\nh\n".replace("\n", line_break)
    draft = parse(source)
    assert [(turn.text, turn.spoken) for turn in draft.turns] == [("a\n\nb", "a b"), ("d", "d")]
    assert draft.source() == source
    assert draft.turns[0].aside.startswith(heading.split("\n")[0])
    assert [turn.get("aside") for turn in draft.as_contract()["turns"]] == [f"{heading}\n\nc", None]
    assert draft.epilogue.startswith("*e f g*")


@pytest.mark.parametrize("tag", ["p", "div class='x'", "li"])
def test_the_end_of_an_element_that_begins_before_the_label_is_no_text(tag: str) -> None:
    end = f"</{tag.split()[0]}>"
    said = [("Ann", "Well, <i>yes</i>."), ("Ben", "No.\n\n<p>More.</p>"), ("Ann", "<b>So</b> it is.")]
    source = "".join(f"<{tag}><b>{who}:</b> {text.replace('.', f'.{end}', 1)}\n\n" for who, text in said)
    draft = parse(source)
    assert [(turn.label, turn.text) for turn in draft.turns] == said
    assert draft.source() == source


SAID_BY_NOBODY = [
    "![A box](box.png)",
    "<!-- c -->",
    "[^n]: A note.",
    "[home]: https://example.org",
    "---",
    "*Photo: Bob.*",
]


@given(st.lists(st.sampled_from([*SAID_BY_NOBODY, "*Rich is the host of [the show][home].*"]), max_size=5))
def test_notes_at_the_end_are_said_by_nobody_whatever_stands_among_and_below_them(rest: list[str]) -> None:
    note = "*This was talked about in May.*"
    draft = parse("\n\n".join(["**R**: a", "*laughs*", "b", note, *rest]) + "\n")
    assert draft.turns[0].raw.split() == ["a", "*laughs*", "b"]
    assert draft.epilogue.startswith(note)


@pytest.mark.parametrize("last", ["*laughs*", "b", "> *a quote of three words*", "[home] b"])
def test_what_is_said_after_a_note_makes_it_speech(last: str) -> None:
    draft = parse(f"**R**: a\n\n*one two three*\n\n{last}\n\n![A box](box.png)\n")
    assert draft.epilogue == ""


@pytest.mark.parametrize("text", ["# 5 is no heading", "a\n---", "- a", "a\n\n    # b", "a\n\n- # b", "a\n\n> # b"])
def test_the_first_line_of_a_turn_is_no_heading(text: str) -> None:
    turn = parse(f"**R**: {text}\n").turns[0]
    assert turn.aside == ""
    assert turn.text == text


SPEAKERS = st.lists(
    st.sampled_from(["Rich Bowen", "Rita Day", "Richard Roe", "Rich Hall", "Haïkel", "DMSimard", "J_R", "A: B", "Bob"]),
    min_size=1,
    max_size=4,
    unique=True,
)


@given(SPEAKERS, st.data())
def test_a_rendered_draft_is_parsed_back(names: list[str], data: st.DataObject) -> None:
    speakers = tuple(Speaker(f"S{i}", name) for i, name in enumerate(names))
    said = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from([s.id for s in speakers]), st.sampled_from(["Rich: no.", "It was. " * 60, "2. *x*"])
            )
        )
    )
    style = Style(labels=data.draw(st.sampled_from(["name-then-initial", "initial", "name", "full-name-then-name"])))
    made = transcript(*said, speakers=speakers)
    draft = parse(render(made, style))
    assert [" ".join(turn.text.split()) for turn in made.turns] == [turn.spoken for turn in draft.turns]
    who = {turn.speaker: read.speaker for turn, read in zip(made.turns, draft.turns, strict=True)}
    assert [who[turn.speaker] for turn in made.turns] == [turn.speaker for turn in draft.turns]
    assert len(set(who.values())) == len(who)


def test_a_draft_without_turns_has_only_a_preamble() -> None:
    draft = parse(render(transcript(speakers=(ADA,))))
    assert draft.turns == ()
    assert draft.preamble.endswith(f"\n\n{NO_SPEECH}\n")
    assert draft.warnings == ()


def test_a_missing_file_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"gone\.md: cannot be read"):
        read_draft(tmp_path / "gone.md")


@pytest.mark.parametrize(("first", "later"), [("Dr. Jane Hill", "Jane"), ("Dr Jane Hill", "Dr"), ("Mr Smith", "Mr")])
def test_a_short_label_matches_the_first_name_or_the_title(first: str, later: str) -> None:
    draft = parse(f"**{first}**: Hello.\n\n**Ada**: Hi.\n\n**{later}**: So.\n")
    assert [turn.speaker for turn in draft.turns] == [first, "Ada", first]


def test_a_single_letter_name_keeps_its_title() -> None:
    assert [Speaker(id, name).label for id, name in (("S1", "Mr. T"), ("S2", "Mr. Tom Lund"))] == ["Mr. T", "Tom"]


@pytest.mark.parametrize("before", ["A talk about weather.", "![x](y.png)", "*Recorded live.*", "Line one\nline two"])
def test_a_first_turn_without_a_blank_line_is_a_turn_and_told(before: str) -> None:
    source = f"{before}\n**Rich**: Hello there.\n\n**Nora**: Hi.\n\n**R**: So?\n\n**N**: Yes.\n"
    draft = parse(source)
    assert [turn.speaker for turn in draft.turns] == ["Rich", "Nora", "Rich", "Nora"]
    assert draft.source() == source
    assert [warning.kind for warning in draft.warnings] == [WarningKind.NO_BLANK_LINE]


def test_what_looks_like_a_turn_before_the_first_one_is_told() -> None:
    draft = parse("R: hi\n**Rich**: Good\n\n**Nora**: Hello.\n")
    assert [turn.speaker for turn in draft.turns] == ["Nora"]
    assert [(warning.kind, warning.line) for warning in draft.warnings] == [(WarningKind.UNMARKED_TURN, 2)]


@pytest.mark.parametrize("blank", ["\xa0", "\x0b", " ", "\t", ""])
def test_the_time_for_blank_paragraphs_at_the_end_grows_with_their_number(blank: str) -> None:
    assert_time_in_proportion(parse, lambda n: f"**Ada**: Who?\n\n**Bob**: I.{f'{chr(10) * 2}{blank}' * (n // 3)}")
