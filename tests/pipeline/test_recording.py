"""Words read in blocks are the words read at once, however they are parted; values kept come back as they were."""

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
from tests.support.faulty_stages import ChunkedStages, logged
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.scripted_stages import tone
from transcribe.diarization.diarize import Diarization
from transcribe.pipeline import codecs
from transcribe.pipeline.checkpoints import Checkpoints, ForgetfulCheckpoints, Gathered, Key
from transcribe.pipeline.pipeline import hash_of
from transcribe.pipeline.recording import BLOCK, Recording
from transcribe.pipeline.watch import RunMonitor
from transcribe.recognition.engines import Reading
from transcribe.recognition.glossary_correction import Correction
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition, combine, read_chunks
from transcribe.recognition.vad import Chunk, ChunkPlan, Region
from transcribe.settings import Settings, Stage
from transcribe.transcript import Doubt, SpeakerSpan, Word

SECONDS = 40
AUDIO = Audio.from_samples(np.repeat(np.linspace(0.02, 0.9, SECONDS), 16_000).astype(np.float32))
CHUNKS = tuple(Chunk(s, s + 1.0, (Region(s + 0.1, s + 0.9),)) for s in map(float, range(SECONDS)))


def answer(window: np.ndarray) -> Reading:
    """What is said depends on the sound alone; some of it is poor, some says nothing, some is a filler."""
    loudness = int(1000 * float(window[0]))
    if loudness % 5 == 0:
        return Reading((), -0.1, 0.9)
    text = "Uh," if loudness % 7 == 0 else f"loud{loudness}."
    return Reading((Word(text, 0.2, 0.6, 0.9),), -1.2 if loudness % 3 == 0 else -0.2, 0.0)


def read(parts: list[tuple[int, int]]) -> Recognition:
    recognizer = ScriptedRecognizer(answer)
    found = [read_chunks(AUDIO, recognizer, CHUNKS[a:b], language="en", beam_size=5) for a, b in parts]
    return combine(found, "en")


@given(st.sets(st.integers(1, SECONDS - 1)))
def test_any_parting_gives_the_words_of_one_reading(cuts: set[int]) -> None:
    whole = read([(0, SECONDS)])
    assert len(whole.words) > 10
    assert read(list(pairwise([0, *sorted(cuts), SECONDS]))) == whole


def test_a_block_is_read_once_and_a_lost_one_again(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", seconds=40.0)
    settings, store = Settings(output=str(tmp_path / "drafts")), Checkpoints(tmp_path / "cache")

    def recording() -> Recording:
        stages = ChunkedStages(settings)
        episode = Episode.of_file(path)
        return Recording(episode, hash_of(path), stages=stages, settings=settings, store=store, monitor=RunMonitor())

    with recording() as first:
        words = first.words()
    assert first.n_blocks == -(-40 // BLOCK) == 3
    blocks = sorted((tmp_path / "cache").rglob("recognize-*.json"))
    assert len(blocks) == 3
    blocks[1].unlink()
    with recording() as again:
        assert not again.is_complete
        assert again.words() == words
    assert [line for line in logged(tmp_path) if line.startswith("block")] == [
        *(f"block {start} of 40.0" for start in (0, 16, 32)),
        logged(tmp_path)[-1],
    ]
    with recording() as complete:
        assert not complete.is_complete  # nobody told the speakers apart yet
        assert complete.speakers().spans
        assert complete.facts.duration == 40.0
    with recording() as complete:
        assert complete.is_complete


FOUND = Recognition(
    (Word("Café", 0.1, 0.5, 0.9),),
    "fr",
    (Doubt(0.0, 1.0, "mumbled"),),
    (ChunkEvidence(0.0, 1.0, 0.8, 1, 0.0, -0.2, 0.01, 0.9, 1),),
    (Correction(0.1, 0.5, "Cafe", "Café"),),
)
PEOPLE = Diarization((SpeakerSpan(0.1, 0.5, "S1"),), {"S1": (0.6, 0.8)}, (SpeakerSpan(0.2, 0.3, "S1"),), 3)
PLAN = ChunkPlan(CHUNKS[:3])
FACTS = codecs.Facts(12.5, ("cut",))


def test_what_is_kept_comes_back() -> None:
    def through_json(data: object) -> object:
        return json.loads(json.dumps(data))

    assert codecs.recognition(through_json(codecs.of_recognition(FOUND))) == FOUND
    assert codecs.diarization(through_json(codecs.of_diarization(PEOPLE))) == PEOPLE
    assert codecs.plan(through_json(codecs.of_plan(PLAN))) == PLAN
    assert codecs.facts(through_json(codecs.of_facts(FACTS))) == FACTS
    assert codecs.language(through_json(codecs.of_language("nl"))) == "nl"


@pytest.mark.parametrize("data", [None, 3, "x", [], {}, [[1, 0, []]], {"words": [[1]]}, {"duration": "long"}])
def test_what_is_something_else_is_a_miss(data: object) -> None:
    for read_back in (codecs.recognition, codecs.diarization, codecs.facts, codecs.language):
        assert codecs.reading(read_back, data) is None
    assert codecs.reading(codecs.plan, data) in (None, ChunkPlan(()))  # an empty list is a plan in which nobody speaks


def test_what_one_run_finds_goes_on_to_the_next_task(tmp_path: Path) -> None:
    key, other = (Key("ab" * 32, Stage.RECOGNIZE, text) for text in ("one", "two"))
    here = Gathered(ForgetfulCheckpoints(tmp_path / "here"))
    here.save(key, [1])
    Checkpoints(tmp_path / "here").save(other, [2])
    assert (here.load(key), here.load(other)) == ([1], None)
    there = Gathered(Checkpoints(tmp_path / "there"), here.found)
    assert there.load(key) == [1]
    kept_here = Gathered(Checkpoints(tmp_path / "here"))
    kept_here.load(other)
    assert kept_here.found == ((other.file_name, [2]),)
