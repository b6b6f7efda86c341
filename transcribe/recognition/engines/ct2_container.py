"""Reads CTranslate2's model.bin: named arrays, nothing executable.

The layout is the one `ModelSpec._serialize` of the ctranslate2 package writes (ctranslate2/specs/model_spec.py, binary
version 6, little-endian): version, name and revision of the specification, the variables (name, shape, type, bytes),
then the aliases. Only what Whisper's conversion needs is implemented; quantized variables are returned as stored.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from audio.program import program
from audio.trust import check_size, open_regular
from transcribe.errors import EngineError

_MOST_BYTES = 8 << 30  # of a file; the largest of Whisper's has 6.2 GB, in 32 bits
_MOST_VARIABLES = 10_000  # base has 212; a gigabyte of zeros is 125 million, which take minutes
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
            f"check them with `{program()} models verify`, or use --engine ctranslate2"
        ) from exc


def check_heads(heads: Iterable[tuple[int, int]], weights: Path) -> None:
    """Raise `EngineError` for a layer or a head (from 0) that the decoder of a model.bin does not have.

    CTranslate2 says of it that an index is out of range. What cannot be read here is left to the engine.
    """
    try:
        with open_regular(weights) as file:
            layers, most = _Reader(file).decoder_size()
    except (OSError, struct.error, ValueError, KeyError, UnicodeDecodeError):
        return
    for layer, head in heads:
        if not (layer < layers and head < most):
            raise EngineError(
                f"{weights.with_name('config.json')}: alignment_heads: head {head} of layer {layer} is none of the "
                f"model's, which has {layers} layers × {most} heads, counted from 0; get the model again"
            )


def layer_count(names: Iterable[str], side: str) -> int:
    """The number of layers of the "encoder" or the "decoder" with variables of these names."""
    return len({name.split("/")[1] for name in names if name.startswith(f"{side}/layer_") and name.count("/") > 2})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a variable is in the file."""

    name: str
    shape: tuple[int, ...]
    kind: int  # of ctranslate2's DataType
    start: int
    size: int  # in bytes, as `start`


class _Reader:
    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size

    def variables(self, side: str) -> Arrays:
        """Those whose names begin with `side`; aliases share an array, also with a variable of the other side."""
        places = self._places()
        wanted = {name: place for name, place in places.items() if name.startswith(side)}
        arrays = {place: self._array(place) for place in dict.fromkeys(wanted.values())}
        return {name: arrays[place] for name, place in wanted.items()}

    def decoder_size(self) -> tuple[int, int]:
        """The numbers of layers and of heads of the decoder; reads no other array."""
        places = self._places()
        return layer_count(places, "decoder"), int(self._array(places["decoder/num_heads"]))

    def _places(self) -> dict[str, _Place]:
        """Where each variable is, by its name and its aliases."""
        version, _name, _revision = self._number("I"), self._string(), self._number("I")
        if version not in _VERSIONS:
            raise ValueError(f"binary version {version}")
        variables = (self._place() for _ in range(self._count()))
        places = {place.name: place for place in variables}
        for _ in range(self._count()):
            alias, name = self._string(), self._string()
            places[alias] = places[name]
        return places

    def _place(self) -> _Place:
        """That of the variable which begins here; leaves the file at its end."""
        name = self._string()
        shape = tuple(self._number("I") for _ in range(self._number("B")))
        kind, size = self._number("B"), self._number("I")
        start = self._file.tell()
        if size > self._size - start:
            raise ValueError(f"{name} is cut short")
        self._file.seek(size, os.SEEK_CUR)
        return _Place(name, shape, kind, start, size)

    def _array(self, place: _Place) -> np.ndarray[Any, np.dtype[Any]]:
        if place.kind not in _TYPES:
            raise ValueError(f"{place.name} has type {place.kind}")
        self._file.seek(place.start)
        return np.frombuffer(self._file.read(place.size), _TYPES[place.kind]).reshape(place.shape)

    def _count(self) -> int:
        count = self._number("I")
        if count > _MOST_VARIABLES:
            raise ValueError(f"{count} variables")
        return count

    def _number(self, kind: str) -> int:
        (value,) = struct.unpack("<" + kind, self._file.read(struct.calcsize("<" + kind)))
        return int(value)

    def _string(self) -> str:
        return self._file.read(self._number("H")).removesuffix(b"\0").decode()
