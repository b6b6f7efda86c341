"""`transcribe models`: list, download and verify the weights."""

from __future__ import annotations

import click

from transcribe.errors import TranscribeError


@click.group()
def models() -> None:
    """List, download and verify the models' weights."""


@models.command("list")
def models_list() -> int:
    """List the known models, and where each comes from."""
    from transcribe.recognition.models import DEFAULT, known_models

    for model in known_models():
        note = " (default)" if model.name == DEFAULT else " (English only)" if model.is_english_only else ""
        click.echo(f"{model.name + note:<31} {model.folder or model.place}")
    return 0


@models.command("get")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def models_get(names: tuple[str, ...]) -> int:
    """Download models now, so that later runs need no network. Prints their folders.

    \b
    Example:
      transcribe models get small turbo
    """
    from transcribe.recognition.models import find_model

    for name in names:
        click.echo(find_model(name).folder)
    return 0


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def models_verify(names: tuple[str, ...]) -> int:
    """Hash every byte of the given models (default: all on this machine) and report whether the hashes are right."""
    from transcribe.recognition.models import Place, known_models, verify_model

    here = tuple(model.name for model in known_models() if model.place is Place.CACHE)
    failed = 0
    for name in names or here:
        try:
            click.echo(f"{name}: ok, SHA-256 {verify_model(name).sha256}")
        except TranscribeError as error:
            failed += 1
            click.echo(f"Error: {error}", err=True)
    return 1 if failed else 0
