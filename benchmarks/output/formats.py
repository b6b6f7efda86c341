"""Time to write three hours of talk in every format, and to parse 120 kB: `python -m benchmarks.output.formats`.

The conversation is synthetic: about 28,000 words in turns of 8 to 600. Seconds of the processor and on the clock, with
all modules loaded before.
"""

from __future__ import annotations

import random
from dataclasses import replace

from audio.episode import Episode
from benchmarks.measure import timed
from output.formats import FORMATS, write
from output.parse import parse
from transcribe.style import Style
from transcribe.transcript import MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word

HOURS = 3
WORDS = "word interesting packaging of the and machine we really something".split() + [f"topic{i}" for i in range(400)]
SPEAKERS = (Speaker("S1", "Ada Lovelace"), Speaker("S2", "Bob Moog"))


def conversation() -> Transcript:
    chance, clock, turns = random.Random(1), 0.0, []
    while clock < HOURS * 3600:
        words = []
        for _ in range(chance.choice([8, 20, 60, 300, 600])):
            end = "." if chance.random() < 0.07 else "," if chance.random() < 0.05 else ""
            words.append(Word(chance.choice(WORDS) + end, clock, clock + 0.25, chance.random()))
            clock += chance.choice([0.3, 0.36, 0.5])
        turns.append(Turn(chance.choice(["S1", "S2"]), tuple(words)))
    spans = tuple(SpeakerSpan(turn.start, turn.end, turn.speaker) for turn in turns)
    episode = Episode("A long talk", audio_url="https://example.org/a.mp3")
    return Transcript(episode, "en", SPEAKERS, tuple(turns), spans, MadeWith("0", "none", "none", ""))


def main() -> None:
    transcript = conversation()
    for name in FORMATS:  # import the modules they need
        write(replace(transcript, turns=transcript.turns[:1], spans=()), name)
    print(f"{sum(len(turn.words) for turn in transcript.turns)} words in {len(transcript.turns)} turns")
    cpu = wall = 0.0
    for name in FORMATS:
        style = Style(docx_times="comments", clock_minutes=0) if name in ("md", "docx") else Style()
        _, elapsed = timed(write, transcript, name, style=style)
        cpu, wall = cpu + elapsed.cpu, wall + elapsed.wall
        print(f"  {name:14}{elapsed.cpu:6.2f} s of the processor {elapsed.wall:6.2f} s")
    print(f"  {'all':14}{cpu:6.2f} s of the processor {wall:6.2f} s")
    source = str(write(transcript, "md"))[:120_000]
    times = [timed(parse, source)[1].wall for _ in range(7)]
    print(f"parse of {len(source) / 1000:.0f} kB: {1000 * min(times):.0f} ms at best, {1000 * max(times):.0f} at worst")


if __name__ == "__main__":
    main()
