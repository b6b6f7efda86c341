"""Latency of editing a 3-hour transcript: realignment, sync, the page; and the accuracy of interpolated times.

    python -m benchmarks.drafts.sync [TRANSCRIPT.json ...]

The transcript is synthetic: 30,000 words (frequencies by Zipf's law) in 900 turns of two speakers. The page is measured
in Chromium through Playwright, if both are installed. Held-out words come from the sample clip, recognised for this
run, and from the given transcripts with times; twelve words at a time are also aligned on the sample clip's audio.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from audio.decoding.decode import decode
from audio.episode import Episode
from output.formats import write
from output.markdown import render
from output.parse import parse
from tests.support.paths import CLIPS
from transcribe.alignment.realign import realign
from transcribe.drafts.sync import sync
from transcribe.drafts.transcript_update import update_transcript
from transcribe.recognition.engines import load_aligner
from transcribe.recognition.forced_alignment import find_rewrites, realign_to_audio
from transcribe.recognition.models import find_model
from transcribe.transcript import MadeWith, Speaker, Transcript, Turn, Word

CLIP = CLIPS / "packaging-notes.mp3"
WORDS, TURNS, EDITS = 30_000, 900, 200
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
KEYSTROKES = """() => {
    const node = document.querySelectorAll("section")[450].querySelector("p").firstChild, times = [];
    node.parentElement.scrollIntoView();
    document.getElementById("text").focus();
    getSelection().collapse(node, 10);
    for (let i = 0; i < 60; i++) {
        const start = performance.now();
        document.execCommand("insertText", false, "x");
        document.querySelectorAll("section")[450].getBoundingClientRect();
        times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
}"""
FRAMES = """() => new Promise(done => {
    let frames = 0;
    const start = performance.now(), marks = new Set();
    const next = () => {
        frames++;
        for (const range of CSS.highlights.get("now")) marks.add(`${range.startOffset} ${range}`);
        if (performance.now() - start < 4000) requestAnimationFrame(next);
        else done([frames / 4, marks.size]);
    };
    requestAnimationFrame(next);
})"""


def long_talk() -> Transcript:
    """Three hours of synthetic speech."""
    chance = random.Random(3)
    vocabulary = [f"{chance.choice('bdfgklmnprst')}{chance.choice('aeiou')}{i}" for i in range(8000)]
    weights = [1 / (rank + 2) for rank in range(len(vocabulary))]
    spoken = iter(chance.choices(vocabulary, weights, k=WORDS))
    clock, turns = 0.5, []
    for index in range(TURNS):
        words = []
        for position in range(WORDS // TURNS):
            end = chance.choice((".", ",", "")) if position % 12 == 11 else ""
            words.append(Word((next(spoken) + end).strip(), clock, clock + 0.3, chance.uniform(0.44, 1)))
            clock += 0.355
        turns.append(Turn(f"S{index % 2 + 1}", tuple(words)))
    people = (Speaker("S1", "Ada Lovelace"), Speaker("S2", "Bob Moog"))
    made = MadeWith("0.1.0", "none", "none", "0" * 64, settings={"wrap": 70})
    return Transcript(
        Episode("Three hours", path=Path("talk.wav"), duration=clock), "en", people, tuple(turns), (), made
    )


def report_time(label: str, action: Callable[[], Any], target: str) -> Any:
    """Run an action and print how long it took."""
    start = time.perf_counter()
    result = action()
    print(f"{label:<44} {time.perf_counter() - start:7.2f} s   (target {target})")
    return result


def edited(source: str) -> str:
    """The draft after `EDITS` substitutions, insertions and deletions of words."""
    chance = random.Random(5)
    lines = source.split("\n")
    candidates = [i for i, line in enumerate(lines) if line.count(" ") > 6]
    for edit in range(EDITS):
        i = chance.choice(candidates)
        words = lines[i].split(" ")
        at = chance.randrange(2, len(words))
        words[at : at + edit % 3] = [f"edit{edit}"]
        lines[i] = " ".join(words)
    return "\n".join(lines)


def measure_page(folder: Path) -> None:
    """The page in Chromium: time until usable, keystrokes, frames with the highlight."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright

        from transcribe.editor.server import open_editor
    except ImportError as error:
        print(f"the page: not measured; needs {error.name}")
        return
    if chromium is None:
        print("the page: not measured; needs Chromium")
        return
    editor = open_editor(folder / "talk.md")
    thread = threading.Thread(target=editor.serve)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()

        def load() -> None:
            page.goto(editor.url)
            page.locator("#status", has_text="Saved").wait_for()
            page.locator("section").last.wait_for(state="attached")

        report_time("page usable", load, "< 2 s")
        keys = page.evaluate(KEYSTROKES)
        print(f"{'a keystroke, median and slowest of 60':<44} {keys[30]:4.0f} and {keys[-1]:.0f} ms   (target < 50 ms)")
        page.locator("#status", has_text="Saved").wait_for()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(800)
        frames, marks = page.evaluate(FRAMES)
        print(f"{'frames while playing (words marked)':<44} {frames:5.0f} a second ({marks} in 4 s)   (target 30)")
        browser.close()
    editor.stop()
    thread.join()


def recognised_clip(folder: Path) -> Transcript:
    """The transcript `transcribe run` makes of the sample clip."""
    command = [sys.executable, "-m", "transcribe.cli.main", "run", str(CLIP), "-o", str(folder), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Transcript.from_json((folder / f"{CLIP.stem}.json").read_text(encoding="utf-8"))


def held_out(words: Sequence[Word], first: int, count: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words with `count` of them replaced by one misrecognised word, and the result of realigning the true text."""
    run = words[first : first + count]
    recognised = (*words[:first], Word("misheard", run[0].start, run[-1].end), *words[first + count :])
    return recognised, realign([" ".join(word.text for word in words)], [recognised]).turns[0].words


def measure_held_out(name: str, transcripts: Sequence[Transcript]) -> None:
    """Two to five words replaced by one: the distance of their interpolated starts from the recogniser's.

    The first start is left out: it is that of the replacing word.
    """
    medians, n_errors = [], 0
    for count in range(2, 6):
        errors: list[float] = []
        for words in (turn.words for transcript in transcripts for turn in transcript.turns):
            for first in range(0, len(words) - count, max(1, len(words) // 40)):
                realigned = held_out(words, first, count)[1]
                if len(realigned) == len(words):
                    inner = slice(first + 1, first + count)
                    errors += [abs(a.start - b.start) for a, b in zip(realigned[inner], words[inner], strict=True)]
        medians.append(f"{1000 * sorted(errors)[len(errors) // 2]:.0f}")
        n_errors += len(errors)
    print(f"{name}: 2 to 5 words held out, median errors {', '.join(medians)} ms of {n_errors:,}   (target < 120 ms)")


def measure_on_audio(transcript: Transcript) -> None:
    """Twelve words of the sample clip at a time replaced by one, then aligned on the audio."""
    aligner = load_aligner(find_model("base"))
    errors: dict[str, list[float]] = {"interpolated": [], "on the audio": []}
    with decode(CLIP) as audio:
        for number, turn in enumerate(transcript.turns):
            for first in range(0, len(turn.words) - 12, 6):
                recognised, realigned = held_out(turn.words, first, 12)
                before, after = (
                    replace(
                        transcript,
                        turns=(*transcript.turns[:number], Turn(turn.speaker, words), *transcript.turns[number + 1 :]),
                    )
                    for words in (recognised, realigned)
                )
                aligned, _ = realign_to_audio(after, find_rewrites(after, before), audio=audio, aligner=aligner)
                for name, source in (("interpolated", after), ("on the audio", aligned)):
                    new = source.turns[number].words[first : first + 12]
                    true = turn.words[first : first + 12]
                    errors[name] += [abs(a.start - b.start) for a, b in zip(new, true, strict=True)]
    for name, distances in errors.items():
        label = f"twelve words at a time, {name}: median error"
        print(f"{label:<44} {1000 * sorted(distances)[len(distances) // 2]:4.0f} ms of {len(distances)} starts")


def main() -> None:
    """Measure everything in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        talk = long_talk()
        source = render(talk)
        (folder / "talk.json").write_text(talk.to_json(), encoding="utf-8")
        (folder / "talk.vtt").write_text(str(write(talk, "vtt")), encoding="utf-8")
        changed = edited(source)
        (folder / "talk.md").write_text(changed, encoding="utf-8")
        with wave.open(str(folder / "talk.wav"), "wb") as file:
            file.setparams((1, 1, 8000, 0, "NONE", ""))
            for _ in range(180):
                file.writeframes(b"\x80" * 8000 * 60)
        timed_turns = [turn.words for turn in talk.turns]
        print(f"{sum(map(len, timed_turns)):,} words, {len(talk.turns)} turns, {EDITS} edits")
        report_time("parse", lambda: parse(changed), "-")
        report_time("realign", lambda: realign([turn.spoken for turn in parse(changed).turns], timed_turns), "-")
        report_time("update (parse, realign, people, spans)", lambda: update_transcript(parse(changed), talk), "-")
        result = report_time("sync, JSON and VTT read and written", lambda: sync(folder / "talk.md"), "< 2 s")
        print(f"    {result.report}")
        measure_page(folder)
        clip = recognised_clip(folder / "clip")
        measure_held_out("sample clip", [clip])
        measure_on_audio(clip)
        given = [Transcript.from_json(Path(path).read_text(encoding="utf-8"), source=path) for path in sys.argv[1:]]
        if given:
            measure_held_out(f"{len(given)} transcripts", given)


if __name__ == "__main__":
    main()
