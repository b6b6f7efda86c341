"""A transcript as the parts of a document: what each person says, and what stands between the turns of a draft.

A transcript that follows an edited draft has the draft's Markdown (`Transcript.draft`): then the document is that text,
its headings, lists and links included. Without it, a document has the words alone, in paragraphs of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from output.block_reader import PLACE, blocks_of, definitions_in, turn_blocks
from output.labels import labels_of
from output.markdown import render
from output.parse import Draft, parse
from output.speech import spoken
from output.text import resolve_marks

if TYPE_CHECKING:
    from output.blocks import Block
    from transcribe.style import Style
    from transcribe.transcript import Transcript, Turn, Word


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks of a draft under one name; without a name they are nobody's. `turn` has the times, if there are any."""

    blocks: tuple[Block, ...]
    label: str = ""
    name: str = ""
    turn: Turn | None = None

    @property
    def words(self) -> tuple[Word, ...]:
        """The timed words."""
        return () if self.turn is None else self.turn.words


def parts_of(transcript: Transcript) -> Iterator[Part]:
    """The parts of the document of a transcript that has a draft, in the order of the draft."""
    draft = parse(transcript.draft)
    labels = labels_of(transcript.speakers, "name")
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    definitions = definitions_in(transcript.draft)
    said = [turn_blocks(resolve_marks(turn.said, clock=PLACE), definitions) for turn in draft.turns]
    speaking = [bool(spoken(blocks)) for blocks in said]
    timed = iter(transcript.turns if sum(speaking) == len(transcript.turns) else ())
    yield from _nobodys(draft.preamble, definitions)
    for turn, blocks, speaks in zip(draft.turns, said, speaking, strict=True):
        spoken_turn = next(timed, None) if speaks else None
        if spoken_turn is None:
            yield Part(blocks, turn.label, turn.speaker)
        else:
            yield Part(blocks, labels[spoken_turn.speaker].first, names[spoken_turn.speaker], spoken_turn)
        yield from _nobodys(turn.aside, definitions)
    yield from _nobodys(draft.epilogue, definitions)


def draft_to_keep(draft: Draft, transcript: Transcript, style: Style) -> str:
    """The Markdown of an edited draft for its transcript; empty if the words alone give the same document."""
    printed = parse(render(transcript, style))
    if [_text(turn.raw) for turn in printed.turns] == [_text(turn.raw) for turn in draft.turns] and (
        _text(printed.preamble + printed.epilogue) == _text(draft.preamble + draft.epilogue)
    ):
        return ""
    return draft.body


def _text(source: str) -> list[str]:
    """The paragraphs of a source, without its line breaks."""
    paragraphs = (" ".join(part.split()) for part in resolve_marks(source, clock="").replace("\r", "").split("\n\n"))
    return [paragraph for paragraph in paragraphs if paragraph]


def _nobodys(source: str, definitions: str) -> Iterator[Part]:
    if blocks := blocks_of(resolve_marks(source, clock=PLACE), definitions):
        yield Part(blocks)
