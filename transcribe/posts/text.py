"""A text that exists already: a published post, a draft, other programs' transcripts, as turns with speakers.

Reads with `transcribe.readers`, so whatever `score` compares can be given its times. Says on which line of the file a
word stands. Nothing here writes: the file stays as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from audio.encodings import wide_encoding
from audio.trust import read_regular
from output.parse import Draft, parse
from output.speech import spoken_text
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.alignment.tokens import letters
from transcribe.drafts.foreign import NOT_NAMED
from transcribe.errors import TranscriptError
from transcribe.readers.decoding import MOST_BYTES, text_of
from transcribe.readers.read import read_foreign
from transcribe.readers.values import UNNAMED
from transcribe.readers.word_documents import ZIP
from transcribe.scripts import units

MARKDOWN = frozenset((".md", ".markdown"))


@dataclass(frozen=True, slots=True)
class PostTurn:
    """What somebody says: the name and the words, as the text has them."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Aside:
    """Words that belong to nobody, below a heading or at the end, on these lines, behind this many turns."""

    first_line: int
    last_line: int
    words: tuple[str, ...]
    turns: int


@dataclass(frozen=True)
class Post:
    """A text with speakers. `fields` is its front matter; `before` what stands before the first speaker, as words.

    `unsaid` is what it marks as no speech, such as a program's footer.
    """

    path: Path
    source: str
    turns: tuple[PostTurn, ...]
    fields: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    asides: tuple[Aside, ...] = ()
    unsaid: str = ""

    @cached_property
    def sha256(self) -> str:
        """The hash of the text."""
        return hashlib.sha256(self.source.encode(errors="surrogateescape")).hexdigest()

    @cached_property
    def draft(self) -> Draft | None:
        """The parts of a Markdown text; None for any other."""
        return parse(self.source) if self.path.suffix.lower() in MARKDOWN else None

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers, in the order of their first turns."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))

    @property
    def title(self) -> str:
        """The title of the front matter; empty without one."""
        title = self.fields.get("title")
        return title.strip() if isinstance(title, str) else ""

    def lines_of(self, words: Sequence[str]) -> list[int]:
        """The line of the file, from 1, on which each of the spoken words stands; about, where it is not found."""
        numbered = enumerate(self.source.split("\n"), 1)
        rows = [(letters(unit), number) for number, line in numbered for unit, _ in units(line)]
        keys = [next((letters(unit) for unit, _ in units(word)), "") for word in words]
        found = matches([key for key, _ in rows], keys)
        lines, line = [], next((rows[at][1] for at in found if at != NO_MATCH), 1)
        for at in found:
            line = line if at == NO_MATCH else rows[at][1]
            lines.append(line)
        return lines


def read_post(path: Path) -> Post:
    """The text in a file. Raises `TranscriptError` if it cannot be read, has no words, or names no speaker."""
    try:
        content = read_regular(path, max_bytes=MOST_BYTES)
    except OSError as error:
        raise TranscriptError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error
    read = read_foreign(path, content)
    is_other = content.startswith(ZIP) or wide_encoding(content)
    source = text_of(content) if is_other else content.decode(errors="surrogateescape")
    if read.utterances is None:
        raise TranscriptError(f"{path}: has times of speakers, and no words; give a text")
    turns = tuple(
        PostTurn(read.name(one.speaker) if one.speaker != UNNAMED else NOT_NAMED, one.text)
        for one in read.utterances
        if one.text.strip()
    )
    if not turns:
        raise TranscriptError(f"{path}: has no spoken words; give a text in which speakers say something")
    if not read.words_have_speakers:
        raise TranscriptError(
            f"{path}: names no speaker; begin each turn with who speaks, such as **Rich**: or Rich: in front of it"
        )
    draft = parse(source) if path.suffix.lower() in MARKDOWN else None
    if draft is None or not draft.turns:
        fields = dict(draft.fields) if draft else {}
        return Post(path, source, turns, fields, before=read.left_out, unsaid=read.unsaid)
    return Post(path, source, turns, dict(draft.fields), spoken_text(draft.preamble), tuple(_asides(draft)))


def _asides(draft: Draft) -> Iterator[Aside]:
    """What stands below headings, and the epilogue; a heading alone is none."""
    line, count = draft.turns[0].line, 0
    parts = [part for turn in draft.turns for part in ((turn.marker + turn.said, True), (turn.aside, False))]
    for text, is_said in (*parts, (draft.epilogue, False)):
        count += is_said
        below = [row for row in text.split("\n") if not row.lstrip().startswith("#")]
        if not is_said and any(map(letters, below)) and (words := [word for word in text.split() if letters(word)]):
            first = line + text[: len(text) - len(text.lstrip())].count("\n")
            yield Aside(first, first + text.strip().count("\n"), tuple(words), count)
        line += text.count("\n")
