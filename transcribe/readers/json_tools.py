"""JSON of programs with shapes of their own: ours, whisper.cpp, YouTube, Hugging Face, NeMo, Vosk, AssemblyAI."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from audio.episode import Seconds
from transcribe.readers.json_nodes import Node
from transcribe.readers.json_rows import end_of_moment, flat_transcript, pieces, text_beside, transcript_of
from transcribe.readers.json_words import Piece, checked, said, spelt
from transcribe.readers.problems import ReadingError
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance, utterances_of, with_spans
from transcribe.scripts import joined
from transcribe.transcript import SCHEMA, SpeakerSpan, Word

MILLISECOND = 0.001

LONG = 60.0  # seconds; less is no evidence: a recogniser may hear one word in half a minute of noise
FEW = 60  # characters; fewer are no evidence
SLOWEST, FASTEST = 0.04, 400.0  # characters a second


def turnscript(data: Node) -> SpeakerTranscript:
    """Our `STEM.json`. Without diarization, its turns serve as spans."""
    if data["schema"].number() > SCHEMA:
        raise data["schema"].problem("a newer turnscript wrote this; upgrade turnscript to read it")
    names = {row["id"].text(): row["name"].text() for row in data["speakers"].rows()}
    words: list[tuple[str, Word]] = []
    turns: list[SpeakerSpan] = []
    for turn in data["turns"].rows():
        speaker = turn["speaker"].text()
        own = [_word(row) for row in turn["words"].rows()]
        if not own:
            raise turn["words"].problem("has no words")
        words += [(speaker, word) for word in own]
        turns.append(SpeakerSpan(min(w.start for w in own), max(w.end for w in own), speaker))
    spans = tuple(_span(row) for row in data["spans"].rows())
    unknown = {speaker for speaker, _ in words} - names.keys()
    if unknown:
        raise data["speakers"].problem(f"lacks {min(unknown)!r:.40}, who speaks in the turns")
    return SpeakerTranscript(utterances_of(words), spans or tuple(turns), names)


def _word(row: Node) -> Word:
    text = " ".join(row["text"].text().split())
    if not text:
        raise row["text"].problem("is empty")
    start, end = checked(row, row["start"].seconds(), row["end"].seconds())
    return Word(text, start or 0.0, end or 0.0, attached=row["attached"].value is True)


def _span(row: Node) -> SpeakerSpan:
    start, end = checked(row, row["start"].seconds(), row["end"].seconds())
    return SpeakerSpan(start or 0.0, end or 0.0, row["speaker"].speaker())


def whisper_cpp(data: Node) -> SpeakerTranscript:
    """whisper.cpp's `transcription[]`: `offsets` in milliseconds, or `timestamps` as clocks."""
    utterances: list[Utterance] = []
    for row in data["transcription"].rows():
        times, unit = (row["offsets"], MILLISECOND) if row["offsets"].there else (row["timestamps"], 1.0)
        start, end = checked(row, times["from"].seconds(unit), times["to"].seconds(unit))
        speaker = row["speaker"].speaker()
        if text := " ".join(row["text"].text().split()):
            utterances.append(Utterance("" if speaker == "?" else speaker, text, start, end))
    return with_spans(utterances)


def youtube(data: Node) -> SpeakerTranscript:
    """YouTube's json3: `events[]` in milliseconds, whose `segs[]` are words. It shows them longer than they last."""
    words: list[Piece] = []
    last = 0.0
    has_blanks = False
    for event in data["events"].rows():
        if not event["segs"].there:
            continue
        start = event["tStartMs"].seconds(MILLISECOND)
        length = event["dDurationMs"].seconds(MILLISECOND) if event["dDurationMs"].there else 0.0
        segments = [(row, row["utf8"].text()) for row in event["segs"].rows() if row["utf8"].there]
        for number, (row, text) in enumerate(segments):
            offset = row["tOffsetMs"].seconds(MILLISECOND) if row["tOffsetMs"].there else 0.0
            shown = " ".join(text.replace(">>", " ").split())
            if shown:
                has_blanks = has_blanks or (number > 0 and text[0].isspace())
                words.append(Piece(shown, UNNAMED, start + offset, attached=not text[0].isspace() if number else None))
                last = max(last, start + max(offset, length))
    ordered = sorted(words, key=lambda word: word.start or 0.0)
    if not has_blanks:
        ordered = [replace(word, attached=None) for word in ordered]
    return with_spans(said(ordered, data["events"], start=0.0, end=last))


def hugging_face(data: Node) -> SpeakerTranscript:
    """`chunks[]` with `timestamp: [start, end]` in seconds; with speakers in `speakers[]` (insanely-fast-whisper)."""
    rows = (data["speakers"] if data["speakers"].is_rows else data["chunks"]).rows()
    utterances: list[Utterance] = []
    for row in rows:
        times = list(row["timestamp"].items())
        if len(times) != 2:
            raise row["timestamp"].problem("has not a start and an end")
        start, end = times[0].seconds(), times[1].seconds() if times[1].there else None
        checked(row, start, end)
        if end is None:
            end = end_of_moment(start, times[1], is_last=row is rows[-1], others_have=True)
        if text := " ".join(row["text"].text().split()):
            utterances.append(Utterance(row["speaker"].speaker(), text, start, end))
    return with_spans(utterances)


def nemo(data: Node) -> SpeakerTranscript:
    """NeMo's `timestamp.word[]` or `timestamp.segment[]`, in seconds."""
    stamps = data["timestamp"]
    if stamps["word"].is_rows:
        return flat_transcript(stamps["word"].rows())
    return transcript_of(stamps["segment"].rows())


def vosk(parts: Sequence[Node]) -> SpeakerTranscript:
    """Vosk's results, one after the other: `result[]` of words, in seconds."""
    return flat_transcript([row for part in parts for row in part["result"].rows()])


def assembly_ai(data: Node) -> SpeakerTranscript:
    """AssemblyAI: `utterances[]`, if people were told apart, or `words[]`; in milliseconds."""
    if data["utterances"].is_rows:
        return transcript_of(data["utterances"].rows(), unit=MILLISECOND)
    return flat_transcript(data["words"].rows(), unit=MILLISECOND, text=text_beside(data))


def words_beside_segments(data: Node) -> SpeakerTranscript:
    """OpenAI's `words[]` beside `segments[]`: the text with punctuation is that of the segments, the times the words'.

    Segments without text are the times of speakers.
    """
    segments = data.first("segments", "spans").rows()
    if not segments or not segments[0].first("text").there:
        result = flat_transcript(data["words"].rows(), text=text_beside(data))
        spans = tuple(_span(row) for row in segments)
        return replace(result, spans=spans) if spans else result
    if any("speaker" in row.keys or row["words"].there for row in segments):
        return transcript_of(segments)
    words = [replace(word, speaker=UNNAMED) for word in pieces(data["words"].rows())]
    words = spelt(words, joined(row["text"].text().strip() for row in segments))
    start, end = (segments[0]["start"].seconds(), segments[-1]["end"].seconds())
    return with_spans(said(words, data["words"], start=start, end=max(start, end)))


def check_rate(transcript: SpeakerTranscript) -> None:
    """Refuse times that cannot be those of speech: people say 5 to 25 characters a second, alone or on the whole.

    Milliseconds taken for seconds would be .005 to .025, seconds taken for milliseconds 5,000.
    """
    rows = [one for one in transcript.utterances or () if one.start is not None and one.end is not None]
    characters = sum(len(one.text) for one in rows)
    seconds: Seconds = math.fsum((one.end or 0.0) - (one.start or 0.0) for one in rows)
    if seconds > LONG and characters < SLOWEST * seconds:
        raise ReadingError(
            f"its {characters} characters would last {seconds:.0f} s: the times look like milliseconds, "
            "but this format does not say its unit; divide them by 1000"
        )
    if characters > FEW and characters > FASTEST * seconds:
        raise ReadingError(
            f"its {characters} characters would last {seconds:.3g} s: the times are too short; write them in the unit "
            "of this format"
        )
