"""DER and JER: the time under the right speaker, under a wrong one, and under none, in one pass over all boundaries.

The definitions are those of pyannote.metrics (Bredin 2017), to which the tests hold the results. It goes through
the whole recording for each bootstrap segment, which for three hours takes twenty seconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audio.episode import Seconds
from transcribe.evaluation.metrics import BootstrapSegments, Jaccard, SpeakerTime
from transcribe.evaluation.speaker_pairing import cheapest_columns
from transcribe.transcript import SpeakerSpan

SEGMENT_SECONDS = 10.0  # length of a bootstrap segment of speaker time

SpeakerTimeError = tuple[Seconds, Seconds, str, str]
"""Start, end, the speaker of the reference and that of the hypothesis; "" for nobody."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Time between two boundaries: who speaks, as often as spans say so, and whether it is scored for DER."""

    start: Seconds
    end: Seconds
    reference: tuple[str, ...]
    hypothesis: tuple[str, ...]
    is_scored: bool

    @property
    def seconds(self) -> Seconds:
        return self.end - self.start

    def errors(self, mapping: Mapping[str, str]) -> tuple[int, list[tuple[str, str]]]:
        """How many speakers are right, and the others: the reference's, the hypothesis's; "" for nobody."""
        missed, heard = list(self.reference), []
        for speaker in self.hypothesis:
            if mapping.get(speaker) in missed:
                missed.remove(mapping[speaker])
            else:
                heard.append(speaker)
        size = max(len(missed), len(heard))
        padded = [side + [""] * (size - len(side)) for side in (missed, heard)]
        return len(self.reference) - len(missed), list(zip(*padded, strict=True))


def speaker_errors(
    reference: Sequence[SpeakerSpan], hypothesis: Sequence[SpeakerSpan], *, collar: Seconds, skip_overlap: bool
) -> tuple[SpeakerTime, Jaccard, BootstrapSegments]:
    """DER, JER (without collar, as in DIHARD), and DER's errors and speech in segments of `SEGMENT_SECONDS`.

    `collar` seconds on either side of a reference boundary are not scored. Overlapping speech counts for each of its
    speakers, unless skipped.
    """
    stretches = list(_stretches(reference, hypothesis, collar=collar, skip_overlap=skip_overlap))
    mapping = _best_mapping([one for one in stretches if one.is_scored])
    end = max((span.end for span in (*reference, *hypothesis)), default=0.0)
    segments = [[0.0, 0.0] for _ in range(int(end // SEGMENT_SECONDS) + 1)]
    missed = false_alarm = confusion = speech = 0.0
    for one in stretches:
        if not one.is_scored:
            continue
        _, errors = one.errors(mapping)
        nobody_heard = sum(not heard for _, heard in errors)
        nobody_spoke = sum(not spoke for spoke, _ in errors)
        missed += nobody_heard * one.seconds
        false_alarm += nobody_spoke * one.seconds
        confusion += (len(errors) - nobody_heard - nobody_spoke) * one.seconds
        speech += len(one.reference) * one.seconds
        segment = segments[int(one.start // SEGMENT_SECONDS)]
        segment[0] += len(errors) * one.seconds
        segment[1] += len(one.reference) * one.seconds
    rounded = tuple((round(errors, 3), round(length, 3)) for errors, length in segments)
    return SpeakerTime(missed, false_alarm, confusion, speech), _jaccard(stretches), rounded


def speaker_time_errors(
    reference: Sequence[SpeakerSpan], hypothesis: Sequence[SpeakerSpan], *, collar: Seconds, skip_overlap: bool
) -> tuple[SpeakerTimeError, ...]:
    """The stretches that DER counts as errors, as in `speaker_errors`, in order."""
    stretches = [
        one for one in _stretches(reference, hypothesis, collar=collar, skip_overlap=skip_overlap) if one.is_scored
    ]
    mapping = _best_mapping(stretches)
    found: list[SpeakerTimeError] = []
    going: dict[tuple[str, str], int] = {}  # the last stretch of an error, which may go on
    for one in stretches:
        for spoke, heard in dict.fromkeys(one.errors(mapping)[1]):
            last = going.get((spoke, heard))
            if last is not None and found[last][1] == one.start:
                found[last] = (found[last][0], one.end, spoke, heard)
            else:
                going[spoke, heard] = len(found)
                found.append((one.start, one.end, spoke, heard))
    return tuple(sorted((round(start, 3), round(end, 3), spoke, heard) for start, end, spoke, heard in found))


def _stretches(
    reference: Sequence[SpeakerSpan], hypothesis: Sequence[SpeakerSpan], *, collar: Seconds, skip_overlap: bool
) -> Iterator[_Stretch]:
    """The time between neighbouring boundaries, where somebody speaks on either side."""
    changes: list[tuple[Seconds, int, str, int]] = []  # time, side, speaker, one more or one less
    for side, spans in enumerate((reference, hypothesis)):
        for span in spans:
            if span.end > span.start:
                changes += [(span.start, side, span.speaker, 1), (span.end, side, span.speaker, -1)]
                if side == 0 and collar:
                    for edge in (span.start, span.end):
                        changes += [(edge - collar, 2, "", 1), (edge + collar, 2, "", -1)]
    end = max((time for time, side, _, _ in changes if side < 2), default=0.0)
    edges = range(int(SEGMENT_SECONDS), int(end) + 1, int(SEGMENT_SECONDS))
    changes = sorted([*changes, *((float(edge), 2, "", 0) for edge in edges)])
    speaking: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    collars, before = 0, 0.0
    for time, side, speaker, step in changes:
        start, stop = max(before, 0.0), min(time, end)
        if stop > start and any(speaking):
            said, heard = (tuple(one.elements()) for one in speaking)
            yield _Stretch(start, stop, said, heard, not collars and not (skip_overlap and len(said) > 1))
        before = time
        if side == 2:
            collars += step
            continue
        speaking[side][speaker] += step
        if not speaking[side][speaker]:
            del speaking[side][speaker]


def _best_mapping(stretches: Sequence[_Stretch]) -> Mapping[str, str]:
    """The pairing of speakers, hypothesis → reference, with the most time in common; none for no time."""
    common: dict[tuple[str, str], float] = defaultdict(float)
    for one in stretches:
        for spoke in one.reference:
            for heard in one.hypothesis:
                common[heard, spoke] += one.seconds
    speakers = sorted({heard for heard, _ in common})
    people = sorted({spoke for _, spoke in common})
    size = max(len(speakers), len(people))
    costs = [[0.0] * size for _ in range(size)]
    for row, heard in enumerate(speakers):
        for column, spoke in enumerate(people):
            costs[row][column] = -common[heard, spoke]
    best = zip(speakers, cheapest_columns(costs), strict=False)
    return {heard: people[column] for heard, column in best if column < len(people) and common[heard, people[column]]}


def _jaccard(stretches: Sequence[_Stretch]) -> Jaccard:
    """Of each speaker of the reference, the share of the time of both that is of one only."""
    mapping = {spoke: heard for heard, spoke in _best_mapping(stretches).items()}
    both: dict[str, float] = defaultdict(float)
    either: dict[str, float] = defaultdict(float)
    for one in stretches:
        for spoke in set(one.reference):
            both[spoke] += one.seconds if mapping.get(spoke) in one.hypothesis else 0.0
            either[spoke] += one.seconds
        for spoke, heard in mapping.items():
            if heard in one.hypothesis and spoke not in one.reference:
                either[spoke] += one.seconds
    return Jaccard(sum(1 - both[spoke] / either[spoke] for spoke in either), len(either))
