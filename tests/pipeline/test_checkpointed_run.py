"""Words recognised in blocks are those recognised in one go, however they are split; codecs restore their values."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.samples import Audio
from audio.episode import Episode
from audio.fingerprint import Fingerprint
from tests.support.faulty_stages import ChunkedStages, logged
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.scripted_stages import tone
from transcribe.diarization.diarize import Diarization
from transcribe.pipeline import codecs
from transcribe.pipeline.checkpointed_run import CHUNKS_PER_BLOCK, CheckpointedRun
from transcribe.pipeline.checkpoints import Checkpoints, Key, OverlayStore, WriteOnlyCheckpoints
from transcribe.pipeline.watch import RunMonitor
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.other_readings import OtherReading
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition, combine, read_chunks
from transcribe.recognition.spoken_language import SpokenLanguage
from transcribe.recognition.vad import Chunk, ChunkPlan, Region
from transcribe.settings import Settings, Stage
from transcribe.transcript import Doubt, SpeakerSpan, Word

SECONDS = 40
AUDIO = Audio.from_samples(np.repeat(np.linspace(0.02, 0.9, SECONDS), 16_000).astype(np.float32))
CHUNKS = tuple(Chunk(s, s + 1.0, (Region(s + 0.1, s + 0.9),)) for s in map(float, range(SECONDS)))


def answer(window: np.ndarray) -> Reading:
    """The words depend on the samples alone; some readings are poor, some empty, some fillers."""
    loudness = int(1000 * float(window[0]))
    if loudness % 5 == 0:
        return Reading((), -0.1, 0.9)
    text = "Uh," if loudness % 7 == 0 else f"loud{loudness}."
    return Reading((Word(text, 0.2, 0.6, 0.9),), -1.2 if loudness % 3 == 0 else -0.2, 0.0)


def read(parts: list[tuple[int, int]]) -> Recognition:
    recognizer = ScriptedRecognizer(answer)
    parts_read = [read_chunks(AUDIO, recognizer, CHUNKS[a:b], language="en", beam_size=5) for a, b in parts]
    return combine(parts_read, "en")


@given(st.sets(st.integers(1, SECONDS - 1)))
def test_any_split_into_blocks_gives_the_same_words(cuts: set[int]) -> None:
    whole = read([(0, SECONDS)])
    assert len(whole.words) > 10
    assert read(list(pairwise([0, *sorted(cuts), SECONDS]))) == whole


def test_a_block_is_recognised_once_and_a_lost_one_again(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", seconds=40.0)
    settings, store = Settings(output=str(tmp_path / "drafts")), Checkpoints(tmp_path / "cache")

    def start() -> CheckpointedRun:
        stages = ChunkedStages(settings)
        episode = Episode.of_file(path)
        return CheckpointedRun(
            episode, Fingerprint.of(path), stages=stages, settings=settings, store=store, monitor=RunMonitor()
        )

    with start() as first:
        words = first.words()
    assert first.n_blocks == -(-40 // CHUNKS_PER_BLOCK) == 3
    blocks = sorted((tmp_path / "cache").rglob("recognize-*.json"))
    assert len(blocks) == 3
    blocks[1].unlink()
    with start() as again:
        assert again.missing == {Stage.RECOGNIZE, Stage.DIARIZE}
        assert again.words() == words
    assert [line for line in logged(tmp_path) if line.startswith("block")] == [
        *(f"block {start} of 40.0" for start in (0, 16, 32)),
        logged(tmp_path)[-1],
    ]
    with start() as complete:
        assert complete.missing == {Stage.DIARIZE}, "the speakers are not found yet"
        assert complete.speakers().spans
        assert complete.facts.duration == 40.0
    with start() as complete:
        assert not complete.missing


WORDS = Recognition(
    (Word("Café", 0.1, 0.5, 0.9),),
    "fr",
    (Doubt(0.0, 1.0, "mumbled"), Doubt(1.0, 2.0, "discarded", alternative="No.")),
    (ChunkEvidence(0.0, 1.0, 0.8, 1, 0.0, -0.2, 0.01, 0.9, 1),),
    (Correction(0.1, 0.5, "Cafe", "Café"),),
    (OtherReading(0.1, 0.5, "Café", "cave"),),
)
SPEAKERS = Diarization((SpeakerSpan(0.1, 0.5, "S1"),), {"S1": (0.6, 0.8)}, (SpeakerSpan(0.2, 0.3, "S1"),), 3)
PLAN = ChunkPlan(CHUNKS[:3])
FACTS = codecs.AudioFacts(12.5, ("cut",))


def test_codecs_restore_what_they_encode() -> None:
    def through_json(data: object) -> object:
        return json.loads(json.dumps(data))

    in_french = codecs.recognition_in("fr")
    assert in_french.decode(through_json(in_french.encode(WORDS))) == WORDS
    assert codecs.recognition_in("en").decode_or_none(through_json(in_french.encode(WORDS))) is None
    assert codecs.DIARIZATION.decode(through_json(codecs.DIARIZATION.encode(SPEAKERS))) == SPEAKERS
    assert codecs.PLAN.decode(through_json(codecs.PLAN.encode(PLAN))) == PLAN
    assert codecs.FACTS.decode(through_json(codecs.FACTS.encode(FACTS))) == FACTS
    for language in (SpokenLanguage("nl"), SpokenLanguage("nl", "de")):
        assert codecs.LANGUAGE.decode(through_json(codecs.LANGUAGE.encode(language))) == language


@pytest.mark.parametrize("data", [None, 3, "x", [], {}, [[1, 0, []]], {"words": [[1]]}, {"duration": "long"}])
def test_other_data_is_a_miss(data: object) -> None:
    for codec in (codecs.recognition_in("en"), codecs.DIARIZATION, codecs.FACTS, codecs.LANGUAGE):
        assert codec.decode_or_none(data) is None
    assert codecs.PLAN.decode_or_none(data) in (None, ChunkPlan(()))  # an empty list is a plan without speech


def test_readings_that_are_no_text_are_a_miss() -> None:
    codec = codecs.recognition_in("fr")
    for key, row in (("others", [0.1, 0.5, "Café", 5]), ("others", [0.1, 0.5, "x"]), ("doubts", [0, 1, "?", None])):
        assert codec.decode_or_none(codec.encode(WORDS) | {key: [row]}) is None


def test_results_of_one_task_are_passed_to_the_next(tmp_path: Path) -> None:
    key, other = (Key("ab" * 32, Stage.RECOGNIZE, text) for text in ("one", "two"))
    here = OverlayStore(WriteOnlyCheckpoints(tmp_path / "here"))
    here.save(key, [1])
    Checkpoints(tmp_path / "here").save(other, [2])
    assert (here.load(key), here.load(other)) == ([1], None)
    there = OverlayStore(Checkpoints(tmp_path / "there"), here.results)
    assert there.load(key) == [1]
    again = OverlayStore(Checkpoints(tmp_path / "here"))
    again.load(other)
    assert again.results == ((other.file_name, [2]),)
