"""ONNX files in onnxruntime, one thread for each call."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any


def open_session(graph: bytes, *, providers: Sequence[str] = ("CPUExecutionProvider",), arena: bool = True) -> Any:
    """An `onnxruntime.InferenceSession` of an ONNX file. Raises what onnxruntime does, whose errors share no class.

    Concurrent calls are safe. With an `arena` it keeps the memory of a call for the next ones.

    Where there are files in memory the graph is read from one, because onnxruntime keeps bytes that it is given: 25 MB
    for Whisper's encoder of `base`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # memory plans for each shape take up to 90 MB and are no faster
    options.enable_cpu_mem_arena = arena
    options.log_severity_level = 4  # errors are raised, and need not be printed as well
    load = partial(onnxruntime.InferenceSession, sess_options=options, providers=list(providers))
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("network"), "wb") as file:
            file.write(graph)
            file.flush()
            session = load(f"/proc/self/fd/{file.fileno()}")
    else:
        session = load(graph)
    return session
