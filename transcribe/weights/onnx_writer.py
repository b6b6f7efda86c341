"""Writes ONNX files: the part of the format that a network for onnxruntime needs, without the `onnx` package.

A graph is built node by node, with numpy arrays as weights. Shapes and types are not checked here but by onnxruntime
when it loads the file. Field numbers are those of onnx.proto (https://github.com/onnx/onnx, onnx/onnx.proto, IR version
8), the wire format that of https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

Attribute = int | float | str | Sequence[int]
_Piece = bytes | memoryview  # of the file

_IR_VERSION = 8
_OPSETS = {"": 17, "com.microsoft": 1}  # by the domain: ONNX's own, and onnxruntime's (its docs/ContribOperators.md)
_FLOAT, _UINT8, _INT8, _INT64 = 1, 2, 3, 7  # TensorProto.DataType
_DTYPES = {_FLOAT: "<f4", _UINT8: "u1", _INT8: "i1", _INT64: "<i8"}


class Graph:
    """A network under construction. `add` and `constant` return the names later nodes refer to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[bytes] = []
        self._weights: list[_Piece] = []
        self._numbers: Iterator[int] = count()

    def add(self, operator: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Append a node and return its first output; an empty input name omits one.

        An operator that is not a standard one has its domain before its name: "com.microsoft.Gelu".
        """
        return self.add_many(operator, inputs, 1, **attributes)[0]

    def add_many(self, operator: str, inputs: Sequence[str], count: int, **attributes: Attribute) -> list[str]:
        """Append a node and return its first `count` outputs; names as for `add`."""
        domain, _, operator = operator.rpartition(".")
        outputs = [f"v{next(self._numbers)}" for _ in range(count)]
        fields = [_text(1, name) for name in inputs]
        fields += [_text(2, output) for output in outputs]
        fields += [_text(4, operator), _text(7, domain)]
        fields += [_message(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(b"".join(fields))
        return outputs

    def constant(self, values: NDArray[Any]) -> str:
        """A weight: int8 and uint8 stay as they are, other integers become int64, everything else float32.

        The graph keeps `values` themselves if they are of that type: they must not change before `model`.
        """
        name = f"w{next(self._numbers)}"
        kind = _kind(values.dtype)
        fields = [_integer(1, size) for size in values.shape]
        fields += [_integer(2, kind), _text(8, name)]
        numbers = np.ascontiguousarray(values, _DTYPES[kind]).reshape(-1).view(np.uint8)
        self._weights += _nested(5, [*fields, *_nested(9, [numbers.data])])
        return name

    def model(
        self, inputs: Mapping[str, Sequence[int | str]], *outputs: str, types: Mapping[str, type] | None = None
    ) -> bytes:
        """The complete file: the inputs with their shapes (a name is a free size), and the outputs.

        All are float32 but for those whose numpy type is in `types`.
        """
        kinds = {name: _kind(np.dtype(kind)) for name, kind in (types or {}).items()}
        graph: list[_Piece] = [_message(1, node) for node in self._nodes]
        graph += [_text(2, self.name), *self._weights]
        graph += [_message(11, _value(name, kinds.get(name, _FLOAT), shape)) for name, shape in inputs.items()]
        graph += [_message(12, _value(name, kinds.get(name, _FLOAT), None)) for name in outputs]
        operators = [_message(8, _text(1, domain) + _integer(2, version)) for domain, version in _OPSETS.items()]
        return b"".join([_integer(1, _IR_VERSION), _text(2, "turnscript"), *_nested(7, graph), *operators])


def _kind(dtype: np.dtype[Any]) -> int:
    if dtype in (np.int8, np.uint8):
        return _INT8 if dtype == np.int8 else _UINT8
    return _INT64 if np.issubdtype(dtype, np.integer) else _FLOAT


def _attribute(name: str, value: Attribute) -> bytes:
    start = _text(1, name)
    if isinstance(value, int):
        return start + _integer(3, value) + _integer(20, 2)
    if isinstance(value, float):
        return start + _key(2, 5) + np.float32(value).tobytes() + _integer(20, 1)
    if isinstance(value, str):
        return start + _text(4, value) + _integer(20, 3)
    return start + b"".join(_integer(8, item) for item in value) + _integer(20, 7)


def _value(name: str, kind: int, shape: Sequence[int | str] | None) -> bytes:
    tensor = _integer(1, kind)
    if shape is not None:
        sizes = [_text(2, size) if isinstance(size, str) else _integer(1, size) for size in shape]
        tensor += _message(2, b"".join(_message(1, size) for size in sizes))
    return _text(1, name) + _message(2, _message(1, tensor))


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _integer(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)  # negative ones as two's complement


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, payload: bytes) -> bytes:
    return b"".join(_nested(field, [payload]))


def _nested(field: int, pieces: Sequence[_Piece]) -> list[_Piece]:
    """A message whose content is `pieces`, not joined yet."""
    return [_key(field, 2) + _varint(sum(map(len, pieces))), *pieces]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
