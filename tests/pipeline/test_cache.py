"""The cache: what is counted, what goes first, what never goes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.disk import CacheKind, cache_folder
from tests.support.command_line import Run
from tests.support.scripted_stages import tone
from transcribe.errors import SettingsError
from transcribe.evaluation.listening import listening_command
from transcribe.pipeline.cache import CLEARED, Entry, cache_entries, clear, damaged, recordings, to_clear, trim
from transcribe.pipeline.checkpoints import Checkpoints, Key, note_source, source_of
from transcribe.settings import Stage
from transcribe.units import age_seconds, format_size, size_bytes

NOW = 1_800_000_000.0
DAY_S = 86_400.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache of two recordings (100 bytes a day old, 200 bytes ten days old), a feed, a score and two
    models."""
    for name, n_bytes, age_days in (
        ("stages/aa/recognize-1.json", 60, 1),
        ("stages/aa/diarize-1.json", 40, 1),
        ("stages/bb/recognize-1.json", 200, 10),
        ("documents/feed.document", 50, 5),
        ("scores/clip.json", 2, 20),
        ("models/base/model.bin", 1000, 90),
        ("models/base/config.json", 10, 90),
        ("models/speakers.onnx", 500, 90),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1" * n_bytes)
        os.utime(path, (NOW - age_days * DAY_S,) * 2)
    return tmp_path


def names(entries: tuple[Entry, ...]) -> list[str]:
    return [f"{entry.path.parent.name}/{entry.path.name}" for entry in entries]


def test_every_kind_is_counted_and_a_model_is_one_entry(folder: Path) -> None:
    entries = cache_entries(folder)
    sizes = {kind: sum(entry.n_bytes for entry in entries if entry.kind is kind) for kind in CacheKind}
    assert sizes == {
        CacheKind.STAGES: 300,
        CacheKind.DOCUMENTS: 50,
        CacheKind.SCORES: 2,
        CacheKind.MIXES: 0,
        CacheKind.MODELS: 1510,
    }
    assert names(entries)[:2] == ["models/base", "models/speakers.onnx"]  # used longest ago
    assert [(row.sha256_beginning, row.n_entries, row.n_bytes) for row in recordings(entries)] == [
        ("aa", 2, 100),
        ("bb", 1, 200),
    ]


@pytest.mark.parametrize(
    ("bounds", "removed"),
    [
        ({}, ["scores/clip.json", "bb/recognize-1.json", "documents/feed.document", "aa/diarize-1.json"]),
        ({"older_than": 7 * DAY_S}, ["scores/clip.json", "bb/recognize-1.json"]),
        ({"max_bytes": 352}, []),
        ({"max_bytes": 351}, ["scores/clip.json"]),
        ({"max_bytes": 150}, ["scores/clip.json", "bb/recognize-1.json"]),
        ({"max_bytes": 149}, ["scores/clip.json", "bb/recognize-1.json", "documents/feed.document"]),
        ({"older_than": 15 * DAY_S, "max_bytes": 150}, ["scores/clip.json", "bb/recognize-1.json"]),
    ],
)
def test_the_least_recently_used_goes_first(bounds: dict[str, float], removed: list[str], folder: Path) -> None:
    chosen = names(to_clear(cache_entries(folder), now=NOW, **bounds))  # type: ignore[arg-type]
    assert chosen[: len(removed)] == removed
    assert len(chosen) == (5 if not bounds else len(removed))


def test_models_are_removed_only_on_request(folder: Path) -> None:
    clear(to_clear(cache_entries(folder), now=NOW))
    assert {entry.kind for entry in cache_entries(folder)} == {CacheKind.MODELS}
    assert [path.name for path in (folder / "stages").iterdir()] == []
    clear(to_clear(cache_entries(folder), kinds=frozenset(CacheKind), now=NOW))
    assert cache_entries(folder) == ()


def test_a_limit_does_not_count_models(folder: Path) -> None:
    trim(400, folder=folder)
    assert len(cache_entries(folder)) == 7  # 1,510 bytes of models do not count
    trim(0, folder=folder)
    assert {entry.kind for entry in cache_entries(folder)} == {CacheKind.MODELS}


@given(sizes=st.lists(st.integers(0, 1000), max_size=20), limit=st.integers(0, 5000))
def test_no_more_is_removed_than_needed(sizes: list[int], limit: int) -> None:
    entries = [Entry(CacheKind.STAGES, Path(str(i)), size, float(i)) for i, size in enumerate(sizes)]
    removed = to_clear(entries, max_bytes=limit, now=NOW)
    assert list(removed) == entries[: len(removed)]
    left = [entry.n_bytes for entry in entries[len(removed) :]]
    assert sum(left) <= limit
    assert not removed or sum(left) + removed[-1].n_bytes > limit


def test_results_of_a_run_are_intact_and_a_damaged_entry_is_counted(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path / "stages")
    keys = [Key("ab" * 32, stage, "x") for stage in (Stage.RECOGNIZE, Stage.DIARIZE)]
    for key in keys:
        store.save(key, {"words": ["Café"]})
    assert damaged(cache_entries(tmp_path)) == ()
    path = store.folder / keys[0].file_name
    path.write_bytes(path.read_bytes()[:-2])
    (path.parent / ".left.abc.turnscript.tmp").write_bytes(b"half")
    assert sorted(names(damaged(cache_entries(tmp_path)))) == [
        f"{'ab' * 16}/.left.abc.turnscript.tmp",
        f"{'ab' * 16}/{path.name}",
    ]


def test_a_passage_cut_to_listen_to_is_no_damaged_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command of `check --explain` leaves is as sound as a score; it is counted, and cleared with them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache_folder(CacheKind.SCORES).mkdir(parents=True)
    command = listening_command(Path("clip.mp3"), 1.0, 2.0, which=lambda name: None)
    Path(command[-1]).write_bytes(b"RIFF")
    entries = cache_entries()
    assert [entry.path for entry in to_clear(entries)] == [Path(command[-1])]
    assert damaged(entries) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
def test_scores_that_nobody_could_read_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "deep.json").write_bytes(b"[" * 200_000)
    os.mkfifo(tmp_path / "scores" / "fifo.json")
    assert sorted(names(damaged(cache_entries(tmp_path)))) == ["scores/deep.json", "scores/fifo.json"]


def test_a_file_that_may_be_being_written_stays(tmp_path: Path) -> None:
    half = tmp_path / "stages" / "aa" / ".x.turnscript.tmp"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    os.utime(half, (NOW - 60, NOW - 60))
    assert to_clear(cache_entries(tmp_path), now=NOW) == ()
    assert names(to_clear(cache_entries(tmp_path), max_bytes=10**9, now=NOW + DAY_S)) == ["aa/.x.turnscript.tmp"]


def test_the_path_of_a_recording_is_noted_and_removed_with_it(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path / "stages")
    key = Key("ab" * 32, Stage.RECOGNIZE, "x")
    note_source(store.folder, key.audio_sha256, tmp_path / "a.mp3")
    assert not store.folder.exists()  # it has no checkpoints, so there is no note
    store.save(key, 1)
    note_source(store.folder, key.audio_sha256, tmp_path / "Café.mp3")
    (row,) = recordings(cache_entries(tmp_path))
    assert (row.source, row.n_entries) == (str(tmp_path / "Café.mp3"), 1)
    clear(to_clear(cache_entries(tmp_path)))
    assert list((tmp_path / "stages").iterdir()) == []
    assert source_of(tmp_path / "stages" / "none") == ""


def test_an_entry_that_cannot_be_removed_does_not_stop_the_rest(folder: Path) -> None:
    entries = cache_entries(folder)
    impossible = Entry(CacheKind.STAGES, folder / ("x" * 300), 1, 0.0)
    removed = clear((impossible, *(entry for entry in entries if entry.kind in CLEARED)))
    assert impossible not in removed
    assert len(removed) == 5


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1e9", "2 gigabytes", "nan", "٣x"])
def test_an_invalid_size_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a size such as"):
        size_bytes(text)


@pytest.mark.parametrize("text", ["", "d", "30", "-1d", "30 days", "1.5h"])
def test_an_invalid_age_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is not an age such as"):
        age_seconds(text)


@given(st.integers(0, 10**15))
def test_a_size_shown_is_the_size_within_its_digits(n_bytes: int) -> None:
    assert size_bytes(format_size(n_bytes)) == pytest.approx(n_bytes, rel=0.06, abs=0.5)


def test_show_and_clear_on_the_command_line(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    assert run("run", "a.wav")[0] == 0
    code, out, _ = run("cache", "show")
    assert code == 0
    assert "results of stages" in out
    code, out, _ = run("cache", "show", "--json")
    contents = json.loads(out)
    assert set(contents["kinds"]) == {"stages", "documents", "scores", "mixes", "models"}, (
        "every kind that is written, and no other"
    )
    assert run("cache", "clear", "--revisions")[0] == 2
    assert contents["kinds"]["stages"]["entries"] == contents["recordings"][0]["entries"] > 0
    stages = list((tmp_path / "cache" / "turnscript" / "stages").rglob("*.json"))
    code, out, err = run("cache", "clear", "--dry-run")
    assert (code, sorted(out.splitlines())) == (0, sorted(map(str, stages)))
    assert "would be removed" in err
    assert all(path.exists() for path in stages)
    assert run("cache", "clear", "--older-than", "1d")[1] == ""
    assert run("cache", "clear")[1] == out
    assert not any(path.exists() for path in stages)
    assert (tmp_path / "transcripts" / "a.md").exists()
    code, _, err = run("cache", "clear", "--max-size", "lots")
    assert (code, "'lots' is not a size" in err) == (2, True)
