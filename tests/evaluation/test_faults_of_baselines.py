"""No regression passes because of a baseline: each fault planted in one is caught, and named with its clip."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.checked_clip import write_clip
from tests.support.command_line import Run
from tests.support.odd_files import put_in_place_of
from transcribe.errors import SettingsError
from transcribe.evaluation.baseline import baseline_of

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
    "a huge number": (
        lambda row: row["values"].update(lost_words=int("9" * 400)),
        "b.json: garden: not a baseline (9999",
    ),
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
    put_in_place_of(tmp_path / "b.json", kind)
    code, out, err = check("clips", "--baseline", "b.json")
    assert (code, out) == (2, "")
    assert err.startswith("Error: b.json: cannot be read (")
