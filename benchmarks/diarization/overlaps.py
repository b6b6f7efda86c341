"""Attribution of words in overlapping speech: how many get the right speaker.

    python -m benchmarks.diarization.overlaps [FILE...] [--mixes N]

Mixtures of twenty seconds of two speakers of the recordings: one speaks for twelve seconds, the other joins after eight
and continues alone, louder or softer. A word in the four seconds of overlap belongs to the speaker in whose passage it
is recognised at about the same time; a word of both or neither does not count. The tables compare attribution with and
without the diarizer's estimate of who is softer.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import numpy as np

from benchmarks.references import english_recordings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from transcribe.recognition.engines.protocol import Recognizer
    from transcribe.transcript import SpeakerSpan, Turn, Word

RATE = 16_000
ALONE, LENGTH = 8.0, 12.0  # seconds of a passage before the other speaker joins, and in total
LEAST_SPEECH = 9.0  # seconds of speech in a passage
GAINS_DB = (-9, -6, -3, 3, 6, 9)  # of the second speaker
SAME_TIME = 0.6  # seconds between a word in the mixture and alone
LEVEL = 0.05  # root mean square of a passage


class Passage(NamedTuple):
    """Twelve seconds of one speaker, and the words recognised in them."""

    file: str
    samples: NDArray[np.float32]
    words: Sequence[Word]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mixes", default=45, show_default=True, help="Number of mixtures.")
def main(files: Sequence[Path], mixes: int) -> None:
    """Print how many words in overlap get the right speaker, by the gain of the second speaker."""
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings

    recognizer = load(Settings(language="en"), find_model("base"))
    passages = [passage for path in files or english_recordings() for passage in passages_of(path, recognizer)]
    pairs = [pair for pair in itertools.permutations(passages, 2) if pair[0].file != pair[1].file]
    if not pairs:
        click.echo(f"needs two recordings with {LENGTH:g} s of one speaker each; pass some")
        return
    random.Random(1).shuffle(pairs)
    right: Counter[tuple[int, bool]] = Counter()
    counted: Counter[int] = Counter()
    for (first, second), gain in zip(pairs[:mixes], itertools.cycle(GAINS_DB), strict=False):
        for with_level, words in score_mixture(first, second, gain, recognizer).items():
            right[gain, with_level] += sum(words)
            counted[gain] += len(words) * with_level
    click.echo(f"{len(passages)} passages, {min(mixes, len(pairs))} mixtures\n")
    click.echo("| gain of the second speaker, dB | words | right, levels ignored | right |\n|---|---|---|---|")
    for gain in GAINS_DB:
        click.echo(f"| {gain:+d} | {counted[gain]} | {right[gain, False]} | {right[gain, True]} |")
    before, now = (sum(right[gain, with_level] for gain in GAINS_DB) for with_level in (False, True))
    total = max(counted.total(), 1)
    click.echo(f"| all | {total} | {before} ({100 * before / total:.1f} %) | {now} ({100 * now / total:.1f} %) |")


def passages_of(path: Path, recognizer: Recognizer) -> list[Passage]:
    """The first passage of each speaker that is long enough."""
    from audio.decoding.decode import decode
    from transcribe.diarization.diarize import find_speakers

    passages: dict[str, Passage] = {}
    with decode(path) as audio:
        spans = find_speakers(audio).spans
        for span in spans:
            if span.speaker not in passages and is_one_speaker(span, spans):
                samples = audio.read(span.start, span.start + LENGTH)
                samples = samples * np.float32(LEVEL / max(float(np.sqrt(np.mean(samples**2))), 1e-6))
                passages[span.speaker] = Passage(path.name, samples, words_of(samples, recognizer))
    return list(passages.values())


def is_one_speaker(span: SpeakerSpan, spans: Sequence[SpeakerSpan]) -> bool:
    """Whether only its speaker speaks from the start of a span, and long enough."""
    end = span.start + LENGTH
    nearby = [one for one in spans if one.end > span.start and one.start < end]
    speech = sum(min(one.end, end) - max(one.start, span.start) for one in nearby)
    return {one.speaker for one in nearby} == {span.speaker} and speech >= LEAST_SPEECH


def words_of(samples: NDArray[np.float32], recognizer: Recognizer) -> Sequence[Word]:
    """The recognised words of samples at 16 kHz."""
    from audio.decoding.samples import Audio
    from tests.support.recognition import recognize_all
    from transcribe.settings import Settings

    return recognize_all(Audio.from_samples(samples), recognizer, settings=Settings(language="en")).words


def score_mixture(first: Passage, second: Passage, gain_db: int, recognizer: Recognizer) -> dict[bool, list[bool]]:
    """Whether each word in overlap gets its speaker, with and without the estimate of who is softer."""
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
        with_level: whether_right(
            attribute(words, people.spans, background=people.background if with_level else ()), first, second
        )
        for with_level in (False, True)
    }


def whether_right(turns: Sequence[Turn], first: Passage, second: Passage) -> list[bool]:
    """For each word in overlap that one of the two speaks, whether it is in a turn of that speaker."""
    attributed = [(word, turn.speaker) for turn in turns for word in turn.words]
    before = Counter(speaker for word, speaker in attributed if word.end < ALONE)
    after = Counter(speaker for word, speaker in attributed if word.start > LENGTH)
    if not before or not after:  # no word of one of them was recognised
        return []
    (one, _), (other, _) = before.most_common(1)[0], after.most_common(1)[0]
    if one == other:  # both were clustered as one speaker
        return []
    right = []
    for word, speaker in attributed:
        owners = [contains(first, word, since=0.0), contains(second, word, since=ALONE)]
        if ALONE <= word.start < LENGTH and sum(owners) == 1:
            right.append(speaker == (one if owners[0] else other))
    return right


def contains(passage: Passage, word: Word, *, since: float) -> bool:
    """Whether a passage that begins at `since` has the same word at about the same time."""
    return any(
        plain(own.text) == plain(word.text) and abs(own.start + since - word.start) < SAME_TIME for own in passage.words
    )


def plain(text: str) -> str:
    """Letters and digits, in lower case."""
    return re.sub(r"\W", "", text.lower())


if __name__ == "__main__":
    main()
