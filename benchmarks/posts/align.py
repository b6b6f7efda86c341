"""How well `transcribe align` times a text: rewritten, with passages only one of the two has, wrongly paired.

Usage: python -m benchmarks.posts.align [FOLDER]…

The recordings are those with a text in the folders, by default of ../shared/corpus, else the project's own clips. Each
is recognised once, with base; the results are in the user's cache. Printed per recording and pooled:

    rewritten   starts of the words an editor left, with 20 and 40 % rewritten, against those with the true text
    lost        starts of passages taken out of what was heard, against the recogniser's
    swapped     passages of the text replaced by another text: words listed as not spoken, and as not written
    added       words of another text under a speaker's name that are listed as not spoken
    wrong       pairs of a text with another recording that are refused, the text true or 40 % rewritten
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from audio.episode import Episode
from audio.intervals import Interval, joined
from benchmarks.references import CORPUS, audio_files, read_reference
from tests.support.paths import CLIPS
from transcribe.pipeline.checkpointed_run import CheckpointedRun
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.stages import RealStages, Stages
from transcribe.posts.timing import Hearing, Timing, time_text
from transcribe.recognition.forced_alignment import time_passage
from transcribe.settings import Settings
from transcribe.transcript import Word

PASSAGE = 25  # words of a lost or an added passage


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording with the text of its reference, one string a turn, and what was heard."""

    name: str
    texts: tuple[str, ...]
    hearing: Hearing


def recordings(folders: Sequence[Path], stack: ExitStack) -> Iterator[Recording]:
    """The recordings with a reference, recognised. The sound stays open as long as `stack`."""
    settings = Settings()
    stages = RealStages(settings)
    pipeline = Pipeline(settings, stages=stages)
    for path in (path for folder in folders for path in audio_files(folder)):
        reference = path.with_suffix(".ref.txt")
        if not reference.is_file():
            continue
        run = stack.enter_context(pipeline.start(Episode.of_file(path)))
        heard = run.words()

        find = partial(_find, run=run, stages=stages, language=heard.language)
        speech = joined((region.start, region.end) for chunk in run.plan.chunks for region in chunk.regions)
        texts = tuple(text for _, text in read_reference(reference))
        yield Recording(path.stem, texts, Hearing(heard.words, tuple(speech), run.facts.duration, find))


def _find(
    words: list[Word],
    passage: tuple[int, int],
    bounds: Interval,
    *,
    run: CheckpointedRun,
    stages: Stages,
    language: str,
) -> list[tuple[int, int]]:
    return time_passage(words, passage, bounds, language, audio=run.samples(), aligner=stages.aligner())


def words_of(timing: Timing) -> list[Word]:
    """All words with times, turn by turn."""
    return [word for turn in timing.turns for word in turn]


def rewrite(
    texts: Sequence[str], share: float, chance: random.Random, others: Sequence[str]
) -> tuple[list[str], list[bool]]:
    """The texts with words replaced by others, deleted or inserted; for each word whether it was there before."""
    result, is_old = [], []
    for text in texts:
        words = []
        for word in text.split():
            edit = chance.choice("rdi") if chance.random() < share else ""
            if edit != "d":
                words.append(chance.choice(others) if edit == "r" else word)
                is_old.append(edit != "r")
            if edit == "i":
                words.append(chance.choice(others))
                is_old.append(False)
        result.append(" ".join(words))
    return result, is_old


def kept_positions(
    texts: Sequence[str], share: float, seed: int, others: Sequence[str]
) -> tuple[list[str], list[int | None]]:
    """A rewritten text, and for each of its words the position in the true one; None for an editor's."""
    numbered = [" ".join(f"{word}\0{at}" for at, word in enumerate_words(texts, turn)) for turn in range(len(texts))]
    rewritten, is_old = rewrite(numbered, share, random.Random(seed), others)
    flat = [word for text in rewritten for word in text.split()]
    origins = [int(word.rpartition("\0")[2]) if old else None for word, old in zip(flat, is_old, strict=True)]
    return [" ".join(word.partition("\0")[0] for word in text.split()) for text in rewritten], origins


def enumerate_words(texts: Sequence[str], turn: int) -> Iterator[tuple[int, str]]:
    """The words of a turn with their positions in the whole text."""
    first = sum(len(text.split()) for text in texts[:turn])
    return enumerate(texts[turn].split(), first)


def rewritten_errors(one: Recording, share: float, others: Sequence[str]) -> list[float]:
    """Distances in seconds of the starts of untouched words from those with the true text."""
    true = time_text(one.texts, one.hearing)
    truth = {at: word.start for at, word in timed_positions(true)}
    texts, origins = kept_positions(one.texts, share, 1, others)
    found = time_text(texts, one.hearing)
    if not found.is_same:
        return [float("inf")]
    return [abs(word.start - truth[origin]) for at, word in timed_positions(found) if (origin := origins[at]) in truth]


def timed_positions(timing: Timing) -> Iterator[tuple[int, Word]]:
    """The words with times, and their positions in the text."""
    missing = {at for one in timing.unspoken for at in range(one.first, one.last)}
    spoken = [at for at in range(len(timing.texts)) if at not in missing]
    return zip(spoken, words_of(timing), strict=True)


def lost_errors(one: Recording) -> tuple[list[float], int]:
    """Distances of the starts in passages that are taken out of what was heard, and how many words are not found."""
    heard = one.hearing.words
    errors, missing = [], 0
    for first in range(PASSAGE, len(heard) - 2 * PASSAGE, 3 * PASSAGE):
        lost = (*heard[:first], *heard[first + PASSAGE :])
        text = " ".join(word.text for word in heard)
        timing = time_text([text], replace(one.hearing, words=lost))
        found = dict(timed_positions(timing))
        for at in range(first, first + PASSAGE):
            if at in found:
                errors.append(abs(found[at].start - heard[at].start))
            else:
                missing += 1
    return errors, missing


def added(one: Recording, other: Recording) -> tuple[int, int]:
    """Words of another text, put before the first turn and between two, and how many of them are listed."""
    extra = [" ".join(text.split()[:PASSAGE]) for text in (" ".join(other.texts), " ".join(reversed(other.texts)))]
    half = len(one.texts) // 2
    texts = [extra[0], *one.texts[:half], extra[1], *one.texts[half:]]
    timing = time_text(texts, one.hearing)
    return sum(len(text.split()) for text in extra), sum(passage.last - passage.first for passage in timing.unspoken)


def swapped(one: Recording, other: Recording) -> tuple[int, int, int]:
    """Words of passages replaced by another text, how many of them are listed, and how many of those that are gone."""
    words, own = " ".join(one.texts).split(), " ".join(other.texts).split()
    count, unspoken, unwritten = 0, 0, 0
    for first in range(PASSAGE, min(len(words) - 2 * PASSAGE, len(own) - PASSAGE), 3 * PASSAGE):
        text = [*words[:first], *own[first : first + PASSAGE], *words[first + PASSAGE :]]
        timing = time_text([" ".join(text)], one.hearing)
        count += PASSAGE
        unspoken += sum(passage.last - passage.first for passage in timing.unspoken)
        unwritten += sum(len(passage.words) for passage in timing.unwritten)
    return count, unspoken, unwritten


def median(values: Sequence[float], share: float = 0.5) -> str:
    """The value below which this share lies, in milliseconds."""
    return f"{1000 * sorted(values)[int(share * (len(values) - 1))]:6.0f}" if values else "     –"


def main() -> None:
    """Measure the recordings of the folders given."""
    folders = [Path(name) for name in sys.argv[1:]] or [CORPUS if CORPUS.is_dir() else CLIPS]
    with ExitStack() as stack:
        found = [one for one in recordings(folders, stack) if len(" ".join(one.texts).split()) >= 20]
        pooled: dict[str, list[float]] = {"20 %": [], "40 %": [], "lost": []}
        not_found = n_added = n_listed = 0
        swaps = [0, 0, 0]
        print("recording               share  rewritten 20 %, 40 % (median, 9 of 10)    lost (median, 9 of 10)   ms")
        for number, one in enumerate(found):
            other = found[number - 1]
            vocabulary = " ".join(other.texts).split()
            start = time.perf_counter()
            rows = {"20 %": rewritten_errors(one, 0.2, vocabulary), "40 %": rewritten_errors(one, 0.4, vocabulary)}
            rows["lost"], missing = lost_errors(one)
            not_found += missing
            count, listed = added(one, other)
            n_added, n_listed = n_added + count, n_listed + listed
            swaps = [sum(pair) for pair in zip(swaps, swapped(one, other), strict=True)]
            for name, values in rows.items():
                pooled[name] += values
            share = time_text(one.texts, one.hearing).share
            columns = "  ".join(f"{median(values)} {median(values, 0.9)}" for values in rows.values())
            seconds = time.perf_counter() - start
            print(
                f"{one.name:<22} {100 * share:4.0f} %  {columns}   added {listed} of {count}   {seconds:.1f} s",
                flush=True,
            )
        for name, values in pooled.items():
            print(f"{name}: median {median(values)} ms, nine of ten {median(values, 0.9)} ms, of {len(values)} words")
        print(f"lost: {not_found} words not found; added: {n_listed} of {n_added} words listed as not spoken")
        print(f"swapped: of {swaps[0]} words {swaps[1]} listed as not spoken, {swaps[2]} as not written")
        for share in (0.0, 0.4):
            wrong = [
                time_text(rewrite(a.texts, share, random.Random(2), " ".join(a.texts).split())[0], b.hearing).is_same
                for a in found
                for b in found
                if a is not b
            ]
            right = [time_text(kept_positions(a.texts, share, 3, ["x"])[0], a.hearing).is_same for a in found]
            print(
                f"{100 * share:.0f} % rewritten: {len(wrong) - sum(wrong)} of {len(wrong)} wrong pairs refused, ",
                end="",
            )
            print(f"{sum(right)} of {len(right)} right ones accepted")


if __name__ == "__main__":
    main()
