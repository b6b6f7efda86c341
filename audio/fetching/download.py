"""One address → one complete file: the loop of attempts under `audio.fetching.fetch`.

The name of the file and what is recorded about it are decided there.
"""

from __future__ import annotations

import email.utils
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

from audio.disk import is_own_file, write_all
from audio.errors import FetchError, GoneError, TransientError
from audio.media import HEAD_BYTES, MEDIA_SUFFIXES, STATES_NOTHING, Kind, audio_suffix, kind_of, media_type
from audio.net.addresses import redacted
from audio.net.codings import codings_in, decompressed
from audio.net.http import Client, Response
from audio.shortage import room_step
from audio.trust import step_after

_MIN_PROGRESS_BYTES = 16 << 10  # an attempt that received this much, or 1 % of the whole, counts as progress
_REPORT_EVERY_SECONDS = 0.1
_STRONG_AFTER_SECONDS = 60  # a Last-Modified this much older than Date is a strong validator (RFC 7232, 2.2.2)


@dataclass(frozen=True, slots=True)
class CompleteDownload:
    """A complete download: its path, size in bytes, SHA-256, the suffix for its content, and the bytes received over
    the network in this run."""

    path: Path
    size: int
    sha256: str
    suffix: str
    received: int


class Download:
    """`run` it once. `part` is the file written to; its present content is resumed under `validator`, the one passed to
    `on_validator` when it was written ("": it is discarded)."""

    def __init__(
        self,
        url: str,
        part: Path,
        *,
        client: Client,
        validator: str,
        on_validator: Callable[[str], None],
        progress: Callable[[int, int | None], None] | None,
    ) -> None:
        self._url = url
        self._part = part
        self._client = client
        self._validator = validator
        self._on_validator = on_validator
        self._progress = progress
        self._name = redacted(url)
        self._sha256 = hashlib.sha256()
        self._size = 0  # bytes in the part, all of them in the digest
        self._total: int | None = None
        self._received = 0
        self._last_size = 0  # at the last attempt that counted as progress
        self._media_type = ""

    def run(self) -> CompleteDownload:
        """Download, resuming and retrying. Raises `FetchError`; `TransientError` if a later call may succeed."""
        try:
            self._read_part()
            self._client.with_retries(self._attempt, made_progress=self._made_progress)
            head = self._head()
            self._check_content(head)
            with self._open("rb+") as file:
                os.fsync(file.fileno())  # before it is renamed: a file with the final name has to be complete
        except GoneError:
            self._part.unlink(missing_ok=True)  # it will never be complete
            raise
        except OSError as exc:
            step = step_after(exc, room_step(exc, elsewhere="choose another folder"))
            raise FetchError(f"cannot be written ({exc.strerror}); {step}", about=self._part) from exc
        else:
            suffix = _suffix(head, self._url, self._media_type)
            return CompleteDownload(self._part, self._size, self._sha256.hexdigest(), suffix, self._received)

    def _read_part(self) -> None:
        """Take over what is there to be resumed: a part of ours, not a link or a text that came with the folder."""
        if not self._validator or not self._is_resumable():
            self._validator = ""
            return
        with self._open("rb") as file:
            hashlib.file_digest(file, lambda: self._sha256)
            self._size = file.tell()

    def _is_resumable(self) -> bool:
        try:
            is_ours = is_own_file(self._part) and self._part.stat().st_size <= self._client.limits.max_bytes
        except FileNotFoundError:
            return False
        return is_ours and kind_of(self._head()) not in _NO_AUDIO

    def _made_progress(self) -> bool:
        gained = self._size - self._last_size  # bytes sent again from the start are no progress
        if gained >= min(_MIN_PROGRESS_BYTES, (self._total or 0) // 100 or _MIN_PROGRESS_BYTES):
            self._last_size = self._size
            return True
        return False

    def _attempt(self) -> None:
        if not self._validator:
            self._restart()
        headers = {"Accept-Encoding": "identity"}
        if self._size:
            headers |= {"Range": f"bytes={self._size}-", "If-Range": self._validator}
        with self._client.get(self._url, headers=headers) as response:
            if self._is_already_complete(response):
                return
            self._receive(self._checked_body(response))
        if self._total is not None and self._size != self._total:
            self._validator = "" if self._size > self._total else self._validator
            raise TransientError(f"received {self._size} of {self._total} bytes; run again to resume", about=self._name)

    def _is_already_complete(self, response: Response) -> bool:
        """416: either the part is complete, or it belongs to another entity."""
        if response.status != 416:
            return False
        total = _content_range(response.headers.get("content-range", ""))[1]
        if self._size and total == self._size:
            self._total = total
            return True
        self._validator = ""
        raise TransientError("the file has changed on the server; run again to start over", about=self._name)

    def _checked_body(self, response: Response) -> Iterator[bytes]:
        """The body to append to the part, after every check possible before it arrives."""
        self._media_type = media_type(response.headers.get("content-type", ""))
        coding = response.headers.get("content-encoding", "")
        coding = coding if codings_in(coding) else ""
        if response.status == 206 and self._size:
            start, total = _content_range(response.headers.get("content-range", ""))
            differs = start != self._size or (self._total is not None and total not in (None, self._total))
            if coding or differs or not _matches_validator(self._validator, response):
                self._validator = ""
                raise TransientError("the server sent another part than requested; run again", about=self._name)
            rest = response.length
            self._total = self._size + rest if total is None and rest is not None else total
        elif response.is_whole:
            self._restart()
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._part.unlink(missing_ok=True)  # a link, which may have come with somebody else's folder, goes too
            self._open("xb").close()
            self._total = None if coding else response.length
            self._validator = _strong_validator(response) if not coding else ""
            self._on_validator(self._validator)
        else:
            raise FetchError(f"the server returns {response.status}; check the address in a browser", about=self._name)
        self._check_size(self._total or 0)
        return decompressed(self._limited(response), coding, name=self._name) if coding else response.chunks()

    def _limited(self, response: Response) -> Iterator[bytes]:
        """The compressed body, which may yield nothing however long it is."""
        n_bytes = 0
        for chunk in response.chunks():
            n_bytes += len(chunk)
            self._check_size(n_bytes)
            yield chunk

    def _receive(self, body: Iterator[bytes]) -> None:
        checked = self._size >= HEAD_BYTES
        reported = time.monotonic()
        with self._open("ab") as file:
            for piece in body:
                write_all(file, piece)
                self._sha256.update(piece)
                self._size += len(piece)
                self._received += len(piece)
                if not checked and self._size >= HEAD_BYTES:
                    self._check_content(self._head())
                    checked = True
                self._check_size(self._size)
                if self._progress and time.monotonic() - reported >= _REPORT_EVERY_SECONDS:
                    self._progress(self._size, self._total)
                    reported = time.monotonic()
        if self._progress:
            self._progress(self._size, self._total)

    def _restart(self) -> None:
        """Start from zero; the part is emptied when another body arrives."""
        self._sha256 = hashlib.sha256()
        self._size = 0
        self._total = None

    def _head(self) -> bytes:
        with self._open("rb") as file:
            return file.read(HEAD_BYTES)

    def _open(self, mode: str) -> FileIO:
        """Open the part, unbuffered; raises `OSError` if it has become a link."""
        return FileIO(self._part, mode, opener=_without_links)

    def _check_size(self, size: int) -> None:
        limit = self._client.limits.max_bytes
        if size > limit:
            raise FetchError(f"{size} bytes exceed the limit of {limit}; download it by other means", about=self._name)

    def _check_content(self, head: bytes) -> None:
        """Refuse content that is not audio; unknown bytes pass if the server declares audio, video or no type."""
        kind = kind_of(head)
        main_type = self._media_type.partition("/")[0]
        if head.startswith(_TAG) and main_type == "audio":
            return
        if not head:
            problem = "is empty; check the address"
        elif kind in _NO_AUDIO:
            problem = (
                "the server sent a page or other text instead of audio; open it in a browser, it may require a login"
            )
        elif kind is Kind.UNKNOWN and main_type not in ("audio", "video") and self._media_type not in STATES_NOTHING:
            problem = f"the server sent {self._media_type} instead of audio; check the address"
        else:
            return
        self._part.unlink(missing_ok=True)
        raise FetchError(problem, about=self._name)


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o666)


_TAG = b"ID3"  # whatever follows it: a server that says so is believed, and the decoder looks
_NO_AUDIO = (Kind.PAGE, Kind.TEXT, Kind.FEED, Kind.OPML)
_SAME_CONTAINER = (  # suffixes of one container
    {".mp4", ".m4a", ".m4b", ".m4v", ".mov"},
    {".ogg", ".opus", ".oga", ".spx", ".ogv"},
    {".mka", ".mkv", ".webm"},
    {".mp3", ".mp2", ".aac"},
    {".wav", ".wave"},
    {".wma", ".wmv"},
    {".aiff", ".aif", ".aifc"},
)
_SUFFIX_OF_TYPE = {"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/x-m4a": ".m4a", "audio/aac": ".aac"}


def _suffix(head: bytes, url: str, declared: str) -> str:
    """The suffix for content that starts with `head`; the address's own if it agrees or the bytes are unknown.

    `declared` is the media type the server states.
    """
    named = Path(urlsplit(url).path).suffix.lower()
    detected = audio_suffix(head)
    agrees = not detected or detected == named or any({detected, named} <= group for group in _SAME_CONTAINER)
    if named in MEDIA_SUFFIXES and agrees:
        return named
    return detected or _SUFFIX_OF_TYPE.get(declared, ".mp3")


def _content_range(header: str) -> tuple[int | None, int | None]:
    """Start and total of a `Content-Range` (RFC 9110, 14.4); None for one it does not state.

    >>> _content_range("bytes 5-9/10"), _content_range("bytes */10"), _content_range("")
    ((5, 10), (None, 10), (None, None))
    """
    match = re.fullmatch(r"bytes\s+(?:(\d{1,18})-\d{1,18}|\*)/(?:(\d{1,18})|\*)", header.strip(), re.ASCII)
    if match is None:
        return None, None
    return (int(match[1]) if match[1] else None), (int(match[2]) if match[2] else None)


def _strong_validator(response: Response) -> str:
    """A strong ETag, or a Last-Modified old enough to be strong; empty if there is neither."""
    tag = response.headers.get("etag", "")
    if re.fullmatch(r'"[^"\x00-\x20]*"', tag):
        return tag
    modified = response.headers.get("last-modified", "")
    try:
        then, now = (email.utils.parsedate_to_datetime(text) for text in (modified, response.headers.get("date", "")))
        return modified if (now - then).total_seconds() >= _STRONG_AFTER_SECONDS else ""
    except (TypeError, ValueError, OverflowError):
        return ""


def _matches_validator(validator: str, response: Response) -> bool:
    """Whether a 206 belongs to the entity `validator` came with: some servers ignore If-Range.

    A part repeats the ETag of the whole, but need not repeat its Last-Modified (RFC 9110, 15.3.7).
    """
    if validator.startswith('"'):
        return response.headers.get("etag") == validator
    return response.headers.get("last-modified", validator) == validator
