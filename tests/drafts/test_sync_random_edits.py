"""Two hundred random edits of a draft in files: unchanged words keep their times, and the captions are valid."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest

from output.formats import write
from output.markdown import render
from output.parse import parse
from tests.support.transcripts import transcript
from transcribe.drafts.sync import sync, transcript_of
from transcribe.drafts.turn_edits import PageTurn, apply_turns, page_turns

EDITS = 200
CUE = re.compile(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n((?:.+\n?)+)")


def long_talk(chance: random.Random) -> list[tuple[str, str]]:
    """Turns of two speakers with 2,400 different words."""
    words = iter([f"w{number}q" for number in chance.sample(range(10_000), 2_400)])
    return [(f"S{1 + turn % 2}", " ".join(next(words) for _ in range(40))) for turn in range(60)]


def edit(turns: list[PageTurn], number: int, chance: random.Random) -> None:
    """One edit: a word changed, words inserted or deleted, a turn split, merged into the one before, or relabelled."""
    i = chance.randrange(1, len(turns))
    words = turns[i].paragraphs[0].split()
    at, kind = chance.randrange(len(words)), chance.randrange(6)
    if kind == 0:
        words[at] = f"changed{number}"
    elif kind == 1:
        words[at:at] = [f"put{number}x{k}" for k in range(chance.randrange(1, 9))]
    elif kind == 2 and len(words) > 12:
        del words[at : at + chance.randrange(1, 9)]
    elif kind == 3 and at:
        turns[i : i + 1] = [PageTurn(turns[i].speaker, (" ".join(part),)) for part in (words[:at], words[at:])]
        return
    elif kind == 4 and len(turns) > 2:
        joined = " ".join((*turns[i - 1].paragraphs, *turns[i].paragraphs))
        turns[i - 1 : i + 1] = [PageTurn(turns[i - 1].speaker, (joined,))]
        return
    elif kind == 5:
        turns[i] = PageTurn("Ada" if turns[i].speaker == "Bob" else "Bob", turns[i].paragraphs)
        return
    turns[i] = PageTurn(turns[i].speaker, (" ".join(words),))


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


@pytest.mark.parametrize("seed", range(4))
def test_unchanged_words_keep_their_times_and_captions_are_valid(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    chance = random.Random(seed)
    talk = transcript(*long_talk(chance))
    draft = parse(render(talk))
    turns = list(page_turns(draft))
    for number in range(EDITS):
        edit(turns, number, chance)
    path = tmp_path / "talk.md"
    path.write_bytes(apply_turns(draft, turns, wrap=70).encoded())
    path.with_suffix(".json").write_text(talk.to_json(), encoding="utf-8")
    path.with_suffix(".vtt").write_text(str(write(talk, "vtt")), encoding="utf-8")
    sync(path)
    after = transcript_of(path)
    assert [word.text for word in after.words] == [word for turn in turns for word in turn.paragraphs[0].split()]
    before = {word.text: word for word in talk.words}
    untouched = [word for word in after.words if word.text in before]
    assert len(untouched) > 1_500
    assert untouched == [before[word.text] for word in untouched]
    assert all(a.start <= b.start for turn in after.turns for a, b in pairwise(turn.words))

    captions = path.with_suffix(".vtt").read_text(encoding="utf-8")
    blocks = captions.strip().split("\n\n")
    assert blocks[0].startswith("WEBVTT")
    cues = [CUE.fullmatch(block) for block in blocks[1:]]
    assert all(cues)
    spans = [(seconds(cue[1]), seconds(cue[2])) for cue in cues if cue]
    assert all(start < end for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    printed = re.sub(r"</?v[^>]*>", "", " ".join(cue[3] for cue in cues if cue)).split()
    assert sorted(word for word in printed if not word.startswith("-")) == sorted(word.text for word in after.words)
