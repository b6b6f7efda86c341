"""Scripted stages for worker processes: slow, endless, or killed on recordings of a certain length.

The makers are functions of this module, which workers can import. Every process logs its stages to the file `log` next
to the output folder. Recordings are identified by their length.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.scripted_stages import ScriptedStages
from transcribe.diarization.diarize import Diarization
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.vad import Chunk, ChunkPlan, Region
from transcribe.settings import Settings
from transcribe.transcript import SpeakerSpan, Word

FATAL_SECONDS = 3.0  # a recording of this length kills every process that recognises it
MORTAL_SECONDS = 4.0  # one of this length kills the first process only


class ChunkedStages(ScriptedStages):
    """A word a second, a chunk a second: a recording of 40 s has three blocks. A chunk takes `pause` seconds."""

    def __init__(self, settings: Settings, pause: float = 0.0) -> None:
        super().__init__()
        self._folder = settings.output_folder.parent
        self._pause = pause

    def plan(self, audio: Audio, *, progress: OnFraction) -> ChunkPlan:
        self._note("plan", audio)
        edges = range(int(audio.duration))
        return ChunkPlan(tuple(Chunk(float(s), s + 1.0, (Region(s + 0.1, s + 0.9),)) for s in edges))

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        self._die(audio)
        words = []
        for number, chunk in enumerate(chunks, 1):
            time.sleep(self._pause)
            loudest = abs(audio.read(chunk.start, chunk.end)).max()
            words.append(Word(f"{chunk.start:.0f}-{loudest:.3f}.", chunk.start + 0.1, chunk.end - 0.1, 0.9))
            progress(number / len(chunks))
        self._note(f"block {chunks[0].start:.0f}", audio)
        return Recognition(tuple(words), language, (), ())

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        for number in range(10):
            time.sleep(self._pause)
            progress(number / 10)
        self._note("diarize", audio)
        middle = audio.duration / 2
        return Diarization((SpeakerSpan(0.0, middle, "S1"), SpeakerSpan(middle, audio.duration, "S2")))

    def _note(self, what: str, audio: Audio) -> None:
        with (self._folder / "log").open("a") as file:
            file.write(f"{what} of {audio.duration:.1f} by {os.getpid()}\n")

    def _die(self, audio: Audio) -> None:
        marker = self._folder / "died"
        if audio.duration == FATAL_SECONDS or (audio.duration == MORTAL_SECONDS and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def quick(settings: Settings) -> ChunkedStages:
    return ChunkedStages(settings)


def slow(settings: Settings) -> ChunkedStages:
    return ChunkedStages(settings, 0.01)


def endless(settings: Settings) -> ChunkedStages:
    return ChunkedStages(settings, 60.0)


def logged(folder: Path) -> list[str]:
    """The logged stages, without the processes."""
    path = folder / "log"
    return [line.split(" by ")[0] for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    from transcribe.cli.main import main

    main(sys.argv[2:], stages={"quick": quick, "slow": slow, "endless": endless}[sys.argv[1]])
