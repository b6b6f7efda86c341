"""JSON transcripts of many tools: the shape of a document says whose it is, and so the unit of its times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from transcribe.readers import json_clouds, json_tools
from transcribe.readers.json_nodes import Node, documents
from transcribe.readers.json_rows import TEXTS, flat_transcript, text_beside, transcript_of
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance

_ROWS = ("segments", "utterances", "sentences", "turns", "transcript", "diarization", "paragraphs", "word_segments")
_RECORDING = ("session_id", "recording_id")  # of SegLST
_ASSEMBLY_AI = {"audio_url", "acoustic_model", "audio_duration", "speaker_labels", "language_model"}


def read_json(text: str) -> SpeakerTranscript:
    """A transcript in JSON. Raises `ReadingError` for a shape we do not know, or times that cannot be in its unit."""
    parts = documents(text)
    transcript = _transcript(parts)
    json_tools.check_rate(transcript)
    stated = parts[0].first("language", "language_code").value if isinstance(parts[0].value, dict) else ""
    return transcript if transcript.language or not isinstance(stated, str) else replace(transcript, language=stated)


def _transcript(parts: Sequence[Node]) -> SpeakerTranscript:
    if len(parts) > 1 or isinstance(parts[0].value, list):
        parts = list(parts) if len(parts) > 1 else list(parts[0].items())
        return _of_several(parts)
    data = parts[0]
    text = " ".join(text_beside(data).split())
    for is_of, read in _SHAPES:
        if is_of(data):
            found = read(data)
            return SpeakerTranscript((Utterance(UNNAMED, text),)) if text and found.utterances == () else found
    if isinstance(data["response"].value, dict):  # of a long-running operation
        return _transcript([data["response"]])
    if text:  # all that OpenAI's simplest form says
        return SpeakerTranscript((Utterance(UNNAMED, text),))
    raise ReadingError(
        "has no turns, segments, words or other rows that we know; "
        "give a transcript written by turnscript, Whisper, WhisperX or a service named in docs/formats.md"
    )


def _of_several(parts: Sequence[Node]) -> SpeakerTranscript:
    """Rows without a document around them, or one document after the other."""
    for part in parts:
        if not isinstance(part.value, dict):
            raise part.problem(f"{part.shown} where an object is needed")
    if any("result" in part.keys for part in parts):
        return json_tools.vosk(parts)
    if len(parts) == 1 and not parts[0].first(*TEXTS, "words", "speaker").there:
        return _transcript(parts)
    recordings = {str(part.first(*_RECORDING).value) for part in parts}
    if len(recordings) > 1:
        raise ReadingError(f"has {len(recordings)} recordings; give a file with one")
    return transcript_of(parts)


def _has(*keys: str) -> Callable[[Node], bool]:
    return lambda data: data.keys.issuperset(keys)


def _has_list(key: str) -> Callable[[Node], bool]:
    return lambda data: isinstance(data[key].value, list)


def _is_deepgram(data: Node) -> bool:
    return data["results"]["channels"].is_rows


def _is_aws(data: Node) -> bool:
    return bool(data["results"].keys & {"items", "channel_labels"})


def _first_result(data: Node) -> Node:
    return next(iter(data["results"].rows())) if data["results"].is_rows else data["results"]


def _is_assembly_ai(data: Node) -> bool:
    """Its own keys, or rows as only it writes them: text and confidence, times in whole milliseconds."""
    rows = next((data[key] for key in ("utterances", "words") if data[key].is_rows), None)
    if rows is None:
        return False
    first = next(iter(rows.rows()))
    if data.keys & _ASSEMBLY_AI:
        return True
    whole = all(isinstance(first[key].value, int) for key in ("start", "end"))
    return whole and {"text", "confidence"} <= first.keys


def _read_rows(data: Node) -> SpeakerTranscript:
    key = next(key for key in _ROWS if key in data.keys)
    return transcript_of(data[key].rows())


_SHAPES: Sequence[tuple[Callable[[Node], bool], Callable[[Node], SpeakerTranscript]]] = (
    (_has("turns", "schema"), json_tools.turnscript),
    (lambda data: "turns" in data.keys and data["turns"].value == [], json_tools.turnscript),
    (_has_list("transcription"), json_tools.whisper_cpp),
    (_has_list("events"), json_tools.youtube),
    (_has_list("chunks"), json_tools.hugging_face),
    (_has_list("monologues"), json_clouds.rev_ai),
    (lambda data: isinstance(data["timestamp"].value, dict), json_tools.nemo),
    (lambda data: bool(data.keys & {"recognizedPhrases", "phrases"}), json_clouds.azure),
    (_is_deepgram, json_clouds.deepgram),
    (_is_aws, json_clouds.aws),
    (
        lambda data: "alternatives" in _first_result(data).keys and "type" in _first_result(data).keys,
        json_clouds.speechmatics,
    ),
    (
        lambda data: "timestamps" in next(iter(_first_result(data)["alternatives"].rows()), data).keys,
        json_clouds.watson,
    ),
    (lambda data: "alternatives" in _first_result(data).keys, json_clouds.google),
    (_has("result"), lambda data: json_tools.vosk([data])),
    (_is_assembly_ai, json_tools.assembly_ai),
    (
        lambda data: data["words"].is_rows and data["sentences"].is_rows,
        lambda data: flat_transcript(data["words"].rows()),
    ),
    (_has("words"), json_tools.words_beside_segments),
    (lambda data: bool(data.keys & set(_ROWS)), _read_rows),
)
