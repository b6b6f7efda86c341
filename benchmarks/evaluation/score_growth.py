"""Seconds and memory of `transcribe score` for 1, 3 and 6 hours: `python -m benchmarks.evaluation.score_growth`.

The talk is synthetic: three speakers, a tenth of the words wrong, 3 % of the turns under another speaker. Beside it,
meeteval's cpWER and WER of the same words, in the same run; its alignment takes four bytes for each pair of words, so
the peer stops at three hours.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import in_child, peak_megabytes, timed

HOURS = (1, 3, 6)
PEER_HOURS = 3
WORDS_PER_HOUR = 10_000


def talk(hours: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reference and hypothesis as WhisperX writes them, with a time for each word."""
    dice = random.Random(hours)
    vocabulary = [
        "x" + "".join(dice.choices("abcdefghij", k=4)) for _ in range(4000)
    ] + "the and to of it is that you".split() * 60
    sides: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    said, clock = 0, 0.0
    while said < hours * WORDS_PER_HOUR:
        speaker, rows = dice.choice("ABC"), ([], [])  # type: tuple[str, tuple[list[Any], list[Any]]]
        for _ in range(dice.randint(3, 60)):
            word, start = dice.choice(vocabulary), round(clock, 2)
            rows[0].append({"word": word, "start": start, "end": start + 0.3})
            if dice.random() > 0.04:
                heard = dice.choice(vocabulary) if dice.random() < 0.06 else word
                rows[1].append({"word": heard, "start": start, "end": start + 0.3})
            clock, said = clock + 0.36, said + 1
        for side, words, label in zip(sides, rows, (speaker, speaker if dice.random() < 0.97 else "A"), strict=True):
            if words:
                text = " ".join(word["word"] for word in words)
                times = {"start": words[0]["start"], "end": words[-1]["end"]}
                side.append({**times, "text": text, "speaker": label, "words": words})
    return {"segments": sides[0]}, {"segments": sides[1]}


def ours(reference: Path, hypothesis: Path) -> tuple[float, float, float]:
    """Seconds, peak MB and WER of a score with all its measures."""
    from transcribe.evaluation.score import score
    from transcribe.readers.read import read_transcript

    result, elapsed = timed(lambda: score(read_transcript(reference), read_transcript(hypothesis)))
    assert result.words is not None
    return elapsed.wall, peak_megabytes(), result.words.rate


def peers(reference: Path, hypothesis: Path) -> tuple[float, float, float]:
    """Seconds, peak MB and WER of kaldialign's alignment and meeteval's cpWER and tcpWER."""
    import kaldialign
    from meeteval.io import SegLST
    from meeteval.wer import cpwer, tcpwer

    def run() -> float:
        rows = [json.loads(path.read_text())["segments"] for path in (reference, hypothesis)]
        words = [[word["word"] for row in side for word in row["words"]] for side in rows]
        pairs = kaldialign.align(*words, "")
        keys = {"speaker": "speaker", "text": "words", "start": "start_time", "end": "end_time"}
        sides = [
            SegLST([{"session_id": "x"} | {name: row[key] for key, name in keys.items()} for row in side])
            for side in rows
        ]
        cpwer(*sides)
        tcpwer(*sides, collar=5)
        return float(sum(one != other for one, other in pairs) / len(words[0]))

    rate, elapsed = timed(run)
    return elapsed.wall, peak_megabytes(), rate


def main() -> None:
    print("hours   seconds   peak MB   WER        kaldialign and meeteval: seconds   peak MB   WER     time   memory")
    with tempfile.TemporaryDirectory() as folder:
        for hours in HOURS:
            paths = [Path(folder, f"{name}{hours}.json") for name in ("reference", "hypothesis")]
            for path, side in zip(paths, talk(hours), strict=True):
                path.write_text(json.dumps(side))
            seconds, memory, rate = in_child(ours, *paths)
            line = f"{hours:5}{seconds:10.1f}{memory:10.0f}{rate:8.2%}"
            if hours <= PEER_HOURS:
                their_seconds, their_memory, their_rate = in_child(peers, *paths)
                assert abs(rate - their_rate) < 1e-9, (rate, their_rate)
                line += f"{their_seconds:42.1f}{their_memory:10.0f}{their_rate:8.2%}"
                line += f"{their_seconds / seconds:7.1f}×{their_memory / memory:7.1f}×"
            print(line, flush=True)


if __name__ == "__main__":
    main()
