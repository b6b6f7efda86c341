"""Synthetic transcripts: words at a steady pace, with pauses on request."""

from __future__ import annotations

from audio.episode import Episode
from transcribe.transcript import MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word

PACE = 0.4  # seconds a word
ADA = Speaker("S1", "Ada Lovelace")
BOB = Speaker("S2", "Bob Moog")


def turn(speaker: str, text: str, *, start: float = 0.0, pauses: dict[int, float] | None = None) -> Turn:
    """A turn of the words of `text`; `pauses[i]` seconds of silence before word `i`."""
    words = []
    for i, token in enumerate(text.split()):
        start += (pauses or {}).get(i, 0.0)
        words.append(Word(token, start, start + PACE - 0.1))
        start += PACE
    return Turn(speaker, tuple(words))


def talk(*lines: tuple[str, str]) -> list[Turn]:
    """Turns of `(speaker id, text)`, one word after the other without a pause."""
    turns: list[Turn] = []
    for speaker, text in lines:
        turns.append(turn(speaker, text, start=PACE * sum(len(before.words) for before in turns)))
    return turns


def transcript(
    *turns: tuple[str, str], speakers: tuple[Speaker, ...] = (ADA, BOB), episode: Episode | None = None
) -> Transcript:
    """A transcript of `(speaker id, text)` turns, one after the other, spans as the turns."""
    made: list[Turn] = []
    for speaker, text in turns:
        made.append(turn(speaker, text, start=made[-1].end + 0.5 if made else 0.5))
    return Transcript(
        episode=episode or Episode("A talk", audio_url="https://example.org/talk.mp3"),
        language="en",
        speakers=speakers,
        turns=tuple(made),
        spans=tuple(SpeakerSpan(t.start, t.end, t.speaker) for t in made),
        made_with=MadeWith("0.1.0", "ctranslate2", "base", "0" * 64),
    )
