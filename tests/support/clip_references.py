"""The references of the project's clips, as values of the product."""

from __future__ import annotations

from audio.episode import Episode
from tests.support.paths import CLIPS
from transcribe.person_names import NameCertainty
from transcribe.transcript import MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word


def reference_spans(name: str) -> list[SpeakerSpan]:
    rows = [line.split() for line in (CLIPS / f"{name}.rttm").read_text(encoding="utf-8").splitlines()]
    return [SpeakerSpan(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def reference_transcript(name: str, *, until: float) -> Transcript:
    """The transcript of a perfect run on the beginning of a clip, with words of a third of a second."""
    spans = [span for span in reference_spans(name) if span.end <= until]
    turns = []
    for span in spans:
        starts = [span.start + i / 3 for i in range(int((span.end - span.start) * 3))]
        turns.append(Turn(span.speaker, tuple(Word(f"w{start:.2f}", start, start + 0.3) for start in starts)))
    return Transcript(
        episode=Episode("Talk", path=CLIPS / f"{name}.mp3"),
        language="en",
        speakers=tuple(Speaker(name, name, certainty=NameCertainty.STATED) for name in ("Rich", "Nora")),
        turns=tuple(turns),
        spans=tuple(spans),
        made_with=MadeWith("0.1.0", "ctranslate2", "base", "0" * 64),
    )
