"""Captions and documents of a draft follow its edits, but for those that somebody edited by hand."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from output.captions import srt, vtt
from output.errors import OutputError
from output.formats import write
from output.markdown import render
from tests.support.synced_talk import TALK, contents, edit, talk
from tests.support.transcripts import transcript
from transcribe.drafts.export import export
from transcribe.drafts.sync import sync, transcript_of
from transcribe.style import Style
from transcribe.transcript import Transcript


@pytest.mark.parametrize("times", ["text", "comments", "none"])
def test_sync_keeps_the_style_of_a_document(draft: Path, times: str) -> None:
    path = draft.with_suffix(".docx")
    style = Style(docx_times=times)  # type: ignore[arg-type]
    path.write_bytes(bytes(write(talk(), "docx", style=style)))  # type: ignore[arg-type]
    edit(draft, ("**A**:", "**A**: Well,"))
    assert path in sync(draft).paths
    after = Transcript.from_json(draft.with_suffix(".json").read_text(encoding="utf-8"))
    expected, before = (bytes(write(content, "docx", style=style)) for content in (after, talk()))  # type: ignore[arg-type]
    assert parts_of(path.read_bytes()) == parts_of(expected) != parts_of(before)


def parts_of(docx: bytes) -> dict[str, bytes]:
    """The files in a docx, without what states when it was written."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}


def test_the_caption_of_a_changed_turn_does_not_begin_in_the_turn_deleted_before_it(draft: Path) -> None:
    edit(draft, (f"**A**: {TALK[2][1]}\n\n", ""), ("It was raining", "The machine rained"))
    sync(draft)
    started = talk().turns[3].start
    assert transcript_of(draft).turns[2].start == started
    assert cue_times(draft.with_suffix(".vtt")).count(started) == 1
    assert not [at for at in cue_times(draft.with_suffix(".vtt")) if talk().turns[2].start <= at < started]


def cue_times(path: Path) -> list[float]:
    """When the captions of a WebVTT file begin."""
    stamps = re.findall(r"^(\d\d):(\d\d):(\d\d\.\d{3}) -->", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [3600 * int(h) + 60 * int(m) + float(s) for h, m, s in stamps]


def docx_text(content: bytes) -> str:
    import docx

    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)


def test_sync_tells_of_a_change_around_the_words(draft: Path) -> None:
    draft.write_text(draft.read_text(encoding="utf-8") + "\n## Links\n", encoding="utf-8")
    assert sync(draft).report == "the text around the words changed"
    assert sync(draft).report == "nothing changed"
    assert "Links" in docx_text(draft.with_suffix(".docx").read_bytes())


@pytest.mark.parametrize("name", ["vtt", "srt", "txt", "html", "docx", "whisper-json", "json"])
def test_a_note_is_in_every_export(draft: Path, name: str) -> None:
    edit(draft, ("for weeks, so", "for [not] weeks [laughs], so"))
    sync(draft)
    written = write(transcript_of(draft), name)
    text = docx_text(written) if isinstance(written, bytes) else re.sub(r"<[^<>]*>", "", written)
    if name in ("json", "whisper-json"):
        turns = json.loads(text).get("turns") or json.loads(text)["segments"]
        text = " ".join((word.get("text") or word["word"]).strip() for turn in turns for word in turn["words"])
    assert "for [not] weeks [laughs]," in " ".join(text.split())


def test_sync_does_not_write_captions_edited_by_hand(draft: Path) -> None:
    captions = draft.with_suffix(".vtt")
    captions.write_text(captions.read_text(encoding="utf-8") + "\nNOTE mine\n", encoding="utf-8")
    edit(draft, ("raining", "pouring"))
    result = sync(draft)
    assert captions.read_text(encoding="utf-8").endswith("NOTE mine\n")
    warning = f"{captions}: was edited by hand and is not updated; to have it written again, delete it"
    assert result.skipped == {captions: warning}
    assert export(draft, ["vtt", "vtt"], style=Style(), restyled=["vtt"]).messages == (warning,)


@pytest.mark.parametrize("name", ["vtt", "srt"])
def test_captions_of_an_earlier_release_are_not_taken_for_edited_by_hand(draft: Path, name: str) -> None:
    """They ended in cues of one word; a sync had written them, so no record has their hash."""
    engine = {"vtt": "whole machine", "srt": "new engine"}[name]  # SubRip begins with the label
    said = f"We drew the {engine} on paper and then we argued about every single sheet of them."
    made_with = replace(talk().made_with, outputs={"talk.md": "1" * 64})
    long = replace(transcript(("S1", said), ("S2", "It was raining for weeks.")), made_with=made_with)
    captions = draft.with_suffix(f".{name}")
    captions.write_text({"vtt": vtt, "srt": srt}[name](long, shares=False), encoding="utf-8")
    assert captions.read_text(encoding="utf-8") != write(long, name)
    draft.with_suffix(".json").write_text(long.to_json(), encoding="utf-8")
    draft.write_text(render(long).replace("raining", "pouring"), encoding="utf-8")
    assert captions not in sync(draft).skipped
    assert captions.read_text(encoding="utf-8") == write(transcript_of(draft), name)


@pytest.mark.parametrize("folder", ["/", "../", "ftp://a.b/"])
def test_export_does_not_overwrite_addresses_turnscript_never_writes(draft: Path, folder: str) -> None:
    style, path = Style(transcript_url="https://x.example/t/"), draft.with_suffix(".podcast.xml")
    export(draft, ["podcast"], style=style)
    edited = path.read_text(encoding="utf-8").replace("https://x.example/t/", folder)
    path.write_text(edited, encoding="utf-8")
    assert f'url="{folder}talk.vtt"' in edited
    assert export(draft, ["podcast"], style=style, restyled=["podcast"]).messages == (
        f"{path}: was edited by hand and is not updated; to have it written again, delete it",
    )
    assert path.read_text(encoding="utf-8") == edited


def test_export_refuses_an_unknown_format_and_writes_nothing(draft: Path) -> None:
    edit(draft, ("raining", "pouring"))
    before = contents(draft.parent)
    with pytest.raises(OutputError, match="format: pdf cannot be written; choose from md, json"):
        export(draft, ["srt", "pdf"], style=Style())
    assert contents(draft.parent) == before


def test_captions_of_an_edited_draft_are_valid(draft: Path) -> None:
    edit(draft, ("How did the", "Tell us now, all of it,\nhow did the"), ("soldered and soldered", "worked"))
    sync(draft)
    times = re.findall(r"(\d\d):(\d\d):([\d.]+) --> (\d\d):(\d\d):([\d.]+)", draft.with_suffix(".vtt").read_text())
    seconds = [[int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in (t[:3], t[3:])] for t in times]
    assert all(start < end for start, end in seconds)
    assert [start for start, _ in seconds] == sorted(start for start, _ in seconds)
