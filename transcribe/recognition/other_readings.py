"""What may have been said instead: other readings of the same sound, beside the words that stand. Pure.

A search finds several texts, and what looks wrong is read again with other cuts, used or not. Word by word, each of
these texts says the same as the words that stand but for a few places, and each such place is an `OtherReading`. Marks
and capitals are no difference: nobody hears them. Neither side of a place is empty: where one text has words more, a
word that both have is on both sides, so that it is known where they belong.

What this does not do: choose among them, or decide which an editor sees (`transcribe.pipeline.doubts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from audio.episode import Seconds
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.fillers import text_without_fillers
from transcribe.recognition.loops import LOOP_COMPRESSION
from transcribe.recognition.reader import Heard
from transcribe.recognition.reading_quality import NO_SPEECH, UNSURE_LOGPROB
from transcribe.scripts import units
from transcribe.transcript import Word, as_written

LONGEST = 12  # words of a place; a text that differs in more is not another reading of the same words


@dataclass(frozen=True, slots=True)
class OtherReading:
    """What may have been said instead of the words from `start` to `end`, which were `replaced`."""

    start: Seconds
    end: Seconds
    replaced: str
    text: str

    @property
    def middle(self) -> Seconds:
        """Halfway between start and end."""
        return (self.start + self.end) / 2


def heard_otherwise(words: Sequence[Word], heard: Sequence[Heard]) -> tuple[OtherReading, ...]:
    """Every place where a reading of a chunk, or of a part of it, differs from its words, once; `heard` begins with the
    reading of the whole chunk. Loops and readings of what may be no speech are passed over."""
    found: dict[OtherReading, None] = {}
    for stretch, reading in heard:
        if not _is_credible(reading):
            continue
        inside = [word for word in words if stretch.start <= word.middle <= stretch.end]
        for text in (reading.text, *reading.alternatives):
            found |= dict.fromkeys(other_readings(inside, text, is_whole=stretch == heard[0][0]))
    return tuple(sorted(found, key=lambda other: other.start))


def without_fillers(others: Iterable[OtherReading], *, language: str) -> Iterator[OtherReading]:
    """Those that differ in more than fillers, as they differ from words without any."""
    for other in others:
        before, after = (text_without_fillers(text, language=language) for text in (other.replaced, other.text))
        if before and after and audible(before) != audible(after):
            yield replace(other, replaced=before, text=after)


def _is_credible(reading: Reading) -> bool:
    return (
        reading.avg_logprob > UNSURE_LOGPROB
        and reading.no_speech_probability < NO_SPEECH
        and reading.compression_ratio < LOOP_COMPRESSION
    )


def other_readings(words: Sequence[Word], text: str, *, is_whole: bool = True) -> Iterator[OtherReading]:
    """The places where a text of the same sound differs from `words`, in their order, and without a word in common.

    What differs at the edges of one that is not `is_whole` is left out: it may begin or end inside a word.
    """
    words = [word for word in words if audible(word.text)]
    said = [(unit, attached) for unit, attached in units(text) if audible(unit)]
    for first, last, begin, stop in _places(
        [audible(word.text) for word in words], [audible(unit) for unit, _ in said]
    ):
        at_edge = 0 in (first, begin) or last == len(words) or stop == len(said)
        if (at_edge and not is_whole) or max(last - first, stop - begin) > LONGEST:
            continue
        replaced = words[first:last]
        other = "".join(("" if attached else " ") + unit for unit, attached in said[begin:stop]).strip()
        if audible(other) != audible(as_written(replaced)):  # "well-known" and "well known" are the same
            start, end = min(word.start for word in replaced), max(word.end for word in replaced)
            yield OtherReading(start, end, as_written(replaced), other)


def audible(text: str) -> str:
    """What is heard of a text: without case, blanks, and marks other than apostrophes; none for marks alone.

    >>> audible("We’ll …"), audible("well")
    ("we'll", 'well')
    """
    return "".join(sign for sign in text.casefold().replace("’", "'") if sign.isalnum() or sign == "'").strip("'")


def _places(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where `new` differs from `old`: the positions in both, from and to, neither of them empty."""
    open_place: tuple[int, int, int, int] | None = None
    for tag, first, last, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if first == last or begin == stop:  # the word before belongs to it, or at the start the one behind
            before, behind = (1, 0) if first and begin else (0, 1)
            first, last, begin, stop = first - before, last + behind, begin - before, stop + behind
        if open_place is not None and first < open_place[1]:
            first, begin = open_place[0], open_place[2]
        elif open_place is not None:
            yield open_place
        open_place = first, last, begin, stop
    if open_place is not None and open_place[1] <= len(old) and open_place[3] <= len(new):
        yield open_place
