"""JSON of recognition services with shapes of their own: Deepgram, AWS, Google, Azure, Rev.ai, Speechmatics, Watson."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from audio.episode import Seconds
from transcribe.readers.json_nodes import Node
from transcribe.readers.json_rows import piece, probability, utterances_of_pieces
from transcribe.readers.json_words import Piece, checked, said, spelt
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance, with_spans

TICK = 1e-7  # seconds: Azure counts 100 nanoseconds


def deepgram(data: Node) -> SpeakerTranscript:
    """`results.channels[].alternatives[0].words[]`, in seconds; of several channels each is a speaker."""
    utterances: list[Utterance] = []
    channels = data["results"]["channels"].rows()
    for number, channel in enumerate(channels):
        for best in channel["alternatives"].rows()[:1]:
            speaker = f"channel {number}" if len(channels) > 1 else UNNAMED
            words = [_called(piece(row), "speaker ", speaker) for row in best["words"].rows()]
            utterances += utterances_of_pieces(words, best["words"])
            if not words and best["transcript"].there and (text := " ".join(best["transcript"].text().split())):
                utterances.append(Utterance(speaker, text))
    return with_spans(utterances)


def aws(data: Node) -> SpeakerTranscript:
    """Amazon Transcribe: `results.items[]`, times as texts in seconds, punctuation as items of its own."""
    results = data["results"]
    channels = results["channel_labels"]["channels"].rows()
    if channels:
        utterances = [
            one
            for channel in channels
            for one in _items(channel["items"], {}, speaker=channel["channel_label"].speaker())
        ]
        return with_spans(utterances)
    labels: dict[str, str] = {}
    for segment in results["speaker_labels"]["segments"].rows():
        for item in segment["items"].rows():
            labels[str(item["start_time"].value)] = item.first("speaker_label").speaker()
    return with_spans(_items(results["items"], labels))


def _items(items: Node, labels: Mapping[str, str], *, speaker: str = UNNAMED) -> list[Utterance]:
    """Words and the punctuation after them, of AWS and Speechmatics: the first of the alternatives counts."""
    words: list[Piece] = []
    for item in items.rows():
        best = next(iter(item["alternatives"].rows()), item)
        content = " ".join(best["content"].text().split())
        if item["type"].value == "punctuation" and words:
            last = words[-1]
            words[-1] = replace(last, text=f"{last.text}{content}")
        elif content:
            start, end = checked(item, item["start_time"].decimal(), item["end_time"].decimal())
            named = item["speaker_label"].speaker() or best["speaker"].speaker()
            named = named or labels.get(str(item["start_time"].value), speaker)
            words.append(Piece(content, UNNAMED if named == "UU" else named, start, end, probability(best)))
    return utterances_of_pieces(words, items)


def speechmatics(data: Node) -> SpeakerTranscript:
    """`results[]` with `alternatives[].content`, in seconds; "UU" is nobody in particular."""
    return with_spans(_items(data["results"], {}))


def google(data: Node) -> SpeakerTranscript:
    """Google's `results[].alternatives[0].words[]`, times as "1.300s".

    With speakers, the last result repeats all words.
    """
    results = data["results"].rows()
    if results and _tagged(results[-1]) and not any(map(_tagged, results[:-1])):
        results = results[-1:]
    utterances: list[Utterance] = []
    now = 0.0
    for result in results:
        for best in result["alternatives"].rows()[:1]:
            end = result.first("resultEndTime", "resultEndOffset", "result_end_time")
            until = max(now, _duration(end)) if end.there else None
            words = [_google_word(row) for row in best["words"].rows()]
            if words:
                until = until or max((word.end or 0.0) for word in words)
                utterances += said(words, best["words"], start=now, end=until)
            elif text := " ".join(best["transcript"].text().split()) if best["transcript"].there else "":
                utterances.append(Utterance(UNNAMED, text, None if until is None else now, until))
            now = now if until is None else until
    return with_spans(utterances)


def _tagged(result: Node) -> bool:
    rows = next(iter(result["alternatives"].rows()), result)["words"].rows()
    return bool(rows) and any(
        row.first("speakerTag", "speakerLabel", "speaker_tag").value not in (0, "")
        and row.first("speakerTag", "speakerLabel", "speaker_tag").there
        for row in rows
    )


def _google_word(row: Node) -> Piece:
    start, end = (
        row.first(f"{which}Time", f"{which}Offset", f"{which}_time", f"{which}_offset") for which in ("start", "end")
    )
    begins = _duration(start) if start.there else 0.0  # zero is left out
    ends = _duration(end)
    checked(row, begins, ends)
    tag = row.first("speakerLabel", "speakerTag", "speaker_label", "speaker_tag")
    speaker = UNNAMED if tag.value in (0, "0") else tag.speaker("speaker ")
    return Piece(" ".join(row["word"].text().split()), speaker, begins, ends, probability(row))


def _duration(node: Node) -> Seconds:
    if isinstance(node.value, (int, float)):
        raise node.problem(f'{node.shown} does not say its unit; write it as Google does, such as "1.300s"')
    return node.seconds()


def azure(data: Node) -> SpeakerTranscript:
    """Azure's batch `recognizedPhrases[]` (ticks of 100 ns, or "PT1.5S") and fast `phrases[]` (milliseconds)."""
    phrases = data.first("recognizedPhrases", "phrases").rows()
    channels = {str(phrase["channel"].value) for phrase in phrases}
    utterances: list[Utterance] = []
    for phrase in phrases:
        best = next(iter(phrase["nBest"].rows()), phrase)
        speaker = phrase["speaker"].speaker("speaker ")
        if not speaker and len(channels) > 1:
            speaker = phrase["channel"].speaker("channel ")
        text = " ".join(best.first("display", "text", "lexical").text().split())
        start, end = _azure_times(phrase)
        words = [
            Piece(" ".join(row.first("word", "text").text().split()), speaker, *_azure_times(row))
            for row in best["words"].rows()
        ]
        if words:
            utterances += said(spelt(words, text), phrase, start=start, end=end)
        elif text:
            utterances.append(Utterance(speaker, text, start, end))
    return with_spans(utterances)


def _azure_times(row: Node) -> tuple[Seconds, Seconds]:
    for start, length, unit in (
        ("offsetInTicks", "durationInTicks", TICK),
        ("offsetMilliseconds", "durationMilliseconds", 0.001),
        ("offset", "duration", TICK),
    ):
        if row[start].there:
            begins = row[start].seconds(unit)
            return begins, begins + row[length].seconds(unit)
    raise row["offset"].problem("it is missing")


def rev_ai(data: Node) -> SpeakerTranscript:
    """`monologues[].elements[]`: texts with `ts` in seconds (or `timestamp` as a clock), and punctuation between."""
    names = {row["id"].speaker(): row.first("name", "display_name").speaker() for row in data["speakers"].rows()}
    utterances: list[Utterance] = []
    for monologue in data["monologues"].rows():
        own = monologue.first("speaker_name", "speaker").speaker()
        speaker = monologue["speaker_info"].speaker() or names.get(own, "") or (f"speaker {own}" if own else UNNAMED)
        words: list[Piece] = []
        before = ""  # marks in front of the next word
        glued = False
        for element in monologue["elements"].rows():
            value = element["value"].text()
            if element["type"].value in ("text", "unknown") and value.strip() and not glued:
                times = checked(element, *(_rev_time(element, *keys) for keys in _REV_TIMES))
                words.append(Piece(before + " ".join(value.split()), speaker, *times, probability(element)))
                before = ""
            elif value.strip() and words:
                last = words[-1]
                end = _rev_time(element, *_REV_TIMES[1])
                words[-1] = replace(last, text=last.text + "".join(value.split()), end=end or last.end)
            else:
                before += "".join(value.split())
            glued = element["type"].value == "punct" and not value[-1:].isspace() and value in ("-", "'", "’")
        utterances += utterances_of_pieces(words, monologue["elements"])
    return with_spans(utterances)


_REV_TIMES = (("ts", "timestamp"), ("end_ts", "end_timestamp"))


def _rev_time(element: Node, *keys: str) -> Seconds | None:
    node = element.first(*keys)
    return node.seconds() if node.there else None


def watson(data: Node) -> SpeakerTranscript:
    """IBM Watson: `results[].alternatives[0].timestamps[]` of [word, start, end], speakers in `speaker_labels[]`."""
    labels = sorted(
        (row["from"].seconds(), row["speaker"].speaker("speaker ")) for row in data["speaker_labels"].rows()
    )
    starts = [start for start, _ in labels]
    words: list[Piece] = []
    for result in data["results"].rows():
        for best in result["alternatives"].rows()[:1]:
            for stamp in best["timestamps"].items():
                parts = list(stamp.items())
                if len(parts) != 3:
                    raise stamp.problem("has not a word, a start and an end")
                start, end = checked(stamp, parts[1].seconds(), parts[2].seconds())
                at = bisect_right(starts, start or 0.0) - 1
                words.append(
                    Piece(" ".join(parts[0].text().split()), labels[at][1] if at >= 0 else UNNAMED, start, end)
                )
    return with_spans(utterances_of_pieces(words, data["results"]))


def _called(word: Piece, prefix: str, other: str) -> Piece:
    """A word of the speaker `prefix` N, or of `other` if it names none."""
    speaker = f"{prefix}{word.speaker}" if word.speaker.isdigit() else word.speaker
    named = f"{other} {speaker}" if other and speaker else speaker or other
    return replace(word, speaker=named)
