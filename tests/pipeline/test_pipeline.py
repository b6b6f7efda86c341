"""One episode through the stages: what is stored, what is repeated, what a failure costs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from audio.decoding.samples import Audio
from audio.episode import Episode
from audio.errors import AudioError, SourceError
from audio.fingerprint import Fingerprint
from audio.progress import OnFraction
from tests.support.scripted_stages import B_SOUNDS, ScriptedStages, tone
from tests.support.transcribed import transcribed
from transcribe.diarization.diarize import Diarization
from transcribe.errors import EngineError
from transcribe.pipeline.checkpoints import Checkpoints, WriteOnlyCheckpoints
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.progress import Progress
from transcribe.pipeline.watch import RunMonitor
from transcribe.settings import Settings, Stage
from transcribe.speakers.voiceprints import Sample, Voiceprint


def test_words_are_attributed_to_the_voices_that_speak_them(tmp_path: Path) -> None:
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


class OneTalkedOver(ScriptedStages):
    """The first voice continues while the second, which is louder, speaks three words."""

    def diarize(self, audio: Audio, *, progress: OnFraction) -> Diarization:
        alone = super().diarize(audio, progress=progress)
        first, second, third = alone.spans
        return replace(
            alone, spans=(replace(first, end=third.end), second), background=(replace(second, speaker="S1"),)
        )


def test_overlapping_speech_goes_to_the_louder_voice_cached_or_not(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    first = transcribed(path, OneTalkedOver())
    assert [turn.speaker for turn in first.turns] == ["S1", "S2", "S1"]
    assert transcribed(path, OneTalkedOver()) == first


class Nice(ScriptedStages):
    """Notes how far each stage, and a thread it starts, stands back for others."""

    def __init__(self) -> None:
        super().__init__()
        self.niceness: dict[str, set[int]] = {}

    def _called(self, stage: str, progress: OnFraction) -> None:
        def own() -> int:
            return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        with ThreadPoolExecutor(1) as pool:
            self.niceness[stage] = {own(), pool.submit(own).result()}
        super()._called(stage, progress)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have a priority of their own on Linux alone")
def test_diarization_has_low_priority_and_nothing_after_it(tmp_path: Path) -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    stages = Nice()
    transcribed(tone(tmp_path / "a.wav"), stages)
    assert stages.niceness == {"recognize": {before}, "diarize": {min(19, before + 10)}}
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_no_stage_runs_twice(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    first = transcribed(path, stages)
    assert transcribed(path, stages) == first
    assert sorted(stages.calls) == ["diarize", "recognize"]


def test_a_changed_setting_repeats_only_its_stage(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    transcribed(path, stages)
    stages.calls.clear()
    transcribed(path, stages, Settings(host="Ada", wrap=0, output="elsewhere"))
    assert stages.calls == []
    transcribed(path, stages, Settings(beam_size=1))
    assert stages.calls == ["recognize"]
    transcribed(path, stages, Settings(speakers="Ada,Grace"))  # names to listen for, and how many people speak
    assert sorted(stages.calls) == ["diarize", "recognize", "rehear"]
    transcribed(path, stages, Settings(speakers="2"))
    assert sorted(stages.calls) == ["diarize", "recognize", "rehear"]


def test_other_audio_under_the_same_name_is_transcribed(tmp_path: Path) -> None:
    stages = ScriptedStages()
    transcribed(tone(tmp_path / "a.wav"), stages)
    transcribed(tone(tmp_path / "a.wav", hertz=441), stages)
    assert sorted(stages.calls) == ["diarize", "diarize", "recognize", "recognize"]


@pytest.mark.parametrize(("broken", "stored"), [("diarize", "recognize"), ("recognize", "diarize")])
def test_a_broken_stage_costs_only_itself(broken: str, stored: str, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    with pytest.raises(EngineError, match=f"{broken} broke"):
        transcribed(path, ScriptedStages(broken=frozenset({broken})))
    mended = ScriptedStages()
    transcribed(path, mended)
    assert mended.calls == [broken]


def test_ignoring_the_cache_repeats_everything_and_stores_it(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    for store in (Checkpoints(tmp_path / "c"), WriteOnlyCheckpoints(tmp_path / "c"), Checkpoints(tmp_path / "c")):
        Pipeline(Settings(), stages=stages, checkpoints=store).transcript(Episode.of_file(path))
    assert sorted(stages.calls) == ["diarize", "diarize", "recognize", "recognize"]


def test_an_error_in_the_progress_callback_stops_the_run(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage != "decode":
            raise KeyboardInterrupt

    path = tone(tmp_path / "a.wav")
    pipeline = Pipeline(Settings(), stages=ScriptedStages(), checkpoints=Checkpoints(tmp_path / "c"))
    with pytest.raises(KeyboardInterrupt):
        pipeline.transcript(Episode.of_file(path), monitor=RunMonitor(stop))


@pytest.mark.parametrize("content", [None, b"", b"just text\n"])
def test_a_file_without_audio_is_an_audio_error_that_names_it(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=r"a\.mp3"):
        transcribed(path, ScriptedStages())


def test_an_enrolled_voice_names_its_speaker_also_from_a_checkpoint(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages(said="So how are you? I am well. And you there now?")
    known = Voiceprint("Zoë O'Neill", (Sample("z.wav", 10.0, B_SOUNDS),))
    for _ in range(2):
        pipeline = Pipeline(Settings(), stages=stages, checkpoints=Checkpoints(tmp_path / "cache"), voices=[known])
        speakers = {speaker.id: speaker for speaker in pipeline.transcript(Episode.of_file(path)).speakers}
        assert speakers["S2"].name == "Zoë O'Neill"
        assert speakers["S2"].evidence == "matches the enrolled voice, cosine 1.00"
    assert sorted(stages.calls) == ["diarize", "recognize"]


def test_a_changed_glossary_repeats_name_recovery_and_not_recognition(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    transcribed(path, stages)
    stages.calls.clear()
    names = tmp_path / "names.txt"
    for text, calls in (("Grace\n", ["rehear"]), ("Grace\n", []), ("Grace\nAda\n", ["rehear"])):
        names.write_text(text)
        transcribed(path, stages, Settings(glossary=str(names)))
        assert stages.calls == calls
        stages.calls.clear()
    transcribed(path, stages, Settings(glossary=str(names), beam_size=2))
    assert stages.calls == ["recognize", "rehear"]


def test_a_damaged_checkpoint_repeats_only_its_stage(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    first = transcribed(path, stages)
    for checkpoint in sorted((tmp_path / "cache").rglob("*.json")):
        stages.calls.clear()
        checkpoint.write_text("{}")
        assert transcribed(path, stages) == first
        assert stages.calls == [stage for stage in ("recognize", "diarize") if checkpoint.name.startswith(stage)]
        data = {"words": 3, "spans": None, "chunks": [], "language": []}  # sealed, and not what the stage keeps
        body = json.dumps(data).encode()
        checkpoint.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        assert transcribed(path, stages) == first


def test_a_replaced_file_is_refused(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav")
    fingerprint = Fingerprint.of(path)
    tone(path, hertz=700)
    pipeline = Pipeline(Settings(), stages=ScriptedStages(), checkpoints=Checkpoints(tmp_path / "c"))
    with pytest.raises(SourceError, match="was replaced while it was read"):
        pipeline.transcript(Episode.of_file(path), fingerprint=fingerprint)
    assert not list((tmp_path / "c").rglob("*.json"))


def test_the_seconds_of_each_stage_and_the_failed_stage_are_recorded(tmp_path: Path) -> None:
    path, monitor = tone(tmp_path / "a.wav"), RunMonitor()
    pipeline = Pipeline(
        Settings(), stages=ScriptedStages(broken=frozenset({"diarize"})), checkpoints=Checkpoints(tmp_path / "c")
    )
    with pytest.raises(EngineError):
        pipeline.transcript(Episode.of_file(path), monitor=monitor)
    assert monitor.failed_in == "diarize"
    assert {"decode", "plan", "recognize", "diarize"} <= monitor.seconds.keys()
    assert all(isinstance(stage, Stage) for stage in monitor.seconds)


def test_names_of_the_episode_and_the_speakers_are_recovered(tmp_path: Path) -> None:
    path, stages = tone(tmp_path / "a.wav"), ScriptedStages()
    store = Checkpoints(tmp_path / "cache")
    for title in ("Storage at home, with Ada Lovelace", "Storage at home, with Ada Lovelace", "RDO today"):
        episode = Episode(title=title, path=path)
        Pipeline(Settings(speakers="Rich,Ada"), stages=stages, checkpoints=store).transcript(episode)
    assert stages.names == [
        ("Rich", "Ada", "Ada Lovelace"),
        ("Rich", "Ada", "RDO"),
    ]  # the second run uses the checkpoint
