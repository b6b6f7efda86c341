"""Confirming a passage and undoing it gives back the same transcript, whatever the page keeps of the words."""

from __future__ import annotations

from dataclasses import replace

from tests.support.transcripts import transcript
from transcribe.editor.confirmation import confirmed, restored
from transcribe.transcript import Doubt, Turn


def test_undoing_a_confirmation_gives_back_the_transcript() -> None:
    talk = transcript(("S1", "we said so"), ("S2", "it was done"))
    turns = [
        Turn(turn.speaker, tuple(replace(word, probability=0.4, attached=bool(i)) for i, word in enumerate(turn.words)))
        for turn in talk.turns
    ]
    last = list(talk.words)[-1]
    doubts = (Doubt(0.0, 0.1, "noise"), Doubt(last.start, last.end, "unclear"))
    talk = replace(talk, turns=tuple(turns), doubts=doubts)
    after, taken = confirmed(talk, turns[1].words[0].start, last.end)
    assert after.doubts == doubts[:1]
    assert [word.probability for word in after.words] == [0.4] * 3 + [1.0] * 3
    sent = replace(taken, words=tuple(replace(word, attached=False) for word in taken.words))
    assert restored(after, sent) == talk
