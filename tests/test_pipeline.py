"""One episode through the stages: what is kept, what is done again, what a failure costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.episode import Episode
from audio.errors import AudioError
from tests.scripted import B_SOUNDS, ScriptedStages, tone
from transcribe.checkpoint import Checkpoints, ForgetfulCheckpoints
from transcribe.errors import EngineError
from transcribe.pipeline import NO_SPEECH, Pipeline
from transcribe.settings import Settings
from transcribe.transcript import Transcript
from transcribe.voices import Sample, Voice


def transcribed(path: Path, stages: ScriptedStages, settings: Settings | None = None) -> Transcript:
    store = Checkpoints(path.parent / "cache")
    return Pipeline(settings or Settings(), stages=stages, checkpoints=store).transcript(Episode.of_file(path))


def test_words_go_to_the_voices_that_said_them(tmp_path: Path) -> None:
    transcript = transcribed(tone(tmp_path / "a.wav"), ScriptedStages())
    assert [(turn.speaker, turn.text) for turn in transcript.turns] == [
        ("S1", "I'm Ada. Who are you?"),
        ("S2", "I am Grace."),
        ("S1", "Thank you, Grace."),
    ]
    assert transcript.language == "en"
    assert transcript.episode.duration == 6.0
    assert transcript.doubts[0].reason == "mumbled"
    assert transcript.made_with.engine == "ctranslate2"
    assert transcript.made_with.model_sha256 == "d01c"


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    first = transcribed(path, stages)
    assert transcribed(path, stages) == first
    assert sorted(stages.calls) == ["diarize", "recognize"]


def test_a_changed_setting_repeats_just_its_stage(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    transcribed(path, stages)
    stages.calls.clear()
    transcribed(path, stages, Settings(host="Ada", wrap=0, output="elsewhere"))
    assert stages.calls == []
    transcribed(path, stages, Settings(beam_size=1))
    assert stages.calls == ["recognize"]
    transcribed(path, stages, Settings(speakers="Ada,Grace"))
    assert stages.calls == ["recognize", "diarize"]
    transcribed(path, stages, Settings(speakers="2"))
    assert stages.calls == ["recognize", "diarize"]


def test_other_audio_under_the_same_name_is_transcribed(tmp_path: Path) -> None:
    stages = ScriptedStages()
    transcribed(tone(tmp_path / "a.wav"), stages)
    transcribed(tone(tmp_path / "a.wav", hertz=441), stages)
    assert sorted(stages.calls) == ["diarize", "diarize", "recognize", "recognize"]


@pytest.mark.parametrize(("broken", "kept"), [("diarize", "recognize"), ("recognize", "diarize")])
def test_a_broken_stage_costs_itself_alone(broken: str, kept: str, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    with pytest.raises(EngineError, match=f"{broken} broke"):
        transcribed(path, ScriptedStages(broken=frozenset({broken})))
    mended = ScriptedStages()
    transcribed(path, mended)
    assert mended.calls == [broken]


def test_fresh_means_everything_again_and_keeps_it(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    for store in (Checkpoints(tmp_path / "c"), ForgetfulCheckpoints(tmp_path / "c"), Checkpoints(tmp_path / "c")):
        Pipeline(Settings(), stages=stages, checkpoints=store).transcript(Episode.of_file(path))
    assert sorted(stages.calls) == ["diarize", "diarize", "recognize", "recognize"]


def test_silence_is_a_transcript_that_says_so(tmp_path: Path) -> None:
    transcript = transcribed(tone(tmp_path / "a.wav"), ScriptedStages(said=""))
    assert transcript.turns == ()
    assert NO_SPEECH in transcript.warnings
    assert Transcript.from_json(transcript.to_json()) == transcript


def test_what_progress_raises_stops_the_run(tmp_path: Path) -> None:
    def stop(stage: str, fraction: float) -> None:
        if stage != "decode":
            raise KeyboardInterrupt

    path = tone(tmp_path / "a.wav")
    pipeline = Pipeline(Settings(), stages=ScriptedStages(), checkpoints=Checkpoints(tmp_path / "c"))
    with pytest.raises(KeyboardInterrupt):
        pipeline.transcript(Episode.of_file(path), progress=stop)


@pytest.mark.parametrize("content", [None, b"", b"just text\n"])
def test_what_is_no_audio_is_an_audio_error_that_names_it(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=r"a\.mp3"):
        transcribed(path, ScriptedStages())


def test_a_voice_on_file_names_its_speaker_also_from_a_checkpoint(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages(said="So how are you? I am well. And you there now?")
    known = Voice("Zoë O'Neill", (Sample("z.wav", 10.0, B_SOUNDS),))
    for _ in range(2):
        pipeline = Pipeline(Settings(), stages=stages, checkpoints=Checkpoints(tmp_path / "cache"), voices=[known])
        speakers = {speaker.id: speaker for speaker in pipeline.transcript(Episode.of_file(path)).speakers}
        assert speakers["S2"].name == "Zoë O'Neill"
        assert speakers["S2"].evidence == "the voice on file, likeness 1.00"
    assert sorted(stages.calls) == ["diarize", "recognize"]
