"""A source the user typed → episodes.

A file is one episode; a folder is the recordings in it, a pattern the shell did not expand is its matches. An address
is a recording, a feed, an OPML list of feeds or a page; so is a file saved from one. The content decides which,
never the name. `audio.fetching.fetch` downloads recordings; nothing is decoded here.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from audio.encodings import charset_of
from audio.episode import Episode
from audio.errors import AudioError, MistypedError, PageError, SourceError
from audio.media import HEAD_BYTES, MEDIA_SUFFIXES, STATES_NOTHING, Kind, kind_of, media_type
from audio.net.addresses import is_web_address, redacted, web_address
from audio.net.documents import Document
from audio.net.http import Client
from audio.sources.feed import episodes_in, feeds_of, read_page
from audio.sources.folder import problem_of_file, recordings
from audio.sources.left_out import LeftOut, OnLeftOut, described
from audio.sources.page import Page, page_of
from audio.sources.pages.linked import episodes_of_page
from audio.sources.sites import episodes_on_site
from audio.sources.subscriptions import IsEnough, Reader, listed_in, unexpected
from audio.sources.values import title_from
from audio.trust import open_regular, read_regular

_MAX_MOVES = 3  # by `<meta http-equiv=refresh>`
_MAX_NAME_LENGTH = 120  # characters of a name in a message
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_log = logging.getLogger(__name__)


def episodes_from(
    source: str,
    *,
    client: Client | None = None,
    on_left_out: OnLeftOut | None = None,
    is_enough: IsEnough = lambda _: False,
) -> tuple[Episode, ...]:
    """The episodes of `source`, in a stable order (the feed's own; by file name for a folder or a pattern).

    `source` is one of
    - a file with any suffix; `~` is the home folder. A saved feed, OPML list, page or Markdown post is read as such,
      unless it has a recording's suffix;
    - a folder: its audio and video files by suffix, without hidden files and subfolders;
    - a pattern such as `show/*.mp3` or `show/**/*.mp3`: every file it matches;
    - a text with an address on each line;
    - an http(s) address (or `feed:`, `itpc:`) of a recording, a feed, such a list or a page: what is on the page, as
      its show's feed has it, what its frames play, else its feed (`pages.linked`).

    `on_left_out` is told what else a source has, also if nothing remains. Of a feed in several documents those after
    which `is_enough` are not read.

    The network is used only if the source needs it, through `client` (default: a new one). Feeds and pages are cached
    in the cache folder and requested again on condition that they changed.

    Raises `MistypedError` if the source does not exist, `FeedError` or `PageError` (subclasses) if it has no audio,
    `FetchError` if an address cannot be read; no other error, whatever is wrong with the source.
    """
    try:
        return _resolved(source, client, on_left_out or _log_failure, is_enough)
    except AudioError:
        raise
    except Exception as exc:
        raise unexpected(exc, about=redacted(source)) from exc


def _log_failure(left: LeftOut) -> None:
    if left.is_failure:
        _log.warning("%s: %s", left.source, described(left))


def _resolved(source: str, client: Client | None, tell: OnLeftOut, is_enough: IsEnough) -> tuple[Episode, ...]:
    if not source.strip():
        raise MistypedError("the source is empty; give a file, a folder, a pattern or an address")
    if is_web_address(source.strip()):
        address = web_address(source)
        if address is None:
            raise MistypedError("this address is not valid; check it in a browser", about=redacted(source))
        with _client(client, address) as active:
            return _at_address(address, Reader(active, tell, is_enough))
    path, is_folder, exists = _look_up(source)
    if is_folder:
        return tuple(Episode.of_file(file) for file in _recordings_in(path, tell))
    if exists:
        return _in_file(path, client, tell)
    if _SCHEME.match(source.strip()):
        raise MistypedError(
            "only http and https addresses are supported; save the file and give its path",
            about=redacted(source.strip()),
        )
    if glob.has_magic(source):
        return tuple(Episode.of_file(file) for file in _matches(path, tell))
    if path.is_symlink():
        raise MistypedError(problem_of_file(path) or "cannot be reached; check the permissions", about=source)
    raise MistypedError(
        "no such file or folder; check the spelling and the current folder (an address starts with https://)",
        about=source,
    )


def _look_up(source: str) -> tuple[Path, bool, bool]:
    """The path, whether it is a folder, and whether it exists."""
    try:
        path = Path(source).expanduser()
        return path, path.is_dir(), path.exists()
    except RuntimeError as exc:  # pathlib's error for an unknown user
        raise MistypedError("no such user; check the name after ~", about=source) from exc
    except (OSError, ValueError) as exc:
        raise _unreadable(source, exc) from exc


def _unreadable(name: object, exc: Exception) -> SourceError:
    shortened = name if len(name := str(name)) <= _MAX_NAME_LENGTH else f"{name[:_MAX_NAME_LENGTH]}…"
    return SourceError(
        f"cannot be read ({getattr(exc, 'strerror', exc)}); check the name and its permissions", about=shortened
    )


@contextlib.contextmanager
def _client(client: Client | None, *typed: str) -> Iterator[Client]:
    if client is not None:
        yield client
        return
    with Client(typed) as new:
        yield new


def _in_file(path: Path, client: Client | None, tell: OnLeftOut) -> tuple[Episode, ...]:
    if problem := problem_of_file(path):
        raise SourceError(problem, about=str(path))
    if path.suffix.lower() in MEDIA_SUFFIXES:
        return (Episode.of_file(path),)
    try:
        with open_regular(path) as file:
            kind = kind_of(file.read(HEAD_BYTES))
        content = read_regular(path) if kind not in (Kind.AUDIO, Kind.UNKNOWN) else b""
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if kind is Kind.FEED:
        return _in_saved_feed(content, str(path), tell)
    if content and kind is Kind.OPML:
        with _client(client) as active:
            return Reader(active, tell).feeds(feeds_of(content, url=str(path), on_left_out=tell), str(path))
    if kind is Kind.TEXT and (listed := listed_in(content, name=str(path))):
        with _client(client) as active:
            return _listed(listed, str(path), Reader(active, tell))
    if not content.strip():
        return (Episode.of_file(path),)
    return _in_saved_page(page_of(content, url=str(path)), str(path), client, tell, is_text=kind is Kind.TEXT)


def _in_saved_page(
    page: Page, name: str, client: Client | None, tell: OnLeftOut, *, is_text: bool
) -> tuple[Episode, ...]:
    """The episodes of a page or a post; a text that has nothing of one is none."""
    if page.episodes:
        for left in page.left_out:
            tell(left)
        return page.episodes
    if is_text and not (page.left_out or page.frames or page.feeds or page.refresh):
        raise PageError("this is a text, not a recording, and names none; give the audio file itself", about=name)
    with _client(client) as active:
        return episodes_of_page(page, name=name, web=_Web(Reader(active, tell)), tell=tell)


def _in_saved_feed(content: bytes, name: str, tell: OnLeftOut) -> tuple[Episode, ...]:
    page = read_page(content, url=name)
    if page.next_url:
        tell(LeftOut(name, f"continues at {redacted(page.next_url)}, where a saved feed is not followed"))
    return episodes_in(page.items, url=name, on_left_out=tell)


def _listed(listed: Sequence[str | LeftOut], name: str, reader: Reader) -> tuple[Episode, ...]:
    """The episodes at the addresses of a list, which may name no further lists."""

    def resolve(address: str) -> tuple[Episode, ...]:
        if PurePosixPath(urlsplit(address).path).suffix.lower() in MEDIA_SUFFIXES:
            return (Episode(title_from(address), audio_url=address),)
        return _at_address(address, reader, is_listed=True)

    return reader.entries(listed, name, resolve=resolve)


def _at_address(address: str, reader: Reader, *, is_listed: bool = False, n_moves: int = 0) -> tuple[Episode, ...]:
    document = reader.document(address)
    if document.kind is Kind.FEED:
        return reader.feed(document)
    if episodes := _of_list(document, redacted(address), reader, is_listed=is_listed):
        return episodes
    if document.kind in (Kind.PAGE, Kind.TEXT):
        page = _page(document)
        if page.refresh and not page.episodes and n_moves < _MAX_MOVES:
            return _at_address(page.refresh, reader, is_listed=is_listed, n_moves=n_moves + 1)
        try:
            return episodes_of_page(page, name=redacted(address), web=_Web(reader), tell=reader.tell)
        except PageError:
            episodes = episodes_on_site(address)
            if not episodes:
                raise
            return episodes
    declared = media_type(document.content_type)
    if document.kind is Kind.AUDIO or declared.startswith(("audio/", "video/")) or declared in STATES_NOTHING:
        return (Episode(title_from(address), audio_url=address),)
    if declared.startswith("text/") or declared.endswith(("xml", "json")):
        raise SourceError(
            f"the server says {declared} and sends something else, which may be packed in a way it does not state "
            f"(brotli, zstd); open the address in a browser and give the saved page or feed",
            about=redacted(address),
        )
    raise SourceError(f"{declared} is not audio, a feed or a page; check the address", about=redacted(address))


def _of_list(document: Document, name: str, reader: Reader, *, is_listed: bool) -> tuple[Episode, ...]:
    """The episodes of all entries of a list; none if the document is no list. Raises `SourceError` for a listed one."""
    charset, is_opml = charset_of(document.content_type), document.kind is Kind.OPML
    listed = listed_in(document.body, name=name, charset=charset) if document.kind is Kind.TEXT else ()
    if is_listed and (is_opml or listed):
        raise SourceError("is a list in a list, which is not followed; give its address as a source", about=name)
    if is_opml:
        feeds = feeds_of(document.body, url=document.url, charset=charset, on_left_out=reader.tell)
        return reader.feeds(feeds, name)
    return _listed(listed, name, reader) if listed else ()


class _Web:
    """What a page names, read through a reader (`pages.linked.Web`)."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def document(self, address: str) -> Document:
        return self._reader.document(address)

    def feed(self, address: str, tell: OnLeftOut) -> tuple[Episode, ...]:
        return replace(self._reader, tell=tell).feed(self.document(address))


def _page(document: Document) -> Page:
    page = page_of(document.body, url=document.url, charset=charset_of(document.content_type))
    return replace(page, addresses=tuple(dict.fromkeys((*page.addresses, *document.names))))


def _recordings_in(folder: Path, on_left_out: OnLeftOut | None) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as exc:
        raise _unreadable(folder, exc) from exc
    files = recordings(entries, of=str(folder), any_suffix=False, on_left_out=on_left_out)
    if not files:
        raise SourceError(
            f"no audio or video files in this folder (subfolders are not searched); "
            f"name the files, or a pattern such as '{folder / '**' / '*.mp3'}'",
            about=folder,
        )
    return files


def _matches(pattern: Path, on_left_out: OnLeftOut | None) -> list[Path]:
    try:
        matches = sorted(Path(match) for match in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 - takes absolute ones
    except (OSError, ValueError) as exc:
        raise _unreadable(pattern, exc) from exc
    files = recordings(matches, of=str(pattern), any_suffix=True, on_left_out=on_left_out)
    if not files:
        raise MistypedError("no file matches this pattern; check it and the current folder", about=pattern)
    return files
