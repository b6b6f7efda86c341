"""`clips.toml`: its settings and limits apply, and a mistake is reported with its line and key."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from audio.errors import AudioError
from audio.program import installing
from output.errors import OutputError
from tests.support.checked_clip import Telling, with_words, write_clip
from tests.support.command_line import Run
from tests.support.paths import CHECK_CASES, ROOT
from tests.support.scripted_stages import tone
from transcribe.evaluation.clips import find_clips
from transcribe.evaluation.limits import Limits
from transcribe.settings import Settings


def expectations() -> list[tuple[str, list[str]]]:
    cases = []
    for path in sorted(CHECK_CASES.glob("*.toml")):
        lines = path.read_text().splitlines()
        cases.append((path.stem, [line.removeprefix("# Expect: ") for line in lines if line.startswith("# Expect: ")]))
    return cases


@pytest.mark.parametrize(("case", "messages"), expectations())
def test_malformed_file_is_reported_with_line_and_key(
    check: Run, tmp_path: Path, case: str, messages: list[str]
) -> None:
    text = (CHECK_CASES / f"{case}.toml").read_text()
    (tmp_path / "clips.toml").write_text(text)
    code, out, err = check(".")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("Error: clips.toml: ")
    for message in messages:
        assert message in line


def test_settings_have_the_names_of_the_command_line_options(check: Run, tmp_path: Path) -> None:
    """Every name in the error message is accepted."""
    write_clip(tmp_path)
    toml = tmp_path / "clips.toml"
    toml.write_text("[settings]\nmodell = 1\n")
    message = check(".")[2]
    offered = message.rstrip().partition("; the settings are ")[2].split(", ")
    assert {"format", "beam-size", "cache-limit"} <= set(offered)
    assert not {"formats", "beam_size"} & set(offered)
    for name in offered:
        toml.write_text(f"[settings]\n{name} = 07:32:00\n")
        code, _, err = check(".")
        assert (code, f"line 2: {name}: " in err, "is not a setting" in err) == (2, True, False), err
    toml.write_text("[settings]\nbeam_size = 2\n")
    assert find_clips(tmp_path, Settings()).clips[0].settings.beam_size == 2, "the spelling of earlier versions"


def test_settings_are_read_as_in_transcribe_toml(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Paths are relative to the file, lists and tables are accepted, deprecated settings have a warning with a line."""
    write_clip(tmp_path)
    (tmp_path / "clips.toml").write_text(
        '[settings]\nglossary = "names.txt"\nmodel = "./weights"\nbeam-size = "2"\ncomments = true\n'
        'front_matter = { layout = "post" }\n[[clip]]\naudio = "garden.wav"\nspeakers = ["Ada", "Grace"]\n'
    )
    settings = find_clips(tmp_path, Settings()).clips[0].settings
    assert settings.glossary == str(tmp_path / "names.txt")
    assert settings.model == str(tmp_path / "weights")
    assert (settings.beam_size, settings.comments, settings.speakers) == (2, "true", "Ada,Grace")
    assert json.loads(settings.front_matter) == {"layout": "post"}
    (message,) = caplog.messages
    assert message.startswith(f"{tmp_path / 'clips.toml'}: line 5: comments is deprecated; ")


def test_a_clip_overrides_common_settings_and_limits(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "second", hertz=220)
    toml = """
[limits]
wer = 0.01
[settings]
beam-size = 2
[[clip]]
audio = "garden.wav"
[[clip]]
audio = "second.wav"
reference = ["garden.ref.txt"]
limits = { wer = 0.5, lost_seconds = false }
[overall]
wer = 0.02
"""
    (tmp_path / "clips" / "clips.toml").write_text(toml)
    code, out, _ = check("clips", "--json", stages=Telling(talk=with_words("roses", "noses")))
    report = json.loads(out)
    limits = {c["name"]: {g["measure"]: g["limit"] for g in c["gates"]} for c in report["clips"]}
    assert code == 1
    assert (limits["garden"]["wer"], limits["second"]["wer"]) == (0.01, 0.5)
    assert "der" not in limits["second"], "its reference has no times"
    assert report["overall"]["gates"][0]["limit"] == 0.02
    assert [clip["state"] for clip in report["clips"]] == ["failed", "ok"]


def test_recording_missing_from_the_file_is_a_note(check: Run, tmp_path: Path) -> None:
    """In all reports; it is not a failure, because the file decides what is checked."""
    write_clip(tmp_path / "clips")
    tone(tmp_path / "clips" / "extra.wav")
    (tmp_path / "clips" / "notes.txt").write_text("no recording")
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "../clips/garden.wav"\n')
    code, out, _ = check("clips", "--markdown", "page.md")
    note = "extra.wav: is not in clips.toml, so it is not checked; name it there, or move it"
    assert (code, [line for line in out.splitlines() if line.startswith("note: ")]) == (0, [f"note: {note}"])
    assert json.loads(check("clips", "--json")[1])["notes"] == [note]
    assert "extra.wav" in (tmp_path / "page.md").read_text()


def test_file_without_clips_applies_to_every_recording_in_the_folder(check: Run, tmp_path: Path) -> None:
    for name, hertz in (("garden", 440.0), ("second", 220.0)):
        write_clip(tmp_path / "clips", name, hertz=hertz)
    toml = tmp_path / "clips" / "clips.toml"
    toml.write_text('[limits]\nwer = 0\n[overall]\nwer = 0.001\n[settings]\nlanguage = "nl"\n')
    code, out, _ = check("clips", "--json", stages=Telling(talk=with_words("roses", "noses")))
    report = json.loads(out)
    assert (code, {clip["name"]: clip["state"] for clip in report["clips"]}, report["notes"]) == (
        1,
        {"garden": "failed", "second": "failed"},
        [],
    )
    assert report["overall"]["gates"][0]["limit"] == 0.001
    assert {clip.settings.language for clip in find_clips(tmp_path / "clips", Settings()).clips} == {"nl"}
    (tmp_path / "clips" / "second.rttm").unlink()
    toml.write_text("[limits]\nder = 0.2\n")
    code, out, _ = check("clips")
    assert (code, "der: not measured: the reference has no speaker times" in out) == (1, True), (
        "the limit is required for all clips"
    )
    tone(tmp_path / "clips" / "lonely.wav")
    code, out, _ = check("clips")
    assert (code, "lonely.wav: has no reference" in out) == (2, True), "as in a folder without the file"


def test_terms_are_counted_like_names(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nterms = ["clay", "old spade"]\n')
    code, out, _ = check("clips", stages=Telling(talk=with_words("clay", "cray")))
    assert code == 1
    assert "name: clay, 1 of 1 mentions wrong" in out
    assert "name: spade" not in out


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[[clip]]\naudio = "gone.wav"\nreference = "garden.ref.txt"\n', "gone.wav: the recording does not exist"),
        (
            '[[clip]]\naudio = "gone.wav"\n',
            "clips/gone.wav: the recording does not exist; correct `audio` in clips.toml",
        ),
        ('[[clip]]\naudio = "garden.wav"\nreference = "gone.ref.txt"\n', "gone.ref.txt: the reference cannot be read"),
        ('[[clip]]\naudio = "garden.wav"\nreference = []\n', "garden.wav: has no reference"),
    ],
)
def test_missing_file_of_a_clip_is_reported(check: Run, tmp_path: Path, toml: str, message: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text(toml)
    code, out, _ = check("clips/clips.toml")
    assert code == 2
    assert message in out


def test_example_in_the_documentation_is_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "clips.toml").write_text(example)
    clips = find_clips(tmp_path, Settings())
    opening, phone = clips.clips
    assert (opening.limits.wer, opening.limits.names, opening.limits.der, phone.limits.wer) == (0.03, 0, None, 0.08)
    assert (phone.name, phone.settings.beam_size, clips.overall.x_realtime) == ("phone", 1, 2)
    assert opening.settings.speaker_names == ("Rich", "Nora")
    for limit in fields(Limits):
        assert f"| `{limit.name}` |" in page


@pytest.mark.parametrize("package", ["whisper_normalizer", "regex"])
def test_without_the_extra_a_check_says_so_once_and_before_it_transcribes(
    check: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in ("a", "b"):
        write_clip(tmp_path / "clips", name)
    monkeypatch.setitem(sys.modules, package, None)
    stages = Telling()
    code, out, err = check("clips", stages=stages)
    assert (code, out, stages.calls) == (2, "", [])
    assert err.count("is not installed") == 1
    assert err == f"Error: scoring needs {package}, which is not installed; {installing('check')}\n"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OutputError("x"), AudioError("x")])
def test_what_ends_a_check_is_no_gate(
    check: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def end(*args: object, **rest: object) -> None:
        raise error

    write_clip(tmp_path / "clips")
    monkeypatch.setattr("transcribe.evaluation.check.check_clips", end)
    assert check("clips")[:2] == (2, "")
