"""A limit on the size of files (`ulimit -f`) is no full disk: whatever is written, the way out is said in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import CLIPS, ROOT

WRITING = """
import json, logging, resource, sys
from pathlib import Path
logging.basicConfig(format="%(message)s")
from audio.decoding.mixdown import write_mix
from audio.episode import Track
from transcribe.pipeline.checkpoints import Checkpoints, Key
from transcribe.settings import Stage
from transcribe.speakers.voiceprints import Sample, enrol
from transcribe.weights.store import StoredModel

clip, folder = Path(sys.argv[1]), Path(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
writing = {
    "weights": lambda: StoredModel("m", "model m", ("a",), {}).find(lambda to: (to / "a").write_bytes(bytes(5000))),
    "voice": lambda: enrol("Ada", Sample("a.wav", 10.0, (0.07,) * 192), folder=folder / "voices"),
    "mix": lambda: write_mix([Track(clip, offset=0.0)], folder / "mix.m4a"),
}
Checkpoints(folder / "stages").save(Key("ab" * 32, Stage.PLAN, "x"), ["long"] * 1000)
said = {}
for name, write in writing.items():
    try:
        write()
    except Exception as error:
        said[name] = str(error)
print(json.dumps(said))
"""


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="needs a Unix with limits on the size of files")
def test_a_limit_on_the_size_of_files_is_named(tmp_path: Path) -> None:
    own = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", WRITING, str(CLIPS / "short.mp3"), str(tmp_path)]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=True)
    said = {**json.loads(done.stdout), "results": done.stderr.strip()}
    assert said.keys() == {"weights", "voice", "mix", "results"}
    for message in said.values():
        assert "raise the limit on the size of files (`ulimit -f unlimited`)" in message
        assert "\n" not in message
    assert not (tmp_path / "mix.m4a").exists()
