"""A small random Whisper encoder, and a container of CTranslate2 to read it from."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe.recognition.engines.networks import has_dot_products

WIDTH, HEADS, LAYERS, MELS, POSITIONS = 64, 2, 2, 16, 40

Floats = NDArray[np.float64]
Arrays = dict[str, np.ndarray]

needs_dot_products = pytest.mark.skipif(not has_dot_products(), reason="the processor has no dot products of 8 bits")

_KINDS = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}


def random_encoder(seed: int = 0) -> Arrays:
    """Its arrays, named as in a container, in half precision."""
    rng = np.random.default_rng(seed)

    def layer(name: str, n_out: int, n_in: int, *taps: int) -> Arrays:
        weight = rng.normal(size=(n_out, n_in, *taps)) / np.sqrt(n_in * np.prod(taps))
        return {f"{name}/weight": weight, f"{name}/bias": rng.normal(size=n_out) / 10}

    def norm(name: str) -> Arrays:
        return {f"{name}/gamma": rng.normal(1, 0.1, WIDTH), f"{name}/beta": rng.normal(0, 0.1, WIDTH)}

    arrays = layer("conv1", WIDTH, MELS, 3) | layer("conv2", WIDTH, WIDTH, 3) | norm("layer_norm")
    arrays["position_encodings/encodings"] = rng.normal(size=(POSITIONS, WIDTH))
    for i in range(LAYERS):
        attention, ffn = f"layer_{i}/self_attention", f"layer_{i}/ffn"
        arrays |= norm(f"{attention}/layer_norm") | norm(f"{ffn}/layer_norm")
        arrays |= layer(f"{attention}/linear_0", 3 * WIDTH, WIDTH) | layer(f"{attention}/linear_1", WIDTH, WIDTH)
        arrays |= layer(f"{ffn}/linear_0", 4 * WIDTH, WIDTH) | layer(f"{ffn}/linear_1", WIDTH, 4 * WIDTH)
        arrays[f"{attention}/linear_0/bias"][WIDTH : 2 * WIDTH] = 0  # Whisper's keys have none
    halves = {f"encoder/{name}": array.astype(np.float16) for name, array in arrays.items()}
    return halves | {"encoder/num_heads": np.array(HEADS, np.int16)}


def write_container(path: Path, arrays: Mapping[str, np.ndarray], *, aliases: Mapping[str, str] | None = None) -> Path:
    """A model.bin with these arrays, and `aliases`, by their names, of some of them."""
    parts = [struct.pack("<I", 6), _string("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        parts += [_string(name), shape, struct.pack("<BI", _KINDS[array.dtype.name], array.nbytes), array.tobytes()]
    pairs = (aliases or {}).items()
    parts += [struct.pack("<I", len(pairs)), *(_string(name) for pair in pairs for name in pair)]
    path.write_bytes(b"".join(parts))
    return path


def _string(text: str) -> bytes:
    data = text.encode() + b"\0"
    return struct.pack("<H", len(data)) + data
