"""Which decoder is used, and that both read the same in the real weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models

from audio.decoding.decode import decode
from tests.support.paths import CLIPS
from tests.support.weights import needs_base
from tests.support.whisper_decoder import POSITIONS, TOKENS, random_decoder
from tests.support.whisper_encoder import HEADS, LAYERS, WIDTH, needs_dot_products, write_container
from transcribe.errors import EngineError
from transcribe.recognition.engines import ctranslate2, networks
from transcribe.recognition.engines.beam_search import Rules
from transcribe.recognition.engines.ctranslate2 import CTranslate2
from transcribe.recognition.engines.decoders import load_decoder
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.models import ModelFiles
from transcribe.transcript import Word

Samples = NDArray[np.float32]

NAMES = {
    "a": 0,
    "!": 1,
    ".": 2,
    "Ġb": 3,
    "ĠB": 4,
    ",": 5,
    "<|endoftext|>": 30,
    "<|nospeech|>": 31,
    "<|en|>": 32,
    "<|nl|>": 33,
}
MANY_NAMES = "Haikel Gomar, Rich Bauer, Pia Javier, Flavia Perry, Kim Chandan, Mike Pereira, Stella Hardy, Dave Simons"
CONFIG = {
    "lang_ids": [32, 33],
    "suppress_ids": [31],
    "suppress_ids_begin": [30],
    "alignment_heads": [[LAYERS - 1, 0], [0, HEADS - 1]],
}


@pytest.fixture
def tokenizer() -> Tokenizer:
    """With as many tokens as the small decoder."""
    rest = {f"x{i}": i for i in range(TOKENS) if i not in NAMES.values()}
    return Tokenizer(models.WordLevel(NAMES | rest, unk_token="a"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a model with a small decoder, on a processor that suits it."""
    monkeypatch.setattr(networks, "has_dot_products", lambda: True)
    write_container(tmp_path / "model.bin", random_decoder())
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_a_decoder_reads_windows_of_any_length(folder: Path, tokenizer: Tokenizer) -> None:
    decoder = load_decoder(folder, tokenizer)
    assert decoder is not None
    assert decoder.vocabulary.languages == {"en": 4, "nl": 5}
    assert decoder.vocabulary.ends_sentence == {NAMES["."], NAMES["!"]}
    assert decoder.vocabulary.capitals == {NAMES["Ġb"]: NAMES["ĠB"]}
    for frames in (1, 31, 32, 33):
        states = np.random.default_rng(frames).normal(size=(2, frames, WIDTH)).astype(np.float32)
        for found in decoder.search(states, Rules((4, 5), 30, 3, 5)):
            assert found.texts[0].logprob < 0
            assert found.special.shape == (6,)
            for some in (1, frames):
                weights = decoder.attended(states[0, :some], found)
                assert weights.shape == (2, len(found.texts[0].choices), some)
                assert np.isfinite(weights).all()


def test_a_text_is_no_longer_than_there_are_positions_for_it_after_a_prompt(folder: Path, tokenizer: Tokenizer) -> None:
    decoder = load_decoder(folder, tokenizer)
    assert decoder is not None
    assert decoder.longest == POSITIONS // 2
    rules = Rules([4] * (POSITIONS // 2), 30, 2, decoder.longest, not_first=[30], prune_margin=99)
    (found,) = decoder.search(np.ones((1, 4, WIDTH), np.float32), rules)
    assert max(len(text.tokens) for text in found.texts) <= decoder.longest + 3


def test_states_of_another_width_are_an_error_of_the_engine(folder: Path, tokenizer: Tokenizer) -> None:
    decoder = load_decoder(folder, tokenizer)
    assert decoder is not None
    with pytest.raises(EngineError, match="failed while decoding"):
        decoder.search(np.zeros((1, 4, WIDTH + 1), np.float32), Rules((4,), 30, 1, 5))


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[]",
        "{}",
        '{"lang_ids": 3}',
        json.dumps(CONFIG | {"suppress_ids": ["x"]}),
        json.dumps(CONFIG | {"suppress_ids": [10**6]}),
        json.dumps(CONFIG | {"lang_ids": [10**6]}),
        *(json.dumps(CONFIG | {"alignment_heads": heads}) for heads in ([], [[LAYERS, 0]], [[0, HEADS]], [[0]], ["x"])),
        *(json.dumps(CONFIG | {key: [-1]}) for key in CONFIG),
        json.dumps(CONFIG | {"suppress_ids": [NAMES["."]]}),
        json.dumps(CONFIG | {"suppress_ids": list(range(TOKENS))}),
    ],
)
def test_without_what_the_settings_should_say_there_is_none(folder: Path, tokenizer: Tokenizer, config: str) -> None:
    (folder / "config.json").write_text(config)
    assert load_decoder(folder, tokenizer) is None


def test_without_the_tokens_there_is_none(folder: Path) -> None:
    assert load_decoder(folder, Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))) is None


@pytest.mark.parametrize("name", ["decoder/layer_1/attention/linear_1/weight", "decoder/num_heads"])
def test_of_weights_that_are_no_decoder_s_there_is_none(folder: Path, tokenizer: Tokenizer, name: str) -> None:
    arrays = random_decoder()
    arrays.pop(name)
    write_container(folder / "model.bin", arrays)
    assert load_decoder(folder, tokenizer) is None


@pytest.mark.parametrize("heads", [-2, 0, 3, 2 * WIDTH])
def test_of_heads_that_do_not_divide_the_width_there_is_none(folder: Path, tokenizer: Tokenizer, heads: int) -> None:
    write_container(folder / "model.bin", random_decoder() | {"decoder/num_heads": np.array(heads, np.int16)})
    assert load_decoder(folder, tokenizer) is None


def test_without_layers_there_is_none(folder: Path, tokenizer: Tokenizer) -> None:
    write_container(
        folder / "model.bin", {name: array for name, array in random_decoder().items() if "/layer_" not in name}
    )
    assert load_decoder(folder, tokenizer) is None


def test_of_many_tokens_that_no_text_begins_with_another_is_found(folder: Path, tokenizer: Tokenizer) -> None:
    """Though they are likelier."""
    (folder / "config.json").write_text(json.dumps(CONFIG | {"suppress_ids_begin": [i for i in range(30) if i != 5]}))
    decoder = load_decoder(folder, tokenizer)
    assert decoder is not None
    states = np.random.default_rng(0).normal(size=(3, 20, WIDTH)).astype(np.float32)
    for found in decoder.search(states, Rules((4, 5), 30, 3, 5, decoder.vocabulary.not_first)):
        assert all(text.tokens[0] not in decoder.vocabulary.not_first for text in found.texts if text.tokens)


def test_the_token_for_no_speech_is_in_no_text(folder: Path, tokenizer: Tokenizer) -> None:
    """Whether the settings say so or not, as in openai-whisper: what is told of it are its odds."""
    (folder / "config.json").write_text(json.dumps(CONFIG | {"suppress_ids": []}))
    decoder = load_decoder(folder, tokenizer)
    assert decoder is not None
    assert NAMES["<|nospeech|>"] in decoder.vocabulary.suppressed


def test_of_quantized_weights_there_is_none(folder: Path, tokenizer: Tokenizer) -> None:
    arrays = random_decoder()
    name = "decoder/layer_0/ffn/linear_0/weight"
    write_container(folder / "model.bin", arrays | {name: np.ones(arrays[name].shape, np.int8)})
    assert load_decoder(folder, tokenizer) is None


def test_on_another_processor_there_is_none(
    folder: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "has_dot_products", lambda: False)
    assert load_decoder(folder, tokenizer) is None


def test_of_too_many_parameters_there_is_none(
    folder: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "_MOST_PARAMETERS", 1000)
    assert load_decoder(folder, tokenizer) is None


@pytest.fixture(scope="module")
def without_network(base_files: ModelFiles) -> Iterator[CTranslate2]:
    """The engine with CTranslate2's decoder, and the same encoder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctranslate2, "load_decoder", lambda *_: None)
        yield CTranslate2(base_files, device="cpu", threads=2)


@pytest.fixture(scope="module")
def windows() -> list[Samples]:
    """Of several lengths, and one of silence. The shortest begins with a word: half of one is read as anything."""
    path = CLIPS / "packaging-notes.mp3"
    with decode(path) as audio:
        parts = [audio.read(start, end) for start, end in ((0, 12), (3, 11), (12, 30), (30.4, 34.5), (20, 50))]
    return [*parts, np.zeros(32_000, np.float32)]


def same_words(one: Reading, other: Reading) -> list[tuple[Word, Word]]:
    texts = [[word.text for word in reading.words] for reading in (one, other)]
    blocks = SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks()
    return [(one.words[block.a + i], other.words[block.b + i]) for block in blocks for i in range(block.size)]


def read(engine: CTranslate2, windows: list[Samples]) -> list[Reading]:
    return list(engine.recognize(windows, language="en"))


@needs_base
@needs_dot_products
@pytest.mark.models
def test_both_decoders_read_the_same(fast: CTranslate2, without_network: CTranslate2, windows: list[Samples]) -> None:
    for one, other in zip(read(fast, windows), read(without_network, windows), strict=True):
        assert SequenceMatcher(None, one.text.split(), other.text.split(), autojunk=False).ratio() > 0.9
        assert one.avg_logprob == pytest.approx(other.avg_logprob, abs=0.1)
        moved = [abs(a.start - b.start) for a, b in same_words(one, other)]
        assert median([0.0, *moved]) <= 0.02
        assert sum(seconds > 0.2 for seconds in moved) <= len(moved) / 20
        assert one.no_speech_probability == pytest.approx(other.no_speech_probability, abs=0.1)
        assert one.spoken is not None
        assert other.spoken is not None
        assert one.spoken.likeliest[1] == pytest.approx(other.spoken.likeliest[1], abs=0.1)


@needs_base
@needs_dot_products
@pytest.mark.models
def test_where_nothing_is_said_both_say_so_alike(fast: CTranslate2, without_network: CTranslate2) -> None:
    rng = np.random.default_rng(0)
    noise = (rng.normal(size=160_000) * 0.1).astype(np.float32)
    hum = (np.sin(2 * np.pi * 220 * np.arange(160_000) / 16_000) * 0.1).astype(np.float32)
    for one, other in zip(read(fast, [noise, hum]), read(without_network, [noise, hum]), strict=True):
        assert 0.5 < other.no_speech_probability < 0.9
        assert one.no_speech_probability == pytest.approx(other.no_speech_probability, abs=0.08)


@needs_base
@needs_dot_products
@pytest.mark.models
def test_a_reading_depends_on_its_window_alone(fast: CTranslate2, windows: list[Samples]) -> None:
    together = read(fast, windows)
    with ThreadPoolExecutor(3) as pool:
        alone = list(pool.map(lambda window: read(fast, [window])[0], windows))
    assert together == alone


@needs_base
@needs_dot_products
@pytest.mark.models
def test_sampling_is_left_to_ctranslate2(
    fast: CTranslate2, windows: list[Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_network_search", lambda *_: pytest.fail("was asked"))
    assert next(fast.recognize(windows[:1], language="en", temperature=0.4)).text


@needs_base
@needs_dot_products
@pytest.mark.models
@pytest.mark.parametrize("before", ["Names: Ada.", "Names: " + f"{MANY_NAMES}, " * 9], ids=["short", "too long"])
def test_a_text_before_is_read_as_by_ctranslate2(
    fast: CTranslate2, windows: list[Samples], monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    """Its times and what is told of silence, too."""

    def read_after(text: str) -> list[Reading]:
        return list(fast.recognize(windows[:2], language="en", beam_size=1, prompt=text))

    network, asked = fast._network_search, list[object]()

    def noting(*query: Any) -> Any:
        asked.append(query)
        assert network is not None
        return network(*query)

    monkeypatch.setattr(fast, "_network_search", noting)
    ours = read_after(before)
    assert asked
    monkeypatch.setattr(fast, "_network_search", None)
    for one, other in zip(ours, read_after(before), strict=True):
        assert SequenceMatcher(None, one.text.split(), other.text.split(), autojunk=False).ratio() > 0.9
        assert one.no_speech_probability == pytest.approx(other.no_speech_probability, abs=0.1)
        moved = [abs(a.start - b.start) for a, b in same_words(one, other)]
        assert median([0.0, *moved]) <= 0.02
