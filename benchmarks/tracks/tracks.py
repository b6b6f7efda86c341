"""`transcribe run --tracks`: what a microphone per person is worth, on conversations made of recordings of dialogues.

    python -m benchmarks.tracks.tracks [--people 2,4,6] [--conditions NAME,...] [--keep FOLDER] [--model NAME]

The dialogues of ../shared/corpus are cut into turns and put together to conversations of two, four and six people, a
tenth of whose turns start before the one before has ended. Each microphone hears its own person, and the others'
bleed; tracks start seconds apart and their clocks drift. Rates are those of `transcribe score`: cpWER − WER in points,
DER with a collar of .25 s. `twice` counts words that two people are given at the same time, `offset` is the largest
error of an offset in milliseconds. Without the shared corpus there is nothing to measure.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

if __package__ in (None, ""):  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.references import CORPUS
from benchmarks.tracks.conversations import Condition, Microphones, Spoken, conversation, dialogue, microphones, write

DIALOGUES = ("dialogue-0186", "dialogue-0278", "dialogue-0102", "dialogue-0243", "dialogue-0088", "dialogue-0142")
CONDITIONS = (
    Condition("no bleed"),
    Condition("-20 dB", -20.0, offset=5.0, drift_ppm=50.0),
    Condition("-12 dB", -12.0, offset=5.0, drift_ppm=50.0),
    Condition("-12 dB room", -12.0, room=True, offset=5.0, drift_ppm=50.0),
)
_MOST_SECONDS = 100.0  # of a conversation, in turns


class Result(NamedTuple):
    """The rates of one conversation."""

    wer: float
    cpwer: float
    der: float
    twice: int
    offset_ms: float
    seconds: float
    wall: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", default="2,4,6")
    parser.add_argument("--conditions", default="", help="names, separated by commas")
    parser.add_argument("--keep", type=Path, help="folder for the tracks and drafts")
    parser.add_argument("--model", default="base")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with the dialogues")
    options = parser.parse_args()
    if not options.corpus.is_dir():
        say("needs ../shared/corpus")
        return
    chosen = [each for each in CONDITIONS if not options.conditions or each.name in options.conditions.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        dialogues = [cut(next(options.corpus.rglob(f"{name}.mp3")), folder) for name in DIALOGUES]
        say("people condition         WER  cpWER   cp−w    DER twice     ms  speed")
        for count in map(int, options.people.split(",")):
            for condition in chosen:
                for number in range(1 if count > 2 else 2):
                    parts = dialogues[number * 2 : number * 2 + count // 2]
                    show(
                        count,
                        condition,
                        run(parts, condition, folder / f"{count}-{number}-{condition.name}", options.model),
                    )


def cut(path: Path, folder: Path) -> list[Spoken]:
    """The first turns of a dialogue, by the words of an ordinary run."""
    transcribe("run", path, "-o", folder / "ordinary", "-l", "en", "--speakers", "2", "-f", "json", "-q")
    turns = dialogue(path, folder / "ordinary" / f"{path.stem}.json")
    kept = [turn for number, turn in enumerate(turns) if sum(len(t.samples) for t in turns[: number + 1]) < 45 * 16_000]
    return kept or turns[:4]


def run(parts: list[list[Spoken]], condition: Condition, folder: Path, model: str) -> Result:
    """Make the tracks, transcribe them and score the draft."""
    spoken = conversation(parts, seed=len(parts), crosstalk=0.1)
    heard = microphones(spoken, condition)
    files = write(folder, spoken, heard)
    started = time.perf_counter()
    transcribe(
        "run", "--tracks", *files, "-o", folder / "out", "-l", "en", "-f", "md,json", "--model", model, "--fresh", "-q"
    )
    wall = time.perf_counter() - started
    (made,) = (folder / "out").glob("*.json")
    score = json.loads(transcribe("score", folder / "episode.ref.txt", made, "--json"))
    data = json.loads(made.read_text())
    return Result(
        score["wer"], score["cpwer"], score["der"], said_twice(data), offset_error(data, heard), spoken.seconds, wall
    )


def offset_error(data: dict[str, Any], heard: Microphones) -> float:
    """The largest error of an offset in milliseconds."""
    found = [track["offset"] for track in data["episode"]["tracks"]]
    stated = list(heard.offsets.values())
    return max(1000.0 * abs(float(found[n] - found[0]) - stated[n] + stated[0]) for n in range(len(found)))


def said_twice(data: dict[str, Any]) -> int:
    """Words that two people are given within a quarter of a second, where neither's neighbours are others' words."""
    words = [
        (w["start"], re.sub(r"\W", "", w["text"]).casefold(), t["speaker"]) for t in data["turns"] for w in t["words"]
    ]
    words.sort()
    return sum(
        any(w == word and s != speaker and start - before < 0.25 for before, w, s in words[max(0, n - 12) : n])
        for n, (start, word, speaker) in enumerate(words)
    )


def transcribe(*args: str | Path) -> str:
    """The output of a command."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "transcribe.cli.main", *map(str, args)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def show(count: int, condition: Condition, result: Result) -> None:
    """Print a row."""
    rates = [100 * result.wer, 100 * result.cpwer, 100 * (result.cpwer - result.wer), 100 * result.der]
    cells = " ".join(f"{rate:6.2f}" for rate in rates)
    rest = f"{result.twice:>5} {result.offset_ms:6.1f} {result.seconds / result.wall:5.1f}x"
    say(f"{count:>6} {condition.name:14} {cells} {rest}")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
