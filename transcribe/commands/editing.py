"""`transcribe sync`, `edit` and `learn`: what editors do with a draft."""

from __future__ import annotations

from pathlib import Path

import click

_DRAFT = click.argument("draft", type=click.Path(path_type=Path), metavar="DRAFT.md")


@click.command()
@_DRAFT
def sync(draft: Path) -> int:
    """Bring the timed transcript and the captions in line with an edited draft.

    Words you left alone keep their times; new ones get times from their surroundings. Captions and documents that lie
    beside the draft are made again, those you edited by hand are left alone. The draft is never written to.

    \b
    Example:
      transcribe sync transcripts/interview.md
    """
    from transcribe.editor.sync import sync

    done = sync(draft)
    for path in done.paths:
        click.echo(path)
    for message in done.messages:
        click.echo(f"Warning: {message}", err=True)
    click.echo(f"{draft}: {done.report}", err=True)
    return 0
