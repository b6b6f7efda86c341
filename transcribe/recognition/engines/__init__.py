"""The recognition engines behind one protocol. A setting selects one; its libraries are imported when it is loaded.

A new engine is one module with a `Recognizer`, and one entry of `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from audio.program import installing
from transcribe.errors import NotInstalledError, SettingsError

if TYPE_CHECKING:
    from transcribe.recognition.engines.protocol import Aligner, Recognizer
    from transcribe.recognition.models import ModelFiles
    from transcribe.settings import Settings


@dataclass(frozen=True, slots=True)
class Engine:
    """Where an engine's class is, and which settings its constructor takes besides the model's files.

    `package` is the one it needs if that is in an extra, which then has the engine's name.
    """

    module: str
    name: str
    settings: tuple[str, ...] = ("device",)
    package: str = ""


AUTO = "auto"
ENGINES: Mapping[str, Engine] = {
    "openai": Engine("transcribe.recognition.engines.openai_whisper", "OpenAIWhisper", package="whisper"),
    "ctranslate2": Engine("transcribe.recognition.engines.ctranslate2", "CTranslate2", ("device", "threads")),
}
_DEFAULT = "ctranslate2"  # the fast one


def engine_name(settings: Settings) -> str:
    """The engine that `settings.engine` selects. Raises `SettingsError` for an unknown one."""
    name = _DEFAULT if settings.engine == AUTO else settings.engine
    if name not in ENGINES:
        raise SettingsError(f"engine: {name!r} is not one of {', '.join((AUTO, *ENGINES))}")
    return name


def check_installed(settings: Settings) -> None:
    """Raise `NotInstalledError` if the engine of `settings` is in an extra that is not installed."""
    name = engine_name(settings)
    package = ENGINES[name].package
    if package and find_spec(package) is None:
        raise NotInstalledError(
            f"--engine {name} needs the extra {name}: {installing(name)}; or use --engine {_DEFAULT}"
        )


def load(settings: Settings, files: ModelFiles) -> Recognizer:
    """The engine of `settings` with the weights `files`, ready to recognise.

    Raises `EngineError` if its library or the weights cannot be loaded, `SettingsError` for an unknown engine.
    """
    check_installed(settings)
    engine = ENGINES[engine_name(settings)]
    make: Any = getattr(import_module(engine.module), engine.name)
    recognizer: Recognizer = make(files, **{name: getattr(settings, name) for name in engine.settings})
    return recognizer


def load_aligner(files: ModelFiles) -> Aligner:
    """The engine that aligns known text, with these weights. Raises `EngineError` as `load` does."""
    from transcribe.recognition.engines.ctranslate2 import CTranslate2

    return CTranslate2(files)
