"""Diarization under conditions the corpus has no recordings of: six hours, and a channel for each speaker.

    python -m benchmarks.diarization.conditions [RECORDING ...] [--hours 6]

For the long recording, embeddings and speech activity are synthetic, and everything after the networks is timed. For
the channels, a recording of two speakers with NAME.rttm is split by speaker, with some bleed of the other; the
rightmost column is the same recording mixed to one channel. The recordings are two of ../shared/corpus, if present.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.diarization.accuracy import COLLARS, say
from benchmarks.measure import peak_megabytes, timed
from benchmarks.references import CORPUS, diarization_row, read_rttm

RECORDINGS = tuple(CORPUS / name for name in ("call-repairs-40.flac", "meeting-dev00.wav"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[path for path in RECORDINGS if path.exists()])
    parser.add_argument("--hours", type=float, default=6.0)
    options = parser.parse_args()
    report_long(options.hours)
    report_channels(options.files)


def report_long(hours: float) -> None:
    """Time and memory of everything after the networks, on a synthetic conversation of three speakers."""
    from transcribe.diarization.clustering import find_voices
    from transcribe.diarization.diarize import diarize_frames, frame_scores
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
    before, weights = peak_megabytes(), np.ones(len(times))
    found, clustering = timed(find_voices, vectors, times=times, weights=weights)
    scores, scoring = timed(frame_scores, activity.times, times + WINDOW / 2, vectors @ found.T, weights=weights)
    diarization, deciding = timed(diarize_frames, activity, scores)
    seconds = clustering.wall + scoring.wall + deciding.wall
    say(f"{hours:g} h, {len(times)} windows, {len(ones)} frames: {len(found)} voices of 3 in {clustering.wall:.1f} s,")
    say(f"{len(diarization.spans)} spans after {seconds:.1f} s, {peak_megabytes() - before:.0f} MB more")


def report_channels(files: Sequence[Path]) -> None:
    """DER of two speakers on a channel each, by the bleed of the other speaker."""
    from audio.decoding.decode import decode
    from audio.decoding.samples import Audio, levels_of
    from transcribe.diarization.diarize import find_speakers

    say(f"{'name':22} {'bleed dB':>8} {'DER':>6} {'found':>6}   mixed to one")
    for path in files:
        rttm = path.with_suffix(".rttm")
        reference = read_rttm(rttm) if rttm.exists() else []
        people = sorted({who for _, _, who in reference})
        if len(people) != 2:
            continue
        with decode(path) as audio:
            samples = audio.read()
        times = np.arange(len(samples)) / 16_000
        speaking = [
            np.any([(a - 0.1 <= times) & (times < b + 0.1) for a, b, who in reference if who == person], axis=0)
            for person in people
        ]
        for bleed in (-12.0, -20.0, -40.0):
            gain = 10 ** (bleed / 20)
            channels = np.stack([np.where(own, samples, gain * samples) for own in speaking]).astype(np.float32)
            rates = []
            for levels in (levels_of(channels), None):
                with Audio.from_samples(channels.mean(axis=0), channel_levels=levels) as panned:
                    spans = find_speakers(panned).spans
                row = diarization_row(reference, [(s.start, s.end, s.speaker) for s in spans], COLLARS[0])
                rates.append((row["diarization error rate"], len({s.speaker for s in spans})))
            (split, found), (mixed, count) = rates
            say(f"{path.stem:22} {bleed:8.0f} {100 * split:6.1f} {found:>6}   {100 * mixed:.1f} ({count} found)")


if __name__ == "__main__":
    main()
