"""A short conversation, and a change of one of its turns as the editor's page sends it."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.drafts.turn_edits import PageTurn

TALK = (
    ("S1", "Hello and welcome to the show, Bob. It is good to have you here again, after all of these years."),
    ("S2", "Thank you Ada. I am glad to be here after such a long ride through the rain and over the hills."),
    ("S1", "How did the very first machine come about?"),
    ("S2", "We soldered and soldered until it made a sound. Nobody had asked for it. Then everybody did."),
)


def with_paragraph(turns: Sequence[PageTurn], index: int, *paragraphs: str) -> list[PageTurn]:
    return [*turns[:index], PageTurn(turns[index].speaker, paragraphs), *turns[index + 1 :]]
