"""`transcribe voices`: enrol people, so that every recording names them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audio.program import program
from transcribe.cli.options import echo_path, settings_in_force
from transcribe.cli.paths import ExistingFile
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.speakers.voiceprints import Sample
    from transcribe.transcript import Speaker, Transcript

_SOURCE = ExistingFile("a recording or a corrected draft")


@click.group()
def voices() -> None:
    """Enrolled voices: people who are recognised and named in every recording."""


@voices.command("add")
@click.argument("name")
@click.argument("source", type=_SOURCE, metavar="CLIP|DRAFT.md")
def voices_add(name: str, source: Path) -> int:
    """Enrol a person's voice from a clip with no other speaker, or from the turns under that name in a corrected
    draft. The draft's .json and audio must be where the run left them.

    Another recording of the same person improves the voiceprint. Numbers are stored, not sound, in the data folder of
    your account; ask people before you store their voice.

    \b
    Examples:
      transcribe voices add "Rich Bowen" rich.wav
      transcribe voices add "Rich Bowen" transcripts/interview.md
    """
    from transcribe.speakers.voiceprints import enrol, load_voiceprints, sample_warnings, voiceprints_folder

    _refuse_placeholder(name, settings_in_force({}).guest)
    is_draft = source.suffix.lower() == ".md"
    sample, warnings = _from_draft(name, source) if is_draft else (_from_clip(source), ())
    warnings += sample_warnings(name, sample, load_voiceprints(voiceprints_folder()))
    voice = enrol(name, sample, folder=voiceprints_folder())
    echo_path(voice.name)
    summary = f"{voice.name}: {sample.seconds:.0f} s from {source}, {voice.seconds:.0f} s in all"
    for line in (summary, *(f"Warning: {warning}" for warning in warnings)):
        click.echo(for_terminal(line), err=True)
    return 0


@voices.command("list")
def voices_list() -> int:
    """List the enrolled people, and how much of their speech each voiceprint uses, from which sources."""
    from transcribe.speakers.voiceprints import load_voiceprints, voiceprints_folder

    people = load_voiceprints(voiceprints_folder())
    if not people:
        click.echo(f"nobody is enrolled; enrol somebody with: {program()} voices add NAME CLIP", err=True)
    for voice in people:
        sources = ", ".join(sample.source for sample in voice.samples)
        note = "" if voice.is_usable else "  (made with another model: add it again)"
        click.echo(for_terminal(f"{voice.name:<24} {voice.seconds:>6.0f} s  {sources}{note}"))
    return 0


@voices.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def voices_remove(names: tuple[str, ...]) -> int:
    """Delete people's voiceprints.

    \b
    Example:
      transcribe voices remove "Rich Bowen"
    """
    from transcribe.speakers.voiceprints import NotEnrolledError, remove_voiceprint, voiceprints_folder

    for name in names:
        try:
            remove_voiceprint(name, folder=voiceprints_folder())
        except NotEnrolledError as error:
            raise click.UsageError(str(error)) from error
        click.echo(for_terminal(f"{name}: removed"), err=True)
    return 0


def _from_clip(path: Path) -> Sample:
    from audio.decoding.decode import decode
    from transcribe.speakers.voiceprints import sample_of_clip

    with decode(path) as audio:
        return sample_of_clip(audio, path.name)


def _from_draft(name: str, path: Path) -> tuple[Sample, tuple[str, ...]]:
    """The voice, and a warning if the name is a guess."""
    from audio.decoding.decode import decode
    from output.parse import read_draft
    from transcribe.drafts.recording import recording_of
    from transcribe.drafts.sync import transcript_of
    from transcribe.drafts.transcript_update import update_transcript
    from transcribe.speakers.name_certainty import is_guess
    from transcribe.speakers.voiceprints import VoiceError, sample_of_turns

    transcript = update_transcript(read_draft(path), transcript_of(path), name=str(path)).transcript
    _refuse_placeholder(name, str(transcript.made_with.settings.get("guest") or "Guest"))
    speaker = _speaker(transcript, name, path)
    recording = recording_of(path, transcript.episode)
    if recording.path is None:
        raise VoiceError(f"{path}: its audio is not on this machine; fetch and transcribe it, or give a clip")
    if recording.problem:
        raise VoiceError(f"{recording.problem}, or give a clip")
    with decode(recording.path) as audio:
        sample = sample_of_turns(audio, transcript, speaker.id, source=path.name)
    if not is_guess(speaker, transcript.warnings):
        return sample, ()
    return sample, (f"{name}: the name is a guess in {path.name}; check whether this is their voice",)


def _refuse_placeholder(name: str, guest: str) -> None:
    """Raise `VoiceError` for a placeholder: it would name unknown people in every recording."""
    from transcribe.speakers.name_certainty import is_placeholder_name
    from transcribe.speakers.voiceprints import VoiceError

    if is_placeholder_name(" ".join(name.split()), guest):
        raise VoiceError(
            f"{name}: is a placeholder for people without a name; name the person in the draft, and give that name"
        )


def _speaker(transcript: Transcript, name: str, path: Path) -> Speaker:
    """The only speaker with this name, in full or as the draft prints it. Raises `VoiceError`."""
    from transcribe.speakers.voiceprints import VoiceError

    full = " ".join(name.casefold().split())
    exact = [s for s in transcript.speakers if full in (s.name.casefold(), s.label.casefold())]
    short = [s for s in transcript.speakers if full.startswith(f"{s.name.casefold()} ")]
    for matches in (exact, short):
        if len(matches) == 1:
            return matches[0]
    people = ", ".join(speaker.name for speaker in transcript.speakers) or "nobody"
    raise VoiceError(f"{path}: has no turns by {name}; its speakers are {people}")
