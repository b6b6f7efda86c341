"""Paths on the command line: what is not there, or is no file or no folder where one is needed, is wrong usage.

The law: what the user typed is checked before anything is done, in the same way and with the same exit code in every
command; of several files, one that is wrong costs itself alone. What is there and cannot be read or written is no
mistake in typing, and is told by who reads or writes it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from audio.trust import is_there
from output.errors import NotAFolderError
from output.files import check_is_folder


class ExistingFile(click.Path):
    """A path at which something is, and no folder; `wanted` says what to give instead, such as "a draft"."""

    def __init__(self, wanted: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.wanted = wanted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See `click.ParamType`."""
        path = Path(os.fsdecode(value))
        check_is_file(path, wanted=self.wanted, ctx=ctx)
        return path


class OneOfSeveral(click.Path):
    """The path of one of several files; whether it is there is asked when it is its turn, and costs that file alone."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See `click.ParamType`."""
        return Path(os.fsdecode(value))


class Folder(click.Path):
    """A folder to write to, which need not exist yet."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """See `click.ParamType`."""
        path = Path(os.fsdecode(value))
        try:
            check_is_folder(path)
        except NotAFolderError as error:
            raise click.UsageError(f"{str(error).rpartition('; ')[0]}; give another folder", ctx) from error
        return path


def check_is_file(path: Path, *, wanted: str, ctx: click.Context | None = None) -> None:
    """Raise `UsageError` if a folder or nothing is at `path`; `wanted` is what to give."""
    if path.is_dir():
        raise click.UsageError(f"{path}: is a folder; give {wanted}", ctx)
    check_there(path, wanted=wanted, ctx=ctx)


def check_there(path: Path, *, wanted: str, ctx: click.Context | None = None) -> None:
    """Raise `UsageError` if nothing is at `path`, or a link to nothing; `wanted` is what to give."""
    if not is_there(path):
        raise click.UsageError(f"{path}: no such file; check the name and the current folder, and give {wanted}", ctx)
    try:
        path.stat()
    except FileNotFoundError as error:
        told = f"{path}: is a link to {path.readlink()}, which does not exist; mend the link, or give {wanted}"
        raise click.UsageError(told, ctx) from error
    except OSError:
        pass  # is told by who reads it
