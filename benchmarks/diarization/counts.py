"""The number of people, nothing said: how often it is right, and what a wrong one costs.

    python benchmarks/diarization/counts.py [FOLDER ...] [--words FOLDER ...]

A recording needs NAME.rttm or NAME.ref.txt next to it; the folders are ../shared/corpus and its dialogues, if present,
and tests/clips. cpWER − WER needs words: those of NAME.json in a --words folder, as `transcribe run` writes it; their
own speakers are not looked at. "or" is the other number that the estimate allows. The rows at the end are both halves
of the recordings, split by a digest of the name, and all of them: what is fitted on one half must hold on the other.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.references import CORPUS, audio_files, cpwer_of, read_reference, speakers_in_reference
from tests.support.paths import CLIPS
from transcribe.workers.process_setup import configure_process

if TYPE_CHECKING:
    from transcribe.diarization.diarize import Diarization
    from transcribe.transcript import Turn


@dataclass(frozen=True)
class Counted:
    """A recording: how many people there are and how many were found; errors of attribution, of so many words."""

    name: str
    truth: int
    found: int
    alternative: int
    errors: int = 0
    words: int = 0

    @property
    def half(self) -> int:
        return hashlib.sha256(self.name.encode()).digest()[0] % 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folders = [folder for folder in (CORPUS, CORPUS / "dialogues", CLIPS) if folder.is_dir()]
    parser.add_argument("folders", nargs="*", type=Path, default=folders)
    parser.add_argument("--words", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    configure_process()
    files = [path for folder in options.folders for path in audio_files(folder) if speakers_in_reference(path)]
    print(f"{'name':24s} {'people':>6s} {'found':>6s} {'or':>3s} {'cp−w':>6s}", flush=True)
    rows = []
    for path in files:
        row = count(path, options.words)
        rows.append(row)
        mark = "" if row.truth == row.found else "  <"
        cost = f"{100 * row.errors / row.words:6.1f}" if row.words else "     -"
        print(f"{row.name[:24]:24s} {row.truth:6d} {row.found:6d} {row.alternative or '':>3} {cost}{mark}", flush=True)
    for half in (0, 1, None):
        summarise(half, [row for row in rows if half in (None, row.half)])


def summarise(half: int | None, rows: Sequence[Counted]) -> None:
    two = [row for row in rows if row.truth == 2]
    words = sum(row.words for row in rows)
    cost = f", cpWER − WER {100 * sum(row.errors for row in rows) / words:.1f}" if words else ""
    right, of_two = sum(row.found == row.truth for row in rows), sum(row.found == 2 for row in two)
    title = "all" if half is None else f"half {half}"
    print(f"{title}: right {right} of {len(rows)}, two people {of_two} of {len(two)}{cost}")


def count(path: Path, words: Sequence[Path]) -> Counted:
    """A recording with nothing said about it."""
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers

    with decode(path) as audio:
        people = find_speakers(audio)
    turns = turns_of(path, people, words)
    found = len({turn.speaker for turn in turns} if turns else {span.speaker for span in people.spans})
    return Counted(path.stem, speakers_in_reference(path), found, people.alternative, *cost_of(path, turns))


def turns_of(path: Path, people: Diarization, folders: Sequence[Path]) -> tuple[Turn, ...]:
    """The recording's words under the speakers found; none without words."""
    from transcribe.speakers.attribution import attribute
    from transcribe.transcript import Transcript

    for folder in folders:
        if (file := folder / f"{path.stem}.json").is_file():
            known = Transcript.from_json(file.read_text(encoding="utf-8"))
            return attribute(list(known.words), people.spans, background=people.background)
    return ()


def cost_of(path: Path, turns: Sequence[Turn]) -> tuple[int, int]:
    """The errors that attribution adds, and the words of the reference."""
    text = path.with_suffix(".ref.txt")
    if not turns or not text.is_file() or "dutch" in path.stem:  # the normaliser is English
        return 0, 0
    reference, hypothesis = read_reference(text), [(turn.speaker, turn.text) for turn in turns]
    plain, attributed = (cpwer_of(reference, hypothesis, speakers=speakers) for speakers in (False, True))
    return attributed.errors - plain.errors, plain.length


if __name__ == "__main__":
    main()
