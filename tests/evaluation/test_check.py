"""The gate: detects injected faults, passes nothing unchecked, and repeats no work on unchanged clips."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.checked_clip import LOOP, NAMES, SWAPPED, TALK, Telling, found, state, with_words, write_clip
from tests.support.command_line import Run
from tests.support.paths import ROOT
from tests.support.scripted_stages import tone
from transcribe.cli.main import cli
from transcribe.settings import Settings, Stage


def test_perfect_clip_meets_every_gate(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    code, out, err = check("clips", "--json")
    assert (code, err) == (0, "")
    values = found(out)
    del values["x_realtime"]
    names = [
        "wer",
        "cpwer",
        "tcpwer",
        "der",
        "lost_seconds",
        "lost_words",
        "invented_words",
        "speakers",
        "misnamed",
        "names",
    ]
    assert values == dict.fromkeys(names, 0)
    assert json.loads(out)["summary"] == "1 clip passed"


FAULTS = {
    "a glossary that breaks a name": (
        Telling(talk=with_words("Grace", "Grays")),
        ["names: 100.0 % is over", "name: Grace, 3 of 3 mentions wrong", "[-grace-]{+grays+}"],
    ),
    "swapped speakers": (
        Telling(talk=SWAPPED),
        ["cpwer: ", "is over the limit of 20.0 %", "other speaker: ", "[Ada → Grace: ", "tell us about the spade"],
    ),
    "ten seconds dropped": (
        Telling(drop=(20.0, 30.0)),
        ["lost_seconds: 10.0 s is over", "lost: ", "dug a well with it"],
    ),
    "a loop": (Telling(talk=LOOP), ["invented_words: 30 is over the limit of 8", "loop: ", "it was so it was so"]),
    "one voice for two": (
        Telling(talk=[("A", text) for _, text in TALK]),
        ["speakers: 1 off is over", "speakers: 1 instead of 2", "der: "],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_injected_fault_is_detected_and_described(check: Run, tmp_path: Path, fault: str) -> None:
    stages, messages = FAULTS[fault]
    write_clip(tmp_path / "clips")
    code, out, _ = check("clips", stages=stages)
    assert code == 1
    assert state(out) == "FAIL"
    for message in messages:
        assert message in out


def test_glossary_is_part_of_the_check(check: Run, tmp_path: Path) -> None:
    """The file itself, from the command line, from `transcribe.toml` and from `clips.toml`."""
    write_clip(tmp_path / "clips")
    assert check("clips")[0] == 0
    (tmp_path / "names.txt").write_text("Grace -> Grays\n")
    code, out, _ = check("clips", "--glossary", "names.txt")
    assert code == 1
    assert "name: Grace, 3 of 3 mentions wrong" in out
    (tmp_path / "transcribe.toml").write_text('glossary = "names.txt"\n')
    assert check("clips")[:2] == (code, out)
    (tmp_path / "names.txt").write_text("Ada\nGrace\n")
    assert check("clips")[0] == 0


def test_every_setting_of_recognition_and_diarization_is_an_option() -> None:
    options = {parameter.name for parameter in cli.commands["check"].params}
    names = {field.name for field in fields(Settings) if field.metadata["stages"] - {Stage.RENDER}}
    assert names - options == {"speakers"}, "each clip has its own in clips.toml"


def test_names_swapped_throughout_are_detected_with_perfect_cpwer(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    path = tmp_path / "clips" / "garden.ref.txt"
    (tmp_path / "clips" / "garden.rttm").unlink()
    path.write_text("".join(f"{NAMES['BA'['AB'.index(who)]]}: {text}\n" for who, text in TALK))
    code, out, _ = check("clips", "--json")
    assert (code, found(out)["cpwer"], found(out)["misnamed"]) == (1, 0, 1)


def test_clip_without_reference_is_an_error(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    tone(tmp_path / "clips" / "lonely.wav")
    code, out, _ = check("clips")
    assert code == 2
    assert "lonely.wav: has no reference; write lonely.ref.md or lonely.ref.txt or lonely.rttm" in out
    assert state(out) == "ok", "the other clips are still checked"


def test_unreadable_audio_is_reported(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.wav").write_text("I am a letter, not a sound.\n" * 9)
    code, out, _ = check("clips")
    assert code == 2
    assert "garden.wav: this is text, not audio" in out
    assert "all clips" not in out


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (b"\xff\xfe\x00", "is not UTF-16 text; save it as UTF-8"),
        (b"SPEAKER x 1 soon 3 <NA> <NA> Ada <NA> <NA>\n", "line 1: 'soon' and '3' are not times"),
    ],
)
def test_unreadable_reference_is_reported(check: Run, tmp_path: Path, reference: bytes, message: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").write_bytes(reference)
    code, out, _ = check("clips")
    assert code == 2
    assert "garden.rttm: " in out
    assert message in out


def test_failing_stage_is_an_error_of_its_clip(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    code, out, _ = check("clips", stages=Telling(broken=frozenset({"diarize"})))
    assert code == 2
    assert "garden:\n  diarize broke, as told" in out


@pytest.mark.parametrize("place", ["empty", "nowhere"])
def test_nothing_to_check_is_an_error(check: Run, tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = check(place)
    assert (code, out) == (2, "")
    assert err.startswith(f"Error: {place}: no ")


def test_lost_passage_is_detected_without_speaker_times(check: Run, tmp_path: Path) -> None:
    """Nine words of 89 are below the limits of all rates."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").unlink()
    code, out, _ = check("clips", stages=Telling(drop=(25.0, 29.5)))
    assert code == 1
    assert "lost_words: 9 is over the limit of 8" in out
    assert "wer: " not in out


def test_unmeasurable_limit_of_a_clip_fails(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").unlink()
    assert check("clips")[0] == 0
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nlimits = { der = 0.1 }\n')
    code, out, _ = check("clips")
    assert code == 1
    assert "der: not measured: the reference has no speaker times; add NAME.rttm" in out


def test_unmeasurable_limit_of_all_clips_fails(check: Run, tmp_path: Path) -> None:
    """It fails for the clip without the data, unless the file turns it off for that clip."""
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "phone", hertz=220)
    (tmp_path / "clips" / "phone.rttm").unlink()
    toml = '[limits]\nder = 0.1\n[[clip]]\naudio = "garden.wav"\n[[clip]]\naudio = "phone.wav"\n'
    (tmp_path / "clips" / "clips.toml").write_text(toml)
    code, out, _ = check("clips")
    assert (code, state(out), state(out, "phone")) == (1, "ok", "FAIL")
    assert "der: not measured: the reference has no speaker times; add NAME.rttm" in out
    (tmp_path / "clips" / "clips.toml").write_text(toml + "limits = { der = false }\n")
    assert check("clips")[0] == 0


@pytest.mark.parametrize(
    "measure", ["wer", "cpwer", "tcpwer", "der", "lost_seconds", "lost_words", "invented_words", "misnamed", "names"]
)
def test_every_unmeasurable_limit_says_why(check: Run, tmp_path: Path, measure: str) -> None:
    write_clip(tmp_path / "clips")
    needs_times = measure in ("der", "lost_seconds")
    (tmp_path / "clips" / f"garden.{'rttm' if needs_times else 'ref.txt'}").unlink()
    (tmp_path / "clips" / "clips.toml").write_text(f'[limits]\n{measure} = 1\n[[clip]]\naudio = "garden.wav"\n')
    code, out, _ = check("clips")
    assert code == 1
    assert f"{measure}: not measured: " in out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("garden.ref.txt", "", "the reference has no words"),
        ("garden.ref.txt", "Ada: [laughs] (um)\n", "the reference has no words"),
        ("garden.rttm", ";; nobody\n", "the reference has no speaker time"),
    ],
)
def test_reference_without_content_is_an_error(
    check: Run, tmp_path: Path, name: str, content: str, message: str
) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / name).write_text(content)
    code, out, _ = check("clips")
    assert (code, state(out)) == (2, "ERROR")
    assert message in out


def test_speed_is_limited_and_cached(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nlimits = { x_realtime = 1e9 }\n')
    first, again = check("clips", "--json"), check("clips", "--json")
    assert first[0] == 1
    assert "x_realtime: " in first[1]
    assert found(first[1])["x_realtime"] == found(again[1])["x_realtime"]
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text().replace("spade", "shovel"))
    assert found(check("clips", "--json")[1])["x_realtime"] == found(first[1])["x_realtime"]


def test_speed_hidden_by_cached_results_is_a_note(check: Run, run: Run, tmp_path: Path) -> None:
    """`run` has cached the clip without a speed, so the limit passes; after `--fresh` it applies."""
    clip = write_clip(tmp_path / "clips")
    run("run", str(clip), stages=Telling())
    toml = tmp_path / "clips" / "clips.toml"
    for limits in ("[overall]\nx_realtime = 1e9\n", "[limits]\nx_realtime = 1e9\n"):
        toml.write_text(f'{limits}[[clip]]\naudio = "garden.wav"\n')
        stages = Telling()
        code, out, _ = check("clips", stages=stages)
        assert (code, stages.calls) == (0, [])
        expected = "note: garden: the speed was not measured, because its transcript was kept from an earlier run; "
        assert f"{expected}--fresh measures it" in out
    toml.write_text('[[clip]]\naudio = "garden.wav"\n')
    assert "x_realtime" not in check("clips")[1], "there is no limit"
    toml.write_text('[limits]\nx_realtime = 1e9\n[[clip]]\naudio = "garden.wav"\n')
    code, out, _ = check("clips", "--fresh")
    assert code == 1
    assert "is slower than 1e+09" in out
    assert check("clips")[0] == 1, "the speed is cached"


def test_overall_speed_is_that_of_the_measured_clips(check: Run, run: Run, tmp_path: Path) -> None:
    run("run", str(write_clip(tmp_path / "clips")), stages=Telling())
    write_clip(tmp_path / "clips", "phone", hertz=220)
    toml = '[overall]\nx_realtime = 1e9\n[[clip]]\naudio = "garden.wav"\n[[clip]]\naudio = "phone.wav"\n'
    (tmp_path / "clips" / "clips.toml").write_text(toml)
    code, out, _ = check("clips", "--json")
    report = json.loads(out)
    (overall,) = [gate for gate in report["overall"]["gates"] if gate["measure"] == "x_realtime"]
    assert (code, overall["value"]) == (1, found(out, "phone")["x_realtime"])
    assert [note.partition(":")[0] for note in report["notes"]] == ["garden"]


def test_speed_is_not_measured_if_a_stage_was_cached(check: Run, tmp_path: Path) -> None:
    """The time of recognition is unknown if only diarization ran."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text('[limits]\nx_realtime = 1\n[[clip]]\naudio = "garden.wav"\n')
    assert check("clips", stages=Telling(broken=frozenset({"diarize"})))[0] == 2
    stages = Telling()
    code, out, _ = check("clips", "--json", stages=stages)
    assert (code, stages.calls) == (0, ["diarize"])
    assert "x_realtime" not in found(out)
    assert "the speed was not measured" in out


def test_cached_speed_survives_a_glossary_change(check: Run, tmp_path: Path) -> None:
    """The recognition is still cached, and so is its speed; a speed below the limit still fails."""
    write_clip(tmp_path / "clips")
    toml = tmp_path / "clips" / "clips.toml"
    toml.write_text('[overall]\nx_realtime = 0.001\n[[clip]]\naudio = "garden.wav"\n')
    first = check("clips", "--json")
    (tmp_path / "names.txt").write_text("Ada\nGrace\n")
    again = check("clips", "--json", "--glossary", "names.txt")
    assert (first[0], again[0]) == (0, 0)
    assert found(again[1])["x_realtime"] == found(first[1])["x_realtime"]
    toml.write_text('[overall]\nx_realtime = 1e9\n[[clip]]\naudio = "garden.wav"\n')
    assert check("clips", "--glossary", "names.txt")[0] == 1


@pytest.mark.processes
def test_unchanged_clip_is_neither_transcribed_nor_scored_again(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling()
    first = check("clips", stages=stages)
    assert sorted(stages.calls) == ["diarize", "recognize"]
    code = (
        "import sys\nfrom tests.support.checked_clip import Telling\nfrom transcribe.cli.main import main\n"
        "stages = Telling()\n"
        "try:\n    main(['check', 'clips'], stages=stages)\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert stages.calls == [], stages.calls\n"
        "heavy = {'meeteval', 'pyannote.metrics', 'scipy', 'whisper', 'whisper_normalizer', 'torch', 'pydub'}\n"
        "loaded = heavy & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(loaded)) or 0)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == first[1]
    assert check("clips", "--fresh", stages=stages)[0] == 0
    assert sorted(stages.calls) == ["diarize", "diarize", "recognize", "recognize"]


def test_corrected_reference_is_scored_again(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips")
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text().replace("spade", "shovel"))
    code, out, _ = check("clips")
    assert code == 0
    assert "[-shovel-]{+spade+}" in out
