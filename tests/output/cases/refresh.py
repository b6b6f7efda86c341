"""The golden drafts: `NAME.json` holds style, speakers and turns, `NAME.md` what is to come out.

`python -m tests.output.cases.refresh` writes the drafts anew; the diff is the review. A new case is two files and no
code.
"""

from __future__ import annotations

import json
from pathlib import Path

from audio.episode import Episode
from output.markdown import render
from tests.support.paths import CASES
from tests.support.transcripts import transcript
from transcribe.style import Style
from transcribe.transcript import Speaker

GOLDEN = sorted(CASES.glob("*.json"))


def drafted(case: Path) -> str:
    """The draft of a case as it is made today."""
    data = json.loads(case.read_text(encoding="utf-8"))
    speakers = tuple(Speaker(id, name) for id, name in data["speakers"].items())
    episode = Episode(**{"title": case.stem, "path": Path("talk.mp3"), **data.get("episode", {})})
    turns = [(speaker, text) for speaker, text in data["turns"]]
    as_setting = {list: tuple, dict: json.dumps}
    style = {name: as_setting.get(type(value), type(value))(value) for name, value in data.get("style", {}).items()}
    return render(transcript(*turns, speakers=speakers, episode=episode), Style(**style))


if __name__ == "__main__":
    for path in GOLDEN:
        path.with_suffix(".md").write_text(drafted(path), encoding="utf-8", newline="")
