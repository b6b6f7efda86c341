"""A command that plans a run loads what planning needs: the rest is for its workers, and for drafts that are edited."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

FOR_OTHERS = {
    "numpy": "the worker",
    "scipy": "the worker",
    "onnxruntime": "the worker",
    "transcribe.pipeline.pipeline": "the worker",
    "transcribe.recognition.vad": "the worker",
    "transcribe.diarization.diarize": "the worker",
    "transcribe.speakers.name_patterns": "the worker",
    "output.parse": "edited drafts",
    "transcribe.alignment.realign": "edited drafts",
}


@pytest.mark.processes
def test_planning_and_running_load_nothing_of_the_stages() -> None:
    code = (
        "import sys\n"
        "import transcribe.batch.dry_run, transcribe.batch.planning, transcribe.batch.runner, transcribe.cli.run\n"
        "import transcribe.pipeline.settings_check, transcribe.workers.local\n"
        f"print(*(name for name in {sorted(FOR_OTHERS)!r} if name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
