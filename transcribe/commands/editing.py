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


@click.command()
@_DRAFT
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to use.  [default: a free one]"
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def edit(draft: Path, *, port: int, no_browser: bool) -> int:
    """Correct a draft on a page of its own, with the sound: click a word to hear it, type to change it.

    The page is served on this machine only and saves into the draft as you type; the timed transcript and the captions
    follow. Prints the page's address; Ctrl+C ends it.

    \b
    Example:
      transcribe edit transcripts/interview.md
    """
    try:
        from transcribe.editor.server import open_editor
    except ImportError as error:
        raise click.ClickException(f"the editor needs {error.name}: pip install 'turnscript[editor]'") from error

    editor = open_editor(draft, port=port)
    click.echo(editor.url)
    click.echo("Press Ctrl+C to end; everything is saved as you type.", err=True)
    if not no_browser:
        click.launch(editor.url)
    editor.serve()
    return 0
