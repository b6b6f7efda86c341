"""The forms in which others write who speaks, sections and phrases that are nobody, and growth of what is parsed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output.block_reader import blocks_of, html_remains
from output.blocks import Paragraph, Text
from output.markdown import render
from output.parse import parse
from tests.support.counting import counting
from tests.support.transcripts import transcript
from transcribe.style import Style
from transcribe.transcript import Speaker

FORMS = [
    "**{n}**: {t}",
    "**{n}:** {t}",
    "__{n}:__ {t}",
    "***{n}:*** {t}",
    "_{n}_: {t}",
    "*{n}:* {t}",
    "**{n}** - {t}",
    "**{n}** — {t}",
    "{n} -- {t}",
    "{n} – {t}",
    "{n}: {t}",
    "{n} : {t}",
    "{n}：{t}",
    "{n}:&nbsp;{t}",
    "**{n}:&nbsp;** {t}",
    "**{n}** (Red Hat): {t}",
    "{n} (host): {t}",
    "[{n}]: {t}",
    "**[{n}](https://example.org/p)**: {t}",
    "[**{n}**](https://example.org/p): {t}",
    "[{n}](https://example.org/p): {t}",
    "{n}: 00:0{i}:10\n\n{t}",
    "{n} (0:0{i}): {t}",
    "{n} [00:0{i}:10]: {t}",
    "{n} 0:0{i}: {t}",
    "[00:0{i}:10] {n}: {t}",
    "[0:0{i} - 0:0{i}] {n}: {t}",
    "0:0{i} {n}: {t}",
    "(0:0{i}) **{n}**: {t}",
    "`0:0{i}` **{n}:** {t}",
    "0:00:0{i}.2 **{n}** {t}",
    "**{n}** [0:0{i}] {t}",
    "**{n}** (1:0{i}): {t}",
    "**{n}**  0:0{i}  \n{t}",
    "**[00:0{i}:10] {n}:** {t}",
    "**{n} · 00:0{i}:10**\n\n{t}",
    "{n}:\n\n{t}",
    "{n}:\n{t}",
    "**{n}**\n\n{t}",
    "**{n}**\n{t}",
    "{n}\n\n{t}",
    "{n}  0:0{i}\n{t}",
    "### {n}\n\n{t}",
    "## {n}:\n\n{t}",
    "#### **{n}** (0:0{i})\n\n{t}",
    "<p><strong>{n}:</strong> {t}</p>",
    "<p><b>{n}</b>: {t}</p>",
    "<b>{n}:</b> {t}",
    "{n}\n: {t}",
    "- **{n}**: {t}",
    "> **{n}:** {t}",
    "1. **{n}:** {t}",
    "{n}, Host: {t}",
    "{n} - {t}",
    "— {n}: {t}",
    "🎤 **{n}**: {t}",
    "<a name='t{i}'></a>**{n}**: {t}",
    "<span class='speaker'>{n}:</span> {t}",
    "[0:0{i}](#t={i}) **{n}**: {t}",
    "**{n}** [[0:0{i}](https://example.org/?t={i})]: {t}",
    "**{n}**<br>\n{t}",
    "**{n}**<br/>{t}",
    "**{n}**\\\n{t}",
    "**{n}** {t}",
    "**{n}.** {t}",
    "**{n}** | {t}",
    "0:0{i}\n{n}: {t}",
    "0:0{i}\n\n**{n}**: {t}",
    "0:00:0{i} --> 0:00:09\n{n}: {t}",
    "0:00:0{i} - 0:00:09\n{n}\n{t}",
    "## 0:0{i} - {n}\n\n{t}",
]
TIGHT = [
    "### {n}\n\n{t}",
    "### {n}\n{t}",
    "#### **{n}** (0:0{i})\n\n{t}",
    "**{n}**\n{t}",
    "**{n}**<br>\n{t}",
    "{n}  0:0{i}\n{t}",
    "0:0{i}\n{n}: {t}",
    "0:0{i}\n**{n}:** {t}",
]
"""Forms of several lines in which turns may follow without a blank line."""
NAMES = {
    "full names": ("Ann Lee", "Ravi van Dam"),
    "first names": ("Ann", "Zoë", "Ben"),
    "roles": ("Host", "Guest"),
    "numbers": ("Speaker 0", "Speaker 1"),
    "programs": ("SPEAKER_00", "SPEAKER_01"),
    "capitals": ("ANN", "BEN"),
    "Hindi": ("राहुल", "सीता"),
    "Chinese": ("李雷", "王明"),
    "Hebrew": ("דָּוִד", "רות"),
}
SAID = (
    "So we began with the small things, and went on from there.",
    "Thanks for having me.",
    "What happened at 10:30, when it broke?",
    "They said: no. It was fine - really.",
)


def post(form: str, names: tuple[str, ...], *, apart: str = "\n\n", turns: int = 8) -> tuple[str, list[str]]:
    who = [names[i % len(names)] for i in range(turns)]
    parts = [form.format(n=name, t=SAID[i % len(SAID)], i=i) for i, name in enumerate(who)]
    return apart.join(parts) + "\n", who


@pytest.mark.parametrize("people", NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_used_throughout_is_read(form: str, people: str) -> None:
    source, who = post(form, NAMES[people])
    draft = parse(f"---\ntitle: A talk\n---\n\n{source}")
    assert [turn.speaker.removesuffix(", Host") for turn in draft.turns] == who
    assert [turn.text.removesuffix("</p>").removesuffix("\n>").strip() for turn in draft.turns] == [
        SAID[i % len(SAID)] for i in range(len(who))
    ]
    assert draft.source().endswith(source)


@pytest.mark.parametrize("form", [*TIGHT, *(form for form in FORMS if "\n" not in form and form[0] not in ">_*")])
def test_turns_may_follow_line_by_line(form: str) -> None:
    source, who = post(form, NAMES["full names"], apart="\n")
    draft = parse(source)
    assert [turn.speaker.removesuffix(", Host") for turn in draft.turns] == who
    assert [turn.text.removesuffix("</p>") for turn in draft.turns] == [SAID[i % len(SAID)] for i in range(len(who))]
    assert draft.source() == source


def test_several_turns_in_one_paragraph_are_turns() -> None:
    source = "**CHUCK:&nbsp;** Hello there. **SEAN:&nbsp;** Yeah! **CHUCK:&nbsp;** OK.\n\n**AIMEE:&nbsp;** Hi.\n"
    assert [(turn.speaker, turn.text) for turn in parse(source).turns] == [
        ("CHUCK", "Hello there."),
        ("SEAN", "Yeah!"),
        ("CHUCK", "OK."),
        ("AIMEE", "Hi."),
    ]
    assert parse(source).source() == source


TALK = "**Ann:** Hello there.\n\n**Ben:** Hi.\n\n{}\n\n**Ann:** So tell me.\n\n**Ben:** It is late.\n\n{}\n"
SECTIONS = [
    "**Jingle:** [03:20]",
    "**Picks:**\n\n- A book\n- A film",
    "**Panel:**\n\n- Ann\n- Ben",
    "**Links:** see below",
    "**Episode Sponsor:** Acme",
    "**Show Notes:** here",
    "**Resources mentioned:** https://example.org",
    "**Further reading:**\n\n* [x](http://a.b)",
    "**Note:** this was edited.",
    "**Music:**",
]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_nobody(section: str) -> None:
    for source in (TALK.format(section, "So."), TALK.format("So.", section), f"{section}\n\n{TALK}"):
        draft = parse(source)
        assert set(draft.speakers) == {"Ann", "Ben"}
        assert draft.source() == source
        said = {word for turn in draft.turns for word in turn.spoken.split()}
        assert not said & {"book", "film", "below", "Acme", "here", "reading:", "https://example.org", "edited."}
        assert said >= {"there.", "Hi.", "So"}


@pytest.mark.parametrize("form", ["{n}: {t}", "### {n}\n\n{t}", "{n}:\n\n{t}", "**{n}**\n\n{t}", "{n} -- {t}"])
@pytest.mark.parametrize(
    "phrase",
    [
        "Civilization: Revolution is a game that I like.",
        "Note: the sound is bad here.",
        "One thing: it works.",
        "Question: why not?",
        "https://example.org/a: a page",
        "## More of it\n\nAnd then we went home.",
        "**Never** do that.",
        "10:30 in the morning.",
    ],
)
def test_a_phrase_is_nobody(form: str, phrase: str) -> None:
    source, who = post(form, NAMES["full names"])
    first, second = source[: source.index(form.format(n="Ann Lee", t=SAID[2], i=2))], ""
    second = source[len(first) :]
    assert [turn.speaker for turn in parse(f"{first}{phrase}\n\n{second}").turns] == who


@pytest.mark.parametrize(
    "source",
    [
        "# A tool\n\n## Install\n\nRun it.\n\n## Usage\n\nUse it.\n\n## Options\n\nNone.\n\n## Licence\n\nMIT.\n",
        "**Host:** Ann\n\n**Recorded:** 2020-05-04\n\n**Links:**\n\n- [a](http://a.b)\n\n**Download:** https://a.b/c.mp3\n",
        "Twitter: I hate it.\n\nBut it is there, and we all use it every day.\n\nSo what can one do?\n",
        "Thanks to:\n\nOf you all.\n",
    ],
)
def test_a_text_that_is_no_transcript_has_no_turns(source: str) -> None:
    assert parse(source).turns == ()


@pytest.mark.parametrize("said", ["(laughs)", "...", "[inaudible]", "Yes", "\\\\_(", "12"])
@pytest.mark.parametrize("names", [("ann",), ("ann", "ben", "carl"), ("Link Wray", "Notes", "Mr. Summary")])
def test_a_draft_of_ours_is_read_back_whatever_is_said_in_it(names: tuple[str, ...], said: str) -> None:
    speakers = tuple(Speaker(f"S{i}", name) for i, name in enumerate(names))
    made = transcript(*((speaker.id, said) for speaker in speakers), speakers=speakers)
    for style in (Style(), Style(clock_minutes=0), Style(labels="full-name-then-name")):
        assert len(parse(render(made, style)).turns) == len(names)


def test_show_notes_in_bold_do_not_hide_a_plain_transcript() -> None:
    source, who = post("{n}: {t}", NAMES["full names"])
    notes = "**Host:** Ann\n\n**Guest:** Ravi\n\n**Recorded:** 2020-05-04\n\n"
    assert [turn.speaker for turn in parse(notes + source).turns] == who
    source, who = post("{n}:\n{t}", NAMES["full names"], turns=4)
    assert [turn.speaker for turn in parse(f"**Recorded:** 2020-05-04\n\n{source}").turns] == who


PIECES = [form.format(n=name, t="So it was.", i=1) for form in FORMS for name in ("Ann", "Ben Lee")]


@given(st.lists(st.sampled_from([*PIECES, "\n", "\n\n", " ", "- ", "text", "**", "Links:", "\r\n"]), max_size=30))
def test_any_mixture_of_forms_comes_back_byte_for_byte(pieces: list[str]) -> None:
    source = "".join(pieces)
    draft = parse(source)
    assert draft.source() == source
    assert all(turn.label for turn in draft.turns)


GROWING: dict[str, Callable[[int], str]] = {
    "plain labels": lambda n: "".join(f"Nn{i:x} Q: so it was\n\n" for i in range(n)),
    "plain labels, line by line": lambda n: "".join(f"Nn{i:x} Q: so it was\n" for i in range(n)),
    "headings": lambda n: "".join(f"### Nn{i:x}\n\nso.\n\n" for i in range(n)),
    "names alone": lambda n: "Ann\n\nso it was.\n\nBen\n\nyes.\n\n" * (n // 2),
    "behind sentences": lambda n: "**Ann**: So. " + "So. **Ben**: yes. " * n,
    "tags": lambda n: "<b>Ann:</b> so.\n" * n,
    "open tags": lambda n: "<b " * n + "\n" + ("<b>" + "A" * 60 + "\n") * n,
    "open emphasis": lambda n: ("**" + "A&a;" * 15 + "\n") * n + "[**A**](" * n,
    "times": lambda n: "[0:01 - 0:02] " * n + "\n" + "[0:01] Ann: so.\n" * n,
    "blank runs": lambda n: "**Ann**" + " " * n + ": so\n\n" + "\xa0\n" * n + "&nbsp;" * n,
}


@pytest.mark.parametrize("kind", GROWING)
def test_the_work_grows_with_the_text(kind: str) -> None:
    work = []
    for count in (100, 800):
        source = GROWING[kind](count)
        with counting() as calls:
            assert parse(source).source() == source
        work.append(calls["python"] + calls["c"])
    assert work[1] < 12 * work[0]


HOSTILE: dict[str, Callable[[int], str]] = {
    "open brackets": lambda n: "[" * n,
    "open pictures": lambda n: "[![a](b" * n,
    "references": lambda n: "[a][" * n,
    "links without an end": lambda n: "[a](" * n,
    "nested brackets": lambda n: "[" * n + "]" * n,
    "times without an end": lambda n: "[12:34" * n,
    "nested emphasis": lambda n: "*a **b " * n + "c** d*" * n,
    "closed emphasis": lambda n: "*a*b" * n,
    "nested quotes": lambda n: "> " * n + "a",
    "open tags": lambda n: "<aaaa" * n,
    "blank paragraphs": lambda n: "\n\n\xa0" * n,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_work_for_what_is_spoken_grows_with_the_text(kind: str) -> None:
    work = []
    for count in (1000, 8000):
        source = f"**Ann**: {HOSTILE[kind](count)}\n\n**Ben**: Hi.\n"
        with counting() as calls:
            assert [turn.spoken for turn in parse(source).turns][-1] == "Hi."
        work.append(calls["python"] + calls["c"])
    assert work[1] < 12 * work[0]
    assert work[1] < 100 * len(source)


def test_a_front_matter_of_any_length_is_bounded_work() -> None:
    source = "---\n{" + "a," * 60_000 + "}\n---\n\n**Ann**: Hi.\n"
    with counting() as calls:
        draft = parse(source)
    assert [turn.speaker for turn in draft.turns] == ["Ann"]
    assert "longer than" in str(draft.warnings[0])
    assert calls["python"] + calls["c"] < 50_000
    assert draft.source() == source


@pytest.mark.parametrize(
    "line",
    [
        "**a" + " " * 20_000 + "x",
        "**0:05" + " " * 20_000 + "x",
        "<b>" + " " * 20_000 + "x",
        "# " + " " * 20_000 + "x;;",
        "**" + "か\u3099" * 29 + ";x",  # as macOS writes が
    ],
    ids=["bold", "time", "tag", "heading", "decomposed"],
)
def test_a_line_that_is_no_marker_is_read_at_once(line: str) -> None:
    assert [turn.spoken for turn in parse(f"**Ann**: Hi.\n\n{line}\n\n**Ben**: Yes.\n").turns][-1] == "Yes."


def test_comments_that_are_never_closed_are_read_at_once() -> None:
    assert html_remains("<!--" * 100_000 + "<?b?>")[0] == 1


def test_what_one_text_defines_is_no_link_in_another() -> None:
    blocks_of("[a]: https://a.b\n")
    assert blocks_of("[a]") == (Paragraph((Text("[a]"),)),)
