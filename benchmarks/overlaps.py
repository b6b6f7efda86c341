"""Words said while two people talk at once: how many go to whoever said them.

    python benchmarks/overlaps.py [FILE...] [--mixes N]

Made-up conversations of twenty seconds of the recordings' own people: one speaks for twelve, another joins after eight
and goes on alone, louder or softer. A word in the four seconds between is theirs who says it, at about that time, when
heard alone; one that both or neither say does not count. Beside it the same without being told who is louder.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.recognition import default_files  # noqa: E402 - the path is set above

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.engines.protocol import Recognizer
    from transcribe.transcript import SpeakerSpan, Turn, Word

RATE = 16_000
ALONE, LENGTH = 8.0, 12.0  # seconds of a passage before the other joins, and in all
LEAST_SPEECH = 9.0  # seconds of it
GAINS_DB = (-9, -6, -3, 3, 6, 9)  # of the one who joins
SAME_TIME = 0.6  # seconds between a word in the mixture and alone
LEVEL = 0.05  # root mean square of a passage


class Passage(NamedTuple):
    """Twelve seconds of one person, and the words heard in it."""

    file: str
    samples: NDArray[np.float32]
    words: Sequence[Word]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mixes", default=45, show_default=True, help="Made-up conversations.")
def main(files: Sequence[Path], mixes: int) -> None:
    """Print how many words in overlap are given to whoever said them, by the gain of who joins."""
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings

    recognizer = load(Settings(language="en"), find_model("base"))
    passages = [passage for path in files or default_files() for passage in passages_of(path, recognizer)]
    pairs = [pair for pair in itertools.permutations(passages, 2) if pair[0].file != pair[1].file]
    if not pairs:
        click.echo(f"two recordings with {LENGTH:g} s of one person each are needed; name some")
        return
    random.Random(1).shuffle(pairs)
    right: Counter[tuple[int, bool]] = Counter()
    counted: Counter[int] = Counter()
    for (first, second), gain in zip(pairs[:mixes], itertools.cycle(GAINS_DB), strict=False):
        for told, words in right_of(first, second, gain, recognizer).items():
            right[gain, told] += sum(words)
            counted[gain] += len(words) * told
    click.echo(f"{len(passages)} passages, {min(mixes, len(pairs))} mixtures\n")
    click.echo("| gain of who joins, dB | words | right, not told who is louder | right |\n|---|---|---|---|")
    for gain in GAINS_DB:
        click.echo(f"| {gain:+d} | {counted[gain]} | {right[gain, False]} | {right[gain, True]} |")
    before, now = (sum(right[gain, told] for gain in GAINS_DB) for told in (False, True))
    total = max(counted.total(), 1)
    click.echo(f"| all | {total} | {before} ({100 * before / total:.1f} %) | {now} ({100 * now / total:.1f} %) |")


def passages_of(path: Path, recognizer: Recognizer) -> list[Passage]:
    """The first passage of each person that is long enough."""
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers

    found: dict[str, Passage] = {}
    with decode(path) as audio:
        spans = find_speakers(audio).spans
        for span in spans:
            if span.speaker not in found and is_one_persons(span, spans):
                samples = audio.read(span.start, span.start + LENGTH)
                samples = samples * np.float32(LEVEL / max(float(np.sqrt(np.mean(samples**2))), 1e-6))
                found[span.speaker] = Passage(path.name, samples, words_of(samples, recognizer))
    return list(found.values())


def is_one_persons(span: SpeakerSpan, spans: Sequence[SpeakerSpan]) -> bool:
    """Whether only its speaker is heard from the start of a span on, and for long enough."""
    end = span.start + LENGTH
    there = [one for one in spans if one.end > span.start and one.start < end]
    speech = sum(min(one.end, end) - max(one.start, span.start) for one in there)
    return {one.speaker for one in there} == {span.speaker} and speech >= LEAST_SPEECH


def words_of(samples: NDArray[np.float32], recognizer: Recognizer) -> Sequence[Word]:
    """What is heard in samples at 16 kHz."""
    from audio.decoding.samples import Audio
    from tests.support.recognition import recognize_all
    from transcribe.settings import Settings

    return recognize_all(Audio.from_samples(samples), recognizer, settings=Settings(language="en")).words


def right_of(first: Passage, second: Passage, gain_db: int, recognizer: Recognizer) -> dict[bool, list[bool]]:
    """Whether each word in overlap goes to whoever said it: with and without being told who is louder."""
    from audio.decoding.samples import Audio
    from transcribe.diarization.diarize import find_speakers
    from transcribe.speakers.attribution import attribute

    mixture = np.zeros(int((ALONE + LENGTH) * RATE), np.float32)
    mixture[: len(first.samples)] += first.samples
    joined = second.samples[: len(mixture) - int(ALONE * RATE)] * np.float32(10 ** (gain_db / 20))
    mixture[int(ALONE * RATE) :][: len(joined)] += joined
    mixture /= max(1.0, float(np.abs(mixture).max()))
    words, people = words_of(mixture, recognizer), find_speakers(Audio.from_samples(mixture), count=2)
    return {
        told: whether_right(attribute(words, people.spans, background=people.background if told else ()), first, second)
        for told in (False, True)
    }


def whether_right(turns: Sequence[Turn], first: Passage, second: Passage) -> list[bool]:
    """For each word in overlap that one of the two alone says, whether it is in a turn of theirs."""
    given = [(word, turn.speaker) for turn in turns for word in turn.words]
    before = Counter(speaker for word, speaker in given if word.end < ALONE)
    after = Counter(speaker for word, speaker in given if word.start > LENGTH)
    if not before or not after:  # one of them says nothing that is heard
        return []
    (one, _), (other, _) = before.most_common(1)[0], after.most_common(1)[0]
    if one == other:  # they are taken for one person, and nothing can be right
        return []
    found = []
    for word, speaker in given:
        theirs = [says(first, word, since=0.0), says(second, word, since=ALONE)]
        if ALONE <= word.start < LENGTH and sum(theirs) == 1:
            found.append(speaker == (one if theirs[0] else other))
    return found


def says(passage: Passage, word: Word, *, since: float) -> bool:
    """Whether the same word is in a passage that begins at `since` at about the same time."""
    return any(
        plain(own.text) == plain(word.text) and abs(own.start + since - word.start) < SAME_TIME for own in passage.words
    )


def plain(text: str) -> str:
    """Letters and digits, small."""
    return re.sub(r"\W", "", text.lower())


if __name__ == "__main__":
    main()
