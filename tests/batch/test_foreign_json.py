"""A `STEM.json` that is another program's: whatever it holds, and whatever is run, its bytes stay, and it is named."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from tests.batch.test_second_run import Night
from tests.support.command_line import Run
from tests.support.json_transcripts import ALL
from transcribe.batch.mode import Mode

FOREIGN = {
    "whisper": json.dumps(ALL["whisper"]).encode(),
    "a list": json.dumps(ALL["faster-whisper"]).encode(),
    "lines": b'{"text": "Hi.", "start": 1, "end": 2}\n{"text": "Ho.", "start": 2, "end": 3}\n',
    "UTF-16": codecs.BOM_UTF16_LE + json.dumps(ALL["whisper"]).encode("utf-16-le"),
    "with a mark": codecs.BOM_UTF8 + b'{"segments": []}',
    "a text": b"soon",
    "nested": b"[" * 5000 + b"]" * 5000,
    "a number": b"1",
    "not UTF-8": b'{"text": "\xe9"}',
    "nothing": b"{}",
}
STATES = {
    "no draft": [],
    "edited": [Night.one, Night.edit],
    "another text": [lambda night: night.put("talk.md", "**Zoe**: Nothing of the kind was ever said by anybody.\n")],
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("mode", [Mode(), Mode(force=True)], ids=["plain", "force"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_run_keeps_it_or_a_backup_and_names_it(tmp_path: Path, name: str, mode: Mode, state: str) -> None:
    night = Night(tmp_path)
    for step in STATES[state]:
        step(night)
    night.drafts.mkdir(exist_ok=True)
    (night.drafts / "talk.json").write_bytes(FOREIGN[name])
    night.mode = mode
    result = night.one()
    kept = [path for path, (content, _) in night.files().items() if content == FOREIGN[name]]
    assert kept in (["talk.json"], ["talk.json.bak"])
    assert any("talk.json" in warning for warning in result.warnings), result.warnings
    night.one()
    assert night.files()[kept[0]][0] == FOREIGN[name]


@pytest.mark.parametrize("name", FOREIGN)
def test_no_command_for_drafts_writes_it(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "talk.json").write_bytes(FOREIGN[name])
    (tmp_path / "talk.md").write_text("**Ada**: Hi.\n")
    (tmp_path / "talk.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHi.\n")
    for command in (["sync"], ["export", "-f", "vtt,json"], ["merge", "talk.md"], ["learn"]):
        code, _, err = run(command[0], "talk.md", *command[1:])
        assert (code, "talk.json" in err) == (1, True), err
    assert run("export", "talk.vtt", "-f", "json,txt")[1].split() == ["talk.new.json", "talk.txt"]
    run("export", "talk.json", "-f", "json,md")
    run("render", "talk.json")
    assert (tmp_path / "talk.json").read_bytes() == FOREIGN[name]
    assert (tmp_path / "talk.md").read_text() == "**Ada**: Hi.\n"
