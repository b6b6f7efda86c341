"""`transcribe render`, `parse` and `lint` as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from audio.program import installing
from tests.support.command_line import Run
from tests.support.paths import ROOT, SHARED
from tests.support.scripted_stages import tone
from tests.support.transcripts import transcript
from tests.support.workflow_log import commands_in

POSTS = [*sorted(SHARED.glob("seeds/*.md")), *sorted(SHARED.glob("markdown/*/*.md"))]

DRAFT = "---\ntitle: A talk\n---\n\n**Ada**: Who are you?\n\n**Grace**: I am\nGrace.\n\n**A**: Thanks.\n"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "talk.md"
    path.write_text(DRAFT)
    return path


def test_parse_prints_the_contract(run: Run, draft: Path) -> None:
    code, out, _ = run("parse", str(draft))
    assert code == 0
    assert json.loads(out) == {
        "front_matter": {"title": "A talk"},
        "turns": [
            {"speaker": "Ada", "label": "Ada", "text": "Who are you?", "line": 5},
            {"speaker": "Grace", "label": "Grace", "text": "I am\nGrace.", "line": 7},
            {"speaker": "Ada", "label": "A", "text": "Thanks.", "line": 10},
        ],
        "warnings": [],
    }


def test_a_draft_rendered_as_md_comes_back_byte_for_byte(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from transcribe.cli.main import main

    odd = "\ufeff---\r\ntitle: x\r\n---\r\n\r\n**A**: caf\u00e9\u00a0 \r\n\r\n\r\n\r\n**B**: no end".encode() + b"\xff"
    (tmp_path / "odd.md").write_bytes(odd)
    with pytest.raises(SystemExit):
        main(["render", str(tmp_path / "odd.md")])
    assert capfdbinary.readouterr().out == odd


@pytest.mark.skipif(
    not POSTS, reason="needs ../shared/seeds and ../shared/markdown, which do not come with the project"
)
def test_every_published_post_comes_back_byte_for_byte(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from transcribe.cli.main import main

    for post in POSTS:
        with pytest.raises(SystemExit):
            main(["render", str(post)])
        assert capfdbinary.readouterr().out == post.read_bytes(), post.name


def test_a_timed_transcript_is_rendered_in_any_format(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    timed = "transcripts/a.json"
    assert run("render", timed)[1] == (tmp_path / "transcripts" / "a.md").read_text()
    assert "**Ada**: Thank you, Grace." in run("render", timed, "--labels", "name")[1]
    assert run("render", timed, "-f", "vtt")[1].startswith("WEBVTT")
    assert run("render", timed, "-f", "json")[1] == (tmp_path / timed).read_text()


def test_what_cannot_be_rendered_says_why(run: Run, draft: Path, tmp_path: Path) -> None:
    spaced = draft.rename(tmp_path / "a talk.md")
    code, _, err = run("render", str(spaced), "-f", "srt")
    assert code == 2
    assert f"transcribe export '{spaced}' -f srt" in err
    draft = spaced
    code, _, err = run("render", str(draft), "-f", "pdf")
    assert code == 2
    assert "'pdf' is not one of md, json" in err
    for content, message in (
        ("{}", "x.json: has no turns, segments, words or other rows that we know; give a transcript written by"),
        ('{"turns": [], "made_with": {}}', 'x.json: not a turnscript transcript (it has no "schema")'),
        ('{"segments": [', "x.json: line 1: is not valid JSON"),
        ('{"segments": [{"text": 1}]}', "x.json: segments[0].text: 1 where text is needed"),
        ("[" * 9000, "x.json: is nested too deeply"),
    ):
        (tmp_path / "x.json").write_text(content)
        code, out, err = run("render", str(tmp_path / "x.json"))
        assert (code, out, message in err) == (1, "", True), err
    assert run("render", "missing.md")[0] == 2


def test_lint_finds_mends_and_sets_the_exit_code(run: Run, draft: Path) -> None:
    assert run("lint", str(draft)) == (0, "", "")
    draft.write_text(DRAFT.replace("\n\n**A**: Thanks", "\n**A**: Thanks"))
    code, out, _ = run("lint", str(draft))
    assert code == 1
    assert out.startswith(f"{draft}:9: T1 ")
    assert run("lint", "--select", "M1", str(draft))[0] == 0
    code, out, err = run("lint", "--fix", str(draft))
    assert (code, out) == (0, "")
    assert err == f"{draft}: fixed: 1 × T1\n"
    assert draft.read_text() == DRAFT
    for given in ("", "T1,"):
        code, _, err = run("lint", "--select", given, str(draft))
        assert (code, "is empty" in err) == (2, True)
    code, _, err = run("lint", "--select", "Z9", str(draft))
    assert code == 2
    assert "Z9" in err


@pytest.mark.parametrize("damage", [None, "{", '{"kind": "of another program"}'])
def test_a_draft_whose_timed_transcript_is_gone_is_rescued_by_the_run_it_is_told_to_make(
    run: Run, tmp_path: Path, damage: str | None
) -> None:
    """Be it lost or damaged: the edits stand, the times follow them, and later runs know them for edits."""
    tone(tmp_path / "a.wav")
    folder = tmp_path / "transcripts"
    run("run", "a.wav", "-f", "md,json,vtt")
    draft, timed = folder / "a.md", folder / "a.json"
    draft.write_text(draft.read_text().replace("I am Grace", "I am Hopper"))
    run("sync", "transcripts/a.md")
    edited, kept = draft.read_bytes(), {path.name: path.read_bytes() for path in folder.glob("a.*") if path != timed}
    followed = json.loads(timed.read_text())
    timed.unlink() if damage is None else timed.write_text(damage)
    code, _, err = run("sync", "transcripts/a.md")
    assert code == 1
    assert "`transcribe run` on the audio" in err
    code, out, err = run("run", "a.wav", "-f", "md,json,vtt,srt")
    assert (code, out.split()) == (0, ["transcripts/a.json", "transcripts/a.srt"])  # the others are as they were
    assert "transcripts/a.md: edited, kept as it is" in err
    assert "a.md differs from what turnscript wrote and is not overwritten" in err
    assert "transcribe sync transcripts/a.md" in err
    backups = set() if damage is None else {"a.json.bak"}
    assert {path.name for path in folder.glob("a*")} == {"a.md", "a.json", "a.vtt", "a.srt"} | backups
    assert all((folder / name).read_text() == damage for name in backups)
    assert {path.name: path.read_bytes() for path in folder.glob("a.*") if path.name in kept} == kept
    code, _, err = run("sync", "transcripts/a.md")
    assert (code, "by hand" in err) == (0, False)
    assert json.loads(timed.read_text())["turns"] == followed["turns"]
    assert all("Hopper" in (folder / f"a.{suffix}").read_text() for suffix in ("vtt", "srt"))
    assert run("run", "a.wav")[2] == "1 unchanged\n"
    assert run("run", "a.wav", "--wrap", "20")[1].split() == ["transcripts/a.new.md", "transcripts/a.new.json"]
    assert draft.read_bytes() == edited
    assert run("merge", "transcripts/a.md", "transcripts/a.new.md")[0] == 0
    assert "I am Hopper" in " ".join(draft.read_text().split())


@pytest.mark.parametrize("command", ["lint", "sync", "edit", "render", "parse", "export -f vtt", "export -f vtt -o x"])
def test_what_is_no_text_is_called_what_it_is(run: Run, tmp_path: Path, command: str) -> None:
    tone(tmp_path / "a b.md")
    (tmp_path / "frames.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(413))
    (tmp_path / "ls").write_bytes(b"\x7fELF\2\1\1" + bytes(range(256)))
    with (tmp_path / "long.wav").open("wb") as file:  # longer than any transcript
        file.write((tmp_path / "a b.md").read_bytes())
        file.truncate(70 << 20)
    for name, told in {
        "a b.md": "a b.md: is a recording, not a draft; `transcribe run 'a b.md'` transcribes it",
        "long.wav": "long.wav: is a recording, not a draft; `transcribe run long.wav` transcribes it",
        "frames.mp3": "frames.mp3: is a recording, not a draft; `transcribe run frames.mp3` transcribes it",
        "ls": "ls: is a program; give a draft or a transcript",
    }.items():
        code, out, err = run(*command.split(), name)
        assert (code, out, told in err) == (2, "", True), (name, err)


@pytest.mark.parametrize("text", ["caffeine", "Hi Ann, WAVE", "#!AMR", "Creative Voice File", "A\x0cB \x01" + "a" * 99])
def test_a_text_that_begins_like_a_recording_is_a_text(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.md").write_text(f"{text}\n\n**Ada**: Who are you?\n")
    assert run("render", "a.md") == (0, f"{text}\n\n**Ada**: Who are you?\n", "")


@pytest.mark.processes
def test_without_the_extra_the_editor_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.md").write_text("**Ada**: Hello.\n", encoding="utf-8")
    code = "import sys\nsys.modules['uvicorn'] = None\nfrom transcribe.cli.main import main\nsys.exit(main())"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code, "edit", "--no-browser", "talk.md"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert told.stderr.splitlines() == [f"Error: the editor needs uvicorn: {installing('editor')}"]


@pytest.mark.parametrize("command", [["sync"], ["export", "-f", "vtt"], ["edit"], ["lint"], ["parse"], ["learn"]])
def test_a_timed_transcript_is_not_a_draft(run: Run, draft: Path, command: list[str]) -> None:
    path = draft.with_suffix(".json")
    path.write_text(transcript(("S1", "Who are you?")).to_json())
    code, out, err = run(*command, str(path))
    assert (code, out) == (2, "")
    assert err == f"Error: {path}: is a timed transcript, not a draft; give {draft}\n"


@pytest.mark.parametrize("command", [["sync"], ["lint"], ["lint", "--fix"], ["parse"], ["learn"]])
@pytest.mark.parametrize("content", ["WEBVTT\n", "1\n00:00:01,000 --> 00:00:02,000\nHi\n", '{"a": 1}'])
def test_a_transcript_of_another_program_is_not_a_draft(
    run: Run, tmp_path: Path, command: list[str], content: str
) -> None:
    path = tmp_path / "my talk.md"
    path.write_text(content)
    code, out, err = run(*command, str(path))
    assert (code, out, path.read_text()) == (2, "", content)
    assert "not a draft; to make one of it: transcribe render" in err


def test_the_command_that_makes_a_draft_writes_over_nothing(run: Run, tmp_path: Path) -> None:
    """The shell empties a file before the command reads it."""
    captions = tmp_path / "talk.md"
    captions.write_text("WEBVTT\n")
    for free in ("talk.draft.md", "talk.draft1.md", "talk.draft2.md"):
        _, _, err = run("lint", str(captions))
        assert err.rstrip().endswith(f" > {tmp_path / free}")
        (tmp_path / free).touch()
    (tmp_path / "other.vtt").write_text("WEBVTT\n")
    assert run("lint", str(tmp_path / "other.vtt"))[2].rstrip().endswith(f" > {tmp_path / 'other.md'}")


@pytest.mark.parametrize("order", [*permutations(["a.md", "p.md", "b.md"])])
@pytest.mark.parametrize("bad", [b"\x89PNG\r\n\x1a\n" + bytes(99), b"WEBVTT\n", b"\x7fELF\2\1\1" + bytes(range(256))])
def test_one_of_several_drafts_that_is_none_costs_itself_alone(
    run: Run, tmp_path: Path, order: tuple[str, ...], bad: bytes
) -> None:
    (tmp_path / "p.md").write_bytes(bad)
    for name in "ab":
        (tmp_path / f"{name}.md").write_text("**Ada**: Are you ?\n")
    code, out, err = run("lint", *order)
    assert (code, len(err.splitlines())) == (1, 1)
    assert err.startswith("Error: p.md: is ")
    assert [line[:4] for line in out.splitlines()] == [name for name in order if name != "p.md"]
    assert run("lint", "--select", "T1", *order) == (1, "", err), "no findings elsewhere"
    assert run("lint", "p.md") == (2, "", err)
    assert run("lint", "p.md", "p.md") == (2, "", err * 2)


def test_learn_learns_from_the_others(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    (tmp_path / "p.md").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    nothing = "nothing to add to glossary.txt: the corrections contain no new names or jargon\n"
    code, _, told = run("learn", "-y", "p.md")
    assert (code, told.startswith("Error: p.md: is a picture")) == (2, True)
    for order in (["p.md", "transcripts/a.md"], ["transcripts/a.md", "p.md"]):
        assert run("learn", "-y", *order) == (1, "", told + nothing)
    assert run("learn", "-y", "p.md", "p.md") == (2, "", told * 2)


def test_merge_names_the_file_that_is_missing(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    missing = "transcripts/a.new.md"
    assert run("merge", "transcripts/a.md", missing)[2].startswith(f"Error: {missing}: no such file; check")
    (tmp_path / missing).write_text("**A**: Hello.\n")
    assert "a.new.json: no such file" in run("merge", "transcripts/a.md", missing)[2]


@pytest.mark.parametrize("name", ["talk.md", "a,b: 100%.md", "::add-mask::x.md", "b\n::error::.md"])
def test_lint_annotates_on_github(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / name).write_text(
        "---\ntitle: A talk\ndate: 2024-03-01 00:00:00 UTC\n---\n\n**A**: Well.\n**B**: ::x:: ##[add-mask]y\n"
    )
    _, plain, err = run("lint", name)
    assert err == ""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, err = run("lint", name)
    assert (code, out) == (1, plain)
    found = commands_in(out + err)
    assert [one.name for one in found] == ["error"] * plain.count("\n")
    place = {"file": name, "line": "7"} if name.isprintable() else {}
    assert {"title": "T7", **place} in [one.properties for one in found]


@pytest.mark.parametrize("name", ["e.md", "e.txt", "e.vtt", "e.srt", "e.json", "e"])
@pytest.mark.parametrize("content", ["", " \n\n\t"])
def test_nothing_is_no_transcript_to_render(run: Run, tmp_path: Path, name: str, content: str) -> None:
    """The output was empty or a draft of nobody, and the exit code 0: a failed export went on unseen."""
    (tmp_path / name).write_text(content)
    code, out, err = run("render", name)
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: {name}: is empty; "), err
    if name != "e.md":
        assert run("export", name, "-f", "txt")[0] == 1
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]


def test_captions_in_which_nobody_speaks_are_rendered_and_said_to_have_no_speech(run: Run, tmp_path: Path) -> None:
    (tmp_path / "e.vtt").write_text("WEBVTT\n")
    code, out, err = run("render", "e.vtt", "-f", "vtt")
    assert (code, out, err) == (0, "WEBVTT\n", "Warning: e.vtt: no speech was found\n")
