"""An episode → a verified file, whatever the network does.

The body goes to `STEM.part` and is renamed when it is whole. A drop is taken up where it happened by `Range`, under
`If-Range` and a strong validator only (RFC 9110, 13.1.5 and 14.2); where the server gives none, or has another entity
by now, the download starts anew. What the publisher gives along with it (`audio.fetching.companions`) is put beside.
Decoding is not tried; a page or other text in audio's clothing is refused.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from audio.disk import free_backup, sha256_of
from audio.episode import Episode
from audio.errors import AudioError, FetchError
from audio.fetching.companions import Companions
from audio.fetching.download import Download
from audio.fetching.library import Entry, Library, key_of, told_apart
from audio.media import MEDIA_SUFFIXES
from audio.net.addresses import shown, web_address, without_account
from audio.net.http import Client
from audio.progress import OnDownload

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An episode that is here: `episode.path` is its file, and no address of it has a user name or a password in it any
    more, for it will be published. `received` counts the bytes of audio that came over the
    network for it in this call, 0 where it was here already; `transcript` is the publisher's, where there is one."""

    episode: Episode
    received: int = 0
    sha256: str = ""
    transcript: Path | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An episode that could not be fetched, and why."""

    episode: Episode
    error: AudioError


def fetch(episode: Episode, folder: Path, *, client: Client, progress: OnDownload | None = None) -> Fetched:
    """The episode with its audio in `folder`; one that has a local file already comes back as it is.

    What is here is not asked for again, and stays as it is where it was changed since. Raises `FetchError` for what
    cannot be had; `STEM.part` then stays, and the next call goes on from it.
    """
    if episode.path is not None:
        return Fetched(episode)
    url = web_address(episode.audio_url)
    if url is None:
        raise FetchError(f"{episode.title}: {shown(episode.audio_url or '')} is no web address")
    library = Library(folder)
    entries = library.entries()
    (episode,) = told_apart((episode,), entries)
    entry = entries.get(key_of(episode))
    try:
        if entry is not None and library.is_here(entry):
            return _here(episode, entry, library, client=client)
        entry = library.claim(episode)
        received = 0
        with library.alone_with(entry):
            entry = library.claim(episode)  # another process may have been at it
            if not library.is_here(entry):
                entry, received = _download(episode, url, entry, library=library, client=client, progress=progress)
            return _here(episode, entry, library, client=client, received=received)
    except OSError as exc:
        raise _unusable(folder, exc) from exc


def fetch_all(
    episodes: Iterable[Episode], folder: Path, *, client: Client, progress: OnDownload | None = None
) -> Iterator[Fetched | Failed]:
    """Each episode's outcome as it comes, several at a time; a failure stops nobody else.

    `progress` is called from several threads. When the caller leaves early, `client` is closed.
    """
    library = Library(folder)
    entries = library.entries()  # read once: a thousand episodes that are here already cost one look
    with ThreadPoolExecutor(client.limits.parallel, thread_name_prefix="fetch") as pool:
        running: dict[Future[Fetched], Episode] = {}
        for each in told_apart(episodes, entries):
            entry = entries.get(key_of(each))
            if entry is not None and library.is_here(entry):
                running[pool.submit(_here, each, entry, library, client=client)] = each
            else:
                running[pool.submit(fetch, each, folder, client=client, progress=progress)] = each
        ended = False
        try:
            for future in as_completed(running):
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, AudioError):
                    yield Failed(running[future], error)
                elif isinstance(error, OSError):
                    yield Failed(running[future], _unusable(folder, error))
                else:
                    raise error
            ended = True
        finally:
            if not ended:
                client.close()
                pool.shutdown(wait=False, cancel_futures=True)


def _unusable(folder: Path, exc: OSError) -> FetchError:
    return FetchError(f"{exc.filename or folder}: cannot be used ({exc.strerror}); mend that, or choose another folder")


def _here(episode: Episode, entry: Entry, library: Library, *, client: Client, received: int = 0) -> Fetched:
    if library.is_changed(entry):
        _log.warning(
            "%s: was changed since it was fetched (%d bytes, not %d) and stays as it is; to have the original, move it "
            "away and fetch again",
            library.folder / entry.file,
            (library.folder / entry.file).stat().st_size,
            entry.size,
        )
        entry = library.as_it_is(entry)  # so that it is said once
        library.record(episode, entry)
    beside = Companions(episode, library.folder / entry.stem, client=client, gone=entry.gone)
    transcript, chapters = beside.transcript(), beside.chapters()
    if beside.gone != entry.gone:
        library.record(episode, dataclasses.replace(entry, gone=beside.gone))
    here = dataclasses.replace(
        episode,
        path=library.folder / entry.file,
        audio_url=without_account(episode.audio_url or ""),
        page_url=without_account(episode.page_url or "") or None,
        chapters=chapters,
        chapters_url=without_account(episode.chapters_url or "") or None,
        transcripts=tuple(dataclasses.replace(each, url=without_account(each.url)) for each in episode.transcripts),
    )
    return Fetched(here, received, entry.sha256, transcript)


def _download(
    episode: Episode, url: str, entry: Entry, *, library: Library, client: Client, progress: OnDownload | None
) -> tuple[Entry, int]:
    """The entry of the whole file, and how many bytes it took."""
    left = _left_by_a_crash(entry, library)
    if left is not None:
        whole = dataclasses.replace(entry, file=left.name, size=left.stat().st_size, sha256=sha256_of(left))
        library.record(episode, whole)
        return whole, 0

    entry = dataclasses.replace(entry, validator=entry.validator if entry.url == without_account(url) else "")
    entry = dataclasses.replace(entry, url=without_account(url), file="", size=0, sha256="")

    def note(validator: str) -> None:
        library.record(episode, dataclasses.replace(entry, validator=validator))

    download = Download(
        url,
        library.folder / f"{entry.stem}.part",
        client=client,
        validator=entry.validator,
        note=note,
        progress=(lambda got, total: progress(episode, got, total)) if progress else None,
    )
    done = download.run()
    file = library.folder / f"{entry.stem}{done.suffix}"
    try:
        _keep_what_is_at(file)
        done.path.replace(file)
    except OSError as exc:
        raise FetchError(f"{file}: cannot be written ({exc.strerror}); make room or choose another folder") from exc
    whole = dataclasses.replace(entry, validator="", file=file.name, size=done.size, sha256=done.sha256)
    library.record(episode, whole)
    return whole, done.received


def _keep_what_is_at(file: Path) -> None:
    """Move a file away to whose name the fetched one is going: the user put it there."""
    if file.is_file():
        backup = file.rename(free_backup(file))
        _log.warning("%s: was there and is not what was fetched; it is %s now", file, backup.name)


def _left_by_a_crash(entry: Entry, library: Library) -> Path | None:
    """A file renamed when whole, but not recorded: the stem was claimed, so nobody else put it there."""
    if entry.sha256 or not entry.url:
        return None
    found = [
        file
        for file in sorted(library.folder.glob(f"{entry.stem}.*"))
        if file.stem == entry.stem and file.suffix in MEDIA_SUFFIXES
    ]
    return found[0] if len(found) == 1 else None
