"""The law of the cache: a run over results that are kept gives what a run without any gives, whatever was run before.

Every setting is changed in turn, over stages whose results spell out all they may see. A new field of `Settings` fails
`test_every_setting_changes_the_transcript_or_is_named` until a stage declares it or it is named in `WITHOUT_EFFECT`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from audio.episode import Episode
from audio.fingerprint import Fingerprint
from tests.support.audio_files import write_wav
from tests.support.other_settings import FIELDS, OTHER
from tests.support.revealing_stages import RevealingStages
from tests.support.scripted_stages import A_SOUNDS, ScriptedStages, tone
from transcribe.errors import SettingsError
from transcribe.pipeline.checkpoints import Checkpoints, Key, OverlayStore, WriteOnlyCheckpoints
from transcribe.pipeline.pipeline import Pipeline
from transcribe.pipeline.result_keys import RESULTS_OF
from transcribe.recognition.recognize import Recognition, combine
from transcribe.settings import Settings, Stage, UndeclaredReadError
from transcribe.speakers.voiceprints import Sample, Voiceprint
from transcribe.style import Style
from transcribe.transcript import Transcript, Word

_OF_FEEDS = "selects episodes; a transcript is of one"
_OF_RUNS = "how a run is carried out and shown; no stage sees it"
WITHOUT_EFFECT = {
    "output": "where files go",
    "formats": "which files are written",
    "device": "auto is content with either device's result; a result is kept under its device (tests below)",
    "threads": "a reading does not depend on them (tests/recognition/engines, tests/diarization)",
    **dict.fromkeys(("latest", "since", "match", "episode", "user_agent", "cookies", "allow_http"), _OF_FEEDS),
    **dict.fromkeys(("jobs", "scheduler", "progress", "cache_limit"), _OF_RUNS),
    **{field.name: "drafts are rendered anew in each run" for field in fields(Style)},
}
NAME = st.sampled_from(FIELDS)


def enrolled(name: str, sounds: tuple[float, ...]) -> Voiceprint:
    return Voiceprint(name, (Sample("a.wav", 30.0, sounds),))


NOISE, HUM = (*(0.0,) * 100, 1.0, *(0.0,) * 91), (*(0.0,) * 101, 1.0, *(0.0,) * 90)
VOICES = (enrolled("Ada", NOISE), enrolled("Grace", HUM), enrolled("Carl", A_SOUNDS))


class NoStore:
    """Keeps nothing."""

    def load(self, key: Key) -> None:
        return None

    def save(self, key: Key, data: object) -> None:
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    tone(folder / "a.wav")
    (folder / "names.txt").write_text("Lovelace\n")
    return folder


def changed(folder: Path, *names: str) -> Settings:
    other = OTHER | {"glossary": str(folder / "names.txt"), "voices": ("Ada", "Grace")}
    return Settings(**{name: other[name] for name in names})


def made(
    folder: Path, settings: Settings, store: OverlayStore | NoStore, voices: tuple[Voiceprint, ...] = VOICES
) -> Transcript:
    pipeline = Pipeline(settings, stages=RevealingStages(settings), checkpoints=store, voices=voices)
    path = folder / "a.wav"
    return pipeline.transcript(Episode.of_file(path), fingerprint=Fingerprint.of(path))


@cache
def fresh(folder: Path, names: frozenset[str]) -> str:
    """What is made without anything kept, with other values for these settings."""
    return made(folder, changed(folder, *names), NoStore()).to_json()


def texts(folder: Path, names: tuple[str, ...]) -> list[str]:
    """The text as made with and without voices that are recognised: the host's name is needed only without."""
    strangers = VOICES[:2]
    return [text(made(folder, changed(folder, *names), NoStore(), voices)) for voices in (VOICES, strangers)]


def text(transcript: Transcript) -> str:
    """All but the record of what it was made with."""
    return replace(transcript, made_with=replace(transcript.made_with, settings={}, model="", engine="")).to_json()


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_changes_the_transcript_or_is_named(name: str, folder: Path) -> None:
    before, after = (texts(folder, names) for names in ((), (name,)))
    assert (before == after) == (name in WITHOUT_EFFECT), f"declare the stages that {name} is for"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("name", FIELDS)
def test_a_changed_setting_gives_what_a_fresh_run_gives(name: str, order: int, folder: Path) -> None:
    store = OverlayStore(NoStore())
    for names in [(), (name,)][::order]:
        assert made(folder, changed(folder, *names), store).to_json() == fresh(folder, frozenset(names))


@profile(max_examples=30)
@given(st.lists(st.sets(NAME, max_size=6), min_size=2, max_size=4))
def test_any_runs_in_a_row_give_what_fresh_runs_give(folder: Path, runs: list[set[str]]) -> None:
    store = OverlayStore(NoStore())
    for names in runs:
        assert made(folder, changed(folder, *names), store).to_json() == fresh(folder, frozenset(names))


def test_a_glossary_counts_by_its_contents_and_voices_by_who_is_enrolled(folder: Path, tmp_path: Path) -> None:
    store, path = OverlayStore(NoStore()), tmp_path / "glossary.txt"
    results = []
    for names in ("Lovelace\n", "Hopper\n", "Hoper -> Hopper\n"):
        path.write_text(names)
        settings = Settings(glossary=str(path))
        results.append(made(folder, settings, store).to_json())
        assert results[-1] == made(folder, settings, NoStore()).to_json()
    results += [made(folder, Settings(), store, voices).to_json() for voices in (VOICES, VOICES[:2], VOICES[:0])]
    assert all(one != other for one, other in pairwise(results))


def test_a_result_is_kept_under_the_device_it_was_computed_on(folder: Path) -> None:
    store = OverlayStore(NoStore())
    fresh = {device: text(made(folder, Settings(device=device), NoStore())) for device in ("cpu", "cuda")}
    for device in ("cuda", "cpu", "cuda"):
        assert text(made(folder, Settings(device=device), store)) == fresh[device]
    only_gpu = OverlayStore(NoStore())
    kept = text(made(folder, Settings(device="cuda"), only_gpu))
    assert text(made(folder, Settings(), only_gpu)) == kept, "auto computes again what a GPU has computed"


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_sees_its_own_settings_and_no_others(stage: Stage) -> None:
    settings = Settings(speakers="Ada,Grace")
    view = settings.seen_by(stage)
    for field in fields(Settings):
        is_declared = stage in field.metadata["stages"] or field.metadata["everywhere"]
        if not is_declared or field.name == "glossary":  # stages are given the glossary itself
            with pytest.raises(UndeclaredReadError, match=rf"{field.name}: does not name {stage}"):
                getattr(view, field.name)
        elif field.name != "speakers" or stage is not Stage.DIARIZE:
            assert getattr(view, field.name) == getattr(settings, field.name)
    if stage is Stage.DIARIZE:
        assert (view.speaker_count, view.speakers) == (2, "2")
    elif stage is not Stage.TURNS:
        with pytest.raises(UndeclaredReadError):
            _ = view.speaker_count


class Silent(ScriptedStages):
    """Nobody speaks."""

    def plan(self, audio, *, progress):  # type: ignore[no-untyped-def]
        return super().plan(audio, progress=progress).__class__(())


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("make", [ScriptedStages, Silent])
def test_a_language_the_model_does_not_know_is_refused_before_any_work(
    make: type[ScriptedStages], kept: bool, tmp_path: Path
) -> None:
    path, store = tone(tmp_path / "a.wav"), OverlayStore(NoStore())
    episode = Episode.of_file(path)
    for language in ("auto", "nl") if kept else ():
        Pipeline(Settings(language=language), stages=make(), checkpoints=store, voices=()).transcript(episode)
    stages, before = make(), store.results
    with pytest.raises(SettingsError, match="language: the model base does not know 'xx'; choose another, or auto"):
        Pipeline(Settings(language="xx"), stages=stages, checkpoints=store, voices=()).transcript(episode)
    assert (stages.calls, store.results) == ([], before)


@pytest.mark.parametrize("language", ["auto", "en", "nl", "fr"])
def test_a_transcript_has_the_language_its_words_were_recognised_in(language: str, folder: Path) -> None:
    store = OverlayStore(NoStore())
    for first in ("en", "auto", "nl"):
        made(folder, Settings(language=first), store)
    transcript = made(folder, Settings(language=language), store)
    assert transcript.language == ("en" if language == "auto" else language)
    assert any(word.text.startswith(f"{transcript.language}-") for turn in transcript.turns for word in turn.words)


def test_words_in_another_language_are_no_part_of_a_recognition() -> None:
    part = Recognition((Word("hallo", 0.0, 0.5, 0.9),), "nl", (), ())
    with pytest.raises(ValueError, match=r"words in \['nl'\] cannot be a recognition in en"):
        combine([part], "en")


def test_kept_words_in_another_language_are_a_miss(folder: Path, tmp_path: Path) -> None:
    """A store of an earlier release, in which the words of a key were read in a language that had been given before."""
    store, settings = Checkpoints(tmp_path / "cache"), changed(folder, "glossary")
    fresh = made(folder, settings, WriteOnlyCheckpoints(store.folder)).to_json()  # type: ignore[arg-type]
    overlay = OverlayStore(store)
    for name in [file for path in store.folder.rglob("re*.json") if (file := path.relative_to(store.folder))]:
        key = next(key for key in _keys(folder, settings) if key.file_name == str(name))
        data = store.load(key)
        assert data is not None
        store.save(key, data | {"language": "nl"})
    assert made(folder, settings, overlay).to_json() == fresh


def _keys(folder: Path, settings: Settings) -> list[Key]:
    keys: list[Key] = []

    class Noting(NoStore):
        def load(self, key: Key) -> None:
            keys.append(key)

    made(folder, settings, Noting())
    return keys


@pytest.mark.parametrize("is_inverted", [False, True])
def test_only_a_recording_whose_samples_were_changed_has_other_keys(tmp_path: Path, is_inverted: bool) -> None:
    """So the results of earlier releases, whose keys know of no revision, remain for all others."""
    sound = (np.random.default_rng(4).standard_normal(80_000) * 3000).round().astype("<i2")
    path = write_wav(tmp_path / "a.wav", sound, -sound if is_inverted else sound)
    store, settings = OverlayStore(NoStore()), Settings()
    pipeline = Pipeline(settings, stages=RevealingStages(settings), checkpoints=store, voices=())
    pipeline.transcript(Episode.of_file(path))
    as_ever = f"{RESULTS_OF[Stage.PLAN]} {settings.digest(Stage.PLAN)} "
    key = Key(Fingerprint.of(path).sha256, Stage.PLAN, as_ever)
    assert (store.load(key) is None) == is_inverted
