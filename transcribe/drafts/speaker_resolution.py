"""Which speaker of the timed transcript each name in an edited draft stands for: known, renamed or new.

Pure. A draft prints labels, the transcript holds voices; a name that matches no label is judged by whose words stand
under it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audio.episode import Seconds
from output.labels import folded, labels_of
from transcribe.transcript import Speaker, SpeakerSpan

BY_THE_EDITOR = "named by the editor"
SHORTEST_SPAN = 0.5  # seconds of a span too short to stand by themselves when the rest goes to somebody else


@dataclass(frozen=True, slots=True)
class ResolvedSpeakers:
    """The speakers after an edit; `ids` says whom each name of the draft stands for."""

    speakers: tuple[Speaker, ...]
    ids: Mapping[str, str]
    renamed: tuple[tuple[str, str], ...]  # the old name and the new one
    added: tuple[str, ...]


def resolve_speakers(
    speakers: Sequence[Speaker], votes: Mapping[str, Counter[str]], *, full_names: Mapping[str, str] | None = None
) -> ResolvedSpeakers:
    """Whom the names of a draft mean, the keys of `votes` in the order of their first turns.

    `votes` counts, for each name, the timed words under it by speaker id. A name nobody has goes to the speaker of
    most of its words, unless another name stands for that one: then to a new speaker. `full_names` are those the
    editor gave for the draft's short ones.
    """
    full_names, known = full_names or {}, _known(speakers)
    ids = {name: known[folded(name)] for name in votes if folded(name) in known}
    by_id = {speaker.id: speaker for speaker in speakers}
    renamed, added = [], []
    for name, counts in votes.items():
        full = full_names.get(name, name if name not in ids else by_id[ids[name]].name)
        if name in ids:
            old = by_id[ids[name]]
            if full != old.name:
                by_id[old.id] = Speaker(old.id, full, name, BY_THE_EDITOR)
                renamed.append((old.name, full))
            continue
        owner = _owner(counts, taken=set(ids.values()))
        if owner is None:
            owner = _free_id(by_id)
            added.append(full)
        else:
            renamed.append((by_id[owner].name, full))
        ids[name] = owner
        by_id[owner] = Speaker(owner, full, "" if " " in name else name, BY_THE_EDITOR)
    return ResolvedSpeakers(tuple(by_id.values()), ids, tuple(renamed), tuple(added))


def reassign_spans(
    spans: Sequence[SpeakerSpan], moves: Sequence[tuple[Seconds, Seconds, str, str]]
) -> tuple[SpeakerSpan, ...]:
    """The spans after stretches went from one speaker to another: `moves` are (start, end, from, to)."""
    return tuple(part for span in spans for part in _parts(span, [move for move in moves if move[2] == span.speaker]))


def _parts(span: SpeakerSpan, moves: Sequence[tuple[Seconds, Seconds, str, str]]) -> list[SpeakerSpan]:
    """A span cut where stretches of it went to others; what was its speaker's and stays is cut again by the next."""
    rest, gone = [span], []
    for start, end, _, new in moves:
        cut: list[SpeakerSpan] = []
        for part in rest:
            if part.end <= start or part.start >= end:
                cut.append(part)
                continue
            low = part.start if start - part.start < SHORTEST_SPAN else start
            high = part.end if part.end - end < SHORTEST_SPAN else end
            gone.append(SpeakerSpan(low, high, new))
            cut += [SpeakerSpan(a, b, part.speaker) for a, b in ((part.start, low), (high, part.end)) if b > a]
        rest = cut
    return sorted(rest + gone, key=lambda part: part.start)


def drop_silent_speakers(people: Sequence[Speaker], *, heard: set[str], heard_before: set[str]) -> tuple[Speaker, ...]:
    """The speakers but those whose every word went to others."""
    return tuple(speaker for speaker in people if speaker.id in heard or speaker.id not in heard_before)


def _known(speakers: Sequence[Speaker]) -> dict[str, str]:
    """Everything a draft may print for a speaker, folded, to the speaker's id; what could be two people is left out."""
    meant: dict[str, set[str]] = {}
    for style in ("full-name-then-name", "name", "initial"):
        for id, label in labels_of(speakers, style).items():
            for text in (label.first, label.later):
                meant.setdefault(folded(text), set()).add(id)
    for speaker in speakers:
        meant.setdefault(folded(speaker.name), set()).add(speaker.id)
    return {text: ids.pop() for text, ids in meant.items() if len(ids) == 1}


def _owner(counts: Counter[str], *, taken: set[str]) -> str | None:
    """Whose words most of them are, if nobody else in the draft stands for that speaker."""
    if not counts:
        return None
    id, count = counts.most_common(1)[0]
    return id if id not in taken and 2 * count > counts.total() else None


def _free_id(by_id: Mapping[str, Speaker]) -> str:
    return next(f"S{number}" for number in range(1, len(by_id) + 2) if f"S{number}" not in by_id)
