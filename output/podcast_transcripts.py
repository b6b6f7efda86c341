"""Transcripts in the two formats that the podcast namespace defines itself: its JSON and its HTML.

Apps read them by simple means. So every part says all there is: who, when and what. In the HTML nothing stands in the
body but `<cite>`, `<time>` and `<p>` in this order, without attributes; an app takes a paragraph without a speaker for
the last speaker's, or drops it.
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

from output.paragraphs import paragraphs, sentences
from output.text import clock
from transcribe.style import Style
from transcribe.transcript import as_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcribe.transcript import Transcript


def podcast_json(transcript: Transcript) -> str:
    """`version` and `segments`, one for each sentence, in the order of time.

    A segment has `speaker`, `startTime`, `endTime` and `body`.
    """
    segments = sorted(_sentences(transcript), key=lambda segment: float(str(segment["startTime"])))
    rows = ",\n".join(f"    {json.dumps(segment, ensure_ascii=False)}" for segment in segments)
    return f'{{\n  "version": "1.0.0",\n  "segments": [\n{rows}\n  ]\n}}\n'


def _sentences(transcript: Transcript) -> Iterator[dict[str, object]]:
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    for turn in transcript.turns:
        for words in sentences(turn.words):
            yield {
                "speaker": names[turn.speaker],
                "startTime": min(word.start for word in words),
                "endTime": max(word.end for word in words),
                "body": as_written(words),
            }


def podcast_html(transcript: Transcript, style: Style = Style()) -> str:
    """Who, when and what, for each paragraph: `<cite>Ada:</cite><time>0:05</time><p>Hello.</p>`."""
    names = {speaker.id: speaker.name for speaker in transcript.speakers}
    parts = [
        f"<cite>{_escaped(names[turn.speaker])}:</cite>\n<time>{clock(part[0].start)}</time>\n"
        f"<p>{_escaped(as_written(part))}</p>\n"
        for turn in transcript.turns
        for part in paragraphs(turn.words, style)
    ]
    language = f' lang="{html.escape(transcript.language)}"' if transcript.language else ""
    head = f'<meta charset="utf-8">\n<title>{_escaped(transcript.episode.title)}</title>'
    return f"<html{language}>\n<head>\n{head}\n</head>\n<body>\n{''.join(parts)}</body>\n</html>\n"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
