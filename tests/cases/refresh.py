"""The golden drafts: `NAME.json` holds style, speakers and turns, `NAME.md` what is to come out.

`python tests/cases/refresh.py` writes the drafts anew; the diff is the review. A new case is two files and no code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from samples import transcript  # noqa: E402

from audio.episode import Episode  # noqa: E402
from output.markdown import Style, render  # noqa: E402
from transcribe.transcript import Speaker  # noqa: E402

CASES = sorted(Path(__file__).parent.glob("*.json"))


def drafted(case: Path) -> str:
    """The draft of a case as it is made today."""
    data = json.loads(case.read_text(encoding="utf-8"))
    speakers = tuple(Speaker(id, name) for id, name in data["speakers"].items())
    episode = Episode(**{"title": case.stem, "path": Path("talk.mp3"), **data.get("episode", {})})
    turns = [(speaker, text) for speaker, text in data["turns"]]
    return render(transcript(*turns, speakers=speakers, episode=episode), Style(**data.get("style", {})))


if __name__ == "__main__":
    for path in CASES:
        path.with_suffix(".md").write_text(drafted(path), encoding="utf-8", newline="")
