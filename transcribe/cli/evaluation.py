"""`transcribe score`, `transcribe clip`: measure a transcript, and cut the clips that `transcribe check` reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.options import echo_json, echo_path, scoring_of, scoring_options, settings_in_force
from transcribe.cli.paths import ExistingFile, Folder
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.evaluation.score import Score


@click.command()
@click.argument("reference", type=ExistingFile("a transcript"), metavar="REF")
@click.argument("hypothesis", type=ExistingFile("a transcript"), metavar="HYP")
@scoring_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON: rates as fractions, null if not measured.")
def score(reference: Path, hypothesis: Path, as_json: bool, **options: Any) -> int:
    """Score a transcript against a reference: error rates and the worst differences.

    REF and HYP are Markdown drafts, `Speaker: text` lines (.txt), JSON, VTT, SRT, RTTM or STM. A measure is left
    out if either file lacks its data. For NAME.ref.md or NAME.ref.txt, a NAME.rttm next to it adds the speaker times.

    \b
    Examples:
      transcribe score interview.ref.md transcripts/interview.json
      transcribe score corrected.md transcripts/interview.md --json
    """
    from transcribe.errors import TranscriptError
    from transcribe.evaluation import score as scores
    from transcribe.evaluation.references import read_reference
    from transcribe.readers.read import read_transcript

    sides = read_reference(reference), read_transcript(hypothesis)
    for path, side in zip((reference, hypothesis), sides, strict=True):
        if words := side.left_out.split():
            beginning = " ".join(words[:10]) + (" …" if len(words) > 10 else "")
            message = f"{path}: {len(words)} words before the first speaker are not scored: {beginning}"
            click.echo(f"Warning: {for_terminal(message)}; put a speaker in front of them if they are spoken", err=True)
    result = scores.score(*sides, scoring_of(options))
    if result.problem:
        raise TranscriptError(f"{reference} against {hypothesis}: {result.problem}")
    if as_json:
        echo_json(result.as_dict())
    else:
        click.echo("\n".join(map(for_terminal, _lines(result))))
    return 0


def _lines(result: Score) -> list[str]:
    """The score for people."""
    from output.text import clock
    from transcribe.evaluation.score import SHOWN_DIFFERENCES

    if result.nobody_speaks:
        silent = "the reference has no words, which states that nobody speaks: there are no rates"
        return [f"{'words':<9}{result.invented_words:6} invented;  {silent}", "", result.scoring.description]
    lines = []
    for name, counts in (("WER", result.words), ("cpWER", result.cp), ("tcpWER", result.tcp)):
        if counts is not None:
            kinds = f"{counts.substitutions} substituted, {counts.deletions} deleted, {counts.insertions} inserted"
            rate = result.scoring.rate_name(name)
            lines.append(f"{rate:<9}{100 * counts.rate:6.2f} %   {kinds}, of {counts.words} {result.scoring.unit}")
    if result.time is not None and result.jaccard is not None:
        time = result.time
        kinds = f"{time.missed:.1f} missed, {time.false_alarm:.1f} false alarm, {time.confusion:.1f} wrong speaker"
        lines.append(f"{'DER':<9}{100 * time.rate:6.2f} %   {kinds}, of {time.speech:.1f} s")
        lines.append(f"{'JER':<9}{100 * result.jaccard.rate:6.2f} %")
    if result.miscounted_speakers is not None:
        lines.append(f"{'speakers':<9}{result.speakers_hyp:6} of {result.speakers_ref}")
    if result.lost_seconds is not None:
        lines.append(f"{'lost':<9}{result.lost_seconds:6.1f} s of speech;  invented {result.invented_seconds:.1f} s")
    if result.words is not None:
        unit = result.scoring.unit
        lines.append(f"{'passages':<9}{result.lost_words:6} {unit} lost;  {result.invented_words} {unit} invented")
    lines += [f"{'name':<9}{n.missed:6} of {n.mentions}: {n.name} missed" for n in result.names if n.missed]
    if result.differences:
        lines += ["", "The worst differences: errors, time, type; the transcript below the reference"]
    for one in result.differences[:SHOWN_DIFFERENCES]:
        start = "" if one.start is None else clock(one.start)
        kind = f"{one.kind}: {' → '.join(one.speakers)}" if any(one.speakers) else str(one.kind)
        lines += [f"{one.cost:4} {start:>7}  {kind}", *(f"{'':14}{line}" for line in one.columns)]
    warnings = [f"Warning: {result.scoring.warning}"] if result.scoring.warning else []
    notes = [f"note: {note}" for note in result.notes]
    return [*lines, "", *warnings, *notes, result.scoring.description]


def _time_in_seconds(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Parse `75`, `1:15` or `1:02:03.5`."""
    from transcribe.readers.clocks import clock_seconds

    seconds = float(value) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value) else clock_seconds(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is not a time such as 75, 1:15 or 1:02:03.5")
    return seconds


@click.command()
@click.argument("source", type=ExistingFile("a recording or its draft"), metavar="SOURCE")
@click.option(
    "--from", "start", callback=_time_in_seconds, required=True, metavar="TIME", help="Start of the clip, such as 1:00."
)
@click.option("--to", "end", callback=_time_in_seconds, required=True, metavar="TIME", help="End of the clip.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=Folder(),
    required=True,
    metavar="DIR",
    help="Folder of the clip.",
)
@click.option("--name", default="", metavar="NAME", help="Name of the clip.  [default: SOURCE and the times]")
def clip(source: Path, start: float, end: float, folder: Path, name: str) -> int:
    """Cut a clip and its reference for `transcribe check` from a corrected episode.

    SOURCE is a recording with a corrected draft, or the draft. The cuts move to the nearest silences. Prints the paths
    of the clip and its reference.

    \b
    Example:
      transcribe clip interview.mp3 --from 1:00 --to 1:40 -o tests/clips
    """
    from transcribe.evaluation.clip_cutter import cut_clip

    drafts = settings_in_force({}).output_folder
    cut = cut_clip(source, start=start, end=end, folder=folder, drafts=drafts, name=name)
    for path in cut.paths:
        echo_path(path)
    for message in cut.warnings:
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    click.echo(f"cut from {cut.start:.1f} to {cut.end:.1f} s", err=True)
    return 0
