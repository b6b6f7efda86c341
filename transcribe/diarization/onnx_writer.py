"""Writes ONNX files: the part of the format that a network for onnxruntime needs, without the `onnx` package.

A graph is built node by node, with numpy arrays as weights. Shapes and types are not checked here but by onnxruntime
when it loads the file. Field numbers are those of onnx.proto (https://github.com/onnx/onnx,
onnx/onnx.proto, IR version 8), the wire format that of https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

Attribute = int | float | str | Sequence[int]

_IR_VERSION, _OPSET = 8, 17
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType


class Graph:
    """A network under construction. `add` and `constant` return the names later nodes refer to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []
        self._numbers: Iterator[int] = count()

    def add(self, operator: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Append a node of the standard operator set and return its first output; an empty input name omits one."""
        output = f"v{next(self._numbers)}"
        fields = [_text(1, name) for name in inputs]
        fields += [_text(2, output), _text(4, operator)]
        fields += [_message(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(b"".join(fields))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        """A weight: integers become int64, everything else float32."""
        name = f"w{next(self._numbers)}"
        kind = _INT64 if np.issubdtype(values.dtype, np.integer) else _FLOAT
        data = np.ascontiguousarray(values, dtype="<i8" if kind == _INT64 else "<f4")
        fields = [_integer(1, size) for size in data.shape]
        fields += [_integer(2, kind), _text(8, name), _message(9, data.tobytes())]
        self._weights.append(b"".join(fields))
        return name

    def model(self, inputs: Mapping[str, Sequence[int | str]], output: str) -> bytes:
        """The complete file: float32 inputs with their shapes (a name is a free size), and the output."""
        fields = [_message(1, node) for node in self._nodes]
        fields.append(_text(2, self.name))
        fields += [_message(5, weight) for weight in self._weights]
        fields += [_message(11, _value(name, shape)) for name, shape in inputs.items()]
        fields.append(_message(12, _value(output, None)))
        operators = _integer(2, _OPSET)
        return (
            _integer(1, _IR_VERSION) + _text(2, "turnscript") + _message(7, b"".join(fields)) + _message(8, operators)
        )


def _attribute(name: str, value: Attribute) -> bytes:
    start = _text(1, name)
    if isinstance(value, int):
        return start + _integer(3, value) + _integer(20, 2)
    if isinstance(value, float):
        return start + _key(2, 5) + np.float32(value).tobytes() + _integer(20, 1)
    if isinstance(value, str):
        return start + _text(4, value) + _integer(20, 3)
    return start + b"".join(_integer(8, item) for item in value) + _integer(20, 7)


def _value(name: str, shape: Sequence[int | str] | None) -> bytes:
    tensor = _integer(1, _FLOAT)
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
    return _key(field, 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
