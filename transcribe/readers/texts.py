"""Texts: Markdown drafts, and lines such as `Speaker: text`."""

from __future__ import annotations

import re

from transcribe.readers.problems import LineError
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance


def read_markdown(text: str) -> SpeakerTranscript:
    from output.parse import parse

    turns = parse(text).turns
    if not turns:
        raise LineError("no line begins with a speaker in bold such as **Rich**:")
    return SpeakerTranscript(tuple(Utterance(turn.speaker, turn.spoken) for turn in turns))


def read_lines(text: str) -> SpeakerTranscript:
    """`Speaker: text` lines; a line without a speaker continues the line before. Drops remarks in brackets."""
    rows: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := re.match(r"([^:]{1,40}):\s*(.*)", line):
            rows.append((match[1].strip(), match[2]))
        elif rows:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line}")
        else:
            rows.append((UNNAMED, line))
    remark = r"\[[^\]]*\]|\([^)]*\)"
    return SpeakerTranscript(tuple(Utterance(speaker, re.sub(remark, "", words)) for speaker, words in rows))
