"""The two networks of diarization as ONNX graphs with published weights.

- `segmentation_graph`: which of up to three people speak when in ten seconds of audio. SincNet, four bidirectional
  LSTM layers and a powerset output: H. Bredin, "pyannote.audio 2.1 speaker diarization pipeline" and A. Plaquet &
  H. Bredin, "Powerset multi-class cross entropy loss for neural speaker diarization", Interspeech 2023; the filters
  after M. Ravanelli & Y. Bengio, "Speaker recognition from raw waveform with SincNet", SLT 2018, and their odd twins
  after M. Pariente et al., "Filterbank design for end-to-end speech separation", ICASSP 2020.
- `embedding_graph`: a speaker embedding. CAM++: H. Wang et al., "CAM++: a fast and efficient network for speaker
  verification using context-aware masking", Interspeech 2023.

For inference only: batch normalisation is folded into adjacent layers where possible. `transcribe.diarization.networks`
loads the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.decoding.samples import SAMPLE_RATE
from transcribe.weights.onnx_writer import Graph

Weights = Mapping[str, NDArray[Any]]

FEATURES = 80  # mel bands CAM++ was trained on
EMBEDDING = 192  # dimensions of its vectors

_SINC_TAPS, _SINC_STRIDE = 251, 10
_LEAK = 0.01  # slope of the leaky ReLUs (PyTorch's default)
_NORM_EPSILON = 1e-5
_LSTM_LAYERS, _LSTM_SIZE = 4, 128
_BLOCKS = ((1, 12, 1), (2, 24, 2), (3, 16, 2))  # CAM++: number, layers, dilation


def segmentation_graph(weights: Weights) -> bytes:
    """pyannote segmentation-3.0 as an ONNX file.

    Input "audio": float32 (batch, 1, samples), 16 kHz. Output: float32 (batch, frames, 7), log-probabilities of nobody,
    of each of three speakers, and of each pair 1+2, 1+3, 2+3. `weights` are those of the published checkpoint.
    """
    graph = Graph("segmentation")
    x = _instance_norm(graph, weights, "sincnet.wav_norm1d", "audio")
    bank = "sincnet.conv1d.0.filterbank"
    filters = sinc_filters(weights[f"{bank}.low_hz_"], weights[f"{bank}.band_hz_"])
    x = graph.add("Conv", [x, graph.constant(filters)], strides=[_SINC_STRIDE])
    x = graph.add("Abs", [x])
    for layer in range(3):
        if layer:
            x = graph.add("Conv", [x, *_constants(graph, weights, f"sincnet.conv1d.{layer}")])
        x = graph.add("MaxPool", [x], kernel_shape=[3], strides=[3])
        x = _instance_norm(graph, weights, f"sincnet.norm1d.{layer}", x)
        x = graph.add("LeakyRelu", [x], alpha=_LEAK)
    x = graph.add("Transpose", [x], perm=[2, 0, 1])  # (frames, batch, features)
    for layer in range(_LSTM_LAYERS):
        x = _lstm(graph, weights, layer, x)
    x = graph.add("Transpose", [x], perm=[1, 0, 2])
    for layer in range(2):
        x = graph.add("LeakyRelu", [_linear(graph, weights, f"linear.{layer}", x)], alpha=_LEAK)
    x = graph.add("LogSoftmax", [_linear(graph, weights, "classifier", x)], axis=-1)
    return graph.model({"audio": ["batch", 1, "samples"]}, x)


def sinc_filters(low_hz: NDArray[Any], band_hz: NDArray[Any]) -> NDArray[np.float32]:
    """Band-pass filters from learnt edges: (n, 1), (n, 1) → (2n, 1, 251), the even ones first, then the odd ones.

    Every band starts 50 Hz above |low| and is at least 50 Hz wide; each filter has a Hamming window.
    """
    low = 50.0 + np.abs(low_hz.astype(np.float64))
    high = np.clip(low + 50.0 + np.abs(band_hz.astype(np.float64)), 50.0, SAMPLE_RATE / 2)
    half = _SINC_TAPS // 2
    phase = 2 * np.pi * np.arange(-half, half + 1) / SAMPLE_RATE
    phase[half] = 1.0  # the middle tap is set below
    window = np.hamming(_SINC_TAPS) / (phase * (high - low))
    even = (np.sin(high * phase) - np.sin(low * phase)) * window
    odd = (np.cos(low * phase) - np.cos(high * phase)) * window
    even[:, half], odd[:, half] = 1.0, 0.0
    return np.concatenate([even, odd])[:, None, :].astype(np.float32)


def embedding_graph(weights: Weights) -> bytes:
    """CAM++ as an ONNX file, without its last ReLU, which would discard signs that identify speakers.

    Input "fbank": float32 (batch, frames, 80), at most 200 frames (one of the network's 100-step context segments),
    10 ms apart; the graph subtracts the mean over the frames. Output: float32 (batch, 192), not normalised. `weights`
    are those of the published checkpoint.
    """
    graph = Graph("embedding")
    x = graph.add("Sub", ["fbank", graph.add("ReduceMean", ["fbank"], axes=[1])])
    x = graph.add("Unsqueeze", [graph.add("Transpose", [x], perm=[0, 2, 1]), graph.constant(np.array([1]))])
    x = _convolutional_head(graph, weights, x)
    first = ("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm")
    x = _folded_conv(graph, weights, first, x, strides=[2], pads=[2, 2])
    x = graph.add("Transpose", [graph.add("Relu", [x])], perm=[0, 2, 1])  # (batch, steps, channels) from here on
    for number, layers, dilation in _BLOCKS:
        for layer in range(1, layers + 1):
            new = _dense_layer(graph, weights, f"xvector.block{number}.tdnnd{layer}", x, dilation=dilation)
            x = graph.add("Concat", [x, new], axis=2)
        prefix = f"xvector.transit{number}"
        x = _norm_relu_linear(graph, weights, (f"{prefix}.nonlinear.batchnorm", f"{prefix}.linear"), x)
    scale, shift = _norm(weights, "xvector.out_nonlinear.batchnorm")
    x = graph.add("Relu", [graph.add("Add", [graph.add("Mul", [x, graph.constant(scale)]), graph.constant(shift)])])
    x = _mean_and_deviation(graph, x)
    scale, shift = _norm(weights, "xvector.dense.nonlinear.batchnorm")
    kernel = weights["xvector.dense.linear.weight"][:, :, 0].T * scale
    x = graph.add("Gemm", [x, graph.constant(kernel), graph.constant(shift)])
    return graph.model({"fbank": ["batch", "frames", FEATURES]}, x)


def _constants(graph: Graph, weights: Weights, prefix: str) -> list[str]:
    return [graph.constant(weights[f"{prefix}.weight"]), graph.constant(weights[f"{prefix}.bias"])]


def _instance_norm(graph: Graph, weights: Weights, prefix: str, x: str) -> str:
    return graph.add("InstanceNormalization", [x, *_constants(graph, weights, prefix)], epsilon=_NORM_EPSILON)


def _linear(graph: Graph, weights: Weights, prefix: str, x: str) -> str:
    product = graph.add("MatMul", [x, graph.constant(weights[f"{prefix}.weight"].T)])
    return graph.add("Add", [product, graph.constant(weights[f"{prefix}.bias"])])


def _lstm(graph: Graph, weights: Weights, layer: int, x: str) -> str:
    """One bidirectional layer, (frames, batch, features) → (frames, batch, 256)."""

    def both(kind: str) -> NDArray[Any]:
        # PyTorch orders the gates input, forget, cell, output; ONNX input, output, forget, cell.
        gates = [np.split(weights[f"lstm.{kind}_l{layer}{side}"], 4) for side in ("", "_reverse")]
        return np.stack([np.concatenate([i, o, f, c]) for i, f, c, o in gates])

    bias = np.concatenate([both("bias_ih"), both("bias_hh")], axis=1)
    parameters = [graph.constant(values) for values in (both("weight_ih"), both("weight_hh"), bias)]
    x = graph.add("LSTM", [x, *parameters], hidden_size=_LSTM_SIZE, direction="bidirectional")
    x = graph.add("Transpose", [x], perm=[0, 2, 1, 3])  # (frames, batch, direction, features)
    return graph.add("Reshape", [x, graph.constant(np.array([0, 0, 2 * _LSTM_SIZE]))])


def _norm(weights: Weights, prefix: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The scale and the shift of a trained batch normalisation."""
    mean, variance = weights[f"{prefix}.running_mean"], weights[f"{prefix}.running_var"]
    gain = weights.get(f"{prefix}.weight", np.ones_like(mean)) / np.sqrt(variance + _NORM_EPSILON)
    return gain, weights.get(f"{prefix}.bias", np.zeros_like(mean)) - mean * gain


def _folded_conv(graph: Graph, weights: Weights, names: tuple[str, str], x: str, **attributes: list[int]) -> str:
    """A convolution with the normalisation after it folded in."""
    convolution, norm = names
    scale, shift = _norm(weights, norm)
    kernel = weights[f"{convolution}.weight"]
    kernel = kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))
    return graph.add("Conv", [x, graph.constant(kernel), graph.constant(shift)], **attributes)


def _convolutional_head(graph: Graph, weights: Weights, x: str) -> str:
    """(batch, 1, 80, frames) → (batch, 320, frames): residual blocks that halve the bands three times."""
    same = [1, 1, 1, 1]
    x = graph.add("Relu", [_folded_conv(graph, weights, ("head.conv1", "head.bn1"), x, pads=same)])
    for block, stride in (("layer1.0", 2), ("layer1.1", 1), ("layer2.0", 2), ("layer2.1", 1)):
        prefix = f"head.{block}"
        y = _folded_conv(graph, weights, (f"{prefix}.conv1", f"{prefix}.bn1"), x, pads=same, strides=[stride, 1])
        y = graph.add("Relu", [y])
        y = _folded_conv(graph, weights, (f"{prefix}.conv2", f"{prefix}.bn2"), y, pads=same)
        if stride > 1:
            shortcut = (f"{prefix}.shortcut.0", f"{prefix}.shortcut.1")
            x = _folded_conv(graph, weights, shortcut, x, strides=[stride, 1])
        x = graph.add("Relu", [graph.add("Add", [y, x])])
    x = graph.add("Relu", [_folded_conv(graph, weights, ("head.conv2", "head.bn2"), x, pads=same, strides=[2, 1])])
    return graph.add("Reshape", [x, graph.constant(np.array([0, 320, -1]))])


def _norm_relu_linear(graph: Graph, weights: Weights, names: tuple[str, str], x: str, after: str = "") -> str:
    """Normalise, ReLU, linear map over channels and, if `after` names one, the next normalisation.

    relu(s·x + b) = s·max(x, −b/s) + b for s > 0 (min for s < 0): scale and shift move into the linear map, so that one
    pass over the (large) input remains.
    """
    norm, linear = names
    scale, shift = _norm(weights, norm)
    scale = np.where(np.abs(scale) < 1e-12, 1e-12, scale)
    kernel = weights[f"{linear}.weight"][:, :, 0].T.astype(np.float64)
    bias = shift @ kernel
    kernel = kernel * scale[:, None]
    if after:
        after_scale, after_shift = _norm(weights, after)
        kernel, bias = kernel * after_scale, bias * after_scale + after_shift
    bound = -shift / scale
    lower, upper = np.where(scale > 0, bound, -3e38), np.where(scale < 0, bound, 3e38)
    x = graph.add("Max", [x, graph.constant(lower)])
    if (scale < 0).any():
        x = graph.add("Min", [x, graph.constant(upper)])
    return graph.add("Add", [graph.add("MatMul", [x, graph.constant(kernel)]), graph.constant(bias)])


def _dense_layer(graph: Graph, weights: Weights, prefix: str, x: str, *, dilation: int) -> str:
    """One densely connected layer with its context-aware mask: (batch, steps, channels) → (batch, steps, 32)."""
    first = (f"{prefix}.nonlinear1.batchnorm", f"{prefix}.linear1")
    x = graph.add("Relu", [_norm_relu_linear(graph, weights, first, x, f"{prefix}.nonlinear2.batchnorm")])
    local = weights[f"{prefix}.cam_layer.linear_local.weight"]  # (32, 128, 3)
    y = graph.add("MatMul", [x, graph.constant(np.concatenate([local[:, :, k].T for k in range(3)], axis=1))])
    y = _shifted_sum(graph, y, size=local.shape[0], by=dilation)
    # A segment of 100 steps holds the whole window here, so both context terms are its mean.
    context = graph.add("ReduceMean", [x], axes=[1])
    for number, activation in ((1, "Relu"), (2, "Sigmoid")):
        linear = f"{prefix}.cam_layer.linear{number}"
        kernel = weights[f"{linear}.weight"][:, :, 0].T * (2.0 if number == 1 else 1.0)
        context = graph.add("MatMul", [context, graph.constant(kernel)])
        context = graph.add(activation, [graph.add("Add", [context, graph.constant(weights[f"{linear}.bias"])])])
    return graph.add("Mul", [y, context])


def _shifted_sum(graph: Graph, y: str, *, size: int, by: int) -> str:
    """The sum of a convolution's three taps, (batch, steps, 3·size) → (batch, steps, size), the outer ones shifted."""

    def tap(number: int, start: int, stop: int, pads: list[int]) -> str:
        bounds = ([start, number * size], [stop, (number + 1) * size], [1, 2])
        part = graph.add("Slice", [y, *(graph.constant(np.array(bound)) for bound in bounds)])
        return graph.add("Pad", [part, graph.constant(np.array(pads))]) if any(pads) else part

    end = 2**31
    earlier = tap(0, 0, -by, [0, by, 0, 0, 0, 0])
    later = tap(2, by, end, [0, 0, 0, 0, by, 0])
    return graph.add("Add", [graph.add("Add", [tap(1, 0, end, [0] * 6), earlier]), later])


def _mean_and_deviation(graph: Graph, x: str) -> str:
    """(batch, steps, channels) → (batch, 2·channels): mean and unbiased standard deviation over the steps."""
    mean = graph.add("ReduceMean", [x], axes=[1])
    centred = graph.add("Sub", [x, mean])
    total = graph.add("ReduceSumSquare", [centred], axes=[1], keepdims=0)
    steps = graph.add("Gather", [graph.add("Shape", [x]), graph.constant(np.array(1))], axis=0)
    steps = graph.add("Sub", [graph.add("Cast", [steps], to=1), graph.constant(np.array(1.0))])
    deviation = graph.add("Sqrt", [graph.add("Div", [total, steps])])
    return graph.add("Concat", [graph.add("Squeeze", [mean, graph.constant(np.array([1]))]), deviation], axis=1)
