"""The gate: planted faults are caught and named, a baseline tells change from noise, nothing unchecked passes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from lxml import etree

from audio.samples import Audio
from tests.scripted import ScriptedStages, tone
from transcribe.baseline import DRAWS, is_worse
from transcribe.cli import cli, main
from transcribe.clips import Limits, find_clips
from transcribe.diarize import Diarization
from transcribe.recognize import Recognition
from transcribe.settings import Settings
from transcribe.transcript import SpeakerSpan, Word

HERE = Path(__file__).parent
STEP = 0.5  # seconds from word to word
TALK = (
    ("A", "Good morning, I am Ada and this is the garden hour. My guest today is Grace. Welcome, Grace."),
    ("B", "Thank you, Ada. I brought three roses and a very old spade."),
    ("A", "Tell us about the spade first, because our listeners have been asking for it all week."),
    ("B", "My grandmother dug a well with it when she was twenty, and it has never been sharpened since."),
    ("A", "That is hard to believe, Grace. And the roses?"),
    ("B", "They grow on clay, they like the rain, and nobody has ever had to water them."),
)
NAMES = {"A": "Ada", "B": "Grace"}
Talk = Sequence[tuple[str, str]]


@dataclass
class Telling(ScriptedStages):
    """Hears `talk`, half a second a word; `drop` are the seconds of which it hears nothing."""

    said: str = ""
    talk: Talk = TALK
    drop: tuple[float, float] = (0.0, 0.0)
    calls: list[str] = field(default_factory=list)
    broken: frozenset[str] = frozenset()

    def recognize(self, audio: Audio, *args: Any, **rest: Any) -> Recognition:
        recognition = super().recognize(audio, *args, **rest)
        texts = [word for _, text in self.talk for word in text.split()]
        words = [Word(text, STEP * i, STEP * i + 0.4, 0.9) for i, text in enumerate(texts)]
        heard = tuple(word for word in words if not self.drop[0] <= word.start < self.drop[1])
        return replace(recognition, words=heard, doubts=())

    def diarize(self, audio: Audio, *, progress: Callable[[float], None]) -> Diarization:
        self._called("diarize", progress)
        rows = times(self.talk)
        return Diarization(tuple(SpeakerSpan(start, end, f"S{'AB'.index(who) + 1}") for who, start, end in rows))


def times(talk: Talk) -> list[tuple[str, float, float]]:
    rows, at = [], 0
    for who, text in talk:
        rows.append((who, STEP * at, STEP * (at + len(text.split())) - 0.1))
        at += len(text.split())
    return rows


def write_clip(folder: Path, name: str = "garden", *, hertz: float = 440.0) -> Path:
    """A recording with both kinds of reference."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.ref.txt").write_text("".join(f"{NAMES[who]}: {text}\n" for who, text in TALK))
    rows = (f"SPEAKER x 1 {a:.3f} {b - a:.3f} <NA> <NA> {NAMES[who]} <NA> <NA>\n" for who, a, b in times(TALK))
    (folder / f"{name}.rttm").write_text("".join(rows))
    return tone(folder / f"{name}.wav", seconds=2.0, hertz=hertz)


Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `transcribe check` in an empty folder with a cache of its own: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith(("TRANSCRIBE_", "GITHUB_"))]:
        monkeypatch.delenv(name)

    def call(*args: str, stages: ScriptedStages | None = None) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(["check", *args], stages=stages or Telling())
        out, err = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, out, err

    return call


def found(out: str, name: str = "garden") -> dict[str, object]:
    """The values of a clip in the JSON report."""
    (clip,) = [clip for clip in json.loads(out)["clips"] if clip["name"] == name]
    return {gate["measure"]: gate["value"] for gate in clip["gates"]}


def state(out: str, name: str = "garden") -> str:
    """A clip's state in the table."""
    (row,) = [line for line in out.splitlines() if line.startswith(f"{name} ") and not line.startswith(f"{name}:")]
    return row.split()[1]


def test_a_perfect_clip_meets_every_gate(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    code, out, err = check("clips", "--json")
    assert (code, err) == (0, "")
    values = found(out)
    del values["x_realtime"]
    names = ["wer", "cpwer", "der", "lost_seconds", "lost_words", "invented_words", "speakers", "misnamed", "names"]
    assert values == dict.fromkeys(names, 0)
    assert json.loads(out)["summary"] == "1 met"


def with_words(old: str, new: str) -> Talk:
    return [(who, text.replace(old, new)) for who, text in TALK]


SWAPPED = [("B" if who == "A" else "A", text) if i in (2, 3, 4) else (who, text) for i, (who, text) in enumerate(TALK)]
LOOP = [*TALK[:3], ("B", TALK[3][1] + " it was so" * 10), *TALK[4:]]
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
        ["speakers: 1 off is over", "speakers: 1 where 2 speak", "der: "],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_named(check: Check, tmp_path: Path, fault: str) -> None:
    stages, messages = FAULTS[fault]
    write_clip(tmp_path / "clips")
    code, out, _ = check("clips", stages=stages)
    assert code == 1
    assert state(out) == "FAIL"
    for message in messages:
        assert message in out


def test_names_swapped_throughout_are_caught_though_cpwer_is_perfect(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    path = tmp_path / "clips" / "garden.ref.txt"
    (tmp_path / "clips" / "garden.rttm").unlink()
    path.write_text("".join(f"{NAMES['BA'['AB'.index(who)]]}: {text}\n" for who, text in TALK))
    code, out, _ = check("clips", "--json")
    assert (code, found(out)["cpwer"], found(out)["misnamed"]) == (1, 0, 1)


def test_a_clip_without_reference_cannot_be_run(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    tone(tmp_path / "clips" / "lonely.wav")
    code, out, _ = check("clips")
    assert code == 2
    assert "lonely.wav: no reference beside it; write lonely.ref.md or lonely.ref.txt or lonely.rttm" in out
    assert state(out) == "ok", "the others are checked all the same"


def test_unreadable_audio_is_named(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.wav").write_text("I am a letter, not a sound.\n" * 9)
    code, out, _ = check("clips")
    assert code == 2
    assert "garden.wav: is text, not audio" in out
    assert "all clips" not in out


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"SPEAKER x 1 soon 3 <NA> <NA> Ada <NA> <NA>\n", "line 1: 'soon' and '3' are not times"),
    ],
)
def test_an_unreadable_reference_is_named(check: Check, tmp_path: Path, reference: bytes, message: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").write_bytes(reference)
    code, out, _ = check("clips")
    assert code == 2
    assert "garden.rttm: " in out
    assert message in out


def test_a_stage_that_breaks_is_the_clips_own(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    code, out, _ = check("clips", stages=Telling(broken=frozenset({"diarize"})))
    assert code == 2
    assert "garden: diarize broke, as told" in out


@pytest.mark.parametrize("place", ["empty", "nowhere"])
def test_nothing_to_check_is_no_success(check: Check, tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = check(place)
    assert (code, out) == (2, "")
    assert err.startswith(f"Error: {place}: no ")


def expectations() -> list[tuple[str, list[str]]]:
    cases = []
    for path in sorted((HERE / "check_cases").glob("*.toml")):
        lines = path.read_text().splitlines()
        cases.append((path.stem, [line.removeprefix("# Expect: ") for line in lines if line.startswith("# Expect: ")]))
    return cases


@pytest.mark.parametrize(("case", "messages"), expectations())
def test_a_malformed_file_is_named_with_line_and_key(
    check: Check, tmp_path: Path, case: str, messages: list[str]
) -> None:
    text = (HERE / "check_cases" / f"{case}.toml").read_text()
    (tmp_path / "clips.toml").write_text(text)
    code, out, err = check(".")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("Error: clips.toml: ")
    for message in messages:
        assert message in line


def test_settings_and_limits_go_from_all_clips_to_one(check: Check, tmp_path: Path) -> None:
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


def test_terms_are_looked_at_like_names(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nterms = ["clay", "old spade"]\n')
    code, out, _ = check("clips", stages=Telling(talk=with_words("clay", "cray")))
    assert code == 1
    assert "name: clay, 1 of 1 mentions wrong" in out
    assert "name: spade" not in out


def test_a_passage_is_missed_without_any_times(check: Check, tmp_path: Path) -> None:
    """Nine words of 89 are under every rate's limit."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").unlink()
    code, out, _ = check("clips", stages=Telling(drop=(25.0, 29.5)))
    assert code == 1
    assert "lost_words: 9 is over the limit of 8" in out
    assert "wer: " not in out


def test_a_limit_that_cannot_be_measured_is_not_met(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").unlink()
    assert check("clips")[0] == 0
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nlimits = { der = 0.1 }\n')
    code, out, _ = check("clips")
    assert code == 1
    assert "der: not measured: the reference does not tell of it" in out


def test_speed_is_limited_and_remembered(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nlimits = { x_realtime = 1e9 }\n')
    first, again = check("clips", "--json"), check("clips", "--json")
    assert first[0] == 1
    assert "x_realtime: " in first[1]
    assert found(first[1])["x_realtime"] == found(again[1])["x_realtime"]
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text().replace("spade", "shovel"))
    assert found(check("clips", "--json")[1])["x_realtime"] == found(first[1])["x_realtime"]


def test_a_speed_nobody_measured_is_not_met(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips")
    for kept in (tmp_path / "cache").rglob("speed-*"):
        kept.unlink()
    (tmp_path / "clips" / "clips.toml").write_text('[[clip]]\naudio = "garden.wav"\nlimits = { x_realtime = 1 }\n')
    code, out, _ = check("clips")
    assert code == 1
    assert "x_realtime: not measured: the transcript was kept from before; run with --fresh" in out
    assert check("clips", "--fresh")[0] == 0


def test_what_did_not_change_is_neither_transcribed_nor_scored_again(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling()
    first = check("clips", stages=stages)
    assert sorted(stages.calls) == ["diarize", "recognize"]
    code = (
        "import sys\nfrom tests.test_check import Telling\nfrom transcribe.cli import main\n"
        "stages = Telling()\n"
        "try:\n    main(['check', 'clips'], stages=stages)\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert stages.calls == [], stages.calls\n"
        "loaded = {'meeteval', 'pyannote.metrics', 'whisper', 'torch', 'pydub'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(loaded)) or 0)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONWARNINGS": "ignore"}
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == first[1]
    assert check("clips", "--fresh", stages=stages)[0] == 0
    assert sorted(stages.calls) == ["diarize", "diarize", "recognize", "recognize"]


def test_a_corrected_reference_is_scored_again(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips")
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text().replace("spade", "shovel"))
    code, out, _ = check("clips")
    assert code == 0
    assert "[-shovel-]{+spade+}" in out


# ---- baseline


def test_a_baseline_catches_what_limits_let_pass(check: Check, tmp_path: Path) -> None:
    """Every stretch a little worse: 6 of 89 words, under the limit of 15 %, but no chance."""
    write_clip(tmp_path / "clips")
    assert check("clips", "--baseline", "b.json", "--update-baseline")[0] == 0
    kept = (tmp_path / "b.json").read_text()
    worse = [(who, " ".join([*text.split()[:-1], "banana"])) for who, text in TALK]
    assert check("clips", "--fresh", stages=Telling(talk=worse))[0] == 0
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 1
    assert "wer: 6.7 % where the baseline has 0.0 %, which is no noise" in out
    assert "{+banana+}" in out
    assert (tmp_path / "b.json").read_text() == kept, "comparing writes nothing"


def test_one_word_is_noise(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    check("clips", "--fresh", stages=Telling(talk=with_words("clay", "cray")))
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 0
    assert "was 0.0 %" in out


def test_a_name_lost_since_the_baseline_is_caught(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    check("clips", "--fresh", stages=Telling(talk=with_words("Welcome, Grace", "Welcome, Grays")))
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 1
    assert "names: 33.3 % where the baseline has 0.0 %" in out


def test_what_cannot_be_compared_is_said(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "second", hertz=220)
    check("clips", "--baseline", "b.json", "--update-baseline")
    write_clip(tmp_path / "clips", "third", hertz=330)
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text() + "Ada: Bye.\n")
    for leftover in (tmp_path / "clips").glob("second.*"):
        leftover.unlink()
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 0
    assert "note: second: is in the baseline, but was not checked" in out
    assert "note: third: is not in the baseline" in out
    assert "note: garden: its reference or its scoring changed since the baseline" in out


def test_runs_that_were_scored_differently_are_not_compared(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    _, out, _ = check("clips", "--baseline", "b.json", "--normaliser", "none")
    assert "note: garden: its reference or its scoring changed" in out
    assert "was 0.0 %" not in out


@pytest.mark.parametrize(
    ("content", "message"), [("{", "not a baseline"), ("[]", "not a baseline"), ('{"schema": 9}', "newer turnscript")]
)
def test_a_damaged_baseline_is_a_usage_error(check: Check, tmp_path: Path, content: str, message: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "b.json").write_text(content)
    code, out, err = check("clips", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert "b.json" in err
    assert message in err


def test_no_baseline_is_written_of_a_broken_run(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling(broken=frozenset({"recognize"}))
    assert check("clips", "--baseline", "b.json", "--update-baseline", stages=stages)[0] == 2
    assert not (tmp_path / "b.json").exists()
    assert check("clips", "--update-baseline")[0] == 2
    assert check("clips", "--baseline", "missing.json")[0] == 2


def test_the_bootstrap_knows_the_odds() -> None:
    """k of n stretches worse: a draw misses all of them with (1 - k/n)^n, so 2 of 40 may be chance, 4 may not."""
    steady = ((0.0, 10.0),) * 40

    def with_errors(count: int) -> tuple[tuple[float, float], ...]:
        return ((1.0, 10.0),) * count + steady[count:]

    assert (1 - 2 / 40) ** 40 > 0.05 > (1 - 4 / 40) ** 40
    assert not is_worse(with_errors(2), steady)
    assert is_worse(with_errors(4), steady)
    assert not is_worse(steady, with_errors(4))
    generator = np.random.default_rng(7)
    shuffled = [tuple((float(e), 10.0) for e in generator.permutation([1] * 20 + [0] * 20)) for _ in range(20)]
    alarms = sum(is_worse(one, other) for one, other in pairwise(shuffled))
    assert alarms == 0, "the same errors elsewhere are no regression"
    assert DRAWS >= 1000


# ---- reports


def test_reports_say_the_same_everywhere(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "a|<b>", hertz=220)
    tone(tmp_path / "clips" / "lonely.wav", hertz=330)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stages = Telling(talk=with_words("Grace", "Grays"))
    code, _, err = check("clips", "--junit", "out/junit.xml", "--markdown", "out/summary.md", stages=stages)
    assert code == 2
    tree = etree.parse(tmp_path / "out" / "junit.xml")
    etree.XMLSchema(etree.parse(HERE / "check_cases" / "junit.xsd")).assertValid(tree)
    (suite,) = tree.getroot()
    assert int(suite.get("tests")) == len(suite.findall("testcase"))
    assert int(suite.get("errors")) == len(suite.findall("testcase/error")) == 1
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 2
    assert {case.get("classname") for case in suite.findall("testcase")} == {"garden", "a|<b>", "lonely", "all clips"}
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "### Sample clips: 2 not met, 1 could not be run" in summary
    assert r"| a\|\<b\> | FAIL |" in summary
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert rows[2].startswith("| lonely | ERROR"), "the worst first"
    lines = [line for line in err.splitlines() if line.startswith("::")]
    assert len(lines) == 3
    assert lines[0].startswith("::error file=clips/lonely.wav,title=lonely::")
    assert "%0A" in lines[1]
    assert "names%3A" not in lines[1].partition("::names: 100.0 %25 is over")[0]


def test_no_annotations_elsewhere(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    _, _, err = check("clips", stages=Telling(talk=with_words("Grace", "Grays")))
    assert err == ""


def test_control_characters_do_not_break_the_xml(check: Check, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling(talk=with_words("Grace", "Gr\x01\ufffe\x1bays"))
    check("clips", "--junit", "j.xml", "--normaliser", "none", stages=stages)
    etree.XMLSchema(etree.parse(HERE / "check_cases" / "junit.xsd")).assertValid(etree.parse(tmp_path / "j.xml"))


def test_two_runs_print_the_same(check: Check, tmp_path: Path) -> None:
    for hertz in (200, 300, 400):
        write_clip(tmp_path / "clips", f"clip{hertz}", hertz=hertz)
    stages = Telling(talk=SWAPPED)
    first = json.loads(check("clips", "--json", stages=stages)[1])
    again = json.loads(check("clips", "--json", "--fresh", stages=stages)[1])
    for report in (first, again):
        for one in (*report["clips"], report["overall"]):
            one["gates"] = [gate for gate in one["gates"] if gate["measure"] != "x_realtime"]
    assert first == again


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[[clip]]\naudio = "gone.wav"\nreference = "garden.ref.txt"\n', "gone.wav: cannot be read"),
        ('[[clip]]\naudio = "garden.wav"\nreference = "gone.ref.txt"\n', "gone.ref.txt: the reference cannot be read"),
        ('[[clip]]\naudio = "garden.wav"\nreference = []\n', "garden.wav: no reference"),
    ],
)
def test_a_listed_file_that_is_missing_is_named(check: Check, tmp_path: Path, toml: str, message: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text(toml)
    code, out, _ = check("clips/clips.toml")
    assert code == 2
    assert message in out


# ---- what others copy


def test_the_example_in_the_documentation_is_read(tmp_path: Path) -> None:
    page = (HERE.parent / "docs" / "checks.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "clips.toml").write_text(example)
    found = find_clips(tmp_path, Settings())
    opening, phone = found.clips
    assert (opening.limits.wer, opening.limits.names, opening.limits.der, phone.limits.wer) == (0.03, 0, None, 0.08)
    assert (phone.name, phone.settings.beam_size, found.overall.x_realtime) == ("phone", 1, 2)
    assert opening.settings.speaker_names == ("Rich", "Nora")
    for limit in fields(Limits):
        assert f"| `{limit.name}` |" in page


def test_the_action_and_the_hooks_call_what_exists() -> None:
    text = (HERE.parent / "action.yml").read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])
    (script,) = [step["run"] for step in action["runs"]["steps"] if step.get("id") == "check"]
    assert "${{" not in script, "what a caller typed reaches the shell as variables alone"
    known = {flag for parameter in cli.commands["check"].params for flag in parameter.opts}
    assert {"--junit", "--markdown", "--baseline"} <= set(re.findall(r"--[a-z-]+", script)) <= known
    for hook in yaml.safe_load((HERE.parent / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        program, command, *options = hook["entry"].split()
        assert program == "transcribe"
        assert set(options) <= {flag for parameter in cli.commands[command].params for flag in parameter.opts}


@pytest.mark.models
def test_the_number_of_threads_changes_no_word_of_a_clip_that_ships(check: Check, tmp_path: Path) -> None:
    """Stated tolerance: none on this clip; int8 sums are exact, so threads cannot change what is decoded."""
    reports = []
    for threads in ("1", "2"):
        with pytest.raises(SystemExit) as caught:
            main(["check", str(HERE / "clips" / "short.mp3"), "--fresh", "--threads", threads, "--baseline", "b.json",
                  "--update-baseline"])  # fmt: skip
        assert caught.value.code == 0
        reports.append((tmp_path / "b.json").read_text())
    assert reports[0] == reports[1]
