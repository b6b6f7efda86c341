"""Transcripts for other programs: whisper's JSON, RTTM, and the feed's line about a transcript."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from output.files import stem_for
from output.player import safe_url

if TYPE_CHECKING:
    from audio.episode import Episode
    from output.style import Style
    from transcribe.transcript import Transcript, Turn

PODCAST_TYPES = {"vtt": "text/vtt", "srt": "application/x-subrip", "html": "text/html", "txt": "text/plain"}
_OFFERED = ("vtt", "srt", "html")  # what podcast players show; the first is the one they prefer


def rttm(transcript: Transcript) -> str:
    """Who is heard when, a line a span: `SPEAKER FILE 1 START DURATION <NA> <NA> NAME <NA> <NA>` (NIST RT-09).

    Where nothing was diarized the turns stand for the spans. Blanks in names become underscores, since fields are
    separated by blanks.
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

    A segment is a turn. Words begin with a blank, as whisper's do.
    """
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    segments = [_segment(i, turn, names[turn.speaker]) for i, turn in enumerate(transcript.turns)]
    text = "".join(str(segment["text"]) for segment in segments)
    data = {"text": text, "language": transcript.language, "segments": segments}
    return json.dumps(data, ensure_ascii=False) + "\n"


def podcast(transcript: Transcript, style: Style | None = None, stem: str = "") -> str:
    """The lines for the feed's item that offer the transcript in each format podcast players show.

    The files lie under `Style.transcript_url`, else beside the episode's audio; where neither is known the addresses
    are bare file names, to be completed. `stem` is what the files are called, the episode's own stem unless given.
    """
    stem = stem or stem_for(transcript.episode, lambda _: False)
    folder = _folder(style.transcript_url if style else "", transcript.episode)
    lines = [
        podcast_transcript(folder + quote(f"{stem}.{name}"), name, language=transcript.language) for name in _OFFERED
    ]
    note = "keep those whose files you publish" if folder else "put the folder you publish in before each file's name"
    return "\n".join((f"<!-- For the feed's <item>; {note}. -->", *lines)) + "\n"


def podcast_transcript(url: str, name: str, *, language: str) -> str:
    """The element that names a published transcript in a feed's item (podcast namespace 1.0).

    `name` is the format at `url`, one of `PODCAST_TYPES`; raises `KeyError` for others.

    >>> podcast_transcript("https://a.b/talk.vtt", "vtt", language="en")
    '<podcast:transcript url="https://a.b/talk.vtt" type="text/vtt" language="en"/>'
    """
    attributes = {"url": url, "type": PODCAST_TYPES[name], "language": language}
    inner = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<podcast:transcript {inner}/>"


def _folder(given: str, episode: Episode) -> str:
    """The address the files' names are put behind, with its closing slash; empty where none is known."""
    if given:
        return f"{(safe_url(given) or '').rstrip('/')}/"
    audio = urlsplit(safe_url(episode.audio_url) or "")
    return f"{audio.scheme}://{audio.netloc}{audio.path.rpartition('/')[0]}/" if audio.netloc else ""


def _segment(number: int, turn: Turn, speaker: str) -> dict[str, object]:
    words = [
        {"word": f" {word.text}", "start": word.start, "end": word.end, "probability": word.probability}
        for word in turn.words
    ]
    return {
        "id": number,
        "start": turn.start,
        "end": turn.end,
        "text": f" {turn.text}",
        "speaker": speaker,
        "words": [{**word, "speaker": speaker} for word in words],
    }


def _field(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip()) or "unknown"
