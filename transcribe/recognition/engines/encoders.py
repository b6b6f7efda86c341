"""Windows of audio → the states that a text is decoded from: by CTranslate2's encoder, or by onnxruntime's.

CTranslate2 writes the scores of the attention, 72 MB for each layer of `base` and a window of 30 s, in 32 bits, and
needs .61 s for such a window on one core, 1.08 beside programs that need the processor's cache. Here the scores of a
few frames stay there, and both products of the attention are of 8 bits: .39 s. The states differ from those in 32 bits
by 4.7 % (relative L2, 22 windows of two corpora), CTranslate2's by 5.4.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from transcribe.recognition.engines.encoder_graph import encoder_graph
from transcribe.recognition.engines.log_mel import padded_log_mel
from transcribe.recognition.engines.networks import on_one_line, open_network, suitable_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.engines.protocol import Samples

    Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

_log = logging.getLogger(__name__)


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


def load_encoder_network(weights: Path) -> Network | None:
    """The encoder of a model.bin in onnxruntime: log-mel (1, n_mels, frames) → states (1, frames / 2, width).

    A call uses one thread; concurrent calls are safe. None where it is not faster, or too large to be in memory twice,
    and where it cannot be made, which a debug message says: CTranslate2 reads the same file, and says what is wrong.
    """
    try:
        arrays = suitable_arrays(weights, side="encoder")
        if arrays is None:
            return None
        graph, n_mels = encoder_graph(arrays), arrays["encoder/conv1/weight"].shape[1]
        del arrays  # onnxruntime takes as much memory as they have
        run = open_network(graph, doing="encoding")
        (states,) = run({"mel": np.zeros((1, n_mels, 2), np.float32)})  # some shapes are checked when the graph runs
        if not np.isfinite(states).all():
            raise ValueError("its weights are so large that it computes no numbers")
    except Exception as exc:  # noqa: BLE001 - onnxruntime's have no class in common
        _log.debug("%s: the encoder is not computed in onnxruntime (%s)", weights, on_one_line(exc))
        return None
    return lambda mels: run({"mel": mels})[0]
