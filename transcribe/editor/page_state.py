"""A draft and its timed transcript as the page is given them: values JSON knows, times in whole milliseconds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Any

from output.parse import Draft, parse
from transcribe.alignment.realign import RealignedTurn, realign
from transcribe.drafts.sync import forms_in, printed_forms
from transcribe.drafts.turn_edits import PageTurn, page_turns
from transcribe.transcript import Transcript, Turn, Word

DOUBTFUL = 0.45  # words the recogniser gave less than this are on the list of doubts


def page_state(stem: str, source: bytes, transcript: Transcript | None) -> dict[str, Any]:
    """What the page shows of a draft's source; without a transcript there are no times.

    A turn has `times`: start and end of each blank-separated word of its paragraphs, -1 where there is none.
    """
    draft = parse(source.decode())
    turns = page_turns(draft)
    times = _times(turns, transcript.turns) if transcript else [[] for _ in turns]
    return {
        "title": str(draft.fields.get("title") or stem),
        "language": transcript.language if transcript else "",
        "people": _people(draft, transcript),
        "turns": [
            {"speaker": page.speaker, "label": turn.label, "paragraphs": list(page.paragraphs), "times": spans}
            for turn, page, spans in zip(draft.turns, turns, times, strict=True)
        ],
        "doubts": list(_doubts(transcript)) if transcript else [],
        "duration": transcript.episode.duration if transcript else None,
    }


def _times(turns: Sequence[PageTurn], timed: Sequence[Turn]) -> list[list[int]]:
    """For each turn, start and end of every blank-separated token in milliseconds, -1 where it has none."""
    texts = [" ".join(turn.paragraphs) for turn in turns]
    realigned = realign(texts, [turn.words for turn in timed], forms=forms_in(texts))
    return [list(_token_times(text.split(), made)) for text, made in zip(texts, realigned.turns, strict=True)]


def _token_times(tokens: Sequence[str], made: RealignedTurn) -> Iterator[int]:
    known = set(tokens)
    pieces = [(piece, word) for word in made.words for piece in _printed_pieces(word, known)]
    position = 0
    for token in tokens:
        if position < len(pieces) and pieces[position][0] == token:
            word = pieces[position][1]
            position += 1
            yield from (round(word.start * 1000), round(word.end * 1000))
        else:
            yield from (-1, -1)


def _printed_pieces(word: Word, known: Set[str]) -> list[str]:
    """The word as it stands among the turn's tokens."""
    if word.text in known:
        return [word.text]
    forms = [form.split() for form in (word.text, *printed_forms(word.text))]
    return next((form for form in forms if known >= set(form)), forms[0])


def _people(draft: Draft, transcript: Transcript | None) -> list[dict[str, str]]:
    """Who speaks, by the name the draft prints, with the full one where the transcript knows it."""
    full = {speaker.label: speaker.name for speaker in transcript.speakers} if transcript else {}
    return [{"name": name, "full": full.get(name, name)} for name in draft.speakers]


def _doubts(transcript: Transcript) -> Iterator[dict[str, Any]]:
    """Passages the machine doubts, and words it hardly heard, neighbours as one, in the order of time."""
    found = [(doubt.start, doubt.end, doubt.reason) for doubt in transcript.doubts]
    for turn in transcript.turns:
        run: list[Word] = []
        for word in (*turn.words, None):
            if word is not None and word.probability < DOUBTFUL:
                run.append(word)
            elif run:
                found.append((run[0].start, run[-1].end, "low confidence"))
                run = []
    for start, end, reason in sorted(found):
        yield {"start": round(start * 1000), "end": round(end * 1000), "reason": reason}
