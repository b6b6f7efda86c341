"""Networks in onnxruntime beside CTranslate2, made of its weights: whether they are worth it, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transcribe.errors import EngineError
from transcribe.recognition.engines.ct2_container import Arrays, read_container
from transcribe.weights.onnx_sessions import open_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Run = Callable[[Mapping[str, NDArray[Any]]], list[NDArray[Any]]]

_CPU = Path("/proc/cpuinfo")
_DOT_PRODUCTS = {"avx512_vnni", "avx_vnni"}  # of 8 bits; without them onnxruntime's sums of two overflow on x86
_ADDED = ("/bias", "/gamma", "/beta", "/encodings")  # arrays of which onnxruntime repeats a single row or number
_MOST_BYTES = 1_000_000_000  # of a file of weights: small's in 32 bits
_MOST_PARAMETERS = 100_000_000  # small's encoder has 88 million, its decoder 153; CTranslate2 loads its own as well


def suitable_arrays(weights: Path, *, side: str) -> Arrays | None:
    """The arrays of the "encoder" or the "decoder" of a model.bin.

    None where a network of them is not faster than CTranslate2's, or too large to be in memory twice, and for quantized
    weights. Raises `EngineError`, `OSError`, or `ValueError` for weights that are not finite, of which no number would
    be, and of CTranslate2's all may be; and for a single number or row where a network has many.
    """
    if not has_dot_products() or weights.stat().st_size > _MOST_BYTES:
        return None
    arrays = read_container(weights, side=side)
    are_floats = all(a.dtype.kind == "f" for name, a in arrays.items() if name.endswith("/weight"))
    distinct = {id(array): name for name, array in arrays.items()}.values()
    if not are_floats or sum(arrays[name].size for name in distinct) > _MOST_PARAMETERS:
        return None
    for name in distinct:
        if not _are_finite(arrays[name]):
            raise ValueError(f"{name} has numbers that are not finite")
        if name.endswith(_ADDED) and 1 in arrays[name].shape:
            raise ValueError(f"{name} has one row or number, which would be added to all frames or channels")
    return arrays


def has_dot_products() -> bool:
    """Whether the processor adds products of 8 bits in 32. Only Linux says so."""
    try:
        return not _DOT_PRODUCTS.isdisjoint(_CPU.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return False


def open_network(graph: bytes, *, doing: str) -> Run:
    """An ONNX file as a function from inputs by their names to outputs, which raises `EngineError`.

    A call uses one thread; concurrent calls are safe. `doing` is what an error says has failed.
    """
    session = open_session(graph, arena=False)  # CTranslate2 could not use what it keeps: 60 MB after eight windows

    def run(inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            outputs: list[NDArray[Any]] = session.run(None, inputs)
        except Exception as exc:
            raise EngineError(f"onnxruntime failed while {doing}: {on_one_line(exc)}; try --engine openai") from exc
        return outputs

    return run


def on_one_line(exc: Exception) -> str:
    """Its message, of which onnxruntime's have several lines, and Python's of memory none."""
    return " ".join(str(exc).split()) or type(exc).__name__


def _are_finite(numbers: NDArray[Any]) -> bool:
    """Those of 16 bits are told by their bits, in a tenth of the time: what is not finite has the largest exponent."""
    if numbers.dtype != np.float16:
        return bool(np.isfinite(numbers).all())
    return bool(numbers.view(np.int16).max(initial=0) < 0x7C00 and numbers.view(np.uint16).max(initial=0) < 0xFC00)
