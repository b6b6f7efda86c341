"""The words of a draft beside those the machine wrote for it: what learning compares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from output.parse import read_draft
from transcribe.drafts.corrections import Edit
from transcribe.drafts.machine_originals import original_of
from transcribe.drafts.sync import transcript_of
from transcribe.drafts.transcript_update import printed_forms
from transcribe.transcript import as_written


@dataclass(frozen=True, slots=True)
class DraftWords:
    """The machine's words, as a draft prints them, and the present ones, each with the line its turn begins in."""

    heard: tuple[str, ...]
    written: tuple[tuple[str, int], ...]
    speakers: tuple[str, ...]

    @property
    def edit(self) -> Edit:
        """Both texts."""
        return self.heard, [word for word, _ in self.written]


def words_of_draft(path: Path) -> DraftWords:
    """The words of the draft at a path. Raises as `transcribe.drafts.sync.sync` does."""
    draft, timed = read_draft(path), transcript_of(path)
    machine = original_of(timed, path)
    texts = (as_written(turn.words, [printed_forms(word.text)[0] for word in turn.words]) for turn in machine.turns)
    return DraftWords(
        tuple(word for text in texts for word in text.split()),
        tuple((word, turn.line) for turn in draft.turns for word in turn.spoken.split()),
        (*draft.speakers, *(speaker.name for speaker in timed.speakers)),
    )
