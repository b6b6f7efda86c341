"""A recording through the pipeline, with scripted stages and a cache beside it."""

from __future__ import annotations

from pathlib import Path

from audio.episode import Episode
from tests.support.scripted_stages import ScriptedStages
from transcribe.pipeline.checkpoints import Checkpoints
from transcribe.pipeline.pipeline import Pipeline
from transcribe.settings import Settings
from transcribe.transcript import Transcript


def transcribed(path: Path, stages: ScriptedStages, settings: Settings | None = None) -> Transcript:
    store = Checkpoints(path.parent / "cache")
    return Pipeline(settings or Settings(), stages=stages, checkpoints=store).transcript(Episode.of_file(path))
