"""What a transcript warns of: voices and languages that are unsure, and silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.scripted_stages import ScriptedStages, tone
from tests.support.transcribed import transcribed
from transcribe.diarization.diarize import Diarization
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition
from transcribe.recognition.spoken_language import LanguageStretch, SpokenLanguage
from transcribe.recognition.vad import Chunk, ChunkPlan
from transcribe.settings import Settings
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode


class Three(ScriptedStages):
    """A third voice is detected."""

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        return replace(super().diarize(audio, progress=progress), estimate=3)


@pytest.mark.parametrize(
    ("speakers", "warned"),
    [("Ada,Grace", True), ("2", True), ("1", True), ("3", False), ("Ada,Grace,Joan", False), ("", False)],
)
def test_more_voices_than_people_given_is_a_warning(speakers: str, warned: bool, tmp_path: Path) -> None:
    transcript = transcribed(tone(tmp_path / "a.wav"), Three(), Settings(speakers=speakers))
    assert (WarningCode.MORE_VOICES in [warning.code for warning in transcript.warnings]) == warned


class Divided(ScriptedStages):
    """One voice is found where two people are given, and it is divided among them."""

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        two = super().diarize(audio, progress=progress)
        return replace(two, estimate=1, voices=dict.fromkeys(two.voices, two.voices["S1"]))


@pytest.mark.parametrize(("speakers", "warned"), [("Ada,Grace", True), ("2", True), ("1", False), ("", False)])
def test_more_people_given_than_voices_is_a_warning_that_names_who_sounds_alike(
    speakers: str, warned: bool, tmp_path: Path
) -> None:
    transcript = transcribed(tone(tmp_path / "a.wav"), Divided(), Settings(speakers=speakers))
    found = [warning for warning in transcript.warnings if warning.code is WarningCode.FEWER_VOICES]
    assert [warning.message for warning in found] == [
        "1 voice was found, and --speakers gives 2 people (Ada and Grace sound alike); check who says what, and if "
        "somebody does not speak, run it again without them"
    ] * warned
    assert [(warning.speakers, dict(warning.values)) for warning in found] == [
        (("S1", "S2"), {"voices": 1, "given": 2})
    ] * warned


class Unsure(ScriptedStages):
    """Two voices are counted, and three are possible."""

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        return replace(super().diarize(audio, progress=progress), estimate=2, alternative=3)


@pytest.mark.parametrize(("speakers", "warned"), [("", True), ("2", False), ("Ada,Grace", False)])
def test_an_unsure_count_is_a_warning_with_its_values_cached_or_not(
    speakers: str, warned: bool, tmp_path: Path
) -> None:
    path = tone(tmp_path / "a.wav")
    for _ in range(2):
        transcript = transcribed(path, Unsure(), Settings(speakers=speakers))
        found = [dict(w.values) for w in transcript.warnings if w.code is WarningCode.COUNT_UNSURE]
        assert found == ([{"voices": 2, "alternative": 3}] if warned else [])


class Foreign(ScriptedStages):
    """The language is read as English, and may be Welsh."""

    def language(self, audio: Audio, plan: ChunkPlan) -> SpokenLanguage:
        return SpokenLanguage("en", "cy")


@pytest.mark.parametrize(("language", "warned"), [("auto", True), ("en", False)])
def test_an_unsure_language_is_a_warning_cached_or_not(language: str, warned: bool, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    for _ in range(2):
        transcript = transcribed(path, Foreign(), Settings(language=language))
        found = [w for w in transcript.warnings if w.code is WarningCode.LANGUAGE_UNSURE]
        assert [dict(w.values) for w in found] == ([{"language": "en", "alternative": "cy"}] if warned else [])
        assert all("--language cy" in w.message for w in found)


class Bilingual(ScriptedStages):
    """The second half is Dutch, as its sound says."""

    def recognize(self, audio: Audio, chunks: Sequence[Chunk], *, language: str, progress: OnFraction) -> Recognition:
        heard = ChunkEvidence(0.0, audio.duration, 25.0, 11, 0.0, -0.9, 0.0, 1.5, 1, "nl", 0.9)
        return replace(super().recognize(audio, chunks, language=language, progress=progress), evidence=(heard,))

    def second_languages(
        self, audio: Audio, chunks: Sequence[Chunk], first: Recognition, *, progress: OnFraction
    ) -> Recognition:
        self.calls.append("second languages")
        return replace(first, stretches=(LanguageStretch(3.0, 6.0, "nl"),))


@pytest.mark.parametrize("language", ["auto", "en"])
def test_a_second_language_is_looked_for_once_unless_one_is_given(language: str, tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), Bilingual()
    for _ in range(2):
        transcript = transcribed(path, stages, Settings(language=language))
        found = [w for w in transcript.warnings if w.code is WarningCode.SECOND_LANGUAGE]
        passages = [{"start": 3.0, "end": 6.0, "language": "nl"}]
        assert [dict(w.values) for w in found] == ([{"passages": passages}] if language == "auto" else [])
        assert all(w.message.startswith("nl from 0:00:03 to 0:00:06: read in that language") for w in found)
    assert stages.calls.count("second languages") == (language == "auto")


def test_silence_is_a_transcript_that_says_so(tmp_path: Path) -> None:
    transcript = transcribed(tone(tmp_path / "a.wav"), ScriptedStages(said=""))
    assert transcript.turns == ()
    assert WarningCode.NO_SPEECH in [warning.code for warning in transcript.warnings]
    assert Transcript.from_json(transcript.to_json()) == transcript
