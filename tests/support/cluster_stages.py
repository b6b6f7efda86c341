"""Scripted stages for the workers of a cluster: their makers are functions of a module, which workers can import."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.scripted_stages import ScriptedStages
from transcribe.cli.main import main
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.vad import Chunk
from transcribe.settings import Settings


def scripted(settings: Settings) -> ScriptedStages:
    """The default script."""
    return ScriptedStages()


class Noting(ScriptedStages):
    """Records in a file in the folder `settings.author` that it was created, and when `rehear` runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._note("made")

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        self._note("heard again")
        return super().rehear(audio, first, glossary=glossary, progress=progress)

    def _note(self, what: str) -> None:
        with (self._folder / "noted").open("a") as file:
            file.write(f"{what}\n")


def noting(settings: Settings) -> Noting:
    """See `Noting`."""
    return Noting(Path(settings.author))


class Deadly(ScriptedStages):
    """The first process that recognises writes its PID to a file in the folder `settings.author` and waits to be
    killed; later ones work."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        try:
            (self._folder / "victim").touch(exist_ok=False)  # stays: another worker may check at the same time
        except FileExistsError:
            return super().recognize(audio, chunks, language=language, progress=progress)
        (self._folder / "number").write_text(str(os.getpid()))
        (self._folder / "number").rename(self._folder / "ready")
        while True:
            time.sleep(0.05)


def deadly(settings: Settings) -> Deadly:
    """See `Deadly`."""
    return Deadly(Path(settings.author))


class Endless(ScriptedStages):
    """Recognition runs until its progress callback raises, which it records in the folder `settings.author`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        (self._folder / "begun").touch()
        try:
            while True:
                progress(0.5)
                time.sleep(0.05)
        finally:
            (self._folder / "ended").touch()


def endless(settings: Settings) -> Endless:
    """See `Endless`."""
    return Endless(Path(settings.author))


if __name__ == "__main__":
    main(stages=scripted)
