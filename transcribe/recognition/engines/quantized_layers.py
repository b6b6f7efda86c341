"""Layers of Whisper's networks as nodes of an ONNX graph, with 8-bit products, made of CTranslate2's arrays.

Linear layers compute as CTranslate2's do: their weights are quantized for each output, their inputs for each row when
the graph runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.recognition.engines.ct2_container import Arrays
from transcribe.weights.onnx_writer import Graph

_LARGEST = 127  # of an integer; inputs are stored with 128 added
_SMALLEST = 1e-6  # that is divided by
_EQUALITY = 0.7  # of channels behind a norm: 0 for weights, 1 for inputs alone
_NORM_EPSILON = 1e-5  # PyTorch's default
_BLOCK = 1 << 15  # numbers that are quantized at once: what is computed of them stays in a cache of 1 MB


@dataclass(frozen=True, slots=True)
class Quantized:
    """A node's output in integers of 8 bits with `zero_point` added, and what one is worth along the last axis."""

    integers: str
    scales: str
    zero_point: str


class Layers:
    """A graph while it is built of the arrays of one side. Methods take the names of inputs and return an output's.

    Names of arrays are those of the container without the side: "layer_0/ffn/linear_0".
    """

    def __init__(self, arrays: Arrays, *, side: str) -> None:
        self._arrays, self._side = arrays, side
        self.graph = Graph(side)
        self.one = self.graph.constant(np.array(1.0))
        self._zero_point = self.graph.constant(np.array(128, np.uint8))

    def linear(self, x: str, name: str) -> str:
        """A whole linear layer."""
        return self.affine(self.quantized(x), self.array(f"{name}/weight"), self.array(f"{name}/bias"))

    def quantized(self, x: str, *, axis: int | None = -1) -> Quantized:
        """`x` in integers, with a scale for each row along the last axis, or as `scaled`."""
        return self.scaled(x, axis=axis, largest=_LARGEST, zero_point=self._zero_point)

    def equalized(self, x: str, norm: str, *, weight: NDArray[Any]) -> tuple[Quantized, NDArray[np.float32]]:
        """A layer norm of `x` in integers, and the `weight` behind it, both with channels of more equal size.

        The largest channel of a row takes precision from all others. So each is divided by a factor that its column
        of the weight is multiplied by, which changes no product: equation 4 of G. Xiao et al., "SmoothQuant", 2023.
        How large a channel gets is told by the norm, without recordings: three standard deviations from its mean.
        """
        gamma, beta = (_in_32_bits(self.array(f"{norm}/{name}")) for name in ("gamma", "beta"))
        weight = _in_32_bits(weight)
        inputs, columns = (np.maximum(x, _SMALLEST) for x in (3 * np.abs(gamma) + np.abs(beta), np.abs(weight).max(0)))
        factors = (inputs / np.median(inputs)) ** _EQUALITY / (columns / np.median(columns)) ** (1 - _EQUALITY)
        rows = self.quantized(self._normed(x, gamma / factors, beta / factors))
        return rows, weight * factors

    def scaled(self, x: str, *, axis: int | None, largest: int, zero_point: str) -> Quantized:
        """`x` in integers of the type of `zero_point`, up to `largest`, with one scale for all along `axis`.

        Without an `axis` one for all numbers, as a scalar.
        """
        along: dict[str, int | list[int]] = {"keepdims": 0} if axis is None else {"axes": [axis], "keepdims": 1}
        peaks = self.graph.add("ReduceMax", [self.graph.add("Abs", [x])], **along)
        peaks = self.graph.add("Max", [peaks, self.graph.constant(np.array(_SMALLEST))])
        scales = self.graph.add("Div", [peaks, self.graph.constant(np.array(float(largest)))])
        rows = self.graph.add("Div", [x, scales])
        return Quantized(self.graph.add("QuantizeLinear", [rows, self.one, zero_point]), scales, zero_point)

    def affine(self, x: Quantized, weight: NDArray[Any], bias: NDArray[Any]) -> str:
        """`x` times `weight` (outputs, inputs), plus `bias`."""
        integers, scales = quantized_rows(weight)
        product = self.product(x, self.graph.constant(integers), self.graph.constant(scales))
        return self.sum(product, self.graph.constant(bias))

    def product(self, x: Quantized, integers: str, scales: str) -> str:
        """`x` times int8 matrices (inputs, outputs), and what one is worth: in each output, or in all."""
        inputs = [x.integers, integers, self.one, scales, x.zero_point]
        return self.graph.add("Mul", [self.graph.add("com.microsoft.MatMulIntegerToFloat", inputs), x.scales])

    def norm(self, x: str, name: str) -> str:
        """A layer norm."""
        return self._normed(x, self.array(f"{name}/gamma"), self.array(f"{name}/beta"))

    def _normed(self, x: str, gamma: NDArray[Any], beta: NDArray[Any]) -> str:
        weights = [self.graph.constant(gamma), self.graph.constant(beta)]
        return self.graph.add("LayerNormalization", [x, *weights], axis=-1, epsilon=_NORM_EPSILON)

    def feed_forward(self, x: str, name: str) -> str:
        """The two linear layers behind an attention, and the norm before them."""
        rows, weight = self.equalized(x, f"{name}/layer_norm", weight=self.array(f"{name}/linear_0/weight"))
        hidden = self.affine(rows, weight, self.array(f"{name}/linear_0/bias"))
        return self.linear(self.gelu(hidden), f"{name}/linear_1")

    def gelu(self, x: str) -> str:
        """The activation."""
        return self.graph.add("com.microsoft.Gelu", [x])

    def sum(self, x: str, y: str) -> str:
        """The sum of two."""
        return self.graph.add("Add", [x, y])

    def constant(self, name: str) -> str:
        """An array as a constant of the graph."""
        return self.graph.constant(self.array(name))

    def array(self, name: str) -> NDArray[Any]:
        """As it is in the container, which has the weights of most models in 16 bits. Raises `KeyError`."""
        return self._arrays[f"{self._side}/{name}"]


def quantized_rows(weight: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The rows of a matrix of finite numbers in integers from -127 to 127, and what one is worth in each.

    The integers are those of the transposed matrix, (columns, rows), as a product takes them. Raises `ValueError` for
    what is no matrix.
    """
    n_rows, n_columns = weight.shape
    integers, scales = np.empty((n_columns, n_rows), np.int8), np.empty(n_rows, np.float32)
    step = max(1, _BLOCK // max(1, n_columns))
    for rows in (slice(start, start + step) for start in range(0, n_rows, step)):
        block = _in_32_bits(weight[rows])
        scales[rows] = np.maximum(np.abs(block).max(axis=1), _SMALLEST) / _LARGEST
        quotients = block / scales[rows, None]
        integers[:, rows] = np.rint(quotients, out=quotients).astype(np.int8).T
    return integers, scales


def _in_32_bits(numbers: NDArray[Any]) -> NDArray[np.float32]:
    """Finite numbers as float32: what `astype` makes of them, which takes four times as long for those of 16 bits.

    The exponent is put into the lowest bits of float32's, the mantissa into the highest. Then only the difference is
    missing of what the two formats add to an exponent, 127 - 15.
    """
    if numbers.dtype != np.float16:
        return numbers.astype(np.float32, copy=False)
    bits = numbers.view(np.int16).astype(np.int32)
    bits <<= 13  # the sign is in the highest four
    bits &= ~0x7000_0000
    floats = bits.view(np.float32)
    floats *= 2.0**112
    return floats
