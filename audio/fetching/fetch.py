"""An episode → a verified file, whatever the network does.

The body goes to `STEM.part`, which is renamed when it is complete. A dropped download resumes by `Range`, only under
`If-Range` and a strong validator (RFC 9110, 13.1.5 and 14.2); if the server gives none, or has another entity by now,
the download starts over. The publisher's other files (`audio.fetching.companions`) are stored next to it.
Does not decode; a page or other text declared as audio is refused.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from audio.disk import free_backup_path
from audio.episode import Episode
from audio.errors import AudioError, FetchError
from audio.fetching.companions import Companions
from audio.fetching.download import Download
from audio.fetching.index import Entry
from audio.fetching.library import Library
from audio.fingerprint import Fingerprint
from audio.media import MEDIA_SUFFIXES
from audio.net.addresses import place_of, redacted, web_address, without_credentials
from audio.net.http import Client
from audio.progress import OnDownload
from audio.shortage import room_step
from audio.trust import is_there, step_after

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An episode on disk: `episode.path` is its file; its addresses contain no credentials, because they are published.
    `received` counts the bytes of audio received over the network in this call, 0 if it was on disk already;
    `fingerprint` is that of the file as downloaded in this call, if it was; `transcript` is the publisher's, if any."""

    episode: Episode
    received: int = 0
    fingerprint: Fingerprint | None = None
    transcript: Path | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An episode that could not be fetched, and why."""

    episode: Episode
    error: AudioError


def fetch(episode: Episode, folder: Path, *, client: Client, progress: OnDownload | None = None) -> Fetched:
    """The episode with its audio in `folder`; one with a local file is returned unchanged.

    A file on disk is not requested again, and stays as it is if the user changed it. Raises `FetchError` if the audio
    cannot be fetched; `STEM.part` then stays, and the next call resumes it.
    """
    if episode.path is not None:
        return Fetched(episode)
    url = web_address(episode.audio_url)
    if url is None:
        raise FetchError(
            f"{redacted(episode.audio_url or '')} is not a web address; check the feed", about=episode.title
        )
    library = Library(folder)
    try:
        return _fetch(episode, url, library.claim(episode), library=library, client=client, progress=progress)
    except OSError as exc:
        raise _unusable(folder, exc) from exc


def fetch_all(
    episodes: Iterable[Episode],
    folder: Path,
    *,
    client: Client,
    progress: OnDownload | None = None,
    reserved: Iterable[str] = (),
) -> Iterator[Fetched | Failed]:
    """Yield each episode's outcome as it completes, several in parallel; a failure does not stop the others.

    `reserved` are stems of files that will be written to the folder, for no new episode to get.
    `progress` is called from several threads. If the caller stops early, `client` is closed.
    """
    library, listed = Library(folder, reserved=reserved), list(episodes)
    urls = [None if each.path is not None else web_address(each.audio_url) for each in listed]
    remote = [(each, url) for each, url in zip(listed, urls, strict=True) if url is not None]
    entries = library.claim_all([each for each, _ in remote])  # at once, as the index may have thousands of entries
    with ThreadPoolExecutor(client.limits.parallel, thread_name_prefix="fetch") as pool:
        running: dict[Future[Fetched], Episode] = {}
        for each, url in zip(listed, urls, strict=True):
            if url is None:
                running[pool.submit(fetch, each, folder, client=client)] = each
        for (each, url), entry in zip(remote, entries, strict=True):
            future = pool.submit(_fetch, each, url, entry, library=library, client=client, progress=progress)
            running[future] = each
        completed = False
        try:
            for future in as_completed(running):
                yield _outcome(future, running[future], folder)
            completed = True
        finally:
            if not completed:
                client.close()
                pool.shutdown(wait=False, cancel_futures=True)


def _outcome(future: Future[Fetched], episode: Episode, folder: Path) -> Fetched | Failed:
    """What came of a fetch: whatever went wrong costs this episode alone."""
    try:
        return future.result()
    except AudioError as exc:
        return Failed(episode, exc)
    except OSError as exc:
        return Failed(episode, _unusable(folder, exc))
    except Exception as exc:  # noqa: BLE001 - see above
        error = FetchError(f"cannot be fetched ({type(exc).__name__}: {exc}); report it", about=episode.title)
        error.__cause__ = exc
        return Failed(episode, error)


def _fetch(
    episode: Episode, url: str, entry: Entry, *, library: Library, client: Client, progress: OnDownload | None
) -> Fetched:
    if library.is_fetched(entry):
        return _fetched(episode, entry, library, client=client)
    received, fingerprint = 0, None
    with library.exclusive(entry):
        entry = library.entry(entry.stem)  # another process may have fetched it
        if not library.is_fetched(entry):
            entry, received, fingerprint = _download(
                episode, url, entry, library=library, client=client, progress=progress
            )
        return _fetched(episode, entry, library, client=client, received=received, fingerprint=fingerprint)


def _unusable(folder: Path, exc: OSError) -> FetchError:
    step = step_after(exc, "fix it, or choose another folder")
    return FetchError(f"cannot be used ({exc.strerror}); {step}", about=exc.filename or folder)


def _fetched(
    episode: Episode,
    entry: Entry,
    library: Library,
    *,
    client: Client,
    received: int = 0,
    fingerprint: Fingerprint | None = None,
) -> Fetched:
    if library.is_changed(entry):
        _log.warning(
            "%s: has changed since it was fetched (%d bytes, not %d) and is left as it is; to get the original, move "
            "it away and fetch again",
            library.folder / entry.file,
            (library.folder / entry.file).stat().st_size,
            entry.size,
        )
        entry = library.remeasured(entry)  # so that the warning appears once
        library.record(entry)
    entry = _note_replaced(episode, entry, library)
    companions = Companions(episode, library.folder / entry.stem, client=client, gone=entry.gone)
    transcript, chapters = companions.transcript(), companions.chapters()
    if companions.gone != entry.gone:
        library.record(dataclasses.replace(entry, gone=companions.gone))
    published = dataclasses.replace(
        episode,
        path=library.folder / entry.file,
        audio_url=without_credentials(episode.audio_url or ""),
        feeds=(),
        page_url=without_credentials(episode.page_url or "") or None,
        chapters=chapters,
        chapters_url=without_credentials(episode.chapters_url or "") or None,
        transcripts=tuple(dataclasses.replace(each, url=without_credentials(each.url)) for each in episode.transcripts),
    )
    return Fetched(published, received, fingerprint, transcript)


def _note_replaced(episode: Episode, entry: Entry, library: Library) -> Entry:
    """Tell once that the publisher has another file for the episode now; the one fetched first stays."""
    old, new = (urlsplit(address) for address in (entry.url, without_credentials(episode.audio_url or "")))
    is_moved = old.hostname != new.hostname or PurePosixPath(old.path).name == PurePosixPath(new.path).name
    if is_moved or not entry.url:
        return entry
    _log.warning(
        "%s: the publisher has replaced the recording; the one fetched before stays. For the new one, move %s away and "
        "fetch again",
        episode.title,
        library.folder / entry.file,
    )
    entry = dataclasses.replace(entry, url=new.geturl())
    library.record(entry)
    return entry


def _download(
    episode: Episode, url: str, entry: Entry, *, library: Library, client: Client, progress: OnDownload | None
) -> tuple[Entry, int, Fingerprint | None]:
    """The entry of the complete file, the number of bytes received, and the file's fingerprint if it was downloaded."""
    unrecorded = _unrecorded_file(entry, library)
    if unrecorded is not None:
        entry = library.remeasured(dataclasses.replace(entry, file=unrecorded.name))
        library.record(entry)
        return entry, 0, None

    validator = entry.validator if place_of(entry.url) == place_of(url) else ""
    entry = dataclasses.replace(entry, url=without_credentials(url), validator=validator, file="", size=0, sha256="")

    def record_validator(validator: str) -> None:
        library.record(dataclasses.replace(entry, validator=validator))

    download = Download(
        url,
        library.folder / f"{entry.stem}.part",
        client=client,
        validator=entry.validator,
        on_validator=record_validator,
        progress=(lambda got, total: progress(episode, got, total)) if progress else None,
    )
    complete = download.run()
    file = library.folder / f"{entry.stem}{complete.suffix}"
    try:
        _back_up(file)
        complete.path.replace(file)
        fingerprint = Fingerprint.of(
            file, sha256=complete.sha256
        )  # before anything else takes time: it may be replaced
    except OSError as exc:
        step = step_after(exc, room_step(exc, elsewhere="choose another folder"))
        raise FetchError(f"cannot be written ({exc.strerror}); {step}", about=file) from exc
    entry = dataclasses.replace(entry, validator="", file=file.name, size=complete.size, sha256=complete.sha256)
    library.record(entry)
    return entry, complete.received, fingerprint


def _back_up(file: Path) -> None:
    """Move away a file of the user's that has the name of the fetched one."""
    if is_there(file):
        backup = file.rename(free_backup_path(file))
        _log.warning("%s: a file of this name existed and is not the fetched one; it is now %s", file, backup.name)


def _unrecorded_file(entry: Entry, library: Library) -> Path | None:
    """A complete file that was renamed but not recorded before a crash: the episode has claimed its stem."""
    if entry.sha256 or not entry.url:
        return None
    files = [
        file
        for file in sorted(library.folder.glob(f"{entry.stem}.*"))
        if file.stem == entry.stem and file.suffix in MEDIA_SUFFIXES
    ]
    return files[0] if len(files) == 1 else None
