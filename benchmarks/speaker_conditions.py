"""Who spoke, under conditions the corpus has no recordings of: six hours, and a channel for each person.

    python benchmarks/speaker_conditions.py [RECORDING ...] [--hours 6]

The vectors and the activity of a recording of so many hours are made up, and all that follows the networks is timed.
Each of two people of a recording, beside which NAME.rttm says when they speak, is put on a channel, with some of the
other; the rightmost column is the same recording mixed to one channel. Recordings are two of ../shared/corpus, where
present.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.speaker_references import diarization_row, read_rttm  # noqa: E402 - the path is set above
from benchmarks.speakers import COLLARS, peak_megabytes, say  # noqa: E402

RECORDINGS = tuple(ROOT.parent / "shared" / "corpus" / name for name in ("call-repairs-40.flac", "meeting-dev00.wav"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[path for path in RECORDINGS if path.exists()])
    parser.add_argument("--hours", type=float, default=6.0)
    options = parser.parse_args()
    report_long(options.hours)
    report_channels(options.files)


def report_long(hours: float) -> None:
    """Time and memory of what follows the networks, on a made-up conversation of three, as long as wanted."""
    from transcribe.diarization.clustering import find_voices
    from transcribe.diarization.diarize import frame_scores, who_speaks
    from transcribe.diarization.embedding import STEP, WINDOW
    from transcribe.diarization.segmentation import FRAME_STEP, Activity

    random = np.random.default_rng(0)
    voices = random.normal(size=(3, 192)) / 192**0.5
    times = np.arange(0.0, hours * 3600 - WINDOW, STEP)
    who = np.repeat(random.integers(0, 3, len(times) // 20 + 1), 20)[: len(times)]
    vectors = (voices[who] + random.normal(size=(len(times), 192)) / 192**0.5).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ones = np.ones(int(hours * 3600 / FRAME_STEP), np.float32)
    activity = Activity(ones, ones, np.zeros_like(ones))
    before, started = peak_megabytes(), time.perf_counter()
    found = find_voices(vectors, times=times, weights=np.ones(len(times)))
    clustered = time.perf_counter() - started
    scores = frame_scores(activity.times, times + WINDOW / 2, vectors @ found.T, weights=np.ones(len(times)))
    spans = who_speaks(activity, scores).spans
    say(f"{hours:g} h, {len(times)} windows, {len(ones)} frames: {len(found)} voices of 3 in {clustered:.1f} s,")
    say(f"{len(spans)} spans after {time.perf_counter() - started:.1f} s, {peak_megabytes() - before:.0f} MB more")


def report_channels(files: Sequence[Path]) -> None:
    """DER of recordings of two whose people are put on a channel each, by how much of the other is heard there."""
    from audio.decoding.decode import decode
    from audio.decoding.samples import Audio, levels_of
    from transcribe.diarization.diarize import find_speakers

    say(f"{'name':22} {'bleed dB':>8} {'DER':>6} {'found':>6}   mixed to one")
    for path in files:
        rttm = path.with_suffix(".rttm")
        truth = read_rttm(rttm) if rttm.exists() else []
        people = sorted({who for _, _, who in truth})
        if len(people) != 2:
            continue
        with decode(path) as audio:
            samples = audio.read()
        times = np.arange(len(samples)) / 16_000
        speaking = [
            np.any([(a - 0.1 <= times) & (times < b + 0.1) for a, b, who in truth if who == person], axis=0)
            for person in people
        ]
        for bleed in (-12.0, -20.0, -40.0):
            gain = 10 ** (bleed / 20)
            channels = np.stack([np.where(own, samples, gain * samples) for own in speaking]).astype(np.float32)
            rates = []
            for levels in (levels_of(channels), None):
                with Audio.from_samples(channels.mean(axis=0), channel_levels=levels) as panned:
                    spans = find_speakers(panned).spans
                row = diarization_row(truth, [(s.start, s.end, s.speaker) for s in spans], COLLARS[0])
                rates.append((row["diarization error rate"], len({s.speaker for s in spans})))
            (ours, found), (mixed, count) = rates
            say(f"{path.stem:22} {bleed:8.0f} {100 * ours:6.1f} {found:>6}   {100 * mixed:.1f} ({count} found)")


if __name__ == "__main__":
    main()
