"""What the user typed → episodes.

A file is its own episode, a folder the recordings lying in it, a pattern the shell left alone its matches. An address
is a recording, a feed, an OPML list of feeds or a page; so is a file that was saved from one. Which of them is told
from the content, never from the name. Recordings themselves are fetched by `audio.fetching.fetch`, and decoded nowhere
here.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from audio.disk import CacheKind, cache_folder
from audio.episode import Episode
from audio.errors import AudioError, PageError, SourceError, installing
from audio.media import HEAD_BYTES, MEDIA_SUFFIXES, Kind, kind_of
from audio.net.addresses import is_web_address, redacted, web_address
from audio.net.documents import Document, get_document
from audio.net.http import Client
from audio.sources.feed import episodes_of, feeds_of
from audio.sources.page import Page, page_of
from audio.sources.sites import episodes_on_site
from audio.sources.values import plain_text

_PLAYERS_TRIED = 3
_NAME_LENGTH = 120  # characters of a name in a message
_ANY_BYTES = ("", "application/octet-stream", "binary/octet-stream")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_log = logging.getLogger(__name__)


def episodes_from(source: str, *, client: Client | None = None) -> tuple[Episode, ...]:
    """The episodes `source` names, in a stable order (a feed's own; by file name for a folder or a pattern).

    `source` is one of
    - a file of any suffix; `~` is the home folder. A saved feed, OPML list, page or Markdown post is read as such,
      unless it has a recording's suffix;
    - a folder: its audio and video files by suffix, not hidden ones, not those of folders below it;
    - a pattern such as `show/*.mp3` or `show/**/*.mp3`: every file it matches;
    - an http(s) address (or `feed:`, `itpc:`) of a recording, a feed, an OPML list or a page. A page without audio
      leads on to its feed, or to the player in its frame.

    The network is asked only where the source needs it, through `client` (one of its own where there is none).
    Feeds and pages are kept in the cache folder and asked for again under the condition that they changed.

    Raises `SourceError` where it names nothing, `FeedError` or `PageError` (both are one) where there is no audio in
    it, `FetchError` where an address does not answer.
    """
    if not source.strip():
        raise SourceError("an empty name is no source: give a file, a folder, a pattern or an address")
    if is_web_address(source.strip()):
        address = web_address(source)
        if address is None:
            raise SourceError(f"{redacted(source)}: this address is not well formed; check it in a browser")
        with _client(client, address) as used:
            return _at_address(address, used)
    path, is_folder, is_there = _looked_up(source)
    if is_folder:
        return tuple(Episode.of_file(file) for file in _recordings_in(path))
    if is_there:
        return _in_file(path, client)
    if _SCHEME.match(source.strip()):
        raise SourceError(
            f"{redacted(source.strip())}: only http and https addresses are supported; save the file and give its path"
        )
    if glob.has_magic(source):
        return tuple(Episode.of_file(file) for file in _matches(path))
    raise SourceError(
        f"{source}: there is no such file or folder; check the spelling and the folder you are in "
        "(an address begins with https://)"
    )


def _looked_up(source: str) -> tuple[Path, bool, bool]:
    """The path meant, whether it is a folder, and whether it is there at all."""
    try:
        path = Path(source).expanduser()
        return path, path.is_dir(), path.exists()
    except RuntimeError as exc:  # how pathlib says that it knows no such user
        raise SourceError(f"{source}: there is no such user here; check the name behind ~") from exc
    except (OSError, ValueError) as exc:
        raise _unreadable(source, exc) from exc


def _unreadable(name: object, exc: Exception) -> SourceError:
    shortened = name if len(name := str(name)) <= _NAME_LENGTH else f"{name[:_NAME_LENGTH]}…"
    return SourceError(f"{shortened}: cannot be read ({getattr(exc, 'strerror', exc)}); check name and permissions")


@contextlib.contextmanager
def _client(given: Client | None, *typed: str) -> Iterator[Client]:
    if given is not None:
        yield given
        return
    with Client(typed) as own:
        yield own


def _in_file(path: Path, client: Client | None) -> tuple[Episode, ...]:
    if path.suffix.lower() in MEDIA_SUFFIXES:
        return (Episode.of_file(path),)
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD_BYTES))
        content = path.read_bytes() if kind not in (Kind.AUDIO, Kind.UNKNOWN) else b""
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if kind is Kind.FEED:
        return episodes_of(content, url=str(path))
    if content and kind is Kind.OPML:
        with _client(client) as used:
            return _of_feeds(feeds_of(content, url=str(path)), str(path), used)
    if not content.strip():
        return (Episode.of_file(path),)
    page = page_of(content, url=str(path))
    if page.episodes:
        return page.episodes
    with _client(client) as used:
        return _beyond(page, str(path), used)


def _at_address(address: str, client: Client) -> tuple[Episode, ...]:
    document = _document(address, client)
    if document.kind is Kind.FEED:
        return episodes_of(document.body, url=document.url)
    if document.kind is Kind.OPML:
        return _of_feeds(feeds_of(document.body, url=document.url), redacted(address), client)
    if document.kind in (Kind.PAGE, Kind.TEXT):
        page = _page(document)
        try:
            return page.episodes or _beyond(page, redacted(address), client)
        except PageError:
            found = episodes_on_site(address)
            if not found:
                raise
            return found
    media_type = _media_type(document)
    if document.kind is Kind.AUDIO or media_type.startswith(("audio/", "video/")) or media_type in _ANY_BYTES:
        return (Episode(_name_in(address), audio_url=address),)
    raise SourceError(f"{redacted(address)}: {media_type} is neither audio nor a feed nor a page; check the address")


def _beyond(page: Page, name: str, client: Client) -> tuple[Episode, ...]:
    """The episodes of what a page without audio points at: its first feed that has some, else its first such player."""
    for feed in page.feeds:
        with _passed_over(feed):
            return episodes_of(_document(feed, client).body, url=feed)
    for player in page.players[:_PLAYERS_TRIED]:
        with _passed_over(player):
            document = _document(player, client)
            found = _page(document).episodes if document.kind in (Kind.PAGE, Kind.TEXT) else ()
            if found:
                return found
    raise PageError(
        f"{name}: no audio is named on this page; give the address of the recording or of the show's feed, "
        f"or install yt-dlp, which knows many sites: {installing('sites')}"
    )


def _of_feeds(feeds: Iterable[str], name: str, client: Client) -> tuple[Episode, ...]:
    """All feeds' episodes; a feed that fails costs a line in the log, unless all do."""
    found: list[Episode] = []
    for feed in feeds:
        with _passed_over(feed):
            document = _document(feed, client)
            found += episodes_of(document.body, url=document.url)
    if not found:
        raise SourceError(f"{name}: none of the feeds it lists can be read; the log says why")
    return tuple(found)


@contextlib.contextmanager
def _passed_over(address: str) -> Iterator[None]:
    try:
        yield
    except AudioError as exc:
        _log.warning("%s is passed over: %s", redacted(address), exc)


def _document(address: str, client: Client) -> Document:
    return get_document(address, client, cache=cache_folder(CacheKind.DOCUMENTS))


def _page(document: Document) -> Page:
    _, _, charset = document.content_type.partition("charset=")
    return page_of(document.body, url=document.url, charset=charset.partition(";")[0].strip(" \"'"))


def _media_type(document: Document) -> str:
    return document.content_type.partition(";")[0].strip().lower()


def _name_in(address: str) -> str:
    parts = urlsplit(address)
    return plain_text(PurePosixPath(unquote(parts.path)).stem) or parts.hostname or "episode"


def _recordings_in(folder: Path) -> list[Path]:
    try:
        found = [entry for entry in sorted(folder.iterdir()) if _is_recording(entry)]
    except OSError as exc:
        raise _unreadable(folder, exc) from exc
    if not found:
        raise SourceError(
            f"{folder}: no audio or video files lie in this folder (folders below it are not searched); "
            f"name the files, or a pattern such as '{folder / '**' / '*.mp3'}'"
        )
    return found


def _is_recording(entry: Path) -> bool:
    return not entry.name.startswith(".") and entry.suffix.lower() in MEDIA_SUFFIXES and entry.is_file()


def _matches(pattern: Path) -> list[Path]:
    try:
        found = sorted(Path(match) for match in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 - takes absolute ones
        files = [match for match in found if match.is_file()]
    except (OSError, ValueError) as exc:
        raise _unreadable(pattern, exc) from exc
    if not files:
        raise SourceError(f"{pattern}: no file matches this pattern; check it, and the folder you are in")
    return files
