"""What can be in the place of a file that is expected."""

from __future__ import annotations

import os
from pathlib import Path


def put_in_place_of(path: Path, kind: str) -> None:
    """Put a folder, a pipe or a dangling link where a file is expected."""
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        assert kind == "dangling link"
        path.symlink_to(path.with_name("nowhere"))
