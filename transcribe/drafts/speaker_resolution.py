"""Finds the speaker of the timed transcript for each name in an edited draft: a known, renamed or new speaker.

Pure. A draft prints labels, the transcript has speakers; a name that matches no label is resolved by the words under
it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

from audio.episode import Seconds
from output.labels import fold_name, labels_of
from transcribe.alignment.turn_pairing import UNKNOWN, Voices
from transcribe.person_names import NameCertainty
from transcribe.transcript import Speaker, SpeakerSpan, Transcript

EVIDENCE = "named by the editor"
SHORTEST_SPAN = 0.5  # seconds; a shorter rest of a span goes to the new speaker as well

Move = tuple[Seconds, Seconds, str, str]
"""A passage that gets another speaker: its start and end, the old speaker and the new one."""


@dataclass(frozen=True, slots=True)
class ResolvedSpeakers:
    """The speakers after an edit; `ids` maps each name in the draft to a speaker's id."""

    speakers: tuple[Speaker, ...]
    ids: Mapping[str, str]
    renamed: tuple[tuple[str, str], ...]  # the old name and the new one
    added: tuple[str, ...]


def resolve_speakers(
    speakers: Sequence[Speaker], votes: Mapping[str, Counter[str]], *, full_names: Mapping[str, str] | None = None
) -> ResolvedSpeakers:
    """The speakers for the names of a draft, the keys of `votes` in the order of their first turns.

    `votes` counts, for each name, the timed words under it by speaker id. An unknown name renames the speaker of most
    of its words, unless another name of the draft is that speaker's: then it is a new speaker. `full_names` maps the
    draft's short names to the full names the editor gave.
    """
    full_names, known = full_names or {}, _ids_by_label(speakers)
    ids = {name: known[fold_name(name)] for name in votes if fold_name(name) in known}
    by_id = {speaker.id: speaker for speaker in speakers}
    renamed, added = [], []
    for name, counts in votes.items():
        full = full_names.get(name, name if name not in ids else by_id[ids[name]].name)
        if name in ids:
            old = by_id[ids[name]]
            if full != old.name:
                by_id[old.id] = Speaker(old.id, full, name, EVIDENCE, NameCertainty.EDITED)
                renamed.append((old.name, full))
            continue
        id = _majority_speaker(counts, taken=set(ids.values()))
        if id is None:
            id = _free_id(by_id)
            added.append(full)
        else:
            renamed.append((by_id[id].name, full))
        ids[name] = id
        label = "" if " " in name else name
        by_id[id] = Speaker(id, full, label, EVIDENCE, NameCertainty.EDITED)
    return ResolvedSpeakers(tuple(by_id.values()), ids, tuple(renamed), tuple(added))


def voices_of(names: Sequence[str], timed: Transcript) -> Voices:
    """Who speaks the turns of a draft, by their names in it, and those of its timed transcript."""
    known = _ids_by_label(timed.speakers)
    return Voices([known.get(fold_name(name), UNKNOWN) for name in names], [turn.speaker for turn in timed.turns])


def reassign_spans(spans: Sequence[SpeakerSpan], moves: Sequence[Move]) -> tuple[SpeakerSpan, ...]:
    """The spans with passages given to other speakers."""
    by_speaker = {speaker: _MovesFrom(speaker, moves) for speaker in {span.speaker for span in spans}}
    return tuple(part for span in spans for part in _split(span, by_speaker[span.speaker].during(span)))


class _MovesFrom:
    """The moves away from one speaker, found by their time."""

    def __init__(self, speaker: str, moves: Sequence[Move]) -> None:
        self._own = sorted((move, place) for place, move in enumerate(moves) if move[2] == speaker)
        self._starts = [move[0] for move, _ in self._own]
        self._ends = list(accumulate((move[1] for move, _ in self._own), max))  # of all up to here

    def during(self, span: SpeakerSpan) -> list[Move]:
        """The moves that may cut the span, in the order in which they were given."""
        low, high = bisect_right(self._ends, span.start), bisect_left(self._starts, span.end)
        return [move for move, _ in sorted(self._own[low:high], key=itemgetter(1))]


def _split(span: SpeakerSpan, moves: Sequence[Move]) -> list[SpeakerSpan]:
    """A span cut at its moves. Each move cuts only what the moves before it left to the span's speaker."""
    remaining, moved = [span], []
    for start, end, _, new in moves:
        cut: list[SpeakerSpan] = []
        for part in remaining:
            if part.end <= start or part.start >= end:
                cut.append(part)
                continue
            low = part.start if start - part.start < SHORTEST_SPAN else start
            high = part.end if part.end - end < SHORTEST_SPAN else end
            moved.append(SpeakerSpan(low, high, new))
            cut += [SpeakerSpan(a, b, part.speaker) for a, b in ((part.start, low), (high, part.end)) if b > a]
        remaining = cut
    return sorted(remaining + moved, key=lambda part: part.start)


def drop_silent_speakers(speakers: Sequence[Speaker], *, after: set[str], before: set[str]) -> tuple[Speaker, ...]:
    """The speakers without those who had words before and have none after the edit. The sets hold their ids."""
    return tuple(speaker for speaker in speakers if speaker.id in after or speaker.id not in before)


def _ids_by_label(speakers: Sequence[Speaker]) -> dict[str, str]:
    """The speaker id for every folded label a draft may print; ambiguous labels are left out."""
    ids_of: dict[str, set[str]] = {}
    for style in ("full-name-then-name", "name", "initial"):
        for id, label in labels_of(speakers, style).items():
            for text in (label.first, label.later):
                ids_of.setdefault(fold_name(text), set()).add(id)
    for speaker in speakers:
        ids_of.setdefault(fold_name(speaker.name), set()).add(speaker.id)
    return {text: ids.pop() for text, ids in ids_of.items() if len(ids) == 1}


def _majority_speaker(counts: Counter[str], *, taken: set[str]) -> str | None:
    """The speaker of more than half of the words, unless taken by another name of the draft."""
    if not counts:
        return None
    id, count = counts.most_common(1)[0]
    return id if id not in taken and 2 * count > counts.total() else None


def _free_id(by_id: Mapping[str, Speaker]) -> str:
    return next(f"S{number}" for number in range(1, len(by_id) + 2) if f"S{number}" not in by_id)
