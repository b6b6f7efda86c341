"""The independent scorer in ../shared agrees on every file of the corpus."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import SHARED
from transcribe.evaluation.references import read_reference
from transcribe.evaluation.score import Score, Scoring, score
from transcribe.readers.read import read_transcript
from transcribe.readers.values import SpeakerTranscript

TYPED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "..."})


def damaged(reference: SpeakerTranscript) -> dict[str, object]:
    """A hypothesis with every type of error, at positions that depend on the reference only."""
    words = []
    for at, (start, end, speaker, text) in enumerate(timed_words(reference)):
        if at % 13 == 5 or 40 <= at % 150 < 60:
            continue
        who = "y" if at % 23 < 2 else speaker
        word = {"text": "banana" if at % 17 == 3 else text, "start": start, "end": end, "speaker": who}
        words += [word] * (2 if at % 29 == 7 else 1)
    segments = [
        {"start": span.start + 0.3, "end": span.end + 0.1, "speaker": "z" if i % 7 == 3 else span.speaker}
        for i, span in enumerate(reference.spans or ())
        if span.end - span.start > 0.3
    ]
    return {"words": words, "segments": segments}


def timed_words(reference: SpeakerTranscript) -> list[tuple[float, float, str, str]]:
    if reference.utterances is not None:
        texts = [(one.speaker, word) for one in reference.utterances for word in one.text.split()]
        return [(i / 2, i / 2 + 0.4, who, word) for i, (who, word) in enumerate(texts)]
    return [
        (span.start + i / 2, span.start + i / 2 + 0.4, span.speaker, f"word{i}")
        for span in reference.spans or ()
        for i in range(int(2 * (span.end - span.start)))
    ]


@pytest.mark.processes
@pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the corpus (../shared) is missing")
def test_referee_agrees_on_every_file_of_the_corpus(tmp_path: Path) -> None:
    """To 0.05 points: it prints one digit, so equal values differ by up to half of that.

    It reads the references as they are typed on a keyboard: it does not know typographic apostrophes.
    """
    corpus = tmp_path / "references"
    corpus.mkdir()
    for path in (*(SHARED / "corpus").glob("*.ref.txt"), *(SHARED / "corpus").glob("*.rttm")):
        (corpus / path.name).write_text(path.read_text("utf-8").translate(TYPED), "utf-8")
    names = sorted({path.name.split(".")[0] for path in (*corpus.glob("*.ref.txt"), *corpus.glob("*.rttm"))})
    expected: dict[str, Score] = {}
    reference_of: dict[str, SpeakerTranscript] = {}
    for name in names:
        words, times = corpus / f"{name}.ref.txt", corpus / f"{name}.rttm"
        reference = read_reference(words) if words.is_file() else read_transcript(times)
        reference_of[name] = reference
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(damaged(reference)), encoding="utf-8")
        expected[name] = score(reference, read_transcript(path), Scoring(normaliser="english"))  # as the referee
    referee = [sys.executable, "-W", "ignore", str(SHARED / "tools" / "score.py"), str(tmp_path), str(corpus)]
    rows = subprocess.run(referee, capture_output=True, text=True, check=True).stdout.splitlines()[1:-1]
    assert len(rows) == len(names) >= 15
    for row in rows:
        name, *cells = re.split(r"\s+", row.strip())
        result = expected[name]
        ours = (result.words, result.cp, result.time)
        for cell, counts in zip(cells[:3], ours, strict=True):
            assert counts is None or cell != "-", row
            if counts is None:  # it scores speakers also where a side names none; we do not
                assert cell == "-" or not (reference_of[name].has_speakers and counts is not result.words), row
            else:
                assert float(cell) == pytest.approx(100 * counts.rate, abs=0.0501), row
        if result.lost_seconds is not None and result.time is not None:
            assert float(cells[4]) == pytest.approx(result.lost_seconds, abs=0.06), row
        if result.cp is not None:
            assert cells[-1] == f"{result.speakers_hyp}/{result.speakers_ref}"
