"""`transcribe sync`, `edit`, `learn` and `merge`: commands for editors of drafts."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audio.program import installing, program
from transcribe.cli.drafts import echo_warnings
from transcribe.cli.each_input import EachInput
from transcribe.cli.ending import StoppedError, on_signals, signal_of
from transcribe.cli.options import echo_path, is_glossary_in_force, settings_in_force
from transcribe.cli.paths import ExistingFile, OneOfSeveral
from transcribe.errors import NotInstalledError
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.drafts.draft_words import DraftWords
    from transcribe.editor.server import Editor

_DRAFT_FILE = ExistingFile("a draft")
_DRAFT = click.argument("draft", type=_DRAFT_FILE, metavar="DRAFT.md")
_GLOSSARY = click.option(
    "--glossary",
    type=click.Path(dir_okay=False, readable=False, path_type=Path),
    default=Path("glossary.txt"),
    metavar="FILE",
    help="The glossary to add to.  [default: glossary.txt]",
)


@click.command()
@_DRAFT
@click.option("--realign-audio", is_flag=True, help="Time passages you rewrote, of six words or more, on the audio.")
@click.option(
    "--audio",
    type=ExistingFile("a recording"),
    metavar="FILE",
    help="Where the recording is now, if it was moved, renamed or converted.",
)
def sync(draft: Path, *, realign_audio: bool, audio: Path | None) -> int:
    """Update the timed transcript and the captions from an edited draft.

    Unchanged words keep their times; new words get times from their surroundings. Captions and documents next to the
    draft are written again, and their paths printed, except those you edited by hand, each with a warning. The draft
    itself is never changed.

    \b
    Examples:
      transcribe sync transcripts/interview.md
      transcribe sync transcripts/interview.md --realign-audio
      transcribe sync transcripts/interview.md --audio ../recordings/interview.mp3
    """
    from transcribe.drafts.audio_timing import audio_retimer
    from transcribe.drafts.sync import sync

    result = sync(draft, retime=audio_retimer(draft) if realign_audio else None, audio=audio)
    for path in result.paths:
        echo_path(path)
    for message in (*result.lost, *result.skipped.values()):
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    click.echo(for_terminal(f"{draft}: {result.report}"), err=True)
    return 0


@click.command()
@click.argument("draft", type=ExistingFile("a draft or a transcript"), metavar="DRAFT.md")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port to use.  [default: the same one each time for a draft]",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@_GLOSSARY
def edit(draft: Path, *, port: int, no_browser: bool, glossary: Path) -> int:
    """Correct a draft in the browser, with its audio: click a word to hear it, type to change it.

    The page is served to this machine only and saves to the draft as you type; the timed transcript and the captions
    are updated. Prints the page's address; Ctrl+C closes the editor. Of a transcript of another program
    (docs/formats.md), a draft is made beside it, and its recording is the one of the same name in the same folder.

    \b
    Examples:
      transcribe edit transcripts/interview.md
      transcribe edit from-otter.txt
    """
    try:
        from transcribe.editor.server import open_editor
    except ImportError as error:
        raise NotInstalledError(f"the editor needs {error.name}: {installing('editor')}") from error

    try:
        trouble = _edit_until_closed(
            lambda: open_editor(_draft_to_edit(draft), port=port, glossary=glossary), no_browser
        )
    except KeyboardInterrupt as error:  # before it served
        if signal_of(error) != signal.SIGINT:
            raise
        trouble = ""
    click.echo("The editor is closed.", err=True)
    if trouble:
        click.echo(f"Error: the draft is saved, and its times are not up to date: {for_terminal(trouble)}", err=True)
    return 1 if trouble else 0


def _edit_until_closed(open_it: Callable[[], Editor], no_browser: bool) -> str:
    """Serve the page until a signal ends it. Returns why the times are not up to date, if so. Ctrl+C is the normal end;
    raises `StoppedError` for another signal."""
    editor = open_it()
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        editor.stop()

    with on_signals(stop):
        click.echo(editor.url)
        click.echo("Press Ctrl+C to close the editor; everything is saved as you type.", err=True)
        if not no_browser:
            click.launch(editor.url_to_launch())
        editor.serve()
    if received and received[0] != signal.SIGINT:
        raise StoppedError(received[0])
    return editor.not_updated


def _draft_to_edit(path: Path) -> Path:
    """The draft at a path, or the one beside another program's transcript, which is made if there is none."""
    from transcribe.drafts.foreign import Foreign, source_at
    from transcribe.drafts.importing import draft_beside
    from transcribe.drafts.style import style_of

    found = source_at(path)
    if not isinstance(found, Foreign):
        return path
    beside = draft_beside(found, style=style_of(settings_in_force({})))
    echo_warnings(path, beside.transcript)
    told = "made of" if beside.written else "is the draft of"
    click.echo(for_terminal(f"{beside.path}: {told} {path}, which is not changed"), err=True)
    return beside.path


@click.command()
@click.argument("drafts", type=OneOfSeveral(), nargs=-1, required=True, metavar="DRAFT.md...")
@_GLOSSARY
@click.option("--voices", is_flag=True, help="Also enrol the voices of the speakers in the drafts you corrected.")
@click.option("-y", "--yes", is_flag=True, help="Add everything without asking.")
def learn(drafts: tuple[Path, ...], *, glossary: Path, voices: bool, yes: bool) -> int:
    """Propose glossary entries from your corrections: names, jargon, words misheard more than once.

    Prints each entry with its count and contexts, asks, and adds them to the glossary. Also prints, with `?`, where the
    drafts still have what you corrected to the same name twice, or what sounds like it; it changes nothing there. With
    --voices it also computes a voiceprint from the turns of every named speaker in the drafts you corrected, asks, and
    enrols them, so that later recordings name these speakers (see `transcribe voices`). A new recognition beside a
    draft, DRAFT.new.md, that you have not edited is left out, and named. One of several drafts that is not there,
    cannot be read, or is no draft, is named, and the exit code is 1: the others are learned from.

    \b
    Examples:
      transcribe learn transcripts/*.md --glossary glossary.txt
      transcribe learn transcripts/interview.md --voices
    """
    from transcribe.drafts.draft_words import DraftWords, words_of_draft
    from transcribe.drafts.records import draft_beside_which

    each, words = EachInput(drafts, "a draft"), dict[Path, DraftWords]()
    for path in drafts:
        with each.alone():
            each.check(path)
            if kept := draft_beside_which(path):
                _echo_left_out(path, kept)
                continue
            words[path] = words_of_draft(path)
    if words:
        _learn_words(words, glossary, yes=yes)
        _echo_places_left(words)
        if voices:
            _learn_voices(tuple(words), yes=yes)
    return each.exit_code


def _echo_left_out(new: Path, kept: Path) -> None:
    merge = f"{program()} merge {shlex.quote(str(kept))} {shlex.quote(str(new))}"
    why = f"a new recognition beside {kept}, and nobody has corrected it; to take its improvements: {merge}"
    click.echo(for_terminal(f"{new}: left out, as it is {why}"), err=True)


def _learn_words(words: Mapping[Path, DraftWords], glossary: Path, *, yes: bool) -> None:
    from transcribe.drafts.glossary_learning import new_entries, propose_entries, read_glossary_text, write_entries

    known = read_glossary_text(glossary)
    entries = new_entries(propose_entries([each.edit for each in words.values()]), known)
    for entry in entries:
        click.echo(for_terminal(f"+ {entry.line}   ({entry.count}×)"))
        for context in entry.contexts:
            click.echo(for_terminal(f"      … {context} …"))
    if not entries:
        click.echo(
            for_terminal(f"nothing to add to {glossary}: the corrections contain no new names or jargon"), err=True
        )
        return
    lines = f"{len(entries)} lines" if len(entries) > 1 else "this line"
    if not yes and not click.confirm(for_terminal(f"Add {lines} to {glossary}?"), err=True):
        return
    write_entries(glossary, known, entries)
    echo_path(glossary)
    if not is_glossary_in_force(glossary):
        option, line = f"--glossary {shlex.quote(str(glossary))}", f"glossary = {json.dumps(str(glossary))}"
        click.echo(for_terminal(f"runs use it with {option}, or with {line} in transcribe.toml"), err=True)


def _echo_places_left(words: Mapping[Path, DraftWords]) -> None:
    from transcribe.drafts.repeated_corrections import places_left

    known = [name for each in words.values() for name in each.speakers]
    found = places_left([each.edit for each in words.values()], known=known)
    for (path, each), places in zip(words.items(), found, strict=True):
        for place in places:
            line = each.written[place.first][1]
            click.echo(for_terminal(f"? {path}:{line}: {place.text}, perhaps {place.name}: … {place.context} …"))
    if count := sum(map(len, found)):
        left = f"{count} places" if count > 1 else "one place"
        click.echo(f"{left} with ? may be a name you corrected twice elsewhere; nothing was changed there", err=True)


def _learn_voices(drafts: tuple[Path, ...], *, yes: bool) -> None:
    from transcribe.drafts.voice_enrolment import find_new_voices
    from transcribe.speakers.voiceprints import enrol, user_voiceprints, voiceprints_folder

    result = find_new_voices(drafts, enrolled=user_voiceprints())
    for message in result.messages:
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    for voice in result.voices:
        click.echo(for_terminal(f"+ {voice.line}"))
    if not result.voices:
        heard = "what could not be heard is named above" if result.messages else "everybody named is enrolled already"
        click.echo(f"no new voices: {heard}", err=True)
        return
    count = f"{len(result.voices)} voices" if len(result.voices) > 1 else "this voice"
    if not yes and not click.confirm(
        f"Enrol {count}? Ask people for consent before you store their voiceprint.", err=True
    ):
        return
    for voice in result.voices:
        enrol(voice.name, voice.sample, folder=voiceprints_folder())


@click.command()
@_DRAFT
@click.argument("new", type=_DRAFT_FILE, metavar="DRAFT.new.md")
def merge(draft: Path, new: Path) -> int:
    """Merge a new recognition into a draft you edited, keeping every edit.

    `transcribe run` does not change an edited draft; it writes a new recognition next to it. This command takes the
    new words wherever you changed nothing. Where you and the machine both changed the same words, yours stay; the
    line, the time and what each has are printed, and the place appears in the editor's list of doubts. The previous
    draft is saved as DRAFT.md.bak. The last line counts what was taken, kept and left to you.

    \b
    Example:
      transcribe merge transcripts/interview.md transcripts/interview.new.md
    """
    from output.errors import OutputError
    from transcribe.drafts.merge_conflicts import told
    from transcribe.drafts.merge_recognition import merge_recognition
    from transcribe.drafts.turn_edits import EditError

    try:
        result = merge_recognition(draft, new)
    except EditError as error:
        raise OutputError(f"{draft}: {error}; nothing was changed") from error
    for path in result.paths:
        echo_path(path)
    if result.backup is not None:
        click.echo(for_terminal(f"{draft}: merged; the draft before is now {result.backup}"), err=True)
    for message in result.skipped.values():
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    for name, other in result.names_lost:
        where = f"its words are {other}'s now" if other else "none of its words are left"
        gone = f"nobody is called {name} any more, a name you gave or typed: {where}, by the new recognition"
        click.echo(f"Warning: {for_terminal(f'{draft}: {gone}')}", err=True)
    for line in told(result.conflicts):
        click.echo(for_terminal(f"{draft}: {line}"), err=True)
    click.echo(for_terminal(f"{draft}: {result.report}"), err=True)
    return 0
