"""CTranslate2's container: written by ctranslate2 and read back, and broken ones."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.whisper_decoder import random_decoder
from tests.support.whisper_encoder import HEADS, LAYERS, random_encoder, write_container
from transcribe.errors import EngineError
from transcribe.recognition.engines.ct2_container import check_heads, read_container


def test_a_container_written_by_ctranslate2_is_read_back(tmp_path: Path) -> None:
    from ctranslate2.specs import model_spec

    class Layer(model_spec.LayerSpec):  # type: ignore[misc]
        def __init__(self) -> None:
            self.weight = np.arange(6, dtype=np.float16).reshape(2, 3)
            self.bias = np.array([1.5, -2.0], np.float32)
            self.num_heads = np.dtype("int16").type(8)

    class Spec(model_spec.ModelSpec):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = [Layer(), Layer()]

        name = "TestSpec"

        def get_default_config(self) -> None:
            return None

    spec = Spec()
    spec.validate()
    spec.save(str(tmp_path))
    arrays = read_container(tmp_path / "model.bin")
    assert arrays["layer_1/weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert arrays["layer_1/weight"].dtype == np.float16
    assert arrays["layer_0/bias"].tolist() == [1.5, -2.0]
    assert int(arrays["layer_0/num_heads"]) == 8


def test_an_alias_may_be_of_a_variable_of_the_other_side(tmp_path: Path) -> None:
    """ctranslate2 writes what both sides have once, under the first name in the alphabet."""
    arrays = {"decoder/norm": np.ones(2, np.float32), "decoder/scale": np.zeros(3, np.int8)}
    path = write_container(tmp_path / "model.bin", arrays, aliases={"encoder/norm": "decoder/norm"})
    encoder = read_container(path, side="encoder")
    assert {name: array.tolist() for name, array in encoder.items()} == {"encoder/norm": [1, 1]}
    assert set(read_container(path, side="decoder")) == set(arrays)
    assert set(read_container(path)) == {*arrays, "encoder/norm"}


@pytest.mark.parametrize("counts", [(2**32 - 1,), (0, 2**32 - 1), (1,)], ids=["variables", "aliases", "bytes"])
def test_a_file_of_zeros_is_refused_at_once(tmp_path: Path, counts: tuple[int, ...]) -> None:
    """It has an empty variable, or alias, in every few bytes: minutes of work for a sparse file."""
    with (tmp_path / "model.bin").open("wb") as file:
        file.write(struct.pack("<IH2sI", 6, 2, b"S", 3) + struct.pack(f"<{len(counts)}I", *counts))
        if counts == (1,):
            file.write(struct.pack("<H2sBIBI", 2, b"x", 1, 2**32 - 1, 0, 2**32 - 1))
        file.truncate(1 << 30)
    with pytest.raises(EngineError, match=f"{2**32 - 1} variables|x is cut short"):
        read_container(tmp_path / "model.bin", side="encoder")


@pytest.mark.parametrize("data", [b"", b"text in the place of weights", struct.pack("<I", 6) + b"\xff\xff"])
def test_an_invalid_container_is_an_error_that_names_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(data)
    with pytest.raises(EngineError, match=r"model\.bin: not CTranslate2 weights"):
        read_container(tmp_path / "model.bin")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.bin")
    with pytest.raises(EngineError, match="not a regular file"):
        read_container(tmp_path / "model.bin")


@given(st.lists(st.tuples(st.integers(0, 31), st.integers(0, 19)), min_size=1))
def test_a_head_that_the_decoder_lacks_is_named_with_what_it_has(
    tmp_path_factory: pytest.TempPathFactory, heads: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    if not (path := folder / "heads.bin").exists():
        write_container(path, random_encoder() | random_decoder())
    lacking = [(layer, head) for layer, head in heads if layer not in range(LAYERS) or head not in range(HEADS)]
    if not lacking:
        check_heads(heads, path)
        return
    layer, head = lacking[0]
    has = f"head {head} of layer {layer} is none of the model's, which has {LAYERS} layers × {HEADS} heads"
    with pytest.raises(EngineError, match=f"config.json: alignment_heads: {has}"):
        check_heads(heads, path)


@pytest.mark.parametrize("content", [b"", b"weights", bytes(100)])
def test_what_is_no_container_is_left_to_the_engine(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    check_heads([(31, 19)], tmp_path / "model.bin")
    check_heads([(31, 19)], tmp_path / "none.bin")
