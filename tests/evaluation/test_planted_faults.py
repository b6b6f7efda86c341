"""No limit is switched off by accident: each fault planted in a folder of clips is caught, and named.

Every case changes one thing of a folder that passes: a limit, a row of clips.toml, a baseline, a reference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checked_clip import Telling, found, state, with_words, write_clip
from tests.support.command_line import Run
from tests.support.counting import counting
from tests.support.scripted_stages import tone
from transcribe.errors import SettingsError
from transcribe.evaluation.baseline import baseline_of
from transcribe.evaluation.clips import find_clips
from transcribe.evaluation.limits import MEASURES, limit_of
from transcribe.settings import Settings

HUGE = "9" * 400
LIMITS = {
    **{f"wer = {value}": f"line 2: wer: {value} is not a limit" for value in ("nan", "inf", "-inf", "-0.1", "8", "15")},
    "wer = true": "line 2: wer: true is not a limit",
    'der = "20 %"': "line 2: der: '20 %' is not a limit",
    "cpwer = 2024-01-01": "line 2: cpwer: 2024-01-01 is not a limit",
    "wer = [0.1]": "line 2: wer: a list is not a limit",
    "wer = {}": "line 2: wer: a table is not a limit",
    f"wer = {HUGE}": "line 2: wer: a whole number of more than 64 bits",
    f"wer = 1e{HUGE}": "line 2: wer: inf is not a limit",
    "wer = 0x" + "f" * 9000: "line 2: wer: a whole number of more than 64 bits",
    "wer = " + "9" * 9000: "(at line 2)",
    "names = 50": "line 2: names: 50 is not a limit: it is more than 1, the whole; for 50 % write 0.5",
    "misnamed = 1.01": "line 2: misnamed: 1.01 is not a limit",
    "lost_words = 0.05": "line 2: lost_words: 0.05 is not a limit: it is no whole number",
    "speakers = 0.5": "line 2: speakers: 0.5 is not a limit",
    "lost_seconds = nan": "line 2: lost_seconds: nan is not a limit",
    "x_realtime = 0": "line 2: x_realtime: 0 is not a limit: every speed meets it",
    "wer = 0.1\nwer = 0.2": "line 3",
    "wers = 0.1": "line 2: wers: is not a key",
    "": "line 1: limits: is empty",
}
ROW = '[[clip]]\naudio = "garden.wav"\n'
FILES = {
    "nothing": ("", "line 1: limits: the file is empty"),
    "comments only": ("# wer = 0.1\n", "line 1: limits: the file is empty"),
    "a clip that is a number": ("clip = [1]\n", "line 1: clip: 1 is not a clip"),
    "a clip in single brackets": ('[clip]\naudio = "garden.wav"\n', "line 1: clip: there is no [[clip]]"),
    "settings that are a number": ("settings = 3\n", "line 1: settings: must be a table, and 3 is none"),
    "limits that are a list": (f"{ROW}limits = [0.1]\n", "line 3: limits: must be a table"),
    "limits of a clip that are empty": (f"{ROW}limits = {{}}\n", "line 3: limits: is empty"),
    "overall limits that are empty": (f"[overall]\n{ROW}", "line 1: overall: is empty"),
    "an overall limit of more than all": ("[overall]\nwer = 5\n", "line 2: wer: 5 is not a limit"),
    "a limit below rows": (f"{ROW}limits = {{ wer = 0.1 }}\n[limits]\nwer = 15\n", "line 5: wer: 15 is not a limit"),
    "a clip twice": (f'{ROW}{ROW}name = "again"\n', "line 4: audio: the clip again is the recording of garden"),
    "a clip twice through a link": (f'{ROW}[[clip]]\naudio = "link.wav"\nreference = "garden.ref.txt"\n', ""),
    "speakers twice": (f'{ROW}speakers = 2\nsettings = {{ speakers = "3" }}\n', "line 3: speakers: this [[clip]] has"),
    "a setting spelled twice": ("[settings]\nbeam-size = 2\nbeam_size = 5\n", "line 3: beam_size: is the setting"),
    "a blank term": (f'{ROW}terms = [" "]\n', "line 3: terms: a list is not a list of words"),
    "a term that nobody says": (f'{ROW}terms = ["clay", "Haikel"]\n', "does not mention Haikel; correct `terms`"),
    "no reference": (f"{ROW}reference = []\n", "garden.wav: has no reference"),
    "a recording that is gone": ('[[clip]]\naudio = "gone.wav"\n', "gone.wav: the recording does not exist"),
    "two references with words": (
        f'{ROW}reference = ["garden.ref.txt", "garden.ref.txt"]\n',
        "garden.ref.txt: has words, and so has",
    ),
    "every limit off": (
        "[limits]\n" + "".join(f"{measure} = false\n" for measure in MEASURES),
        "nothing is checked: every limit is off",
    ),
    "a limit without data": (f"{ROW}reference = 'garden.ref.txt'\nlimits = {{ der = 0.1 }}\n", "der: not measured"),
    "a key of a thousand parts": ("a." * 1000 + "b = 1\n", "not valid TOML: a key of more than 30 parts (at line 1)"),
    "nesting": ("a = " + "[" * 5000 + "]" * 5000 + "\n", "not valid TOML: nested too deeply"),
}


@pytest.mark.parametrize("line", LIMITS)
def test_a_limit_that_nothing_exceeds_is_refused(check: Run, tmp_path: Path, line: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_text(f"[limits]\n{line}\n")
    code, out, err = check("clips")
    assert (code, out) == (2, "")
    assert err.startswith("Error: clips/clips.toml: ")
    assert LIMITS[line] in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("fault", FILES)
def test_a_fault_in_the_file_is_caught(check: Run, tmp_path: Path, fault: str) -> None:
    content, message = FILES[fault]
    audio = write_clip(tmp_path / "clips")
    if "link.wav" in content:
        (tmp_path / "clips" / "link.wav").symlink_to(audio)
        message = "line 4: audio: the clip link is the recording of garden"
        (tmp_path / "clips" / "garden.rttm").unlink()
    (tmp_path / "clips" / "clips.toml").write_text(content)
    code, out, err = check("clips")
    assert code != 0
    assert message in out + err
    assert "clips.toml" in out + err or "garden" in out + err


@given(st.sampled_from(MEASURES), st.floats() | st.integers() | st.booleans() | st.text() | st.none())
def test_a_limit_can_be_exceeded_or_is_refused(measure: str, value: object) -> None:
    """By a value that the measure can have: a rate by one above 1, a count by the next whole number."""
    try:
        limit = limit_of(measure, value)
    except ValueError:
        return
    if limit is None:
        assert value is False
    elif measure == "x_realtime":
        assert 0 < limit < float("inf")
    else:
        assert 0 <= limit < float("inf")
        assert limit <= 1 or measure in ("lost_seconds", "lost_words", "invented_words", "speakers")


def in_place_of_the_file(path: Path, kind: str) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to(path.parent / "nowhere.toml")
    elif kind == "UTF-16":
        path.write_bytes("[limits]\nwer = 0.1\n".encode("utf-16"))
    elif kind == "too large":
        path.write_text("#" * (2**20 + 1))
    else:
        path.with_name(kind).write_text("[limits]\nwer = 0\n")


@pytest.mark.parametrize(
    "kind", ["folder", "pipe", "dangling link", "UTF-16", "too large", "Clips.toml", "clip.toml", "clips.toml.txt"]
)
def test_a_file_of_limits_that_cannot_be_read_is_not_ignored(check: Run, tmp_path: Path, kind: str) -> None:
    write_clip(tmp_path / "clips")
    in_place_of_the_file(tmp_path / "clips" / "clips.toml", kind)
    code, out, err = check("clips")
    assert (code, out) == (2, "")
    assert err.startswith("Error: clips/")
    assert "clips.toml" in err


def test_a_byte_order_mark_switches_nothing_off(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "clips.toml").write_bytes(b"\xef\xbb\xbf[limits]\nwer = 0\n")
    assert check("clips", stages=Telling(talk=with_words("clay", "cray")))[0] == 1


# ---- references


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("old.ref.txt", "Ada: Hello.\n", "old.ref.txt:\n  this reference has no recording of its name beside it"),
        ("old.rttm", "", "old.rttm:\n  this reference has no recording"),
        ("garden.ref.txt", "", "garden.ref.txt: the reference has no words, but speaker times"),
        ("garden.rttm", "", "the reference has no speaker time to score"),
        ("garden.rttm", "speaker x 1 0 2 <NA> <NA> Ada <NA> <NA>\n", "garden.rttm: "),
        ("lonely.wav", None, "lonely.wav: has no reference"),
    ],
)
def test_a_reference_or_recording_that_is_missing_or_emptied_is_an_error(
    check: Run, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    write_clip(tmp_path / "clips")
    path = tmp_path / "clips" / name
    if content is None:
        tone(path)
    else:
        path.write_text(content)
    code, out, _ = check("clips")
    assert code == 2
    assert message in out


SILENT: list[tuple[str, str]] = []


@pytest.mark.parametrize(
    "references",
    [
        {"ref.txt": ""},
        {"ref.txt": "\n[music]\n"},
        {"rttm": ""},
        {"rttm": ";; nobody\n"},
        {"ref.txt": "", "rttm": ""},
        {"ref.md": ""},
        {"ref.md": "[music]\n\n[applause]\n"},
        {"ref.md": "---\nlayout: post\n---\n"},
    ],
)
def test_silence_is_gated(check: Run, tmp_path: Path, references: dict[str, str]) -> None:
    """Every recognised word is invented, a single one is too many, and no rate is made of nothing."""
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "pause.wav")
    for end, content in references.items():
        (tmp_path / "clips" / f"pause.{end}").write_text(content)
    code, out, _ = check("clips", "--json", stages=Telling(talk=SILENT))
    values = found(out, "pause")
    assert (code, values["invented_words"], values["lost_words"]) == (0, 0, 0)
    assert not values.keys() & {"wer", "cpwer", "der", "speakers", "misnamed", "names"}
    assert "its reference has no words, which states that nobody speaks" in out
    code, out, _ = check("clips", "--fresh", stages=Telling(talk=[("A", "Thanks!")]))
    assert (code, state(out, "pause")) == (1, "FAIL")
    assert "invented_words: 1 is over the limit of 0, because the reference has no words" in out


def test_a_silent_clip_has_limits_of_its_own_only(check: Run, tmp_path: Path) -> None:
    """What is limited for all clips needs no measure in it; its own limit of a rate fails and says why."""
    write_clip(tmp_path / "clips")
    tone(tmp_path / "clips" / "pause.wav")
    (tmp_path / "clips" / "pause.ref.txt").write_text("")
    toml = tmp_path / "clips" / "clips.toml"
    toml.write_text("[limits]\nwer = 0.1\ninvented_words = 100\n")
    code, out, _ = check("clips")
    assert (code, state(out), state(out, "pause")) == (1, "ok", "FAIL"), "the limit of others does not loosen it"
    toml.write_text(f'{ROW}[[clip]]\naudio = "pause.wav"\nlimits = {{ invented_words = 100 }}\n')
    assert check("clips")[0] == 0
    toml.write_text(f'{ROW}[[clip]]\naudio = "pause.wav"\nlimits = {{ invented_words = 100, wer = 0.1 }}\n')
    code, out, _ = check("clips")
    assert (code, "wer: not measured: the reference has no words, which states that nobody" in out) == (1, True)


def test_a_silent_clip_is_compared_with_its_baseline(check: Run, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "pause.wav")
    (tmp_path / "clips" / "pause.ref.txt").write_text("")
    arguments = ("clips", "--baseline", "b.json")
    assert check(*arguments, "--update-baseline", stages=Telling(talk=SILENT))[0] == 0
    assert check(*arguments)[0] == 0
    assert check(*arguments, "--fresh", stages=Telling(talk=[("A", "Thanks!")]))[0] == 1


# ---- baselines

Change = Callable[[dict[str, Any]], object]


def without(*keys: str) -> Change:
    def remove(row: dict[str, Any]) -> None:
        for key in keys:
            row["values"].pop(key)
            row["blocks"].pop(key, None)

    return remove


BASELINES: dict[str, tuple[Change, str]] = {
    "fewer segments": (
        lambda row: row["blocks"].update(wer=row["blocks"]["wer"][:2]),
        "garden:\n  baseline: its segments of wer are not those of the reference",
    ),
    "segments of another length": (
        lambda row: row["blocks"].update(der=[[0, 10]]),
        "garden:\n  baseline: its segments of der are not those of the reference",
    ),
    "no wer": (without("wer"), "garden:\n  baseline: it has no wer, which the clip has"),
    "no lost words": (without("lost_words"), "garden:\n  baseline: it has no lost_words"),
    "no values": (
        lambda row: row.update(values={}, blocks={}),
        "garden:\n  baseline: it has no cpwer and no der",
    ),
    "an unknown measure": (
        lambda row: row["values"].update(werr=0.1),
        "b.json: garden: not a baseline ('werr' is not a measure",
    ),
    "segments of an unknown measure": (
        lambda row: row["blocks"].update(speed=[[1, 2]]),
        "b.json: garden: not a baseline ('speed' is not a measure",
    ),
    "segments without a value": (
        lambda row: row["values"].pop("wer"),
        "b.json: garden: not a baseline (wer has no value",
    ),
    "a value that was relaxed": (
        lambda row: row["values"].update(wer=0.5),
        "b.json: garden: not a baseline (wer is not the rate of its segments",
    ),
    "nan": (lambda row: row["values"].update(lost_words=float("nan")), "b.json: garden: not a baseline (nan is not"),
    "inf": (lambda row: row["values"].update(names=float("inf")), "b.json: garden: not a baseline (inf is not"),
    "too large": (lambda row: row["values"].update(lost_words=1e300), "b.json: garden: not a baseline (1e+300 is not"),
    "a huge number": (lambda row: row["values"].update(lost_words=int(HUGE)), "b.json: garden: not a baseline (9999"),
    "true": (lambda row: row["values"].update(wer=True), "b.json: garden: not a baseline (true is not a number"),
    "text": (lambda row: row["values"].update(wer="0.1"), "b.json: garden: not a baseline ('0.1' is not a number"),
    "a huge cost": (
        lambda row: row.update(differences=[{"kind": "name", "count": float("inf"), "of": 1}]),
        "b.json: garden: not a baseline (cannot convert",
    ),
    "a reference that is a list": (
        lambda row: row.update(reference=[]),
        "b.json: garden: not a baseline (the reference is not text",
    ),
    "a row that is a number": (lambda row: row.clear(), "b.json: garden: not a baseline, 'blocks' is missing"),
    "another reference": (
        lambda row: row.update(reference="0"),
        "garden:\n  baseline: the clip's reference or scoring has changed",
    ),
}


@pytest.mark.parametrize("fault", BASELINES)
def test_a_fault_in_the_baseline_is_caught(check: Run, tmp_path: Path, fault: str) -> None:
    change, message = BASELINES[fault]
    write_clip(tmp_path / "clips")
    assert check("clips", "--baseline", "b.json", "--update-baseline")[0] == 0
    data = json.loads((tmp_path / "b.json").read_text())
    change(data["clips"]["garden"])
    (tmp_path / "b.json").write_text(json.dumps(data))
    code, out, err = check("clips", "--baseline", "b.json")
    assert code != 0
    assert message in out + err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"schema": 1, "clips": {"a": {}, "a": {}}}', "'a' is there twice"),
        ('{"schema": 1, "clips": {"a": {"values": {"wer": 1, "wer": 0}}}}', "'wer' is there twice"),
        ('{"schema": 0, "clips": {"a": {}}}', "not a baseline"),
        ('{"schema": true, "clips": {"a": {}}}', "not a baseline"),
        ('{"schema": ' + "9" * 9000 + "}", "not a baseline"),
        ('{"schema": 1, "clips": {"a": 3}}', "a: not a baseline"),
        ('{"schema": 1, "clips": ' + '{"a": ' * 90_000, "not a baseline"),
        ("<<<<<<< HEAD\n{}\n", "not a baseline"),
        ("", "not a baseline"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(content: str, message: str) -> None:
    with pytest.raises(SettingsError, match=r"^b\.json: ") as caught:
        baseline_of(content.encode(), source="b.json")
    assert message in str(caught.value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_a_row_of_any_kind_is_a_clip_or_refused(value: Any) -> None:
    """In every place of a row, and never a traceback."""
    good: dict[str, Any] = {"reference": "x", "values": {}, "blocks": {}, "differences": []}
    for row in (value, *(good | {key: value} for key in good), good | {"values": {"names": value}}):
        try:
            baseline_of(json.dumps({"schema": 1, "clips": {"a": row}}).encode(), source="b.json")
        except SettingsError as error:
            assert str(error).startswith("b.json: a: not a baseline")  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link"])
def test_a_baseline_that_is_no_file_is_refused(check: Run, tmp_path: Path, kind: str) -> None:
    write_clip(tmp_path / "clips")
    in_place_of_the_file(tmp_path / "b.json", kind)
    code, out, err = check("clips", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert err.startswith("Error: b.json: cannot be read (")


# ---- a recording alone


TOML = """
[limits]
lost_words = 3
[settings]
beam-size = 2
[[clip]]
name = "the garden"
audio = "../clips/garden.wav"
terms = ["clay"]
limits = { wer = 0.01 }
[[clip]]
audio = "second.wav"
"""


@pytest.mark.parametrize("place", ["clips/garden.wav", "clips/../clips/garden.wav", "link.wav", "clips/link.wav"])
def test_a_recording_alone_is_the_clip_of_the_file_beside_it(check: Run, tmp_path: Path, place: str) -> None:
    audio = write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "second", hertz=220)
    if "link" in place:
        (tmp_path / place).symlink_to(audio)
    (tmp_path / "clips" / "clips.toml").write_text(TOML)
    arguments = ("--baseline", "b.json")
    assert check("clips", *arguments, "--update-baseline")[0] == 0
    before = json.loads((tmp_path / "b.json").read_text())["clips"]
    (clip,) = find_clips(Path(place), Settings()).clips
    assert (clip.name, clip.terms, clip.limits.wer, clip.limits.lost_words) == ("the garden", ("clay",), 0.01, 3)
    assert clip.settings.beam_size == 2
    code, out, _ = check(place, *arguments)
    assert (code, "not in the baseline" in out) == (0, False)
    code, out, _ = check(place, *arguments, "--fresh", stages=Telling(talk=with_words("clay", "cray")))
    assert (code, "wer: 1.1 % is over the limit of 1.0 %" in out, "names: 100.0 %" in out) == (1, True, True)
    check(place, *arguments, "--update-baseline")
    after = json.loads((tmp_path / "b.json").read_text())["clips"]
    assert (after.keys(), after["second"]) == (before.keys(), before["second"])
    assert after["the garden"] != before["the garden"]
    code, out, _ = check("clips", *arguments, "--json")
    assert {clip["name"]: clip["unmet"] for clip in json.loads(out)["clips"]} == {"the garden": "", "second": ""}


def test_a_recording_that_the_file_does_not_name_has_its_common_limits(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips", "second", hertz=220)
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "third", hertz=330)
    (tmp_path / "clips" / "clips.toml").write_text(TOML)
    (clip,) = find_clips(tmp_path / "clips" / "third.wav", Settings()).clips
    assert (clip.name, clip.limits.lost_words, clip.limits.wer, clip.settings.beam_size) == ("third", 3, 0.15, 2)
    code, out, _ = check("clips/third.wav")
    assert (code, "note: third.wav: is not in clips.toml, its limits and settings for all clips apply" in out) == (
        0,
        True,
    )


def test_a_recording_alone_has_the_name_that_its_folder_gives_it(tmp_path: Path) -> None:
    """Two recordings with one stem have their file names, in the folder and alone."""
    write_clip(tmp_path)
    (tmp_path / "garden.mp3").write_bytes((tmp_path / "garden.wav").read_bytes())
    for name in ("garden.wav", "garden.mp3"):
        (clip,) = find_clips(tmp_path / name, Settings()).clips
        assert clip.name == name


def test_paths_of_the_file_are_seen_from_its_folder(check: Run, tmp_path: Path) -> None:
    """Also for one recording alone, and for the settings of one clip."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "names.txt").write_text("Grace -> Grays\n")
    for toml in ('[settings]\nglossary = "names.txt"\n', f'{ROW}settings = {{ glossary = "names.txt" }}\n'):
        (tmp_path / "clips" / "clips.toml").write_text(toml)
        for place in ("clips", "clips/clips.toml", "clips/garden.wav"):
            code, out, _ = check(place)
            assert (code, "name: Grace, 3 of 3 mentions wrong" in out) == (1, True)


@pytest.mark.parametrize("key", ["threads", '"thr\\u0065ads"'])
def test_the_work_grows_with_the_number_of_clips(tmp_path: Path, key: str) -> None:
    """Counted, not timed: also for a key that stands on no line under its own name."""
    tone(tmp_path / "a.wav")
    costs = []
    for count in (100, 400):
        rows = [f'[[clip]]\nname = "n{i}"\naudio = "a.wav"\nsettings = {{ {key} = {i} }}\n' for i in range(count)]
        (tmp_path / "clips.toml").write_text("".join(rows))
        with counting() as calls:
            clips = find_clips(tmp_path, Settings()).clips
        assert len({clip.name for clip in clips}) == count
        costs.append(calls)
    few, many = costs
    for kind in ("python", "c"):
        assert many[kind] < 4.6 * few[kind], kind


def test_an_error_names_the_line_however_the_key_is_written(tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    for toml in (
        ROW + ROW.replace("[[clip]]", "[[clip]]\nname = 'b'") + "settings.threads = -1\n",
        ROW + "\n[clip.settings]\n'threads' = -1\n",
        ROW + 'settings = { model = "base", threads = -1 }\n',
        '[settings]\n"threads"= -1\n',
    ):
        (tmp_path / "clips.toml").write_text(toml.replace("garden", "a"))
        with pytest.raises(SettingsError) as error:
            find_clips(tmp_path, Settings())
        assert f"line {toml[: toml.index('threads')].count(chr(10)) + 1}: " in str(error.value), toml
