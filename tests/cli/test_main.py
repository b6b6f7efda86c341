"""The command line: output streams, exit codes, and messages for invalid input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.command_line import Run
from tests.support.paths import ROOT
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.cli.main import cli, main


def test_only_paths_go_to_stdout(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    code, out, err = run("run", "a.wav")
    assert (code, out) == (0, "transcripts/a.md\ntranscripts/a.json\n")
    assert (tmp_path / "transcripts" / "a.md").is_file()
    told, listen, marked, summary = err.splitlines()  # and no bars where there is no terminal
    assert told.startswith("a.wav: speakers: "), "who was taken for whom, and why"
    assert listen == "a.wav: 1 passage to listen to, marked in: transcribe edit transcripts/a.md"
    assert marked.startswith("a.wav: 1 of 11 words is marked; ")
    assert summary == "1 written"
    assert run("run", "a.wav") == (0, out, "1 unchanged\n")
    tone(tmp_path / "b.wav", hertz=220)
    quiet = ("run", "a.wav", "b.wav", "--quiet")
    assert run(*quiet) == (0, "transcripts/b.md\ntranscripts/b.json\n", ""), "what is new"
    assert run(*quiet) == (0, "", ""), "cron has nothing to mail"


def test_the_first_name_is_the_host(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "--speakers", "Ada,Grace", "-o", "out")
    draft = (tmp_path / "out" / "a.md").read_text()
    assert [line for line in draft.splitlines() if line.startswith("**")] == [
        "**Ada**: I'm Ada. Who are you?",
        "**Grace**: I am Grace.",
        "**A**: Thank you, Grace.",
    ]


def test_every_format_can_be_requested(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    code, out, _ = run("run", "a.wav", "-f", "md,json,vtt,srt,txt,rttm,whisper-json,html,docx")
    assert code == 0
    assert len(out.splitlines()) == 9
    assert all((tmp_path / line).stat().st_size for line in out.splitlines())


def test_a_dry_run_reports_what_happens_to_an_edit(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    code, out, err = run("run", "a.wav", "--dry-run")
    due = "6 s of audio: about 1 s (assuming 10 × real time; nothing measured yet)"
    assert (code, out, err.splitlines()) == (0, "", ["a.wav: to be transcribed", due])
    assert not (tmp_path / "transcripts").exists()
    run("run", "a.wav")
    assert run("run", "a.wav", "-n") == (0, "", "a.wav: unchanged\n")
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text("mine")
    assert run("run", "a.wav", "-n")[2] == "a.wav: unchanged\n"
    assert "stays; if the new text is another, it is written next to it" in run("run", "a.wav", "-n", "--wrap", "20")[2]
    assert "replaced, after a backup" in run("run", "a.wav", "-n", "--force")[2]
    assert draft.read_text() == "mine"


def test_verbose_means_the_same_for_every_command() -> None:
    helps = {
        option.help
        for command in cli.commands.values()
        for option in command.params
        if isinstance(option, click.Option) and "--verbose" in option.opts
    }
    assert helps == {"Print more; for an error, also the traceback."}


_NO_RECORDING = "hidden, subfolders, or no recordings by their content"


def bad_inputs(folder: Path) -> dict[str, str]:
    """Name of an input → a part of its error message."""
    (folder / "text.mp3").write_text("I am not music.\n" * 50)
    (folder / "empty.mp3").touch()
    (folder / "noise.mp3").write_bytes(bytes(range(256)) * 40)
    (folder / "empty-folder").mkdir()
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("x")
    return {
        "missing.mp3": "no such file or folder",
        "text.mp3": "this is text, not audio",
        "empty.mp3": "the file is empty",
        "noise.mp3": "not audio",
        "empty-folder": "no audio or video files",
        "notes": "no audio or video files",
        "no*such*.mp3": "no file matches",
    }


@pytest.mark.processes
def test_invalid_input_is_reported_in_one_line_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    for name, message in bad_inputs(tmp_path).items():
        code, out, err = run("run", name)
        assert (code, out) == (2 if message.startswith("no ") and "audio" not in message else 1, ""), name
        *left_out, line = err.splitlines()
        assert left_out == (["left out: notes: 1 other entry: " + _NO_RECORDING] if name == "notes" else [])
        assert line.startswith("Error: "), line
        assert name in line
        assert message in line
    assert not (tmp_path / "transcripts").exists()


def test_a_batch_finishes_the_valid_files_and_lists_failures_last(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    names = bad_inputs(tmp_path)
    code, out, err = run("run", *names, "a.wav")
    assert code == 1
    assert out == "transcripts/a.md\ntranscripts/a.json\n"
    assert [line.split(":")[0] for line in err.splitlines()[-len(names) :]] == ["Error"] * len(names)
    assert f"1 written, {len(names)} failed" in err


def test_silence_and_very_short_audio_give_a_draft_with_a_note(run: Run, tmp_path: Path) -> None:
    for name, seconds in (("silence", 3.0), ("blink", 0.2)):
        tone(tmp_path / f"{name}.wav", seconds=seconds)
        code, _, err = run("run", f"{name}.wav", stages=ScriptedStages(said=""))
        assert code == 0
        assert "no speech was found" in err
        assert "No speech was found" in (tmp_path / "transcripts" / f"{name}.md").read_text()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run"], "no show in transcribe.toml: give a SOURCE, or add a [[show]]"),
        (["run", "a.wav", "--speeches", "2"], "No such option"),
        (["run", "a.wav", "--engine", "magic"], "'magic' is not one of"),
        (["run", "a.wav", "-f", "pdf"], "format: pdf cannot be written"),
        (["run", "a.wav", "--speakers", "0"], "speakers: 0 people"),
        (["run", "a.wav", "--beam-size", "x"], "'x' is not a whole number"),
        (["ran"], "no command 'ran'; did you mean `transcribe run`"),
        (["zzz"], "no command 'zzz'; for help: transcribe -h"),
        (["a b.mp3", "-o", "out"], "no command 'a b.mp3'; to transcribe it: `transcribe run 'a b.mp3' -o out`"),
        (["https://example.org/feed"], "to transcribe it: `transcribe run https://example.org/feed`"),
        (["episodes/"], "to transcribe it: `transcribe run episodes/`"),
        (["models"], "Usage:"),
    ],
)
def test_usage_errors_are_exit_2(run: Run, args: list[str], message: str) -> None:
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert message in err


def test_lists_are_given_with_commas_or_repeated_options(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    assert run("run", "a.wav", "-f", "MD", "-f", "srt,vtt")[1].split() == [
        "transcripts/a.md",
        "transcripts/a.srt",
        "transcripts/a.vtt",
    ]


def test_the_output_folder_is_checked_before_the_work(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "taken").write_text("a file")
    stages = ScriptedStages()
    code, out, err = run("run", "a.wav", "-o", "taken/drafts", stages=stages)
    assert (code, out) == (2, "")
    assert "taken is a file, not a folder" in err
    assert stages.calls == []


@pytest.mark.processes
def test_no_telemetry_is_sent(tmp_path: Path) -> None:
    """onnxruntime's Linux wheels write a device id and send telemetry unless it is disabled."""
    code = (
        "import sys\nfrom transcribe.cli.main import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
        "from faster_whisper.vad import get_vad_model\nget_vad_model()\n"
    )
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environ.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, capture_output=True)
    assert list(tmp_path.rglob("*")) == []


def test_options_accept_underscores(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    assert run("run", "a.wav", "--beam_size", "2")[0] == 0
    assert '"beam_size": 2' in (tmp_path / "transcripts" / "a.json").read_text()


def test_an_interruption_exits_130_with_the_next_step(run: Run, tmp_path: Path) -> None:
    class Interrupted(ScriptedStages):
        def recognize(self, *args: object, **rest: object) -> object:  # type: ignore[override]
            raise KeyboardInterrupt

    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav", stages=Interrupted())
    assert code == 130
    assert "run the same command again" in err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere, Windows has other rules")
def test_a_folder_without_permission_is_named(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "locked").mkdir(mode=0o500)
    code, _, err = run("run", "a.wav", "-o", "locked/drafts")
    assert code == 1
    assert "locked" in err


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="needs a Unix with limits on the size of files")
def test_a_full_disk_is_reported_and_leaves_no_partial_file(run: Run, tmp_path: Path) -> None:
    """A file size limit acts like a full disk: the write fails in the middle."""
    tone(tmp_path / "a.wav")
    code = (
        "import resource, signal, sys\n"
        "from tests.support.scripted_stages import ScriptedStages\n"
        "from transcribe.cli.main import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "class Filling(ScriptedStages):\n"
        "    def diarize(self, audio, **rest):\n"
        "        spans = super().diarize(audio, **rest)\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
        "        return spans\n"
        "main(['run', 'a.wav'], stages=Filling())\n"
    )
    root = ROOT
    environ = {**os.environ, "PYTHONPATH": str(root), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1, result.stderr
    assert "transcripts/a.md: cannot be written" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "transcripts").exists()


@pytest.mark.parametrize("model", ["huge", "./nowhere", "Base"])
@pytest.mark.usefixtures("run")
def test_an_unknown_model_is_named_before_anything_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    """Fetching starts Python, for pip, which no quick test may."""
    tone(tmp_path / "a.wav")
    with pytest.raises(SystemExit) as caught:
        main(["run", "a.wav", "--model", model])
    err = capsys.readouterr().err
    assert caught.value.code == 2
    assert model in err
    assert "fetching" not in err


def test_models_are_listed_default_first(run: Run) -> None:
    code, out, _ = run("models", "list")
    assert code == 0
    lines = out.splitlines()
    assert lines[1].startswith("base (default)")
    assert any(line.startswith("large-v3 ") for line in lines)
    assert any(line.startswith("tiny.en ") and "English" in line for line in lines)
    assert lines[-1].startswith("speakers ")


def test_models_are_listed_for_programs_with_the_speed_measured_here(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cache" / "turnscript").mkdir(parents=True)
    speeds = {"ctranslate2 base beam 5 jobs 0": 14.8, "openai base beam 5 jobs 0": 2.0}
    (tmp_path / "cache" / "turnscript" / "speeds.json").write_text(json.dumps(speeds))
    code, out, _ = run("models", "list", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["base"]["default"]
    assert (rows["base"]["speed"], rows["base"]["speed_is_measured"]) == (14.8, True)
    assert (rows["small"]["speed"], rows["small"]["speed_is_measured"]) == (4.49, False)  # 14.8 · 74 / 244
    assert rows["small"]["download_bytes"] == 488_000_000
    assert rows["small"]["memory_bytes"] == 2_000_000_000
    assert [name for name, row in rows.items() if row["english_only"] and not name.startswith("distil")] == [
        "base.en",
        "medium.en",
        "small.en",
        "tiny.en",
    ]
    assert all(row["use"] for row in rows.values())
    assert rows["speakers"]["speed"] is None


def test_every_model_in_the_cache_is_verified_damaged_or_not(run: Run, tmp_path: Path) -> None:
    models = tmp_path / "cache" / "turnscript" / "models"
    for name in ("small", "speakers"):
        (models / name).mkdir(parents=True)
        (models / name / "turnscript.json").write_text("{")
    code, out, err = run("models", "verify")
    assert (code, out) == (1, "")
    assert [line.partition(" ")[0] for line in err.splitlines()] == ["Error:", "Error:"]
    assert f"model small: {models / 'small' / 'turnscript.json'}, the record of the files' hashes, is missing" in err
    assert f"the speaker models: {models / 'speakers' / 'turnscript.json'}, the record" in err


def test_version_and_help(run: Run) -> None:
    assert run("--version")[1].startswith("turnscript, version ")
    assert "Examples:" in run("run", "--help")[1]
