"""Which encoder is used, and that both say the same of the real weights."""

from __future__ import annotations

import gc
import logging
import sys
import tracemalloc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from tests.support.weights import needs_base
from tests.support.whisper_encoder import MELS, WIDTH, needs_dot_products, random_encoder, write_container
from transcribe.errors import EngineError
from transcribe.recognition.engines import ctranslate2, encoders, networks
from transcribe.recognition.engines.ct2_container import read_container
from transcribe.recognition.engines.ctranslate2 import CTranslate2
from transcribe.recognition.engines.encoder_graph import encoder_graph
from transcribe.recognition.engines.encoders import Encoder, load_encoder_network
from transcribe.recognition.engines.log_mel import padded_log_mel
from transcribe.recognition.engines.networks import suitable_arrays
from transcribe.recognition.models import ModelFiles

Floats = NDArray[np.float32]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Of a small encoder, with something of the decoder."""
    decoder = {"decoder/embeddings/weight": np.ones((50, WIDTH), np.int8)}
    return write_container(tmp_path / "model.bin", decoder | random_encoder())


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Linux says about the processor."""
    path = tmp_path / "cpuinfo"
    path.write_text("flags\t\t: fpu avx2 avx512f avx512_vnni\n")
    monkeypatch.setattr(networks, "_CPU", path)
    return path


@pytest.fixture(scope="module")
def without_network(base_files: ModelFiles) -> Iterator[CTranslate2]:
    """The engine with CTranslate2's encoder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctranslate2, "load_encoder_network", lambda _: None)
        yield CTranslate2(base_files, device="cpu", threads=2)


def test_the_network_has_the_shapes_of_the_encoder(weights: Path, processor: Path) -> None:
    network = load_encoder_network(weights)
    assert network is not None
    assert network(np.zeros((1, MELS, 60), np.float32)).shape == (1, 30, WIDTH)


def test_a_window_the_network_cannot_read_is_an_error_of_the_engine(weights: Path, processor: Path) -> None:
    network = load_encoder_network(weights)
    assert network is not None
    with pytest.raises(EngineError, match=r"failed while encoding: .*mel.*; try --engine openai$"):  # on one line
        network(np.zeros((1, MELS + 1, 60), np.float32))


@pytest.mark.parametrize(
    ("flags", "has"),
    [("fpu avx2 avx_vnni", True), ("avx512_vnni", True), ("fpu avx2 avx512f", False), ("avx512_vnni_int16", False)],
)
def test_the_processor_decides(weights: Path, processor: Path, flags: str, has: bool) -> None:
    processor.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    assert (load_encoder_network(weights) is not None) == has


def test_a_system_that_says_nothing_of_its_processor_has_none(weights: Path, processor: Path) -> None:
    processor.unlink()
    assert load_encoder_network(weights) is None


def test_quantized_weights_are_left_to_ctranslate2(tmp_path: Path, processor: Path) -> None:
    arrays = random_encoder()
    name = "encoder/layer_1/ffn/linear_0/weight"
    arrays[name] = np.ones(arrays[name].shape, np.int8)
    arrays[f"{name}_scale"] = np.ones(len(arrays[name]), np.float32)
    assert load_encoder_network(write_container(tmp_path / "model.bin", arrays)) is None


@pytest.mark.parametrize("heads", [-2, 0, 3, 2 * WIDTH])
def test_heads_that_do_not_divide_the_width_are_left_to_ctranslate2(
    tmp_path: Path, processor: Path, heads: int
) -> None:
    arrays = random_encoder() | {"encoder/num_heads": np.array(heads, np.int16)}
    assert load_encoder_network(write_container(tmp_path / "model.bin", arrays)) is None


@pytest.mark.parametrize("name", ["conv1/weight", "layer_0/ffn/linear_0/weight", "layer_norm/beta"])
@pytest.mark.parametrize("number", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_weights_that_are_not_finite_are_left_to_ctranslate2(
    tmp_path: Path, processor: Path, caplog: pytest.LogCaptureFixture, name: str, dtype: type, number: float
) -> None:
    """Why is said to who asks for it; nothing else is, as by numpy."""
    arrays = random_encoder()
    arrays[f"encoder/{name}"] = arrays[f"encoder/{name}"].astype(dtype)
    arrays[f"encoder/{name}"].flat[0] = number
    with caplog.at_level(logging.DEBUG, logger=encoders.__name__):
        assert load_encoder_network(write_container(tmp_path / "model.bin", arrays)) is None
    assert f"encoder/{name} has numbers that are not finite" in caplog.text


@pytest.mark.parametrize("name", ["layer_0/self_attention/linear_0/weight", "layer_0/ffn/linear_1/weight"])
def test_weights_too_large_to_compute_with_are_left_to_ctranslate2(
    tmp_path: Path, processor: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """In 32 bits they may be finite, and their products not."""
    arrays = random_encoder()
    arrays[f"encoder/{name}"] = arrays[f"encoder/{name}"].astype(np.float32) * np.float32(1e37)
    with caplog.at_level(logging.DEBUG, logger=encoders.__name__):
        assert load_encoder_network(write_container(tmp_path / "model.bin", arrays)) is None
    assert "it computes no numbers" in caplog.text


def test_the_largest_and_the_smallest_numbers_are_finite(tmp_path: Path, processor: Path) -> None:
    limits = np.finfo(np.float16)
    extreme = [limits.max, limits.min, limits.smallest_subnormal, -limits.smallest_subnormal, 0, -0.0]
    arrays = {"encoder/weight": np.array(extreme, np.float16), "encoder/empty": np.zeros((2, 0), np.float16)}
    found = suitable_arrays(write_container(tmp_path / "model.bin", arrays), side="encoder")
    assert found is not None
    assert {name: array.tobytes() for name, array in found.items()} == {n: a.tobytes() for n, a in arrays.items()}


def test_without_onnxruntime_ctranslate2_encodes(
    weights: Path, processor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert load_encoder_network(weights) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has files in memory")
def test_the_graph_is_not_kept_beside_the_network(weights: Path, processor: Path) -> None:
    first = load_encoder_network(weights)  # what is imported stays, too
    tracemalloc.start()
    try:
        second = load_encoder_network(weights)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first is not None
    assert second is not None
    assert kept < len(encoder_graph(read_container(weights, side="encoder"))) / 2


@pytest.mark.parametrize("limit", ["_MOST_BYTES", "_MOST_PARAMETERS"])
def test_large_encoders_are_not_in_memory_twice(
    weights: Path, processor: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(networks, limit, 10_000)
    assert load_encoder_network(weights) is None


@pytest.mark.parametrize("size", [0, 3, 40, 5_000, -5_000])
def test_weights_that_are_cut_short_are_left_to_ctranslate2(weights: Path, processor: Path, size: int) -> None:
    weights.write_bytes(weights.read_bytes()[:size])
    assert load_encoder_network(weights) is None


@pytest.mark.parametrize("shape", [(), (7,), (3 * WIDTH, WIDTH + 1)])
def test_weights_that_do_not_fit_are_left_to_ctranslate2(
    tmp_path: Path, processor: Path, shape: tuple[int, ...]
) -> None:
    """Onnxruntime finds the last one when it loads the graph."""
    arrays = random_encoder() | {"encoder/layer_0/self_attention/linear_0/weight": np.zeros(shape, np.float32)}
    assert load_encoder_network(write_container(tmp_path / "model.bin", arrays)) is None


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("position_encodings/encodings", (1, WIDTH)),
        ("layer_0/ffn/linear_1/bias", (1,)),
        ("layer_norm/gamma", (1,)),
        ("layer_norm/beta", (1,)),
        ("conv2/bias", (1,)),
    ],
)
def test_a_single_row_or_number_is_not_repeated(
    tmp_path: Path, processor: Path, name: str, shape: tuple[int, ...]
) -> None:
    """Onnxruntime would: all frames had one position, and the text was any."""
    arrays = random_encoder() | {f"encoder/{name}": np.zeros(shape, np.float32)}
    assert load_encoder_network(write_container(tmp_path / "model.bin", arrays)) is None


def test_without_a_network_the_model_encodes() -> None:
    model = SimpleNamespace(
        feature_extractor=lambda samples: np.zeros((MELS, len(samples) // 160), np.float32),
        encode=lambda mels: mels.mean(axis=1, keepdims=True) + 1,
    )
    windows = [np.zeros(16_000 * seconds, np.float32) for seconds in (4, 15, 5)]
    found = Encoder(model, network=None).encode(windows, range(3))
    assert [(each.windows, each.states.shape) for each in found] == [([0, 2], (2, 1, 1000)), ([1], (1, 1, 2000))]
    assert all((each.states == 1).all() for each in found)


def test_a_network_encodes_one_window_at_a_time() -> None:
    """Its graph has room for one, also if they have the same length."""
    model = SimpleNamespace(feature_extractor=lambda samples: np.full((MELS, 8), samples[0], np.float32))
    windows = [np.full(800, i, np.float32) for i in range(4)]
    found = Encoder(model, network=lambda mels: mels[:1, :, ::2].copy()).encode(windows, [3, 1])
    assert [(each.windows, float(np.asarray(each.states).max())) for each in found] == [([3], 3), ([1], 1)]


def test_the_states_of_a_network_are_not_copied_and_stay() -> None:
    """CTranslate2 reads them where onnxruntime wrote them, for as long as it needs them."""
    array = np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    expected, address, is_there = array.tolist(), array.ctypes.data, weakref.ref(array)
    model = SimpleNamespace(feature_extractor=lambda _: np.zeros((MELS, 8), np.float32))
    results = [array]
    del array
    states = Encoder(model, network=lambda _: results.pop()).states(np.zeros(800, np.float32))
    gc.collect()
    assert np.asarray(states).ctypes.data == address
    assert np.asarray(states).tolist() == expected
    del states
    gc.collect()
    assert is_there() is None


@needs_base
@needs_dot_products
@pytest.mark.models
class TestRealWeights:
    @pytest.mark.parametrize("seconds", [5.0, 9.0, 30.0])
    def test_the_encoder_is_about_as_exact_as_that_of_ctranslate2(
        self, fast: CTranslate2, without_network: CTranslate2, base_files: ModelFiles, clip: Floats, seconds: float
    ) -> None:
        """Both compute in 8 bits. 5 s are padded to 10, 9 to 15."""
        window = np.tile(clip, 3)[: int(seconds * 16_000)]
        mel = padded_log_mel(fast._model, window)
        in_32_bits = WhisperModel(str(base_files.folder), device="cpu", compute_type="float32", local_files_only=True)
        exact = np.asarray(in_32_bits.encode(mel[np.newaxis]))
        ours, theirs = (np.asarray(engine._encoder.states(window)) for engine in (fast, without_network))
        assert ours.shape == theirs.shape == exact.shape == (1, mel.shape[1] // 2, 512)
        errors = [np.linalg.norm(states - exact) / np.linalg.norm(exact) for states in (ours, theirs)]
        assert errors[0] < min(1.1 * errors[1], 0.08), errors

    def test_both_encoders_lead_to_the_same_words(
        self, fast: CTranslate2, without_network: CTranslate2, clip: Floats
    ) -> None:
        (ours,), (theirs,) = (list(e.recognize([clip], language="en")) for e in (fast, without_network))
        # "Nora!" has an exclamation mark by odds that are nearly those of a full stop.
        assert ours.text.replace("!", ".") == theirs.text.replace("!", ".")
        differences = [abs(a.start - b.start) for a, b in zip(ours.words, theirs.words, strict=True)]
        assert np.median(differences) <= 0.02
        assert ours.avg_logprob == pytest.approx(theirs.avg_logprob, abs=0.05)

    def test_known_text_and_the_language_are_read_in_the_same_states(
        self, fast: CTranslate2, without_network: CTranslate2, clip: Floats
    ) -> None:
        (reading,) = fast.recognize([clip], language="en")
        ours, theirs = (e.align(clip, reading.text, language="en") for e in (fast, without_network))
        assert np.median([abs(a.start - b.start) for a, b in zip(ours, theirs, strict=True)]) <= 0.02
        guess = fast.detect_language(clip)
        others = (reading.spoken, without_network.detect_language(clip))  # the first in every second frame
        for other in others:
            assert other is not None
            assert guess.probabilities["en"] == pytest.approx(other.probabilities["en"], abs=0.05)

    def test_threads_at_once_compute_what_one_computes(self, fast: CTranslate2, clip: Floats) -> None:
        windows = [clip, clip[: 5 * 16_000], clip[8_000:], clip[: 6 * 16_000]]
        alone = [np.array(fast._encoder.states(window)) for window in windows]
        with ThreadPoolExecutor(4) as pool:
            together = [np.asarray(each) for each in pool.map(fast._encoder.states, windows * 4)]
        assert all(np.array_equal(each, alone[i % 4]) for i, each in enumerate(together))

    def test_the_container_s_other_side_is_passed_over(self, base_files: ModelFiles) -> None:
        path = base_files.folder / "model.bin"
        arrays = read_container(path, side="encoder")
        everything = read_container(path)
        assert {name for name in everything if name.startswith("encoder")} == set(arrays)
        assert all(np.array_equal(everything[name], array) for name, array in arrays.items())
