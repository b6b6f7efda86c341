"""The same few words as JSON of many tools, in each tool's own unit of time.

They say: A from 0.5 s "Hello there," and B from 2 s "Good morning."
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

Said = Sequence[tuple[str, float, float, str]]
WORDS = (("Hello", 0.5, 0.9, "A"), ("there,", 1.0, 1.4, "A"), ("Good", 2.0, 2.3, "B"), ("morning.", 2.4, 3.0, "B"))
TURNS = (("Hello there,", 0.5, 1.4, "A"), ("Good morning.", 2.0, 3.0, "B"))


def _rows(
    text: str, start: str, end: str, speaker: str = "", *, unit: float = 1.0, said: Said = WORDS, **more: Any
) -> list[dict[str, Any]]:
    def time(seconds: float) -> float:
        return seconds if unit == 1.0 else round(seconds / unit)

    return [
        {text: words, start: time(begins), end: time(ends), **({speaker: who} if speaker else {}), **more}
        for words, begins, ends, who in said
    ]


_turns = partial(_rows, said=TURNS)


def _aws(**more: Any) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    for word, start, end, _ in WORDS:
        items.append(
            {
                "type": "pronunciation",
                "start_time": str(start),
                "end_time": str(end),
                "alternatives": [{"confidence": "0.99", "content": word.strip(",.")}],
            }
        )
        if word[-1] in ",.":
            items.append({"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": word[-1]}]})
    return {"jobName": "a", "status": "COMPLETED", "results": {"transcripts": [], "items": items, **more}}


def _google(tags: bool) -> dict[str, Any]:
    words = [{"startTime": f"{start:.3f}s", "endTime": f"{end:.3f}s", "word": word} for word, start, end, _ in WORDS]
    halves = [
        {"alternatives": [{"transcript": "x", "words": half}], "resultEndTime": f"{end}s"}
        for half, end in ((words[:2], "1.5"), (words[2:], "3.0"))
    ]
    if not tags:
        return {"results": halves}
    tagged = [{**row, "speakerTag": "AB".index(who) + 1} for row, (_, _, _, who) in zip(words, WORDS, strict=True)]
    return {"results": [*halves, {"alternatives": [{"words": tagged}]}]}


def _azure_phrase(turn: dict[str, Any]) -> dict[str, Any]:
    ticks = {"offsetInTicks": turn["start"] * 1e7, "durationInTicks": (turn["end"] - turn["start"]) * 1e7}
    best = {"confidence": 0.9, "lexical": turn["text"].lower(), "display": turn["text"]}
    return {
        "recognitionStatus": "Success",
        "channel": 0,
        "speaker": "AB".index(turn["who"]) + 1,
        **ticks,
        "nBest": [best],
    }


SPEAKERS: dict[str, Any] = {
    "whisperx": {
        "segments": [
            {
                **row,
                "words": [
                    word for word in _rows("word", "start", "end", "speaker") if word["speaker"] == row["speaker"]
                ],
            }
            for row in _turns("text", "start", "end", "speaker")
        ],
        "word_segments": [],
    },
    "openai-diarized": {
        "text": "",
        "segments": _turns("text", "start", "end", "speaker", type="transcript.text.segment"),
    },
    "podcast": {"version": "1.0.0", "segments": _turns("body", "startTime", "endTime", "speaker")},
    "nemo": {"status": "ok", "words": _rows("word", "start_time", "end_time", "speaker_label")},
    "elevenlabs": {"language_code": "en", "words": _rows("text", "start", "end", "speaker_id", type="word")},
    "seglst": [{"session_id": "x", **row} for row in _turns("words", "start_time", "end_time", "speaker")],
    "assemblyai": {
        "audio_duration": 3,
        "words": _rows("text", "start", "end", "speaker", unit=0.001, confidence=0.9),
        "utterances": _turns("text", "start", "end", "speaker", unit=0.001, confidence=0.9),
    },
    "assemblyai-words": {"words": _rows("text", "start", "end", "speaker", unit=0.001, confidence=0.9)},
    "deepgram": {
        "metadata": {},
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {
                            "transcript": "x",
                            "words": [
                                {**row, "speaker": "AB".index(row["speaker"]), "word": row["punctuated_word"].lower()}
                                for row in _rows("punctuated_word", "start", "end", "speaker")
                            ],
                        }
                    ]
                }
            ]
        },
    },
    "aws": _aws(
        speaker_labels={
            "segments": [
                {
                    "speaker_label": who,
                    "items": [
                        {"start_time": str(start), "end_time": str(end), "speaker_label": f"spk_{who}"}
                        for _, start, end, own in WORDS
                        if own == who
                    ],
                }
                for who in "AB"
            ]
        }
    ),
    "google-tags": _google(tags=True),
    "azure": {
        "timestamp": "2026-01-01T00:00:00Z",
        "recognizedPhrases": [_azure_phrase(row) for row in _turns("text", "start", "end", "who")],
    },
    "azure-fast": {
        "phrases": [
            {
                "offsetMilliseconds": row["start"],
                "durationMilliseconds": row["end"] - row["start"],
                "text": row["text"],
                "speaker": "AB".index(row["who"]),
            }
            for row in _turns("text", "start", "end", "who", unit=0.001)
        ]
    },
    "rev": {
        "monologues": [
            {
                "speaker": number,
                "elements": [
                    element
                    for word, start, end, who in WORDS
                    if who == "AB"[number]
                    for element in (
                        {"type": "text", "value": word.strip(",."), "ts": start, "end_ts": end, "confidence": 1.0},
                        {"type": "punct", "value": word[len(word.strip(",.")) :] + " "},
                    )
                ],
            }
            for number in (0, 1)
        ]
    },
    "speechmatics": {
        "format": "2.9",
        "results": [
            {
                "type": "word",
                "start_time": start,
                "end_time": end,
                "alternatives": [{"content": word, "confidence": 1.0, "speaker": f"S{who}"}],
            }
            for word, start, end, who in WORDS
        ],
    },
    "watson": {
        "results": [{"final": True, "alternatives": [{"timestamps": [[w, start, end] for w, start, end, _ in WORDS]}]}],
        "speaker_labels": [{"from": start, "to": end, "speaker": "AB".index(who)} for _, start, end, who in WORDS],
    },
}
"""Tools that say who speaks."""

NOBODY: dict[str, Any] = {
    "whisper": {
        "text": "",
        "language": "en",
        "segments": _turns("text", "start", "end", id=0, avg_logprob=float("nan")),
    },
    "faster-whisper": [{**row, "words": None} for row in _turns("text", "start", "end", seek=0)],
    "openai-verbose": {
        "task": "transcribe",
        "words": [{**row, "word": row["word"].strip(",.")} for row in _rows("word", "start", "end")],
        "segments": _turns("text", "start", "end"),
    },
    "whisper.cpp": {
        "result": {"language": "en"},
        "transcription": [
            {"offsets": {"from": row["from"], "to": row["to"]}, "timestamps": {}, "text": f" {row['text']}"}
            for row in _turns("text", "from", "to", unit=0.001)
        ],
    },
    "youtube": {
        "wireMagic": "pb3",
        "events": [
            {"tStartMs": 0, "dDurationMs": 9000, "id": 1},
            {"tStartMs": 500, "dDurationMs": 2400, "segs": [{"utf8": "Hello"}, {"utf8": " there,", "tOffsetMs": 500}]},
            {"tStartMs": 1990, "aAppend": 1, "segs": [{"utf8": "\n"}]},
            {
                "tStartMs": 2000,
                "dDurationMs": 1000,
                "segs": [{"utf8": ">> Good"}, {"utf8": " morning.", "tOffsetMs": 400}],
            },
        ],
    },
    "huggingface": {
        "text": "",
        "chunks": [
            {"text": " Hello there,", "timestamp": [0.5, 1.4]},
            {"text": " Good morning.", "timestamp": [2.0, None]},
        ],
    },
    "vosk": {"result": _rows("word", "start", "end", conf=1.0), "text": ""},
    "nemo-asr": {"timestamp": {"word": _rows("word", "start", "end", start_offset=1, end_offset=2)}},
    "aws-alone": _aws(),
    "google": _google(tags=False),
}
"""Tools that do not."""

ALL = {**SPEAKERS, **NOBODY}
