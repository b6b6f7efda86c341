"""Any speech, rendered as Markdown and read by other parsers, has the same words (HOUSE_STYLE R1-R12)."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from audio.episode import Episode
from output import frontmatter
from output.labels import labels_of
from output.markdown import marker, render
from output.parse import parse
from output.speech import spoken_text
from output.text import escape, fill_lines, normalize_text
from tests.support.transcripts import transcript
from transcribe.style import Style
from transcribe.transcript import Speaker, Transcript, Turn, Word

HAZARDS = (
    "2015. 1. 3) - + * > # ## --- === *** ________ ___ | a|b \\| : {: {:.x} {:toc} {::comment} {:/} *[X]: $$ $$x$$ $x$ "
    "[laughter]: [OpenStack]: [a](b) [a][b] [^1]: [^1] ![x](y) "
    "<unclear> </b> <!-- <http://a.b> <b>x</b> & &amp; &copy; "
    "&#38; AT&T; 5*3*2 _foo_ foo_bar_baz __x__ 5_3_2 **R**: **bold** * ` `x` ``` ~~ ~~x~~ ~~~ \\ \\\\ \\* ^ ^^ ^a "
    "'q' \"q\" ... -- … — – >> << -> => = == =- !! ! ? . , ; "
    "Rich: R: Note: C# #rdo \t \x0b \x00 \u2028 \xa0 é 日本 1\\. [ ] ( ) "
    "{ } # {#id} {.c} | :-- |-|- www.x.y http://a.b/_x_ a@b.c 1986\\. x^2 - [x] [ ] * + - 1.2 1.a A. I. a) (c) (1) "
    "{% %} {%- {{ }} {%x%}"
).split(" ")
TOKENS = st.one_of(
    st.sampled_from(HAZARDS),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=6),
    st.text(r"*_`[]<>{}|~#$&;:-+=.!()'\^1a\" ", min_size=1, max_size=8),
    st.sampled_from(["word", "I", "and", "OpenStack", "don't"]),
)
SPEECH = st.lists(TOKENS, min_size=1, max_size=30).map(" ".join)
WIDTHS = st.sampled_from([0, 1, 12, 30, 70])

COMMONMARK = MarkdownIt("commonmark")


def words_of_html(rendered: str) -> str:
    """The visible text; anything but a plain paragraph is reported."""
    outside = re.sub(r"</?(?:p|strong)>", "", rendered)
    assert not re.search(r"<[A-Za-z/!]", outside), f"more than paragraphs and bold: {rendered!r}"
    return " ".join(html.unescape(outside).split())


def draft_paragraphs(text: str, width: int, label: str = "R") -> str:
    """The text as a turn, and as a paragraph in it without a marker."""
    source = escape(normalize_text(text))
    return f"{marker(label)}{fill_lines(source, width=width, label=label)}\n\n{fill_lines(source, width=width)}\n"


def expected(text: str, label: str = "R") -> str:
    said = " ".join(normalize_text(text).split())
    return " ".join(f"{label}: {said} {said}".split())


@given(SPEECH, WIDTHS)
@settings(max_examples=600)
@example("it was in 2015. Then it", 12)
@example("[laughter]: yes", 70)
@example("a | b c | d", 6)
@example("- - -", 3)
@example("^", 70)
@example("word =- word", 4)
def test_escaped_text_renders_unchanged_in_commonmark(text: str, width: int) -> None:
    assert words_of_html(COMMONMARK.render(draft_paragraphs(text, width))) == expected(text)


@given(st.text("{%}\\-[&#123;] \na", max_size=30), WIDTHS)
@example("a {% raw %} and {{ page.title }} and {%- if", 9)
def test_nothing_spoken_is_a_tag_of_liquid(text: str, width: int) -> None:
    """Liquid reads the page before Markdown does: a tag it does not know ends the site's build."""
    source = draft_paragraphs(text, width)
    assert not re.search(r"\{[{%]", source)
    assert words_of_html(COMMONMARK.render(source)) == expected(text)


def test_liquid_from_a_feed_is_text() -> None:
    episode = Episode(
        "{% raw %}", audio_url="https://a.b/{%x%}.mp3", description="<p>Write {% include x %}</p>\n\n{{ y }}"
    )
    source = render(transcript(("S1", "A {% for %} loop."), speakers=(Speaker("S1", "{% x %}"),), episode=episode))
    assert not re.search(r"\{[{%]", frontmatter.split(source)[1])
    assert parse(source).turns[0].spoken == "A {% for %} loop."
    assert yaml.safe_load(source.split("---")[1])["title"] == "{% raw %}"


@given(SPEECH, WIDTHS)
@settings(max_examples=300)
def test_spoken_text_inverts_escape(text: str, width: int) -> None:
    assert spoken_text(fill_lines(escape(normalize_text(text)), width=width)) == normalize_text(text)


@given(SPEECH)
def test_normalize_text_is_idempotent(text: str) -> None:
    assert normalize_text(normalize_text(text)) == normalize_text(text)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("[ see [the docs](http://a.b)", "[ see the docs"),
        ("[![the logo](a.png)](http://a.b) here", "here"),
        ("as [in [1]](http://a.b/x_\\(y\\)) and [there][2]\n\n[2]: http://c.d", "as in [1] and there"),
        ("does [not] seem [so][3]", "does [not] seem [so][3]"),
        ("See it![^1] _laughs_ and _really_\n\n[^1]: A note.", "See it! [laughs] and really"),
        ("\n\n- a ~~b~~\n- c\n\n> d\n\n    e\n\n```\nf\n```\n\n|g|\n|-|\n|h|", "a b c d e"),
        ("one <!-- two\nthree --> four <!-- five", "one four <!-- five"),
        ("*a [**b**](c)*", "a b"),
        ("R&lt B&amp;W &#33;&#x21;", "R&lt B&W !!"),
    ],
)
def test_spoken_text_resolves_links_comments_and_entities(source: str, words: str) -> None:
    assert spoken_text(source) == words


LONG = [*"[ [a]( [a][ ![[a] [![a](b <!-- _a_ \\[ . &a [a?".split(), "<a ", "*a ", "- ", " ", "` ``"]


@pytest.mark.parametrize("piece", LONG)
def test_spoken_text_takes_linear_time(piece: str) -> None:
    """With 200,000 characters, quadratic time would be hours."""
    text = piece * (200_000 // len(piece)) + "x,"
    assert len(spoken_text(text)) <= len(text)
    assert normalize_text(normalize_text(text)) == normalize_text(text)
    assert fill_lines(escape(text), width=0).count("x,") == 1
    description = "<p " * 60_000 + text
    draft = render(transcript(("S1", "Hi."), episode=Episode("x", path=Path("x"), description=description)))
    assert draft.endswith("**Ada**: Hi.\n")


@given(SPEECH, st.integers(1, 80))
def test_lines_stay_within_the_width(text: str, width: int) -> None:
    """Except for one long word and marks; a number with a full stop stays with the word before it."""
    for line in fill_lines(escape(normalize_text(text)), width=width).split("\n"):
        words = [word for word in line.split() if re.search(r"(?!\d+[.)]$)(?:\w\w|[^\d\W])", word)]
        assert len(line) <= width or len(words) <= 1


@pytest.fixture(scope="session")
def kramdown() -> list[str]:
    """The command that turns a JSON list of sources into a JSON list of HTML with the site's renderer."""
    ruby = shutil.which("ruby")
    if ruby is None:
        pytest.skip("ruby is not installed (Debian: ruby-kramdown-parser-gfm)")
    script = (
        "require 'json'; require 'kramdown'; require 'kramdown-parser-gfm';"
        "puts JSON.generate(JSON.parse($stdin.read).map { |s| "
        "Kramdown::Document.new(s, input: 'GFM', hard_wrap: false).to_html })"
    )
    command = [ruby, "-e", script]
    if subprocess.run(command, input=b"[]", capture_output=True, check=False).returncode:
        pytest.skip("kramdown is not installed (Debian: ruby-kramdown-parser-gfm)")
    return command


@given(st.lists(st.tuples(SPEECH, WIDTHS), min_size=100, max_size=150))
@settings(max_examples=8, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_escaped_text_renders_unchanged_in_kramdown(kramdown: list[str], texts: list[tuple[str, int]]) -> None:
    sources = [draft_paragraphs(text, width) for text, width in texts]
    done = subprocess.run(kramdown, input=json.dumps(sources).encode(), capture_output=True, check=True)
    for (text, width), rendered in zip(texts, json.loads(done.stdout), strict=True):
        assert typed(words_of_html(rendered)) == typed(expected(text)), (text, width, rendered)


WORD = st.tuples(TOKENS.flatmap(lambda text: st.just(text.strip() or "x")), st.sampled_from([0.2, 1.0]))
STYLES = st.builds(
    Style,
    wrap=WIDTHS,
    colon=st.sampled_from(["outside", "inside"]),
    clock_minutes=st.sampled_from([-1, 0, 1]),
    doubtful_below=st.sampled_from([0.0, 0.5]),
)


@given(st.lists(st.tuples(st.lists(WORD, min_size=1, max_size=130), STYLES), min_size=60, max_size=60))
@settings(max_examples=5, suppress_health_check=list(HealthCheck), phases=[Phase.generate], deadline=None)
def test_every_style_renders_the_same_words_everywhere(
    kramdown: list[str], drafts: list[tuple[list[tuple[str, float]], Style]]
) -> None:
    made = [(transcribed(words), style) for words, style in drafts]
    sources = [render(transcript, style) for transcript, style in made]
    bodies = [frontmatter.split(source)[1] for source in sources]
    done = subprocess.run(kramdown, input=json.dumps(bodies).encode(), capture_output=True, check=True)
    for (said, _), source, body, rendered in zip(made, sources, bodies, json.loads(done.stdout), strict=True):
        assert typed(words_of_html(rendered)) == typed(words_of_html(COMMONMARK.render(body))), source
        spoken_there = "".join("".join(turn.spoken.split()) for turn in parse(source).turns)
        assert spoken_there == "".join(normalize_text(" ".join(turn.text for turn in said.turns)).split()), source


def test_spoken_noncharacters_are_not_doubt_marks() -> None:
    draft = render(transcribed([("\ufdd0so\ufdd1", 1.0), ("\ufdd0", 0.2)]), Style(doubtful_below=0.5))
    assert draft.endswith("**Ada**: Hello \ufffdso\ufffd \ufffd\n")


def transcribed(words: list[tuple[str, float]]) -> Transcript:
    """One turn of Ada's, "Hello" and these words, from a minute before the hour on."""
    tokens = [("Hello", 1.0)] + [
        (part, probability) for text, probability in words for part in text.split() if normalize_text(part)
    ]
    timed = tuple(Word(part, 3540 + i, 3540.5 + i, probability) for i, (part, probability) in enumerate(tokens))
    return replace(transcript(), turns=(Turn("S1", timed),), episode=Episode("x", path=Path("x.mp3")))


def typed(text: str) -> str:
    """The text without the quotes, dashes and ellipses that kramdown inserts (R9)."""
    folded = text.translate(str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "–": "--", "—": "---"}))
    return " ".join(re.sub(r"\s+", " ", folded).split())


NAMES = st.text("AbcÉ1 .'-&*_:<>[]|`$~#(){}!\\", min_size=1, max_size=12).filter(
    lambda name: any(map(str.isalpha, name))
)


@given(st.lists(st.tuples(NAMES, SPEECH), min_size=1, max_size=4), st.sampled_from(["outside", "inside"]))
def test_drafts_display_labels_and_words(said: list[tuple[str, str]], colon: str) -> None:
    speakers = tuple(Speaker(f"S{i}", name) for i, (name, _) in enumerate(said))
    turns = [(speaker.id, text) for speaker, (_, text) in zip(speakers, said, strict=True) if text.split()]
    made = transcript(*turns, speakers=speakers, episode=Episode("x", path=Path("x.mp3")))
    style = Style(labels="full-name-then-name", colon=colon)  # type: ignore[arg-type]
    _, body = frontmatter.split(render(made, style))
    labels = labels_of([s for s in speakers if s.id in {turn.speaker for turn in made.turns}], style.labels)
    assume(any(normalize_text(turn.text) for turn in made.turns))
    shown = [(labels[turn.speaker].first, normalize_text(turn.text)) for turn in made.turns]
    wanted = " ".join(f"{label}: {text}" for label, text in shown if text)
    assert words_of_html(COMMONMARK.render(body)) == " ".join(wanted.split())
