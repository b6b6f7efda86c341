"""Updates a timed transcript from an edited draft: words, turns, speakers, title and doubts. Pure.

`transcribe.drafts.sync` reads and writes the files.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from audio.program import program
from output.document_parts import draft_to_keep
from output.errors import OutputError
from output.markdown import front_matter
from output.text import normalize_text
from transcribe.alignment.realign import Forms, RealignedTurn, Realignment, realign
from transcribe.alignment.unspoken import SpokenTexts, spoken_texts
from transcribe.drafts.given_words import given_words, told
from transcribe.drafts.speaker_resolution import (
    ResolvedSpeakers,
    drop_silent_speakers,
    reassign_spans,
    resolve_speakers,
    voices_of,
)
from transcribe.drafts.style import style_recorded
from transcribe.errors import TranscriptError
from transcribe.scripts import units
from transcribe.speakers.name_certainty import open_warnings
from transcribe.transcript import Doubt, Speaker, SpeakerSpan, Transcript, Turn, Word

if TYPE_CHECKING:
    from output.parse import Draft

_SHOWN = 5  # lines of turns in the report


@dataclass(frozen=True, slots=True)
class TranscriptUpdate:
    """A transcript with the draft's text and speakers, and what changed."""

    transcript: Transcript
    words_changed: int
    turns_changed: int
    turns_relabelled: int
    given: tuple[str, ...] = ()  # passages of other turns that are another speaker's now, in words
    turns_removed: int = 0  # whose words are all gone
    turns_added: int = 0  # of new words that replace none
    is_regrouped: bool = False  # turns were split or merged
    is_reordered: bool = False  # passages are in another order
    renamed: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()
    added_turns: tuple[tuple[int, ...], ...] = ()  # of each of `added`, the lines of its turns
    notes_added: bool = False
    is_reworked: bool = False  # what the draft has besides words is another

    @property
    def report(self) -> str:
        """The changes in a line, such as "38 words changed in 12 turns, 2 turns relabelled"."""
        parts = []
        if self.words_changed:
            parts.append(f"{_plural(self.words_changed, 'word')} changed in {_plural(self.turns_changed, 'turn')}")
        if self.notes_added:
            parts.append("notes in brackets added")
        if self.turns_relabelled:
            parts.append(f"{_plural(self.turns_relabelled, 'turn')} relabelled")
        parts += self.given
        if self.turns_removed:
            parts.append(f"{_plural(self.turns_removed, 'turn')} removed")
        if self.turns_added:
            parts.append(f"{_plural(self.turns_added, 'turn')} added")
        parts += [f"{old} renamed {new}" for old, new in self.renamed]
        parts += [f"{name} is new{_in_lines(lines)}" for name, lines in zip(self.added, self.added_turns, strict=True)]
        if self.is_regrouped and not (self.turns_relabelled or self.given):
            parts.append("turns split or merged")
        if self.is_reordered:
            parts.append("turns or passages moved")
        unchanged = "the text around the words changed" if self.is_reworked else "nothing changed"
        return ", ".join(parts) or unchanged


def update_transcript(
    draft: Draft, before: Transcript, *, name: str = "the draft", full_names: Mapping[str, str] | None = None
) -> TranscriptUpdate:
    """The transcript `before` with the words, turns, speakers and title of the draft.

    `full_names` maps the draft's short names to the full names the editor gave. Raises `TranscriptError` if the two do
    not belong together and `OutputError` if the draft is not UTF-8; the messages call the draft `name`.
    """
    _check_utf8(draft, name)
    spoken = spoken_in([turn.spoken for turn in draft.turns], before)
    voices = voices_of([turn.speaker for turn in draft.turns], before)
    timed = [turn.words for turn in before.turns]
    realigned = realign(spoken.texts, timed, forms=forms_in(spoken.texts), voices=voices)
    _check_same_text(realigned, tuple(before.words), name)
    owners = [turn.speaker for turn in before.turns for _ in turn.words]
    resolved = resolve_speakers(before.speakers, _votes(draft, realigned, owners), full_names=full_names)
    ids = [resolved.ids.get(turn.speaker, "") for turn in draft.turns]
    turns = tuple(Turn(id, timed.words) for id, timed in zip(ids, realigned.turns, strict=True) if timed.words)
    given = given_words(realigned, ids, owners)
    spans = reassign_spans(before.spans, [(one.start, one.end, one.old, one.new) for one in given])
    names = ({speaker.id: speaker.name for speaker in people} for people in (before.speakers, resolved.speakers))
    before = replace(before, unspoken=spoken.unspoken([turn.words for turn in realigned.turns]))
    transcript = _with_parts(before, draft, speakers=resolved.speakers, turns=turns, spans=spans)
    origins = [i for turn in realigned.turns for i in turn.origins if i is not None]
    removed, added = _removed(before.turns, origins), sum(_is_added(turn) for turn in realigned.turns)
    return TranscriptUpdate(
        transcript,
        words_changed=sum(turn.changed for turn in realigned.turns),
        turns_changed=sum(turn.changed > 0 for turn in realigned.turns),
        turns_relabelled=len({one.turn for one in given if one.is_relabelled}),
        given=told(given, *names),
        turns_removed=removed,
        turns_added=added,
        is_regrouped=len(turns) - added != len(before.turns) - removed,
        is_reordered=origins != sorted(origins),
        renamed=resolved.renamed,
        added=resolved.added,
        added_turns=tuple(_lines_of(name, draft, resolved) for name in resolved.added),
        notes_added=any(turn.notes for turn in realigned.turns),
        is_reworked=transcript.draft != before.draft,
    )


def spoken_in(texts: Sequence[str], timed: Transcript) -> SpokenTexts:
    """What is spoken of the turns of a draft: all but the words that nobody says in the recording."""
    return spoken_texts(texts, [turn.words for turn in timed.turns], timed.unspoken, forms=forms_in(texts))


def forms_in(texts: Iterable[str]) -> Forms:
    """How words may be printed in these texts: in the house style, or unchanged if the texts have them unchanged."""
    tokens = {unit for text in texts for unit, _ in units(text)}

    def forms(text: str) -> tuple[str, ...]:
        literal = [unit for unit, _ in units(text)]
        unchanged, printed = " ".join(text.split()), printed_forms(text)
        return (unchanged, *printed) if tokens.issuperset(literal) else (*printed, unchanged)

    return forms


@lru_cache(maxsize=50_000)
def printed_forms(text: str) -> tuple[str, ...]:
    """How a draft prints a word: inside a paragraph, and at its end, where the house style has `...` for a dash.

    >>> printed_forms("well—")
    ('well -', 'well ...')
    """
    inside = normalize_text(f"{text} x")[:-2]
    at_end = normalize_text(text)
    return (inside,) if inside == at_end else (inside, at_end)


def _check_utf8(draft: Draft, name: str) -> None:
    try:
        draft.source().encode()
    except UnicodeEncodeError as error:
        raise OutputError(f"{name}: is not UTF-8 text; save it as UTF-8") from error


def _check_same_text(realigned: Realignment, words: Sequence[Word], name: str) -> None:
    """Raise `TranscriptError` if the draft has no spoken words, or is not a draft of these words."""
    if words and not any(turn.has_speech for turn in realigned.turns):
        raise TranscriptError(
            f"{name}: has no spoken words; nothing was changed. Restore its text, or delete it and run "
            f"`{program()} run` on the audio again"
        )
    if words and not realigned.is_same_text:
        raise TranscriptError(
            f"{name}: its timed transcript belongs to another text ({realigned.overlap_ratio:.0%} of the words agree); "
            f"nothing was changed. Put the draft next to its own .json, or run `{program()} run` on the audio again"
        )


def _votes(draft: Draft, realigned: Realignment, owners: Sequence[str]) -> dict[str, Counter[str]]:
    """For each name in the draft, the timed words under it by speaker id."""
    votes: dict[str, Counter[str]] = {}
    for turn, timed in zip(draft.turns, realigned.turns, strict=True):
        if timed.words:
            votes.setdefault(turn.speaker, Counter()).update(owners[i] for i in timed.origins if i is not None)
    return votes


def _with_parts(
    before: Transcript,
    draft: Draft,
    *,
    speakers: tuple[Speaker, ...],
    turns: tuple[Turn, ...],
    spans: tuple[SpeakerSpan, ...],
) -> Transcript:
    """The transcript with other turns and spans, those of these speakers that are still heard, and with what depends on
    them and on the draft."""
    speaking = {turn.speaker for turn in turns} | {span.speaker for span in spans}
    speakers = drop_silent_speakers(
        speakers, after=speaking, before={turn.speaker for turn in before.turns if turn.words}
    )
    doubts = _open_doubts(before.doubts, before.words, (word for turn in turns for word in turn.words))
    transcript = replace(
        before,
        episode=replace(before.episode, title=_title(draft, before)),
        speakers=speakers,
        warnings=open_warnings(before.warnings, before=before.speakers, after=speakers),
        turns=turns,
        spans=spans,
        doubts=tuple(doubts),
    )
    return replace(transcript, draft=draft_to_keep(draft, transcript, style_recorded(before)))


def _title(draft: Draft, before: Transcript) -> str:
    """The episode's title: the draft's if somebody changed it there."""
    title, printed = draft.fields.get("title"), front_matter(before, style_recorded(before)).get("title")
    if not isinstance(title, str) or not title.strip() or title in (printed, normalize_text(before.episode.title)):
        return before.episode.title
    return title


def _removed(turns: Sequence[Turn], origins: Iterable[int]) -> int:
    """How many of the turns have no word among the `origins`, the positions of words that are still there."""
    kept = set(origins)
    ends = list(accumulate((len(turn.words) for turn in turns), initial=0))
    return sum(kept.isdisjoint(range(start, end)) for start, end in pairwise(ends))


def _is_added(turn: RealignedTurn) -> bool:
    return bool(turn.words) and all(origin is None for origin in turn.origins)


def _open_doubts(doubts: Sequence[Doubt], before: Iterable[Word], after: Iterable[Word]) -> Iterator[Doubt]:
    """The doubts whose passage is unchanged: an editor who changed it has listened."""
    if not doubts:
        return
    old, new = _by_middle(before), _by_middle(after)
    for doubt in doubts:
        if _words_in(old, doubt) == _words_in(new, doubt):
            yield doubt


def _by_middle(words: Iterable[Word]) -> tuple[list[float], list[str]]:
    ordered = sorted((word.middle, word.text) for word in words)
    return [middle for middle, _ in ordered], [text for _, text in ordered]


def _words_in(words: tuple[list[float], list[str]], doubt: Doubt) -> list[str]:
    middles, texts = words
    return texts[bisect_left(middles, doubt.start) : bisect_right(middles, doubt.end)]


def _lines_of(name: str, draft: Draft, resolved: ResolvedSpeakers) -> tuple[int, ...]:
    """The lines of the turns of a new speaker."""
    ids = {speaker.id for speaker in resolved.speakers if speaker.name == name}
    return tuple(turn.line for turn in draft.turns if resolved.ids.get(turn.speaker) in ids)


def _in_lines(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_SHOWN]))
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return f" (line{'s' * (len(lines) > 1)} {shown}{more})" if lines else ""


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
