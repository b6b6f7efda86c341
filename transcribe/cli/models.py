"""`transcribe models`: list, download and verify the weights."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from transcribe.cli.options import echo_json, echo_path
from transcribe.errors import SettingsError, TranscribeError
from transcribe.terminal import aligned, for_terminal


@click.group()
def models() -> None:
    """List, download and verify the models' weights."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: sizes in bytes, speeds as multiples of real time.")
def models_list(as_json: bool) -> int:
    """List the models: the size of a download, the memory and speed of a run, the languages, what each is for, and
    where its weights come from.

    Speeds are of this machine: measured by earlier runs, or, with a ~, estimated.
    """
    from transcribe.cli.model_choice import choices

    rows = choices()
    if as_json:
        echo_json([row.as_dict() for row in rows])
        return 0
    header = ("model", "download", "memory", "speed", "languages", "take it for", "where")
    for line in aligned([header, *(row.cells() for row in rows)]):
        click.echo(line)
    return 0


@models.command("get")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def models_get(names: tuple[str, ...]) -> int:
    """Download models now, so that later runs need no network. Prints their folders.

    Without a NAME: the default model and the networks that find the speakers (`speakers`).

    \b
    Example:
      transcribe models get small turbo
    """
    from transcribe.cli.bars import Bars
    from transcribe.cli.run_display import fetching_line
    from transcribe.diarization.networks import SPEAKERS, find_speaker_models
    from transcribe.recognition.models import DEFAULT, find_model

    def on_fetch(name: str, received: int, total: int | None) -> None:
        bars.weights(name, received, total)
        if not received and not sys.stderr.isatty():
            click.echo(fetching_line(name, total), err=True)

    errors: list[TranscribeError] = []
    with Bars(sys.stderr) as bars:
        for name in names or (DEFAULT, SPEAKERS):
            try:
                if name == SPEAKERS:
                    folder = find_speaker_models(on_fetch=on_fetch)
                else:
                    folder = find_model(name, on_fetch=on_fetch).folder
            except TranscribeError as error:
                errors.append(error)
                click.echo(f"Error: {for_terminal(str(error))}", err=True)
                continue
            echo_path(folder)
    return _exit_code(errors, names)


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def models_verify(names: tuple[str, ...]) -> int:
    """Hash every byte of the given models (default: all on this machine) and report whether the hashes are right."""
    from transcribe.diarization.networks import SPEAKERS, SpeakerModel, verify_speaker_models
    from transcribe.recognition.models import verify_model

    errors: list[TranscribeError] = []
    for name in names or _in_cache():
        try:
            if name == SPEAKERS:
                verify_speaker_models()
                hashes = ", ".join(model.sha256 for model in SpeakerModel)
            else:
                hashes = verify_model(name).sha256
            click.echo(f"{name}: ok, SHA-256 {hashes}")
        except TranscribeError as error:
            errors.append(error)
            click.echo(f"Error: {for_terminal(str(error))}", err=True)
    return _exit_code(errors, names)


def _exit_code(errors: Sequence[TranscribeError], names: Sequence[str]) -> int:
    """2 if none of the names is a model's."""
    if errors and len(errors) == len(names) and all(isinstance(error, SettingsError) for error in errors):
        return 2
    return 1 if errors else 0


def _in_cache() -> list[str]:
    """The models in the cache, damaged ones too."""
    from transcribe.diarization.networks import SPEAKERS, damage_of_speaker_models, place_of_speaker_models
    from transcribe.recognition.models import damage_of, known_models
    from transcribe.weights.wheels import Place

    names = [model.name for model in known_models() if model.place is Place.CACHE or damage_of(model.name)]
    has_speakers = place_of_speaker_models()[0] is Place.CACHE or damage_of_speaker_models()
    return [*names, SPEAKERS] if has_speakers else names
