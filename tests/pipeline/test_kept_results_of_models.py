"""The settings that reach the models, over kept results and fresh: the same transcript, by the real networks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from audio.episode import Episode
from tests.support.paths import CLIPS
from tests.support.scripted_stages import tone
from transcribe.errors import SettingsError
from transcribe.pipeline.checkpoints import Checkpoints, WriteOnlyCheckpoints
from transcribe.pipeline.pipeline import Pipeline
from transcribe.recognition.models import ModelFiles
from transcribe.settings import Settings
from transcribe.transcript import Transcript

CLIP = CLIPS / "short.mp3"
RUNS: dict[str, list[dict[str, object]]] = {
    "language": [{"language": "en"}, {"language": "nl"}, {}, {"language": "en"}],
    "beam_size": [{}, {"beam_size": 1}, {}],
    "verbatim": [{"verbatim": True}, {}, {"verbatim": True}],
    "channels": [{}, {"channels": "mix"}, {}],
    "speakers": [{"speakers": "2"}, {"speakers": "1"}, {}, {"speakers": "Ada,Grace"}],
    "glossary": [{}, {"glossary": True}, {}],
    "engine": [{"engine": "openai"}, {}, {"engine": "openai"}],
    "threads": [{"threads": 1}, {"threads": 2}],
}


def made(path: Path, settings: Settings, store: Checkpoints) -> Transcript:
    return Pipeline(settings, checkpoints=store, voices=()).transcript(Episode.of_file(path))


@dataclass(frozen=True)
class Fresh:
    """The transcript of a fresh run, as JSON, and the folder of the results it kept."""

    transcript: str
    kept: Path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Settings], Fresh]:
    """A fresh run; one for each settings."""

    def run(settings: Settings) -> Fresh:
        folder = tmp_path_factory.mktemp("fresh")
        return Fresh(made(CLIP, settings, WriteOnlyCheckpoints(folder)).to_json(), folder)

    return cache(run)


@pytest.fixture(scope="module")
def glossary(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("glossary") / "names.txt"
    path.write_text("rein -> Rain\n")
    return str(path)


@pytest.mark.parametrize("name", RUNS)
def test_kept_results_are_those_of_a_fresh_run(
    name: str,
    tmp_path: Path,
    fresh: Callable[[Settings], Fresh],
    glossary: str,
    base_files: ModelFiles,
    speaker_models: None,
) -> None:
    """The first run finds what a fresh run with its settings has kept, every other one what those before it have."""
    kept = tmp_path / "kept"
    for given in RUNS[name]:
        file = {"glossary": glossary} if "glossary" in given else {}
        settings = Settings(**({"threads": 2} | given | file))  # type: ignore[arg-type]
        if not kept.exists():
            shutil.copytree(fresh(settings).kept, kept)
        assert made(CLIP, settings, Checkpoints(kept)).to_json() == fresh(settings).transcript


def test_a_dutch_reading_is_not_the_english_one(
    fresh: Callable[[Settings], Fresh], base_files: ModelFiles, speaker_models: None
) -> None:
    """So the runs above that go from one language to the other tell whether one is taken for the other."""
    settings = [Settings(threads=2, language=language) for language in ("en", "nl", "auto")]
    results = [Transcript.from_json(fresh(one).transcript) for one in settings]
    assert [one.language for one in results] == ["en", "nl", "en"]
    words = [[word.text for turn in one.turns for word in turn.words] for one in results]
    assert all(one != other for one, other in pairwise(words))


@pytest.mark.parametrize("language", ["xx", "yue"])
def test_an_unknown_language_is_refused_with_and_without_speech_and_kept_results(
    language: str, tmp_path: Path, base_files: ModelFiles, speaker_models: None
) -> None:
    store = Checkpoints(tmp_path / "cache")
    for path in (CLIP, tone(tmp_path / "tone.wav")):
        for _ in range(2):
            with pytest.raises(SettingsError, match=f"language: the model base does not know '{language}'"):
                made(path, Settings(language=language), store)
            made(path, Settings(), store)
