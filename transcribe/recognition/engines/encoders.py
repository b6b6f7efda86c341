"""Windows of audio → the states that a text is decoded from: by CTranslate2's encoder, or by onnxruntime's.

CTranslate2 writes the scores of the attention, 72 MB for each layer of `base` and a window of 30 s, and onnxruntime
keeps them in the processor's cache: such a window takes .53 s instead of .61 on one core, and .54 instead of 1.08
beside programs that need the cache. The states differ by 2.6 % (relative L2); each kind differs by 4.7 % from those in
32 bits, and by 2.1 % from its own if a factor is multiplied in another order.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transcribe.errors import EngineError
from transcribe.recognition.engines.ct2_container import read_container
from transcribe.recognition.engines.encoder_graph import encoder_graph
from transcribe.recognition.engines.log_mel import padded_log_mel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.engines.protocol import Samples

    Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

_log = logging.getLogger(__name__)

_CPU = Path("/proc/cpuinfo")
_DOT_PRODUCTS = {"avx512_vnni", "avx_vnni"}  # of 8 bits; without them onnxruntime's sums of two overflow on x86
_MOST_BYTES = 1_000_000_000  # of a file of weights: small's in 32 bits
_MOST_PARAMETERS = 100_000_000  # small's encoder has 88 million; CTranslate2 loads its own as well


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder says of some windows."""

    windows: Sequence[int]  # which of those given
    states: Any  # a StorageView of (len(windows), frames / 2, width)


class Encoder:
    """Encodes windows, each padded as `padded_log_mel` does. May be called from several threads at the same time."""

    def __init__(self, model: Any, *, network: Network | None) -> None:
        """`model` is faster-whisper's; without a `network`, its own encoder is used."""
        self._model = model
        self._network = network

    def encode(self, windows: Sequence[Samples], share: Iterable[int]) -> list[Encoded]:
        """The states of the windows with the indices `share`; without a network, those padded to one length together.

        Raises `EngineError`, `RuntimeError` or `ValueError` if this fails.
        """
        mels = {i: padded_log_mel(self._model, windows[i]) for i in share}
        if self._network is None:
            sizes = dict.fromkeys(mel.shape[1] for mel in mels.values())
            groups = [[i for i in mels if mels[i].shape[1] == size] for size in sizes]
        else:
            groups = [[i] for i in mels]
        return [Encoded(group, self._states(np.stack([mels[i] for i in group]))) for group in groups]

    def states(self, window: Samples) -> Any:
        """Those of one window: a StorageView of (1, frames / 2, width). Raises as `encode` does."""
        return self.encode([window], [0])[0].states

    def _states(self, mels: NDArray[np.float32]) -> Any:
        if self._network is None:
            return self._model.encode(mels)
        from ctranslate2 import StorageView

        return StorageView.from_array(self._network(mels))  # a view, which keeps the array


def load_network(weights: Path) -> Network | None:
    """The encoder of a model.bin in onnxruntime: log-mel (1, n_mels, frames) → states (1, frames / 2, width).

    A call uses one thread; concurrent calls are safe. None where it is not faster, or too large to be in memory twice,
    and where it cannot be made, which a debug message says: CTranslate2 reads the same file, and says what is wrong.
    """
    try:
        graph = _graph(weights) if has_dot_products() and weights.stat().st_size <= _MOST_BYTES else b""
        return _network(graph) if graph else None
    except Exception as exc:  # noqa: BLE001 - onnxruntime's have no class in common
        _log.debug("%s: the encoder is not computed in onnxruntime (%s)", weights, _on_one_line(exc))
        return None


def _graph(weights: Path) -> bytes:
    """Empty for quantized weights, and for too many.

    Raises `ValueError` for weights that are not finite: here no frame would be, of CTranslate2's all may be.
    """
    arrays = read_container(weights, side="encoder")
    are_floats = all(a.dtype.kind == "f" for name, a in arrays.items() if name.endswith("/weight"))
    if not are_floats or sum(array.size for array in arrays.values()) > _MOST_PARAMETERS:
        return b""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} has numbers that are not finite")
    return encoder_graph(arrays)


def has_dot_products() -> bool:
    """Whether the processor adds products of 8 bits in 32. Only Linux says so."""
    try:
        return not _DOT_PRODUCTS.isdisjoint(_CPU.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return False


def _network(graph: bytes) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # memory plans for each shape
    options.enable_cpu_mem_arena = False  # CTranslate2 could not use what it keeps: 60 MB after eight windows
    options.log_severity_level = 4  # errors are raised, and need not be printed as well
    session = _session(graph, options)
    name = session.get_inputs()[0].name

    def run(mels: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            states: NDArray[np.float32] = session.run(None, {name: mels})[0]
        except Exception as exc:
            raise EngineError(f"onnxruntime failed while encoding: {_on_one_line(exc)}; try --engine openai") from exc
        return states

    return run


def _session(graph: bytes, options: Any) -> Any:
    """The session of an ONNX file. Where there are files in memory it is read from one, because onnxruntime keeps bytes
    that it is given: 25 MB for `base`."""
    from onnxruntime import InferenceSession

    load = partial(InferenceSession, sess_options=options, providers=["CPUExecutionProvider"])
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("encoder"), "wb") as file:
            file.write(graph)
            file.flush()
            session = load(f"/proc/self/fd/{file.fileno()}")
    else:
        session = load(graph)
    return session


def _on_one_line(exc: Exception) -> str:
    """Its message, of which onnxruntime's have several lines, and Python's of memory none."""
    return " ".join(str(exc).split()) or type(exc).__name__
