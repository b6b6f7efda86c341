"""How long three hours of talk take to write in every format, and 120 kB to read: `python benchmarks/formats.py`.

The conversation is made up: about 28,000 words in turns of 8 to 600. Processor seconds and seconds on the clock, the
modules loaded before.
"""

from __future__ import annotations

import random
import time

from audio.episode import Episode
from output.formats import FORMATS, write
from output.parse import parse
from output.style import Style
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
    made = conversation()
    for name in FORMATS:  # load what they need
        write(Transcript(made.episode, "en", SPEAKERS, made.turns[:1], (), made.made_with), name)
    print(f"{sum(len(turn.words) for turn in made.turns)} words in {len(made.turns)} turns")
    total = [0.0, 0.0]
    for name in FORMATS:
        style = Style(docx_times="comments", clock_minutes=0) if name in ("md", "docx") else None
        before = time.process_time(), time.perf_counter()
        write(made, name, style=style)
        spent = time.process_time() - before[0], time.perf_counter() - before[1]
        total = [sum(pair) for pair in zip(total, spent, strict=True)]
        print(f"  {name:14}{spent[0]:6.2f} s of the processor {spent[1]:6.2f} s")
    print(f"  {'all':14}{total[0]:6.2f} s of the processor {total[1]:6.2f} s")
    source = str(write(made, "md"))[:120_000]
    times = []
    for _ in range(7):
        start = time.perf_counter()
        parse(source)
        times.append(time.perf_counter() - start)
    print(f"parse of {len(source) / 1000:.0f} kB: {1000 * min(times):.0f} ms at best, {1000 * max(times):.0f} at worst")


if __name__ == "__main__":
    main()
