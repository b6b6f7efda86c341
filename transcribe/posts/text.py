"""A text that exists already: a published post, a draft, other programs' transcripts, as turns with speakers.

Reads with `transcribe.readers`, so whatever `score` compares can be given its times. Says on which line of the file a
word stands. Nothing here writes: the file stays as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from audio.trust import read_regular
from output.parse import Draft, parse
from output.text import spoken_text
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.alignment.tokens import letters
from transcribe.drafts.foreign import NOT_NAMED
from transcribe.errors import TranscriptError
from transcribe.readers.read import read_transcript
from transcribe.readers.values import UNNAMED, SpeakerTranscript

MARKDOWN = frozenset((".md", ".markdown"))


@dataclass(frozen=True, slots=True)
class PostTurn:
    """What somebody says: the name and the words, as the text has them."""

    speaker: str
    text: str


@dataclass(frozen=True)
class Post:
    """A text with speakers. `fields` is its front matter; `before` what stands before the first speaker, as words."""

    path: Path
    source: str
    turns: tuple[PostTurn, ...]
    fields: dict[str, Any] = field(default_factory=dict)
    before: str = ""

    @cached_property
    def sha256(self) -> str:
        """The hash of the text."""
        return hashlib.sha256(self.source.encode(errors="surrogateescape")).hexdigest()

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
        rows = [
            (letters(token), number) for number, line in enumerate(self.source.split("\n"), 1) for token in line.split()
        ]
        found = matches([key for key, _ in rows], [letters(word) for word in words])
        lines, line = [], next((rows[at][1] for at in found if at != NO_MATCH), 1)
        for at in found:
            line = line if at == NO_MATCH else rows[at][1]
            lines.append(line)
        return lines


def read_post(path: Path) -> Post:
    """The text in a file. Raises `TranscriptError` if it cannot be read, has no words, or names no speaker."""
    read = read_transcript(path)
    try:
        source = read_regular(path).decode(errors="surrogateescape")
    except OSError as error:
        raise TranscriptError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error
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
    if path.suffix.lower() not in MARKDOWN:
        return Post(path, source, turns, before=read.left_out)
    draft = parse(source)
    return Post(path, source, turns, dict(draft.fields), _before(draft, read))


def _before(draft: Draft, read: SpeakerTranscript) -> str:
    return spoken_text(draft.preamble) if draft.turns else read.left_out
