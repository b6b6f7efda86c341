"""Reads CTranslate2's model.bin: named arrays, nothing executable.

The layout is the one `ModelSpec._serialize` of the ctranslate2 package writes (ctranslate2/specs/model_spec.py, binary
version 6, little-endian): version, name and revision of the specification, the variables (name, shape, type, bytes),
then the aliases. Only what Whisper's conversion needs is implemented; quantized variables are returned as stored.
"""

from __future__ import annotations

import os
import struct
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from audio.trust import check_size, open_regular
from transcribe.errors import EngineError

_MOST_BYTES = 8 << 30  # of a file; the largest of Whisper's has 6.2 GB, in 32 bits
_VERSIONS = (4, 5, 6)  # the same layout, except for parts a reader may ignore
# By ctranslate2's DataType; numpy has no bfloat16 (5).
_TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}

Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]


def read_container(path: Path, *, side: str = "") -> Arrays:
    """Every variable of a model.bin by its name, aliases included; of the "encoder" or the "decoder" if `side` says so.

    Raises `EngineError` for a file that is not such a container, is cut short, or holds types numpy does not know.
    """
    try:
        with open_regular(path) as file:
            check_size(file, path, max_bytes=_MOST_BYTES)
            return _Reader(file).variables(side)
    except (OSError, struct.error, ValueError, KeyError, UnicodeDecodeError) as exc:
        raise EngineError(
            f"{path}: not CTranslate2 weights the reference engine can read ({exc}); "
            "check them with `transcribe models verify`, or use --engine ctranslate2"
        ) from exc


def layer_count(arrays: Arrays, side: str) -> int:
    """The number of layers of the "encoder" or the "decoder"."""
    return len({name.split("/")[1] for name in arrays if name.startswith(f"{side}/layer_") and name.count("/") > 2})


class _Reader:
    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size

    def variables(self, start: str) -> Arrays:
        """Those whose names begin with `start`."""
        version, _name, _revision = self._number("I"), self._string(), self._number("I")
        if version not in _VERSIONS:
            raise ValueError(f"binary version {version}")
        variables = dict(filter(None, (self._variable(start) for _ in range(self._number("I")))))
        for _ in range(self._number("I")):
            alias, name = self._string(), self._string()
            if alias.startswith(start):
                variables[alias] = variables[name]
        return variables

    def _variable(self, start: str) -> tuple[str, np.ndarray[Any, np.dtype[Any]]] | None:
        name = self._string()
        shape = [self._number("I") for _ in range(self._number("B"))]
        kind, size = self._number("B"), self._number("I")
        if size > self._size - self._file.tell():
            raise ValueError(f"{name} is cut short")
        if not name.startswith(start):
            self._file.seek(size, os.SEEK_CUR)
            return None
        if kind not in _TYPES:
            raise ValueError(f"{name} has type {kind}")
        return name, np.frombuffer(self._file.read(size), _TYPES[kind]).reshape(shape)

    def _number(self, kind: str) -> int:
        (value,) = struct.unpack("<" + kind, self._file.read(struct.calcsize("<" + kind)))
        return int(value)

    def _string(self) -> str:
        return self._file.read(self._number("H")).removesuffix(b"\0").decode()
