"""A new recognition under an edited draft: what the machine hears better now, with every edit kept.

A three-way merge word by word: from what the machine wrote first, to the editor's draft on one side and to the new
recognition on the other. Where both changed the same words the editor's stand, and the place becomes a doubt of the
timed transcript, with what the machine has now: so it is on the editor's list. The marks a draft has, of doubts and
times, are no words: where the editor left them as they were they are those of the new recognition.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from audio.disk import free_backup_path, replace_if_unchanged, write_atomically
from output.errors import OutputError
from output.labels import folded
from output.markdown import render
from output.parse import Draft, parse, read_draft
from output.text import is_clock, unmarked
from transcribe.alignment.merge3 import aligned_segments
from transcribe.alignment.text_diff import NO_MATCH, matches
from transcribe.drafts.machine_originals import original_of, save_original
from transcribe.drafts.style import style_recorded
from transcribe.drafts.sync import transcript_of, update_transcript, write_update
from transcribe.drafts.turn_edits import PageTurn, apply_turns, page_turns, wrap_of
from transcribe.style import LabelStyle
from transcribe.transcript import Doubt, Transcript, Word

_TURN, _PARAGRAPH = "\x00", "\x01"  # begin the units that are no words


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the editor and the new recognition both changed the same words; the editor's stand in the draft."""

    mine: str
    fresh: str
    turn: int  # of the merged draft, from 0
    word: int  # of that turn, from 0


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What `merge_recognition` did: the files written, and where to look."""

    paths: tuple[Path, ...]
    differences: tuple[Difference, ...]


def merge_recognition(draft_path: Path, fresh_path: Path) -> MergeResult:
    """Merge the draft of a new recognition (`STEM.new.md`, its JSON beside it) into the edited one.

    The edited draft is kept as `STEM.md.bak` (a number added where that exists). Raises `OutputError` and
    `TranscriptError` as `sync` does, the latter also where the two are not of one recording; `EditError` where no draft
    can hold the result.
    """
    mine, old, fresh = read_draft(draft_path), transcript_of(draft_path), transcript_of(fresh_path)
    written = read_draft(fresh_path).encoded()
    update_transcript(mine, old, name=str(draft_path))
    update_transcript(mine, fresh, name=f"{draft_path} with {fresh_path.name}")
    usual = fresh.made_with.settings.get("wrap", 70)
    wrap = wrap_of(mine, usual if isinstance(usual, int) else 70)
    machine, labels = original_of(old, draft_path), style_recorded(old).labels
    turns, differences = merge_words(_machine_turns(machine, labels), page_turns(mine), _machine_turns(fresh, labels))
    draft = apply_turns(mine, turns, wrap=wrap)
    made = replace(fresh.made_with, outputs={draft_path.name: hashlib.sha256(written).hexdigest()})
    fresh = replace(fresh, episode=replace(fresh.episode, path=old.episode.path), made_with=made)
    after = update_transcript(draft, fresh, name=str(draft_path)).transcript
    after = replace(after, doubts=(*after.doubts, *_doubts(differences, draft, after)))
    _write(draft_path, draft.encoded(), over=mine.encoded())
    save_original(fresh, draft_path)
    paths, _ = write_update(draft_path, after, before=old)
    return MergeResult((draft_path, *paths), differences)


def merge_words(
    base: Sequence[PageTurn], mine: Sequence[PageTurn], fresh: Sequence[PageTurn]
) -> tuple[tuple[PageTurn, ...], tuple[Difference, ...]]:
    """`mine` with what `fresh` changed of `base` and `mine` did not, and where both did.

    A person whom the machine names otherwise now and whose name the editor left alone has the new name throughout.
    """
    names = _named_anew(base, mine, fresh)
    base, mine = (
        [replace(turn, speaker=names.get(turn.speaker, turn.speaker)) for turn in old] for old in (base, mine)
    )
    units: list[str] = []
    differences: list[Difference] = []
    for (old, ours, theirs), (old_printed, ours_printed, theirs_printed) in _stretches(base, mine, fresh):
        if old == ours == theirs:  # the same words: who changed their marks?
            marks = zip(old_printed, ours_printed, theirs_printed, strict=True)
            units += [now if left == was else left for was, left, now in marks]
        elif ours == theirs or old == theirs:
            units += ours_printed
        elif ours_printed == old_printed:
            units += theirs_printed
        else:
            differences.append(Difference(_words(ours), _words(theirs), *_place(units)))
            units += ours_printed
    return tuple(_turns(units)), tuple(difference for difference in differences if difference.mine != difference.fresh)


def _stretches(*texts: Sequence[PageTurn]) -> Iterator[tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]]:
    """Base, mine and fresh in parts: their units without marks, by which they are compared, and as they are printed."""
    printed = [list(_units(turns)) for turns in texts]
    base, mine, fresh = ([unmarked(unit) for unit in units] for units in printed)
    at = [0, 0, 0]
    for plain in aligned_segments(base, mine, fresh):
        ends = [start + len(part) for start, part in zip(at, plain, strict=True)]
        yield from _by_turns(plain, [units[a:b] for units, a, b in zip(printed, at, ends, strict=True)])
        at = ends


def _by_turns(
    plain: Sequence[tuple[str, ...]], printed: Sequence[list[str]]
) -> Iterator[tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]]:
    """A part cut where turns begin, if as many do in each text: who speaks and what is said are edits of their own."""
    begins = [[i for i, unit in enumerate(units) if unit.startswith(_TURN)] for units in plain]
    cuts = [
        [0, *(at for i in found for at in (i, i + 1)), len(units)] for found, units in zip(begins, plain, strict=True)
    ]
    if len({len(found) for found in begins}) > 1:
        cuts = [[0, len(units)] for units in plain]
    for ends in zip(*(pairwise(each) for each in cuts), strict=True):
        old, now = (
            tuple(tuple(units[a:b]) for units, (a, b) in zip(texts, ends, strict=True)) for texts in (plain, printed)
        )
        if any(old):
            yield old, now


def _named_anew(base: Sequence[PageTurn], mine: Sequence[PageTurn], fresh: Sequence[PageTurn]) -> Mapping[str, str]:
    """What those are called now whose names in `base` stand for the same people in `mine`.

    Where somebody's first turn was deleted the initial is all that stands for the name. Nobody is named anew where a
    new name is that of somebody else: two people would become one.
    """
    left, now, known = _same_people(base, mine), _same_people(base, fresh), {turn.speaker for turn in base}
    names: dict[str, str] = {}
    for old, new in now.items():
        called = left.get(old)
        if called == old or (called and called not in known and old != new and folded(called) == folded(old[:1])):
            names |= {old: new, called: new}
    others = (known | {turn.speaker for turn in mine}) - names.keys()
    return names if others.isdisjoint(names.values()) else {}


def _same_people(old: Sequence[PageTurn], new: Sequence[PageTurn]) -> Mapping[str, str]:
    """The names of `old` and those who say most of the same words in `new`, where that holds both ways."""
    (words, owners), (words_now, owners_now) = _owned(old), _owned(new)
    found = enumerate(matches(words, words_now))
    shared = Counter((owners[i], owners_now[j]) for j, i in found if i != NO_MATCH)
    pairs = [pair for pair, _ in reversed(shared.most_common())]  # the most words last, so that they have the word
    there, back = dict(pairs), {after: before for before, after in pairs}
    return {before: after for before, after in there.items() if back[after] == before}


def _owned(turns: Sequence[PageTurn]) -> tuple[list[str], list[str]]:
    """The words without their marks, and who says each."""
    said = [(unmarked(word), turn.speaker) for turn in turns for word in " ".join(turn.paragraphs).split()]
    return [word for word, _ in said], [speaker for _, speaker in said]


def _place(units: Sequence[str]) -> tuple[int, int]:
    """The turn and the word of it, from 0, that come after these units."""
    turn = sum(unit.startswith(_TURN) for unit in units) - 1
    begun = next((i for i in range(len(units) - 1, -1, -1) if units[i].startswith(_TURN)), 0)
    return max(turn, 0), sum(not unit.startswith((_TURN, _PARAGRAPH)) for unit in units[begun:])


def _machine_turns(transcript: Transcript, labels: LabelStyle) -> tuple[PageTurn, ...]:
    """The turns as the machine printed them, marks included, with labels of the draft's style."""
    return page_turns(parse(render(transcript, replace(style_recorded(transcript), labels=labels))))


def _units(turns: Sequence[PageTurn]) -> Iterator[str]:
    for turn in turns:
        yield _TURN + turn.speaker
        for index, paragraph in enumerate(turn.paragraphs):
            if index:
                yield _PARAGRAPH
            yield from [paragraph] if "\n" in paragraph else _printed_words(paragraph)


def _printed_words(paragraph: str) -> Iterator[str]:
    """The words of a paragraph, a time together with the word after it."""
    pending = ""
    for word in paragraph.split():
        if is_clock(word) and not pending:
            pending = word
            continue
        yield f"{pending} {word}".lstrip()
        pending = ""
    if pending:
        yield pending


def _turns(units: Sequence[str]) -> Iterator[PageTurn]:
    starts = [i for i, unit in enumerate(units) if unit.startswith(_TURN)]
    for start, end in zip(starts, [*starts[1:], len(units)], strict=True):
        texts = " ".join(units[start + 1 : end]).split(_PARAGRAPH)
        yield PageTurn(units[start].removeprefix(_TURN), tuple(text.strip(" ") for text in texts))


def _words(units: Sequence[str]) -> str:
    return " ".join(unit.replace(_TURN, "/ ").replace(_PARAGRAPH, "/") for unit in units)


def _doubts(differences: Sequence[Difference], draft: Draft, after: Transcript) -> Iterator[Doubt]:
    """The differences as passages to listen to. A turn without words has no place in the transcript."""
    spoken = [index for index, turn in enumerate(draft.turns) if turn.spoken]
    for difference in differences:
        if difference.turn not in spoken or len(spoken) != len(after.turns):
            continue
        words = after.turns[spoken.index(difference.turn)].words
        first = min(difference.word, len(words) - 1)
        last = min(first + max(len(difference.mine.split()), 1), len(words)) - 1
        start, end = words[first].start, _last_end(words[first : last + 1])
        yield Doubt(start, max(start, end), f"heard now: {difference.fresh or '(nothing)'}")


def _last_end(words: Sequence[Word]) -> float:
    return max(word.end for word in words)


def _write(path: Path, source: bytes, *, over: bytes) -> None:
    """Put `source` in the place of `over`, which is kept beside it."""
    if source == over:
        return
    backup = free_backup_path(path)
    try:
        write_atomically(backup, over)
        if not replace_if_unchanged(path, source, over=hashlib.sha256(over).hexdigest()):
            backup.unlink()
            raise OutputError(f"{path}: was changed while it was being merged; nothing was changed, try again")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(f"{path}: cannot be written ({reason}); make room or change its rights") from error
