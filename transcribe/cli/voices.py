"""`transcribe voices`: whom to know again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import settings_in_force
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.speakers.voiceprints import Sample
    from transcribe.transcript import Speaker, Transcript

_SOURCE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def voices() -> None:
    """The voices on file: people who are known again in every recording, and named."""


@voices.command("add")
@click.argument("name")
@click.argument("source", type=_SOURCE, metavar="CLIP|DRAFT.md")
def voices_add(name: str, source: Path) -> int:
    """Keep what somebody sounds like: from a clip in which nobody else is heard, or from the turns by that name in a
    corrected draft, with its .json and its audio where they were.

    Another recording of somebody on file adds to what is known of them. What is kept are numbers, not sound, in the
    data folder of your account; ask people before you keep their voice.

    \b
    Examples:
      transcribe voices add "Rich Bowen" rich.wav
      transcribe voices add "Rich Bowen" transcripts/interview.md
    """
    from transcribe.speakers.voiceprints import doubts_about, put_on_file, voices_folder, voices_on_file

    _check_somebodys(name, settings_in_force({}).guest)
    is_draft = source.suffix.lower() == ".md"
    sample, doubts = _from_draft(name, source) if is_draft else (_from_clip(source), ())
    doubts += doubts_about(name, sample, voices_on_file(voices_folder()))
    voice = put_on_file(name, sample, folder=voices_folder())
    click.echo(voice.name)
    line = f"{voice.name}: {sample.seconds:.0f} s from {source}, {voice.seconds:.0f} s in all"
    for told in (line, *(f"Warning: {doubt}" for doubt in doubts)):
        click.echo(for_terminal(told), err=True)
    return 0


@voices.command("list")
def voices_list() -> int:
    """List the people on file, how much of their speech was heard, and where."""
    from transcribe.speakers.voiceprints import voices_folder, voices_on_file

    people = voices_on_file(voices_folder())
    if not people:
        click.echo("nobody is on file; put somebody there with: transcribe voices add NAME CLIP", err=True)
    for voice in people:
        sources = ", ".join(sample.source for sample in voice.samples)
        note = "" if voice.is_usable else "  (made with another model: add it again)"
        click.echo(for_terminal(f"{voice.name:<24} {voice.seconds:>6.0f} s  {sources}{note}"))
    return 0


@voices.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def voices_remove(names: tuple[str, ...]) -> int:
    """Forget people.

    \b
    Example:
      transcribe voices remove "Rich Bowen"
    """
    from transcribe.speakers.voiceprints import take_off_file, voices_folder

    for name in names:
        take_off_file(name, folder=voices_folder())
        click.echo(for_terminal(f"{name}: forgotten"), err=True)
    return 0


def _from_clip(path: Path) -> Sample:
    from audio.decoding.decode import decode
    from transcribe.speakers.voiceprints import sample_of_clip

    with decode(path) as audio:
        return sample_of_clip(audio, path.name)


def _from_draft(name: str, path: Path) -> tuple[Sample, tuple[str, ...]]:
    """The voice, and a warning where the name is the machine's guess."""
    from audio.decoding.decode import decode
    from output.parse import read_draft
    from transcribe.drafts.sync import transcript_of, update_transcript
    from transcribe.drafts.voice_enrolment import is_guessed
    from transcribe.speakers.voiceprints import VoiceError, sample_of_turns

    transcript = update_transcript(read_draft(path), transcript_of(path), name=str(path)).transcript
    _check_somebodys(name, str(transcript.made_with.settings.get("guest") or "Guest"))
    speaker = _speaker(transcript, name, path)
    if transcript.episode.path is None:
        raise VoiceError(f"{path}: its audio is not on this machine; fetch it and transcribe the file, or give a clip")
    with decode(path.parent / transcript.episode.path) as audio:
        sample = sample_of_turns(audio, transcript, speaker.id, source=path.name)
    if not is_guessed(speaker, transcript):
        return sample, ()
    return sample, (f"{name}: that this is their voice is a guess in {path.name}; check it",)


def _check_somebodys(name: str, guest: str) -> None:
    """Raise `VoiceError` for a name that in every recording would be given to whoever has none."""
    from transcribe.speakers.name_certainty import is_placeholder
    from transcribe.speakers.voiceprints import VoiceError

    if is_placeholder(" ".join(name.split()), guest):
        raise VoiceError(
            f"{name}: is what people are called of whom no name is known; name them in the draft, and give that name"
        )


def _speaker(transcript: Transcript, name: str, path: Path) -> Speaker:
    """The one speaker who has this name, in full or as the draft prints it. Raises `VoiceError`."""
    from transcribe.speakers.voiceprints import VoiceError

    full = " ".join(name.casefold().split())
    exact = [s for s in transcript.speakers if full in (s.name.casefold(), s.label.casefold())]
    short = [s for s in transcript.speakers if full.startswith(f"{s.name.casefold()} ")]
    for named in (exact, short):
        if len(named) == 1:
            return named[0]
    people = ", ".join(speaker.name for speaker in transcript.speakers) or "nobody"
    raise VoiceError(f"{path}: has no turns by {name}; those who speak are {people}")
