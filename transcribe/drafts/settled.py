"""What edits and confirmations have settled of a draft: when they are undone, it is doubtful again. Pure.

The law: a doubt that an edit took comes back with the words it was about, and these have their times again; one that
the editor has confirmed does not, until that is undone, too; one of more than `LONGEST` words never does. A speaker
whose name was changed and is the old one again is as unsure as before; one whose suggested name was refused is not.
A session or a sync that begins with an edited draft knows this from the transcript as the machine wrote it, and from
the doubts that were `confirmed` in earlier sessions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from audio.episode import Seconds
from transcribe.person_names import NameCertainty
from transcribe.transcript import Doubt, Speaker, Transcript, Turn, Word

LONGEST = 200  # words of a passage; a file may doubt its whole text thousands of times, and every edit looks at each


@dataclass(frozen=True, slots=True)
class _Passage:
    """The words of a doubt, and the words before and after them in the text."""

    words: tuple[Word, ...]
    before: Word | None
    after: Word | None


class Settled:
    """The doubts and the unsure names that were settled. Not thread-safe."""

    def __init__(self) -> None:
        self._doubts: dict[Doubt, _Passage] = {}
        self._confirmed: set[Doubt] = set()
        self._speakers: dict[str, Speaker] = {}  # as they were, by their ids
        self.is_resumed = False

    @property
    def confirmed(self) -> frozenset[Doubt]:
        """The doubts that no undone edit brings back."""
        return frozenset(self._confirmed)

    def resume(self, now: Transcript, *, heard: Transcript, confirmed: Collection[Doubt] = ()) -> None:
        """Note, once at first, what was settled earlier: what was doubtful as the machine `heard` it, and is not `now`.
        What has its words still was confirmed, and so were those of `confirmed`."""
        self.is_resumed = True
        self.note(heard, now)
        words = _Words(now)
        self._confirmed.update(doubt for doubt, was in self._doubts.items() if words.same(doubt, was) is not None)
        self._confirmed.update(self._doubts.keys() & {*confirmed})

    def note(self, before: Transcript, after: Transcript) -> None:
        """Note what a change of the transcript has settled."""
        words = _Words(before)
        for doubt in set(before.doubts).difference(after.doubts):
            if doubt not in self._doubts and (passage := words.passage(doubt)) is not None:
                self._doubts[doubt] = passage
        now = {speaker.id: speaker for speaker in after.speakers}
        for speaker in before.speakers:
            kept = now.get(speaker.id, speaker)
            if speaker.suggestion and kept.name != speaker.name:
                self._speakers.setdefault(speaker.id, speaker)
            elif speaker.suggestion and not kept.suggestion:  # it was refused
                self._speakers.pop(speaker.id, None)

    def confirm(self, start: Seconds, end: Seconds) -> tuple[Doubt, ...]:
        """What was noted from `start` (seconds) to `end` is correct, whatever stands there.

        Returns what was not confirmed before, for `doubt`.
        """
        noted = (doubt for doubt in self._doubts if doubt.end > start and doubt.start < end)
        newly = tuple(doubt for doubt in noted if doubt not in self._confirmed)
        self._confirmed.update(newly)
        return newly

    def doubt(self, doubts: Collection[Doubt]) -> None:
        """Undo a `confirm` that returned these."""
        self._confirmed.difference_update(doubts)

    def brought_back(self, transcript: Transcript) -> Transcript:
        """The transcript with what is no longer settled, because an edit was undone."""
        words, known = _Words(transcript), self._confirmed.union(transcript.doubts)
        back: list[Doubt] = []
        as_before: dict[_Key, Word] = {}
        for doubt, passage in self._doubts.items():
            if doubt not in known and (now := words.same(doubt, passage)) is not None:
                back.append(doubt)
                as_before.update(zip(map(_key, now), passage.words, strict=True))
        return replace(
            with_words(transcript, lambda word: as_before.get(_key(word), word)),
            doubts=tuple(sorted((*transcript.doubts, *back), key=lambda doubt: doubt.start)),
            speakers=tuple(map(self._as_it_was, transcript.speakers)),
        )

    def _as_it_was(self, speaker: Speaker) -> Speaker:
        was = self._speakers.get(speaker.id, speaker)
        return was if speaker.certainty is NameCertainty.EDITED and speaker.name == was.name else speaker


def with_words(transcript: Transcript, changed: Callable[[Word], Word]) -> Transcript:
    """The transcript with each word changed so."""
    turns = tuple(Turn(turn.speaker, tuple(map(changed, turn.words))) for turn in transcript.turns)
    return replace(transcript, turns=turns)


_Key = tuple[str, Seconds, Seconds]


def _key(word: Word) -> _Key:
    return word.text, word.start, word.end


class _Words:
    """The words of a transcript, found by their time and by their neighbours."""

    def __init__(self, transcript: Transcript) -> None:
        self._words = tuple(transcript.words)
        self._places = {_key(word): place for place, word in enumerate(self._words)}
        self._by_time = sorted(range(len(self._words)), key=lambda place: self._words[place].middle)
        self._middles = [self._words[place].middle for place in self._by_time]

    def passage(self, doubt: Doubt) -> _Passage | None:
        """The words from the first to the last that a doubt is about; None if they are more than `LONGEST`."""
        start, stop = bisect_left(self._middles, doubt.start), bisect_right(self._middles, doubt.end)
        if start >= stop:
            return _Passage((), None, None)
        if stop - start > LONGEST:
            return None
        places = self._by_time[start:stop]
        first, last = min(places), max(places)
        if last - first >= LONGEST:
            return None
        before, after = self._words[first - 1 : first], self._words[last + 1 : last + 2]
        return _Passage(self._words[first : last + 1], *(next(iter(each), None) for each in (before, after)))

    def same(self, doubt: Doubt, passage: _Passage) -> tuple[Word, ...] | None:
        """The words that are now what those of a passage were; None if others are there."""
        found = self.passage(doubt)
        if not passage.words:
            return () if found is not None and not found.words else None
        first = self._places.get(_key(passage.before), len(self._words)) + 1 if passage.before else 0
        last = self._places.get(_key(passage.after), -1) if passage.after else len(self._words)
        between = self._words[first:last] if last - first == len(passage.words) else ()
        texts = [word.text for word in passage.words]
        candidates = (between, found.words if found is not None else ())
        return next((words for words in candidates if [word.text for word in words] == texts), None)
