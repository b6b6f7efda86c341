"""Texts of other programs: who speaks, and what is prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.readers.texts import read_lines, read_markdown
from transcribe.readers.values import SpeakerTranscript

FORMS = {
    "lines": "Rich Bowen: Hello there.\nNora: Hi, Rich.\nRich Bowen: Bye.",
    "otter": "Rich Bowen  0:01  \nHello there.\n\nNora  0:04  \nHi, Rich.\n\nRich Bowen  0:09\n"
    "Bye.\n\nTranscribed by https://otter.ai",
    "otter with a title": "Talk of Monday\nSat, Jan 1, 2026 • 1:02:03\n\nRich Bowen  0:01\nHello there.\n\n"
    "Nora  0:04\nHi, Rich.\n\nRich Bowen  0:09\nBye.",
    "rev": "Rich Bowen (00:01):\nHello there.\n\nNora (00:04):\nHi, Rich.\n\nRich Bowen (00:09):\nBye.",
    "descript": "[00:00:01] Rich Bowen: Hello there.\n\n[00:00:04] Nora: Hi, Rich.\n\n[00:00:09] Rich Bowen: Bye.",
    "time behind": "Rich Bowen: [00:00:01] Hello there.\nNora: [00:00:04] Hi, Rich.\nRich Bowen: [00:00:09] Bye.",
    "trint": "Rich Bowen [00:00:01] Hello there.\nNora [00:00:04] Hi, Rich.\nRich Bowen [00:00:09] Bye.",
    "sonix": "Rich Bowen: [00:00:01]\nHello there.\n\nNora: [00:00:04]\nHi, Rich.\n\nRich Bowen: [00:00:09]\nBye.",
    "zoom": "[Rich Bowen] 10:01:02\nHello there.\n\n[Nora] 10:01:05\nHi, Rich.\n\n[Rich Bowen] 10:01:09\nBye.",
    "teams": "Rich Bowen   0:01\nHello there.\nNora   0:04\nHi, Rich.\nRich Bowen   0:09\nBye.",
    "meet": "00:00:00\n\nRich Bowen: Hello there.\nNora: Hi, Rich.\n\n00:05:00\n\nRich Bowen: Bye.",
    "riverside": "Rich Bowen (00:01.128)\nHello there.\n\nNora (00:04.5)\nHi, Rich.\n\nRich Bowen (00:09)\nBye.",
    "time first": "00:01 Rich Bowen: Hello there.\n00:04 Nora: Hi, Rich.\n00:09 Rich Bowen: Bye.",
    "range": "00:00:01 - 00:00:03 Rich Bowen: Hello there.\n00:00:04 - 00:00:05 Nora: Hi, Rich.\n"
    "00:00:09 - 00:00:10 Rich Bowen: Bye.",
    "label alone": "Rich Bowen:\nHello there.\n\nNora:\nHi, Rich.\n\nRich Bowen:\nBye.",
    "one line": "Rich Bowen: Hello there. Nora: Hi, Rich. Rich Bowen: Bye.\nNora: ",
    "bold": "0:00:01.3 **Rich Bowen** Hello there.\n\n0:00:04.2 **Nora** Hi, Rich.\n\n0:00:09 **Rich Bowen** Bye.",
    "fireflies": "Rich Bowen - 00:01\nHello there.\n\nNora - 00:04\nHi, Rich.\n\nRich Bowen - 00:09\nBye.",
    "grain": "Rich Bowen | 00:01\nHello there.\n\nNora | 00:04\nHi, Rich.\n\nRich Bowen | 00:09\nBye.",
    "macwhisper": "Rich Bowen 00:00:01 Hello there.\nNora 00:00:04 Hi, Rich.\nRich Bowen 00:00:09 Bye.",
    "premiere": "00:00:01:20 - 00:00:03:05\nRich Bowen\nHello there.\n\n00:00:04:00 - 00:00:05:05\nNora\nHi, Rich.\n\n"
    "00:00:09:02 - 00:00:10:05\nRich Bowen\nBye.",
    "drop frames": "00;00;01;20 - 00;00;03;05\nRich Bowen\nHello there.\n\n00;00;04;00 - 00;00;05;05\nNora\nHi, Rich."
    "\n\n"
    "00;00;09;02 - 00;00;10;05\nRich Bowen\nBye.",
    "time above": "00:01\nRich Bowen: Hello there.\n00:04\nNora: Hi, Rich.\n00:09\nRich Bowen: Bye.",
    "length": "Duration: 1:02:03\n\nRich Bowen: [00:00:01] Hello there.\nNora: [00:00:04] Hi, Rich.\n"
    "Rich Bowen: [00:00:09] Bye.",
    "capitals": "RICH BOWEN: Hello there.\n\nNORA: Hi, Rich.\n\nRICH BOWEN: Bye.",
    "remarks": "Rich Bowen: Hello [laughs] there.\nNora: Hi, (softly) Rich.\nRich Bowen: Bye.",
}
STARTS = {
    "otter",
    "rev",
    "descript",
    "time behind",
    "trint",
    "sonix",
    "teams",
    "riverside",
    "time first",
    "range",
    "fireflies",
    "grain",
    "macwhisper",
    "premiere",
    "drop frames",
    "time above",
    "length",
    "bold",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_who_said_what(form: str) -> None:
    read = read_lines(FORMS[form])
    said = [(one.speaker.title(), one.text) for one in read.utterances or () if one.text]
    expected = [("Rich Bowen", "Hello there."), ("Nora", "Hi, Rich."), ("Rich Bowen", "Bye.")]
    assert said == expected
    assert read.has_speakers
    starts = [one.start for one in read.utterances or ()]
    assert ([round(start or 0) for start in starts] == [1, 4, 9]) == (form in STARTS | {"otter with a title"})
    assert not read.has_times, "no text says where a turn ends"


def test_names_on_lines_of_their_own() -> None:
    text = "Rich Bowen\nHello there.\n\nNora\nHi, Rich.\n\nRich Bowen\nBye.\n\nNora\nBye."
    assert [one.speaker for one in read_lines(text).utterances or ()] == ["Rich Bowen", "Nora", "Rich Bowen", "Nora"]


def test_speakers_with_numbers() -> None:
    for form in (
        "Speaker 1 (00:01): a\nSpeaker 2 (00:02): b",
        "Speaker 1: a\nSpeaker 2: b",
        "Speaker 1  0:01\na\nSpeaker 2  0:02\nb",
    ):
        assert [(one.speaker, one.text) for one in read_lines(form).utterances or ()] == [
            ("Speaker 1", "a"),
            ("Speaker 2", "b"),
        ]


@pytest.mark.parametrize(
    "text",
    [
        "Nobody is named here.",
        "Note: this is a note.",
        "We meet at 10:30.\n10:30 it is.",
        "https://example.org is the place.",
        "He said: no.\nThen I went home.\nAnd slept.",
        "It rained.\nMonday: more rain.\nIt rained.\nIt rained on.",
        "First line\nof a text.\nSecond line\nof it.",
        "",
    ],
)
def test_prose_names_nobody(text: str) -> None:
    read = read_lines(text)
    assert read.speakers == ()
    assert read.has_speakers == (not text), "a text without words says that nobody spoke"
    assert " ".join(one.text for one in read.utterances or ()) == " ".join(text.split())


def test_prose_inside_a_turn_stays_in_it() -> None:
    text = "Rich: Two things.\nNote: this one.\nhttps://example.org and 10:30.\nNora: He said: no.\nRich: Yes."
    assert [one.speaker for one in read_lines(text).utterances or ()] == ["Rich", "Nora", "Rich"]


def test_markdown_in_other_forms() -> None:
    read = read_markdown("## A\n\n[00:00:05] Ben: Hello.\n\n[00:00:07] Ann: Hi.\n")
    assert read.speakers == ("Ben", "Ann")


_parts = st.sampled_from(
    [
        "Rich:",
        "Rich",
        "0:01",
        "[00:00:01]",
        "(",
        "[",
        "**",
        "Note:",
        "text.",
        "\n",
        " ",
        "10:30",
        "[Ann]",
        "：",
        "é",
        "-",
    ]
)


@given(st.lists(_parts, max_size=30))
def test_any_text_is_read(parts: list[str]) -> None:
    assert isinstance(read_lines("".join(parts)), SpeakerTranscript)


def test_roles_and_small_letters_name_people() -> None:
    """As our own references do (`Guest: …`), and people who write `x: …`."""
    assert read_lines("Guest: And we go.\nRich: Then it ends.").speakers == ("Guest", "Rich")
    assert read_lines("Host: Hello.").speakers == ("Host",)
    assert read_lines("x: good morning").speakers == ("x",)


@pytest.mark.parametrize(
    "label", ["Pepijn (Interviewer)", "ann", "Ann, host", "Bo [Red Hat]", "Dr. med. Ann de la Cruz y Ruiz"]
)
@pytest.mark.parametrize("other", ["Anneke", "Bo"])
def test_any_label_that_every_line_has_names_a_speaker(label: str, other: str) -> None:
    said = ["Hello there.", "Hi: yes.", "And then?", "No."]
    lines = [f"{who}: {what}" for who, what in zip([label, other] * 2, said, strict=True)]
    read = read_lines("\n".join(lines))
    assert [(one.speaker, one.text) for one in read.utterances or ()] == list(
        zip([label, other] * 2, said, strict=True)
    )


@pytest.mark.parametrize("form", ["{who}: [{time}] {what}", "{who}: {time} {what}", "[{time}] {who}: {what}"])
@pytest.mark.parametrize("label", ["Ann Lee", "Pepijn (Interviewer)", "ann", "Ann, host", "Bo [Red Hat]"])
def test_times_are_read_beside_any_label_that_every_line_has(form: str, label: str) -> None:
    rows = [(label, 1, "Hello."), ("Nora", 4, "Hi."), (label, 9, "So?"), ("Nora", 12, "Bye.")]
    text = "\n".join(form.format(who=who, time=f"00:00:{time:02}", what=what) for who, time, what in rows)
    assert [(one.speaker, one.start, one.text) for one in read_lines(text).utterances or ()] == rows


def test_a_role_in_brackets_belongs_to_the_label_where_lines_continue() -> None:
    read = read_lines("Pepijn (Interviewer): Wat is uw naam?\nAnneke: Anneke Bos.\nPepijn (Interviewer): En\nwaar?\n")
    assert [one.speaker for one in read.utterances or ()] == ["Pepijn (Interviewer)", "Anneke", "Pepijn (Interviewer)"]


WORDS = st.lists(st.sampled_from(["today", "we", "talk", "of", "Rain", "12", "no.", "yes,"]), min_size=1, max_size=6)


@given(
    st.lists(WORDS, max_size=3),
    st.lists(st.tuples(st.sampled_from(["Ann", "Bo B."]), WORDS), min_size=2),
    st.booleans(),
)
def test_every_word_is_spoken_or_named_as_left_out(
    before: list[list[str]], turns: list[tuple[str, list[str]]], are_continued: bool
) -> None:
    """Words before the first speaker are a heading, or somebody's whom the text does not name: both are told."""
    turns = [("Ann", ["so"]), ("Bo B.", ["well"]), *turns]
    lines = [" ".join(words) for words in before]
    for who, words in turns:
        lines += [f"{who}: {' '.join(words)}", *(["and on"] if are_continued else [])]
    read = read_lines("\n".join(lines))
    spoken = [word for one in read.utterances or () for word in one.text.split()]
    labels = {"Ann:", "Bo", "B.:"}  # of a speaker, or text where one label alone is prose ("Monday: …")
    carried = [word for word in [*read.left_out.split(), *spoken] if word not in labels]
    assert carried == [word for line in lines for word in line.split() if word not in labels]
    if not are_continued and len(turns) >= len(before):
        assert read.left_out.split() == [word for words in before for word in words]


def test_a_form_of_markdown_is_read_in_a_text_too_with_its_times() -> None:
    source = "### Ann (0:05)\n\nHello there.\n\n### Ben (0:09)\n\nHi.\n\n### Ann (0:12)\n\nSo tell us.\n"
    expected = [("Ann", "Hello there.", 5.0), ("Ben", "Hi.", 9.0), ("Ann", "So tell us.", 12.0)]
    for read in (read_lines, read_markdown):
        assert [(one.speaker, one.text, one.start) for one in read(source).utterances or ()] == expected
