"""The law: what a run was asked for and an edited draft does not get is said, with the command that does it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.command_line import Run
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.vad import Chunk

_ASKED = "a.md: edited, so its doubts stay those of --doubts"


class Unsure(ScriptedStages):
    """Every second word is probably wrong."""

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        heard = super().recognize(audio, chunks, language=language, progress=progress)
        words = tuple(replace(word, probability=0.05 if i % 2 else 0.99) for i, word in enumerate(heard.words))
        poor = ChunkEvidence(0.0, audio.duration, 4.0, len(words), 0.0, -2.0, 0.1, 1.5, 1)
        return replace(heard, words=words, evidence=(poor,))


@pytest.fixture
def edited(run: Run, tmp_path: Path) -> Path:
    tone(tmp_path / "a.wav")
    assert run("run", "a.wav", stages=Unsure())[0] == 0
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    return draft


def doubts(draft: Path) -> list[str]:
    return [doubt["reason"] for doubt in json.loads(draft.with_suffix(".json").read_text())["doubts"]]


@pytest.mark.parametrize("is_synced", [False, True])
def test_other_doubts_of_an_edited_draft_are_said_by_every_run_until_they_are_made(
    run: Run, edited: Path, *, is_synced: bool
) -> None:
    if is_synced:
        run("sync", "transcripts/a.md")
    before, text = doubts(edited), edited.read_text()
    for _ in range(2):
        code, _, err = run("run", "a.wav", "--doubts", "50%", stages=Unsure())
        (told,) = [line for line in err.splitlines() if _ASKED in line]
        assert code == 0
        assert "stay those of --doubts 10%; for those of --doubts 50% run the same command with -o FOLDER" in told
        assert (doubts(edited), edited.read_text()) == (before, text)
    run("run", "a.wav", "--doubts", "50%", "-o", "FOLDER", stages=Unsure())
    code, _, err = run(*shlex.split(told.rpartition(": transcribe ")[2]))
    assert code == 0, err
    assert len(doubts(edited)) > len(before)
    assert edited.read_text() == text
    assert _ASKED not in run("run", "a.wav", "--doubts", "50%", stages=Unsure())[2]
    assert "stay those of --doubts 50%; for those of --doubts 10%" in run("run", "a.wav", stages=Unsure())[2]


def test_the_same_doubts_in_other_words_are_no_others(run: Run, edited: Path) -> None:
    assert edited.is_file()
    assert _ASKED not in run("run", "a.wav", "--doubts", " 10.0 %", stages=Unsure())[2]


def test_a_document_that_keeps_its_style_is_named_with_the_command_that_gives_it_another(
    run: Run, tmp_path: Path
) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,docx")
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("Thank you", "Thanks to you"))
    run("sync", "transcripts/a.md")
    asked = ("run", "a.wav", "-f", "md,docx", "--docx-times", "none")
    for _ in range(2):
        (told,) = [line for line in run(*asked)[2].splitlines() if "a.docx: stays as it is" in line]
    assert run(*shlex.split(told.rpartition(": transcribe ")[2]))[0] == 0
    assert "stays as it is" not in run(*asked)[2]
