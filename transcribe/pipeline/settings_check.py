"""What is wrong with settings for any recording: known, and refused, before the first one is opened.

The law: a value that would fail every recording alike is one error of the command, never one of each recording. Values
are checked by themselves where they are declared (`transcribe.settings`); here is what only the model, the machine or a
file can say. What weights say is known once they are here: a run asks again after fetching them.
"""

from __future__ import annotations

from collections.abc import Callable

from transcribe.errors import SettingsError
from transcribe.pipeline.stages import StagesMaker, glossary_of, real_stages
from transcribe.settings import Settings
from transcribe.speakers.voiceprints import select_voiceprints, user_voiceprints


def check_settings(settings: Settings, make: StagesMaker, *, here: bool = True) -> None:
    """Refuse settings that no recording could be transcribed with.

    Raises `SettingsError`, which names the setting, `ModelError` for a folder without a model, `NotInstalledError`
    for an engine that is not. Unless the stages run `here`, devices, engines and folders of models are those of other
    machines.
    """
    checks: dict[str, Callable[[], object]] = {
        "glossary": lambda: glossary_of(settings),
        "voices": lambda: select_voiceprints(user_voiceprints(), settings.voices),
    }
    if make is real_stages and here:
        checks |= {"engine": lambda: _check_engine(settings), "device": lambda: _check_device(settings)}
        checks |= {"model": lambda: _languages(settings, make, here=here)}
    checks |= {"language": lambda: _check_language(settings, make, here=here)}
    for name, check in checks.items():
        try:
            check()
        except SettingsError as error:
            raise SettingsError(str(error), setting=name) from error


def _check_engine(settings: Settings) -> None:
    from transcribe.recognition.engines import check_installed

    check_installed(settings)


def _check_device(settings: Settings) -> None:
    if settings.device == "cuda":
        import ctranslate2

        from transcribe.diarization.networks import check_device

        if not ctranslate2.get_cuda_device_count():
            raise SettingsError("device: no GPU for cuda is found on this machine; use cpu or auto")
        check_device(settings.device)


def _check_language(settings: Settings, make: StagesMaker, *, here: bool) -> None:
    from transcribe.recognition.recognize import check_language

    if settings.language != "auto" and (known := _languages(settings, make, here=here)) is not None:
        check_language(settings.language, model=settings.model, known=known)


def _languages(settings: Settings, make: StagesMaker, *, here: bool) -> frozenset[str] | None:
    """The languages of the model; None if it is not on this machine."""
    from transcribe.recognition.models import is_folder, languages_known

    if make is not real_stages:
        return make(settings).languages()
    return None if not here and is_folder(settings.model) else languages_known(settings.model)
