"""Tensors are read as torch reads them, and a file that is anything else is refused without running any of it."""

from __future__ import annotations

import collections
import contextlib
import io
import os
import pickle
import pickletools
import struct
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.diarization.networks import SpeakerModel, find_speaker_models
from transcribe.errors import ModelError
from transcribe.weights.torch_file import parse_torch_file, read_torch_file

CALLS: list[str] = []


def canary(*args: object) -> dict[str, object]:
    """What hostile pickles call."""
    CALLS.append(repr(args))
    return {}


class Hostile:
    """Its pickle calls a function when it is read."""

    def __init__(self, function: Any, *args: Any, state: Any = None) -> None:
        self.reduced = (function, args, state)

    def __reduce__(self) -> Any:
        return self.reduced


def archive(program: bytes, storages: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A file as `torch.save` lays it out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        file.writestr("archive/data.pkl", program)
        file.writestr("archive/byteorder", "little")
        for key, data in storages.items():
            file.writestr(f"archive/data/{key}", data)
    return buffer.getvalue()


def tensor(
    *,
    kind: str = "FloatStorage",
    key: str = "0",
    count: int = 6,
    offset: int = 0,
    size: str = "(2, 3)",
    stride: str = "(3, 1)",
) -> bytes:
    """A pickle of {"w": a tensor}; the numbers are given as Python writes them."""

    def numbers(text: str) -> bytes:
        return b"(" + b"".join(b"J" + struct.pack("<i", n) for n in eval(text)) + b"t"

    text = key.encode()
    reference = b"(X\x07\0\0\0storagectorch\n" + kind.encode() + b"\nX" + struct.pack("<I", len(text)) + text
    reference += b"X\x03\0\0\0cpuJ" + struct.pack("<i", count) + b"tQ"
    arguments = b"(" + reference + b"J" + struct.pack("<i", offset) + numbers(size) + numbers(stride)
    arguments += b"\x89ccollections\nOrderedDict\n)Rt"
    return b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"Rs."


SIX = np.arange(6, dtype="<f4").tobytes()


def read(program: bytes, storages: dict[str, bytes] | None = None) -> Any:
    return parse_torch_file(archive(program, {"0": SIX} if storages is None else storages), about="weights.pt")


def test_a_tensor_is_a_read_only_array() -> None:
    values = read(tensor())["w"]
    assert values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert values.dtype == np.float32
    assert not values.flags.writeable
    assert read(tensor(size="(3, 2)", stride="(1, 3)"))["w"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert read(tensor(offset=4, size="(2,)", stride="(1,)"))["w"].tolist() == [4, 5]


@pytest.mark.parametrize(
    "given_as",
    [
        {"offset": -1},
        {"offset": 1},
        {"size": "(2, 4)"},
        {"size": "(-1, 3)"},
        {"stride": "(3, 2)"},
        {"stride": "(-3, 1)"},
        {"size": "(7,)", "stride": "(0,)"},  # more numbers than the storage has
        {"size": "(2,)"},
        {"count": 5},
        {"count": 7},
        {"count": -6},
        {"key": "1"},
        {"key": "../../../etc/passwd"},
        {"kind": "ComplexDoubleStorage"},
        {"kind": "LongStorage"},
        {"size": f"({'1,' * 9})", "stride": f"({'1,' * 9})"},
    ],
    ids=str,
)
def test_a_tensor_outside_its_storage_is_refused(given_as: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"^weights\.pt: not a file of tensors \("):
        read(tensor(**given_as))


HOSTILE = {
    "reduce": pickle.dumps({"w": Hostile(canary)}, 2),
    "reduce, protocol 4": pickle.dumps({"w": Hostile(canary)}, 4),
    "reduce, protocol 0": pickle.dumps({"w": Hostile(canary)}, 0),
    "os.system": pickle.dumps(Hostile(os.system, "exit 1"), 2),
    "eval": pickle.dumps(Hostile(eval, f"__import__({__name__!r})"), 2),
    "a dict from pairs": pickle.dumps({"w": Hostile(collections.OrderedDict, [("a", 1)])}, 2),
    "build of an object": pickle.dumps({"w": Hostile(canary, state={"x": 1})}, 2),
    "inst": b"(i" + __name__.encode() + b"\ncanary\n.",
    "obj": b"(c" + __name__.encode() + b"\ncanary\no.",
    "newobj": b"c" + __name__.encode() + b"\ncanary\n)\x81.",
    "extension": b"\x82\x01.",
    "build of a name": b"\x80\x02ccollections\nOrderedDict\n}X\x01\0\0\0aK\x01sb.",
    "build of a tensor": tensor()[:-2] + b"}bs.",
    "a name called by a dict": b"\x80\x02}}R.",
    "a storage called": b"\x80\x02ctorch\nFloatStorage\n)R.",
    "a dotted name": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2.__globals__\n)R.",
    "a persistent id that is text": b"P0\n.",
    "another reference": b"\x80\x02(X\x06\0\0\0moduleK\x01K\x01K\x01K\x01tQ.",
    "no dict": b"\x80\x02].",
    "an empty stack": b".",
    "a missing mark": b"\x80\x02t.",
    "no end": b"\x80\x02}",
    "an unhashable key": b"\x80\x02}]Ns.",
    "a tuple as a key": b"\x80\x02})Ns.",
    "a memo nobody wrote": b"\x80\x02h\x07.",
    "text longer than the file": b"\x80\x02X\xff\xff\xff\x7fa.",
    "an endless number": b"I" + b"9" * 100_000 + b"\n.",
    "a frame": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f}.",
}


@pytest.mark.parametrize("program", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_file_of_tensors_is_refused_and_never_runs(program: bytes) -> None:
    CALLS.clear()
    with pytest.raises(ModelError, match=r"^weights\.pt: (not a file of tensors|$)"):
        read(program)
    assert CALLS == []


def test_the_canary_sings_where_pickles_run() -> None:
    CALLS.clear()
    for name in ("reduce", "reduce, protocol 4", "reduce, protocol 0", "inst", "obj"):
        pickle.loads(HOSTILE[name])
    assert len(CALLS) == 5


SEEDS = [tensor(), *HOSTILE.values()]
Mutation = tuple[int, bytes, int]


@given(
    seed=st.sampled_from(SEEDS),
    other=st.sampled_from(SEEDS),
    cut=st.floats(0, 1),
    mutations=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 4)), max_size=6),
)
def test_a_mutated_pickle_gives_arrays_or_an_error_and_calls_nothing(
    seed: bytes, other: bytes, cut: float, mutations: list[Mutation]
) -> None:
    program = bytearray(seed[: int(len(seed) * cut)] + other[int(len(other) * (1 - cut)) :])
    for at, inserted, dropped in mutations:
        at %= len(program) + 1
        program[at : at + dropped] = inserted
    CALLS.clear()
    with contextlib.suppress(ModelError):
        assert type(read(bytes(program))) is dict
    assert CALLS == []


@given(
    at=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8), cut=st.integers(0, 900)
)
def test_a_mutated_file_gives_arrays_or_an_error(at: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(archive(tensor(), {"0": SIX}))
    for position, value in at:
        data[position % len(data)] = value
    with contextlib.suppress(ModelError):
        read = parse_torch_file(bytes(data[: len(data) - cut] if cut < 500 else data), about="weights.pt")
        assert type(read) is dict
        assert sum(each.nbytes for each in read.values() if isinstance(each, np.ndarray)) <= len(data)


def test_only_known_instructions_have_a_step() -> None:
    """Of all instructions that call, build or import, three are known, and those for a few names only."""
    from transcribe.weights.torch_file import _STEPS

    dangerous = {"GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "EXT1"}
    dangerous |= {"EXT2", "EXT4", "BINPERSID", "NEXT_BUFFER"}
    assert set(_STEPS) <= {opcode.name for opcode in pickletools.opcodes}
    assert dangerous & set(_STEPS) == {"GLOBAL", "REDUCE", "BUILD", "BINPERSID"}


def test_compressed_members_are_refused() -> None:
    data = archive(tensor(), {"0": bytes(24_000)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match="compressed"):
        parse_torch_file(data, about="weights.pt")


def test_many_tensors_of_one_storage_take_no_more_memory_than_it() -> None:
    one = tensor(count=100_000, size="(100000,)", stride="(1,)")
    item = one[3:-1]  # after the dict, up to the end: its key, the tensor and SETITEM
    keys = [b"\x04\0\0\0" + f"{number:04}".encode() for number in range(500)]
    program = b"\x80\x02}" + b"".join(item.replace(b"\x01\0\0\0w", key) for key in keys) + b"."
    value = read(program, {"0": bytes(400_000)})
    assert len(value) == 500
    assert len({array.__array_interface__["data"][0] for array in value.values()}) == 1


def test_another_hash_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(archive(HOSTILE["reduce"], {}))
    with pytest.raises(ModelError, match=r"weights\.pt: not the published weights \(SHA-256 differs\)"):
        read_torch_file(path, sha256="0" * 64)
    with pytest.raises(ModelError, match=r"missing\.pt: the weights cannot be read \(No such file"):
        read_torch_file(tmp_path / "missing.pt", sha256="0" * 64)


@pytest.mark.parametrize(
    "make",
    [
        lambda torch: {"a": torch.arange(12.0).reshape(3, 4), "b": torch.tensor(7)},
        lambda torch: {"t": torch.arange(12.0).reshape(3, 4).t(), "part": torch.arange(10.0)[3:7:2]},
        lambda torch: (lambda whole: {"x": whole, "y": whole[2:]})(torch.arange(9.0)),
        lambda torch: {"none": torch.empty(0, 3), "one": torch.ones(1), "deep": torch.zeros(2, 1, 2, 1)},
        lambda torch: {
            "state_dict": torch.nn.LSTM(3, 2, bidirectional=True).state_dict(),
            "rate": 0.5,
            "list": [1, "a"],
        },
        lambda torch: torch.nn.Sequential(torch.nn.Conv1d(2, 3, 3), torch.nn.BatchNorm1d(3)).state_dict(),
        lambda torch: {"no": None, "yes": True, "big": 2**40, "nested": {"tuple": (1, (2, "ü"))}, 5: torch.eye(2)},
    ],
    ids=["shapes", "strides", "shared", "sizes", "lstm", "module", "containers"],
)
def test_torch_reads_the_same(make: Any, tmp_path: Path) -> None:
    torch = import_module("torch")
    torch.save(make(torch), tmp_path / "weights.pt")
    ours = parse_torch_file((tmp_path / "weights.pt").read_bytes(), about="weights.pt")
    assert_same(ours, torch.load(tmp_path / "weights.pt", weights_only=True))


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
@pytest.mark.parametrize("model", SpeakerModel)
def test_torch_reads_the_published_weights_the_same(model: SpeakerModel) -> None:
    torch = import_module("torch")
    path = find_speaker_models() / model.file_name
    assert_same(read_torch_file(path, sha256=model.sha256), torch.load(path, weights_only=True))


def assert_same(ours: Any, theirs: Any) -> None:
    if hasattr(theirs, "numpy"):
        assert ours.dtype == theirs.numpy().dtype
        assert np.array_equal(ours, theirs.numpy())
        assert ours.shape == tuple(theirs.shape)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_same(ours[key], theirs[key])
    else:
        assert ours == theirs
