"""Transcripts for other programs: whisper's JSON, RTTM, and the feed's elements for a transcript."""

from __future__ import annotations

import html
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import inf, log
from operator import itemgetter
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from output.files import stem_for
from output.paragraphs import sentences
from output.urls import safe_url
from transcribe.style import Style

if TYPE_CHECKING:
    from audio.episode import Episode
    from transcribe.transcript import Transcript, Word

SEGMENT_SECONDS = 30.0  # whisper's window
FRAMES_PER_SECOND = 100  # of whisper's spectrogram, the unit of `seek`

PODCAST_TYPES = {
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "podcast-json": "application/json",
    "podcast-html": "text/html",
    "txt": "text/plain",
}
_OFFERED = (
    "vtt",
    "srt",
    "podcast-json",
    "podcast-html",
)  # the formats podcast players support, the preferred one first


def rttm(transcript: Transcript) -> str:
    """The speaker spans, one per line: `SPEAKER FILE 1 START DURATION <NA> <NA> NAME <NA> <NA>` (NIST RT-09).

    Without spans of a diarization, the turns are written. Blanks in names become underscores, because blanks separate
    the fields.
    """
    names = {speaker.id: _field(speaker.name) for speaker in transcript.speakers}
    file = _field(transcript.episode.path.stem if transcript.episode.path else transcript.episode.title)
    spans = [(span.start, span.end, span.speaker) for span in transcript.spans] or [
        (turn.start, turn.end, turn.speaker) for turn in transcript.turns
    ]
    return "".join(
        f"SPEAKER {file} 1 {start:.3f} {end - start:.3f} <NA> <NA> {names[speaker]} <NA> <NA>\n"
        for start, end, speaker in sorted(spans)
        if end > start
    )


def whisper_json(transcript: Transcript) -> str:
    """The JSON openai-whisper and whisperX write: `text`, `language`, `segments` with `words`; speakers by name.

    A segment has whole sentences of one turn, at most 30 s unless a sentence is longer. Words begin with a space, as in
    whisper's. A segment has only the statistics that follow from its words: `avg_logprob` is the mean over words, not
    tokens, and `tokens` is empty; `temperature` and `no_speech_prob` are unknown and left out.
    """
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    parts = [(part, names[turn.speaker]) for turn in transcript.turns for part in _segments(turn.words)]
    segments = [_segment(i, part, name) for i, (part, name) in enumerate(parts)]
    text = "".join(str(segment["text"]) for segment in segments)
    data = {"text": text, "language": transcript.language, "segments": segments}
    return json.dumps(data, ensure_ascii=False) + "\n"


def openai_json(transcript: Transcript) -> str:
    """`whisper_json` as openai-whisper writes it, for programs that refuse what they do not know, such as stable-ts.

    It has no key of ours, so no speakers, and no word ends after the next one's start: where people speak at once, the
    words alternate as they begin, in segments of one turn each, and the end of a word is cut.
    """
    rows = sorted(((word, at) for at, turn in enumerate(transcript.turns) for word in turn.words), key=_start_and_turn)
    starts = [*(word.start for word, _ in rows[1:]), inf]
    clipped = [(replace(word, end=min(word.end, after)), at) for (word, at), after in zip(rows, starts, strict=False)]
    runs = ([word for word, _ in run] for _, run in groupby(clipped, key=itemgetter(1)))
    segments = [_segment(i, part) for i, part in enumerate(part for run in runs for part in _segments(run))]
    text = "".join(str(segment["text"]) for segment in segments)
    data = {"text": text, "segments": segments, **({"language": transcript.language} if transcript.language else {})}
    return json.dumps(data, ensure_ascii=False) + "\n"


def _start_and_turn(row: tuple[Word, int]) -> tuple[float, int]:
    return row[0].start, row[1]


def podcast(transcript: Transcript, style: Style = Style(), stem: str = "") -> str:
    """The elements for the feed's item that link the transcript in each format podcast players support.

    The files are in the folder `Style.transcript_url`, else next to the episode's audio; if neither is known the
    addresses are bare file names, to be completed. `stem` is the name of the files; default: the episode's stem.
    """
    from output.formats import file_name

    stem = stem or stem_for(transcript.episode, lambda _: False)
    folder = _folder(style.transcript_url, transcript.episode)
    lines = [
        podcast_transcript(folder + quote(os.fsencode(file_name(stem, name))), name, language=transcript.language)
        for name in _OFFERED
    ]
    note = "keep those whose files you publish" if folder else "put the folder you publish in before each file's name"
    return "\n".join((f"<!-- For the feed's <item>; {note}. -->", *lines)) + "\n"


def podcast_transcript(url: str, name: str, *, language: str) -> str:
    """The element for a published transcript in a feed's item (podcast namespace 1.0).

    `name` is the format of the file at `url`, one of `PODCAST_TYPES`; raises `KeyError` for others.

    >>> podcast_transcript("https://a.b/talk.vtt", "vtt", language="en")
    '<podcast:transcript url="https://a.b/talk.vtt" type="text/vtt" language="en"/>'
    """
    attributes = {"url": url, "type": PODCAST_TYPES[name], "language": language}
    inner = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items() if value)
    return f"<podcast:transcript {inner}/>"


def _folder(given: str, episode: Episode) -> str:
    """The address of the files' folder, with a slash at the end; empty if unknown."""
    if given:
        return f"{(safe_url(given) or '').rstrip('/')}/"
    audio = urlsplit(safe_url(episode.audio_url) or "")
    return f"{audio.scheme}://{audio.netloc}{audio.path.rpartition('/')[0]}/" if audio.netloc else ""


def _segments(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """A turn's words in segments of whole sentences, not longer than whisper's window unless a sentence is.

    A sentence that an editor moved, and so is spoken before the one above it, begins a segment of its own.
    """
    start, end = 0, 0
    for sentence in sentences(words):
        is_moved = end > start and sentence[0].start < words[end - 1].start
        if end > start and (is_moved or sentence[-1].end - words[start].start > SEGMENT_SECONDS):
            yield words[start:end]
            start = end
        end += len(sentence)
    yield words[start:end]


def _segment(number: int, words: Sequence[Word], speaker: str | None = None) -> dict[str, object]:
    printed = [word.text if word.attached else f" {word.text}" for word in words]
    text = "".join(printed)
    data = text.encode(errors="replace")
    start = min(word.start for word in words)  # an editor may have changed their order
    who = {} if speaker is None else {"speaker": speaker}
    return {
        "id": number,
        "seek": int(start * FRAMES_PER_SECOND),
        "start": start,
        "end": max(word.end for word in words),
        "text": text,
        "tokens": [],
        "avg_logprob": sum(log(max(word.probability, 1e-4)) for word in words) / len(words),
        "compression_ratio": len(data) / len(zlib.compress(data)),
        **who,
        "words": [
            {"word": shown, "start": word.start, "end": word.end, "probability": word.probability, **who}
            for word, shown in zip(words, printed, strict=True)
        ],
    }


def _field(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip()) or "unknown"
