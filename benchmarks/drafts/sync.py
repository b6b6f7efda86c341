"""Latency of updating a 3-hour transcript: realignment and sync; and the accuracy of interpolated times.

    python -m benchmarks.drafts.sync [TRANSCRIPT.json ...]

The transcript is synthetic (`benchmarks.long_talk`). Held-out words come from the sample clip, recognised for this
run, and from the given transcripts with times; twelve words at a time are also aligned on the sample clip's audio.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audio.decoding.decode import decode
from benchmarks.long_talk import long_talk, report_time
from output.formats import write
from output.markdown import render
from output.parse import parse
from tests.support.paths import CLIPS
from transcribe.alignment.realign import realign
from transcribe.drafts.sync import sync
from transcribe.drafts.transcript_update import update_transcript
from transcribe.recognition.engines import load_aligner
from transcribe.recognition.forced_alignment import find_rewrites, realign_to_audio
from transcribe.recognition.models import find_model
from transcribe.transcript import Transcript, Turn, Word

CLIP = CLIPS / "packaging-notes.mp3"
EDITS = 200


def edited(source: str) -> str:
    """The draft after `EDITS` substitutions, insertions and deletions of words."""
    chance = random.Random(5)
    lines = source.split("\n")
    candidates = [i for i, line in enumerate(lines) if line.count(" ") > 6]
    for edit in range(EDITS):
        i = chance.choice(candidates)
        words = lines[i].split(" ")
        at = chance.randrange(2, len(words))
        words[at : at + edit % 3] = [f"edit{edit}"]
        lines[i] = " ".join(words)
    return "\n".join(lines)


def recognised_clip(folder: Path) -> Transcript:
    """The transcript `transcribe run` makes of the sample clip."""
    command = [sys.executable, "-m", "transcribe.cli.main", "run", str(CLIP), "-o", str(folder), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Transcript.from_json((folder / f"{CLIP.stem}.json").read_text(encoding="utf-8"))


def held_out(words: Sequence[Word], first: int, count: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words with `count` of them replaced by one misrecognised word, and the result of realigning the true text."""
    run = words[first : first + count]
    recognised = (*words[:first], Word("misheard", run[0].start, run[-1].end), *words[first + count :])
    return recognised, realign([" ".join(word.text for word in words)], [recognised]).turns[0].words


def measure_held_out(name: str, transcripts: Sequence[Transcript]) -> None:
    """Two to five words replaced by one: the distance of their interpolated starts from the recogniser's.

    The first start is left out: it is that of the replacing word.
    """
    medians, n_errors = [], 0
    for count in range(2, 6):
        errors: list[float] = []
        for words in (turn.words for transcript in transcripts for turn in transcript.turns):
            for first in range(0, len(words) - count, max(1, len(words) // 40)):
                realigned = held_out(words, first, count)[1]
                if len(realigned) == len(words):
                    inner = slice(first + 1, first + count)
                    errors += [abs(a.start - b.start) for a, b in zip(realigned[inner], words[inner], strict=True)]
        medians.append(f"{1000 * sorted(errors)[len(errors) // 2]:.0f}")
        n_errors += len(errors)
    print(f"{name}: 2 to 5 words held out, median errors {', '.join(medians)} ms of {n_errors:,}   (target < 120 ms)")


def measure_on_audio(transcript: Transcript) -> None:
    """Twelve words of the sample clip at a time replaced by one, then aligned on the audio."""
    aligner = load_aligner(find_model("base"))
    errors: dict[str, list[float]] = {"interpolated": [], "on the audio": []}
    with decode(CLIP) as audio:
        for number, turn in enumerate(transcript.turns):
            for first in range(0, len(turn.words) - 12, 6):
                recognised, realigned = held_out(turn.words, first, 12)
                before, after = (
                    replace(
                        transcript,
                        turns=(*transcript.turns[:number], Turn(turn.speaker, words), *transcript.turns[number + 1 :]),
                    )
                    for words in (recognised, realigned)
                )
                aligned, _ = realign_to_audio(after, find_rewrites(after, before), audio=audio, aligner=aligner)
                for name, source in (("interpolated", after), ("on the audio", aligned)):
                    new = source.turns[number].words[first : first + 12]
                    true = turn.words[first : first + 12]
                    errors[name] += [abs(a.start - b.start) for a, b in zip(new, true, strict=True)]
    for name, distances in errors.items():
        label = f"twelve words at a time, {name}: median error"
        print(f"{label:<44} {1000 * sorted(distances)[len(distances) // 2]:4.0f} ms of {len(distances)} starts")


def main() -> None:
    """Measure everything in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        talk = long_talk()
        source = render(talk)
        (folder / "talk.json").write_text(talk.to_json(), encoding="utf-8")
        (folder / "talk.vtt").write_text(str(write(talk, "vtt")), encoding="utf-8")
        changed = edited(source)
        (folder / "talk.md").write_text(changed, encoding="utf-8")
        timed_turns = [turn.words for turn in talk.turns]
        print(f"{sum(map(len, timed_turns)):,} words, {len(talk.turns)} turns, {EDITS} edits")
        report_time("parse", lambda: parse(changed), "-")
        report_time("realign", lambda: realign([turn.spoken for turn in parse(changed).turns], timed_turns), "-")
        report_time("update (parse, realign, people, spans)", lambda: update_transcript(parse(changed), talk), "-")
        result = report_time("sync, JSON and VTT read and written", lambda: sync(folder / "talk.md"), "< 2 s")
        print(f"    {result.report}")
        clip = recognised_clip(folder / "clip")
        measure_held_out("sample clip", [clip])
        measure_on_audio(clip)
        given = [Transcript.from_json(Path(path).read_text(encoding="utf-8"), source=path) for path in sys.argv[1:]]
        if given:
            measure_held_out(f"{len(given)} transcripts", given)


if __name__ == "__main__":
    main()
