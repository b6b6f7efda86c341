"""`transcribe align`: a text that exists already gets its times."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audio.program import program
from transcribe.cli.events import Events, events_on_stderr
from transcribe.cli.options import log_to_stderr, setting_options, settings_in_force
from transcribe.cli.paths import Folder, check_there
from transcribe.cli.pools import Work, process
from transcribe.cli.run_messages import EventMessages, Messages, TextMessages
from transcribe.cli.run_sources import wants_events
from transcribe.declaration import check_items
from transcribe.settings import Settings

if TYPE_CHECKING:
    from transcribe.batch.report import Report, Result
    from transcribe.cli.run_display import Display
    from transcribe.pipeline.stages import StagesMaker
    from transcribe.posts.pairs import Pairing
    from transcribe.posts.runner import AlignSetup
    from transcribe.workers.local import WorkerPool

_SETTINGS = (
    *("language", "model", "engine", "device", "glossary", "beam_size", "verbatim"),
    *("threads", "jobs", "cache_limit", "progress", "docx_times", "transcript_url"),
)


@click.command()
@click.argument("posts", type=click.Path(path_type=Path), metavar="POST|DIR")
@click.argument("audio", type=click.Path(path_type=Path), required=False, metavar="[AUDIO|DIR]")
@click.option(
    "-f", "--format", "names", default="", metavar="LIST", help="Formats to write besides json, separated by commas."
)
@click.option("-o", "--output", type=Folder(), metavar="DIR", help="Default: beside each text.")
@click.option("--reference", type=Folder(), metavar="DIR", help="Write NAME.ref.md for `transcribe check` too.")
@setting_options(*_SETTINGS)
@click.option("--fresh", is_flag=True, help="Recognise everything again, ignoring cached results.")
@click.option("-n", "--dry-run", is_flag=True, help="Show which recording is each text's and what is left to do.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the paths of new files, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Print more; for an error, also the traceback.")
@click.pass_obj
def align(stages: StagesMaker, /, posts: Path, audio: Path | None, **given: Any) -> int:
    """Give a text with speakers its times: a published post, a draft, another program's transcript.

    POST is the text, AUDIO its recording. The words are looked for in what is heard there, and on the sound where the
    two differ; the speakers are those of the text, which is not changed. Writes the timed transcript POST.json and
    other formats beside the text, never over a file of yours, and says what only the text or only the recording has.
    A text of another recording is refused.

    Of a folder, each text is aligned with the recording, in the same folder or a second one, that its front matter
    names, that it links to, or that has its name. What is done is passed over, so the same command goes on.

    \b
    Examples:
      transcribe align 2016-05-04-interview.md interview.mp3
      transcribe align interview.txt interview.mp3 -f vtt,docx -o captions
      transcribe align _posts/ assets/audio/ --dry-run
    """
    options = _Options(stages, **{name: given.pop(name) for name in _OPTIONS})
    with contextlib.ExitStack() as stack:
        events: Events | None = None
        messages: Messages = TextMessages(quiet=options.quiet or options.dry_run)
        if wants_events(given):
            events = stack.enter_context(events_on_stderr(verbose=options.verbose, quiet=options.quiet))
            messages = EventMessages(events, quiet=options.quiet)
        else:
            log_to_stderr(verbose=options.verbose, quiet=options.quiet)
        settings = settings_in_force({**given, "formats": _with_json(options.names)})
        report = _align_all(posts, audio, settings, options, messages=messages, events=events)
        messages.summary(report)
    return report.exit_code


_OPTIONS = ("names", "output", "reference", "fresh", "dry_run", "quiet", "verbose")


@dataclass(frozen=True, slots=True)
class _Options:
    stages: StagesMaker
    names: str
    output: Path | None
    reference: Path | None
    fresh: bool
    dry_run: bool
    quiet: bool
    verbose: bool


def _align_all(
    posts: Path, audio: Path | None, settings: Settings, options: _Options, *, messages: Messages, events: Events | None
) -> Report:
    from transcribe.batch.report import Report
    from transcribe.pipeline.checkpoints import user_checkpoints
    from transcribe.pipeline.settings_check import check_settings
    from transcribe.posts.pairs import pairing_of
    from transcribe.posts.runner import AlignSetup, planned

    if posts.is_dir() and audio is not None and not audio.is_dir():
        raise click.UsageError(f"{posts} is a folder of texts, and {audio} no folder of recordings; give that folder")
    if audio is not None and not audio.exists() and re.match(r"https?:/", str(audio)):
        raise click.UsageError(
            f"{audio} is an address; fetch the recording first, with {program()} fetch, and give its file"
        )
    check_there(posts, wanted="a text or a folder of texts")
    if audio is not None:
        check_there(audio, wanted="a recording or a folder of recordings")
    check_settings(settings, options.stages)
    found = pairing_of(posts, audio)
    for left in () if options.quiet else found.left_out:
        messages.left_out(left)
    cache = user_checkpoints().folder
    setup = AlignSetup(settings, options.stages, cache, options.output, options.reference, options.fresh)
    if not options.dry_run:
        return _run(found, setup, messages, events=events, quiet=options.quiet)
    failures = list(found.failures)
    for told in planned(found.pairs, setup):
        if isinstance(told, str):
            messages.planned(told)
        else:
            failures.append(told)
    for failure in failures:
        messages.failed(failure)
    return Report(tuple(failures), left_out=found.left_out)


def _with_json(names: str) -> str:
    """The formats: the timed transcript, of which the others are made, and those that were asked for."""
    items = names.split(",") if names.strip() else []
    check_items("command line: format", items)
    return ",".join(dict.fromkeys(("json", *map(str.strip, items))))


def _run(found: Pairing, setup: AlignSetup, messages: Messages, *, events: Events | None, quiet: bool) -> Report:
    from transcribe.posts.runner import align_all

    def results_of(settings: Settings, pool: WorkerPool, display: Display, stop: threading.Event) -> Iterator[Result]:
        return align_all(found.pairs, replace(setup, settings=settings), pool=pool, listener=display, stop=stop)

    work = Work(setup.settings, setup.stages, len(found.pairs))
    report = process(work, results_of, failures=found.failures, messages=messages, events=events, quiet=quiet)
    return replace(report, left_out=found.left_out)
