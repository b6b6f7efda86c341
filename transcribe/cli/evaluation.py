"""`transcribe score`, `transcribe check`, `transcribe clip`: how good a transcript is, and a gate on it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.bars import Bars
from transcribe.cli.options import F, echo_json, log_to_stderr, setting_options, settings_in_force
from transcribe.settings import Settings, Stage
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.evaluation.baseline import Baseline
    from transcribe.evaluation.check import Report
    from transcribe.evaluation.clips import Clip
    from transcribe.evaluation.score import Score, Scoring
    from transcribe.pipeline.pipeline import Pipeline
    from transcribe.pipeline.stages import StagesMaker


_HEARD_BY = set(Stage) - {Stage.RENDER}
_OF_A_CHECK = [  # who speaks is each clip's own, and layout is not checked
    field.name
    for field in fields(Settings)
    if (field.metadata["stages"] & _HEARD_BY or field.name in ("device", "threads")) and field.name != "speakers"
]


def _scoring_options(command: F) -> F:
    for option in (
        click.option("--skip-overlap", is_flag=True, help="Leave out for DER where several people speak."),
        click.option(
            "--collar",
            type=click.FloatRange(0, 5),
            default=0.25,
            show_default=True,
            metavar="SECONDS",
            help="On either side of a speaker's boundary, not scored for DER.",
        ),
        click.option(
            "--normaliser",
            type=click.Choice(["english", "basic", "none"]),
            default="english",
            show_default=True,
            help="What makes words comparable: Whisper's English rules, its basic ones for all languages, or none.",
        ),
    ):
        command = option(command)
    return command


def _scoring(given: dict[str, Any]) -> Scoring:
    """The scoring the options ask for, which are taken out of `given`."""
    from transcribe.evaluation.score import Scoring

    return Scoring(**{name: given.pop(name) for name in ("normaliser", "collar", "skip_overlap")})


@click.command()
@click.argument("reference", type=click.Path(path_type=Path), metavar="REF")
@click.argument("hypothesis", type=click.Path(path_type=Path), metavar="HYP")
@_scoring_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON: rates as fractions, null for what is not known.")
def score(reference: Path, hypothesis: Path, as_json: bool, **given: Any) -> int:
    """Measure a transcript against a reference: words, speakers, times, and the costliest differences.

    REF and HYP are Markdown drafts, `Speaker: text` lines (.txt), JSON, VTT, SRT, RTTM or STM. What one of them does
    not tell of is not measured. With NAME.ref.md or NAME.ref.txt the speaker times of NAME.rttm beside it are read too.

    \b
    Examples:
      transcribe score interview.ref.md transcripts/interview.json
      transcribe score corrected.md transcripts/interview.md --json
    """
    from transcribe.errors import TranscriptError
    from transcribe.evaluation import score as scores
    from transcribe.evaluation.references import read_account, read_reference

    found = scores.score(read_reference(reference), read_account(hypothesis), _scoring(given))
    if found.lacks:
        raise TranscriptError(f"{reference} against {hypothesis}: {found.lacks}")
    if as_json:
        echo_json(found.as_dict())
    else:
        click.echo("\n".join(map(for_terminal, _lines(found))))
    return 0


def _lines(found: Score) -> list[str]:
    """The score for people to read."""
    lines = []
    for name, counts in (("WER", found.words), ("cpWER", found.cp), ("tcpWER", found.tcp)):
        if counts is not None:
            kinds = f"{counts.substitutions} changed, {counts.deletions} lost, {counts.insertions} invented"
            lines.append(f"{name:<9}{100 * counts.rate:6.2f} %   {kinds}, of {counts.words} words")
    if found.time is not None and found.jaccard is not None:
        time = found.time
        kinds = f"{time.missed:.1f} missed, {time.false_alarm:.1f} false alarm, {time.confusion:.1f} wrong speaker"
        lines.append(f"{'DER':<9}{100 * time.rate:6.2f} %   {kinds}, of {time.speech:.1f} s")
        lines.append(f"{'JER':<9}{100 * found.jaccard.rate:6.2f} %")
    lines.append(f"{'speakers':<9}{found.speakers_hyp:6} of {found.speakers_ref}")
    if found.lost_seconds is not None:
        lines.append(f"{'lost':<9}{found.lost_seconds:6.1f} s of speech;  invented {found.invented_seconds:.1f} s")
    if found.words is not None:
        lines.append(f"{'passages':<9}{found.lost_words:6} words lost;  {found.invented_words} words invented")
    lines += [f"{'name':<9}{name.missed:6} of {name.said}: {name.name} missed" for name in found.names if name.missed]
    if found.differences:
        lines += ["", "The costliest differences: errors, when, what; the reference, and the transcript below it"]
    for one in found.differences[:10]:
        at = "      " if one.start is None else f"{int(one.start) // 60:3}:{int(one.start) % 60:02}"
        what = f"{one.kind}: {' → '.join(one.speakers)}" if any(one.speakers) else str(one.kind)
        lines += [f"{one.cost:4} {at}  {what}", *(f"{'':13}{line}" for line in one.columns)]
    return [*lines, "", found.scoring.shown]


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="CLIPS")
@setting_options(*_OF_A_CHECK)
@_scoring_options
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="An earlier run to compare with.")
@click.option("--update-baseline", is_flag=True, help="Write this run to the baseline FILE instead of comparing.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit report.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write a summary for a job's page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--fresh", is_flag=True, help="Transcribe everything again, whatever earlier runs kept.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; with an error, where it happened.")
@click.pass_obj
def check(stages: StagesMaker, /, place: Path, **given: Any) -> int:
    """Transcribe sample clips and hold them against their references: a gate for CI.

    CLIPS is a folder of recordings with references beside them (NAME.ref.md, NAME.ref.txt, NAME.rttm), or a clips.toml
    that names them with settings and limits. Exit code 0: every gate is met; 1: one is not; 2: a clip could not be
    run, or nothing was checked.

    \b
    Examples:
      transcribe check tests/clips --junit junit.xml --markdown summary.md
      transcribe check tests/clips --baseline tests/clips/baseline.json
      transcribe check tests/clips --baseline tests/clips/baseline.json --update-baseline
    """
    from transcribe.evaluation.baseline import read_baseline
    from transcribe.evaluation.check import check as run_check
    from transcribe.evaluation.clips import find_clips

    out = {name: given.pop(name) for name in ("junit", "markdown", "as_json")}
    file, update, fresh, verbose = (given.pop(n) for n in ("baseline", "update_baseline", "fresh", "verbose"))
    if update and file is None:
        raise click.UsageError("--update-baseline needs the --baseline FILE to write")
    log_to_stderr(verbose=verbose, quiet=False)
    scoring = _scoring(given)
    clips = find_clips(place, settings_in_force(given))
    baseline = read_baseline(file) if file is not None and not update else None
    with Bars(sys.stderr) as bars:

        def started(clip: Clip) -> None:
            bars.clear()
            if verbose:
                click.echo(for_terminal(f"{clip.name} …"), err=True)

        report, made = run_check(
            clips,
            _pipelines(stages, fresh=fresh),
            scoring=scoring,
            baseline=baseline,
            started=started,
            on_progress=bars.on_progress,
        )
    _tell(report, **out)
    if update and file is not None and clips.partial and file.is_file():
        made = replace(made, clips={**read_baseline(file).clips, **made.clips})
    return _close(report, made, file if update else None)


def _pipelines(stages: StagesMaker, *, fresh: bool) -> Callable[[Settings], Pipeline]:
    from transcribe.pipeline.checkpoints import users_checkpoints
    from transcribe.pipeline.pipeline import Pipeline

    kept = users_checkpoints(fresh=fresh)
    return lambda settings: Pipeline(settings, stages=stages(settings), checkpoints=kept)


def _tell(report: Report, *, junit: Path | None, markdown: Path | None, as_json: bool) -> None:
    from transcribe.evaluation import check_reports as reports

    click.echo(
        reports.as_json(report).encode(errors="backslashreplace") if as_json else reports.table(report), nl=False
    )
    for path, content in ((junit, reports.junit), (markdown, reports.markdown)):
        if path is not None:
            _write(path, content(report))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in reports.github_annotations(report):
            click.echo(line, err=True)


def _write(path: Path, content: str) -> None:
    from audio.disk import write_atomically

    try:
        write_atomically(path, content.encode(errors="backslashreplace"))
    except OSError as exc:
        raise click.UsageError(f"{path}: cannot be written ({exc.strerror}); name another file") from exc


def _close(report: Report, made: Baseline, file: Path | None) -> int:
    """The exit code; where a baseline `file` is to be written, writes it unless a clip is missing from it."""
    if file is not None and report.exit_code != 2:
        made.save(file)
        click.echo(f"{file}: written; commit it", err=True)
    return report.exit_code


def _moment(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Seconds, of `75`, `1:15` or `1:02:03.5`."""
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", value):
        raise click.BadParameter(f"{value!r} is not a moment such as 75, 1:15 or 1:02:03.5")
    seconds = 0.0
    for part in value.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="SOURCE")
@click.option("--from", "start", callback=_moment, required=True, metavar="TIME", help="Where it begins, such as 1:00.")
@click.option("--to", "end", callback=_moment, required=True, metavar="TIME", help="Where it ends.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder.")
@click.option("--name", default="", metavar="NAME", help="What the clip is called.  [default: SOURCE and the times]")
def clip(source: Path, start: float, end: float, folder: Path, name: str) -> int:
    """Cut a clip for `transcribe check` from an episode, with its reference from the corrected draft.

    SOURCE is a recording whose draft you corrected, or the draft. The cuts are moved to the nearest silence. Prints the
    paths of the recording and its reference.

    \b
    Example:
      transcribe clip interview.mp3 --from 1:00 --to 1:40 -o tests/clips
    """
    from transcribe.evaluation.clip_cutter import cut_clip

    drafts = settings_in_force({}).output_folder
    cut = cut_clip(source, start=start, end=end, folder=folder, drafts=drafts, name=name)
    for path in cut.paths:
        click.echo(path)
    for message in cut.messages:
        click.echo(f"Warning: {for_terminal(message)}", err=True)
    click.echo(f"cut from {cut.start:.1f} to {cut.end:.1f} s", err=True)
    return 0
