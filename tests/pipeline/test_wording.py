"""How turns read: each passage by the rules of its language."""

from __future__ import annotations

from tests.support.words import said, text
from transcribe.pipeline.wording import as_typed
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.spoken_language import LanguageStretch
from transcribe.transcript import Turn


def test_a_passage_in_another_language_goes_by_its_own_rules() -> None:
    words = said("write to info at example dot org. en i zei, in ondalia. and i saw ondalia.", step=1.0)
    heard = Recognition(words, "en", (), (), stretches=(LanguageStretch(7.0, 12.0, "nl"),))
    turns = [Turn("S1", words)]
    read = as_typed(turns, heard, names=["Ondalia"], written_forms=True, tokenize=lambda _: [1, 2])
    (turn,) = read.turns
    assert text(turn.words) == "Write to info@example.org. En i zei, in ondalia. And I saw Ondalia."
    assert [each.written for each in read.corrections] == ["info@example.org"]
    plain = as_typed(turns, heard, names=[], written_forms=False, tokenize=lambda _: [1])
    assert text(plain.turns[0].words).startswith("Write to info at example dot org. En i zei,")
    assert plain.corrections == ()
