"""`transcribe align`: a text that exists already gets its times."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transcribe.cli.ending import Stop, stopping
from transcribe.cli.events import Events
from transcribe.cli.options import log_to_stderr, setting_options, settings_in_force
from transcribe.cli.pools import Work, worker_pool
from transcribe.cli.run_messages import Messages, TextMessages

if TYPE_CHECKING:
    from transcribe.batch.report import Report
    from transcribe.pipeline.stages import StagesMaker
    from transcribe.posts.runner import AlignSetup, Pair

_SETTINGS = (
    *("language", "model", "engine", "device", "glossary", "beam_size", "verbatim"),
    *("threads", "jobs", "cache_limit", "progress", "docx_times", "transcript_url"),
)


@click.command()
@click.argument("post", type=click.Path(path_type=Path), metavar="POST")
@click.argument("audio", type=click.Path(path_type=Path), metavar="AUDIO")
@click.option(
    "-f", "--format", "names", default="", metavar="LIST", help="Formats to write besides json, separated by commas."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Default: beside each text.")
@click.option(
    "--reference", type=click.Path(path_type=Path), metavar="DIR", help="Write NAME.ref.md for `transcribe check` too."
)
@setting_options(*_SETTINGS)
@click.option("--fresh", is_flag=True, help="Recognise everything again, ignoring cached results.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the paths of new files, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Print more; for an error, also the traceback.")
@click.pass_obj
def align(stages: StagesMaker, /, post: Path, audio: Path, **given: Any) -> int:
    """Give a text with speakers its times: a published post, a draft, another program's transcript.

    POST is the text, AUDIO its recording. The words are looked for in what is heard there, and on the sound where the
    two differ; the speakers are those of the text, which is not changed. Writes the timed transcript POST.json and
    other formats beside the text, never over a file of yours, and says what only the text or only the recording has.
    A text of another recording is refused.

    \b
    Examples:
      transcribe align 2016-05-04-interview.md interview.mp3
      transcribe align interview.txt interview.mp3 -f vtt,docx -o captions
    """
    from transcribe.pipeline.checkpoints import user_checkpoints
    from transcribe.pipeline.settings_check import check_settings
    from transcribe.posts.runner import AlignSetup, Pair

    names, output, reference = (given.pop(name) for name in ("names", "output", "reference"))
    fresh, quiet, verbose = (given.pop(name) for name in ("fresh", "quiet", "verbose"))
    events: Events | None = None
    messages: Messages = TextMessages(quiet=quiet)
    log_to_stderr(verbose=verbose, quiet=quiet)
    settings = settings_in_force({**given, "formats": _with_json(names)})
    check_settings(settings, stages)
    setup = AlignSetup(settings, stages, user_checkpoints().folder, output, reference, fresh)
    report = _run([Pair(post, audio)], setup, messages, events=events, quiet=quiet)
    messages.summary(report)
    return report.exit_code


def _with_json(names: str) -> str:
    """The formats: the timed transcript, of which the others are made, and those that were asked for."""
    return ",".join(dict.fromkeys(("json", *filter(None, map(str.strip, names.split(","))))))


def _run(pairs: Sequence[Pair], setup: AlignSetup, messages: Messages, *, events: Events | None, quiet: bool) -> Report:
    from dataclasses import replace

    from transcribe.batch.report import Report
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.cache import trim
    from transcribe.posts.runner import align_all

    results = []
    start, stop = time.monotonic(), Stop(threading.Event())
    kind = "none" if quiet and setup.settings.progress == "auto" else setup.settings.progress
    with (
        Display(sys.stderr, len(pairs), kind=kind, events=events) as display,
        worker_pool(Work(setup.settings, setup.stages, len(pairs)), display, stop) as (pool, settings),
        stopping(stop),
    ):
        shared = replace(setup, settings=settings)
        for result in align_all(pairs, shared, pool=pool, listener=display, stop=stop.event):
            display.clear()
            results.append(result)
            messages.result(result)
        interrupted = stop.event.is_set()
        if interrupted:
            display.clear()
            messages.stopping(stop.signal)
            pool.abandon()
    limit = setup.settings.cache_limit_bytes
    if limit is not None:
        trim(limit)
    return Report(tuple(results), time.monotonic() - start, interrupted, stop.signal)
