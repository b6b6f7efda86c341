"""No limit is switched off by accident: each fault planted in a clips.toml is caught, and named with its line.

Every case changes one thing of a folder that passes: a limit, a row, or what is in place of the file.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checked_clip import ROW, Telling, with_words, write_clip
from tests.support.command_line import Run
from tests.support.counting import counting
from tests.support.odd_files import put_in_place_of
from tests.support.scripted_stages import tone
from transcribe.errors import SettingsError
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
    "a zero in the name of a recording": ('[[clip]]\naudio = "a\\u0000"\n', r"line 2: audio: 'a\x00' is not text"),
    "a zero in that of a reference": (
        f'{ROW}reference = "a\\u0000"\n',
        r"line 3: reference: 'a\x00' is not text",
    ),
    "a zero in a setting": (
        '[settings]\nglossary = "a\\u0000"\n',
        r"line 2: glossary: has the control character '\x00'",
    ),
    "a term that nobody says": (
        f'{ROW}terms = ["clay", "Haikel"]\n',
        "toml: line 3: clips/garden.ref.txt: does not mention Haikel",
    ),
    "no reference": (f"{ROW}reference = []\n", "clips.toml: line 3: clips/garden.wav: has no reference"),
    "a recording that is gone": (
        '[[clip]]\naudio = "gone.wav"\n',
        "clips.toml: line 2: clips/gone.wav: the recording does",
    ),
    "two references with words": (
        f'{ROW}reference = ["garden.ref.txt", "garden.ref.txt"]\n',
        "clips.toml: line 3: clips/garden.ref.txt: has words, and so has",
    ),
    "a reference that is gone": (
        f'{ROW}reference = "gone.txt"\n',
        "clips.toml: line 3: clips/gone.txt: the reference cannot be read",
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
    """What cannot be read, or a file whose name is almost that."""
    if kind == "UTF-16":
        path.write_bytes("[limits]\nwer = 0.1\n".encode("utf-16"))
    elif kind == "too large":
        path.write_text("#" * (2**20 + 1))
    elif ".toml" in kind:
        path.with_name(kind).write_text("[limits]\nwer = 0\n")
    else:
        put_in_place_of(path, kind)


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
