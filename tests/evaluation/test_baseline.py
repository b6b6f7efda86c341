"""A baseline separates regressions from noise, and reports everything it cannot compare."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.checked_clip import TALK, Telling, state, with_words, write_clip
from tests.support.command_line import Run
from transcribe.evaluation.baseline import RESAMPLES, BaselineClip, is_worse
from transcribe.evaluation.clip_differences import ClipDifference, CountKind, Miscount, without_time
from transcribe.evaluation.word_alignment import Difference, Kind


def test_baseline_detects_a_regression_within_the_limits(check: Run, tmp_path: Path) -> None:
    """Every segment is a little worse: 6 of 89 words, below the limit of 15 %, but not by chance."""
    write_clip(tmp_path / "clips")
    assert check("clips", "--baseline", "b.json", "--update-baseline")[0] == 0
    before = (tmp_path / "b.json").read_text()
    worse = [(who, " ".join([*text.split()[:-1], "banana"])) for who, text in TALK]
    assert check("clips", "--fresh", stages=Telling(talk=worse))[0] == 0
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 1
    assert "wer: 6.7 %, up from 0.0 % in the baseline, which is more than noise" in out
    assert "{+banana+}" in out
    assert (tmp_path / "b.json").read_text() == before, "a comparison writes nothing"


def test_one_wrong_word_is_noise(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    check("clips", "--fresh", stages=Telling(talk=with_words("clay", "cray")))
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 0
    assert "was 0.0 %" in out


def test_name_lost_since_the_baseline_fails(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    check("clips", "--fresh", stages=Telling(talk=with_words("Welcome, Grace", "Welcome, Grays")))
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 1
    assert "names: 33.3 %, up from 0.0 % in the baseline" in out


def two_clips(check: Run, tmp_path: Path) -> None:
    """`garden` and `second`, with a baseline of both."""
    write_clip(tmp_path / "clips")
    write_clip(tmp_path / "clips", "second", hertz=220)
    assert check("clips", "--baseline", "b.json", "--update-baseline")[0] == 0


def test_removed_clip_fails(check: Run, tmp_path: Path) -> None:
    """Otherwise deleting a failing clip would pass the gate."""
    two_clips(check, tmp_path)
    for leftover in (tmp_path / "clips").glob("second.*"):
        leftover.unlink()
    code, out, _ = check("clips", "--baseline", "b.json", "--junit", "j.xml")
    assert code == 1
    assert state(out, "second") == "FAIL"
    assert "baseline: has this clip, but it was not checked; restore the clip, or renew the baseline with" in out
    assert 'classname="second" name="baseline"' in (tmp_path / "j.xml").read_text()
    assert check("clips", "--baseline", "b.json", "--update-baseline")[0] == 0
    assert check("clips", "--baseline", "b.json")[0] == 0


def test_single_clip_is_checked_and_renewed_without_the_others(check: Run, tmp_path: Path) -> None:
    two_clips(check, tmp_path)
    before = json.loads((tmp_path / "b.json").read_text())["clips"]
    check("clips", "--fresh", stages=Telling(talk=with_words("clay", "cray")))
    assert check("clips/garden.wav", "--baseline", "b.json")[0] == 0
    assert check("clips/garden.wav", "--baseline", "b.json", "--update-baseline")[0] == 0
    after = json.loads((tmp_path / "b.json").read_text())["clips"]
    assert after["second"] == before["second"]
    assert after["garden"] != before["garden"]


def test_changed_reference_fails_until_the_baseline_is_renewed(check: Run, tmp_path: Path) -> None:
    two_clips(check, tmp_path)
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text() + "Ada: Bye.\n")
    code, out, _ = check("clips", "--baseline", "b.json")
    assert (code, state(out), state(out, "second")) == (1, "FAIL", "ok")
    assert "baseline: the clip's reference or scoring has changed; renew the baseline with --update-baseline" in out


def test_new_clip_is_a_note(check: Run, tmp_path: Path) -> None:
    two_clips(check, tmp_path)
    write_clip(tmp_path / "clips", "third", hertz=330)
    code, out, _ = check("clips", "--baseline", "b.json")
    assert code == 0
    assert "note: third: is not in the baseline; add it with --update-baseline" in out


def test_other_scoring_fails_until_the_baseline_is_renewed(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    code, out, _ = check("clips", "--baseline", "b.json", "--normaliser", "none")
    assert code == 1, "a gate that compares nothing must not pass"
    assert "baseline: the clip's reference or scoring has changed" in out
    assert "was 0.0 %" not in out


def test_measure_that_is_no_longer_measured_fails(check: Run, tmp_path: Path) -> None:
    """Without any name of the reference in the transcript, `misnamed` cannot be measured."""
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").unlink()
    check("clips", "--baseline", "b.json", "--update-baseline")
    nameless = [(who, text.replace("I am Ada and", "well").replace("Ada", "dear")) for who, text in TALK]
    nameless = [(who, text.replace("Grace", "friend")) for who, text in nameless]
    limits = '[[clip]]\naudio = "garden.wav"\nlimits = { names = false, wer = false, cpwer = false }\n'
    (tmp_path / "clips" / "clips.toml").write_text(limits)
    code, out, _ = check("clips", "--fresh", "--baseline", "b.json", stages=Telling(talk=nameless))
    assert code == 1
    assert "misnamed: no longer measured; the baseline has 0.0 %" in out


def test_new_differences_come_first(check: Run, tmp_path: Path) -> None:
    """A known difference of three words comes after a new difference of one."""
    write_clip(tmp_path / "clips")
    old = with_words("a very old spade", "a berry cold maid")
    check("clips", "--baseline", "b.json", "--update-baseline", stages=Telling(talk=old))
    worse = [(who, text.replace("clay", "cray")) for who, text in old]
    _, out, _ = check("clips", "--fresh", "--baseline", "b.json", stages=Telling(talk=worse))
    new, known = (line.strip() for line in out.splitlines() if "{+" in line)
    assert new.startswith("new: ")
    assert "[-clay-]{+cray+}" in new
    assert "{+berry cold maid+}" in known
    assert "new" not in known


def test_a_baseline_with_sentences_only_makes_every_difference_new(check: Run, tmp_path: Path) -> None:
    """As earlier versions wrote it. No code reads a sentence; one note says so, for two clips."""
    two_clips(check, tmp_path)
    stages = Telling(talk=with_words("clay", "cray"))
    lines = {
        clip["name"]: clip["behind"]
        for clip in json.loads(check("clips", "--fresh", "--json", stages=stages)[1])["clips"]
    }
    assert lines["garden"]
    assert not any(line.startswith("new: ") for line in lines["garden"])
    rows = json.loads((tmp_path / "b.json").read_text())
    for name, row in rows["clips"].items():
        del row["differences"]
        row["behind"] = lines[name]
    (tmp_path / "b.json").write_text(json.dumps(rows))
    report = json.loads(check("clips", "--baseline", "b.json", "--json")[1])
    assert report["clips"][0]["behind"] == [f"new: {line}" for line in lines["garden"]]
    (note,) = report["notes"]
    assert (
        note == "baseline: from an earlier version, so every difference counts as new; renew it with --update-baseline"
    )
    assert check("clips", "--baseline", "b.json", "--update-baseline")[0] == 0
    report = json.loads(check("clips", "--baseline", "b.json", "--json")[1])
    assert (report["clips"][0]["behind"], report["notes"]) == (lines["garden"], [])


@pytest.mark.parametrize(
    "difference",
    [
        Difference(Kind.SUBSTITUTION, (("a", "the"), ("cat", "")), ("with",), (), 2, 61.25),
        Difference(Kind.SPEAKER, (("12:30", "12:30"),), (), ("in",), 1, None, ("Ada", "Grace")),
        Miscount(CountKind.NAME, 1, 3, "Ada"),
        Miscount(CountKind.SPEAKERS, 1, 2),
    ],
)
def test_a_difference_is_stored_as_a_value(difference: ClipDifference) -> None:
    clip = BaselineClip("x", {}, {}, (difference,))
    assert BaselineClip.from_json(json.loads(clip.as_json())) == clip


def test_the_time_of_a_difference_is_not_compared() -> None:
    early = Difference(Kind.LOOP, (("", "it"),), (), (), 1, 3.0)
    assert without_time(early) == without_time(replace(early, start=9.5))
    assert without_time(early) != without_time(replace(early, aligned=(("", "was"),)))


ROW = {"reference": "x", "values": {"wer": 0.1}, "blocks": {"wer": [[1, 10]]}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a baseline"),
        ("[]", "not a baseline"),
        ("[" * 200_000, "not a baseline"),
        ('{"schema": 9}', "newer turnscript"),
        ('{"schema": "1", "clips": {}}', "not a baseline"),
        ('{"schema": 1, "clips": []}', "not a baseline"),
        ('{"schema": 1, "clips": {}}', "has no clips"),
    ],
)
def test_damaged_baseline_is_a_usage_error(check: Run, tmp_path: Path, content: str, message: str) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "b.json").write_text(content)
    code, out, err = check("clips", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert err.startswith("Error: b.json: ")
    assert message in err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": {}}, "wer has no segments"),
        ({"blocks": {"wer": []}}, "wer has no segments"),
        ({"blocks": {"wer": [[1]]}}, "not enough values"),
        ({"blocks": {"wer": [["one", 2]]}}, "'one' is not a number"),
        ({"blocks": 3}, "'int' object"),
        ({"blocks": {"wer": [[-1, 10]]}}, "-1.0 is not a count"),
        ({"values": {"wer": float("nan")}}, "nan is not a count"),
        ({"values": {"wer": None}}, "None is not a number"),
        ({"behind": 5}, "'int' object"),
        ({"differences": 5}, "'int' object"),
        ({"differences": [{"start": 1}]}, "'kind' is missing"),
        ({"differences": [{"kind": "worse"}]}, "'worse' is not"),
    ],
)
def test_damaged_clip_of_a_baseline_is_reported(
    check: Run, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "b.json").write_text(json.dumps({"schema": 1, "clips": {"garden": ROW | change}}))
    code, out, err = check("clips", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert err.startswith("Error: b.json: garden: not a baseline")
    assert message in err
    assert "--update-baseline" in err


@pytest.mark.parametrize("key", ["reference", "values", "blocks"])
def test_incomplete_clip_of_a_baseline_is_reported(check: Run, tmp_path: Path, key: str) -> None:
    write_clip(tmp_path / "clips")
    row = {name: value for name, value in ROW.items() if name != key}
    (tmp_path / "b.json").write_text(json.dumps({"schema": 1, "clips": {"garden": row}}))
    code, out, err = check("clips", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert f"b.json: garden: not a baseline, '{key}' is missing" in err


def test_failed_run_writes_no_baseline(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling(broken=frozenset({"recognize"}))
    assert check("clips", "--baseline", "b.json", "--update-baseline", stages=stages)[0] == 2
    assert not (tmp_path / "b.json").exists()
    assert check("clips", "--update-baseline")[0] == 2
    assert check("clips", "--baseline", "missing.json")[0] == 2


def test_bootstrap_follows_the_probabilities() -> None:
    """k of n segments worse: a sample misses all of them with (1 - k/n)^n, so 2 of 40 may be chance, 4 may not."""
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
    assert alarms == 0, "the same number of errors elsewhere is not a regression"
    assert RESAMPLES >= 1000


@pytest.mark.parametrize(
    ("errors", "length", "worse"),
    [
        (1, 9, False),
        (2, 9, False),
        (3, 9, True),
        (9, 9, True),
        (1, 200, False),
        (40, 20, True),
        (0.3, 8.5, False),
        (5, 8.5, True),
    ],
)
def test_single_segment_is_resampled_word_by_word(errors: float, length: float, worse: bool) -> None:
    """k wrong of n: a sample of n misses them all with (1 - k/n)^n, which is over 5 % up to k = 2 of 9."""
    assert is_worse(((errors, length),), ((0.0, length),)) == worse
    assert not is_worse(((0.0, length),), ((errors, length),))


def test_clip_with_a_single_turn_has_noise(check: Run, tmp_path: Path) -> None:
    """One wrong word of eight is noise, all of them are not; without resampling words, either would be significant."""
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder, "short")
    (folder / "short.rttm").unlink()
    text = "nobody has ever had to water these roses"
    (folder / "short.ref.txt").write_text(f"Ada: {text}\n")
    limits = "{ wer = false, cpwer = false, lost_words = false, invented_words = false }"
    (folder / "clips.toml").write_text(f'[[clip]]\naudio = "short.wav"\nlimits = {limits}\n')

    def exit_code(words: str) -> int:
        return check("clips", "--fresh", "--baseline", "b.json", stages=Telling(talk=[("A", words)]))[0]

    assert check("clips", "--baseline", "b.json", "--update-baseline", stages=Telling(talk=[("A", text)]))[0] == 0
    assert exit_code(text.replace("roses", "noses")) == 0
    assert exit_code("somebody had always to wet them noses thus") == 1


def test_long_turn_is_several_segments(check: Run, tmp_path: Path) -> None:
    """Otherwise a monologue would be a single segment."""
    write_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline")
    blocks = json.loads((tmp_path / "b.json").read_text())["clips"]["garden"]["blocks"]["wer"]
    lengths = [len(text.split()) for _, text in TALK]
    assert [n for _, n in blocks] == [part for n in lengths for part in [10] * (n // 10) + [n % 10] * (n % 10 > 0)]


def test_baseline_clip_rejects_rates_without_segments() -> None:
    with pytest.raises(ValueError, match="cpwer has no segments"):
        BaselineClip("x", {"cpwer": 0.0}, {})
