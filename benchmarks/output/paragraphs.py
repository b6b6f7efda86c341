"""Accuracy of paragraph breaks on held-out posts: `python -m benchmarks.output.paragraphs [SHARED [TIMED]]`.

Turns are given, breaks hidden. Each house post is held out in turn and the weights of `output.paragraphs` are fitted on
the others (logistic regression, as its constants were; `BASE` raised by `BIAS`, chosen once so that about as many
breaks are predicted as exist). For comparison: breaks at random and at even lengths, at the same rate; and the current
constants on posts of other editors, which had no part in the fit. With a folder of timed transcripts as second
argument: the pauses at breaks compared with other pauses. Needs scikit-learn.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from math import log
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.linear_model import LogisticRegression

from output import paragraphs as model
from output.parse import read_draft
from output.speech import spoken_text
from tests.support.paths import SHARED
from transcribe.transcript import Transcript, Word

BIAS = 0.9  # a break missed costs as much as one too many; the regression alone makes too few
OTHERS = ("gotime", "rfc", "src")  # posts of other editors whose turns have paragraphs
Turn = tuple[list[Word], set[int]]  # words, and the indices at which a paragraph begins


def main(shared: Path, timed: Path | None = None) -> None:
    house = [turns_of(path) for path in sorted([*shared.glob("markdown/house/*"), *shared.glob("seeds/*.md")])]
    others = [turns_of(path) for name in OTHERS for path in shared.glob(f"markdown/other/{name}*")]
    held_out = []
    for i, post in enumerate(house):
        weights = fitted([turn for j, other in enumerate(house) if j != i for turn in other])
        held_out += [(cuts(words, weights), true, gaps_of(words)) for words, true in post]
    report("house, each post held out", held_out)
    for name, posts in (("house, current constants", house), ("other editors, current constants", others)):
        report(name, [(predicted(words), true, gaps_of(words)) for post in posts for words, true in post])
    print("weights on all house posts:", *fitted([turn for post in house for turn in post]).round(2))
    if timed is not None:
        report_pauses(timed)


def turns_of(path: Path) -> list[Turn]:
    turns: list[Turn] = []
    for turn in read_draft(path).turns:
        parts = [tokens for part in re.split(r"\n\s*\n", turn.text) if (tokens := spoken_text(part).split())]
        words = [Word(token, 0.4 * i, 0.4 * i + 0.4) for i, token in enumerate(chain.from_iterable(parts))]
        turns.append((words, set(accumulate(len(part) for part in parts[:-1]))))
    return turns


def features(words: Sequence[Word], breaks: set[int]) -> Iterator[tuple[list[float], bool]]:
    """Per gap between sentences: words since the last break, shared words, the kind of opening; and is it a break?"""
    parts = model.sentences(words)
    shared, last, at = model.shared_words(parts), 0, 0
    for i in range(1, len(parts)):
        at += len(parts[i - 1])
        opening = model.opening(parts[i])
        yield [log(at - last), shared[i], *(opening == kind for kind in model.OPENINGS)], at in breaks
        last = at if at in breaks else last


def fitted(turns: Sequence[Turn]) -> np.ndarray:
    rows, labels = zip(*(row for words, breaks in turns for row in features(words, breaks)), strict=True)
    matrix = np.array(rows, dtype=float)
    mean, spread = matrix.mean(0), matrix.std(0) + 1e-9
    fit = LogisticRegression(C=0.3, max_iter=1000).fit((matrix - mean) / spread, labels)
    weights = fit.coef_[0] / spread
    return np.array([fit.intercept_[0] - weights @ mean + BIAS, *weights])


def cuts(words: Sequence[Word], weights: np.ndarray) -> set[int]:
    """The breaks predicted with these weights, by the program's own search."""
    base, since, shared, *openings = map(float, weights)
    constants = model.BASE, model.SINCE, model.SHARED, dict(model.OPENINGS)
    try:
        model.BASE, model.SINCE, model.SHARED = base, since, shared
        model.OPENINGS.update(zip(model.OPENINGS, openings, strict=True))
        return predicted(words)
    finally:
        model.BASE, model.SINCE, model.SHARED = constants[:3]
        model.OPENINGS.update(constants[3])


def predicted(words: Sequence[Word]) -> set[int]:
    return set(accumulate(len(part) for part in model.paragraphs(words)[:-1])) if words else set()


def gaps_of(words: Sequence[Word]) -> list[int]:
    return list(accumulate(len(sentence) for sentence in model.sentences(words)[:-1])) if words else []


def report(name: str, results: Sequence[tuple[set[int], set[int], list[int]]]) -> None:
    true, gaps = sum(len(t) for _, t, _ in results), sum(len(g) for *_, g in results)
    n_predicted = sum(len(m) for m, *_ in results)
    even = [({*_even(len(m), g)}, t) for m, t, g in results]
    print(f"{name}: {gaps} gaps, {true} breaks")
    for kind, hits in (
        ("ours", sum(len(m & t) for m, t, _ in results)),
        ("at even lengths", sum(len(m & t) for m, t in even)),
        ("at random (expected)", n_predicted * true / gaps),
    ):
        rates = f"precision {hits / n_predicted:.2f} recall {hits / true:.2f} F1 {2 * hits / (n_predicted + true):.2f}"
        print(f"  {kind:22} hit {hits:5.1f} of {n_predicted} predicted  {rates}")


def _even(count: int, gaps: Sequence[int]) -> Iterator[int]:
    """So many gaps, those nearest to even parts of the turn."""
    if gaps:
        length = gaps[-1] + 15
        for k in range(1, count + 1):
            i = bisect_left(gaps, length * k / (count + 1))
            yield min(gaps[max(i - 1, 0) : i + 1] or gaps[-1:], key=lambda gap: abs(gap - length * k / (count + 1)))


def report_pauses(folder: Path) -> None:
    at_breaks: list[float] = []
    elsewhere: list[float] = []
    for path in sorted(folder.glob("*.json")):
        for turn in Transcript.from_json(path.read_text(encoding="utf-8")).turns:
            breaks = predicted(turn.words)
            if breaks:
                for gap in gaps_of(turn.words):
                    pause = max(0.0, turn.words[gap].start - turn.words[gap - 1].end)
                    (at_breaks if gap in breaks else elsewhere).append(pause)
    print(
        f"pauses in {folder}: median {median(at_breaks):.2f} s at {len(at_breaks)} breaks, "
        f"{median(elsewhere):.2f} s at {len(elsewhere)} other ends of sentences"
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    if not (folder / "markdown").is_dir():
        print(f"{folder}: has no posts, nothing measured")
        raise SystemExit(0 if folder == SHARED else 1)
    main(folder, *map(Path, sys.argv[2:3]))
