"""Reads CTranslate2's model.bin: named arrays, nothing executable.

The layout is the one `ModelSpec._serialize` of the ctranslate2 package writes (ctranslate2/specs/model_spec.py, binary
version 6, little-endian): version, name and revision of the specification, the variables (name, shape, type, bytes),
then the aliases. Only what Whisper's conversion needs is implemented; quantized variables are returned as stored.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from audio.trust import read_regular
from transcribe.errors import EngineError

_MOST_BYTES = 8 << 30  # of a file; the largest of Whisper's has 6.2 GB, in 32 bits
_VERSIONS = (4, 5, 6)  # the same layout, except for parts a reader may ignore
# By ctranslate2's DataType; numpy has no bfloat16 (5).
_TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}

Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]


def read_container(path: Path) -> Arrays:
    """Every variable of a model.bin by its name, aliases included. The arrays are read-only views of one buffer.

    Raises `EngineError` for a file that is not such a container, is cut short, or holds types numpy does not know.
    """
    try:
        return _Reader(read_regular(path, max_bytes=_MOST_BYTES)).variables()
    except (OSError, struct.error, ValueError, KeyError, UnicodeDecodeError) as exc:
        raise EngineError(
            f"{path}: not CTranslate2 weights the reference engine can read ({exc}); "
            "check them with `transcribe models verify`, or use --engine ctranslate2"
        ) from exc


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def variables(self) -> Arrays:
        version, _name, _revision = self._number("I"), self._string(), self._number("I")
        if version not in _VERSIONS:
            raise ValueError(f"binary version {version}")
        variables = dict(self._variable() for _ in range(self._number("I")))
        for _ in range(self._number("I")):
            alias, name = self._string(), self._string()
            variables[alias] = variables[name]
        return variables

    def _variable(self) -> tuple[str, np.ndarray[Any, np.dtype[Any]]]:
        name = self._string()
        shape = [self._number("I") for _ in range(self._number("B"))]
        kind, size = self._number("B"), self._number("I")
        if kind not in _TYPES:
            raise ValueError(f"{name} has type {kind}")
        dtype = np.dtype(_TYPES[kind])
        array = np.frombuffer(self._data, dtype, count=size // dtype.itemsize, offset=self._at).reshape(shape)
        self._at += size
        return name, array

    def _number(self, kind: str) -> int:
        (value,) = struct.unpack_from("<" + kind, self._data, self._at)
        self._at += struct.calcsize(kind)
        return int(value)

    def _string(self) -> str:
        length = self._number("H")  # a closing zero byte included
        text = self._data[self._at : self._at + length - 1].decode()
        self._at += length
        return text
