"""The lines a run prints about an episode: each begins with its source, once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from audio.decoding.probe import printable
from tests.support.audio_files import cut
from tests.support.command_line import Run
from tests.support.fetch_helpers import AUDIO
from tests.support.hostile_server import HostileServer, Resource
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.workers.dask_client import _with_absolute_path
from transcribe.workers.task import work


def test_a_source_whose_name_occurs_in_every_sentence_is_named(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a")
    code, _, err = run("run", "a", stages=ScriptedStages(broken=frozenset({"diarize"})))
    assert (code, err) == (1, "Error: a: diarize broke, as told\n")
    code, _, err = run("run", "a")
    speakers, passages, marked, _ = err.splitlines()
    assert speakers.startswith("a: speakers: ")
    assert passages.startswith("a: 1 passage to listen to")
    assert re.fullmatch(r"a: 1 of 11 words is marked; on recordings like these it holds \d+ % of the errors", marked)
    (tmp_path / "transcripts" / "a.md").write_text("mine")
    warning = next(line for line in run("run", "a", "--wrap", "20")[2].splitlines() if "not overwritten" in line)
    assert warning.startswith("Warning: a: transcripts/a.md differs")


def test_a_warning_about_the_file_names_it_once(run: Run, tmp_path: Path) -> None:
    cut(tone(tmp_path / "a.wav", seconds=10.0), 0.6)
    wide = ("--wrap", "20")
    for options in ((), wide, wide):  # the second time from cached results, the third with nothing to do
        err = run("run", "cut-a.wav", *options)[2]
        assert err.count("Warning: cut-a.wav: only 0:00:06 of 0:00:10 could be read") == 1
    assert "1 unchanged" in err


@pytest.mark.parametrize(
    ("source", "problem"),
    [("a.mp3", "no such file or folder"), ("text.mp3", "this is text, not audio"), ("b*", "no file")],
)
def test_an_error_about_a_source_names_it_once(run: Run, tmp_path: Path, source: str, problem: str) -> None:
    (tmp_path / "text.mp3").write_text("I am not music.\n" * 50)
    assert run("run", source)[2].startswith(f"Error: {source}: {problem}")


def test_a_worker_that_reads_an_absolute_path_names_the_source_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.mp3").write_text("I am not music.\n" * 50)
    monkeypatch.setattr("transcribe.batch.runner.work", lambda task, report: work(_with_absolute_path(task), report))
    assert run("run", "text.mp3")[2].startswith(f"Error: {printable(tmp_path / 'text.mp3')}: this is text")


def test_an_error_about_an_address_names_it_once(run: Run, server: HostileServer) -> None:
    url = server.put("/feed", Resource(AUDIO, statuses=[404] * 9))
    assert run("run", url)[2].startswith(f"Error: {url}: the server returns 404")


def test_what_a_folder_has_besides_recordings_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    tone(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "notes.txt").write_text("mine")
    (tmp_path / "in" / "b.mp3").symlink_to("gone.mp3")
    for command in (["run", "in", "--dry-run"], ["run", "in"], ["list", "in"]):
        code, _, err = run(*command)
        assert code == 0
        assert "left out: in/b.mp3: is a link to gone.mp3, which does not exist" in err
        assert err.count("left out: in: 1 other entry") == 1
    report = json.loads((tmp_path / "transcripts" / ".turnscript" / "report.json").read_text())
    events = [json.loads(line) for line in run("run", "in", "--progress", "json")[2].splitlines()]
    said = [(each["source"], each["count"]) for each in events if each["event"] == "left_out"]
    assert said == [("in/b.mp3", 1), ("in", 1)]
    assert [(each["source"], each["count"]) for each in events[-1]["left_out"]] == said
    assert [(each["source"], each["count"]) for each in report["left_out"]] == said
    listed = json.loads(run("list", "in", "--json")[1])
    assert [(each["state"], each.get("count")) for each in listed][1:] == [("left out", 1), ("left out", 1)]
    assert "left out" not in run("run", "in", "--quiet")[2]
