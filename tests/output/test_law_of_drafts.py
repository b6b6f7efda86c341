"""Every character of a draft is kept in an export, spoken, or counted as left out by a rule that docs/drafts.md states.

Drafts of all of CommonMark's blocks and inlines are made word by word: each word is another one, and the maker knows by
which rule it is spoken, kept or left out. No code of the product has a part in that.
"""

from __future__ import annotations

import html
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.episode import Episode
from output.formats import write
from output.left_out import RULES, left_out, told
from output.parse import parse
from tests.support.paths import ROOT
from transcribe.drafts.transcript_update import update_transcript
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word

INLINES = "text em strong struck code link reference image note sound footnote break tag comment entity escape".split()
BLOCKS = (
    "paragraph list numbers quote heading underlined fence indented table rule html footnote event comment player"
).split()
SPOKEN = ("paragraph", "list", "numbers", "quote", "indented", "html")

FAREWELL = "Thank you all for coming here today and see you again in a week or two from now."


@dataclass
class Maker:
    """A draft that grows, and what is to come of it."""

    source: str = ""
    spoken: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    by_speech: Counter[str] = field(default_factory=Counter)  # what captions leave out
    by_documents: Counter[str] = field(default_factory=Counter)
    is_nobodys: bool = True
    count: int = 0

    def word(self, *, said: bool = True, shown: bool = True) -> str:
        self.count += 1
        word = f"x{self.count:04}x"
        self.shown += [word] * shown
        self.spoken += [word] * (said and not self.is_nobodys)
        return word

    def text(self, kinds: list[str], *, said: bool = True) -> str:
        return " ".join(self.inline(kind, said) for kind in ["text", *kinds, "text"])

    def inline(self, kind: str, said: bool) -> str:
        rules = {
            "em": "emphasis", "strong": "emphasis", "struck": "emphasis", "code": "code mark",
            "link": "address of a link", "reference": "address of a link", "image": "image",
            "footnote": "footnote mark",
        }  # fmt: skip
        if said and kind in rules:
            self.by_speech[rules[kind]] += not self.is_nobodys
        if kind in ("tag", "comment"):
            for _ in range(2 if kind == "tag" else 1):
                self.by_documents["HTML tag" if kind == "tag" else "comment"] += 1
                self.by_speech["HTML tag" if kind == "tag" else "comment"] += said and not self.is_nobodys
        if kind == "image":
            return f'![{self.word(said=False)}](p.png "{self.word(said=False)}")'
        if kind == "sound":
            self.shown.append("laughs")
            self.spoken += ["[laughs]"] * (said and not self.is_nobodys)
            return "_laughs_"
        word = "" if kind in ("break", "comment", "footnote") else self.word(said=said)
        if kind == "note" and said and not self.is_nobodys:
            self.spoken[-1] = f"[{word}]"
        return {
            "text": word, "em": f"*{word}*", "strong": f"**{word}**", "struck": f"~~{word}~~", "code": f"`{word}`",
            "link": f"[{word}](https://a.example/b_c)", "reference": f"[{word}][ref]", "note": f"[{word}]",
            "footnote": "[^1]", "break": "\\\n", "tag": f"<u>{word}</u>", "comment": "<!-- hidden -->",
            "entity": f"{word}&#46;", "escape": f"\\*{word}\\_",
        }[kind]  # fmt: skip

    def block(self, kind: str, kinds: list[str]) -> str:
        said = kind in SPOKEN
        rules = {
            "heading": "heading", "underlined": "heading", "fence": "code block", "table": "table", "event": "event",
            "rule": "line between paragraphs", "footnote": "footnote", "quote": "quote mark",
        }  # fmt: skip
        self.is_nobodys = self.is_nobodys or kind in ("heading", "underlined")
        if kind in rules and (kind not in ("event", "quote", "fence") or not self.is_nobodys):
            self.by_speech[rules[kind]] += 1
        if self.is_nobodys and kind in (*SPOKEN, "event", "fence"):
            self.by_speech["paragraph outside the turns"] += 1
        self.by_speech["list mark"] += 2 if kind in ("list", "numbers") and not self.is_nobodys else 0
        return self.hidden(kind) or self.block_without_text(kind) or self.block_of_text(kind, kinds, said=said)

    def hidden(self, kind: str) -> str:
        hidden = {"comment": "comment", "player": "player or script"}.get(kind)
        if hidden:
            self.by_documents[hidden] += 1
            self.by_speech[hidden] += 1
            return {"comment": "<!-- a comment -->", "player": "<audio controls>\n<source src='x.mp3'>\n</audio>"}[kind]
        return ""

    def block_without_text(self, kind: str) -> str:
        if kind == "html":
            self.by_documents["HTML tag"] += 2
            self.by_speech["HTML tag"] += 0 if self.is_nobodys else 2
            return f"<div>\n{self.word()}\n</div>"
        if kind in ("fence", "indented"):
            word = self.word(said=kind == "indented")
            return f"```\n{word}\n```" if kind == "fence" else f"    {word}"
        if kind == "rule":
            return "***"
        if kind == "event":
            self.shown.append("Break:")
            return f"**Break:** {self.word(said=False)}"
        if kind == "footnote":
            return f"[^1]: {self.word(said=False)}"
        if kind == "table":
            return f"| {self.word(said=False)} | {self.word(said=False)} |\n|---|---|\n| {self.word(said=False)} | |"
        return ""

    def block_of_text(self, kind: str, kinds: list[str], *, said: bool) -> str:
        line = self.text([k for k in kinds if k not in ("break",) or kind == "paragraph"], said=said)
        more = self.text([], said=said) if kind in ("list", "numbers") else ""
        return {
            "paragraph": line, "quote": f"> {line}", "list": f"- {line}\n- {more}", "numbers": f"4. {line}\n5. {more}",
            "heading": f"## {line}", "underlined": f"{line}\n---",
        }[kind]  # fmt: skip


KINDS = st.lists(st.sampled_from(INLINES), max_size=5)
GOES_ON = ("list", "numbers", "footnote", "indented")  # a list or an indented line would go on with one of these


def apart(pieces: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    kinds = ["", *(kind for kind, _ in pieces)]
    return [
        piece
        for before, piece in zip(kinds, pieces, strict=False)
        if before not in GOES_ON or piece[0] not in ("list", "numbers", "indented")
    ]


PIECES = st.lists(st.tuples(st.sampled_from(BLOCKS), KINDS), max_size=5).map(apart)


@st.composite
def drafts(draw: st.DrawFn) -> Maker:
    maker = Maker()
    blocks = [maker.block(kind, kinds) for kind, kinds in draw(PIECES)]
    for label in draw(st.lists(st.sampled_from(["Ada", "Bob"]), min_size=1, max_size=3)):
        maker.is_nobodys = False
        blocks.append(f"**{label}**: {maker.text(draw(KINDS))}")
        blocks += [maker.block(kind, kinds) for kind, kinds in draw(PIECES)]
    blocks += [f"**Bob**: {FAREWELL}", "[ref]: https://c.example"]
    maker.source = "---\ntitle: T\n---\n\n" + "\n\n".join(blocks) + "\n"
    uses = "][ref]" in maker.source
    for counts in (maker.by_speech, maker.by_documents):
        counts["link definition without a link"] += not uses
    return maker


def exported(maker: Maker) -> Transcript:
    """The transcript of the draft, of a recording in which its words were heard one by one."""
    texts = [*(text for text in maker.spoken if text.startswith("x")), *FAREWELL.split()]
    words = tuple(Word(text, i / 2, i / 2 + 0.4) for i, text in enumerate(texts))
    speakers = (Speaker("S1", "Ada"), Speaker("S2", "Bob"))
    made = MadeWith("1", "e", "m", "0" * 64)
    heard = Transcript(Episode("T", path=Path("t.mp3")), "en", speakers, (Turn("S1", words),), (), made)
    return update_transcript(parse(maker.source), heard).transcript


def words_in(text: str) -> list[str]:
    return re.findall(r"x\d{4}x", text)


@given(drafts())
@settings(max_examples=40, deadline=None)
def test_documents_keep_every_word_in_its_order(maker: Maker) -> None:
    transcript = exported(maker)
    page = str(write(transcript, "html")).split("<body>")[1].split("<script>")[0]
    document = docx.Document(io.BytesIO(bytes(write(transcript, "docx"))))  # type: ignore[arg-type]
    inner = "".join(node.text or "" for node in document.element.iter() if node.tag.endswith("}t"))
    expected = [word for word in maker.shown if word[0] == "x"]
    assert words_in(html.unescape(re.sub(r"<[^<>]*>", "", page))) == expected
    assert words_in(inner) == expected
    assert words_in(str(write(transcript, "txt"))) == expected
    assert left_out(parse(maker.source), "docx", kept=transcript.draft) == +maker.by_documents


@given(drafts())
@settings(max_examples=100, deadline=None)
def test_captions_have_the_speech_and_the_notes_and_the_rest_is_counted(maker: Maker) -> None:
    transcript = exported(maker)
    spoken = " ".join(turn.spoken for turn in parse(maker.source).turns)
    assert re.findall(r"\[?x\d{4}x\]?|\[laughs\]", spoken) == maker.spoken
    for name in ("vtt", "srt", "podcast-html"):
        text = html.unescape(re.sub(r"<[^<>]*>", "", str(write(transcript, name))))
        assert re.findall(r"\[?x\d{4}x\]?|\[laughs\]", text) == maker.spoken
    counts = left_out(parse(maker.source), "vtt", kept=transcript.draft)
    assert counts == +maker.by_speech
    assert told(counts).count(",") == max(len(counts) - 1, 0)


@given(drafts())
@settings(max_examples=30, deadline=None)
def test_the_timed_transcript_and_the_draft_have_all_of_it(maker: Maker) -> None:
    transcript = exported(maker)
    again = Transcript.from_json(transcript.to_json())
    assert again == transcript
    assert all(left_out(parse(maker.source), name, kept=transcript.draft) == {} for name in ("md", "json"))
    assert words_in(again.draft) == words_in(maker.source) or not again.draft


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_in_the_docs(rule: str) -> None:
    assert f"| {rule} |" in (ROOT / "docs" / "drafts.md").read_text(encoding="utf-8")
