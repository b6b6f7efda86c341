"""The timed transcript of a text: its words with their times, its speakers, and what only text or recording has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from audio.episode import Episode, Seconds, full_clock
from audio.intervals import joined
from transcribe.alignment.unspoken import spoken_texts
from transcribe.drafts.derived_files import ALIGNED
from transcribe.drafts.foreign import BEFORE_SPEECH, NO_SPEECH
from transcribe.person_names import NameCertainty
from transcribe.posts.text import Post
from transcribe.posts.timing import Timing, Unspoken, Unwritten
from transcribe.transcript import Doubt, MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word, as_written
from transcribe.transcript_json import UnspokenText
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

_PAUSE = 0.5  # seconds of silence that end a span
_QUOTED = 10  # words
_LONGEST_QUOTE = 120  # characters


def aligned_transcript(
    post: Post,
    timing: Timing,
    *,
    episode: Episode,
    language: str,
    made_with: MadeWith,
    warnings: Sequence[TranscriptWarning] = (),
) -> Transcript:
    """The transcript with the words and speakers of the text; `warnings` are those about the sound."""
    ids = {name: f"S{number}" for number, name in enumerate(post.speakers, 1)}
    turns = tuple(Turn(ids[turn.speaker], words) for turn, words in zip(post.turns, timing.turns, strict=True) if words)
    speaking = {turn.speaker for turn in turns}
    evidence = f"named in {post.path.name}"
    lines = post.lines_of(timing.texts)
    notes = [
        *(_of_unspoken(one, timing, lines) for one in timing.unspoken),
        *(_of_unwritten(one, lines) for one in timing.unwritten),
    ]
    spoken = spoken_texts([turn.text for turn in post.turns], timing.turns, list(_left_out(timing)))
    return Transcript(
        episode=replace(episode, title=post.title or episode.title),
        language=language,
        speakers=tuple(
            Speaker(id, name, evidence=evidence, certainty=NameCertainty.GIVEN)
            for name, id in ids.items()
            if id in speaking
        ),
        turns=turns,
        spans=tuple(sorted(_spans(turns), key=lambda span: (span.start, span.speaker))),
        made_with=replace(made_with, settings={**made_with.settings, ALIGNED: post.sha256}),
        doubts=tuple(sorted((doubt for doubt, _ in notes), key=lambda doubt: doubt.start)),
        warnings=(*warnings, *_of_text_left_out(post), *(w for _, w in notes), *_of_asides(post, timing)),
        unspoken=spoken.unspoken(timing.turns),
    )


def _spans(turns: Sequence[Turn]) -> Iterator[SpeakerSpan]:
    """When each speaker speaks, without longer pauses."""
    words_of = defaultdict[str, list[Word]](list)
    for turn in turns:
        words_of[turn.speaker] += turn.words
    for id, words in words_of.items():
        for start, end in joined(((word.start, word.end) for word in words), gap=_PAUSE):
            yield SpeakerSpan(start, end, id)


def _left_out(timing: Timing) -> Iterator[UnspokenText]:
    for passage in timing.unspoken:
        yield UnspokenText(passage.after, " ".join(timing.texts[passage.first : passage.last]))


def _of_unspoken(passage: Unspoken, timing: Timing, lines: Sequence[int]) -> tuple[Doubt, TranscriptWarning]:
    words = timing.texts[passage.first : passage.last]
    first, last = lines[passage.first], lines[passage.last - 1]
    told = f"{_lines(first, last)} of the text: {len(words)} words are not spoken: {_quote(words)}"
    return Doubt(passage.at, passage.at, told), _not_spoken((first, last), words, passage.at)


def _of_asides(post: Post, timing: Timing) -> Iterator[TranscriptWarning]:
    ends = [0.0]
    for words in timing.turns:
        ends.append(words[-1].end if words else ends[-1])
    for aside in post.asides:
        at = ends[min(aside.turns, len(timing.turns))]
        yield _not_spoken((aside.first_line, aside.last_line), aside.words, at)


def _not_spoken(lines: tuple[int, int], words: Sequence[str], at: Seconds) -> TranscriptWarning:
    where, count, quote = _lines(*lines), len(words), _quote(words)
    warning = warn(WarningCode.TEXT_NOT_SPOKEN, lines=where, words=count, at=full_clock(at), quote=quote)
    values = {"first_line": lines[0], "last_line": lines[1], "words": count, "at": round(at, 3)}
    return replace(warning, values=values)


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _of_unwritten(passage: Unwritten, lines: Sequence[int]) -> tuple[Doubt, TranscriptWarning]:
    line = lines[passage.after - 1] if passage.after else 0
    where = f"after line {line}" if line else "before the text"
    count, quote = len(passage.words), _quote([word.text for word in passage.words])
    start, end = full_clock(passage.start), full_clock(passage.end)
    warning = warn(WarningCode.SPEECH_NOT_WRITTEN, start=start, end=end, words=count, where=where, quote=quote)
    values = {"start": passage.start, "end": passage.end, "words": count, "after_line": line}
    told = f"not in the text, {where}: {quote}"
    doubt = Doubt(passage.start, passage.end, told, alternative=as_written(passage.words))
    return doubt, replace(warning, values=values)


def _of_text_left_out(post: Post) -> Iterator[TranscriptWarning]:
    for text, why in ((post.before, BEFORE_SPEECH), (post.unsaid, NO_SPEECH)):
        if words := text.split():
            warning = warn(WarningCode.TEXT_LEFT_OUT, why=why, count=len(words), text=_quote(words)[1:-1])
            yield replace(warning, values={"text": text})


def _quote(words: Sequence[str]) -> str:
    quoted = " ".join(words[:_QUOTED])
    is_cut = len(words) > _QUOTED or len(quoted) > _LONGEST_QUOTE
    return f"“{quoted[:_LONGEST_QUOTE]}{' …' * is_cut}”"
