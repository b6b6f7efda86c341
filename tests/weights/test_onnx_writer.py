"""Written graphs compute in onnxruntime what numpy computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
import pytest

from transcribe.weights.onnx_writer import Graph


def run(graph: Graph, output: str, x: np.ndarray, shape: Sequence[int | str]) -> np.ndarray:
    session = onnxruntime.InferenceSession(graph.model({"x": shape}, output), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x.astype(np.float32)})[0]


def test_weights_and_attributes_of_every_kind_are_written() -> None:
    rng = np.random.default_rng(0)
    x, weight, bias = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
    graph = Graph("all kinds")
    y = graph.add("MatMul", ["x", graph.constant(weight)])
    y = graph.add("LeakyRelu", [graph.add("Add", [y, graph.constant(bias)])], alpha=0.25)  # a float
    y = graph.add("Transpose", [y], perm=[2, 0, 1])  # integers
    y = graph.add("Concat", [y, y], axis=-1)  # a negative integer
    expected = x @ weight + bias
    expected = np.where(expected > 0, expected, 0.25 * expected).transpose(2, 0, 1)
    assert run(graph, y, x, ["batch", 3, 4]) == pytest.approx(np.concatenate([expected] * 2, axis=-1), abs=1e-5)


def test_integer_constants_stay_integers() -> None:
    graph = Graph("reshape")
    y = graph.add("Reshape", ["x", graph.constant(np.array([-1, 2]))])
    assert run(graph, y, np.arange(6.0).reshape(2, 3), [2, 3]).tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_constants_are_written_by_rows_however_they_lie_in_memory(dtype: type) -> None:
    values = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    for view in (values, values.T, values[:, ::-2], values[1, 2, 3], values[:0]):
        graph = Graph("layout")
        y = graph.add("Add", [graph.add("Cast", [graph.constant(view)], to=1), "x"])
        assert run(graph, y, np.zeros(1), [1]).tolist() == (view + np.zeros(1)).tolist()


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_constants_of_eight_bits_keep_their_type(dtype: type[np.int8] | type[np.uint8]) -> None:
    """onnxruntime multiplies integers only if both are of eight bits."""
    rng, limits = np.random.default_rng(2), np.iinfo(dtype)
    weight = rng.integers(limits.min, limits.max, (4, 5), dtype=dtype, endpoint=True)
    graph = Graph("integers")
    x = graph.add("QuantizeLinear", ["x", *map(graph.constant, (np.array(1.0), np.array(128, np.uint8)))])
    y = graph.add("Cast", [graph.add("MatMulInteger", [x, graph.constant(weight)])], to=1)
    integers = rng.integers(-100, 100, (3, 4))
    assert run(graph, y, integers, [3, 4]).tolist() == ((integers + 128) @ weight.astype(int)).tolist()


def test_scalars_are_constants_without_a_dimension() -> None:
    graph = Graph("scalar")
    y = graph.add("Cast", [graph.add("Shape", [graph.constant(np.array(3.0))])], to=1)
    assert run(graph, graph.add("Add", [graph.add("ReduceSum", [y]), "x"]), np.ones(1), [1]).tolist() == [1]


def test_operators_of_onnxruntime_are_found_in_their_domain() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1, 5, 6))
    graph = Graph("attention")
    y = graph.add("com.microsoft.MultiHeadAttention", ["x", "x", "x"], num_heads=2)
    expected = []
    for part in (x[0, :, :3], x[0, :, 3:]):
        weights = np.exp(part @ part.T / np.sqrt(3))
        expected.append(weights / weights.sum(1, keepdims=True) @ part)
    assert run(graph, y, x, [1, 5, 6])[0] == pytest.approx(np.concatenate(expected, axis=1), abs=1e-5)


def test_text_attributes_choose_the_direction() -> None:
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=shape) for shape in ((1, 12, 2), (1, 12, 3), (1, 24))]
    x = rng.normal(size=(5, 1, 2))
    outputs = []
    for direction in ("forward", "reverse"):
        graph = Graph("lstm")
        y = graph.add("LSTM", ["x", *map(graph.constant, weights)], hidden_size=3, direction=direction)
        outputs.append(run(graph, y, x if direction == "forward" else x[::-1], ["frames", 1, 2]))
    assert outputs[0] == pytest.approx(outputs[1][::-1], abs=1e-6)


@pytest.mark.parametrize("size", [1, 127, 128, 300, 70_000])
def test_tensors_of_any_length_are_written(size: int) -> None:
    graph = Graph("long")
    y = graph.add("Add", ["x", graph.constant(np.arange(size, dtype=np.float32))])
    assert run(graph, y, np.zeros(size), [size]).tolist() == list(range(size))


def test_a_node_and_a_graph_have_several_outputs_and_inputs_of_other_types() -> None:
    graph = Graph("largest")
    values, places = graph.add_many("TopK", ["x", graph.constant(np.array([2]))], 2)
    chosen = graph.add("Gather", [values, "places"], axis=1)
    model = graph.model({"x": [1, "n"], "places": ["m"]}, chosen, places, types={"places": np.int64, places: np.int64})
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    inputs = {"x": np.array([[3, 9, 1, 7]], np.float32), "places": np.array([1, 0, 1])}
    assert [output.tolist() for output in session.run(None, inputs)] == [[[7.0, 9.0, 7.0]], [[1, 3]]]
