"""Doubts: how many of the errors the marked words hold, and how near the probabilities of error are to the rates.

    python benchmarks/recognition/doubts.py [FOLDER ...] [--words FOLDER ...] [--fit]

The recordings of the folders that have words as a reference (NAME.ref.txt) are recognised, or their words are those of
NAME.json in a --words folder, as `transcribe run` writes it. A word is wrong if it is another or one too many. Missing
words are held if the word before or behind them is marked. Without folders: ../shared/corpus and its dialogues, or
tests/clips. English only.

The rows of a table: what releases before 0.2.0 listed; the recogniser's own probability; the probabilities of error of
the product; and those of weights fitted without the recording that they are used on, which is the figure to believe.
The second table begins with the first word that reference and transcript share: scripts lack the words of a jingle. All
weights are fitted on what the second counts; --fit prints those for `transcribe/recognition/word_errors.py`. The last
line is about the passages that a run marks: how many of their wrong words have another reading, and how many of these
make the transcript better or worse if they are taken.

With --words the product's probabilities are those of the files, and the others have no measure of what else was heard.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.references import CORPUS, audio_files, read_reference
from tests.support.paths import CLIPS
from transcribe.evaluation import levenshtein
from transcribe.evaluation.normalisation import Unit, normaliser
from transcribe.pipeline.doubts import rank_doubts
from transcribe.recognition.models import Tokenize, find_model
from transcribe.recognition.word_errors import WEIGHTS, measures_of, with_errors
from transcribe.transcript import Doubt, Transcript, Turn, Word
from transcribe.transcript_warnings import DoubtReason
from transcribe.workers.process_setup import configure_process

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.other_readings import OtherReading
    from transcribe.recognition.reading_quality import ChunkEvidence

    Numbers = NDArray[np.float64]

SHARES = 0.02, 0.05, 0.10, 0.15, 0.20
RIDGE = 3.0  # the penalty of the weights of standardised measures
BINS = 10
EARLIER = 0.45  # the probability below which earlier releases listed a word


@dataclass(frozen=True)
class Judged:
    """A recording's words: what is known of each, how many errors it is, and between which words others are missing."""

    words: tuple[Word, ...]
    doubts: tuple[Doubt, ...]  # as a run lists them
    reference: tuple[str, ...]
    measures: Numbers  # (words, measures)
    wrong: Numbers  # of each word
    missing: tuple[tuple[int, int], ...]  # the positions before and behind, by missing word
    scored: NDArray[np.bool_]  # which words count

    @property
    def labels(self) -> Numbers:
        """1 for a word that is wrong or has missing words behind it."""
        behind = np.zeros(len(self.words))
        behind[[before for before, _ in self.missing if before >= 0]] = 1.0
        return np.maximum(behind, self.wrong > 0)

    @property
    def errors(self) -> float:
        """The number of errors that count."""
        return float(self.wrong[self.scored].sum()) + len(self.missing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = [folder for folder in (CORPUS, CORPUS / "dialogues") if folder.is_dir()] or [CLIPS]
    parser.add_argument("folders", nargs="*", type=Path, default=default)
    parser.add_argument("--words", nargs="*", type=Path, default=[])
    parser.add_argument("--fit", action="store_true", help="print the weights fitted on all recordings")
    options = parser.parse_args()
    configure_process()
    tokenize = find_model("base").tokenizer()
    heard = from_files(options.words) if options.words else recognised(tokenize)
    files = [path for folder in options.folders for path in audio_files(folder) if "dutch" not in path.name]
    rows = [judge(path, heard(path), tokenize) for path in files if path.with_suffix(".ref.txt").is_file()]
    trimmed = [from_first_match(row) for row in rows]
    report("as counted", rows, fitted_on=trimmed)
    report("from the first word of the reference on", trimmed, fitted_on=trimmed)
    report_alternatives(rows)
    if options.fit:
        print_weights(trimmed)


@dataclass(frozen=True)
class Heard:
    """What a run knows of a recording: words with their probabilities of error, and what it lists."""

    words: Sequence[Word]
    evidence: Sequence[ChunkEvidence]
    doubts: Sequence[Doubt]
    others: Sequence[OtherReading] = ()


def from_files(folders: Sequence[Path]) -> Callable[[Path], Heard]:
    """Words, evidence and doubts of transcripts."""
    from transcribe.recognition.reading_quality import ChunkEvidence

    def heard(path: Path) -> Heard:
        file = next(file for folder in folders if (file := folder / f"{path.stem}.json").is_file())
        transcript = Transcript.from_json(file.read_text(encoding="utf-8"))
        evidence = [ChunkEvidence(**row) for row in transcript.evidence]  # type: ignore[arg-type]
        return Heard(sorted(transcript.words, key=lambda word: word.start), evidence, transcript.doubts)

    return heard


def recognised(tokenize: Tokenize) -> Callable[[Path], Heard]:
    """Words, evidence and doubts of recordings, recognised now."""
    from audio.decoding.decode import decode
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.settings import Settings

    settings = Settings(language="en")
    recognizer = load(settings, find_model(settings.model))

    def heard(path: Path) -> Heard:
        with decode(path) as audio:
            found = recognize_all(audio, recognizer, settings=settings)
        words = with_errors(found.words, found.evidence, tokenize=tokenize, others=found.others)
        turns = [Turn("anybody", words)] if words else []
        doubts = rank_doubts(turns, found.doubts, share=settings.doubts_share, others=found.others)
        return Heard(words, found.evidence, doubts, found.others)

    return heard


def judge(path: Path, heard: Heard, tokenize: Tokenize) -> Judged:
    """The words of a recording beside its reference."""
    words = heard.words
    normalise = normaliser("english", Unit.WORDS)
    reference = [token for _, text in read_reference(path.with_suffix(".ref.txt")) for token in normalise(text).split()]
    tokens = normalise(" ".join(word.text for word in words)).split()
    alone = [(token, i) for i, word in enumerate(words) for token in normalise(word.text).split()]
    owners = [0] * len(tokens)  # the word of each token; rules for numbers join several
    for token, one in aligned(tokens, [token for token, _ in alone]):
        if token is not None:
            owners[token] = alone[min(one if one is not None else owners[token - 1], len(alone) - 1)][1]
    wrong, missing, lost, last = np.zeros(len(words)), [], 0, -1
    for left, right in aligned(reference, tokens):
        if right is None:
            lost += 1
            continue
        missing += [(last, owners[right])] * lost
        lost, last = 0, owners[right]
        wrong[last] += left is None or reference[left] != tokens[right]
    missing += [(last, len(words) - 1)] * lost
    measured = measures_of(words, heard.evidence, tokenize=tokenize, others=heard.others)
    measures, scored = np.array([list(each.values()) for each in measured]), np.ones(len(words), bool)
    return Judged(tuple(words), tuple(heard.doubts), tuple(reference), measures, wrong, tuple(missing), scored)


def aligned(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """The pairs of positions of the alignment with the fewest errors."""
    numbers: dict[str, int] = {}
    sides = [[numbers.setdefault(token, len(numbers)) for token in side] for side in (left, right)]
    i = j = 0
    for in_left, in_right in levenshtein.align(*sides):
        yield (i if in_left else None), (j if in_right else None)
        i, j = i + in_left, j + in_right


def from_first_match(row: Judged) -> Judged:
    """The recording without the errors before its first word that is right."""
    first = int(np.argmax(row.wrong == 0))
    scored = np.arange(len(row.words)) >= first
    missing = tuple((before, behind) for before, behind in row.missing if before >= first)
    return replace(row, missing=missing, scored=scored)


def report(title: str, rows: Sequence[Judged], *, fitted_on: Sequence[Judged]) -> None:
    """How many errors each way of marking holds, by the share of the words marked."""
    count = sum(int(row.scored.sum()) for row in rows)
    print(f"\n{title}: {len(rows)} recordings, {count} words, {sum(row.errors for row in rows):.0f} errors")
    listed = [_listed(row) for row in rows]
    share = np.concatenate([marks[row.scored] for row, marks in zip(rows, listed, strict=True)]).mean()
    print(
        f"{'listed by releases before 0.2.0':34s}{100 * held(rows, listed):5.0f} % in {100 * share:.1f} % of the words"
    )
    heads = "".join(f"{100 * share:6.0f} %" for share in SHARES)
    print(f"{'errors held, of words marked:':34s}{heads}  calibration error")
    ranked = {
        "the recogniser's probability": [1 - np.array([word.probability for word in row.words]) for row in rows],
        "the product": [np.array([word.error for word in row.words], float) for row in rows],
        "cross-validated by recording": cross_validated(rows, fitted_on),
    }
    for name, scores in ranked.items():
        shares = "".join(f"{100 * held(rows, _top(rows, scores, share)):6.0f} %" for share in SHARES)
        print(f"{name:34s}{shares}{100 * calibration_error(rows, scores):10.1f} points")
    scores = ranked["cross-validated by recording"]
    shares = "".join(f"{100 * expected(rows, scores, _top(rows, scores, share)):6.0f} %" for share in SHARES)
    print(f"{'the same as a run would say it':34s}{shares}")


def report_alternatives(rows: Sequence[Judged]) -> None:
    """Of the words likely wrong that are: how many have another reading; and what taking it does to the transcript."""
    normalise = normaliser("english", Unit.WORDS)
    wrong = told = 0
    changes: list[int] = []
    for row in rows:
        texts = [word.text for word in row.words]
        middles = [word.middle for word in row.words]
        for doubt in row.doubts:
            inside = [i for i, middle in enumerate(middles) if doubt.start <= middle <= doubt.end]
            if doubt.reason is not DoubtReason.LIKELY_WRONG or not inside:
                continue
            n_wrong = sum(row.wrong[i] > 0 for i in inside)
            wrong += n_wrong
            if doubt.alternative:
                told += n_wrong
                taken = [*texts[: inside[0]], doubt.alternative, *texts[inside[-1] + 1 :]]
                after, before = (
                    error_count(row.reference, normalise(" ".join(each)).split()) for each in (taken, texts)
                )
                changes.append(after - before)
    better, worse = (sum(sign * change > 0 for change in changes) for sign in (-1, 1))
    print(
        f"\nother readings: for {told} of the {wrong} wrong words that a run marks; "
        f"of {len(changes)} readings {better} are better and {worse} worse than what stands"
    )


def error_count(reference: Sequence[str], tokens: Sequence[str]) -> int:
    """The words wrong, too many and missing."""
    numbers: dict[str, int] = {}
    sides = [[numbers.setdefault(token, len(numbers)) for token in side] for side in (reference, tokens)]
    return levenshtein.edit_distance(*sides)


def held(rows: Sequence[Judged], marks: Sequence[NDArray[np.bool_]]) -> float:
    """The share of the errors that the marked words hold."""
    found = 0.0
    for row, marked in zip(rows, marks, strict=True):
        found += row.wrong[marked & row.scored].sum()
        found += sum(bool((before >= 0 and marked[before]) or marked[behind]) for before, behind in row.missing)
    return float(found) / sum(row.errors for row in rows)


def expected(rows: Sequence[Judged], scores: Sequence[Numbers], marks: Sequence[NDArray[np.bool_]]) -> float:
    """The share of the errors that the marked words hold by the probabilities alone."""
    total = sum(float(each[row.scored].sum()) for row, each in zip(rows, scores, strict=True))
    return sum(float(s[m & row.scored].sum()) for row, s, m in zip(rows, scores, marks, strict=True)) / total


def calibration_error(rows: Sequence[Judged], scores: Sequence[Numbers]) -> float:
    """The mean distance of probability and rate, over bins with equally many words."""
    said = np.concatenate([each[row.scored] for row, each in zip(rows, scores, strict=True)])
    true = np.concatenate([row.labels[row.scored] for row in rows])
    bins = np.array_split(np.argsort(said, kind="stable"), BINS)
    return float(sum(abs(said[each].mean() - true[each].mean()) * len(each) for each in bins)) / len(said)


def cross_validated(rows: Sequence[Judged], fitted_on: Sequence[Judged]) -> list[Numbers]:
    """The probabilities of error of each recording, by weights that are fitted on all others."""
    return [
        _odds_to_probability(row.measures, fit([*fitted_on[:number], *fitted_on[number + 1 :]]))
        for number, row in enumerate(rows)
    ]


def fit(rows: Sequence[Judged]) -> Numbers:
    """The intercept and the weights: logistic regression by Newton's method, with a ridge on standardised measures."""
    measures = np.concatenate([row.measures[row.scored] for row in rows])
    labels = np.concatenate([row.labels[row.scored] for row in rows])
    mean, deviation = measures.mean(axis=0), measures.std(axis=0) + 1e-9
    columns = np.column_stack([np.ones(len(labels)), (measures - mean) / deviation])
    ridge = RIDGE * np.eye(columns.shape[1])
    ridge[0, 0] = 0.0
    weights = np.zeros(columns.shape[1])
    for _ in range(30):
        said = 1 / (1 + np.exp(-columns @ weights))
        curvature = (columns * (said * (1 - said))[:, np.newaxis]).T @ columns + ridge
        weights += np.linalg.solve(curvature, columns.T @ (labels - said) - ridge @ weights)
    plain: Numbers = np.append(weights[0] - (weights[1:] * mean / deviation).sum(), weights[1:] / deviation)
    return plain


def print_weights(rows: Sequence[Judged]) -> None:
    """The weights as the module has them."""
    intercept, *weights = fit(rows)
    print(f"\nINTERCEPT = {intercept:.2f}\nWEIGHTS = {{")
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f'    "{name}": {weight:.3f},')
    print("}")


def _odds_to_probability(measures: Numbers, weights: Numbers) -> Numbers:
    probabilities: Numbers = 1 / (1 + np.exp(-(weights[0] + measures @ weights[1:])))
    return probabilities


def _listed(row: Judged) -> NDArray[np.bool_]:
    middles = [word.middle for word in row.words]
    doubts = [doubt for doubt in row.doubts if doubt.reason is not DoubtReason.LIKELY_WRONG]
    return np.array(
        [
            word.probability < EARLIER or any(doubt.start <= middle <= doubt.end for doubt in doubts)
            for word, middle in zip(row.words, middles, strict=True)
        ]
    )


def _top(rows: Sequence[Judged], scores: Sequence[Numbers], share: float) -> list[NDArray[np.bool_]]:
    """The words of all recordings with the greatest scores."""
    pooled = np.sort(np.concatenate([each[row.scored] for row, each in zip(rows, scores, strict=True)]))
    least = pooled[-max(1, round(share * len(pooled)))]
    return [each >= least for each in scores]


if __name__ == "__main__":
    main()
