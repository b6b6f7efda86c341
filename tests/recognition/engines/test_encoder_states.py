"""Which of the encoder's frames a text is searched in."""

from __future__ import annotations

import ctranslate2
import numpy as np

from transcribe.recognition.engines.encoder_states import thinned


def test_every_second_frame_of_each_window_in_their_order() -> None:
    windows = np.arange(3 * 6 * 2, dtype=np.float32).reshape(3, 6, 2)
    views = [ctranslate2.StorageView.from_array(part.copy()) for part in (windows[:2], windows[2:])]
    assert thinned(views).tolist() == [[frames[i].tolist() for i in (0, 2, 4)] for frames in windows]
