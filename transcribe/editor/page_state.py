"""The state of the editor's page from a draft and its timed transcript: JSON values, times in whole ms. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from typing import Any

from audio.letters import without_controls
from output.parse import Draft, parse
from output.text import escape, normalize_text
from transcribe.alignment.realign import RealignedTurn, realign
from transcribe.drafts.lost_words import Lost, lost_words
from transcribe.drafts.openings import opening_of
from transcribe.drafts.repeated_corrections import doubts_left
from transcribe.drafts.speaker_resolution import voices_of
from transcribe.drafts.transcript_update import forms_in, printed_forms, spoken_in
from transcribe.drafts.turn_edits import LONGEST_NAME, EditError, PageTurn, page_turns, speaker_name
from transcribe.scripts import units
from transcribe.transcript import Doubt, Transcript, Turn, Word
from transcribe.transcript_warnings import DoubtReason

LOW_CONFIDENCE = 0.45  # words of a less probability are in the list of doubts if nothing says how probable an error is
LONGEST_READING = 10_000  # characters, eleven minutes of speech; a longer one is not offered, nor is a part of it
LONGEST_SHOWN = 300  # characters of a reason or of a full name; of a longer one the beginning is shown
WORDLESS = 0.5  # errors expected in a doubtful passage without words, of which nothing is known


def page_state(
    stem: str, source: bytes, transcript: Transcript | None, *, heard: Transcript | None = None
) -> dict[str, Any]:
    """The page's state for a draft's source; without a transcript it has no times.

    `heard` is the transcript as the machine wrote it; `lost` are its words that the draft gives to nobody. Each turn
    has `times`: start and end of each whitespace-separated word of its paragraphs, -1 for unknown times.
    """
    draft = parse(source.decode())
    opening = opening_of(draft, stem)
    turns = page_turns(draft)
    times = _times(turns, transcript) if transcript else [[] for _ in turns]
    return {
        "title": opening.title,
        "intro": opening.intro,
        "language": transcript.language if transcript else "",
        "people": _people(draft, transcript),
        "turns": [
            {"speaker": page.speaker, "label": turn.label, "paragraphs": list(page.paragraphs), "times": spans}
            for turn, page, spans in zip(draft.turns, turns, times, strict=True)
        ],
        "doubts": list(_doubts(transcript, doubts_left(heard, transcript) if heard else ())) if transcript else [],
        "lost": list(_lost(draft, heard, transcript)) if heard else [],
        "duration": transcript.episode.duration if transcript else None,
    }


def _times(turns: Sequence[PageTurn], timed: Transcript) -> list[list[int]]:
    """For each turn, start and end of every whitespace-separated token in milliseconds, -1 if unknown."""
    texts = [" ".join(turn.paragraphs) for turn in turns]
    spoken = spoken_in(texts, timed)
    voices = voices_of([turn.speaker for turn in turns], timed)
    realigned = realign(spoken.texts, [turn.words for turn in timed.turns], forms=forms_in(spoken.texts), voices=voices)
    turns_of = enumerate(zip(texts, realigned.turns, strict=True))
    return [list(_token_times(text.split(), turn, spoken.unspoken_words(i))) for i, (text, turn) in turns_of]


def _token_times(tokens: Sequence[str], turn: RealignedTurn, unspoken: Set[int]) -> Iterator[int]:
    known = {unit for token in tokens for unit, _ in units(token)}
    pieces = [(piece, word) for word in turn.words for piece in _printed_pieces(word, known)]
    position = 0
    for number, token in enumerate(tokens):
        if number in unspoken:
            yield from (-1, -1)
            continue
        end, text = position, ""
        while end < len(pieces) and (not text or pieces[end][1].attached) and token.startswith(text + pieces[end][0]):
            text += pieces[end][0]
            end += 1
        if text and text == token:
            start, stop = (round(at * 1000) for at in (pieces[position][1].start, pieces[end - 1][1].end))
            yield from (-1, -1) if start == stop else (start, stop)  # the former: a note
            position = end
        else:
            yield from (-1, -1)


def _printed_pieces(word: Word, known: Set[str]) -> list[str]:
    """The word as the turn's tokens have it."""
    if word.text in known:
        return [word.text]
    forms = (word.text, *printed_forms(word.text))
    return next((form for form in forms if known >= {unit for unit, _ in units(form)}), word.text).split()


def _lost(draft: Draft, heard: Transcript, transcript: Transcript | None) -> Iterator[dict[str, Any]]:
    """What was heard and is nobody's in the draft, or `now` another person's; `said` is by whom, as a draft has it."""
    labels = {each.id: each.label for made in (heard, transcript) if made for each in made.speakers}
    for one in lost_words(draft, heard):
        said = [_said(turn, labels.get(turn.speaker, turn.speaker)) for turn in one.said]
        place = {"words": one.words, "where": one.where, "now": one.now, "marker": one.marker}
        yield {**_span(one), **place, "said": said}


def _said(turn: Turn, speaker: str) -> dict[str, Any]:
    return {"speaker": speaker, "text": escape(normalize_text(turn.text)), **_span(turn)}


def _span(timed: Turn | Lost) -> dict[str, int]:
    return {"start": round(timed.start * 1000), "end": round(timed.end * 1000)}


def _people(draft: Draft, transcript: Transcript | None) -> list[dict[str, str]]:
    """The speakers by the names the draft prints, with their full names and what may be their names instead."""
    known = {speaker.label: (speaker.name, speaker.suggestion) for speaker in transcript.speakers} if transcript else {}
    people = ((name, *known.get(name, (name, ""))) for name in draft.speakers)
    return [
        {"name": name, "full": _shown(full) or name, "suggestion": _name(suggestion)}
        for name, full, suggestion in people
    ]


def _name(name: str) -> str:
    """A name that is suggested, as the draft may get it; empty if no draft can hold it."""
    try:
        return speaker_name(normalize_text(without_controls(name[: LONGEST_NAME + 1])))
    except EditError:
        return ""


def _reading(text: str) -> str:
    """What may have been said, as Markdown that the draft may get."""
    return "" if len(text) > LONGEST_READING else escape(normalize_text(without_controls(text)))


def _shown(text: str) -> str:
    """A text that is shown only, such as the reason for a doubt."""
    shown = without_controls(text[:LONGEST_SHOWN])
    return f"{shown} …" if len(text) > LONGEST_SHOWN else shown


def _doubts(transcript: Transcript, left: Sequence[Doubt]) -> Iterator[dict[str, Any]]:
    """The transcript's doubts, what is `left` of mishearings that were corrected twice, and runs of words with low
    confidence, in the order of time, each with how many `errors` are expected in it.
    """
    listed = (*transcript.doubts, *left)
    doubts = [(doubt.start, doubt.end, doubt.reason, doubt.errors, doubt.alternative) for doubt in listed]
    for turn in transcript.turns:
        run: list[Word] = []
        for word in (*turn.words, None):
            is_low = word is not None and word.error is None and word.probability < LOW_CONFIDENCE
            if run and (not is_low or (word is not None and word.start < run[-1].start)):  # the last: moved here
                doubts.append((run[0].start, max(each.end for each in run), DoubtReason.LOW_CONFIDENCE, 0.0, ""))
                run = []
            if word is not None and is_low:
                run.append(word)
    words = sorted((word.middle, _error(word)) for word in transcript.words)
    middles = [middle for middle, _ in words]
    for start, end, reason, known, other in sorted(doubts):
        inside = [error for _, error in words[bisect_left(middles, start) : bisect_right(middles, end)]]
        errors = known or round(sum(inside) if inside else WORDLESS, 3)
        span = {"start": round(start * 1000), "end": round(end * 1000)}
        yield {**span, "reason": _shown(reason), "errors": errors, "alternative": _reading(other)}


def _error(word: Word) -> float:
    """How likely the word is wrong, as far as its transcript says."""
    return 1 - word.probability if word.error is None else word.error
