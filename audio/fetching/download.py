"""One address → one whole file: the loop of attempts under `audio.fetching.fetch`.

Which file it becomes, and what is remembered of it, is decided there.
"""

from __future__ import annotations

import email.utils
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

from audio.errors import FetchError, GoneError, TransientError
from audio.fetching.digest import Digest
from audio.media import HEAD_BYTES, MEDIA_SUFFIXES, Kind, audio_suffix, kind_of
from audio.net.addresses import shown
from audio.net.documents import unpacked
from audio.net.http import Answer, Client

_WORTH_MENTIONING_BYTES = 16 << 10  # an attempt that brought this, or 1 % of the whole, counts as progress
_WRITE_BACK_BYTES = 8 << 20
_TELL_EVERY_SECONDS = 0.1
_STRONG_AFTER_SECONDS = 60  # a Last-Modified this much older than Date is a strong validator (RFC 7232, 2.2.2)


@dataclass(frozen=True, slots=True)
class Done:
    """A whole download: where it lies, its size in bytes, its SHA-256, the suffix for what it holds, and the bytes that
    came over the network in this run."""

    path: Path
    size: int
    sha256: str
    suffix: str
    received: int


class Download:
    """`run` it once. `part` is the file written to; what it holds already is taken up under `validator`, the one
    `note` was called with when that was written ("" for none: it is thrown away)."""

    def __init__(
        self,
        url: str,
        part: Path,
        *,
        client: Client,
        validator: str,
        note: Callable[[str], None],
        progress: Callable[[int, int | None], None] | None,
    ) -> None:
        self._url = url
        self._part = part
        self._client = client
        self._validator = validator
        self._note = note
        self._progress = progress
        self._name = shown(url)
        self._digest = Digest()
        self._size = 0  # bytes in the part, all of them in the digest
        self._total: int | None = None
        self._received = 0
        self._marked = 0  # the size at which progress was last noticed
        self._media_type = ""

    def run(self) -> Done:
        """Download, resuming and retrying. Raises `FetchError`; `TransientError` where a later call may do better."""
        try:
            self._take_up_part()
            self._client.patiently(self._attempt, got_further=self._got_further)
            head = self._head()
            self._check_content(head)
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())  # before it is renamed: a file of the right name has to be the whole one
        except GoneError:
            self._part.unlink(missing_ok=True)  # nothing more will come to it
            raise
        except OSError as exc:
            raise FetchError(f"{self._part}: cannot be written ({exc.strerror}); make room or choose another") from exc
        else:
            suffix = _suffix(head, self._url, self._media_type)
            return Done(self._part, self._size, self._digest.hexdigest(), suffix, self._received)
        finally:
            self._digest.close()

    def _take_up_part(self) -> None:
        if not self._validator or not self._part.exists():
            self._validator = ""
            return
        with self._part.open("rb", buffering=0) as file:
            while count := file.readinto(self._digest.room()):
                self._digest.take(count)
                self._size += count

    def _got_further(self) -> bool:
        got = self._size - self._marked  # what is sent again from the start is no progress
        if got >= min(_WORTH_MENTIONING_BYTES, (self._total or 0) // 100 or _WORTH_MENTIONING_BYTES):
            self._marked = self._size
            return True
        return False

    def _attempt(self) -> None:
        if not self._validator:
            self._forget()
        headers = {"Accept-Encoding": "identity"}
        if self._size:
            headers |= {"Range": f"bytes={self._size}-", "If-Range": self._validator}
        with self._client.get(self._url, headers=headers) as answer:
            if self._is_the_rest_of_nothing(answer):
                return
            body = self._accepted(answer)
            self._receive(body)
        if self._total is not None and self._size != self._total:
            self._validator = "" if self._size > self._total else self._validator
            raise TransientError(f"{self._name}: {self._size} bytes came of {self._total}; run again to go on")

    def _is_the_rest_of_nothing(self, answer: Answer) -> bool:
        """416: either all of it is here, or what is here belongs to another entity."""
        if answer.status != 416:
            return False
        total = _content_range(answer.headers.get("content-range", ""))[1]
        if self._size and total == self._size:
            self._total = total
            return True
        self._validator = ""
        raise TransientError(f"{self._name}: the server has no more of it, and another length; run again to start anew")

    def _accepted(self, answer: Answer) -> Iterator[memoryview]:
        """The body as it is to be appended to the part, after all that can be checked before it comes."""
        self._media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        coding = answer.headers.get("content-encoding", "")
        if answer.status == 206:
            start, total = _content_range(answer.headers.get("content-range", ""))
            another = start != self._size or (self._total is not None and total not in (None, self._total))
            if coding or another or not _is_of(self._validator, answer):
                self._validator = ""
                raise TransientError(f"{self._name}: the server sent another part than asked for; run again")
            self._total = total if total is not None else _plus(self._size, answer.length)
        elif answer.status in (200, 203):
            self._forget()
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._part.open("wb").close()
            self._total = answer.length if coding.lower() in ("", "identity") else None
            self._validator = _strong_validator(answer) if not coding else ""
            self._note(self._validator)
        else:
            raise FetchError(f"{self._name}: the server says {answer.status}; check the address in a browser")
        self._check_size(self._total or 0)
        if coding:
            return self._copied(unpacked(answer.chunks(), coding, name=self._name))
        return map(self._digest.take, answer.pour(self._digest.room))

    def _copied(self, pieces: Iterator[bytes]) -> Iterator[memoryview]:
        for piece in pieces:
            start = 0
            while start < len(piece):
                room = self._digest.room()
                count = min(len(room), len(piece) - start)
                room[:count] = piece[start : start + count]
                yield self._digest.take(count)
                start += count

    def _receive(self, body: Iterator[memoryview]) -> None:
        checked = self._size >= HEAD_BYTES
        told, written_back = time.monotonic(), self._size
        with self._part.open("ab", buffering=0) as file:
            for piece in body:
                _write(file, piece)
                self._size += len(piece)
                self._received += len(piece)
                if not checked and self._size >= HEAD_BYTES:
                    self._check_content(self._head())
                    checked = True
                self._check_size(self._size)
                if self._size - written_back >= _WRITE_BACK_BYTES:
                    _write_back(file, written_back, self._size - written_back)
                    written_back = self._size
                if self._progress and time.monotonic() - told >= _TELL_EVERY_SECONDS:
                    self._progress(self._size, self._total)
                    told = time.monotonic()
        if self._progress:
            self._progress(self._size, self._total)

    def _forget(self) -> None:
        """Nothing is here that counts; the part is emptied when something else comes."""
        self._digest.restart()
        self._size = 0
        self._total = None

    def _head(self) -> bytes:
        with self._part.open("rb") as file:
            return file.read(HEAD_BYTES)

    def _check_size(self, size: int) -> None:
        most = self._client.limits.most_bytes
        if size > most:
            raise FetchError(f"{self._name}: {size} bytes are more than the {most} allowed; fetch it by other means")

    def _check_content(self, head: bytes) -> None:
        """Refuse what is not audio; unknown bytes pass where the server calls them audio, video or nothing at all."""
        kind = kind_of(head)
        called = self._media_type.partition("/")[0]
        if not head:
            problem = "it is empty"
        elif kind in (Kind.PAGE, Kind.TEXT, Kind.FEED, Kind.OPML):
            problem = "a page or other text came instead of audio; open it in a browser, it may want a login"
        elif kind is Kind.UNKNOWN and called not in ("audio", "video") and self._media_type not in _ANY_BYTES:
            problem = f"{self._media_type} came instead of audio; check the address"
        else:
            return
        self._part.unlink(missing_ok=True)
        raise FetchError(f"{self._name}: {problem}")


_ANY_BYTES = ("", "application/octet-stream", "binary/octet-stream", "application/ogg", "application/mp4")
_ALIKE = (  # containers with more than one suffix
    {".mp4", ".m4a", ".m4b", ".m4v", ".mov"},
    {".ogg", ".opus", ".oga", ".spx", ".ogv"},
    {".mka", ".mkv", ".webm"},
    {".mp3", ".mp2", ".aac"},
    {".wav", ".wave"},
    {".wma", ".wmv"},
    {".aiff", ".aif", ".aifc"},
)
_SUFFIX_OF_TYPE = {"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/x-m4a": ".m4a", "audio/aac": ".aac"}


def _write(file: FileIO, piece: memoryview) -> None:
    """All of it: an unbuffered file may take less at a time, as a disk does that is nearly full."""
    while len(piece := piece[file.write(piece) :]):
        pass


def _write_back(file: FileIO, start: int, length: int) -> None:
    """Have the system begin to put these bytes on the disk, so that the sync at the end has little left to wait for.

    That is the first thing this advice does on Linux (mm/fadvise.c); what it is named for, dropping pages from memory,
    it does to clean ones only, and these are dirty.
    """
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_DONTNEED)


def _suffix(head: bytes, url: str, media_type: str) -> str:
    """The suffix for what `head` begins; that of the address where it says the same or the bytes say nothing."""
    named = Path(urlsplit(url).path).suffix.lower()
    told = audio_suffix(head)
    if named in MEDIA_SUFFIXES and (not told or told == named or any({told, named} <= group for group in _ALIKE)):
        return named
    return told or _SUFFIX_OF_TYPE.get(media_type, ".mp3")


def _content_range(header: str) -> tuple[int | None, int | None]:
    """Start and total of a `Content-Range` (RFC 9110, 14.4); None where it does not say.

    >>> _content_range("bytes 5-9/10"), _content_range("bytes */10"), _content_range("")
    ((5, 10), (None, 10), (None, None))
    """
    match = re.fullmatch(r"bytes\s+(?:(\d{1,18})-\d{1,18}|\*)/(?:(\d{1,18})|\*)", header.strip(), re.ASCII)
    if match is None:
        return None, None
    return (int(match[1]) if match[1] else None), (int(match[2]) if match[2] else None)


def _strong_validator(answer: Answer) -> str:
    """A strong ETag, or a Last-Modified old enough to be one; empty where there is neither."""
    tag = answer.headers.get("etag", "")
    if re.fullmatch(r'"[^"\x00-\x20]*"', tag):
        return tag
    modified = answer.headers.get("last-modified", "")
    try:
        then, now = (email.utils.parsedate_to_datetime(text) for text in (modified, answer.headers.get("date", "")))
        return modified if (now - then).total_seconds() >= _STRONG_AFTER_SECONDS else ""
    except (TypeError, ValueError):
        return ""


def _is_of(validator: str, answer: Answer) -> bool:
    """Whether a 206 is of the entity `validator` was given with: some servers do not heed If-Range.

    With a part goes the ETag the whole has, but a Last-Modified only may (RFC 9110, 15.3.7).
    """
    if validator.startswith('"'):
        return answer.headers.get("etag") == validator
    return answer.headers.get("last-modified", validator) == validator


def _plus(size: int, more: int | None) -> int | None:
    return None if more is None else size + more
