"""`transcribe run` with the real models: correct words, speakers and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

CLIPS = ROOT / "tests" / "clips"
CORPUS = ROOT.parent / "shared" / "corpus"

pytestmark = pytest.mark.models


def transcribe(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "transcribe.cli.main", "run", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def rates(reference: Path, transcript: Path) -> tuple[float, float]:
    """(WER, cpWER) by meeteval as fractions, after Whisper's normalisation."""
    from meeteval.io import SegLST
    from meeteval.wer import cpwer
    from whisper.normalizers import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    reference_rows = [line.split(": ", 1) for line in reference.read_text().splitlines() if line.strip()]
    data = json.loads(transcript.read_text())
    hypothesis_rows = [(turn["speaker"], " ".join(word["text"] for word in turn["words"])) for turn in data["turns"]]

    def rows(turns: list[tuple[str, str]] | list[list[str]], *, one: bool) -> SegLST:
        if one:
            turns = [("x", " ".join(text for _, text in turns))]
        return SegLST(
            [
                {"session_id": "x", "speaker": who, "words": normalise(text), "start_time": i, "end_time": i + 1}
                for i, (who, text) in enumerate(turns)
            ]
        )

    wer, cp = (
        cpwer(rows(reference_rows, one=one), rows(hypothesis_rows, one=one))["x"].error_rate for one in (True, False)
    )
    return wer, cp


def test_sample_interview(tmp_path: Path) -> None:
    result = transcribe(CLIPS / "packaging-notes.mp3", "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    named, passages, marked, summary = result.stderr.splitlines()
    assert "Rich (“I am Rich” at 0:03; “Thank you, Rich” at 0:12)" in named
    assert "Nora (“I am talking to Nora” at 0:04; “Nora” at 0:10; “Thank you for your time, Nora” at 1:26)" in named
    assert "passages to listen to" in passages
    assert "words are marked; on recordings like these they hold" in marked
    assert summary == "1 written"
    draft, timed = map(Path, result.stdout.splitlines())
    wer, cp = rates(CLIPS / "packaging-notes.ref.txt", timed)
    assert wer <= 0.03
    assert cp <= 0.03
    labels = [line.split(":")[0] for line in draft.read_text().splitlines() if line.startswith("**")]
    assert labels == ["**Rich**", "**Nora**", *["**R**", "**N**"] * 5]
    assert json.loads(timed.read_text())["made_with"]["model_sha256"].startswith("d01c3014")


@pytest.mark.parametrize("engine", ["ctranslate2", "openai"])
def test_both_engines_transcribe_the_short_clip(engine: str, tmp_path: Path) -> None:
    result = transcribe(CLIPS / "short.mp3", "-o", tmp_path, "--engine", engine, "--speakers", "2", "--fresh")
    assert result.returncode == 0, result.stderr
    assert rates(CLIPS / "short.ref.txt", tmp_path / "short.json") == (0.0, 0.0)
    made_with = json.loads((tmp_path / "short.json").read_text())["made_with"]
    assert made_with["engine"] == engine


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus, which is not part of the project")
@pytest.mark.parametrize(
    ("name", "most", "most_cp"), [("dialogue-jane-mark", 0.03, 0.05), ("dialogue-0186", 0.05, 0.06)]
)
def test_real_dialogues(name: str, most: float, most_cp: float, tmp_path: Path) -> None:
    result = transcribe(CORPUS / f"{name}.mp3", "-o", tmp_path, "--speakers", "A,B", "--fresh")
    assert result.returncode == 0, result.stderr
    wer, cp = rates(CORPUS / f"{name}.ref.txt", tmp_path / f"{name}.json")
    assert wer <= most
    assert cp <= most_cp


def test_truncated_recording_is_transcribed_to_its_end(tmp_path: Path) -> None:
    whole = (CLIPS / "packaging-notes.mp3").read_bytes()
    (tmp_path / "cut.mp3").write_bytes(whole[: len(whole) // 4])
    result = transcribe(tmp_path / "cut.mp3", "-o", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert "could be read, the file is cut" in result.stderr
    assert "welcome to the show" in (tmp_path / "out" / "cut.md").read_text()


def test_glossary_corrects_names_and_a_change_applies_to_the_next_run(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    run = (CLIPS / "short.mp3", "-o", tmp_path / "out", "--glossary", names, "--speakers", "2")
    names.write_text("# people\nNora -> Norah\n")
    assert "1 written" in transcribe(*run).stderr
    assert "Norah" in (tmp_path / "out" / "short.md").read_text()
    timed = json.loads((tmp_path / "out" / "short.json").read_text())
    assert [(each["heard"], each["written"]) for each in timed["corrections"]] == [("Nora", "Norah")]
    assert transcribe(*run).stderr == "1 unchanged\n"
    names.write_text("Nora -> Noora\n")
    assert "1 written" in transcribe(*run).stderr
    assert "Noora" in (tmp_path / "out" / "short.md").read_text()
    names.write_text("a -> b -> c\n")
    result = transcribe(*run)
    assert result.returncode == 2
    assert "names.txt, line 1" in result.stderr
