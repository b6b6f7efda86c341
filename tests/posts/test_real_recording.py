"""The sample clip with the real weights: its turns, whose times are known exactly, and an editor's text of it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.paths import CLIPS
from tests.support.random_talk import rewritten
from transcribe.cli.main import main
from transcribe.transcript import Transcript

pytestmark = pytest.mark.models

CLIP = CLIPS / "packaging-notes.mp3"
TURNS = [line.split(": ", 1) for line in (CLIPS / "packaging-notes.ref.txt").read_text(encoding="utf-8").splitlines()]
STARTS = [float(line.split()[3]) for line in (CLIPS / "packaging-notes.rttm").read_text(encoding="utf-8").splitlines()]


def aligned(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[Transcript, str]:
    """The timed transcript of a post, and what the command said."""
    (folder / "post.md").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["align", str(folder / "post.md"), str(CLIP)])
    assert ended.value.code == 0
    return Transcript.from_json((folder / "post.json").read_text(encoding="utf-8")), capsys.readouterr().err


def test_every_turn_of_the_reference_begins_when_its_voice_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timed, err = aligned(tmp_path, "\n\n".join(f"**{name}**: {text}" for name, text in TURNS), capsys)
    assert err == "1 written\n"
    assert [turn.text for turn in timed.turns] == [text for _, text in TURNS]
    distances = sorted(abs(turn.start - start) for turn, start in zip(timed.turns, STARTS, strict=True))
    assert distances[len(distances) // 2] < 0.25
    assert distances[-1] < 0.5


def test_a_rewritten_text_with_a_lost_and_an_added_passage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(1)
    true, _ = aligned(tmp_path, "\n\n".join(f"**{name}**: {text}" for name, text in TURNS), capsys)
    starts = [word.start for word in true.words]
    words = [(word, name) for name, text in TURNS for word in text.split()]
    kept = [number for number, (name, _) in enumerate(TURNS) if number != 3]
    rows, turns = [], []
    for number in kept:
        first = sum(len(text.split()) for _, text in TURNS[:number])
        edited = rewritten(TURNS[number][1].split(), 0.3, chance)
        rows += [(word, None if at is None else first + at) for word, at in edited]
        turns.append(f"**{TURNS[number][0]}**: {' '.join(word for word, _ in edited)}")
    added = "This paragraph was written for the web site and nobody ever says it aloud here."
    timed, err = aligned(tmp_path, "\n\n".join([f"**Rich**: {added}", *turns]), capsys)
    assert f"line 1: {len(added.split())} words are not spoken" in err
    assert "words are not in the text, after line" in err
    found = list(timed.words)
    assert [word.text for word in found] == [word for word, _ in rows]
    errors = sorted(abs(word.start - starts[at]) for word, (_, at) in zip(found, rows, strict=True) if at is not None)
    assert len(errors) > len(words) / 3
    assert errors[len(errors) // 2] < 0.15
    (unwritten,) = [doubt for doubt in timed.doubts if doubt.reason.startswith("not in the text")]
    assert abs(unwritten.start - STARTS[3]) < 1
    assert abs(unwritten.end - STARTS[4]) < 1.5
