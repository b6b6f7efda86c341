"""What a score loads: nothing that takes seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

HEAVY = {"torch", "whisper", "meeteval", "kaldialign", "pyannote", "pandas", "matplotlib", "scipy", "numba", "sklearn"}


@pytest.mark.processes
def test_a_score_of_words_speakers_and_times_loads_no_heavy_package(tmp_path: Path) -> None:
    (tmp_path / "r.stm").write_text("x 1 Ann 0 2 it's twenty five\nx 1 Ben 2 3 yes\n")
    (tmp_path / "h.stm").write_text("x 1 s 0 2 it is 25\nx 1 t 2 3 yes\n")
    code = (
        "import sys\nfrom transcribe.cli.main import main\n"
        "try:\n    main(['score', 'r.stm', 'h.stm', '--json'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print({HEAVY!r} & {{name.split('.')[0] for name in sys.modules}}, file=sys.stderr)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert '"der": 0.0' in result.stdout
    assert '"tcpwer": 0.0' in result.stdout
    assert result.stderr.strip() == "set()"
