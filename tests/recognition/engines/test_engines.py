"""The engines: their values and errors; with the real weights (marked) against each other."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.paths import CLIPS
from tests.support.weights import needs_base
from transcribe.errors import EngineError, ModelError
from transcribe.recognition.engines import engine_name, load
from transcribe.recognition.engines.ct2_container import read_container
from transcribe.recognition.engines.openai_whisper import dimensions, state_dict
from transcribe.recognition.engines.protocol import LanguageGuess, Reading, Recognizer
from transcribe.recognition.models import ModelFiles
from transcribe.settings import Settings
from transcribe.transcript import Word

Floats = NDArray[np.float32]


def test_a_guess_needs_a_language() -> None:
    with pytest.raises(ValueError, match="at least one"):
        LanguageGuess({})


def test_compression_by_zlib() -> None:
    assert Reading((), 0.0, 0.0).compression_ratio == 0.0
    assert Reading((Word("once", 0, 1),), 0.0, 0.0).compression_ratio < 1
    assert Reading((Word("again", 0, 1),) * 50, 0.0, 0.0).compression_ratio > 10


def test_auto_selects_the_fast_engine() -> None:
    assert [engine_name(Settings(engine=name)) for name in ("auto", "ctranslate2", "openai")] == [
        "ctranslate2",
        "ctranslate2",
        "openai",
    ]


@pytest.mark.parametrize("engine", ["openai", "ctranslate2"])
def test_broken_weights_are_an_error_that_names_the_folder(tmp_path: Path, engine: str) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises((EngineError, ModelError), match=str(tmp_path)):
        load(Settings(engine=engine), ModelFiles("mine", tmp_path, ""))


@needs_base
@pytest.mark.models
class TestRealWeights:
    def test_both_engines_read_the_same_words_at_the_same_times(
        self, fast: Recognizer, reference: Recognizer, clip: Floats
    ) -> None:
        ours = next(iter(fast.recognize([clip], language="en")))
        theirs = next(iter(reference.recognize([clip], language="en")))
        blocks = difflib.SequenceMatcher(
            a=[w.text for w in ours.words], b=[w.text for w in theirs.words], autojunk=False
        ).get_matching_blocks()
        pairs = [(ours.words[b.a + i], theirs.words[b.b + i]) for b in blocks for i in range(b.size)]
        assert len(pairs) >= 0.9 * len(theirs.words) > 10
        assert np.median([abs(a.start - b.start) for a, b in pairs]) <= 0.06
        assert max(abs(a.start - b.start) for a, b in pairs) <= 0.5
        assert ours.avg_logprob == pytest.approx(theirs.avg_logprob, abs=0.1)
        assert ours.no_speech_probability == pytest.approx(theirs.no_speech_probability, abs=0.1)

    def test_the_words_match_the_script(self, fast: Recognizer, clip: Floats) -> None:
        import re

        script = (CLIPS / "short.ref.txt").read_text(encoding="utf-8")
        expected = re.findall(r"[a-z']+", re.sub(r"(?m)^\w+:", "", script).lower())
        found = re.findall(r"[a-z']+", next(iter(fast.recognize([clip], language="en"))).text.lower())
        assert difflib.SequenceMatcher(a=expected, b=found, autojunk=False).ratio() > 0.9

    def test_the_beam_tells_what_else_it_found(self, fast: Recognizer, clip: Floats) -> None:
        part = clip[: len(clip) // 2]
        (reading,), (greedy,) = (list(fast.recognize([part], language="en", beam_size=size)) for size in (5, 1))
        assert 1 <= len(set(reading.alternatives)) == len(reading.alternatives) <= 11
        assert all(difflib.SequenceMatcher(a=reading.text, b=each).ratio() > 0.8 for each in reading.alternatives)
        assert reading.text not in reading.alternatives
        assert greedy.alternatives == ()

    @pytest.mark.parametrize("engine", ["fast", "reference"])
    def test_the_language_is_detected(self, engine: str, clip: Floats, request: pytest.FixtureRequest) -> None:
        recognizer: Recognizer = request.getfixturevalue(engine)
        probabilities = recognizer.detect_language(clip).probabilities
        assert max(probabilities, key=lambda code: probabilities[code]) == "en"
        assert probabilities["en"] > 0.8
        assert set(probabilities) <= recognizer.languages | {"yue"}

    @pytest.mark.parametrize("engine", ["fast", "reference"])
    def test_one_sample_is_read_without_an_error(
        self, engine: str, clip: Floats, request: pytest.FixtureRequest
    ) -> None:
        recognizer: Recognizer = request.getfixturevalue(engine)
        (reading,) = recognizer.recognize([clip[:1]], language="en", beam_size=1)
        assert reading.avg_logprob <= 0
        assert all(word.end <= 1 / 16_000 + 0.001 for word in reading.words)

    @pytest.mark.parametrize("engine", ["fast", "reference"])
    def test_a_prompt_decides_a_spelling(self, engine: str, clip: Floats, request: pytest.FixtureRequest) -> None:
        recognizer: Recognizer = request.getfixturevalue(engine)
        for prompt, name in ((None, "Nora"), ("A talk with Norah about rain.", "Norah")):
            (reading,) = recognizer.recognize([clip], language="en", beam_size=1, prompt=prompt)
            assert name in {word.text.strip(",.") for word in reading.words}

    @pytest.mark.parametrize("engine", ["fast", "reference"])
    def test_sampling_is_reproducible_whatever_was_read_before(
        self, engine: str, clip: Floats, request: pytest.FixtureRequest
    ) -> None:
        recognizer: Recognizer = request.getfixturevalue(engine)
        before, window = np.array_split(clip, 2)
        (alone,) = recognizer.recognize([window], language="en", temperature=1.0)
        _, after = recognizer.recognize([before, window], language="en", temperature=1.0)
        (cooler,) = recognizer.recognize([window], language="en", temperature=0.8)
        assert after == alone
        assert cooler != alone

    def test_an_unknown_language_is_an_error(self, fast: Recognizer, reference: Recognizer, clip: Floats) -> None:
        for recognizer in (fast, reference):
            with pytest.raises(EngineError, match="language 'xx'"):
                next(iter(recognizer.recognize([clip], language="xx")))

    def test_the_converted_weights_encode_as_ctranslate2_does(self, base_files: ModelFiles) -> None:
        import ctranslate2
        import torch
        import whisper

        arrays = read_container(base_files.folder / "model.bin")
        model = whisper.Whisper(whisper.ModelDimensions(**dimensions(arrays)))
        model.load_state_dict({k: torch.from_numpy(np.array(a, np.float32)) for k, a in state_dict(arrays).items()})
        mel = np.random.default_rng(3).standard_normal((1, 80, 3000)).astype(np.float32)
        with torch.no_grad():
            ours = model.encoder(torch.from_numpy(mel)).numpy()
        original = ctranslate2.models.Whisper(str(base_files.folder), device="cpu", compute_type="float32")
        theirs = np.array(original.encode(ctranslate2.StorageView.from_array(mel)))
        np.testing.assert_allclose(ours, theirs, atol=2e-2)

    def test_the_alignment_heads_are_openai_whisper_s(self, base_files: ModelFiles, reference: Recognizer) -> None:
        import whisper

        arrays = read_container(base_files.folder / "model.bin")
        model = whisper.Whisper(whisper.ModelDimensions(**dimensions(arrays)))
        model.set_alignment_heads(whisper._ALIGNMENT_HEADS["base"])
        heads = json.loads((base_files.folder / "config.json").read_text())["alignment_heads"]
        assert sorted(heads) == model.alignment_heads.indices().T.tolist()
