"""Plan a run: the episodes the sources name, the stem of each one's files, and what is left to do for each.

What is done already is known from `STEM.json` and the file's hash, without loading a model. Transcribes nothing.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from audio.episode import Episode
from audio.errors import AudioError, MistypedError
from audio.fetching.library import EpisodeNames, Library
from audio.fingerprint import Fingerprint
from audio.net.access import Access
from audio.net.addresses import redacted, web_address
from audio.net.http import Client
from audio.program import program
from audio.sources.left_out import LeftOut, OnLeftOut, counted, described
from audio.sources.resolve import episodes_from
from audio.sources.selection import Selection
from audio.trust import is_readable
from output.formats import file_name
from transcribe.batch.mode import UPDATE, Mode
from transcribe.batch.planned import Left, Planned, PlannedAction, Reason
from transcribe.batch.report import Result, State
from transcribe.batch.stems import Stems
from transcribe.drafts.currency import Inputs, is_made_of, settled
from transcribe.drafts.records import from_folder, has_transcript, is_edited, is_foreign, transcript_at
from transcribe.drafts.same_text import gives_same_text
from transcribe.drafts.without_sound import Soundless
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import Voiceprint, select_voiceprints, user_voiceprints
from transcribe.transcript import Transcript
from transcribe.workers.task import failure_of

_NAMED_FAILURES = 10  # of a source with the same reason

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """An episode, and the stem of its output files; None until it is fetched. `fingerprint` is the file's, if known;
    `soundless` the transcript of an episode that needs no sound."""

    source: str
    episode: Episode
    stem: str | None
    fingerprint: Fingerprint | None = None
    soundless: Soundless | None = None

    def current_fingerprint(self) -> Fingerprint:
        """The fingerprint of the file as it is now; `fingerprint` if that is its. Raises `SourceError`."""
        if self.fingerprint is not None and self.fingerprint.is_of(self.episode):
            return self.fingerprint
        return Fingerprint.of_episode(self.episode)


LeftOf = Callable[[Job, Fingerprint], Left]


def select_jobs(
    sources: Iterable[str],
    settings: Settings,
    *,
    client: Client | None = None,
    on_left_out: OnLeftOut = lambda left: None,
) -> tuple[tuple[Job, ...], tuple[Result, ...]]:
    """The episodes `sources` name, each once, and a failure for every source that names none.

    Of a feed's or a page's episodes only those the settings select; a feed without an episode since `since` is logged,
    and no failure. `on_left_out` is told what the sources have besides episodes; what failed of that is a failure. The
    network is used only for sources that need it.
    """
    jobs: list[Job] = []
    failures: list[Result] = []
    seen: set[str | Path] = set()
    known_names = EpisodeNames(settings.output_folder)
    stems = Stems(settings)
    is_enough = selection_of(settings).is_settled
    for source in sources:
        left_out: list[LeftOut] = []
        try:
            episodes = episodes_from(source, client=client, on_left_out=left_out.append, is_enough=is_enough)
            selection = select_episodes(episodes, settings)
            names = known_names.names_of(selection)
            stems.prepare(selection)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a source costs that one
            failures.append(_without_episodes(source, error))
            continue
        finally:
            failures += map(_failure, counted((each for each in left_out if each.is_failure), named=_NAMED_FAILURES))
            for left in left_out:
                if not left.is_failure:
                    on_left_out(left)
        if not selection:
            failures += _none_selected(source, episodes, settings)
        for episode, name in zip(selection, names, strict=True):
            if name not in seen:
                seen.add(name)
                jobs.append(_job(episode, stems))
            else:
                on_left_out(LeftOut(redacted(source), "named before", title=episode.title))
    return tuple(jobs), tuple(replace(failure, is_mistyped=failure.is_mistyped and not jobs) for failure in failures)


def _none_selected(source: str, episodes: tuple[Episode, ...], settings: Settings) -> Iterator[Result]:
    """The failure of a source of which the settings select nothing; episodes that are merely too old are none."""
    problem = explain_empty_selection(source, episodes, settings)
    if any(episode.published for episode in _of_any_day(episodes, settings)):
        _log.warning("%s", problem)
    else:
        yield _failed_source(source, problem, about=redacted(source))


def client_for(sources: Iterable[str], settings: Settings) -> Client:
    """A client for the feed, the pages, the audio and all else of these sources, as the settings say."""
    access = Access(settings.user_agent, cookies=settings.cookies, allow_http=settings.allow_http)
    return Client(sources, access=access)


def _failed_source(source: str, error: str, *, about: str) -> Result:
    """The result for a source without episodes; `about` is the input its error begins with."""
    names = (redacted(source), redacted(web_address(source) or source))
    return Result(names[0], State.FAILED, error=error, with_source=frozenset([error] if about in names else []))


def _without_episodes(source: str, error: Exception) -> Result:
    if isinstance(error, AudioError):
        told = str(error) if error.about.isprintable() else f"{error.about!a}: {error.problem}"  # on one line
        failed = _failed_source(source, told, about=error.about)
        return replace(failed, is_mistyped=isinstance(error, MistypedError))
    failure = failure_of(error)
    return Result(redacted(source), State.FAILED, error=failure.message, traceback=failure.traceback)


def _failure(left: LeftOut) -> Result:
    """The result for something of a source that could not be read."""
    return Result(left.source, State.FAILED, error=described(left))


def explain_empty_selection(source: str, episodes: tuple[Episode, ...], settings: Settings) -> str:
    """Why the settings select none of these episodes: the options given, with their values."""
    name, of_any_day = redacted(source), _of_any_day(episodes, settings)
    if of_any_day and not any(episode.published for episode in of_any_day):
        return f"{name}: no episode has a publication date, which --since needs; leave it out"
    given = (("--match", settings.match), ("--episode", settings.episode))
    options = [f"{option} {value!r}" for option, value in given if value]
    if of_any_day:
        options.append(f"--since {settings.since}")
    listing = f"({len(episodes)} in all); see {program()} list {shlex.quote(name)}"
    return f"{name}: no episode matches {' '.join(options)} {listing}"


def _of_any_day(episodes: tuple[Episode, ...], settings: Settings) -> tuple[Episode, ...]:
    return select_episodes(episodes, replace(settings, since=""))


def select_episodes(episodes: tuple[Episode, ...], settings: Settings) -> tuple[Episode, ...]:
    """Of the episodes of a feed or a page those the settings select; local files are all selected."""
    if not any(episode.audio_url for episode in episodes):
        return episodes
    return selection_of(settings).select(episodes)


def selection_of(settings: Settings) -> Selection:
    """The conditions the settings state."""
    return Selection(
        latest=settings.latest or None,
        since=date.fromisoformat(settings.since) if settings.since else None,
        match=settings.match or None,
        episode=settings.episode or None,
    )


def planned(
    job: Job,
    settings: Settings,
    *,
    mode: Mode = UPDATE,
    voices: tuple[Voiceprint, ...] | None = None,
    left_of: LeftOf | None = None,
) -> Planned:
    """What a run would do with the job. `voices` are the enrolled ones, by default the user's; `left_of` says what
    the cache does not have. Raises `SourceError` if the file cannot be read.

    A new recording is hashed only if there is a cache to look it up in.
    """
    if job.episode.path is None:
        return Planned(remote_actions([job], settings, mode=mode)[0])
    assert job.stem is not None
    edited, has_before = is_edited(job.stem, settings), has_transcript(job.stem, settings)
    if not (edited or has_before) and (left_of is None or mode.ignore_cache):
        return Planned(PlannedAction.NEW)
    fingerprint = job.current_fingerprint()
    enrolled = voices_of(settings) if voices is None else voices
    inputs = Inputs(fingerprint.sha256, settings, enrolled, job.episode.tracks)
    is_there = job.episode.path.is_file()  # the mix of several tracks may have gone
    is_settled = is_there and settled(job.stem, job.episode.path, inputs=inputs) is not None
    if is_settled and not (mode.ignore_cache or mode.force):
        return Planned(PlannedAction.NONE)
    left = Left() if left_of is None or mode.ignore_cache else left_of(job, fingerprint)
    before = transcript_at(json_path := settings.output_folder / file_name(job.stem, "json"))
    if edited:
        return Planned(_action_of_edited(before, inputs, job=job, mode=mode), left)
    if not has_before:
        return Planned(PlannedAction.NEW, left)
    if before is None and not mode.force and is_foreign(json_path):
        return Planned(PlannedAction.FOREIGN, left)
    asked = Reason.FRESH if mode.ignore_cache else Reason.FORCED if is_settled else None
    return Planned(PlannedAction.CHANGED, left, asked or _reason_found(before, job.episode.path, inputs))


def _action_of_edited(before: Transcript | None, inputs: Inputs, *, job: Job, mode: Mode) -> PlannedAction:
    """What becomes of a draft that is not as its timed transcript records, or has none that can be read: only the new
    text can tell whose it is then."""
    if before is None:
        return PlannedAction.RENEW if mode.force else PlannedAction.RECORD
    if mode.force:
        return PlannedAction.REPLACE
    if mode.ignore_cache:
        return PlannedAction.BESIDE
    if is_made_of(before, inputs, edited=True):
        return PlannedAction.COMPLETE
    folder, stem = inputs.settings.output_folder, job.stem or ""
    if not gives_same_text(before, inputs, draft=folder / file_name(stem, "md")):
        return PlannedAction.BESIDE
    is_complete = all(is_readable(folder / file_name(stem, name)) for name in inputs.settings.formats)
    is_in_place = before.episode.path == from_folder(folder, job.episode.path)
    return PlannedAction.KEPT if is_complete and is_in_place else PlannedAction.COMPLETE


def _reason_found(before: Transcript | None, path: Path, inputs: Inputs) -> Reason:
    """Why files that are not settled are made again, if nobody asks for it."""
    if before is None:
        return Reason.UNREADABLE
    if not is_made_of(before, inputs, edited=False):
        return Reason.CHANGED
    return Reason.GONE if before.episode.path == from_folder(inputs.settings.output_folder, path) else Reason.MOVED


def remote_actions(jobs: Sequence[Job], settings: Settings, *, mode: Mode = UPDATE) -> list[PlannedAction]:
    """What a run would do with jobs that are not fetched yet, as far as that is known without their audio."""
    library, episodes = Library(settings.output_folder), [job.episode for job in jobs]
    actions: list[PlannedAction] = []
    for entry, state in zip(library.entries_of(episodes), states(episodes, settings), strict=True):
        action = {"new": PlannedAction.FETCH, "fetched": PlannedAction.NEW}.get(state, PlannedAction.TRANSCRIBED)
        if entry is not None and state == "transcribed" and not library.is_fetched(entry):
            found = Soundless.of(entry.stem, settings)
            if found is None or found.changed or mode.ignore_cache or mode.force:
                action = PlannedAction.FETCH
        actions.append(action)
    return actions


def voices_of(settings: Settings) -> tuple[Voiceprint, ...]:
    """The user's enrolled voices that the settings expect."""
    return select_voiceprints(user_voiceprints(), settings.voices)


def states(episodes: Sequence[Episode], settings: Settings) -> list[str]:
    """The state of each episode in the settings' folder: new, fetched or transcribed."""
    library = Library(settings.output_folder)
    result: list[str] = []
    stems = Stems(settings)
    for episode, entry in zip(episodes, library.entries_of(episodes), strict=True):
        job = _job(episode, stems)
        stem = entry.stem if entry else job.stem
        transcript = None if stem is None else settings.output_folder / file_name(stem, "json")
        is_done = transcript is not None and transcript.is_file()
        result.append("transcribed" if is_done else str(library.state_of(episode, entry)))
    return result


def _job(episode: Episode, stems: Stems) -> Job:
    if episode.path is None:
        return Job(episode.title, episode, None)
    stem, fingerprint = stems.give(episode, episode.path.resolve())
    return Job(str(episode.path), episode, stem, fingerprint)
