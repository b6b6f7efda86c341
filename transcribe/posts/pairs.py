"""Which recording is a text's: the one that its front matter names, that it links to, or that has its name.

Only files of the folders that were given count: an address or a path in a text is looked up by its file name, so no
text leads to a file elsewhere. The law: each text of a folder has its recording, is a failure, or is named as left out.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from audio.disk import STATE_FOLDER, folded
from audio.encodings import wide_encoding
from audio.errors import WrongKindError
from audio.fingerprint import Fingerprint
from audio.media import MEDIA_SUFFIXES, suffix_of
from audio.program import program
from audio.sources.left_out import LeftOut
from audio.trust import read_regular
from output.parse import parse
from transcribe.batch.report import Result, failed_result
from transcribe.drafts.derived_files import ALIGNED
from transcribe.drafts.records import transcript_at
from transcribe.errors import TranscriptError
from transcribe.posts.text import MARKDOWN, read_post
from transcribe.readers.decoding import MOST_BYTES
from transcribe.workers.task import failure_of

TEXT_SUFFIXES = (".md", ".markdown", ".txt", ".vtt", ".srt")
"""Suffixes of the texts in a folder; of several texts with one name the first of these is taken."""

AUDIO_KEYS = frozenset(
    "audio audio_file audio_path audio_url enclosure enclosure_url media media_url mp3 podcast podcast_url "
    "recording".split()
)
"""Keys of the front matter that name a post's recording: an address, a path, or a table with one of `_ADDRESS_KEYS`."""

_REFERENCE = ".ref"  # the end of the stem of a reference for `transcribe check`
_ADDRESS_KEYS = ("url", "src", "href", "file", "path")
_LINK = re.compile(r"""[^\s()<>\[\]{}"'`|]+""")


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and its recording."""

    post: Path
    audio: Path


@dataclass(frozen=True, slots=True)
class Pairing:
    """The texts with their recordings, those that should have one and have none, and what is no such text."""

    pairs: tuple[Pair, ...]
    failures: tuple[Result, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def pairing_of(posts: Path, audio: Path | None) -> Pairing:
    """The pairs of a text, or of the texts in a folder, and a recording, or those in a folder; by default the same.

    Raises `SourceError` for a recording that is not there: it is not the text's fault.
    """
    if audio is not None and not audio.is_dir():
        Fingerprint.of(audio, sha256="not needed here")
        return Pairing((Pair(posts, audio),))
    folder = audio or (posts if posts.is_dir() else posts.parent)
    recordings = _Recordings(folder)
    texts, left_out = _texts_in(posts) if posts.is_dir() else ([posts], [])
    pairs: list[Pair] = []
    failures: list[Result] = []
    for text in texts:
        try:
            found = recordings.of(text)
            if found is not None:
                pairs.append(Pair(text, found))
            elif reason := _no_transcript(text) if posts.is_dir() else "":
                left_out.append(LeftOut(str(text), reason))
            else:
                raise TranscriptError(_missing(text, folder))
        except Exception as error:  # noqa: BLE001 - a defect costs this text alone
            failures.append(failed(text, error, "pair"))
    others = {pair.audio: pair.post for pair in reversed(pairs) if not _is_reference(pair.post)}
    beside = {pair.post: others[pair.audio] for pair in pairs if _is_reference(pair.post) and pair.audio in others}
    left_out += [LeftOut(str(reference), f"is a reference beside {post}") for reference, post in beside.items()]
    return Pairing(tuple(pair for pair in pairs if pair.post not in beside), tuple(failures), tuple(left_out))


def failed(post: Path, error: Exception, stage: str, *, seconds: dict[str, float] | None = None) -> Result:
    """The result of a text for an error, which may begin with the text's name."""
    failure = failure_of(error, stage)
    if failure.message.startswith(f"{post}:"):
        failure = replace(failure, about=str(post))
    result = failed_result(str(post), failure, stem=post.stem, seconds=seconds)
    return replace(result, is_mistyped=isinstance(error, WrongKindError))


def named_recordings(text: str, fields: Mapping[str, Any]) -> Iterator[str]:
    """The addresses and paths of recordings that a text names: in its front matter, then as links.

    >>> list(named_recordings("See [it](/a%20b.mp3?x=1), or b.html.", {"Enclosure": {"url": "http://x.org/c.m4a"}}))
    ['http://x.org/c.m4a', '/a%20b.mp3?x=1']
    """
    for key, value in fields.items():
        if str(key).lower().replace("-", "_") in AUDIO_KEYS:
            yield from _addresses(value)
    for match in _LINK.finditer(text):
        if suffix_of(_path_in(match[0])) in MEDIA_SUFFIXES:
            yield match[0]


class _Recordings:
    """The recordings below a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in _files_below(folder):
            if path.suffix.lower() in MEDIA_SUFFIXES:
                self._by_name[folded(path.name)].append(path)
                self._by_stem[folded(path.stem)].append(path)

    def of(self, text: Path) -> Path | None:
        """The recording of a text; None if there is none. Raises `TranscriptError` if the text cannot be read."""
        same_name = self._by_stem.get(folded(_stem_of(text)), [])
        source, fields = _source_of(text)
        named = list(dict.fromkeys(map(_path_in, named_recordings(source, fields))))
        names = dict.fromkeys(folded(name.rpartition("/")[2]) for name in named)
        found = [path for name in names for path in self._by_name.get(name, [])]
        both = [path for path in found if path in same_name]
        candidates = both or found or same_name
        if not candidates:
            return None
        first = [path for path in candidates if path.name == candidates[0].name]
        return max(first, key=lambda path: _nearness(path, text, named))


def _nearness(path: Path, text: Path, named: Sequence[str]) -> tuple[int, bool]:
    """How much of the path a text names, and whether it is beside the text."""
    parts = path.as_posix().split("/")[::-1]
    common = max((_common(parts, name.split("/")[::-1]) for name in named), default=0)
    return common, path.parent == text.parent


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, Mapping):
        yield from (address for key in _ADDRESS_KEYS for address in _addresses(value.get(key)))
    elif isinstance(value, list):
        yield from (address for item in value for address in _addresses(item))


def _path_in(address: str) -> str:
    """The path of an address or of a file, decoded, without what follows it."""
    try:
        path = urlsplit(address).path if "://" in address else address.partition("?")[0].partition("#")[0]
    except ValueError:
        return ""
    return unquote(path).rstrip(".,;:!?")


def _source_of(text: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        content = read_regular(text, max_bytes=MOST_BYTES)
    except OSError as error:
        raise TranscriptError(f"{text}: cannot be read ({error.strerror}); check its name and permissions") from error
    source = content.decode(wide_encoding(content) or "utf-8", "replace")
    return source, parse(source).fields if text.suffix.lower() in MARKDOWN else {}


def _texts_in(folder: Path) -> tuple[list[Path], list[LeftOut]]:
    """The texts below a folder, one of each name, and those left out."""
    texts: dict[tuple[Path, str], Path] = {}
    left_out: list[LeftOut] = []
    found = [path for path in _files_below(folder) if path.suffix.lower() in TEXT_SUFFIXES]
    for path in sorted(found, key=lambda path: (path.parent, path.stem, TEXT_SUFFIXES.index(path.suffix.lower()))):
        timed = transcript_at(path.with_name(f"{_stem_of(path)}.json"))
        made = timed.made_with if timed else None
        if made and ALIGNED in made.settings and path.name in made.outputs:
            continue  # written by an earlier call
        first = texts.setdefault((path.parent, folded(path.stem)), path)
        if first != path:
            left_out.append(LeftOut(str(path), f"is not read beside {first.name}"))
        elif made and ALIGNED not in made.settings and path.name in made.outputs:
            del texts[path.parent, folded(path.stem)]
            left_out.append(LeftOut(str(path), f"is of a run, and has its times; `{program()} sync` updates them"))
    return list(texts.values()), left_out


def _stem_of(text: Path) -> str:
    return text.stem.removesuffix(_REFERENCE)


def _is_reference(text: Path) -> bool:
    return text.stem.endswith(_REFERENCE)


def _files_below(folder: Path) -> list[Path]:
    """The files below a folder in order, but for hidden ones; folders that are links are not entered."""
    files = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != STATE_FOLDER)
        files += [Path(parent) / name for name in sorted(names) if not name.startswith(".")]
    return files


def _no_transcript(text: Path) -> str:
    """Why a text without a recording is no failure: nobody speaks in it."""
    try:
        read_post(text)
    except TranscriptError:
        return "names no speaker and no recording here"
    return ""


def _missing(text: Path, folder: Path) -> str:
    named = next(named_recordings(*_source_of(text)), "")
    if named:
        name = _path_in(named).rpartition("/")[2]
        return f"{text}: its recording {name} is not in {folder}; fetch it, or give its folder"
    return f"{text}: no recording in {folder} has its name, and it names none; give the recording as AUDIO"
