"""The tensors of a file that `torch.save` wrote, as numpy arrays; no torch, and nothing in the file is ever executed.

Such a file is an uncompressed zip: `data.pkl`, a pickle of nested containers, and the bytes of each tensor's storage. A
pickle is a program for a stack machine that can call any function. This one knows three names (a tensor, its storage,
an ordered dict), the containers, text and numbers; any other instruction, name or argument is refused. It is not a
subclass of `pickle.Unpickler`, whose instructions REDUCE and BUILD call and change whatever is on the stack, and whose
memo takes the memory a file asks for. safetensors would need none of this, but the weights are not published so.

The caller states the SHA-256 of the file; it is checked before anything is read. Tensors are read-only views, so that
memory does not exceed the size of the file, however often it mentions a storage.
"""

from __future__ import annotations

import hashlib
import io
import pickletools
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.trust import read_regular
from transcribe.errors import ModelError

_MOST_BYTES = 1 << 30  # of a file
_MOST_PICKLE_BYTES = 4 << 20  # the larger of the two networks' has 0.13 MB
_MOST_AXES = 8


class _Name(Enum):
    """What a pickle may name: module and name."""

    TENSOR = "torch._utils _rebuild_tensor_v2"
    DICT = "collections OrderedDict"
    FLOATS = "torch FloatStorage"
    INTEGERS = "torch LongStorage"


_DTYPES: Mapping[_Name, np.dtype[Any]] = {_Name.FLOATS: np.dtype("<f4"), _Name.INTEGERS: np.dtype("<i8")}


class _Refused(Exception):  # noqa: N818 - not an error of ours: it becomes a ModelError
    """The file has something that a file of tensors has not."""


def read_torch_file(path: Path, *, sha256: str) -> Mapping[str, Any]:
    """The dict a file holds: containers, text, numbers and, for tensors, read-only arrays (float32 or int64).

    Raises `ModelError` if the file cannot be read, has another SHA-256, or holds anything else.
    """
    try:
        data = read_regular(path, max_bytes=_MOST_BYTES)
    except OSError as exc:
        raise ModelError(f"{path}: the weights cannot be read ({exc.strerror or exc})") from exc
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"{path}: not the published weights (SHA-256 differs); delete the file and run again")
    return parse_torch_file(data, about=str(path))


def parse_torch_file(data: bytes, *, about: str) -> Mapping[str, Any]:
    """See `read_torch_file`; `data` is the file, `about` its name in errors."""
    try:
        value = _unpickle(*_opened(data))
    except (_Refused, zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, struct.error) as exc:
        raise ModelError(f"{about}: not a file of tensors ({exc})") from exc
    except (EOFError, OSError, RuntimeError, MemoryError) as exc:  # of zipfile: cut off, impossible offsets, encrypted
        raise ModelError(f"{about}: not a file of tensors ({type(exc).__name__})") from exc
    if not isinstance(value, dict):
        raise ModelError(f"{about}: not a file of tensors (it holds no dict)")
    return value


def _opened(data: bytes) -> tuple[bytes, _Storages]:
    """The pickle, and the storages it refers to."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    root = next((name for name in archive.namelist() if name.endswith("/data.pkl")), "").removesuffix("data.pkl")
    if not root:
        raise _Refused("there is no data.pkl")
    storages = _Storages(archive, root, len(data))
    if f"{root}byteorder" in archive.namelist() and storages.member("byteorder") != b"little":
        raise _Refused("its numbers are not little-endian")
    return storages.member("data.pkl", most=_MOST_PICKLE_BYTES), storages


@dataclass(slots=True)
class _Storages:
    """The bytes of the storages, each read once; all together are no more than `left`."""

    archive: zipfile.ZipFile
    root: str
    left: int
    known: dict[str, bytes] = field(default_factory=dict)

    def member(self, name: str, *, most: int = _MOST_BYTES) -> bytes:
        """The bytes of a file in the zip, by its name below `root`."""
        if name not in self.known:
            info = self.archive.getinfo(self.root + name)
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > min(most, self.left):
                raise _Refused(f"{name} is compressed or too large")
            self.left -= info.file_size
            self.known[name] = self.archive.read(info)
        return self.known[name]


@dataclass(frozen=True, slots=True)
class _Storage:
    """Numbers of one type, before a tensor gives them a shape."""

    numbers: NDArray[Any]


class _Machine:
    """The stack machine of a pickle. A method for each instruction it knows; `steps` has them by name."""

    def __init__(self, storages: _Storages) -> None:
        self.storages = storages
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memo: dict[int, Any] = {}

    def pop(self, number: int) -> list[Any]:
        """Take the last `number` values off the stack, none from below the last mark."""
        if number > len(self.stack) - (self.marks[-1] if self.marks else 0):
            raise _Refused("its stack is empty")
        taken = self.stack[len(self.stack) - number :]
        del self.stack[len(self.stack) - number :]
        return taken

    def pop_to_mark(self) -> list[Any]:
        """Take everything above the last mark, and the mark."""
        if not self.marks:
            raise _Refused("a mark is missing")
        taken = self.pop(len(self.stack) - self.marks[-1])
        self.marks.pop()
        return taken

    def top(self, kind: type) -> Any:
        """The last value, which has to be a `kind`."""
        (value,) = self.pop(1)
        self.stack.append(value)
        if type(value) is not kind:
            raise _Refused(f"a {kind.__name__} is missing")
        return value

    def set_items(self, items: list[Any]) -> None:
        target = self.top(dict)
        if len(items) % 2 or not all(type(key) in (str, int) for key in items[::2]):
            raise _Refused("a key is neither text nor a number")
        target.update(zip(items[::2], items[1::2], strict=True))

    def append(self, items: list[Any]) -> None:
        self.top(list).extend(items)

    def build(self) -> None:
        """Attributes of a dict (PyTorch keeps versions there) are dropped."""
        self.pop(1)
        self.top(dict)

    def find_storage(self) -> None:
        """A reference ("storage", type, key, device, count)."""
        (reference,) = self.pop(1)
        if type(reference) is not tuple or len(reference) != 5 or reference[0] != "storage":
            raise _Refused("a reference to something other than a storage")
        _, kind, key, _, count = reference
        if not isinstance(kind, _Name) or kind not in _DTYPES or type(key) is not str:
            raise _Refused("a storage of an unknown type")
        data, dtype = self.storages.member(f"data/{key}"), _DTYPES[kind]
        if type(count) is not int or len(data) != count * dtype.itemsize:
            raise _Refused(f"storage {key} has another size than stated")
        self.stack.append(_Storage(np.frombuffer(data, dtype)))

    def call(self) -> None:
        """Only two names can be called, and neither is a function of anybody's: an empty dict, and a tensor."""
        name, arguments = self.pop(2)
        if name is _Name.DICT and type(arguments) is tuple and not arguments:
            self.stack.append({})
        elif name is _Name.TENSOR and type(arguments) is tuple and len(arguments) >= 4:
            self.stack.append(_tensor(*arguments[:4]))
        else:
            raise _Refused("it calls something other than a tensor or a dict")

    def get(self, number: int) -> None:
        if number not in self.memo:
            raise _Refused("it reads a memo that it did not write")
        self.stack.append(self.memo[number])

    def put(self, number: int) -> None:
        (value,) = self.pop(1)
        self.stack.append(value)
        self.memo[number] = value


_Step = Callable[[_Machine, Any], object]
_STEPS: Mapping[str, _Step] = {
    "PROTO": lambda machine, version: None,
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"),
        lambda machine, value: machine.stack.append(value),
    ),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_to_mark())),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_to_mark()),
    "APPEND": lambda machine, _: machine.append(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_to_mark()),
    "BUILD": lambda machine, _: machine.build(),
    "GLOBAL": lambda machine, name: machine.stack.append(_Name(name)),
    "BINPERSID": lambda machine, _: machine.find_storage(),
    "REDUCE": lambda machine, _: machine.call(),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda machine, number: machine.put(number)),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, number: machine.get(number)),
}


def _unpickle(program: bytes, storages: _Storages) -> Any:
    """Run the pickle on a `_Machine`. Raises `_Refused` and `ValueError`."""
    machine = _Machine(storages)
    for opcode, argument, _ in pickletools.genops(program):
        if opcode.name == "STOP":
            return machine.pop(1)[0]
        step = _STEPS.get(opcode.name)
        if step is None:
            raise _Refused(f"the instruction {opcode.name}")
        step(machine, argument)
    raise _Refused("it does not end")


def _tensor(storage: Any, offset: Any, size: Any, stride: Any) -> NDArray[Any]:
    """A view of the storage's numbers. Every element lies in the storage, and there are no more than it has."""
    if type(storage) is not _Storage or type(size) is not tuple or type(stride) is not tuple:
        raise _Refused("a tensor without a storage, a size or strides")
    if len(size) != len(stride) or len(size) > _MOST_AXES:
        raise _Refused("a tensor whose size and strides do not match")
    numbers, n_elements, last = storage.numbers, 1, offset
    for number in (offset, *size, *stride):
        if type(number) is not int or not 0 <= number < 1 << 31:
            raise _Refused("a tensor outside its storage")
    for length, step in zip(size, stride, strict=True):
        n_elements, last = n_elements * length, last + (length - 1) * step
    if n_elements > len(numbers) or (n_elements and last >= len(numbers)):
        raise _Refused("a tensor outside its storage")
    if not n_elements:
        return np.empty(size, numbers.dtype)
    strides = tuple(step * numbers.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, strides, writeable=False)
