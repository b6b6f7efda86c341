"""WebVTT and SubRip captions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from audio.episode import Seconds
from transcribe.readers.problems import LineError
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance, spans_of


def read_captions(text: str) -> SpeakerTranscript:
    """WebVTT or SubRip. A cue's speaker is its voice tag, its leading `Label:`, or the previous cue's speaker."""
    utterances: list[Utterance] = []
    has_speakers, speaker = False, UNNAMED
    for start, end, body in _cues(text):
        voice = re.match(r"<v(?:\.[^ >]*)?\s+([^>]+)>", body)
        label = re.match(r"([^\W\d_][^:<>\n]{0,39}):\s", body)
        if match := voice or label:
            has_speakers, speaker, body = True, html.unescape(match[1]).strip(), body[match.end() :]
        words = " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())
        utterances.append(Utterance(speaker, words, start, end))
    spans = spans_of(utterances)
    return SpeakerTranscript(tuple(utterances), spans if has_speakers else None)


_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{2}[.,]\d{1,3})"


def _cues(text: str) -> Iterator[tuple[Seconds, Seconds, str]]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        timing = re.search(rf"^{_CLOCK}\s+-->\s+{_CLOCK}[^\n]*\n?", block, re.MULTILINE)
        if timing:
            yield _seconds(*timing.groups()[:3]), _seconds(*timing.groups()[3:]), block[timing.end() :]
        elif "-->" in block:
            raise LineError(f"these are not the times of a caption: {block.strip().splitlines()[0][:60]!r}")


def _seconds(hours: str | None, minutes: str, seconds: str) -> Seconds:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
