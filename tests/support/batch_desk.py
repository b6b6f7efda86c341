"""A folder with recordings, drafts and a cache, for tests of batches without models."""

from __future__ import annotations

from pathlib import Path

from tests.support.scripted_stages import SAID, ScriptedStages
from transcribe.batch.dry_run import forecast
from transcribe.batch.mode import Mode
from transcribe.batch.planning import select_jobs
from transcribe.batch.report import Report, Result
from transcribe.batch.runner import Setup, run
from transcribe.pipeline.progress import ignore_progress
from transcribe.settings import Settings
from transcribe.workers.local import in_this_process


class Desk:
    """A folder, and the way to run over the recordings in it."""

    def __init__(self, folder: Path, *, said: str = SAID) -> None:
        self.folder = folder
        self.stages = ScriptedStages(said=said)

    def settings(self, **changes: object) -> Settings:
        values = {"output": str(self.folder / "drafts"), "formats": ("md", "json"), **changes}
        return Settings(**values)  # type: ignore[arg-type]

    def setup(self, *, force: bool = False, ignore_cache: bool = False, **changes: object) -> Setup:
        mode = Mode(force=force, ignore_cache=ignore_cache)
        return Setup(self.settings(**changes), self.stages, self.folder / "cache", mode=mode)

    def run(self, *sources: Path, **changes: object) -> Report:
        setup = self.setup(**changes)  # type: ignore[arg-type]
        jobs, failures = select_jobs([str(source) for source in sources], setup.settings)
        with in_this_process(ignore_progress) as pool:
            return Report((*failures, *run(jobs, setup, pool=pool)))

    def one(self, source: Path, **changes: object) -> Result:
        (result,) = self.run(source, **changes).results
        return result

    def forecast(self, source: Path, **changes: object) -> list[str]:
        """The lines of a dry run."""
        setup = self.setup(**changes)  # type: ignore[arg-type]
        jobs, _ = select_jobs([str(source)], setup.settings)
        return [line for line in forecast(jobs, setup) if isinstance(line, str)]

    def drafts(self) -> dict[str, tuple[bytes, int]]:
        """Name → contents and time of writing of every file there."""
        return {
            p.name: (p.read_bytes(), p.stat().st_mtime_ns)
            for p in sorted((self.folder / "drafts").iterdir())
            if p.is_file()
        }
