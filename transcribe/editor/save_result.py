"""What becomes of an edit that the page sends."""

from __future__ import annotations

from dataclasses import dataclass

from transcribe.drafts.turn_edits import PageTurn


@dataclass(frozen=True, slots=True)
class SaveResult:
    """The result of saving an edit: the new revision, or its conflicts with another edit.

    `turns` are for the page to show, if they differ from those it sent. `conflicts` are (turn, paragraph, text of the
    other edit); if there are any, nothing was written, and `theirs` are the file's turns.
    """

    revision: str
    labels: tuple[str, ...]
    turns: tuple[PageTurn, ...] | None = None
    conflicts: tuple[tuple[int, int, str], ...] = ()
    theirs: tuple[PageTurn, ...] = ()


class StaleError(Exception):
    """An edit of an old revision that does not include the turns it is based on."""
