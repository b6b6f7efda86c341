"""The labels of a merged draft: those a new draft would have for its speakers, except where the editor has other ones.

The labels of one speaker depend on the others: of two people with the same initial, both keep their names. So a merge
that changes a name may change the labels of everybody. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from output.labels import Label, labels_of
from output.parse import Draft
from transcribe.drafts.speaker_resolution import voices_of
from transcribe.drafts.turn_edits import usual_labels
from transcribe.style import LabelStyle
from transcribe.transcript import Speaker, Transcript


def merged_labels(
    mine: Draft,
    names: Iterable[str],
    *,
    edited: Transcript,
    new: Transcript,
    renamed: Mapping[str, str],
    style: LabelStyle,
) -> Mapping[str, Label]:
    """The labels, in this style, of those of the merged draft's speakers (`names`, as printed) whom the editor's draft
    `mine` labels in the style as well.

    `edited` is the transcript of `mine`, `new` the one that is merged into it, and `renamed` maps names in `mine` to
    names in `new`. A renamed speaker who has the name in each turn of `mine` keeps that form.
    """
    usual, count = usual_labels(mine), Counter(turn.speaker for turn in mine.turns)
    before = _in_style(usual, (edited,), style)
    old_names = {renamed.get(name, name): name for name in usual}
    found = {}
    for name, label in _in_style(dict.fromkeys(names), (new, edited), style).items():
        old = old_names.get(name, "")
        if label.first != name:
            continue
        if not old or _is_in_style(usual[old], before.get(old), is_renamed=old != name, is_single=count[old] == 1):
            found[name] = label
        elif old != name and usual[old] == Label(old, old):
            found[name] = Label(name, name)
    return found


def _is_in_style(label: Label, style: Label | None, *, is_renamed: bool, is_single: bool) -> bool:
    """Whether an editor's draft labels a speaker as the style has it. One whose first turn was deleted has only the
    initial; it gives way to a new name."""
    if style is None:
        return False
    has_later = is_single or label.later == style.later
    return has_later and (label.first == style.first or (is_renamed and label.first == style.later))


def _in_style(names: Iterable[str], transcripts: Sequence[Transcript], style: LabelStyle) -> Mapping[str, Label]:
    """The labels of these people by their printed names: of the speaker whom the first of the transcripts calls so."""
    names = tuple(names)
    people = {name: (-1, Speaker(name, name)) for name in names}
    for rank, timed in reversed(list(enumerate(transcripts))):
        known = {speaker.id: speaker for speaker in timed.speakers}
        ids = zip(names, voices_of(names, timed).edited, strict=True)
        people |= {name: (rank, known[id]) for name, id in ids if id in known}
    once = {(rank, one.id): replace(one, id=name) for name, (rank, one) in reversed(people.items())}
    return labels_of(list(once.values()), style)
