"""`transcribe render`, `parse`, `export` and `lint`: drafts as files, without audio or models."""

from __future__ import annotations

import hashlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audio.program import program
from transcribe.cli.each_input import EachInput
from transcribe.cli.options import echo_path, setting_options, settings_in_force
from transcribe.cli.paths import ExistingFile, Folder, OneOfSeveral
from transcribe.declaration import check_items
from transcribe.errors import SettingsError
from transcribe.terminal import annotation, for_terminal, json_for_terminal, on_github

if TYPE_CHECKING:
    from output.lint import Finding
    from transcribe.transcript import Transcript

_DRAFTS = ExistingFile("a draft")
_TRANSCRIPTS = ExistingFile("a draft or a transcript")


@click.command()
@click.argument("source", type=_TRANSCRIPTS, metavar="FILE")
@click.option("-f", "--format", "name", default="md", show_default=True, help="The format to print.")
@setting_options("labels", "wrap", "clock_minutes", "docx_times", "transcript_url")
def render(source: Path, name: str, **given: str | None) -> int:
    """Print a timed transcript, or one of another program, in any format; a draft unchanged.

    FILE is NAME.json, a draft, or captions, JSON or text of another program (docs/formats.md), whatever its name is.
    What such a file does not say, who speaks or when, is told. A draft is parsed and printed byte for byte as it was:
    turnscript loses nothing of what it reads.

    \b
    Examples:
      transcribe render transcripts/interview.json
      transcribe render transcripts/interview.json -f srt > interview.srt
      transcribe render from-otter.txt > interview.md
    """
    from output.errors import OutputError
    from output.formats import FORMATS, write
    from output.parse import Draft
    from transcribe.drafts.foreign import Foreign, check_times, fitting, source_at
    from transcribe.drafts.style import style_of

    settings = settings_in_force(given)
    if name not in FORMATS:
        raise SettingsError(f"format: {name!r} is not one of {', '.join(FORMATS)}")
    found = source_at(source)
    if isinstance(found, Draft):
        if name != "md":
            command = f"{program()} {shlex.join(['export', str(source), '-f', name])}"
            raise SettingsError(f"{source}: a draft has no times of its own; use `{command}`")
        if not found.encoded().strip():
            raise OutputError(f"{source}: is empty; write the draft again")
        _to_stdout(found.encoded())
        return 0
    if isinstance(found, Foreign):
        found = found.transcript()
        echo_warnings(source, found)
    check_times(found, [name], path=source)
    _to_stdout(write(found, name, style=fitting(style_of(settings), found), stem=source.stem))
    return 0


def echo_warnings(source: Path, transcript: Transcript) -> None:
    """Say what a file of another program does not say."""
    for warning in transcript.warnings:
        click.echo(f"Warning: {for_terminal(f'{source}: {warning.message}')}", err=True)


@click.command()
@click.argument("draft", type=_DRAFTS, metavar="DRAFT.md")
def parse(draft: Path) -> int:
    """Print a draft or a published post as JSON: front matter, turns with speaker, label, text and line, warnings.

    \b
    Example:
      transcribe parse 2016-05-04-interview.md | jq '.turns[].speaker'
    """
    from output.parse import read_draft

    contract = read_draft(draft).as_contract()
    _to_stdout((json_for_terminal(contract) + "\n").encode())
    return 0


@click.command()
@click.argument("draft", type=_TRANSCRIPTS, metavar="DRAFT.md")
@click.option(
    "-f", "--format", "names", required=True, metavar="LIST", help="The formats to write, separated by commas."
)
@click.option("-o", "--output", type=Folder(), metavar="DIR", help="Folder.  [default: the draft's]")
@setting_options("docx_times", "transcript_url")
def export(draft: Path, names: str, *, output: Path | None, **given: str | None) -> int:
    """Write captions and documents of a draft, your corrections included, next to it or into a folder.

    First updates the timed transcript from the draft, as `transcribe sync` does. An existing document keeps its style
    unless you give another; one you edited by hand is not written, and if you asked for it, the exit code is 1. Prints
    the paths of the others. Instead of a draft, you can give a transcript of another program (docs/formats.md); no
    existing file is changed then.

    \b
    Examples:
      transcribe export transcripts/interview.md -f vtt,srt,docx
      transcribe export transcripts/interview.md -f podcast-html -o site/transcripts
      transcribe export from-otter.txt -f docx
    """
    from transcribe.drafts.export import export as export_draft
    from transcribe.drafts.export import export_to
    from transcribe.drafts.foreign import Foreign, source_at
    from transcribe.drafts.importing import export_foreign
    from transcribe.drafts.kept_draft import FORMAT_OF
    from transcribe.drafts.style import style_of
    from transcribe.settings import Settings

    settings = settings_in_force({"formats": names, **given})
    found = source_at(draft)
    if isinstance(found, Foreign):
        result = export_foreign(found, settings.formats, style=style_of(settings), folder=output)
    elif output is not None and output.resolve() != draft.parent.resolve():
        result = export_to(output, draft, settings.formats, style=style_of(settings))
    else:
        changed = [name for name in given if getattr(settings, name) != getattr(Settings(), name) or given[name]]
        restyled = [FORMAT_OF[option] for option in changed]
        result = export_draft(draft, settings.formats, style=style_of(settings), restyled=restyled)
    for path in result.also:
        click.echo(for_terminal(f"also written: {path}"), err=True)
    for message in result.messages:
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    for line in result.left_out:
        click.echo(for_terminal(line), err=True)
    for path in result.paths:
        echo_path(path)
    return 1 if result.kept else 0


@click.command()
@click.argument("drafts", nargs=-1, required=True, type=OneOfSeveral(), metavar="DRAFT.md...")
@click.option("--fix", is_flag=True, help="Fix, in place, what has only one possible correction.")
@click.option("--select", metavar="CODES", help="Only these rules, separated by commas (listed in docs/lint.md).")
def lint(drafts: tuple[Path, ...], fix: bool, select: str | None) -> int:
    """Find mistakes for readers and for the site's renderer: prints `path:line: code message`, exit code 1.

    One of several drafts that is not there, cannot be read, or is no draft, is named, and the exit code is 1, too: the
    others are looked at.

    \b
    Examples:
      transcribe lint posts/*.md
      transcribe lint --fix --select T1,T5 posts/interview.md
    """
    from output.lint import RULES
    from output.lint import lint as findings_of
    from output.parse import read_source

    codes = None if select is None else frozenset(code.strip().upper() for code in select.split(","))
    check_items("select", [] if select is None else select.split(","))
    if codes is not None and (unknown := codes - RULES.keys()):
        raise SettingsError(f"select: no such rule: {', '.join(sorted(unknown))}; choose from {', '.join(RULES)}")
    count, each = 0, EachInput(drafts, "a draft")
    for path in drafts:
        with each.alone():
            each.check(path)
            source = read_source(path)
            if fix:
                source = _fixed(path, source, select=codes)
            for finding in findings_of(source, select=codes):
                count += 1
                _echo_finding(path, finding)
    return 1 if count else each.exit_code


def _echo_finding(path: Path, finding: Finding) -> None:
    click.echo(for_terminal(finding.at(path)))
    if on_github():
        code, told = finding.rule.code, finding.message
        click.echo(annotation("error", told, title=code, file=str(path), line=finding.line), err=True)


def _fixed(path: Path, source: str, *, select: frozenset[str] | None) -> str:
    """The draft with what could be fixed, which is written and told."""
    from output.lint import fix

    fixed = fix(source, select=select)
    if fixed.source != source:
        _replace(path, fixed.source, over=source.encode(errors="surrogateescape"))
        counts = ", ".join(f"{count} × {code}" for code, count in sorted(fixed.counts.items()))
        click.echo(for_terminal(f"{path}: fixed: {counts}"), err=True)
    if fixed.refused:
        told = f"{path}: not fixed: {', '.join(fixed.refused)}, as more than labels would look different; do it by hand"
        click.echo(for_terminal(told), err=True)
    return fixed.source


def _replace(path: Path, source: str, *, over: bytes) -> None:
    from audio.disk import replace_if_unchanged
    from output.errors import OutputError

    expected = hashlib.sha256(over).hexdigest()
    try:
        if not replace_if_unchanged(path, source.encode(errors="surrogateescape"), over=expected):
            raise OutputError(f"{path}: was changed during the fix and is not fixed; run the command again")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); nothing was changed") from error


def _to_stdout(content: str | bytes) -> None:
    if isinstance(content, bytes) and b"\0" in content and sys.stdout.isatty():
        raise SettingsError("this format is binary and cannot be printed to a terminal; redirect it with `> FILE`")
    if sys.stdout.isatty():  # as a program reads it, it stays byte for byte what the draft is
        text = content if isinstance(content, str) else content.decode(errors="surrogateescape")
        content = "\n".join(map(for_terminal, text.split("\n")))
    sys.stdout.flush()
    click.echo(content, nl=False, file=sys.stdout if isinstance(content, str) else sys.stdout.buffer)
